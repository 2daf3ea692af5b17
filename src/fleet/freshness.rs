//! How far a position may be trusted, by its age alone.
//!
//! The limits depend on whether the vehicle was on the move at its last fix: a lorry on the road
//! that is silent for ten minutes is news, a parked one is not.

use jiff::{SignedDuration, Timestamp};

use crate::domain::thresholds::FreshnessThresholds;
use crate::domain::{Freshness, FreshnessState};

/// Greatest ages of one column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Live up to this age.
    pub live: SignedDuration,
    /// Late up to this one.
    pub late: SignedDuration,
    /// Stale up to this one, offline beyond.
    pub stale: SignedDuration,
}

/// The limits for a vehicle that was `on_the_move` or at rest at its last fix, by a device that is
/// expected to report every `expected`.
///
/// | | on the move | at rest |
/// |---|---|---|
/// | live | max(2 E, 60 s) | max(2 E, 15 min) |
/// | late | max(4 E, 5 min) | max(4 E, 2 h) |
/// | stale | max(8 E, 30 min) | max(8 E, 24 h) |
pub fn limits(on_the_move: bool, expected: SignedDuration, rules: &FreshnessThresholds) -> Limits {
    let ages = if on_the_move {
        rules.on_the_move
    } else {
        rules.at_rest
    };
    Limits {
        live: ages.live.max(expected * 2),
        late: ages.late.max(expected * 4),
        stale: ages.stale.max(expected * 8),
    }
}

/// The freshness at `now` of a fix made at `fixed_at` and received at `received_at`.
///
/// `before` is what was held until now: a vehicle that goes on to be live has been so since then.
/// A worse state begins at the very instant its limit was passed, whenever somebody looked.
pub fn of_fix(
    fixed_at: Timestamp,
    received_at: Timestamp,
    limits: Limits,
    before: Option<&Freshness>,
    now: Timestamp,
) -> Freshness {
    let age = now.duration_since(fixed_at);
    let (state, since) = if age <= limits.live {
        (FreshnessState::Live, received_at)
    } else if age <= limits.late {
        (FreshnessState::Late, fixed_at + limits.live)
    } else if age <= limits.stale {
        (FreshnessState::Stale, fixed_at + limits.late)
    } else {
        (FreshnessState::Offline, fixed_at + limits.stale)
    };
    match before {
        Some(before) if state == FreshnessState::Live && before.state == state => before.clone(),
        _ => Freshness { state, since },
    }
}

/// The freshness of what is known only from before a restart, where it would be `by_age`: nobody
/// has said since that it is still there, so it is not live, from when it was received on.
pub fn of_restored(by_age: Freshness, received_at: Timestamp) -> Freshness {
    if FreshnessState::Late < by_age.state {
        return by_age;
    }
    Freshness {
        state: FreshnessState::Late,
        since: received_at,
    }
}

/// The last instant at which a fix made at `fixed_at` is still in `state`; `None` where time alone
/// changes nothing any more.
pub fn ends_at(fixed_at: Timestamp, limits: Limits, state: FreshnessState) -> Option<Timestamp> {
    let limit = match state {
        FreshnessState::Live => limits.live,
        FreshnessState::Late => limits.late,
        FreshnessState::Stale => limits.stale,
        FreshnessState::Offline | FreshnessState::Never => return None,
    };
    // Beyond the end of the calendar is never.
    fixed_at.checked_add(limit).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const E: SignedDuration = SignedDuration::from_secs(30);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn freshness_by_the_table() {
        use FreshnessState::{Late, Live, Offline, Stale};
        const MOVING: bool = true;
        const RESTS: bool = false;
        let cases = [
            (MOVING, 0, Live, 1),
            (MOVING, 60, Live, 1),
            (MOVING, 61, Late, 60),
            (MOVING, 300, Late, 60),
            (MOVING, 301, Stale, 300),
            (MOVING, 1_801, Offline, 1_800),
            (RESTS, 900, Live, 1),
            (RESTS, 901, Late, 900),
            (RESTS, 7_201, Stale, 7_200),
            (RESTS, 86_401, Offline, 86_400),
        ];
        for (on_the_move, age_s, state, since) in cases {
            let got = of_fix(
                at(0),
                at(1),
                limits(on_the_move, E, &FreshnessThresholds::default()),
                None,
                at(age_s),
            );
            let expected = Freshness {
                state,
                since: at(since),
            };
            assert_eq!(got, expected, "{on_the_move} after {age_s} s");
        }
    }

    #[test]
    fn a_vehicle_that_goes_on_to_be_live_keeps_its_since() {
        let before = Freshness {
            state: FreshnessState::Live,
            since: at(-500),
        };
        let limits = limits(true, E, &FreshnessThresholds::default());
        let after = of_fix(at(0), at(1), limits, Some(&before), at(2));
        assert_eq!(after, before);
    }

    proptest! {
        #[test]
        fn freshness_only_worsens_with_time(
            moving: bool, expected_s in 10_i64..900, early in 0_i64..200_000, later in 0_i64..200_000,
        ) {
            let limits = limits(moving, SignedDuration::from_secs(expected_s), &FreshnessThresholds::default());
            let state = |age| of_fix(at(0), at(0), limits, None, at(age)).state;
            prop_assert!(state(early) <= state(early + later));
        }

        #[test]
        fn a_state_goes_on_until_it_ends(moving: bool, expected_s in 10_i64..900, age_s in 0_i64..200_000) {
            let limits = limits(moving, SignedDuration::from_secs(expected_s), &FreshnessThresholds::default());
            let state = |now| of_fix(at(0), at(0), limits, None, now).state;
            let now = state(at(age_s));
            let Some(end) = ends_at(at(0), limits, now) else {
                prop_assert_eq!(now, FreshnessState::Offline);
                return Ok(());
            };
            prop_assert_eq!(state(end), now);
            prop_assert!(now < state(end + SignedDuration::from_nanos(1)));
        }
    }
}
