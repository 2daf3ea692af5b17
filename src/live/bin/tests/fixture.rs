//! The fixture that decoders in other languages are tested with.
//!
//! `tests/fixtures/bin/sequence.json` is
//! `{"views":[{"name":"fleet"|"tiles","messages":[..]}]}`. Each view begins with nothing held; its
//! messages come in order, each `{"hex","gives","expect"?}`:
//!
//! - `hex`: the bytes.
//! - `gives`: what a decoder makes of it: `keyframe`, `differences`, `dictionary`, `already`
//!   (ignored: had before), `gap` (ignored: a keyframe is needed, and follows).
//! - `expect`, with each tenth message or so and the last: what is held after it,
//!   `{"tiles":{"z/x/y":{"seq":N,"rows":[[index,x,y,heading,speed,state,flags,expected,fixed_s],..]}},"ids":{"index":"id"}}`,
//!   rows sorted by index; `ids` are those of the held rows. It stands only where all messages of
//!   a tick have been told, so that no vehicle is in two tiles.
//!
//! The view `tiles` is of two tiles that meet, which vehicles cross in both directions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::super::{Applied, Picture, Tile};
use super::world::{Car, Place, Teller, state_of};
use crate::domain::{Flag, FreshnessState, MotionState};

const PATH: &str = "tests/fixtures/bin/sequence.json";
const REWRITE: &str = "FLEETGLASS_REWRITE_FIXTURES";
const N_VEHICLES: u32 = 50;
const MOTIONS: [MotionState; 3] = [
    MotionState::Moving,
    MotionState::Idling,
    MotionState::Parked,
];
const FRESHNESSES: [FreshnessState; 3] = [
    FreshnessState::Late,
    FreshnessState::Stale,
    FreshnessState::Offline,
];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "only this test knows of the variable"
)]
fn the_fixture_is_what_this_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PATH);
    let text = written();
    if std::env::var(REWRITE).is_ok() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{PATH} is not what the code makes; {REWRITE}=1 writes it anew"
    );
    assert!(text.len() < 150_000, "{} bytes", text.len());
}

fn written() -> String {
    let (west, east) = (Tile { z: 2, x: 1, y: 2 }, Tile { z: 2, x: 2, y: 2 });
    let views = [
        ("fleet", vec![Tile::ROOT], 33),
        ("tiles", vec![west, east], 22),
    ];
    let mut text = String::from("{\"views\":[");
    for (at, (name, tiles, n_ticks)) in views.into_iter().enumerate() {
        let messages: Vec<_> = Story::new(&tiles).told(n_ticks);
        let comma = if at == 0 { "" } else { "," };
        write!(text, "{comma}\n{{\"name\":\"{name}\",\"messages\":[").unwrap();
        for (at, message) in messages.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(text, "{comma}\n{message}").unwrap();
        }
        text.push_str("]}");
    }
    text.push_str("]}\n");
    text
}

/// One view: a fleet, those who tell of it, and what a viewer made of that.
struct Story {
    rng: ChaCha8Rng,
    cars: BTreeMap<u32, Car>,
    n_cars: u32,
    tellers: Vec<Teller>,
    picture: Picture,
    messages: Vec<Value>,
    since_expected: usize,
}

impl Story {
    fn new(tiles: &[Tile]) -> Self {
        let mut story = Self {
            rng: ChaCha8Rng::seed_from_u64(7),
            cars: BTreeMap::new(),
            n_cars: 0,
            tellers: tiles.iter().copied().map(Teller::new).collect(),
            picture: Picture::default(),
            messages: Vec::new(),
            since_expected: 0,
        };
        for index in 0..N_VEHICLES {
            let car = story.new_car();
            story.cars.insert(index, car);
        }
        story
    }

    fn told(mut self, n_ticks: u64) -> Vec<Value> {
        self.tell_whole(1, 0);
        for seq in 2..2 + n_ticks {
            let second = seq.cast_signed() - 1;
            let before = state_of(&self.cars);
            self.drive(second);
            let after = state_of(&self.cars);
            let mut messages = Vec::new();
            for teller in &mut self.tellers {
                messages.extend(teller.tick(seq, second, &before, &after));
            }
            if self.rng.random() {
                messages.reverse();
            }
            // One tick is lost: what follows is a gap, and all is told anew. Another comes twice.
            let n_times = match seq {
                12 => continue,
                17 => 2,
                _ => 1,
            };
            for message in std::iter::repeat_n(&messages, n_times).flatten() {
                self.tell(message);
            }
            if seq == 13 {
                self.tell_whole(seq, second);
            }
            self.expect(seq == 1 + n_ticks);
        }
        self.messages
    }

    fn tell_whole(&mut self, seq: u64, second: i64) {
        let state = state_of(&self.cars);
        for at in 0..self.tellers.len() {
            self.tellers[at].told = seq;
            for message in self.tellers[at].whole(seq, second, &state) {
                self.tell(&message);
            }
        }
        self.expect(true);
    }

    fn tell(&mut self, message: &[u8]) {
        let gives = match self.picture.apply(message).unwrap() {
            Applied::Keyframe => "keyframe",
            Applied::Differences => "differences",
            Applied::Dictionary => "dictionary",
            Applied::Already => "already",
            Applied::Gap { .. } => "gap",
        };
        let hex = message.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        self.messages.push(json!({"hex": hex, "gives": gives}));
        self.since_expected += 1;
    }

    fn expect(&mut self, is_due: bool) {
        if !is_due && self.since_expected < 10 {
            return;
        }
        let mut tiles = BTreeMap::new();
        let mut ids = BTreeMap::new();
        for (tile, held) in self.picture.tiles() {
            let rows = held.rows.iter().map(|(index, row)| {
                ids.insert(*index, &self.picture.entry(*index).unwrap().id);
                json!([
                    index,
                    row.x,
                    row.y,
                    row.heading,
                    row.speed,
                    row.state,
                    row.flags,
                    row.expected,
                    row.fixed_s
                ])
            });
            let rows = rows.collect::<Vec<_>>();
            let name = format!("{}/{}/{}", tile.z, tile.x, tile.y);
            tiles.insert(name, json!({"seq": held.seq, "rows": rows}));
        }
        let expected = json!({"tiles": tiles, "ids": ids});
        let last = self.messages.last_mut().unwrap();
        last["expect"] = expected;
        self.since_expected = 0;
    }

    fn new_car(&mut self) -> Car {
        let serial = self.n_cars;
        self.n_cars += 1;
        let is_somewhere = self.rng.random_bool(0.9);
        let place = is_somewhere.then(|| self.place(0));
        Car::new(serial, place)
    }

    /// Many near 0/0 in the south, where the two tiles meet; some at the date line, at the poles,
    /// or anywhere.
    fn place(&mut self, second: i64) -> Place {
        let (lat_deg, lng_deg) = match self.rng.random_range(0..10) {
            0 => (self.rng.random_range(-40.0..40.0), 179.9999),
            1 => (self.rng.random_range(84.9..90.0), 28.0),
            2 => (
                self.rng.random_range(-80.0..80.0),
                self.rng.random_range(-180.0..=180.0),
            ),
            _ => (
                self.rng.random_range(-40.0..-20.0),
                self.rng.random_range(-0.002..0.002),
            ),
        };
        let is_known = self.rng.random_bool(0.8);
        Place {
            lat_deg,
            lng_deg,
            heading_deg: is_known.then(|| self.rng.random_range(0.0..360.0)),
            speed_mps: is_known.then(|| self.rng.random_range(0.0..150.0)),
            fixed_s: second,
        }
    }

    fn drive(&mut self, second: i64) {
        for index in 0..N_VEHICLES {
            match self.rng.random_range(0..100) {
                0..2 => {
                    self.cars.remove(&index);
                }
                // Its index goes to another, where it has not been given up before.
                2..4 => {
                    let car = self.new_car();
                    self.cars.insert(index, car);
                }
                4..30 => self.change(index, second),
                _ => {}
            }
        }
    }

    fn change(&mut self, index: u32, second: i64) {
        let what = self.rng.random_range(0..20);
        let elsewhere = self.place(second);
        let step_deg = self.rng.random_range(-0.002..0.002);
        let Some(car) = self.cars.get_mut(&index) else {
            return;
        };
        match (what, &mut car.place) {
            (0, place) => *place = None,
            (1 | 2, place) => *place = Some(elsewhere),
            (3, _) => car.renamed += 1,
            (4, _) => car.motion = MOTIONS[index as usize % 3],
            (5, _) => car.freshness = FRESHNESSES[index as usize % 3],
            (6, _) => car.flags = vec![Flag::Diverging, Flag::FeedDown],
            (7, _) => car.flags = vec![Flag::ClockAhead, Flag::NoFixTime, Flag::Panic],
            (8, Some(place)) => place.fixed_s -= 70_000,
            (9, Some(place)) => place.heading_deg = None,
            (10, Some(place)) => place.speed_mps = elsewhere.speed_mps,
            (_, Some(place)) => {
                place.lng_deg = (place.lng_deg + step_deg + 180.0).rem_euclid(360.0) - 180.0;
                place.lat_deg = (place.lat_deg + step_deg / 2.0).clamp(-90.0, 90.0);
                place.heading_deg = place.heading_deg.map(|deg| (deg + 7.0) % 360.0);
                place.fixed_s = second;
            }
            (_, None) => {}
        }
    }
}
