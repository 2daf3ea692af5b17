//! Where a vehicle was.

#![expect(
    unused_qualifications,
    reason = "utoipa's attribute qualifies what it names"
)]

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Web;
use super::error::{ApiError, ErrorBody};
use crate::domain::DeviceKey;
use crate::history::trails::{KEPT, TrailPoint};
use crate::live::frame::Stamp;

/// The span that is asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrailQuery {
    /// RFC 3339; an hour before `to` where absent.
    pub from: Option<String>,
    /// RFC 3339; now where absent.
    pub to: Option<String>,
}

/// The places, ascending in time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trail)]
pub struct TrailAnswer<'a> {
    points: Vec<PointFrame<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrailPoint)]
struct PointFrame<'a> {
    lat_deg: f64,
    lng_deg: f64,
    #[schema(value_type = String, format = DateTime)]
    fixed_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed_mps: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading_deg: Option<f32>,
    source: &'a str,
}

/// The trail of a vehicle; this version remembers one hour.
#[utoipa::path(get, path = "/api/v1/vehicles/{id}/trail",
    params(("id" = String, Path), TrailQuery),
    responses(
        (status = 200, body = TrailAnswer),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ))]
pub async fn trail(
    State(web): State<Web>,
    Path(id): Path<String>,
    query: Result<Query<TrailQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(query) = query?;
    let to = time("to", query.to.as_deref())?.unwrap_or_else(web.clock);
    let hour_before = to.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    let from = time("from", query.from.as_deref())?.unwrap_or(hour_before);
    if to < from {
        return Err(ApiError::bad_request("`from` is later than `to`"));
    }
    let entry = web
        .hub
        .vehicle(&id)
        .ok_or_else(|| ApiError::no_vehicle(&id))?;
    let devices = entry.vehicle.devices.iter().map(|view| &view.device);
    let points = web.trails.of(devices, from, to);
    let points = points
        .iter()
        .map(|(point, device)| frame(point, device))
        .collect();
    Ok(Json(TrailAnswer { points }).into_response())
}

fn frame<'a>(point: &TrailPoint, device: &'a DeviceKey) -> PointFrame<'a> {
    PointFrame {
        lat_deg: point.lat_deg,
        lng_deg: point.lng_deg,
        fixed_at: Stamp(point.fixed_at),
        speed_mps: point.speed_mps,
        heading_deg: point.heading_deg,
        source: device.source.as_str(),
    }
}

fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_error| {
        ApiError::bad_request(format!(
            "`{name}` is \"{text}\"; write a time such as 2026-08-05T12:20:07Z"
        ))
    })
}
