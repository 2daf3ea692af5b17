//! What is remembered, as whole numbers: a fix of a device, what the map showed of its vehicle,
//! or, nearly always, both at once.
//!
//! Whole numbers, because they come back exactly as they went in and their differences are
//! small. A place is kept to 1 cm, speed to 1 cm/s, heading to 0.1 degrees, times to 1 ms: finer
//! than any tracker is.

use jiff::Timestamp;

use crate::domain::{
    DeviceKey, Flag, Freshness, FreshnessState, Motion, MotionState, Position, Vehicle,
};
use crate::fleet::Fix;

/// Where, as a receiver says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) fixed_at_ms: i64,
    pub(super) received_at_ms: i64,
    pub(super) lat_e7: i64,
    pub(super) lng_e7: i64,
    pub(super) speed_cmps: Option<i64>,
    pub(super) heading_ddeg: Option<i64>,
    pub(super) altitude_dm: Option<i64>,
    pub(super) accuracy_dm: Option<i64>,
}

/// What the map said of a vehicle beside its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) motion: u64,
    pub(super) motion_since_ms: i64,
    pub(super) since_at_least: bool,
    pub(super) freshness: u64,
    pub(super) freshness_since_ms: i64,
    pub(super) flags: u64,
    /// Where it was drawn, latitude and longitude in 1e-7 degrees, if not at its place.
    pub(super) drawn_e7: Option<(i64, i64)>,
}

/// What a record says of the map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Showing {
    /// Nothing: the fix did not become the vehicle's position.
    #[default]
    Nothing,
    /// The vehicle is shown so, at the record's place; without one it is shown as never heard of.
    As(Look),
    /// The vehicle is no more.
    Gone,
}

/// One thing remembered, in the order of publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// When it was published.
    pub(super) at_ms: i64,
    /// The vehicle, by the number of its card; 0 where the device belongs to none.
    pub(super) card: u64,
    /// The fix, or else where the vehicle is shown.
    pub(super) place: Option<Place>,
    /// The place is a fix that nobody remembered before: it belongs to the trail.
    pub(super) is_fix: bool,
    /// The fix was older than what the device had said already.
    pub(super) is_late: bool,
    /// The fix was fetched from the vendor's history afterwards.
    pub(super) is_filled: bool,
    pub(super) showing: Showing,
}

impl Record {
    /// When the place was true, of a fix.
    pub(super) fn fix_at_ms(&self) -> Option<i64> {
        let place = self.place.as_ref().filter(|_| self.is_fix)?;
        Some(place.fixed_at_ms)
    }

    /// Whether it says anything of the map.
    pub(super) fn is_shown(&self) -> bool {
        self.showing != Showing::Nothing
    }
}

impl Place {
    /// Of a fix.
    pub(super) fn of_fix(fix: &Fix) -> Self {
        let reading = &fix.reading;
        Self {
            fixed_at_ms: fix.fixed_at.as_millisecond(),
            received_at_ms: fix.received_at.as_millisecond(),
            lat_e7: whole(reading.lat_deg, 1e7),
            lng_e7: whole(reading.lng_deg, 1e7),
            speed_cmps: reading.speed_mps.map(|mps| whole(mps, 1e2)),
            heading_ddeg: reading.heading_deg.map(decidegrees),
            altitude_dm: reading.altitude_m.map(|m| whole(m, 10.0)),
            accuracy_dm: reading.accuracy_m.map(|m| whole(m, 10.0)),
        }
    }

    /// Of a position.
    pub(super) fn of_position(position: &Position) -> Self {
        Self {
            fixed_at_ms: position.fixed_at.as_millisecond(),
            received_at_ms: position.received_at.as_millisecond(),
            lat_e7: whole(position.lat_deg, 1e7),
            lng_e7: whole(position.lng_deg, 1e7),
            speed_cmps: position.speed_mps.map(|mps| whole(mps, 1e2)),
            heading_ddeg: position.heading_deg.map(decidegrees),
            altitude_dm: position.altitude_m.map(|m| whole(m, 10.0)),
            accuracy_dm: position.accuracy_m.map(|m| whole(m, 10.0)),
        }
    }

    /// As a position again.
    pub(super) fn position(&self, device: DeviceKey) -> Position {
        Position {
            lat_deg: part(self.lat_e7, 1e7),
            lng_deg: part(self.lng_e7, 1e7),
            heading_deg: self.heading_ddeg.map(|ddeg| part(ddeg, 10.0)),
            speed_mps: self.speed_cmps.map(|cmps| part(cmps, 1e2)),
            altitude_m: self.altitude_dm.map(|dm| part(dm, 10.0)),
            accuracy_m: self.accuracy_dm.map(|dm| part(dm, 10.0)),
            fixed_at: time(self.fixed_at_ms),
            received_at: time(self.received_at_ms),
            device,
        }
    }
}

impl Look {
    /// What `vehicle` looks like.
    pub(super) fn of(vehicle: &Vehicle) -> Self {
        let bit = |flag: &Flag| FLAGS.iter().position(|known| known == flag);
        let flags = vehicle.flags.iter().filter_map(bit);
        let drawn = vehicle.drawn_lat_lng_deg;
        Self {
            motion: place_in(&MOTIONS, &vehicle.motion.state),
            motion_since_ms: vehicle.motion.since.as_millisecond(),
            since_at_least: vehicle.motion.since_at_least,
            freshness: place_in(&FRESHNESSES, &vehicle.freshness.state),
            freshness_since_ms: vehicle.freshness.since.as_millisecond(),
            flags: flags.fold(0, |flags, bit| flags | 1 << bit),
            drawn_e7: drawn.map(|(lat_deg, lng_deg)| (whole(lat_deg, 1e7), whole(lng_deg, 1e7))),
        }
    }

    /// Gives `vehicle` this look.
    pub(super) fn put_on(&self, vehicle: &mut Vehicle) {
        vehicle.motion = Motion {
            state: at_place(&MOTIONS, self.motion).unwrap_or(MotionState::Unknown),
            since: time(self.motion_since_ms),
            since_at_least: self.since_at_least,
        };
        vehicle.freshness = Freshness {
            state: at_place(&FRESHNESSES, self.freshness).unwrap_or(FreshnessState::Never),
            since: time(self.freshness_since_ms),
        };
        let flags = FLAGS.iter().enumerate();
        vehicle.flags = flags
            .filter(|(bit, _)| self.flags & 1 << bit != 0)
            .map(|(_, flag)| *flag)
            .collect();
        vehicle.flags.sort_unstable();
        let drawn = self.drawn_e7;
        vehicle.drawn_lat_lng_deg = drawn.map(|(lat, lng)| (part(lat, 1e7), part(lng, 1e7)));
    }
}

// The places in these lists are in the files of years: new words go to the end.
const MOTIONS: [MotionState; 5] = [
    MotionState::Moving,
    MotionState::Idling,
    MotionState::Stopped,
    MotionState::Parked,
    MotionState::Unknown,
];
const FRESHNESSES: [FreshnessState; 5] = [
    FreshnessState::Live,
    FreshnessState::Late,
    FreshnessState::Stale,
    FreshnessState::Offline,
    FreshnessState::Never,
];
const FLAGS: [Flag; 9] = [
    Flag::Diverging,
    Flag::ClockAhead,
    Flag::NoFixTime,
    Flag::FeedDown,
    Flag::Panic,
    Flag::GpsStuck,
    Flag::Backfill,
    Flag::Restored,
    Flag::OffDuty,
];

fn place_in<T: PartialEq>(list: &[T], wanted: &T) -> u64 {
    let place = list.iter().position(|item| item == wanted);
    place.map_or(u64::MAX, |place| place as u64)
}

fn at_place<T: Copy>(list: &[T], place: u64) -> Option<T> {
    list.get(usize::try_from(place).ok()?).copied()
}

/// A time of the store; one that no calendar knows is the epoch.
pub(super) fn time(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or_default()
}

fn decidegrees(deg: f64) -> i64 {
    whole(deg, 10.0).rem_euclid(3_600)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded, and far from the ends; what is not saturates"
)]
fn whole(value: f64, parts: f64) -> i64 {
    (value * parts).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(super) fn part(value: i64, parts: f64) -> f64 {
    value as f64 / parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{SourceId, VehicleId};

    #[test]
    fn a_vehicle_looks_as_it_did() {
        let at = time(1_785_932_407_120);
        let key = DeviceKey::new(SourceId::new("a"), "1");
        let position = Position {
            lat_deg: -26.204_103_7,
            lng_deg: 28.047_305_1,
            heading_deg: Some(359.9),
            speed_mps: Some(17.5),
            altitude_m: Some(-3.2),
            accuracy_m: None,
            fixed_at: at,
            received_at: at,
            device: key.clone(),
        };
        assert_eq!(Place::of_position(&position).position(key), position);
        let mut before = Vehicle::new(VehicleId::new("v"), "v", at);
        for motion in MOTIONS {
            for freshness in FRESHNESSES {
                before.motion.state = motion;
                before.freshness.state = freshness;
                before.flags = vec![Flag::ClockAhead, Flag::Panic, Flag::Restored, Flag::OffDuty];
                before.drawn_lat_lng_deg = Some((-26.204_103_7, 28.047_305_1));
                let mut after = Vehicle::new(VehicleId::new("v"), "v", time(0));
                Look::of(&before).put_on(&mut after);
                assert_eq!(after, before);
            }
        }
    }

    #[test]
    fn a_heading_just_short_of_north_is_north() {
        assert_eq!(decidegrees(359.97), 0);
        assert_eq!(decidegrees(0.0), 0);
    }
}
