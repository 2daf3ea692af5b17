//! What MyCarTracks grants: an access token, and a stream session. Pure.
//!
//! Both are secrets, and show as such in `Debug`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::source::decode::fields::Path;
use crate::source::decode::json::{Json, body_text, read};
use crate::source::decode::live::{Session, Token};
use crate::source::decode::time;
use crate::source::decode::words::words_of;
use crate::source::decode::{BodyError, Dialect};

use super::wire::{SESSION_EXPIRES_AT, SESSION_EXPIRES_IN, SESSION_URL};

/// No grant is believed to live longer: it keeps sums of times in range.
const MAX_LIFE_S: f64 = 31.0 * 86_400.0;

/// The life of a token whose answer does not tell it: short, so that it is renewed early. One
/// that ends sooner is renewed by its 401.
const UNTOLD_LIFE: Duration = Duration::from_mins(5);

/// Decodes the answer of `POST /oauth/token`.
///
/// # Errors
/// The body is no JSON, is an OAuth error, or lacks the token.
pub fn token(body: &[u8]) -> Result<Token, BodyError> {
    let answer = |answer: &Json<'_>| {
        let access_token = answer.get("access_token").and_then(Json::text);
        let access_token = access_token.ok_or_else(|| lacks(answer, "access_token"))?;
        let expires_in = answer.get("expires_in").and_then(life);
        Ok(Token {
            access_token: SecretString::from(access_token.as_ref()),
            expires_in: expires_in.unwrap_or(UNTOLD_LIFE),
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
) -> Result<Session, BodyError> {
    let answer = |answer: &Json<'_>| {
        let first = |paths: [Path; 2]| paths.iter().find_map(|path| answer.at(path));
        let url = first(SESSION_URL).and_then(|url| match url {
            Json::Text(url) => Some(url.trim()),
            _ => None,
        });
        let url = url.ok_or_else(|| lacks(answer, "websocketUrl"))?;
        let at = first(SESSION_EXPIRES_AT).and_then(|at| time::parse(at, &dialect.timezone));
        let after = || {
            let life = SignedDuration::try_from(life(first(SESSION_EXPIRES_IN)?)?).ok()?;
            received_at.checked_add(life).ok()
        };
        Ok(Session {
            websocket_url: SecretString::from(url),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;
    use crate::source::decode::testing::{dialect, received_at};

    #[test]
    fn a_token_lives_as_long_as_its_answer_says() {
        let cases = [
            (r#"{"access_token": "t0k", "expires_in": 3592}"#, 3592),
            (
                r#"{"access_token": "t0k", "expires_in": "60", "scope": "read"}"#,
                60,
            ),
            (r#"{"access_token": "t0k", "expires_in": -5}"#, 0),
            (r#"{"access_token": "t0k"}"#, 300),
            (r#"{"access_token": "t0k", "expires_in": null}"#, 300),
            (r#"{"access_token": "t0k", "expires_in": "soon"}"#, 300),
            (
                r#"{"access_token": "t0k", "expires_in": 1e300}"#,
                31 * 86_400,
            ),
        ];
        for (body, expected_s) in cases {
            let token = token(body.as_bytes()).unwrap();
            assert_eq!(token.expires_in, Duration::from_secs(expected_s), "{body}");
            assert_eq!(token.access_token.expose_secret(), "t0k");
            assert!(!format!("{token:?}").contains("t0k"));
        }
    }

    #[test]
    fn an_answer_that_is_no_token_says_what_it_is() {
        let vendor = BodyError::Vendor {
            words: "invalid_scope: not yours".to_owned(),
        };
        let lacks = |member| BodyError::Lacks { member };
        let cases = [
            (
                r#"{"error": "invalid_scope", "error_description": "not yours"}"#,
                vendor,
            ),
            (
                r#"{"access_token": "", "expires_in": 5}"#,
                lacks("access_token"),
            ),
            ("[]", lacks("access_token")),
            ("<html>", BodyError::NotJson),
        ];
        for (body, expected) in cases {
            assert_eq!(token(body.as_bytes()).unwrap_err(), expected, "{body}");
        }
    }

    #[test]
    fn a_session_is_at_the_top_or_under_data_and_may_tell_its_end() {
        let url = "wss://live.example/s?t=s3cret";
        let cases = [
            (format!(r#"{{"websocketUrl": "{url}"}}"#), None),
            (
                format!(r#"{{"websocketUrl": "{url}", "expiresAt": "2026-08-05T12:30:10Z"}}"#),
                Some("2026-08-05T12:30:10Z"),
            ),
            (
                format!(r#"{{"data": {{"websocketUrl": "{url}", "expiresAt": 1785933010000}}}}"#),
                Some("2026-08-05T12:30:10Z"),
            ),
            (
                format!(r#"{{"data": {{"websocketUrl": "{url}"}}, "expiresIn": "600"}}"#),
                Some("2026-08-05T12:30:10Z"),
            ),
            (
                format!(r#"{{"websocketUrl": "{url}", "expiresAt": "soon", "expiresIn": 60}}"#),
                Some("2026-08-05T12:21:10Z"),
            ),
        ];
        for (body, expected) in cases {
            let session = stream_session(&dialect("mct"), body.as_bytes(), received_at()).unwrap();
            assert_eq!(session.websocket_url.expose_secret(), url);
            let expires_at = session.expires_at.map(|at| at.to_string());
            assert_eq!(expires_at.as_deref(), expected, "{body}");
            assert!(!format!("{session:?}").contains("s3cret"));
        }
    }

    #[test]
    fn a_session_without_a_url_is_none() {
        let cases = [
            (
                r#"{"data": {}}"#,
                BodyError::Lacks {
                    member: "websocketUrl",
                },
            ),
            (
                r#"{"websocketUrl": 5}"#,
                BodyError::Lacks {
                    member: "websocketUrl",
                },
            ),
            (
                r#"{"message": "no vehicles selected"}"#,
                BodyError::Vendor {
                    words: "no vehicles selected".to_owned(),
                },
            ),
            ("", BodyError::NotJson),
        ];
        for (body, expected) in cases {
            let session = stream_session(&dialect("mct"), body.as_bytes(), received_at());
            assert_eq!(session.unwrap_err(), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(body: Vec<u8>) {
            let _ = token(&body);
            let _ = stream_session(&dialect("m"), &body, received_at());
        }
    }
}
