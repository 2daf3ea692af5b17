//! What a vehicle was called while it was called so: its card.
//!
//! Names change, and the past is searched by the names of its time. A record says only the number
//! of the card; a vehicle that gets another name, plate, group or tracker gets another card.

use std::sync::Arc;

use crate::domain::{DeviceKey, Vehicle, VehicleId};

/// Stands between the items of a list in a file; no name of a vendor holds it.
const BETWEEN: char = '\u{1f}';

/// Who a vehicle was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Card {
    pub(super) id: VehicleId,
    pub(super) name: Arc<str>,
    pub(super) registration: Option<Arc<str>>,
    pub(super) groups: Vec<Arc<str>>,
    pub(super) devices: Vec<DeviceKey>,
}

impl Card {
    /// The card of `vehicle` as it is.
    pub(super) fn of(vehicle: &Vehicle) -> Self {
        let devices = vehicle.devices.iter();
        Self {
            id: vehicle.id.clone(),
            name: Arc::clone(&vehicle.name),
            registration: vehicle.registration.clone(),
            groups: vehicle.groups.clone(),
            devices: devices.map(|view| view.device.clone()).collect(),
        }
    }

    /// Whether it is the card of `vehicle` still; asked for each change of each vehicle.
    pub(super) fn fits(&self, vehicle: &Vehicle) -> bool {
        self.name == vehicle.name
            && self.registration == vehicle.registration
            && self.groups == vehicle.groups
            && self.devices.len() == vehicle.devices.len()
            && self
                .devices
                .iter()
                .eq(vehicle.devices.iter().map(|view| &view.device))
    }

    /// The groups as one text.
    pub(super) fn groups_text(&self) -> String {
        join(self.groups.iter().map(ToString::to_string))
    }

    /// The devices as one text.
    pub(super) fn devices_text(&self) -> String {
        let parts = |key: &DeviceKey| [key.source.to_string(), key.device.to_string()];
        join(self.devices.iter().flat_map(parts))
    }
}

fn join(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(&BETWEEN.to_string())
}

/// The items of a text that [`Card::groups_text`] or [`Card::devices_text`] made.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(BETWEEN).filter(|item| !item.is_empty())
}

/// The groups of a text.
pub(super) fn groups(text: &str) -> Vec<Arc<str>> {
    split(text).map(Arc::from).collect()
}

/// The devices of a text.
pub(super) fn devices(text: &str) -> Vec<DeviceKey> {
    let items: Vec<_> = split(text).collect();
    let key = |pair: &[&str]| match pair {
        [source, device] => Some(DeviceKey::new(
            crate::domain::SourceId::new(*source),
            *device,
        )),
        _ => None,
    };
    items.chunks(2).filter_map(key).collect()
}
