//! The fleet over plain HTTP: the same objects as on the live path, from the same encoding.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Web;
use super::aside::aside;
use super::door::Caller;
use super::error::{ApiError, ErrorBody};
use super::history::asked;
use super::latency::{SourceAnswer, VehicleAnswer};
use super::pick::Wanted;
use super::query::{Asked, VehiclesQuery, past};
use super::viewer::Looking;
use crate::auth::audit::{Subject, What};
use crate::domain::Vehicle;
use crate::live::frame::{self, Stamp, VehicleFrame};
use crate::live::hub::{Current, Entries, Entry};
use crate::live::roll::Roll;
use crate::live::stage::Stage;

/// The epoch and seq of what is over: no stream goes on from there.
const PAST: (&str, u64) = ("past", 0);

/// All vehicles that were asked for, as of one `seq`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Vehicles)]
pub struct VehiclesAnswer<'a> {
    epoch: &'a str,
    seq: u64,
    #[schema(value_type = String, format = DateTime)]
    at: Stamp,
    #[schema(value_type = Vec<VehicleFrame>)]
    vehicles: Vec<&'a RawValue>,
    /// How many fit the query, on whatever page; there if `limit` was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// All sources, highest rank first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sources)]
pub struct SourcesAnswer<'a> {
    sources: Vec<SourceAnswer<'a>>,
}

/// A GeoJSON collection (RFC 7946) with a feature for each vehicle.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FeatureCollection)]
pub struct FeatureCollection<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    features: Vec<Feature<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Feature<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    geometry: Option<Point>,
    #[schema(value_type = VehicleFrame)]
    properties: &'a RawValue,
}

#[derive(Debug, Serialize, ToSchema)]
struct Point {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Longitude first, as GeoJSON wants it.
    coordinates: [f64; 2],
}

/// The vehicles, now or as the map showed them at a time of the past.
#[utoipa::path(get, path = "/api/v1/vehicles", params(VehiclesQuery), responses(
    (status = 200, body = VehiclesAnswer),
    (status = 400, body = ErrorBody),
    (status = 404, body = ErrorBody, description = "nothing is remembered of that time"),
    (status = 503, body = ErrorBody),
))]
pub async fn vehicles(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Asked(mut query): Asked,
) -> Result<Response, ApiError> {
    let now = (web.clock)();
    let stage = looking.stage(&web).await?;
    if let Some(at) = query.at.take() {
        let at = past(&at, now)?;
        let wanted = query.understand_past(at)?;
        let shown = shown_at(&web, &looking, stage, at).await?;
        caller
            .note_look(&web, What::TimeTravel, Subject::None)
            .await;
        return Ok(aside(move || answer(&wanted, &shown, PAST, at)).await);
    }
    // Who takes the whole list may go on from its epoch and seq.
    let is_whole = query == VehiclesQuery::default();
    let wanted = query.understand(now)?;
    let current = if is_whole {
        stage.hub().current_to_go_on(now)
    } else {
        stage.hub().current()
    };
    Ok(aside(move || {
        let Current { epoch, seq, .. } = &current;
        answer(&wanted, &current.vehicles, (epoch, *seq), now)
    })
    .await)
}

/// What the map showed at `at` of those whose groups of that time may be seen.
async fn shown_at(
    web: &Web,
    looking: &Looking,
    stage: Arc<Stage>,
    at: Timestamp,
) -> Result<Entries, ApiError> {
    let shown = asked(web, looking, move |web| {
        let shown = web.history.at(at)?;
        Ok(shown.map(|vehicles| {
            let all = vehicles.into_iter().map(Arc::new);
            let vehicles: Vec<Arc<Vehicle>> = match stage.mask() {
                Some(mask) => all.filter_map(|vehicle| mask.shown(&vehicle)).collect(),
                None => all.collect(),
            };
            let mut then = Roll::default();
            then.apply(&[], &vehicles);
            then.entries()
        }))
    });
    shown.await?.ok_or_else(|| {
        let message =
            format!("nothing is remembered of {at}; GET /api/v1/history tells of what is");
        ApiError::before_memory(message)
    })
}

fn answer(wanted: &Wanted, all: &Entries, (epoch, seq): (&str, u64), at: Timestamp) -> Response {
    let picked = wanted.pick(all);
    let answer = VehiclesAnswer {
        epoch,
        seq,
        at: Stamp(at),
        vehicles: picked.entries.iter().map(|entry| &**entry.json()).collect(),
        total: wanted.has_limit().then_some(picked.n_fitting),
        next: picked.next,
    };
    Json(answer).into_response()
}

/// One vehicle.
#[utoipa::path(get, path = "/api/v1/vehicles/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = VehicleAnswer),
    (status = 404, body = ErrorBody),
))]
pub async fn vehicle(
    State(web): State<Web>,
    looking: Looking,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let entry = looking
        .stage(&web)
        .await?
        .vehicle(&id)
        .ok_or_else(|| ApiError::no_vehicle(&id))?;
    let vehicle = &entry.vehicle;
    let answer = VehicleAnswer::new(frame::vehicle(vehicle), vehicle.latency());
    Ok(Json(answer).into_response())
}

/// The vehicles as GeoJSON; one without a position has the geometry null.
#[utoipa::path(get, path = "/api/v1/vehicles.geojson", params(VehiclesQuery), responses(
    (status = 200, body = FeatureCollection, content_type = "application/geo+json"),
    (status = 400, body = ErrorBody),
))]
pub async fn geojson(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Asked(mut query): Asked,
) -> Result<Response, ApiError> {
    let now = (web.clock)();
    let stage = looking.stage(&web).await?;
    let (wanted, vehicles) = match query.at.take() {
        None => (query.understand(now)?, stage.hub().current().vehicles),
        Some(at) => {
            let at = past(&at, now)?;
            let wanted = query.understand_past(at)?;
            (wanted, shown_at(&web, &looking, stage, at).await?)
        }
    };
    caller.note_look(&web, What::Exported, Subject::None).await;
    Ok(aside(move || collection(&wanted.pick(&vehicles).entries)).await)
}

fn collection(picked: &[&Entry]) -> Response {
    let point = |position: &crate::domain::Position| Point {
        kind: "Point",
        coordinates: [position.lng_deg, position.lat_deg],
    };
    let features = picked.iter().map(|entry| Feature {
        kind: "Feature",
        id: entry.vehicle.id.as_str(),
        geometry: entry.vehicle.position.as_ref().map(point),
        properties: entry.json(),
    });
    let collection = FeatureCollection {
        kind: "FeatureCollection",
        features: features.collect(),
    };
    let geo = [(header::CONTENT_TYPE, "application/geo+json")];
    (geo, Json(collection)).into_response()
}

/// The sources and how they are.
#[utoipa::path(get, path = "/api/v1/sources", responses((status = 200, body = SourcesAnswer)))]
pub async fn sources(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let now = (web.clock)();
    let stage = looking.stage(&web).await?;
    let held = stage.hub().sources();
    let sources = held.iter().map(|status| {
        let latency = stage.hub().latencies().of(&status.id, now);
        SourceAnswer::new(frame::source(status), latency)
    });
    let sources = sources.collect();
    Ok(Json(SourcesAnswer { sources }).into_response())
}
