//! Webhooks, for administrators: who is told of alarms elsewhere, and how that goes.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{noted, understood};
use crate::auth::audit::{Subject, What};
use crate::desk::error::named;
use crate::live::frame::Stamp;
use crate::web::Web;
use crate::web::door::{Caller, Told};
use crate::web::error::{ApiError, ErrorBody};
use crate::web::viewer::Looking;
use crate::webhook::hook::{KINDS, SEVERITIES, word};
use crate::webhook::{Hook, HookHealth, NewHook, WebhookError};

/// All webhooks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub struct WebhooksAnswer {
    webhooks: Vec<HookFrame>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
struct HookFrame {
    id: String,
    name: String,
    url: String,
    enabled: bool,
    /// Kinds of alarms; all where absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<&'static str>,
    /// Severities; all where absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    severities: Vec<&'static str>,
    /// Where one was just made: what deliveries are signed with, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    health: HealthFrame,
}

/// Without the secret.
impl std::fmt::Debug for HookFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookFrame")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookHealth)]
struct HealthFrame {
    /// `well`, `failing` or `off`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_success_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_failure_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    waiting: u64,
    dropped: u64,
}

/// A webhook to be kept.
#[derive(ToSchema)]
#[schema(as = WebhookToKeep)]
#[expect(dead_code, reason = "it describes what `NewHook` reads")]
struct HookText {
    name: String,
    /// `https:`, or on this machine.
    url: String,
    enabled: bool,
    kinds: Option<Vec<String>>,
    severities: Option<Vec<String>>,
    /// Made where absent, or kept as it was.
    secret: Option<String>,
}

/// The status of who answered a test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub struct TestAnswer {
    status: u16,
}

fn frame((hook, health): (Hook, HookHealth)) -> HookFrame {
    HookFrame {
        id: hook.id,
        name: hook.name,
        url: hook.url.to_string(),
        enabled: hook.is_enabled,
        kinds: hook.kinds.iter().map(|kind| word(&KINDS, kind)).collect(),
        severities: hook
            .severities
            .iter()
            .map(|it| word(&SEVERITIES, it))
            .collect(),
        secret: None,
        health: HealthFrame {
            state: match health.failures {
                _ if !hook.is_enabled => "off",
                0 => "well",
                _ => "failing",
            },
            last_success_at: health.last_success_at.map(Stamp),
            last_failure_at: health.last_failure_at.map(Stamp),
            last_error: health.last_error,
            waiting: health.waiting,
            dropped: health.dropped,
        },
    }
}

async fn found(web: &Web, id: &str) -> Result<HookFrame, ApiError> {
    let all = web.webhooks.all().await.map_err(|error| refusal(&error))?;
    let found = all.into_iter().find(|(hook, _)| hook.id == id);
    found
        .map(frame)
        .ok_or_else(|| refusal(&WebhookError::Unknown))
}

/// Refuses a rule for a webhook that there is not.
pub(super) async fn must_be_there(web: &Web, ids: &BTreeSet<Arc<str>>) -> Result<(), ApiError> {
    if ids.is_empty() {
        return Ok(());
    }
    let all = web.webhooks.all().await.map_err(|error| refusal(&error))?;
    let is_there = |id: &&Arc<str>| all.iter().any(|(hook, _)| *hook.id == ***id);
    match ids.iter().find(|id| !is_there(id)) {
        None => Ok(()),
        Some(id) => Err(ApiError::bad_request(format!(
            "`webhooks` has \"{id}\" in it, and there is no such webhook; an administrator makes it"
        ))),
    }
}

/// What a refusal of [`crate::webhook`] is in HTTP.
pub(in crate::web) fn refusal(error: &WebhookError) -> ApiError {
    let (status, code) = match error {
        WebhookError::Wrong(_) => (StatusCode::BAD_REQUEST, "bad_request"),
        WebhookError::TooMany(_) => (StatusCode::CONFLICT, "too_many"),
        WebhookError::Unknown => (StatusCode::NOT_FOUND, "not_found"),
        WebhookError::NotTaken(_) => (StatusCode::BAD_GATEWAY, "webhook_failed"),
        WebhookError::Open(_)
        | WebhookError::Store(_)
        | WebhookError::Damaged
        | WebhookError::Broken => {
            tracing::error!(%error, "webhooks cannot be read or written");
            let message = "webhooks cannot be read or written just now; the log says more";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return ApiError::new(status, "webhooks_failing", message);
        }
    };
    ApiError::new(status, code, error.to_string())
}

/// All webhooks, and how they are.
#[utoipa::path(get, path = "/api/v1/webhooks", responses(
    (status = 200, body = WebhooksAnswer), (status = 403, body = ErrorBody)))]
pub async fn webhooks(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    looking.must_administer()?;
    let all = web.webhooks.all().await.map_err(|error| refusal(&error))?;
    let webhooks = all.into_iter().map(frame).collect();
    Ok(Json(WebhooksAnswer { webhooks }).into_response())
}

/// One webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = HookFrame), (status = 403, body = ErrorBody),
    (status = 404, body = ErrorBody)))]
pub async fn webhook(
    State(web): State<Web>,
    looking: Looking,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_administer()?;
    Ok(Json(found(&web, &id).await?).into_response())
}

/// Makes a webhook, or replaces the one of this id.
#[utoipa::path(put, path = "/api/v1/webhooks/{id}", params(("id" = String, Path)),
    request_body = HookText, responses(
    (status = 200, body = HookFrame), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn put(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    looking.must_administer()?;
    let new: NewHook = understood(&told)?;
    let subject = Subject::Desk("webhook", id.as_str().into());
    let (webhooks, its_id) = (web.webhooks.clone(), id.clone());
    let change = async move {
        let kept = webhooks.put(its_id, new).await;
        kept.map_err(|error| refusal(&error))
    };
    let made = noted(
        &web,
        &looking,
        caller,
        (What::WebhookChanged, subject),
        change,
    )
    .await?;
    let mut answer = found(&web, &id).await?;
    answer.secret = made.map(|secret| secret.expose_secret().to_owned());
    Ok(Json(answer).into_response())
}

/// Removes a webhook that no rule names, and what waits for it.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", params(("id" = String, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
pub async fn remove(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_administer()?;
    let orders = web.desk.book().orders;
    let rules = orders
        .rules
        .values()
        .filter(|rule| rule.webhooks.contains(id.as_str()));
    let rules: Vec<_> = rules.cloned().collect();
    if !rules.is_empty() {
        let message = format!(
            "the webhook is named by {}; take it out there first",
            named(&rules)
        );
        return Err(ApiError::new(StatusCode::CONFLICT, "in_use", message));
    }
    let subject = Subject::Desk("webhook", id.as_str().into());
    let webhooks = web.webhooks.clone();
    let change = async move {
        let removed = webhooks.remove(id).await;
        removed.map_err(|error| refusal(&error))
    };
    noted(
        &web,
        &looking,
        caller,
        (What::WebhookRemoved, subject),
        change,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Sends a test at once; the answer has the status of who answered, or says in words why nobody did.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", params(("id" = String, Path)),
    responses((status = 200, body = TestAnswer), (status = 403, body = ErrorBody),
    (status = 404, body = ErrorBody), (status = 502, body = ErrorBody)))]
pub async fn test(
    State(web): State<Web>,
    looking: Looking,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_administer()?;
    let status = web.webhooks.test(id, (web.clock)()).await;
    let status = status.map_err(|error| refusal(&error))?;
    Ok(Json(TestAnswer { status }).into_response())
}
