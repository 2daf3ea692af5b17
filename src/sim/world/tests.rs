//! The world: plausible, deterministic, and as large as it was asked to be.

use std::collections::{HashMap, HashSet};

use super::profile::HOUR_MS;
use super::*;
use crate::sim::truth::{is_usable, normalised};

fn world(seed: u64, count: usize) -> World {
    World::new(seed, count, &Vendor::ALL)
}

#[test]
fn the_same_seed_gives_the_same_world_however_time_is_cut() {
    let (mut whole, mut cut) = (world(7, 60), world(7, 60));
    let at_once = whole.advance(90_000);
    let mut piecewise = Vec::new();
    for elapsed_ms in [1, 99, 100, 7_350, 7_360, 60_000, 90_000] {
        piecewise.extend(cut.advance(elapsed_ms));
    }
    assert_eq!(at_once, piecewise);
    assert_eq!(whole, cut);
    assert_ne!(whole, world(8, 60));
    (whole.stream_ms, cut.stream_ms) = (Some(250), Some(250));
    let at_once = whole.advance(95_000);
    let mut piecewise = cut.advance(92_345);
    piecewise.extend(cut.advance(95_000));
    assert_eq!(at_once, piecewise);
}

#[test]
fn vehicles_are_counted_after_merging() {
    for seed in 0..5 {
        let world = world(seed, 300);
        let mut owners: HashMap<String, HashSet<usize>> = HashMap::new();
        let mut within: HashSet<(Vendor, String)> = HashSet::new();
        let mut paired = 0;
        for (place, vehicle) in world.vehicles().iter().enumerate() {
            paired += usize::from(1 < vehicle.devices.len());
            for device in &vehicle.devices {
                let Some(plate) = device.card.plate.as_deref().map(normalised) else {
                    continue;
                };
                if is_usable(&plate) {
                    assert!(within.insert((device.card.vendor, plate.clone())));
                    owners.entry(plate).or_default().insert(place);
                }
            }
            let plates: HashSet<_> = vehicle.devices.iter().map(|d| &d.card.plate).collect();
            assert!(!plates.contains(&None) || vehicle.devices.len() == 1);
        }
        assert_eq!(world.vehicles().len(), 300);
        // No plate brings two vehicles together, and every pair shares one.
        assert!(owners.values().all(|places| places.len() == 1));
        assert!((8..60).contains(&paired), "{paired}");
    }
}

#[test]
fn pairs_write_their_plate_differently() {
    let world = world(1, 300);
    let pairs = world
        .vehicles()
        .iter()
        .filter(|vehicle| vehicle.devices.len() == 2);
    let plates = |vehicle: &Vehicle| {
        let plates = vehicle
            .devices
            .iter()
            .map(|device| device.card.plate.clone().unwrap());
        plates.collect::<Vec<_>>()
    };
    let (mut pairs_seen, mut differ) = (0, 0);
    for vehicle in pairs {
        let plates = plates(vehicle);
        assert_eq!(normalised(&plates[0]), normalised(&plates[1]));
        pairs_seen += 1;
        differ += u32::from(plates[0] != plates[1]);
    }
    assert!(pairs_seen < differ * 2, "{differ} of {pairs_seen}");
}

#[test]
fn in_the_morning_most_vehicles_move() {
    for (seed, count) in [(1, 300), (2, 400)] {
        let mut world = world(seed, count);
        for minute in 0..30 {
            world.advance(minute * 60_000 + 2_000);
            let moving = world
                .vehicles()
                .iter()
                .filter(|vehicle| 0.0 < vehicle.moment(world.elapsed_ms()).speed_mps);
            let percent = moving.count() * 100 / count;
            assert!(
                (55..=75).contains(&percent),
                "{percent} % at 10:{minute:02}"
            );
        }
    }
}

#[test]
fn at_night_most_vehicles_sleep() {
    let mut world = world(3, 20);
    world.advance(13 * HOUR_MS);
    let moving = world
        .vehicles()
        .iter()
        .filter(|v| v.moment(0).driving)
        .count();
    assert!(moving <= 3, "{moving} of 20 at 23:00");
}

#[test]
fn devices_report_at_their_vendors_pace_and_never_back_in_time() {
    let mut world = world(1, 300);
    let mut last: HashMap<(Vendor, String), (i64, bool)> = HashMap::new();
    let mut gaps_ms: HashMap<Vendor, Vec<i64>> = HashMap::new();
    for told in world.advance(600_000) {
        let News::Report(report, _) = told.news else {
            continue;
        };
        let key = (told.card.vendor, told.card.id.clone());
        let moving = 0.0 < report.speed_mps;
        if let Some((fixed_ms, was_moving)) = last.insert(key, (report.fixed_ms, moving)) {
            if report.has_gps {
                assert!(fixed_ms < report.fixed_ms, "{}", told.card.id);
            }
            if moving && was_moving {
                gaps_ms
                    .entry(told.card.vendor)
                    .or_default()
                    .push(report.fixed_ms - fixed_ms);
            }
        }
    }
    for (vendor, least_ms, greatest_ms) in [
        (Vendor::MyCarTracks, 1_000, 5_500),
        (Vendor::Cartrack, 10_000, 30_500),
        (Vendor::EzToTrack, 10_000, 15_500),
    ] {
        let gaps = gaps_ms.get_mut(&vendor).unwrap();
        gaps.sort_unstable();
        let (tenth, ninetieth) = (gaps[gaps.len() / 10], gaps[gaps.len() * 9 / 10]);
        assert!(
            least_ms <= tenth && ninetieth <= greatest_ms,
            "{vendor:?}: {tenth} {ninetieth}"
        );
    }
}

#[test]
fn a_rate_makes_every_streamed_device_report_at_it() {
    // Slower than a vehicle's step, quicker, no multiple of a tick, and one in each tick.
    for (stream_ms, expected) in [(1_000, 10), (500, 20), (250, 40), (TICK_MS, 100)] {
        let mut world = World::new(1, 50, &[Vendor::MyCarTracks]);
        world.stream_ms = Some(stream_ms);
        world.advance(2_000);
        let installed = world
            .rows(Vendor::MyCarTracks)
            .iter()
            .filter(|r| r.report.is_some())
            .count();
        let mut counts: HashMap<String, u32> = HashMap::new();
        for told in world.advance(12_000) {
            *counts.entry(told.card.id.clone()).or_default() += 1;
        }
        assert_eq!(counts.len(), installed);
        let is_kept = counts.values().all(|count| *count == expected);
        assert!(is_kept, "{stream_ms} ms: {counts:?}");
    }
}

#[test]
fn between_two_steps_a_vehicle_goes_on_as_it_went() {
    let mut world = World::new(1, 50, &[Vendor::MyCarTracks]);
    world.stream_ms = Some(TICK_MS);
    let mut moved = 0;
    for told in world.advance(10_000) {
        let News::Report(report, Some(previous)) = told.news else {
            continue;
        };
        if report.fixed_ms - previous.fixed_ms != TICK_MS || report.speed_mps < 10.0 {
            continue;
        }
        let north_m = (report.lat_deg - previous.lat_deg) * city::M_PER_DEG;
        let shrink = report.lat_deg.to_radians().cos();
        let east_m = (report.lng_deg - previous.lng_deg) * city::M_PER_DEG * shrink;
        // A tenth of a second's way, somewhat more where it slows down, and a receiver's noise on
        // both ends; a leap from step to step would be five times that way.
        let greatest_m = report.speed_mps * 0.1 + 0.8 + 4.5 * 2_f64.sqrt();
        let way_m = north_m.hypot(east_m);
        assert!(
            way_m < greatest_m,
            "{}: {way_m} of {greatest_m} m",
            told.card.id
        );
        moved += 1;
    }
    assert!(100 < moved, "{moved}");
}

#[test]
fn a_phone_off_the_network_is_noticed_once_and_comes_back() {
    let mut world = World::new(1, 1, &[Vendor::MyCarTracks]);
    world.stream_ms = None;
    world.advance(1_000);
    assert!(world.lose(Vendor::MyCarTracks, "4711", 120_000));
    assert!(!world.lose(Vendor::MyCarTracks, "4712", 120_000));
    let told = world.advance(119_000);
    let [
        Told {
            news: News::Offline(seen_ms),
            ..
        },
    ] = told[..]
    else {
        panic!("{told:?}");
    };
    assert!(seen_ms <= 1_000);
    assert!(!world.advance(130_000).is_empty());
}

#[test]
fn without_a_fix_a_cartrack_unit_speaks_and_stands_still() {
    let mut world = world(1, 300);
    let told = world.advance(900_000);
    let reports = told.iter().filter_map(|told| match &told.news {
        News::Report(report, previous) => Some((&told.card, report, previous)),
        News::Offline(_) => None,
    });
    let blind: Vec<_> = reports.filter(|(_, report, _)| !report.has_gps).collect();
    assert!(!blind.is_empty());
    for (card, report, previous) in blind {
        assert_eq!(card.vendor, Vendor::Cartrack);
        assert_eq!(report.fixed_ms, previous.as_ref().unwrap().fixed_ms);
        assert!(report.fixed_ms < report.contact_ms);
    }
}

#[test]
fn the_smallest_worlds_show_one_of_each_kind() {
    let world = world(9, 5);
    let crews = world.vehicles().iter().map(|vehicle| {
        let vendors = vehicle.devices.iter().map(|device| device.card.vendor);
        vendors.collect::<Vec<_>>()
    });
    let (c, e, m) = (Vendor::Cartrack, Vendor::EzToTrack, Vendor::MyCarTracks);
    let expected = [vec![m], vec![c], vec![e], vec![c, m], vec![e, m]];
    assert_eq!(crews.collect::<Vec<_>>(), expected);
}
