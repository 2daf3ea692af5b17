//! Cookies: read, given and taken away. By HTTPS their names begin with `__Host-`, so that no
//! other host, and no plain line, can set them.

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::Visit;
use crate::auth::SessionCookie;

/// Browsers keep none for longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// A person's session.
    Session,
    /// A screen's token.
    Display,
    /// A login that is under way at the `OpenID` provider.
    Elsewhere,
}

impl Cookie {
    fn name(self, visit: &Visit) -> &'static str {
        match (self, visit.is_https) {
            (Self::Session, true) => "__Host-sid",
            (Self::Session, false) => "sid",
            (Self::Display, true) => "__Host-display",
            (Self::Display, false) => "display",
            (Self::Elsewhere, true) => "__Host-oidc",
            (Self::Elsewhere, false) => "oidc",
        }
    }

    /// Its value in a request.
    pub(super) fn read<'h>(self, visit: &Visit, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = self.name(visit);
        let lines = headers.get_all(header::COOKIE).iter();
        let pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'));
        let mut found = pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(key, value)| (key == name).then_some(value));
        found.next().filter(|value| !value.is_empty())
    }

    /// The line that gives it; it holds a secret.
    pub(super) fn give(
        self,
        visit: &Visit,
        value: &SecretString,
        lasts: SignedDuration,
    ) -> HeaderValue {
        self.line(visit, value.expose_secret(), lasts.min(LONGEST).as_secs())
    }

    /// The line that takes it away.
    pub(super) fn take(self, visit: &Visit) -> HeaderValue {
        self.line(visit, "", 0)
    }

    fn line(self, visit: &Visit, value: &str, max_age_s: i64) -> HeaderValue {
        let name = self.name(visit);
        let secure = if visit.is_https { "; Secure" } else { "" };
        let line =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
        let mut line = HeaderValue::from_str(&line).unwrap_or(HeaderValue::from_static(""));
        line.set_sensitive(true);
        line
    }
}

/// The line that gives a session's cookie.
pub(super) fn session(visit: &Visit, cookie: &SessionCookie, now: Timestamp) -> HeaderValue {
    let lasts = cookie.expires_at.duration_since(now);
    Cookie::Session.give(visit, &cookie.secret, lasts)
}

/// The line that gives a screen its token, for as long as a browser keeps it.
pub(super) fn display(visit: &Visit, token: &SecretString) -> HeaderValue {
    Cookie::Display.give(visit, token, LONGEST)
}
