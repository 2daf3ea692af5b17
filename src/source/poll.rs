//! The loop of a source that is asked: positions at an even pace, names now and then.
//!
//! One request at a time. Positions come first; names are read when positions have just been, so
//! that a vendor in trouble is not asked twice. What was missed is asked for in the pauses.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::backoff::Backoff;
use super::http::trouble::{Kind, Trouble};
use super::lists::{Lists, Metadata};
use super::outlet::{Activity, Outlet};
use super::probe::Findings;
use super::recall::Recaller;
use super::recall::archive::Archive;
use super::{Source, probe};

/// Nothing that can wait is begun when less than this is left for it.
const ROOM: Duration = Duration::from_secs(1);
/// Unknown devices make us read the names again, but no more often than this.
const NEWS_EVERY: Duration = Duration::from_mins(1);

/// A source that is asked.
#[derive(Debug)]
pub struct Polled {
    /// Its lists.
    pub lists: Lists,
    /// From the start of one reading of the positions to the start of the next.
    pub interval: Duration,
    /// The vendor's history, where it has one.
    pub archive: Option<&'static Archive>,
}

impl Source for Polled {
    fn run<'a>(&'a mut self, outlet: &'a Outlet) -> BoxFuture<'a, ()> {
        Box::pin(self.ask_for_ever(outlet))
    }

    fn probe(&mut self, with_history: bool) -> BoxFuture<'_, Findings> {
        Box::pin(async move {
            let live = probe::lists(&mut self.lists).await;
            probe::with_history(live, &mut self.lists, self.archive, with_history).await
        })
    }
}

impl Polled {
    async fn ask_for_ever(&mut self, outlet: &Outlet) {
        let mut metadata = Metadata::new(Instant::now());
        let mut backoff = Backoff::default();
        let mut recaller = Recaller::new(self.archive);
        let mut next_at = Instant::now();
        let mut is_well = false;
        loop {
            if is_well {
                self.recall_until(next_at, &mut recaller, outlet).await;
            }
            sleep_until(next_at).await;
            let started_at = Instant::now();
            let read = self.lists.all_positions(outlet).await;
            is_well = read.is_ok();
            match read {
                Ok(()) => {
                    backoff.reset();
                    outlet.success(Activity::Positions).await;
                    next_at = started_at + self.interval;
                    self.ask_names(&mut metadata, &mut next_at, outlet).await;
                }
                Err(trouble) => next_at = pause(&mut backoff, &trouble, outlet).await,
            }
        }
    }

    /// Asks for what was missed, as long as positions are not due.
    async fn recall_until(&mut self, next_at: Instant, recaller: &mut Recaller, outlet: &Outlet) {
        loop {
            let budget = self.lists.account.budget.as_ref();
            let n_pages = self.lists.positions.n_pages() + self.lists.vehicles.n_pages();
            let due_at = recaller.due_at(Instant::now(), budget, n_pages, outlet);
            let Some(due_at) = due_at.filter(|due_at| *due_at + ROOM <= next_at) else {
                return;
            };
            sleep_until(due_at).await;
            // Dropped in the midst of it, it is asked again.
            let step = recaller.step(&mut self.lists, outlet);
            if timeout_at(next_at, step).await.is_err() {
                return;
            }
        }
    }

    /// Reads the names if they are due; a rate limit met there holds the positions back too.
    async fn ask_names(&mut self, metadata: &mut Metadata, next_at: &mut Instant, outlet: &Outlet) {
        if Instant::now() < metadata.due_at(outlet.has_news(), NEWS_EVERY) {
            return;
        }
        if let Err(trouble) = self.lists.all_vehicles(metadata, outlet).await {
            let wait = metadata.failed(&trouble, outlet).await;
            if trouble.kind == Kind::Limited {
                outlet.failure(Activity::Vehicles, &trouble, wait).await;
                *next_at = (*next_at).max(Instant::now() + wait);
            }
        }
    }
}

/// Tells a failure; when to try again.
async fn pause(backoff: &mut Backoff, trouble: &Trouble, outlet: &Outlet) -> Instant {
    let wait = backoff.wait_with_chance(trouble);
    outlet.failure(Activity::Positions, trouble, wait).await;
    Instant::now() + wait
}
