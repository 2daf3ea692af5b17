//! Off duty: what is not heard, and what is forgotten, while nobody is to know where a vehicle is.
//!
//! A vehicle is off duty while the hours of any of its groups hold. Then nothing is taken from its
//! devices' records but their names, and what was known of its place and its doings is forgotten.
//! A time is enough: a record that was made, or comes, or is taken in off duty is not heard, so
//! nothing of those hours comes in later; nor is a row that has no time at all and may be of then.
//! The map shows what belongs to the duty of now alone; what comes late from an earlier duty goes
//! to the trail.
//!
//! Its groups must be known for that, and they are known if
//!
//! - the roster gives the vehicle groups, which then outrank the vendors';
//! - or of each of its devices: a complete list of its vendor has named it, in this run or in one
//!   that is remembered, with groups or with none (then it has none), or a record of its own has
//!   told a group.
//!
//! A vehicle whose groups are not known is concerned by all hours that there are: it is off duty
//! while those of anybody hold. So a list that fails, that is still being read, or is older than a
//! device hides too much, and shows nothing; who is hidden by that says so in its reason, and the
//! operator is told (`census`).

mod census;
mod echo;
mod rota;

use std::sync::Arc;

use jiff::Timestamp;

pub use self::census::{Census, Notice};
pub use self::echo::{Echo, FirstRow};
pub use self::rota::Rota;

pub(super) use self::census::Count;

use super::Fleet;
use super::assemble;
use super::device::Device;
use super::fix::{Fix, Raw};
use super::slots::{DeviceSlot, VehicleSlot};
use super::vehicle::VehicleState;
use crate::domain::{DeviceKey, Observation, Origin, Reading};

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

impl Fleet {
    /// The groups that the vehicle of these devices is shown in; `None` while they are not known.
    fn groups_of(&self, devices: &[DeviceSlot]) -> Option<Vec<Arc<str>>> {
        let devices = devices.iter().filter_map(|slot| self.devices.get(*slot));
        let devices: Vec<&Device> = devices.collect();
        let roster = super::roster_entry(&self.identity, &devices);
        let is_known = assemble::knows_groups(&devices, roster);
        is_known.then(|| assemble::groups(&devices, roster))
    }

    /// The same of the vehicle that a device is in, or of the device alone.
    fn groups_about(&self, device: DeviceSlot) -> Option<Vec<Arc<str>>> {
        let vehicle = self.devices.get(device).and_then(|it| it.vehicle);
        let state = vehicle.and_then(|slot| self.vehicles.get(slot));
        self.groups_of(state.map_or(&[device], |state| state.devices.as_slice()))
    }

    /// The hours that concern these devices, all of one vehicle.
    fn who(&self, devices: &[DeviceSlot]) -> Vec<usize> {
        if self.rota.is_empty() {
            return Vec::new();
        }
        self.rota.concerning(self.groups_of(devices).as_deref())
    }

    fn who_is(&self, device: DeviceSlot) -> Vec<usize> {
        if self.rota.is_empty() {
            return Vec::new();
        }
        self.rota.concerning(self.groups_about(device).as_deref())
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
        let is_timeless_row = said == [None, None] && record.origin == Origin::Poll;
        let said = said.map(|at| at.map(|at| at.min(received_at)));
        let times = said.into_iter().flatten().chain([received_at, now]);
        let is_off = times.clone().any(|at| self.rota.is_off_at(&who, at));
        let since = self.rota.duty(&who).since;
        let echo = reading.and_then(|it| self.rota.echo(Raw::of(it)));
        let Some(device) = self.devices.get_mut(slot) else {
            return Hearing::Nothing;
        };
        if is_off || device.vehicle.is_none() {
            device.echo = echo.or(device.echo);
            return Hearing::Nothing;
        }
        if is_timeless_row {
            return self.hearing_of_row(slot, reading, received_at, since);
        }
        let is_late = times.min().is_some_and(|oldest| oldest < since);
        match (is_late, echo.is_some() && echo == device.echo) {
            (false, _) => Hearing::All,
            (true, false) => Hearing::ForTheTrail,
            // The trail has it.
            (true, true) => Hearing::Nothing,
        }
    }

    /// The same of a row that tells no time, in the duty that began at `since`: it may be of long
    /// before, until it changes.
    fn hearing_of_row(
        &mut self,
        slot: DeviceSlot,
        reading: Option<&Reading>,
        received_at: Timestamp,
        since: Timestamp,
    ) -> Hearing {
        let (Some(device), Some(reading)) = (self.devices.get_mut(slot), reading) else {
            return Hearing::Nothing;
        };
        let row = (self.rota.digest(reading.lat_lng()), received_at);
        let mut row = FirstRow::after(device.first_row, row, since);
        // Where there are nothing but rows, the last one that was heard tells it too.
        row.has_changed |= !self.sources[device.rank.source].is_streamed()
            && device
                .last_fix()
                .is_some_and(|last| since <= last.received_at)
            && device.raw.is_some_and(|raw| raw.is_another_row(reading));
        device.first_row = Some(row);
        if row.has_changed {
            Hearing::All
        } else {
            Hearing::Nothing
        }
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
        if let Some(raw) = device.raw.take_if(|_| is_raw_old) {
            device.echo = self.rota.echo(raw).or(device.echo);
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
        if self.rota.is_empty() {
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
