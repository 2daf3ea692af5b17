//! `[[vehicle]]`: the operator's own word on which device is which vehicle.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::document::{ConfigError, Section};
use crate::domain::roster::RosterVehicle;
use crate::domain::{DeviceKey, SourceId, VehicleId};

/// Reads all `[[vehicle]]` tables. Devices must be of one of the `sources`, and stand in one
/// vehicle only.
pub fn vehicles(
    sections: Vec<Section<'_>>,
    sources: &[SourceId],
) -> Result<Vec<RosterVehicle>, ConfigError> {
    let mut seen = Seen::default();
    sections
        .into_iter()
        .map(|section| vehicle(section, sources, &mut seen))
        .collect()
}

#[derive(Default)]
struct Seen {
    devices: BTreeSet<DeviceKey>,
    ids: BTreeSet<VehicleId>,
}

fn vehicle(
    mut section: Section<'_>,
    sources: &[SourceId],
    seen: &mut Seen,
) -> Result<RosterVehicle, ConfigError> {
    let mut devices = Vec::new();
    for (text, span) in section.strings("devices")? {
        let device = device(&text, sources).map_err(|problem| section.error_at(&span, problem))?;
        if !seen.devices.insert(device.clone()) {
            let problem = format!("device \"{text}\" stands in two vehicles; keep it in one");
            return Err(section.error_at(&span, problem));
        }
        devices.push(device);
    }
    let Some(first) = devices.first() else {
        return Err(section.error(
            "`devices` is missing; name at least one, such as devices = [\"cartrack-za/512345678\"]",
        ));
    };
    let named = section.string("id")?.map(|(id, _)| VehicleId::new(id));
    let id = named.unwrap_or_else(|| first.vehicle_id());
    if id.as_str().trim().is_empty() {
        return Err(section.error("`id` is empty; leave it out, or give the vehicle one"));
    }
    if !seen.ids.insert(id.clone()) {
        return Err(section.error(format!(
            "two vehicles have the id \"{id}\"; give one another"
        )));
    }
    let text = |found: Option<(String, _)>| found.map(|(text, _)| Arc::<str>::from(text));
    let vehicle = RosterVehicle {
        id,
        name: text(section.string("name")?),
        registration: text(section.string("registration")?),
        groups: section
            .strings("groups")?
            .into_iter()
            .map(|(group, _)| group.trim().into())
            .collect(),
        devices,
        ignore: section.bool("ignore")?.unwrap_or(false),
    };
    section.finish()?;
    Ok(vehicle)
}

fn device(text: &str, sources: &[SourceId]) -> Result<DeviceKey, String> {
    let Some((source, device)) = text
        .split_once('/')
        .filter(|(_, device)| !device.is_empty())
    else {
        return Err(format!("\"{text}\" is no device; write <source>/<device>"));
    };
    if !sources.iter().any(|known| known.as_str() == source) {
        let known: Vec<_> = sources.iter().map(SourceId::as_str).collect();
        return Err(format!(
            "device \"{text}\" is of source \"{source}\", which is not configured; known are: {}",
            known.join(", ")
        ));
    }
    Ok(DeviceKey::new(SourceId::new(source), device.trim()))
}
