//! How often a device is expected to report: E.
//!
//! What a device did lately is the best guess of what it will do: the 90th percentile of its last
//! 50 gaps, apart for a vehicle on the move and one at rest, as trackers report by different
//! rules then. Whole seconds are enough for that, and two bytes each.

use jiff::SignedDuration;

use crate::domain::thresholds::{Bounds, FreshnessThresholds};

/// So many gaps count.
const N_GAPS: usize = 50;
/// With fewer, the source's own interval is taken.
const MIN_GAPS: usize = 5;
/// A stream has no interval of its own; this is taken for it.
const STREAM_DEFAULT: SignedDuration = SignedDuration::from_secs(30);

/// How often a source asks, which none of its devices can outdo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It is polled this often.
    Polled(SignedDuration),
    /// It streams.
    Streamed,
}

/// The gaps between a device's fixes in whole seconds, oldest first. Plain data: a store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Those that began with a fix on the move.
    pub on_the_move_s: Vec<u16>,
    /// Those that began with a fix at rest.
    pub at_rest_s: Vec<u16>,
}

impl Gaps {
    /// Takes in a gap, which began with a fix `on_the_move` or at rest.
    ///
    /// Of each column `n_spare` more than count are kept, so that as many can be taken back.
    pub fn push(&mut self, on_the_move: bool, passed: SignedDuration, n_spare: usize) {
        let gaps = self.column_mut(on_the_move);
        if N_GAPS + n_spare <= gaps.len() {
            gaps.remove(0);
        }
        let seconds = (passed.as_millis() + 500) / 1_000;
        gaps.push(u16::try_from(seconds).unwrap_or(u16::MAX));
    }

    /// Takes the last gap of a column back.
    pub fn pop(&mut self, on_the_move: bool) {
        self.column_mut(on_the_move).pop();
    }

    /// E of a device whose last fix was `on_the_move` or at rest.
    pub fn expected(
        &self,
        on_the_move: bool,
        pace: Pace,
        rules: &FreshnessThresholds,
    ) -> SignedDuration {
        let (gaps, bounds) = if on_the_move {
            (&self.on_the_move_s, rules.expected_on_the_move)
        } else {
            (&self.at_rest_s, rules.expected_at_rest)
        };
        let (default, least) = match pace {
            Pace::Polled(every) => (every, every),
            Pace::Streamed => (STREAM_DEFAULT, SignedDuration::ZERO),
        };
        let learnt = percentile_90(
            gaps.get(gaps.len().saturating_sub(N_GAPS)..)
                .unwrap_or(gaps),
        );
        within(bounds, learnt.unwrap_or(default)).max(least)
    }

    fn column_mut(&mut self, on_the_move: bool) -> &mut Vec<u16> {
        if on_the_move {
            &mut self.on_the_move_s
        } else {
            &mut self.at_rest_s
        }
    }
}

/// The least gap that nine in ten do not exceed; `None` if there are too few to tell.
fn percentile_90(gaps_s: &[u16]) -> Option<SignedDuration> {
    if gaps_s.len() < MIN_GAPS {
        return None;
    }
    let mut sorted = [0; N_GAPS];
    let sorted = &mut sorted[..gaps_s.len()];
    sorted.copy_from_slice(gaps_s);
    let nth = (9 * gaps_s.len()).div_ceil(10) - 1;
    let (_, gap_s, _) = sorted.select_nth_unstable(nth);
    Some(SignedDuration::from_secs(i64::from(*gap_s)))
}

fn within(bounds: Bounds, expected: SignedDuration) -> SignedDuration {
    expected.min(bounds.max).max(bounds.min)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLL: Pace = Pace::Polled(SignedDuration::from_secs(15));

    fn gaps(on_the_move: bool, seconds: &[i64]) -> Gaps {
        let mut gaps = Gaps::default();
        for second in seconds {
            gaps.push(on_the_move, SignedDuration::from_secs(*second), 0);
        }
        gaps
    }

    #[test]
    fn the_interval_by_the_table() {
        let fifty: Vec<i64> = (1..=50).rev().collect();
        let ninety: Vec<i64> = [999; 40].into_iter().chain([20; 50]).collect();
        // (on the move, gaps, pace) -> E in seconds
        let cases: [(bool, &[i64], Pace, i64); 14] = [
            (true, &[], POLL, 15),
            (true, &[], Pace::Streamed, 30),
            (true, &[40; 4], Pace::Streamed, 30),
            (true, &[40; 5], Pace::Streamed, 40),
            (true, &[40, 40, 40, 40, 90], Pace::Streamed, 90),
            (
                true,
                &[40, 40, 40, 40, 40, 40, 40, 40, 40, 90],
                Pace::Streamed,
                40,
            ),
            (true, &fifty, Pace::Streamed, 45),
            (true, &ninety, Pace::Streamed, 20),
            (true, &[5; 5], Pace::Streamed, 10),
            (true, &[12; 5], POLL, 15),
            (true, &[9_000; 5], Pace::Streamed, 900),
            (false, &[5; 5], Pace::Streamed, 60),
            (false, &[90_000; 5], Pace::Streamed, 21_600),
            // Nothing outdoes the poll, whatever the bounds.
            (
                true,
                &[5; 5],
                Pace::Polled(SignedDuration::from_mins(20)),
                1_200,
            ),
        ];
        for (row, (on_the_move, seconds, pace, expected)) in cases.into_iter().enumerate() {
            let rules = FreshnessThresholds::default();
            let got = gaps(on_the_move, seconds).expected(on_the_move, pace, &rules);
            assert_eq!(got.as_secs(), expected, "row {row}");
        }
    }

    #[test]
    fn the_columns_are_apart_and_a_gap_taken_back_never_was() {
        let rules = FreshnessThresholds::default();
        let mut both = gaps(true, &[20; 60]);
        assert_eq!(both.on_the_move_s.len(), N_GAPS);
        assert_eq!(both.expected(false, POLL, &rules).as_secs(), 60);
        let before = gaps(true, &[20; 50]);
        for second in [30, 40] {
            both.push(true, SignedDuration::from_secs(second), 12);
        }
        both.pop(true);
        both.pop(true);
        assert_eq!(both, before);
    }

    proptest! {
        #[test]
        fn nine_in_ten_gaps_are_not_longer(seconds in proptest::collection::vec(10_i64..900, 5..50)) {
            let rules = FreshnessThresholds::default();
            let expected = gaps(true, &seconds).expected(true, Pace::Streamed, &rules).as_secs();
            let n_within = seconds.iter().filter(|second| **second <= expected).count();
            let n_below = seconds.iter().filter(|second| **second < expected).count();
            prop_assert!(9 * seconds.len() <= 10 * n_within);
            prop_assert!(10 * n_below < 9 * seconds.len());
        }
    }
}
