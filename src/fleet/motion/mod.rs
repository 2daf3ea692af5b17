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
use crate::domain::thresholds::MotionThresholds;
use crate::domain::{Motion, MotionState};

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

#[cfg(test)]
mod tests;
