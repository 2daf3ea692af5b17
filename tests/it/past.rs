//! The past over HTTP is what viewers were shown.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::Rig;
use crate::live::Picture;

/// What the map shows of a vehicle.
fn shown(vehicle: &Value) -> Value {
    let position = &vehicle["position"];
    let rounded = |name: &str, to: f64| position[name].as_f64().map(|n| (n / to).round());
    json!({
        "name": vehicle["name"],
        "lat": rounded("lat_deg", 1e-6),
        "lng": rounded("lng_deg", 1e-6),
        "fixed_at": position["fixed_at"],
        "drawn": vehicle["drawn"].is_object(),
        "motion": vehicle["motion"]["state"],
        "freshness": vehicle["freshness"]["state"],
        "flags": vehicle["flags"],
    })
}

fn all_shown<'a>(vehicles: impl Iterator<Item = &'a Value>) -> BTreeMap<String, Value> {
    let named = |vehicle: &Value| vehicle["id"].as_str().expect("an id").to_owned();
    vehicles
        .map(|vehicle| (named(vehicle), shown(vehicle)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_the_past_is_what_viewers_saw_then() {
    let rig = Rig::of_vehicles(30).await;
    let mut viewer = rig.server.viewer("").await;
    let mut picture = Picture::default();
    let mut seen = Vec::new();
    while seen.len() < 12 {
        let frame = viewer.next().await.expect("the stream goes on");
        picture.apply(&frame);
        if frame["type"] == "changes" && 10 < picture.vehicles.len() {
            let at = frame["at"].as_str().expect("a time").to_owned();
            seen.push((at, all_shown(picture.vehicles.values())));
        }
    }
    let last = seen.last().expect("a picture").0.clone();
    let is_written = |answer: &Value| Some(&*last) <= answer["to"].as_str();
    rig.server.until("/api/v1/history", is_written).await;
    for (at, expected) in seen {
        let answer = rig.server.json(&format!("/api/v1/vehicles?at={at}")).await;
        assert_eq!(answer["at"], *at);
        let vehicles = answer["vehicles"].as_array().expect("vehicles").iter();
        assert_eq!(all_shown(vehicles), expected, "at {at}");
        let some = format!("/api/v1/vehicles?at={at}&state=moving&limit=3");
        let some = rig.server.json(&some).await;
        let n_moving = expected
            .values()
            .filter(|v| v["motion"] == "moving")
            .count();
        assert_eq!(some["total"], n_moving);
    }
    let answer = rig
        .server
        .json("/api/v1/vehicles?at=2001-01-01T00:00:00Z")
        .await;
    assert_eq!(answer["error"]["code"], "before_memory");
    let answer = rig
        .server
        .json("/api/v1/vehicles?at=2999-01-01T00:00:00Z")
        .await;
    assert_eq!(answer["error"]["code"], "bad_request");
}
