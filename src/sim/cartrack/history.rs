//! Cartrack's events: what its units have told in a span of time, of all or of one.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};

use super::rows::{local_time, whole};
use super::{Params, error, page};
use crate::sim::faults::Fault;
use crate::sim::state::Sim;
use crate::sim::world::device::Card;
use crate::sim::world::past::Kept;
use crate::sim::{Vendor, lock};

/// The greatest window of the whole fleet.
const FLEET_WINDOW_S: i64 = 24 * 3_600;
/// Nothing is kept for longer: five years.
const REACH_S: i64 = 5 * 365 * 24 * 3_600;

/// `GET /vehicles/events`.
pub(super) async fn fleet(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    answer(&sim, &params, None)
}

/// `GET /vehicles/{registration}/events`.
pub(super) async fn one(
    State(sim): State<Arc<Sim>>,
    Path(registration): Path<String>,
    Query(params): Query<Params>,
) -> Response {
    let rows = sim.rows(Vendor::Cartrack);
    let mut plates = rows.iter().filter_map(|row| row.card.plate.as_deref());
    if plates.any(|plate| plate == registration) {
        return answer(&sim, &params, Some(&registration));
    }
    error(StatusCode::NOT_FOUND, "Vehicle not found", &Value::Null)
}

fn answer(sim: &Sim, params: &Params, registration: Option<&str>) -> Response {
    let invalid = |field: &str, words: &str| {
        let fields = json!({ field: [words] });
        error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The given data was invalid",
            &fields,
        )
    };
    let time = |name: &str| requested_time(sim, params.get(name)?);
    let Some(from) = time("start_timestamp") else {
        return invalid("start_timestamp", "must be a time, Y-m-d H:i:s");
    };
    let Some(to) = time("end_timestamp").filter(|to| from <= *to) else {
        return invalid(
            "end_timestamp",
            "must be a time, Y-m-d H:i:s, after the start",
        );
    };
    if registration.is_none() && FLEET_WINDOW_S < to.duration_since(from).as_secs() {
        return invalid("end_timestamp", "must be within 24 hours of the start");
    }
    let now = sim.at(sim.elapsed_ms());
    if REACH_S < now.duration_since(from).as_secs() {
        return invalid("start_timestamp", "is too long ago");
    }
    let events = events(sim, (from, to), registration);
    page(sim, &events, params, |(card, kept)| row(sim, card, kept))
}

/// Oldest first; newest first while variants are on.
fn events(
    sim: &Sim,
    (from, to): (Timestamp, Timestamp),
    registration: Option<&str>,
) -> Vec<(Arc<Card>, Kept)> {
    let (from_ms, to_ms) = (sim.ms_at(from), sim.ms_at(to));
    let world = lock(&sim.world);
    let mut events = Vec::new();
    for (card, past) in world.pasts(Vendor::Cartrack) {
        if registration.is_none_or(|wanted| card.plate.as_deref() == Some(wanted)) {
            let kept = past.between(from_ms, to_ms);
            events.extend(kept.map(|kept| (Arc::clone(card), *kept)));
        }
    }
    drop(world);
    events.sort_by_key(|(card, kept)| (kept.fixed_ms, card.number));
    if sim.has(Vendor::Cartrack, Fault::Variants) {
        events.reverse();
    }
    events
}

/// `2026-08-05 14:20:07`: in the account's zone; in UTC while variants are on, as some accounts
/// have it.
fn requested_time(sim: &Sim, text: &str) -> Option<Timestamp> {
    let local = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
    let hours = if sim.has(Vendor::Cartrack, Fault::Variants) {
        0
    } else {
        2
    };
    TimeZone::fixed(offset(hours)).to_timestamp(local).ok()
}

fn row(sim: &Sim, card: &Card, kept: &Kept) -> Value {
    let number = card.number;
    let speed_kmh = whole(kept.speed_mps() * 3.6);
    let at = sim.device_at(card, kept.fixed_ms);
    let mut row = json!({
        "event_id": kept.fixed_ms * 10_000 + i64::from(number),
        "vehicle_id": card.id.parse::<u64>().unwrap_or(0),
        "registration": card.plate,
        "longitude": kept.lng_deg(),
        "latitude": kept.lat_deg(),
        "altitude": whole(card.profile.city.altitude_m),
        "odometer": whole(kept.odometer_m()),
        "bearing": whole(kept.heading_deg()) % 360,
        "ignition": if number % 13 == 4 { json!(kept.ignition.to_string()) } else { json!(kept.ignition) },
        // Some firmware writes its numbers as strings.
        "speed": if number % 11 == 3 { json!(speed_kmh.to_string()) } else { json!(speed_kmh) },
        "road_speed": if speed_kmh < 55 { 60 } else { 80 },
        "rpm": if kept.ignition { 700 + speed_kmh * 22 } else { 0 },
        "position_description": null,
        "event_ts": local_time(at, number),
        "gps_fix_type": 3,
        "driver_id": null,
    });
    // Misspelt by some versions.
    let received = if number.is_multiple_of(2) {
        "received_ts"
    } else {
        "recieved_ts"
    };
    row[received] = json!(local_time(at, number));
    row
}
