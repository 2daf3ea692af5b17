//! Screens: they ask for a code, wait, and are let in by an administrator who reads it off them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Guest, Told};
use super::cookies;
use super::identify::no_content;
use super::tokens::to_come;
use super::words::{SightFrame, name, refusal};
use crate::auth::pairing::{Polled, Screen};
use crate::auth::{Credential, ViewerKind};
use crate::live::frame::Stamp;
use crate::web::Web;
use crate::web::error::{ApiError, ErrorBody};

/// A code to show, and a secret to ask again with.
#[derive(Serialize, ToSchema)]
#[schema(as = Pairing)]
pub(super) struct AskedAnswer {
    #[schema(example = "CDF-GHJ")]
    code: String,
    secret: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Stamp,
}

/// The secret of a screen that waits.
#[derive(Debug, Deserialize, ToSchema)]
pub struct WaitingSecret {
    #[schema(value_type = String)]
    secret: SecretString,
}

/// How it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PairingState)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PolledAnswer {
    /// Nobody has typed the code yet.
    Waiting {
        /// Until when it is good.
        #[schema(value_type = String, format = DateTime)]
        expires_at: Stamp,
    },
    /// The screen is in; its cookie comes with this answer.
    Paired,
}

/// A screen that waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingScreen)]
pub struct WaitingAnswer {
    from: String,
    agent: String,
    #[schema(value_type = String, format = DateTime)]
    asked_at: Stamp,
}

/// What a screen is to be called, and may see.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Approval {
    name: String,
    sight: SightFrame,
    /// Where absent: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A screen's token, as it stood behind `#token=`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DisplayToken {
    #[schema(value_type = String)]
    token: SecretString,
}

/// A screen asks for a code. Open to everybody, a few at a time.
#[utoipa::path(post, path = "/api/v1/pairing", responses(
    (status = 201, body = AskedAnswer), (status = 429, body = ErrorBody)))]
pub async fn ask(State(web): State<Web>, guest: Guest) -> Result<Response, ApiError> {
    let asked = web.door.access.ask_pairing(&guest.client, (web.clock)());
    let asked = asked.map_err(|error| refusal(&error))?;
    let answer = AskedAnswer {
        code: asked.code,
        secret: asked.secret.expose_secret().to_owned(),
        expires_at: Stamp(asked.expires_at),
    };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// A screen asks whether it is let in; at least once a minute.
#[utoipa::path(post, path = "/api/v1/pairing/poll", request_body = WaitingSecret, responses(
    (status = 200, body = PolledAnswer), (status = 410, body = ErrorBody)))]
pub async fn poll(
    State(web): State<Web>,
    guest: Guest,
    Told(waiting): Told<WaitingSecret>,
) -> Result<Response, ApiError> {
    let polled = web
        .door
        .access
        .poll_pairing(waiting.secret, (web.clock)())
        .await;
    match polled.map_err(|error| refusal(&error))? {
        Polled::Waiting { expires_at } => {
            let expires_at = Stamp(expires_at);
            Ok(Json(PolledAnswer::Waiting { expires_at }).into_response())
        }
        Polled::Paired(token) => {
            let cookie = (header::SET_COOKIE, cookies::display(&guest.visit, &token));
            Ok(([cookie], Json(PolledAnswer::Paired)).into_response())
        }
        Polled::Gone => {
            let message = "this code is no longer good; ask for another";
            Err(ApiError::new(StatusCode::GONE, "gone", message))
        }
    }
}

/// The screen that shows this code.
#[utoipa::path(get, path = "/api/v1/pairing/{code}", params(("code" = String, Path)), responses(
    (status = 200, body = WaitingAnswer), (status = 403, body = ErrorBody),
    (status = 410, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub async fn find(
    State(web): State<Web>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<WaitingAnswer>, ApiError> {
    let found = web
        .door
        .access
        .find_pairing(&caller.actor, &code, (web.clock)());
    let found = found.map_err(|error| refusal(&error))?;
    Ok(Json(WaitingAnswer {
        from: found.from,
        agent: found.agent,
        asked_at: Stamp(found.asked_at),
    }))
}

/// Lets the screen that shows this code in.
#[utoipa::path(post, path = "/api/v1/pairing/{code}/approve", params(("code" = String, Path)),
    request_body = Approval, responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 410, body = ErrorBody),
    (status = 429, body = ErrorBody)))]
pub async fn approve(
    State(web): State<Web>,
    caller: Caller,
    Path(code): Path<String>,
    Told(told): Told<Approval>,
) -> Result<Response, ApiError> {
    let now = (web.clock)();
    let screen = Screen {
        name: name(&told.name)?,
        sight: told.sight.into(),
        expires_at: to_come(told.expires_at, now)?,
    };
    let approved = web
        .door
        .access
        .approve_pairing(&caller.actor, &code, screen, now)
        .await;
    approved.map_err(|error| refusal(&error))?;
    Ok(no_content([]))
}

/// Turns the screen that shows this code away.
#[utoipa::path(post, path = "/api/v1/pairing/{code}/refuse", params(("code" = String, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 410, body = ErrorBody)))]
pub async fn refuse(
    State(web): State<Web>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Response, ApiError> {
    let refused = web
        .door
        .access
        .refuse_pairing(&caller.actor, &code, (web.clock)())
        .await;
    refused.map_err(|error| refusal(&error))?;
    Ok(no_content([]))
}

/// Changes a screen's token for its cookie, for screens that forget. Open, as the token itself is
/// the proof.
#[utoipa::path(post, path = "/api/v1/display", request_body = DisplayToken, responses(
    (status = 204, description = "with the screen's cookie"), (status = 401, body = ErrorBody)))]
pub async fn display(
    State(web): State<Web>,
    guest: Guest,
    Told(told): Told<DisplayToken>,
) -> Result<Response, ApiError> {
    let shown = Credential::Token(told.token.expose_secret());
    let viewer = web
        .door
        .access
        .who(shown, guest.visit.address, (web.clock)());
    // A program's token in a cookie would be sent along by every page of ours.
    if viewer.is_none_or(|viewer| viewer.kind != ViewerKind::Display) {
        let message = "this is no token of a screen, or no longer";
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "wrong_credentials",
            message,
        ));
    }
    Ok(no_content([cookies::display(&guest.visit, &told.token)]))
}
