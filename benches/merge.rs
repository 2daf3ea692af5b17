//! What the fleet costs: many vehicles that each report once a second, and a fleet that is silent.
//!
//! Time is simulated, so that the result is the share of a core that a real second would take,
//! whatever else the machine does. `cargo bench --bench merge [-- VEHICLES [SECONDS]]`.

#![expect(clippy::print_stdout, reason = "the result is for whoever runs it")]

#[expect(dead_code, reason = "each bench uses its part")]
mod common;

use std::sync::Arc;
use std::time::Duration;

use fleetglass::domain::{
    DeviceKey, Facts, Label, Mode, Observation, Origin, Reading, Report, Said, SourceId,
};
use fleetglass::fleet::{Fleet, FleetSettings, SourceIntro};
use jiff::{SignedDuration, Timestamp};

const TICKS_PER_S: usize = 4;
const BATCH: usize = 500;
/// A core's share that 100,000 observations a second may take.
const LIMIT: f64 = 0.5;
/// A vehicle that nobody spoke of should cost next to nothing: 100,000 of them this much.
const SILENT_LIMIT: f64 = 0.01;

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let n_vehicles = numbers.first().copied().unwrap_or(100_000);
    let n_seconds = numbers.get(1).copied().unwrap_or(8);
    let noise = common::Noise::start();
    for n_vehicles in [n_vehicles, n_vehicles / 10] {
        let mut trial = Trial::new(n_vehicles);
        // The first second makes the vehicles, which happens once.
        trial.second(true);
        let reporting = trial.run(n_seconds, true);
        let silent = trial.run(n_seconds, false);
        reporting.print(&format!("{n_vehicles} vehicles at 1 Hz"), n_vehicles, LIMIT);
        silent.print(
            &format!("{n_vehicles} vehicles, silent"),
            n_vehicles,
            SILENT_LIMIT,
        );
    }
    println!("{}", noise.report());
}

/// CPU time of some simulated seconds.
#[derive(Default)]
struct Cost {
    n_seconds: usize,
    observe: Duration,
    age: Duration,
    changes: Duration,
    longest_tick: Duration,
    n_changed: usize,
}

impl Cost {
    fn print(&self, what: &str, n_vehicles: usize, limit: f64) {
        let per_s = |cost: Duration| cost.as_secs_f64() / count(self.n_seconds);
        let core = per_s(self.observe + self.age + self.changes);
        // The limits are those of 100,000 vehicles.
        let limit = limit * count(n_vehicles) / 100_000.0;
        println!(
            "{what}: {:.2} of the limit ({core:.4} of a core, limit {limit:.4})",
            core / limit
        );
        println!(
            "  a second: observe {:.1} ms, age {:.1} ms, changes {:.1} ms; {} changed; \
             longest tick {:.1} ms",
            1e3 * per_s(self.observe),
            1e3 * per_s(self.age),
            1e3 * per_s(self.changes),
            self.n_changed / self.n_seconds,
            1e3 * self.longest_tick.as_secs_f64(),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn count(n: usize) -> f64 {
    n as f64
}

struct Trial {
    fleet: Fleet,
    source: SourceId,
    names: Vec<String>,
    now: Timestamp,
    n_ticks: usize,
}

impl Trial {
    fn new(n_vehicles: usize) -> Self {
        let source = SourceId::new("cartrack-za");
        let now = Timestamp::from_second(1_800_000_000).unwrap_or_default();
        let intro = SourceIntro {
            id: source.clone(),
            kind: "cartrack",
            mode: Mode::Poll,
            interval: SignedDuration::from_secs(15),
            sandbox: false,
        };
        let mut fleet = Fleet::new(FleetSettings::default(), vec![intro], now);
        fleet.observe(report(&source, Said::Listed(None), now), now);
        Self {
            fleet,
            source,
            names: (0..n_vehicles).map(|n| format!("70{n:07}")).collect(),
            now,
            n_ticks: 0,
        }
    }

    fn run(&mut self, n_seconds: usize, do_report: bool) -> Cost {
        let mut cost = Cost::default();
        for _ in 0..n_seconds {
            let second = self.second(do_report);
            cost.n_seconds += 1;
            cost.observe += second.observe;
            cost.age += second.age;
            cost.changes += second.changes;
            cost.longest_tick = cost.longest_tick.max(second.longest_tick);
            cost.n_changed += second.n_changed;
        }
        cost
    }

    fn second(&mut self, do_report: bool) -> Cost {
        let mut cost = Cost::default();
        for quarter in 0..TICKS_PER_S {
            self.n_ticks += 1;
            self.now += SignedDuration::from_millis(250);
            // What the sources would have made of their vendors' answers is no cost of the fleet.
            let reports = if do_report {
                self.reports(quarter)
            } else {
                Vec::new()
            };
            let mut watch = common::Watch::start();
            for report in reports {
                self.fleet.observe(report, self.now);
            }
            cost.observe += watch.lap();
            self.fleet.age(self.now);
            let _ = self.fleet.take_doubtful_plates();
            let age = watch.lap();
            let changes = self.fleet.take_changes(self.now);
            cost.n_changed += changes.vehicles.len();
            drop(changes);
            let changes = watch.lap();
            cost.age += age;
            cost.changes += changes;
            cost.longest_tick = cost.longest_tick.max(age + changes);
        }
        cost
    }

    /// A quarter of the vehicles, each with a new place.
    fn reports(&self, quarter: usize) -> Vec<Report> {
        let quarter: Vec<_> = self
            .names
            .iter()
            .skip(quarter)
            .step_by(TICKS_PER_S)
            .collect();
        quarter
            .chunks(BATCH)
            .map(|names| {
                let records = names.iter().map(|name| self.record(name)).collect();
                report(&self.source, Said::Observed(records), self.now)
            })
            .collect()
    }

    /// A record as a decoder makes it: with texts of its own.
    fn record(&self, name: &str) -> Observation {
        let registration: Arc<str> = format!("KL {} GP", &name[2..]).into();
        let moved = count(self.n_ticks) * 1e-4;
        Observation {
            device: DeviceKey::new(self.source.clone(), name),
            received_at: self.now,
            origin: Origin::Poll,
            reading: Some(Reading {
                heading_deg: Some(90.0),
                speed_mps: Some(17.5),
                altitude_m: Some(1_502.0),
                vendor_at: Some(self.now - SignedDuration::from_millis(200)),
                ..Reading::at(-26.2 + moved, 28.0)
            }),
            contact_at: None,
            label: Label {
                name: Some(Arc::clone(&registration)),
                registration: Some(registration),
                groups: Vec::new(),
            },
            facts: Facts {
                ignition: Some(true),
                odometer_m: Some(81_234_500.0 + count(self.n_ticks)),
                address: Some("Example Rd, Sandton, Gauteng, South Africa".into()),
                battery_pct: Some(97.0),
                ..Facts::default()
            },
        }
    }
}

fn report(source: &SourceId, said: Said, now: Timestamp) -> Report {
    Report {
        source: source.clone(),
        at: now,
        said,
    }
}
