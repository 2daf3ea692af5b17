//! Is the vendor's feed itself well? One small state machine for all vendors.
//!
//! A source only says what happened ([`Signal`]); what that means by now is decided here, with
//! `now` as an argument, so that silence alone can turn a feed slow and then down.

use jiff::{SignedDuration, Timestamp};

use super::thresholds::HealthThresholds;

/// How a source gets its positions now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The vendor pushes.
    Stream,
    /// We ask.
    Poll,
}

/// What kind of failure an attempt ended in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 401, or a 403 that is no rate limit, which a new token did not heal.
    Auth,
    /// A rate limit, until this time.
    Limited {
        /// When it ends, by our clock.
        until: Timestamp,
    },
    /// Anything else: unreachable, 5xx, unreadable.
    Other,
}

/// What a source says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A decodable 2xx, or any frame of a stream.
    Success,
    /// An attempt failed; `words` are safe to show (secrets replaced, at most 200 characters).
    Failure {
        /// What kind.
        failure: Failure,
        /// What happened, and what to check.
        words: String,
    },
    /// How positions come from now on.
    Mode {
        /// Pushed or polled.
        mode: Mode,
        /// Polling only because the stream is refused.
        fallback: bool,
        /// The poll interval, or three heartbeat gaps of a stream (at least 30 s).
        interval: SignedDuration,
    },
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// No success yet, but it is early.
    Connecting,
    /// All is well.
    Up,
    /// Late, or the last attempt failed, or polling for want of a stream.
    Slow,
    /// The vendor's rate limit holds us back.
    Limited,
    /// The vendor refuses our credentials.
    Auth,
    /// Silent for long.
    Down,
}

/// The state machine of one source.
#[derive(Clone, Debug)]
pub struct SourceHealth {
    started_at: Timestamp,
    interval: SignedDuration,
    fallback: bool,
    trouble: Option<Failure>,
    /// What it is judged by.
    pub rules: HealthThresholds,
    /// How positions come now.
    pub mode: Mode,
    /// The last success.
    pub last_success_at: Option<Timestamp>,
    /// The last failure's words and time; kept after it healed, for whoever asks later.
    pub last_error: Option<(String, Timestamp)>,
}

impl SourceHealth {
    /// A source that starts at `now`; `mode` and `interval` are its intention.
    pub fn new(mode: Mode, interval: SignedDuration, now: Timestamp) -> Self {
        Self {
            started_at: now,
            interval,
            fallback: false,
            trouble: None,
            rules: HealthThresholds::default(),
            mode,
            last_success_at: None,
            last_error: None,
        }
    }

    /// Takes in what the source said at `at`.
    pub fn apply(&mut self, signal: Signal, at: Timestamp) {
        match signal {
            Signal::Success => {
                // A heartbeat of the stream does not end a limit on requests; its time does.
                if !matches!(self.trouble, Some(Failure::Limited { until }) if at < until) {
                    self.trouble = None;
                }
                self.last_success_at = Some(self.last_success_at.map_or(at, |last| last.max(at)));
            }
            Signal::Failure { failure, words } => {
                self.trouble = Some(failure);
                self.last_error = Some((words, at));
            }
            Signal::Mode {
                mode,
                fallback,
                interval,
            } => {
                self.mode = mode;
                self.fallback = fallback;
                self.interval = interval;
            }
        }
    }

    /// The health at `now`; the first rule that fits.
    pub fn health(&self, now: Timestamp) -> Health {
        let silent_for = now.duration_since(self.last_success_at.unwrap_or(self.started_at));
        match self.trouble {
            Some(Failure::Auth) => return Health::Auth,
            Some(Failure::Limited { until }) if now < until => return Health::Limited,
            _ => {}
        }
        if self.last_success_at.is_none() && silent_for < self.rules.connecting_for {
            return Health::Connecting;
        }
        if self.rules.down_after.max(self.interval * 5) < silent_for {
            return Health::Down;
        }
        // However long its interval: who never succeeded is not up.
        let is_late = self.interval * 2 < silent_for || self.last_success_at.is_none();
        if is_late || self.trouble.is_some() || self.fallback {
            return Health::Slow;
        }
        Health::Up
    }

    /// When the limit that holds us back ends, if one does at `now`.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.trouble {
            Some(Failure::Limited { until }) if now < until => Some(until),
            _ => None,
        }
    }

    /// How often it asks, while it polls.
    pub fn poll_interval(&self) -> Option<SignedDuration> {
        (self.mode == Mode::Poll).then_some(self.interval)
    }

    /// Whether the source has been heard of at all, well or ill.
    pub fn has_answered(&self) -> bool {
        self.last_success_at.is_some() || self.last_error.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn failed(failure: Failure) -> Signal {
        Signal::Failure {
            failure,
            words: "no".into(),
        }
    }

    /// What was said and when, when it is asked, the answer.
    type Case<'a> = (&'a [(Signal, i64)], i64, Health);

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn health_by_its_table() {
        let interval = SignedDuration::from_secs(15);
        let limited = Failure::Limited { until: at(100) };
        // (what was said and when, asked at, answer)
        let cases: [Case<'_>; 16] = [
            (&[], 119, Health::Connecting),
            (&[], 121, Health::Down),
            (&[(failed(Failure::Other), 1)], 2, Health::Connecting),
            (&[(Signal::Success, 1)], 31, Health::Up),
            (&[(Signal::Success, 1)], 32, Health::Slow),
            (&[(Signal::Success, 1)], 121, Health::Slow),
            (&[(Signal::Success, 1)], 122, Health::Down),
            (
                &[(Signal::Success, 1), (failed(Failure::Other), 2)],
                3,
                Health::Slow,
            ),
            (
                &[(failed(Failure::Other), 1), (Signal::Success, 2)],
                3,
                Health::Up,
            ),
            (&[(failed(Failure::Auth), 1)], 500, Health::Auth),
            (&[(failed(limited.clone()), 1)], 99, Health::Limited),
            (
                &[(failed(limited.clone()), 1), (Signal::Success, 50)],
                51,
                Health::Limited,
            ),
            (
                &[(failed(limited.clone()), 1), (Signal::Success, 99)],
                101,
                Health::Slow,
            ),
            (
                &[(failed(limited.clone()), 99), (Signal::Success, 100)],
                101,
                Health::Up,
            ),
            (
                &[(Signal::Success, 99), (failed(limited), 99)],
                101,
                Health::Slow,
            ),
            (
                &[
                    (
                        Signal::Mode {
                            mode: Mode::Poll,
                            fallback: true,
                            interval,
                        },
                        1,
                    ),
                    (Signal::Success, 1),
                ],
                2,
                Health::Slow,
            ),
        ];
        for (said, asked, expected) in cases {
            let mut health = SourceHealth::new(Mode::Poll, interval, at(0));
            for (signal, second) in said {
                health.apply(signal.clone(), at(*second));
            }
            assert_eq!(health.health(at(asked)), expected, "{said:?} at {asked}");
        }
    }

    #[test]
    fn the_operator_may_be_more_patient_or_less() {
        let mut health = SourceHealth::new(Mode::Poll, SignedDuration::from_secs(15), at(0));
        health.rules.connecting_for = SignedDuration::from_secs(30);
        health.rules.down_after = SignedDuration::from_secs(200);
        assert_eq!(health.health(at(29)), Health::Connecting);
        assert_eq!(health.health(at(30)), Health::Slow);
        assert_eq!(health.health(at(201)), Health::Down);
        // However impatient: five of its own intervals.
        health.rules.down_after = SignedDuration::from_secs(1);
        health.apply(Signal::Success, at(300));
        assert_eq!(health.health(at(375)), Health::Slow);
        assert_eq!(health.health(at(376)), Health::Down);
    }
}
