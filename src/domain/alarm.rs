//! An alarm: what a rule found, since when, and whether somebody took note.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::order::{RuleKind, Severity};
use super::{SourceId, VehicleId};

/// One alarm, all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Grows by one with each alarm, across restarts.
    pub id: u64,
    /// The id and the name of the rule that raised it, as they were then.
    pub rule: (Arc<str>, Arc<str>),
    /// What the rule looked out for.
    pub kind: AlarmKind,
    /// How much it matters.
    pub severity: Severity,
    /// Id and name of the vehicle it is about.
    pub vehicle: Option<(VehicleId, Arc<str>)>,
    /// The source it is about.
    pub source: Option<SourceId>,
    /// Id and name of the place it is about.
    pub place: Option<(Arc<str>, Arc<str>)>,
    /// Who sees that place: viewers of at least one of these groups; empty is everybody.
    pub place_groups: BTreeSet<Arc<str>>,
    /// When what it is about began.
    pub began_at: Timestamp,
    /// When that ended. What is a moment (into a place, out of a place) ends as it begins.
    pub ended_at: Option<Timestamp>,
    /// When somebody took note.
    pub acknowledged_at: Option<Timestamp>,
    /// Who.
    pub acknowledged_by: Option<Arc<str>>,
    /// It came in quiet hours: to be shown, not heard.
    pub is_quiet: bool,
    /// After which time it sounds again while nobody took note.
    pub repeat_after: Option<SignedDuration>,
    /// Speed in metres per second: the greatest seen, and what was allowed.
    pub speed: Option<(f64, f64)>,
    /// For how long it had lasted when it was raised.
    pub lasted: Option<SignedDuration>,
    /// Latitude and longitude in degrees, and time of the fix that raised it.
    pub position: Option<(f64, f64, Timestamp)>,
}

/// What an alarm is about; as [`super::order::RuleKind`], without what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlarmKind {
    /// Too fast.
    Speeding,
    /// Too long with the engine on.
    Idling,
    /// No word any more.
    StoppedReporting,
    /// A source is down.
    SourceDown,
    /// The panic button.
    Panic,
    /// Into a place.
    Entering,
    /// Out of a place.
    Leaving,
}

/// What became of an alarm, for whoever is told of it elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlarmEvent {
    /// It is new.
    Began,
    /// What it was about is over.
    Ended,
    /// Somebody took note.
    Acknowledged,
}

impl Alarm {
    /// Whether it is still of concern: it lasts, or nobody took note.
    pub fn is_open(&self) -> bool {
        self.ended_at.is_none() || self.acknowledged_at.is_none()
    }
}

impl AlarmKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Speeding,
        Self::Idling,
        Self::StoppedReporting,
        Self::SourceDown,
        Self::Panic,
        Self::Entering,
        Self::Leaving,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Speeding => "speeding",
            Self::Idling => "idling",
            Self::StoppedReporting => "stopped_reporting",
            Self::SourceDown => "source_down",
            Self::Panic => "panic",
            Self::Entering => "entering",
            Self::Leaving => "leaving",
        }
    }

    /// Whether it is a moment, rather than something that lasts.
    pub const fn is_moment(self) -> bool {
        matches!(self, Self::Entering | Self::Leaving)
    }
}

/// What became of the open alarms. Whole objects: applying one twice does no harm.
#[derive(Clone, Debug, Default)]
pub struct AlarmChanges {
    /// Open ones that are new or differ.
    pub changed: Vec<Arc<Alarm>>,
    /// Those that are open no more, by their ids.
    pub closed: Vec<u64>,
}

impl AlarmChanges {
    /// What was later stands in the place of what was before.
    pub fn add(&mut self, later: Self) {
        let changed = later.changed.iter().map(|alarm| alarm.id);
        let told: BTreeSet<u64> = changed.chain(later.closed.iter().copied()).collect();
        self.changed.retain(|alarm| !told.contains(&alarm.id));
        self.closed.retain(|id| !told.contains(id));
        self.changed.extend(later.changed);
        self.closed.extend(later.closed);
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.closed.is_empty()
    }
}

impl From<&RuleKind> for AlarmKind {
    fn from(kind: &RuleKind) -> Self {
        match kind {
            RuleKind::Speeding { .. } => Self::Speeding,
            RuleKind::Idling { .. } => Self::Idling,
            RuleKind::StoppedReporting => Self::StoppedReporting,
            RuleKind::SourceDown => Self::SourceDown,
            RuleKind::Panic => Self::Panic,
            RuleKind::Entering { .. } => Self::Entering,
            RuleKind::Leaving { .. } => Self::Leaving,
        }
    }
}
