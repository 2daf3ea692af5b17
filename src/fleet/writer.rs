//! The one task that owns the fleet.
//!
//! It takes reports as they come and publishes what changed at each tick. Coalescing happens
//! here: however often a vehicle was observed within a tick, viewers get it once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Changes, Fleet};
use crate::domain::Report;

/// Where changes go. Must not block: a slow reader is the publisher's affair.
pub trait Publish: Send + 'static {
    /// Whether it would take changes now; else the fleet keeps them, and they come as one later.
    fn is_ready(&self) -> bool {
        true
    }

    /// Takes the changes of one tick, which may be empty.
    fn publish(&mut self, changes: Changes, now: Timestamp);
}

/// A sign of life that others can read without asking the writer.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    beat_at_ms: Arc<AtomicI64>,
    have_all_answered: Arc<std::sync::atomic::AtomicBool>,
}

impl Pulse {
    /// When the writer last ticked; `None` before the first tick.
    pub fn last_beat_at(&self) -> Option<Timestamp> {
        match self.beat_at_ms.load(Ordering::Relaxed) {
            0 => None,
            at_ms => Timestamp::from_millisecond(at_ms).ok(),
        }
    }

    /// Whether each source has answered or failed once.
    pub fn have_all_answered(&self) -> bool {
        self.have_all_answered.load(Ordering::Relaxed)
    }

    fn beat(&self, fleet: &Fleet, now: Timestamp) {
        self.beat_at_ms
            .store(now.as_millisecond(), Ordering::Relaxed);
        self.have_all_answered
            .store(fleet.have_all_answered(), Ordering::Relaxed);
    }
}

/// Runs the fleet until `shutdown`, or until nobody can report any more.
///
/// `clock` is asked once per report and once per tick.
pub async fn run(
    mut fleet: Fleet,
    mut reports: mpsc::Receiver<Report>,
    mut publisher: impl Publish,
    tick: Duration,
    pulse: Pulse,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) {
    let mut ticks = tokio::time::interval(tick);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {
                let now = clock();
                fleet.age(now);
                for plate in fleet.take_doubtful_plates() {
                    tracing::warn!(
                        registration = %plate,
                        "a source has this registration twice; it merges nothing. \
                         Correct it at the vendor or name the devices in the roster"
                    );
                }
                if publisher.is_ready() {
                    publisher.publish(fleet.take_changes(now), now);
                }
                pulse.beat(&fleet, now);
            }
            report = reports.recv() => match report {
                Some(report) => fleet.observe(report, clock()),
                None => return,
            }
        }
    }
}
