//! The doors over HTTP: who is let in, who is not, and what ends when.

use std::path::Path;

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

/// A server that wants a login, with two users, and a way into its store beside it.
pub(crate) struct Doors {
    pub(crate) server: Server,
    pub(crate) access: Access,
    _sim: RunningSim,
    _dir: tempfile::TempDir,
}

impl Doors {
    pub(crate) async fn open(adapt: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let access = store(dir.path());
        for (name, role) in [("boss", Role::Administrator), ("ann", Role::Viewer)] {
            let new = NewUser {
                name: Name::parse(name).expect("a name"),
                role,
                sight: Sight::everything(),
                external: None,
            };
            let (by, now) = (Actor::console(), clock::now());
            let id = access.add_user(&by, new, now).await.expect("a user");
            let set = access.set_password(&by, id, SecretString::from(HORSE), now);
            set.await.expect("a password");
        }
        let sim = sim::spawn(SimSettings {
            vehicles: 5,
            ..SimSettings::default()
        });
        let sim = sim.await.expect("the simulator starts");
        let mut config = config(&sim.environment);
        config.access.login = Some(true);
        config.server.state_dir = Some(dir.path().to_owned());
        adapt(&mut config);
        Self {
            server: Server::of(config).await,
            access,
            _sim: sim,
            _dir: dir,
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

    async fn knows(&self, cookie: &str) -> bool {
        self.with(cookie, Method::GET, "/api/v1/me").await.status() == StatusCode::OK
    }
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
async fn every_route_that_is_not_on_the_list_is_closed_to_strangers() {
    const OPEN: [(&str, &str); 9] = [
        ("get", "/livez"),
        ("get", "/readyz"),
        ("get", "/api/v1/sign-in"),
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
async fn a_login_makes_a_new_session_and_ends_the_one_before() {
    let doors = Doors::open(|_| {}).await;
    // What somebody put there beforehand is good for nothing.
    let planted = "sid=planted-by-somebody-else-0000000000000000000";
    let answer = doors.login("ann", HORSE, Some(planted)).await;
    let line = answer.headers()[SET_COOKIE]
        .to_str()
        .expect("text")
        .to_owned();
    for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age="] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("Secure"), "this is plain, on this machine");
    let first = cookie(answer.headers());
    assert_ne!(first, planted);
    assert!(!doors.knows(planted).await && doors.knows(&first).await);
    let answer = doors.login("ann", HORSE, Some(&first)).await;
    let second = cookie(answer.headers());
    assert_ne!(first, second, "a login rotates");
    assert!(!doors.knows(&first).await, "and ends what the browser held");
    let left = doors.with(&second, Method::DELETE, "/api/v1/session").await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    assert!(
        cookie(left.headers()).ends_with('='),
        "the cookie is taken away"
    );
    assert!(!doors.knows(&second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_revoked_by_their_owner_and_by_administrators() {
    let doors = Doors::open(|_| {}).await;
    let (one, two) = (doors.enter("ann").await, doors.enter("ann").await);
    let boss = doors.enter("boss").await;
    let list = |cookie: String, path: &'static str| {
        let doors = &doors;
        async move {
            let answer = doors.with(&cookie, Method::GET, path).await;
            let body: Value = answer.json().await.expect("JSON");
            body["sessions"].as_array().cloned().unwrap_or_default()
        }
    };
    let own = list(one.clone(), "/api/v1/sessions").await;
    assert_eq!(own.len(), 2);
    assert_eq!(
        own.iter()
            .filter(|session| session["is_this"] == true)
            .count(),
        1
    );
    assert!(own.iter().all(|session| session["user"]["name"] == "ann"));
    let refused = doors
        .with(&one, Method::GET, "/api/v1/sessions?all=true")
        .await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        list(boss.clone(), "/api/v1/sessions?all=true").await.len(),
        3
    );
    let of_two = own.iter().find(|session| session["is_this"] == false);
    let id = of_two.expect("the other one")["id"]
        .as_str()
        .expect("an id");
    let revoked = doors
        .with(&one, Method::DELETE, &format!("/api/v1/sessions/{id}"))
        .await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert!(!doors.knows(&two).await && doors.knows(&one).await);
    // Nobody ends a stranger's.
    let of_boss = list(boss.clone(), "/api/v1/sessions").await;
    let id = of_boss[0]["id"].as_str().expect("an id");
    let refused = doors
        .with(&one, Method::DELETE, &format!("/api/v1/sessions/{id}"))
        .await;
    assert!(refused.status().is_client_error());
    assert!(doors.knows(&boss).await);
    let of_one = list(one.clone(), "/api/v1/sessions").await;
    let id = of_one[0]["id"].as_str().expect("an id");
    let revoked = doors
        .with(&boss, Method::DELETE, &format!("/api/v1/sessions/{id}"))
        .await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert!(!doors.knows(&one).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_needs_our_own_origin_and_a_program_needs_none() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let port = doors.server.address.port();
    let own = format!("http://127.0.0.1:{port}");
    let origins = [
        (Some(own.clone()), true),
        (None, false),
        (Some("null".to_owned()), false),
        (Some(String::new()), false),
        (Some("http://evil.example".to_owned()), false),
        (Some(format!("http://evil.example:{port}")), false),
        (Some("http://127.0.0.1".to_owned()), false),
        (Some("http://127.0.0.1:1".to_owned()), false),
        (Some(format!("https://127.0.0.1:{port}")), false),
        (Some(format!("ws://127.0.0.1:{port}")), false),
        (Some(format!("HTTP://127.0.0.1:{port}")), false),
        (Some(format!("http://localhost:{port}")), false),
        (Some(format!("http://[::1]:{port}")), false),
        (Some(format!("http://127.0.0.1:{port}.evil.example")), false),
        (Some(format!("http://127.0.0.1.evil.example:{port}")), false),
        (Some(format!("http://127.0.0.1:{port}/")), false),
        (Some(format!("http://user@127.0.0.1:{port}")), false),
        (Some(format!("http://127.0.0.1:{port}@evil.example")), false),
        (Some(format!("{own}, http://evil.example")), false),
        (Some("file://".to_owned()), false),
        (Some("http://xn--127-0-0-1.example".to_owned()), false),
    ];
    for (origin, is_fine) in origins {
        for (method, path) in [
            (Method::POST, "/api/v1/users/1/invitation"),
            (Method::DELETE, "/api/v1/sessions"),
            (Method::GET, "/api/v1/live"),
        ] {
            let request = client().request(method.clone(), doors.server.url(path));
            let mut request = request.header(COOKIE, &boss);
            if let Some(origin) = &origin {
                request = request.header(ORIGIN, origin);
            }
            let answer = request.send().await.expect("an answer");
            let is_let_by = answer.status() != StatusCode::FORBIDDEN;
            assert_eq!(is_let_by, is_fine, "{origin:?} {method} {path}");
        }
        // Nobody is logged in by another site.
        let body = json!({ "name": "ann", "password": "wrong password here" });
        let mut request = client()
            .post(doors.server.url("/api/v1/session"))
            .json(&body);
        if let Some(origin) = &origin {
            request = request.header(ORIGIN, origin);
        }
        let status = request.send().await.expect("an answer").status();
        assert_eq!(status != StatusCode::FORBIDDEN, is_fine, "{origin:?}");
    }
    let body = json!({ "kind": "program", "name": "Report", "sight": { "groups": "all" } });
    let made = doors
        .ask(Method::POST, "/api/v1/tokens")
        .header(COOKIE, &boss);
    let made = made.json(&body).send().await.expect("an answer");
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.expect("JSON");
    let token = made["token"].as_str().expect("a token");
    let live = client()
        .get(doors.server.url("/api/v1/live"))
        .bearer_auth(token);
    let live = live.send().await.expect("an answer");
    assert_eq!(
        live.status(),
        StatusCode::UPGRADE_REQUIRED,
        "let by, and no WebSocket"
    );
    let path = format!("/api/v1/vehicles?token={token}");
    let refused = client()
        .get(doors.server.url(&path))
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(refused).await, "token_in_query");
    // A program's token is no cookie, and a revoked one is nothing.
    let body = json!({ "token": token });
    let display = doors.ask(Method::POST, "/api/v1/display").json(&body);
    let status = display.send().await.expect("an answer").status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let id = made["id"].as_str().expect("an id");
    doors
        .with(&boss, Method::DELETE, &format!("/api/v1/tokens/{id}"))
        .await;
    let gone = client()
        .get(doors.server.url("/api/v1/vehicles"))
        .bearer_auth(token);
    let status = gone.send().await.expect("an answer").status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_is_paired_and_revoked() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let asked = doors
        .ask(Method::POST, "/api/v1/pairing")
        .send()
        .await
        .expect("an answer");
    assert_eq!(asked.status(), StatusCode::CREATED);
    let asked: Value = asked.json().await.expect("JSON");
    let (code, secret) = (asked["code"].as_str().expect("a code"), &asked["secret"]);
    let poll = || async {
        let body = json!({ "secret": secret });
        let polled = doors.ask(Method::POST, "/api/v1/pairing/poll").json(&body);
        polled.send().await.expect("an answer")
    };
    let waiting: Value = poll().await.json().await.expect("JSON");
    assert_eq!(waiting["state"], "waiting");
    let found = doors
        .with(&boss, Method::GET, &format!("/api/v1/pairing/{code}"))
        .await;
    let found: Value = found.json().await.expect("JSON");
    assert_eq!(found["from"], "127.0.0.x");
    let ann = doors.enter("ann").await;
    let refused = doors
        .with(&ann, Method::GET, &format!("/api/v1/pairing/{code}"))
        .await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let approval = json!({ "name": "Hall", "sight": { "groups": ["North"], "hide": ["driver"] } });
    let approve = doors.ask(Method::POST, &format!("/api/v1/pairing/{code}/approve"));
    let approve = approve.header(COOKIE, &boss).json(&approval).send().await;
    assert_eq!(approve.expect("an answer").status(), StatusCode::NO_CONTENT);
    let paired = poll().await;
    let screen = cookie(paired.headers());
    let paired: Value = paired.json().await.expect("JSON");
    assert_eq!(
        paired,
        json!({ "state": "paired" }),
        "the token is in the cookie alone"
    );
    assert_eq!(poll().await.status(), StatusCode::GONE, "it is given once");
    let me = doors.with(&screen, Method::GET, "/api/v1/me").await;
    let me: Value = me.json().await.expect("JSON");
    assert_eq!(
        (&me["kind"], &me["name"]),
        (&json!("display"), &json!("Hall"))
    );
    assert_eq!(me["sight"], approval["sight"]);
    let id = me["id"].as_str().expect("an id");
    let revoked = doors
        .with(&boss, Method::DELETE, &format!("/api/v1/tokens/{id}"))
        .await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert!(!doors.knows(&screen).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_made_changed_and_shut_out_by_administrators_only() {
    let doors = Doors::open(|_| {}).await;
    let (boss, ann) = (doors.enter("boss").await, doors.enter("ann").await);
    let new = json!({ "name": "Bob", "role": "viewer", "sight": { "groups": "all" } });
    for (who, expected) in [(&ann, StatusCode::FORBIDDEN), (&boss, StatusCode::CREATED)] {
        let made = doors
            .ask(Method::POST, "/api/v1/users")
            .header(COOKIE, who)
            .json(&new);
        let made = made.send().await.expect("an answer");
        assert_eq!(made.status(), expected);
        if expected != StatusCode::CREATED {
            continue;
        }
        let made: Value = made.json().await.expect("JSON");
        let link = made["invitation"].as_str().expect("a link");
        let secret = link.strip_prefix("/invitation#").expect("a fragment");
        let look = doors.ask(Method::POST, "/api/v1/invitation/look");
        let look = look
            .json(&json!({ "secret": secret }))
            .send()
            .await
            .expect("an answer");
        let look: Value = look.json().await.expect("JSON");
        assert_eq!(look, json!({ "kind": "set_password", "name": "Bob" }));
        for (password, expected) in [
            ("short", StatusCode::UNPROCESSABLE_ENTITY),
            (HORSE, StatusCode::NO_CONTENT),
            (HORSE, StatusCode::GONE),
        ] {
            let body = json!({ "secret": secret, "password": password });
            let used = doors.ask(Method::POST, "/api/v1/invitation").json(&body);
            assert_eq!(used.send().await.expect("an answer").status(), expected);
        }
        let bob = doors.enter("bob").await;
        let path = format!("/api/v1/users/{}", made["id"]);
        let change = doors.ask(Method::PATCH, &path).header(COOKIE, &boss);
        let change = change.json(&json!({ "is_disabled": true })).send().await;
        assert_eq!(change.expect("an answer").status(), StatusCode::NO_CONTENT);
        assert!(!doors.knows(&bob).await);
    }
    // The last administrator stays one.
    let me = doors.with(&boss, Method::GET, "/api/v1/me").await;
    let me: Value = me.json().await.expect("JSON");
    let path = format!("/api/v1/users/{}", me["id"]);
    let change = doors.ask(Method::PATCH, &path).header(COOKIE, &boss);
    let change = change
        .json(&json!({ "role": "viewer" }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(change.status(), StatusCode::CONFLICT);
    assert_eq!(code(change).await, "last_administrator");
    let audit = doors
        .with(&boss, Method::GET, "/api/v1/audit?limit=2")
        .await;
    let audit: Value = audit.json().await.expect("JSON");
    assert_eq!(audit["entries"].as_array().map(Vec::len), Some(2));
    assert_eq!(audit["entries"][0]["what"], "user_disabled");
    assert_eq!(audit["next"], audit["entries"][1]["n"]);
    let refused = doors.with(&ann, Method::GET, "/api/v1/audit").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_logins_cost_ten_hashes_at_most() {
    const N: usize = 1_000;
    let doors = Doors::open(|_| {}).await;
    let before = doors.access.hashing().in_all;
    let client = client();
    let mut trying = tokio::task::JoinSet::new();
    for n in 0..N {
        let request = client.post(doors.server.url("/api/v1/session"));
        let request = request.header(ORIGIN, doors.server.url(""));
        let name = if n % 2 == 0 {
            "ann".to_owned()
        } else {
            format!("nobody{n}")
        };
        let body = json!({ "name": name, "password": "not the password" });
        trying.spawn(request.json(&body).send());
        if trying.len() >= 50 {
            trying.join_next().await;
        }
    }
    assert_eq!(
        doors.access.hashing().in_all,
        before,
        "the server has its own"
    );
    let mut statuses = Vec::new();
    while let Some(answer) = trying.join_next().await {
        statuses.push(answer.expect("a task").expect("an answer").status());
    }
    let throttled = doors.login("boss", HORSE, None).await;
    assert_eq!(
        throttled.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "from this address"
    );
    assert!(throttled.headers().contains_key("retry-after"));
    assert_eq!(code(throttled).await, "throttled");
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_its_word_counts_and_a_strangers_does_not() {
    let identity = fleetglass::config::access::ProxyIdentity {
        user_header: "remote-user".to_owned(),
        groups_header: None,
        role: Some(fleetglass::config::access::RoleName::Viewer),
        roles: std::collections::BTreeMap::default(),
        sees: None,
    };
    let of_proxy = identity.clone();
    let doors = Doors::open(move |config| {
        config.server.hosts = vec!["fleet.example.org".to_owned()];
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        config.access.proxy = Some(of_proxy);
    });
    let doors = doors.await;
    let by_proxy = |path: &str| {
        let request = client().get(doors.server.url(path));
        let request = request.header("host", "fleet.example.org");
        request.header("x-forwarded-for", "192.0.2.7")
    };
    let plain = by_proxy("/api/v1/me").header("x-forwarded-proto", "http");
    let plain = plain
        .header("remote-user", "carol")
        .send()
        .await
        .expect("an answer");
    assert_eq!(code(plain).await, "plain_http");
    let known = by_proxy("/api/v1/me").header("x-forwarded-proto", "https");
    let known = known
        .header("remote-user", "carol")
        .send()
        .await
        .expect("an answer");
    let known: Value = known.json().await.expect("JSON");
    assert_eq!(
        (&known["name"], &known["role"]),
        (&json!("carol"), &json!("viewer"))
    );
    // One of ours is not taken over.
    let boss = by_proxy("/api/v1/me").header("x-forwarded-proto", "https");
    let boss = boss
        .header("remote-user", "boss")
        .send()
        .await
        .expect("an answer");
    assert_eq!(code(boss).await, "name_taken");
    // By HTTPS the cookie is bound to this very host.
    let login = client().post(doors.server.url("/api/v1/session"));
    let login = login
        .header("host", "fleet.example.org")
        .header("x-forwarded-proto", "https");
    let login = login.header(ORIGIN, "https://fleet.example.org");
    let body = json!({ "name": "ann", "password": HORSE });
    let login = login.json(&body).send().await.expect("an answer");
    let line = login.headers()[SET_COOKIE].to_str().expect("text");
    assert!(
        line.starts_with("__Host-sid=") && line.ends_with("; Secure"),
        "{line}"
    );
    let metrics = doors
        .ask(Method::GET, "/metrics")
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        metrics.status(),
        StatusCode::UNAUTHORIZED,
        "anybody may be behind it"
    );

    let strict = Doors::open(move |config| {
        config.server.trusted_proxies = vec!["192.0.2.0/24".parse().expect("a network")];
        config.access.proxy = Some(identity);
    });
    let strict = strict.await;
    let stranger = strict
        .ask(Method::GET, "/api/v1/me")
        .header("remote-user", "boss");
    let stranger = stranger.send().await.expect("an answer");
    assert_eq!(stranger.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(stranger).await, "identity_header");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_publishes_without_being_named_is_refused() {
    let doors = Doors::open(|config| config.access.login = None).await;
    let local = doors
        .ask(Method::GET, "/api/v1/me")
        .send()
        .await
        .expect("an answer");
    let local: Value = local.json().await.expect("JSON");
    assert_eq!(
        (&local["kind"], &local["role"]),
        (&json!("local"), &json!("administrator"))
    );
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto"] {
        for path in ["/", "/api/v1/vehicles", "/metrics"] {
            let answer = doors
                .ask(Method::GET, path)
                .header(name, "192.0.2.7")
                .send()
                .await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name} {path}");
            assert_eq!(code(answer).await, "published");
        }
    }
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
