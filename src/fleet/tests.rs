//! The fleet as a whole: its stories, and the laws that no story may break.

use std::collections::BTreeMap;

mod believed;
mod memory;
mod off_duty;
mod pieces;
mod scenes;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    Facts, FreshnessState, Label, MotionState, Observation, Origin, Reading, Report, Said, Signal,
    SourceId, Verdict,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn key(source: &str, device: &str) -> DeviceKey {
    DeviceKey::new(SourceId::new(source), device)
}

fn intro(id: &&str) -> SourceIntro {
    SourceIntro {
        id: SourceId::new(*id),
        kind: "test",
        mode: crate::domain::Mode::Poll,
        interval: SignedDuration::from_secs(15),
        sandbox: false,
    }
}

fn fleet_of(sources: &[&str], settings: FleetSettings) -> Fleet {
    let mut fleet = Fleet::new(settings, sources.iter().map(intro).collect(), at(0));
    for source in sources {
        fleet.observe(report(source, 0, Said::Listed(None)), at(0));
    }
    fleet
}

fn report(source: &str, second: i64, said: Said) -> Report {
    Report {
        source: SourceId::new(source),
        at: at(second),
        said,
    }
}

/// A record of `device`, fixed at `fixed` and received at `received`, at a place that depends on
/// its time.
fn record(device: &DeviceKey, fixed: i64, received: i64) -> Observation {
    #[expect(clippy::cast_precision_loss, reason = "small test numbers")]
    let lat_deg = 48.0 + fixed as f64 * 1e-4;
    Observation {
        device: device.clone(),
        received_at: at(received),
        origin: Origin::Poll,
        reading: Some(Reading {
            vendor_at: Some(at(fixed)),
            speed_mps: Some(10.0),
            ..Reading::at(lat_deg, 17.0)
        }),
        contact_at: None,
        label: Label::default(),
        facts: Facts::default(),
    }
}

fn plated(mut record: Observation, plate: &str) -> Observation {
    record.label.registration = Some(plate.into());
    record
}

fn observe(fleet: &mut Fleet, record: Observation) {
    let now = record.received_at;
    let source = record.device.source.clone();
    let said = Said::Observed(vec![record]);
    fleet.observe(
        report(source.as_str(), now.as_second() - at(0).as_second(), said),
        now,
    );
}

fn step(fleet: &mut Fleet, second: i64) -> Changes {
    fleet.age(at(second));
    fleet.take_changes(at(second))
}

fn ids(changes: &Changes) -> Vec<&str> {
    changes
        .vehicles
        .iter()
        .map(|vehicle| vehicle.id.as_str())
        .collect()
}

#[test]
fn a_vehicle_appears_once_and_a_repetition_changes_nothing() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    observe(&mut fleet, record(&key("a", "1"), 10, 11));
    let changes = step(&mut fleet, 12);
    assert_eq!(ids(&changes), ["a/1"]);
    observe(&mut fleet, record(&key("a", "1"), 10, 26));
    let changes = step(&mut fleet, 27);
    assert!(changes.vehicles.is_empty(), "{changes:?}");
    assert!(changes.fixes.is_empty());
}

#[test]
fn two_vendors_one_lorry_is_one_vehicle_from_the_moment_its_plates_are_known() {
    let mut fleet = fleet_of(&["a", "b"], FleetSettings::default());
    observe(
        &mut fleet,
        plated(record(&key("a", "1"), 10, 11), "ABC 123 GP"),
    );
    observe(&mut fleet, record(&key("b", "9"), 12, 13));
    assert_eq!(ids(&step(&mut fleet, 14)), ["reg:ABC123GP", "b/9"]);
    // The metadata of b comes late: old id gone and new vehicle there in the same step.
    let label = Label {
        registration: Some("abc-123-gp".into()),
        ..Label::default()
    };
    let listing = Said::Listed(Some(vec![(key("b", "9"), label)]));
    fleet.observe(report("b", 15, listing), at(15));
    let changes = step(&mut fleet, 15);
    assert_eq!(ids(&changes), ["reg:ABC123GP"]);
    assert_eq!(changes.removed, [VehicleId::new("b/9")]);
    let vehicle = &changes.vehicles[0];
    assert_eq!(vehicle.devices.len(), 2);
    let verdicts: Vec<_> = vehicle
        .devices
        .iter()
        .map(|device| device.verdict)
        .collect();
    assert_eq!(
        verdicts,
        [Some(Verdict::Accepted), Some(Verdict::Outranked)]
    );
}

#[test]
fn records_wait_for_their_sources_names_and_no_longer_than_five_seconds() {
    let sources = vec![SourceIntro {
        id: SourceId::new("a"),
        kind: "test",
        mode: crate::domain::Mode::Poll,
        interval: SignedDuration::from_secs(15),
        sandbox: false,
    }];
    let mut fleet = Fleet::new(FleetSettings::default(), sources, at(0));
    observe(&mut fleet, record(&key("a", "1"), 1, 1));
    assert!(step(&mut fleet, 5).vehicles.is_empty());
    assert_eq!(ids(&step(&mut fleet, 6)), ["a/1"]);
}

#[test]
fn a_listed_vehicle_without_a_fix_is_shown_as_never() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    let label = Label {
        name: Some("Van 3".into()),
        ..Label::default()
    };
    let listing = Said::Listed(Some(vec![(key("a", "1"), label)]));
    fleet.observe(report("a", 1, listing), at(1));
    let changes = step(&mut fleet, 1);
    let vehicle = &changes.vehicles[0];
    assert_eq!(vehicle.freshness.state, FreshnessState::Never);
    assert_eq!(vehicle.motion.state, MotionState::Unknown);
    assert_eq!(&*vehicle.name, "Van 3");
}

#[test]
fn a_vehicle_goes_only_long_after_its_vendor_stopped_listing_it() {
    let settings = FleetSettings {
        forget_after: SignedDuration::from_secs(100),
        ..FleetSettings::default()
    };
    let mut fleet = fleet_of(&["a"], settings);
    let listed = |devices: &[&str]| {
        let rows = devices.iter().map(|d| (key("a", d), Label::default()));
        Said::Listed(Some(rows.collect()))
    };
    fleet.observe(report("a", 1, listed(&["1", "2"])), at(1));
    fleet.observe(report("a", 10, listed(&["2"])), at(10));
    assert_eq!(ids(&step(&mut fleet, 110)), ["a/1", "a/2"]);
    assert_eq!(step(&mut fleet, 111).removed, [VehicleId::new("a/1")]);
}

#[test]
fn an_offline_event_holds_until_the_next_fix_unless_it_is_outdated() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    let device = key("a", "1");
    let offline = |since| Said::Offline {
        device: device.clone(),
        since: Some(at(since)),
    };
    observe(&mut fleet, record(&device, 10, 11));
    fleet.observe(report("a", 12, offline(5)), at(12));
    assert_eq!(
        step(&mut fleet, 12).vehicles[0].freshness.state,
        FreshnessState::Live
    );
    fleet.observe(report("a", 13, offline(10)), at(13));
    let changes = step(&mut fleet, 13);
    assert_eq!(changes.vehicles[0].freshness.state, FreshnessState::Offline);
    assert_eq!(changes.vehicles[0].freshness.since, at(13));
    observe(&mut fleet, record(&device, 20, 21));
    assert_eq!(
        step(&mut fleet, 21).vehicles[0].freshness.state,
        FreshnessState::Live
    );
}

#[test]
fn silence_alone_turns_vehicle_and_feed_and_one_feed_flags_its_vehicles() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    for second in [1, 10] {
        observe(&mut fleet, record(&key("a", "1"), second, second + 1));
    }
    fleet.observe(report("a", 11, Said::Signal(Signal::Success)), at(11));
    step(&mut fleet, 11);
    let changes = step(&mut fleet, 71);
    assert_eq!(changes.vehicles[0].freshness.state, FreshnessState::Late);
    assert_eq!(changes.sources[0].health, Health::Slow);
    let changes = step(&mut fleet, 132);
    assert_eq!(changes.sources[0].health, Health::Down);
    assert_eq!(changes.vehicles[0].flags, [crate::domain::Flag::FeedDown]);
}

#[test]
fn a_success_alone_is_told_rarely() {
    let mut fleet = fleet_of(&["a"], FleetSettings::default());
    let mut told = 0;
    for second in 1..=40 {
        fleet.observe(
            report("a", second, Said::Signal(Signal::Success)),
            at(second),
        );
        told += step(&mut fleet, second).sources.len();
    }
    assert_eq!(told, 10);
}

/// One thing that may happen to a fleet of two sources with three devices each.
#[derive(Clone, Debug)]
enum Event {
    Record {
        source: usize,
        device: usize,
        fixed_ago: i64,
        plate: Option<usize>,
        poor: bool,
    },
    Offline {
        source: usize,
        device: usize,
    },
    List {
        source: usize,
        plates: Vec<Option<usize>>,
    },
    Wait {
        seconds: i64,
    },
}

const SOURCES: [&str; 2] = ["a", "b"];
const PLATES: [&str; 3] = ["ABC 123", "abc-123", "XYZ 999"];

fn event() -> impl Strategy<Value = Event> {
    let plate = || proptest::option::of(0_usize..3);
    prop_oneof![
        6 => (0_usize..2, 0_usize..3, 0_i64..90, plate(), proptest::bool::weighted(0.1)).prop_map(
            |(source, device, fixed_ago, plate, poor)| Event::Record {
                source, device, fixed_ago, plate, poor
            }
        ),
        1 => (0_usize..2, 0_usize..3).prop_map(|(source, device)| Event::Offline { source, device }),
        1 => (0_usize..2, proptest::collection::vec(plate(), 3))
            .prop_map(|(source, plates)| Event::List { source, plates }),
        3 => (1_i64..400).prop_map(|seconds| Event::Wait { seconds }),
    ]
}

fn happen(fleet: &mut Fleet, event: &Event, second: i64) {
    let label = |plate: Option<usize>| Label {
        registration: plate.map(|plate| PLATES[plate].into()),
        ..Label::default()
    };
    match event {
        Event::Record {
            source,
            device,
            fixed_ago,
            plate,
            poor,
        } => {
            let device = key(SOURCES[*source], &device.to_string());
            let mut record = record(&device, second - fixed_ago, second);
            record.label = label(*plate);
            if let Some(reading) = record.reading.as_mut().filter(|_| *poor) {
                reading.accuracy_m = Some(900.0);
            }
            observe(fleet, record);
        }
        Event::Offline { source, device } => {
            let device = key(SOURCES[*source], &device.to_string());
            let said = Said::Offline {
                device,
                since: None,
            };
            fleet.observe(report(SOURCES[*source], second, said), at(second));
        }
        Event::List { source, plates } => {
            let rows = plates
                .iter()
                .enumerate()
                .map(|(device, plate)| (key(SOURCES[*source], &device.to_string()), label(*plate)));
            let said = Said::Listed(Some(rows.collect()));
            fleet.observe(report(SOURCES[*source], second, said), at(second));
        }
        Event::Wait { .. } => {}
    }
}

proptest! {
    /// What viewers put together from changes is what a newcomer would be given; no device is in
    /// two vehicles; and no marker whose vehicle keeps its devices goes back in time.
    #[test]
    fn changes_add_up_and_no_marker_goes_back(events in proptest::collection::vec(event(), 1..60)) {
        let mut fleet = fleet_of(&SOURCES, FleetSettings::default());
        let mut seen: BTreeMap<VehicleId, Arc<Vehicle>> = BTreeMap::new();
        let mut second = 1_000;
        for event in &events {
            second += if let Event::Wait { seconds } = event { *seconds } else { 1 };
            happen(&mut fleet, event, second);
            let changes = step(&mut fleet, second);
            for id in &changes.removed {
                seen.remove(id);
            }
            for vehicle in changes.vehicles {
                let before = seen.insert(vehicle.id.clone(), Arc::clone(&vehicle));
                let Some(before) = before else { continue };
                let devices = |vehicle: &Vehicle| -> Vec<DeviceKey> {
                    vehicle.devices.iter().map(|view| view.device.clone()).collect()
                };
                if devices(&before).iter().all(|device| devices(&vehicle).contains(device)) {
                    let fixed_at = |v: &Vehicle| v.position.as_ref().map(|p| p.fixed_at);
                    prop_assert!(fixed_at(&before) <= fixed_at(&vehicle));
                }
            }
            prop_assert!(fleet.vehicles.keys().eq(seen.keys()));
            let devices: Vec<_> = seen.values().flat_map(|v| v.devices.iter().map(|d| &d.device)).collect();
            let distinct: BTreeSet<_> = devices.iter().collect();
            prop_assert_eq!(devices.len(), distinct.len());
        }
        // A fleet told to assemble everything anew has nothing to add.
        let slots: Vec<_> = fleet.vehicles.iter().map(|(slot, _)| slot).collect();
        for slot in slots {
            fleet.touch(slot);
        }
        prop_assert!(step(&mut fleet, second).vehicles.is_empty());
    }

    /// For one device the order of arrival does not matter, and twice is once.
    #[test]
    fn arrival_order_does_not_matter_for_one_device(
        fixed in proptest::collection::btree_set(0_i64..500, 1..20), seed in any::<u64>(),
    ) {
        let in_order: Vec<i64> = fixed.into_iter().collect();
        let mut shuffled = in_order.clone();
        for at in 1..shuffled.len() {
            let bit = u32::try_from(at).unwrap() % 64;
            if seed.rotate_left(bit) % 2 == 0 {
                shuffled.swap(at, at / 2);
            }
        }
        let run = |order: &[i64]| {
            let mut fleet = fleet_of(&["a"], FleetSettings::default());
            for second in order {
                observe(&mut fleet, record(&key("a", "1"), *second, 600));
                observe(&mut fleet, record(&key("a", "1"), *second, 600));
            }
            step(&mut fleet, 600).vehicles[0].position.clone()
        };
        prop_assert_eq!(run(&in_order), run(&shuffled));
    }
}

/// How the clock goes on between two events; now and then it is set back.
fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 0_i64..90, 2 => 0_i64..5_000, 1 => 0_i64..100_000, 1 => -500_i64..0]
}

proptest! {
    /// To look at the vehicles whose deadlines are past is as good as to look at all of them.
    #[test]
    fn no_deadline_is_missed(
        events in proptest::collection::vec((event(), pause(), any::<bool>()), 1..60),
    ) {
        let mut by_deadline = fleet_of(&SOURCES, FleetSettings::default());
        let mut swept = fleet_of(&SOURCES, FleetSettings::default());
        let mut second = 100_000;
        for (event, pause, stands) in &events {
            second += pause;
            for fleet in [&mut by_deadline, &mut swept] {
                happen(fleet, event, second);
                if let (Event::Record { source, device, .. }, true) = (event, *stands) {
                    let mut record = record(&key(SOURCES[*source], &device.to_string()), second, second);
                    record.reading.as_mut().unwrap().speed_mps = Some(0.0);
                    observe(fleet, record);
                }
            }
            let all: Vec<_> = swept.vehicles.iter().map(|(slot, _)| slot).collect();
            for slot in all {
                if swept.age_vehicle(slot, at(second)) {
                    swept.touch(slot);
                }
            }
            let [told, expected] = [&mut by_deadline, &mut swept].map(|fleet| {
                let mut vehicles = step(fleet, second).vehicles;
                vehicles.sort_by(|one, other| one.id.cmp(&other.id));
                vehicles
            });
            prop_assert_eq!(told, expected);
        }
    }
}

#[test]
fn what_was_heard_is_taken_in_piece_by_piece_and_in_its_order() {
    let mut fleet = Fleet::new(FleetSettings::default(), vec![intro(&"a")], at(0));
    let n_records = 3 * intake::PIECE;
    let records = (0..n_records).map(|n| record(&key("a", &n.to_string()), 1, 1));
    let label = |n: usize| Label {
        name: Some(format!("Van {n}").into()),
        ..Label::default()
    };
    let names = (0..n_records).map(|n| (key("a", &n.to_string()), label(n)));
    fleet.hear(report("a", 1, Said::Observed(records.collect())));
    fleet.hear(report("a", 1, Said::Listed(Some(names.collect()))));
    fleet.hear(report("a", 1, Said::Listed(Some(Vec::new()))));
    let mut n_told = 0;
    while fleet.work(at(1)) {
        let n_new = step(&mut fleet, 1).vehicles.len();
        assert!(n_new <= intake::PIECE, "{n_new} in one piece");
        n_told += n_new;
    }
    // Listed, then observed, then listed no longer, which shows nowhere.
    assert_eq!(n_told, 2 * n_records);
    assert_eq!(fleet.unlisted.len(), n_records);
    assert!(fleet.vehicles.iter().all(|(_, state)| state.held.is_some()));
}
