//! The past as the server gives it, over a restart.

use fleetglass::sim::SimSettings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Rig, Server, client};

fn count(list: &Value) -> usize {
    list["vehicles"].as_array().map_or(0, Vec::len)
}

async fn rig(dir: &std::path::Path) -> Rig {
    let settings = SimSettings {
        vehicles: 30,
        ..SimSettings::default()
    };
    let sim = fleetglass::sim::spawn(settings).await.expect("a simulator");
    let server = server(&sim.environment, dir).await;
    Rig { sim, server }
}

async fn server(environment: &[(&'static str, String)], dir: &std::path::Path) -> Server {
    let mut environment = environment.to_vec();
    environment.push(("FLEETGLASS_STATE_DIR", dir.display().to_string()));
    Server::start(&environment).await
}

/// A vehicle that moves, by its id as a path has it.
async fn moving(rig: &Rig) -> String {
    let list = rig
        .server
        .until("/api/v1/vehicles?state=moving", |list| 0 < count(list))
        .await;
    let id = list["vehicles"][0]["id"].as_str().expect("an id");
    id.replace(':', "%3A").replace('/', "%2F")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_back_the_fleet_and_its_past() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut rig = rig(dir.path()).await;
    let all = |list: &Value| count(list) == 30;
    let before = rig.server.until("/api/v1/vehicles", all).await;
    let path = format!("/api/v1/vehicles/{}/trail", moving(&rig).await);
    let is_long = |trail: &Value| 1 < trail["points"].as_array().map_or(0, Vec::len);
    let trail = rig.server.until(&path, is_long).await;
    let is_recording = |history: &Value| history["state"] == "recording";
    let history = rig.server.until("/api/v1/history", is_recording).await;
    assert!(
        history["from"].is_string() && history["days"][0]["bytes"].is_u64(),
        "{history}"
    );
    rig.server.shutdown.cancel();
    let ended = (&mut rig.server.task).await.expect("no panic");
    ended.expect("it stops in peace");
    // Nobody tells the next one anything.
    let cut = json!({"vendor": "all", "fault": "cut"});
    rig.control(Method::POST, "faults", cut).await;
    rig.server = server(&rig.sim.environment, dir.path()).await;
    let after = rig.server.until("/api/v1/vehicles", all).await;
    let ids = |list: &Value| -> Vec<_> {
        let vehicles = list["vehicles"].as_array().expect("vehicles");
        vehicles.iter().map(|v| v["id"].clone()).collect()
    };
    assert_eq!(ids(&after), ids(&before));
    for vehicle in after["vehicles"].as_array().expect("vehicles") {
        let is_restored = vehicle["flags"]
            .as_array()
            .is_some_and(|f| f.contains(&json!("restored")));
        assert!(is_restored || vehicle["position"].is_null(), "{vehicle}");
        assert_ne!(vehicle["freshness"]["state"], "live", "{vehicle}");
    }
    let ready = client().get(rig.server.url("/readyz")).send().await;
    assert_eq!(ready.expect("an answer").status(), 200);
    let again = rig.server.json(&path).await;
    let points = again["points"].as_array().expect("points");
    for point in trail["points"].as_array().expect("points") {
        assert!(points.contains(point), "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_comes_in_each_format_and_goes_when_it_is_erased() {
    let dir = tempfile::tempdir().expect("a directory");
    let rig = rig(dir.path()).await;
    let id = moving(&rig).await;
    let path = format!("/api/v1/vehicles/{id}/trail");
    let is_long = |trail: &Value| 1 < trail["points"].as_array().map_or(0, Vec::len);
    rig.server.until(&path, is_long).await;
    for (format, kind, holds) in [
        ("json", "application/json", "\"points\""),
        ("geojson", "application/geo+json", "\"LineString\""),
        ("gpx", "application/gpx+xml", "<trkpt lat="),
        ("csv", "text/csv; charset=utf-8", "fixed_at,lat_deg"),
    ] {
        let url = rig.server.url(&format!("{path}?format={format}"));
        let answer = client().get(url).send().await.expect("an answer");
        let headers = answer.headers().clone();
        assert_eq!(headers["content-type"], kind);
        let is_file = headers.get("content-disposition").is_some_and(|value| {
            let value = value.to_str().expect("text");
            value.starts_with("attachment; filename=\"trail-")
                && value.ends_with(&format!(".{format}\""))
        });
        assert_eq!(is_file, format != "json", "{format}");
        let text = answer.text().await.expect("text");
        assert!(text.contains(holds), "{text}");
    }
    for wrong in ["format=kml", "max_points=1", "max_points=x", "from=then"] {
        let url = rig.server.url(&format!("{path}?{wrong}"));
        let answer = client().get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), 400, "{wrong}");
    }
    let cut = json!({"vendor": "all", "fault": "cut"});
    rig.control(Method::POST, "faults", cut).await;
    let history = format!("/api/v1/vehicles/{id}/history");
    let erase = client().delete(rig.server.url(&history)).send().await;
    let erased: Value = erase.expect("an answer").json().await.expect("JSON");
    assert!(
        1 < erased["erased"]["points"].as_u64().expect("a count"),
        "{erased}"
    );
    assert_eq!(erased["erased"]["days"], 1);
    let nobody = rig.server.url("/api/v1/vehicles/nobody/history");
    let refused = client().delete(nobody).send().await.expect("an answer");
    assert_eq!(refused.status(), 404);
    let foreign = client()
        .delete(rig.server.url(&history))
        .header("Origin", "https://elsewhere.example");
    assert_eq!(foreign.send().await.expect("an answer").status(), 403);
}
