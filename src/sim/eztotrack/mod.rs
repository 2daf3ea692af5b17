//! EZToTrack's Public API: keys, cursors, miles an hour.

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
use super::limits::{Bucket, seconds_until};
use super::settings::EZTOTRACK_KEY;
use super::state::Sim;
use super::world::Row;
use super::{Vendor, garbage};

/// One request a second, and a few at once after a pause.
const EVERY: Duration = Duration::from_secs(1);
const BURST: u32 = 5;
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 512;

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
    page(&sim, &sim.rows(Vendor::EzToTrack), &params, rows::vehicle)
}

async fn locations(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let mut listed = sim.rows(Vendor::EzToTrack);
    // Without a fix there is either no row or an empty one.
    listed.retain(|row| row.report.is_some() || row.card.number % 2 == 1);
    let mut draw = sim.draw(Vendor::EzToTrack);
    page(&sim, &listed, &params, |row| match &mut draw {
        None => rows::location(&sim, row),
        Some(draw) => rows::location_variant(&sim, row, draw),
    })
}

/// One page of `listed`, by `after` and `limit`.
fn page(sim: &Sim, listed: &[Row], params: &Params, write: impl FnMut(&Row) -> Value) -> Response {
    let limit = params
        .get("limit")
        .map_or(Some(DEFAULT_LIMIT), |text| text.parse().ok());
    let Some(limit) = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit)) else {
        let words = "limit must be a whole number from 1 to 512";
        return error(StatusCode::BAD_REQUEST, words);
    };
    let start = params
        .get("after")
        .map_or(Some(0), |cursor| read_cursor(cursor));
    let Some(start) = start.filter(|start| *start <= listed.len()) else {
        return error(
            StatusCode::BAD_REQUEST,
            "after is not a cursor of this list",
        );
    };
    let end = listed.len().min(start + limit);
    let mut data: Vec<_> = listed[start..end].iter().map(write).collect();
    if sim.has(Vendor::EzToTrack, Fault::Garbage) {
        data = garbage::spoil(data);
    }
    let cursor = (start < end).then(|| write_cursor(end));
    let pagination = json!({ "endCursor": cursor, "hasNextPage": end < listed.len() });
    let rest = Members::from_iter([("pagination".to_owned(), pagination)]);
    Json(sim.envelope(Vendor::EzToTrack, data, rest)).into_response()
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use reqwest::{Method, StatusCode as Status};

    use crate::sim::SimSettings;
    use crate::sim::testing::{Bench, json as body};

    use super::*;

    #[tokio::test]
    async fn only_the_key_is_let_in() {
        let bench = Bench::new(SimSettings::default()).await;
        for key in ["ezt_live_guess", "", "x"] {
            let request = bench.request(Method::GET, "/eztotrack/fleet/vehicles");
            let answer = request.bearer_auth(key).send().await.unwrap();
            assert_eq!(answer.status(), Status::UNAUTHORIZED);
            assert!(body(answer).await["requestId"].is_string());
        }
    }

    #[tokio::test]
    async fn cursors_lead_through_every_vehicle_once() {
        let bench = Bench::new(SimSettings {
            vehicles: 200,
            vendors: vec![Vendor::EzToTrack],
            ..SimSettings::default()
        })
        .await;
        let first = body(bench.eztotrack("/fleet/vehicles").await).await;
        assert_eq!(first["data"].as_array().unwrap().len(), 50);
        let mut ids = HashSet::new();
        let mut query = String::new();
        loop {
            let path = format!("/fleet/vehicles?limit=80{query}");
            let page = body(bench.eztotrack(&path).await).await;
            let rows = page["data"].as_array().unwrap();
            assert!(
                rows.iter()
                    .all(|row| ids.insert(row["id"].as_str().unwrap().to_owned()))
            );
            if page["pagination"]["hasNextPage"] == false {
                break;
            }
            let cursor = page["pagination"]["endCursor"].as_str().unwrap();
            let encoded: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
            assert_ne!(
                encoded, cursor,
                "a cursor that needs no encoding finds no mistakes"
            );
            query = format!("&after={encoded}");
        }
        assert_eq!(ids.len(), 200);
    }

    #[tokio::test]
    async fn limits_and_cursors_out_of_range_are_refused() {
        let bench = Bench::new(SimSettings::default()).await;
        for query in ["limit=0", "limit=513", "limit=x", "after=b3BhcXVl"] {
            let answer = bench.eztotrack(&format!("/fleet/vehicles?{query}")).await;
            assert_eq!(answer.status(), Status::BAD_REQUEST, "{query}");
        }
    }

    #[tokio::test]
    async fn speeds_are_miles_an_hour_and_some_have_no_location() {
        let bench = Bench::new(SimSettings {
            vehicles: 500,
            vendors: vec![Vendor::EzToTrack],
            ..SimSettings::default()
        })
        .await;
        let page = body(bench.eztotrack("/fleet/vehicles/locations?limit=512").await).await;
        let rows = page["data"].as_array().unwrap();
        assert!(rows.len() < 500 && rows.iter().any(|row| row["location"].is_null()));
        let world = bench.control_get("/world").await;
        let mut compared = 0;
        for vehicle in world["vehicles"].as_array().unwrap() {
            let device = &vehicle["devices"][0];
            let Some(row) = rows.iter().find(|row| row["id"] == device["id"]) else {
                continue;
            };
            if row["location"]["time"] != device["last"]["fixed_at"] {
                continue;
            }
            let Some(mps) = device["last"]["speed_mps"].as_f64() else {
                continue;
            };
            let mph = row["location"]["speed"].as_f64().unwrap();
            assert!((mps - mph * 0.447_04).abs() < 0.05, "{mps} m/s, {mph} mph");
            compared += u32::from(0.0 < mps);
        }
        assert!(100 < compared, "{compared}");
    }

    #[tokio::test]
    async fn more_than_a_request_a_second_is_answered_429() {
        let bench = Bench::new(SimSettings::default()).await;
        let mut refused = None;
        for _ in 0..=BURST + 1 {
            let answer = bench.eztotrack("/fleet/vehicles?limit=1").await;
            if answer.status() == Status::TOO_MANY_REQUESTS {
                refused = Some(answer);
            }
        }
        let refused = refused.expect("a refusal");
        assert_eq!(refused.headers()["retry-after"], "1");
        assert!(body(refused).await["message"].is_string());
    }
}
