//! The truth of the world as JSON, so that a test can hold a server's view against it.
//!
//! Units are ours (degrees, metres per second), never a vendor's.

use std::sync::Arc;

use serde_json::{Value, json};

use super::state::Sim;
use super::world::device::{Card, Device, Link, Report};
use super::world::past::{Kept, Past};
use super::world::vehicle::{Activity, Vehicle};
use super::{Vendor, lock};

/// Everything.
pub(super) fn world(sim: &Sim) -> Value {
    // Cloned, so that the world is not held up while this is written.
    let (now_ms, vehicles) = {
        let world = lock(&sim.world);
        (world.elapsed_ms(), world.vehicles().to_vec())
    };
    let vehicles: Vec<_> = vehicles.iter().map(|v| vehicle(sim, v, now_ms)).collect();
    json!({ "at": sim.at(now_ms).to_string(), "elapsed_ms": now_ms, "vehicles": vehicles })
}

fn vehicle(sim: &Sim, vehicle: &Vehicle, now_ms: i64) -> Value {
    let moment = vehicle.moment(now_ms);
    let activity = match vehicle.activity {
        Activity::Driving => "driving",
        Activity::Idling { .. } => "idling",
        Activity::Parked { .. } => "parked",
    };
    let devices: Vec<_> = vehicle.devices.iter().map(|d| device(sim, d)).collect();
    json!({
        "id": id(vehicle),
        "kind": vehicle.profile.kind.word,
        "city": vehicle.profile.city.name,
        "activity": activity,
        "lat_deg": moment.lat_lng_deg.0,
        "lng_deg": moment.lat_lng_deg.1,
        "heading_deg": moment.heading_deg,
        "speed_mps": moment.speed_mps,
        "ignition": moment.ignition,
        "odometer_m": moment.odometer_m,
        "devices": devices,
    })
}

fn device(sim: &Sim, device: &Device) -> Value {
    let link = match device.link {
        Link::Good => "good",
        Link::NoGps { .. } => "no-gps",
        Link::Offline { .. } => "offline",
        Link::Never => "never",
    };
    let card = &device.card;
    let last = device.last.as_deref().map(|last| report(sim, card, last));
    json!({
        "vendor": card.vendor.as_str(),
        "id": card.id,
        "name": shown_name(card),
        "registration": card.plate,
        "link": link,
        "last": last,
    })
}

/// A report in our units.
pub(super) fn report(sim: &Sim, card: &Card, report: &Report) -> Value {
    json!({
        "fixed_at": sim.device_at(card, report.fixed_ms).to_string(),
        "contact_at": sim.device_at(card, report.contact_ms).to_string(),
        "lat_deg": report.lat_deg,
        "lng_deg": report.lng_deg,
        "heading_deg": report.heading_deg,
        "speed_mps": report.speed_mps,
        "ignition": report.ignition,
        "odometer_m": report.odometer_m,
    })
}

/// All that is kept of a vendor's devices, each by its key, oldest first.
pub(super) fn past(sim: &Sim, vendor: Vendor) -> Value {
    // Copied, so that the world is not held up while this is written.
    let pasts: Vec<(_, Vec<_>)> = {
        let world = lock(&sim.world);
        let pasts = world.pasts(vendor);
        let copied = |past: &Past| past.between(i64::MIN, i64::MAX).copied().collect();
        pasts
            .map(|(card, past)| (Arc::clone(card), copied(past)))
            .collect()
    };
    let write = |(card, kept): &(Arc<Card>, Vec<Kept>)| {
        let points = kept.iter().map(|kept| {
            json!({
                "fixed_at": sim.device_at(card, kept.fixed_ms).to_string(),
                "lat_deg": kept.lat_deg(),
                "lng_deg": kept.lng_deg(),
                "speed_mps": kept.speed_mps(),
            })
        });
        (card.id.clone(), points.collect())
    };
    Value::Object(pasts.iter().map(write).collect())
}

/// The name that the vendor's words add up to.
fn shown_name(card: &Card) -> Option<&str> {
    let named = card.name.as_deref().or(card.description.as_deref());
    named.or(card.plate.as_deref())
}

/// The id by which a server that knows all devices should know the vehicle, with sources named as
/// the environment alone names them.
fn id(vehicle: &Vehicle) -> String {
    let plates = vehicle
        .devices
        .iter()
        .filter_map(|device| device.card.plate.as_deref());
    let usable = plates.map(normalised).find(|plate| is_usable(plate));
    match (usable, vehicle.devices.first()) {
        (Some(plate), _) => format!("reg:{plate}"),
        (None, Some(first)) => format!("{}/{}", first.card.vendor.as_str(), first.card.id),
        (None, None) => String::new(),
    }
}

/// Upper case, without spaces and hyphens.
pub(super) fn normalised(plate: &str) -> String {
    let letters = plate
        .chars()
        .filter(|letter| *letter != ' ' && *letter != '-');
    letters.flat_map(char::to_uppercase).collect()
}

/// Whether a normalised plate is good enough to tell vehicles apart by.
pub(super) fn is_usable(plate: &str) -> bool {
    4 <= plate.chars().count() && plate.chars().any(|letter| letter.is_ascii_digit())
}
