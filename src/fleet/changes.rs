//! What the next layers get: what differs since the last step.

use std::sync::Arc;

use jiff::Timestamp;

use super::fix::Fix;
use super::memory::Remembered;
use crate::domain::alarm::AlarmChanges;
use crate::domain::{DeviceKey, Health, Mode, Reading, SourceId, Vehicle, VehicleId};

/// What differs since the step before. Whole objects: applying one twice does no harm.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Vehicles that are new or differ.
    pub vehicles: Vec<Arc<Vehicle>>,
    /// Vehicles that are no more; a change of identity is this and a new vehicle in one step.
    pub removed: Vec<VehicleId>,
    /// Sources that differ.
    pub sources: Vec<Arc<SourceStatus>>,
    /// Every new fix, the late ones too: for the trails, not for the map.
    pub fixes: Vec<(DeviceKey, Fix)>,
    /// What a store should keep of each device that differs; now and then, not with every step.
    pub remembered: Vec<Remembered>,
    /// Devices that are forgotten, for a store to forget as well.
    pub forgotten: Vec<DeviceKey>,
    /// What the vendors' own histories told of times that were missed: for the trails alone, and
    /// untouched. The fleet believes none of it.
    pub recalled: Vec<(DeviceKey, Reading)>,
    /// What became of open alarms. The fleet knows of none: whoever tells viewers puts them in.
    pub alarms: AlarmChanges,
}

impl Changes {
    /// Whether a viewer would see no difference.
    pub fn is_empty_to_viewers(&self) -> bool {
        self.vehicles.is_empty()
            && self.removed.is_empty()
            && self.sources.is_empty()
            && self.alarms.is_empty()
    }
}

/// A source as a viewer sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceStatus {
    /// Which.
    pub id: SourceId,
    /// Its vendor: `cartrack`.
    pub kind: &'static str,
    /// How it is.
    pub health: Health,
    /// Since when it is so.
    pub since: Timestamp,
    /// How positions come.
    pub mode: Mode,
    /// Its last success.
    pub last_success_at: Option<Timestamp>,
    /// The words of its last failure, and when that was.
    pub last_error: Option<(String, Timestamp)>,
    /// When the limit that holds it back ends.
    pub until: Option<Timestamp>,
    /// It serves test data.
    pub sandbox: bool,
    /// How many vehicles have a device of it.
    pub vehicles: usize,
}
