//! The figures: server CPU for each delivered frame and memory for each viewer, in cells of
//! viewers, bytes and rate, ours beside the floor.

use std::time::Duration;

use crate::child::{Own, Pipe};
use crate::common::Noise;
use crate::text::{Result, say};

/// Ours may cost this much of the floor.
const MAX_RATIO: f64 = 1.3;
const MAX_BYTES_PER_VIEWER: f64 = 6.0 * 1024.0;

/// Viewers, bytes of a payload, frames a second.
const CELLS: [(usize, usize, f64); 6] = [
    (1_000, 200, 20.0),
    (1_000, 2_000, 20.0),
    (1_000, 20_000, 5.0),
    (5_000, 200, 4.0),
    (5_000, 2_000, 4.0),
    (5_000, 20_000, 1.0),
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) us_per_frame: f64,
    pub(crate) idle_bytes: f64,
    pub(crate) load_bytes: f64,
    pub(crate) seen: Seen,
}

/// What the viewers saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) frames: u64,
    pub(crate) gaps: u64,
    pub(crate) keyframes: u64,
    pub(crate) p50_us: i64,
    pub(crate) p99_us: i64,
    pub(crate) max_us: i64,
    pub(crate) slow_left: u64,
    pub(crate) deaf_left: u64,
}

impl Seen {
    pub(crate) fn read(line: &str) -> Result<Self> {
        let numbers: Vec<i64> = line
            .split(' ')
            .map(str::parse)
            .collect::<std::result::Result<_, _>>()?;
        let [
            frames,
            _bytes,
            gaps,
            keyframes,
            p50_us,
            p99_us,
            max_us,
            slow,
            deaf,
        ] = numbers[..]
        else {
            return Err("a client told too little".into());
        };
        Ok(Self {
            frames: u64::try_from(frames)?,
            gaps: u64::try_from(gaps)?,
            keyframes: u64::try_from(keyframes)?,
            p50_us,
            p99_us,
            max_us,
            slow_left: u64::try_from(slow)?,
            deaf_left: u64::try_from(deaf)?,
        })
    }
}

/// `ours` is the role of the server that is compared with the floor.
pub(crate) fn run(is_quick: bool, ours: &[&str]) -> Result<()> {
    let noise = Noise::start();
    let (rounds, seconds) = if is_quick { (1, 3.0) } else { (3, 8.0) };
    say(
        "viewers  bytes   Hz | x floor (<= 1.3) | B/viewer idle, load (<= 6144) | us floor, ours | p99 ms floor, ours | gaps",
    );
    let mut is_well = true;
    for (viewers, bytes, hz) in CELLS {
        let mut floor = Vec::new();
        let mut product = Vec::new();
        for _ in 0..rounds {
            floor.push(measure(&["as-floor"], &[], viewers, bytes, hz, seconds)?);
            product.push(measure(ours, &[], viewers, bytes, hz, seconds)?);
        }
        let (floor, ours) = (middle(floor), middle(product));
        let ratio = ours.us_per_frame / floor.us_per_frame;
        is_well &= ratio <= MAX_RATIO && ours.load_bytes <= MAX_BYTES_PER_VIEWER;
        say(&format!(
            "{viewers:7} {bytes:6} {hz:4} | {ratio:16.2} | {:14.0}, {:14.0} | {:6.2}, {:6.2} | {:9.1}, {:7.1} | {}",
            ours.idle_bytes,
            ours.load_bytes,
            floor.us_per_frame,
            ours.us_per_frame,
            in_ms(floor.seen.p99_us),
            in_ms(ours.seen.p99_us),
            ours.seen.gaps,
        ));
    }
    say(&noise.report());
    say(if is_well {
        "all within the limits"
    } else {
        "some beyond the limits"
    });
    Ok(())
}

/// The run whose cost is the middle one.
fn middle(mut runs: Vec<Measured>) -> Measured {
    runs.sort_by(|one, other| one.us_per_frame.total_cmp(&other.us_per_frame));
    runs[runs.len() / 2]
}

/// A server in its `role`, and viewers who come over this `line`.
pub(crate) fn measure(
    role: &[&str],
    line: &[&str],
    viewers: usize,
    bytes: usize,
    hz: f64,
    seconds: f64,
) -> Result<Measured> {
    let mut server = Pipe::open(0, role)?;
    let port = server.answer()?;
    let order = format!("run {bytes} {hz} {seconds}");
    let none = server.measure(&order)?;
    let crowd = viewers.to_string();
    let client = [&["as-client", &port, &crowd, "0", "0"], line].concat();
    let mut client = Pipe::open(1, &client)?;
    client.answer()?;
    std::thread::sleep(Duration::from_millis(500));
    let idle = server.measure("look")?;
    client.order("start")?;
    let load = server.measure(&order)?;
    client.order("stop")?;
    let seen = Seen::read(&client.answer()?)?;
    Ok(Measured {
        us_per_frame: per(
            load.cpu.saturating_sub(none.cpu).as_secs_f64() * 1e6,
            seen.frames,
        ),
        idle_bytes: more(none, idle, viewers),
        load_bytes: more(none, load, viewers),
        seen,
    })
}

/// Memory beyond that without viewers, for each.
fn more(none: Own, some: Own, viewers: usize) -> f64 {
    let bytes = u32::try_from(some.rss_bytes.saturating_sub(none.rss_bytes)).unwrap_or(u32::MAX);
    per(f64::from(bytes), viewers as u64)
}

#[expect(clippy::cast_precision_loss, reason = "a count of frames")]
fn per(amount: f64, n: u64) -> f64 {
    amount / n.max(1) as f64
}

/// Microseconds as milliseconds.
#[expect(clippy::cast_precision_loss, reason = "some seconds at most")]
pub(crate) fn in_ms(us: i64) -> f64 {
    us as f64 / 1e3
}
