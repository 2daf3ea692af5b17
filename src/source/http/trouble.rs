//! What an attempt at a vendor ended in, in the few kinds that call for different behaviour.
//!
//! The words are made here and in `http` only, and are safe to show: no query, no secret, at most
//! 200 characters of the vendor's own.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::Failure;

/// What kind of failure it was; each has its own wait in `backoff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No connection, a torn one, or no answer in time.
    Unreachable,
    /// No TLS, or a certificate that does not hold: nothing was sent.
    Untrusted,
    /// 408 or 5xx: the vendor is there, but unwell.
    Busy,
    /// 429, or a vendor's own way of saying it.
    Limited,
    /// 401 that a new token did not heal, or 403 that is no rate limit.
    Denied,
    /// Anything else: another 4xx, a redirect, a body that is no answer.
    Odd,
}

impl Kind {
    /// The kind as a metric label.
    pub fn as_label(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Untrusted => "untrusted",
            Self::Busy => "busy",
            Self::Limited => "limited",
            Self::Denied => "denied",
            Self::Odd => "odd",
        }
    }

    /// The kind of a status that is no success.
    pub fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Denied,
            429 => Self::Limited,
            408 | 500..=599 => Self::Busy,
            _ => Self::Odd,
        }
    }
}

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Trouble {
    /// What kind.
    pub kind: Kind,
    /// What happened and what to check, safe to show.
    pub words: String,
    /// The vendor's own word on when to come back.
    pub retry_after: Option<Duration>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The vendor may have seen the request, and counted it.
    pub reached: bool,
}

impl Trouble {
    /// A trouble without a status and without a retry time.
    pub fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self {
            kind,
            words: words.into(),
            retry_after: None,
            status: None,
            reached: true,
        }
    }

    /// The other side is not who it should be; it has not been asked, nor told anything.
    pub fn untrusted(words: &str) -> Self {
        let mut trouble = Self::new(Kind::Untrusted, words);
        trouble.reached = false;
        trouble
    }

    /// What it means for the source's health at `now`, when the next attempt comes after `wait`.
    pub fn failure(&self, now: Timestamp, wait: Duration) -> Failure {
        match self.kind {
            Kind::Denied => Failure::Auth,
            Kind::Limited => Failure::Limited {
                until: SignedDuration::try_from(wait)
                    .ok()
                    .and_then(|wait| now.checked_add(wait).ok())
                    .unwrap_or(now),
            },
            Kind::Unreachable | Kind::Untrusted | Kind::Busy | Kind::Odd => Failure::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_by_their_table() {
        let cases = [
            (400, Kind::Odd),
            (401, Kind::Denied),
            (403, Kind::Denied),
            (404, Kind::Odd),
            (408, Kind::Busy),
            (429, Kind::Limited),
            (500, Kind::Busy),
            (503, Kind::Busy),
            (302, Kind::Odd),
        ];
        for (status, kind) in cases {
            assert_eq!(Kind::of_status(status), kind, "{status}");
        }
    }

    #[test]
    fn a_limit_ends_when_the_wait_does() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let trouble = Trouble::new(Kind::Limited, "slow down");
        let failure = trouble.failure(now, Duration::from_secs(40));
        let until = Timestamp::from_second(1_800_000_040).unwrap();
        assert_eq!(failure, Failure::Limited { until });
    }
}
