//! The two lists: vehicles, and their last positions.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{error, event, variants};
use crate::sim::faults::Fault;
use crate::sim::forms::Members;
use crate::sim::state::Sim;
use crate::sim::world::Row;
use crate::sim::world::city::City;
use crate::sim::world::device::Report;
use crate::sim::{Vendor, garbage};

/// Rows of a page: when not asked for, and at most.
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;

pub(super) type Params = HashMap<String, String>;

/// `GET /vehicles`.
pub(super) async fn vehicles(
    State(sim): State<Arc<Sim>>,
    Query(params): Query<Params>,
) -> Response {
    let fields: Option<Vec<_>> = params
        .get("fields")
        .map(|fields| fields.split(',').collect());
    let listed = sim.rows(Vendor::MyCarTracks);
    page(&sim, &listed, &params, MAX_LIMIT, |row| {
        let mut vehicle = vehicle_row(row);
        if let (Some(fields), Some(members)) = (&fields, vehicle.as_object_mut()) {
            members.retain(|name, _| fields.contains(&name.as_str()));
        }
        vehicle
    })
}

/// `GET /vehicles/lastPositions`.
pub(super) async fn last_positions(
    State(sim): State<Arc<Sim>>,
    Query(params): Query<Params>,
) -> Response {
    let mut listed = sim.rows(Vendor::MyCarTracks);
    listed.retain(|row| row.report.is_some());
    let mut draw = sim.draw(Vendor::MyCarTracks);
    page(&sim, &listed, &params, MAX_LIMIT, |row| {
        let Some(report) = row.report.as_deref() else {
            return Value::Null;
        };
        match &mut draw {
            None => position_row(&sim, row, report),
            Some(draw) => variants::position(&sim, &row.card, report, draw).into(),
        }
    })
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

fn position_row(sim: &Sim, row: &Row, report: &Report) -> Value {
    let City { altitude_m, .. } = row.card.profile.city;
    json!({
        "vehicleId": event::number(&row.card),
        "vehicleName": row.card.name,
        "latitude": report.lat_deg,
        "longitude": report.lng_deg,
        "speed": event::kmh(report.speed_mps),
        "bearing": event::tenth(report.heading_deg),
        "altitude": altitude_m,
        "accuracy": event::tenth(report.accuracy_m),
        "time": sim.device_at(&row.card, report.fixed_ms).as_millisecond(),
    })
}

/// One page of `listed`, by `offset` and `limit`, which is at most `max_limit`.
pub(super) fn page<T>(
    sim: &Sim,
    listed: &[T],
    params: &Params,
    max_limit: usize,
    write: impl FnMut(&T) -> Value,
) -> Response {
    let number = |name: &str, default| match params.get(name) {
        None => Some(default),
        Some(text) => text.parse::<usize>().ok(),
    };
    let limit = number("limit", DEFAULT_LIMIT).filter(|limit| (1..=max_limit).contains(limit));
    let (Some(offset), Some(limit)) = (number("offset", 0), limit) else {
        let words = format!("offset must be a whole number, limit one from 1 to {max_limit}");
        return error(StatusCode::BAD_REQUEST, "invalid_request", &words);
    };
    let mut data: Vec<_> = listed.iter().skip(offset).take(limit).map(write).collect();
    if sim.has(Vendor::MyCarTracks, Fault::Garbage) {
        data = garbage::spoil(data);
    }
    let paging = json!({ "offset": offset, "limit": limit, "total": listed.len() });
    let rest = Members::from_iter([("paging".to_owned(), paging)]);
    Json(sim.envelope(Vendor::MyCarTracks, data, rest)).into_response()
}
