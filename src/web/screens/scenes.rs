//! Scenes: what screens show by turns. A dispatcher makes them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::displays::{Display, tell_all};
use super::letter::is_seen;
use crate::auth::audit::{Subject, What};
use crate::desk::scene::{self, Scene, SceneText};
use crate::desk::{DeskError, Wall};
use crate::web::Web;
use crate::web::desk::{noted, refusal, understood};
use crate::web::door::{Caller, Told};
use crate::web::error::{ApiError, ErrorBody};
use crate::web::viewer::Looking;

/// All scenes that show nothing but what one may see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scenes)]
pub struct ScenesAnswer {
    scenes: Vec<SceneFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SceneWithId)]
struct SceneFrame {
    id: String,
    name: String,
    scene: SceneText,
}

/// A scene to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneToKeep {
    /// Its name for people.
    name: String,
    /// What it shows.
    scene: SceneText,
}

fn frame(scene: &Scene) -> SceneFrame {
    let mut text = scene.text.clone();
    text.name = None;
    SceneFrame {
        id: scene.id.to_string(),
        name: scene.name.to_string(),
        scene: text,
    }
}

/// The scene of this id, as far as its asker may know of it.
pub(super) fn seen<'a>(wall: &'a Wall, id: &str, looking: &Looking) -> Option<&'a Arc<Scene>> {
    let held = wall.scenes.get(id);
    held.filter(|scene| is_seen(&scene.text, &looking.0.sight))
}

fn unknown(id: &str) -> ApiError {
    let id = id.to_owned();
    refusal(&DeskError::Unknown { what: "scene", id })
}

/// All scenes, by name.
#[utoipa::path(get, path = "/api/v1/scenes", responses(
    (status = 200, body = ScenesAnswer), (status = 403, body = ErrorBody)))]
pub async fn scenes(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let wall = web.desk.wall();
    let all = wall.scenes.values();
    let mut scenes: Vec<_> = all
        .filter(|scene| is_seen(&scene.text, &looking.0.sight))
        .map(|scene| frame(scene))
        .collect();
    scenes.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(Json(ScenesAnswer { scenes }).into_response())
}

/// Makes a scene, or replaces the one of this id: screens that have it show it so at once.
#[utoipa::path(put, path = "/api/v1/scenes/{id}", params(("id" = String, Path)),
    request_body = SceneToKeep, responses(
    (status = 200, body = SceneFrame), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn put(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let told: SceneToKeep = understood(&told)?;
    let new = scene::read(&id, &told.name, told.scene).map_err(|error| refusal(&error))?;
    if !is_seen(&new.text, &looking.0.sight) {
        let words = "`group` is none that you see; GET /api/v1/groups lists yours";
        return Err(ApiError::bad_request(words));
    }
    let wall = web.desk.wall();
    if wall.scenes.contains_key(&new.id) && seen(&wall, &id, &looking).is_none() {
        return Err(unknown(&id));
    }
    let shown = frame(&new);
    let (desk, subject) = (
        web.desk.clone(),
        Subject::Desk("scene", Arc::clone(&new.id)),
    );
    let change = async move {
        let kept = desk.put_scene(new).await;
        kept.map_err(|error| refusal(&error))
    };
    noted(
        &web,
        &looking,
        caller,
        (What::SceneChanged, subject),
        change,
    )
    .await?;
    tell_all(&web, &id);
    Ok(Json(shown).into_response())
}

/// Removes a scene that no screen shows.
#[utoipa::path(delete, path = "/api/v1/scenes/{id}", params(("id" = String, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
pub async fn remove(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    looking.must_dispatch()?;
    let wall = web.desk.wall();
    let id = Arc::clone(&seen(&wall, &id, &looking).ok_or_else(|| unknown(&id))?.id);
    let shows_it = |display: &Display| wall.scenes_of(&display.token.id.0).any(|it| it.id == id);
    let all = Display::all(&web);
    let n_users = all.iter().filter(|it| shows_it(it)).count();
    let mut users: Vec<_> = Display::handled_by(&looking, &web)?
        .into_iter()
        .filter(shows_it)
        .map(|display| format!("\"{}\"", display.token.name))
        .collect();
    if users.len() < n_users {
        users.push("screens that you do not handle".to_owned());
    }
    if !users.is_empty() {
        let words = format!(
            "the scene is shown by {}; take it out there first",
            users.join(", ")
        );
        return Err(ApiError::new(StatusCode::CONFLICT, "in_use", words));
    }
    let (desk, subject) = (web.desk.clone(), Subject::Desk("scene", Arc::clone(&id)));
    let known = all.iter().map(|it| Arc::clone(&it.token.id.0)).collect();
    let change = async move {
        let removed = desk.remove_scene(id, known).await;
        removed.map_err(|error| refusal(&error))
    };
    noted(
        &web,
        &looking,
        caller,
        (What::SceneRemoved, subject),
        change,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
