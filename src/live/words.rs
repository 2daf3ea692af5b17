//! The words for states: one table for frames, queries and metrics alike.

use crate::domain::{Flag, FreshnessState, Health, MotionState, Verdict};

/// The word for a motion.
pub fn motion(state: MotionState) -> &'static str {
    match state {
        MotionState::Moving => "moving",
        MotionState::Idling => "idling",
        MotionState::Stopped => "stopped",
        MotionState::Parked => "parked",
        MotionState::Unknown => "unknown",
    }
}

/// The word for a freshness.
pub fn freshness(state: FreshnessState) -> &'static str {
    match state {
        FreshnessState::Live => "live",
        FreshnessState::Late => "late",
        FreshnessState::Stale => "stale",
        FreshnessState::Offline => "offline",
        FreshnessState::Never => "never",
    }
}

/// The word for a source's health.
pub fn health(health: Health) -> &'static str {
    match health {
        Health::Connecting => "connecting",
        Health::Up => "up",
        Health::Slow => "slow",
        Health::Limited => "limited",
        Health::Auth => "auth",
        Health::Down => "down",
    }
}

/// The word for a flag.
pub fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::Diverging => "diverging",
        Flag::ClockAhead => "clock_ahead",
        Flag::NoFixTime => "no_fix_time",
        Flag::FeedDown => "feed_down",
        Flag::Panic => "panic",
        Flag::GpsStuck => "gps_stuck",
        Flag::Backfill => "backfill",
        Flag::Restored => "restored",
        Flag::OffDuty => "off_duty",
    }
}

/// The word for a verdict.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Older => "older",
        Verdict::Outranked => "outranked",
        Verdict::Refused => "refused",
    }
}
