//! A restart forgets nothing of the present, and a new configuration counts at once.

use super::*;
use crate::domain::roster::{Roster, RosterVehicle};
use crate::domain::thresholds::{HealthThresholds, PositionThresholds};
use crate::domain::{Flag, Freshness, Health, Mode};
use crate::fleet::memory::Remembered;

fn keeping() -> FleetSettings {
    FleetSettings {
        remember_every: Some(SignedDuration::from_secs(5)),
        ..FleetSettings::default()
    }
}

/// All that a store has after `changes`.
fn keep(store: &mut BTreeMap<DeviceKey, Remembered>, changes: &Changes) {
    for one in &changes.remembered {
        store.insert(one.device.clone(), one.clone());
    }
    for device in &changes.forgotten {
        store.remove(device);
    }
}

fn published(fleet: &Fleet) -> BTreeMap<VehicleId, Vehicle> {
    let state = |(_, state): (_, &VehicleState)| state.published.as_deref().cloned();
    let all = fleet.vehicles.iter().filter_map(state);
    all.map(|vehicle| (vehicle.id.clone(), vehicle)).collect()
}

/// What a restart may change: that it is known from before, that something came late, why it is
/// believed, and when viewers were told.
fn but_for_the_restart(mut vehicle: Vehicle) -> Vehicle {
    let is_of_before = |flag: &Flag| !matches!(flag, Flag::Restored | Flag::Backfill);
    vehicle.flags.retain(is_of_before);
    vehicle.told_at = None;
    // Freshness that goes on is known since the fix, no longer since when it came to be so.
    vehicle.freshness.since = at(0);
    // What is restored is late at best.
    vehicle.freshness.state = vehicle.freshness.state.max(FreshnessState::Late);
    // A vehicle without a position is unknown since we began to look.
    if vehicle.position.is_none() {
        vehicle.motion.since = at(0);
    }
    let holder = vehicle.position.as_ref().map(|position| &position.device);
    for device in &mut vehicle.devices {
        device.reason = "".into();
        // What became of the others' fixes is judged by what is held now.
        device.verdict = device.verdict.filter(|_| Some(&device.device) == holder);
    }
    vehicle
}

fn restarted(store: &BTreeMap<DeviceKey, Remembered>, second: i64) -> Fleet {
    let intros = SOURCES.iter().map(intro).collect();
    let mut fleet = Fleet::new(keeping(), intros, at(second));
    fleet.restore(store.values().cloned().collect(), at(second));
    step(&mut fleet, second);
    fleet
}

proptest! {
    #[test]
    fn a_restart_changes_nothing_but_says_so(events in proptest::collection::vec(event(), 1..50)) {
        let mut fleet = fleet_of(&SOURCES, keeping());
        let mut store = BTreeMap::new();
        let mut second = 1_000;
        for event in &events {
            second += if let Event::Wait { seconds } = event { *seconds } else { 1 };
            happen(&mut fleet, event, second);
            keep(&mut store, &step(&mut fleet, second));
        }
        second += 5;
        keep(&mut store, &step(&mut fleet, second));
        let mut again = restarted(&store, second);
        // The feeds' own health begins anew.
        for fleet in [&mut fleet, &mut again] {
            for source in SOURCES {
                fleet.observe(report(source, second, Said::Signal(Signal::Success)), at(second));
            }
            step(fleet, second);
        }
        let before = published(&fleet);
        let after = published(&again);
        prop_assert!(before.keys().eq(after.keys()));
        for (id, vehicle) in after {
            let was = before[&id].clone();
            prop_assert_eq!(vehicle.position.is_some(), vehicle.flags.contains(&Flag::Restored));
            prop_assert_eq!(but_for_the_restart(vehicle), but_for_the_restart(was));
        }
    }
}

#[test]
fn what_is_restored_is_as_old_as_it_is_flagged_and_never_live_until_it_is_heard() {
    let mut fleet = fleet_of(&SOURCES, keeping());
    for second in [0, 10] {
        observe(&mut fleet, record(&key("a", "1"), second, second + 1));
    }
    let mut store = BTreeMap::new();
    keep(&mut store, &step(&mut fleet, 11));
    let vehicle = |fleet: &Fleet| published(fleet)[&VehicleId::new("a/1")].clone();
    // Young or not, nobody has said since that it is there.
    for (second, state, since) in [
        (12, FreshnessState::Late, 11),
        (200, FreshnessState::Late, 11),
        (400, FreshnessState::Stale, 310),
    ] {
        let fleet = restarted(&store, second);
        let freshness = Freshness {
            state,
            since: at(since),
        };
        assert_eq!(vehicle(&fleet).freshness, freshness, "after {second} s");
        assert_eq!(vehicle(&fleet).flags, [Flag::Restored]);
    }
    let mut fleet = restarted(&store, 12);
    // Another place of before says nothing of now.
    observe(&mut fleet, record(&key("a", "1"), 0, 13));
    // (Records wait for names for five seconds.)
    step(&mut fleet, 18);
    assert_eq!(vehicle(&fleet).flags, [Flag::Restored]);
    // The vendor says the same again: so it is known from this run.
    observe(&mut fleet, record(&key("a", "1"), 10, 19));
    step(&mut fleet, 19);
    assert_eq!(vehicle(&fleet).flags, []);
    assert_eq!(vehicle(&fleet).freshness.state, FreshnessState::Live);
    let mut fleet = restarted(&store, 200);
    observe(&mut fleet, record(&key("a", "1"), 220, 221));
    step(&mut fleet, 226);
    assert_eq!(vehicle(&fleet).flags, []);
    assert_eq!(vehicle(&fleet).freshness.state, FreshnessState::Live);
    assert_eq!(vehicle(&fleet).motion.since, at(0));
}

#[test]
fn a_fix_that_is_not_trusted_ends_nothing() {
    let mut fleet = fleet_of(&SOURCES, keeping());
    observe(&mut fleet, record(&key("a", "1"), 10, 11));
    let mut store = BTreeMap::new();
    keep(&mut store, &step(&mut fleet, 11));
    let mut fleet = restarted(&store, 20);
    let mut poor = record(&key("a", "1"), 21, 22);
    poor.reading.as_mut().unwrap().accuracy_m = Some(900.0);
    observe(&mut fleet, poor);
    step(&mut fleet, 22);
    let vehicle = published(&fleet)[&VehicleId::new("a/1")].clone();
    assert_eq!(vehicle.flags, [Flag::Restored]);
    assert_eq!(vehicle.position.unwrap().fixed_at, at(10));
}

#[test]
fn what_is_restored_from_the_future_is_of_now() {
    let mut fleet = fleet_of(&SOURCES, keeping());
    observe(&mut fleet, record(&key("a", "1"), 9_000, 9_001));
    let mut store = BTreeMap::new();
    keep(&mut store, &step(&mut fleet, 9_001));
    // The clock was wrong, and is right again.
    let fleet = restarted(&store, 100);
    let vehicle = published(&fleet)[&VehicleId::new("a/1")].clone();
    assert_eq!(vehicle.position.unwrap().fixed_at, at(100));
}

#[test]
fn a_store_is_told_of_a_device_once_it_differs_and_of_no_other() {
    let mut fleet = fleet_of(&SOURCES, keeping());
    for device in ["1", "2"] {
        observe(&mut fleet, record(&key("a", device), 1, 2));
    }
    let told = |changes: &Changes| {
        let mut devices: Vec<_> = changes
            .remembered
            .iter()
            .map(|it| it.device.to_string())
            .collect();
        devices.sort();
        devices
    };
    assert_eq!(told(&step(&mut fleet, 5)), ["a/1", "a/2"]);
    observe(&mut fleet, record(&key("a", "1"), 6, 7));
    // A repetition is no news.
    observe(&mut fleet, record(&key("a", "2"), 1, 7));
    assert!(told(&step(&mut fleet, 9)).is_empty(), "too soon");
    assert_eq!(told(&step(&mut fleet, 10)), ["a/1"]);
    assert!(told(&step(&mut fleet, 20)).is_empty());
    // Without a store nothing is gathered for it.
    let mut fleet = fleet_of(&SOURCES, FleetSettings::default());
    observe(&mut fleet, record(&key("a", "1"), 1, 2));
    assert!(step(&mut fleet, 50).remembered.is_empty() && fleet.unremembered.is_empty());
}

#[test]
fn a_new_roster_counts_at_once_and_in_one_step() {
    let mut fleet = fleet_of(&SOURCES, FleetSettings::default());
    for (source, device) in [("a", "1"), ("b", "9"), ("a", "2")] {
        observe(&mut fleet, record(&key(source, device), 1, 2));
    }
    step(&mut fleet, 3);
    let entry = |id: &str, devices: Vec<DeviceKey>, ignore| RosterVehicle {
        id: VehicleId::new(id),
        name: Some("Truck 7".into()),
        registration: None,
        groups: Vec::new(),
        devices,
        ignore,
    };
    let with = |vehicles| FleetSettings {
        roster: Roster {
            vehicles,
            merge_by_registration: true,
        },
        ..FleetSettings::default()
    };
    let lorry = entry("t7", vec![key("a", "1"), key("b", "9")], false);
    let hidden = entry("x", vec![key("a", "2")], true);
    fleet.reconfigure(with(vec![lorry, hidden]), at(4));
    let changes = fleet.take_changes(at(4));
    assert_eq!(ids(&changes), ["t7"]);
    assert_eq!(changes.vehicles[0].devices.len(), 2);
    assert_eq!(&*changes.vehicles[0].name, "Truck 7");
    let mut removed = changes.removed.clone();
    removed.sort();
    assert_eq!(removed, ["a/1", "a/2", "b/9"].map(VehicleId::new));
    // Hidden is not forgotten: what it said meanwhile is there when it is shown again.
    observe(&mut fleet, record(&key("a", "2"), 50, 51));
    assert!(step(&mut fleet, 52).vehicles.is_empty());
    fleet.reconfigure(with(Vec::new()), at(53));
    let changes = fleet.take_changes(at(53));
    let shown = changes
        .vehicles
        .iter()
        .find(|it| it.id.as_str() == "a/2")
        .unwrap();
    assert_eq!(shown.position.as_ref().unwrap().fixed_at, at(50));
    assert_eq!(changes.removed, [VehicleId::new("t7")]);
}

#[test]
fn new_thresholds_count_at_once() {
    let mut fleet = fleet_of(&SOURCES, FleetSettings::default());
    for second in [0, 10] {
        observe(&mut fleet, record(&key("a", "1"), second, second + 1));
    }
    step(&mut fleet, 40);
    let mut settings = FleetSettings::default();
    settings.thresholds.freshness.on_the_move.live = SignedDuration::from_secs(20);
    settings.thresholds.freshness.expected_on_the_move.min = SignedDuration::from_secs(5);
    settings.thresholds.motion.moving_from_mps = 11.0;
    fleet.reconfigure(settings, at(41));
    let changes = fleet.take_changes(at(41));
    assert_eq!(changes.vehicles[0].motion.state, MotionState::Stopped);
    let mut settings = FleetSettings::default();
    settings.thresholds.freshness.on_the_move.live = SignedDuration::from_secs(20);
    fleet.reconfigure(settings, at(42));
    let changes = fleet.take_changes(at(42));
    let freshness = &changes.vehicles[0].freshness;
    assert_eq!(changes.vehicles[0].motion.state, MotionState::Moving);
    assert_eq!(
        (freshness.state, freshness.since),
        (FreshnessState::Late, at(40))
    );
}

#[test]
fn how_devices_are_set_against_each_other_is_configured_and_counts_at_once() {
    let mut settings = FleetSettings::default();
    let patient = SignedDuration::from_secs(300);
    let own = PositionThresholds {
        hold: patient,
        ..PositionThresholds::default()
    };
    let positions_of = &mut settings.thresholds.positions_of;
    positions_of.insert(SourceId::new(SOURCES[0]), own);
    settings.thresholds.merging.diverging_beyond_m = 5_000.0;
    let mut fleet = fleet_of(&SOURCES, settings.clone());
    let (high, low) = (key(SOURCES[0], "1"), key(SOURCES[1], "9"));
    let verdict = |fleet: &mut Fleet, second, km: f64| {
        let mut there = plated(record(&high, second, second + 1), "ABC 123 GP");
        there.facts = Facts::default();
        observe(fleet, there);
        let mut here = plated(record(&low, second + 50, second + 201), "ABC 123 GP");
        here.reading = here.reading.map(|reading| Reading {
            lat_deg: reading.lat_deg + km / 111.195,
            ..reading
        });
        observe(fleet, here);
        let changes = step(fleet, second + 202);
        let vehicle = changes.vehicles.first().expect("a change").clone();
        let is_diverging = vehicle.flags.contains(&Flag::Diverging);
        (vehicle.devices[1].verdict, is_diverging)
    };
    // 201 s are within 300 s, and beyond 2 E, two minutes at rest; 3 km are within 5.
    let (outranked, accepted) = (Some(Verdict::Outranked), Some(Verdict::Accepted));
    assert_eq!(verdict(&mut fleet, 1_000, 3.0), (outranked, false));
    fleet.reconfigure(FleetSettings::default(), at(1_203));
    assert_eq!(verdict(&mut fleet, 1_400, 3.0), (accepted, true));
    // What is further apart in time than is configured is not compared.
    settings = FleetSettings::default();
    settings.thresholds.merging.diverging_within = SignedDuration::from_secs(40);
    settings.thresholds.merging.positions.hold = patient;
    fleet.reconfigure(settings, at(1_603));
    assert_eq!(verdict(&mut fleet, 1_800, 3.0), (outranked, false));
}

#[test]
fn a_source_is_judged_by_the_health_that_is_configured_for_it() {
    let mut settings = FleetSettings::default();
    let patient = HealthThresholds {
        down_after: SignedDuration::from_mins(30),
        ..HealthThresholds::default()
    };
    settings
        .thresholds
        .health_of
        .insert(SourceId::new(SOURCES[0]), patient);
    let mut fleet = fleet_of(&SOURCES, settings);
    for source in SOURCES {
        fleet.observe(report(source, 1, Said::Signal(Signal::Success)), at(1));
    }
    step(&mut fleet, 2);
    let health = |changes: &Changes| -> Vec<Health> {
        changes.sources.iter().map(|source| source.health).collect()
    };
    assert_eq!(
        health(&step(&mut fleet, 1_000)),
        [Health::Slow, Health::Down]
    );
    fleet.reconfigure(FleetSettings::default(), at(1_001));
    let changes = fleet.take_changes(at(1_001));
    assert_eq!(health(&changes)[0], Health::Down);
}

#[test]
fn a_device_of_a_source_that_is_gone_stays_forgotten() {
    let mut fleet = fleet_of(&SOURCES, keeping());
    observe(&mut fleet, record(&key("b", "9"), 1, 2));
    let mut store = BTreeMap::new();
    keep(&mut store, &step(&mut fleet, 6));
    assert_eq!(store.len(), 1);
    let only_a = SourceIntro {
        mode: Mode::Stream,
        ..intro(&"a")
    };
    let mut fleet = Fleet::new(keeping(), vec![only_a], at(7));
    fleet.restore(store.into_values().collect(), at(7));
    assert!(step(&mut fleet, 7).vehicles.is_empty());
}
