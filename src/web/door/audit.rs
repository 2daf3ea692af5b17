//! The audit log, for administrators.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::words::refusal;
use crate::auth::audit::Entry;
use crate::live::frame::Stamp;
use crate::web::Web;
use crate::web::error::{ApiError, ErrorBody};

/// Entries of a page where nothing is said.
const USUAL: u32 = 100;
/// No page has more.
const MOST: u32 = 1_000;

/// Which page.
#[derive(Debug, Deserialize)]
pub struct AuditQuery {
    /// `next` of the page before.
    after: Option<i64>,
    /// At most so many, 1 to 1,000; 100 where absent.
    limit: Option<u32>,
}

/// Entries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Audit)]
pub struct AuditAnswer {
    entries: Vec<EntryFrame>,
    /// For the page after; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct EntryFrame {
    n: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Stamp,
    who: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
}

fn frame(entry: Entry) -> EntryFrame {
    EntryFrame {
        n: entry.n,
        at: Stamp(entry.at),
        who: entry.who.to_string(),
        address: entry.address.map(|address| address.to_string()),
        what: entry.what.to_string(),
        subject: entry.subject.map(|subject| subject.to_string()),
    }
}

/// Who did what, and when.
#[utoipa::path(get, path = "/api/v1/audit", 
    params(
        ("after" = Option<i64>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 1,000; 100 where absent"),
    ),
    responses((status = 200, body = AuditAnswer), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody)))]
pub async fn audit(
    State(web): State<Web>,
    caller: Caller,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditAnswer>, ApiError> {
    let AuditQuery { after, limit } = query?.0;
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::bad_request(format!(
            "`limit` is {limit}; it must be 1 to {MOST}"
        )));
    }
    // One more than is shown tells whether there is a next page; of the largest, a full one does.
    let asked = limit.saturating_add(1).min(MOST);
    let found = web.door.access.audited(&caller.actor, after, asked).await;
    let mut entries = found.map_err(|error| refusal(&error))?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = shown < entries.len() || (limit == MOST && entries.len() == shown);
    entries.truncate(shown);
    let next = entries.last().filter(|_| has_more).map(|entry| entry.n);
    Ok(Json(AuditAnswer {
        entries: entries.into_iter().map(frame).collect(),
        next,
    }))
}
