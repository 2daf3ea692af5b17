//! For whoever watches the watcher: is it alive, is it ready, what does it count.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;

use super::Web;
use super::screens::gauges::gauges;
use crate::domain::{FreshnessState, Health, MotionState, SourceId};
use crate::live::latency::Percentiles;
use crate::live::words;

/// A writer that has not ticked for this long is taken for dead.
const WRITER_DEAD_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// Sources that have not been heard of delay readiness no longer than this.
const READY_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// The answer of `/livez` and `/readyz`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub struct StatusAnswer {
    /// `ok`, `degraded`, `starting`, `draining` or `dead`.
    status: &'static str,
}

fn answer(code: StatusCode, status: &'static str) -> Response {
    (code, Json(StatusAnswer { status })).into_response()
}

/// Whether the process, its writer and the threads of the live path are alive.
#[utoipa::path(get, path = "/livez", responses(
    (status = 200, body = StatusAnswer), (status = 503, body = StatusAnswer)))]
pub async fn livez(State(web): State<Web>) -> Response {
    let last_beat_at = web.pulse.last_beat_at().unwrap_or(web.started_at);
    let is_beating = (web.clock)().duration_since(last_beat_at) <= WRITER_DEAD_AFTER;
    if is_beating && web.encoder.is_well() && web.reception.is_well() {
        answer(StatusCode::OK, "ok")
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, "dead")
    }
}

/// Whether the picture is there: each source has answered or failed once, the run before
/// has left its picture, or ten seconds are over.
#[utoipa::path(get, path = "/readyz", responses(
    (status = 200, body = StatusAnswer), (status = 503, body = StatusAnswer)))]
pub async fn readyz(State(web): State<Web>) -> Response {
    if web.shutdown.is_cancelled() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    let has_waited = READY_AFTER <= (web.clock)().duration_since(web.started_at);
    if !web.pulse.have_all_answered() && !web.is_restored && !has_waited {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "starting");
    }
    let all_up = web
        .hub
        .sources()
        .iter()
        .all(|source| source.health == Health::Up);
    answer(StatusCode::OK, if all_up { "ok" } else { "degraded" })
}

/// What is counted, as Prometheus reads it.
#[utoipa::path(get, path = "/metrics", responses((status = 200, content_type = "text/plain")))]
pub async fn metrics(State(web): State<Web>) -> Response {
    count_fleet(&web);
    let text = web.metrics.render() + &gauges(&web);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Gauges that are only worth counting when somebody looks.
fn count_fleet(web: &Web) {
    // Both in the order of the numbers that a row has for them.
    const MOTIONS: [MotionState; 5] = [
        MotionState::Moving,
        MotionState::Idling,
        MotionState::Stopped,
        MotionState::Parked,
        MotionState::Unknown,
    ];
    const FRESHNESSES: [FreshnessState; 5] = [
        FreshnessState::Live,
        FreshnessState::Late,
        FreshnessState::Stale,
        FreshnessState::Offline,
        FreshnessState::Never,
    ];
    let mut n_by_motion = [0_u32; MOTIONS.len()];
    let mut n_by_freshness = [0_u32; FRESHNESSES.len()];
    for (_, slot) in web.hub.slots().iter() {
        n_by_motion[usize::from(slot.row.motion())] += 1;
        n_by_freshness[usize::from(slot.row.freshness())] += 1;
    }
    for (state, n) in MOTIONS.into_iter().zip(n_by_motion) {
        metrics::gauge!("fleetglass_vehicles_by_motion", "motion" => words::motion(state))
            .set(f64::from(n));
    }
    for (state, n) in FRESHNESSES.into_iter().zip(n_by_freshness) {
        metrics::gauge!("fleetglass_vehicles", "freshness" => words::freshness(state))
            .set(f64::from(n));
    }
    for source in web.hub.sources() {
        let is_up = f64::from(u8::from(source.health == Health::Up));
        metrics::gauge!("fleetglass_source_up", "source" => source.id.to_string()).set(is_up);
        if let Some(at) = source.last_success_at {
            let age_s = (web.clock)().duration_since(at).as_secs_f64();
            metrics::gauge!("fleetglass_source_success_age_seconds", "source" => source.id.to_string())
                .set(age_s);
        }
        if let Some(latency) = web.hub.latencies().of(&source.id, (web.clock)()) {
            tell_latency(&source.id, "fix_to_receipt", latency.fix_to_receipt);
            tell_latency(&source.id, "receipt_to_send", latency.receipt_to_send);
        }
    }
}

fn tell_latency(source: &SourceId, way: &'static str, took: Percentiles) {
    for (quantile, ms) in [("0.5", took.p50_ms), ("0.95", took.p95_ms)] {
        let seconds = std::time::Duration::from_millis(ms).as_secs_f64();
        metrics::gauge!("fleetglass_position_latency_seconds",
            "source" => source.to_string(), "way" => way, "quantile" => quantile)
        .set(seconds);
    }
}
