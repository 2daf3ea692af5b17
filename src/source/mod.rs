//! The vendors: one folder each, and the loops they share, written once.
//!
//! A vendor is data: its keys, paths, ways of paging, decoders and manners. It picks one of the
//! two loops (`poll`, `stream`), and stands in one list, [`VENDORS`]. Back-off, budgets, the HTTP
//! client, tokens and supervision know no vendor by name.

pub mod backoff;
pub mod budget;
pub mod cartrack;
pub mod checks;
pub mod decode;
pub mod eztotrack;
pub mod http;
pub mod listing;
pub mod lists;
pub mod mycartracks;
pub mod outlet;
pub mod poll;
pub mod probe;
pub mod recall;
pub mod stream;
pub mod supervise;
#[cfg(test)]
pub(crate) mod trial;

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::source::{KeyProblem, SourceSettings, VendorSpec};
use crate::domain::{Mode, Report, SourceId};

use outlet::Outlet;
use probe::Findings;
use recall::book::Book;
use recall::holes::Watch;

/// The one list of vendors. Its order decides nothing: sources that come from the environment alone
/// rank by the names of their kinds, those of a file by their order in it.
pub static VENDORS: &[&Vendor] = &[&cartrack::VENDOR, &eztotrack::VENDOR, &mycartracks::VENDOR];

/// What a vendor's folder offers.
#[derive(Debug)]
pub struct Vendor {
    /// Its keys.
    pub spec: VendorSpec,
    /// Whether positions are pushed or asked for, when all is well.
    pub mode: Mode,
    /// Whether an account sees the vendor's sandbox instead of vehicles.
    pub is_sandbox: fn(&SourceSettings) -> bool,
    /// Makes a source of checked settings.
    pub build: fn(&SourceSettings) -> Result<Box<dyn Source>, KeyProblem>,
}

/// One account, ready to run.
pub trait Source: Send {
    /// Runs for ever; dropping the future ends it, at any point and without harm.
    fn run<'a>(&'a mut self, outlet: &'a Outlet) -> BoxFuture<'a, ()>;

    /// Asks each endpoint once, for `fleetglass check`; those of the vendor's history too, if that
    /// is wanted.
    fn probe(&mut self, with_history: bool) -> BoxFuture<'_, Findings>;
}

/// What others must know of a source before it has spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDescription {
    /// Its id.
    pub id: SourceId,
    /// Its vendor.
    pub kind: &'static str,
    /// How positions come when all is well.
    pub mode: Mode,
    /// How often, at least: the poll interval, or a stream's idle limit.
    pub interval: SignedDuration,
    /// It shows the vendor's sandbox.
    pub sandbox: bool,
}

/// The vendor of `kind`.
pub fn vendor(kind: &str) -> Option<&'static Vendor> {
    VENDORS
        .iter()
        .copied()
        .find(|vendor| vendor.spec.kind == kind)
}

/// Describes a source by its settings.
pub fn describe(settings: &SourceSettings) -> SourceDescription {
    let vendor = vendor(settings.kind);
    let mode = vendor.map_or(Mode::Poll, |vendor| vendor.mode);
    let interval = match mode {
        Mode::Stream => stream::idle_limit(settings),
        Mode::Poll => poll_interval(settings),
    };
    SourceDescription {
        id: settings.id.clone(),
        kind: settings.kind,
        mode,
        interval: SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX),
        sandbox: vendor.is_some_and(|vendor| (vendor.is_sandbox)(settings)),
    }
}

/// Starts every source under a supervisor of its own; `shutdown` ends them all. What a source
/// missed since `known_until`, the time up to which its positions are remembered, is completed from
/// the vendor's own history, and so is what `book` says was still to be asked for.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the channel closes when the sources are gone, so the caller must keep no end of it"
)]
pub fn start(
    settings: Vec<SourceSettings>,
    known_until: &dyn Fn(&SourceId) -> Option<Timestamp>,
    (reports, book): (mpsc::Sender<Report>, &Book),
    shutdown: CancellationToken,
    tracker: &TaskTracker,
) {
    for settings in settings {
        let watch = watch(&settings, known_until(&settings.id));
        let outlet = Outlet::new(settings.id.clone(), reports.clone());
        let outlet = outlet.watched_by(watch).noting_in(book.clone());
        let shutdown = shutdown.clone();
        tracker.spawn(async move {
            let supervised = supervise::for_ever(&settings, &outlet);
            shutdown.run_until_cancelled(supervised).await;
        });
    }
}

/// What notices the outages of the source of `settings`.
pub fn watch(settings: &SourceSettings, known_until: Option<Timestamp>) -> Watch {
    let about = describe(settings);
    let reach = SignedDuration::try_from(settings.recall).unwrap_or(SignedDuration::MAX);
    match about.mode {
        Mode::Poll => Watch::of_polls(about.interval, known_until, reach),
        Mode::Stream => Watch::of_stream(known_until, reach),
    }
}

/// The poll interval, or its vendor's default.
fn poll_interval(settings: &SourceSettings) -> Duration {
    const UNBOUNDED: Duration = Duration::from_secs(15);
    let bounds = vendor(settings.kind).and_then(|vendor| vendor.spec.poll);
    let default = bounds.map_or(UNBOUNDED, |bounds| bounds.default);
    settings.poll_interval.unwrap_or(default)
}
