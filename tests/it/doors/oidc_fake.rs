//! An `OpenID` provider of a few lines, which says what a test wants it to say, and the browser of
//! somebody who signs in by it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::Listener;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fleetglass::clock;
use fleetglass::config::oidc::OidcSettings;
use fleetglass::config::rights::{Rights, RoleName};
use reqwest::Method;
use reqwest::header::{COOKIE, LOCATION};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use url::Url;

use super::{Doors, cookie};

const CLIENT: &str = "fleetglass";
const CLIENT_SECRET: &str = "canary-client-secret";
const ACCESS_TOKEN: &str = "canary-access-token";

/// The provider.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) issuer: String,
    held: Arc<Mutex<Held>>,
}

struct Held {
    key: Key,
    grants: HashMap<String, Grant>,
    user_info: Value,
    n_asked: usize,
    n_key_sets: usize,
}

/// Who does not get through the handshake has asked nothing.
struct Secured(TcpListener, TlsAcceptor);

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let Self(listener, acceptor) = self;
        loop {
            let accepted = TcpListener::accept(listener).await;
            let (socket, address) = accepted.expect("a connection");
            if let Ok(stream) = acceptor.accept(socket).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A key that signs, by its name.
pub(super) struct Key {
    pub(super) id: String,
    pair: EcdsaKeyPair,
}

struct Grant {
    challenge: String,
    token: String,
}

/// What the server asked for when it sent the browser to the provider.
pub(super) struct Asked {
    /// The cookie that the browser holds meanwhile.
    pub(super) cookie: String,
    pub(super) parameters: HashMap<String, String>,
}

impl Key {
    pub(super) fn new(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self {
            id: id.to_owned(),
            pair: pair.expect("a key"),
        }
    }

    /// Both coordinates of the public half.
    pub(super) fn public(&self) -> &[u8] {
        &self.pair.public_key().as_ref()[1..]
    }

    pub(super) fn sign(&self, text: &str) -> Vec<u8> {
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes());
        signature.expect("a signature").as_ref().to_vec()
    }

    fn public_json(&self) -> Value {
        let (x, y) = self.public().split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": encoded(x), "y": encoded(y) })
    }

    /// A token that says `claims`, signed as it should be.
    pub(super) fn token(&self, claims: &Value) -> String {
        let head = json!({ "alg": "ES256", "typ": "JWT", "kid": self.id });
        let text = unsigned(&head, claims);
        let signature = self.sign(&text);
        format!("{text}.{}", encoded(&signature))
    }
}

pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The first two parts of a token.
pub(super) fn unsigned(head: &Value, claims: &Value) -> String {
    let (head, claims) = (head.to_string(), claims.to_string());
    format!("{}.{}", encoded(head), encoded(claims))
}

/// What `at_hash` is of a token, by an algorithm with SHA-256.
fn half_hash(text: &str) -> String {
    encoded(&Sha256::digest(text.as_bytes())[..16])
}

impl Fake {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::serve(listener)
    }

    /// Which proves itself so, as `localhost`.
    pub(super) async fn start_over_tls(tls: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let secured = Secured(listener, TlsAcceptor::from(tls));
        Self::serve_as(format!("https://localhost:{port}"), secured)
    }

    /// On a port that was free a moment ago.
    pub(super) fn serve(listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("an address");
        Self::serve_as(format!("http://{address}"), listener)
    }

    fn serve_as<L>(issuer: String, listener: L) -> Self
    where
        L: Listener<Addr: std::fmt::Debug>,
    {
        let fake = Self {
            issuer,
            held: Arc::new(Mutex::new(Held {
                key: Key::new("first"),
                grants: HashMap::new(),
                user_info: Value::Null,
                n_asked: 0,
                n_key_sets: 0,
            })),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(user_info))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// As a server is told of it.
    pub(super) fn settings(&self) -> OidcSettings {
        let role = |group: &str, role| (group.to_owned(), role);
        let sees = |group: &str, seen: &str| (group.to_owned(), [seen.into()].into());
        OidcSettings {
            issuer: self.issuer.parse().expect("an address"),
            issuer_text: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(SecretString::from(CLIENT_SECRET)),
            name: "Example".to_owned(),
            scopes: vec!["profile".to_owned(), "groups".to_owned()],
            groups_claim: "groups".to_owned(),
            authorities: Vec::new(),
            rights: Rights {
                role: None,
                roles: [
                    role("staff", RoleName::Viewer),
                    role("admins", RoleName::Administrator),
                ]
                .into(),
                sees: Some([sees("staff", "North")].into()),
            },
        }
    }

    /// Doors that lead here.
    pub(super) async fn doors(&self) -> Doors {
        let settings = self.settings();
        Doors::open(move |config| config.access.oidc = Some(settings)).await
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs by another key from now on.
    pub(super) fn rotate(&self) {
        self.lock().key = Key::new("second");
    }

    /// How often it was asked who it is.
    pub(super) fn n_asked(&self) -> usize {
        self.lock().n_asked
    }

    /// How often it was asked for its keys.
    pub(super) fn n_key_sets(&self) -> usize {
        self.lock().n_key_sets
    }

    /// What the userinfo endpoint says from now on.
    pub(super) fn say_of_user(&self, info: Value) {
        self.lock().user_info = info;
    }

    /// What a good token says to what was `asked`, beside `more`.
    pub(super) fn claims(&self, asked: &Asked, more: &Value) -> Value {
        let now = clock::now().as_second();
        let mut claims = json!({
            "iss": self.issuer, "sub": "17", "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked.parameters["nonce"], "at_hash": half_hash(ACCESS_TOKEN),
            "preferred_username": "Carol",
        });
        for (name, value) in more.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        claims
    }

    /// A code for which the token endpoint gives what `forge` makes of the key.
    pub(super) fn grant_as(&self, asked: &Asked, forge: impl FnOnce(&Key) -> String) -> String {
        let mut held = self.lock();
        let code = format!("canary-code-{}", held.grants.len());
        let token = forge(&held.key);
        let challenge = asked.parameters["code_challenge"].clone();
        held.grants.insert(code.clone(), Grant { challenge, token });
        code
    }

    /// A code for a good token that says `more`.
    pub(super) fn grant(&self, asked: &Asked, more: &Value) -> String {
        let claims = self.claims(asked, more);
        self.grant_as(asked, |key| key.token(&claims))
    }
}

async fn metadata(State(fake): State<Fake>) -> Json<Value> {
    fake.lock().n_asked += 1;
    let at = |path: &str| format!("{}{path}", fake.issuer);
    Json(json!({
        "issuer": fake.issuer, "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"), "jwks_uri": at("/keys"), "userinfo_endpoint": at("/me"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        // It would take these too; we do not.
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(fake): State<Fake>) -> Json<Value> {
    let mut held = fake.lock();
    held.n_key_sets += 1;
    Json(json!({ "keys": [held.key.public_json()] }))
}

/// Each code is good once, for who proves to be the client and holds the secret half of PKCE.
async fn token(
    State(fake): State<Fake>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let basic = STANDARD.encode(format!("{CLIENT}:{CLIENT_SECRET}"));
    if headers.get("authorization").map(HeaderValue::as_bytes)
        != Some(format!("Basic {basic}").as_bytes())
    {
        return refusal("invalid_client");
    }
    let grant = fake.lock().grants.remove(&form["code"]);
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    let challenge = encoded(Sha256::digest(verifier.as_bytes()));
    match grant {
        Some(grant) if grant.challenge == challenge => Json(json!({
            "access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": grant.token,
        }))
        .into_response(),
        _ => refusal("invalid_grant"),
    }
}

fn refusal(error: &str) -> Response {
    let words = "<b>canary-provider-words</b>";
    let body = json!({ "error": error, "error_description": words });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn user_info(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let expected = format!("Bearer {ACCESS_TOKEN}");
    match headers.get("authorization") {
        Some(line) if line.as_bytes() == expected.as_bytes() => {
            Json(fake.lock().user_info.clone()).into_response()
        }
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

impl Doors {
    /// Follows the button.
    pub(super) async fn to_provider(&self, path: &str) -> Asked {
        let answer = self.ask_as_link(path, None).await;
        let location: Url = location(&answer).parse().expect("an address");
        assert!(location.path().ends_with("/authorize"), "{location}");
        let parameters = location.query_pairs().into_owned().collect();
        Asked {
            cookie: cookie(answer.headers()),
            parameters,
        }
    }

    /// What the browser that was sent away does when the provider sends it back with `code`.
    pub(super) async fn back(&self, asked: &Asked, code: &str) -> reqwest::Response {
        let state = &asked.parameters["state"];
        let path = format!("/api/v1/oidc/callback?code={code}&state={state}");
        self.ask_as_link(&path, Some(&asked.cookie)).await
    }

    /// As a browser that follows a link or a redirect: without an `Origin`.
    pub(super) async fn ask_as_link(&self, path: &str, held: Option<&str>) -> reqwest::Response {
        let mut request = super::client().request(Method::GET, self.server.url(path));
        if let Some(held) = held {
            request = request.header(COOKIE, held);
        }
        request.send().await.expect("an answer")
    }
}

/// Where an answer leads.
pub(super) fn location(answer: &reqwest::Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()[LOCATION].to_str().expect("text");
    assert!(!location.contains("canary"), "{location}");
    location.to_owned()
}
