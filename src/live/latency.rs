//! How long positions are on their way: from the tracker to us, and from us to the viewers.
//!
//! "Is it the tracker, the vendor or us?" is answered by two figures for each source, over the
//! last minutes. Histograms of a fixed size hold them, whatever the rate; a minute at a time is
//! forgotten.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use jiff::Timestamp;

use crate::domain::{Flag, SourceId, Vehicle};
use crate::fleet::Changes;

/// Minutes that are looked back.
const N_MINUTES: usize = 5;
/// What takes longer is as bad.
const MAX_MS: u64 = 24 * 3_600_000;
/// Digits that are exact.
const DIGITS: u8 = 2;

/// The figures of all sources.
#[derive(Debug, Default)]
pub struct Latencies {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Positions received up to here are counted.
    counted_to: Option<Timestamp>,
    sources: BTreeMap<SourceId, VecDeque<Minute>>,
}

#[derive(Debug)]
struct Minute {
    nth: i64,
    to_receipt: Histogram<u32>,
    to_send: Histogram<u32>,
}

/// Half of all took at most `p50_ms`, all but a twentieth at most `p95_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    /// In milliseconds.
    pub p50_ms: u64,
    /// In milliseconds.
    pub p95_ms: u64,
}

/// What one source's positions took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// From the fix to our receipt: the tracker, its network and its vendor.
    pub fix_to_receipt: Percentiles,
    /// From our receipt until its frame was there for viewers.
    pub receipt_to_send: Percentiles,
}

impl Latencies {
    /// Counts the positions that came with `changes`, taken at `now`, whose frames were there at
    /// `sent_at`.
    pub fn note(&self, changes: &Changes, now: Timestamp, sent_at: Timestamp) {
        let mut state = self.lock();
        let counted_to = state.counted_to.replace(now);
        for vehicle in &changes.vehicles {
            state.count(vehicle, counted_to, sent_at);
        }
    }

    /// The figures of a source, if any of its positions came within the last minutes.
    pub fn of(&self, source: &SourceId, now: Timestamp) -> Option<Latency> {
        let state = self.lock();
        let minutes = state.sources.get(source)?.iter();
        let recent = minutes.filter(|minute| minute_of(now) - minute.nth < minutes_back());
        let mut sum = Minute::new(0)?;
        for minute in recent {
            // They are of the same size.
            let _ = sum.to_receipt.add(&minute.to_receipt);
            let _ = sum.to_send.add(&minute.to_send);
        }
        (!sum.to_send.is_empty()).then(|| Latency {
            fix_to_receipt: percentiles(&sum.to_receipt),
            receipt_to_send: percentiles(&sum.to_send),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something did, the figures are still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&mut self, vehicle: &Vehicle, counted_to: Option<Timestamp>, sent_at: Timestamp) {
        // What changed by time alone, or is known from before, is no arrival.
        let is_new = |received_at| counted_to.is_none_or(|counted_to| counted_to < received_at);
        let arrived = vehicle.position.as_ref().filter(|p| is_new(p.received_at));
        let Some(position) = arrived.filter(|_| !vehicle.flags.contains(&Flag::NoFixTime)) else {
            return;
        };
        let source = &position.device.source;
        if !self.sources.contains_key(source) {
            self.sources.insert(source.clone(), VecDeque::new());
        }
        let minutes = self.sources.get_mut(source);
        if let Some(minute) = minutes.and_then(|minutes| current(minutes, minute_of(sent_at))) {
            let ms = |from: Timestamp, to: Timestamp| {
                let ms = to.duration_since(from).as_millis();
                u64::try_from(ms).unwrap_or(0).clamp(1, MAX_MS)
            };
            let to_receipt = ms(position.fixed_at, position.received_at);
            let to_send = ms(position.received_at, sent_at);
            minute.to_receipt.saturating_record(to_receipt);
            minute.to_send.saturating_record(to_send);
        }
    }
}

impl Minute {
    fn new(nth: i64) -> Option<Self> {
        let histogram = || Histogram::new_with_max(MAX_MS, DIGITS).ok();
        Some(Self {
            nth,
            to_receipt: histogram()?,
            to_send: histogram()?,
        })
    }
}

/// The minute that is counted into, in the place of those that are too old.
fn current(minutes: &mut VecDeque<Minute>, nth: i64) -> Option<&mut Minute> {
    if minutes.back().is_none_or(|newest| newest.nth != nth) {
        minutes.push_back(Minute::new(nth)?);
        while N_MINUTES < minutes.len() {
            minutes.pop_front();
        }
    }
    minutes.back_mut()
}

fn minute_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

fn minutes_back() -> i64 {
    i64::try_from(N_MINUTES).unwrap_or(i64::MAX)
}

fn percentiles(histogram: &Histogram<u32>) -> Percentiles {
    Percentiles {
        p50_ms: histogram.value_at_quantile(0.5),
        p95_ms: histogram.value_at_quantile(0.95),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{DeviceKey, Position, VehicleId};
    use jiff::SignedDuration;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    /// Changes with a vehicle for each way from fix to receipt.
    fn arrivals(ways_ms: impl Iterator<Item = i64>, received_at: Timestamp) -> Changes {
        let vehicle = |way_ms: i64| {
            let fixed_at = received_at - SignedDuration::from_millis(way_ms);
            let position = Position {
                lat_deg: 1.0,
                lng_deg: 1.0,
                heading_deg: None,
                speed_mps: None,
                altitude_m: None,
                accuracy_m: None,
                fixed_at,
                received_at,
                device: DeviceKey::new(SourceId::new("s"), "1"),
            };
            let new = Vehicle::new(VehicleId::new("v"), "v", received_at);
            Arc::new(Vehicle {
                position: Some(position),
                ..new
            })
        };
        Changes {
            vehicles: ways_ms.map(vehicle).collect(),
            ..Changes::default()
        }
    }

    fn of(latencies: &Latencies, now: Timestamp) -> Option<Latency> {
        latencies.of(&SourceId::new("s"), now)
    }

    #[test]
    fn the_halves_and_the_twentieths_are_told_of_both_ways() {
        let latencies = Latencies::default();
        let changes = arrivals((1..=100).map(|n| n * 100), at(0));
        latencies.note(&changes, at(100), at(120));
        let told = of(&latencies, at(200)).unwrap();
        let is_about = |told: u64, ms: u64| told.abs_diff(ms) * 100 <= ms;
        assert!(is_about(told.fix_to_receipt.p50_ms, 5_000), "{told:?}");
        assert!(is_about(told.fix_to_receipt.p95_ms, 9_500), "{told:?}");
        assert!(is_about(told.receipt_to_send.p95_ms, 120), "{told:?}");
        assert_eq!(latencies.of(&SourceId::new("t"), at(200)), None);
    }

    #[test]
    fn an_arrival_counts_once_and_not_for_ever() {
        let latencies = Latencies::default();
        let slow = arrivals(std::iter::repeat_n(60_000, 9), at(0));
        latencies.note(&slow, at(100), at(120));
        // The same vehicles, changed by time alone.
        latencies.note(&slow, at(60_000), at(60_020));
        let quick = arrivals(std::iter::repeat_n(50, 8), at(240_000));
        latencies.note(&quick, at(240_100), at(240_120));
        let told = of(&latencies, at(250_000)).unwrap();
        assert_eq!(told.receipt_to_send.p95_ms, 120);
        assert!(50_000 < told.fix_to_receipt.p50_ms, "nine of seventeen");
        let later = of(&latencies, at(310_000)).unwrap();
        assert_eq!(later.fix_to_receipt.p95_ms, 50);
        assert_eq!(of(&latencies, at(900_000)), None);
    }
}
