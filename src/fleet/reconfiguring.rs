//! Takes a new configuration without a restart: the roster and the thresholds.
//!
//! Which sources there are does not change here; they are tasks, and whoever runs those knows.

use jiff::Timestamp;

use super::identity::Identity;
use super::rule_book::RuleBook;
use super::slots::DeviceSlot;
use super::{Fleet, FleetSettings};

impl Fleet {
    /// Goes on under other `settings`. Devices are identified anew, so that an old id is removed
    /// and a new vehicle there in one and the same step; thresholds count at once.
    pub fn reconfigure(&mut self, settings: FleetSettings, now: Timestamp) {
        self.identity = Identity::new(settings.roster.clone());
        self.book = RuleBook::new(&settings, &self.sources);
        self.book.tell(&mut self.sources);
        self.settings = settings;
        let slots: Vec<DeviceSlot> = self.devices.iter().map(|(slot, _)| slot).collect();
        for slot in &slots {
            self.prepare(*slot);
        }
        for slot in &slots {
            self.reidentify(*slot, now);
        }
        let vehicles: Vec<_> = self.vehicles.iter().map(|(slot, _)| slot).collect();
        for slot in vehicles {
            self.sort_devices(slot);
            self.age_vehicle(slot, now);
            self.touch(slot);
        }
        self.age(now);
    }

    /// Makes a device's rank, its place among the plates and its track those of the new settings.
    fn prepare(&mut self, slot: DeviceSlot) {
        let Some(device) = self.devices.get_mut(slot) else {
            return;
        };
        let entry = self.identity.roster_entry(&device.rank.device);
        device.rank.roster = entry.map_or(usize::MAX, |(_, at)| at);
        let carried = device.carried_registration().map(|text| &**text);
        self.identity.recarry(&device.rank.device, None, carried);
        let rules = self.book.of(&self.sources, device.rank.source);
        device.track.derive(rules);
        if let Some(state) = device.vehicle.and_then(|at| self.vehicles.get_mut(at))
            && let Some(held) = state.held.as_mut()
            && state.held_by == Some(slot)
        {
            held.rank = device.rank.clone();
        }
    }
}
