//! Takes one record in: from what a device said to what becomes of its vehicle.

use jiff::Timestamp;

use super::Fleet;
use super::device::Device;
use super::fix::{self, Fix, Raw};
use super::merge::{self, Held, Judgement, Reason};
use super::motion::{Moment, Point, ignition};
use super::off_duty::Hearing;
use super::slots::{DeviceSlot, VehicleSlot};
use crate::domain::{Observation, Origin, Verdict};

/// A word on the ignition, and when it was true.
type IgnitionSaid = Option<(bool, Timestamp)>;

impl Fleet {
    pub(super) fn observe_record(
        &mut self,
        source_at: usize,
        mut record: Observation,
        now: Timestamp,
    ) {
        let slot = self.ensure_device(source_at, &record.device);
        self.see_label(slot, std::mem::take(&mut record.label), now);
        let hearing = self.hearing(slot, &record, now);
        if hearing == Hearing::Nothing {
            return;
        }
        let Some(device) = self.devices.get_mut(slot) else {
            return;
        };
        let reading = record.reading.as_ref();
        let received_at = record.received_at;
        let raw = device.raw.as_ref();
        let ahead_after = self.book.positions[source_at].clock_ahead_after;
        let fix =
            reading.and_then(|it| fix::believe(it, record.origin, received_at, raw, ahead_after));
        let is_confirmed = device.is_restored
            && reading.is_some_and(|it| is_last(device, Raw::of(it), fix.as_ref()));
        // Records also repeat in another order than that in which they came first.
        let fix = fix.filter(|fix| !device.track.has_fix((fix.fixed_at, fix.reading.lat_lng())));
        if hearing == Hearing::ForTheTrail {
            let key = &device.rank.device;
            self.fixes.extend(fix.map(|fix| (key.clone(), fix.late())));
            // Nothing is remembered of it but what its repetition is known by.
            let echo = reading.and_then(|it| self.rota.echo(Raw::of(it)));
            device.echo = echo.or(device.echo);
            return;
        }
        if fix.is_some() {
            device.raw = reading.map(Raw::of);
        }
        let vendor_at = reading.and_then(|reading| reading.vendor_at);
        let said_at = record.contact_at.or(vendor_at);
        // A row of a list is no sign of life by itself; an event is.
        let event_at = (record.origin == Origin::Stream).then_some(received_at);
        let contact_at = said_at.max(event_at).map(|at| at.min(received_at));
        device.contact_at = device.contact_at.max(contact_at);
        let is_repetition = reading.is_some() && fix.is_none();
        let ignition_before = device.facts.ignition;
        let is_on = record.facts.ignition;
        let has_new_facts = device
            .facts
            .merge(record.facts, said_at, received_at, is_repetition);
        let is_told = fix.is_some() || device.facts.ignition != ignition_before;
        let ignition_at = said_at.unwrap_or(received_at).min(received_at);
        let ignition = is_on.filter(|_| is_told).map(|is_on| (is_on, ignition_at));
        let vehicle = device.vehicle;
        if has_new_facts || fix.is_some() {
            self.note_memory(slot);
        }
        match (fix, vehicle) {
            (Some(fix), Some(vehicle)) => self.judge(slot, vehicle, fix, ignition, now),
            (Some(fix), None) => self.keep_out_of_sight(slot, fix, ignition),
            (None, _) => self.take_moment(slot, None, ignition),
        }
        if is_confirmed {
            self.confirm(slot, now);
        }
        if let Some(vehicle) = vehicle {
            self.share_ignition(slot, vehicle, ignition);
            self.touch(vehicle);
        }
    }

    /// Judges a fix of a device against its vehicle's position and keeps it as the device's last.
    fn judge(
        &mut self,
        slot: DeviceSlot,
        vehicle: VehicleSlot,
        mut fix: Fix,
        ignition: IgnitionSaid,
        now: Timestamp,
    ) {
        // The marker's freshness must be that of now, not that of the last tick.
        self.age_vehicle(vehicle, now);
        let expected = self.expected_of_holder(vehicle);
        let (Some(state), Some(device)) =
            (self.vehicles.get_mut(vehicle), self.devices.get_mut(slot))
        else {
            return;
        };
        let held = state.held.as_ref();
        let terms = self
            .book
            .terms(&device.rank, held, expected, state.is_young);
        let judgement = merge::judge(&fix, &device.rank, held, terms);
        let is_poor = |fix: &Fix| merge::is_poor(fix, terms.poor_beyond_m);
        if let Reason::HeldIsNewer(by) = judgement.reason {
            fix.backfill = expected < by;
            state.is_backfilled |= fix.backfill;
        }
        self.fixes.push((device.rank.device.clone(), fix.clone()));
        let is_accepted = judgement.verdict == Verdict::Accepted;
        if is_accepted {
            let rank = device.rank.clone();
            // Who takes over with a late fix does so with its newest one.
            let newer = device
                .last
                .as_mut()
                .filter(|(last, _)| fix.fixed_at < last.fixed_at && !is_poor(last));
            let fix = newer.map_or_else(
                || fix.clone(),
                |(last, became)| {
                    *became = judgement.clone();
                    last.clone()
                },
            );
            let before = state.hold(Held { fix, rank }, slot);
            if let Some(before) = before.filter(|before| *before != slot) {
                self.note_memory(before);
            }
        }
        let is_trusted = is_accepted || !is_poor(&fix);
        self.continue_neighbour(slot, vehicle, &fix);
        self.take_moment(slot, Some(&fix).filter(|_| is_trusted), ignition);
        self.keep_last(slot, fix, judgement, is_trusted);
    }

    /// What was known only from before a restart was said again: it is of this run.
    fn confirm(&mut self, slot: DeviceSlot, now: Timestamp) {
        let Some(device) = self.devices.get_mut(slot) else {
            return;
        };
        device.is_restored = false;
        if let Some(vehicle) = device.vehicle {
            self.age_vehicle(vehicle, now);
        }
    }

    /// Keeps what a device says whose vehicle is not shown, for the day when it is.
    fn keep_out_of_sight(&mut self, slot: DeviceSlot, fix: Fix, ignition: IgnitionSaid) {
        let judgement = Judgement {
            verdict: Verdict::Accepted,
            reason: Reason::First,
        };
        self.take_moment(slot, Some(&fix), ignition);
        self.keep_last(slot, fix, judgement, true);
    }

    /// Keeps the newest fix. Only one that is trusted ends what was said before it: that the device
    /// is offline, that it is known from before a restart only.
    fn keep_last(&mut self, slot: DeviceSlot, fix: Fix, judgement: Judgement, is_trusted: bool) {
        let Some(device) = self.devices.get_mut(slot) else {
            return;
        };
        let newest = device.last_fix().map(|last| last.fixed_at);
        if newest.is_none_or(|newest| newest < fix.fixed_at) {
            if is_trusted {
                device.offline_at = None;
                device.is_restored = false;
            }
            device.last = Some((fix, judgement));
        }
    }

    /// Takes what a record says of motion into its device's track. Fix and ignition may be of
    /// different times.
    pub(super) fn take_moment(
        &mut self,
        slot: DeviceSlot,
        fix: Option<&Fix>,
        ignition: IgnitionSaid,
    ) {
        let Some(device) = self.devices.get_mut(slot) else {
            return;
        };
        let rules = self.book.of(&self.sources, device.rank.source);
        let fixed_at = fix.map(|fix| fix.fixed_at);
        if let Some(fix) = fix {
            let own = ignition.filter(|(_, at)| *at == fix.fixed_at);
            let moment = Moment {
                at: fix.fixed_at,
                point: Some(Point::of(&fix.reading)),
                ignition: own.map(|(is_on, _)| is_on),
            };
            device.track.take(moment, rules);
        }
        if let Some((is_on, at)) = ignition.filter(|(_, at)| Some(*at) != fixed_at) {
            let moment = Moment {
                at,
                point: None,
                ignition: Some(is_on),
            };
            device.track.take(moment, rules);
        }
    }

    /// A device that has never had a fix and comes to a vehicle whose motion another one tells
    /// goes on from there, or the vehicle would seem to stop when it takes over.
    fn continue_neighbour(&mut self, slot: DeviceSlot, vehicle: VehicleSlot, fix: &Fix) {
        let is_new = |slot| {
            let device = self.devices.get(slot);
            device.is_some_and(|device| device.track.progress().last.is_none())
        };
        let Some(state) = self.vehicles.get(vehicle).filter(|_| is_new(slot)) else {
            return;
        };
        let mut others = state.devices.iter().filter(|other| **other != slot);
        let Some(other) = others.find(|other| !is_new(**other)) else {
            return;
        };
        let progress = self.devices.get(*other).map(|it| *it.track.progress());
        if let (Some(progress), Some(device)) = (progress, self.devices.get_mut(slot)) {
            device.track.continue_from(&progress, fix.reading.lat_lng());
        }
    }

    /// Tells a word on the ignition to those devices of the vehicle that do not know themselves.
    fn share_ignition(&mut self, slot: DeviceSlot, vehicle: VehicleSlot, said: IgnitionSaid) {
        let Some((_, said_at)) = said else { return };
        let Some(state) = self.vehicles.get(vehicle).filter(|it| 1 < it.devices.len()) else {
            return;
        };
        let others: Vec<_> = state
            .devices
            .iter()
            .filter(|it| **it != slot)
            .copied()
            .collect();
        for other in others {
            let Some(device) = self.devices.get(other) else {
                continue;
            };
            let known_for = ignition::known_for(device.track.expected(), &self.book.motion);
            let own_at = device.facts.ignition.map(|(_, at)| at);
            if own_at.is_none_or(|own_at| known_for < said_at.duration_since(own_at)) {
                self.take_moment(other, None, said);
            }
        }
    }
}

/// Whether a record says what the device's last one said: by its own words, or by the fix that was
/// believed of it.
fn is_last(device: &Device, raw: Raw, fix: Option<&Fix>) -> bool {
    let place = |fix: &Fix| (fix.fixed_at, fix.reading.lat_lng());
    match fix {
        Some(fix) => device.last_fix().map(place) == Some(place(fix)),
        None => device.raw == Some(raw),
    }
}
