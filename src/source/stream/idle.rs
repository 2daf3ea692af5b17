//! How long a stream may be silent before we take it for dead.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Taken where nothing is configured and the vendor's rhythm is not known.
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(90);
/// However fast the vendor's heart beats.
const AT_LEAST: Duration = Duration::from_secs(30);

/// What sockets tell their successors of the vendor's heartbeat; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Rhythm(Arc<Mutex<Option<Duration>>>);

impl Rhythm {
    /// The gap between two heartbeats, if it is known.
    pub fn get(&self) -> Option<Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers or forgets it.
    pub fn set(&self, gap: Option<Duration>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = gap;
    }
}

/// The idle timer of one socket. A pure count; `now` is an argument.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    configured: Option<Duration>,
    last_beat_at: Option<Instant>,
    longest_gap: Option<Duration>,
}

impl Idle {
    /// A timer of a socket that has just opened; earlier ones heard a heartbeat each `gap`.
    pub fn new(configured: Option<Duration>, gap: Option<Duration>) -> Self {
        Self {
            configured,
            last_beat_at: None,
            longest_gap: gap,
        }
    }

    /// The longest time between two heartbeats, once two were heard.
    pub fn gap(&self) -> Option<Duration> {
        self.longest_gap
    }

    /// Counts a heartbeat.
    pub fn beat(&mut self, now: Instant) {
        if let Some(last_beat_at) = self.last_beat_at {
            let gap = now.saturating_duration_since(last_beat_at);
            self.longest_gap = Some(self.longest_gap.map_or(gap, |longest| longest.max(gap)));
        }
        self.last_beat_at = Some(now);
    }

    /// Silence beyond this is death: three heartbeat gaps once two were seen, but never more than
    /// was configured.
    pub fn limit(&self) -> Duration {
        // In whole seconds, or every late heartbeat would be a new rhythm.
        let whole =
            |gap: Duration| Duration::from_secs((gap + Duration::from_millis(500)).as_secs());
        let rhythm = self.longest_gap.map(|gap| AT_LEAST.max(whole(gap) * 3));
        match (rhythm, self.configured) {
            (Some(rhythm), Some(configured)) => rhythm.min(configured),
            (Some(limit), None) | (None, Some(limit)) => limit,
            (None, None) => DEFAULT_LIMIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_limit_follows_the_heart_but_not_beyond_the_configuration() {
        let now = Instant::now();
        let seconds = Duration::from_secs;
        // (configured, gaps between heartbeats, limit)
        let cases: [(Option<u64>, &[u64], u64); 7] = [
            (None, &[], 90),
            (None, &[0], 90),
            (None, &[0, 20], 60),
            (None, &[0, 1], 30),
            (None, &[0, 60, 5], 180),
            (Some(5), &[0, 20], 5),
            (Some(90), &[0, 20], 60),
        ];
        for (configured, gaps, limit) in cases {
            let mut idle = Idle::new(configured.map(seconds), None);
            let mut at = now;
            for gap in gaps {
                at += seconds(*gap);
                idle.beat(at);
            }
            assert_eq!(idle.limit(), seconds(limit), "{configured:?} {gaps:?}");
        }
    }
}
