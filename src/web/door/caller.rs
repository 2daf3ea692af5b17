//! Whoever calls a route of the doors, and what they send.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::Visit;
use super::cookies::Cookie;
use crate::auth::audit::{Event, Subject, What};
use crate::auth::{Actor, Client, UserId, Viewer};
use crate::web::Web;
use crate::web::error::ApiError;
use secrecy::SecretString;

/// The other end of a request, whether or not it is known who.
#[derive(Debug)]
pub struct Guest {
    /// From where, and how.
    pub(super) visit: Visit,
    /// For the throttle and the list of sessions.
    pub(super) client: Client,
    /// The session's cookie that the browser holds, good or not.
    pub(super) held: Option<SecretString>,
    /// Who it is.
    pub(super) viewer: Option<Arc<Viewer>>,
}

/// Somebody who is known.
#[derive(Debug)]
pub struct Caller {
    /// Who.
    pub(super) viewer: Arc<Viewer>,
    /// In whose name something is done.
    pub(super) actor: Actor,
    /// The rest.
    pub(super) guest: Guest,
}

impl Caller {
    /// The person; there is none behind a token, or on a server without login.
    pub(super) fn user(&self) -> Result<UserId, ApiError> {
        self.viewer.user.ok_or_else(|| {
            let message = "only a person has sessions and a password";
            ApiError::new(StatusCode::CONFLICT, "no_person", message)
        })
    }

    /// What it is called, for people.
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.viewer.name)
    }

    /// Notes in the audit log what was done.
    pub async fn note(&self, web: &Web, what: What, subject: Subject) {
        let event = self.event(what, subject);
        web.door.access.audit(event, (web.clock)()).await;
    }

    /// Notes that it looks at where something was: when that begins, and each minute while it
    /// goes on.
    pub async fn note_look(&self, web: &Web, what: What, subject: Subject) {
        let (event, now) = (self.event(what, subject), (web.clock)());
        web.door.access.audit_look(&self.viewer, event, now).await;
    }

    fn event(&self, what: What, subject: Subject) -> Event {
        Event {
            by: self.actor.clone(),
            what,
            subject,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Guest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let Some(visit) = parts.extensions.get::<Visit>().copied() else {
            return Err(unknown());
        };
        Ok(Self {
            visit,
            client: Client {
                address: visit.address,
                agent: agent(&parts.headers),
            },
            held: Cookie::Session
                .read(&visit, &parts.headers)
                .map(SecretString::from),
            viewer: parts.extensions.get::<Arc<Viewer>>().cloned(),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let guest = Guest::from_request_parts(parts, state).await?;
        let viewer = guest.viewer.clone().ok_or_else(unknown)?;
        Ok(Self {
            actor: Actor::of(&viewer, guest.visit.address),
            viewer,
            guest,
        })
    }
}

fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    agent.unwrap_or_default().to_owned()
}

fn unknown() -> ApiError {
    let message = "nobody is signed in";
    ApiError::new(StatusCode::UNAUTHORIZED, "not_signed_in", message)
}

/// A body is there within this of its head. Ours are a few hundred bytes, so that any line is quick
/// enough; whoever holds one back holds a place of others (`web::places`), and would be heard with
/// the name that they had when they began.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// A body of ours. What is wrong with one is not repeated: it may hold a password.
#[derive(Debug)]
pub struct Told<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Told<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let read = Json::from_request(request, state);
        let Ok(read) = tokio::time::timeout(BODY_WITHIN, read).await else {
            return Err(late());
        };
        match read {
            Ok(Json(told)) => Ok(Self(told)),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                let message = "the body is too long";
                Err(ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too_large",
                    message,
                ))
            }
            Err(_not_ours) => Err(ApiError::bad_request(
                "the body must be JSON as GET /api/v1/openapi.json describes it",
            )),
        }
    }
}

fn late() -> ApiError {
    let message = format!(
        "the body did not come within {} s of the head",
        BODY_WITHIN.as_secs()
    );
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use axum::response::IntoResponse;
    use futures_util::stream::{self, StreamExt};
    use serde_json::{Value, json};
    use tokio::time::Instant;

    use super::*;

    /// A body in two halves, the other after `later`.
    fn in_halves(later: Duration) -> Request {
        let half = |text: &'static str| Ok::<_, Infallible>(text);
        let first = stream::once(async move { half("{\"name\":") });
        let second = stream::once(async move {
            tokio::time::sleep(later).await;
            half("\"ann\"}")
        });
        let request = Request::post("/").header(header::CONTENT_TYPE, "application/json");
        let body = Body::from_stream(first.chain(second));
        request.body(body).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_waited_for_and_not_for_ever() {
        let in_time = in_halves(Duration::from_millis(9_990));
        let Told(told) = Told::<Value>::from_request(in_time, &()).await.unwrap();
        assert_eq!(told, json!({ "name": "ann" }));
        let began = Instant::now();
        let held = in_halves(Duration::from_hours(1));
        let refused = Told::<Value>::from_request(held, &()).await.unwrap_err();
        let refused = refused.into_response();
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(refused.headers()[header::CONTENT_TYPE], "application/json");
        // The clock of tests goes by whole milliseconds.
        assert!(began.elapsed() < Duration::from_millis(10_010));
    }
}
