//! MyCarTracks' tracks and their points.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::lists::{Params, page};
use super::{error, event};
use crate::sim::faults::Fault;
use crate::sim::forms::Members;
use crate::sim::state::Sim;
use crate::sim::world::device::Card;
use crate::sim::world::past::{Kept, Track};
use crate::sim::{Vendor, lock};

/// Rows of a page at most: tracks, and points of one.
const MAX_TRACKS: usize = 100;
const MAX_POINTS: usize = 500;
/// A device never has so many tracks.
const TRACKS_EACH: u64 = 1_000_000;

/// A track without its points.
struct Summary {
    id: u64,
    card: Arc<Card>,
    span_ms: (i64, i64),
    n_points: usize,
}

/// `GET /tracks2`: by their ids; with `startTime` and `endTime` in epoch seconds, those that were
/// under way between them. While variants are on, newest first, and the two are not known.
pub(super) async fn tracks(State(sim): State<Arc<Sim>>, Query(params): Query<Params>) -> Response {
    let has_variants = sim.has(Vendor::MyCarTracks, Fault::Variants);
    let second = |name: &str| params.get(name)?.parse::<i64>().ok();
    let mut tracks = summaries(&sim);
    if has_variants {
        tracks.sort_by_key(|track| std::cmp::Reverse((track.span_ms.0, track.id)));
    } else {
        let at = |ms| sim.at(ms).as_second();
        tracks.retain(|Summary { span_ms, .. }| {
            second("startTime").is_none_or(|from| from <= at(span_ms.1))
                && second("endTime").is_none_or(|to| at(span_ms.0) <= to)
        });
    }
    page(&sim, &tracks, &params, MAX_TRACKS, |track| {
        summary(&sim, track)
    })
}

/// `GET /tracks/{trackId}`.
pub(super) async fn track(State(sim): State<Arc<Sim>>, Path(id): Path<String>) -> Response {
    let tracks = summaries(&sim);
    let found = tracks.iter().find(|track| track.id.to_string() == id);
    found.map_or_else(not_found, |track| {
        Json(summary(&sim, track)).into_response()
    })
}

/// `GET /trackpoints/{trackId}`: oldest first.
pub(super) async fn points(
    State(sim): State<Arc<Sim>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Response {
    let Some((card, points)) = points_of(&sim, &id) else {
        return not_found();
    };
    let mut draw = sim.draw(Vendor::MyCarTracks);
    page(&sim, &points, &params, MAX_POINTS, |point| {
        let (latitude, longitude) = match &mut draw {
            Some(draw) => draw.one_of(&[("latitude", "longitude"), ("lat", "lng")]),
            None => ("latitude", "longitude"),
        };
        let mut row = point_row(&sim, &card, point);
        row.insert(latitude.to_owned(), json!(point.lat_deg()));
        row.insert(longitude.to_owned(), json!(point.lng_deg()));
        Value::Object(row)
    })
}

fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "not_found", "No such track")
}

fn id(card: &Card, track: &Track) -> u64 {
    (u64::from(card.number) + 1) * TRACKS_EACH + track.number
}

fn summaries(sim: &Sim) -> Vec<Summary> {
    let world = lock(&sim.world);
    let mut tracks = Vec::new();
    for (card, past) in world.pasts(Vendor::MyCarTracks) {
        tracks.extend(past.tracks().map(|track| Summary {
            id: id(card, track),
            card: Arc::clone(card),
            span_ms: track.span_ms(),
            n_points: track.points.len(),
        }));
    }
    tracks
}

fn points_of(sim: &Sim, wanted: &str) -> Option<(Arc<Card>, Vec<Kept>)> {
    let world = lock(&sim.world);
    let mut pasts = world.pasts(Vendor::MyCarTracks);
    pasts.find_map(|(card, past)| {
        let mut tracks = past.tracks();
        let track = tracks.find(|track| id(card, track).to_string() == wanted)?;
        Some((Arc::clone(card), track.points.iter().copied().collect()))
    })
}

fn summary(sim: &Sim, track: &Summary) -> Value {
    let time = |ms| sim.device_at(&track.card, ms).as_millisecond();
    let owner = if sim.has(Vendor::MyCarTracks, Fault::Variants) {
        "carId"
    } else {
        "vehicleId"
    };
    json!({
        "id": track.id,
        owner: event::number(&track.card),
        "name": track.card.name,
        "startTime": time(track.span_ms.0),
        "endTime": time(track.span_ms.1),
        "numberOfPoints": track.n_points,
    })
}

fn point_row(sim: &Sim, card: &Card, point: &Kept) -> Members {
    let time = sim.device_at(card, point.fixed_ms).as_millisecond();
    Members::from_iter([
        ("id".to_owned(), json!(point.fixed_ms)),
        ("time".to_owned(), json!(time)),
        ("speed".to_owned(), json!(event::kmh(point.speed_mps()))),
        (
            "bearing".to_owned(),
            json!(event::tenth(point.heading_deg())),
        ),
        ("accuracy".to_owned(), json!(point.accuracy_m())),
        ("source".to_owned(), json!("gps")),
    ])
}
