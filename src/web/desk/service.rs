//! Vehicles out of service: they raise no alarm but that of the panic button.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::seen::Seen;
use super::{noted, refusal, understood};
use crate::auth::audit::{Subject, What};
use crate::domain::VehicleId;
use crate::domain::order::OutOfService;
use crate::live::frame::Stamp;
use crate::web::Web;
use crate::web::aside::aside;
use crate::web::door::{Caller, Told};
use crate::web::error::{ApiError, ErrorBody};
use crate::web::viewer::Looking;

/// All vehicles out of service that are seen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutOfService)]
pub struct OutOfServiceAnswer {
    vehicles: Vec<OutFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VehicleOutOfService)]
struct OutFrame {
    vehicle: String,
    #[schema(value_type = String, format = DateTime)]
    since: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// Until when, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TakenOut)]
#[serde(deny_unknown_fields)]
pub struct OutText {
    /// RFC 3339; until it is put back where absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    reason: Option<String>,
}

fn frame(shown_id: &VehicleId, is_out: &OutOfService) -> OutFrame {
    OutFrame {
        vehicle: shown_id.to_string(),
        since: Stamp(is_out.since),
        until: is_out.until.map(Stamp),
        reason: is_out.reason.as_deref().map(str::to_owned),
        by: is_out.by.as_deref().map(str::to_owned),
    }
}

/// Vehicles out of service.
#[utoipa::path(get, path = "/api/v1/out-of-service", responses(
    (status = 200, body = OutOfServiceAnswer)))]
pub async fn all(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let now = (web.clock)();
    let (orders, seen) = (web.desk.book().orders, Seen::by(&looking, &web).await?);
    Ok(aside(move || {
        let all = orders.out_of_service.iter();
        let out = all.filter(|(_, it)| it.until.is_none_or(|until| now < until));
        let shown = out.filter_map(|(id, it)| Some(frame(&seen.shown_id(id)?, it)));
        let mut vehicles: Vec<OutFrame> = shown.collect();
        // The order of ids that say plates would say them too.
        vehicles.sort_unstable_by(|a, b| a.vehicle.cmp(&b.vehicle));
        Json(OutOfServiceAnswer { vehicles }).into_response()
    })
    .await)
}

/// Takes a vehicle out of service, or says anew until when and why.
#[utoipa::path(put, path = "/api/v1/out-of-service/{id}", params(("id" = String, Path)),
    request_body = OutText, responses(
    (status = 200, body = OutFrame), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn put(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let text: OutText = understood(&told)?;
    let seen = Seen::by(&looking, &web).await?;
    let vehicle = seen.behind(&id).ok_or_else(|| ApiError::no_vehicle(&id))?;
    let vehicle = vehicle.id.clone();
    let now = (web.clock)();
    let reason = text.reason.map(|reason| reason.trim().to_owned());
    let is_out = OutOfService {
        since: now,
        until: text.until,
        reason: reason.filter(|reason| !reason.is_empty()).map(Into::into),
        by: Some(looking.0.name.clone()),
    };
    let (desk, subject) = (web.desk.clone(), Subject::Vehicle(vehicle.as_str().into()));
    let change = async move {
        let kept = desk.take_out(vehicle, is_out, now).await;
        kept.map_err(|error| refusal(&error))
    };
    let kept = noted(
        &web,
        &looking,
        caller,
        (What::OutOfService, subject),
        change,
    )
    .await?;
    Ok(Json(frame(&VehicleId::new(id), &kept)).into_response())
}

/// Puts a vehicle back into service.
#[utoipa::path(delete, path = "/api/v1/out-of-service/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let seen = Seen::by(&looking, &web).await?;
    let vehicle = match seen.behind(&id) {
        Some(vehicle) => vehicle.id.clone(),
        // One that is no more can be put back by who sees everything.
        None if looking.sees_everything() => VehicleId::new(id),
        None => return Err(ApiError::no_vehicle(&id)),
    };
    let (desk, subject) = (web.desk.clone(), Subject::Vehicle(vehicle.as_str().into()));
    let change = async move {
        let put_back = desk.put_back(vehicle).await;
        put_back.map_err(|error| refusal(&error))
    };
    noted(
        &web,
        &looking,
        caller,
        (What::BackInService, subject),
        change,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
