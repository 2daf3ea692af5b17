//! The words between a viewer and whoever serves it.

use std::time::Duration;

use tokio::time::Instant;

use super::sight::Sight;

/// A restart; the reason says how long to wait.
pub const CLOSE_RESTART: u16 = 1012;
/// The viewer's protocol is too old; its page must be loaded again.
pub const CLOSE_TOO_OLD: u16 = 4001;
/// The viewer may not look, or no longer; it need not come back.
pub const CLOSE_NOT_ALLOWED: u16 = 4003;
/// The viewer sent more than is reasonable.
pub const CLOSE_POLICY: u16 = 1008;
/// The viewer does not take what it is sent.
pub const CLOSE_TOO_SLOW: u16 = 4008;

/// How viewers are treated.
#[derive(Clone, Copy, Debug)]
pub struct ViewerSettings {
    /// A heartbeat is sent whenever nothing else was for this long; at most 5 s.
    pub heartbeat: Duration,
    /// Who takes nothing for this long is gone.
    pub patience: Duration,
    /// At a restart closes are spread over this long.
    pub close_spread: Duration,
    /// Viewers are told to come back after at most this long.
    pub max_retry: Duration,
    /// Fleets up to this size are sent whole to everyone.
    pub large_fleet: usize,
    /// No more vehicles than this are sent one by one to who looks at a part of a large fleet.
    pub max_inside: usize,
}

impl Default for ViewerSettings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(4),
            // A little less than the kernel takes to give a dead one up: all are gone within that.
            patience: Duration::from_secs(14),
            close_spread: Duration::from_secs(2),
            max_retry: Duration::from_secs(12),
            large_fleet: 20_000,
            max_inside: 20_000,
        }
    }
}

/// What a viewer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `fleetglass.v1.json`.
    Json,
    /// `fleetglass.v1.bin`.
    Bin,
}

/// Why a viewer left; the names are the values of the metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It left.
    Left,
    /// It did not take what it was sent.
    TooSlow,
    /// It sent too many messages.
    Flood,
    /// It broke the WebSocket protocol, or sent more at once than we read.
    Violation,
    /// It speaks a protocol of another version.
    TooOld,
    /// The server goes.
    Restart,
    /// It may look no more.
    Revoked,
    /// It may see something else now, and comes back for it.
    Changed,
}

impl End {
    /// The end as a metric label.
    pub fn as_label(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::TooSlow => "too_slow",
            Self::Flood => "flood",
            Self::Violation => "violation",
            Self::TooOld => "too_old",
            Self::Restart => "restart",
            Self::Revoked => "revoked",
            Self::Changed => "changed",
        }
    }
}

/// What a viewer brings along.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// What it speaks; `None` is a protocol of ours that this version does not know.
    pub dialect: Option<Dialect>,
    /// It inflates what is sent deflated.
    pub deflates: bool,
    /// The epoch and seq it says it has.
    pub resume: Option<(String, u64)>,
    /// What its map shows, if it said so.
    pub sight: Option<Sight>,
}

/// Now, on both clocks: one for what passes, one for what is said.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// For durations.
    pub instant: Instant,
    /// For frames.
    pub at: jiff::Timestamp,
}
