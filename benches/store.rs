//! What it costs to remember, and how fast the past is told: the memory alone, on a real disk.
//!
//! `cargo bench --bench store`. An hour of one report a second: of every 50th vehicle at first, of
//! all 10,000 in the last ten minutes.

#![expect(clippy::print_stdout, reason = "the result is for whoever runs it")]

#[expect(dead_code, reason = "each bench uses its part")]
mod common;
#[path = "common/world.rs"]
mod world;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fleetglass::domain::{DeviceKey, Label, Mode, Position, Reading, SourceId, Vehicle};
use fleetglass::fleet::device::TimedFacts;
use fleetglass::fleet::fix::Raw;
use fleetglass::fleet::interval::Gaps;
use fleetglass::fleet::memory::Remembered;
use fleetglass::fleet::motion::Progress;
use fleetglass::fleet::{Changes, Fix, Fleet, FleetSettings, SourceIntro};
use fleetglass::history::{History, HistorySettings};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;
use world::World;

const N_VEHICLES: usize = 10_000;
const FEW_S: i64 = 3_000;
const ALL_S: i64 = 600;
const COMMIT: &str = "fleetglass_history_commit_seconds";
const BUCKETS_MS: [f64; 16] = [
    1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 120.0, 200.0, 1_000.0,
];

fn main() {
    let metrics = recorder();
    let noise = common::Noise::start();
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new(N_VEHICLES);
    let history = open(dir.path(), world.now()).0;
    let mut run = Run::default();
    for _ in 0..FEW_S {
        run.second(&mut world, &history, |number| number % 50 == 0);
    }
    let (before, commits_before) = (written_bytes(), commits(&metrics));
    run = Run::default();
    for _ in 0..ALL_S {
        run.second(&mut world, &history, |_| true);
    }
    let n_all = run.n_positions;
    let written = written_bytes().saturating_sub(before);
    report_commits(&commits_before, &commits(&metrics));
    let mb = ratio(written, 1_000_000) / ratio(n_all, 10_000);
    line("written for 10,000 positions", mb, 1.0, "MB");
    let took_ms = common::median(run.digests_ms);
    println!("  taking in 10,000 positions: {took_ms:.1} ms p50, beside the commit");
    trails(&history, &world);
    pictures(&history, &world);
    restart(dir.path(), &world);
    history.close();
    let all: u64 = sizes(dir.path());
    let n_stored = n_all + u64::try_from(FEW_S).unwrap_or(0) * (N_VEHICLES as u64 / 50);
    line("stored for a position", ratio(all, n_stored), 20.0, "B");
    println!("{}", noise.report());
}

#[derive(Default)]
struct Run {
    n_positions: u64,
    digests_ms: Vec<f64>,
}

impl Run {
    fn second(&mut self, world: &mut World, history: &History, reports: fn(usize) -> bool) {
        world.second(reports);
        let told = world.vehicles().enumerate().filter(|(n, _)| reports(*n));
        let vehicles: Vec<Arc<Vehicle>> = told.map(|(_, v)| Arc::new(v.clone())).collect();
        self.n_positions += vehicles.len() as u64;
        let positions = vehicles.iter().filter_map(|v| v.position.as_ref());
        let fixes: Vec<_> = positions.map(|p| (p.device.clone(), fix(p))).collect();
        let remembered = if world.now().as_second() % 5 == 0 {
            fixes.iter().map(|(key, fix)| known(key, fix)).collect()
        } else {
            Vec::new()
        };
        let mut changes = Changes {
            vehicles,
            fixes,
            remembered,
            ..Changes::default()
        };
        let nobody = DeviceKey::new(SourceId::new("none"), "0");
        let started_at = Instant::now();
        history.record(&mut changes, world.now() + SignedDuration::from_millis(100));
        // A request is seen to after what came before it.
        history
            .append_filled(&nobody, Vec::new())
            .expect("it lives");
        self.digests_ms.push(ms(started_at.elapsed()));
    }
}

fn trails(history: &History, world: &World) {
    let (from, to) = (world.now() - SignedDuration::from_hours(1), world.now());
    let reporting = world.vehicles().step_by(50).take(100);
    let timed: Vec<(usize, f64)> = reporting
        .map(|vehicle| {
            let devices = [vehicle.devices[0].device.clone()];
            let trail = || history.trail(&devices, from, to).expect("a trail");
            let (trail, took_ms) = common::timed(trail);
            (trail.len(), took_ms)
        })
        .collect();
    let n_points = timed[0].0;
    let p50 = common::median(timed.into_iter().map(|(_, ms)| ms).collect());
    line("trail of an hour at 1 Hz, p50 of CPU time", p50, 2.0, "ms");
    println!("  {n_points} points");
}

fn pictures(history: &History, world: &World) {
    let mut n_vehicles = 0;
    let timed = (0..20).map(|n| {
        let at = world.now() - SignedDuration::from_secs(27 * n + 13);
        let (shown, took_ms) = common::timed(|| history.at(at).expect("an answer"));
        n_vehicles = shown.expect("a picture").len();
        took_ms
    });
    let p50 = common::median(timed.collect());
    line("all vehicles at a time, p50 of CPU time", p50, 250.0, "ms");
    println!("  {n_vehicles} vehicles");
}

/// From what a crash leaves to a fleet that is complete.
fn restart(dir: &Path, world: &World) {
    let copy = tempfile::tempdir().expect("a directory");
    for entry in dir.read_dir().expect("files").flatten() {
        fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("a copy");
    }
    let intro = SourceIntro {
        id: SourceId::new("cartrack-za"),
        kind: "cartrack",
        mode: Mode::Poll,
        interval: SignedDuration::from_secs(15),
        sandbox: false,
    };
    let started_at = Instant::now();
    let (history, remembered) = open(copy.path(), world.now());
    let n_devices = remembered.len();
    let mut fleet = Fleet::new(FleetSettings::default(), vec![intro], world.now());
    fleet.restore(remembered, world.now());
    let n_shown = fleet.take_changes(world.now()).vehicles.len();
    let took_s = started_at.elapsed().as_secs_f64();
    line("restart after a crash", took_s, 1.0, "s");
    println!("  {n_devices} devices, {n_shown} vehicles");
    history.close();
}

fn open(dir: &Path, now: Timestamp) -> (History, Vec<Remembered>) {
    let settings = HistorySettings {
        dir: Some(dir.to_owned()),
        ..HistorySettings::default()
    };
    History::open(settings, now).expect("a store")
}

fn fix(position: &Position) -> Fix {
    Fix {
        reading: Reading {
            heading_deg: position.heading_deg,
            speed_mps: position.speed_mps,
            ..Reading::at(position.lat_deg, position.lng_deg)
        },
        fixed_at: position.fixed_at,
        received_at: position.received_at,
        clock_ahead: false,
        no_fix_time: false,
        backfill: false,
    }
}

fn known(key: &DeviceKey, fix: &Fix) -> Remembered {
    Remembered {
        device: key.clone(),
        listed: None,
        seen: Label::default(),
        unlisted_since: None,
        fix: Some(fix.clone()),
        position: Some(fix.clone()),
        raw: Some(Raw::of(&fix.reading)),
        contact_at: Some(fix.received_at),
        offline_at: None,
        facts: TimedFacts::default(),
        motion: Progress::default(),
        gaps: Gaps {
            on_the_move_s: vec![1; 50],
            at_rest_s: Vec::new(),
        },
    }
}

fn recorder() -> PrometheusHandle {
    let seconds = BUCKETS_MS.map(|ms| ms / 1e3);
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(COMMIT.into()), &seconds)
        .and_then(PrometheusBuilder::install_recorder)
        .expect("a recorder")
}

/// How many commits took no longer than each of the buckets.
fn commits(metrics: &PrometheusHandle) -> Vec<u64> {
    let text = metrics.render();
    let head = format!("{COMMIT}_bucket");
    let lines = text.lines().filter(|line| line.starts_with(&head));
    lines
        .filter_map(|line| line.split_whitespace().last()?.parse().ok())
        .collect()
}

fn report_commits(before: &[u64], after: &[u64]) {
    let counts: Vec<u64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
    let all = counts.last().copied().unwrap_or_default();
    for (percent, limit_ms) in [(50, 5.0), (99, 80.0)] {
        let at = counts.iter().position(|n| all * percent <= n * 100);
        let took_ms = at
            .and_then(|at| BUCKETS_MS.get(at))
            .unwrap_or(&f64::INFINITY);
        line(
            &format!("commit of 10,000 positions, p{percent} at most"),
            *took_ms,
            limit_ms,
            "ms",
        );
    }
    println!("  {all} commits");
}

fn line(what: &str, value: f64, limit: f64, unit: &str) {
    println!(
        "{what}: {:.2} of the limit of {limit} {unit}",
        value / limit
    );
    println!("  {value:.2} {unit}");
}

fn ms(duration: Duration) -> f64 {
    1e3 * duration.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// What this process has had written to disks.
fn written_bytes() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok())
        .unwrap_or_default()
}

fn sizes(dir: &Path) -> u64 {
    let entries = dir.read_dir().expect("files").flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .map(|file| file.len())
        .sum()
}
