//! How long to wait after a failed attempt.
//!
//! Exponential with full jitter, so that a vendor who comes back is not met by everyone at once;
//! capped low where only a connection is missing, so that a restarted vendor is found again within
//! seconds. The vendor's own word on when to come back always wins.

use std::time::Duration;

use super::http::trouble::{Kind, Trouble};

/// The first wait is at most this.
const FIRST: Duration = Duration::from_secs(1);
/// The greatest wait where no connection could be had: an attempt costs the vendor nothing.
const UNREACHABLE_CAP: Duration = Duration::from_secs(8);
/// The greatest wait where the vendor answers, but not well.
const ANSWERED_CAP: Duration = Duration::from_mins(1);
/// A limit without a word on its end.
const LIMITED: Duration = Duration::from_mins(1);
/// Refused credentials are put right by people, not by asking again.
const DENIED: Duration = Duration::from_mins(5);
/// Whatever a vendor says, it is asked again within a day.
const RETRY_AFTER_CAP: Duration = Duration::from_hours(24);
/// Vendors tell times in whole seconds; so much later, rounding cannot make us early.
const ROUNDING: Duration = Duration::from_millis(250);

/// Counts failures in a row, and turns each into a wait.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// All is well again: the next failure waits at most a second.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    pub fn failures(self) -> u32 {
        self.failures
    }

    /// Counts `trouble`, and says how long to wait; `jitter` is drawn evenly from `0.0..1.0`.
    pub fn wait(&mut self, trouble: &Trouble, jitter: f64) -> Duration {
        let doublings = self.failures.min(16);
        self.failures = self.failures.saturating_add(1);
        match trouble.retry_after {
            // "At once" is what a vendor says who has not thought of it: our own wait holds.
            Some(Duration::ZERO) => own_wait(trouble.kind, doublings, jitter).max(FIRST),
            Some(told) => told.min(RETRY_AFTER_CAP) + ROUNDING,
            None => own_wait(trouble.kind, doublings, jitter),
        }
    }

    /// [`Backoff::wait`] with a jitter from the thread's own generator.
    pub fn wait_with_chance(&mut self, trouble: &Trouble) -> Duration {
        self.wait(trouble, rand::random_range(0.0..1.0))
    }
}

fn own_wait(kind: Kind, doublings: u32, jitter: f64) -> Duration {
    let cap = match kind {
        Kind::Limited => return LIMITED,
        Kind::Denied => return DENIED,
        Kind::Unreachable => UNREACHABLE_CAP,
        // People put it right, and meanwhile an attempt costs both sides a handshake.
        Kind::Untrusted | Kind::Busy | Kind::Odd => ANSWERED_CAP,
    };
    let ceiling = FIRST.saturating_mul(1 << doublings).min(cap);
    ceiling.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trouble(kind: Kind) -> Trouble {
        Trouble::new(kind, "no")
    }

    #[test]
    fn the_ceiling_doubles_from_a_second_up_to_the_cap() {
        for (kind, seconds) in [
            (Kind::Unreachable, [1, 2, 4, 8, 8, 8, 8, 8]),
            (Kind::Busy, [1, 2, 4, 8, 16, 32, 60, 60]),
        ] {
            let mut backoff = Backoff::default();
            for second in seconds {
                let wait = backoff.wait(&trouble(kind), 1.0);
                assert_eq!(wait, Duration::from_secs(second), "{kind:?}");
            }
        }
    }

    #[test]
    fn the_vendors_own_word_wins_and_is_never_cut_short() {
        let told = Trouble {
            retry_after: Some(Duration::from_secs(37)),
            ..trouble(Kind::Busy)
        };
        let wait = Backoff::default().wait(&told, 0.0);
        assert!(Duration::from_secs(37) < wait && wait < Duration::from_secs(38));
    }

    #[test]
    fn at_once_is_never_sooner_than_a_second_nor_than_our_own_wait() {
        let at_once = |kind| Trouble {
            retry_after: Some(Duration::ZERO),
            ..trouble(kind)
        };
        let wait = |kind| Backoff::default().wait(&at_once(kind), 0.0);
        assert_eq!(wait(Kind::Busy), Duration::from_secs(1));
        assert_eq!(wait(Kind::Limited), LIMITED);
        let fifth = Backoff { failures: 4 }.wait(&at_once(Kind::Busy), 1.0);
        assert_eq!(fifth, Duration::from_secs(16));
    }

    #[test]
    fn refused_credentials_pause_for_five_minutes() {
        let wait = Backoff::default().wait(&trouble(Kind::Denied), 0.0);
        assert_eq!(wait, Duration::from_mins(5));
    }

    proptest! {
        #[test]
        fn a_wait_stays_within_its_cap(failures in 0u32..100_000, jitter in 0.0f64..1.0) {
            let mut backoff = Backoff { failures };
            prop_assert!(backoff.wait(&trouble(Kind::Unreachable), jitter) <= UNREACHABLE_CAP);
            prop_assert!(backoff.wait(&trouble(Kind::Odd), jitter) <= ANSWERED_CAP);
            prop_assert!(failures < backoff.failures());
        }

        #[test]
        fn the_jitter_is_full(jitter in 0.0f64..1.0) {
            let wait = Backoff { failures: 9 }.wait(&trouble(Kind::Unreachable), jitter);
            let expected = UNREACHABLE_CAP.as_secs_f64() * jitter;
            prop_assert!((wait.as_secs_f64() - expected).abs() < 1e-6);
        }
    }
}
