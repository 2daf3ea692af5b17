//! One device's records in the order of their own time, and what they tell by now.
//!
//! Records come late: a phone leaves a tunnel and sends what it kept. The answer must not depend
//! on that, so the last few records are kept, and one that belongs between them makes the fold be
//! taken again from where they begin. What is older still than those comes too late for motion;
//! it goes to the trail alone.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::interval::{Gaps, Pace};
use super::motion::progress::Place;
use super::motion::{Moment, Progress};
use crate::domain::thresholds::{FreshnessThresholds, MotionThresholds};

/// So many records are kept: what a tracker says in some minutes on the road, in under a
/// kilobyte.
pub const N_KEPT: usize = 12;

/// What the fold is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// When a vehicle moves.
    pub motion: &'a MotionThresholds,
    /// Bounds of the expected interval.
    pub freshness: &'a FreshnessThresholds,
    /// How often the source asks.
    pub pace: Pace,
}

/// A device's track.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// What the records before the kept ones told.
    base: Progress,
    /// The time of the last of those.
    cut_at: Option<Timestamp>,
    kept: VecDeque<Kept>,
    head: Progress,
    gaps: Gaps,
    expected: SignedDuration,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    moment: Moment,
    /// E in force until it, in milliseconds.
    expected_ms: u32,
    /// The column of the gap that it ended.
    gap: Option<bool>,
}

impl Track {
    /// A track that goes on from what was known before.
    pub fn resumed(progress: Progress, gaps: Gaps, rules: Rules<'_>) -> Self {
        let fixed_at = progress.last.map(|(at, _)| at);
        let told_at = progress.ignition.map(|ignition| ignition.told_at);
        let expected = gaps.expected(progress.on_the_move, rules.pace, rules.freshness);
        Self {
            base: progress,
            cut_at: fixed_at.max(told_at),
            kept: VecDeque::new(),
            head: progress,
            gaps,
            expected,
        }
    }

    /// What all records together tell.
    pub fn progress(&self) -> &Progress {
        &self.head
    }

    /// E, as it was at the last fix.
    pub fn expected(&self) -> SignedDuration {
        self.expected
    }

    /// The gaps from which E follows.
    pub fn gaps(&self) -> &Gaps {
        &self.gaps
    }

    /// Whether this very fix is among those kept.
    pub fn has_fix(&self, (at, lat_lng_deg): Place) -> bool {
        self.kept.iter().any(|kept| {
            kept.moment.at == at && kept.moment.point.map(|p| p.lat_lng_deg) == Some(lat_lng_deg)
        })
    }

    /// Begins with what another device of the vehicle told of its motion; the first fix of this
    /// one, yet to be taken in, is at `lat_lng_deg`.
    pub fn continue_from(&mut self, other: &Progress, lat_lng_deg: (f64, f64)) {
        self.base = Progress {
            last: None,
            spell: other.spell.map(|spell| spell.elsewhere(lat_lng_deg)),
            idling: None,
            ..*other
        };
        self.head = self.base;
        self.kept.clear();
    }

    /// Whether it knows of anything before `at`.
    pub fn reaches_before(&self, at: Timestamp) -> bool {
        let spell = self.head.spell;
        let times = [
            self.cut_at,
            self.kept.front().map(|kept| kept.moment.at),
            self.base.last.map(|(at, _)| at),
            spell.map(|spell| spell.since),
            spell.and_then(|spell| spell.anchor).map(|anchor| anchor.at),
        ];
        times.into_iter().flatten().any(|known_at| known_at < at)
    }

    /// Forgets where and what it was; how often it reports it still knows.
    pub fn forget(&mut self, rules: Rules<'_>) {
        let gaps = std::mem::take(&mut self.gaps);
        *self = Self::resumed(Progress::default(), gaps, rules);
    }

    /// Takes a record in, at its place.
    pub fn take(&mut self, moment: Moment, rules: Rules<'_>) {
        let newest_at = self.kept.back().map(|kept| kept.moment.at).or(self.cut_at);
        if newest_at.is_none_or(|newest_at| newest_at < moment.at) {
            self.append(moment, rules);
            self.trim(rules);
        } else if self.cut_at.is_none_or(|cut_at| cut_at < moment.at) {
            self.insert(moment, rules);
        }
    }

    /// Takes the fold again, under rules that may have changed.
    pub fn derive(&mut self, rules: Rules<'_>) {
        let moments: Vec<Moment> = self.kept.iter().map(|kept| kept.moment).collect();
        self.replay(&moments, rules);
    }

    fn insert(&mut self, moment: Moment, rules: Rules<'_>) {
        let mut moments: Vec<Moment> = self.kept.iter().map(|kept| kept.moment).collect();
        match moments.binary_search_by_key(&moment.at, |kept| kept.at) {
            // Of two fixes of one time the first one heard counts.
            Ok(at) => {
                let kept = &mut moments[at];
                kept.point = kept.point.or(moment.point);
                kept.ignition = kept.ignition.or(moment.ignition);
            }
            Err(at) => moments.insert(at, moment),
        }
        self.replay(&moments, rules);
    }

    fn replay(&mut self, moments: &[Moment], rules: Rules<'_>) {
        for kept in self.kept.drain(..).rev() {
            if let Some(on_the_move) = kept.gap {
                self.gaps.pop(on_the_move);
            }
        }
        self.head = self.base;
        self.expected = self.expected_now(rules);
        for moment in moments {
            self.append(*moment, rules);
        }
        self.trim(rules);
    }

    fn append(&mut self, moment: Moment, rules: Rules<'_>) {
        if self.head.last.is_none() {
            self.expected = self.expected_now(rules);
        }
        let expected = self.expected;
        let mut gap = None;
        if moment.point.is_some()
            && let Some((last_at, _)) = self.head.last
        {
            gap = Some(self.head.on_the_move);
            let passed = moment.at.duration_since(last_at);
            self.gaps.push(self.head.on_the_move, passed, N_KEPT + 1);
        }
        self.head = self.head.after(&moment, expected, rules.motion);
        if moment.point.is_some() {
            self.expected = self.expected_now(rules);
        }
        self.kept.push_back(Kept {
            moment,
            expected_ms: u32::try_from(expected.as_millis()).unwrap_or(u32::MAX),
            gap,
        });
    }

    fn expected_now(&self, rules: Rules<'_>) -> SignedDuration {
        self.gaps
            .expected(self.head.on_the_move, rules.pace, rules.freshness)
    }

    /// Lets the oldest records go into what is known before the kept ones.
    fn trim(&mut self, rules: Rules<'_>) {
        while N_KEPT < self.kept.len() {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            let expected = SignedDuration::from_millis(oldest.expected_ms.into());
            self.base = self.base.after(&oldest.moment, expected, rules.motion);
            self.cut_at = Some(oldest.moment.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Reading;
    use crate::fleet::motion::Point;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn moment(second: i64, north_m: f64, speed_mps: f64, ignition: Option<bool>) -> Moment {
        let reading = Reading {
            speed_mps: Some(speed_mps).filter(|mps| *mps < 9.0),
            ..Reading::at(48.0 + north_m / 111_195.0, 17.0)
        };
        Moment {
            at: at(second),
            point: Some(Point::of(&reading)).filter(|_| ignition != Some(true)),
            ignition,
        }
    }

    fn track(moments: impl IntoIterator<Item = Moment>) -> Track {
        let (motion, freshness) = (MotionThresholds::default(), FreshnessThresholds::default());
        let rules = Rules {
            motion: &motion,
            freshness: &freshness,
            pace: Pace::Streamed,
        };
        let mut track = Track::default();
        for moment in moments {
            track.take(moment, rules);
        }
        track
    }

    fn outcome(track: &Track) -> (Progress, SignedDuration, Gaps) {
        (*track.progress(), track.expected(), track.gaps().clone())
    }

    fn moments() -> impl Strategy<Value = Vec<Moment>> {
        let ignition = proptest::option::weighted(0.4, any::<bool>());
        let one = (1_i64..400, -300.0..300.0_f64, 0.0..10.0_f64, ignition);
        proptest::collection::vec(one, 1..80).prop_map(|rows| {
            let mut second = 0;
            let place = |(passed, north_m, mps, ignition)| {
                second += passed;
                moment(second, north_m, mps, ignition)
            };
            rows.into_iter().map(place).collect()
        })
    }

    proptest! {
        /// Whatever comes late by fewer records than are kept, comes as if it had been in time.
        #[test]
        fn lateness_within_memory_changes_nothing(
            moments in moments(), late_by in proptest::collection::vec(0_usize..N_KEPT, 80),
        ) {
            let mut arrivals: Vec<_> = moments.iter().copied().enumerate().collect();
            arrivals.sort_by_key(|(at, _)| (at + late_by[*at], *at));
            let late = track(arrivals.into_iter().map(|(_, moment)| moment));
            prop_assert_eq!(outcome(&late), outcome(&track(moments)));
        }

        #[test]
        fn twice_is_once(moments in moments()) {
            let twice = moments.iter().flat_map(|moment| [*moment, *moment]);
            prop_assert_eq!(outcome(&track(twice)), outcome(&track(moments.clone())));
        }

        /// To take the fold again changes nothing.
        #[test]
        fn to_derive_again_is_to_derive_once(moments in moments()) {
            let once = track(moments);
            let mut again = once.clone();
            let (motion, freshness) = (MotionThresholds::default(), FreshnessThresholds::default());
            again.derive(Rules { motion: &motion, freshness: &freshness, pace: Pace::Streamed });
            prop_assert_eq!(outcome(&again), outcome(&once));
        }

        /// A track that was kept and taken back goes on as if nothing had been.
        #[test]
        fn a_restart_in_between_changes_nothing(moments in moments(), cut in 0_usize..80) {
            let (before, after) = moments.split_at(cut.min(moments.len()));
            let kept = track(before.iter().copied());
            let (motion, freshness) = (MotionThresholds::default(), FreshnessThresholds::default());
            let rules = Rules { motion: &motion, freshness: &freshness, pace: Pace::Streamed };
            let mut resumed = Track::resumed(*kept.progress(), kept.gaps().clone(), rules);
            for moment in after {
                resumed.take(*moment, rules);
            }
            let whole = track(moments.iter().copied());
            prop_assert_eq!(resumed.progress(), whole.progress());
            prop_assert_eq!(resumed.expected(), whole.expected());
        }
    }
}
