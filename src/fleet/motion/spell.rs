//! A spell of moving or of standing: how it begins, and how it ends.
//!
//! A receiver's word on speed and place is noisy, so one fast fix is not yet motion, nor one slow
//! one a stop. What waits for confirmation is kept beside the spell that still holds.

use jiff::{SignedDuration, Timestamp};

use crate::domain::Reading;
use crate::domain::thresholds::MotionThresholds;
use crate::domain::units::distance_m;

/// What motion needs of a fix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Latitude and longitude in degrees.
    pub lat_lng_deg: (f64, f64),
    /// Speed by the device's word.
    pub speed_mps: Option<f32>,
    /// The receiver's own uncertainty.
    pub accuracy_m: Option<f32>,
}

impl Point {
    /// That of a reading.
    pub fn of(reading: &Reading) -> Self {
        Self {
            lat_lng_deg: reading.lat_lng(),
            speed_mps: reading.speed_mps.map(narrow),
            accuracy_m: reading.accuracy_m.map(narrow),
        }
    }
}

/// Where a vehicle came to stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// Latitude and longitude in degrees.
    pub lat_lng_deg: (f64, f64),
    /// The time of the fix that says so.
    pub at: Timestamp,
    /// It may have stood there before: nobody saw it come.
    pub at_least: bool,
}

/// A sign of motion that one fix alone is not believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspicion {
    /// The time of the fix.
    pub at: Timestamp,
    /// It may have begun before.
    pub at_least: bool,
    /// What the fix said.
    pub sign: Sign,
}

/// What made a fix suspicious.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sign {
    /// It was fast.
    Fast,
    /// It was slow, but here (latitude and longitude in degrees), far from the anchor.
    Displaced((f64, f64)),
}

/// One spell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spell {
    /// The vehicle moves; else it stands.
    pub is_moving: bool,
    /// Since when.
    pub since: Timestamp,
    /// It may have begun before.
    pub since_at_least: bool,
    /// While standing: where. While moving: where its fixes turned slow, if the last one was.
    pub anchor: Option<Anchor>,
    /// While standing: what the last fix made one suspect.
    pub suspicion: Option<Suspicion>,
}

/// A fix in its place among the device's fixes.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Its time.
    pub at: Timestamp,
    /// What it says.
    pub point: Point,
    /// Its speed: the device's word, or distance over time of the last two fixes.
    pub speed_mps: f32,
    /// Nobody looked just before it.
    pub is_after_gap: bool,
    /// How often the device is expected to report.
    pub expected: SignedDuration,
}

impl Spell {
    /// The spell that the first fix ever begins: the vehicle stands there, for who knows how long.
    pub fn first(step: &Step, rules: &MotionThresholds) -> Self {
        let mut spell = Self::standing(step.anchor(true));
        spell.suspicion = suspicion(step, 0.0, true, rules);
        spell
    }

    fn standing(anchor: Anchor) -> Self {
        Self {
            is_moving: false,
            since: anchor.at,
            since_at_least: anchor.at_least,
            anchor: Some(anchor),
            suspicion: None,
        }
    }

    fn moving(since: Timestamp, since_at_least: bool) -> Self {
        Self {
            is_moving: true,
            since,
            since_at_least,
            anchor: None,
            suspicion: None,
        }
    }

    /// The spell after a further fix.
    pub fn after(self, step: &Step, rules: &MotionThresholds) -> Self {
        if self.is_moving {
            self.still_moving(step, rules)
        } else {
            self.still_standing(step, rules)
        }
    }

    /// The vehicle stood until now.
    ///
    /// | the fix | answer |
    /// |---|---|
    /// | fast, the one before it was fast | moves since that one; since this one after a gap |
    /// | fast, displaced by max(50 m, 2 x accuracy) | moves |
    /// | without speed, displaced by 200 m | moves |
    /// | fast | is suspected to move |
    /// | slow, displaced by max(200 m, 2 x accuracy) after a gap, or twice in a row | stands here |
    /// | else | stands where it stood |
    fn still_standing(self, step: &Step, rules: &MotionThresholds) -> Self {
        let displaced_m = self.anchor.map_or(0.0, |anchor| step.distance_m(&anchor));
        let confirmed_by = self.suspicion.filter(|_| !step.is_after_gap);
        let own = (step.at, step.is_after_gap);
        let Some(told_mps) = step.point.speed_mps else {
            if rules.displaced_m <= displaced_m {
                return Self::moving(own.0, own.1);
            }
            return Self {
                suspicion: None,
                ..self
            };
        };
        if narrow(rules.moving_from_mps) <= told_mps {
            let before = confirmed_by.filter(|before| before.sign == Sign::Fast);
            let (since, at_least) = before.map_or(own, |before| (before.at, before.at_least));
            // The sign itself may be older than the gap, what it confirms is the same.
            let is_second = self
                .suspicion
                .is_some_and(|before| before.sign == Sign::Fast);
            if is_second || rules.confirmed_from_m.max(step.blur_m()) <= displaced_m {
                return Self::moving(since, at_least);
            }
        } else if rules.displaced_m.max(step.blur_m()) <= displaced_m {
            let before = confirmed_by.and_then(|before| match before.sign {
                Sign::Displaced(lat_lng_deg) => Some(Anchor {
                    lat_lng_deg,
                    at: before.at,
                    at_least: true,
                }),
                Sign::Fast => None,
            });
            if step.is_after_gap || before.is_some() {
                return Self::standing(before.unwrap_or(step.anchor(true)));
            }
        }
        Self {
            suspicion: suspicion(step, displaced_m, step.is_after_gap, rules),
            ..self
        }
    }

    /// The vehicle moved until now: it stands once its fixes have been slow, within 100 m of the
    /// first of them, for max(120 s, 2 E).
    fn still_moving(self, step: &Step, rules: &MotionThresholds) -> Self {
        if narrow(rules.slow_below_mps) <= step.speed_mps {
            return Self {
                anchor: None,
                ..self
            };
        }
        let near = |anchor: &Anchor| step.distance_m(anchor) <= rules.stands_within_m;
        let Some(anchor) = self.anchor.filter(near) else {
            return Self {
                anchor: Some(step.anchor(step.is_after_gap)),
                ..self
            };
        };
        let stands_after = rules.stands_after.max(step.expected * 2);
        if step.at.duration_since(anchor.at) < stands_after {
            return self;
        }
        Self::standing(anchor)
    }

    /// The same spell for another device in the vehicle, whose first fix is at `lat_lng_deg`.
    pub fn elsewhere(self, lat_lng_deg: (f64, f64)) -> Self {
        let anchor = self.anchor.filter(|_| !self.is_moving);
        Self {
            anchor: anchor.map(|anchor| Anchor {
                lat_lng_deg,
                ..anchor
            }),
            suspicion: None,
            ..self
        }
    }

    /// The spell once the ignition is off: a vehicle whose last fix was slow stands at once.
    pub fn switched_off(self) -> Self {
        match self.anchor {
            Some(anchor) if self.is_moving => Self::standing(anchor),
            _ => self,
        }
    }
}

impl Step {
    fn anchor(&self, at_least: bool) -> Anchor {
        Anchor {
            lat_lng_deg: self.point.lat_lng_deg,
            at: self.at,
            at_least,
        }
    }

    fn distance_m(&self, anchor: &Anchor) -> f64 {
        distance_m(anchor.lat_lng_deg, self.point.lat_lng_deg)
    }

    /// Less than this may be the receiver's uncertainty alone.
    fn blur_m(&self) -> f64 {
        self.point.accuracy_m.map_or(0.0, |m| 2.0 * f64::from(m))
    }
}

fn suspicion(
    step: &Step,
    displaced_m: f64,
    at_least: bool,
    rules: &MotionThresholds,
) -> Option<Suspicion> {
    let sign = if narrow(rules.moving_from_mps) <= step.point.speed_mps? {
        Sign::Fast
    } else if rules.displaced_m.max(step.blur_m()) <= displaced_m {
        Sign::Displaced(step.point.lat_lng_deg)
    } else {
        return None;
    };
    Some(Suspicion {
        at: step.at,
        at_least,
        sign,
    })
}

/// As a fix keeps it: both sides of a comparison are rounded alike, or 3 km/h would be slow.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is lost is far below any speed"
)]
pub fn narrow(value: f64) -> f32 {
    value as f32
}
