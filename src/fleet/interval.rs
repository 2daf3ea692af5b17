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
