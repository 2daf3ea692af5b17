//! Places, also as GeoJSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::seen::Seen;
use super::{noted, refusal, understood};
use crate::auth::audit::{Subject, What};
use crate::desk::written::PlaceText;
use crate::desk::{Book, DeskError, geojson, place};
use crate::domain::order::Place;
use crate::web::Web;
use crate::web::aside::{aside, on_a_thread};
use crate::web::door::{Caller, Told};
use crate::web::error::{ApiError, ErrorBody};
use crate::web::query::PlacesQuery;
use crate::web::viewer::Looking;

/// All places that are seen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Places)]
pub struct PlacesAnswer {
    places: Vec<PlaceFrame>,
    /// Grows with each change.
    version: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlaceWithId)]
struct PlaceFrame {
    id: String,
    #[serde(flatten)]
    text: PlaceText,
}

/// What became of a file of places.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Imported)]
pub struct ImportAnswer {
    imported: usize,
    skipped: Vec<SkippedFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Skipped)]
struct SkippedFrame {
    /// Which feature, from 0.
    index: usize,
    reason: String,
}

fn frame(place: &Place) -> PlaceFrame {
    PlaceFrame {
        id: place.id.to_string(),
        text: place::write(place),
    }
}

fn shown(book: &Book, seen: &Seen) -> Vec<Arc<Place>> {
    let places = book.orders.places.values();
    places.filter_map(|place| seen.place(place)).collect()
}

/// All places.
#[utoipa::path(get, path = "/api/v1/places", params(PlacesQuery), responses(
    (status = 200, body = PlacesAnswer), (status = 204), (status = 400, body = ErrorBody)))]
pub async fn places(
    State(web): State<Web>,
    looking: Looking,
    query: Result<Query<PlacesQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let (query, book) = (query?.0, web.desk.book());
    if query.known == Some(book.places_version) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let seen = Seen::by(&looking, &web).await?;
    Ok(aside(move || {
        let places = shown(&book, &seen);
        let answer = PlacesAnswer {
            places: places.iter().map(|place| frame(place)).collect(),
            version: book.places_version,
        };
        Json(answer).into_response()
    })
    .await)
}

/// All places as GeoJSON (RFC 7946); a circle is a Point with `radius_m`.
#[utoipa::path(get, path = "/api/v1/places.geojson", responses(
    (status = 200, content_type = "application/geo+json")))]
pub async fn geojson(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let (book, seen) = (web.desk.book(), Seen::by(&looking, &web).await?);
    Ok(aside(move || {
        let places = shown(&book, &seen);
        let collection = geojson::write(places.iter().map(|place| &**place));
        let geo = [(header::CONTENT_TYPE, "application/geo+json")];
        (geo, Json(collection)).into_response()
    })
    .await)
}

/// Makes a place, or replaces the one of this id.
#[utoipa::path(put, path = "/api/v1/places/{id}", params(("id" = String, Path)),
    request_body = PlaceText, responses(
    (status = 200, body = PlaceFrame), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn put(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let text: PlaceText = understood(&told)?;
    let new = place::read(&id, text).map_err(|error| refusal(&error))?;
    let (seen, book) = (Seen::by(&looking, &web).await?, web.desk.book());
    let before = book.orders.places.get(&new.id);
    let new = seen.place_in_the_stead_of(before, new);
    let new = new.map_err(|error| refusal(&error))?;
    let shown = seen.place(&Arc::new(new.clone()));
    let (desk, subject) = (
        web.desk.clone(),
        Subject::Desk("place", Arc::clone(&new.id)),
    );
    let change = async move {
        let kept = desk.put_places(vec![new]).await;
        kept.map_err(|error| refusal(&error))
    };
    noted(
        &web,
        &looking,
        caller,
        (What::PlaceChanged, subject),
        change,
    )
    .await?;
    let shown = shown.ok_or_else(ApiError::not_allowed)?;
    Ok(Json(frame(&shown)).into_response())
}

/// Removes a place that no rule uses.
#[utoipa::path(delete, path = "/api/v1/places/{id}", params(("id" = String, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
pub async fn remove(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let (seen, book) = (Seen::by(&looking, &web).await?, web.desk.book());
    let place = book.orders.places.get(id.as_str());
    let Some(place) = place.filter(|place| seen.place(place).is_some()) else {
        return Err(refusal(&DeskError::Unknown { what: "place", id }));
    };
    let id = Arc::clone(&place.id);
    let (desk, subject) = (web.desk.clone(), Subject::Desk("place", Arc::clone(&id)));
    let change = async move {
        let removed = desk.remove_place(id).await;
        removed.map_err(|error| match error {
            DeskError::InUse(mut rules) => {
                rules.retain(|rule| seen.rule(rule, &book.orders).is_some());
                if rules.is_empty() {
                    let message = "the place is used by a rule that you do not see; ask who does";
                    return ApiError::new(StatusCode::CONFLICT, "in_use", message);
                }
                refusal(&DeskError::InUse(rules))
            }
            other => refusal(&other),
        })
    };
    noted(
        &web,
        &looking,
        caller,
        (What::PlaceRemoved, subject),
        change,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes in the places of a `GeoJSON` collection of features: polygons, several of them, and Points with the
/// property `radius_m`. A feature with an id replaces the place that has it.
#[utoipa::path(post, path = "/api/v1/places/import",
    request_body(content = serde_json::Value, content_type = "application/geo+json"), responses(
    (status = 200, body = ImportAnswer), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 413, body = ErrorBody)))]
pub async fn import(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let new_id = || format!("p-{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 9]>()));
    let read = on_a_thread(move || geojson::read(told.get(), new_id)).await;
    let read = read.ok_or_else(ApiError::stopping)?;
    let read = read.map_err(|error| refusal(&error))?;
    let (seen, book) = (Seen::by(&looking, &web).await?, web.desk.book());
    let places: Result<Vec<_>, _> = read
        .places
        .into_iter()
        .map(|new| seen.place_in_the_stead_of(book.orders.places.get(&new.id), new))
        .collect();
    let places = places.map_err(|error| refusal(&error))?;
    let answer = ImportAnswer {
        imported: places.len(),
        skipped: read
            .skipped
            .into_iter()
            .map(|(index, reason)| SkippedFrame { index, reason })
            .collect(),
    };
    let desk = web.desk.clone();
    let change = async move {
        let kept = desk.put_places(places).await;
        kept.map_err(|error| refusal(&error))
    };
    noted(
        &web,
        &looking,
        caller,
        (What::PlacesImported, Subject::None),
        change,
    )
    .await?;
    Ok(Json(answer).into_response())
}
