//! Which devices are one vehicle.
//!
//! The roster says so outright; else devices of different sources that carry the same usable
//! registration are one; else each device is a vehicle of its own. This file keeps the index of
//! registrations and answers for one device at a time; moving a device is `mod.rs`'s work.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use crate::domain::roster::{Roster, RosterVehicle};
use crate::domain::{DeviceKey, VehicleId};

/// A registration with fewer characters is not taken for a plate.
const MIN_PLATE_CHARS: usize = 4;

/// The index of who carries which registration, under one roster.
#[derive(Debug)]
pub struct Identity {
    roster: Roster,
    by_device: HashMap<DeviceKey, (usize, usize)>,
    /// Nearly all plates have one carrier; those of the others are sorted.
    by_plate: HashMap<Arc<str>, Vec<DeviceKey>>,
    /// Plates that have got another carrier since somebody asked for the doubtful ones.
    joined: BTreeSet<Arc<str>>,
    warned: BTreeSet<Arc<str>>,
}

/// What the roster or the registrations say of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It belongs to this vehicle.
    Vehicle(VehicleId),
    /// The roster wants it out of sight.
    Ignored,
}

impl Identity {
    /// An empty index under `roster`.
    pub fn new(roster: Roster) -> Self {
        let mut by_device = HashMap::new();
        for (vehicle_at, vehicle) in roster.vehicles.iter().enumerate() {
            for (device_at, device) in vehicle.devices.iter().enumerate() {
                by_device.insert(device.clone(), (vehicle_at, device_at));
            }
        }
        Self {
            roster,
            by_device,
            by_plate: HashMap::new(),
            joined: BTreeSet::new(),
            warned: BTreeSet::new(),
        }
    }

    /// The roster's entry for `device`, and the device's place in it.
    pub fn roster_entry(&self, device: &DeviceKey) -> Option<(&RosterVehicle, usize)> {
        let (vehicle_at, device_at) = *self.by_device.get(device)?;
        Some((&self.roster.vehicles[vehicle_at], device_at))
    }

    /// Notes that `device` carries the registration `new` instead of `old`, and gives all other
    /// devices whose identity may change by it.
    pub fn recarry(
        &mut self,
        device: &DeviceKey,
        old: Option<&str>,
        new: Option<&str>,
    ) -> Vec<DeviceKey> {
        let (old, new) = (old.and_then(plate), new.and_then(plate));
        if old == new || self.by_device.contains_key(device) {
            return Vec::new();
        }
        let mut touched = BTreeSet::new();
        if let Some(plate) = old
            && let Some(carriers) = self.by_plate.get_mut(&plate)
        {
            carriers.retain(|carrier| carrier != device);
            touched.extend(carriers.iter().cloned());
            if carriers.is_empty() {
                self.by_plate.remove(&plate);
            }
        }
        if let Some(plate) = new {
            let carriers = self.by_plate.entry(Arc::clone(&plate)).or_default();
            touched.extend(carriers.iter().cloned());
            if let Err(place) = carriers.binary_search(device) {
                carriers.insert(place, device.clone());
            }
            if 1 < carriers.len() {
                self.joined.insert(plate);
            }
        }
        touched.into_iter().collect()
    }

    /// The vehicle that `device`, carrying `registration`, belongs to.
    pub fn answer(&self, device: &DeviceKey, registration: Option<&str>) -> Answer {
        if let Some((entry, _)) = self.roster_entry(device) {
            if entry.ignore {
                return Answer::Ignored;
            }
            return Answer::Vehicle(entry.id.clone());
        }
        if self.roster.merge_by_registration
            && let Some(plate) = registration.and_then(plate)
            && self
                .by_plate
                .get(&plate)
                .is_none_or(|it| is_unique_per_source(it))
        {
            return Answer::Vehicle(VehicleId::new(format!("reg:{plate}")));
        }
        Answer::Vehicle(device.vehicle_id())
    }

    /// Registrations that two devices of one source carry, each told once: none of their devices
    /// is merged by them, and somebody should know.
    pub fn new_doubtful_plates(&mut self) -> Vec<Arc<str>> {
        let is_doubtful = |plate: &Arc<str>| {
            let carriers = self.by_plate.get(plate);
            carriers.is_some_and(|carriers| !is_unique_per_source(carriers))
        };
        let doubtful: Vec<Arc<str>> = std::mem::take(&mut self.joined)
            .into_iter()
            .filter(|plate| is_doubtful(plate) && !self.warned.contains(plate))
            .collect();
        self.warned.extend(doubtful.iter().cloned());
        doubtful
    }
}

/// A registration in the form that is compared: upper case, without spaces and hyphens. `None`
/// where it cannot be a plate: fewer than four characters, or no digit.
pub fn plate(registration: &str) -> Option<Arc<str>> {
    let mut plate = String::with_capacity(registration.len());
    let said = registration
        .chars()
        .filter(|character| !character.is_whitespace() && !is_hyphen(*character));
    plate.extend(said.flat_map(char::to_uppercase));
    let is_usable = MIN_PLATE_CHARS <= plate.chars().count() && plate.chars().any(char::is_numeric);
    is_usable.then(|| plate.into())
}

/// ASCII's hyphen and the dashes that word processors put in its place.
fn is_hyphen(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Whether no source has two of these devices. They are sorted by source.
fn is_unique_per_source(carriers: &[DeviceKey]) -> bool {
    let mut pairs = carriers.array_windows();
    pairs.all(|[one, next]| one.source != next.source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SourceId;

    fn device(source: &str, device: &str) -> DeviceKey {
        DeviceKey::new(SourceId::new(source), device)
    }

    fn vehicle(id: &str) -> Answer {
        Answer::Vehicle(VehicleId::new(id))
    }

    #[test]
    fn plates_by_the_table() {
        let cases = [
            ("ABC 123 GP", Some("ABC123GP")),
            ("abc-123-gp", Some("ABC123GP")),
            ("  xy\u{2013}123ab ", Some("XY123AB")),
            ("A 12", None),
            ("TRUCK", None),
            ("", None),
            ("1234", Some("1234")),
        ];
        for (registration, expected) in cases {
            assert_eq!(plate(registration).as_deref(), expected, "{registration:?}");
        }
    }

    #[test]
    fn devices_of_different_sources_with_one_plate_are_one_vehicle() {
        let mut identity = Identity::new(Roster::default());
        let (one, other) = (device("a", "1"), device("b", "9"));
        identity.recarry(&one, None, Some("ABC 123"));
        assert_eq!(
            identity.recarry(&other, None, Some("abc-123")),
            std::slice::from_ref(&one)
        );
        assert_eq!(
            identity.answer(&one, Some("ABC 123")),
            vehicle("reg:ABC123")
        );
        assert_eq!(
            identity.answer(&other, Some("abc-123")),
            vehicle("reg:ABC123")
        );
    }

    #[test]
    fn a_plate_that_a_source_gives_twice_merges_nothing_and_is_told_once() {
        let mut identity = Identity::new(Roster::default());
        for key in [device("a", "1"), device("b", "9"), device("a", "2")] {
            identity.recarry(&key, None, Some("ABC123"));
        }
        let other = device("b", "9");
        assert_eq!(identity.answer(&other, Some("ABC123")), vehicle("b/9"));
        assert_eq!(identity.new_doubtful_plates(), ["ABC123".into()]);
        assert!(identity.new_doubtful_plates().is_empty());
        // The second device gets a plate of its own: the rest may merge again.
        let touched = identity.recarry(&device("a", "2"), Some("ABC123"), Some("XYZ999"));
        assert_eq!(touched, [device("a", "1"), other.clone()]);
        assert_eq!(
            identity.answer(&other, Some("ABC123")),
            vehicle("reg:ABC123")
        );
    }

    #[test]
    fn the_roster_outranks_registrations_and_can_ignore() {
        let entry = |id: &str, devices: Vec<DeviceKey>, ignore| RosterVehicle {
            id: VehicleId::new(id),
            name: None,
            registration: None,
            groups: Vec::new(),
            devices,
            ignore,
        };
        let identity = Identity::new(Roster {
            vehicles: vec![
                entry("t7", vec![device("a", "1"), device("b", "9")], false),
                entry("gone", vec![device("a", "2")], true),
            ],
            merge_by_registration: true,
        });
        assert_eq!(
            identity.answer(&device("b", "9"), Some("ABC123")),
            vehicle("t7")
        );
        assert_eq!(identity.answer(&device("a", "2"), None), Answer::Ignored);
        assert_eq!(identity.answer(&device("a", "3"), None), vehicle("a/3"));
    }

    #[test]
    fn merging_by_registration_can_be_switched_off() {
        let identity = Identity::new(Roster {
            vehicles: Vec::new(),
            merge_by_registration: false,
        });
        let answer = identity.answer(&device("a", "1"), Some("ABC123"));
        assert_eq!(answer, vehicle("a/1"));
    }
}
