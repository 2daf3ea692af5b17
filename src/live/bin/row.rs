//! What a map needs of a vehicle, in whole numbers: two rows are equal exactly when a viewer could
//! not tell them apart, so what does not differ here need not be sent.

use jiff::SignedDuration;

use crate::domain::{Expectation, Flag, FreshnessState, MotionState, Position, Vehicle};

/// Units of `x` and `y` in the world's width and height: 2^27.
pub const WORLD: u32 = 1 << 27;
/// What nobody knows of `heading`, `speed` and `expected`.
pub const UNKNOWN: u8 = 255;

/// The fastest speed that can be told; what is faster is told as this.
const MAX_SPEED: u32 = 254;
/// Headings in the circle.
const HEADINGS: u32 = 180;
const FRESHNESS_SHIFT: u32 = 3;
const THREE_BITS: u8 = 0b111;
/// The states of motion are numbered from 0 to this.
const MAX_MOTION: u8 = 4;
/// Those of freshness from 0 to this: off duty, which is `never` with its reason. All bits of
/// `flags` are taken, and it goes with no other flag.
const OFF_DUTY: u8 = 5;
const HAS_POSITION: u8 = 1 << 6;
const ON_THE_MOVE: u8 = 1 << 7;

/// A vehicle, quantised. Without a position `x`, `y` and `fixed_s` are 0, `heading` and `speed`
/// unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// Web Mercator, eastwards from the date line, in units of [`WORLD`].
    pub x: u32,
    /// Web Mercator, southwards from the map's upper edge, in units of [`WORLD`].
    pub y: u32,
    /// Clockwise from north in steps of 2 degrees, below 180; or [`UNKNOWN`].
    pub heading: u8,
    /// In steps of 0.5 m/s; or [`UNKNOWN`].
    pub speed: u8,
    /// Motion in bits 0 to 2, freshness in bits 3 to 5, bit 6 set with a position, bit 7 if it was
    /// on the move at its last fix.
    pub state: u8,
    /// A bit for each [`Flag`] but the last, the first the lowest.
    pub flags: u8,
    /// How often its device is expected to report: 2^(n/4) seconds; or [`UNKNOWN`].
    pub expected: u8,
    /// When the position was true, in whole Unix seconds.
    pub fixed_s: u32,
}

impl Default for Row {
    /// A vehicle of which nothing is known.
    fn default() -> Self {
        Self {
            x: 0,
            y: 0,
            heading: UNKNOWN,
            speed: UNKNOWN,
            state: motion_code(MotionState::Unknown)
                | freshness_code(FreshnessState::Never) << FRESHNESS_SHIFT,
            flags: 0,
            expected: UNKNOWN,
            fixed_s: 0,
        }
    }
}

impl Row {
    /// The row of `vehicle`.
    pub fn of(vehicle: &Vehicle) -> Self {
        let state = motion_code(vehicle.motion.state) | told_freshness(vehicle) << FRESHNESS_SHIFT;
        let flags = vehicle.flags.iter().copied().map(flag_bit);
        let row = Self {
            state,
            flags: flags.fold(0, |all, bit| all | bit),
            ..Self::default()
        };
        match &vehicle.position {
            Some(position) => row
                .at(position)
                .drawn(vehicle.drawn_lat_lng_deg)
                .expecting(vehicle.expectation.as_ref()),
            None => row,
        }
    }

    fn at(self, position: &Position) -> Self {
        let fixed_s = position.fixed_at.as_second().clamp(0, u32::MAX.into());
        Self {
            x: x_of(position.lng_deg),
            y: y_of(position.lat_deg),
            heading: heading_code(position.heading_deg),
            speed: speed_code(position.speed_mps),
            state: self.state | HAS_POSITION,
            fixed_s: u32::try_from(fixed_s).unwrap_or_default(),
            ..self
        }
    }

    /// The same, drawn elsewhere than where the last fix was.
    fn drawn(self, lat_lng_deg: Option<(f64, f64)>) -> Self {
        lat_lng_deg.map_or(self, |(lat_deg, lng_deg)| Self {
            x: x_of(lng_deg),
            y: y_of(lat_deg),
            ..self
        })
    }

    /// The same, with what its freshness is measured by.
    fn expecting(self, expectation: Option<&Expectation>) -> Self {
        expectation.map_or(self, |expectation| Self {
            expected: interval_code(expectation.expected),
            state: self.state
                | if expectation.on_the_move {
                    ON_THE_MOVE
                } else {
                    0
                },
            ..self
        })
    }

    /// Whether it is somewhere.
    pub fn has_position(&self) -> bool {
        self.state & HAS_POSITION != 0
    }

    /// 0 moving, 1 idling, 2 stopped, 3 parked, 4 unknown.
    pub fn motion(&self) -> u8 {
        self.state & THREE_BITS
    }

    /// 0 live, 1 late, 2 stale, 3 offline, 4 never, 5 off duty.
    pub fn freshness(&self) -> u8 {
        (self.state >> FRESHNESS_SHIFT) & THREE_BITS
    }

    /// Latitude and longitude in degrees (WGS 84) of the middle of what it may mean.
    pub fn lat_lng(&self) -> Option<(f64, f64)> {
        use std::f64::consts::PI;
        let part = |units: u32| f64::from(units) / f64::from(WORLD);
        let lat = (PI * (1.0 - 2.0 * part(self.y))).sinh().atan();
        self.has_position()
            .then(|| (lat.to_degrees(), part(self.x) * 360.0 - 180.0))
    }

    /// Whether a vehicle can have this row. Flags that are not known yet are no fault.
    pub fn is_valid(&self) -> bool {
        let has_sane_state = self.motion() <= MAX_MOTION && self.freshness() <= OFF_DUTY;
        let is_on_the_map = self.x < WORLD
            && self.y < WORLD
            && (u32::from(self.heading) < HEADINGS || self.heading == UNKNOWN);
        let is_nowhere = Self {
            state: self.state & !ON_THE_MOVE,
            flags: self.flags,
            ..Self::default()
        };
        has_sane_state && is_on_the_map && (self.has_position() || *self == is_nowhere)
    }
}

fn motion_code(state: MotionState) -> u8 {
    match state {
        MotionState::Moving => 0,
        MotionState::Idling => 1,
        MotionState::Stopped => 2,
        MotionState::Parked => 3,
        MotionState::Unknown => 4,
    }
}

fn told_freshness(vehicle: &Vehicle) -> u8 {
    if vehicle.flags.contains(&Flag::OffDuty) {
        OFF_DUTY
    } else {
        freshness_code(vehicle.freshness.state)
    }
}

fn freshness_code(state: FreshnessState) -> u8 {
    match state {
        FreshnessState::Live => 0,
        FreshnessState::Late => 1,
        FreshnessState::Stale => 2,
        FreshnessState::Offline => 3,
        FreshnessState::Never => 4,
    }
}

fn flag_bit(flag: Flag) -> u8 {
    match flag {
        Flag::Diverging => 1,
        Flag::ClockAhead => 1 << 1,
        Flag::NoFixTime => 1 << 2,
        Flag::FeedDown => 1 << 3,
        Flag::Panic => 1 << 4,
        Flag::GpsStuck => 1 << 5,
        Flag::Backfill => 1 << 6,
        Flag::Restored => 1 << 7,
        // Told as freshness.
        Flag::OffDuty => 0,
    }
}

fn heading_code(heading_deg: Option<f64>) -> u8 {
    let known = heading_deg.filter(|deg| deg.is_finite());
    let code = |deg: f64| whole(deg.rem_euclid(360.0) / 2.0) % HEADINGS;
    known.map_or(UNKNOWN, |deg| u8::try_from(code(deg)).unwrap_or(UNKNOWN))
}

fn speed_code(speed_mps: Option<f64>) -> u8 {
    let known = speed_mps.filter(|mps| mps.is_finite());
    let code = |mps: f64| whole(mps * 2.0).min(MAX_SPEED);
    known.map_or(UNKNOWN, |mps| u8::try_from(code(mps)).unwrap_or(UNKNOWN))
}

/// Rounded up, in steps of about a fifth: what is expected changes little from fix to fix, and so
/// need not be told each time.
fn interval_code(expected: SignedDuration) -> u8 {
    const STEPS_PER_DOUBLING: f64 = 4.0;
    let code = expected.as_secs_f64().max(1.0).log2() * STEPS_PER_DOUBLING;
    u8::try_from(whole(code.ceil())).map_or(UNKNOWN - 1, |code| code.min(UNKNOWN - 1))
}

fn x_of(lng_deg: f64) -> u32 {
    let turns = (lng_deg / 360.0 + 0.5).rem_euclid(1.0);
    whole(turns * f64::from(WORLD)) % WORLD
}

fn y_of(lat_deg: f64) -> u32 {
    let half_turns = lat_deg.to_radians().tan().asinh() / std::f64::consts::PI;
    whole((0.5 - half_turns / 2.0) * f64::from(WORLD)).min(WORLD - 1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and each caller says what is out of its range"
)]
fn whole(value: f64) -> u32 {
    value.round() as u32
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::VehicleId;

    #[test]
    fn off_duty_is_told_in_place_of_never() {
        let now = Timestamp::UNIX_EPOCH;
        let mut vehicle = Vehicle::new(VehicleId::new("v"), "v", now);
        assert_eq!(Row::of(&vehicle).freshness(), 4);
        vehicle.flags = vec![Flag::OffDuty];
        let row = Row::of(&vehicle);
        assert_eq!((row.freshness(), row.motion(), row.flags), (5, 4, 0));
        assert!(row.is_valid() && !row.has_position());
    }
}
