//! When a delivery that nobody took is tried again: pure.

use std::time::Duration;

/// The waits between attempts.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// After the first failure at most this.
    pub first: Duration,
    /// After many at most this.
    pub most: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            most: Duration::from_mins(10),
        }
    }
}

impl Pace {
    /// How long to wait after so many failures in a row; `jitter` is drawn evenly from `0.0..1.0`.
    /// At least half of what doubles, so that nobody is knocked at without a pause.
    pub fn wait(self, failures: u32, jitter: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let ceiling = self.first.saturating_mul(1 << doublings).min(self.most);
        ceiling.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most() {
        let pace = Pace::default();
        let seconds = [1, 2, 3, 4, 9, 10, 99, u32::MAX].map(|n| pace.wait(n, 1.0).as_secs());
        assert_eq!(seconds, [2, 4, 8, 16, 512, 600, 600, 600]);
        assert_eq!(pace.wait(3, 0.0), Duration::from_secs(4));
        assert_eq!(pace.wait(3, 0.5), Duration::from_secs(6));
    }
}
