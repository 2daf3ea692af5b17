//! What a vehicle is doing.
//!
//! Records tell whether it moves or stands ([`progress`]); what that is called by now (stopped,
//! parked, unknown) is decided here, with `now` as an argument, so that time alone can change it.

pub mod ignition;
pub mod progress;
pub mod spell;

use jiff::{SignedDuration, Timestamp};

pub use self::progress::{Moment, Progress};
pub use self::spell::Point;

use self::progress::Since;
use super::fix::Fix;
use crate::domain::thresholds::MotionThresholds;
use crate::domain::units::kmh_to_mps;
use crate::domain::{Motion, MotionState};

const MOVING_FROM_KMH: f64 = 5.0;

/// The motion of a vehicle that never had a position.
pub fn of_nothing(now: Timestamp) -> Motion {
    told(
        MotionState::Unknown,
        Since {
            at: now,
            at_least: true,
        },
    )
}

/// The motion at `now` of a vehicle whose records tell `progress`; the first that fits.
///
/// | | answer |
/// |---|---|
/// | never a fix, or offline (`offline_since`) for more than 7 days | unknown |
/// | moves | moving |
/// | stands, and the ignition was known on for 120 s | idling |
/// | stands for 5 min | parked |
/// | else | stopped |
pub fn at(
    progress: &Progress,
    offline_since: Option<Timestamp>,
    rules: &MotionThresholds,
    now: Timestamp,
) -> Motion {
    let Some(spell) = progress.spell else {
        return of_nothing(now);
    };
    if let Some(unknown_from) = offline_since.and_then(|since| later(since, rules.unknown_after))
        && unknown_from < now
    {
        let since = Since {
            at: unknown_from,
            at_least: false,
        };
        return told(MotionState::Unknown, since);
    }
    let began = Since {
        at: spell.since,
        at_least: spell.since_at_least,
    };
    if spell.is_moving {
        return told(MotionState::Moving, began);
    }
    if let Some(since) = progress.idling {
        return told(MotionState::Idling, since);
    }
    let (state, began) = match later(spell.since, rules.parked_after) {
        Some(parked_from) if parked_from <= now => {
            let began = Since {
                at: parked_from,
                ..began
            };
            (MotionState::Parked, began)
        }
        _ => (MotionState::Stopped, began),
    };
    // It was called idling until then.
    let idled_until = progress.idled_until.filter(|until| began.at < *until);
    let since = idled_until.map_or(began, |at| Since {
        at,
        at_least: false,
    });
    told(state, since)
}

/// Time alone changes nothing of the motion up to this instant; `None`: nor afterwards.
pub fn steady_until(
    progress: &Progress,
    offline_since: Option<Timestamp>,
    rules: &MotionThresholds,
    now: Timestamp,
) -> Option<Timestamp> {
    let spell = progress.spell?;
    let stands = !spell.is_moving && progress.idling.is_none();
    let parked_from = later(spell.since, rules.parked_after).filter(|at| stands && now < *at);
    let parked_from = parked_from.map(|at| at - SignedDuration::from_nanos(1));
    let unknown_from = offline_since.and_then(|since| later(since, rules.unknown_after));
    let unknown_from = unknown_from.filter(|at| now <= *at);
    parked_from.into_iter().chain(unknown_from).min()
}

/// `None` beyond the end of the calendar, which is never.
fn later(at: Timestamp, by: SignedDuration) -> Option<Timestamp> {
    at.checked_add(by).ok()
}

fn told(state: MotionState, since: Since) -> Motion {
    Motion {
        state,
        since: since.at,
        since_at_least: since.at_least,
    }
}

/// The motion after `fix`, the newest of the vehicle; `before` and `last_fixed_at` are those of
/// the fix before it, `expected` how often it is expected to report.
pub fn after_fix(
    fix: &Fix,
    before: &Motion,
    last_fixed_at: Option<Timestamp>,
    expected: SignedDuration,
) -> Motion {
    let state = match fix.reading.speed_mps {
        None => MotionState::Unknown,
        Some(speed_mps) if kmh_to_mps(MOVING_FROM_KMH) <= speed_mps => MotionState::Moving,
        Some(_) => MotionState::Stopped,
    };
    if last_fixed_at.is_some() && before.state == state {
        return before.clone();
    }
    // Nobody saw the change where it happened in a gap, nor where this is the first fix.
    let seen = last_fixed_at.is_some_and(|last| fix.fixed_at.duration_since(last) <= expected * 2);
    Motion {
        state,
        since: fix.fixed_at,
        since_at_least: !seen,
    }
}
