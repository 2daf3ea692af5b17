//! What a poll answer of 10,000 vehicles costs, from its bytes to the fleet, and for how long at
//! a time it holds up the writer and with it the tick.
//!
//! `cargo bench --bench ingest [-- VEHICLES]`.

#![expect(clippy::print_stdout, reason = "the result is for whoever runs it")]

mod common;

use std::fmt::Write as _;
use std::time::Duration;

use fleetglass::config::source::FieldMap;
use fleetglass::domain::{Mode, Observation, Report, Said, SourceId};
use fleetglass::fleet::{Fleet, FleetSettings, SourceIntro};
use fleetglass::source::cartrack::convert;
use fleetglass::source::decode::Dialect;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// CPU time that one answer may take in all, decoding and merging.
const LIMIT_MS: f64 = 80.0;
/// How long the writer may be held at a time.
const SLICE_LIMIT_MS: f64 = 5.0;
const N_RUNS: i64 = 12;
const BATCH: usize = 500;

fn main() {
    let asked = std::env::args().find_map(|arg| arg.parse().ok());
    let n_vehicles = asked.unwrap_or(10_000);
    let noise = common::Noise::start();
    let dialect = Dialect {
        source: SourceId::new("cartrack-za"),
        timezone: TimeZone::UTC,
        fields: FieldMap::default(),
        speed_unit: None,
    };
    let start_at = Timestamp::from_second(1_785_932_400).unwrap_or_default();
    let mut fleet = fleet(&dialect.source, start_at);
    let mut costs = Vec::new();
    for run in 0..N_RUNS {
        let now = start_at + SignedDuration::from_secs(15 * run);
        let body = answer(n_vehicles, now);
        costs.push(take(&mut fleet, &dialect, &body, now));
    }
    // Each vehicle's first record makes it; that happens once.
    let (first, rest) = (costs.remove(0), costs);
    // The least is the cost; whatever is above it is the machine's noise.
    let least = |of: fn(&Cost) -> Duration| rest.iter().map(of).min().unwrap_or_default();
    print(
        "first answer",
        first.decode,
        first.merge,
        first.longest_slice,
        first.tick,
    );
    print(
        "each further answer",
        least(|cost| cost.decode),
        least(|cost| cost.merge),
        least(|cost| cost.longest_slice),
        least(|cost| cost.tick),
    );
    println!("{}", noise.report());
}

fn print(what: &str, decode: Duration, merge: Duration, slice: Duration, tick: Duration) {
    let ms = |duration: Duration| 1e3 * duration.as_secs_f64();
    let all = ms(decode + merge + tick);
    println!(
        "{what}: {:.2} of the limit of {LIMIT_MS} ms; longest slice {:.2} of {SLICE_LIMIT_MS} ms",
        all / LIMIT_MS,
        ms(slice) / SLICE_LIMIT_MS,
    );
    println!(
        "  {all:.1} ms: decode {:.1} ms, merge {:.1} ms, tick {:.1} ms; longest slice {:.2} ms",
        ms(decode),
        ms(merge),
        ms(tick),
        ms(slice),
    );
}

struct Cost {
    decode: Duration,
    merge: Duration,
    longest_slice: Duration,
    tick: Duration,
}

fn take(fleet: &mut Fleet, dialect: &Dialect, body: &[u8], now: Timestamp) -> Cost {
    let start = common::thread_cpu();
    let rows = convert::status(dialect, body, now).map_or_else(|_| Vec::new(), |list| list.rows);
    let decoded = common::thread_cpu();
    let mut longest_slice = Duration::ZERO;
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<Observation> = rows.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        fleet.hear(report(&dialect.source, Said::Observed(batch), now));
        let mut is_behind = true;
        while is_behind {
            let slice_at = Instant::now();
            is_behind = fleet.work(now);
            longest_slice = longest_slice.max(slice_at.elapsed());
        }
    }
    let merged = common::thread_cpu();
    fleet.age(now);
    let _ = fleet.take_doubtful_plates();
    drop(fleet.take_changes(now));
    Cost {
        decode: decoded - start,
        merge: merged - decoded,
        longest_slice,
        tick: common::thread_cpu() - merged,
    }
}

fn fleet(source: &SourceId, now: Timestamp) -> Fleet {
    let intro = SourceIntro {
        id: source.clone(),
        kind: "cartrack",
        mode: Mode::Poll,
        interval: SignedDuration::from_secs(15),
        sandbox: false,
    };
    let mut fleet = Fleet::new(FleetSettings::default(), vec![intro], now);
    fleet.observe(report(source, Said::Listed(None), now), now);
    fleet
}

fn report(source: &SourceId, said: Said, now: Timestamp) -> Report {
    Report {
        source: source.clone(),
        at: now,
        said,
    }
}

/// The vendor's answer at `now`: each vehicle has moved since the one before.
fn answer(n_vehicles: usize, now: Timestamp) -> Vec<u8> {
    let time = now.strftime("%Y-%m-%d %H:%M:%S+00");
    let second = now.as_second();
    let mut body = String::from(r#"{ "data": ["#);
    for n in 0..n_vehicles {
        let comma = if n == 0 { "" } else { ", " };
        let moved = second % 1_000 + i64::try_from(n % 1_000).unwrap_or_default();
        let _ = write!(
            body,
            r#"{comma}{{ "vehicle_id": 70{n:07}, "registration": "KL {n:05} GP",
            "engine_type": "Combustion", "chassis_number": "ZZZAB12C3D{n:07}",
            "event_ts": "{time}", "bearing": 182, "speed": 63, "ignition": true, "idling": false,
            "odometer": {second}, "clock": 90211, "altitude": 1502, "rpm": 1450, "road_speed": 80,
            "vext": "13.800", "temp1": null, "temp2": null, "temp3": null, "temp4": null,
            "last_identification_tag_id": null, "io_panic": "LOW", "io_disarm": "LOW",
            "input_state": 0, "central_locking_status": null, "tcu_percentage": 97,
            "driver": {{ "driver_id": "8c1f3a52-0d3e-4c52-9a77-2f6b8f6d1e10",
                "first_name": "Thandi", "last_name": "Example", "id_number": null,
                "license_number": null, "driver_id_tag": null, "phone_number": null }},
            "fuel": {{ "updated": "{time}", "level": 61.5, "precentage_left": 44,
                "total_consumed": 12000 }},
            "electric": {{ "battery_percentage_left": null, "battery_ts": null,
                "charging_status": null, "charging_status_ts": null }},
            "location": {{ "updated": "{time}", "longitude": 28.{moved:04}61,
                "latitude": -26.{moved:04}76, "gps_fix_type": 3,
                "position_description": "Example Rd, Sandton, Gauteng, South Africa",
                "geofence_ids": [] }} }}"#
        );
    }
    body.push_str("] }");
    body.into_bytes()
}
