//! Turns at work that takes long: so much of it is done at once, so much waits, and so much of
//! that for one viewer.
//!
//! What is beyond is refused, with when to come back. A queue without an end would take the
//! memory, and the threads on which logins and revocations wait as well: whoever is about to be
//! shut out must not be able to put that off by asking for much.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::SignedDuration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;
use super::shares::{Share, Shares};
use crate::auth::ViewerId;

/// How much of a kind of work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Is done at once.
    pub(super) at_once: usize,
    /// Is done or waits, for all.
    pub(super) in_all: usize,
    /// Is done or waits, for one viewer.
    pub(super) of_viewer: usize,
}

/// Work of one kind.
#[derive(Debug)]
pub(super) struct Turns {
    limits: Limits,
    done: Arc<Semaphore>,
    room: Arc<Semaphore>,
    by_viewer: Shares<ViewerId>,
}

/// Somebody's turn, until it is dropped: by the work itself, which goes on when whoever asked for
/// it is gone.
#[derive(Debug)]
pub(super) struct Turn {
    _done: OwnedSemaphorePermit,
    _room: OwnedSemaphorePermit,
    _own: Share<ViewerId>,
}

impl Turns {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            done: Arc::new(Semaphore::new(limits.at_once)),
            room: Arc::new(Semaphore::new(limits.in_all)),
            by_viewer: Shares::default(),
        }
    }

    /// Waits for a turn of `viewer`, or refuses: too much waits already.
    pub(super) async fn take(&self, viewer: &ViewerId) -> Result<Turn, ApiError> {
        let own = self.by_viewer.take(viewer.clone(), self.limits.of_viewer);
        let own = own.ok_or_else(busy)?;
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_full| busy())?;
        let done = Arc::clone(&self.done).acquire_owned().await;
        Ok(Turn {
            _done: done.map_err(|_closed| ApiError::stopping())?,
            _room: room,
            _own: own,
        })
    }
}

fn busy() -> ApiError {
    let message = "too much of this is asked for just now; ask again in a moment";
    let busy = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message);
    busy.again_in(SignedDuration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use axum::response::IntoResponse;

    use super::*;
    use crate::auth::UserId;

    fn user(n: i64) -> ViewerId {
        ViewerId::User(UserId(n))
    }

    #[tokio::test]
    async fn a_few_at_once_some_wait_and_the_rest_are_told_to_come_back() {
        let turns = Turns::new(Limits {
            at_once: 1,
            in_all: 3,
            of_viewer: 2,
        });
        let (ann, bob, cy) = (user(1), user(2), user(3));
        let first = turns.take(&ann).await.unwrap();
        let mut second = Box::pin(turns.take(&ann));
        assert!(futures_util::poll!(&mut second).is_pending(), "it waits");
        let refused = turns.take(&ann).await.unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
        let mut third = Box::pin(turns.take(&bob));
        assert!(futures_util::poll!(&mut third).is_pending());
        assert!(turns.take(&cy).await.is_err(), "there is no room");
        // Who hangs up makes room.
        drop(second);
        let mut fourth = Box::pin(turns.take(&cy));
        assert!(futures_util::poll!(&mut fourth).is_pending());
        drop(first);
        drop(third.await.unwrap());
        drop(fourth.await.unwrap());
        assert!(turns.take(&ann).await.is_ok());
    }
}
