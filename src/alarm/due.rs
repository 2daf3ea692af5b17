//! Which vehicle is to be looked at again when, though nothing is heard of it: pure.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::domain::VehicleId;

/// One time a vehicle, the next.
#[derive(Debug, Default)]
pub(super) struct Due {
    by_time: BTreeSet<(Timestamp, VehicleId)>,
    by_vehicle: HashMap<VehicleId, Timestamp>,
}

impl Due {
    /// Puts this time in the place of the one before.
    pub(super) fn set(&mut self, id: &VehicleId, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.by_vehicle.insert(id.clone(), at),
            None => self.by_vehicle.remove(id),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.by_time.remove(&(before, id.clone()));
        }
        if let Some(at) = at {
            self.by_time.insert((at, id.clone()));
        }
    }

    /// The next time of all.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// A vehicle whose time has come, which has none any more.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<VehicleId> {
        if now < self.next()? {
            return None;
        }
        let (_, id) = self.by_time.pop_first()?;
        self.by_vehicle.remove(&id);
        Some(id)
    }
}
