//! A vendor's rate limit that is told by headers, and how it is spent evenly.
//!
//! A pure count: what is left of the window, when it ends, when the next request may go. The
//! vendor's headers always outrank our own counting, which fills in where an answer was lost.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use tokio::time::Instant;

use super::http::retry_after::{text, wait};

/// Told times are whole seconds, perhaps rounded down; so much later the window is surely over.
const ROUNDING: Duration = Duration::from_secs(1);

/// The share of the limit that positions after gaps may take.
pub const GAP_SHARE: f64 = 0.35;
/// A stream that is cut more often than this is no stream.
const CUT_EVERY: Duration = Duration::from_secs(10);

/// What an account may still ask.
#[derive(Clone, Debug)]
pub struct Budget {
    limit: u32,
    window: Duration,
    remaining: u32,
    resets_at: Option<Instant>,
    last_at: Option<Instant>,
}

impl Budget {
    /// An unspent budget of `limit` requests in each `window`, until the headers say otherwise.
    pub fn new(limit: u32, window: Duration) -> Self {
        Self {
            limit,
            window,
            remaining: limit,
            resets_at: None,
            last_at: None,
        }
    }

    /// A budget that holds nobody back, for a vendor that counts nothing.
    pub fn boundless() -> Self {
        Self::new(u32::MAX, Duration::from_secs(1))
    }

    /// Counts a request that goes out at `now`.
    pub fn spend(&mut self, now: Instant) {
        if self.resets_at.is_none_or(|resets_at| resets_at <= now) {
            self.remaining = self.limit;
            self.resets_at = Some(now + self.window);
        }
        self.remaining = self.remaining.saturating_sub(1);
        self.last_at = Some(now);
    }

    /// Gives back a request that never reached the vendor.
    pub fn unspend(&mut self) {
        self.remaining = self.limit.min(self.remaining.saturating_add(1));
    }

    /// Learns from an answer's `X-Rate-Limit-*` headers, received at `now`, which is the time
    /// `received_at`.
    pub fn learn(&mut self, headers: &HeaderMap, now: Instant, received_at: Timestamp) {
        let number = |name| text(headers, name)?.parse::<u32>().ok();
        if let Some(limit) = number("x-rate-limit-limit").filter(|limit| 0 < *limit) {
            self.limit = limit;
        }
        if let Some(remaining) = number("x-rate-limit-remaining") {
            self.remaining = remaining;
        }
        if let Some(resets_in) = wait(headers, "x-rate-limit-reset", received_at) {
            self.window = self.window.max(resets_in);
            self.resets_at = Some(now + resets_in + ROUNDING);
        }
    }

    /// The vendor says that nothing is left before `until`.
    pub fn exhaust(&mut self, until: Instant) {
        self.remaining = 0;
        self.resets_at = Some(until);
    }

    /// When the next request may go, at `now`.
    ///
    /// Freely while a fifth or more of the limit is left; below that, what is left is spread over
    /// the rest of the window.
    pub fn ready_at(&self, now: Instant) -> Instant {
        let Some(resets_at) = self.resets_at.filter(|resets_at| now < *resets_at) else {
            return now;
        };
        if self.remaining == 0 {
            return resets_at;
        }
        match self.last_at {
            Some(last_at) if self.remaining < self.limit.div_ceil(5) => {
                let rest = resets_at.saturating_duration_since(last_at);
                now.max(last_at + rest / self.remaining)
            }
            _ => now,
        }
    }

    /// When a further `n_requests` leave a fifth of the limit, at `now`: at once, or in the next
    /// window.
    pub fn roomy_at(&self, n_requests: u32, now: Instant) -> Instant {
        match self.resets_at {
            Some(resets_at)
                if now < resets_at
                    && self.remaining < (self.limit / 5).saturating_add(n_requests) =>
            {
                resets_at
            }
            _ => now,
        }
    }

    /// When a request that can wait takes nothing from live work, at `now`.
    ///
    /// Spared for that, for the rest of the window: what it takes if its stream is cut every
    /// `CUT_EVERY` and each gap is followed by a reading, `n_requests` at once, and the fifth
    /// below which it is paced.
    pub fn spare_at(&self, n_requests: u32, now: Instant) -> Instant {
        let Some(resets_at) = self.resets_at.filter(|resets_at| now < *resets_at) else {
            return now;
        };
        let spared = f64::from(self.limit.div_ceil(5)) + f64::from(n_requests) + 1.0;
        let free = f64::from(self.remaining) - spared;
        let per_s = CUT_EVERY.as_secs_f64().recip()
            + GAP_SHARE * f64::from(self.limit) / self.window.as_secs_f64();
        let covered = Duration::try_from_secs_f64(free / per_s).unwrap_or_default();
        let at = resets_at.checked_sub(covered).unwrap_or(now);
        now.max(at)
    }

    /// Whether more is left at `now` than spending `share` of the limit evenly would leave.
    pub fn is_ahead(&self, share: f64, now: Instant) -> bool {
        let rest = self
            .resets_at
            .map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let due = share * f64::from(self.limit) * rest.div_duration_f64(self.window);
        due + 1.0 <= f64::from(self.remaining)
    }

    /// The time between readings of `n_requests` each, if they are to take `share` of the limit.
    pub fn gap(&self, n_requests: u32, share: f64) -> Duration {
        self.window
            .mul_f64(f64::from(n_requests) / (share * f64::from(self.limit)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(limit: u32, remaining: u32, reset: u64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-rate-limit-limit", limit.into());
        headers.insert("x-rate-limit-remaining", remaining.into());
        headers.insert("x-rate-limit-reset", reset.into());
        headers
    }

    fn budget() -> Budget {
        Budget::new(150, Duration::from_mins(15))
    }

    #[tokio::test]
    async fn a_fifth_of_the_limit_is_where_pacing_begins() {
        let now = Instant::now();
        for (remaining, wait_s) in [(150, 0), (30, 0), (29, 3), (10, 9), (1, 90), (0, 90)] {
            let mut budget = budget();
            budget.spend(now);
            budget.learn(&headers(150, remaining, 89), now, Timestamp::UNIX_EPOCH);
            let wait = budget.ready_at(now) - now;
            assert_eq!(wait.as_secs(), wait_s, "{remaining} left");
        }
    }

    #[tokio::test]
    async fn the_window_that_is_over_binds_nobody() {
        let now = Instant::now();
        let mut budget = budget();
        budget.exhaust(now + Duration::from_secs(5));
        assert_eq!(budget.ready_at(now), now + Duration::from_secs(5));
        let later = now + Duration::from_secs(5);
        assert_eq!(budget.ready_at(later), later);
        budget.spend(later);
        assert_eq!(budget.remaining, 149);
    }

    #[tokio::test]
    async fn a_reset_may_be_a_time_and_nonsense_is_not_believed() {
        let now = Instant::now();
        let received_at = Timestamp::from_second(1_795_299_900).unwrap();
        for (reset, wait_s) in [(1_795_300_000, 101), (1_895_300_000, 900), (u64::MAX, 900)] {
            let mut budget = budget();
            budget.spend(now);
            budget.learn(&headers(150, 0, reset), now, received_at);
            let wait = budget.ready_at(now) - now;
            assert_eq!(wait.as_secs(), wait_s, "{reset}");
        }
    }

    #[tokio::test]
    async fn the_share_of_a_reading_is_that_of_the_contract() {
        let gap = budget().gap(3, 0.35);
        assert!((51.4..51.5).contains(&gap.as_secs_f64()), "{gap:?}");
        // The fallback: 1.5 x window x pages / limit.
        let gap = budget().gap(3, 1.0 / 1.5);
        assert!((26.9..27.1).contains(&gap.as_secs_f64()), "{gap:?}");
    }

    proptest! {
        /// Whoever obeys `ready_at` never exceeds the limit, however eager he is.
        #[test]
        fn an_eager_spender_never_exceeds_the_limit(
            limit in 5u32..300,
            gaps_ms in proptest::collection::vec(0u64..20_000, 400),
        ) {
            let window = Duration::from_mins(15);
            let mut budget = Budget::new(150, window);
            // The vendor's own count: a fixed window that begins with its first request.
            let start = Instant::now();
            let mut now = start;
            let mut window_from = now;
            let mut used = 0;
            for gap_ms in gaps_ms {
                now = budget.ready_at(now + Duration::from_millis(gap_ms));
                if window <= now - window_from {
                    window_from = now;
                    used = 0;
                }
                used += 1;
                prop_assert!(used <= limit, "request {used} of {limit} at {:?}", now - start);
                budget.spend(now);
                let reset = window.saturating_sub(now - window_from).as_secs();
                budget.learn(&headers(limit, limit - used, reset), now, Timestamp::UNIX_EPOCH);
            }
        }
    }
}
