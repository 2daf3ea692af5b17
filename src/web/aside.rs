//! Work of many milliseconds: beside the threads on which everybody else's requests wait, and so
//! little of it at once that the live path is not left without a core.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

/// Answers that are made at once; others wait for their turn.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Makes an answer on a thread for such work.
pub(super) async fn aside(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    // It is never closed. The turn goes along: work that nobody waits for any more is work.
    let turn = TURNS.acquire().await;
    let answer = on_a_thread(move || {
        let _turn = turn;
        work()
    });
    let answer = answer.await;
    answer.unwrap_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// Does `work` where it holds nobody up; `None`: the server goes.
pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_cancelled) => None,
        },
    }
}
