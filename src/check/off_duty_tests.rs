//! What the check says of off-duty hours.

use jiff::tz::TimeZone;

use super::off_duty::{Duty, Members};
use super::*;
use crate::domain::off_duty::{Hours, Timetable};
use crate::domain::roster::{Roster, RosterVehicle};
use crate::domain::{DeviceKey, OffDuty, VehicleId};
use crate::source::cartrack::wire::{STATUS, VEHICLE};
use crate::source::http::trouble::Trouble;

fn key(source: &str, device: &str) -> DeviceKey {
    DeviceKey::new(SourceId::new(source), device)
}

fn duty(groups: &[&str], rostered: &[(&str, &[&str])]) -> Duty {
    let hours = Hours {
        days: 127,
        from_min: 0,
        to_min: 60,
    };
    let vehicle = |(device, groups): &(&str, &[&str])| RosterVehicle {
        id: VehicleId::new(*device),
        name: None,
        registration: None,
        groups: groups.iter().map(|group| (*group).into()).collect(),
        devices: vec![key("a", device)],
        ignore: false,
    };
    Duty {
        roster: Roster {
            vehicles: rostered.iter().map(vehicle).collect(),
            ..Roster::default()
        },
        off_duty: vec![OffDuty {
            groups: groups.iter().map(|group| (*group).into()).collect(),
            timetable: Timetable {
                hours: vec![hours],
                timezone: TimeZone::UTC,
            },
        }],
    }
}

/// Positions of `devices`, and the list of vehicles: each with its groups, or a failure.
fn findings(devices: &[&str], list: Option<&[(&str, &[&str])]>) -> Findings {
    let mut positions = Probe::new("GET /vehicles/status".into(), Some(&STATUS));
    positions.devices = devices.iter().map(|device| key("a", device)).collect();
    let mut vehicles = Probe::new("GET /vehicles".into(), Some(&VEHICLE));
    for (device, groups) in list.unwrap_or_default() {
        vehicles.devices.insert(key("a", device));
        let groups: Vec<_> = groups.iter().map(|group| (*group).into()).collect();
        vehicles.groups.insert(key("a", device), groups);
    }
    vehicles.groups.retain(|_, groups| !groups.is_empty());
    vehicles.trouble = list
        .is_none()
        .then(|| Trouble::new(Kind::Denied, "403 Forbidden"));
    Findings {
        live: vec![positions, vehicles],
        history: Err(NotAsked::Off),
    }
}

fn words(duty: &Duty, findings: &Findings) -> String {
    let mut members = Members::new(duty);
    members.add(&SourceId::new("a"), findings);
    members.words().unwrap()
}

#[test]
fn groups_that_nobody_is_in_and_who_is_hidden_for_want_of_a_list_are_told() {
    let list: &[(&str, &[&str])] = &[("1", &["Phones"]), ("2", &["North"]), ("3", &[])];
    let told = findings(&["1", "2", "3", "4"], Some(list));
    let said = words(&duty(&["phones", "Phones"], &[]), &told);
    let expected = "off duty\n  \"Phones\" has vehicles\n  \"phones\" has none: its hours hold for \
                    nobody; is it written as on the map?\n  a: 1 in no list: off duty in the hours \
                    of all, unless the roster gives them groups\n";
    assert_eq!(said, expected);
    // The roster outranks the vendor, and knows who no list names.
    let rostered: &[(&str, &[&str])] = &[("2", &["South"]), ("4", &["phones"])];
    let said = words(&duty(&["North", "South", "phones"], rostered), &told);
    let expected = "off duty\n  \"North\" has none: its hours hold for nobody; is it written as on \
                    the map?\n  \"South\" has vehicles\n  \"phones\" has vehicles\n";
    assert_eq!(said, expected);
    // The list is not authorised.
    let said = words(&duty(&["Phones"], &[]), &findings(&["1", "2"], None));
    let expected = "off duty\n  \"Phones\" has none, as far as lists could be read: its hours hold \
                    for nobody; is it written as on the map?\n  a: 2 in no list: off duty in the \
                    hours of all, unless the roster gives them groups\n";
    assert_eq!(said, expected);
}
