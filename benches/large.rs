//! A large fleet seen by parts: bytes and CPU time for a viewer of one city, against a whole fleet
//! of that city's size, and against all. `cargo bench --bench large [-- VEHICLES]`.
//!
//! The hub and its viewers without their sockets. Every vehicle reports once a second, a quarter of
//! them in each tick; those that are parked stay where they are. What a tick costs more than in a
//! hub that nobody looks at is what its viewers cost.

#![expect(clippy::print_stdout, reason = "the result is for whoever runs it")]

#[expect(dead_code, reason = "each bench uses its part")]
mod common;
#[path = "common/world.rs"]
mod world;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use common::{Noise, median, timed};
use fleetglass::domain::Vehicle;
use fleetglass::fleet::Changes;
use fleetglass::live::bin::{Row, Tile};
use fleetglass::live::channel::ChannelSettings;
use fleetglass::live::hub::Hub;
use fleetglass::live::viewer::sight::Sight;
use fleetglass::live::viewer::{Dialect, Introduction, Moment, Viewer, ViewerSettings};
use jiff::Timestamp;
use tokio::time::Instant;
use world::World;

const TICKS_PER_S: usize = 4;
const N_SECONDS: usize = 10;
/// What a city's tiles may cost, by what a fleet of that size would.
const LIMIT: f64 = 1.5;
/// Milliseconds from a `view` to what is new in it, without the network: a tick, of the two that
/// it may take with all.
const PAN_LIMIT_MS: f64 = 250.0;
const N_PANS: usize = 24;
const N_CROWD: usize = 200;
/// West, south, east, north of Cape Town.
const CITY: Sight = Sight {
    bounds: [18.15, -34.2, 18.7, -33.65],
    zoom: 10.4,
};

fn main() {
    let mut numbers = std::env::args().filter_map(|arg| arg.parse().ok());
    let n_vehicles: usize = numbers.next().unwrap_or(100_000);
    let noise = Noise::start();
    let tiles = CITY.tiles();
    let all = |_: &Vehicle| true;
    let is_inside = |vehicle: &Vehicle| {
        let row = Row::of(vehicle);
        tiles.iter().any(|tile| tile.holds(&row))
    };

    let city = Scene::run(n_vehicles, all, &[Some(CITY)]);
    let same = Scene::run(n_vehicles, is_inside, &[None]);
    let whole = Scene::run(n_vehicles, all, &[None]);
    let crowd: Vec<Option<Sight>> = (0..N_CROWD).map(|nth| Some(place(nth))).collect();
    let crowd = Scene::run(n_vehicles, all, &crowd);

    println!(
        "a tick of {n_vehicles} vehicles, for nobody: {:.1} ms",
        city.bare_ms
    );
    println!("viewers                       vehicles  KB a tick  ms a tick  KB at first");
    city.print(&format!("one city, {} tiles", tiles.len()));
    same.print("as many, a whole fleet");
    whole.print("the whole country");
    crowd.print(&format!("{N_CROWD} of as many places"));
    limit(
        "bytes, city to whole fleet of its size",
        city.tick_kb / same.tick_kb,
    );
    limit(
        "CPU, city to whole fleet of its size",
        city.tick_ms / same.tick_ms,
    );
    pan(n_vehicles);
    println!("{}", noise.report());
}

/// A place of the size of some suburbs, another for each number, around the eight cities.
fn place(nth: usize) -> Sight {
    let cities = [
        (28.05, -26.2),
        (28.23, -25.75),
        (18.42, -33.92),
        (31.02, -29.86),
    ];
    let (lng, lat) = cities[nth % cities.len()];
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let (right, up) = (
        (nth / 4 % 7) as f64 * 0.04 - 0.12,
        (nth / 28) as f64 * 0.03 - 0.1,
    );
    let (lng, lat) = (lng + right, lat + up);
    Sight {
        bounds: [lng - 0.06, lat - 0.03, lng + 0.06, lat + 0.03],
        zoom: 13.2,
    }
}

fn limit(what: &str, ratio: f64) {
    let verdict = if ratio <= LIMIT { "held" } else { "MISSED" };
    println!("{what}: {ratio:.2}, limit {LIMIT}: {verdict}");
}

/// What was measured with some viewers; medians.
struct Scene {
    n_shown: usize,
    first_kb: f64,
    tick_kb: f64,
    tick_ms: f64,
    bare_ms: f64,
}

impl Scene {
    fn run(n_vehicles: usize, is_in: impl Fn(&Vehicle) -> bool, sights: &[Option<Sight>]) -> Self {
        let mut fleet = Fleet::new(n_vehicles, is_in);
        let mut seats: Vec<Seat> = sights
            .iter()
            .map(|sight| Seat::new(&fleet, *sight))
            .collect();
        let first = seats.iter_mut().map(|seat| seat.take(&fleet)).sum();
        let (mut bytes, mut bare, mut more) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..N_SECONDS {
            fleet.second(|fleet, [bare_ms, seen_ms]| {
                let taken = || seats.iter_mut().map(|seat| seat.take(fleet)).sum();
                let (n, taken_ms): (usize, f64) = timed(taken);
                bytes.push(kilobytes(n));
                bare.push(bare_ms);
                more.push(seen_ms + taken_ms - bare_ms);
            });
        }
        Self {
            n_shown: sights.first().map_or(0, |sight| fleet.n_shown(*sight)),
            first_kb: kilobytes(first),
            tick_kb: median(bytes),
            tick_ms: median(more),
            bare_ms: median(bare),
        }
    }

    fn print(&self, what: &str) {
        println!(
            "  {what:<26} {:>9} {:>10.1} {:>10.2} {:>12.1}",
            self.n_shown, self.tick_kb, self.tick_ms, self.first_kb
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of messages")]
fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1e3
}

/// From city to city and about in them, a view each second.
fn pan(n_vehicles: usize) {
    let mut fleet = Fleet::new(n_vehicles, |_| true);
    let mut seat = Seat::new(&fleet, Some(place(0)));
    seat.take(&fleet);
    let (mut bytes, mut ms) = (Vec::new(), Vec::new());
    for nth in 1..=N_PANS {
        fleet.second(|fleet, _| {
            seat.take(fleet);
        });
        let [west, south, east, north] = place(nth).bounds;
        let said =
            format!(r#"{{"type":"view","bounds":[{west},{south},{east},{north}],"zoom":13.2}}"#);
        seat.viewer.heed(&said, seat.now(&fleet));
        let (n, took_ms) = timed(|| seat.take(&fleet));
        bytes.push(kilobytes(n));
        ms.push(took_ms);
    }
    let longest = ms.iter().copied().fold(0.0, f64::max);
    let verdict = if longest <= PAN_LIMIT_MS {
        "held"
    } else {
        "MISSED"
    };
    println!(
        "panning, from the view to all that is new: {:.2} ms, at most {longest:.2} ms, {:.1} KB; \
         limit {PAN_LIMIT_MS} ms: {verdict}",
        median(ms),
        median(bytes)
    );
}

/// A world, or a part of it, in a hub for the viewers and in another that nobody looks at.
struct Fleet<'a> {
    world: World,
    is_in: Box<dyn Fn(&Vehicle) -> bool + 'a>,
    hub: Arc<Hub>,
    bare: Hub,
    now: Timestamp,
    n_ticks: usize,
    /// What the hubs let go of, so that neither has to give it back to the allocator.
    kept: VecDeque<Changes>,
}

impl<'a> Fleet<'a> {
    fn new(n_vehicles: usize, is_in: impl Fn(&Vehicle) -> bool + 'a) -> Self {
        let world = World::new(n_vehicles);
        let hub = || Hub::new("bench", ChannelSettings::default());
        let mut fleet = Self {
            now: world.now(),
            world,
            is_in: Box::new(is_in),
            hub: Arc::new(hub()),
            bare: hub(),
            n_ticks: 0,
            kept: VecDeque::new(),
        };
        fleet.publish(|_| true);
        fleet
    }

    /// A second passes; `each` is called after each of its ticks with what publishing took for
    /// nobody and for the viewers.
    fn second(&mut self, mut each: impl FnMut(&Self, [f64; 2])) {
        self.world.second(|_| true);
        for tick in 0..TICKS_PER_S {
            self.now += Duration::from_millis(250);
            let ms = self.publish(|number| number % TICKS_PER_S == tick);
            each(self, ms);
        }
    }

    fn publish(&mut self, is_due: impl Fn(usize) -> bool) -> [f64; 2] {
        let due = self.world.vehicles().enumerate();
        let due = due.filter(|(number, vehicle)| is_due(*number) && (self.is_in)(vehicle));
        let changes = Changes {
            vehicles: due.map(|(_, vehicle)| Arc::new(vehicle.clone())).collect(),
            ..Changes::default()
        };
        let bare = || timed(|| self.bare.publish(&changes, self.now)).1;
        let seen = || timed(|| self.hub.publish(&changes, self.now)).1;
        // The second finds the caches warm: they take turns.
        let ms = if self.n_ticks.is_multiple_of(2) {
            let bare = bare();
            [bare, seen()]
        } else {
            let seen = seen();
            [bare(), seen]
        };
        self.n_ticks += 1;
        self.kept.push_back(changes);
        if 2 * TICKS_PER_S < self.kept.len() {
            self.kept.pop_front();
        }
        ms
    }

    /// How many vehicles a viewer gets one by one.
    fn n_shown(&self, sight: Option<Sight>) -> usize {
        let tiles = sight.map_or(vec![Tile::ROOT], |sight| sight.tiles());
        let slots = self.hub.slots();
        let is_shown = |row: &Row| tiles.iter().any(|tile| tile.holds(row));
        slots.iter().filter(|(_, slot)| is_shown(&slot.row)).count()
    }
}

/// A viewer whose line takes everything at once.
struct Seat {
    viewer: Viewer,
    began: Instant,
}

impl Seat {
    fn new(fleet: &Fleet<'_>, sight: Option<Sight>) -> Self {
        let who = Introduction {
            dialect: Some(Dialect::Bin),
            deflates: true,
            resume: None,
            sight,
        };
        let began = Instant::now();
        let now = Moment {
            instant: began,
            at: fleet.now,
        };
        let settings = ViewerSettings::default();
        Self {
            viewer: Viewer::new(Arc::clone(&fleet.hub), settings, who, now),
            began,
        }
    }

    fn now(&self, fleet: &Fleet<'_>) -> Moment {
        Moment {
            instant: self.began,
            at: fleet.now,
        }
    }

    /// Takes all there is for it; how many bytes that was.
    fn take(&mut self, fleet: &Fleet<'_>) -> usize {
        let now = self.now(fleet);
        let mut n_bytes = 0;
        loop {
            self.viewer.fill(now);
            if self.viewer.outbox().is_empty() {
                fleet.hub.make_keyframes(fleet.now);
                self.viewer.fill(now);
            }
            let n = self.viewer.outbox().len();
            if n == 0 {
                return n_bytes;
            }
            self.viewer.wrote(n);
            n_bytes += n;
        }
    }
}
