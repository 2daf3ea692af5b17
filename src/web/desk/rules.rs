//! Rules: what is to raise an alarm.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::seen::Seen;
use super::{noted, refusal, understood, webhooks};
use crate::auth::audit::{Subject, What};
use crate::desk::written::RuleText;
use crate::desk::{DeskError, rule};
use crate::domain::order::Rule;
use crate::web::Web;
use crate::web::aside::aside;
use crate::web::door::{Caller, Told};
use crate::web::error::{ApiError, ErrorBody};
use crate::web::viewer::Looking;

/// All rules about something that is seen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rules)]
pub struct RulesAnswer {
    rules: Vec<RuleFrame>,
    /// Grows with each change.
    version: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleWithId)]
struct RuleFrame {
    id: String,
    #[serde(flatten)]
    text: RuleText,
}

fn frame(rule: &Rule) -> RuleFrame {
    RuleFrame {
        id: rule.id.to_string(),
        text: rule::write(rule),
    }
}

/// All rules.
#[utoipa::path(get, path = "/api/v1/rules", responses((status = 200, body = RulesAnswer)))]
pub async fn rules(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let (book, seen) = (web.desk.book(), Seen::by(&looking, &web).await?);
    Ok(aside(move || {
        let rules = book.orders.rules.values();
        let shown = rules.filter_map(|rule| seen.rule(rule, &book.orders));
        let answer = RulesAnswer {
            rules: shown.map(|rule| frame(&rule)).collect(),
            version: book.rules_version,
        };
        Json(answer).into_response()
    })
    .await)
}

/// Makes a rule, or replaces the one of this id.
#[utoipa::path(put, path = "/api/v1/rules/{id}", params(("id" = String, Path)),
    request_body = RuleText, responses(
    (status = 200, body = RuleFrame), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn put(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let text: RuleText = understood(&told)?;
    let new = rule::read(&id, text).map_err(|error| refusal(&error))?;
    let seen = Seen::by(&looking, &web).await?;
    webhooks::must_be_there(&web, &new.webhooks).await?;
    let orders = web.desk.book().orders;
    let new = seen.rule_in_the_stead_of(new, &orders);
    let new = new.map_err(|error| refusal(&error))?;
    let shown = seen.rule(&new, &orders);
    let (desk, subject) = (web.desk.clone(), Subject::Desk("rule", Arc::clone(&new.id)));
    let change = async move {
        let kept = desk.put_rule(new).await;
        kept.map_err(|error| refusal(&error))
    };
    noted(&web, &looking, caller, (What::RuleChanged, subject), change).await?;
    // What it is about may be gone, or hidden, by now.
    let shown = shown.ok_or_else(|| refusal(&DeskError::Unknown { what: "rule", id }))?;
    Ok(Json(frame(&shown)).into_response())
}

/// Removes a rule.
#[utoipa::path(delete, path = "/api/v1/rules/{id}", params(("id" = String, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let (seen, orders) = (Seen::by(&looking, &web).await?, web.desk.book().orders);
    let rule = orders.rules.get(id.as_str());
    let Some(rule) = rule.filter(|rule| seen.rule(rule, &orders).is_some()) else {
        return Err(refusal(&DeskError::Unknown { what: "rule", id }));
    };
    let id = Arc::clone(&rule.id);
    let (desk, subject) = (web.desk.clone(), Subject::Desk("rule", Arc::clone(&id)));
    let change = async move {
        let removed = desk.remove_rule(id).await;
        removed.map_err(|error| refusal(&error))
    };
    noted(&web, &looking, caller, (What::RuleRemoved, subject), change).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
