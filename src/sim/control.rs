//! The control endpoint: faults on and off, the truth of the world, and a few knobs.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::faults::{Fault, FaultError, FaultSetting, vendor_or_all};
use super::limits::seconds_until;
use super::state::{Sim, interval_ms};
use super::world::device::News;
use super::{Vendor, lock, mycartracks, truth};

/// The routes, below `/control`.
pub(super) fn routes() -> Router<Arc<Sim>> {
    Router::new()
        .route("/state", get(state))
        .route("/faults", post(set_fault).delete(clear_faults))
        .route("/world", get(world))
        .route("/past", get(past))
        .route("/emit", post(emit))
        .route("/rate", post(rate))
        .route("/lose", post(lose))
        .route("/drop", post(drop_streams))
        .route("/revoke", post(revoke))
}

async fn state(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let now = Instant::now();
    let faults = sim.faults.list(now).into_iter().map(|on| {
        json!({
            "vendor": on.vendor.as_str(),
            "fault": on.fault.as_str(),
            "value": on.value,
            "ends_in_s": on.until.map(|until| seconds_until(until, now)),
        })
    });
    let faults: Vec<_> = faults.collect();
    let window = sim.mycartracks.window.look(now);
    Json(json!({
        "elapsed_ms": sim.elapsed_ms(),
        "vehicles": sim.settings.vehicles,
        "seed": sim.settings.seed,
        "faults": Value::Array(faults),
        "mycartracks": {
            "open_streams": sim.mycartracks.streams.open(),
            "window": { "limit": window.limit, "remaining": window.remaining,
                        "resets_in_s": seconds_until(window.resets, now) },
        },
    }))
}

/// A fault as JSON: the members of a flag.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    vendor: String,
    fault: String,
    value: Option<u16>,
    for_s: Option<f64>,
}

async fn set_fault(State(sim): State<Arc<Sim>>, Json(body): Json<FaultBody>) -> Response {
    let read = || -> Result<FaultSetting, FaultError> {
        Ok(FaultSetting {
            vendor: vendor_or_all(&body.vendor)?,
            fault: body.fault.parse()?,
            value: body.value,
            lasts: body
                .for_s
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        })
    };
    match read() {
        Ok(setting) => {
            sim.faults.set(setting, Instant::now());
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => refused(&error),
    }
}

/// Which faults to take back; without either, all.
#[derive(Deserialize)]
struct Which {
    vendor: Option<String>,
    fault: Option<String>,
}

async fn clear_faults(State(sim): State<Arc<Sim>>, Query(which): Query<Which>) -> Response {
    let read = || -> Result<(Option<Vendor>, Option<Fault>), FaultError> {
        let vendor = which
            .vendor
            .as_deref()
            .map(vendor_or_all)
            .transpose()?
            .flatten();
        let fault = which.fault.as_deref().map(str::parse).transpose()?;
        Ok((vendor, fault))
    };
    match read() {
        Ok((vendor, fault)) => {
            sim.faults.clear(vendor, fault);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => refused(&error),
    }
}

fn refused(error: &dyn std::error::Error) -> Response {
    (
        StatusCode::BAD_REQUEST,
        Json(json!({ "error": error.to_string() })),
    )
        .into_response()
}

async fn world(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(truth::world(&sim))
}

/// Whose past is asked for.
#[derive(Deserialize)]
struct PastOf {
    vendor: String,
}

async fn past(State(sim): State<Arc<Sim>>, Query(of): Query<PastOf>) -> Response {
    match of.vendor.parse::<Vendor>() {
        Ok(vendor) => Json(truth::past(&sim, vendor)).into_response(),
        Err(error) => refused(&error),
    }
}

/// One device, by its vendor's key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    vendor: String,
    id: String,
    for_s: Option<u32>,
}

/// Makes a device report now, and tells what it said, so that a latency can be measured from it.
async fn emit(State(sim): State<Arc<Sim>>, Json(whose): Json<Whose>) -> Response {
    let vendor = match whose.vendor.parse::<Vendor>() {
        Ok(vendor) => vendor,
        Err(error) => return refused(&error),
    };
    let now_ms = sim.elapsed_ms();
    let told = lock(&sim.world).emit(now_ms, vendor, &whose.id);
    let Some(told) = told else {
        return StatusCode::NOT_FOUND.into_response();
    };
    mycartracks::publish(&sim, std::slice::from_ref(&told));
    let News::Report(report, _) = &told.news else {
        return StatusCode::NO_CONTENT.into_response();
    };
    Json(truth::report(&sim, &told.card, report)).into_response()
}

/// Takes a device off the network.
async fn lose(State(sim): State<Arc<Sim>>, Json(whose): Json<Whose>) -> Response {
    let vendor = match whose.vendor.parse::<Vendor>() {
        Ok(vendor) => vendor,
        Err(error) => return refused(&error),
    };
    let for_ms = i64::from(whose.for_s.unwrap_or(300)) * 1_000;
    if lock(&sim.world).lose(vendor, &whose.id, for_ms) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// The rate of the streamed devices; null is each at its own habit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    stream_hz: Option<f64>,
}

async fn rate(State(sim): State<Arc<Sim>>, Json(rate): Json<Rate>) -> StatusCode {
    lock(&sim.world).stream_ms = rate.stream_hz.and_then(interval_ms);
    StatusCode::NO_CONTENT
}

/// Resets every open stream once, without refusing new ones.
async fn drop_streams(State(sim): State<Arc<Sim>>) -> StatusCode {
    sim.mycartracks.streams.drop_all();
    StatusCode::NO_CONTENT
}

/// Takes the access token back once; a new one heals that.
async fn revoke(State(sim): State<Arc<Sim>>) -> StatusCode {
    sim.mycartracks.tokens.revoke();
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode as Status;

    use crate::sim::SimSettings;
    use crate::sim::testing::{Bench, json as body};

    use super::*;

    #[tokio::test]
    async fn faults_are_shown_and_bad_ones_refused_with_words() {
        let bench = Bench::new(SimSettings {
            faults: vec!["eztotrack:slow=10".parse().unwrap()],
            ..SimSettings::default()
        })
        .await;
        let timed = json!({ "vendor": "cartrack", "fault": "html", "for_s": 20 });
        bench.control("/faults", timed).await;
        let faults = bench.control_get("/state").await["faults"].clone();
        assert_eq!(
            faults[0],
            json!({
                "vendor": "eztotrack", "fault": "slow", "value": 10, "ends_in_s": null,
            })
        );
        assert_eq!(faults[1]["ends_in_s"], 20);
        let bad = json!({ "vendor": "tesla", "fault": "cut" });
        let answer = bench.control("/faults", bad).await;
        assert_eq!(answer.status(), Status::BAD_REQUEST);
        let words = body(answer).await["error"].as_str().unwrap().to_owned();
        assert!(words.contains("`tesla`"), "{words}");
    }

    #[tokio::test]
    async fn the_truth_names_every_vehicle_once() {
        let bench = Bench::new(SimSettings::default()).await;
        let world = bench.control_get("/world").await;
        let vehicles = world["vehicles"].as_array().unwrap();
        let ids: std::collections::HashSet<_> = vehicles.iter().map(|v| v["id"].as_str()).collect();
        assert_eq!(ids.len(), 300);
        assert!(
            vehicles
                .iter()
                .any(|vehicle| vehicle["devices"].as_array().unwrap().len() == 2)
        );
    }

    #[tokio::test]
    async fn a_rate_is_set_and_taken_back_and_streams_are_dropped() {
        let bench = Bench::new(SimSettings {
            vehicles: 1,
            ..SimSettings::default()
        })
        .await;
        let fast = bench.control("/rate", json!({ "stream_hz": 2.0 })).await;
        assert_eq!(fast.status(), Status::NO_CONTENT);
        let mut stream = bench.stream(&json!({})).await;
        for _ in 0..4 {
            assert_eq!(stream.event().await["type"], "position");
        }
        assert_eq!(
            bench.control_get("/state").await["mycartracks"]["open_streams"],
            1
        );
        bench.control("/drop", json!({})).await;
        while let Some(Ok(_)) = stream.frame().await {}
        bench.stream(&json!({})).await.event().await;
    }
}
