//! Finds out who asks, once for every request and before any handler: a handler that is reached
//! has its viewer in the request, or is on the list of what is open.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::cookies::Cookie;
use super::oidc::CALLBACK;
use super::open::{Way, way};
use super::{Visit, identity, screen};
use crate::auth::{Credential, Role, Viewer, ViewerKind};
use crate::web::Web;
use crate::web::error::ApiError;

pub(super) const LIVE: &str = "/api/v1/live";
pub(super) const ME: &str = "/api/v1/me";
/// By these names people put tokens into addresses.
const TOKEN_PARAMETERS: [&str; 4] = ["token", "access_token", "api_key", "bearer"];
/// So our secrets begin.
const OUR_SECRETS: &str = "fg_";
/// What may stand in a parameter as it is.
pub(super) const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.');

/// Puts the viewer into the request, or refuses.
pub async fn identify(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    match enter(&web, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Why a request goes no further.
enum Refusal {
    Error(ApiError),
    /// To log in, and then back here.
    Login(Redirect),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::Login(redirect) => redirect.into_response(),
        }
    }
}

async fn enter(web: &Web, request: &mut Request) -> Result<(), Refusal> {
    let door = &*web.door;
    let Some(visit) = request.extensions().get::<Visit>().copied() else {
        return Err(stranger().into());
    };
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let way = way(method, uri.path());
    if !visit.is_safe && way != Way::Health {
        return Err(plain().into());
    }
    refuse_token_in_address(uri)?;
    let is_live = uri.path() == LIVE;
    let bearer = bearer(headers);
    let viewer = viewer(web, &visit, headers, bearer).await?;
    if is_live && door.needs_login() {
        knock(web, &visit, viewer.as_deref())?;
    }
    match (&viewer, way) {
        (_, Way::Open | Way::Health) => {}
        (_, Way::Metrics) => may_read_metrics(&visit, viewer.as_deref())?,
        (Some(viewer), _) if viewer.kind == ViewerKind::Metrics && uri.path() != ME => {
            return Err(only_metrics().into());
        }
        (Some(viewer), _)
            if viewer.kind == ViewerKind::Display && !screen::may_ask(method, uri) =>
        {
            // Whoever opens a page in the browser of a wall is a person.
            return Err(match way {
                Way::Page => Refusal::Login(to_login(uri)),
                _ => screen::only_live().into(),
            });
        }
        (Some(_), _) => {}
        (None, Way::Page) => return Err(Refusal::Login(to_login(uri))),
        (None, Way::Data) => return Err(stranger().into()),
    }
    let is_change = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let has_origin = headers.contains_key(header::ORIGIN);
    if (is_change || is_live) && !has_origin && bearer.is_none() && door.needs_login() {
        return Err(no_origin().into());
    }
    if let Some(viewer) = viewer {
        request.extensions_mut().insert(viewer);
    }
    Ok(())
}

/// Who shows a token, or is named by the proxy, or holds a cookie; in this order.
async fn viewer(
    web: &Web,
    visit: &Visit,
    headers: &HeaderMap,
    bearer: Option<&str>,
) -> Result<Option<Arc<Viewer>>, ApiError> {
    let (door, now) = (&*web.door, (web.clock)());
    let who = |credential| door.access.who(credential, visit.address, now);
    if let Some(token) = bearer {
        return Ok(who(Credential::Token(token)));
    }
    if !door.needs_login() {
        return Ok(Some(Arc::new(Viewer::local())));
    }
    if let Some(viewer) = identity::viewer(web, visit, headers).await? {
        return Ok(Some(viewer));
    }
    let session = Cookie::Session
        .read(visit, headers)
        .map(Credential::Session);
    let display = Cookie::Display.read(visit, headers).map(Credential::Token);
    Ok(session.and_then(who).or_else(|| display.and_then(who)))
}

/// Sockets are opened so many at a time by each who is known, from wherever; strangers count by
/// their address, so that they hold up nobody behind the same one.
fn knock(web: &Web, visit: &Visit, viewer: Option<&Viewer>) -> Result<(), ApiError> {
    let (handshakes, now) = (&web.door.handshakes, (web.clock)());
    let knock = match viewer {
        Some(viewer) => handshakes.take_of(&viewer.id, now),
        None => handshakes.take(visit.address, now),
    };
    knock.map_err(|wait| throttled("too many connections at once", wait))
}

/// The token of `Authorization: Bearer`. Of another scheme it is the proxy's business.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let line = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = line.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Addresses stand in logs and histories.
fn refuse_token_in_address(uri: &Uri) -> Result<(), ApiError> {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    for (name, value) in pairs {
        let name = name.to_ascii_lowercase();
        // What these hold is the dice's and the provider's, and may begin as ours do; each is good
        // once, and for the browser that is under way alone.
        let is_answer = uri.path() == CALLBACK && matches!(&*name, "code" | "state");
        if TOKEN_PARAMETERS.contains(&name.as_str())
            || (value.starts_with(OUR_SECRETS) && !is_answer)
        {
            let message = "a token must not stand in the address, where logs keep it; send it as \
                `Authorization: Bearer`, or for a screen behind `#token=`, and revoke this one";
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "token_in_query",
                message,
            ));
        }
    }
    Ok(())
}

fn may_read_metrics(visit: &Visit, viewer: Option<&Viewer>) -> Result<(), ApiError> {
    match viewer {
        _ if visit.is_of_this_machine => Ok(()),
        None => Err(stranger()),
        Some(viewer) => {
            let may = viewer.kind == ViewerKind::Metrics || viewer.role == Role::Administrator;
            may.then_some(()).ok_or_else(|| {
                let message = "/metrics needs a token for it, or an administrator";
                ApiError::new(StatusCode::FORBIDDEN, "not_allowed", message)
            })
        }
    }
}

fn to_login(uri: &Uri) -> Redirect {
    // Never an address of elsewhere: `//evil.example` would be one.
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let next = if path.starts_with("//") { "/" } else { path };
    Redirect::to(&format!("/login?next={}", utf8_percent_encode(next, KEPT)))
}

fn stranger() -> ApiError {
    let message = "nobody is signed in; programs send `Authorization: Bearer`";
    ApiError::new(StatusCode::UNAUTHORIZED, "not_signed_in", message)
}

fn only_metrics() -> ApiError {
    let message = "this token is for /metrics alone";
    ApiError::new(StatusCode::FORBIDDEN, "not_allowed", message)
}

fn no_origin() -> ApiError {
    let message =
        "a change by a browser must say its `Origin`; programs send `Authorization: Bearer`";
    ApiError::new(StatusCode::FORBIDDEN, "foreign_origin", message)
}

fn plain() -> ApiError {
    let message = "this came without encryption, and could be read on the way; ask by https. A \
        proxy must say `X-Forwarded-Proto: https`, and be named in `trusted_proxies` of [server]";
    ApiError::new(StatusCode::FORBIDDEN, "plain_http", message)
}

/// 429: too much of something, until `wait` is over.
pub(super) fn throttled(message: &str, wait: SignedDuration) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "throttled", message).again_in(wait)
}

/// For answers that only browsers and not caches may keep apart.
pub(super) fn no_content(cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    for cookie in cookies {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_log_in_comes_back_to_a_page_of_ours() {
        let cases = [
            ("/", "/login?next=/"),
            ("/users?x=1&y=a b", "/login?next=/users%3Fx%3D1%26y%3Da%20b"),
            ("//evil.example/x", "/login?next=/"),
        ];
        for (path, expected) in cases {
            let uri: Uri = path.replace(' ', "%20").parse().unwrap();
            let answer = to_login(&uri).into_response();
            let location = answer.headers()[header::LOCATION].to_str().unwrap();
            assert_eq!(location, expected.replace("%20", "%2520"), "{path}");
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        }
    }

    #[test]
    fn a_token_in_the_address_is_refused() {
        for (uri, is_fine) in [
            ("/api/v1/vehicles?q=token", true),
            ("/api/v1/live?epoch=e&seq=1", true),
            ("/api/v1/live?token=x", false),
            ("/api/v1/live?ACCESS_TOKEN=x", false),
            ("/api/v1/live?a=fg_api_abc", false),
            ("/api/v1/live?%74oken=x", false),
            ("/api/v1/oidc/callback?code=fg_x&state=fg_y", true),
            ("/api/v1/oidc/callback?code=x&token=y", false),
            ("/api/v1/oidc/callback?access_token=x", false),
            ("/api/v1/oidc/callback?iss=fg_x", false),
            ("/api/v1/oidc/login?code=fg_x", false),
            ("/api/v1/oidc/callback/x?code=fg_x", false),
        ] {
            let checked = refuse_token_in_address(&uri.parse().unwrap());
            assert_eq!(checked.is_ok(), is_fine, "{uri}");
        }
    }
}
