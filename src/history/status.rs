//! How the memory is: recording, failing, or off; said once when it changes, counted always.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::HistoryError;

/// Whether history is being written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// To the disk.
    Recording,
    /// Not just now; it is tried again and again.
    Failing,
    /// Nothing is to be written: the last hour is in memory.
    #[default]
    Off,
}

/// How the memory is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether it records.
    pub state: State,
    /// Why it does not.
    pub error: Option<String>,
}

/// The status, as the writing thread tells it and others read it.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Status>);

impl Health {
    /// The status now.
    pub(super) fn now(&self) -> Status {
        self.lock().clone()
    }

    /// It records.
    pub(super) fn is_well(&self) {
        metrics::gauge!("fleetglass_history_failing").set(0.0);
        if self.become_(State::Recording, None) {
            tracing::info!("history is recorded");
        }
    }

    /// It does not record, because of `error`.
    pub(super) fn is_ill(&self, error: &HistoryError) {
        metrics::gauge!("fleetglass_history_failing").set(1.0);
        metrics::counter!("fleetglass_history_errors_total").increment(1);
        let words = error.to_string();
        if self.become_(State::Failing, Some(words)) {
            tracing::error!(
                %error,
                "history is not recorded; the live map goes on, and the last of it stays in memory"
            );
        }
    }

    /// Whether that is news; another error of one illness is none.
    fn become_(&self, state: State, error: Option<String>) -> bool {
        let mut status = self.lock();
        let is_news = status.state != state;
        *status = Status { state, error };
        is_news
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts fixes and records that nobody will remember.
pub(super) fn count_dropped(n_dropped: u64) {
    if 0 < n_dropped {
        metrics::counter!("fleetglass_history_dropped_total").increment(n_dropped);
    }
}
