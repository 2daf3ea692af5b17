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
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleetglass::domain::{DeviceKey, Mode, Position, Reading, SourceId, Vehicle};
use fleetglass::fleet::fix::Raw;
use fleetglass::fleet::interval::Gaps;
use fleetglass::fleet::memory::Remembered;
use fleetglass::fleet::{Changes, Fix, Fleet, FleetSettings, SourceIntro};
use fleetglass::history::{History, HistorySettings};
use hdrhistogram::Histogram;
use jiff::{SignedDuration, Timestamp};
use metrics::{HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tokio::time::Instant;
use world::World;

const N_VEHICLES: usize = 10_000;
const FEW_S: i64 = 3_000;
const ALL_S: i64 = 600;
const COMMIT: &str = "fleetglass_history_commit_seconds";
fn main() {
    let commits = Commits::install();
    let noise = common::Noise::start();
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new(N_VEHICLES);
    let history = open(dir.path(), world.now()).0;
    let mut run = Run::default();
    for _ in 0..FEW_S {
        run.second(&mut world, &history, |number| number % 50 == 0);
    }
    let disk = disk_ms(dir.path());
    let before = written_bytes();
    commits.forget();
    run = Run::default();
    for _ in 0..ALL_S {
        run.second(&mut world, &history, |_| true);
    }
    let n_all = run.n_positions;
    let written = written_bytes().saturating_sub(before);
    commits.report();
    println!(
        "  the disk alone, as many bytes appended and synced: p50 {:.2}, p99 {:.2} ms",
        disk[0], disk[1]
    );
    let mb = ratio(written, 1_000_000) / ratio(n_all, 10_000);
    line("written for 10,000 positions", mb, 1.0, "MB");
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
        history.record(&mut changes, world.now() + SignedDuration::from_millis(100));
        // A request is seen to after what came before it.
        history
            .append_filled(&nobody, Vec::new())
            .expect("it lives");
    }
}

/// What the disk takes to have a commit's bytes, at half of the times and at 99 of 100.
fn disk_ms(dir: &Path) -> [f64; 2] {
    let path = dir.join("floor");
    let mut file = fs::File::create(&path).expect("a file");
    let bytes = vec![0x5a; 500_000];
    let mut took_us: Histogram<u64> = Histogram::new(3).expect("three digits");
    for _ in 0..200 {
        let started_at = Instant::now();
        file.write_all(&bytes).expect("room");
        file.sync_data().expect("a disk");
        took_us += micros(started_at.elapsed());
    }
    fs::remove_file(path).expect("it is ours");
    [50.0, 99.0].map(|percent| ratio(took_us.value_at_percentile(percent), 1_000))
}

fn trails(history: &History, world: &World) {
    let (from, to) = (world.now() - SignedDuration::from_hours(1), world.now());
    let reporting = world.vehicles().step_by(50).take(100);
    let mut n_points = 0;
    let mut answers = Answers::default();
    for vehicle in reporting {
        let devices = [vehicle.devices[0].device.clone()];
        n_points = answers.time(|| history.trail(&devices, from, to).expect("a trail").len());
    }
    answers.report("trail of an hour at 1 Hz", 2.0);
    println!("  {n_points} points");
}

fn pictures(history: &History, world: &World) {
    let mut n_vehicles = 0;
    let mut answers = Answers::default();
    for n in 0..20 {
        let at = world.now() - SignedDuration::from_secs(27 * n + 13);
        n_vehicles = answers.time(|| {
            let shown = history.at(at).expect("an answer");
            shown.expect("a picture").len()
        });
    }
    answers.report("all vehicles at a time", 250.0);
    println!("  {n_vehicles} vehicles");
}

/// How long answers took: by the wall, and on a CPU.
#[derive(Default)]
struct Answers {
    wall_ms: Vec<f64>,
    cpu_ms: Vec<f64>,
}

impl Answers {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started_at = Instant::now();
        let (answer, cpu_ms) = common::timed(work);
        self.wall_ms.push(ms(started_at.elapsed()));
        self.cpu_ms.push(cpu_ms);
        answer
    }

    fn report(self, what: &str, limit_ms: f64) {
        let (wall_ms, cpu_ms) = (common::median(self.wall_ms), common::median(self.cpu_ms));
        line(&format!("{what}, p50"), wall_ms, limit_ms, "ms");
        println!("  {cpu_ms:.2} ms on a CPU");
    }
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
    let (started_at, cpu_before) = (Instant::now(), common::process_cpu());
    let (history, remembered) = open(copy.path(), world.now());
    let n_devices = remembered.len();
    let mut fleet = Fleet::new(FleetSettings::default(), vec![intro], world.now());
    fleet.restore(remembered, world.now());
    let n_shown = fleet.take_changes(world.now()).vehicles.len();
    let took_s = started_at.elapsed().as_secs_f64();
    let cpu_s = common::process_cpu()
        .saturating_sub(cpu_before)
        .as_secs_f64();
    line("restart after a crash", took_s, 1.0, "s");
    println!("  {cpu_s:.2} s on a CPU; {n_devices} devices, {n_shown} vehicles");
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
        fix: Some(fix.clone()),
        position: Some(fix.clone()),
        raw: Some(Raw::of(&fix.reading)),
        contact_at: Some(fix.received_at),
        gaps: Gaps {
            on_the_move_s: vec![1; 50],
            at_rest_s: Vec::new(),
        },
        ..Remembered::nothing_of(key.clone())
    }
}

/// What commits took, as the server itself measures it: whoever records it is the thread that
/// writes, so what that spent on a CPU can be asked there.
#[derive(Clone)]
struct Commits(Arc<Mutex<Took>>);

struct Took {
    wall_us: Histogram<u64>,
    /// From commit to commit: with what a second takes beside its commit.
    cpu_us: Histogram<u64>,
    cpu_before: Duration,
}

impl Commits {
    fn install() -> Self {
        let histogram = || Histogram::new(3).expect("three digits");
        let commits = Self(Arc::new(Mutex::new(Took {
            wall_us: histogram(),
            cpu_us: histogram(),
            cpu_before: Duration::ZERO,
        })));
        assert!(metrics::set_global_recorder(commits.clone()).is_ok());
        commits
    }

    fn took<T>(&self, ask: impl FnOnce(&mut Took) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn forget(&self) {
        self.took(|took| {
            took.wall_us.reset();
            took.cpu_us.reset();
        });
    }

    fn report(&self) {
        self.took(|took| {
            for (percent, limit_ms) in [(50.0, 5.0), (99.0, 80.0)] {
                let at = |us: &Histogram<u64>| ratio(us.value_at_percentile(percent), 1_000);
                let what = format!("commit of 10,000 positions, p{percent}");
                line(&what, at(&took.wall_us), limit_ms, "ms");
                println!("  {:.2} ms on a CPU, with taking in", at(&took.cpu_us));
            }
            println!("  {} commits", took.wall_us.len());
        });
    }
}

impl HistogramFn for Commits {
    fn record(&self, took_s: f64) {
        let cpu = common::thread_cpu();
        self.took(|took| {
            let cpu_of_it = cpu.saturating_sub(std::mem::replace(&mut took.cpu_before, cpu));
            took.wall_us += micros(Duration::from_secs_f64(took_s));
            took.cpu_us += micros(cpu_of_it);
        });
    }
}

impl Recorder for Commits {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> metrics::Counter {
        metrics::Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        if key.name() == COMMIT {
            metrics::Histogram::from_arc(Arc::new(self.clone()))
        } else {
            metrics::Histogram::noop()
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
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
