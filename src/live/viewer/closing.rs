//! How a conversation ends: which code is said, who waits for whom, and how long.

use std::time::Duration;

use super::{
    CLOSE_NOT_ALLOWED, CLOSE_POLICY, CLOSE_RESTART, CLOSE_TOO_OLD, CLOSE_TOO_SLOW, End, Moment,
    Phase, Viewer,
};
use crate::live::pass::{Dismissal, Pass};
use crate::live::ws::message;

/// The other side has this long to answer a close, or to take one.
const CLOSING_FOR: Duration = Duration::from_secs(1);

impl Viewer {
    /// The server goes: the close is said at some time within the spread, told by `share` (0 to 1).
    pub fn leave(&mut self, share: f64, now: Moment) {
        if matches!(self.phase, Phase::Greeting { .. } | Phase::Live) {
            let at = now.instant + self.settings.close_spread.mul_f64(share);
            self.phase = Phase::Leaving { at };
        }
    }

    /// Takes the pass by which it can be sent away.
    pub fn carry(&mut self, pass: Pass) {
        self.pass = Some(pass);
    }

    /// Goes where it has been sent away: from then on nothing more is shown to it.
    pub(super) fn heed_dismissal(&mut self, now: Moment) {
        let Some(why) = self.pass.as_ref().and_then(Pass::dismissal) else {
            return;
        };
        if !matches!(self.phase, Phase::Closing { .. } | Phase::Over(_)) {
            self.close(
                match why {
                    Dismissal::Revoked => End::Revoked,
                    Dismissal::Changed => End::Changed,
                },
                now,
            );
        }
    }

    /// Nothing more will come from the other side.
    pub fn hung_up(&mut self) {
        let end = match self.phase {
            Phase::Closing { end, .. } | Phase::Over(end) => end,
            _ => End::Left,
        };
        self.phase = Phase::Over(end);
    }

    /// Says why it is over.
    pub(super) fn close(&mut self, end: End, now: Moment) {
        match end {
            End::Restart => {
                let max_ms = self.settings.max_retry.as_millis();
                let retry_ms = rand::random_range(0..=max_ms);
                let reason = format!("retry_ms={retry_ms}");
                self.say_close(CLOSE_RESTART, &reason, end, now);
            }
            End::TooSlow => self.say_close(CLOSE_TOO_SLOW, "too slow", end, now),
            End::Flood => self.say_close(CLOSE_POLICY, "too many messages", end, now),
            End::TooOld => {
                self.say_close(CLOSE_TOO_OLD, "protocol too old; reload the page", end, now);
            }
            End::Revoked => self.say_close(CLOSE_NOT_ALLOWED, "not allowed", end, now),
            End::Changed => self.say_close(CLOSE_RESTART, "retry_ms=0", end, now),
            End::Left | End::Violation => self.say_close(1000, "", end, now),
        }
    }

    pub(super) fn say_close(&mut self, code: u16, reason: &str, end: End, now: Moment) {
        self.outbox.push_last(message::close(code, reason));
        // After a close nothing may come, and nobody who is gone keeps a view alive.
        self.pong = None;
        self.looks.clear();
        self.phase = Phase::Closing {
            end,
            until: now.instant + CLOSING_FOR,
            is_answered: false,
        };
    }

    /// Both sides have said it; what is left is to write ours.
    pub(super) fn close_is_answered(&mut self) {
        if let Phase::Closing { is_answered, .. } = &mut self.phase {
            *is_answered = true;
        }
        self.end_if_all_is_said();
    }

    pub(super) fn end_if_all_is_said(&mut self) {
        if let Phase::Closing {
            end, is_answered, ..
        } = self.phase
            && is_answered
            && self.outbox.is_empty()
        {
            self.phase = Phase::Over(end);
        }
    }
}
