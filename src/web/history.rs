//! What is remembered, and forgetting it.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Web;
use super::door::Caller;
use super::error::{ApiError, ErrorBody};
use super::viewer::Looking;
use crate::auth::audit::{Subject, What};
use crate::domain::VehicleId;
use crate::history::{self, HistoryError};
use crate::live::frame::Stamp;

/// In the place of words that name files, for those who do not see everything.
const HIDDEN_ERROR: &str = "the history cannot be written; an administrator can see why";

/// How far back the memory goes, and how it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub struct HistoryAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Stamp>,
    /// `recording`, `failing` or `off`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    days: Vec<DayFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryDay)]
struct DayFrame {
    #[schema(format = Date)]
    day: String,
    /// Told to those only who may see everything, as it tells how much there was of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
}

/// What was forgotten.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erasure)]
pub struct EraseAnswer {
    erased: ErasedFrame,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Erased)]
struct ErasedFrame {
    points: u64,
    days: u64,
}

/// How far back the past is known.
#[utoipa::path(get, path = "/api/v1/history", responses(
    (status = 200, body = HistoryAnswer),
    (status = 503, body = ErrorBody),
))]
pub async fn history(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let sees_everything = looking.sees_everything();
    let status = web.history.status();
    let span = asked(web, |web| web.history.span()).await?;
    let day = |(date, bytes): (jiff::civil::Date, u64)| DayFrame {
        day: date.to_string(),
        bytes: sees_everything.then_some(bytes),
    };
    let answer = HistoryAnswer {
        from: span.from.map(Stamp),
        to: span.to.map(Stamp),
        state: match status.state {
            history::State::Recording => "recording",
            history::State::Failing => "failing",
            history::State::Off => "off",
        },
        error: status.error.map(|words| {
            if sees_everything {
                words
            } else {
                HIDDEN_ERROR.to_owned()
            }
        }),
        days: span.days.into_iter().map(day).collect(),
    };
    Ok(Json(answer).into_response())
}

/// Forgets all of a vehicle's past: what it did, what was shown of it, what it was called. The
/// vehicle itself stays on the live map, and is remembered from now on.
#[utoipa::path(delete, path = "/api/v1/vehicles/{id}/history",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = EraseAnswer),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ))]
pub async fn erase(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_administer()?;
    let live = looking.stage(&web).await?.behind(&id, &web.hub);
    let is_live = live.is_some();
    let vehicle = match live {
        Some(live) => live.id.clone(),
        // Whose it was, nobody can tell any more.
        None if !looking.sees_everything() => return Err(ApiError::no_vehicle(&id)),
        None => VehicleId::new(id.as_str()),
    };
    let subject = Subject::Vehicle(vehicle.as_str().into());
    let erased = asked(web.clone(), move |web| web.history.erase(&vehicle)).await?;
    if !is_live && erased.days == 0 {
        return Err(ApiError::no_vehicle(&id));
    }
    caller.note(&web, What::Erased, subject).await;
    tracing::info!(
        points = erased.points,
        days = erased.days,
        "a vehicle's history was erased"
    );
    let erased = ErasedFrame {
        points: erased.points,
        days: erased.days,
    };
    Ok(Json(EraseAnswer { erased }).into_response())
}

/// Asks the past where it holds nobody up.
pub(super) async fn asked<T: Send + 'static>(
    web: Web,
    question: impl FnOnce(Web) -> Result<T, HistoryError> + Send + 'static,
) -> Result<T, ApiError> {
    let answer = tokio::task::spawn_blocking(move || question(web)).await;
    match answer {
        Ok(answer) => answer.map_err(|error| ApiError::history(&error)),
        Err(_) => Err(ApiError::history(&HistoryError::Stopping)),
    }
}
