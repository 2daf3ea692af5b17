//! How an account proves itself: a header that never changes, or a token that is renewed.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::decode::BodyError;
use super::http::{Ask, Body, Http};
use super::secrets::Secrets;
use super::trouble::Trouble;
use crate::config::source::KeyProblem;

/// A token is renewed this long before it expires, or a tenth of its life where that is shorter.
const RENEW_AHEAD: Duration = Duration::from_mins(1);
/// A token without a believable life is not kept for ever.
const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// An account's proof.
#[derive(Debug)]
pub enum Auth {
    /// Basic or a key: as configured.
    Fixed(HeaderValue),
    /// A bearer token, asked for with the client's id and secret.
    Tokens(Tokens),
}

/// A fresh token.
#[derive(Debug)]
pub struct Token {
    /// The token itself.
    pub access_token: SecretString,
    /// The life it has left.
    pub expires_in: Duration,
}

/// The OAuth client-credentials flow. Exclusive access makes a renewal single-flight.
#[derive(Debug)]
pub struct Tokens {
    /// The token endpoint.
    pub url: Url,
    /// Basic, of the client's id and secret.
    pub client: HeaderValue,
    /// The encoded form.
    pub form: &'static str,
    /// Reads the answer.
    pub decode: fn(&[u8]) -> Result<Token, BodyError>,
    /// The token we hold, and when it is to be renewed.
    pub held: Option<(HeaderValue, Instant)>,
}

/// What became of asking for a token.
#[derive(Debug)]
pub enum TokenRefusal {
    /// No answer.
    Trouble(Trouble),
    /// An answer that is no success, with its status, headers and body.
    Status(super::http::Answer),
    /// An answer that holds no token.
    Body(BodyError),
}

impl Auth {
    /// Whether a 401 may be healed by asking for a new token.
    pub fn forget(&mut self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Tokens(tokens) => tokens.held.take().is_some(),
        }
    }

    /// The header to send at `now`, renewed where it is due.
    pub async fn header(&mut self, http: &Http, now: Instant) -> Result<HeaderValue, TokenRefusal> {
        match self {
            Self::Fixed(header) => Ok(header.clone()),
            Self::Tokens(tokens) => tokens.header(http, now).await,
        }
    }
}

impl Tokens {
    async fn header(&mut self, http: &Http, now: Instant) -> Result<HeaderValue, TokenRefusal> {
        if let Some((header, renew_at)) = &self.held
            && now < *renew_at
        {
            return Ok(header.clone());
        }
        let ask = Ask {
            method: Method::POST,
            url: self.url.clone(),
            authorization: self.client.clone(),
            body: Body::Form(self.form),
        };
        let answer = http.send(ask).await.map_err(TokenRefusal::Trouble)?;
        if !(200..300).contains(&answer.status) {
            return Err(TokenRefusal::Status(answer));
        }
        let token = (self.decode)(&answer.body).map_err(TokenRefusal::Body)?;
        http.secrets()
            .add_lapsing(token.access_token.expose_secret());
        let Some(header) = bearer(&token.access_token) else {
            return Err(TokenRefusal::Body(BodyError::Lacks {
                member: "access_token",
            }));
        };
        let life = token.expires_in.min(LONGEST_LIFE);
        let renew_at = now + life.saturating_sub(RENEW_AHEAD.min(life / 10));
        self.held = Some((header.clone(), renew_at));
        Ok(header)
    }
}

/// `Bearer TOKEN`, or nothing if the token cannot stand in a header.
pub fn bearer(token: &SecretString) -> Option<HeaderValue> {
    sensitive(&format!("Bearer {}", token.expose_secret()))
}

/// `Basic` of user and password, which become secrets in that form too.
///
/// # Errors
/// Names `key` where the result cannot stand in a header.
pub fn basic(
    secrets: &Secrets,
    key: &'static str,
    user: &str,
    password: &SecretString,
) -> Result<HeaderValue, KeyProblem> {
    let pair = STANDARD.encode(format!("{user}:{}", password.expose_secret()));
    secrets.add(password);
    secrets.add(&pair.as_str().into());
    sensitive(&format!("Basic {pair}")).ok_or(KeyProblem {
        key,
        problem: "it cannot stand in a header".into(),
    })
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}
