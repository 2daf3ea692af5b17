//! Cartrack's Fleet API: Basic authentication, the whole fleet at once, odd times and types.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::faults::Fault;
use super::limits::{Window, seconds_until};
use super::settings::{CARTRACK_PASSWORD, CARTRACK_USERNAME};
use super::state::Sim;
use super::world::Row;
use super::world::city::CITIES;
use super::world::device::Report;
use super::{Vendor, garbage};

const MINUTE: Duration = Duration::from_mins(1);
/// Requests a minute for the positions, and for all else together.
const STATUS_LIMIT: u32 = 60;
const OTHER_LIMIT: u32 = 1_000;
/// Rows of a page: when not asked for, and at most.
const DEFAULT_PAGE: usize = 15;
const MAX_PAGE: usize = 100;
/// Nobody is identified, in the form of an id.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

type Params = HashMap<String, String>;

/// The state of the account.
#[derive(Debug)]
pub(super) struct Account {
    status: Window,
    other: Window,
}

impl Account {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            status: Window::new(STATUS_LIMIT, MINUTE, now),
            other: Window::new(OTHER_LIMIT, MINUTE, now),
        }
    }
}

/// The routes, below the API's base path.
pub(super) fn routes(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    Router::new()
        .route("/vehicles/status", get(status))
        .route("/vehicles", get(vehicles))
        .route("/vehicles/groups", get(groups))
        .layer(from_fn_with_state(Arc::clone(sim), admit))
}

/// Lets a request in whose account is known and within its limit.
async fn admit(State(sim): State<Arc<Sim>>, request: Request, next: Next) -> Response {
    let credentials = STANDARD.encode(format!("{CARTRACK_USERNAME}:{CARTRACK_PASSWORD}"));
    let given = request.headers().get(header::AUTHORIZATION);
    if given.is_none_or(|given| given.as_bytes() != format!("Basic {credentials}").as_bytes()) {
        return refusal(StatusCode::UNAUTHORIZED);
    }
    let now = Instant::now();
    let positions = request.uri().path().ends_with("/vehicles/status");
    let account = &sim.cartrack;
    let window = if positions {
        &account.status
    } else {
        &account.other
    };
    let standing = window.take(now);
    if !standing.granted {
        return over_limit(&sim, seconds_until(standing.resets, now));
    }
    let mut answer = next.run(request).await;
    // Browsers' affairs, which a client is to ignore.
    let cookie = header::HeaderValue::from_static("PHPSESSID=sim; path=/; HttpOnly");
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    answer
}

/// The answer beyond a limit.
pub(super) fn over_limit(sim: &Sim, seconds: u64) -> Response {
    let at = sim.at(sim.elapsed_ms()).as_second();
    let at = at.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX));
    let headers = [
        ("X-RateLimit-Retry-After-Seconds", seconds.to_string()),
        ("X-RateLimit-Retry-At", at.to_string()),
    ];
    let body = error(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests",
        &Value::Null,
    );
    (headers, body).into_response()
}

/// The answer to wrong credentials, or to a missing permission.
pub(super) fn refusal(status: StatusCode) -> Response {
    let words = match status {
        StatusCode::UNAUTHORIZED => "Unauthenticated",
        _ => "You do not have permission to access this endpoint",
    };
    error(status, words, &Value::Null)
}

fn error(status: StatusCode, message: &str, fields: &Value) -> Response {
    let error = json!({ "code": status.as_u16(), "message": message, "data": fields });
    (status, Json(json!({ "data": null, "error": error }))).into_response()
}

async fn status(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let in_km = params
        .get("odometer_in_km")
        .is_some_and(|text| text == "true");
    let rows = sim.rows(Vendor::Cartrack);
    let wanted = rows.iter().filter(|row| is_wanted(row, &params));
    let mut data: Vec<_> = wanted.map(|row| status_row(&sim, row, in_km)).collect();
    if sim.has(Vendor::Cartrack, Fault::Garbage) {
        data = garbage::spoil(data);
    }
    Json(json!({ "data": data })).into_response()
}

fn is_wanted(row: &Row, params: &Params) -> bool {
    let ignition = row.report.as_ref().is_some_and(|report| report.ignition);
    let ignition = if ignition { "true" } else { "false" };
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    is(
        "filter[registration]",
        row.card.plate.as_deref().unwrap_or(""),
    ) && is("filter[vehicle_id]", &row.card.id)
        && is("filter[ignition]", ignition)
}

fn status_row(sim: &Sim, row: &Row, in_km: bool) -> Value {
    let number = row.card.number;
    let id = row.card.id.parse::<u64>().unwrap_or(0);
    let report = row.report.as_deref();
    let ignition = report.is_some_and(|report| report.ignition);
    let idling = ignition && report.is_some_and(|report| report.speed_mps <= 0.0);
    let speed_kmh = whole(report.map_or(0.0, |report| report.speed_mps * 3.6));
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
        "io_panic": "LOW", "io_disarm": "LOW", "input_state": 0,
        "central_locking_status": null,
        "tcu_percentage": 90 + number % 10,
        "driver": driver(row),
        "fuel": { "updated": null, "level": null, "precentage_left": null, "total_consumed": null },
        "electric": electric(number),
        "location": location(sim, row, report),
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
fn local_time(at: Timestamp, number: u32) -> String {
    let zoned = at.to_zoned(TimeZone::fixed(offset(2)));
    let offset = if number % 7 == 5 { "+02:00" } else { "+02" };
    format!("{}{offset}", zoned.strftime("%Y-%m-%d %H:%M:%S"))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "odometers and speeds are far below 2^53"
)]
fn whole(value: f64) -> i64 {
    value.round() as i64
}

async fn vehicles(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let rows = sim.rows(Vendor::Cartrack);
    let wanted = rows.iter().filter(|row| is_wanted(row, &params));
    let data: Vec<_> = wanted.map(vehicle_row).collect();
    page(data, &params, sim.has(Vendor::Cartrack, Fault::Garbage))
}

fn vehicle_row(row: &Row) -> Value {
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

async fn groups(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let cities = CITIES
        .iter()
        .filter(|city| city.vendor == Vendor::Cartrack)
        .enumerate();
    let named =
        cities.filter(|(_, city)| params.get("filter[name]").is_none_or(|n| n == city.name));
    let data = named.map(|(place, city)| json!({ "group_id": place + 1, "name": city.name }));
    page(
        data.collect(),
        &params,
        sim.has(Vendor::Cartrack, Fault::Garbage),
    )
}

/// One page of `data`, by `page` and `limit`.
fn page(data: Vec<Value>, params: &Params, spoiled: bool) -> Response {
    let number = |name: &str, default: usize| match params.get(name) {
        None => Some(default),
        Some(text) => text.parse().ok().filter(|number| 0 < *number),
    };
    let (Some(page), Some(limit)) = (number("page", 1), number("limit", DEFAULT_PAGE)) else {
        let fields = json!({ "page": ["must be a whole number from 1"], "limit": ["likewise"] });
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The given data was invalid",
            &fields,
        );
    };
    // Greater pages are not refused but cut, which `meta` tells.
    let limit = limit.min(MAX_PAGE);
    let total = data.len();
    let skipped = (page - 1).saturating_mul(limit);
    let mut rows: Vec<_> = data.into_iter().skip(skipped).take(limit).collect();
    let meta = json!({
        "from": if rows.is_empty() { json!(null) } else { json!(skipped + 1) },
        "to": if rows.is_empty() { json!(null) } else { json!(skipped + rows.len()) },
        "current_page": page,
        "per_page": limit,
        "last_page": total.div_ceil(limit).max(1),
        "total": total,
    });
    if spoiled {
        rows = garbage::spoil(rows);
    }
    Json(json!({ "data": rows, "meta": meta })).into_response()
}
