//! MyCarTracks API v3: tokens, offset paging, a window of requests, and a live stream.
//!
//! Most of its vehicles are phones: no ignition, no odometer, uneven accuracy, long silences.

mod event;
mod history;
mod lists;
mod socket;
mod stream;
mod token;
mod variants;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::time::Instant;

use super::SimSettings;
use super::limits::{Standing, Window, seconds_until};
use super::state::Sim;

pub(super) use stream::{Streams, publish};
pub(super) use token::Tokens;

/// The state of the account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) tokens: Tokens,
    pub(super) window: Window,
    pub(super) streams: Streams,
}

impl Account {
    pub(super) fn new(settings: &SimSettings, now: Instant) -> Self {
        Self {
            tokens: Tokens::default(),
            window: Window::new(settings.window_requests, settings.window, now),
            streams: Streams::default(),
        }
    }
}

/// The routes below the REST base.
pub(super) fn routes(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/vehicles", get(lists::vehicles))
        .route("/vehicles/lastPositions", get(lists::last_positions))
        .route("/vehicles/livePositions/stream", post(stream::create))
        .route("/tracks2", get(history::tracks))
        .route("/tracks/{track}", get(history::track))
        .route("/trackpoints/{track}", get(history::points))
        .layer(from_fn_with_state(Arc::clone(sim), admit))
}

/// The routes that are not below it: the token endpoint and the socket.
pub(super) fn outer_routes() -> Router<Arc<Sim>> {
    Router::new()
        .route("/mycartracks/oauth/token", post(token::issue))
        .route("/mycartracks/live/positions", get(socket::open))
}

/// Lets a request in that has a valid token and is within the window; tells how the window stands.
async fn admit(State(sim): State<Arc<Sim>>, request: Request, next: Next) -> Response {
    let now = Instant::now();
    let given = request.headers().get(header::AUTHORIZATION);
    let bearer = given.and_then(|given| given.to_str().ok()?.strip_prefix("Bearer "));
    if !bearer.is_some_and(|bearer| sim.mycartracks.tokens.is_valid(bearer, now)) {
        return refusal(&sim, StatusCode::UNAUTHORIZED);
    }
    let standing = sim.mycartracks.window.take(now);
    let answer = if standing.granted {
        next.run(request).await
    } else {
        error(
            StatusCode::FORBIDDEN,
            "rate_limit_exceeded",
            "Rate limit exceeded",
        )
    };
    with_limits(answer, standing, now)
}

/// Puts the three headers on an answer.
fn with_limits(mut answer: Response, standing: Standing, now: Instant) -> Response {
    for (name, value) in [
        ("x-rate-limit-limit", u64::from(standing.limit)),
        ("x-rate-limit-remaining", u64::from(standing.remaining)),
        ("x-rate-limit-reset", seconds_until(standing.resets, now)),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from(value));
    }
    answer
}

/// The answer beyond the limit, whose window ends in so many seconds.
pub(super) fn over_limit(sim: &Sim, seconds: u64) -> Response {
    let now = Instant::now();
    let standing = Standing {
        remaining: 0,
        resets: now + std::time::Duration::from_secs(seconds),
        ..sim.mycartracks.window.look(now)
    };
    let answer = error(
        StatusCode::FORBIDDEN,
        "rate_limit_exceeded",
        "Rate limit exceeded",
    );
    with_limits(answer, standing, now)
}

/// The answer to a bad token, or to a missing permission.
pub(super) fn refusal(sim: &Sim, status: StatusCode) -> Response {
    let now = Instant::now();
    let answer = match status {
        StatusCode::UNAUTHORIZED => error(status, "invalid_token", "Token missing or expired"),
        _ => error(status, "insufficient_scope", "No permission"),
    };
    with_limits(answer, sim.mycartracks.window.look(now), now)
}

/// An error in the OAuth style.
fn error(status: StatusCode, code: &str, words: &str) -> Response {
    let body = json!({ "error": code, "error_description": words });
    (status, axum::Json(body)).into_response()
}

#[cfg(test)]
mod tests;
