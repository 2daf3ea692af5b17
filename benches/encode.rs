//! The binary protocol: bytes and CPU time for ten thousand vehicles. `cargo bench --bench encode`.
//!
//! Prints each limit with what was reached of it, then the absolute figures.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

#[expect(dead_code, reason = "each bench uses its part")]
mod common;
#[path = "common/world.rs"]
mod world;

use common::{Noise, median, timed};
use flate2::{Compress, Compression, FlushCompress, Status};
use fleetglass::live::bin::{
    Head, Picture, Row, Step, Tile, dictionary, differences, entry, keyframe,
};
use world::World;

const N_VEHICLES: usize = 10_000;
const N_ROUNDS: usize = 15;
const LEVELS: [u32; 2] = [1, 6];

/// What was measured of one kind of message; medians.
struct Measured {
    name: &'static str,
    raw_bytes: f64,
    encode_ms: f64,
    /// For each level, bytes and milliseconds.
    deflated: [(f64, f64); LEVELS.len()],
}

/// The rows of a fleet, and how long it took to make them.
struct Fleet {
    world: World,
    rows: Vec<(u32, Row)>,
    rows_ms: Vec<f64>,
    seq: u64,
}

fn main() {
    let noise = Noise::start();
    let mut fleet = Fleet::new();
    let all = measure("all moving", || {
        let steps = fleet.second(|_| true);
        let head = fleet.head();
        timed(|| differences::<&str>(&head, &steps, &[]).expect("news"))
    });
    let some = measure("10 % moving, each second", || {
        let steps = fleet.second(|number| is_drawn(number, 0));
        let head = fleet.head();
        timed(|| differences::<&str>(&head, &steps, &[]).expect("news"))
    });
    // Each reports every tenth second, so what has gathered since is ten times as far.
    for second in 0..10 {
        fleet.second(|number| is_drawn(number, second));
    }
    let tenth = measure("10 % moving, each 10 s", || {
        let second = fleet.seq % 10;
        let steps = fleet.second(|number| is_drawn(number, second));
        let head = fleet.head();
        timed(|| differences::<&str>(&head, &steps, &[]).expect("news"))
    });
    let whole = measure("keyframe", || {
        fleet.second(|_| true);
        let head = fleet.head();
        timed(|| keyframe(&head, &fleet.rows))
    });
    let entries: Vec<(u32, String)> = (0..).zip(fleet.world.vehicles().map(entry)).collect();
    let names = measure("dictionary", || {
        let head = fleet.head();
        timed(|| dictionary(&head, &entries))
    });
    let decode_ms = decoding_ms(&mut fleet);
    report_limits(&[&all, &some, &tenth, &whole]);
    report_figures(&[all, some, tenth, whole, names]);
    println!("rows of all vehicles: {:.2} ms", median(fleet.rows_ms));
    println!("decoding all moving, this library: {decode_ms:.2} ms");
    println!("{}", noise.report());
}

impl Fleet {
    fn new() -> Self {
        let world = World::new(N_VEHICLES);
        let mut fleet = Self {
            world,
            rows: Vec::new(),
            rows_ms: Vec::new(),
            seq: 0,
        };
        fleet.second(|_| true);
        fleet
    }

    fn head(&self) -> Head {
        Head {
            tile: Tile::ROOT,
            base: self.seq - 1,
            seq: self.seq,
            at: self.world.now(),
        }
    }

    /// What differs after another second.
    fn second(&mut self, reports: impl Fn(usize) -> bool) -> Vec<(u32, Step)> {
        self.world.second(reports);
        self.seq += 1;
        let vehicles = self.world.vehicles();
        let (rows, ms) = timed(|| (0..).zip(vehicles.map(Row::of)).collect());
        self.rows_ms.push(ms);
        let before = std::mem::replace(&mut self.rows, rows);
        let pairs = before.iter().zip(&self.rows);
        let differ = pairs.filter(|(before, after)| before != after);
        let step = |((_, before), (index, after)): (&(u32, Row), &(u32, Row))| {
            let step = Step::Became {
                before: Some(*before),
                after: *after,
            };
            (*index, step)
        };
        differ.map(step).collect()
    }
}

/// One vehicle in ten, another tenth for each `lot`.
fn is_drawn(number: usize, lot: u64) -> bool {
    let mixed = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    mixed % 10 == lot
}

#[expect(clippy::cast_precision_loss, reason = "sizes of messages")]
fn measure(name: &'static str, mut message: impl FnMut() -> (Vec<u8>, f64)) -> Measured {
    let messages: Vec<(Vec<u8>, f64)> = (0..N_ROUNDS).map(|_| message()).collect();
    let deflated = LEVELS.map(|level| {
        let mut compress = Compress::new(Compression::new(level), false);
        let each = messages
            .iter()
            .map(|(raw, _)| timed(|| deflate(&mut compress, raw)));
        let (bytes, ms): (Vec<f64>, Vec<f64>) =
            each.map(|(bytes, ms)| (bytes.len() as f64, ms)).unzip();
        (median(bytes), median(ms))
    });
    Measured {
        name,
        raw_bytes: median(messages.iter().map(|(raw, _)| raw.len() as f64).collect()),
        encode_ms: median(messages.iter().map(|(_, ms)| *ms).collect()),
        deflated,
    }
}

/// As permessage-deflate wants it: raw, flushed, less the four bytes that each flush ends with.
fn deflate(compress: &mut Compress, raw: &[u8]) -> Vec<u8> {
    compress.reset();
    let mut out = Vec::with_capacity(raw.len() + 64);
    let status = compress
        .compress_vec(raw, &mut out, FlushCompress::Sync)
        .expect("deflate");
    assert!(
        status == Status::Ok && out.ends_with(&[0, 0, 0xFF, 0xFF]),
        "all of it"
    );
    out.truncate(out.len() - 4);
    out
}

fn decoding_ms(fleet: &mut Fleet) -> f64 {
    let mut picture = Picture::default();
    picture
        .apply(&keyframe(&fleet.head(), &fleet.rows))
        .expect("a keyframe");
    let each = (0..N_ROUNDS).map(|_| {
        let steps = fleet.second(|_| true);
        let message = differences::<&str>(&fleet.head(), &steps, &[]).expect("news");
        timed(|| picture.apply(&message).expect("differences")).1
    });
    median(each.collect())
}

fn report_limits([all, some, tenth, whole]: &[&Measured; 4]) {
    println!("of the limit (1.00 is the limit itself), deflated at level 6:");
    let kilobytes = |of: &Measured| of.deflated[1].0 / 1_000.0;
    let lines = [
        ("a tick with all moving, 40 KB", kilobytes(all) / 40.0),
        ("a tick with 10 % moving, 6 KB", kilobytes(some) / 6.0),
        ("the same, reports 10 s apart, 6 KB", kilobytes(tenth) / 6.0),
        ("a keyframe, 150 KB", kilobytes(whole) / 150.0),
        (
            "encode and compress all moving, 3 ms",
            (all.encode_ms + all.deflated[1].1) / 3.0,
        ),
    ];
    for (what, part) in lines {
        let verdict = if part <= 1.0 { "held" } else { "MISSED" };
        println!("  {part:5.2}  {what}: {verdict}");
    }
}

fn report_figures(all: &[Measured]) {
    println!("{N_VEHICLES} vehicles, medians of {N_ROUNDS}; CPU time of the thread:");
    println!(
        "  message                     raw bytes  encode ms  level 1 bytes     ms  level 6 bytes     ms"
    );
    for Measured {
        name,
        raw_bytes,
        encode_ms,
        deflated: [fast, small],
    } in all
    {
        println!(
            "  {name:<26} {raw_bytes:>10.0} {encode_ms:>10.3} {:>14.0} {:>6.2} {:>14.0} {:>6.2}",
            fast.0, fast.1, small.0, small.1
        );
    }
}
