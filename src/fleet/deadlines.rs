//! When each vehicle is to be looked at because time may have changed it.
//!
//! Of a hundred thousand vehicles a few change between two ticks by time alone. A queue tells
//! which, so that the others cost nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::Timestamp;

use super::slots::VehicleSlot;

/// The queue. A vehicle has one valid entry at most, and that is never too late; it may be too
/// early, since a deadline that moves away with each report is not worth moving each time.
#[derive(Debug, Default)]
pub struct Deadlines {
    queue: BinaryHeap<Reverse<(Timestamp, VehicleSlot)>>,
    /// The time of each slot's valid entry.
    queued: Vec<Option<Timestamp>>,
}

impl Deadlines {
    /// The vehicle is to be looked at as soon as `at` is past.
    pub fn note(&mut self, slot: VehicleSlot, at: Timestamp) {
        if self.queued.len() <= slot {
            self.queued.resize(slot + 1, None);
        }
        if self.queued[slot].is_some_and(|queued| queued <= at) {
            return;
        }
        self.queued[slot] = Some(at);
        self.queue.push(Reverse((at, slot)));
    }

    /// The next vehicle whose time is past at `now`. Whoever takes it notes its next deadline.
    ///
    /// Entries that are no longer valid are passed over, but no more than there is `room` for in
    /// all; each entry takes some of it.
    pub fn take_past(&mut self, now: Timestamp, room: &mut usize) -> Option<VehicleSlot> {
        while 0 < *room
            && let Some(&Reverse((at, slot))) = self.queue.peek()
            && at < now
        {
            *room -= 1;
            self.queue.pop();
            if self.queued[slot] == Some(at) {
                self.queued[slot] = None;
                return Some(slot);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_vehicle_is_told_once_its_earliest_deadline_is_past() {
        let mut deadlines = Deadlines::default();
        deadlines.note(3, at(60));
        deadlines.note(1, at(20));
        deadlines.note(3, at(70));
        deadlines.note(3, at(10));
        let mut past = |second, mut room| -> Vec<_> {
            std::iter::from_fn(|| deadlines.take_past(at(second), &mut room)).collect()
        };
        assert!(past(10, 9).is_empty());
        assert_eq!(past(11, 9), [3]);
        // Two are left of the third vehicle, and no longer valid.
        assert!(past(100, 0).is_empty());
        assert_eq!(past(100, 2), [1]);
        assert!(past(100, 9).is_empty());
    }
}
