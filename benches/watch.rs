//! What looking for alarms costs: ten thousand vehicles that each report once a second, against a
//! thousand places and rules of each kind. `cargo bench --bench watch`.
//!
//! A place is a circle or a shape with twelve corners, a few hundred metres wide, near a vehicle, so
//! that they lie as depots and customers do: where the fleet is.

#![expect(clippy::print_stdout, reason = "the result is for whoever runs it")]

#[expect(dead_code, reason = "each bench uses its part")]
mod common;
#[path = "common/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use common::{Noise, median, timed};
use fleetglass::alarm::Watch;
use fleetglass::domain::Vehicle;
use fleetglass::domain::order::{Orders, Place, Rule, RuleKind, Severity, Shape, Whom};
use jiff::SignedDuration;
use world::World;

const N_VEHICLES: usize = 10_000;
const N_PLACES: usize = 1_000;
const N_SECONDS: usize = 15;
/// A core's share that ten thousand observations a second may take.
const LIMIT: f64 = 0.05;

fn main() {
    let noise = Noise::start();
    let mut world = World::new(N_VEHICLES);
    let orders = Arc::new(orders(&world));
    let mut watch = Watch::new([], 1, Arc::clone(&orders));
    let ((), first_ms) = timed(|| watch.observe(&told(&world), world.now()));
    let seconds = (0..N_SECONDS).map(|_| {
        world.second(|_| true);
        let told = told(&world);
        let look = || {
            watch.observe(&told, world.now());
            watch.tick(world.now());
        };
        timed(look).1
    });
    let second_ms = median(seconds.collect());
    let n_open = watch.open().count();
    let ((), order_ms) = timed(|| watch.order(orders, world.now()));
    let core = Duration::from_secs_f64(second_ms / 1e3).as_secs_f64();
    println!(
        "{N_VEHICLES} vehicles at 1 Hz, {N_PLACES} places: {:.2} of the limit ({core:.4} of a core, limit {LIMIT})",
        core / LIMIT
    );
    println!(
        "  a second {second_ms:.1} ms, the first {first_ms:.1} ms, new orders {order_ms:.1} ms; {n_open} alarms are open"
    );
    println!("{}", noise.report());
}

fn told(world: &World) -> Vec<Arc<Vehicle>> {
    world.vehicles().cloned().map(Arc::new).collect()
}

fn orders(world: &World) -> Orders {
    let positions = world
        .vehicles()
        .filter_map(|vehicle| vehicle.position.as_ref());
    let places: Vec<Place> = positions
        .step_by(N_VEHICLES / N_PLACES)
        .enumerate()
        .map(|(n, position)| place(n, position.lat_deg, position.lng_deg))
        .collect();
    let all: BTreeSet<_> = places.iter().map(|place| Arc::clone(&place.id)).collect();
    let kinds = [
        RuleKind::Speeding {
            over_mps: 33.0,
            for_at_least: SignedDuration::from_secs(10),
        },
        RuleKind::Idling {
            for_at_least: SignedDuration::from_mins(10),
        },
        RuleKind::StoppedReporting,
        RuleKind::Panic,
        RuleKind::Entering {
            places: all.clone(),
        },
        RuleKind::Leaving { places: all },
    ];
    let rules = kinds.into_iter().enumerate().map(|(n, kind)| rule(n, kind));
    Orders {
        places: places
            .into_iter()
            .map(|place| (Arc::clone(&place.id), Arc::new(place)))
            .collect(),
        rules: rules
            .map(|rule| (Arc::clone(&rule.id), Arc::new(rule)))
            .collect(),
        ..Orders::default()
    }
}

fn place(n: usize, lat_deg: f64, lng_deg: f64) -> Place {
    let shape = if n.is_multiple_of(2) {
        Shape::Circle {
            lat_deg,
            lng_deg,
            radius_m: 300.0,
        }
    } else {
        let corner = |n: u32| {
            let (sin, cos) = (f64::from(n % 12) * std::f64::consts::TAU / 12.0).sin_cos();
            (lng_deg + 0.003 * sin, lat_deg + 0.003 * cos)
        };
        Shape::Polygon {
            rings: vec![(0..=12).map(corner).collect()],
        }
    };
    let name: Arc<str> = format!("place-{n}").into();
    Place {
        id: Arc::clone(&name),
        name,
        shape,
        groups: BTreeSet::new(),
    }
}

fn rule(n: usize, kind: RuleKind) -> Rule {
    let name: Arc<str> = format!("rule-{n}").into();
    Rule {
        id: Arc::clone(&name),
        name,
        kind,
        severity: Severity::Notice,
        is_enabled: true,
        whom: Whom::default(),
        quiet: None,
        repeat_after: None,
        webhooks: BTreeSet::new(),
    }
}
