//! Off duty: what is not heard, and what is forgotten, while nobody is to know where a vehicle is.
//!
//! A vehicle is off duty while the hours of any of its groups hold. Then nothing is taken from its
//! devices' records but their names, and what was known of its place and its doings is forgotten.
//! A time is enough: a record that was made, or comes, or is taken in off duty is not heard, so
//! nothing of those hours comes in later. The map shows what belongs to the duty of now alone; what
//! comes late from an earlier duty goes to the trail.
//!
//! Vendors repeat their last record for hours, and it may have no time of its own. To know it again
//! without knowing the place, its [`Echo`] is kept, in memory alone.

use std::hash::{BuildHasher, RandomState};

use jiff::{SignedDuration, Timestamp};

use super::Fleet;
use super::assemble;
use super::device::Device;
use super::fix::{Fix, Raw};
use super::slots::{DeviceSlot, VehicleSlot};
use super::vehicle::VehicleState;
use crate::domain::off_duty::{is_off_duty, next_change};
use crate::domain::{DeviceKey, Observation, OffDuty, Origin, Reading};

/// Hours repeat each week; one that is left out as the clock is put forward, the week after.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(16 * 24);

/// All hours that there are, and how each stands now.
#[derive(Debug, Default)]
pub struct Rota {
    shifts: Vec<Shift>,
    /// Of this run alone: an echo tells nobody else anything.
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
pub(super) struct Duty {
    /// It is off duty.
    is_off: bool,
    /// What is older does not belong to the duty of now; all of it while off duty.
    since: Timestamp,
    /// When that may change; `None` is never.
    until: Option<Timestamp>,
}

/// What a record leaves behind that was not heard: enough to know its repetition, and not where it
/// was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    vendor_at: Option<Timestamp>,
    /// Of the place, keyed.
    hash: u64,
}

/// How much of a record is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    /// All.
    All,
    /// Its fix, for the trail: it is of an earlier duty.
    ForTheTrail,
    /// Nothing.
    Nothing,
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

    fn concerning<'a>(&'a self, who: &'a [usize]) -> impl Iterator<Item = &'a Shift> {
        who.iter().filter_map(|at| self.shifts.get(*at))
    }

    fn duty(&self, who: &[usize]) -> Duty {
        let is_off = self.concerning(who).any(|shift| shift.is_off);
        let since = self.concerning(who).map(|shift| shift.since).max();
        let until = self.concerning(who).filter_map(|shift| shift.until).min();
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

    fn is_off_at(&self, who: &[usize], at: Timestamp) -> bool {
        self.concerning(who).any(|shift| shift.is_off_at(at))
    }

    fn echo(&self, vendor_at: Option<Timestamp>, (lat_deg, lng_deg): (f64, f64)) -> Echo {
        let place = (lat_deg.to_bits(), lng_deg.to_bits());
        let hash = self.keys.hash_one(place);
        Echo { vendor_at, hash }
    }
}

impl Echo {
    /// Whether a record of this echo, which came as `origin`, says what the one `before` said. Of a
    /// row without a time nobody knows when it was true, until it has changed.
    fn repeats(self, before: Option<Self>, origin: Origin) -> bool {
        let is_timeless_row = self.vendor_at.is_none() && origin == Origin::Poll;
        before.map_or(is_timeless_row, |before| {
            self == before || (is_timeless_row && self.hash == before.hash)
        })
    }
}

impl Fleet {
    /// The hours that concern these devices, all of one vehicle: those of the groups it is shown in.
    fn who(&self, devices: &[DeviceSlot]) -> Vec<usize> {
        if self.rota.shifts.is_empty() {
            return Vec::new();
        }
        let devices = devices.iter().filter_map(|slot| self.devices.get(*slot));
        let devices: Vec<&Device> = devices.collect();
        let roster = super::roster_entry(&self.identity, &devices);
        let groups = assemble::groups(&devices, roster);
        let concerns = |rule: &OffDuty| rule.groups.iter().any(|group| groups.contains(group));
        let shifts = self.rota.shifts.iter().enumerate();
        let its = shifts.filter(|(_, shift)| concerns(&shift.rule));
        its.map(|(at, _)| at).collect()
    }

    fn who_is(&self, device: DeviceSlot) -> Vec<usize> {
        let vehicle = self.devices.get(device).and_then(|it| it.vehicle);
        let state = vehicle.and_then(|slot| self.vehicles.get(slot));
        self.who(state.map_or(&[device], |state| state.devices.as_slice()))
    }

    /// Whether the vehicle of a device is off duty.
    pub(super) fn is_off_duty(&self, device: DeviceSlot) -> bool {
        self.rota.duty(&self.who_is(device)).is_off
    }

    /// When a vehicle's duty may begin or end next.
    pub(super) fn duty_until(&self, vehicle: VehicleSlot) -> Option<Timestamp> {
        let state = self.vehicles.get(vehicle)?;
        self.rota.duty(&self.who(&state.devices)).until
    }

    /// How much of a record of a device is taken in at `now`, beside its names.
    pub(super) fn hearing(
        &mut self,
        slot: DeviceSlot,
        record: &Observation,
        now: Timestamp,
    ) -> Hearing {
        let who = self.who_is(slot);
        if who.is_empty() {
            return Hearing::All;
        }
        let received_at = record.received_at;
        let reading = record.reading.as_ref();
        let said = [reading.and_then(|it| it.vendor_at), record.contact_at];
        let said = said.map(|at| at.map(|at| at.min(received_at)));
        let times = said.into_iter().flatten().chain([received_at, now]);
        let is_off = times.clone().any(|at| self.rota.is_off_at(&who, at));
        let since = self.rota.duty(&who).since;
        let echo = reading.map(|it| self.rota.echo(it.vendor_at, it.lat_lng()));
        let Some(device) = self.devices.get_mut(slot) else {
            return Hearing::Nothing;
        };
        let is_forgotten = device.raw.is_none();
        let is_repetition = |echo: Echo| is_forgotten && echo.repeats(device.echo, record.origin);
        if is_off || device.vehicle.is_none() || echo.is_some_and(is_repetition) {
            device.echo = echo.or(device.echo);
            return Hearing::Nothing;
        }
        if times.min().is_some_and(|oldest| oldest < since) {
            return Hearing::ForTheTrail;
        }
        Hearing::All
    }

    /// Sees to it that a vehicle has nothing that it should not have at `now`; whether that changed
    /// anything.
    pub(super) fn keep_duty(&mut self, vehicle: VehicleSlot, now: Timestamp) -> bool {
        let Some(state) = self.vehicles.get(vehicle) else {
            return false;
        };
        let was_off = state.is_off_duty;
        let who = self.who(&state.devices);
        if who.is_empty() && !was_off {
            return false;
        }
        let devices = state.devices.clone();
        let duty = self.rota.duty(&who);
        let mut is_any_forgotten = false;
        for slot in &devices {
            is_any_forgotten |= self.forget_before(*slot, duty.since);
        }
        let Some(state) = self.vehicles.get_mut(vehicle) else {
            return false;
        };
        let is_outdated = |fix: &Fix| fix.fixed_at.min(fix.received_at) < duty.since;
        let holds_it = state
            .held
            .as_ref()
            .is_some_and(|held| is_outdated(&held.fix));
        let has_turned = was_off != duty.is_off;
        if has_turned || holds_it {
            *state = VehicleState {
                devices: std::mem::take(&mut state.devices),
                published: state.published.take(),
                is_dirty: state.is_dirty,
                is_off_duty: duty.is_off,
                ..VehicleState::new(now)
            };
            for slot in devices {
                self.rejudge(slot, vehicle, now);
            }
        }
        has_turned || holds_it || is_any_forgotten
    }

    /// Has a device forget a place that nobody is to know, where no vehicle sees to it.
    pub(super) fn forget_out_of_sight(&mut self, slot: DeviceSlot) {
        let is_out_of_sight = |device: &Device| device.vehicle.is_none();
        if self.devices.get(slot).is_some_and(is_out_of_sight) && !self.who_is(slot).is_empty() {
            self.forget_before(slot, Timestamp::MAX);
        }
    }

    /// Has a device forget all that is older than `since`; whether there was anything.
    fn forget_before(&mut self, slot: DeviceSlot, since: Timestamp) -> bool {
        let Some(device) = self.devices.get_mut(slot) else {
            return false;
        };
        let is_old = |fix: &Fix| fix.fixed_at.min(fix.received_at) < since;
        let is_fix_old = device.last_fix().is_some_and(is_old);
        let is_all_old = is_fix_old || since == Timestamp::MAX;
        let is_track_old = is_fix_old || device.track.reaches_before(since);
        let is_old_word = |raw: Raw| raw.vendor_at.is_some_and(|at| at < since);
        let is_raw_old = device.raw.is_some_and(|raw| is_all_old || is_old_word(raw));
        let is_fact_old = device.facts.forget_before(since);
        if !(is_track_old || is_raw_old || is_fact_old) {
            return false;
        }
        if is_raw_old && let Some(raw) = device.raw.take() {
            device.echo = Some(self.rota.echo(raw.vendor_at, raw.lat_lng));
        }
        if is_all_old {
            device.last = None;
            device.offline_at = None;
            device.is_restored = false;
        }
        let last = device.last_fix().cloned();
        if is_track_old {
            let rules = self.book.of(&self.sources, device.rank.source);
            device.track.forget(rules);
            self.take_moment(slot, last.as_ref(), None);
        }
        self.note_memory(slot);
        true
    }

    /// The readings of a vendor's history that may be told of at `now`: none of a vehicle that is
    /// off duty or was so then; nor of one that nobody knows, while there are such hours at all.
    pub(super) fn on_duty(
        &self,
        mut readings: Vec<(DeviceKey, Reading)>,
        now: Timestamp,
    ) -> Vec<(DeviceKey, Reading)> {
        readings.retain(|(key, reading)| self.is_heard(key, [Some(now), reading.vendor_at]));
        readings
    }

    /// Drops from `fixes` those that nobody is to know, whatever was known when they came: a device
    /// may have come to another group since.
    pub(super) fn drop_off_duty(&self, fixes: &mut Vec<(DeviceKey, Fix)>) {
        fixes.retain(|(key, fix)| self.is_heard(key, [Some(fix.fixed_at), Some(fix.received_at)]));
    }

    fn is_heard(&self, key: &DeviceKey, times: [Option<Timestamp>; 2]) -> bool {
        if self.rota.shifts.is_empty() {
            return true;
        }
        let Some(slot) = self.devices.find(key) else {
            return false;
        };
        let who = self.who_is(slot);
        let mut times = times.into_iter().flatten();
        !times.any(|at| self.rota.is_off_at(&who, at))
    }
}
