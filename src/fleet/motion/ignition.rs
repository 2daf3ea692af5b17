//! The ignition as a run: on or off, and since when.
//!
//! A tracker's wire bounces when somebody starts an engine: an *on* that was brief is as if it had
//! never been. An *off* counts at once.

use jiff::{SignedDuration, Timestamp};

use crate::domain::thresholds::MotionThresholds;

/// What was told of the ignition up to now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ignition {
    /// By the last word.
    pub is_on: bool,
    /// Since when it is so.
    pub since: Timestamp,
    /// That may have been earlier: nobody told anything just before.
    pub since_at_least: bool,
    /// When it was last told.
    pub told_at: Timestamp,
    /// When it last went off after a proper *on*.
    pub went_off_at: Option<Timestamp>,
}

impl Ignition {
    /// The ignition of which this is the first word.
    pub fn first(is_on: bool, at: Timestamp) -> Self {
        Self {
            is_on,
            since: at,
            since_at_least: true,
            told_at: at,
            went_off_at: None,
        }
    }

    /// The ignition after a further word. `known_for` is how long a word is good.
    #[must_use]
    pub fn after(
        self,
        is_on: bool,
        at: Timestamp,
        known_for: SignedDuration,
        rules: &MotionThresholds,
    ) -> Self {
        let is_after_gap = known_for < at.duration_since(self.told_at);
        if is_on == self.is_on && !is_after_gap {
            return Self {
                told_at: at,
                ..self
            };
        }
        let was_proper = self.is_on && rules.ignition_on_from <= at.duration_since(self.since);
        Self {
            is_on,
            since: at,
            since_at_least: is_after_gap,
            told_at: at,
            went_off_at: if was_proper && !is_on {
                Some(at)
            } else {
                self.went_off_at
            },
        }
    }

    /// Whether its last word still counts at a fix made at `fixed_at`.
    pub fn is_known_at(&self, fixed_at: Timestamp, known_for: SignedDuration) -> bool {
        fixed_at.duration_since(self.told_at) <= known_for
    }
}

/// How long the ignition's last word counts for a device that reports every `expected`.
pub fn known_for(expected: SignedDuration, rules: &MotionThresholds) -> SignedDuration {
    rules.ignition_known_for.max(expected * 2)
}
