//! The times that were missed: merged, bounded in number, filled from the newest to the oldest.
//!
//! And how they are noticed: from the last success to the next one. Pure; `now` is an argument.

use jiff::{SignedDuration, Timestamp};

/// Holes so near to each other are asked for as one.
const NEAR: SignedDuration = SignedDuration::from_secs(60);
/// More holes than this are not told apart.
const MOST: usize = 32;
/// A shorter outage is no hole.
const SHORTEST: SignedDuration = SignedDuration::from_secs(60);

/// A span of time, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Where it begins.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
}

impl Hole {
    /// Whether `at` lies in it.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// The holes that are to be filled: apart from each other, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holes(Vec<Hole>);

impl Holes {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Hole> {
        self.0.iter().copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes in `hole`; what is near becomes one.
    pub fn add(&mut self, hole: Hole) {
        if hole.to <= hole.from {
            return;
        }
        self.0.push(hole);
        self.0.sort_by_key(|hole| hole.from);
        let mut merged: Vec<Hole> = Vec::with_capacity(self.0.len());
        for hole in self.0.drain(..) {
            match merged.last_mut() {
                Some(last) if hole.from.duration_since(last.to) <= NEAR => {
                    last.to = last.to.max(hole.to);
                }
                _ => merged.push(hole),
            }
        }
        self.0 = merged;
        while MOST < self.0.len() {
            let oldest = self.0.remove(0);
            self.0[0].from = oldest.from;
        }
    }

    /// The last part of the newest hole, at most so long.
    pub fn newest(&self, longest: SignedDuration) -> Option<Hole> {
        let hole = *self.0.last()?;
        let from = hole.to.checked_sub(longest).unwrap_or(hole.from);
        Some(Hole {
            from: from.max(hole.from),
            ..hole
        })
    }

    /// Nothing of `part` is missing any more.
    pub fn fill(&mut self, part: Hole) {
        let rest = |hole: Hole| {
            let before = Hole {
                to: hole.to.min(part.from),
                ..hole
            };
            let after = Hole {
                from: hole.from.max(part.to),
                ..hole
            };
            let rest = [before, after].into_iter();
            rest.filter(|rest| rest.from < rest.to)
        };
        self.0 = self.0.drain(..).flat_map(rest).collect();
    }

    /// Gives up what lies before `at`; whether there was anything.
    pub fn forget_before(&mut self, at: Timestamp) -> bool {
        let before = self.0.clone();
        self.fill(Hole {
            from: Timestamp::MIN,
            to: at,
        });
        before != self.0
    }
}

/// Notices holes.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    heard_at: Option<Timestamp>,
    /// Nothing was heard since the start: whatever is not remembered was missed.
    is_new: bool,
    /// An outage beyond this is a hole.
    longest_ordinary: SignedDuration,
    /// The line of a stream: as long as it stands, a silence is no outage.
    stands: bool,
    /// No hole reaches further back; zero is none at all.
    reach: SignedDuration,
    found: Holes,
}

impl Watch {
    /// Notices the outages of a source that is asked every `interval`, and whose positions are
    /// known up to `known_until`.
    pub fn of_polls(
        interval: SignedDuration,
        known_until: Option<Timestamp>,
        reach: SignedDuration,
    ) -> Self {
        Self {
            heard_at: known_until,
            is_new: true,
            longest_ordinary: SHORTEST.max(interval.saturating_mul(2)),
            stands: false,
            reach,
            found: Holes::default(),
        }
    }

    /// The same of a stream, whose line may be lost and then be mended.
    pub fn of_stream(known_until: Option<Timestamp>, reach: SignedDuration) -> Self {
        Self::of_polls(SignedDuration::ZERO, known_until, reach)
    }

    /// The same, where outages up to `longest` are ordinary.
    #[must_use]
    pub fn ordinary(mut self, longest: SignedDuration) -> Self {
        self.longest_ordinary = longest;
        self
    }

    /// The line is gone.
    pub fn lost(&mut self) {
        self.stands = false;
    }

    /// The source is well at `now`; by its stream, if `on_line`.
    pub fn heard(&mut self, now: Timestamp, on_line: bool) {
        let is_new = std::mem::take(&mut self.is_new);
        let was_lost = !self.stands;
        self.stands |= on_line;
        if let Some(heard_at) = self.heard_at {
            let silence = now.duration_since(heard_at);
            if is_new || (was_lost && self.longest_ordinary < silence) {
                let furthest = now.checked_sub(self.reach).unwrap_or(heard_at);
                self.found.add(Hole {
                    from: heard_at.max(furthest),
                    to: now,
                });
            }
        }
        self.heard_at = self.heard_at.max(Some(now));
    }

    /// What was noticed since the last call.
    pub fn take(&mut self) -> Holes {
        std::mem::take(&mut self.found)
    }

    /// No hole reaches further back.
    pub fn reach(&self) -> SignedDuration {
        self.reach
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn hole(from: i64, to: i64) -> Hole {
        Hole {
            from: at(from),
            to: at(to),
        }
    }

    const DAY: SignedDuration = SignedDuration::from_hours(24);
    const INTERVAL: SignedDuration = SignedDuration::from_secs(45);

    #[test]
    fn an_outage_is_a_hole_and_an_ordinary_pause_is_none() {
        let mut watch = Watch::of_polls(INTERVAL, None, DAY);
        for second in [0, 45, 135] {
            watch.heard(at(second), false);
        }
        assert!(watch.take().is_empty());
        watch.heard(at(226), false);
        assert_eq!(watch.take().0, [hole(135, 226)]);
        assert!(watch.take().is_empty());
    }

    #[test]
    fn a_stream_must_have_been_lost_for_its_silence_to_count() {
        let mut watch = Watch::of_stream(None, DAY);
        watch.heard(at(0), true);
        watch.heard(at(300), true);
        assert!(watch.take().is_empty());
        watch.lost();
        watch.heard(at(360), true);
        watch.lost();
        watch.heard(at(421), true);
        assert_eq!(watch.take().0, [hole(360, 421)]);
        // Positions are polled for want of a stream, and then the vendor is gone altogether.
        watch.lost();
        watch.heard(at(450), false);
        watch.heard(at(600), false);
        assert_eq!(watch.take().0, [hole(450, 600)]);
    }

    #[test]
    fn what_is_not_remembered_at_the_start_was_missed_as_far_as_we_reach() {
        let mut watch = Watch::of_stream(Some(at(0)), DAY);
        watch.heard(at(20), false);
        assert_eq!(watch.take().0, [hole(0, 20)]);
        let mut watch = Watch::of_polls(INTERVAL, Some(at(-100_000)), DAY);
        watch.heard(at(0), false);
        assert_eq!(watch.take().0, [hole(-86_400, 0)]);
        let mut watch = Watch::of_polls(INTERVAL, Some(at(-100_000)), SignedDuration::ZERO);
        watch.heard(at(0), false);
        assert!(watch.take().is_empty());
    }

    #[test]
    fn the_newest_part_comes_first_and_age_is_given_up() {
        let mut holes = Holes::default();
        holes.add(hole(0, 10_000));
        holes.add(hole(20_000, 20_100));
        let hour = SignedDuration::from_hours(1);
        let newest = |holes: &Holes| holes.newest(hour);
        assert_eq!(newest(&holes), Some(hole(20_000, 20_100)));
        holes.fill(hole(20_000, 20_100));
        assert_eq!(newest(&holes), Some(hole(6_400, 10_000)));
        holes.fill(hole(6_400, 10_000));
        assert_eq!(holes.0, [hole(0, 6_400)]);
        assert!(holes.forget_before(at(6_000)));
        assert_eq!(holes.0, [hole(6_000, 6_400)]);
        assert!(!holes.forget_before(at(6_000)));
    }

    proptest! {
        /// Whatever was missed stays to be filled, and is filled but once.
        #[test]
        fn holes_lie_apart_and_cover_all_that_was_missed(
            spans in proptest::collection::vec((0i64..100_000, 0i64..3_000), 0..80),
        ) {
            let mut holes = Holes::default();
            for (from, length) in &spans {
                holes.add(hole(*from, from + length));
            }
            prop_assert!(holes.len() <= MOST);
            let pairs = holes.0.windows(2);
            let mut gaps = pairs.map(|pair| pair[1].from.duration_since(pair[0].to));
            prop_assert!(gaps.all(|gap| NEAR < gap));
            for (from, length) in spans {
                let covers = |h: &Hole| h.from <= at(from) && at(from + length) <= h.to;
                prop_assert!(length == 0 || holes.0.iter().any(covers));
            }
            let mut n_steps = 0;
            while let Some(part) = holes.newest(SignedDuration::from_secs(500)) {
                holes.fill(part);
                n_steps += 1;
                prop_assert!(n_steps < 1_000);
            }
        }
    }
}
