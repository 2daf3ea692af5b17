//! The loop of a source that pushes: a short-lived session, its socket, and the lists beside it.
//!
//! One task makes the requests, one at a time, in the order that [`agenda`] gives them; each
//! socket is read by a task of its own, so that events flow while a request is under way. A new
//! socket is opened ahead of the old one's expiry, and the old one dropped a little after that.

pub mod agenda;
pub mod idle;
pub mod listen;
mod run;
pub mod socket;

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::Source;
use super::decode::fields::RecordSpec;
use super::decode::live::{Event, Session};
use super::decode::{BodyError, Dialect};
use super::http::secrets::Secrets;
use super::http::trouble::{Kind, Trouble};
use super::http::url_guard::{StreamGuard, Target};
use super::lists::Lists;
use super::outlet::Outlet;
use super::probe::{self, Findings};
use super::recall::archive::Archive;
use crate::config::source::SourceSettings;

use idle::Idle;
use run::Run;

/// Reads a frame.
pub type ReadFrame = fn(&Dialect, &[u8], Timestamp) -> Result<Vec<Event>, BodyError>;

/// How a vendor streams.
#[derive(Clone, Debug)]
pub struct Habits {
    /// Where a session is created.
    pub path: &'static str,
    /// Reads the answer.
    pub session: fn(&Dialect, &[u8], Timestamp) -> Result<Session, BodyError>,
    /// Reads a frame.
    pub events: ReadFrame,
    /// The names in its events.
    pub spec: &'static RecordSpec,
    /// Where a socket may be.
    pub guard: StreamGuard,
    /// Silence beyond this is death.
    pub idle_timeout: Option<Duration>,
}

impl Habits {
    /// Where `address` leads, if we may go there. It is a secret in any case, and what is told of
    /// it holds none.
    pub fn target(&self, address: &str, secrets: &Secrets) -> Result<Target, Trouble> {
        match self.guard.check(address) {
            Ok(target) => {
                secrets.add_address(address, target.url.query().unwrap_or_default());
                Ok(target)
            }
            Err(refused) => {
                secrets.add_refused_address(address);
                let words = secrets.clean(&refused.to_string());
                Err(Trouble::new(Kind::Odd, words))
            }
        }
    }
}

/// A source that pushes.
#[derive(Debug)]
pub struct Streamed {
    /// Its lists.
    pub lists: Lists,
    /// Its stream.
    pub habits: Habits,
    /// The vendor's history, where it has one.
    pub archive: Option<&'static Archive>,
}

/// The silence after which the stream of `settings` is taken for dead.
pub fn idle_limit(settings: &SourceSettings) -> Duration {
    Idle::new(idle_timeout(settings), None).limit()
}

/// `idle_timeout`, where it is set: `90s`.
pub fn idle_timeout(settings: &SourceSettings) -> Option<Duration> {
    let span: SignedDuration = settings.text("idle_timeout")?.parse().ok()?;
    Duration::try_from(span).ok()
}

impl Source for Streamed {
    fn run<'a>(&'a mut self, outlet: &'a Outlet) -> BoxFuture<'a, ()> {
        Box::pin(async move { Run::new(self, outlet).for_ever().await })
    }

    fn probe(&mut self, with_history: bool) -> BoxFuture<'_, Findings> {
        Box::pin(async move {
            let mut live = probe::lists(&mut self.lists).await;
            if !probe::is_lost(&live) {
                live.extend(listen::probe(&mut self.lists, &self.habits).await);
            }
            probe::with_history(live, &mut self.lists, self.archive, with_history).await
        })
    }
}
