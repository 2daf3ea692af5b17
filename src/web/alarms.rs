//! Alarms over HTTP: the open ones and the past, and taking note of them.
//!
//! What the live frames show, this shows: an alarm goes through the viewer's stage as a vehicle
//! does. Who takes note stands in the alarm itself, so the audit log says nothing of it.

use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Web;
use super::aside::on_a_thread;
use super::door::{Caller, Told};
use super::error::{ApiError, ErrorBody};
use super::query::AlarmsQuery;
use super::turns::{Limits, Turns};
use super::viewer::Looking;
use crate::alarm::AlarmError;
use crate::auth::{Role, ViewerKind};
use crate::domain::alarm::Alarm;
use crate::live::frame::{self, AlarmFrame};
use crate::live::stage::Stage;

/// Most alarms of an answer, and of a request to take note.
const MAX_AT_ONCE: usize = 1_000;
const USUAL: usize = 100;
/// Read from the disk at once.
const PIECE: usize = 500;
/// Who may see little of what was would have us read all of it.
const MAX_READ: usize = 10_000;
const READING: Limits = Limits {
    at_once: 2,
    in_all: 64,
    of_viewer: 8,
};

static QUESTIONS: LazyLock<Turns> = LazyLock::new(|| Turns::new(READING));

/// Alarms, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alarms)]
pub struct AlarmsAnswer<'a> {
    alarms: Vec<AlarmFrame<'a>>,
    /// There may be more: ask again with `before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "17")]
    next: Option<String>,
}

/// Of which alarms somebody takes note.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Acknowledgement)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Up to 1,000; those that are not there are passed over.
    ids: Vec<String>,
}

/// Alarms of one look, and where to go on.
type Found = (Vec<Arc<Alarm>>, Option<u64>);

/// The alarms that the viewer may see.
#[utoipa::path(get, path = "/api/v1/alarms", params(AlarmsQuery), responses(
    (status = 200, body = AlarmsAnswer),
    (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody),
    (status = 503, body = ErrorBody),
))]
pub async fn alarms(
    State(web): State<Web>,
    looking: Looking,
    query: Result<Query<AlarmsQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let query = query?.0;
    let limit = query.limit.as_deref().map_or(Ok(USUAL), limit)?;
    let before = query.before.as_deref().map(number).transpose()?;
    let stage = looking.stage(&web).await?;
    let (found, next) = match query.state.as_deref() {
        None | Some("open") => open(&web, &stage, before, limit),
        // A screen shows what is now.
        Some("all") if looking.0.kind == ViewerKind::Display => return Err(ApiError::not_allowed()),
        Some("all") => past(&web, &looking, stage, before, limit).await?,
        Some(other) => {
            let message = format!("`state` is \"open\" or \"all\", and not \"{other}\"");
            return Err(ApiError::bad_request(message));
        }
    };
    Ok(answer(&found, next))
}

/// Takes note of an alarm. Who was first stays.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/acknowledge", params(("id" = String, Path)),
    responses(
        (status = 200, body = AlarmFrame),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ))]
pub async fn acknowledge(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_handle_alarms()?;
    let id = number(&id).map_err(|_no_number| no_alarm(&id))?;
    let stage = looking.stage(&web).await?;
    let noted = note(&web, &looking, &caller, &stage, vec![id]).await?;
    let noted = noted.first().ok_or_else(|| no_alarm(&id.to_string()))?;
    Ok(Json(frame::alarm(noted)).into_response())
}

/// Takes note of many.
#[utoipa::path(post, path = "/api/v1/alarms/acknowledge", request_body = Acknowledgement,
    responses(
        (status = 200, body = AlarmsAnswer),
        (status = 400, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ))]
pub async fn acknowledge_many(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Told(said): Told<Acknowledgement>,
) -> Result<Response, ApiError> {
    looking.must_handle_alarms()?;
    if MAX_AT_ONCE < said.ids.len() {
        let message = format!("`ids` may hold up to {MAX_AT_ONCE} alarms");
        return Err(ApiError::bad_request(message));
    }
    let ids: Result<Vec<u64>, ApiError> = said.ids.iter().map(|id| number(id)).collect();
    let stage = looking.stage(&web).await?;
    let noted = note(&web, &looking, &caller, &stage, ids?).await?;
    Ok(answer(&noted, None))
}

/// Takes note of those that may be seen; gives them as they are then, as they are seen.
async fn note(
    web: &Web,
    looking: &Looking,
    caller: &Caller,
    stage: &Arc<Stage>,
    ids: Vec<u64>,
) -> Result<Vec<Arc<Alarm>>, ApiError> {
    let asked = web.clone();
    let their = Arc::clone(stage);
    let seen = in_turn(web, looking, move || {
        let found = ids.into_iter().map(|id| asked.alarms.get(id));
        let found: Result<Vec<_>, _> = found.collect();
        let is_seen = |alarm: &Arc<Alarm>| their.alarm(alarm, &asked.hub).is_some();
        Ok(found?.into_iter().flatten().filter(is_seen).collect())
    });
    let seen: Vec<Arc<Alarm>> = seen.await?;
    looking.must_be_as_before(web)?;
    let ids = seen.iter().map(|alarm| alarm.id).collect();
    let noted = web.alarms.acknowledge(ids, caller.name()).await;
    let noted = noted.map_err(|error| failing(&error))?;
    // What was over before anybody asked is as it was.
    let newest = |alarm: Arc<Alarm>| {
        let now = noted.iter().find(|it| it.id == alarm.id).cloned();
        now.unwrap_or(alarm)
    };
    let shown = seen.into_iter().map(newest);
    Ok(shown
        .filter_map(|alarm| stage.alarm(&alarm, &web.hub))
        .collect())
}

fn open(web: &Web, stage: &Stage, before: Option<u64>, limit: usize) -> Found {
    let all = web.alarms.all_open().into_iter();
    let older = all.filter(|alarm| before.is_none_or(|before| alarm.id < before));
    let mut shown = older.filter_map(|alarm| stage.alarm(&alarm, &web.hub));
    let found: Vec<Arc<Alarm>> = shown.by_ref().take(limit).collect();
    let last = found.last().map(|alarm| alarm.id);
    let is_more = shown.next().is_some();
    (found, last.filter(|_| is_more))
}

async fn past(
    web: &Web,
    looking: &Looking,
    stage: Arc<Stage>,
    before: Option<u64>,
    limit: usize,
) -> Result<Found, ApiError> {
    let asked = web.clone();
    let found = in_turn(web, looking, move || {
        let (mut found, mut before, mut n_read) = (Vec::new(), before, 0);
        while n_read < MAX_READ {
            let page = asked.alarms.page(before, PIECE)?;
            n_read += page.alarms.len();
            for alarm in page.alarms {
                if limit <= found.len() {
                    return Ok((found, before));
                }
                before = Some(alarm.id);
                found.extend(stage.alarm(&alarm, &asked.hub));
            }
            if page.before.is_none() {
                return Ok((found, None));
            }
        }
        Ok((found, before))
    });
    let found = found.await?;
    looking.must_be_as_before(web)?;
    Ok(found)
}

/// Reads the disk where it holds nobody up, when it is this viewer's turn.
async fn in_turn<T: Send + 'static>(
    web: &Web,
    looking: &Looking,
    question: impl FnOnce() -> Result<T, AlarmError> + Send + 'static,
) -> Result<T, ApiError> {
    let turn = QUESTIONS.take(&looking.0.id).await?;
    looking.must_be_as_before(web)?;
    let answer = on_a_thread(move || {
        let _turn = turn;
        question()
    });
    let answer = answer.await.ok_or_else(ApiError::stopping)?;
    answer.map_err(|error| failing(&error))
}

impl Looking {
    /// Refuses who may not take note of alarms: who only looks, and every screen.
    fn must_handle_alarms(&self) -> Result<(), ApiError> {
        if self.0.role < Role::Dispatcher || self.0.kind == ViewerKind::Display {
            return Err(ApiError::not_allowed());
        }
        Ok(())
    }
}

fn answer(alarms: &[Arc<Alarm>], next: Option<u64>) -> Response {
    let alarms = alarms.iter().map(|alarm| frame::alarm(alarm)).collect();
    let next = next.map(|id| id.to_string());
    Json(AlarmsAnswer { alarms, next }).into_response()
}

fn limit(text: &str) -> Result<usize, ApiError> {
    let limit = text.parse().ok();
    let limit = limit.filter(|limit| (1..=MAX_AT_ONCE).contains(limit));
    limit.ok_or_else(|| {
        let message = format!("`limit` is a number from 1 to {MAX_AT_ONCE}, and not \"{text}\"");
        ApiError::bad_request(message)
    })
}

fn number(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_error| {
        let message = format!("an alarm's id is a number, and not \"{text}\"");
        ApiError::bad_request(message)
    })
}

fn no_alarm(id: &str) -> ApiError {
    let message = format!("there is no alarm \"{id}\"; GET /api/v1/alarms lists what there is");
    ApiError::new(StatusCode::NOT_FOUND, "not_found", message)
}

pub(super) fn failing(error: &AlarmError) -> ApiError {
    // The words may name files.
    tracing::warn!(%error, "the store of alarms does not answer");
    let message = "the alarms cannot be read just now; ask again in a moment";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "alarms_failing", message)
}
