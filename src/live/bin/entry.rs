//! What is told of a vehicle once rather than in every tick: its names, groups and devices.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::Vehicle;
use crate::live::frame;

/// An entry of the dictionary. Absent means unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<'a> {
    /// The vehicle's id.
    pub id: Cow<'a, str>,
    /// Its name for people.
    pub name: Cow<'a, str>,
    /// Its number plate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Cow<'a, str>>,
    /// Its groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Cow<'a, str>>,
    /// Who drives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Cow<'a, str>>,
    /// Its devices as `source/device`, highest rank first.
    pub devices: Vec<Cow<'a, str>>,
}

impl<'a> Entry<'a> {
    /// The entry of `vehicle`.
    pub fn of(vehicle: &'a Vehicle) -> Self {
        let borrowed = |text: &'a str| Cow::Borrowed(text);
        let devices = vehicle.devices.iter();
        Self {
            id: borrowed(vehicle.id.as_str()),
            name: borrowed(&vehicle.name),
            registration: vehicle.registration.as_deref().map(borrowed),
            groups: vehicle.groups.iter().map(|group| borrowed(group)).collect(),
            driver: vehicle.driver.as_ref().map(|fact| borrowed(&fact.value)),
            devices: devices.map(|view| view.device.to_string().into()).collect(),
        }
    }
}

/// The entry of `vehicle` as JSON.
pub fn entry(vehicle: &Vehicle) -> String {
    frame::encode(&Entry::of(vehicle))
}
