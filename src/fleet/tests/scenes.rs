//! Scenes of the road: drift in a yard, two trackers in one lorry, a stuck receiver, late fixes.

use proptest::prelude::*;

use super::*;
use crate::domain::units::kmh_to_mps;
use crate::domain::{Expectation, Flag};

const DEGREE_M: f64 = 111_195.0;

/// A record `north_m` from the yard.
fn at_place(device: &DeviceKey, second: i64, north_m: f64, kmh: f64) -> Observation {
    let mut record = record(device, second, second + 1);
    record.reading = Some(Reading {
        vendor_at: Some(at(second)),
        speed_mps: Some(kmh_to_mps(kmh)),
        ..Reading::at(48.0 + north_m / DEGREE_M, 17.0)
    });
    record
}

/// The flags that the feed's own health does not set.
fn flags(vehicle: &Vehicle) -> Vec<Flag> {
    let flags = vehicle.flags.iter().copied();
    flags.filter(|flag| *flag != Flag::FeedDown).collect()
}

fn only(changes: &Changes) -> &Vehicle {
    changes.vehicles.first().expect("a change")
}

#[test]
fn eight_hours_of_drift_in_a_yard_move_nothing_that_is_drawn() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    let device = key("a", "1");
    for n in 0..1_920 {
        let second = 15 * i64::from(n);
        let turn = f64::from(n) * 2.4;
        // Every seventh fix of the noise looks like driving.
        let kmh = if n % 7 == 3 {
            6.0
        } else {
            2.5 * turn.sin().abs()
        };
        let north_m = if n == 0 { 0.0 } else { 30.0 * turn.sin() };
        observe(&mut fleet, at_place(&device, second, north_m, kmh));
        let changes = step(&mut fleet, second + 1);
        let vehicle = only(&changes);
        assert_ne!(vehicle.motion.state, MotionState::Moving, "at {second} s");
        let position = vehicle.position.as_ref().unwrap();
        assert!(
            (position.lat_deg - 48.0 - north_m / DEGREE_M).abs() < 1e-12,
            "the raw fix is kept"
        );
        if 300 <= second {
            assert_eq!(vehicle.motion.state, MotionState::Parked, "at {second} s");
            assert_eq!(vehicle.shown_lat_lng(), Some((48.0, 17.0)), "at {second} s");
        }
    }
}

/// Two trackers at the two ends of a lorry, 80 m and 3 s apart, for an hour: the marker follows
/// one of them, whichever ranks first.
#[test]
fn two_trackers_in_one_lorry_never_make_its_marker_jump_to_and_fro() {
    for (front, rear) in [("a", "b"), ("b", "a")] {
        let mut fleet = fleet_of(&["a", "b"], FleetSettings::default());
        let mut shown = Vec::new();
        for n in 0..240_i32 {
            let second = 15 * i64::from(n);
            let north_m = 250.0 * f64::from(n);
            let first = at_place(&key(front, "1"), second, north_m, 60.0);
            // Three seconds later the other end is where it is by then.
            let other = at_place(&key(rear, "9"), second + 3, north_m + 50.0 - 80.0, 60.0);
            for record in [first, other] {
                let now = record.reading.as_ref().unwrap().vendor_at.unwrap();
                observe(&mut fleet, plated(record, "ABC 123"));
                let changes = step(&mut fleet, now.duration_since(at(0)).as_secs() + 1);
                for vehicle in &changes.vehicles {
                    assert_eq!(vehicle.devices.len().min(2), vehicle.devices.len());
                    let position = vehicle.position.as_ref().unwrap();
                    shown.push((position.device.clone(), position.lat_deg));
                }
            }
        }
        // The lesser one may be heard first; once the greater one has spoken, it is the only one.
        let settled = &shown[2..];
        assert!(
            settled
                .iter()
                .all(|(device, _)| *device == key("a", if front == "a" { "1" } else { "9" }))
        );
        assert!(
            settled.is_sorted_by(|(_, one), (_, next)| one <= next),
            "never backwards"
        );
    }
}

#[test]
fn the_expected_interval_and_its_column_are_those_of_the_last_fix() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    let device = key("a", "1");
    let mut expectation = None;
    for n in 0..20_i32 {
        let second = 40 * i64::from(n);
        observe(
            &mut fleet,
            at_place(&device, second, 600.0 * f64::from(n), 60.0),
        );
        expectation = only(&step(&mut fleet, second + 1)).expectation;
    }
    let expected = Expectation {
        expected: SignedDuration::from_secs(40),
        live_for: SignedDuration::from_secs(80),
        on_the_move: true,
    };
    assert_eq!(expectation, Some(expected));
    let last = 40 * 19;
    for (age, state) in [
        (80, None),
        (81, Some(FreshnessState::Late)),
        (301, Some(FreshnessState::Stale)),
        (1_801, Some(FreshnessState::Offline)),
    ] {
        let changes = step(&mut fleet, last + age);
        let vehicle = changes.vehicles.first();
        assert_eq!(vehicle.map(|it| it.freshness.state), state, "after {age} s");
        assert!(vehicle.is_none_or(|it| it.expectation == Some(expected)));
    }
    let weeks = step(&mut fleet, last + 8 * 86_400);
    assert_eq!(only(&weeks).motion.state, MotionState::Unknown);
    assert_eq!(only(&weeks).motion.since, at(last + 1_800 + 7 * 86_400));
}

#[test]
fn a_stuck_receiver_is_flagged_while_the_vehicle_runs() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    let device = key("a", "1");
    let told = |fleet: &mut Fleet, contact: i64, ignition| {
        let mut record = at_place(&device, 100, 0.0, 0.0);
        record.contact_at = Some(at(contact));
        record.received_at = at(contact + 1);
        record.facts.ignition = Some(ignition);
        observe(fleet, record);
        step(fleet, contact + 1);
        let slot = fleet.vehicles.find(&VehicleId::new("a/1")).unwrap();
        flags(
            fleet
                .vehicles
                .get(slot)
                .unwrap()
                .published
                .as_ref()
                .unwrap(),
        )
    };
    assert_eq!(told(&mut fleet, 100, true), []);
    assert_eq!(told(&mut fleet, 399, true), []);
    assert_eq!(told(&mut fleet, 400, true), [Flag::GpsStuck]);
    assert_eq!(told(&mut fleet, 500, false), []);
}

#[test]
fn a_late_fix_is_flagged_until_one_comes_in_time_and_goes_to_the_trail() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    let device = key("a", "1");
    for second in [0, 15, 30, 300] {
        observe(&mut fleet, record(&device, second, second + 1));
        step(&mut fleet, second + 1);
    }
    // Older, but by no more than the expected interval.
    observe(&mut fleet, record(&device, 290, 301));
    let changes = step(&mut fleet, 301);
    assert!(
        changes
            .vehicles
            .iter()
            .all(|vehicle| flags(vehicle).is_empty())
    );
    assert_eq!(changes.fixes.len(), 1);
    assert!(!changes.fixes[0].1.backfill);
    observe(&mut fleet, record(&device, 100, 302));
    let changes = step(&mut fleet, 302);
    assert_eq!(flags(only(&changes)), [Flag::Backfill]);
    assert_eq!(only(&changes).position.as_ref().unwrap().fixed_at, at(300));
    assert!(changes.fixes[0].1.backfill);
    // The same again is a repetition, though not of the last record.
    observe(&mut fleet, record(&device, 290, 303));
    assert!(step(&mut fleet, 303).fixes.is_empty());
    observe(&mut fleet, record(&device, 315, 316));
    assert_eq!(flags(only(&step(&mut fleet, 316))), []);
}

#[test]
fn another_trackers_word_on_the_ignition_counts_for_the_vehicle() {
    let mut fleet = fleet_of(&["a", "b"], FleetSettings::default());
    let tell = |fleet: &mut Fleet, second: i64| {
        observe(
            fleet,
            plated(at_place(&key("a", "1"), second, 0.0, 0.0), "ABC 123"),
        );
        let mut wired = plated(at_place(&key("b", "9"), second - 2, 5.0, 0.0), "ABC 123");
        wired.received_at = at(second + 1);
        wired.facts.ignition = Some(true);
        observe(fleet, wired);
        step(fleet, second + 1)
    };
    tell(&mut fleet, 10);
    tell(&mut fleet, 70);
    let changes = tell(&mut fleet, 140);
    let vehicle = only(&changes);
    assert_eq!(vehicle.position.as_ref().unwrap().device, key("a", "1"));
    assert_eq!(vehicle.motion.state, MotionState::Idling);
}

#[test]
fn a_tracker_that_takes_over_goes_on_with_the_motion_it_finds() {
    let mut fleet = fleet_of(&["a", "b"], FleetSettings::default());
    for n in 0..4_i32 {
        let drives = at_place(
            &key("a", "1"),
            15 * i64::from(n),
            250.0 * f64::from(n),
            60.0,
        );
        observe(&mut fleet, plated(drives, "ABC 123"));
        step(&mut fleet, 15 * i64::from(n) + 1);
    }
    // The first one falls silent; the other one, never heard of, reports from the road.
    observe(
        &mut fleet,
        plated(at_place(&key("b", "9"), 200, 3_000.0, 60.0), "ABC 123"),
    );
    let changes = step(&mut fleet, 201);
    let vehicle = only(&changes);
    assert_eq!(vehicle.position.as_ref().unwrap().device, key("b", "9"));
    assert_eq!(vehicle.motion.state, MotionState::Moving);
}

#[test]
fn who_takes_over_with_a_late_fix_does_so_with_its_newest() {
    let mut fleet = fleet_of(&["a", "b"], FleetSettings::default());
    let says = |source: &str, fixed: i64, received: i64| {
        let mut record = plated(at_place(&key(source, "1"), fixed, 0.0, 0.0), "ABC 123");
        record.received_at = at(received);
        record
    };
    observe(&mut fleet, says("a", 0, 1));
    observe(&mut fleet, says("b", 50, 51));
    let changes = step(&mut fleet, 52);
    assert_eq!(
        only(&changes).position.as_ref().unwrap().device,
        key("a", "1")
    );
    // Long after, something older of b comes, which is newer than what a has said.
    observe(&mut fleet, says("b", 40, 200));
    let changes = step(&mut fleet, 201);
    let position = only(&changes).position.as_ref().unwrap();
    assert_eq!(
        (&position.device, position.fixed_at),
        (&key("b", "1"), at(50))
    );
}

/// What a device reports: (passed since the one before, metres, km/h, ignition).
type Row = (i64, f64, f64, Option<bool>);

fn shown(rows: &[(i64, Row)]) -> Vehicle {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    for (second, (_, north_m, kmh, ignition)) in rows {
        let mut record = at_place(&key("a", "1"), *second, *north_m, *kmh);
        record.received_at = at(100_000);
        record.facts.ignition = *ignition;
        observe(&mut fleet, record);
    }
    let changes = step(&mut fleet, 100_000);
    let mut vehicle = only(&changes).clone();
    // That one came late, and which was the first, is what an order of arrival is about.
    vehicle.flags.retain(|flag| *flag != Flag::Backfill);
    vehicle.devices[0].reason = "".into();
    vehicle
}

proptest! {
    /// For one device the order of arrival does not matter: not for the position, nor for motion,
    /// freshness, the interval, the drawn point, the facts.
    #[test]
    fn no_order_of_arrival_changes_a_vehicle(
        rows in proptest::collection::vec(
            (1_i64..600, -400.0..400.0_f64, 0.0..15.0_f64, proptest::option::of(any::<bool>())),
            1..track::N_KEPT,
        ).prop_shuffle(),
        seed in any::<u64>(),
    ) {
        let mut second = 0;
        let timed: Vec<(i64, Row)> = rows.iter().map(|row| { second += row.0; (second, *row) }).collect();
        let mut shuffled = timed.clone();
        shuffled.sort_by_key(|(second, _)| seed.rotate_left(u32::try_from(*second % 64).unwrap()));
        prop_assert_eq!(shown(&timed), shown(&shuffled));
        let twice: Vec<_> = timed.iter().flat_map(|row| [*row, *row]).collect();
        prop_assert_eq!(shown(&timed), shown(&twice));
    }
}
