//! Coming in by an `OpenID` provider: out to it, and back.
//!
//! People come here by links and redirects, so what goes wrong leads back to the login page, which
//! has words for it. The address of coming back holds a code; it is led away from at once.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use url::Url;

use super::Visit;
use super::caller::Guest;
use super::cookies::{self, Cookie};
use super::identify::KEPT;
use super::rights;
use crate::auth::audit::{Event, Subject, What};
use crate::auth::throttle::Knocks;
use crate::auth::{
    Actor, AuthError, Client, External, LoginError, Name, Role, SessionCookie, UserId,
};
use crate::config::oidc::OidcSettings;
use crate::domain::Sight;
use crate::oidc::{Begun, Callback, Failure, LASTS, OidcError, Provider, Start, Vouched};
use crate::web::Web;
use crate::web::error::{ApiError, ErrorBody};

/// Where a login begins.
pub const LOGIN: &str = "/api/v1/oidc/login";
/// Where the provider sends the browser back to.
pub const CALLBACK: &str = "/api/v1/oidc/callback";
/// A longer way to go on by is nobody's.
const MAX_NEXT_BYTES: usize = 2_000;

/// A provider by which people come in.
#[derive(Debug)]
pub(super) struct Elsewhere {
    provider: Provider,
    knocks: Knocks,
}

impl Elsewhere {
    /// The one that is configured.
    pub(super) fn new(settings: OidcSettings) -> Result<Self, String> {
        Ok(Self {
            provider: Provider::new(settings)?,
            knocks: Knocks::of_logins_elsewhere(),
        })
    }

    /// What people call it.
    pub(super) fn name(&self) -> &str {
        &self.provider.settings().name
    }
}

/// Why somebody is back at the login page; it has words for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Down,
    Stale,
    Refused,
    Untrusted,
    NoGroup,
    NameTaken,
    Disabled,
    Throttled,
    Failing,
}

impl Trouble {
    fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Untrusted => "untrusted",
            Self::NoGroup => "no_group",
            Self::NameTaken => "name_taken",
            Self::Disabled => "disabled",
            Self::Throttled => "throttled",
            Self::Failing => "failing",
        }
    }

    fn of(error: &OidcError) -> Self {
        match error {
            OidcError::Down(_) => Self::Down,
            OidcError::Stale | OidcError::OtherBrowser => Self::Stale,
            OidcError::Refused(_) => Self::Refused,
            OidcError::Untrusted(_) => Self::Untrusted,
            OidcError::Address => Self::Failing,
        }
    }
}

/// Where to go once signed in.
#[derive(Debug, Default, Deserialize)]
pub struct LoginQuery {
    next: Option<String>,
}

/// Signs in by the `OpenID` provider: leads there. Open to everybody.
#[utoipa::path(get, path = "/api/v1/oidc/login",
    params(("next" = Option<String>, Query, description = "where to go then: a path of this server")),
    responses((status = 303, description = "to the provider, or to the login page with a reason"),
    (status = 404, body = ErrorBody, description = "there is no provider")))]
pub async fn login(
    State(web): State<Web>,
    guest: Guest,
    uri: Uri,
    headers: HeaderMap,
    query: Result<Query<LoginQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let elsewhere = web.door.elsewhere.as_ref().ok_or_else(none)?;
    let next = own_path(query?.0.next.as_deref().unwrap_or_default());
    let (now, from) = ((web.clock)(), guest.visit.address);
    if elsewhere.knocks.take(from, now).is_err() {
        return Ok(back(Trouble::Throttled, &next));
    }
    let start = Start {
        redirect: format!("{}{CALLBACK}", origin(&guest.visit, &uri, &headers)),
        next: next.clone(),
        from,
    };
    match elsewhere.provider.begin(start, now).await {
        Ok(Begun { address, browser }) => {
            let cookie = Cookie::Elsewhere.give(&guest.visit, &browser, LASTS);
            Ok(with(Redirect::to(address.as_str()), [cookie]))
        }
        Err(error) => {
            tracing::warn!(%error, "nobody can sign in by the OpenID provider");
            Ok(back(Trouble::of(&error), &next))
        }
    }
}

/// Comes back from the `OpenID` provider: a new session, and the one that the browser held ends.
/// Open to everybody.
#[utoipa::path(get, path = "/api/v1/oidc/callback",
    params(("code" = Option<String>, Query), ("state" = Option<String>, Query),
        ("error" = Option<String>, Query), ("iss" = Option<String>, Query)),
    responses((status = 303, description = "on, with the session's cookie, or to the login page \
        with a reason"), (status = 404, body = ErrorBody, description = "there is no provider")))]
pub async fn callback(
    State(web): State<Web>,
    guest: Guest,
    headers: HeaderMap,
    query: Result<Query<Callback>, QueryRejection>,
) -> Result<Response, ApiError> {
    let elsewhere = web.door.elsewhere.as_ref().ok_or_else(none)?;
    let now = (web.clock)();
    // What cannot be read is not repeated.
    let Ok(Query(told)) = query else {
        return Ok(back(Trouble::Stale, "/"));
    };
    let browser = Cookie::Elsewhere.read(&guest.visit, &headers);
    let vouched = match elsewhere.provider.finish(told, browser, now).await {
        Ok(vouched) => vouched,
        Err(failure) => return Ok(come_to_nothing(&web, &guest, failure).await),
    };
    let next = vouched.next.clone();
    let over = Cookie::Elsewhere.take(&guest.visit);
    match let_in(&web, elsewhere, &guest, vouched).await {
        Ok(session) => {
            let cookies = [cookies::session(&guest.visit, &session, now), over];
            Ok(with(Redirect::to(&next), cookies))
        }
        Err((trouble, known)) => {
            let why = trouble.as_str();
            tracing::info!(
                why,
                "the OpenID provider vouches for somebody who is not let in"
            );
            note_failure(&web, &guest.client, known).await;
            Ok(with(to_login(trouble, &next), [over]))
        }
    }
}

/// A login that came to nothing at the provider. Only of one that was begun in this browser the
/// audit log is told: any other address can be made up, as often as one likes.
async fn come_to_nothing(web: &Web, guest: &Guest, failure: Failure) -> Response {
    let Failure { error, next } = failure;
    let trouble = Trouble::of(&error);
    let Some(next) = next else {
        tracing::debug!(%error, "a login by the OpenID provider does not go on");
        return back(trouble, "/");
    };
    tracing::warn!(%error, "a login by the OpenID provider came to nothing");
    note_failure(web, &guest.client, None).await;
    with(
        to_login(trouble, &next),
        [Cookie::Elsewhere.take(&guest.visit)],
    )
}

/// A session for whom the provider vouches for, if that is worth one. The error says which user
/// it would have been, as far as that is known.
async fn let_in(
    web: &Web,
    elsewhere: &Elsewhere,
    guest: &Guest,
    vouched: Vouched,
) -> Result<SessionCookie, (Trouble, Option<UserId>)> {
    let (access, now) = (&web.door.access, (web.clock)());
    let external = External {
        issuer: vouched.issuer,
        subject: vouched.subject,
    };
    let rights = &elsewhere.provider.settings().rights;
    let Some((role, sight)) = rights::worth(rights, &vouched.groups) else {
        let known = access.forsake(&external, now).await;
        return Err((Trouble::NoGroup, known.map_err(|error| failing(&error))?));
    };
    let user = provision(web, external, &vouched.names, role, sight).await?;
    let held = guest.held.clone();
    let entered = access.enter(user, held, &guest.client, now).await;
    entered.map_err(|error| match error {
        LoginError::Failed(error) => failing(&error),
        _ => (Trouble::Disabled, Some(user)),
    })
}

async fn provision(
    web: &Web,
    external: External,
    names: &[String],
    role: Role,
    sight: Sight,
) -> Result<UserId, (Trouble, Option<UserId>)> {
    let name = names.iter().find_map(|name| Name::parse(name).ok());
    let name = name.ok_or((Trouble::Untrusted, None))?;
    let access = &web.door.access;
    let provisioned = access.provision(external, name, role, sight, (web.clock)());
    provisioned.await.map_err(|error| match error {
        AuthError::NameTaken => (Trouble::NameTaken, None),
        error => failing(&error),
    })
}

fn failing(error: &AuthError) -> (Trouble, Option<UserId>) {
    tracing::error!(%error, "users and sessions cannot be read or written");
    (Trouble::Failing, None)
}

async fn note_failure(web: &Web, client: &Client, user: Option<UserId>) {
    let event = Event {
        by: Actor::stranger(client.address),
        what: What::LoginFailed,
        subject: user.map_or(Subject::None, Subject::User),
    };
    web.door.access.audit(event, (web.clock)()).await;
}

fn none() -> ApiError {
    let message = "there is no OpenID provider; [access.oidc] would name one";
    ApiError::new(StatusCode::NOT_FOUND, "not_found", message)
}

fn back(trouble: Trouble, next: &str) -> Response {
    to_login(trouble, next).into_response()
}

fn to_login(trouble: Trouble, next: &str) -> Redirect {
    let next = utf8_percent_encode(next, KEPT);
    Redirect::to(&format!("/login?trouble={}&next={next}", trouble.as_str()))
}

fn with(redirect: Redirect, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let mut answer = redirect.into_response();
    for cookie in cookies {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

/// How the browser reaches us; the host is one of ours, or the request would not be here.
fn origin(visit: &Visit, uri: &Uri, headers: &HeaderMap) -> String {
    let in_uri = uri.authority().map(http::uri::Authority::as_str);
    let in_header = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = in_uri.or(in_header).unwrap_or_default();
    format!("{}://{}", visit.scheme(), host.to_ascii_lowercase())
}

/// `next` if it is a path of this server that a person may want to go to; else `/`.
fn own_path(next: &str) -> String {
    let is_plain = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= MAX_NEXT_BYTES
        && !next.chars().any(|c| c == '\\' || c.is_control());
    // As a browser reads it: `/x/..//evil.example` would be another host.
    let base = Url::parse("http://own.invalid/").ok();
    let read = base.filter(|_| is_plain);
    let read = read.and_then(|base| base.join(next).ok());
    let path = read
        .filter(|url| url.host_str() == Some("own.invalid"))
        .map(|url| url[url::Position::BeforePath..].to_owned())
        .unwrap_or_default();
    let leads_nowhere = path.starts_with("//")
        || path.starts_with("/api/")
        || path.split(['?', '#']).next() == Some("/login");
    if path.is_empty() || leads_nowhere {
        "/".to_owned()
    } else {
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        let cases = [
            ("/", "/"),
            ("/users", "/users"),
            ("/users?x=1&y=a b#z", "/users?x=1&y=a%20b#z"),
            ("/displays#code=ABC", "/displays#code=ABC"),
            ("/ü", "/%C3%BC"),
            ("", "/"),
            ("users", "/"),
            ("//evil.example", "/"),
            ("//evil.example/users", "/"),
            ("/\\evil.example", "/"),
            ("\\\\evil.example", "/"),
            ("/x/..//evil.example", "/"),
            ("/.//evil.example", "/"),
            ("/%2e//evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/\n/evil.example", "/"),
            ("https://evil.example/", "/"),
            ("javascript:alert(1)", "/"),
            (" //evil.example", "/"),
            ("/login", "/"),
            ("/login?next=/users", "/"),
            ("/api/v1/oidc/login", "/"),
        ];
        for (next, expected) in cases {
            assert_eq!(own_path(next), expected, "{next:?}");
        }
        assert_eq!(own_path(&format!("/{}", "x".repeat(2_000))), "/");
    }
}
