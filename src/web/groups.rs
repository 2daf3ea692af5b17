//! The groups there are, as far as the viewer may see them: for choosing.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Web;
use super::aside::aside;
use super::error::{ApiError, ErrorBody};
use super::pick::states_of;
use super::query::STATES;
use super::viewer::Looking;

/// The names of groups, sorted, and how many vehicles of each do what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Groups)]
pub struct GroupsAnswer<'a> {
    groups: Vec<&'a str>,
    /// By group: all its `vehicles`, and those of each word that `state` of `/api/v1/vehicles` takes.
    counts: BTreeMap<&'a str, BTreeMap<&'static str, usize>>,
}

/// The groups of the vehicles that are seen.
#[utoipa::path(get, path = "/api/v1/groups", responses(
    (status = 200, body = GroupsAnswer),
    (status = 403, body = ErrorBody),
))]
pub async fn groups(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let slots = looking.stage(&web).await?.hub().slots();
    Ok(aside(move || {
        let mut counts: BTreeMap<&str, BTreeMap<&'static str, usize>> = BTreeMap::new();
        for (_, slot) in slots.iter() {
            let vehicle = &slot.entry.vehicle;
            for group in &vehicle.groups {
                let of_group = counts.entry(group).or_insert_with(none);
                for word in std::iter::once(ALL).chain(states_of(vehicle)) {
                    *of_group.entry(word).or_default() += 1;
                }
            }
        }
        let groups = counts.keys().copied().collect();
        Json(GroupsAnswer { groups, counts }).into_response()
    })
    .await)
}

const ALL: &str = "vehicles";

fn none() -> BTreeMap<&'static str, usize> {
    let words = STATES.into_iter().chain([ALL]);
    words.map(|word| (word, 0)).collect()
}
