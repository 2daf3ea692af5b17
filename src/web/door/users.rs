//! Users, for administrators.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Told};
use super::identify::no_content;
use super::words::{SightFrame, name, refusal, role};
use crate::auth::invitation::link_path;
use crate::auth::{AuthError, NewUser, User, UserId};
use crate::live::frame::Stamp;
use crate::web::Web;
use crate::web::error::{ApiError, ErrorBody};

/// All users, by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Users)]
pub struct UsersAnswer {
    users: Vec<UserFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
struct UserFrame {
    id: i64,
    name: String,
    /// `viewer`, `dispatcher` or `administrator`.
    role: &'static str,
    sight: SightFrame,
    is_disabled: bool,
    has_password: bool,
    is_external: bool,
    #[schema(value_type = String, format = DateTime)]
    made_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    entered_at: Option<Stamp>,
}

/// A user to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserToMake {
    name: String,
    role: String,
    sight: SightFrame,
}

/// What of a user changes; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserChange {
    role: Option<String>,
    sight: Option<SightFrame>,
    is_disabled: Option<bool>,
}

/// A user that was made, and the path of the link by which it sets its password.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeUser)]
pub(super) struct MadeUserAnswer {
    id: i64,
    #[schema(example = "/invitation#fg_invite_...")]
    invitation: String,
}

/// The path of a link by which a user sets its password, once.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(super) struct InvitationAnswer {
    invitation: String,
}

fn path_of(secret: &SecretString) -> String {
    link_path(secret).expose_secret().to_owned()
}

fn frame(user: &Arc<User>) -> UserFrame {
    UserFrame {
        id: user.id.0,
        name: user.name.to_string(),
        role: user.role.as_str(),
        sight: SightFrame::from(&*user.sight),
        is_disabled: user.is_disabled,
        has_password: user.has_password,
        is_external: user.external.is_some(),
        made_at: Stamp(user.made_at),
        entered_at: user.entered_at.map(Stamp),
    }
}

/// All users.
#[utoipa::path(get, path = "/api/v1/users", responses(
    (status = 200, body = UsersAnswer), (status = 403, body = ErrorBody)))]
pub async fn users(State(web): State<Web>, caller: Caller) -> Result<Json<UsersAnswer>, ApiError> {
    let users = web.door.access.users(&caller.actor);
    let users = users.map_err(|error| refusal(&error))?;
    Ok(Json(UsersAnswer {
        users: users.iter().map(frame).collect(),
    }))
}

/// Makes a user, and a link by which it sets its password.
#[utoipa::path(post, path = "/api/v1/users", request_body = UserToMake, responses(
    (status = 201, body = MadeUserAnswer), (status = 403, body = ErrorBody),
    (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn add(
    State(web): State<Web>,
    caller: Caller,
    Told(told): Told<UserToMake>,
) -> Result<Response, ApiError> {
    let new = NewUser {
        name: name(&told.name)?,
        role: role(&told.role)?,
        sight: told.sight.into(),
        external: None,
    };
    let (access, now) = (&web.door.access, (web.clock)());
    let made = access.add_user(&caller.actor, new, now).await;
    let id = made.map_err(|error| refusal(&error))?;
    let link = access.invite(&caller.actor, id, now).await;
    let answer = MadeUserAnswer {
        id: id.0,
        invitation: path_of(&link.map_err(|error| refusal(&error))?),
    };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Changes what a user may do or see, shuts it out, or lets it in again.
#[utoipa::path(patch, path = "/api/v1/users/{id}", params(("id" = i64, Path)),
    request_body = UserChange, responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
pub async fn change(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<i64>,
    Told(change): Told<UserChange>,
) -> Result<Response, ApiError> {
    let (access, now, id) = (&web.door.access, (web.clock)(), UserId(id));
    if change.role.is_some() || change.sight.is_some() {
        // Who may not change it does not learn whether it is there.
        let users = access.users(&caller.actor);
        let users = users.map_err(|error| refusal(&error))?;
        let unknown = || refusal(&AuthError::Unknown("user"));
        let user = users
            .iter()
            .find(|user| user.id == id)
            .ok_or_else(unknown)?;
        let wanted = change.role.as_deref().map(role).transpose()?;
        let sight = change
            .sight
            .map_or_else(|| (*user.sight).clone(), Into::into);
        let (by, role) = (&caller.actor, wanted.unwrap_or(user.role));
        let changed = access.set_rights(by, id, role, sight, now).await;
        changed.map_err(|error| refusal(&error))?;
    }
    if let Some(is_disabled) = change.is_disabled {
        let changed = access
            .set_disabled(&caller.actor, id, is_disabled, now)
            .await;
        changed.map_err(|error| refusal(&error))?;
    }
    Ok(no_content([]))
}

/// Makes a link by which a user sets its password; one that was made before is no longer good.
#[utoipa::path(post, path = "/api/v1/users/{id}/invitation", params(("id" = i64, Path)), responses(
    (status = 200, body = InvitationAnswer), (status = 403, body = ErrorBody),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn invite(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    let link = web
        .door
        .access
        .invite(&caller.actor, UserId(id), (web.clock)());
    let link = link.await.map_err(|error| refusal(&error))?;
    let invitation = path_of(&link);
    Ok(Json(InvitationAnswer { invitation }).into_response())
}
