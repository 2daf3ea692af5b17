//! The roster: what the operator says of vehicles, outright. It outranks every vendor.

use std::sync::Arc;

use super::{DeviceKey, VehicleId};

/// One `[[vehicle]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterVehicle {
    /// The id it is given; else that of its first device.
    pub id: VehicleId,
    /// The name shown; the vendors' if absent.
    pub name: Option<Arc<str>>,
    /// The number plate; the vendors' if absent.
    pub registration: Option<Arc<str>>,
    /// Groups; the vendors' if empty.
    pub groups: Vec<Arc<str>>,
    /// Its devices, highest rank first.
    pub devices: Vec<DeviceKey>,
    /// The vehicle is not shown at all.
    pub ignore: bool,
}

/// All of them, in the order of the configuration. No device stands in two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The vehicles named.
    pub vehicles: Vec<RosterVehicle>,
    /// Merge devices of different sources that carry the same registration.
    pub merge_by_registration: bool,
}

impl Default for Roster {
    fn default() -> Self {
        Self {
            vehicles: Vec::new(),
            merge_by_registration: true,
        }
    }
}
