//! Where changes of the fleet wait for the watch.
//!
//! Whoever puts them in never waits: of each vehicle and source only the newest is kept, so what
//! waits is never more than the fleet, however long the watch takes.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::domain::{SourceId, Vehicle, VehicleId};
use crate::fleet::{Changes, SourceStatus};

/// What waits. Clones are the same inbox.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    is_there_any: Notify,
}

/// The newest of all that came.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) vehicles: HashMap<VehicleId, Arc<Vehicle>>,
    pub(super) removed: HashSet<VehicleId>,
    pub(super) sources: HashMap<SourceId, Arc<SourceStatus>>,
}

impl Inbox {
    /// Takes what changed.
    pub fn put(&self, changes: &Changes) {
        if changes.is_empty_to_viewers() {
            return;
        }
        // Nothing panics while it is held.
        let waiting = self.shared.waiting.lock();
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        for id in &changes.removed {
            waiting.vehicles.remove(id);
            waiting.removed.insert(id.clone());
        }
        for vehicle in &changes.vehicles {
            waiting
                .vehicles
                .insert(vehicle.id.clone(), Arc::clone(vehicle));
        }
        for status in &changes.sources {
            waiting
                .sources
                .insert(status.id.clone(), Arc::clone(status));
        }
        drop(waiting);
        self.shared.is_there_any.notify_one();
    }

    /// Waits until there is something.
    pub(super) async fn wait(&self) {
        self.shared.is_there_any.notified().await;
    }

    /// Takes all of it.
    pub(super) fn take(&self) -> Waiting {
        let waiting = self.shared.waiting.lock();
        std::mem::take(&mut *waiting.unwrap_or_else(PoisonError::into_inner))
    }
}
