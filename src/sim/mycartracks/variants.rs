//! Events in every form that the contract tolerates, and events that nobody can understand.
//!
//! The real events have never been seen, so a reader must take all the forms that are likely.
//! Each frame's form is drawn by its number: the same sequence in every run, and after some
//! hundred frames every form has been met together with most others.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::ws::Message;
use serde_json::{Value, json};

use super::event::{self, Delivery};
use crate::sim::forms::{Draw, Members};
use crate::sim::garbage::bad_rows;
use crate::sim::state::Sim;
use crate::sim::world::Told;
use crate::sim::world::device::{Card, News, Report};

/// The names under which a position's time is accepted.
const TIMES: [&str; 7] = [
    "time",
    "timestamp",
    "positionTime",
    "gpsTime",
    "recordedAt",
    "lastUpdate",
    "updatedAt",
];
/// The names that tell an event's kind.
const KINDS: [&str; 4] = ["type", "event", "eventType", "kind"];

/// The frame for a piece of news, in the form that is `turn`'s.
pub(super) fn frame(sim: &Sim, told: &Told, turn: u64) -> Message {
    let mut draw = Draw::new(turn);
    let event = match &told.news {
        News::Report(report, previous) => {
            let write = |report: &Report, draw: &mut Draw| position(sim, &told.card, report, draw);
            let newest = write(report, &mut draw);
            let before = previous
                .as_deref()
                .map(|previous| write(previous, &mut draw));
            position_event(newest, before, &mut draw)
        }
        News::Offline(seen_ms) => offline_event(sim, &told.card, *seen_ms, &mut draw),
    };
    let beside = json!({ "type": "heartbeat", "time": sim.at(sim.elapsed_ms()).to_string() });
    let text = match draw.one_of(&[0, 0, 0, 0, 1, 2]) {
        1 => json!([event]).to_string(),
        2 => json!([beside, event]).to_string(),
        _ => event.to_string(),
    };
    if draw.one_in(5) {
        Message::binary(Bytes::from(text))
    } else {
        Message::text(text)
    }
}

/// Puts the device's key under one of its names.
fn identify(card: &Card, members: &mut Members, draw: &mut Draw) {
    let id = if draw.one_in(2) {
        json!(card.id)
    } else {
        json!(event::number(card))
    };
    match draw.one_of(&["vehicleId", "vehicle_id", "carId", "vehicle", "car", "id"]) {
        nested @ ("vehicle" | "car") => {
            members.insert(nested.to_owned(), json!({ "id": id }));
        }
        flat => {
            members.insert(flat.to_owned(), id);
            // The event may have an id of its own, which is not the vehicle's.
            if flat != "id" && draw.one_in(4) {
                members.insert("id".to_owned(), json!("evt-0042"));
            }
        }
    }
}

/// A position's members.
pub(super) fn position(sim: &Sim, card: &Card, report: &Report, draw: &mut Draw) -> Members {
    let mut members = Members::new();
    identify(card, &mut members, draw);
    place(report, &mut members, draw);
    let kmh = json!(event::kmh(report.speed_mps));
    draw.put(&mut members, &["speed", "speedKmh"], kmh);
    let heading = json!(event::tenth(report.heading_deg));
    let names = ["bearing", "heading", "course", "direction"];
    draw.put(&mut members, &names, heading);
    let altitude = json!(card.profile.city.altitude_m);
    draw.put(&mut members, &["altitude", "alt"], altitude);
    let accuracy = json!(event::tenth(report.accuracy_m));
    draw.put(&mut members, &["accuracy", "horizontalAccuracy"], accuracy);
    let time = draw.time(sim.device_at(card, report.fixed_ms));
    draw.put(&mut members, &TIMES, time);
    draw.put(&mut members, &["battery", "batteryLevel"], json!(80));
    extras(card, &mut members, draw);
    members
}

fn place(report: &Report, members: &mut Members, draw: &mut Draw) {
    let (latitude, longitude) = match draw.one_of(&[0, 1, 2, 3]) {
        0 => ("latitude", "longitude"),
        1 => ("lat", "lng"),
        2 => ("lat", "lon"),
        _ => {
            let coordinates = json!([report.lng_deg, report.lat_deg]);
            members.insert("coordinates".to_owned(), coordinates);
            return;
        }
    };
    members.insert(latitude.to_owned(), json!(report.lat_deg));
    members.insert(longitude.to_owned(), json!(report.lng_deg));
}

/// Names, the driver and the plate, where they happen to be sent.
fn extras(card: &Card, members: &mut Members, draw: &mut Draw) {
    if draw.one_in(3) {
        let names = ["vehicleName", "carName", "name"];
        draw.put(members, &names, json!(card.name));
    } else if let Some(Value::Object(vehicle)) = members.get_mut("vehicle") {
        vehicle.insert("name".to_owned(), json!(card.name));
    }
    if draw.one_in(3) {
        let (first, last) = card.profile.driver;
        let driver = format!("{first} {last}");
        match draw.one_of(&["driverName", "userName", "driver"]) {
            "driver" => members.insert("driver".to_owned(), json!({ "name": driver })),
            name => members.insert(name.to_owned(), json!(driver)),
        };
    }
    if let Some(plate) = card.plate.as_ref().filter(|_| draw.one_in(3)) {
        let names = ["registration", "licensePlate", "plateNumber", "plate"];
        draw.put(members, &names, json!(plate));
    }
}

/// A position as an event: flat or nested, alone or after the one before it.
fn position_event(newest: Members, before: Option<Members>, draw: &mut Draw) -> Value {
    let word = draw.one_of(&[
        "position",
        "POSITION",
        "Position",
        "VEHICLE_POSITION",
        "vehicle-position",
        "position.updated",
        "vehicle.position.updated",
        "position_update",
    ]);
    match draw.one_of(&[
        "flat", "bare", "data", "payload", "position", "outside", "array",
    ]) {
        "flat" => named(word, newest, draw),
        // Coordinates without a word are a position.
        "bare" => Value::Object(newest),
        "outside" => id_outside(word, newest, draw),
        "array" => {
            let rows: Vec<_> = before.into_iter().chain([newest]).collect();
            let nest = draw.one_of(&["data", "payload", "position"]).to_owned();
            named(word, Members::from_iter([(nest, json!(rows))]), draw)
        }
        nest => named(
            word,
            Members::from_iter([(nest.to_owned(), json!(newest))]),
            draw,
        ),
    }
}

/// The vehicle's key beside the nested position rather than in it.
fn id_outside(word: &str, mut position: Members, draw: &mut Draw) -> Value {
    let mut outer = Members::new();
    for name in ["vehicleId", "vehicle_id", "carId", "vehicle", "car", "id"] {
        if let Some(id) = position.remove(name) {
            outer.insert(name.to_owned(), id);
        }
    }
    outer.insert("position".to_owned(), Value::Object(position));
    named(word, outer, draw)
}

fn offline_event(sim: &Sim, card: &Card, seen_ms: i64, draw: &mut Draw) -> Value {
    let mut members = Members::new();
    identify(card, &mut members, draw);
    let time = draw.time(sim.device_at(card, seen_ms));
    let names = ["lastSeen", "offlineSince", "time", "timestamp"];
    draw.put(&mut members, &names, time);
    let word = draw.one_of(&["offline", "OFFLINE", "VEHICLE_OFFLINE", "vehicle.offline"]);
    if draw.one_in(3) {
        let nest = draw.one_of(&["data", "payload"]).to_owned();
        members = Members::from_iter([(nest, Value::Object(members))]);
    }
    named(word, members, draw)
}

fn named(word: &str, mut members: Members, draw: &mut Draw) -> Value {
    draw.put(&mut members, &KINDS, json!(word));
    Value::Object(members)
}

/// A frame that means nothing, or nothing good, in a kind that is `turn`'s. What names a vehicle
/// names that of `told`.
pub(super) fn garbage(sim: &Sim, told: &Told, turn: u64) -> Delivery {
    let id = event::number(&told.card);
    let mut frames = vec![
        Message::text("not json {"),
        Message::binary(vec![0xff, 0xfe, 0x00]),
        Message::text("\"\""),
        Message::text(json!({ "type": "position" }).to_string()),
        Message::text(json!({ "type": "position", "vehicleId": id }).to_string()),
        Message::text(json!({ "type": "geofenceEntered", "vehicleId": id }).to_string()),
        Message::text(json!([null, 42, {}, []]).to_string()),
    ];
    let good = event::plain(sim, told);
    let bad = bad_rows(Some(&good)).into_iter();
    frames.extend(bad.map(|event| Message::text(event.to_string())));
    let place = usize::try_from(turn).unwrap_or(0) % frames.len();
    Delivery {
        card: Some(Arc::clone(&told.card)),
        frame: frames.swap_remove(place),
    }
}
