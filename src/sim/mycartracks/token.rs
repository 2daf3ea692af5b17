//! The token endpoint: client credentials in, one token for all who ask, until it expires.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::error;
use crate::sim::settings::{CLIENT_ID, CLIENT_SECRET};
use crate::sim::state::Sim;
use crate::sim::{lock, secret};

/// The only scope that the account may have.
const SCOPE: &str = "read";

/// The token that is out, if any.
#[derive(Debug, Default)]
pub(in crate::sim) struct Tokens(Mutex<Option<Token>>);

struct Token {
    secret: String,
    expires: Instant,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

impl Tokens {
    /// Whether `bearer` is the token that is out.
    pub(super) fn is_valid(&self, bearer: &str, now: Instant) -> bool {
        let token = lock(&self.0);
        token
            .as_ref()
            .is_some_and(|token| now < token.expires && token.secret == bearer)
    }

    /// Takes the token back; whoever asks gets a new one.
    pub(in crate::sim) fn revoke(&self) {
        *lock(&self.0) = None;
    }

    /// The token that is out, or a new one with `life`; with its remaining life.
    fn current(&self, life: Duration, now: Instant) -> (String, Duration) {
        let mut out = lock(&self.0);
        let token = match out.take().filter(|token| now < token.expires) {
            Some(token) => token,
            None => Token {
                secret: secret(),
                expires: now + life,
            },
        };
        let answer = (token.secret.clone(), token.expires - now);
        *out = Some(token);
        answer
    }
}

/// The form of a request.
#[derive(Deserialize)]
pub(super) struct Grant {
    grant_type: Option<String>,
    scope: Option<String>,
}

/// `POST /oauth/token`.
pub(super) async fn issue(
    State(sim): State<Arc<Sim>>,
    headers: HeaderMap,
    Form(grant): Form<Grant>,
) -> Response {
    let client = format!(
        "Basic {}",
        STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"))
    );
    let given = headers.get(header::AUTHORIZATION);
    if given.is_none_or(|given| given.as_bytes() != client.as_bytes()) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"oauth\"")];
        let body = error(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Bad client credentials",
        );
        return (challenge, body).into_response();
    }
    if grant.grant_type.as_deref() != Some("client_credentials") {
        let words = "Only client_credentials is granted";
        return error(StatusCode::BAD_REQUEST, "unsupported_grant_type", words);
    }
    let mut scopes = grant.scope.as_deref().unwrap_or(SCOPE).split_whitespace();
    if !scopes.all(|scope| scope == SCOPE) {
        let words = "The client may only ask for: read";
        return error(StatusCode::BAD_REQUEST, "invalid_scope", words);
    }
    let life = sim.settings.token_life;
    let (token, left) = sim.mycartracks.tokens.current(life, Instant::now());
    let body = json!({
        "access_token": token,
        "token_type": "bearer",
        "expires_in": left.as_secs(),
        "scope": SCOPE,
    });
    Json(body).into_response()
}
