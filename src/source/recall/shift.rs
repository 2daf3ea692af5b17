//! In which zone a vendor reads the times that we ask for: not told, so bounded, and learned.
//!
//! A time is written as if in UTC, and is read by the vendor as so much earlier or later. At first
//! nothing is known of that but that no zone is further than 14 h from UTC; so that much more is
//! asked for on both sides. What comes back tells how the question was understood.

use jiff::{SignedDuration, Timestamp};

use super::holes::Hole;

/// No zone is further from UTC.
const FURTHEST_S: i64 = 14 * 3_600;
/// Zones differ by whole quarters of an hour.
const QUARTER_S: i64 = 900;
/// Borders may be off by so much.
const SLACK_S: i64 = 60;
/// Fewer rows prove nothing.
const LEAST_ROWS: usize = 10;

/// How far east of UTC the vendor's zone is: at least, and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    least_s: i64,
    most_s: i64,
}

impl Default for Shift {
    fn default() -> Self {
        Self {
            least_s: -FURTHEST_S,
            most_s: FURTHEST_S,
        }
    }
}

impl Shift {
    /// The span to ask for, written as if in UTC, so that it holds all of `hole`.
    pub fn asked(self, hole: Hole) -> Hole {
        let moved = |at: Timestamp, by_s| at.checked_add(SignedDuration::from_secs(by_s));
        Hole {
            from: moved(hole.from, self.least_s).unwrap_or(hole.from),
            to: moved(hole.to, self.most_s).unwrap_or(hole.to),
        }
    }

    /// What is still unknown of it.
    pub fn doubt(self) -> SignedDuration {
        SignedDuration::from_secs(self.most_s - self.least_s)
    }

    /// Learns from the times of rows that came for the span `asked`.
    ///
    /// A few rows may be out of place, as a unit that was off the network tells late; so the outer
    /// tenths prove nothing.
    pub fn learn(&mut self, asked: Hole, mut times: Vec<Timestamp>) {
        if times.len() < LEAST_ROWS {
            return;
        }
        times.sort_unstable();
        let tenth = times.len() / 10;
        let (early, late) = (times[tenth], times[times.len() - 1 - tenth]);
        let least_s = asked.from.duration_since(early).as_secs() - SLACK_S;
        let most_s = asked.to.duration_since(late).as_secs() + SLACK_S;
        let up = least_s.div_euclid(QUARTER_S) + i64::from(least_s.rem_euclid(QUARTER_S) != 0);
        self.least_s = self.least_s.max(up * QUARTER_S);
        self.most_s = self.most_s.min(most_s.div_euclid(QUARTER_S) * QUARTER_S);
        if self.most_s < self.least_s {
            // The zone is another than it was, as with summer time; or it never was what it seemed.
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// A vendor so far east of UTC that has a row every 20 s.
    fn rows(asked: Hole, east_s: i64) -> Vec<Timestamp> {
        let second = |at: Timestamp| at.as_second() - 1_800_000_000 - east_s;
        let (from_s, to_s) = (second(asked.from), second(asked.to));
        let first = from_s.div_euclid(20) + 1;
        let last = to_s.div_euclid(20);
        (first..last).map(|n| at(n * 20)).collect()
    }

    #[test]
    fn all_of_a_hole_is_asked_for_whatever_the_zone() {
        let hole = Hole {
            from: at(0),
            to: at(300),
        };
        let asked = Shift::default().asked(hole);
        assert_eq!(asked.from, at(-50_400));
        assert_eq!(asked.to, at(50_700));
    }

    proptest! {
        /// One page at either end of a window, and the zone is known; never a wrong one.
        #[test]
        fn the_zone_is_learned_and_never_shut_out(quarters in -56i64..=56, length_s in 60i64..9_000) {
            let east_s = quarters * QUARTER_S;
            let hole = Hole { from: at(0), to: at(length_s) };
            let mut shift = Shift::default();
            let asked = shift.asked(hole);
            let all = rows(asked, east_s);
            let n = all.len();
            shift.learn(asked, all[..30].to_vec());
            prop_assert_eq!(shift.least_s, east_s);
            shift.learn(asked, all[n - 30..].to_vec());
            prop_assert_eq!((shift.least_s, shift.most_s), (east_s, east_s));
        }

        #[test]
        fn what_contradicts_starts_over(quarters in -40i64..=40) {
            let hole = Hole { from: at(0), to: at(600) };
            let mut shift = Shift { least_s: 0, most_s: 0 };
            let asked = shift.asked(hole);
            let was = shift;
            shift.learn(asked, rows(asked, quarters * QUARTER_S));
            let expected = if quarters == 0 { was } else { Shift::default() };
            prop_assert_eq!(shift, expected);
        }
    }
}
