//! The doors over HTTP: who is let in, who is not, and what ends when.

mod coming_in;
mod crowd;
mod desk;
mod displays;
mod ending;
mod flood;
mod health;
mod held;
mod letters;
mod noted;
mod oidc;
mod oidc_fake;
mod oidc_forged;
mod oidc_tls;
mod origins;
mod people;
mod proxy;

use std::path::Path;
use std::time::Duration;

use fleetglass::auth::{Access, AccessSettings, Actor, Name, NewUser, Role};
use fleetglass::clock;
use fleetglass::config::Config;
use fleetglass::domain::Sight;
use fleetglass::sim::{self, RunningSim, SimSettings};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::harness::{PATIENCE, Server, config};

const HORSE: &str = "correct horse battery";
const N_VEHICLES: usize = 5;

/// A server that wants a login, with two users, and a way into its store beside it.
pub(crate) struct Doors {
    pub(crate) server: Server,
    _sim: RunningSim,
    dir: tempfile::TempDir,
}

impl Doors {
    pub(crate) async fn open(adapt: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let access = store(dir.path());
        for (name, role) in [("boss", Role::Administrator), ("ann", Role::Viewer)] {
            add(&access, name, role, Sight::everything()).await;
        }
        let sim = sim::spawn(SimSettings {
            vehicles: N_VEHICLES,
            ..SimSettings::default()
        });
        let sim = sim.await.expect("the simulator starts");
        let mut config = config(&sim.environment);
        config.access.login = Some(true);
        config.server.state_dir = Some(dir.path().to_owned());
        adapt(&mut config);
        Self {
            server: Server::of(config).await,
            _sim: sim,
            dir,
        }
    }

    /// A request of a page of ours.
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = client().request(method, self.server.url(path));
        request.header(ORIGIN, self.server.url(""))
    }

    async fn login(&self, name: &str, password: &str, held: Option<&str>) -> Response {
        let mut request = self.ask(Method::POST, "/api/v1/session");
        if let Some(held) = held {
            request = request.header(COOKIE, held);
        }
        let body = json!({ "name": name, "password": password });
        request.json(&body).send().await.expect("an answer")
    }

    /// The cookie of who comes in, as a browser sends it.
    pub(crate) async fn enter(&self, name: &str) -> String {
        let answer = self.login(name, HORSE, None).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        cookie(answer.headers())
    }

    async fn with(&self, cookie: &str, method: Method, path: &str) -> Response {
        let request = self.ask(method, path).header(COOKIE, cookie);
        request.send().await.expect("an answer")
    }

    /// Does as the page of `cookie` does, and expects it to be done.
    async fn well(&self, cookie: &str, method: Method, path: &str, body: &Value) -> Value {
        let asked = self.ask(method, path).header(COOKIE, cookie).json(body);
        let answer = asked.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or(Value::Null)
    }

    /// The vehicles, once all are there with their places, and some are known by their groups.
    async fn settled(&self, cookie: &str) -> Vec<Value> {
        let asking = async {
            loop {
                let none = Value::Null;
                let answer = self.well(cookie, Method::GET, "/api/v1/vehicles", &none);
                let vehicles = answer.await["vehicles"].as_array().cloned();
                let vehicles = vehicles.unwrap_or_default();
                let has_group = |vehicle: &Value| vehicle["groups"][0].is_string();
                if vehicles.len() == N_VEHICLES && vehicles.iter().any(has_group) {
                    return vehicles;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let settled = tokio::time::timeout(PATIENCE, asking).await;
        settled.expect("the fleet is there in time")
    }

    async fn knows(&self, cookie: &str) -> bool {
        self.with(cookie, Method::GET, "/api/v1/me").await.status() == StatusCode::OK
    }
}

/// A user, with the usual password.
async fn add(access: &Access, name: &str, role: Role, sight: Sight) {
    let new = NewUser {
        name: Name::parse(name).expect("a name"),
        role,
        sight,
        external: None,
    };
    let (by, now) = (Actor::console(), clock::now());
    let id = access.add_user(&by, new, now).await.expect("a user");
    let set = access.set_password(&by, id, SecretString::from(HORSE), now);
    set.await.expect("a password");
}

fn store(dir: &Path) -> Access {
    let settings = AccessSettings {
        dir: Some(dir.to_owned()),
        ..AccessSettings::default()
    };
    Access::open(settings).expect("the store opens")
}

/// A client that goes where it is told, and no further.
pub(crate) fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().timeout(PATIENCE);
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    builder.build().expect("a client")
}

pub(crate) fn cookie(headers: &HeaderMap) -> String {
    let line = headers.get(SET_COOKIE).expect("a cookie");
    let line = line.to_str().expect("text");
    line.split(';').next().expect("a pair").to_owned()
}

async fn code(answer: Response) -> String {
    let body: Value = answer.json().await.expect("JSON");
    body["error"]["code"].as_str().expect("a code").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, in its order")]
async fn every_route_that_is_not_on_the_list_is_closed_to_strangers() {
    const OPEN: [(&str, &str); 11] = [
        ("get", "/livez"),
        ("get", "/readyz"),
        ("get", "/api/v1/sign-in"),
        ("get", "/api/v1/oidc/login"),
        ("get", "/api/v1/oidc/callback"),
        ("post", "/api/v1/session"),
        ("post", "/api/v1/invitation"),
        ("post", "/api/v1/invitation/look"),
        ("post", "/api/v1/pairing"),
        ("post", "/api/v1/pairing/poll"),
        ("post", "/api/v1/display"),
    ];
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let openapi = doors.with(&boss, Method::GET, "/api/v1/openapi.json").await;
    let openapi: Value = openapi.json().await.expect("JSON");
    let (mut n_closed, mut n_open) = (0, 0);
    for (path, methods) in openapi["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            // This machine may read it.
            if path == "/metrics" {
                continue;
            }
            let verb = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let answer = doors.ask(verb, &path.replace(['{', '}'], "")).send().await;
            let answer = answer.expect("an answer");
            let headers = answer.headers().clone();
            if OPEN.contains(&(method.as_str(), path.as_str())) {
                assert_ne!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
                n_open += 1;
            } else {
                assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_eq!(code(answer).await, "not_signed_in", "{method} {path}");
                n_closed += 1;
            }
            let policy = headers["content-security-policy"].to_str().expect("text");
            assert!(policy.starts_with("default-src 'none'"), "{method} {path}");
            assert_eq!(headers["cache-control"], "no-store", "{method} {path}");
            assert_eq!(
                headers["x-content-type-options"], "nosniff",
                "{method} {path}"
            );
            assert!(!headers.contains_key("strict-transport-security"));
        }
    }
    assert_eq!(
        (n_open, n_closed >= 25),
        (OPEN.len(), true),
        "{n_closed} are closed"
    );
    for path in ["/", "/users", "/no/such/page", "/users?x=1"] {
        let answer = doors
            .ask(Method::GET, path)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        let location = answer.headers()[LOCATION].to_str().expect("text");
        assert!(location.starts_with("/login?next=/"), "{location}");
    }
    let wall = doors
        .ask(Method::GET, "/wall")
        .send()
        .await
        .expect("an answer");
    assert_eq!(wall.status(), StatusCode::OK);
    let tile = doors.ask(Method::GET, "/tiles/builtin/0/0/0").send().await;
    assert_eq!(tile.expect("an answer").status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_handshakes_is_refused_and_a_metrics_token_reads_metrics_alone() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let body = json!({ "kind": "metrics", "name": "Prometheus", "sight": { "groups": [] } });
    let made = doors
        .ask(Method::POST, "/api/v1/tokens")
        .header(COOKIE, &boss)
        .json(&body);
    let made: Value = made
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let token = SecretString::from(made["token"].as_str().expect("a token"));
    for (path, expected) in [
        ("/metrics", StatusCode::OK),
        ("/api/v1/me", StatusCode::OK),
        ("/api/v1/vehicles", StatusCode::FORBIDDEN),
        ("/api/v1/live", StatusCode::FORBIDDEN),
    ] {
        let asked = client()
            .get(doors.server.url(path))
            .bearer_auth(token.expose_secret());
        assert_eq!(
            asked.send().await.expect("an answer").status(),
            expected,
            "{path}"
        );
    }
    let mut knocking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let knock = doors.ask(Method::GET, "/api/v1/live").header(COOKIE, &boss);
        knocking.spawn(knock.send());
    }
    let mut n_refused = 0;
    while let Some(answer) = knocking.join_next().await {
        let status = answer.expect("a task").expect("an answer").status();
        n_refused += usize::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(n_refused > 0, "a hundred at once are too many");
}
