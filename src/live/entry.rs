//! A vehicle, and what is made of it once for everyone who asks: its JSON, and the names it is
//! found by.

use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;

use super::frame;
use crate::domain::Vehicle;

/// A vehicle as every frame and answer shares it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub vehicle: Arc<Vehicle>,
    json: Arc<OnceLock<Arc<RawValue>>>,
    /// What names it, in lower case, a line each; shared with the entries before and after, as
    /// long as that is the same.
    names: Arc<str>,
    /// The vehicle's, where a search finds it at once.
    address: Option<Arc<str>>,
}

impl Entry {
    /// A vehicle that is new.
    pub fn new(vehicle: Arc<Vehicle>) -> Self {
        let names = names(&vehicle).into();
        Self::of(vehicle, names)
    }

    fn of(vehicle: Arc<Vehicle>, names: Arc<str>) -> Self {
        let address = vehicle.address.as_ref();
        Self {
            address: address.map(|fact| Arc::clone(&fact.value)),
            vehicle,
            json: Arc::default(),
            names,
        }
    }

    /// The same vehicle later, named as before.
    #[must_use]
    pub fn later(&self, vehicle: Arc<Vehicle>) -> Self {
        Self::of(vehicle, Arc::clone(&self.names))
    }

    /// The vehicle as JSON, encoded when first asked for.
    pub fn json(&self) -> &Arc<RawValue> {
        self.json
            .get_or_init(|| frame::fragment(&frame::vehicle(&self.vehicle)))
    }

    /// The name, in lower case.
    pub fn name_in_lower_case(&self) -> &str {
        self.names.lines().next().unwrap_or_default()
    }

    /// Whether name, registration, driver, address, a group, a device or the id contain `word`,
    /// which is in lower case and has no white space.
    pub fn mentions(&self, word: &str) -> bool {
        // The address differs with nearly every report, so it is not kept in lower case.
        let is_there = |address: &Arc<str>| contains_in_any_case(address, word);
        self.names.contains(word) || self.address.as_ref().is_some_and(is_there)
    }

    /// Whether people and the dictionary name it as `other`.
    pub fn is_named_as(&self, other: &Vehicle) -> bool {
        let (one, other) = (&*self.vehicle, other);
        let driver =
            |vehicle: &Vehicle| vehicle.driver.as_ref().map(|fact| Arc::clone(&fact.value));
        let has_same_devices = || {
            let pairs = one.devices.iter().zip(&other.devices);
            one.devices.len() == other.devices.len()
                && pairs
                    .into_iter()
                    .all(|(one, other)| one.device == other.device)
        };
        one.name == other.name
            && one.registration == other.registration
            && one.groups == other.groups
            && driver(one) == driver(other)
            && has_same_devices()
    }
}

/// Whether `text` in lower case contains `word`, which is in lower case.
fn contains_in_any_case(text: &str, word: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let begins = |rest: &[u8]| {
        let part = rest.get(..word.len());
        part.is_some_and(|part| part.eq_ignore_ascii_case(word))
    };
    let is_first = |at: &usize| text[*at].to_ascii_lowercase() == word[0];
    word.is_empty()
        || (0..text.len())
            .filter(is_first)
            .any(|at| begins(&text[at..]))
}

/// See [`Entry::names`].
fn names(vehicle: &Vehicle) -> String {
    let mut text = format!("{}\n{}", vehicle.name, vehicle.id);
    let mut add = |more: &str| {
        text.push('\n');
        text.push_str(more);
    };
    vehicle.registration.iter().for_each(|plate| add(plate));
    vehicle.driver.iter().for_each(|driver| add(&driver.value));
    vehicle.groups.iter().for_each(|group| add(group));
    vehicle
        .devices
        .iter()
        .for_each(|view| add(&view.device.device));
    text.to_lowercase()
}
