//! Laws over any fates of vehicles.

use super::*;

/// Any state, by small numbers.
fn any_state() -> impl Strategy<Value = State> {
    let flags = prop::sample::subsequence(vec![Flag::Panic, Flag::OffDuty, Flag::FeedDown], 0..=1);
    (0_u8..4, 0_u8..3, 0_u8..3, any::<bool>(), flags).prop_map(
        |(place, speed, motion, is_silent, flags)| State {
            north_m: [0.0, 498.0, 503.0, FAR_M][usize::from(place)],
            accuracy_m: None,
            speed_mps: [None, Some(10.0), Some(30.0)][usize::from(speed)],
            motion: [
                (MotionState::Moving, 0),
                (MotionState::Idling, -1_000),
                (MotionState::Parked, 0),
            ][usize::from(motion)],
            freshness: if is_silent {
                FreshnessState::Stale
            } else {
                FreshnessState::Live
            },
            flags,
        },
    )
}

fn any_history() -> impl Strategy<Value = Vec<(u8, State)>> {
    prop::collection::vec((0_u8..3, any_state()), 1..40)
}

/// What is open, but for the numbers.
fn open(watch: &Watch) -> BTreeSet<String> {
    let text = |alarm: &Arc<Alarm>| {
        format!(
            "{:?}",
            Alarm {
                id: 0,
                ..Alarm::clone(alarm)
            }
        )
    };
    watch.open().map(text).collect()
}

fn step(nth: usize) -> i64 {
    i64::try_from(nth).unwrap() * 10
}

proptest! {
    /// What lasts of a vehicle, but for speed and places, is a matter of what it is now.
    #[test]
    fn what_lasts_is_what_is(history in any_history()) {
        let mut watch = watch(orders());
        let mut last = None;
        for (nth, (_, state)) in history.iter().enumerate() {
            watch.see(step(nth), state);
            last = Some((step(nth), state));
        }
        let (second, state) = last.unwrap();
        let mut fresh = super::watch(orders());
        fresh.see(second, state);
        let lasting = |watch: &Watch| {
            let is_meant = |alarm: &&Arc<Alarm>| {
                let of_now = [AlarmKind::Panic, AlarmKind::StoppedReporting, AlarmKind::Idling];
                alarm.ended_at.is_none() && of_now.contains(&alarm.kind)
            };
            let kinds = watch.open().filter(is_meant).map(|alarm| alarm.kind);
            kinds.collect::<BTreeSet<_>>()
        };
        // While a feed is down what was stays what it was.
        prop_assume!(!state.flags.contains(&Flag::FeedDown));
        prop_assert_eq!(lasting(&watch), lasting(&fresh));
    }

    /// It makes no difference in which order vehicles of one moment are looked at, nor which
    /// others there are.
    #[test]
    fn vehicles_know_nothing_of_each_other(history in any_history()) {
        let mut together = watch(orders());
        let mut alone = [(); 3].map(|()| watch(orders()));
        for (nth, (who, state)) in history.iter().enumerate() {
            let vehicle = state.vehicle(&format!("v{who}"), step(nth));
            let one = &mut alone[usize::from(*who)];
            one.tick(at(step(nth)));
            one.observe(&[Arc::clone(&vehicle)], at(step(nth)));
            together.tick(at(step(nth)));
            together.observe(&[vehicle], at(step(nth)));
        }
        let apart: BTreeSet<String> = alone.iter().flat_map(open).collect();
        prop_assert_eq!(open(&together), apart);
    }

    /// A restart raises nothing anew, ends nothing by itself, and goes on with what was open.
    #[test]
    fn a_restart_raises_nothing_anew(history in any_history(), cut in 1_usize..40) {
        let cut = cut.min(history.len());
        let mut watch = watch(orders());
        let mut last = std::collections::BTreeMap::new();
        for (nth, (who, state)) in history.iter().take(cut).enumerate() {
            let vehicle = state.vehicle(&format!("v{who}"), step(nth));
            watch.tick(at(step(nth)));
            watch.observe(&[vehicle], at(step(nth)));
            last.insert(*who, (step(nth), state));
        }
        let before = open(&watch);
        let kept: Vec<Alarm> = watch.open().map(|alarm| Alarm::clone(alarm)).collect();
        let next_id = kept.iter().map(|alarm| alarm.id + 1).max().unwrap_or(1);
        let mut again = Watch::new(kept, next_id, Arc::new(orders()));
        let now = step(cut);
        again.order(Arc::new(orders()), at(now));
        // What is remembered comes back first, then each reports what it said before.
        for (who, (second, state)) in &last {
            let mut restored = State::clone(state);
            if !restored.flags.contains(&Flag::OffDuty) {
                restored.flags = vec![Flag::Restored];
            }
            again.observe(&[restored.vehicle(&format!("v{who}"), *second)], at(now));
        }
        prop_assert_eq!(open(&again), before.clone());
        again.hear(&[source(Health::Up, now)], at(now));
        for (who, (second, state)) in &last {
            again.observe(&[state.vehicle(&format!("v{who}"), *second)], at(now + 1));
        }
        // And when the feed has settled.
        again.tick(at(now + 1_000));
        prop_assert!(again.told().is_empty());
        prop_assert_eq!(open(&again), before);
    }
}
