//! Who may change what of the desk, and who sees what of it, asked over HTTP.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::{Extension, Router};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::auth::{Role, Viewer};
use crate::domain::sight::Facts;
use crate::domain::{Groups, Sight};
use crate::fleet::Changes;
use crate::web::tests::{Server, at, id, vehicle};

fn somebody(role: Role, sight: Sight) -> Viewer {
    Viewer {
        role,
        name: "ann".into(),
        sight: Arc::new(sight),
        ..Viewer::local()
    }
}

fn of(role: Role) -> Viewer {
    somebody(role, Sight::everything())
}

/// A dispatcher of the group North, without plates where `hides`.
fn north(hides: bool) -> Viewer {
    let groups = Groups::only(["North"]);
    let facts = Facts {
        registration: !hides,
        ..Facts::ALL
    };
    somebody(Role::Dispatcher, Sight { groups, facts })
}

/// Two vehicles: one of North with a plate, one of South.
fn server() -> Server {
    let server = Server::new();
    let changes = Changes {
        vehicles: vec![vehicle(0, (1, true), 0), vehicle(1, (2, true), 0)],
        ..Changes::default()
    };
    server.publish(&changes, 0);
    server
}

async fn ask(
    server: &Server,
    who: &Viewer,
    (method, path): (&str, &str),
    body: &Value,
) -> (StatusCode, Value) {
    let here = server
        .web
        .door
        .visit([127, 0, 0, 1].into(), &HeaderMap::new());
    let router: Router = crate::web::data()
        .merge(super::routes())
        .layer(Extension(Arc::new(who.clone())))
        .layer(Extension(here.unwrap()))
        .with_state(server.web.clone());
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json");
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    let answer = router.oneshot(request.body(body).unwrap()).await.unwrap();
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}

async fn get(server: &Server, who: &Viewer, path: &str) -> Value {
    let (status, answer) = ask(server, who, ("GET", path), &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    answer
}

async fn put(server: &Server, who: &Viewer, path: &str, body: &Value) -> Value {
    let (status, answer) = ask(server, who, ("PUT", path), body).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    answer
}

fn place(groups: &[&str]) -> Value {
    let shape = json!({ "kind": "circle", "lat_deg": -26.0, "lng_deg": 28.0, "radius_m": 100.0 });
    let mut place = json!({ "name": "Depot", "shape": shape });
    if !groups.is_empty() {
        place["groups"] = json!(groups);
    }
    place
}

fn rule(more: &Value) -> Value {
    let mut rule = json!({ "name": "R", "severity": "warning", "enabled": true });
    for (key, value) in more.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

fn codes(answer: &(StatusCode, Value)) -> (u16, &str) {
    (
        answer.0.as_u16(),
        answer.1["error"]["code"].as_str().unwrap_or_default(),
    )
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn who_may_do_what_by_the_table() {
    let server = server();
    let vehicle = format!("/api/v1/out-of-service/{}", id(0, true));
    let hook = json!({ "name": "H", "url": "http://127.0.0.1:9/x", "enabled": false });
    let view = json!({ "name": "V", "fragment": "show=parked", "shared": false });
    let collection = json!({ "type": "FeatureCollection", "features": [] });
    let panic = rule(&json!({ "kind": "panic" }));
    let none = Value::Null;
    // Of whoever may not, the status is 403.
    let cases = [
        (Role::Viewer, "GET", "/api/v1/places", &none, 200),
        (Role::Viewer, "GET", "/api/v1/places.geojson", &none, 200),
        (Role::Viewer, "GET", "/api/v1/rules", &none, 200),
        (Role::Viewer, "GET", "/api/v1/out-of-service", &none, 200),
        (Role::Viewer, "GET", "/api/v1/views", &none, 200),
        (Role::Viewer, "PUT", "/api/v1/views/v", &view, 200),
        (Role::Viewer, "DELETE", "/api/v1/views/v", &none, 204),
        (
            Role::Dispatcher,
            "PUT",
            "/api/v1/places/a",
            &place(&[]),
            200,
        ),
        (Role::Dispatcher, "DELETE", "/api/v1/places/a", &none, 204),
        (
            Role::Dispatcher,
            "POST",
            "/api/v1/places/import",
            &collection,
            200,
        ),
        (Role::Dispatcher, "PUT", "/api/v1/rules/r", &panic, 200),
        (Role::Dispatcher, "DELETE", "/api/v1/rules/r", &none, 204),
        (Role::Dispatcher, "PUT", &vehicle, &json!({}), 200),
        (Role::Dispatcher, "DELETE", &vehicle, &none, 204),
        (Role::Administrator, "GET", "/api/v1/webhooks", &none, 200),
        (Role::Administrator, "PUT", "/api/v1/webhooks/h", &hook, 200),
        (Role::Administrator, "GET", "/api/v1/webhooks/h", &none, 200),
        (
            Role::Administrator,
            "POST",
            "/api/v1/webhooks/h/test",
            &none,
            502,
        ),
        (
            Role::Administrator,
            "DELETE",
            "/api/v1/webhooks/h",
            &none,
            204,
        ),
    ];
    for (least, method, path, body, expected) in cases {
        for role in Role::ALL {
            let (status, answer) = ask(&server, &of(role), (method, path), body).await;
            let may = least <= role;
            // What the one before took away is gone.
            let is_gone = may && least < role && method == "DELETE" && status == 404;
            let expected = if may { expected } else { 403 };
            assert!(
                status == expected || is_gone,
                "{role} {method} {path}: {status} {answer}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let server = server();
    let boss = of(Role::Administrator);
    for (path, body, expected) in [
        ("/api/v1/places/a%20b", place(&[]), "the id \"a b\""),
        (
            "/api/v1/places/a",
            json!({ "name": "x" }),
            "missing field `shape`",
        ),
        (
            "/api/v1/places/a",
            json!({ "title": "x" }),
            "unknown field `title`",
        ),
        (
            "/api/v1/rules/a",
            rule(&json!({ "kind": "entering", "places": ["x"] })),
            "no such place",
        ),
        (
            "/api/v1/rules/a",
            rule(&json!({ "kind": "panic", "webhooks": ["x"] })),
            "no such webhook",
        ),
        ("/api/v1/out-of-service/x", json!({}), "there is no vehicle"),
        (
            "/api/v1/views/v",
            json!({ "name": "", "fragment": "", "shared": true }),
            "`name` is empty",
        ),
        (
            "/api/v1/webhooks/h",
            json!({ "name": "H", "url": "http://x.example", "enabled": true }),
            "in the clear",
        ),
    ] {
        let (status, answer) = ask(&server, &boss, ("PUT", path), &body).await;
        let words = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(
            status.is_client_error() && words.contains(expected),
            "{path}: {words}"
        );
    }
}

#[tokio::test]
async fn a_place_is_seen_by_its_groups_and_what_is_not_seen_stays() {
    let server = server();
    let (boss, ann) = (of(Role::Dispatcher), north(false));
    for (id, groups) in [
        ("all", &[][..]),
        ("south", &["South"]),
        ("both", &["North", "South"]),
    ] {
        put(
            &server,
            &boss,
            &format!("/api/v1/places/{id}"),
            &place(groups),
        )
        .await;
    }
    let seen = get(&server, &ann, "/api/v1/places").await;
    let text = seen.to_string();
    assert_eq!(seen["places"].as_array().unwrap().len(), 2);
    assert!(!text.contains("South") && !text.contains("south"), "{text}");
    let exported = get(&server, &ann, "/api/v1/places.geojson")
        .await
        .to_string();
    assert!(exported.contains("\"both\"") && !exported.to_lowercase().contains("south"));
    put(&server, &ann, "/api/v1/places/both", &place(&["North"])).await;
    let places = get(&server, &boss, "/api/v1/places").await;
    assert_eq!(
        places["places"][1]["groups"],
        json!(["North", "South"]),
        "{places}"
    );
    let taken = ask(&server, &ann, ("PUT", "/api/v1/places/south"), &place(&[])).await;
    assert_eq!(codes(&taken), (409, "id_taken"));
    let gone = ask(
        &server,
        &ann,
        ("DELETE", "/api/v1/places/south"),
        &Value::Null,
    )
    .await;
    assert_eq!(codes(&gone), (404, "not_found"));
    let foreign = ask(
        &server,
        &ann,
        ("PUT", "/api/v1/places/x"),
        &place(&["South"]),
    )
    .await;
    assert_eq!(codes(&foreign), (400, "bad_request"));
}

#[tokio::test]
async fn places_are_told_again_only_if_one_changed() {
    let (server, boss) = (server(), of(Role::Dispatcher));
    put(&server, &boss, "/api/v1/places/yard", &place(&[])).await;
    let version = get(&server, &boss, "/api/v1/places").await["version"].clone();
    let path = format!("/api/v1/places?known={version}");
    let known = ask(&server, &boss, ("GET", &path), &Value::Null).await;
    assert_eq!(known, (StatusCode::NO_CONTENT, Value::Null));
    put(&server, &boss, "/api/v1/places/dock", &place(&[])).await;
    let news = get(&server, &boss, &path).await;
    assert_eq!(news["places"].as_array().unwrap().len(), 2);
    let wrong = ("GET", "/api/v1/places?known=now");
    let (status, _) = ask(&server, &boss, wrong, &Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_rule_shows_what_is_seen_of_it_and_keeps_the_rest() {
    let server = server();
    let boss = of(Role::Dispatcher);
    let [mine, theirs] = [id(0, true), id(1, true)];
    let whom = json!({ "groups": ["North", "South"], "vehicles": [mine, theirs, "gone"] });
    let idling = json!({ "kind": "idling", "for_s": 60, "whom": whom });
    put(&server, &boss, "/api/v1/rules/some", &rule(&idling)).await;
    let of_others = json!({ "kind": "idling", "for_s": 60, "whom": { "vehicles": [theirs] } });
    put(&server, &boss, "/api/v1/rules/others", &rule(&of_others)).await;
    for ann in [north(false), north(true)] {
        let text = get(&server, &ann, "/api/v1/rules").await.to_string();
        for hidden in [&*theirs, "South", "others", "gone"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
        let has_plate = ann.sight.facts.registration;
        assert_eq!(text.contains(&mine), has_plate, "{text}");
        let shown = get(&server, &ann, "/api/v1/rules").await;
        let some = shown["rules"].as_array().unwrap().iter();
        let mut some = some
            .clone()
            .find(|rule| rule["id"] == "some")
            .unwrap()
            .clone();
        some.as_object_mut().unwrap().remove("id");
        some["for_s"] = json!(90);
        put(&server, &ann, "/api/v1/rules/some", &some).await;
        let kept = server.web.desk.book().orders;
        let kept = &kept.rules["some"].whom;
        assert_eq!((kept.groups.len(), kept.vehicles.len()), (2, 3), "{kept:?}");
        let taken = ask(&server, &ann, ("PUT", "/api/v1/rules/others"), &some).await;
        assert_eq!(codes(&taken), (409, "id_taken"));
        let foreign = json!({ "kind": "panic", "whom": { "vehicles": [theirs] } });
        let foreign = ask(&server, &ann, ("PUT", "/api/v1/rules/new"), &rule(&foreign)).await;
        assert_eq!(codes(&foreign), (400, "bad_request"));
    }
}

#[tokio::test]
async fn who_is_out_of_service_is_named_as_its_viewer_knows_it() {
    let server = server();
    let (boss, ann) = (of(Role::Dispatcher), north(true));
    let [mine, theirs] = [id(0, true), id(1, true)];
    let list = get(&server, &ann, "/api/v1/vehicles").await;
    let masked = list["vehicles"][0]["id"].as_str().unwrap().to_owned();
    assert_ne!(masked, mine);
    let path = |id: &str| format!("/api/v1/out-of-service/{}", id.replace('/', "%2F"));
    put(&server, &boss, &path(&theirs), &json!({ "reason": "sold" })).await;
    let told = put(
        &server,
        &ann,
        &path(&masked),
        &json!({ "reason": " shop " }),
    )
    .await;
    assert_eq!(
        (&told["reason"], &told["by"]),
        (&json!("shop"), &json!("ann"))
    );
    let seen = get(&server, &ann, "/api/v1/out-of-service").await;
    assert_eq!(seen["vehicles"].as_array().unwrap().len(), 1);
    assert_eq!(seen["vehicles"][0]["vehicle"], *masked);
    let all = get(&server, &boss, "/api/v1/out-of-service").await;
    let mut ids: Vec<_> = all["vehicles"].as_array().unwrap().iter().collect();
    ids.retain(|it| it["vehicle"] == *mine || it["vehicle"] == *theirs);
    assert_eq!(ids.len(), 2, "{all}");
    for hidden in [&mine, &theirs] {
        let refused = ask(&server, &ann, ("DELETE", &path(hidden)), &Value::Null).await;
        assert_eq!(codes(&refused), (404, "not_found"));
    }
    let done = ask(&server, &ann, ("DELETE", &path(&masked)), &Value::Null).await;
    assert_eq!(done.0, StatusCode::NO_CONTENT);
    assert_eq!(server.web.desk.book().orders.out_of_service.len(), 1);
    let over = json!({ "until": at(0).to_string() });
    let refused = ask(&server, &boss, ("PUT", &path(&mine)), &over).await;
    assert_eq!(codes(&refused), (400, "bad_request"));
}

#[tokio::test]
async fn places_come_from_a_file_and_go_into_one() {
    let server = server();
    let boss = of(Role::Dispatcher);
    let ring = json!([[0, 0], [1, 0], [1, 1], [0, 0]]);
    let good = json!({ "type": "Feature", "id": "yard", "properties": { "name": "Yard" },
        "geometry": { "type": "Polygon", "coordinates": [ring] } });
    let bad = json!({ "type": "Feature", "properties": {}, "geometry": null });
    let file = json!({ "type": "FeatureCollection", "features": [bad, good] });
    let (status, answer) = ask(&server, &boss, ("POST", "/api/v1/places/import"), &file).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["imported"], 1);
    assert_eq!(
        answer["skipped"],
        json!([{ "index": 0, "reason": "it has no geometry" }])
    );
    let exported = get(&server, &boss, "/api/v1/places.geojson").await;
    let (status, again) = ask(&server, &boss, ("POST", "/api/v1/places/import"), &exported).await;
    assert_eq!((status, &again["imported"]), (StatusCode::OK, &json!(1)));
    let places = get(&server, &boss, "/api/v1/places").await;
    assert_eq!(
        places["places"].as_array().unwrap().len(),
        1,
        "by its id it is the same"
    );
}

#[tokio::test]
async fn a_made_secret_is_told_once() {
    let server = server();
    let boss = of(Role::Administrator);
    let hook = json!({ "name": "H", "url": "http://127.0.0.1:9/x", "enabled": true,
        "kinds": ["panic"] });
    let made = put(&server, &boss, "/api/v1/webhooks/h", &hook).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(32 < secret.len());
    let again = put(&server, &boss, "/api/v1/webhooks/h", &hook).await;
    let listed = get(&server, &boss, "/api/v1/webhooks").await;
    assert!(!again.to_string().contains(&secret) && !listed.to_string().contains(&secret));
    assert_eq!(listed["webhooks"][0]["health"]["state"], "well");
    let named = rule(&json!({ "kind": "panic", "webhooks": ["h"] }));
    put(&server, &boss, "/api/v1/rules/r", &named).await;
    let used = ask(
        &server,
        &boss,
        ("DELETE", "/api/v1/webhooks/h"),
        &Value::Null,
    )
    .await;
    assert_eq!(codes(&used), (409, "in_use"));
}

#[tokio::test]
async fn groups_have_counts_of_what_is_seen_and_filter_the_list() {
    let server = server();
    let boss = of(Role::Viewer);
    let groups = get(&server, &boss, "/api/v1/groups").await;
    assert_eq!(groups["groups"], json!(["North", "South"]));
    let north_counts = &groups["counts"]["North"];
    let counts = ["vehicles", "moving", "live", "parked", "diverging"];
    assert_eq!(
        counts.map(|word| north_counts[word].as_u64()),
        [1, 1, 1, 0, 0].map(Some)
    );
    let seen = get(&server, &north(false), "/api/v1/groups").await;
    assert_eq!(seen["groups"], json!(["North"]));
    let ids = [id(0, true), id(1, true)];
    for (query, n) in [
        ("group=North".to_owned(), 1),
        ("group=North&group=South".to_owned(), 2),
        ("group=West".to_owned(), 0),
        (format!("ids={}", ids[1]), 1),
        (format!("ids={},{},x", ids[0], ids[1]), 2),
        (format!("ids={}&group=South", ids[0]), 0),
        ("state=diverging".to_owned(), 0),
        ("state=diverging,moving&group=South".to_owned(), 1),
    ] {
        let answer = get(&server, &boss, &format!("/api/v1/vehicles?{query}")).await;
        assert_eq!(answer["vehicles"].as_array().unwrap().len(), n, "{query}");
    }
    let many: Vec<String> = (0..201).map(|n| format!("x{n}")).collect();
    let many = many.join(",");
    let path = format!("/api/v1/vehicles?ids={many}");
    let (status, _) = ask(&server, &boss, ("GET", &path), &Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
