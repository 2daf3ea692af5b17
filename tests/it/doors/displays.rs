//! Screens, looked after from a desk: what they are told, who may tell them, and what they say.

use fleetglass::auth::Role;
use fleetglass::clock;
use fleetglass::domain::{Groups, Sight};
use reqwest::header::COOKIE;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::ending::Shown;
use super::{Doors, add, client, code, store};
use crate::harness::Viewer;

pub(super) struct Wall {
    pub(super) id: String,
    pub(super) token: String,
}

impl Doors {
    pub(super) async fn wall(&self, boss: &str, name: &str, sight: Value) -> Wall {
        let new = json!({ "kind": "display", "name": name, "sight": sight });
        let made = self.well(boss, Method::POST, "/api/v1/tokens", &new).await;
        let text = |member: &str| made[member].as_str().expect("text").to_owned();
        Wall {
            id: text("id"),
            token: text("token"),
        }
    }

    async fn of_role(&self, name: &str, role: Role, groups: Groups) -> String {
        let sight = Sight {
            groups,
            ..Sight::everything()
        };
        add(&store(self.dir.path()), name, role, sight).await;
        self.enter(name).await
    }

    async fn put(&self, cookie: &str, path: &str, body: &Value) -> Response {
        let asked = self.ask(Method::PUT, path).header(COOKIE, cookie);
        asked.json(body).send().await.expect("an answer")
    }

    async fn command(&self, cookie: &str, wall: &Wall, body: &Value) -> Response {
        let path = format!("/api/v1/displays/{}/command", wall.id);
        let asked = self.ask(Method::POST, &path).header(COOKIE, cookie);
        asked.json(body).send().await.expect("an answer")
    }
}

pub(super) fn everything() -> Value {
    json!({ "groups": "all" })
}

async fn told(viewer: &mut Viewer) -> Value {
    viewer.of_type("display").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_shows_what_it_is_told_at_once_and_after_it_comes_back() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let wall = doors.wall(&boss, "Hall", everything()).await;
    let (mut hall, _) = doors.look(Shown::Token(&wall.token), "").await;
    let scene = json!({ "name": "North", "scene": { "group": "North", "dwell_s": 20.0 } });
    let kept = doors.put(&boss, "/api/v1/scenes/north", &scene).await;
    assert_eq!(kept.status(), StatusCode::OK);
    let path = format!("/api/v1/displays/{}", wall.id);
    let shown = json!({ "scenes": ["north"], "dim_pct": 30 });
    assert_eq!(
        doors.put(&boss, &path, &shown).await.status(),
        StatusCode::OK
    );
    let north = json!({ "name": "North", "group": "North", "dwell_s": 20.0 });
    let scenes = json!({ "type": "display", "do": "scenes", "scenes": [north] });
    assert_eq!(told(&mut hall).await, scenes);
    let dim = json!({ "type": "display", "do": "dim", "pct": 30 });
    assert_eq!(told(&mut hall).await, dim);

    let other = json!({ "name": "All", "scene": {} });
    doors.put(&boss, "/api/v1/scenes/north", &other).await;
    let all = json!({ "type": "display", "do": "scenes", "scenes": [{ "name": "All" }] });
    assert_eq!(told(&mut hall).await, all);
    told(&mut hall).await;

    drop(hall);
    let (mut back, _) = doors.look(Shown::Token(&wall.token), "").await;
    assert_eq!(told(&mut back).await, all);
    assert_eq!(told(&mut back).await, dim);
    let again = fleetglass::desk::Desk::open(Some(doors.dir.path()), clock::now());
    let again = again.expect("the file").wall();
    assert_eq!(again.displays[wall.id.as_str()].scenes, ["north"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_is_told_what_to_do_and_no_other_hears_of_it() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let walls = [
        doors.wall(&boss, "Hall", everything()).await,
        doors.wall(&boss, "Yard", everything()).await,
    ];
    let scene = json!({ "name": "All", "scene": {} });
    doors.put(&boss, "/api/v1/scenes/all", &scene).await;
    let path = format!("/api/v1/displays/{}", walls[0].id);
    let shown = json!({ "scenes": ["all"], "dim_pct": 0 });
    doors.put(&boss, &path, &shown).await;
    let (mut hall, _) = doors.look(Shown::Token(&walls[0].token), "").await;
    let (mut yard, _) = doors.look(Shown::Token(&walls[1].token), "").await;
    for what in ["scenes", "dim"] {
        assert_eq!(told(&mut hall).await["do"], what);
    }
    let commands = [
        (
            json!({ "do": "identify" }),
            json!({ "do": "identify", "text": "Hall" }),
        ),
        (
            json!({ "do": "message", "text": "Fire drill", "for_s": 60 }),
            json!({ "do": "message", "text": "Fire drill", "for_s": 60 }),
        ),
        (
            json!({ "do": "scene", "name": "All" }),
            json!({ "do": "scene", "name": "All" }),
        ),
        (json!({ "do": "reload" }), json!({ "do": "reload" })),
    ];
    for (command, mut expected) in commands {
        let done = doors.command(&boss, &walls[0], &command).await;
        assert_eq!(done.status(), StatusCode::OK, "{command}");
        let done: Value = done.json().await.expect("JSON");
        assert_eq!(done, json!({ "reached": 1 }));
        expected["type"] = "display".into();
        assert_eq!(told(&mut hall).await, expected);
    }
    // The other heard nothing of it all: its own name is the first thing.
    doors
        .command(&boss, &walls[1], &json!({ "do": "identify" }))
        .await;
    assert_eq!(told(&mut yard).await["text"], "Yard");
}

#[tokio::test(flavor = "multi_thread")]
async fn screens_are_handled_by_dispatchers_who_see_as_much() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let all = doors.wall(&boss, "Hall", everything()).await;
    let north = json!({ "groups": ["North"] });
    let north = doors.wall(&boss, "Yard", north).await;
    let ann = doors.enter("ann").await;
    let joe = doors
        .of_role("joe", Role::Dispatcher, Groups::only(["North"]))
        .await;
    let none = Value::Null;
    let seen = doors
        .well(&joe, Method::GET, "/api/v1/displays", &none)
        .await;
    let names: Vec<_> = seen["displays"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    assert_eq!((names.len(), &names[0]["name"]), (1, &json!("Yard")));
    let identify = json!({ "do": "identify" });
    let hidden = doors.command(&joe, &all, &identify).await;
    assert_eq!(hidden.status(), StatusCode::NOT_FOUND);
    let away = doors.command(&joe, &north, &identify).await;
    assert_eq!(
        (away.status(), code(away).await),
        (StatusCode::CONFLICT, "not_connected".into())
    );
    let viewer = doors.command(&ann, &all, &identify).await;
    assert_eq!(viewer.status(), StatusCode::FORBIDDEN);
    let south = json!({ "name": "South", "scene": { "group": "South" } });
    let refused = doors.put(&joe, "/api/v1/scenes/south", &south).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    doors.put(&boss, "/api/v1/scenes/south", &south).await;
    let seen = doors.well(&joe, Method::GET, "/api/v1/scenes", &none).await;
    assert_eq!(seen["scenes"], json!([]));
    // Nor is it named to a screen that does not see the group.
    let path = format!("/api/v1/displays/{}", north.id);
    let shown = json!({ "scenes": ["south"], "dim_pct": 0 });
    doors.put(&boss, &path, &shown).await;
    let (mut yard, _) = doors.look(Shown::Token(&north.token), "").await;
    assert_eq!(told(&mut yard).await["scenes"], json!([]));
    let used = doors.ask(Method::DELETE, "/api/v1/scenes/south");
    let used = used.header(COOKIE, &boss).send().await.expect("an answer");
    let (status, words) = (used.status(), used.text().await.expect("words"));
    assert!(
        status == StatusCode::CONFLICT && words.contains("Yard"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dispatcher_does_not_see_is_named_nowhere() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let hall = doors.wall(&boss, "Hall", everything()).await;
    let yard = json!({ "groups": ["North / Durban"] });
    let yard = doors.wall(&boss, "Yard", yard).await;
    let joe = Groups::only(["North / Durban"]);
    let joe = doors.of_role("joe", Role::Dispatcher, joe).await;
    for (id, group) in [("south", "South"), ("north", "North")] {
        let scene = json!({ "name": group, "scene": { "group": group } });
        let kept = doors
            .put(&boss, &format!("/api/v1/scenes/{id}"), &scene)
            .await;
        assert_eq!(kept.status(), StatusCode::OK);
    }
    let all = json!({ "scenes": ["south", "north"], "dim_pct": 0 });
    for wall in [&hall, &yard] {
        let path = format!("/api/v1/displays/{}", wall.id);
        assert_eq!(doors.put(&boss, &path, &all).await.status(), StatusCode::OK);
    }
    let none = Value::Null;
    let seen = doors
        .well(&joe, Method::GET, "/api/v1/displays", &none)
        .await;
    assert_eq!(seen["displays"][0]["scenes"], json!(["north"]), "{seen}");
    let seen = doors.well(&joe, Method::GET, "/api/v1/scenes", &none).await;
    assert_eq!(seen["scenes"][0]["id"], "north");
    let path = format!("/api/v1/displays/{}", yard.id);
    let of = |scene: &str| json!({ "scenes": [scene], "dim_pct": 0 });
    let hidden = doors.put(&joe, &path, &of("south")).await;
    let absent = doors.put(&joe, &path, &of("south-2")).await;
    assert_eq!(hidden.status(), StatusCode::BAD_REQUEST);
    let words = absent.text().await.expect("words");
    assert_eq!(
        hidden.text().await.expect("words"),
        words.replace("south-2", "south")
    );
    let show = |name: &str| json!({ "do": "scene", "name": name });
    let shown = doors.command(&joe, &yard, &show("South")).await;
    assert_eq!(shown.status(), StatusCode::BAD_REQUEST);
    let shown = doors.command(&joe, &yard, &show("North")).await;
    assert_eq!(shown.status(), StatusCode::CONFLICT, "nobody hears it");
    assert_eq!(
        doors.put(&joe, &path, &of("north")).await.status(),
        StatusCode::OK
    );
    let all = doors
        .well(&boss, Method::GET, "/api/v1/displays", &none)
        .await;
    let scenes = all["displays"].as_array().expect("displays").iter();
    let mut scenes = scenes.filter(|display| display["id"] == json!(yard.id));
    let kept = json!(["north", "south"]);
    assert_eq!(scenes.next().expect("the yard")["scenes"], kept);
    let used = doors.ask(Method::DELETE, "/api/v1/scenes/north");
    let used = used.header(COOKIE, &joe).send().await.expect("an answer");
    assert_eq!(used.status(), StatusCode::CONFLICT);
    let words = used.text().await.expect("words");
    assert!(words.contains("Yard") && !words.contains("Hall"), "{words}");
    assert!(words.contains("screens that you do not handle"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_says_how_it_is_and_the_desk_knows() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let wall = doors.wall(&boss, "Hall", everything()).await;
    let report = json!({
        "build": "b", "uptime_s": 61, "screen": "live", "frames_per_s": 9.5, "frame_ms_p95": null,
        "heap_mb": 41.5, "scene": "North", "graphics_losses": 1, "shows": "map",
        "size_px": [1920, 1080], "errors": [{ "text": "x".repeat(999), "count": 2, "last_s_ago": 3 }],
        "of_next_year": 1,
    });
    let say = |token: &str| {
        let asked = client().post(doors.server.url("/api/v1/display/report"));
        asked.bearer_auth(token.to_owned()).json(&report).send()
    };
    let said = say(&wall.token).await.expect("an answer");
    assert_eq!(said.status(), StatusCode::NO_CONTENT);
    let soon = say(&wall.token).await.expect("an answer");
    assert_eq!(soon.status(), StatusCode::TOO_MANY_REQUESTS);
    let mut wrong = report.clone();
    wrong["heap_mb"] = json!(-1);
    let asked = client().post(doors.server.url("/api/v1/display/report"));
    let wrong = asked.bearer_auth(&wall.token).json(&wrong).send().await;
    let wrong = wrong.expect("an answer");
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    assert!(
        wrong
            .text()
            .await
            .expect("words")
            .contains("`heap_mb` is -1")
    );
    let program = json!({ "kind": "program", "name": "P", "sight": everything() });
    let program = doors
        .well(&boss, Method::POST, "/api/v1/tokens", &program)
        .await;
    let program = say(program["token"].as_str().expect("a token")).await;
    assert_eq!(program.expect("an answer").status(), StatusCode::FORBIDDEN);
    let seen = doors
        .well(&boss, Method::GET, "/api/v1/displays", &Value::Null)
        .await;
    let display = &seen["displays"][0];
    assert_eq!(display["is_connected"], false);
    let told = &display["report"];
    assert_eq!(
        (&told["heap_mb"], &told["scene"]),
        (&json!(41.5), &json!("North"))
    );
    assert_eq!(told["errors"][0]["text"].as_str().map(str::len), Some(200));
    assert!(told["received_at"].is_string() && told["frame_ms_p95"].is_null());
    let counted = async || {
        let metrics = client().get(doors.server.url("/metrics")).send().await;
        metrics.expect("an answer").text().await.expect("text")
    };
    let (metrics, id) = (counted().await, &wall.id);
    let line = format!(r#"fleetglass_display_heap_bytes{{display="Hall",id="{id}"}} 43515904"#);
    assert!(metrics.contains(&line), "{metrics}");
    let path = format!("/api/v1/tokens/{id}");
    let revoked = doors.with(&boss, Method::DELETE, &path).await;
    assert!(revoked.status().is_success(), "{}", revoked.status());
    let metrics = counted().await;
    assert!(!metrics.contains("fleetglass_display_") && metrics.contains("fleetglass_vehicles"));
}
