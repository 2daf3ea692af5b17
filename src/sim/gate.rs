//! Where faults strike a request, before any vendor's code sees it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::faults::{Active, Fault};
use super::limits::seconds_until;
use super::state::Sim;
use super::wire::Link;
use super::{Vendor, cartrack, eztotrack, mycartracks};

/// What is said while a limit without an end is simulated.
const OPEN_ENDED_S: u64 = 30;

/// The page that stands in for an answer.
const HTML: &str = "<!doctype html><html><head><title>Please wait</title></head>\
    <body><h1>Checking your browser</h1></body></html>";

/// Applies the faults of the vendor whom the path names.
pub(super) async fn gate(
    State(sim): State<Arc<Sim>>,
    ConnectInfo(link): ConnectInfo<Link>,
    request: Request,
    next: Next,
) -> Response {
    let Some(vendor) = vendor_of(request.uri().path()) else {
        return next.run(request).await;
    };
    let now = Instant::now();
    let on = |fault| sim.faults.get(vendor, fault, now);
    if on(Fault::Cut).is_some() {
        link.reset();
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if on(Fault::HalfOpen).is_some() {
        link.mute();
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if let Some(slow) = on(Fault::Slow) {
        let pause = Duration::from_millis(slow.value.unwrap_or(3_000).into());
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = sim.shutdown.cancelled() => {}
        }
    }
    if let Some(broken) = on(Fault::ServerError) {
        return (status(broken, 503), "upstream connect error").into_response();
    }
    if on(Fault::Html).is_some() {
        return ([(CONTENT_TYPE, "text/html; charset=utf-8")], HTML).into_response();
    }
    if !is_account_route(vendor, request.uri().path()) {
        return next.run(request).await;
    }
    if let Some(limited) = on(Fault::RateLimited) {
        let until = limited
            .until
            .unwrap_or(now + Duration::from_secs(OPEN_ENDED_S));
        return over_limit(&sim, vendor, seconds_until(until, now));
    }
    if on(Fault::Revoked).is_some() {
        return refusal(&sim, vendor, StatusCode::UNAUTHORIZED);
    }
    if on(Fault::Forbidden).is_some() {
        return refusal(&sim, vendor, StatusCode::FORBIDDEN);
    }
    next.run(request).await
}

/// The status of a fault's value, or `default`.
pub(super) fn status(fault: Active, default: u16) -> StatusCode {
    StatusCode::from_u16(fault.value.unwrap_or(default)).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

fn vendor_of(path: &str) -> Option<Vendor> {
    path.split('/').nth(1)?.parse().ok()
}

/// Whether the route counts against an account: the token endpoint and the socket do not.
fn is_account_route(vendor: Vendor, path: &str) -> bool {
    vendor != Vendor::MyCarTracks || path.starts_with(super::settings::MYCARTRACKS_BASE)
}

fn over_limit(sim: &Sim, vendor: Vendor, seconds: u64) -> Response {
    match vendor {
        Vendor::MyCarTracks => mycartracks::over_limit(sim, seconds),
        Vendor::Cartrack => cartrack::over_limit(sim, seconds),
        Vendor::EzToTrack => eztotrack::over_limit(seconds),
    }
}

fn refusal(sim: &Sim, vendor: Vendor, status: StatusCode) -> Response {
    match vendor {
        Vendor::MyCarTracks => mycartracks::refusal(sim, status),
        Vendor::Cartrack => cartrack::refusal(status),
        Vendor::EzToTrack => eztotrack::refusal(status),
    }
}

#[cfg(test)]
mod tests;
