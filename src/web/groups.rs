//! The groups there are, as far as the viewer may see them: for choosing.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Web;
use super::aside::aside;
use super::error::{ApiError, ErrorBody};
use super::viewer::Looking;

/// The names of groups, sorted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Groups)]
pub struct GroupsAnswer<'a> {
    groups: BTreeSet<&'a str>,
}

/// The groups of the vehicles that are seen.
#[utoipa::path(get, path = "/api/v1/groups", responses(
    (status = 200, body = GroupsAnswer),
    (status = 403, body = ErrorBody),
))]
pub async fn groups(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let slots = looking.stage(&web).await?.hub().slots();
    Ok(aside(move || {
        let vehicles = slots.iter().map(|(_, slot)| &slot.entry.vehicle);
        let groups = vehicles.flat_map(|vehicle| vehicle.groups.iter().map(|group| &**group));
        let groups = groups.collect();
        Json(GroupsAnswer { groups }).into_response()
    })
    .await)
}
