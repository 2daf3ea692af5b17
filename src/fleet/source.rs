//! What the fleet remembers of one source: its health, and the records that wait for its names.

use jiff::{SignedDuration, Timestamp};

use super::changes::SourceStatus;
use crate::domain::{Health, Mode, Observation, SourceHealth, SourceId};

/// Records wait this long for their source's metadata at the start, so that a vehicle does not
/// appear under one identity and change to another a moment later.
pub const METADATA_WAIT: SignedDuration = SignedDuration::from_secs(5);
/// No more of them wait than this; a fleet of a greater size is let through unnamed.
const MAX_WAITING: usize = 200_000;

/// A source as it is introduced to the fleet.
#[derive(Clone, Debug)]
pub struct SourceIntro {
    /// Its name.
    pub id: SourceId,
    /// Its vendor.
    pub kind: &'static str,
    /// How it means to get positions.
    pub mode: Mode,
    /// Its poll interval, or a stream's greatest ordinary silence.
    pub interval: SignedDuration,
    /// It serves test data.
    pub sandbox: bool,
}

/// One source.
#[derive(Debug)]
pub struct Source {
    intro: SourceIntro,
    /// The state machine of its health.
    pub health: SourceHealth,
    /// A complete list of its vehicles was taken in, in this run.
    pub is_listed: bool,
    published: Option<(SourceStatus, Timestamp)>,
    held: (Health, Timestamp),
    waiting: Waiting,
}

#[derive(Debug)]
enum Waiting {
    ForMetadata {
        since: Option<Timestamp>,
        records: Vec<Observation>,
    },
    Over,
}

impl Source {
    /// A source that starts at `now`.
    pub fn new(intro: SourceIntro, now: Timestamp) -> Self {
        Self {
            health: SourceHealth::new(intro.mode, intro.interval, now),
            intro,
            is_listed: false,
            published: None,
            held: (Health::Connecting, now),
            waiting: Waiting::ForMetadata {
                since: None,
                records: Vec::new(),
            },
        }
    }

    /// Its name.
    pub fn id(&self) -> &SourceId {
        &self.intro.id
    }

    /// Whether its vendor pushes positions, when all is well.
    pub fn is_streamed(&self) -> bool {
        self.intro.mode == Mode::Stream
    }

    /// Its health as of the last [`Source::age`].
    pub fn current(&self) -> Health {
        self.held.0
    }

    /// Lets time pass; whether the health changed by it.
    pub fn age(&mut self, now: Timestamp) -> bool {
        let health = self.health.health(now);
        let differs = health != self.held.0;
        if differs {
            self.held = (health, now);
        }
        differs
    }

    /// Keeps `records` back while the metadata is awaited, or gives them straight back.
    pub fn admit(&mut self, records: Vec<Observation>, now: Timestamp) -> Vec<Observation> {
        let Waiting::ForMetadata {
            since,
            records: kept,
        } = &mut self.waiting
        else {
            return records;
        };
        since.get_or_insert(now);
        kept.extend(records);
        if kept.len() <= MAX_WAITING {
            return Vec::new();
        }
        self.release()
    }

    /// The metadata is there, or nobody waits for it any longer: the records that waited.
    pub fn release(&mut self) -> Vec<Observation> {
        match std::mem::replace(&mut self.waiting, Waiting::Over) {
            Waiting::ForMetadata { records, .. } => records,
            Waiting::Over => Vec::new(),
        }
    }

    /// Whether records have waited long enough at `now`.
    pub fn is_wait_over(&self, now: Timestamp) -> bool {
        matches!(self.waiting, Waiting::ForMetadata { since: Some(since), .. }
            if METADATA_WAIT <= now.duration_since(since))
    }

    /// What viewers should be told at `now`, if it differs from what they were told last.
    ///
    /// A success alone is told at most once per `quiet`, or a stream would change its source's
    /// object with each of its events.
    pub fn news(
        &mut self,
        n_vehicles: usize,
        quiet: SignedDuration,
        now: Timestamp,
    ) -> Option<SourceStatus> {
        let status = self.status(n_vehicles, now);
        if let Some((told, told_at)) = &self.published {
            let success_aside = SourceStatus {
                last_success_at: told.last_success_at,
                ..status.clone()
            };
            let is_quiet = now.duration_since(*told_at) < quiet;
            if *told == status || (is_quiet && *told == success_aside) {
                return None;
            }
        }
        self.published = Some((status.clone(), now));
        Some(status)
    }

    fn status(&self, n_vehicles: usize, now: Timestamp) -> SourceStatus {
        SourceStatus {
            id: self.intro.id.clone(),
            kind: self.intro.kind,
            health: self.held.0,
            since: self.held.1,
            mode: self.health.mode,
            last_success_at: self.health.last_success_at,
            last_error: self.health.last_error.clone(),
            until: self.health.until(now),
            sandbox: self.intro.sandbox,
            vehicles: n_vehicles,
        }
    }
}
