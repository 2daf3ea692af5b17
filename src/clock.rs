//! The one place that reads the clock.
//!
//! Everything that decides something takes `now` as an argument, so that it can be tested; only
//! the edges (a receiving socket, the writer's tick, a request) ask here.

use jiff::Timestamp;

/// The time now, UTC.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
