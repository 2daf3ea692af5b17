//! Links that are good once: what one is for, and using it. Open, as the link itself is the proof.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Guest, Told};
use super::cookies;
use super::identify::{no_content, throttled};
use super::words::{name, not_let_in, refusal};
use crate::auth::{AuthError, Invited};
use crate::web::Web;
use crate::web::error::{ApiError, ErrorBody};

/// The link's secret: what stands behind the `#`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Link {
    #[schema(value_type = String)]
    secret: SecretString,
}

/// The link's secret, the password to set, and for the first administrator a name.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LinkUse {
    #[schema(value_type = String)]
    secret: SecretString,
    name: Option<String>,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// What a link is for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invited)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InvitedAnswer {
    /// To become the first administrator, under a name of one's choice.
    FirstAdministrator,
    /// To set the password of this user.
    SetPassword {
        /// Whose.
        name: String,
    },
}

/// What a link is for; it stays good.
#[utoipa::path(post, path = "/api/v1/invitation/look", request_body = Link, responses(
    (status = 200, body = InvitedAnswer), (status = 410, body = ErrorBody),
    (status = 429, body = ErrorBody)))]
pub async fn look(
    State(web): State<Web>,
    guest: Guest,
    Told(link): Told<Link>,
) -> Result<Json<InvitedAnswer>, ApiError> {
    knock(&web, &guest)?;
    let found = web.door.access.invited(link.secret, (web.clock)()).await;
    match found.map_err(|error| refusal(&error))? {
        None => Err(refusal(&AuthError::Spent)),
        Some(Invited::FirstAdministrator) => Ok(Json(InvitedAnswer::FirstAdministrator)),
        Some(Invited::SetPassword(name)) => Ok(Json(InvitedAnswer::SetPassword {
            name: name.to_string(),
        })),
    }
}

/// Uses a link, once: sets the password, and signs in. The session that the browser held ends.
#[utoipa::path(post, path = "/api/v1/invitation", request_body = LinkUse, responses(
    (status = 204, description = "with the session's cookie"),
    (status = 410, body = ErrorBody), (status = 422, body = ErrorBody),
    (status = 429, body = ErrorBody)))]
pub async fn redeem(
    State(web): State<Web>,
    guest: Guest,
    Told(link): Told<LinkUse>,
) -> Result<Response, ApiError> {
    knock(&web, &guest)?;
    let now = (web.clock)();
    let wanted = link.name.as_deref().map(name).transpose()?;
    let Guest {
        visit,
        client,
        held,
        ..
    } = guest;
    let access = &web.door.access;
    let entered = access.redeem(link.secret, wanted, link.password, held, &client, now);
    let cookie = entered.await.map_err(|error| not_let_in(&error))?;
    Ok(no_content([cookies::session(&visit, &cookie, now)]))
}

/// Each use reads the store, which logins and revocations wait for, too.
fn knock(web: &Web, guest: &Guest) -> Result<(), ApiError> {
    let knock = web.door.links.take(guest.visit.address, (web.clock)());
    knock.map_err(|wait| throttled("too many links from this address", wait))
}
