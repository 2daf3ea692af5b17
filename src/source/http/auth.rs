//! How an account proves itself: a header that never changes, or a token that is renewed.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::secrets::Secrets;
use super::trouble::Trouble;
use super::{Ask, Body, Http};
use crate::config::source::KeyProblem;
use crate::source::decode::BodyError;
use crate::source::decode::live::Token;

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
    Status(super::Answer),
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
        http.secrets().add_token(token.access_token.expose_secret());
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

#[cfg(test)]
mod tests {
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::domain::SourceId;

    fn decode(body: &[u8]) -> Result<Token, BodyError> {
        let text = String::from_utf8_lossy(body);
        let (token, life_s) = text.split_once(' ').ok_or(BodyError::NotJson)?;
        Ok(Token {
            access_token: token.into(),
            expires_in: Duration::from_secs(life_s.parse().unwrap()),
        })
    }

    #[tokio::test]
    async fn a_token_is_renewed_ahead_of_its_own_expiry() {
        // (life told, still held after, renewed after)
        for (life_s, held_s, renewed_s) in [(3592, 3531, 3533), (100, 89, 91), (10, 8, 10)] {
            let server = MockServer::start().await;
            let answer = ResponseTemplate::new(200).set_body_string(format!("tok {life_s}"));
            Mock::given(wiremock::matchers::any())
                .respond_with(answer)
                .mount(&server)
                .await;
            let url: Url = server.uri().parse().unwrap();
            let tls = crate::source::http::tls::client_config(&[], false).unwrap();
            let http = (tls, Secrets::default());
            let http = Http::new(SourceId::new("x"), http, None).unwrap();
            let mut auth = Auth::Tokens(Tokens {
                url,
                client: HeaderValue::from_static("Basic x"),
                form: "grant_type=client_credentials",
                decode,
                held: None,
            });
            let now = Instant::now();
            for (after_s, n_asked) in [(0, 1), (held_s, 1), (renewed_s, 2)] {
                let at = now + Duration::from_secs(after_s);
                let header = auth.header(&http, at).await.unwrap();
                assert_eq!(header, "Bearer tok");
                assert!(header.is_sensitive());
                let asked = server.received_requests().await.unwrap();
                assert_eq!(asked.len(), n_asked, "{life_s} s, after {after_s} s");
            }
        }
    }

    #[test]
    fn a_debug_print_of_a_proof_shows_nothing() {
        let secrets = Secrets::default();
        let header = basic(&secrets, "password", "user", &"canary-password".into()).unwrap();
        let pair = STANDARD.encode("user:canary-password");
        let print = format!("{:?}", Auth::Fixed(header));
        assert!(
            !print.contains("canary") && !print.contains(&pair),
            "{print}"
        );
        assert_eq!(secrets.clean(&format!("got {pair}")), "got ***");
    }
}
