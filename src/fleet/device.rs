//! What the fleet remembers of one device: its labels, its last fix, its facts.

use std::sync::Arc;

use jiff::Timestamp;

use super::fix::{Fix, Raw};
use super::merge::{Judgement, Rank};
use super::off_duty::{Echo, FirstRow};
use super::slots::VehicleSlot;
use super::track::Track;
use crate::domain::{Facts, Label};

/// One device.
#[derive(Debug)]
pub struct Device {
    /// Its place among all, and its key.
    pub rank: Rank,
    /// The vehicle it belongs to; `None` while the roster ignores it.
    pub vehicle: Option<VehicleSlot>,
    /// What the vendor's metadata says of it.
    pub listed: Option<Label>,
    /// What its own records say of it.
    pub seen: Label,
    /// Since when the vendor's metadata no longer lists it.
    pub unlisted_since: Option<Timestamp>,
    /// Its last record, to know a repetition.
    pub raw: Option<Raw>,
    /// The same of what was not heard, off duty.
    pub echo: Option<Echo>,
    /// Its first row without a time in this duty.
    pub first_row: Option<FirstRow>,
    /// Its newest fix, and what became of it when it came.
    pub last: Option<(Fix, Judgement)>,
    /// Its records in their order, and what they tell of motion and of its interval.
    pub track: Track,
    /// When it last spoke, whether or not with news.
    pub contact_at: Option<Timestamp>,
    /// It is known only from before a restart.
    pub is_restored: bool,
    /// It differs from what a store was given of it.
    pub is_unremembered: bool,
    /// The vendor said it is offline, at this time of ours; until the next fix.
    pub offline_at: Option<Timestamp>,
    /// Its facts, each with its time.
    pub facts: TimedFacts,
}

/// A value and as of when it is true.
pub type Timed<T> = Option<(T, Timestamp)>;

/// [`Facts`], each with its own time.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the members are those of Facts")]
pub struct TimedFacts {
    pub ignition: Timed<bool>,
    pub odometer_m: Timed<f64>,
    pub driver: Timed<Arc<str>>,
    pub address: Timed<Arc<str>>,
    pub battery_pct: Timed<f64>,
    pub fuel_l: Timed<f64>,
    pub panic: Timed<bool>,
}

impl Device {
    /// A device of which nothing is known yet.
    pub fn new(rank: Rank) -> Self {
        Self {
            rank,
            vehicle: None,
            listed: None,
            seen: Label::default(),
            unlisted_since: None,
            raw: None,
            echo: None,
            first_row: None,
            last: None,
            track: Track::default(),
            contact_at: None,
            is_restored: false,
            is_unremembered: false,
            offline_at: None,
            facts: TimedFacts::default(),
        }
    }

    /// Its newest fix.
    pub fn last_fix(&self) -> Option<&Fix> {
        self.last.as_ref().map(|(fix, _)| fix)
    }

    /// The name, by the metadata or else by its records.
    pub fn name(&self) -> Option<&Arc<str>> {
        let listed = self.listed.as_ref().and_then(|label| label.name.as_ref());
        listed.or(self.seen.name.as_ref())
    }

    /// The registration, by the metadata or else by its records.
    pub fn registration(&self) -> Option<&Arc<str>> {
        let listed = self.listed.as_ref();
        listed
            .and_then(|label| label.registration.as_ref())
            .or(self.seen.registration.as_ref())
    }

    /// The registration that may merge it with others: none once the vendor no longer lists it,
    /// as its plate has then gone to another tracker.
    pub fn carried_registration(&self) -> Option<&Arc<str>> {
        self.registration()
            .filter(|_| self.unlisted_since.is_none())
    }

    /// The groups, by the metadata or else by its records.
    pub fn groups(&self) -> &[Arc<str>] {
        match &self.listed {
            Some(label) if !label.groups.is_empty() => &label.groups,
            _ => &self.seen.groups,
        }
    }

    /// Whether it is known which groups it has, or that it has none: a complete list has named it,
    /// or a record of its own told one.
    pub fn has_known_groups(&self) -> bool {
        self.listed.is_some() || !self.seen.groups.is_empty()
    }

    /// Whether a record's names differ from those of the records before it.
    pub fn is_news(&self, label: &Label) -> bool {
        let differs = |said: &Option<Arc<str>>, seen| said.is_some() && said != seen;
        differs(&label.name, &self.seen.name)
            || differs(&label.registration, &self.seen.registration)
            || (!label.groups.is_empty() && label.groups != self.seen.groups)
    }

    /// Takes in what a record says of names; a record that is silent on one takes nothing back.
    pub fn see_label(&mut self, label: Label) {
        if label.name.is_some() {
            self.seen.name = label.name;
        }
        if label.registration.is_some() {
            self.seen.registration = label.registration;
        }
        if !label.groups.is_empty() {
            self.seen.groups = label.groups;
        }
    }
}

impl TimedFacts {
    /// Takes in the facts of a record. `said_at` is the record's time; one without any cannot
    /// make an unchanged fact look new, and counts as said at `received_at` where it changes one.
    ///
    /// A record that repeats the device's last position (`is_repetition`) is news only where a
    /// value differs: it must not make an unchanged fact look new.
    ///
    /// Answers whether anything was news.
    pub fn merge(
        &mut self,
        facts: Facts,
        said_at: Option<Timestamp>,
        received_at: Timestamp,
        is_repetition: bool,
    ) -> bool {
        let at = Told {
            said_at,
            received_at,
            is_repetition,
        };
        merge(&mut self.ignition, facts.ignition, at)
            | merge(&mut self.odometer_m, facts.odometer_m, at)
            | merge(&mut self.driver, facts.driver, at)
            | merge(&mut self.address, facts.address, at)
            | merge(&mut self.battery_pct, facts.battery_pct, at)
            | merge(&mut self.fuel_l, facts.fuel_l, at)
            | merge(&mut self.panic, facts.panic, at)
    }

    /// Forgets what is older than `since`; whether there was anything.
    pub fn forget_before(&mut self, since: Timestamp) -> bool {
        let Self {
            ignition,
            odometer_m,
            driver,
            address,
            battery_pct,
            fuel_l,
            panic,
        } = self;
        forget(ignition, since)
            | forget(odometer_m, since)
            | forget(driver, since)
            | forget(address, since)
            | forget(battery_pct, since)
            | forget(fuel_l, since)
            | forget(panic, since)
    }
}

/// Forgets a fact that is older than `since`; whether it was.
fn forget<T>(held: &mut Timed<T>, since: Timestamp) -> bool {
    held.take_if(|(_, at)| *at < since).is_some()
}

#[derive(Clone, Copy)]
struct Told {
    said_at: Option<Timestamp>,
    received_at: Timestamp,
    is_repetition: bool,
}

fn merge<T: PartialEq>(held: &mut Timed<T>, value: Option<T>, at: Told) -> bool {
    let Some(value) = value else { return false };
    match (&held, at.said_at) {
        (Some((held_value, _)), _) if at.is_repetition && *held_value == value => false,
        (Some((_, held_at)), Some(said_at)) if said_at <= *held_at => false,
        (Some((held_value, _)), None) if *held_value == value => false,
        // No device knows the future: a clock that runs ahead must not shut later facts out.
        (_, said_at) => {
            let said_at = said_at.unwrap_or(at.received_at);
            *held = Some((value, said_at.min(at.received_at)));
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn the_newest_fact_wins_and_a_timeless_repetition_is_no_news() {
        // (value, said, received) in order -> held; those received from 100 on repeat
        let rows = [
            (true, Some(10), 11, (true, 10)),
            (false, Some(9), 12, (true, 10)),
            (false, Some(13), 14, (false, 13)),
            (false, None, 20, (false, 13)),
            (true, None, 21, (true, 21)),
            // A clock an hour ahead: as of when we got it.
            (false, Some(3_600), 30, (false, 30)),
            (true, Some(31), 32, (true, 31)),
            (true, Some(99), 100, (true, 31)),
            (true, Some(3_600), 101, (true, 31)),
            (false, Some(102), 103, (false, 102)),
        ];
        let mut facts = TimedFacts::default();
        for (row, (value, said, received, (expected, since))) in rows.into_iter().enumerate() {
            let said_now = Facts {
                ignition: Some(value),
                ..Facts::default()
            };
            facts.merge(said_now, said.map(at), at(received), 100 <= received);
            assert_eq!(facts.ignition, Some((expected, at(since))), "row {row}");
        }
    }
}
