//! What is left of a vehicle, a source, a device's label for those who may not see all: pure.
//!
//! Cut out is every place that says a hidden fact. A number plate is not only in `registration`:
//! vendors put it into names and into devices' labels, and ids are made of it. So each text of a
//! vehicle is compared with its plate, by letters and digits alone, and what says it is replaced.
//! Replaced ids stay the same as long as the server runs, and tell nothing: nobody can try plates
//! without the secret.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::domain::alarm::{Alarm, AlarmKind};
use crate::domain::sight::Facts;
use crate::domain::{DeviceKey, Groups, Sight, Vehicle, VehicleId};
use crate::fleet::SourceStatus;

/// What ids that say a plate are replaced with the help of; made anew by each run.
pub type Secret = [u8; 32];

/// What an id begins with that is the plate itself.
const PLATE_ID: &str = "reg:";
/// A shorter plate is in many a text by chance: only the whole text says it.
const MIN_CHARS: usize = 4;
/// Enough that no two vehicles of a fleet get the same.
const OPAQUE_BYTES: usize = 12;
/// Of a replaced name.
const NAME_CHARS: usize = 6;
/// In the place of a reason that says a plate.
const HIDDEN_REASON: &str = "the reason is not shown here";
/// In the place of the name of a rule or a place that says a plate.
const HIDDEN_NAME: &str = "the name is not shown here";
/// In the place of the words of a vendor, which may say anything of any vehicle.
const HIDDEN_ERROR: &str = "the words of this error are not shown here";

/// What one sight leaves.
#[derive(Debug)]
pub struct Mask {
    sight: Arc<Sight>,
    secret: Secret,
}

impl Mask {
    /// The mask of `sight`.
    pub fn new(sight: Arc<Sight>, secret: Secret) -> Self {
        Self { sight, secret }
    }

    /// Whose mask it is.
    pub fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Whether any fact is cut out.
    fn hides_facts(&self) -> bool {
        self.sight.facts != Facts::ALL
    }

    /// What is shown of a vehicle; `None` where it may not be seen.
    pub fn shown(&self, vehicle: &Arc<Vehicle>) -> Option<Arc<Vehicle>> {
        if !self.sight.sees(&vehicle.groups) {
            return None;
        }
        if !self.hides_facts() && vehicle.groups.iter().all(|group| self.names(group)) {
            return Some(Arc::clone(vehicle));
        }
        let mut shown = Vehicle::clone(vehicle);
        // Whom else it belongs to is theirs to know.
        shown.groups.retain(|group| self.names(group));
        let facts = self.sight.facts;
        if !facts.driver {
            shown.driver = None;
        }
        if !facts.address {
            shown.address = None;
        }
        if !facts.speed {
            cut_speed(&mut shown);
        }
        if !facts.registration {
            self.cut_plate(&Plates::of(vehicle), &mut shown);
        }
        Some(Arc::new(shown))
    }

    /// What is shown of the label of a device of `vehicle`.
    pub fn device(&self, vehicle: &Vehicle, key: &DeviceKey) -> DeviceKey {
        if self.sight.facts.registration {
            return key.clone();
        }
        self.label(&Plates::of(vehicle), key)
    }

    /// What is shown of a source, of which `n_vehicles` may be seen.
    pub fn source(&self, status: &SourceStatus, n_vehicles: usize) -> SourceStatus {
        let error = status.last_error.as_ref();
        SourceStatus {
            last_error: error.map(|(_, at)| (HIDDEN_ERROR.to_owned(), *at)),
            vehicles: n_vehicles,
            ..status.clone()
        }
    }

    /// What is shown of an alarm about `vehicle`; `None` where it may not be seen.
    pub fn alarm(&self, vehicle: &Arc<Vehicle>, alarm: &Arc<Alarm>) -> Option<Arc<Alarm>> {
        let shown_vehicle = self.shown(vehicle)?;
        let facts = self.sight.facts;
        if !facts.speed && alarm.kind == AlarmKind::Speeding {
            return None;
        }
        let groups: Vec<Arc<str>> = alarm.place_groups.iter().cloned().collect();
        let is_place_seen = groups.is_empty() || self.sight.sees(&groups);
        if !self.hides_facts() && is_place_seen {
            return Some(Arc::clone(alarm));
        }
        let mut shown = Alarm::clone(alarm);
        if !is_place_seen {
            shown.place = None;
            shown.place_groups.clear();
        }
        if !facts.speed {
            shown.speed = None;
        }
        if !facts.registration {
            shown.vehicle = Some((shown_vehicle.id.clone(), Arc::clone(&shown_vehicle.name)));
            let plates = Plates::of(vehicle);
            let pairs = std::iter::once(&mut shown.rule).chain(&mut shown.place);
            for (id, name) in pairs {
                self.cut_pair(&plates, id, name);
            }
        }
        Some(Arc::new(shown))
    }

    /// Rules and places may be called after a vehicle.
    fn cut_pair(&self, plates: &Plates, id: &mut Arc<str>, name: &mut Arc<str>) {
        if plates.are_said_by(id) {
            *id = self.opaque(id).into();
        }
        if plates.are_said_by(name) {
            *name = HIDDEN_NAME.into();
        }
    }

    /// Whether a group may be named.
    fn names(&self, group: &Arc<str>) -> bool {
        match &self.sight.groups {
            Groups::All => true,
            Groups::Only(seen) => seen.contains(group),
        }
    }

    fn cut_plate(&self, plates: &Plates, shown: &mut Vehicle) {
        shown.registration = None;
        let id = shown.id.as_str();
        let opaque = self.opaque(id);
        if plates.are_said_by(&shown.name) {
            let short: String = opaque.chars().take(NAME_CHARS).collect();
            shown.name = format!("Vehicle {short}").into();
        }
        if id.starts_with(PLATE_ID) || plates.are_said_by(id) {
            shown.id = VehicleId::new(format!("v:{opaque}"));
        }
        shown.groups.retain(|group| !plates.are_said_by(group));
        let is_harmless = |text: &Arc<str>| !plates.are_said_by(text);
        shown.driver = shown.driver.take().filter(|fact| is_harmless(&fact.value));
        shown.address = shown.address.take().filter(|fact| is_harmless(&fact.value));
        if let Some(position) = &mut shown.position {
            position.device = self.label(plates, &position.device);
        }
        for view in &mut shown.devices {
            view.device = self.label(plates, &view.device);
            if plates.are_said_by(&view.reason) {
                view.reason = Cow::Borrowed(HIDDEN_REASON);
            }
        }
    }

    fn label(&self, plates: &Plates, key: &DeviceKey) -> DeviceKey {
        if !plates.are_said_by(&key.device) {
            return key.clone();
        }
        let opaque = self.opaque(&key.to_string());
        DeviceKey::new(key.source.clone(), format!("d:{opaque}"))
    }

    /// What stands for `text`: always the same, and of no use to who would guess it.
    fn opaque(&self, text: &str) -> String {
        let digest = Sha256::new()
            .chain_update(self.secret)
            .chain_update(text)
            .finalize();
        URL_SAFE_NO_PAD.encode(&digest[..OPAQUE_BYTES])
    }
}

fn cut_speed(shown: &mut Vehicle) {
    if let Some(position) = &mut shown.position {
        position.speed_mps = None;
    }
    for view in &mut shown.devices {
        view.speed_mps = None;
    }
}

/// The plates of a vehicle: the one it carries, and the one that its id is made of.
struct Plates(Vec<Plate>);

struct Plate {
    as_written: Arc<str>,
    bare: String,
}

impl Plates {
    fn of(vehicle: &Vehicle) -> Self {
        let in_id = vehicle.id.as_str().strip_prefix(PLATE_ID).map(Arc::from);
        let all = vehicle.registration.iter().cloned().chain(in_id);
        let plate = |as_written: Arc<str>| Plate {
            bare: bare(&as_written),
            as_written,
        };
        Self(all.map(plate).collect())
    }

    fn are_said_by(&self, text: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let bare_text = bare(text);
        self.0.iter().any(|plate| {
            let is_short = plate.bare.chars().count() < MIN_CHARS;
            *text == *plate.as_written
                || (is_short && !plate.bare.is_empty() && bare_text == plate.bare)
                || (!is_short && bare_text.contains(&plate.bare))
        })
    }
}

/// Letters and digits alone, in upper case.
fn bare(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests;
