//! What the desk keeps, over HTTP: who may change it is decided here, and nobody sees more of it than
//! of the fleet.

pub mod places;
pub mod rules;
mod seen;
pub mod service;
pub mod views;
pub mod webhooks;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tower_http::compression::CompressionLayer;

use super::Web;
use super::door::Caller;
use super::error::ApiError;
use super::viewer::Looking;
use crate::auth::audit::{Subject, What};
use crate::desk::DeskError;

/// A polygon of 5,000 points, and a rule that names 10,000 vehicles.
const MAX_BODY_BYTES: usize = 1 << 20;
/// A file of places.
const IMPORT_MAX_BYTES: usize = 8 << 20;
/// So much of what is wrong with a body is repeated.
const WORDS_MAX_CHARS: usize = 200;

/// The routes of the desk.
pub fn routes() -> Router<Web> {
    let import = post(places::import).layer(DefaultBodyLimit::max(IMPORT_MAX_BYTES));
    Router::new()
        .route("/api/v1/places", get(places::places))
        .route("/api/v1/places.geojson", get(places::geojson))
        .route("/api/v1/places/import", import)
        .route(
            "/api/v1/places/{id}",
            put(places::put).delete(places::remove),
        )
        .route("/api/v1/rules", get(rules::rules))
        .route("/api/v1/rules/{id}", put(rules::put).delete(rules::remove))
        .route("/api/v1/out-of-service", get(service::all))
        .route(
            "/api/v1/out-of-service/{id}",
            put(service::put).delete(service::remove),
        )
        .route("/api/v1/views", get(views::views))
        .route("/api/v1/views/{id}", put(views::put).delete(views::remove))
        .route("/api/v1/webhooks", get(webhooks::webhooks))
        .route(
            "/api/v1/webhooks/{id}",
            get(webhooks::webhook)
                .put(webhooks::put)
                .delete(webhooks::remove),
        )
        .route("/api/v1/webhooks/{id}/test", post(webhooks::test))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CompressionLayer::new())
}

/// What a body says. Unlike those of the doors these hold no password, so what is wrong is told.
pub(super) fn understood<T: DeserializeOwned>(told: &RawValue) -> Result<T, ApiError> {
    serde_json::from_str(told.get()).map_err(|error| {
        let words: String = error.to_string().chars().take(WORDS_MAX_CHARS).collect();
        ApiError::bad_request(format!("the body cannot be understood: {words}"))
    })
}

/// Makes a change and its entry in the audit log, in a task of its own: whoever hangs up does not
/// keep it out of there. Refuses who was shut out, or has other rights, since the request came: its
/// body may have taken a while.
pub(super) async fn noted<T: Send + 'static>(
    web: &Web,
    looking: &Looking,
    caller: Caller,
    (what, subject): (What, Subject),
    change: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    looking.must_be_as_before(web)?;
    let web = web.clone();
    let changing = tokio::spawn(async move {
        let done = change.await;
        if done.is_ok() {
            caller.note(&web, what, subject).await;
        }
        done
    });
    changing
        .await
        .unwrap_or_else(|_gone| Err(ApiError::stopping()))
}

/// What a refusal of [`crate::desk`] is in HTTP.
pub(super) fn refusal(error: &DeskError) -> ApiError {
    let (status, code) = match error {
        DeskError::Wrong(_) => (StatusCode::BAD_REQUEST, "bad_request"),
        DeskError::TooMany(_) => (StatusCode::CONFLICT, "too_many"),
        DeskError::InUse(_) | DeskError::Shown => (StatusCode::CONFLICT, "in_use"),
        DeskError::Taken(_) => (StatusCode::CONFLICT, "id_taken"),
        DeskError::Unknown { .. } => (StatusCode::NOT_FOUND, "not_found"),
        DeskError::Open(_) | DeskError::Store(_) | DeskError::Damaged(_) | DeskError::Broken => {
            tracing::error!(%error, "what the desk keeps cannot be read or written");
            let message =
                "what the desk keeps cannot be read or written just now; the log says more";
            return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "desk_failing", message);
        }
    };
    ApiError::new(status, code, error.to_string())
}

#[cfg(test)]
mod tests;
