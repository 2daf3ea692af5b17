//! Who stopped reporting, the most alarming first.
//!
//! A lorry that has been silent on the road for an hour is worse news than a car that has been
//! parked for two days, so age alone is no order: it is measured by what was to be expected.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::{FreshnessState, Vehicle};

/// A vehicle's silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Silence {
    /// It moved or idled when it was last heard of.
    pub on_the_move: bool,
    /// The age of its position, in live limits.
    pub limits_passed: f64,
}

impl Silence {
    /// The silence at `now` of a vehicle that is stale or offline; `None` of any other.
    pub fn of(vehicle: &Vehicle, now: Timestamp) -> Option<Self> {
        let is_silent = matches!(
            vehicle.freshness.state,
            FreshnessState::Stale | FreshnessState::Offline
        );
        let expectation = vehicle.expectation.filter(|_| is_silent)?;
        let age = now.duration_since(vehicle.position.as_ref()?.fixed_at);
        Some(Self {
            on_the_move: expectation.on_the_move,
            limits_passed: age.as_secs_f64() / expectation.live_for.as_secs_f64(),
        })
    }

    /// Whether this one stands before the `other` (`Less`) in the list of who stopped reporting.
    pub fn order(&self, other: &Self) -> Ordering {
        let on_the_move_first = other.on_the_move.cmp(&self.on_the_move);
        on_the_move_first.then(other.limits_passed.total_cmp(&self.limits_passed))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::{DeviceKey, Expectation, Position, SourceId, VehicleId};

    fn vehicle(id: &str, state: FreshnessState, on_the_move: bool, fixed_at: Timestamp) -> Vehicle {
        let mut vehicle = Vehicle::new(VehicleId::new(id), id, fixed_at);
        vehicle.freshness.state = state;
        vehicle.expectation = Some(Expectation {
            expected: SignedDuration::from_secs(15),
            live_for: SignedDuration::from_secs(if on_the_move { 60 } else { 900 }),
            on_the_move,
        });
        vehicle.position = Some(Position {
            lat_deg: 48.0,
            lng_deg: 17.0,
            heading_deg: None,
            speed_mps: None,
            altitude_m: None,
            accuracy_m: None,
            fixed_at,
            received_at: fixed_at,
            device: DeviceKey::new(SourceId::new("a"), id),
        });
        vehicle
    }

    #[test]
    fn the_lorry_on_the_road_stands_above_the_parked_car() {
        use FreshnessState::{Late, Offline, Stale};
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let ago = |minutes| now - SignedDuration::from_mins(minutes);
        let fleet = [
            vehicle("parked two days", Offline, false, ago(2_880)),
            vehicle("parked three hours", Stale, false, ago(180)),
            vehicle("on the road an hour", Offline, true, ago(60)),
            vehicle("on the road a day", Offline, true, ago(1_440)),
            vehicle("late", Late, true, ago(4)),
        ];
        let mut silent: Vec<_> = fleet
            .iter()
            .filter_map(|vehicle| Some((Silence::of(vehicle, now)?, vehicle.id.as_str())))
            .collect();
        silent.sort_by(|(one, _), (other, _)| one.order(other));
        let order: Vec<_> = silent.into_iter().map(|(_, id)| id).collect();
        let expected = [
            "on the road a day",
            "on the road an hour",
            "parked two days",
            "parked three hours",
        ];
        assert_eq!(order, expected);
    }
}
