//! Alarms through the whole server: a button that is pressed, a feed that goes, who takes note, and
//! a restart.

use std::collections::BTreeSet;

use fleetglass::config::Config;
use fleetglass::sim::{self, RunningSim, SimSettings};
use reqwest::header::COOKIE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::doors::{Doors, cookie};
use crate::harness::{Rig, Server, client, config};

const VEHICLES: usize = 60;

/// A simulator, and a server that remembers in `dir`.
struct Kept {
    rig: Rig,
    config: Config,
}

impl Kept {
    async fn start(dir: &std::path::Path) -> Self {
        let settings = SimSettings {
            vehicles: VEHICLES,
            ..SimSettings::default()
        };
        let sim: RunningSim = sim::spawn(settings).await.expect("the simulator starts");
        let mut config = config(&sim.environment);
        config.server.state_dir = Some(dir.to_owned());
        let server = Server::of(config.clone()).await;
        Self {
            rig: Rig { sim, server },
            config,
        }
    }

    async fn restart(self) -> Self {
        let Self { rig, config } = self;
        rig.server.shutdown.cancel();
        rig.server
            .task
            .await
            .expect("no panic")
            .expect("a good end");
        let server = Server::of(config.clone()).await;
        Self {
            rig: Rig {
                sim: rig.sim,
                server,
            },
            config,
        }
    }
}

fn of_kind<'a>(answer: &'a Value, kind: &str) -> Vec<&'a Value> {
    let alarms = answer["alarms"].as_array().into_iter().flatten();
    alarms.filter(|alarm| alarm["kind"] == kind).collect()
}

fn ids(alarms: &[&Value]) -> BTreeSet<String> {
    let id = |alarm: &&Value| alarm["id"].as_str().expect("an id").to_owned();
    alarms.iter().map(id).collect()
}

async fn press(rig: &Rig) {
    let body = json!({ "vendor": "cartrack", "fault": "panic" });
    rig.control(Method::POST, "faults", body).await;
}

async fn acknowledge(server: &Server, id: &str) -> (StatusCode, Value) {
    let url = server.url(&format!("/api/v1/alarms/{id}/acknowledge"));
    let answer = client().post(url).send().await.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

/// Takes frames until as many alarms of the button are open; gives what is open then, by ids.
async fn open_ones(viewer: &mut crate::harness::Viewer, n: usize) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    while open.len() != n {
        let frame = viewer.next().await.expect("the stream goes on");
        if frame["type"] == "snapshot" {
            open.clear();
        }
        for id in frame["alarms_closed"].as_array().into_iter().flatten() {
            open.remove(id.as_str().expect("an id"));
        }
        open.extend(ids(&of_kind(&frame, "panic")));
    }
    open
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story from beginning to end")]
async fn a_button_is_told_noted_and_not_told_anew_by_a_restart() {
    let dir = tempfile::tempdir().expect("a folder");
    let kept = Kept::start(dir.path()).await;
    let all_there = |list: &Value| list["vehicles"].as_array().map_or(0, Vec::len) == VEHICLES;
    kept.rig.server.until("/api/v1/vehicles", all_there).await;
    let mut viewer = kept.rig.server.viewer("").await;
    press(&kept.rig).await;
    let pressed = |list: &Value| {
        let vehicles = list["vehicles"].as_array().into_iter().flatten();
        let has_flag = |it: &&Value| {
            it["flags"]
                .as_array()
                .is_some_and(|f| f.contains(&json!("panic")))
        };
        vehicles.filter(has_flag).count()
    };
    let list = kept
        .rig
        .server
        .until("/api/v1/vehicles", |it| 0 < pressed(it))
        .await;
    let n_pressed = pressed(&list);
    let path = "/api/v1/alarms";
    let are_told = |answer: &Value| of_kind(answer, "panic").len() == n_pressed;
    let told = kept.rig.server.until(path, are_told).await;
    let open = ids(&of_kind(&told, "panic"));
    assert_eq!(open_ones(&mut viewer, n_pressed).await, open);

    // One is taken note of, and lasts.
    let id = open.first().expect("one").clone();
    let (status, alarm) = acknowledge(&kept.rig.server, &id).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(alarm["acknowledged_by"], "this machine");
    let (_, again) = acknowledge(&kept.rig.server, &id).await;
    assert_eq!(again, alarm);
    assert_eq!(
        acknowledge(&kept.rig.server, "999999").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        acknowledge(&kept.rig.server, "x").await.0,
        StatusCode::NOT_FOUND
    );

    let kept = kept.restart().await;
    // Each has said again that it is pressed; what is remembered does not say so.
    let are_all = |list: &Value| pressed(list) == n_pressed;
    kept.rig.server.until("/api/v1/vehicles", are_all).await;
    let now = kept.rig.server.json("/api/v1/alarms?state=all").await;
    let before: BTreeSet<String> = open.clone();
    assert_eq!(ids(&of_kind(&now, "panic")), before);
    let same = of_kind(&now, "panic")
        .into_iter()
        .find(|it| it["id"] == *id);
    assert_eq!(same.expect("it")["acknowledged_by"], "this machine");

    // They are let go: what was taken note of is closed, the others are over and open.
    let mut viewer = kept.rig.server.viewer("").await;
    kept.rig
        .control(Method::DELETE, "faults", Value::Null)
        .await;
    let left = open_ones_after(&mut viewer, &open, &id).await;
    assert_eq!(left, &open - &BTreeSet::from([id]));
    let is_over = |answer: &Value| {
        let mut alarms = of_kind(answer, "panic").into_iter();
        alarms.all(|alarm| alarm["ended_at"].is_string())
    };
    kept.rig.server.until(path, is_over).await;
}

/// As [`open_ones`], until this one is closed.
async fn open_ones_after(
    viewer: &mut crate::harness::Viewer,
    open: &BTreeSet<String>,
    closed: &str,
) -> BTreeSet<String> {
    let mut left = open.clone();
    loop {
        let frame = viewer.next().await.expect("the stream goes on");
        for id in frame["alarms_closed"].as_array().into_iter().flatten() {
            left.remove(id.as_str().expect("an id"));
        }
        if !left.contains(closed) {
            return left;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_are_for_those_who_see_the_vehicle_and_notes_for_those_who_may() {
    let doors = Doors::open(|_| {}).await;
    let ask = |method: Method, path: &'static str, who: &str| {
        let request = doors.ask(method, path).header(COOKIE, who.to_owned());
        async move { request.send().await.expect("an answer").status() }
    };
    let [boss, ann] = [doors.enter("boss").await, doors.enter("ann").await];
    let new = json!({ "kind": "display", "name": "Wall", "sight": { "groups": "all" } });
    let made = doors
        .ask(Method::POST, "/api/v1/tokens")
        .header(COOKIE, &boss);
    let made = made.json(&new).send().await.expect("an answer");
    let made: Value = made.json().await.expect("JSON");
    let let_in = doors.ask(Method::POST, "/api/v1/display");
    let let_in = let_in.json(&json!({ "token": made["token"] })).send().await;
    let wall = cookie(let_in.expect("an answer").headers());
    let open = "/api/v1/alarms";
    let all = "/api/v1/alarms?state=all";
    let note = "/api/v1/alarms/999999/acknowledge";
    for (method, path, who, expected) in [
        (Method::GET, open, &boss, StatusCode::OK),
        (Method::GET, all, &boss, StatusCode::OK),
        (Method::POST, note, &boss, StatusCode::NOT_FOUND),
        (Method::GET, open, &ann, StatusCode::OK),
        (Method::GET, all, &ann, StatusCode::OK),
        (Method::POST, note, &ann, StatusCode::FORBIDDEN),
        (Method::GET, open, &wall, StatusCode::OK),
        (Method::GET, all, &wall, StatusCode::FORBIDDEN),
        (Method::POST, note, &wall, StatusCode::FORBIDDEN),
        (Method::GET, open, &String::new(), StatusCode::UNAUTHORIZED),
    ] {
        let words = format!("{method} {path}");
        assert_eq!(ask(method, path, who).await, expected, "{words}");
    }
}
