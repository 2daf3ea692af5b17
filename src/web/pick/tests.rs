//! Picking held against the plain way to do it: all keys as text, everything sorted.

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    DeviceKey, DeviceView, Expectation, Fact, Freshness, FreshnessState, Motion, MotionState,
    Position, SourceId, VehicleId,
};
use crate::fleet::Changes;
use crate::live::channel::ChannelSettings;
use crate::live::hub::Hub;
use crate::web::query::VehiclesQuery;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A vehicle of few numbers, so that many are alike.
fn vehicle(nth: usize, kind: u32) -> Vehicle {
    let device = DeviceKey::new(SourceId::new("s"), format!("D{nth}"));
    let small = f64::from(kind % 5);
    let name = ["Truck", "truck", "Van", "Ωmega", ""][kind as usize % 5];
    Vehicle {
        groups: vec!["North Side".into()],
        position: (!kind.is_multiple_of(7)).then(|| Position {
            lat_deg: -26.0 + small,
            lng_deg: 28.0 + small,
            heading_deg: None,
            speed_mps: (!kind.is_multiple_of(3)).then_some(small * 1.00055),
            altitude_m: None,
            accuracy_m: None,
            fixed_at: at(i64::from(kind % 4)),
            received_at: at(9),
            device: device.clone(),
        }),
        motion: Motion {
            state: if kind.is_multiple_of(2) {
                MotionState::Moving
            } else {
                MotionState::Parked
            },
            since: at(0),
            since_at_least: false,
        },
        freshness: Freshness {
            state: if kind.is_multiple_of(4) {
                FreshnessState::Stale
            } else {
                FreshnessState::Live
            },
            since: at(0),
        },
        expectation: Some(Expectation {
            expected: SignedDuration::from_secs(15),
            live_for: SignedDuration::from_secs(60 + i64::from(kind % 3)),
            on_the_move: kind.is_multiple_of(5),
        }),
        address: kind.is_multiple_of(2).then(|| Fact {
            value: format!("{} Main Road", kind % 9).into(),
            at: at(0),
            source: SourceId::new("s"),
        }),
        devices: vec![DeviceView::new(device)],
        ..Vehicle::new(VehicleId::new(format!("v{nth}")), name, at(0))
    }
}

fn hub(kinds: &[u32]) -> Hub {
    let hub = Hub::new("e", ChannelSettings::default());
    let vehicles = kinds.iter().enumerate();
    let vehicles = vehicles.map(|(nth, kind)| Arc::new(vehicle(nth, *kind)));
    let changes = Changes {
        vehicles: vehicles.collect(),
        ..Changes::default()
    };
    hub.publish(&changes, at(9));
    hub
}

fn wanted(q: &str, sort: &str, limit: Option<usize>, after: Option<String>) -> Wanted {
    wanted_at(at(3_600), q, sort, limit, after)
}

fn wanted_at(
    now: Timestamp,
    q: &str,
    sort: &str,
    limit: Option<usize>,
    after: Option<String>,
) -> Wanted {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let query = VehiclesQuery {
        q: text(q),
        sort: text(sort),
        limit: limit.map(|limit| limit.to_string()),
        after,
        ..VehiclesQuery::default()
    };
    query.understand(now).unwrap()
}

/// Ascends from the most alarming, an hour later.
fn silence(vehicle: &Vehicle) -> String {
    let Some(silence) = Silence::of(vehicle, at(3_600)) else {
        return "~".to_owned();
    };
    let passed = (silence.limits_passed * 1e3).round();
    format!("{}{:09}", u8::from(!silence.on_the_move), 1e9 - passed)
}

/// The ids in the plain way.
fn plainly(all: &Entries, q: &str, sort: &str) -> Vec<String> {
    let key = |vehicle: &Vehicle| {
        let position = vehicle.position.as_ref();
        let speed = |mps: f64| format!("{:09.3}", (mps * 1e3).round() / 1e3);
        match sort.trim_start_matches('-') {
            "name" => vehicle.name.to_lowercase(),
            "fixed_at" => position.map_or(String::new(), |p| format!("{:.3}", p.fixed_at)),
            "speed" => position
                .and_then(|p| p.speed_mps)
                .map_or(String::new(), speed),
            "silence" => silence(vehicle),
            _ => String::new(),
        }
    };
    let text = |vehicle: &Vehicle| {
        let address = vehicle.address.as_ref().map_or("", |fact| &fact.value);
        let device = &vehicle.devices[0].device.device;
        format!(
            "{}\n{}\n{address}\n{device}\nNorth Side",
            vehicle.name, vehicle.id
        )
        .to_lowercase()
    };
    let mentions = |vehicle: &Vehicle| {
        let text = text(vehicle);
        q.split_whitespace()
            .all(|word| text.contains(&word.to_lowercase()))
    };
    let fitting = all
        .iter()
        .map(|entry| &entry.vehicle)
        .filter(|v| mentions(v));
    let mut sorted: Vec<_> = fitting.map(|v| (key(v), v.id.to_string())).collect();
    sorted.sort();
    if sort.starts_with('-') {
        sorted.reverse();
    }
    sorted.into_iter().map(|(_, id)| id).collect()
}

const SORTS: [&str; 10] = [
    "silence",
    "-silence",
    "",
    "-id",
    "name",
    "-name",
    "fixed_at",
    "-fixed_at",
    "speed",
    "-speed",
];
const QUERIES: [&str; 6] = ["", "truck", "ωm", "main v1", "north D", "4 road"];

proptest! {
    #[test]
    fn pages_add_up_to_what_the_plain_way_gives(
        kinds in prop::collection::vec(0_u32..60, 0..40),
        sort in 0..SORTS.len(),
        q in 0..QUERIES.len(),
        limit in 1_usize..12,
    ) {
        let (sort, q) = (SORTS[sort], QUERIES[q]);
        let all = hub(&kinds).current().vehicles;
        let expected = plainly(&all, q, sort);
        let mut ids = Vec::new();
        let mut after = None;
        for page in 0.. {
            // Time passes between the pages, and what is silent becomes ever more so.
            let now = at(3_600 + page * 1_000);
            let picked = wanted_at(now, q, sort, Some(limit), after).pick(&all);
            prop_assert_eq!(picked.n_fitting, expected.len());
            prop_assert!(picked.entries.len() <= limit);
            ids.extend(picked.entries.iter().map(|entry| entry.vehicle.id.to_string()));
            prop_assert!(ids.len() <= expected.len());
            after = picked.next;
            if after.is_none() {
                break;
            }
        }
        prop_assert_eq!(&ids, &expected);
        let whole = wanted(q, sort, None, None).pick(&all);
        let ids: Vec<_> = whole.entries.iter().map(|entry| entry.vehicle.id.to_string()).collect();
        prop_assert_eq!(ids, expected);
    }
}

#[test]
fn a_page_goes_on_where_the_last_vehicle_was_though_it_is_gone() {
    let hub = hub(&[1; 9]);
    let first = hub.current();
    for sort in ["", "-name"] {
        let page = wanted("", sort, Some(4), None).pick(&first.vehicles);
        let last = page.entries[3].vehicle.id.clone();
        let gone = Changes {
            removed: vec![last.clone()],
            ..Changes::default()
        };
        hub.publish(&gone, at(10));
        let now = hub.current().vehicles;
        let rest = wanted("", sort, Some(9), page.next).pick(&now);
        let before = page
            .entries
            .iter()
            .map(|entry| entry.vehicle.id.to_string());
        let after = rest
            .entries
            .iter()
            .map(|entry| entry.vehicle.id.to_string());
        let mut all: Vec<_> = before
            .chain(after)
            .filter(|id| *id != last.as_str())
            .collect();
        all.sort();
        assert_eq!(all, plainly(&now, "", ""), "{sort}");
    }
}

#[test]
fn what_a_vehicle_is_found_by_follows_it() {
    let hub = hub(&[1]);
    let found = |q: &str| {
        wanted(q, "", None, None)
            .pick(&hub.current().vehicles)
            .n_fitting
    };
    assert_eq!((found("truck"), found("road")), (1, 0));
    let mut later = vehicle(0, 1);
    later.address = vehicle(0, 2).address;
    for (driver, is_found) in [(None, 0), (Some("Thandi Nkosi"), 1)] {
        later.driver = driver.map(|name| Fact {
            value: name.into(),
            at: at(10),
            source: SourceId::new("s"),
        });
        let changes = Changes {
            vehicles: vec![Arc::new(later.clone())],
            ..Changes::default()
        };
        hub.publish(&changes, at(10));
        assert_eq!((found("nkosi"), found("main")), (is_found, 1));
    }
}

#[test]
fn a_cursor_of_another_order_is_refused() {
    let all = hub(&[1, 2, 3]).current().vehicles;
    let by_name = wanted("", "name", Some(1), None).pick(&all).next;
    let query = VehiclesQuery {
        sort: Some("speed".to_owned()),
        after: by_name,
        ..VehiclesQuery::default()
    };
    assert!(query.understand(at(0)).is_err());
}
