//! `GET /api/v1/vehicles` over a hundred thousand vehicles, without the network: CPU time to
//! filter, sort and take a hundred. `cargo bench --bench search [-- VEHICLES]`.

#![expect(clippy::print_stdout, reason = "the result is for whoever runs it")]

#[expect(dead_code, reason = "each bench uses its part")]
mod common;
#[path = "common/world.rs"]
mod world;

use std::sync::Arc;

use common::{Noise, median, timed};
use fleetglass::domain::{Fact, SourceId, Vehicle, VehicleId};
use fleetglass::fleet::Changes;
use fleetglass::live::channel::ChannelSettings;
use fleetglass::live::hub::Hub;
use fleetglass::web::query::VehiclesQuery;
use world::World;

const N_ROUNDS: usize = 9;
/// CPU milliseconds for one answer.
const LIMIT_MS: f64 = 50.0;

fn main() {
    let mut numbers = std::env::args().filter_map(|arg| arg.parse().ok());
    let n_vehicles: usize = numbers.next().unwrap_or(100_000);
    let noise = Noise::start();
    let mut fleet = Fleet {
        world: World::new(n_vehicles),
        hub: Hub::new("bench", ChannelSettings::default()),
        n_rounds: 0,
    };
    fleet.round();
    let (_, first_ms) = timed(|| fleet.ask("limit=100"));
    fleet.welcome();
    let (_, next_ms) = timed(|| fleet.ask("limit=100"));
    println!(
        "{n_vehicles} vehicles; with the first sorting by id {first_ms:.1} ms, again after one more came {next_ms:.1} ms"
    );
    println!(
        "medians of {N_ROUNDS}, all vehicles having reported anew before each; limit {LIMIT_MS} ms:"
    );
    for query in [
        "q=truck 4711&limit=100",
        "q=ca 12&limit=100",
        "q=nothing of this name&limit=100",
        "limit=100",
        "sort=-name&limit=100",
        "sort=-fixed_at&limit=100",
        "sort=-speed&limit=100",
        "state=moving&limit=100",
        "bbox=18.3,-34.1,18.6,-33.8&limit=100",
        "bbox=18.3,-34.1,18.6,-33.8&sort=-speed&limit=10000",
    ] {
        fleet.report(query);
    }
    let times = 0..1_000;
    let ((), ms) = timed(|| times.for_each(|_| drop(fleet.hub.current())));
    println!("taking all of the fleet, under the lock: {ms:.2} us");
    println!("{}", noise.report());
}

struct Fleet {
    world: World,
    hub: Hub,
    n_rounds: usize,
}

impl Fleet {
    /// Everyone reports; gives what that took while nobody reads.
    fn round(&mut self) {
        self.n_rounds += 1;
        self.world.second(|_| true);
        let round = self.n_rounds;
        let vehicles = self.world.vehicles().enumerate();
        let vehicles = vehicles.map(|(nth, vehicle)| Arc::new(furnished(vehicle, nth, round)));
        let changes = Changes {
            vehicles: vehicles.collect(),
            ..Changes::default()
        };
        self.hub.publish(&changes, self.world.now());
    }

    /// One more vehicle.
    fn welcome(&self) {
        let vehicle = self.world.vehicles().next().cloned();
        let newcomer = vehicle.map(|vehicle| Vehicle {
            id: VehicleId::new("reg:CA500000A"),
            ..vehicle
        });
        let changes = Changes {
            vehicles: newcomer.into_iter().map(Arc::new).collect(),
            ..Changes::default()
        };
        self.hub.publish(&changes, self.world.now());
    }

    fn ask(&self, query: &str) -> (usize, usize) {
        let wanted = understand(query);
        let all = self.hub.current().vehicles;
        let picked = wanted.pick(&all);
        (picked.entries.len(), picked.n_fitting)
    }

    fn report(&mut self, query: &str) {
        let mut found = (0, 0);
        let mut each = Vec::new();
        for _ in 0..N_ROUNDS {
            self.round();
            let (answer, ms) = timed(|| self.ask(query));
            found = answer;
            each.push(ms);
        }
        let ms = median(each);
        let verdict = if ms <= LIMIT_MS { "held" } else { "MISSED" };
        println!(
            "  {ms:6.1} ms  {verdict}  {query}: {} of {}",
            found.0, found.1
        );
    }
}

/// With the words that real vehicles have beside their names; most addresses change all the time.
fn furnished(vehicle: &Vehicle, nth: usize, round: usize) -> Vehicle {
    let at = vehicle.motion.since;
    let source = SourceId::new("cartrack-za");
    let fact = |value: String| Fact {
        value: value.into(),
        at,
        source: source.clone(),
    };
    Vehicle {
        driver: Some(fact(format!("Thandi Nkosi {}", nth % 9_000))),
        address: Some(fact(format!(
            "{} Jan Smuts Avenue, Rosebank, Johannesburg",
            (nth * 7 + round * 13) % 400
        ))),
        ..vehicle.clone()
    }
}

fn understand(query: &str) -> fleetglass::web::pick::Wanted {
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_owned())
    };
    let query = VehiclesQuery {
        q: value("q"),
        bbox: value("bbox"),
        state: value("state"),
        sort: value("sort"),
        limit: value("limit"),
        ..VehiclesQuery::default()
    };
    query.understand(fleetglass::clock::now()).expect("a query")
}
