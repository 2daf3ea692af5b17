//! What the token of a screen is good for: what the wall's page asks, and nothing else. The list is
//! held against the page itself, so that neither grows without the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use reqwest::header::{COOKIE, LOCATION};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::doors::{Doors, cookie};
use crate::layering::root;

/// What the wall's page and its worker ask by name; tiles and assets have their addresses from the
/// server.
const ASKED: [(&str, &str); 8] = [
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/live"),
    ("GET", "/tiles.json"),
    ("GET", "/livez"),
    ("POST", "/api/v1/display"),
    ("POST", "/api/v1/pairing"),
    ("POST", "/api/v1/pairing/poll"),
    ("POST", "/api/v1/display/report"),
];

/// What modules that both pages share ask for the desk alone, the columns of its list and its
/// places; a screen may not ask it.
const ASKED_FOR_THE_DESK: [&str; 4] = [
    "/api/v1/vehicles?${query}",
    "/api/v1/places",
    "/api/v1/places.geojson",
    "/api/v1/places/import",
];

/// What is open to everybody, and so to a screen's browser too.
const OPEN: [(&str, &str); 11] = [
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/sign-in"),
    ("GET", "/api/v1/oidc/login"),
    ("GET", "/api/v1/oidc/callback"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/invitation"),
    ("POST", "/api/v1/invitation/look"),
    ("POST", "/api/v1/pairing"),
    ("POST", "/api/v1/pairing/poll"),
    ("POST", "/api/v1/display"),
];

/// What a screen may beside that.
const OF_SCREENS: [(&str, &str); 5] = [
    ("GET", "/api/v1/alarms"),
    ("POST", "/api/v1/display/report"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/live"),
    ("DELETE", "/api/v1/session"),
];

/// The cookie of a screen that may see everything.
async fn screen(doors: &Doors) -> String {
    let boss = doors.enter("boss").await;
    let new = json!({ "kind": "display", "name": "Wall", "sight": { "groups": "all" } });
    let made = doors.ask(Method::POST, "/api/v1/tokens");
    let made = made.header(COOKIE, &boss).json(&new).send().await;
    let made: Value = made.expect("an answer").json().await.expect("JSON");
    // As a kiosk does it, with what stands behind its `#token=`.
    let body = json!({ "token": made["token"] });
    let let_in = doors.ask(Method::POST, "/api/v1/display").json(&body);
    cookie(let_in.send().await.expect("an answer").headers())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_may_ask_what_the_wall_asks_and_nothing_else() {
    let doors = Doors::open(|_| {}).await;
    let screen = screen(&doors).await;
    let asked = |method: &str, path: &str| {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = doors.ask(method, path).header(COOKIE, &screen);
        async move { request.send().await.expect("an answer") }
    };
    for (method, path) in ASKED {
        let status = asked(method, path).await.status();
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_ne!(status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    for path in ["/wall", "/tiles/0/0/0"] {
        assert_eq!(asked("GET", path).await.status(), StatusCode::OK, "{path}");
    }
    let mut routes = routes(&doors).await;
    // Each of these a viewer with the same sight may ask.
    for path in [
        "/api/v1/vehicles?at=2026-08-05T12:00:00Z",
        "/api/v1/vehicles.geojson?limit=1",
        "/api/v1/vehicles/x/trail?format=csv",
        "/api/v1/vehicles/x/trail?format=gpx",
    ] {
        routes.insert(("GET".to_owned(), path.to_owned()));
    }
    let mut n_closed = 0;
    for (method, path) in &routes {
        let route = (method.as_str(), path.as_str());
        let may = OPEN.contains(&route) || OF_SCREENS.contains(&route);
        // `/metrics` is open to this machine.
        if route.1 == "/metrics" {
            continue;
        }
        let answer = asked(method, path).await;
        if may {
            assert_ne!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
            continue;
        }
        n_closed += 1;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], "not_allowed", "{method} {path}");
        let message = body["error"]["message"].as_str().expect("words");
        assert!(message.starts_with("a screen shows the live map and nothing else"));
    }
    assert!(n_closed >= 28, "only {n_closed} are closed");
    // A person who opens a page in the wall's browser is asked to sign in.
    for path in ["/", "/users", "/no/such/page"] {
        let answer = asked("GET", path).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        let location = answer.headers()[LOCATION].to_str().expect("text");
        assert!(location.starts_with("/login?next=/"), "{location}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_at_the_same_address_keep_no_screen_from_coming_back() {
    let doors = Doors::open(|_| {}).await;
    let screen = screen(&doors).await;
    let mut knocking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        knocking.spawn(doors.ask(Method::GET, "/api/v1/live").send());
    }
    let mut n_held = 0;
    while let Some(answer) = knocking.join_next().await {
        let status = answer.expect("a task").expect("an answer").status();
        n_held += usize::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(n_held > 0, "a hundred at once are too many");
    for _ in 0..5 {
        let back = doors.ask(Method::GET, "/api/v1/live");
        let back = back.header(COOKIE, &screen).send().await;
        // It is no opening of a WebSocket, but it was let by.
        let status = back.expect("an answer").status();
        assert_eq!(status, StatusCode::UPGRADE_REQUIRED);
    }
}

/// Every route that is described, with something in the place of its parts.
async fn routes(doors: &Doors) -> BTreeSet<(String, String)> {
    let boss = doors.enter("boss").await;
    let asked = doors.ask(Method::GET, "/api/v1/openapi.json");
    let asked = asked.header(COOKIE, boss).send().await.expect("an answer");
    let openapi: Value = asked.json().await.expect("JSON");
    let paths = openapi["paths"].as_object().expect("paths").iter();
    let routes = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").keys();
        methods.map(move |method| (method.to_uppercase(), path.replace(['{', '}'], "")))
    });
    routes.collect()
}

#[test]
fn the_list_is_what_the_walls_page_and_its_worker_ask() {
    let source = root().join("static/src");
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![source.join("wall.ts"), source.join("live/live-worker.ts")];
    while let Some(file) = waiting.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a module");
        for text in text.split(['"', '`', '\'']).skip(1) {
            let is_asked = ["/api/", "/tiles", "/livez", "/readyz", "/metrics"]
                .iter()
                .any(|start| text.starts_with(start));
            // The beginning of addresses is none.
            if is_asked && !text.ends_with('/') {
                found.insert(text.to_owned());
            }
            let is_module = Path::new(text).extension().is_some_and(|end| end == "ts");
            if text.starts_with('.') && is_module {
                waiting.push(beside(&file, text));
            }
        }
    }
    assert!(seen.len() > 50, "the page has more modules: {seen:?}");
    let by_the_wall = ASKED.iter().map(|(_, path)| *path);
    let all = by_the_wall.chain(ASKED_FOR_THE_DESK);
    let expected: BTreeSet<_> = all.map(str::to_owned).collect();
    assert_eq!(found, expected);
}

/// Where `relative` leads from the folder of `file`.
fn beside(file: &Path, relative: &str) -> PathBuf {
    let mut path = file.parent().expect("a folder").to_owned();
    for part in relative.split('/') {
        match part {
            "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}
