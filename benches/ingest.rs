//! What a poll answer of 10,000 vehicles costs, from its bytes to the fleet, and for how long at
//! a time it holds up the writer and with it the tick.
//!
//! `cargo bench --bench ingest [-- VEHICLES]`.

#![expect(clippy::print_stdout, reason = "the result is for whoever runs it")]

#[expect(dead_code, reason = "each bench uses its part")]
mod common;

use std::fmt::Write as _;
use std::time::Duration;

use fleetglass::config::source::FieldMap;
use fleetglass::domain::{Mode, Observation, Report, Said, SourceId};
use fleetglass::fleet::{Changes, Fleet, FleetSettings, SourceIntro};
use fleetglass::source::cartrack::convert;
use fleetglass::source::decode::Dialect;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// CPU time that decoding and merging one answer may take; the tick after it is told beside.
const LIMIT_MS: f64 = 80.0;
/// How long the writer may be held at a time.
const PIECE_LIMIT_MS: f64 = 5.0;
const N_RUNS: i64 = 12;
const N_FLEETS: usize = 5;
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
    // Each vehicle's first record makes it; that happens once in a fleet. Each of these fleets stays,
    // or the next one would find its memory ready.
    let body = answer(n_vehicles, start_at);
    let first = |_| {
        let mut fleet = fleet(&dialect.source, start_at);
        (take(&mut fleet, &dialect, &body, start_at), fleet)
    };
    let (firsts, mut fleets): (Vec<_>, Vec<_>) = (0..N_FLEETS).map(first).unzip();
    Cost::least(&firsts).print("first answer, once");
    let mut costs = Vec::new();
    for run in 1..N_RUNS {
        let now = start_at + SignedDuration::from_secs(15 * run);
        let body = answer(n_vehicles, now);
        costs.push(take(&mut fleets[0], &dialect, &body, now));
    }
    Cost::least(&costs).print("each further answer");
    println!("{}", noise.report());
}

/// What one answer costs.
struct Cost {
    decode: Duration,
    merge: Duration,
    tick: Duration,
    /// What the writer does before it can turn to something else, by the clock.
    pieces: Vec<Duration>,
}

impl Cost {
    /// The least of each: whatever is above it is the machine's noise.
    fn least(costs: &[Self]) -> Self {
        let least = |of: fn(&Self) -> Duration| costs.iter().map(of).min().unwrap_or_default();
        let n_pieces = costs.iter().map(|cost| cost.pieces.len()).min();
        let piece = |at: usize| costs.iter().map(|cost| cost.pieces[at]).min();
        Self {
            decode: least(|cost| cost.decode),
            merge: least(|cost| cost.merge),
            tick: least(|cost| cost.tick),
            pieces: (0..n_pieces.unwrap_or_default())
                .filter_map(piece)
                .collect(),
        }
    }

    fn print(&self, what: &str) {
        let ms = |duration: Duration| 1e3 * duration.as_secs_f64();
        let all = ms(self.decode + self.merge);
        let longest = ms(self.pieces.iter().max().copied().unwrap_or_default());
        println!(
            "{what}: {:.2} of the limit of {LIMIT_MS} ms; longest piece of the writer {:.2} of \
             {PIECE_LIMIT_MS} ms",
            all / LIMIT_MS,
            longest / PIECE_LIMIT_MS,
        );
        println!(
            "  {all:.1} ms: decode {:.1} ms, merge {:.1} ms; then a tick of all {:.1} ms; longest \
             of {} pieces {longest:.2} ms",
            ms(self.decode),
            ms(self.merge),
            ms(self.tick),
            self.pieces.len(),
        );
    }
}

fn take(fleet: &mut Fleet, dialect: &Dialect, body: &[u8], now: Timestamp) -> Cost {
    let mut watch = common::Watch::start();
    let rows = convert::status(dialect, body, now).map_or_else(|_| Vec::new(), |list| list.rows);
    let decode = watch.lap();
    let mut pieces = Vec::new();
    let mut rows = rows.into_iter();
    while 0 < rows.len() {
        let batch: Vec<Observation> = rows.by_ref().take(BATCH).collect();
        fleet.hear(report(&dialect.source, Said::Observed(batch), now));
        while by_the_clock(&mut pieces, || fleet.work(now)) {}
    }
    let merge = watch.lap();
    by_the_clock(&mut pieces, || {
        fleet.age(now);
        fleet.take_doubtful_plates()
    });
    let mut changes = Changes::default();
    while by_the_clock(&mut pieces, || fleet.gather(&mut changes)) {}
    by_the_clock(&mut pieces, || fleet.complete(&mut changes, now));
    drop(changes);
    Cost {
        decode,
        merge,
        tick: watch.lap(),
        pieces,
    }
}

fn by_the_clock<T>(pieces: &mut Vec<Duration>, piece: impl FnOnce() -> T) -> T {
    let started_at = Instant::now();
    let done = piece();
    pieces.push(started_at.elapsed());
    done
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
    // The vendor sends no lines.
    body.lines()
        .flat_map(|line| line.trim_start().bytes())
        .collect()
}
