//! The two lists: vehicles, and their last positions.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{error, event};
use crate::sim::faults::Fault;
use crate::sim::state::Sim;
use crate::sim::world::Row;
use crate::sim::world::city::City;
use crate::sim::{Vendor, garbage};

/// Rows of a page: when not asked for, and at most.
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;

type Params = HashMap<String, String>;

/// `GET /vehicles`.
pub(super) async fn vehicles(
    State(sim): State<Arc<Sim>>,
    Query(params): Query<Params>,
) -> Response {
    let rows = sim.rows(Vendor::MyCarTracks);
    let mut data: Vec<_> = rows.iter().map(vehicle_row).collect();
    if let Some(fields) = params.get("fields") {
        let fields: Vec<_> = fields.split(',').collect();
        for row in data.iter_mut().filter_map(Value::as_object_mut) {
            row.retain(|name, _| fields.contains(&name.as_str()));
        }
    }
    page(&sim, data, &params)
}

/// `GET /vehicles/lastPositions`.
pub(super) async fn last_positions(
    State(sim): State<Arc<Sim>>,
    Query(params): Query<Params>,
) -> Response {
    let rows = sim.rows(Vendor::MyCarTracks);
    let data = rows
        .iter()
        .filter_map(|row| position_row(&sim, row))
        .collect();
    page(&sim, data, &params)
}

fn vehicle_row(row: &Row) -> Value {
    let mut vehicle = json!({
        "id": event::number(&row.card),
        "name": row.card.name,
        "groups": [row.card.profile.city.name],
    });
    if let Some(plate) = &row.card.plate {
        vehicle["licensePlate"] = json!(plate);
    }
    vehicle
}

fn position_row(sim: &Sim, row: &Row) -> Option<Value> {
    let report = row.report.as_deref()?;
    let City { altitude_m, .. } = row.card.profile.city;
    Some(json!({
        "vehicleId": event::number(&row.card),
        "vehicleName": row.card.name,
        "latitude": report.lat_deg,
        "longitude": report.lng_deg,
        "speed": event::kmh(report.speed_mps),
        "bearing": event::tenth(report.heading_deg),
        "altitude": altitude_m,
        "accuracy": event::tenth(report.accuracy_m),
        "time": sim.device_at(&row.card, report.fixed_ms).as_millisecond(),
    }))
}

/// One page of `data`, by `offset` and `limit`.
fn page(sim: &Sim, data: Vec<Value>, params: &Params) -> Response {
    let number = |name: &str, default| match params.get(name) {
        None => Some(default),
        Some(text) => text.parse::<usize>().ok(),
    };
    let limit = number("limit", DEFAULT_LIMIT).filter(|limit| (1..=MAX_LIMIT).contains(limit));
    let (Some(offset), Some(limit)) = (number("offset", 0), limit) else {
        let words = format!("offset must be a whole number, limit one from 1 to {MAX_LIMIT}");
        return error(StatusCode::BAD_REQUEST, "invalid_request", &words);
    };
    let total = data.len();
    let mut rows: Vec<_> = data.into_iter().skip(offset).take(limit).collect();
    if sim.has(Vendor::MyCarTracks, Fault::Garbage) {
        rows = garbage::spoil(rows);
    }
    let paging = json!({ "offset": offset, "limit": limit, "total": total });
    Json(json!({ "data": rows, "paging": paging })).into_response()
}
