//! Which devices make up which vehicle, kept while labels come and change.
//!
//! `identity.rs` knows the answer for one device; here devices are moved accordingly, so that a
//! change of identity is the old vehicle removed and the new one there in one and the same step.

use jiff::Timestamp;

use super::Fleet;
use super::device::Device;
use super::identity::Answer;
use super::merge::{self, Held, Rank};
use super::slots::{DeviceSlot, VehicleSlot};
use super::vehicle::VehicleState;
use crate::domain::{DeviceKey, Label, Verdict};

impl Fleet {
    pub(super) fn ensure_device(&mut self, source_at: usize, key: &DeviceKey) -> DeviceSlot {
        if let Some(slot) = self.devices.find(key) {
            return slot;
        }
        let roster = self
            .identity
            .roster_entry(key)
            .map_or(usize::MAX, |(_, at)| at);
        let rank = Rank {
            source: source_at,
            roster,
            device: key.clone(),
        };
        self.devices.insert(key.clone(), Device::new(rank))
    }

    /// Takes in what a record says of names, which is hardly ever new.
    pub(super) fn see_label(&mut self, slot: DeviceSlot, label: Label, now: Timestamp) {
        let device = self.devices.get(slot);
        if device.is_some_and(|device| device.vehicle.is_none() || device.is_news(&label)) {
            self.relabel(slot, now, |device| device.see_label(label));
        }
    }

    /// Changes a device's labels, and its identity and its neighbours' where that follows.
    pub(super) fn relabel(
        &mut self,
        slot: DeviceSlot,
        now: Timestamp,
        change: impl FnOnce(&mut Device),
    ) {
        let Some(device) = self.devices.get_mut(slot) else {
            return;
        };
        let old = device.carried_registration().cloned();
        change(device);
        let new = device.carried_registration().cloned();
        let (key, vehicle) = (device.rank.device.clone(), device.vehicle);
        self.note_memory(slot);
        if let Some(vehicle) = vehicle {
            self.touch(vehicle);
            if old == new {
                return;
            }
        }
        let neighbours = self.identity.recarry(&key, old.as_deref(), new.as_deref());
        self.reidentify(slot, now);
        self.reidentify_all(&neighbours, now);
    }

    fn reidentify_all(&mut self, keys: &[DeviceKey], now: Timestamp) {
        for key in keys {
            if let Some(slot) = self.devices.find(key) {
                self.reidentify(slot, now);
            }
        }
    }

    /// Puts a device where the roster or its registration wants it.
    pub(super) fn reidentify(&mut self, slot: DeviceSlot, now: Timestamp) {
        let Some(device) = self.devices.get(slot) else {
            return;
        };
        let registration = device.registration().map(|text| &**text);
        let id = match self.identity.answer(&device.rank.device, registration) {
            Answer::Vehicle(id) => Some(id),
            Answer::Ignored => None,
        };
        if device
            .vehicle
            .and_then(|vehicle| self.vehicles.key(vehicle))
            == id.as_ref()
        {
            return;
        }
        // Where it held a position it may no longer do so.
        self.note_memory(slot);
        let left = self.detach(slot, now);
        let Some(id) = id else {
            self.forget_out_of_sight(slot);
            return;
        };
        // Where the new vehicle does not exist yet, the old one only changes its name, and its
        // history goes with it.
        let vehicle = self.vehicles.find(&id).unwrap_or_else(|| {
            let state = left.unwrap_or_else(|| VehicleState::new(now));
            self.vehicles.insert(id, state)
        });
        self.attach(slot, vehicle, now);
    }

    /// Takes a device out of its vehicle; gives the vehicle's state if it was the last device.
    fn detach(&mut self, slot: DeviceSlot, now: Timestamp) -> Option<VehicleState> {
        self.counts.clear();
        let device = self.devices.get_mut(slot)?;
        let vehicle = device.vehicle.take()?;
        let state = self.vehicles.get_mut(vehicle)?;
        state.devices.retain(|other| *other != slot);
        if state.devices.is_empty() {
            let (id, state) = self.vehicles.remove(vehicle)?;
            // Viewers need not be told of what they never saw.
            if state.published.is_some() {
                self.gone.push(id);
            }
            return Some(state);
        }
        let held_it = state.held_by == Some(slot);
        if held_it {
            let remaining = state.devices.clone();
            *state = VehicleState {
                devices: std::mem::take(&mut state.devices),
                published: state.published.take(),
                ..VehicleState::new(now)
            };
            for other in remaining {
                self.rejudge(other, vehicle, now);
            }
        }
        self.touch_anew(vehicle);
        None
    }

    fn attach(&mut self, slot: DeviceSlot, vehicle: VehicleSlot, now: Timestamp) {
        let Some((id, state)) = self.vehicles.named_mut(vehicle) else {
            return;
        };
        self.counts.clear();
        state.devices.push(slot);
        state.published = state.published.take().filter(|told| told.id == *id);
        self.sort_devices(vehicle);
        if let Some(device) = self.devices.get_mut(slot) {
            device.vehicle = Some(vehicle);
        }
        self.rejudge(slot, vehicle, now);
        self.touch_anew(vehicle);
    }

    pub(super) fn sort_devices(&mut self, vehicle: VehicleSlot) {
        let devices = &self.devices;
        if let Some(state) = self.vehicles.get_mut(vehicle) {
            let rank = |slot: &DeviceSlot| devices.get(*slot).map(|device| &device.rank);
            state
                .devices
                .sort_by(|one, other| rank(one).cmp(&rank(other)));
        }
    }

    /// Judges a device's last fix again, against the vehicle it has come to.
    pub(super) fn rejudge(&mut self, slot: DeviceSlot, vehicle: VehicleSlot, now: Timestamp) {
        let expected = self.expected_of_holder(vehicle);
        let (Some(device), Some(state)) =
            (self.devices.get_mut(slot), self.vehicles.get_mut(vehicle))
        else {
            return;
        };
        let holds_it = state.held_by == Some(slot);
        let Some((fix, judgement)) = device.last.as_mut().filter(|_| !holds_it) else {
            return;
        };
        let held = state.held.as_ref();
        let terms = self
            .book
            .terms(&device.rank, held, expected, state.is_young);
        *judgement = merge::judge(fix, &device.rank, held, terms);
        if judgement.verdict == Verdict::Accepted {
            let fix = fix.clone();
            let held = Held {
                fix: fix.clone(),
                rank: device.rank.clone(),
            };
            let before = state.hold(held, slot);
            for slot in before.into_iter().chain([slot]) {
                self.note_memory(slot);
            }
            // One that its receiver does not trust is not there yet.
            self.take_moment(slot, Some(&fix), None);
        }
        self.age_vehicle(vehicle, now);
    }

    /// How many vehicles have a device of each source.
    pub(super) fn vehicles_by_source(&self) -> Vec<usize> {
        let mut counts = vec![0; self.sources.len()];
        for (_, state) in self.vehicles.iter() {
            let mut last = None;
            // The devices stand in the order of their sources: count each source once.
            for slot in &state.devices {
                if let Some(device) = self.devices.get(*slot)
                    && last != Some(device.rank.source)
                {
                    last = Some(device.rank.source);
                    counts[device.rank.source] += 1;
                }
            }
        }
        counts
    }

    /// Removes devices that their vendors stopped listing long ago, and vehicles without any.
    /// Looks at as many of the unlisted ones, from slot `from` on, as there is `room` for; where
    /// to go on, if there are more.
    pub(super) fn forget_some(
        &mut self,
        from: DeviceSlot,
        room: &mut usize,
        now: Timestamp,
    ) -> Option<DeviceSlot> {
        let forget_after = self.settings.forget_after;
        let is_over = |since: Timestamp| forget_after < now.duration_since(since);
        let some: Vec<DeviceSlot> = self.unlisted.range(from..).take(*room).copied().collect();
        *room -= some.len();
        for &slot in &some {
            let device = self.devices.get(slot);
            if device.is_some_and(|device| device.unlisted_since.is_some_and(is_over)) {
                self.forget(slot, now);
            }
        }
        let last = some.last().filter(|_| *room == 0);
        last.map(|last| last + 1)
    }

    fn forget(&mut self, slot: DeviceSlot, now: Timestamp) {
        self.unlisted.remove(&slot);
        self.detach(slot, now);
        let Some((key, device)) = self.devices.remove(slot) else {
            return;
        };
        self.forgotten.push(key.clone());
        let carried = device.carried_registration();
        let neighbours = self
            .identity
            .recarry(&key, carried.map(|text| &**text), None);
        self.reidentify_all(&neighbours, now);
    }
}
