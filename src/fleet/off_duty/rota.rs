//! All hours that there are, how each stands now, and what follows for whom they concern.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::super::fix::Raw;
use super::echo::Echo;
use crate::domain::OffDuty;
use crate::domain::off_duty::{is_off_duty, next_change};

/// Hours repeat each week; one that is left out as the clock is put forward, the week after.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(16 * 24);

/// All hours that there are, and how each stands now.
#[derive(Debug, Default)]
pub struct Rota {
    shifts: Vec<Shift>,
    /// Of this run alone: a digest tells nobody else anything.
    keys: RandomState,
}

#[derive(Debug)]
struct Shift {
    rule: OffDuty,
    is_off: bool,
    /// Since when it is so.
    since: Timestamp,
    /// Up to when; `None` is for ever.
    until: Option<Timestamp>,
}

/// How a vehicle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fleet) struct Duty {
    /// It is off duty.
    pub is_off: bool,
    /// What is older does not belong to the duty of now; all of it while off duty.
    pub since: Timestamp,
    /// When that may change; `None` is never.
    pub until: Option<Timestamp>,
}

impl Shift {
    fn new(rule: OffDuty, now: Timestamp) -> Self {
        let timetable = &rule.timetable;
        let mut since = Timestamp::MIN;
        let mut at = now.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
        while let Some(change) = next_change(timetable, at).filter(|change| *change <= now) {
            (since, at) = (change, change);
        }
        Self {
            is_off: is_off_duty(timetable, now),
            since,
            until: next_change(timetable, now),
            rule,
        }
    }

    fn holds(&self, at: Timestamp) -> bool {
        self.since <= at && self.until.is_none_or(|until| at < until)
    }

    fn is_off_at(&self, at: Timestamp) -> bool {
        if self.holds(at) {
            self.is_off
        } else {
            is_off_duty(&self.rule.timetable, at)
        }
    }
}

impl Rota {
    /// Takes other hours, as of `now`.
    pub fn replace(&mut self, rules: &[OffDuty], now: Timestamp) {
        let shifts = rules.iter().map(|rule| Shift::new(rule.clone(), now));
        self.shifts = shifts.collect();
    }

    /// Lets time pass; the other way too, where the clock is put back.
    pub fn renew(&mut self, now: Timestamp) {
        for shift in self.shifts.iter_mut().filter(|shift| !shift.holds(now)) {
            *shift = Shift::new(shift.rule.clone(), now);
        }
    }

    /// There are no such hours.
    pub(super) fn is_empty(&self) -> bool {
        self.shifts.is_empty()
    }

    /// The groups that have hours, some of them more than once.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Arc<str>> {
        self.shifts.iter().flat_map(|shift| &shift.rule.groups)
    }

    /// The hours of these groups; all there are where the groups are not known.
    pub(super) fn concerning(&self, groups: Option<&[Arc<str>]>) -> Vec<usize> {
        let concerns = |rule: &OffDuty| {
            groups.is_none_or(|groups| rule.groups.iter().any(|group| groups.contains(group)))
        };
        let shifts = self.shifts.iter().enumerate();
        let its = shifts.filter(|(_, shift)| concerns(&shift.rule));
        its.map(|(at, _)| at).collect()
    }

    fn shifts<'a>(&'a self, who: &'a [usize]) -> impl Iterator<Item = &'a Shift> {
        who.iter().filter_map(|at| self.shifts.get(*at))
    }

    /// How somebody stands whom the hours `who` concern.
    pub(super) fn duty(&self, who: &[usize]) -> Duty {
        let is_off = self.shifts(who).any(|shift| shift.is_off);
        let since = self.shifts(who).map(|shift| shift.since).max();
        let until = self.shifts(who).filter_map(|shift| shift.until).min();
        Duty {
            is_off,
            since: if is_off {
                Timestamp::MAX
            } else {
                since.unwrap_or(Timestamp::MIN)
            },
            until,
        }
    }

    /// Whether one of the hours `who` holds at `at`.
    pub(super) fn is_off_at(&self, who: &[usize], at: Timestamp) -> bool {
        self.shifts(who).any(|shift| shift.is_off_at(at))
    }

    /// A keyed digest of a place, by which it is known again and not found.
    pub(super) fn digest(&self, (lat_deg, lng_deg): (f64, f64)) -> u64 {
        self.keys.hash_one((lat_deg.to_bits(), lng_deg.to_bits()))
    }

    /// What a record is known by that is not kept; none without a time.
    pub(in crate::fleet) fn echo(&self, raw: Raw) -> Option<Echo> {
        let digest = self.digest(raw.lat_lng);
        raw.vendor_at.map(|vendor_at| Echo { vendor_at, digest })
    }
}
