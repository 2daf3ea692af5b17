//! The rules of motion, case by case, and the laws that hold for all of them.

use proptest::prelude::*;

use super::*;
use crate::domain::units::kmh_to_mps;
use crate::domain::{MotionState, Reading};
use MotionState::{Idling, Moving, Parked, Stopped, Unknown};

/// One degree of latitude in metres.
const DEGREE_M: f64 = 111_195.0;
const E: SignedDuration = SignedDuration::from_secs(15);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A record, `north_m` from where the story begins.
fn fix(second: i64, north_m: f64, kmh: Option<f64>) -> Moment {
    let reading = Reading {
        speed_mps: kmh.map(kmh_to_mps),
        ..Reading::at(48.0 + north_m / DEGREE_M, 17.0)
    };
    Moment {
        at: at(second),
        point: Some(Point::of(&reading)),
        ignition: None,
    }
}

fn vague(mut moment: Moment, accuracy_m: f32) -> Moment {
    moment.point.as_mut().unwrap().accuracy_m = Some(accuracy_m);
    moment
}

fn with(is_on: bool, moment: Moment) -> Moment {
    Moment {
        ignition: Some(is_on),
        ..moment
    }
}

fn key_turned(second: i64, is_on: bool) -> Moment {
    Moment {
        at: at(second),
        point: None,
        ignition: Some(is_on),
    }
}

fn told(moments: &[Moment]) -> Progress {
    let rules = MotionThresholds::default();
    let step = |progress: Progress, moment: &Moment| progress.after(moment, E, &rules);
    moments.iter().fold(Progress::default(), step)
}

/// The motion at `second` after `moments`: state, since, whether at least.
fn seen(moments: &[Moment], second: i64) -> (MotionState, i64, bool) {
    let motion = super::at(
        &told(moments),
        None,
        &MotionThresholds::default(),
        at(second),
    );
    let since = motion.since.duration_since(at(0)).as_secs();
    (motion.state, since, motion.since_at_least)
}

/// Drives from 0 to 30, at 60 km/h.
fn drive() -> Vec<Moment> {
    let fast = |second, north_m| fix(second, north_m, Some(60.0));
    vec![fast(0, 0.0), fast(15, 250.0), fast(30, 500.0)]
}

#[test]
fn becoming_moving_by_the_table() {
    let fast = Some(5.0);
    let slow = Some(4.9);
    let first = fix(0, 0.0, Some(0.0));
    // (further records) -> (state 1 s after the last, since, at least)
    let cases: [(Vec<Moment>, (MotionState, i64, bool)); 14] = [
        (vec![], (Stopped, 0, true)),
        (vec![fix(15, 10.0, fast)], (Stopped, 0, true)),
        (
            vec![fix(15, 10.0, fast), fix(30, 20.0, fast)],
            (Moving, 15, false),
        ),
        (
            vec![fix(15, 10.0, slow), fix(30, 20.0, slow)],
            (Stopped, 0, true),
        ),
        (
            vec![
                fix(15, 10.0, fast),
                fix(30, 20.0, slow),
                fix(45, 30.0, fast),
            ],
            (Stopped, 0, true),
        ),
        (vec![fix(15, 49.0, fast)], (Stopped, 0, true)),
        (vec![fix(15, 51.0, fast)], (Moving, 15, false)),
        (vec![vague(fix(15, 59.0, fast), 30.0)], (Stopped, 0, true)),
        (vec![vague(fix(15, 61.0, fast), 30.0)], (Moving, 15, false)),
        // After a gap nobody knows when it began.
        (vec![fix(31, 51.0, fast)], (Moving, 31, true)),
        (
            vec![fix(15, 10.0, fast), fix(46, 20.0, fast)],
            (Moving, 46, true),
        ),
        // A device that gives no speed.
        (vec![fix(15, 199.0, None)], (Stopped, 0, true)),
        (vec![fix(15, 201.0, None)], (Moving, 15, false)),
        (
            vec![fix(15, 30.0, None), fix(30, 60.0, None)],
            (Stopped, 0, true),
        ),
    ];
    for (row, (further, expected)) in cases.into_iter().enumerate() {
        let moments: Vec<_> = std::iter::once(first).chain(further).collect();
        let second = moments.last().unwrap().at.duration_since(at(0)).as_secs() + 1;
        assert_eq!(seen(&moments, second), expected, "row {row}");
    }
}

#[test]
fn ceasing_to_move_by_the_table() {
    let slow = Some(2.9);
    // (records after a drive that ended at 30) -> (state 1 s after the last, since, at least)
    let cases: [(Vec<Moment>, (MotionState, i64, bool)); 10] = [
        (vec![fix(45, 500.0, slow)], (Moving, 0, true)),
        (
            vec![fix(45, 500.0, slow), fix(164, 500.0, slow)],
            (Moving, 0, true),
        ),
        (
            vec![fix(45, 500.0, slow), fix(165, 500.0, slow)],
            (Stopped, 45, false),
        ),
        (
            vec![fix(45, 500.0, slow), fix(165, 599.0, slow)],
            (Stopped, 45, false),
        ),
        (
            vec![fix(45, 500.0, slow), fix(165, 601.0, slow)],
            (Moving, 0, true),
        ),
        (
            vec![
                fix(45, 500.0, slow),
                fix(60, 500.0, Some(3.0)),
                fix(165, 500.0, slow),
            ],
            (Moving, 0, true),
        ),
        // It came to stand in a gap.
        (
            vec![fix(61, 500.0, slow), fix(181, 500.0, slow)],
            (Stopped, 61, true),
        ),
        // By distance over time, without a speed.
        (
            vec![fix(45, 510.0, None), fix(165, 510.0, None)],
            (Stopped, 45, false),
        ),
        (
            vec![fix(45, 520.0, None), fix(165, 520.0, None)],
            (Moving, 0, true),
        ),
        (
            vec![fix(45, 510.0, None), fix(60, 530.0, None)],
            (Moving, 0, true),
        ),
    ];
    for (row, (further, expected)) in cases.into_iter().enumerate() {
        let mut moments = drive();
        moments.extend(further);
        let second = moments.last().unwrap().at.duration_since(at(0)).as_secs() + 1;
        assert_eq!(seen(&moments, second), expected, "row {row}");
    }
}

#[test]
fn the_ignition_by_the_table() {
    let stood = |second| fix(second, 500.0, Some(0.0));
    // (records after a drive with the ignition on) -> (asked at, state, since)
    let cases: [(Vec<Moment>, (i64, MotionState, i64)); 9] = [
        // Off at once, where it is slow.
        (
            vec![with(true, stood(45)), with(false, stood(60))],
            (61, Stopped, 45),
        ),
        (vec![stood(45), key_turned(50, false)], (51, Stopped, 45)),
        (
            vec![with(false, fix(45, 600.0, Some(20.0)))],
            (46, Moving, 0),
        ),
        (
            vec![with(false, fix(45, 600.0, Some(20.0))), stood(60)],
            (61, Stopped, 60),
        ),
        // Idling once the ignition has been known on for two minutes.
        (
            vec![with(true, stood(45)), with(true, stood(165))],
            (166, Idling, 120),
        ),
        // Idling is not inferred from silence, nor ended by it.
        (
            vec![with(true, stood(45)), with(true, stood(165))],
            (100_000, Idling, 120),
        ),
        // An off ends it, and what it is called then begins then.
        (
            vec![
                with(true, stood(45)),
                with(true, stood(165)),
                key_turned(600, false),
            ],
            (601, Parked, 600),
        ),
        // A word that is too old counts no more.
        (
            vec![with(true, stood(45)), with(true, stood(165)), stood(466)],
            (467, Parked, 466),
        ),
        (
            vec![with(true, stood(45)), with(true, stood(165)), stood(465)],
            (466, Idling, 120),
        ),
    ];
    for (row, (further, (asked, state, since))) in cases.into_iter().enumerate() {
        let mut moments: Vec<_> = drive().into_iter().map(|it| with(true, it)).collect();
        moments.extend(further);
        let (got, got_since, _) = seen(&moments, asked);
        assert_eq!((got, got_since), (state, since), "row {row}");
    }
}

#[test]
fn a_brief_on_is_as_if_it_had_never_been() {
    let moving = |second: i32| fix(second.into(), 20.0 * f64::from(second), Some(70.0));
    let stood = fix(75, 1_500.0, Some(0.0));
    let drive = |on_for: i64| {
        let mut moments = vec![with(false, moving(0)), moving(15), moving(30)];
        moments.push(key_turned(40, true));
        moments.push(key_turned(40 + on_for, false));
        moments.push(stood);
        seen(&moments, 76).0
    };
    assert_eq!(drive(29), Moving);
    assert_eq!(drive(30), Stopped);
}

#[test]
fn idling_from_parked_takes_the_ignition_two_minutes() {
    let parked = |second| fix(second, 0.0, Some(0.0));
    let mut moments = vec![with(false, parked(0)), with(false, parked(900))];
    moments.push(with(true, parked(1_000)));
    moments.push(with(true, parked(1_119)));
    assert_eq!(seen(&moments, 1_119), (Parked, 300, true));
    moments.push(with(true, parked(1_120)));
    assert_eq!(seen(&moments, 1_120), (Idling, 1_120, false));
}

#[test]
fn time_alone_makes_stopped_parked_and_all_unknown_and_says_when() {
    let rules = MotionThresholds::default();
    let progress = told(&[fix(0, 0.0, Some(0.0))]);
    let offline = Some(at(90_000));
    let week_s = 7 * 86_400;
    for (second, state, since) in [
        (299, Stopped, 0),
        (300, Parked, 300),
        (90_000 + week_s, Parked, 300),
        (90_001 + week_s, Unknown, 90_000 + week_s),
    ] {
        let motion = super::at(&progress, offline, &rules, at(second));
        assert_eq!((motion.state, motion.since), (state, at(since)), "{second}");
    }
    let never = super::at(&Progress::default(), None, &rules, at(5));
    assert_eq!(never, of_nothing(at(5)));
}

#[test]
fn a_vehicle_that_was_taken_away_unseen_stands_where_it_is_now() {
    let stood = |second, north_m| fix(second, north_m, Some(0.0));
    let anchor = |moments: &[Moment]| told(moments).spell.unwrap().anchor.unwrap().at;
    // One odd fix leaves the anchor where it is; a second one, or a gap, does not.
    let odd = [stood(0, 0.0), stood(15, 300.0), stood(30, 0.0)];
    assert_eq!(anchor(&odd), at(0));
    let twice = [stood(0, 0.0), stood(15, 300.0), stood(30, 310.0)];
    assert_eq!(anchor(&twice), at(15));
    assert_eq!(seen(&twice, 31), (Stopped, 15, true));
    let after_gap = [stood(0, 0.0), stood(31, 300.0)];
    assert_eq!(anchor(&after_gap), at(31));
    // Ten kilometres in a gap with poor accuracy of both: not further than twice the blur.
    let blurred = [stood(0, 0.0), vague(stood(31, 700.0), 400.0)];
    assert_eq!(anchor(&blurred), at(0));
}

#[test]
fn eight_hours_of_drift_are_no_motion() {
    // A walk of the receiver, up to 30 m from where the vehicle stands, with speeds to match.
    let mut moments = Vec::new();
    for n in 0..1_920_i32 {
        let turn = f64::from(n) * 2.4;
        let kmh = if n % 7 == 0 {
            6.0
        } else {
            2.0 * turn.sin().abs()
        };
        moments.push(fix(i64::from(n) * 15, 30.0 * turn.sin(), Some(kmh)));
        let progress = told(&moments[moments.len().saturating_sub(1)..]);
        assert!(!progress.spell.unwrap().is_moving);
    }
    let rules = MotionThresholds::default();
    let mut progress = Progress::default();
    for moment in &moments {
        progress = progress.after(moment, E, &rules);
        assert!(!progress.spell.unwrap().is_moving, "{}", moment.at);
        assert_eq!(progress.spell.unwrap().anchor.unwrap().at, at(0));
    }
}

/// Records as a bad receiver might give them.
fn moments() -> impl Strategy<Value = Vec<Moment>> {
    let one = (
        1_i64..400,
        -300.0..300.0_f64,
        proptest::option::weighted(0.8, 0.0..20.0_f64),
        proptest::option::weighted(0.5, any::<bool>()),
    );
    proptest::collection::vec(one, 1..40).prop_map(|rows| {
        let mut second = 0;
        let moment = |(passed, north_m, kmh, ignition): (i64, f64, Option<f64>, Option<bool>)| {
            second += passed;
            Moment {
                ignition,
                ..fix(second, north_m, kmh)
            }
        };
        rows.into_iter().map(moment).collect()
    })
}

proptest! {
    #[test]
    fn a_state_never_began_after_the_last_word_or_now(moments in moments(), later in 0_i64..2_000) {
        let now = moments.last().unwrap().at + SignedDuration::from_secs(later);
        let rules = MotionThresholds::default();
        let progress = told(&moments);
        let motion = super::at(&progress, None, &rules, now);
        prop_assert!(motion.since <= now);
        prop_assert_eq!(motion.state == Moving, progress.spell.unwrap().is_moving);
        let stands = progress.spell.unwrap();
        prop_assert!(stands.is_moving || stands.anchor.is_some());
    }

    /// One fast fix among slow ones at one place is not motion, wherever it stands.
    #[test]
    fn one_fast_fix_is_not_motion(n in 2_usize..30, which in 0_usize..30, kmh in 5.0..150.0_f64) {
        let mut progress = Progress::default();
        for second in 0..n {
            let fast = second == which % n;
            let step = i64::try_from(second).unwrap() * 15;
            let moment = fix(step, 0.0, Some(if fast { kmh } else { 0.0 }));
            progress = progress.after(&moment, E, &MotionThresholds::default());
            prop_assert!(!progress.spell.unwrap().is_moving);
        }
    }

    /// What is said to be steady is.
    #[test]
    fn motion_is_steady_as_long_as_it_says(moments in moments(), first in 0_i64..2_000, later in 0_i64..900_000) {
        let rules = MotionThresholds::default();
        let progress = told(&moments);
        let now = moments.last().unwrap().at + SignedDuration::from_secs(first);
        let then = now + SignedDuration::from_secs(later);
        let offline = Some(moments.last().unwrap().at);
        let until = steady_until(&progress, offline, &rules, now);
        let is_same = super::at(&progress, offline, &rules, now) == super::at(&progress, offline, &rules, then);
        if until.is_none_or(|until| then <= until) {
            prop_assert!(is_same);
        } else {
            prop_assert!(!is_same);
        }
    }
}
