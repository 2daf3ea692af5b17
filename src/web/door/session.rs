//! Coming in by name and password, leaving, and the list of one's sessions.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Guest, Told};
use super::cookies::{self, Cookie};
use super::identify::no_content;
use super::oidc;
use super::words::{SightFrame, not_let_in, refusal};
use crate::auth::{Session, SessionId, UserId, Viewer, ViewerId, ViewerKind};
use crate::live::frame::Stamp;
use crate::web::Web;
use crate::web::error::{ApiError, ErrorBody};

/// Who one is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub struct MeAnswer {
    id: MyId,
    name: String,
    #[schema(example = "viewer")]
    role: &'static str,
    /// `person`, `display`, `program`, `metrics` or `local`.
    kind: &'static str,
    sight: SightFrame,
    /// Whether a person has a password to change; whoever only comes in by others has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_password: Option<bool>,
}

/// A person's number, a token's id, or `local`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum MyId {
    Number(i64),
    Text(String),
}

/// The ways to sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignIn)]
pub struct SignInAnswer {
    password: bool,
    /// An `OpenID` provider, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc: Option<ElsewhereFrame>,
}

/// By whom else one can sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenIdProvider)]
struct ElsewhereFrame {
    name: String,
    /// Where the browser goes; it takes `next` along.
    #[schema(example = "/api/v1/oidc/login")]
    href: &'static str,
}

/// A name and a password.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Login {
    name: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// The old password and the new one.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PasswordChange {
    #[schema(value_type = String, format = Password)]
    old: SecretString,
    #[schema(value_type = String, format = Password)]
    new: SecretString,
}

/// Sessions, the newest use first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sessions)]
pub struct SessionsAnswer {
    sessions: Vec<SessionFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionFrame {
    id: String,
    user: UserRef,
    #[schema(value_type = String, format = DateTime)]
    made_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    seen_at: Stamp,
    from: String,
    agent: String,
    is_this: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct UserRef {
    id: i64,
    name: String,
}

/// Whose sessions.
#[derive(Debug, Default, Deserialize)]
pub struct SessionsQuery {
    #[serde(default)]
    all: bool,
}

fn kind(viewer: &Viewer) -> &'static str {
    match viewer.kind {
        ViewerKind::Person => "person",
        ViewerKind::Display => "display",
        ViewerKind::Program => "program",
        ViewerKind::Metrics => "metrics",
        ViewerKind::Local => "local",
    }
}

/// Who one is, and what one may see.
#[utoipa::path(get, path = "/api/v1/me", responses(
    (status = 200, body = MeAnswer), (status = 401, body = ErrorBody)))]
pub async fn me(State(web): State<Web>, caller: Caller) -> Response {
    let viewer = &caller.viewer;
    let user = viewer.user.and_then(|user| web.door.access.user(user));
    let id = match (&viewer.user, &viewer.id) {
        (Some(UserId(number)), _) => MyId::Number(*number),
        (None, ViewerId::Token(token)) => MyId::Text(token.to_string()),
        (None, _) => MyId::Text("local".to_owned()),
    };
    let me = MeAnswer {
        id,
        name: viewer.name.to_string(),
        role: viewer.role.as_str(),
        kind: kind(viewer),
        sight: SightFrame::from(&*viewer.sight),
        has_password: user.map(|user| user.has_password),
    };
    Json(me).into_response()
}

/// The ways to sign in. Open to everybody.
#[utoipa::path(get, path = "/api/v1/sign-in", responses((status = 200, body = SignInAnswer)))]
pub async fn sign_in(State(web): State<Web>) -> Json<SignInAnswer> {
    let elsewhere = web.door.elsewhere.as_ref();
    Json(SignInAnswer {
        password: true,
        oidc: elsewhere.map(|elsewhere| ElsewhereFrame {
            name: elsewhere.name().to_owned(),
            href: oidc::LOGIN,
        }),
    })
}

/// Signs in: a new session, and the one that the browser held ends. Open to everybody.
#[utoipa::path(post, path = "/api/v1/session", request_body = Login, responses(
    (status = 204, description = "with the session's cookie"),
    (status = 401, body = ErrorBody), (status = 429, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub async fn login(
    State(web): State<Web>,
    guest: Guest,
    Told(login): Told<Login>,
) -> Result<Response, ApiError> {
    let now = (web.clock)();
    let Guest {
        visit,
        client,
        held,
        ..
    } = guest;
    let entered = web
        .door
        .access
        .login(&login.name, login.password, held, &client, now);
    let cookie = entered.await.map_err(|error| not_let_in(&error))?;
    Ok(no_content([cookies::session(&visit, &cookie, now)]))
}

/// Signs out, on this browser: of a session, or of a screen's token, which stays good elsewhere.
#[utoipa::path(delete, path = "/api/v1/session", responses((status = 204)))]
pub async fn logout(State(web): State<Web>, caller: Caller) -> Result<Response, ApiError> {
    let Guest { visit, client, .. } = &caller.guest;
    let left = web
        .door
        .access
        .logout(&caller.viewer, client, (web.clock)());
    left.await.map_err(|error| refusal(&error))?;
    Ok(no_content([
        Cookie::Session.take(visit),
        Cookie::Display.take(visit),
    ]))
}

/// One's own sessions, or those of all for administrators.
#[utoipa::path(get, path = "/api/v1/sessions",
    params(("all" = Option<bool>, Query, description = "of everybody; for administrators")),
    responses((status = 200, body = SessionsAnswer), (status = 403, body = ErrorBody)))]
pub async fn sessions(
    State(web): State<Web>,
    caller: Caller,
    query: Result<Query<SessionsQuery>, QueryRejection>,
) -> Result<Json<SessionsAnswer>, ApiError> {
    let (access, now) = (&web.door.access, (web.clock)());
    let found = match (query?.0.all, caller.viewer.user) {
        (true, _) => access.sessions(&caller.actor, now),
        (false, Some(user)) => access.sessions_of(&caller.actor, user, now),
        (false, None) => Ok(Vec::new()),
    };
    let found = found.map_err(|error| refusal(&error))?;
    let frame = |session: Session| {
        let user = access.user(session.user)?;
        Some(SessionFrame {
            is_this: caller.viewer.id == ViewerId::Session(session.id.clone()),
            id: session.id.to_string(),
            user: UserRef {
                id: user.id.0,
                name: user.name.to_string(),
            },
            made_at: Stamp(session.made_at),
            seen_at: Stamp(session.seen_at),
            from: session.from.to_string(),
            agent: session.agent.to_string(),
        })
    };
    let sessions = found.into_iter().filter_map(frame).collect();
    Ok(Json(SessionsAnswer { sessions }))
}

/// Ends a session: one's own, or anybody's for administrators.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", params(("id" = String, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn revoke(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = SessionId(id.into());
    let revoked = web
        .door
        .access
        .revoke_session(&caller.actor, id, (web.clock)());
    revoked.await.map_err(|error| refusal(&error))?;
    Ok(no_content([]))
}

/// Ends all of one's sessions but this one.
#[utoipa::path(delete, path = "/api/v1/sessions", responses((status = 204)))]
pub async fn revoke_others(State(web): State<Web>, caller: Caller) -> Result<Response, ApiError> {
    let this = match &caller.viewer.id {
        ViewerId::Session(id) => Some(id.clone()),
        _ => None,
    };
    let (access, user) = (&web.door.access, caller.user()?);
    let revoked = access.revoke_sessions_of(&caller.actor, user, this, (web.clock)());
    revoked.await.map_err(|error| refusal(&error))?;
    Ok(no_content([]))
}

/// Changes one's password: all sessions end, and a new one begins here.
#[utoipa::path(post, path = "/api/v1/password", request_body = PasswordChange, responses(
    (status = 204, description = "with the new session's cookie"),
    (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn password(
    State(web): State<Web>,
    caller: Caller,
    Told(change): Told<PasswordChange>,
) -> Result<Response, ApiError> {
    caller.user()?;
    let now = (web.clock)();
    let Guest { visit, client, .. } = &caller.guest;
    let access = &web.door.access;
    let changed = access.change_password(&caller.viewer, change.old, change.new, client, now);
    let cookie = changed.await.map_err(|error| not_let_in(&error))?;
    Ok(no_content([cookies::session(visit, &cookie, now)]))
}
