//! Takes a new configuration without a restart: the roster, off-duty hours and the thresholds.
//!
//! Which sources there are does not change here; they are tasks, and whoever runs those knows.
//! Every device and every vehicle is looked at anew, a bounded piece at a time; as with a step of
//! time, whoever does so shows nobody the fleet before the last piece.

use jiff::Timestamp;

use super::ageing::{PIECE, Step, some};
use super::identity::Identity;
use super::rule_book::RuleBook;
use super::slots::{DeviceSlot, VehicleSlot};
use super::{Fleet, FleetSettings};

/// A change of the settings that is being made.
#[derive(Debug)]
#[must_use = "the change is yet to be made"]
pub struct Reconfiguration {
    now: Timestamp,
    next: Next,
}

/// What is to be done next, and from where on.
#[derive(Debug)]
enum Next {
    /// To make each device's rank and track those of the new settings.
    Prepare(DeviceSlot),
    /// To put each where it belongs by now.
    Identify(DeviceSlot),
    /// To look at each vehicle anew.
    Touch(VehicleSlot),
    /// To let time pass.
    Age(Step),
}

impl Fleet {
    /// Goes on under other `settings`. Devices are identified anew, so that an old id is removed
    /// and a new vehicle there in one and the same step; thresholds count at once.
    pub fn reconfigure(&mut self, settings: FleetSettings, now: Timestamp) {
        let mut change = self.begin_reconfiguration(settings, now);
        while self.reconfigure_some(&mut change) {}
    }

    /// Begins what [`Fleet::reconfigure`] does, to be done by [`Fleet::reconfigure_some`].
    pub fn begin_reconfiguration(
        &mut self,
        settings: FleetSettings,
        now: Timestamp,
    ) -> Reconfiguration {
        self.identity = Identity::new(settings.roster.clone());
        self.book = RuleBook::new(&settings, &self.sources);
        self.book.tell(&mut self.sources);
        self.rota.replace(&settings.off_duty, now);
        self.settings = settings;
        self.forget_notices();
        self.begin_count();
        Reconfiguration {
            now,
            next: Next::Prepare(0),
        }
    }

    /// Makes a piece of a change; whether there is more. Nothing else may happen to the fleet until
    /// there is not.
    pub fn reconfigure_some(&mut self, change: &mut Reconfiguration) -> bool {
        let now = change.now;
        let mut room = PIECE;
        let (n_devices, n_vehicles) = (self.devices.n_slots(), self.vehicles.n_slots());
        match &mut change.next {
            Next::Prepare(from) => {
                for slot in some(from, n_devices, &mut room) {
                    self.prepare(slot);
                }
                if *from == n_devices {
                    change.next = Next::Identify(0);
                }
            }
            Next::Identify(from) => {
                for slot in some(from, n_devices, &mut room) {
                    self.reidentify(slot, now);
                }
                if *from == n_devices {
                    change.next = Next::Touch(0);
                }
            }
            Next::Touch(from) => {
                for slot in some(from, n_vehicles, &mut room) {
                    self.sort_devices(slot);
                    self.age_vehicle(slot, now);
                    self.touch(slot);
                }
                if *from == n_vehicles {
                    change.next = Next::Age(self.begin_step(now));
                }
            }
            Next::Age(step) => return self.age_some(step),
        }
        true
    }

    /// Makes a device's rank, its place among the plates, its track and what is thought of its
    /// clock those of the new settings.
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
        let ahead_after = self.book.positions[device.rank.source].clock_ahead_after;
        if let Some((last, _)) = &mut device.last {
            last.flag_clock(ahead_after);
        }
        if let Some(state) = device.vehicle.and_then(|at| self.vehicles.get_mut(at))
            && let Some(held) = state.held.as_mut()
            && state.held_by == Some(slot)
        {
            held.rank = device.rank.clone();
            held.fix.flag_clock(ahead_after);
        }
        self.forget_out_of_sight(slot);
    }
}
