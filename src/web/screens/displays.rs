//! Screens as a dispatcher sees them, and what they are told to do.
//!
//! Somebody who sees some groups only handles the screens that show no more than those.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Known;
use super::letter::{Telling, is_seen};
use super::report::ReportText;
use super::scenes::seen;
use crate::auth::audit::{Subject, What};
use crate::auth::{Token, TokenId};
use crate::desk::scene::DIM_PCT;
use crate::desk::{DeskError, Shown, Wall};
use crate::live::frame::Stamp;
use crate::live::letters::Letter;
use crate::web::Web;
use crate::web::desk::{noted, refusal, understood};
use crate::web::door::{Caller, Told};
use crate::web::error::{ApiError, ErrorBody};
use crate::web::viewer::Looking;

const MESSAGE_MAX_CHARS: usize = 200;
const MESSAGE_FOR_S: std::ops::RangeInclusive<u32> = 5..=3_600;

/// All screens one may handle.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Displays)]
pub struct DisplaysAnswer {
    displays: Vec<DisplayFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Display)]
struct DisplayFrame {
    id: String,
    name: String,
    is_connected: bool,
    /// When its token was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen_at: Option<Stamp>,
    /// The ids of its scenes, in their order; without any its own address says what it shows.
    scenes: Vec<String>,
    /// How much darker it is while it is dark, in percent.
    dim_pct: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReceivedReport>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceivedReport)]
struct ReceivedReport {
    #[serde(flatten)]
    report: ReportText,
    #[schema(value_type = String, format = DateTime)]
    received_at: Stamp,
}

/// What a screen is to show.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisplayChange {
    /// Ids of scenes, at most 24.
    scenes: Vec<String>,
    /// 0 to 80.
    dim_pct: u8,
}

/// What a screen is to do, once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub enum Command {
    /// Load itself anew.
    Reload,
    /// Say its own name.
    Identify,
    /// Say something.
    Message {
        /// 1 to 200 characters.
        text: String,
        /// 5 to 3,600 seconds.
        for_s: u32,
    },
    /// Show one of its scenes now.
    Scene {
        /// Its name.
        name: String,
    },
    /// Be so much darker for now.
    Dim {
        /// 0 to 80 percent.
        pct: u8,
    },
}

/// How many of its sockets a command has reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reached {
    reached: usize,
}

/// A screen.
pub(super) struct Display {
    pub(super) token: Token,
}

impl Display {
    /// All of them; what is known of others is forgotten.
    pub(super) fn all(web: &Web) -> Vec<Self> {
        let tokens = web.door.access.screens((web.clock)());
        let ids: Vec<TokenId> = tokens.iter().map(|token| token.id.clone()).collect();
        web.screens.forget_others(&ids);
        tokens.into_iter().map(|token| Self { token }).collect()
    }

    /// Those that `looking` may handle.
    pub(super) fn handled_by(looking: &Looking, web: &Web) -> Result<Vec<Self>, ApiError> {
        looking.must_dispatch()?;
        let mut all = Self::all(web);
        all.retain(|display| looking.0.sight.covers_groups_of(&display.token.sight));
        Ok(all)
    }

    fn find(id: &str, looking: &Looking, web: &Web) -> Result<Self, ApiError> {
        let mut all = Self::handled_by(looking, web)?.into_iter();
        all.find(|display| *display.token.id.0 == *id)
            .ok_or_else(|| {
                let message = "there is no such screen; GET /api/v1/displays lists all";
                ApiError::new(StatusCode::NOT_FOUND, "not_found", message)
            })
    }

    /// As `looking` may know of it: the id of a scene may be the name of a group.
    fn frame(&self, web: &Web, looking: &Looking) -> DisplayFrame {
        let (id, wall) = (&self.token.id, web.desk.wall());
        let Known {
            is_connected,
            report,
        } = web.screens.known(id);
        let shown = wall.displays.get(&*id.0).cloned().unwrap_or_default();
        let mut scenes = shown.scenes;
        scenes.retain(|id| seen(&wall, id, looking).is_some());
        DisplayFrame {
            id: id.to_string(),
            name: self.token.name.to_string(),
            is_connected,
            last_seen_at: self.token.seen_at.map(Stamp),
            scenes,
            dim_pct: shown.dim_pct,
            report: report.map(|(report, at)| ReceivedReport {
                report,
                received_at: Stamp(at),
            }),
        }
    }
}

/// Tells every screen that shows this scene what it shows.
pub(super) fn tell_all(web: &Web, scene: &str) {
    let wall = web.desk.wall();
    for Display { token } in Display::all(web) {
        if wall.scenes_of(&token.id.0).any(|it| *it.id == *scene) {
            web.screens.tell_shown(&token.id, &token.sight, &web.desk);
        }
    }
    web.reception.wake();
}

/// The screens, in the order in which they were let in.
#[utoipa::path(get, path = "/api/v1/displays", responses(
    (status = 200, body = DisplaysAnswer), (status = 403, body = ErrorBody)))]
pub async fn displays(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let all = Display::handled_by(&looking, &web)?;
    let displays = all.iter().map(|display| display.frame(&web, &looking));
    let displays = displays.collect();
    Ok(Json(DisplaysAnswer { displays }).into_response())
}

/// Says what a screen shows; it does so at once, and after a restart.
#[utoipa::path(put, path = "/api/v1/displays/{id}", params(("id" = String, Path)),
    request_body = DisplayChange, responses(
    (status = 200, body = DisplayFrame), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn put(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    let display = Display::find(&id, &looking, &web)?;
    let told: DisplayChange = understood(&told)?;
    let wall = web.desk.wall();
    let hidden = told
        .scenes
        .iter()
        .find(|id| seen(&wall, id, &looking).is_none());
    if let Some(id) = hidden {
        return Err(refusal(&DeskError::no_scene(id)));
    }
    // What the asker does not see stays as it was, behind what they order.
    let held = wall.displays.get(&*display.token.id.0);
    let kept = held.into_iter().flat_map(|shown| &shown.scenes);
    let is_hidden = |id: &str| wall.scenes.contains_key(id) && seen(&wall, id, &looking).is_none();
    let kept = kept.filter(|id| is_hidden(id));
    let mut scenes = told.scenes;
    scenes.extend(kept.cloned().collect::<Vec<_>>());
    let shown = Shown {
        scenes,
        dim_pct: told.dim_pct,
    };
    let token = &display.token;
    let known = Display::all(&web).into_iter();
    let known = known.map(|display| Arc::clone(&display.token.id.0));
    let (desk, key) = (web.desk.clone(), Arc::clone(&token.id.0));
    let known = known.collect();
    let change = async move {
        let kept = desk.show(key, shown, known).await;
        kept.map_err(|error| refusal(&error))
    };
    let subject = Subject::Token(token.id.clone());
    noted(
        &web,
        &looking,
        caller,
        (What::DisplayChanged, subject),
        change,
    )
    .await?;
    web.screens.tell_shown(&token.id, &token.sight, &web.desk);
    web.reception.wake();
    Ok(Json(display.frame(&web, &looking)).into_response())
}

/// Has a screen do something, once.
#[utoipa::path(post, path = "/api/v1/displays/{id}/command", params(("id" = String, Path)),
    request_body = Command, responses(
    (status = 200, body = Reached), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
pub async fn command(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    let Display { token } = Display::find(&id, &looking, &web)?;
    let command: Command = understood(&told)?;
    let (letter, telling) = telling(&command, &token, &looking, &web.desk.wall())?;
    let text = telling.text();
    let subject = Subject::Token(token.id.clone());
    let (screens, reception) = (web.screens.clone(), web.reception.clone());
    let change = async move {
        let reached = screens.tell(&token.id, letter, &text);
        reception.wake();
        if reached == 0 {
            let words = format!(
                "\"{}\" is not connected; it hears nothing just now",
                token.name
            );
            return Err(ApiError::new(StatusCode::CONFLICT, "not_connected", words));
        }
        Ok(reached)
    };
    let done = (What::DisplayCommanded, subject);
    let reached = noted(&web, &looking, caller, done, change).await?;
    Ok(Json(Reached { reached }).into_response())
}

/// What a screen is told, if that can be meant.
fn telling<'a>(
    command: &'a Command,
    token: &'a Token,
    looking: &Looking,
    wall: &Wall,
) -> Result<(Letter, Telling<'a>), ApiError> {
    Ok(match command {
        Command::Reload => (Letter::Reload, Telling::Reload),
        Command::Identify => (Letter::Message, Telling::Identify { text: &token.name }),
        Command::Message { text, for_s } => {
            let n_chars = text.chars().count();
            if n_chars == 0 || MESSAGE_MAX_CHARS < n_chars || text.chars().any(char::is_control) {
                return Err(ApiError::bad_request(format!(
                    "`text` has {n_chars} characters; it must have 1 to {MESSAGE_MAX_CHARS}, in one line"
                )));
            }
            if !MESSAGE_FOR_S.contains(for_s) {
                let words = format!("`for_s` is {for_s}; it may be 5 to 3600");
                return Err(ApiError::bad_request(words));
            }
            (
                Letter::Message,
                Telling::Message {
                    text,
                    for_s: *for_s,
                },
            )
        }
        Command::Scene { name } => {
            let scenes = wall.scenes_of(&token.id.0);
            let mut scenes = scenes.filter(|scene| is_seen(&scene.text, &looking.0.sight));
            if !scenes.any(|scene| *scene.name == **name) {
                let words =
                    "`name` is of no scene that this screen shows; GET /api/v1/displays lists them";
                return Err(ApiError::bad_request(words));
            }
            (Letter::Scene, Telling::Scene { name })
        }
        Command::Dim { pct } => {
            if !DIM_PCT.contains(pct) {
                return Err(ApiError::bad_request(format!(
                    "`pct` is {pct}; it may be 0 to 80"
                )));
            }
            (Letter::Dim, Telling::Dim { pct: *pct })
        }
    })
}
