//! What a vehicle is doing.
//!
//! For now by the speed of its last fix alone; the full rule (anchors, idling, parked) takes this
//! file's place and needs nothing from outside that is not passed in here already.

use jiff::{SignedDuration, Timestamp};

use super::fix::Fix;
use crate::domain::units::kmh_to_mps;
use crate::domain::{Motion, MotionState};

/// At this speed and above a vehicle moves; below, a parked tracker's noise reads as speed too.
const MOVING_FROM_KMH: f64 = 5.0;

/// The motion of a vehicle that never had a position.
pub fn of_nothing(now: Timestamp) -> Motion {
    Motion {
        state: MotionState::Unknown,
        since: now,
        since_at_least: true,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reading;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn fix(second: i64, speed_kmh: Option<f64>) -> Fix {
        Fix {
            reading: Reading {
                speed_mps: speed_kmh.map(kmh_to_mps),
                ..Reading::at(48.0, 17.0)
            },
            fixed_at: at(second),
            received_at: at(second),
            clock_ahead: false,
            no_fix_time: false,
        }
    }

    #[test]
    fn motion_follows_the_speed_and_knows_since_when() {
        let expected = SignedDuration::from_secs(30);
        let start = of_nothing(at(0));
        let mut motion = start;
        let mut last = None;
        // (second, km/h) -> (state, since, at least)
        let rows = [
            (10, Some(50.0), MotionState::Moving, 10, true),
            (20, Some(5.0), MotionState::Moving, 10, true),
            (30, Some(4.9), MotionState::Stopped, 30, false),
            (40, None, MotionState::Unknown, 40, false),
            (400, Some(0.0), MotionState::Stopped, 400, true),
        ];
        for (second, kmh, state, since, at_least) in rows {
            let fix = fix(second, kmh);
            motion = after_fix(&fix, &motion, last, expected);
            last = Some(fix.fixed_at);
            let got = (motion.state, motion.since, motion.since_at_least);
            assert_eq!(got, (state, at(since), at_least), "at {second}");
        }
    }
}
