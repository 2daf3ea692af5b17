//! EZToTrack's rows, and the forms of a location that are tolerated.

use serde_json::{Value, json};

use crate::sim::forms::{Draw, Members};
use crate::sim::state::Sim;
use crate::sim::world::Row;
use crate::sim::world::device::Report;

const KMH_PER_MPH: f64 = 1.609_344;

/// A row of `/fleet/vehicles`.
pub(super) fn vehicle(row: &Row) -> Value {
    let (card, profile) = (&row.card, &row.card.profile);
    let (first, last) = profile.driver;
    let status = match row.report.as_deref() {
        None => "offline",
        Some(report) if !report.ignition => "parked",
        Some(report) if report.speed_mps <= 0.0 => "idling",
        Some(_) => "driving",
    };
    json!({
        "id": card.id,
        "name": card.name,
        "vin": format!("1SIM00000000{:05}", card.number),
        "make": profile.kind.make,
        "model": profile.kind.model,
        "year": 2014 + card.number % 11,
        "licensePlate": card.plate,
        "status": status,
        "driver": { "id": format!("drv_{:04}", card.number), "name": format!("{first} {last}") },
        "tags": [profile.city.name],
    })
}

/// A row of `/fleet/vehicles/locations`.
pub(super) fn location(sim: &Sim, row: &Row) -> Value {
    let Some(report) = row.report.as_deref() else {
        return json!({ "id": row.card.id, "name": row.card.name, "location": null });
    };
    json!({
        "id": row.card.id,
        "name": row.card.name,
        "engineState": engine_state(report),
        "location": {
            "latitude": report.lat_deg,
            "longitude": report.lng_deg,
            "heading": report.heading_deg.round() % 360.0,
            "speed": mph(report),
            "time": sim.device_at(&row.card, report.fixed_ms).to_string(),
            "address": row.card.profile.city.address(report.place),
        },
    })
}

/// The same in another of its forms.
pub(super) fn location_variant(sim: &Sim, row: &Row, draw: &mut Draw) -> Value {
    let mut outer = Members::new();
    let id = json!(row.card.id);
    match draw.one_of(&["id", "vehicleId", "vehicle"]) {
        "vehicle" => outer.insert("vehicle".to_owned(), json!({ "id": id })),
        name => outer.insert(name.to_owned(), id),
    };
    outer.insert("name".to_owned(), json!(row.card.name));
    let nest = draw.one_of(&[
        "location",
        "lastLocation",
        "lastKnownLocation",
        "gps",
        "position",
        "",
    ]);
    let Some(report) = row.report.as_deref() else {
        if !nest.is_empty() {
            outer.insert(nest.to_owned(), Value::Null);
        }
        return Value::Object(outer);
    };
    let place = place(sim, row, report, draw);
    match draw.one_of(&["ignition", "engineOn", "engineState"]) {
        "engineState" => outer.insert("engineState".to_owned(), json!(engine_state(report))),
        name => outer.insert(name.to_owned(), json!(report.ignition)),
    };
    if nest.is_empty() {
        outer.extend(place);
    } else {
        outer.insert(nest.to_owned(), Value::Object(place));
    }
    Value::Object(outer)
}

fn place(sim: &Sim, row: &Row, report: &Report, draw: &mut Draw) -> Members {
    let mut place = Members::new();
    draw.put(&mut place, &["latitude", "lat"], json!(report.lat_deg));
    let lng = json!(report.lng_deg);
    draw.put(&mut place, &["longitude", "lng", "lon"], lng);
    let heading = json!(report.heading_deg.round() % 360.0);
    let names = ["heading", "headingDegrees", "bearing", "course"];
    draw.put(&mut place, &names, heading);
    if draw.one_in(2) {
        draw.put(&mut place, &["speed", "speedMph"], json!(mph(report)));
    } else {
        let kmh = (report.speed_mps * 36.0).round() / 10.0;
        draw.put(&mut place, &["speedKph", "speedKmh"], json!(kmh));
    }
    let time = draw.time(sim.device_at(&row.card, report.fixed_ms));
    let names = [
        "time",
        "timestamp",
        "utcTimestamp",
        "recordedAt",
        "happenedAtTime",
    ];
    draw.put(&mut place, &names, time);
    let address = row.card.profile.city.address(report.place);
    match draw.one_of(&["address", "formattedAddress", "reverseGeo"]) {
        "reverseGeo" => {
            let nested = json!({ "formattedLocation": address });
            place.insert("reverseGeo".to_owned(), nested)
        }
        name => place.insert(name.to_owned(), json!(address)),
    };
    place
}

/// Miles an hour with one decimal.
fn mph(report: &Report) -> f64 {
    (report.speed_mps * 3.6 / KMH_PER_MPH * 10.0).round() / 10.0
}

fn engine_state(report: &Report) -> &'static str {
    match (report.ignition, 0.0 < report.speed_mps) {
        (false, _) => "Off",
        (true, false) => "Idle",
        (true, true) => "On",
    }
}
