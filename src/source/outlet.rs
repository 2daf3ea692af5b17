//! How a source speaks: to the fleet through a bounded channel, to the operator through the log.
//!
//! When the channel is full, speaking waits, and so the source is read no faster than the fleet is
//! written. The log hears of a trouble when it begins and when it ends, not at each attempt.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::decode::Decoded;
use super::http::trouble::{Kind, Trouble};
use super::recall::book::Book;
use super::recall::holes::{Holes, Watch};
use crate::clock;
use crate::domain::{DeviceKey, Observation, Reading, Refusal, Report, Said, Signal, SourceId};

/// A greater batch is cut, so that what waits in the channel stays small.
const BATCH_MAX: usize = 500;
/// A stream is well with each frame; to say so more often than this would only fill the channel.
const SUCCESS_EVERY: Duration = Duration::from_secs(1);
/// A vendor that invents device ids without end does not fill our memory.
const NOTICED_MAX: usize = 200_000;

/// A source's voice; clones share its standing.
#[derive(Clone, Debug)]
pub struct Outlet {
    source: SourceId,
    reports: mpsc::Sender<Report>,
    standing: Arc<Mutex<Standing>>,
    book: Book,
}

/// What a source does; each can be in trouble for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Reading the list of positions.
    Positions,
    /// Reading the list of vehicles.
    Vehicles,
    /// Having a stream.
    Stream,
    /// Asking for what was missed.
    History,
    /// Running at all.
    Running,
}

impl Activity {
    fn as_label(self) -> &'static str {
        match self {
            Self::Positions => "positions",
            Self::Vehicles => "vehicles",
            Self::Stream => "stream",
            Self::History => "history",
            Self::Running => "running",
        }
    }
}

#[derive(Debug, Default)]
struct Standing {
    /// What is amiss, by activity: the log hears of each change once.
    troubles: HashMap<Activity, Kind>,
    told_failure: bool,
    told_success_at: Option<Instant>,
    firsts: HashSet<(&'static str, String)>,
    noticed: HashSet<DeviceKey>,
    has_news: bool,
    /// It outlives a restart of the source, which may itself leave a hole.
    watch: Watch,
}

impl Outlet {
    /// A voice for `source`.
    pub fn new(source: SourceId, reports: mpsc::Sender<Report>) -> Self {
        Self {
            source,
            reports,
            standing: Arc::default(),
            book: Book::default(),
        }
    }

    /// The same voice, which notices by `watch` what is missed.
    #[must_use]
    pub fn watched_by(self, watch: Watch) -> Self {
        self.standing().watch = watch;
        self
    }

    /// The same voice, which notes in `book` what is missed.
    #[must_use]
    pub fn noting_in(self, book: Book) -> Self {
        Self { book, ..self }
    }

    /// Who speaks.
    pub fn source(&self) -> &SourceId {
        &self.source
    }

    /// Says it, stamped with source and time; waits while the channel is full.
    pub async fn say(&self, said: Said) {
        let report = Report {
            source: self.source.clone(),
            at: clock::now(),
            said,
        };
        if self.reports.send(report).await.is_err() {
            // The fleet's writer is gone: the process is going down, and nobody is left to tell.
            debug!(source.id = %self.source, "nobody listens any more");
        }
    }

    /// Says what a list held: its observations in batches, and its refusals.
    pub async fn decoded(&self, endpoint: &'static str, decoded: Decoded<Observation>) {
        self.refused(endpoint, decoded.refusals, decoded.first_bad_shape)
            .await;
        self.observed(decoded.rows).await;
    }

    /// Says observations, in batches.
    pub async fn observed(&self, rows: Vec<Observation>) {
        self.notice(rows.iter().map(|row| &row.device));
        let mut rows = rows.into_iter();
        while 0 < rows.len() {
            let batch = rows.by_ref().take(BATCH_MAX).collect();
            self.say(Said::Observed(batch)).await;
        }
    }

    /// Says what was recalled, in batches.
    pub async fn recalled(&self, rows: Vec<(DeviceKey, Reading)>) {
        let mut rows = rows.into_iter();
        while 0 < rows.len() {
            let batch = rows.by_ref().take(BATCH_MAX).collect();
            self.say(Said::Recalled(batch)).await;
        }
    }

    /// What was missed and is still to be asked for.
    pub fn holes(&self) -> Holes {
        self.book.holes(&self.source)
    }

    /// Takes away what is not to be asked for any more.
    pub fn remove_holes(&self, remove: impl FnOnce(&mut Holes)) {
        self.book.remove(&self.source, remove);
    }

    /// What was missed is worth asking for this far back.
    pub fn reach(&self) -> SignedDuration {
        self.standing().watch.reach()
    }

    /// The stream's line is gone: what comes until the next success is missed.
    pub fn line_lost(&self) {
        self.standing().watch.lost();
    }

    /// Says and counts refused records; the first of a shape is logged, never its values.
    pub async fn refused(
        &self,
        endpoint: &'static str,
        refusals: BTreeMap<Refusal, u64>,
        shape: Option<String>,
    ) {
        if refusals.is_empty() {
            return;
        }
        for (refusal, n) in &refusals {
            counter!("fleetglass_refusals_total",
                "source" => self.source.to_string(), "reason" => refusal.as_label())
            .increment(*n);
        }
        if let Some(shape) = shape
            && self.is_first(endpoint, &shape)
        {
            let n: u64 = refusals.values().sum();
            let reasons: Vec<_> = refusals.keys().map(|refusal| refusal.as_label()).collect();
            warn!(source.id = %self.source, endpoint, n, reasons = reasons.join(","), %shape,
                "records were refused; the shape of the first one is given");
        }
        self.say(Said::Refused(refusals)).await;
    }

    /// The source is well. Said at once after a failure, else at most once a second.
    pub async fn success(&self, activity: Activity) {
        self.log_healed(activity);
        let on_line = activity == Activity::Stream;
        self.heard(clock::now(), on_line);
        if self.note_success(Instant::now()) {
            self.say(Said::Signal(Signal::Success)).await;
        }
    }

    /// The source failed, and is tried again after `wait`.
    pub async fn failure(&self, activity: Activity, trouble: &Trouble, wait: Duration) {
        self.log_trouble(activity, trouble, wait);
        self.standing().told_failure = true;
        let failure = trouble.failure(clock::now(), wait);
        let words = trouble.words.clone();
        self.say(Said::Signal(Signal::Failure { failure, words }))
            .await;
    }

    /// Tells the operator alone: loudly if the trouble is new.
    pub fn log_trouble(&self, activity: Activity, trouble: &Trouble, wait: Duration) {
        let before = self.standing().troubles.insert(activity, trouble.kind);
        let kind = trouble.kind.as_label();
        let activity = activity.as_label();
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        if before == Some(trouble.kind) {
            debug!(source.id = %self.source, activity, kind, wait_ms, "{trouble}");
        } else {
            warn!(source.id = %self.source, activity, kind, wait_ms, "{trouble}");
        }
    }

    /// Tells the operator that a trouble is over, if there was one.
    pub fn log_healed(&self, activity: Activity) {
        if let Some(kind) = self.standing().troubles.remove(&activity) {
            let (activity, kind) = (activity.as_label(), kind.as_label());
            info!(source.id = %self.source, activity, kind, "the source is well again");
        }
    }

    /// Whether `text` is the first of its kind, so that it is worth a line in the log.
    pub fn is_first(&self, kind: &'static str, text: &str) -> bool {
        const FIRSTS_MAX: usize = 100;
        let firsts = &mut self.standing().firsts;
        firsts.len() < FIRSTS_MAX && firsts.insert((kind, text.to_owned()))
    }

    /// Notes which devices there are; one never seen before is news.
    pub fn notice<'a>(&self, devices: impl Iterator<Item = &'a DeviceKey>) {
        let mut standing = self.standing();
        for device in devices {
            if !standing.noticed.contains(device) && standing.noticed.len() < NOTICED_MAX {
                standing.noticed.insert(device.clone());
                standing.has_news = true;
            }
        }
    }

    /// Whether devices were noticed that no reading of the metadata has had a chance to name.
    pub fn has_news(&self) -> bool {
        self.standing().has_news
    }

    /// A reading of the metadata begins: it will name whoever was noticed so far.
    pub fn take_news(&self) {
        self.standing().has_news = false;
    }

    /// Notes what was missed until `now`, if anything was.
    fn heard(&self, now: Timestamp, on_line: bool) {
        let found = {
            let watch = &mut self.standing().watch;
            watch.heard(now, on_line);
            watch.take()
        };
        for hole in found.iter() {
            info!(source.id = %self.source, from = %hole.from, to = %hole.to,
                "positions were missed");
        }
        if !found.is_empty() {
            self.book.add(&self.source, &found);
        }
    }

    /// Whether a success at `now` is worth saying.
    fn note_success(&self, now: Instant) -> bool {
        let mut standing = self.standing();
        let heals = std::mem::take(&mut standing.told_failure);
        let told_lately = standing
            .told_success_at
            .is_some_and(|told_at| now < told_at + SUCCESS_EVERY);
        if told_lately && !heals {
            return false;
        }
        standing.told_success_at = Some(now);
        true
    }

    fn standing(&self) -> std::sync::MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Facts, Failure, Label, Origin};

    fn outlet() -> (Outlet, mpsc::Receiver<Report>) {
        let (reports, receiver) = mpsc::channel(64);
        (Outlet::new(SourceId::new("x"), reports), receiver)
    }

    fn observation(device: &str) -> Observation {
        Observation {
            device: DeviceKey::new(SourceId::new("x"), device),
            received_at: clock::now(),
            origin: Origin::Poll,
            reading: None,
            contact_at: None,
            label: Label::default(),
            facts: Facts::default(),
        }
    }

    #[tokio::test]
    async fn a_big_batch_is_cut() {
        let (outlet, mut reports) = outlet();
        let rows = (0..1201).map(|n| observation(&n.to_string())).collect();
        outlet.observed(rows).await;
        drop(outlet);
        let mut sizes = Vec::new();
        while let Some(report) = reports.recv().await {
            let Said::Observed(rows) = report.said else {
                panic!("{report:?}");
            };
            sizes.push(rows.len());
        }
        assert_eq!(sizes, [500, 500, 201]);
    }

    #[tokio::test]
    async fn successes_are_said_once_a_second_but_at_once_after_a_trouble() {
        let (outlet, mut reports) = outlet();
        outlet.success(Activity::Positions).await;
        outlet.success(Activity::Positions).await;
        let trouble = Trouble::new(Kind::Busy, "503");
        outlet
            .failure(Activity::Positions, &trouble, Duration::from_secs(1))
            .await;
        outlet.success(Activity::Positions).await;
        drop(outlet);
        let mut heard = Vec::new();
        while let Some(report) = reports.recv().await {
            match report.said {
                Said::Signal(Signal::Success) => heard.push("success"),
                Said::Signal(Signal::Failure { failure, .. }) => {
                    assert_eq!(failure, Failure::Other);
                    heard.push("failure");
                }
                said => panic!("{said:?}"),
            }
        }
        assert_eq!(heard, ["success", "failure", "success"]);
    }

    #[tokio::test]
    async fn a_device_is_news_once() {
        let (outlet, _reports) = outlet();
        let device = DeviceKey::new(SourceId::new("x"), "7");
        outlet.notice([&device].into_iter());
        assert!(outlet.has_news());
        outlet.take_news();
        outlet.notice([&device].into_iter());
        assert!(!outlet.has_news());
    }
}
