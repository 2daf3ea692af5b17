//! The open alarms as one stage shows them: those of vehicles that are seen there, as far as they
//! are, and those of sources.
//!
//! All open ones are held, so that a vehicle that comes into sight brings its own along, and one
//! that leaves takes them with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::alarm::{Alarm, AlarmChanges};
use crate::domain::{Vehicle, VehicleId};
use crate::live::mask::Mask;

/// All that are open.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    /// Each as it is, and as it was told.
    open: BTreeMap<u64, (Arc<Alarm>, Option<Arc<Alarm>>)>,
    of_vehicle: HashMap<VehicleId, BTreeSet<u64>>,
}

impl Alarms {
    /// What is to be told of `changes`, and of the alarms of vehicles that `moved`: are seen,
    /// unseen or shown in another way now.
    pub(super) fn news_of<'a>(
        &mut self,
        changes: &AlarmChanges,
        moved: impl Iterator<Item = &'a VehicleId>,
        seen: impl Fn(&VehicleId) -> Option<Arc<Vehicle>>,
        mask: &Mask,
    ) -> AlarmChanges {
        let mut left = AlarmChanges::default();
        if self.open.is_empty() && changes.is_empty() {
            return left;
        }
        let of_moved = moved.filter_map(|id| self.of_vehicle.get(id));
        let mut differing: BTreeSet<u64> = of_moved.flatten().copied().collect();
        for id in &changes.closed {
            if self.close(*id) {
                left.closed.push(*id);
            }
        }
        for alarm in &changes.changed {
            self.put(alarm);
            differing.insert(alarm.id);
        }
        for id in differing {
            let Some((alarm, told)) = self.open.get_mut(&id) else {
                continue;
            };
            let shown = match &alarm.vehicle {
                Some((id, _)) => seen(id).and_then(|vehicle| mask.alarm(&vehicle, alarm)),
                None => Some(Arc::clone(alarm)),
            };
            if shown == *told {
                continue;
            }
            match &shown {
                Some(shown) => left.changed.push(Arc::clone(shown)),
                None => left.closed.push(id),
            }
            *told = shown;
        }
        left
    }

    fn put(&mut self, alarm: &Arc<Alarm>) {
        if let Some((id, _)) = &alarm.vehicle {
            let of_vehicle = self.of_vehicle.entry(id.clone()).or_default();
            of_vehicle.insert(alarm.id);
        }
        match self.open.get_mut(&alarm.id) {
            Some((held, _)) => *held = Arc::clone(alarm),
            None => {
                self.open.insert(alarm.id, (Arc::clone(alarm), None));
            }
        }
    }

    /// Whether that was told.
    fn close(&mut self, id: u64) -> bool {
        let Some((alarm, told)) = self.open.remove(&id) else {
            return false;
        };
        if let Some((vehicle, _)) = &alarm.vehicle
            && let Some(of_vehicle) = self.of_vehicle.get_mut(vehicle)
        {
            of_vehicle.remove(&id);
            if of_vehicle.is_empty() {
                self.of_vehicle.remove(vehicle);
            }
        }
        told.is_some()
    }
}
