//! EZToTrack's Public API: keys, cursors, miles an hour.

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
use super::limits::{Bucket, seconds_until};
use super::settings::EZTOTRACK_KEY;
use super::state::Sim;
use super::world::Row;
use super::world::device::Report;
use super::{Vendor, garbage};

/// One request a second, and a few at once after a pause.
const EVERY: Duration = Duration::from_secs(1);
const BURST: u32 = 5;
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 512;
const KMH_PER_MPH: f64 = 1.609_344;

type Params = HashMap<String, String>;

/// The state of the account.
#[derive(Debug)]
pub(super) struct Account {
    bucket: Bucket,
}

impl Account {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            bucket: Bucket::new(EVERY, BURST, now),
        }
    }
}

/// The routes, below the API's base path.
pub(super) fn routes(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/fleet/vehicles", get(vehicles))
        .route("/fleet/vehicles/locations", get(locations))
        .layer(from_fn_with_state(Arc::clone(sim), admit))
}

/// Lets a request in whose key is known and within its limit.
async fn admit(State(sim): State<Arc<Sim>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION);
    let key = given.and_then(|given| given.to_str().ok()?.strip_prefix("Bearer "));
    if key != Some(EZTOTRACK_KEY) {
        return refusal(StatusCode::UNAUTHORIZED);
    }
    let now = Instant::now();
    match sim.eztotrack.bucket.take(now) {
        Ok(()) => next.run(request).await,
        Err(next_at) => over_limit(seconds_until(next_at, now).max(1)),
    }
}

/// The answer beyond the limit.
pub(super) fn over_limit(seconds: u64) -> Response {
    let retry = [(header::RETRY_AFTER, seconds.to_string())];
    (
        retry,
        error(StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
    )
        .into_response()
}

/// The answer to a wrong key, or to one that lacks the scope.
pub(super) fn refusal(status: StatusCode) -> Response {
    let words = match status {
        StatusCode::UNAUTHORIZED => "The API key is missing, malformed or expired",
        _ => "The API key lacks the scope vehicles:read",
    };
    error(status, words)
}

fn error(status: StatusCode, message: &str) -> Response {
    let body = json!({ "message": message, "requestId": "0HN8SIM001" });
    (status, Json(body)).into_response()
}

async fn vehicles(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let rows = sim.rows(Vendor::EzToTrack);
    page(&sim, rows.iter().map(vehicle_row).collect(), &params)
}

async fn locations(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let rows = sim.rows(Vendor::EzToTrack);
    // Without a fix there is either no row or an empty one.
    let listed = rows
        .iter()
        .filter(|row| row.report.is_some() || row.card.number % 2 == 1);
    page(
        &sim,
        listed.map(|row| location_row(&sim, row)).collect(),
        &params,
    )
}

fn vehicle_row(row: &Row) -> Value {
    let (card, profile) = (&row.card, &row.card.profile);
    let (first, last) = profile.driver;
    let status = match row.report.as_deref() {
        None => "offline",
        Some(report) if !report.ignition => "parked",
        Some(report) if report.speed_mps <= 0.0 => "idling",
        Some(_) => "driving",
    };
    json!({
        "id": card.id,
        "name": card.name,
        "vin": format!("1SIM00000000{:05}", card.number),
        "make": profile.kind.make,
        "model": profile.kind.model,
        "year": 2014 + card.number % 11,
        "licensePlate": card.plate,
        "status": status,
        "driver": { "id": format!("drv_{:04}", card.number), "name": format!("{first} {last}") },
        "tags": [profile.city.name],
    })
}

fn location_row(sim: &Sim, row: &Row) -> Value {
    let Some(report) = row.report.as_deref() else {
        return json!({ "id": row.card.id, "name": row.card.name, "location": null });
    };
    json!({
        "id": row.card.id,
        "name": row.card.name,
        "engineState": engine_state(report),
        "location": {
            "latitude": report.lat_deg,
            "longitude": report.lng_deg,
            "heading": report.heading_deg.round() % 360.0,
            "speed": (report.speed_mps * 3.6 / KMH_PER_MPH * 10.0).round() / 10.0,
            "time": sim.device_at(&row.card, report.fixed_ms).to_string(),
            "address": row.card.profile.city.address(report.place),
        },
    })
}

fn engine_state(report: &Report) -> &'static str {
    match (report.ignition, 0.0 < report.speed_mps) {
        (false, _) => "Off",
        (true, false) => "Idle",
        (true, true) => "On",
    }
}

/// One page of `data`, by `after` and `limit`.
fn page(sim: &Sim, data: Vec<Value>, params: &Params) -> Response {
    let limit = params
        .get("limit")
        .map_or(Some(DEFAULT_LIMIT), |text| text.parse().ok());
    let Some(limit) = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit)) else {
        return error(
            StatusCode::BAD_REQUEST,
            "limit must be a whole number from 1 to 512",
        );
    };
    let start = params
        .get("after")
        .map_or(Some(0), |cursor| read_cursor(cursor));
    let Some(start) = start.filter(|start| *start <= data.len()) else {
        return error(
            StatusCode::BAD_REQUEST,
            "after is not a cursor of this list",
        );
    };
    let more = start + limit < data.len();
    let mut rows: Vec<_> = data.into_iter().skip(start).take(limit).collect();
    let end = (!rows.is_empty()).then(|| write_cursor(start + rows.len()));
    if sim.has(Vendor::EzToTrack, Fault::Garbage) {
        rows = garbage::spoil(rows);
    }
    let pagination = json!({ "endCursor": end, "hasNextPage": more });
    Json(json!({ "data": rows, "pagination": pagination })).into_response()
}

// The cursor's text has `+`, `/` or `=` in it, so that a client that does not encode it is found.
fn write_cursor(start: usize) -> String {
    STANDARD.encode(format!("~~?{start}>?"))
}

fn read_cursor(cursor: &str) -> Option<usize> {
    let bytes = STANDARD.decode(cursor).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.strip_prefix("~~?")?.strip_suffix(">?")?.parse().ok()
}
