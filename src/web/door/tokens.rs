//! Tokens of programs, screens and `/metrics`, for administrators.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Told};
use super::identify::no_content;
use super::words::{SightFrame, name, refusal};
use crate::auth::{AuthError, NewToken, Token, TokenId, TokenKind};
use crate::live::frame::Stamp;
use crate::web::Web;
use crate::web::error::{ApiError, ErrorBody};

/// All tokens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokensAnswer {
    tokens: Vec<TokenFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenFrame {
    id: String,
    /// `program`, `display` or `metrics`.
    kind: &'static str,
    name: String,
    sight: SightFrame,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    net: Option<String>,
    made_by: String,
    #[schema(value_type = String, format = DateTime)]
    made_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    seen_at: Option<Stamp>,
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TokenToMake {
    /// `program`, `display` or `metrics`.
    kind: String,
    name: String,
    sight: SightFrame,
    /// Where absent: in 90 days, a screen's never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// It is good from these addresses only, such as `192.0.2.0/24`.
    net: Option<String>,
}

/// What of a token changes; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TokenChange {
    name: Option<String>,
    sight: Option<SightFrame>,
}

/// A token that was made; it is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeToken)]
pub(super) struct MadeTokenAnswer {
    id: String,
    token: String,
}

fn frame(token: &Token) -> TokenFrame {
    TokenFrame {
        id: token.id.to_string(),
        kind: token.kind.as_str(),
        name: token.name.to_string(),
        sight: SightFrame::from(&*token.sight),
        expires_at: token.expires_at.map(Stamp),
        net: token.net.as_ref().map(ToString::to_string),
        made_by: token.made_by.to_string(),
        made_at: Stamp(token.made_at),
        seen_at: token.seen_at.map(Stamp),
    }
}

fn kind(text: &str) -> Result<TokenKind, ApiError> {
    let kinds = [TokenKind::Program, TokenKind::Display, TokenKind::Metrics];
    let found = kinds.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| ApiError::bad_request("`kind` must be program, display or metrics"))
}

fn net(text: &str) -> Result<IpNet, ApiError> {
    let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let found = text.parse().ok().or_else(one);
    found.ok_or_else(|| {
        ApiError::bad_request("`net` must be an address or a network, such as 192.0.2.0/24")
    })
}

/// An end that is still to come.
pub(super) fn to_come(
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, ApiError> {
    if at.is_some_and(|at| at <= now) {
        return Err(ApiError::bad_request("`expires_at` must be a time to come"));
    }
    Ok(at)
}

/// All tokens, without their secrets.
#[utoipa::path(get, path = "/api/v1/tokens", responses(
    (status = 200, body = TokensAnswer), (status = 403, body = ErrorBody)))]
pub async fn tokens(
    State(web): State<Web>,
    caller: Caller,
) -> Result<Json<TokensAnswer>, ApiError> {
    let tokens = web.door.access.tokens(&caller.actor);
    let tokens = tokens.map_err(|error| refusal(&error))?;
    Ok(Json(TokensAnswer {
        tokens: tokens.iter().map(frame).collect(),
    }))
}

/// Makes a token.
#[utoipa::path(post, path = "/api/v1/tokens", request_body = TokenToMake, responses(
    (status = 201, body = MadeTokenAnswer), (status = 403, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
pub async fn make(
    State(web): State<Web>,
    caller: Caller,
    Told(told): Told<TokenToMake>,
) -> Result<Response, ApiError> {
    let now = (web.clock)();
    let kind = kind(&told.kind)?;
    let usual = || now.checked_add(kind.default_lasts()?).ok();
    let new = NewToken {
        kind,
        name: name(&told.name)?,
        sight: told.sight.into(),
        expires_at: to_come(told.expires_at, now)?.or_else(usual),
        net: told.net.as_deref().map(net).transpose()?,
    };
    let made = web.door.access.make_token(&caller.actor, new, now).await;
    let made = made.map_err(|error| refusal(&error))?;
    let answer = MadeTokenAnswer {
        id: made.id.to_string(),
        token: made.secret.expose_secret().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Changes what a token is called, or what it may see.
#[utoipa::path(patch, path = "/api/v1/tokens/{id}", params(("id" = String, Path)),
    request_body = TokenChange, responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn change(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<String>,
    Told(change): Told<TokenChange>,
) -> Result<Response, ApiError> {
    let (access, now, id) = (&web.door.access, (web.clock)(), TokenId(id.into()));
    let tokens = access.tokens(&caller.actor);
    let tokens = tokens.map_err(|error| refusal(&error))?;
    let unknown = || refusal(&AuthError::Unknown("token"));
    let token = tokens
        .iter()
        .find(|token| token.id == id)
        .ok_or_else(unknown)?;
    let title = name(change.name.as_deref().unwrap_or(&token.name))?;
    let sight = change
        .sight
        .map_or_else(|| (*token.sight).clone(), Into::into);
    let changed = access
        .change_token(&caller.actor, id, title, sight, now)
        .await;
    changed.map_err(|error| refusal(&error))?;
    Ok(no_content([]))
}

/// Revokes a token: whoever holds it is out at once.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", params(("id" = String, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn revoke(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = TokenId(id.into());
    let revoked = web
        .door
        .access
        .revoke_token(&caller.actor, id, (web.clock)());
    revoked.await.map_err(|error| refusal(&error))?;
    Ok(no_content([]))
}
