//! Work of many milliseconds: beside the threads on which everybody else's requests wait, and so
//! little of it at once that the live path is not left without a core.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

/// Answers that are made at once; others wait for their turn.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Makes an answer on a thread for such work.
pub(super) async fn aside(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    // It is never closed.
    let _turn = TURNS.acquire().await;
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The server goes.
            Err(_cancelled) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}
