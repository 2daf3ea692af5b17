//! What all parts of a running simulator share, and the clock that drives its world.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::faults::{Fault, FaultBoard};
use super::forms::{Draw, Members};
use super::world::device::Card;
use super::world::{Row, TICK_MS, World};
use super::{SimSettings, Vendor, cartrack, eztotrack, lock, mycartracks};
use crate::clock;

/// How much time a late world makes up at once, so that requests get their turn.
const CATCH_UP_MS: i64 = 2_000;
/// Of so many devices one has a clock that runs ahead, while that fault is on.
const AHEAD_EVERY: u32 = 3;
const AHEAD_MS: i64 = 3_600_000;
/// A device reports at most once in a tick of the world.
const MAX_HZ: f64 = 10.0;

/// A running simulator.
#[derive(Debug)]
pub(super) struct Sim {
    pub(super) settings: SimSettings,
    pub(super) world: Mutex<World>,
    pub(super) faults: FaultBoard,
    pub(super) shutdown: CancellationToken,
    pub(super) mycartracks: mycartracks::Account,
    pub(super) cartrack: cartrack::Account,
    pub(super) eztotrack: eztotrack::Account,
    turns: AtomicU64,
    started: Instant,
    /// How old the world was when we started.
    past_ms: i64,
    /// When it began.
    began_at: Timestamp,
}

impl Sim {
    pub(super) fn new(settings: SimSettings, shutdown: CancellationToken) -> Self {
        let now = Instant::now();
        let mut world = World::new(settings.seed, settings.vehicles, &settings.vendors);
        world.stream_ms = settings.stream_hz.and_then(interval_ms);
        let past_ms = i64::try_from(settings.past.as_millis()).unwrap_or(0);
        world.advance(past_ms);
        Self {
            world: Mutex::new(world),
            faults: FaultBoard::new(&settings.faults, now),
            mycartracks: mycartracks::Account::new(&settings, now),
            cartrack: cartrack::Account::new(now),
            eztotrack: eztotrack::Account::new(now),
            settings,
            shutdown,
            turns: AtomicU64::new(0),
            started: now,
            // Whole milliseconds, so that one fix has the same time in every format.
            began_at: whole_ms(clock::now()) - SignedDuration::from_millis(past_ms),
            past_ms,
        }
    }

    /// The real time of an instant of the world.
    pub(super) fn at(&self, elapsed_ms: i64) -> Timestamp {
        self.began_at + SignedDuration::from_millis(elapsed_ms)
    }

    /// What a device's own clock shows at an instant of the world.
    pub(super) fn device_at(&self, card: &Card, elapsed_ms: i64) -> Timestamp {
        let ahead =
            card.number.is_multiple_of(AHEAD_EVERY) && self.has(card.vendor, Fault::ClockAhead);
        self.at(elapsed_ms + if ahead { AHEAD_MS } else { 0 })
    }

    /// The instant of the world at the real time `at`, the clocks of devices aside.
    pub(super) fn ms_at(&self, at: Timestamp) -> i64 {
        let elapsed = at.duration_since(self.began_at).as_millis();
        i64::try_from(elapsed).unwrap_or(i64::MAX)
    }

    /// Milliseconds since the world began.
    pub(super) fn elapsed_ms(&self) -> i64 {
        let elapsed_ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        elapsed_ms.saturating_add(self.past_ms)
    }

    /// Whether a fault is on.
    pub(super) fn has(&self, vendor: Vendor, fault: Fault) -> bool {
        self.faults.is_on(vendor, fault, Instant::now())
    }

    /// The next form for what `vendor` sends, while variants are on.
    pub(super) fn draw(&self, vendor: Vendor) -> Option<Draw> {
        let turn = || self.turns.fetch_add(1, Ordering::Relaxed);
        self.has(vendor, Fault::Variants).then(|| Draw::new(turn()))
    }

    /// A vendor's list, beside the members of `rest`.
    pub(super) fn envelope(&self, vendor: Vendor, rows: Vec<Value>, mut rest: Members) -> Value {
        if let Some(mut draw) = self.draw(vendor) {
            return draw.envelope(rows, rest);
        }
        rest.insert("data".to_owned(), Value::Array(rows));
        Value::Object(rest)
    }

    /// A vendor's devices with what each last said.
    pub(super) fn rows(&self, vendor: Vendor) -> Vec<Row> {
        lock(&self.world).rows(vendor)
    }

    /// Keeps the world at the present until the shutdown.
    pub(super) async fn live(&self) {
        let tick = Duration::from_millis(TICK_MS.unsigned_abs());
        let mut ticks = tokio::time::interval(tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                _ = ticks.tick() => self.catch_up().await,
            }
        }
    }

    async fn catch_up(&self) {
        loop {
            let elapsed_ms = self.elapsed_ms();
            let told = {
                let mut world = lock(&self.world);
                let next_ms = elapsed_ms.min(world.elapsed_ms() + CATCH_UP_MS);
                world.advance(next_ms)
            };
            mycartracks::publish(self, &told);
            if elapsed_ms < lock(&self.world).elapsed_ms() + 2 * TICK_MS {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn whole_ms(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// The interval of a rate in milliseconds; at most ten a second, as the world's tick is that long.
pub(super) fn interval_ms(hz: f64) -> Option<i64> {
    if !hz.is_finite() || hz <= 0.0 {
        return None;
    }
    let interval = SignedDuration::try_from_secs_f64(1.0 / hz.min(MAX_HZ)).ok()?;
    i64::try_from(interval.as_millis()).ok()
}
