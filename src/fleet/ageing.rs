//! Lets time pass over the fleet.
//!
//! Vehicles that something was said of are aged with every step. All others are looked at when
//! their deadlines are past, so that a silent fleet costs next to nothing.

use jiff::{SignedDuration, Timestamp};

use super::Fleet;
use super::device::Device;
use super::rule_book::RuleBook;
use super::slots::{Slots, VehicleSlot};
use super::vehicle::{Holder, VehicleState};
use crate::domain::{DeviceKey, Health};

impl Fleet {
    /// Lets time pass: metadata that never came, health, freshness, vehicles to forget.
    pub fn age(&mut self, now: Timestamp) {
        if self.release_overdue(now) {
            while self.work(now) {}
        }
        for at in 0..self.sources.len() {
            let was_down = self.sources[at].current() == Health::Down;
            if self.sources[at].age(now) {
                let is_down = self.sources[at].current() == Health::Down;
                if was_down != is_down {
                    self.touch_vehicles_of(at);
                }
            }
        }
        self.age_vehicles(now);
        self.forget(now);
    }

    fn age_vehicles(&mut self, now: Timestamp) {
        if now < self.aged_at {
            self.doubt_deadlines();
        }
        self.aged_at = now;
        for at in 0..self.dirty.len() {
            self.age_vehicle(self.dirty[at], now);
        }
        while let Some(slot) = self.deadlines.take_past(now) {
            if self.age_vehicle(slot, now) {
                self.touch(slot);
            } else {
                self.note_deadline(slot);
            }
        }
    }

    /// Deadlines hold while time goes on. Where the clock was set back, all are looked at anew.
    fn doubt_deadlines(&mut self) {
        for (slot, _) in self.vehicles.iter() {
            self.deadlines.note(slot, Timestamp::MIN);
        }
    }

    /// Whether the vehicle changed by time alone.
    pub(super) fn age_vehicle(&mut self, slot: VehicleSlot, now: Timestamp) -> bool {
        let Some(state) = self.vehicles.get_mut(slot) else {
            return false;
        };
        let holder = holder(&self.devices, &self.book, state);
        holder.is_some_and(|holder| state.age(holder, &self.book.motion, now))
    }

    /// Notes when time alone may change the vehicle next.
    pub(super) fn note_deadline(&mut self, slot: VehicleSlot) {
        let Some(state) = self.vehicles.get(slot) else {
            return;
        };
        let holder = holder(&self.devices, &self.book, state);
        let steady_until =
            holder.and_then(|holder| state.steady_until(holder, &self.book.motion, self.aged_at));
        if let Some(at) = steady_until {
            self.deadlines.note(slot, at);
        }
    }

    /// E of the device that holds the vehicle's position.
    pub(super) fn expected_of_holder(&self, slot: VehicleSlot) -> SignedDuration {
        let held_by = self.vehicles.get(slot).and_then(|state| state.held_by);
        let device = held_by.and_then(|slot| self.devices.get(slot));
        device.map_or(SignedDuration::ZERO, |device| device.track.expected())
    }

    fn touch_vehicles_of(&mut self, source_at: usize) {
        let holds = |state: &VehicleState| {
            let held = state.held.as_ref();
            held.is_some_and(|held| held.rank.source == source_at)
        };
        let slots: Vec<_> = self
            .vehicles
            .iter()
            .filter(|(_, state)| holds(state))
            .map(|(slot, _)| slot)
            .collect();
        for slot in slots {
            self.touch(slot);
        }
    }
}

/// The device that holds the position.
fn holder<'a>(
    devices: &'a Slots<DeviceKey, Device>,
    book: &RuleBook,
    state: &VehicleState,
) -> Option<Holder<'a>> {
    let device = devices.get(state.held_by?)?;
    Some(Holder {
        progress: device.track.progress(),
        limits: book.limits(device.rank.source, &device.track),
        offline_at: device.offline_at,
    })
}
