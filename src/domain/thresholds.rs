//! The thresholds of the rules, all in one place, with their defaults.
//!
//! Plain data: the configuration fills it in, the rules of `fleet` read it. Every edge is told
//! with its member, since "5 km/h" alone does not say what 5.0 means.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::SourceId;
use super::units::kmh_to_mps;

/// All of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// For every vehicle.
    pub motion: MotionThresholds,
    /// For positions of every source that has none of its own.
    pub freshness: FreshnessThresholds,
    /// For those of some.
    pub freshness_of: BTreeMap<SourceId, FreshnessThresholds>,
    /// For vehicles with several devices.
    pub merging: MergingThresholds,
    /// For positions of some sources, in place of [`MergingThresholds::positions`].
    pub positions_of: BTreeMap<SourceId, PositionThresholds>,
    /// For every source that has none of its own.
    pub health: HealthThresholds,
    /// For some.
    pub health_of: BTreeMap<SourceId, HealthThresholds>,
}

impl Thresholds {
    /// Those that positions of `source` are judged by.
    pub fn freshness_of(&self, source: &SourceId) -> &FreshnessThresholds {
        self.freshness_of.get(source).unwrap_or(&self.freshness)
    }

    /// By what positions of `source` are believed and held.
    pub fn positions_of(&self, source: &SourceId) -> PositionThresholds {
        let own = self.positions_of.get(source).copied();
        own.unwrap_or(self.merging.positions)
    }

    /// Those that `source` itself is judged by.
    pub fn health_of(&self, source: &SourceId) -> HealthThresholds {
        self.health_of.get(source).copied().unwrap_or(self.health)
    }
}

/// How devices of one vehicle are set against each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MergingThresholds {
    /// For positions of every source that has none of its own.
    pub positions: PositionThresholds,
    /// Fixes of two devices up to this far apart in time are compared.
    pub diverging_within: SignedDuration,
    /// They contradict each other beyond this distance, with speed and accuracy allowed for.
    pub diverging_beyond_m: f64,
}

/// How positions of one source are believed, and held against those of others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositionThresholds {
    /// A lesser device takes over when the held fix is older than this, or than twice the expected
    /// interval of the device that holds it.
    pub hold: SignedDuration,
    /// A fix that is less certain than this does not move a marker that is live.
    pub poor_beyond_m: f64,
    /// A vendor's time further ahead of ours than this is flagged; it is never believed anyway.
    pub clock_ahead_after: SignedDuration,
}

/// When a source is not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthThresholds {
    /// One that never answered is connecting up to this long after its start.
    pub connecting_for: SignedDuration,
    /// It is down when its last success is older than this, or than five of its intervals.
    pub down_after: SignedDuration,
}

/// When a vehicle moves, stands, idles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotionThresholds {
    /// At this speed and above a fix is fast.
    pub moving_from_mps: f64,
    /// Below this speed a fix is slow.
    pub slow_below_mps: f64,
    /// A fast fix at least this far from the anchor needs no second one.
    pub confirmed_from_m: f64,
    /// A fix at least this far from the anchor has left it, whatever its speed.
    pub displaced_m: f64,
    /// Slow fixes up to this far from the first of them are at one place.
    pub stands_within_m: f64,
    /// It stands once they have been for this long, or for twice the expected interval.
    pub stands_after: SignedDuration,
    /// Standing for this long and longer is parking.
    pub parked_after: SignedDuration,
    /// Standing with the ignition on for this long and longer is idling.
    pub idling_after: SignedDuration,
    /// The ignition's last word counts for fixes up to this much later.
    pub ignition_known_for: SignedDuration,
    /// An *on* that was shorter is ignored.
    pub ignition_on_from: SignedDuration,
    /// Offline for longer than this, nobody can tell what it does.
    pub unknown_after: SignedDuration,
}

/// Greatest ages of one column; each holds up to and including itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// Live up to this age, or twice the expected interval.
    pub live: SignedDuration,
    /// Late up to this one, or four times the interval.
    pub late: SignedDuration,
    /// Stale up to this one, or eight times the interval; offline beyond.
    pub stale: SignedDuration,
}

/// Bounds of the expected interval, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Never less.
    pub min: SignedDuration,
    /// Never more.
    pub max: SignedDuration,
}

/// How far a position may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessThresholds {
    /// For a vehicle that was on the move at its last fix.
    pub on_the_move: Ages,
    /// For one that was at rest.
    pub at_rest: Ages,
    /// Bounds of the expected interval on the move.
    pub expected_on_the_move: Bounds,
    /// Bounds of the expected interval at rest.
    pub expected_at_rest: Bounds,
    /// Reports that go on for this long and longer after the last fix mean that the receiver is
    /// stuck, if the vehicle moves or has its ignition on.
    pub stuck_after: SignedDuration,
}

impl Default for MotionThresholds {
    fn default() -> Self {
        Self {
            moving_from_mps: kmh_to_mps(5.0),
            slow_below_mps: kmh_to_mps(3.0),
            confirmed_from_m: 50.0,
            displaced_m: 200.0,
            stands_within_m: 100.0,
            stands_after: SignedDuration::from_secs(120),
            parked_after: SignedDuration::from_mins(5),
            idling_after: SignedDuration::from_secs(120),
            ignition_known_for: SignedDuration::from_mins(5),
            ignition_on_from: SignedDuration::from_secs(30),
            unknown_after: SignedDuration::from_hours(7 * 24),
        }
    }
}

impl Default for MergingThresholds {
    fn default() -> Self {
        Self {
            positions: PositionThresholds::default(),
            diverging_within: SignedDuration::from_secs(60),
            diverging_beyond_m: 500.0,
        }
    }
}

impl Default for PositionThresholds {
    fn default() -> Self {
        Self {
            hold: SignedDuration::from_secs(15),
            poor_beyond_m: 500.0,
            clock_ahead_after: SignedDuration::from_mins(2),
        }
    }
}

impl Default for HealthThresholds {
    fn default() -> Self {
        Self {
            connecting_for: SignedDuration::from_mins(2),
            down_after: SignedDuration::from_mins(2),
        }
    }
}

impl Default for FreshnessThresholds {
    fn default() -> Self {
        Self {
            on_the_move: Ages {
                live: SignedDuration::from_secs(60),
                late: SignedDuration::from_mins(5),
                stale: SignedDuration::from_mins(30),
            },
            at_rest: Ages {
                live: SignedDuration::from_mins(15),
                late: SignedDuration::from_hours(2),
                stale: SignedDuration::from_hours(24),
            },
            expected_on_the_move: Bounds {
                min: SignedDuration::from_secs(10),
                max: SignedDuration::from_mins(15),
            },
            expected_at_rest: Bounds {
                min: SignedDuration::from_mins(1),
                max: SignedDuration::from_hours(6),
            },
            stuck_after: SignedDuration::from_mins(5),
        }
    }
}
