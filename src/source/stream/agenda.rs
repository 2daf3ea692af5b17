//! What a streamed source needs next, and when it may have it.
//!
//! Pure: `now` and the budget are arguments, one request is one step. The order of need is the
//! stream, then the positions that were missed in a gap, then names; while no stream can be had,
//! positions come first, or a vendor whose stream is broken would eat the whole budget with
//! attempts at it.

use std::time::Duration;

use tokio::time::Instant;

use crate::source::budget::{Budget, GAP_SHARE};

/// The share of the limit that polling for want of a stream may take.
const FALLBACK_SHARE: f64 = 1.0 / 1.5;
/// Polling for want of a stream is never faster than this.
const FALLBACK_AT_LEAST: Duration = Duration::from_secs(15);
/// The share of the limit that attempts at a stream may take while polling.
const ATTEMPT_SHARE: f64 = 0.25;
/// So many attempts in a row, or so long without a stream, and we poll.
const FALLBACK_AFTER_FAILURES: u32 = 3;
const FALLBACK_AFTER: Duration = Duration::from_secs(15);
/// At the start, positions wait so long for a stream that is slow to open.
const FIRST_POSITIONS_AFTER: Duration = Duration::from_secs(2);
/// A stream that lived for so long was a good one.
const GOOD_AFTER: Duration = Duration::from_secs(5);

/// A request that can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Create a stream session.
    Stream,
    /// The next page of the positions.
    Positions,
    /// The next page of the vehicles.
    Vehicles,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Serve this need now.
    Serve(Need),
    /// Nothing may be done before this.
    Wait(Instant),
}

/// The state of the line and of the two lists.
#[derive(Debug)]
pub struct Agenda {
    line: Line,
    opening: bool,
    failures: u32,
    stream_not_before: Instant,
    attempted_at: Option<Instant>,
    /// A gap lies behind us that no reading of the positions has covered.
    owed: bool,
    reading_since: Option<Instant>,
    read_at: Option<Instant>,
    positions_not_before: Instant,
    /// Names wait for the first attempt at positions, but not for its success.
    has_tried_positions: bool,
    paused_until: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Line {
    Down {
        since: Instant,
    },
    Up {
        since: Instant,
        renew_at: Option<Instant>,
    },
}

impl Agenda {
    /// Nothing is there yet.
    pub fn new(now: Instant) -> Self {
        Self {
            line: Line::Down { since: now },
            opening: false,
            failures: 0,
            stream_not_before: now,
            attempted_at: None,
            owed: true,
            reading_since: None,
            read_at: None,
            positions_not_before: now,
            has_tried_positions: false,
            paused_until: now,
        }
    }

    /// What to do at `now`; readings of the positions take `n_pages` requests, and the next page
    /// of the vehicles is due at `vehicles_at`, of `n_vehicle_pages` in all.
    pub fn next(
        &self,
        now: Instant,
        budget: &Budget,
        n_pages: u32,
        (vehicles_at, n_vehicle_pages): (Instant, u32),
    ) -> Next {
        let roomy_at = budget.roomy_at(n_vehicle_pages, now);
        let vehicles = self
            .has_tried_positions
            .then_some(vehicles_at.max(roomy_at));
        let stream = (self.stream_at(now, budget), Need::Stream);
        let positions = (self.positions_at(budget, n_pages), Need::Positions);
        let vehicles = (vehicles, Need::Vehicles);
        let by_need = if self.is_fallback(now) {
            [positions, stream, vehicles]
        } else {
            [stream, positions, vehicles]
        };
        // Whatever is due, the budget and a pause hold it back alike.
        let gate = budget.ready_at(now).max(self.paused_until);
        let mut wait_until = now + Duration::from_mins(5);
        for (at, need) in by_need {
            let Some(at) = at.map(|at| at.max(gate)) else {
                continue;
            };
            if at <= now {
                return Next::Serve(need);
            }
            wait_until = wait_until.min(at);
        }
        Next::Wait(wait_until)
    }

    /// Whether positions are polled at `now` because no stream can be had.
    pub fn is_fallback(&self, now: Instant) -> bool {
        match self.line {
            Line::Up { .. } => false,
            Line::Down { since } => {
                FALLBACK_AFTER_FAILURES <= self.failures || since + FALLBACK_AFTER <= now
            }
        }
    }

    /// How often positions are polled for want of a stream.
    pub fn fallback_interval(budget: &Budget, n_pages: u32) -> Duration {
        FALLBACK_AT_LEAST.max(budget.gap(n_pages, FALLBACK_SHARE))
    }

    /// Whether the line stands and nothing is owed, so that there may be time for what can wait.
    pub fn is_calm(&self) -> bool {
        let is_up = matches!(self.line, Line::Up { .. });
        is_up && !self.opening && !self.owed && self.reading_since.is_none()
    }

    fn stream_at(&self, now: Instant, budget: &Budget) -> Option<Instant> {
        if self.opening {
            return None;
        }
        let at = match self.line {
            Line::Up { renew_at, .. } => renew_at?,
            Line::Down { .. } => self.stream_not_before,
        };
        let at = at.max(self.stream_not_before);
        match self.attempted_at {
            // Attempts in quick succession heal soonest, but polling must not starve for them.
            Some(attempted_at)
                if self.is_fallback(now)
                    && !budget.is_ahead(FALLBACK_SHARE + ATTEMPT_SHARE, now) =>
            {
                Some(at.max(attempted_at + budget.gap(1, ATTEMPT_SHARE)))
            }
            _ => Some(at),
        }
    }

    fn positions_at(&self, budget: &Budget, n_pages: u32) -> Option<Instant> {
        if self.reading_since.is_some() {
            return Some(self.positions_not_before);
        }
        let at = match (self.line, self.read_at) {
            (Line::Up { .. }, _) if !self.owed => return None,
            (Line::Up { .. }, Some(read_at)) => read_at + budget.gap(n_pages, GAP_SHARE),
            (Line::Up { since, .. }, None) => since,
            (Line::Down { since }, Some(read_at)) => {
                let fallback_at = if FALLBACK_AFTER_FAILURES <= self.failures {
                    since
                } else {
                    since + FALLBACK_AFTER
                };
                fallback_at.max(read_at + Self::fallback_interval(budget, n_pages))
            }
            (Line::Down { since }, None) if 0 < self.failures => since,
            (Line::Down { since }, None) => since + FIRST_POSITIONS_AFTER,
        };
        Some(at.max(self.positions_not_before))
    }

    /// A session was asked for, and answered well or ill.
    pub fn attempted(&mut self, now: Instant) {
        self.attempted_at = Some(now);
    }

    /// A session was had, and its socket is being opened.
    pub fn opening(&mut self) {
        self.opening = true;
    }

    /// No session, or no socket, at `now`: not again before `not_before`.
    pub fn stream_failed(&mut self, now: Instant, not_before: Instant) {
        self.opening = false;
        self.failures = self.failures.saturating_add(1);
        if now + FALLBACK_AFTER <= not_before {
            // A long wait is certain, so there is no point in waiting before we poll.
            self.failures = self.failures.max(FALLBACK_AFTER_FAILURES);
        }
        self.stream_not_before = not_before;
    }

    /// A socket is open; its successor is wanted at `renew_at`. Whether there was a gap.
    pub fn opened(&mut self, now: Instant, renew_at: Option<Instant>) -> bool {
        let had_gap = matches!(self.line, Line::Down { .. });
        self.owed |= had_gap;
        self.opening = false;
        self.line = Line::Up {
            since: now,
            renew_at,
        };
        had_gap
    }

    /// The socket in use is gone. Whether it had been a good one, so that the next may come at
    /// once.
    pub fn closed(&mut self, now: Instant) -> bool {
        let was_good = match self.line {
            Line::Up { since, .. } => since + GOOD_AFTER <= now,
            Line::Down { .. } => return false,
        };
        self.line = Line::Down { since: now };
        if was_good {
            self.failures = 0;
            self.stream_not_before = now;
        }
        was_good
    }

    /// A reading of the positions begins, unless one is under way.
    pub fn reading_positions(&mut self, now: Instant) {
        if self.reading_since.is_none() {
            self.reading_since = Some(now);
            // A gap that opens from here on is not covered by this reading.
            self.owed = false;
        }
    }

    /// The reading of the positions is complete.
    pub fn positions_read(&mut self) {
        self.read_at = self.reading_since.take().or(self.read_at);
        self.has_tried_positions = true;
    }

    /// The reading of the positions failed: not again before `not_before`.
    pub fn positions_failed(&mut self, not_before: Instant) {
        self.reading_since = None;
        self.has_tried_positions = true;
        self.owed = true;
        self.positions_not_before = not_before;
    }

    /// Nothing at all is asked before `until`.
    pub fn pause(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(until);
    }
}

#[cfg(test)]
#[path = "agenda_tests.rs"]
mod tests;
