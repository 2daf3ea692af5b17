//! What MyCarTracks grants: an access token, and a stream session. Pure.
//!
//! Both are secrets, and show as such in `Debug`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::source::decode::{BodyError, Dialect};
use crate::source::fields::Path;
use crate::source::json::{Json, body_text, read};
use crate::source::time;
use crate::source::words::words_of;

use super::wire::{SESSION_EXPIRES_AT, SESSION_EXPIRES_IN, SESSION_URL};

/// No grant is believed to live longer: it keeps sums of times in range.
const MAX_LIFE_S: f64 = 31.0 * 86_400.0;

/// An access token.
#[derive(Clone, Debug)]
pub struct Token {
    /// For the `Authorization` header.
    pub access_token: SecretString,
    /// Its remaining life: it may have been issued long ago.
    pub expires_in: Duration,
}

/// A session of the live stream, to be used once.
#[derive(Clone, Debug)]
pub struct StreamSession {
    /// Where to connect; it carries the authorisation, and its host is not yet checked.
    pub websocket_url: SecretString,
    /// The end of its life, where the vendor says.
    pub expires_at: Option<Timestamp>,
}

/// Decodes the answer of `POST /oauth/token`.
///
/// # Errors
/// The body is no JSON, is an OAuth error, or lacks a member.
pub fn token(body: &[u8]) -> Result<Token, BodyError> {
    let answer = |answer: &Json<'_>| {
        let access_token = answer.get("access_token").and_then(Json::text);
        let access_token = access_token.ok_or_else(|| lacks(answer, "access_token"))?;
        let expires_in = answer.get("expires_in").and_then(life);
        Ok(Token {
            access_token: SecretString::from(access_token.as_ref()),
            expires_in: expires_in.ok_or_else(|| lacks(answer, "expires_in"))?,
        })
    };
    read(&body_text(body), answer).unwrap_or(Err(BodyError::NotJson))
}

/// Decodes the answer of `POST /vehicles/livePositions/stream`.
///
/// # Errors
/// The body is no JSON, is the vendor's error, or lacks the URL.
pub fn stream_session(
    dialect: &Dialect,
    body: &[u8],
    received_at: Timestamp,
) -> Result<StreamSession, BodyError> {
    let answer = |answer: &Json<'_>| {
        let first = |paths: [Path; 2]| paths.iter().find_map(|path| answer.at(path));
        let url = first(SESSION_URL).and_then(Json::text);
        let url = url.ok_or_else(|| lacks(answer, "websocketUrl"))?;
        let at = first(SESSION_EXPIRES_AT).and_then(|at| time::parse(at, &dialect.timezone));
        let after = || {
            let life = SignedDuration::try_from(life(first(SESSION_EXPIRES_IN)?)?).ok()?;
            received_at.checked_add(life).ok()
        };
        Ok(StreamSession {
            websocket_url: SecretString::from(url.as_ref()),
            expires_at: at.or_else(after),
        })
    };
    read(&body_text(body), answer).unwrap_or(Err(BodyError::NotJson))
}

/// Seconds left; none of them if the number is negative.
fn life(value: &Json<'_>) -> Option<Duration> {
    Duration::try_from_secs_f64(value.number()?.clamp(0.0, MAX_LIFE_S)).ok()
}

/// The vendor's error, if the answer is one; else the member that it lacks. Of its values nothing
/// is told: they may be secrets.
fn lacks(answer: &Json<'_>, member: &'static str) -> BodyError {
    match words_of(answer) {
        Some(words) => BodyError::Vendor { words },
        None => BodyError::Lacks { member },
    }
}
