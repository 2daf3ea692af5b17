//! The whole way of a position: from the simulator's world to what a client is told.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Rig, client};

fn by_id(list: &Value) -> BTreeMap<String, Value> {
    let vehicles = list["vehicles"].as_array().expect("vehicles");
    let id = |vehicle: &Value| vehicle["id"].as_str().expect("an id").to_owned();
    vehicles
        .iter()
        .map(|vehicle| (id(vehicle), vehicle.clone()))
        .collect()
}

fn count(list: &Value) -> usize {
    list["vehicles"].as_array().map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_shows_the_world_as_it_is() {
    let rig = Rig::of_vehicles(120).await;
    let world = rig.control(Method::GET, "world", Value::Null).await;
    let truth = by_id(&world);
    let expected: BTreeSet<&String> = truth.keys().collect();
    let list = rig
        .server
        .until("/api/v1/vehicles", |list| {
            by_id(list).keys().collect::<BTreeSet<_>>() == expected
        })
        .await;
    let mut n_merged = 0;
    for (id, vehicle) in by_id(&list) {
        let devices = truth[&id]["devices"].as_array().expect("devices");
        let shown = vehicle["devices"].as_array().expect("devices");
        let key = |device: &Value, source: &str, name: &str| {
            let text = |member: &str| device[member].as_str().unwrap_or_default().to_owned();
            (text(source), text(name))
        };
        let told: BTreeSet<_> = shown.iter().map(|d| key(d, "source", "device")).collect();
        let real: BTreeSet<_> = devices.iter().map(|d| key(d, "vendor", "id")).collect();
        assert_eq!(told, real, "{id}");
        n_merged += usize::from(1 < real.len());
        let names: Vec<_> = devices.iter().map(|device| &device["name"]).collect();
        assert!(
            names.contains(&&vehicle["name"]),
            "{id} is shown as {}",
            vehicle["name"]
        );
        near(&vehicle, devices);
    }
    assert!(0 < n_merged, "the world has lorries with two devices");
}

/// The position shown is one that some device of the vehicle reported, in our units.
fn near(vehicle: &Value, devices: &[Value]) {
    let position = &vehicle["position"];
    let Some(fixed_at) = position["fixed_at"].as_str() else {
        return;
    };
    let second = |text: &str| text.parse::<jiff::Timestamp>().expect("a time").as_second();
    let same = devices.iter().map(|device| &device["last"]).find(|last| {
        last["fixed_at"]
            .as_str()
            .is_some_and(|at| second(at) == second(fixed_at))
    });
    // The world may have moved on since; what can be compared must agree.
    let Some(last) = same else { return };
    for (member, tolerance) in [("lat_deg", 1e-4), ("lng_deg", 1e-4), ("speed_mps", 0.6)] {
        let (shown, real) = (position[member].as_f64(), last[member].as_f64());
        if let (Some(shown), Some(real)) = (shown, real) {
            assert!(
                (shown - real).abs() <= tolerance,
                "{member} {shown} for {real}: {vehicle}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_an_order_add_up_to_the_whole() {
    let rig = Rig::of_vehicles(60).await;
    rig.server
        .until("/api/v1/vehicles", |list| count(list) == 60)
        .await;
    let ask = async |query: &str| rig.server.json(&format!("/api/v1/vehicles?{query}")).await;

    let mut after = String::new();
    let mut paged = Vec::new();
    loop {
        let page = ask(&format!("sort=name&limit=7{after}")).await;
        assert_eq!(page["total"], 60);
        let names = page["vehicles"].as_array().expect("vehicles").iter();
        paged.extend(names.map(|v| v["name"].as_str().expect("a name").to_lowercase()));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    let mut sorted = paged.clone();
    sorted.sort();
    assert_eq!(paged.len(), 60);
    assert_eq!(paged, sorted);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_what_they_should_and_refuse_what_they_cannot_read() {
    let rig = Rig::of_vehicles(60).await;
    let all = rig
        .server
        .until("/api/v1/vehicles", |list| count(list) == 60)
        .await;
    let ask = async |query: &str| rig.server.json(&format!("/api/v1/vehicles?{query}")).await;
    assert!(all["total"].is_null(), "only where a limit was given");
    let vehicles = by_id(&all);
    let (id, one) = vehicles
        .iter()
        .find(|(_, v)| v["position"].is_object())
        .expect("one");
    let found = ask(&format!("q={}", id.replace(':', "%3A").replace('/', "%2F"))).await;
    assert!(by_id(&found).contains_key(id));
    let (lat, lng) = (&one["position"]["lat_deg"], &one["position"]["lng_deg"]);
    let (lat, lng) = (
        lat.as_f64().expect("a number"),
        lng.as_f64().expect("a number"),
    );
    let around = format!(
        "bbox={},{},{},{}",
        lng - 0.1,
        lat - 0.1,
        lng + 0.1,
        lat + 0.1
    );
    assert!(by_id(&ask(&around).await).contains_key(id));
    let elsewhere = format!(
        "bbox={},{},{},{}",
        lng + 0.1,
        lat - 0.1,
        lng - 0.1,
        lat + 0.1
    );
    assert!(!by_id(&ask(&elsewhere).await).contains_key(id));
    let moving = ask("state=moving").await;
    assert!(
        by_id(&moving)
            .values()
            .all(|v| v["motion"]["state"] == "moving")
    );

    for wrong in [
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "state=flying",
        "sort=age",
        "limit=0",
        "after=%21",
    ] {
        let answer = client()
            .get(rig.server.url(&format!("/api/v1/vehicles?{wrong}")))
            .send();
        let answer = answer.await.expect("an answer");
        assert_eq!(answer.status(), 400, "{wrong}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], "bad_request", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_vehicle_its_trail_and_the_geojson_agree() {
    let rig = Rig::of_vehicles(30).await;
    let moving = rig
        .server
        .until("/api/v1/vehicles?state=moving", |list| 0 < count(list))
        .await;
    let (id, _) = by_id(&moving).into_iter().next().expect("one");
    let path = id.replace(':', "%3A").replace('/', "%2F");
    let one = rig.server.json(&format!("/api/v1/vehicles/{path}")).await;
    assert_eq!(one["id"], id.as_str());
    let trail = rig
        .server
        .until(&format!("/api/v1/vehicles/{path}/trail"), |trail| {
            1 < trail["points"].as_array().map_or(0, Vec::len)
        })
        .await;
    let times: Vec<_> = trail["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|p| p["fixed_at"].as_str())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    let geojson = rig.server.json("/api/v1/vehicles.geojson").await;
    assert_eq!(geojson["type"], "FeatureCollection");
    let features = geojson["features"].as_array().expect("features");
    let feature = features
        .iter()
        .find(|f| f["id"] == id.as_str())
        .expect("the feature");
    assert_eq!(feature["properties"]["name"], one["name"]);
    assert_eq!(feature["geometry"]["type"], "Point");
    let missing = client()
        .get(rig.server.url("/api/v1/vehicles/nobody"))
        .send()
        .await;
    assert_eq!(missing.expect("an answer").status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_cut_is_shown_and_heals_and_hides_nothing() {
    let rig = Rig::of_vehicles(60).await;
    rig.server
        .until("/api/v1/vehicles", |list| count(list) == 60)
        .await;
    rig.server
        .until("/readyz", |ready| ready["status"] == "ok")
        .await;
    for vendor in ["mycartracks", "cartrack", "eztotrack"] {
        rig.control(
            Method::POST,
            "faults",
            json!({"vendor": vendor, "fault": "cut"}),
        )
        .await;
        let health = |sources: &Value, id: &str| {
            let sources = sources["sources"].as_array().expect("sources");
            let source = sources.iter().find(|s| s["id"] == id).expect("the source");
            source["health"].as_str().expect("a health").to_owned()
        };
        let shown = rig
            .server
            .until("/api/v1/sources", |sources| {
                health(sources, vendor) == "slow"
            })
            .await;
        for other in ["mycartracks", "cartrack", "eztotrack"]
            .iter()
            .filter(|o| **o != vendor)
        {
            assert_eq!(health(&shown, other), "up", "{other} while {vendor} is cut");
        }
        rig.control(Method::DELETE, "faults", Value::Null).await;
        rig.server
            .until("/api/v1/sources", |sources| health(sources, vendor) == "up")
            .await;
        let list = rig.server.json("/api/v1/vehicles").await;
        assert_eq!(count(&list), 60, "after {vendor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_ways_of_saying_it_change_nothing() {
    let rig = Rig::of_vehicles(60).await;
    for fault in ["variants", "garbage"] {
        rig.control(
            Method::POST,
            "faults",
            json!({"vendor": "all", "fault": fault}),
        )
        .await;
    }
    rig.server
        .until("/api/v1/vehicles", |list| count(list) == 60)
        .await;
    rig.server
        .until("/readyz", |ready| ready["status"] == "ok")
        .await;
}
