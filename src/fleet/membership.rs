//! Which devices make up which vehicle, kept while labels come and change.
//!
//! `identity.rs` knows the answer for one device; here devices are moved accordingly, so that a
//! change of identity is the old vehicle removed and the new one there in one and the same step.

use jiff::Timestamp;

use super::Fleet;
use super::device::Device;
use super::identity::Answer;
use super::merge::{self, Held, Rank};
use super::vehicle::VehicleState;
use crate::domain::{DeviceKey, VehicleId, Verdict};

impl Fleet {
    pub(super) fn ensure_device(&mut self, source_at: usize, key: &DeviceKey) {
        if self.devices.contains_key(key) {
            return;
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
        self.devices.insert(key.clone(), Device::new(rank));
    }

    /// Changes a device's labels, and its identity and its neighbours' where that follows.
    pub(super) fn relabel(
        &mut self,
        key: &DeviceKey,
        now: Timestamp,
        change: impl FnOnce(&mut Device),
    ) {
        let Some(device) = self.devices.get_mut(key) else {
            return;
        };
        let old = device.carried_registration().cloned();
        change(device);
        let new = device.carried_registration().cloned();
        if let Some(id) = device.vehicle.clone() {
            self.touch(&id);
            if old == new {
                return;
            }
        }
        let neighbours = self.identity.recarry(key, old.as_deref(), new.as_deref());
        self.reidentify(key, now);
        for neighbour in neighbours {
            self.reidentify(&neighbour, now);
        }
    }

    /// Puts a device where the roster or its registration wants it.
    fn reidentify(&mut self, key: &DeviceKey, now: Timestamp) {
        let Some(device) = self.devices.get(key) else {
            return;
        };
        let registration = device.registration().cloned();
        let id = match self.identity.answer(key, registration.as_deref()) {
            Answer::Vehicle(id) => Some(id),
            Answer::Ignored => None,
        };
        if device.vehicle == id {
            return;
        }
        let left = self.detach(key, now);
        let Some(id) = id else { return };
        // Where the new vehicle does not exist yet, the old one only changes its name, and its
        // history goes with it.
        let existing = self.vehicles.remove(&id).or(left);
        let state = existing.unwrap_or_else(|| VehicleState::new(now));
        self.attach(key, &id, state, now);
    }

    /// Takes a device out of its vehicle; gives the vehicle's state if it was the last device.
    fn detach(&mut self, key: &DeviceKey, now: Timestamp) -> Option<VehicleState> {
        self.counts.clear();
        let id = self.devices.get_mut(key)?.vehicle.take()?;
        let state = self.vehicles.get_mut(&id)?;
        state.devices.retain(|device| device != key);
        if state.devices.is_empty() {
            let state = self.vehicles.remove(&id)?;
            // Viewers need not be told of what they never saw.
            if state.published.is_some() {
                self.gone.push(id);
            }
            return Some(state);
        }
        let held_it = state
            .held
            .as_ref()
            .is_some_and(|held| held.rank.device == *key);
        if held_it {
            let remaining = state.devices.clone();
            let state = self.vehicles.get_mut(&id)?;
            let devices = std::mem::take(&mut state.devices);
            *state = VehicleState {
                devices,
                published: state.published.take(),
                ..VehicleState::new(now)
            };
            for device in remaining {
                self.rejudge(&device, &id, now);
            }
        }
        self.touch_anew(&id);
        None
    }

    fn attach(&mut self, key: &DeviceKey, id: &VehicleId, mut state: VehicleState, now: Timestamp) {
        let Some(device) = self.devices.get_mut(key) else {
            return;
        };
        self.counts.clear();
        device.vehicle = Some(id.clone());
        state.devices.push(key.clone());
        let devices = &self.devices;
        state
            .devices
            .sort_by_key(|key| devices.get(key).map(|device| device.rank.clone()));
        state.published = state.published.filter(|published| published.id == *id);
        self.vehicles.insert(id.clone(), state);
        self.rejudge(key, id, now);
        self.touch_anew(id);
    }

    /// Judges a device's last fix again, against the vehicle it has come to.
    fn rejudge(&mut self, key: &DeviceKey, id: &VehicleId, now: Timestamp) {
        let Some(device) = self.devices.get_mut(key) else {
            return;
        };
        let Some(state) = self.vehicles.get_mut(id) else {
            return;
        };
        let holds_it = state
            .held
            .as_ref()
            .is_some_and(|held| held.rank.device == *key);
        let Some((fix, judgement)) = &mut device.last else {
            return;
        };
        if holds_it {
            return;
        }
        let expected = self.settings.expected;
        let held = state.held.as_ref();
        *judgement = merge::judge(
            fix,
            &device.rank,
            held,
            merge::hold(expected),
            state.is_live(),
        );
        if judgement.verdict == Verdict::Accepted {
            let held = Held {
                fix: fix.clone(),
                rank: device.rank.clone(),
            };
            state.hold(held, expected, now);
        }
    }

    /// How many vehicles have a device of each source.
    pub(super) fn vehicles_by_source(&self) -> Vec<usize> {
        let mut counts = vec![0; self.sources.len()];
        for state in self.vehicles.values() {
            let mut last = None;
            // The devices stand in the order of their sources: count each source once.
            for key in &state.devices {
                if let Some(device) = self.devices.get(key)
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
    pub(super) fn forget(&mut self, now: Timestamp) {
        let forget_after = self.settings.forget_after;
        let is_over = |since: Timestamp| forget_after < now.duration_since(since);
        let gone: Vec<DeviceKey> = self
            .devices
            .iter()
            .filter(|(_, device)| device.unlisted_since.is_some_and(is_over))
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            let carried = self
                .devices
                .get(&key)
                .and_then(|d| d.carried_registration().cloned());
            self.detach(&key, now);
            self.devices.remove(&key);
            for neighbour in self.identity.recarry(&key, carried.as_deref(), None) {
                self.reidentify(&neighbour, now);
            }
        }
    }
}
