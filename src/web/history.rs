//! What is remembered, and forgetting it.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::aside::on_a_thread;
use super::desk;
use super::door::Caller;
use super::error::{ApiError, ErrorBody};
use super::turns::{Limits, Turns};
use super::viewer::Looking;
use super::{Web, alarms};
use crate::auth::audit::{Subject, What};
use crate::domain::VehicleId;
use crate::history::{self, HistoryError};
use crate::live::frame::Stamp;

/// A page asks for a trail, a picture and the next one; who writes programs can wait.
const READING: Limits = Limits {
    at_once: 2,
    in_all: 64,
    of_viewer: 8,
};
/// Each may rewrite the files of all days.
const ERASING: Limits = Limits {
    at_once: 1,
    in_all: 8,
    of_viewer: 8,
};

/// Questions that may load days of a vehicle, or all vehicles of a time, and make files of that: a
/// core and some hundred megabytes each.
static QUESTIONS: LazyLock<Turns> = LazyLock::new(|| Turns::new(READING));
/// Glances at how far back it goes: quick, unless the disk is not.
static GLANCES: LazyLock<Turns> = LazyLock::new(|| Turns::new(READING));
static ERASURES: LazyLock<Turns> = LazyLock::new(|| Turns::new(ERASING));

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
    let span = in_turn(&GLANCES, &web, &looking, |web| web.history.span()).await?;
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
    // In a task of its own: whoever hangs up does not keep it out of the audit log.
    let erasing = tokio::spawn(async move {
        let of_alarms = vehicle.clone();
        // What waits to be told of it is its past as well.
        let forgotten = web.webhooks.forget_vehicle(vehicle.clone()).await;
        forgotten.map_err(|error| desk::webhooks::refusal(&error))?;
        let erase = move |web: &Web| web.history.erase(&vehicle);
        let erased = in_turn(&ERASURES, &web, &looking, erase).await;
        // Alarms say where it was too. What fails here is said, and done by asking again.
        let forgotten = match &erased {
            Err(Unanswered::Refused(_)) => Ok(()),
            Ok(_) | Err(Unanswered::Failed(_)) => web.alarms.erase(of_alarms).await,
        };
        match &erased {
            Ok(erased) if !is_live && erased.days == 0 => return Err(ApiError::no_vehicle(&id)),
            // What failed may have gone half way.
            Ok(_) | Err(Unanswered::Failed(_)) => caller.note(&web, What::Erased, subject).await,
            Err(Unanswered::Refused(_)) => {}
        }
        let erased = erased?;
        forgotten.map_err(|error| alarms::failing(&error))?;
        tracing::info!(
            points = erased.points,
            days = erased.days,
            "a vehicle's history was erased"
        );
        Ok(erased)
    });
    let erased = erasing.await;
    let erased = erased.unwrap_or_else(|_gone| Err(ApiError::stopping()))?;
    let erased = ErasedFrame {
        points: erased.points,
        days: erased.days,
    };
    Ok(Json(EraseAnswer { erased }).into_response())
}

/// Why a question about the past has no answer.
#[derive(Debug)]
enum Unanswered {
    /// It was not put.
    Refused(ApiError),
    /// The past cannot be read or written.
    Failed(HistoryError),
}

impl From<Unanswered> for ApiError {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Refused(refusal) => refusal,
            Unanswered::Failed(error) => Self::history(&error),
        }
    }
}

/// Asks the past where it holds nobody up, when it is this viewer's turn. What is made of what was
/// found belongs to the question: it takes as long, and as much memory.
pub(super) async fn asked<T: Send + 'static>(
    web: &Web,
    looking: &Looking,
    question: impl FnOnce(&Web) -> Result<T, HistoryError> + Send + 'static,
) -> Result<T, ApiError> {
    let answer = in_turn(&QUESTIONS, web, looking, question).await?;
    // It may have taken a while, and this answer is not for those who were shut out meanwhile.
    looking.must_be_as_before(web)?;
    Ok(answer)
}

async fn in_turn<T: Send + 'static>(
    turns: &Turns,
    web: &Web,
    looking: &Looking,
    question: impl FnOnce(&Web) -> Result<T, HistoryError> + Send + 'static,
) -> Result<T, Unanswered> {
    let turn = turns.take(&looking.0.id).await;
    let turn = turn.map_err(Unanswered::Refused)?;
    looking
        .must_be_as_before(web)
        .map_err(Unanswered::Refused)?;
    let web = web.clone();
    let answer = on_a_thread(move || {
        let _turn = turn;
        question(&web)
    });
    let answer = answer.await;
    let answer = answer.ok_or_else(|| Unanswered::Refused(ApiError::stopping()))?;
    answer.map_err(Unanswered::Failed)
}
