//! Off duty nobody learns where a vehicle is: neither viewers, nor trails, nor a store.

mod law;
mod notices;
mod rows;
mod unknown;

use jiff::tz::TimeZone;

use super::*;
use crate::domain::off_duty::{Hours, Timetable, is_off_duty, next_change};
use crate::domain::roster::{Roster, RosterVehicle};
use crate::domain::{Flag, OffDuty};
use crate::fleet::device::TimedFacts;
use crate::fleet::memory::Remembered;
use crate::fleet::motion::Progress;

/// `at(0)` is 08:00 on a Friday.
const EIGHT_MIN: u16 = 8 * 60;

/// Off duty each day from `from` to `to`, in minutes after eight.
fn rule(groups: &[&str], hours: &[(u16, u16)]) -> OffDuty {
    let hours = hours.iter().map(|(from, to)| Hours {
        days: 127,
        from_min: EIGHT_MIN + from,
        to_min: EIGHT_MIN + to,
    });
    OffDuty {
        groups: groups.iter().map(|group| (*group).into()).collect(),
        timetable: Timetable {
            hours: hours.collect(),
            timezone: TimeZone::UTC,
        },
    }
}

fn settings(off_duty: Vec<OffDuty>) -> FleetSettings {
    FleetSettings {
        off_duty,
        remember_every: Some(SignedDuration::from_secs(5)),
        ..FleetSettings::default()
    }
}

/// A record of a device in the group `North`, with all that a record can say.
fn northern(device: &str, fixed: i64, received: i64) -> Observation {
    let mut record = record(&key("a", device), fixed, received);
    record.label.groups = vec!["North".into()];
    record.facts = Facts {
        ignition: Some(true),
        odometer_m: Some(1_000.0),
        driver: Some("Thandi".into()),
        address: Some("12 Main Road".into()),
        battery_pct: Some(80.0),
        fuel_l: Some(20.0),
        panic: Some(true),
    };
    record
}

/// The vendor's complete list: devices with their groups.
fn list(fleet: &mut Fleet, second: i64, rows: &[(&str, &[&str])]) {
    let row = |(device, groups): &(&str, &[&str])| {
        let groups = groups.iter().map(|group| (*group).into()).collect();
        let label = Label {
            groups,
            ..Label::default()
        };
        (key("a", device), label)
    };
    let said = Said::Listed(Some(rows.iter().map(row).collect()));
    fleet.observe(report("a", second, said), at(second));
}

fn position_second(vehicle: &Vehicle) -> Option<i64> {
    let position = vehicle.position.as_ref()?;
    Some(position.fixed_at.as_second() - at(0).as_second())
}

#[test]
fn off_duty_a_vehicle_is_listed_and_nowhere_and_returns_with_the_first_fix_of_duty() {
    // Off duty from 10 to 20 minutes past.
    let mut fleet = fleet_of(&["a"], settings(vec![rule(&["North"], &[(10, 20)])]));
    list(&mut fleet, 0, &[("other", &[])]);
    observe(&mut fleet, northern("1", 590, 591));
    observe(&mut fleet, record(&key("a", "other"), 590, 591));
    assert_eq!(step(&mut fleet, 599).vehicles.len(), 2);
    // By time alone.
    let changes = step(&mut fleet, 600);
    assert_eq!(ids(&changes), ["a/1"]);
    let vehicle = &changes.vehicles[0];
    assert_eq!(vehicle.flags, [Flag::OffDuty]);
    let nothing = Vehicle::new(vehicle.id.clone(), "1", at(600));
    let expected = Vehicle {
        groups: vec!["North".into()],
        flags: vec![Flag::OffDuty],
        devices: vehicle.devices.clone(),
        ..nothing
    };
    assert_eq!(**vehicle, expected);
    assert_eq!(vehicle.devices[0].lat_lng_deg, None);
    assert!(vehicle.devices[0].reason.contains("off duty"));
    // What comes is not heard, whatever time it has; nor that it is offline.
    for (fixed, received) in [(601, 602), (590, 603), (900, 901)] {
        observe(&mut fleet, northern("1", fixed, received));
    }
    let offline = Said::Offline {
        device: key("a", "1"),
        since: None,
    };
    fleet.observe(report("a", 902, offline), at(902));
    let changes = step(&mut fleet, 903);
    assert!(
        !ids(&changes).contains(&"a/1") && changes.fixes.is_empty(),
        "{changes:?}"
    );
    // Duty begins: back by time alone, without a place.
    let changes = step(&mut fleet, 1_200);
    let is_it = |vehicle: &&Arc<Vehicle>| vehicle.id.as_str() == "a/1";
    let vehicle = changes.vehicles.iter().find(is_it).unwrap();
    assert!(vehicle.flags.is_empty() && vehicle.position.is_none());
    // What is late from off duty, or a repetition of what was said then, is nothing.
    for fixed in [900, 1_199] {
        observe(&mut fleet, northern("1", fixed, 1_201));
    }
    let changes = step(&mut fleet, 1_202);
    assert!(
        !ids(&changes).contains(&"a/1") && changes.fixes.is_empty(),
        "{changes:?}"
    );
    observe(&mut fleet, northern("1", 1_200, 1_203));
    let changes = step(&mut fleet, 1_204);
    let vehicle = changes.vehicles.iter().find(is_it).unwrap();
    assert_eq!(position_second(vehicle), Some(1_200));
    assert!(vehicle.driver.is_some());
}

#[test]
fn what_is_late_from_an_earlier_duty_goes_to_the_trail_alone_and_once() {
    let mut fleet = fleet_of(&["a"], settings(vec![rule(&["North"], &[(10, 20)])]));
    observe(&mut fleet, northern("1", 580, 581));
    step(&mut fleet, 582);
    step(&mut fleet, 600);
    // The vendor's list says the same since the evening: it is known without the place.
    for received in [700, 1_201] {
        observe(&mut fleet, northern("1", 580, received));
    }
    let changes = step(&mut fleet, 1_202);
    assert!(changes.fixes.is_empty());
    assert!(changes.vehicles[0].driver.is_none());
    // A fix that nobody had heard.
    for received in [1_203, 1_218] {
        observe(&mut fleet, northern("1", 590, received));
        let changes = step(&mut fleet, received);
        assert!(changes.vehicles.is_empty(), "{changes:?}");
        let times: Vec<_> = changes.fixes.iter().map(|(_, fix)| fix.fixed_at).collect();
        let expected: &[Timestamp] = if received == 1_203 { &[at(590)] } else { &[] };
        assert_eq!(times, expected);
    }
}

#[test]
fn what_is_recalled_of_off_duty_is_dropped() {
    let mut fleet = fleet_of(&["a"], settings(vec![rule(&["North"], &[(10, 20)])]));
    list(&mut fleet, 0, &[("other", &[])]);
    observe(&mut fleet, northern("1", 5, 6));
    observe(&mut fleet, record(&key("a", "other"), 5, 6));
    step(&mut fleet, 7);
    let times = |rows: &[(DeviceKey, Reading)]| -> Vec<_> {
        let time = |reading: &Reading| reading.vendor_at.unwrap().as_second() - at(0).as_second();
        rows.iter()
            .map(|(key, reading)| (key.device.to_string(), time(reading)))
            .collect()
    };
    let mut recall = |second| {
        let rows = ["1", "other", "stranger"].into_iter().flat_map(|device| {
            let reading = |fixed| record(&key("a", device), fixed, fixed).reading.unwrap();
            [100, 900].map(|fixed| (key("a", device), reading(fixed)))
        });
        fleet.observe(
            report("a", second, Said::Recalled(rows.collect())),
            at(second),
        );
        times(&step(&mut fleet, second).recalled)
    };
    let others = [("other".to_owned(), 100), ("other".to_owned(), 900)];
    assert_eq!(recall(1_000), others);
    assert_eq!(recall(1_300)[1..], others);
    assert_eq!(recall(1_301)[0], ("1".to_owned(), 100));
}

fn entry(groups: &[&str], devices: &[&str], ignore: bool) -> RosterVehicle {
    RosterVehicle {
        id: VehicleId::new(devices[0]),
        name: None,
        registration: None,
        groups: groups.iter().map(|group| (*group).into()).collect(),
        devices: devices.iter().map(|device| key("a", device)).collect(),
        ignore,
    }
}

#[test]
fn a_new_roster_or_new_hours_take_a_position_away_at_once() {
    let hours = rule(&["North"], &[(10, 20)]);
    let with = |off_duty: &[OffDuty], vehicles| FleetSettings {
        roster: Roster {
            vehicles,
            ..Roster::default()
        },
        ..settings(off_duty.to_vec())
    };
    let mut fleet = fleet_of(&["a"], with(std::slice::from_ref(&hours), Vec::new()));
    list(&mut fleet, 0, &[("1", &[])]);
    observe(&mut fleet, record(&key("a", "1"), 700, 701));
    assert!(step(&mut fleet, 702).vehicles[0].position.is_some());
    // A fix of the same tick is not told of either.
    observe(&mut fleet, record(&key("a", "1"), 703, 703));
    let roster = vec![entry(&["North"], &["1"], false)];
    fleet.reconfigure(with(std::slice::from_ref(&hours), roster.clone()), at(703));
    let changes = step(&mut fleet, 703);
    assert_eq!(changes.vehicles[0].flags, [Flag::OffDuty]);
    assert!(changes.vehicles[0].position.is_none() && changes.fixes.is_empty());
    // No hours any more: heard again, though what was forgotten stays so.
    fleet.reconfigure(with(&[], roster.clone()), at(704));
    let changes = step(&mut fleet, 704);
    assert!(changes.vehicles[0].flags.is_empty() && changes.vehicles[0].position.is_none());
    observe(&mut fleet, record(&key("a", "1"), 705, 705));
    assert!(step(&mut fleet, 706).vehicles[0].position.is_some());
    fleet.reconfigure(with(&[hours], roster), at(707));
    assert!(step(&mut fleet, 707).vehicles[0].position.is_none());
}

#[test]
fn a_device_out_of_sight_is_not_followed_where_its_group_has_hours() {
    let vehicles = vec![entry(&["North"], &["1"], true)];
    let with = |vehicles| FleetSettings {
        roster: Roster {
            vehicles,
            ..Roster::default()
        },
        ..settings(vec![rule(&["North"], &[(10, 20)])])
    };
    let mut fleet = fleet_of(&["a"], with(vehicles));
    observe(&mut fleet, record(&key("a", "1"), 700, 701));
    let changes = step(&mut fleet, 710);
    assert!(changes.vehicles.is_empty() && changes.fixes.is_empty());
    assert!(
        changes.remembered.iter().all(is_blank),
        "{:?}",
        changes.remembered
    );
    // In sight, it is known; out of sight again, it is forgotten.
    fleet.reconfigure(with(vec![entry(&["North"], &["1"], false)]), at(1_300));
    observe(&mut fleet, record(&key("a", "1"), 1_301, 1_301));
    assert!(step(&mut fleet, 1_301).vehicles[0].position.is_some());
    fleet.reconfigure(with(vec![entry(&["North"], &["1"], true)]), at(1_302));
    let changes = step(&mut fleet, 1_310);
    assert!(
        changes
            .remembered
            .iter()
            .any(|one| &*one.device.device == "1" && is_blank(one))
    );
}

/// Nothing is kept that tells where it was or what it did.
fn is_blank(one: &Remembered) -> bool {
    one.fix.is_none()
        && one.position.is_none()
        && one.raw.is_none()
        && one.facts == TimedFacts::default()
        && one.motion == Progress::default()
}

fn keep(store: &mut BTreeMap<DeviceKey, Remembered>, changes: &Changes) {
    for one in &changes.remembered {
        store.insert(one.device.clone(), one.clone());
    }
}

#[test]
fn a_restart_gives_no_place_back_of_a_vehicle_that_was_off_duty_since() {
    let hours = || settings(vec![rule(&["North"], &[(10, 20)])]);
    let mut fleet = fleet_of(&["a"], hours());
    let mut store = BTreeMap::new();
    observe(&mut fleet, northern("1", 590, 591));
    keep(&mut store, &step(&mut fleet, 595));
    assert!(!is_blank(&store[&key("a", "1")]));
    // (killed at the end of duty; killed after what was known is erased), (comes back when)
    let of_duty = store.clone();
    keep(&mut store, &step(&mut fleet, 605));
    assert!(is_blank(&store[&key("a", "1")]));
    for store in [of_duty, store] {
        for second in [600, 900, 1_200, 5_000] {
            let mut again = Fleet::new(hours(), vec![intro(&"a")], at(second));
            again.restore(store.values().cloned().collect(), at(second));
            let changes = step(&mut again, second);
            let vehicle = &changes.vehicles[0];
            let expected: &[Flag] = if second < 1_200 {
                &[Flag::OffDuty]
            } else {
                &[]
            };
            assert_eq!(vehicle.flags, expected, "{second}");
            assert!(vehicle.position.is_none() && vehicle.driver.is_none());
            let changes = step(&mut again, second + 5);
            assert!(changes.remembered.iter().all(is_blank));
        }
    }
}
