//! Cartrack's rows, with the oddities that its units are known for.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};

use crate::sim::Vendor;
use crate::sim::faults::Fault;
use crate::sim::forms::Draw;
use crate::sim::state::Sim;
use crate::sim::world::Row;
use crate::sim::world::device::Report;

/// Nobody is identified, in the form of an id.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Of so many devices one has its panic button pressed, while they are.
const PRESSED_EVERY: u32 = 7;

/// A row of `/vehicles/status`.
pub(super) fn status(sim: &Sim, row: &Row, in_km: bool) -> Value {
    let number = row.card.number;
    let id = row.card.id.parse::<u64>().unwrap_or(0);
    let report = row.report.as_deref();
    let ignition = report.is_some_and(|report| report.ignition);
    let idling = ignition && report.is_some_and(|report| report.speed_mps <= 0.0);
    let speed_kmh = whole(report.map_or(0.0, |report| report.speed_mps * 3.6));
    let is_pressed =
        number.is_multiple_of(PRESSED_EVERY) && sim.has(Vendor::Cartrack, Fault::Panic);
    let odometer_m = report.map_or(0.0, |report| report.odometer_m);
    let contact = report.map_or(0, |report| report.contact_ms);
    json!({
        "vehicle_id": id,
        "registration": row.card.plate,
        "engine_type": "Combustion",
        "chassis_number": format!("AAAAA00A0A{number:07}"),
        "event_ts": local_time(sim.device_at(&row.card, contact), number),
        "bearing": whole(report.map_or(0.0, |report| report.heading_deg)) % 360,
        // Some firmware writes its numbers and flags as strings.
        "speed": if number % 11 == 3 { json!(speed_kmh.to_string()) } else { json!(speed_kmh) },
        "ignition": if number % 13 == 4 { json!(ignition.to_string()) } else { json!(ignition) },
        "idling": idling,
        "odometer": if in_km { json!((odometer_m / 10.0).round() / 100.0) } else { json!(whole(odometer_m)) },
        "clock": whole(odometer_m / 9_000.0),
        "altitude": whole(row.card.profile.city.altitude_m),
        "rpm": if ignition { 700 + speed_kmh * 22 } else { 0 },
        "road_speed": if speed_kmh < 55 { 60 } else { 80 },
        "vext": if ignition { "13.800" } else { "12.450" },
        "temp1": null, "temp2": null, "temp3": null, "temp4": null,
        "last_identification_tag_id": null,
        "io_panic": if is_pressed { "HIGH" } else { "LOW" }, "io_disarm": "LOW", "input_state": 0,
        "central_locking_status": null,
        "tcu_percentage": 90 + number % 10,
        "driver": driver(row),
        "fuel": { "updated": null, "level": null, "precentage_left": null, "total_consumed": null },
        "electric": electric(number),
        "location": location(sim, row, report),
    })
}

/// A row of `/vehicles/status` in another of the forms that are tolerated.
pub(super) fn vary(mut row: Value, draw: &mut Draw) -> Value {
    let Some(members) = row.as_object_mut() else {
        return row;
    };
    if draw.one_in(2)
        && let Some(id) = members.get_mut("vehicle_id")
    {
        *id = json!(id.to_string());
    }
    if let Some(on) = members.get("ignition").and_then(Value::as_bool) {
        let forms = if on {
            [json!(true), json!(1), json!("on"), json!("true")]
        } else {
            [json!(false), json!(0), json!("off"), json!("false")]
        };
        let form = forms[draw.one_of(&[0, 1, 2, 3])].clone();
        members.insert("ignition".to_owned(), form);
    }
    if let Some(charge) = members.remove("tcu_percentage") {
        draw.put(
            members,
            &["tcu_percentage", "tcu_battery_percentage"],
            charge,
        );
    }
    for name in ["fuel", "electric"] {
        match draw.one_of(&["as it is", "null", "empty", "absent"]) {
            "null" => drop(members.insert(name.to_owned(), Value::Null)),
            "empty" => drop(members.insert(name.to_owned(), json!([]))),
            "absent" => drop(members.remove(name)),
            _ => {}
        }
    }
    row
}

/// A row of `/vehicles`.
pub(super) fn vehicle(row: &Row) -> Value {
    let (card, profile) = (&row.card, &row.card.profile);
    json!({
        "vehicle_id": card.id.parse::<u64>().unwrap_or(0),
        "terminal_id": 90_000 + card.number,
        "terminal_serial": format!("T{:04}", card.number),
        "registration": card.plate,
        "default_timezone": "Africa/Johannesburg",
        "vehicle_name": card.name,
        "client_vehicle_description": card.description,
        "max_speed": 120,
        "manufacturer": profile.kind.make,
        "model": profile.kind.model,
        "model_year": (2014 + card.number % 11).to_string(),
        "colour": "White",
        "default_driver": null,
        "is_under_maintenance": false,
        "vehicle_type_id": 6,
        "vehicle_type": "Small Truck",
        "has_camera": card.number % 3 == 0,
    })
}

fn electric(number: u32) -> Value {
    let mut electric = json!({ "battery_percentage_left": null, "battery_ts": null });
    if number.is_multiple_of(2) {
        electric["charging_status"] = Value::Null;
        electric["charging_status_ts"] = Value::Null;
    }
    electric
}

/// Always there, mostly empty: nobody at all, nobody with an id of zeros, or a name.
fn driver(row: &Row) -> Value {
    let number = row.card.number;
    let (first, last) = row.card.profile.driver;
    let object = |id: Option<String>, first: Option<&str>, last: Option<&str>| {
        json!({
            "driver_id": id, "first_name": first, "last_name": last, "id_number": null,
            "license_number": null, "driver_id_tag": null, "phone_number": null,
        })
    };
    match number % 6 {
        0 | 1 => object(None, None, None),
        2 => object(Some(NOBODY.to_owned()), None, None),
        3 => json!([]),
        _ => object(
            Some(format!("5f0c1c52-0000-4000-8000-{number:012}")),
            Some(first),
            Some(last),
        ),
    }
}

fn location(sim: &Sim, row: &Row, report: Option<&Report>) -> Value {
    let Some(report) = report else {
        return json!({
            "updated": null, "longitude": null, "latitude": null, "gps_fix_type": 0,
            "position_description": null, "geofence_ids": [],
        });
    };
    json!({
        "updated": local_time(sim.device_at(&row.card, report.fixed_ms), row.card.number),
        "longitude": report.lng_deg,
        "latitude": report.lat_deg,
        "gps_fix_type": if report.has_gps { 3 } else { 1 },
        "position_description": row.card.profile.city.address(report.place),
        "geofence_ids": [],
    })
}

/// `2026-08-05 14:20:07+02`: the account's zone, with a two-digit offset; some units write `+02:00`.
pub(super) fn local_time(at: Timestamp, number: u32) -> String {
    let zoned = at.to_zoned(TimeZone::fixed(offset(2)));
    let offset = if number % 7 == 5 { "+02:00" } else { "+02" };
    format!("{}{offset}", zoned.strftime("%Y-%m-%d %H:%M:%S"))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "odometers and speeds are far below 2^53"
)]
pub(super) fn whole(value: f64) -> i64 {
    value.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_space_and_a_short_offset_or_a_long_one() {
        let at: Timestamp = "2026-08-05T12:20:07.250Z".parse().unwrap();
        assert_eq!(local_time(at, 0), "2026-08-05 14:20:07+02");
        assert_eq!(local_time(at, 5), "2026-08-05 14:20:07+02:00");
    }
}
