//! What a vehicle does, as far as one device's records up to some time tell.
//!
//! A fold: each record in the order of its own time takes it one step further. Nothing here knows
//! when a record arrived, so whoever replays records in order gets the same answer.

use jiff::{SignedDuration, Timestamp};

use super::ignition::{Ignition, known_for};
use super::spell::{Point, Spell, Step, narrow};
use crate::domain::thresholds::MotionThresholds;
use crate::domain::units::distance_m;

/// One record, as far as motion is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// When it was true.
    pub at: Timestamp,
    /// Its fix.
    pub point: Option<Point>,
    /// Its word on the ignition.
    pub ignition: Option<bool>,
}

/// Since when something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Since when.
    pub at: Timestamp,
    /// It may have been so before.
    pub at_least: bool,
}

/// Time and place of a fix, latitude and longitude in degrees.
pub type Place = (Timestamp, (f64, f64));

/// The answer up to some record. Plain data: a store keeps it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// The last fix.
    pub last: Option<Place>,
    /// Whether it moves or stands; `None` before the first fix.
    pub spell: Option<Spell>,
    /// What was told of the ignition.
    pub ignition: Option<Ignition>,
    /// It idles, since then.
    pub idling: Option<Since>,
    /// When it last ceased to idle.
    pub idled_until: Option<Timestamp>,
    /// It moved or idled at the last fix: that chooses the column of freshness.
    pub on_the_move: bool,
}

impl Progress {
    /// The answer after a further record; `expected` is how often the device was expected to
    /// report until then.
    #[must_use]
    pub fn after(
        mut self,
        moment: &Moment,
        expected: SignedDuration,
        rules: &MotionThresholds,
    ) -> Self {
        let known_for = known_for(expected, rules);
        if let Some(is_on) = moment.ignition {
            self.ignition = Some(match self.ignition {
                Some(before) => before.after(is_on, moment.at, known_for, rules),
                None => Ignition::first(is_on, moment.at),
            });
        }
        if let Some(point) = moment.point {
            self.take_fix(moment.at, point, expected, rules);
        }
        self.spell = self.spell.map(|spell| {
            if self.is_switched_off(&spell, known_for) {
                spell.switched_off()
            } else {
                spell
            }
        });
        let idling = self.find_idling(known_for, rules);
        if self.idling.is_some() && idling.is_none() {
            self.idled_until = Some(moment.at);
        }
        self.idling = idling;
        if moment.point.is_some() {
            self.on_the_move = idling.is_some() || self.spell.is_some_and(|spell| spell.is_moving);
        }
        self
    }

    fn take_fix(
        &mut self,
        at: Timestamp,
        point: Point,
        expected: SignedDuration,
        rules: &MotionThresholds,
    ) {
        let passed = self.last.map(|(last_at, _)| at.duration_since(last_at));
        let step = Step {
            at,
            point,
            speed_mps: point.speed_mps.unwrap_or_else(|| self.speed_to(at, &point)),
            is_after_gap: passed.is_some_and(|passed| is_gap(passed, expected)),
            expected,
        };
        self.spell = Some(match self.spell {
            Some(before) => before.after(&step, rules),
            None => Spell::first(&step, rules),
        });
        self.last = Some((at, point.lat_lng_deg));
    }

    /// Distance over time since the last fix.
    fn speed_to(&self, at: Timestamp, point: &Point) -> f32 {
        self.last.map_or(0.0, |(last_at, lat_lng_deg)| {
            let passed_s = at.duration_since(last_at).as_secs_f64();
            narrow(distance_m(lat_lng_deg, point.lat_lng_deg) / passed_s)
        })
    }

    /// Whether the ignition went off while it moved, and is known to be off.
    fn is_switched_off(&self, spell: &Spell, known_for: SignedDuration) -> bool {
        let (Some(ignition), Some((fixed_at, _))) = (self.ignition, self.last) else {
            return false;
        };
        !ignition.is_on
            && ignition.is_known_at(fixed_at, known_for)
            && ignition.went_off_at.is_some_and(|at| spell.since <= at)
    }

    /// Since when it stands with the ignition on, if for long enough. Never by silence: only what
    /// was told counts.
    fn find_idling(&self, known_for: SignedDuration, rules: &MotionThresholds) -> Option<Since> {
        let (spell, ignition, (fixed_at, _)) = (self.spell?, self.ignition?, self.last?);
        let told_until = ignition.told_at.max(fixed_at);
        let is_idling = !spell.is_moving
            && ignition.is_on
            && ignition.is_known_at(fixed_at, known_for)
            && rules.idling_after <= told_until.duration_since(ignition.since);
        if !is_idling {
            return None;
        }
        let on_for_long = Since {
            at: ignition.since + rules.idling_after,
            at_least: ignition.since_at_least,
        };
        let stands = Since {
            at: spell.since,
            at_least: spell.since_at_least,
        };
        Some(if stands.at < on_for_long.at {
            on_for_long
        } else {
            stands
        })
    }
}

/// Whether so much time between two fixes is a gap, of which nobody can tell anything.
pub fn is_gap(passed: SignedDuration, expected: SignedDuration) -> bool {
    expected * 2 < passed
}
