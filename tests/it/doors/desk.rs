//! Places, rules, views and webhooks behind the doors: who comes in changes them, and it is noted.

use reqwest::header::{COOKIE, ORIGIN};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{Doors, client, code};

async fn put(doors: &Doors, cookie: &str, path: &str, body: &Value) -> Response {
    let asked = doors.ask(Method::PUT, path).header(COOKIE, cookie);
    asked.json(body).send().await.expect("an answer")
}

fn place() -> Value {
    let shape = json!({ "kind": "circle", "lat_deg": -26.0, "lng_deg": 28.0, "radius_m": 100.0 });
    json!({ "name": "Depot", "shape": shape })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_needs_a_login_a_role_and_a_page_of_ours_and_is_noted() {
    let doors = Doors::open(|_| {}).await;
    let (boss, ann) = (doors.enter("boss").await, doors.enter("ann").await);
    let none = Value::Null;
    let path = "/api/v1/places/depot";
    let stranger = doors.ask(Method::PUT, path).json(&place()).send().await;
    let stranger = stranger.expect("an answer");
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let bare = client().put(doors.server.url(path)).header(COOKIE, &boss);
    let bare = bare.json(&place()).send().await.expect("an answer");
    assert_eq!(
        (bare.status(), code(bare).await),
        (StatusCode::FORBIDDEN, "foreign_origin".into())
    );
    let foreign = client().put(doors.server.url(path)).header(COOKIE, &boss);
    let foreign = foreign
        .header(ORIGIN, "https://evil.example")
        .json(&place());
    let foreign = foreign.send().await.expect("an answer");
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let viewer = put(&doors, &ann, path, &place()).await;
    assert_eq!(
        (viewer.status(), code(viewer).await),
        (StatusCode::FORBIDDEN, "not_allowed".into())
    );
    assert_eq!(
        put(&doors, &boss, path, &place()).await.status(),
        StatusCode::OK
    );
    let seen = doors.well(&ann, Method::GET, "/api/v1/places", &none).await;
    assert_eq!(seen["places"][0]["id"], "depot");
    let audit = doors
        .well(&boss, Method::GET, "/api/v1/audit?limit=1", &none)
        .await;
    let entry = &audit["entries"][0];
    assert_eq!(
        (&entry["what"], &entry["subject"]),
        (&json!("place_changed"), &json!("place:depot"))
    );
    // The id says which place; where it is and what it is called is for nobody who reads the notes.
    for told in ["lat_deg", "lng_deg", "-26", "Depot"] {
        assert!(!entry.to_string().contains(told), "{told} is told: {entry}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_a_persons_own_until_they_are_shared() {
    let doors = Doors::open(|_| {}).await;
    let (boss, ann) = (doors.enter("boss").await, doors.enter("ann").await);
    let none = Value::Null;
    let view = |shared| json!({ "name": "V", "fragment": "show=parked", "shared": shared });
    let path = "/api/v1/views/v-1";
    assert_eq!(
        put(&doors, &ann, path, &view(false)).await.status(),
        StatusCode::OK
    );
    let of_boss = doors.well(&boss, Method::GET, "/api/v1/views", &none).await;
    assert_eq!(of_boss, json!({ "views": [] }));
    assert_eq!(
        put(&doors, &boss, path, &view(true)).await.status(),
        StatusCode::CONFLICT
    );
    assert_eq!(
        put(&doors, &ann, path, &view(true)).await.status(),
        StatusCode::OK
    );
    let of_boss = doors.well(&boss, Method::GET, "/api/v1/views", &none).await;
    let shared = json!({ "id": "v-1", "name": "V", "fragment": "show=parked", "shared": true, "own": false });
    assert_eq!(of_boss["views"][0], shared);
    let new = json!({ "kind": "program", "name": "P", "sight": { "groups": "all" } });
    let token = doors
        .well(&boss, Method::POST, "/api/v1/tokens", &new)
        .await;
    let token = token["token"].as_str().expect("a token");
    for (path, expected) in [
        ("/api/v1/views", StatusCode::FORBIDDEN),
        ("/api/v1/webhooks", StatusCode::FORBIDDEN),
        ("/api/v1/places", StatusCode::OK),
        ("/api/v1/rules", StatusCode::OK),
    ] {
        let asked = client()
            .get(doors.server.url(path))
            .bearer_auth(token)
            .send()
            .await;
        assert_eq!(asked.expect("an answer").status(), expected, "{path}");
    }
}
