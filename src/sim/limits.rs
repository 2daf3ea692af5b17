//! The vendors' rate limits: windows that are refilled at once, and a bucket that fills slowly.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::lock;

/// Whole seconds until `until`, rounded up: who waits so long is surely past it.
pub(super) fn seconds_until(until: Instant, now: Instant) -> u64 {
    let left = until.saturating_duration_since(now);
    left.as_secs() + u64::from(0 < left.subsec_nanos())
}

/// So many requests in a window of fixed length, which begins with its first request.
#[derive(Debug)]
pub(super) struct Window {
    limit: u32,
    length: Duration,
    used: Mutex<Used>,
}

#[derive(Debug)]
struct Used {
    count: u32,
    ends: Instant,
}

/// How a window stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Requests in a window.
    pub(super) limit: u32,
    /// Requests that are left in this one.
    pub(super) remaining: u32,
    /// When it is full again.
    pub(super) resets: Instant,
    /// Whether the request that was asked for is within it.
    pub(super) granted: bool,
}

impl Window {
    pub(super) fn new(limit: u32, length: Duration, now: Instant) -> Self {
        Self {
            limit,
            length,
            used: Mutex::new(Used {
                count: 0,
                ends: now,
            }),
        }
    }

    /// Takes one request out of the window, if there is one.
    pub(super) fn take(&self, now: Instant) -> Standing {
        self.draw(1, now)
    }

    /// How the window stands, taking nothing.
    pub(super) fn look(&self, now: Instant) -> Standing {
        self.draw(0, now)
    }

    fn draw(&self, requests: u32, now: Instant) -> Standing {
        let mut used = lock(&self.used);
        if used.ends <= now {
            used.count = 0;
            used.ends = now + self.length;
        }
        let granted = used.count + requests <= self.limit;
        if granted {
            used.count += requests;
        }
        Standing {
            limit: self.limit,
            remaining: self.limit - used.count,
            resets: used.ends,
            granted,
        }
    }
}

/// One request in each interval, with a little credit for those who waited.
#[derive(Debug)]
pub(super) struct Bucket {
    every: Duration,
    burst: u32,
    /// When the credit will be full; the further ahead, the less is left.
    full_at: Mutex<Instant>,
}

impl Bucket {
    pub(super) fn new(every: Duration, burst: u32, now: Instant) -> Self {
        Self {
            every,
            burst,
            full_at: Mutex::new(now),
        }
    }

    /// Takes one request, or says when the next is possible.
    pub(super) fn take(&self, now: Instant) -> Result<(), Instant> {
        let mut full_at = lock(&self.full_at);
        let next = (*full_at).max(now) + self.every;
        let allowed = now + self.every * self.burst;
        if allowed < next {
            return Err(now + (next - allowed));
        }
        *full_at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grants_its_limit_and_no_more_until_it_ends() {
        let now = Instant::now();
        let window = Window::new(3, Duration::from_secs(10), now);
        let left: Vec<_> = (0..4)
            .map(|_| window.take(now))
            .map(|s| s.remaining)
            .collect();
        assert_eq!(left, [2, 1, 0, 0]);
        assert!(!window.take(now + Duration::from_secs(9)).granted);
        let later = now + Duration::from_secs(10);
        assert!(window.take(later).granted);
        assert_eq!(window.look(later).remaining, 2);
    }

    #[test]
    fn a_bucket_allows_its_burst_and_then_one_each_second() {
        let now = Instant::now();
        let bucket = Bucket::new(Duration::from_secs(1), 5, now);
        assert_eq!((0..9).filter(|_| bucket.take(now).is_ok()).count(), 5);
        let wait = bucket.take(now).unwrap_err();
        assert_eq!(seconds_until(wait, now), 1);
        assert!(bucket.take(now + Duration::from_secs(1)).is_ok());
        assert!(bucket.take(now + Duration::from_secs(1)).is_err());
    }
}
