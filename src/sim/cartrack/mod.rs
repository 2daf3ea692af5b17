//! Cartrack's Fleet API: Basic authentication, the whole fleet at once, odd times and types.

mod history;
mod rows;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::faults::Fault;
use super::forms::Members;
use super::limits::{Window, seconds_until};
use super::settings::{CARTRACK_PASSWORD, CARTRACK_USERNAME};
use super::state::Sim;
use super::world::Row;
use super::world::city::{CITIES, City};
use super::{Vendor, garbage};

const MINUTE: Duration = Duration::from_mins(1);
/// Requests a minute for the positions, and for all else together.
const STATUS_LIMIT: u32 = 60;
const OTHER_LIMIT: u32 = 1_000;
/// And for the events of the fleet, and of its vehicles one by one.
const EVENTS_LIMIT: u32 = 60;
const VEHICLE_EVENTS_LIMIT: u32 = 200;
/// Rows of a page: when not asked for, and at most.
const DEFAULT_PAGE: usize = 15;
const MAX_PAGE: usize = 100;
type Params = HashMap<String, String>;

/// The state of the account.
#[derive(Debug)]
pub(super) struct Account {
    status: Window,
    other: Window,
    events: Window,
    vehicle_events: Window,
}

impl Account {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            status: Window::new(STATUS_LIMIT, MINUTE, now),
            other: Window::new(OTHER_LIMIT, MINUTE, now),
            events: Window::new(EVENTS_LIMIT, MINUTE, now),
            vehicle_events: Window::new(VEHICLE_EVENTS_LIMIT, MINUTE, now),
        }
    }
}

impl Account {
    /// The limit that a route counts against.
    fn window(&self, path: &str) -> &Window {
        if path.ends_with("/vehicles/status") {
            &self.status
        } else if path.ends_with("/vehicles/events") {
            &self.events
        } else if path.ends_with("/events") {
            &self.vehicle_events
        } else {
            &self.other
        }
    }
}

/// The routes, below the API's base path.
pub(super) fn routes(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/vehicles/status", get(status))
        .route("/vehicles", get(vehicles))
        .route("/vehicles/groups", get(groups))
        .route("/vehicles/events", get(history::fleet))
        .route("/vehicles/{registration}/events", get(history::one))
        .layer(from_fn_with_state(Arc::clone(sim), admit))
}

/// Lets a request in whose account is known and within its limit.
async fn admit(State(sim): State<Arc<Sim>>, request: Request, next: Next) -> Response {
    let credentials = STANDARD.encode(format!("{CARTRACK_USERNAME}:{CARTRACK_PASSWORD}"));
    let given = request.headers().get(header::AUTHORIZATION);
    if given.is_none_or(|given| given.as_bytes() != format!("Basic {credentials}").as_bytes()) {
        return refusal(StatusCode::UNAUTHORIZED);
    }
    let now = Instant::now();
    let standing = sim.cartrack.window(request.uri().path()).take(now);
    if !standing.granted {
        return over_limit(&sim, seconds_until(standing.resets, now));
    }
    let mut answer = next.run(request).await;
    // Browsers' affairs, which a client is to ignore.
    let cookie = header::HeaderValue::from_static("PHPSESSID=sim; path=/; HttpOnly");
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    answer
}

/// The answer beyond a limit.
pub(super) fn over_limit(sim: &Sim, seconds: u64) -> Response {
    let at = sim.at(sim.elapsed_ms()).as_second();
    let at = at.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
    let headers = [
        ("X-RateLimit-Retry-After-Seconds", seconds.to_string()),
        ("X-RateLimit-Retry-At", at.to_string()),
    ];
    let body = error(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests",
        &Value::Null,
    );
    (headers, body).into_response()
}

/// The answer to wrong credentials, or to a missing permission.
pub(super) fn refusal(status: StatusCode) -> Response {
    let words = match status {
        StatusCode::UNAUTHORIZED => "Unauthenticated",
        _ => "You do not have permission to access this endpoint",
    };
    error(status, words, &Value::Null)
}

fn error(status: StatusCode, message: &str, fields: &Value) -> Response {
    let error = json!({ "code": status.as_u16(), "message": message, "data": fields });
    (status, Json(json!({ "data": null, "error": error }))).into_response()
}

async fn status(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let in_km = params
        .get("odometer_in_km")
        .is_some_and(|text| text == "true");
    let mut draw = sim.draw(Vendor::Cartrack);
    let rows = sim.rows(Vendor::Cartrack);
    let wanted = rows.iter().filter(|row| is_wanted(row, &params));
    let write = |row| {
        let row = rows::status(&sim, row, in_km);
        match &mut draw {
            None => row,
            Some(draw) => rows::vary(row, draw),
        }
    };
    let mut data: Vec<_> = wanted.map(write).collect();
    if sim.has(Vendor::Cartrack, Fault::Garbage) {
        data = garbage::spoil(data);
    }
    Json(sim.envelope(Vendor::Cartrack, data, Members::new())).into_response()
}

fn is_wanted(row: &Row, params: &Params) -> bool {
    let ignition = row.report.as_ref().is_some_and(|report| report.ignition);
    let ignition = if ignition { "true" } else { "false" };
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    is(
        "filter[registration]",
        row.card.plate.as_deref().unwrap_or(""),
    ) && is("filter[vehicle_id]", &row.card.id)
        && is("filter[ignition]", ignition)
}

async fn vehicles(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let mut rows = sim.rows(Vendor::Cartrack);
    rows.retain(|row| is_wanted(row, &params));
    page(&sim, &rows, &params, rows::vehicle)
}

async fn groups(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let cities = CITIES.iter().filter(|city| city.vendor == Vendor::Cartrack);
    let is_wanted = |city: &City| {
        params
            .get("filter[name]")
            .is_none_or(|name| name == city.name)
    };
    let named = (1_u32..).zip(cities).filter(|(_, city)| is_wanted(city));
    let write = |(id, city): &(u32, &City)| json!({ "group_id": id, "name": city.name });
    page(&sim, &named.collect::<Vec<_>>(), &params, write)
}

/// One page of `listed`, by `page` and `limit`.
fn page<T>(sim: &Sim, listed: &[T], params: &Params, write: impl FnMut(&T) -> Value) -> Response {
    let number = |name: &str, default: usize| match params.get(name) {
        None => Some(default),
        Some(text) => text.parse().ok().filter(|number| 0 < *number),
    };
    let (Some(page), Some(limit)) = (number("page", 1), number("limit", DEFAULT_PAGE)) else {
        let fields = json!({ "page": ["must be a whole number from 1"], "limit": ["likewise"] });
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The given data was invalid",
            &fields,
        );
    };
    // Greater pages are not refused but cut, which `meta` tells.
    let limit = limit.min(MAX_PAGE);
    let skipped = (page - 1).saturating_mul(limit);
    let mut data: Vec<_> = listed.iter().skip(skipped).take(limit).map(write).collect();
    let meta = json!({
        "from": (!data.is_empty()).then_some(skipped + 1),
        "to": (!data.is_empty()).then_some(skipped + data.len()),
        "current_page": page,
        "per_page": limit,
        "last_page": listed.len().div_ceil(limit).max(1),
        "total": listed.len(),
    });
    if sim.has(Vendor::Cartrack, Fault::Garbage) {
        data = garbage::spoil(data);
    }
    let rest = Members::from_iter([("meta".to_owned(), meta)]);
    Json(sim.envelope(Vendor::Cartrack, data, rest)).into_response()
}

#[cfg(test)]
mod tests;
