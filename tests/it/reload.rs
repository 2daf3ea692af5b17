//! A configuration that changes under the eyes of viewers.

use fleetglass::domain::roster::RosterVehicle;
use fleetglass::domain::{DeviceKey, SourceId, VehicleId};
use fleetglass::sim::{self, SimSettings};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::harness::{PATIENCE, Server, Viewer, config};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_roster_changes_vehicles_in_one_frame_and_drops_no_viewer() {
    let settings = SimSettings {
        vehicles: 12,
        ..SimSettings::default()
    };
    let sim = sim::spawn(settings).await.expect("the simulator starts");
    let mut now = config(&sim.environment);
    let (reloads, receiver) = mpsc::channel(1);
    let server = Server::reloading(now.clone(), receiver).await;
    let path = "/api/v1/vehicles";
    // Of a vehicle with two devices, the other one would stay what it was.
    let alone = |answer: &Value| {
        let all = answer["vehicles"].as_array().cloned().unwrap_or_default();
        let has_one = |vehicle: &Value| vehicle["devices"].as_array().is_some_and(|d| d.len() == 1);
        let mut there = all.into_iter().filter(|v| v["position"].is_object());
        there.find(|vehicle| has_one(vehicle))
    };
    let answer = server.until(path, |answer| alone(answer).is_some()).await;
    let vehicle = alone(&answer).expect("it was there");
    let old_id = vehicle["id"].as_str().expect("an id").to_owned();
    let device = &vehicle["devices"][0];
    let part = |name: &str| device[name].as_str().expect("a name").to_owned();
    let mut viewer = server.viewer("").await;
    viewer.of_type("snapshot").await;

    now.roster.vehicles.push(RosterVehicle {
        id: VehicleId::new("truck-1"),
        name: Some("The first truck".into()),
        registration: None,
        groups: vec!["North".into()],
        devices: vec![DeviceKey::new(
            SourceId::new(part("source")),
            part("device"),
        )],
        ignore: false,
    });
    reloads.send(now.clone()).await.expect("the server listens");
    let frame = until(&mut viewer, |frame| {
        let mut removed = frame["removed"].as_array().into_iter().flatten();
        removed.any(|id| *id == *old_id)
    });
    let frame = frame.await;
    let vehicles = frame["vehicles"].as_array().expect("vehicles");
    let renamed = vehicles.iter().find(|vehicle| vehicle["id"] == "truck-1");
    let renamed = renamed.expect("in the same frame");
    assert_eq!(renamed["name"], "The first truck");
    assert_eq!(renamed["groups"][0], "North");

    // Taken back, it is what it was, on the same connection.
    now.roster.vehicles.clear();
    reloads.send(now).await.expect("the server listens");
    let frame = until(&mut viewer, |frame| {
        let mut vehicles = frame["vehicles"].as_array().into_iter().flatten();
        vehicles.any(|vehicle| vehicle["id"] == *old_id)
    });
    assert_eq!(frame.await["removed"][0], "truck-1");
}

/// The first change that is so.
async fn until(viewer: &mut Viewer, is_so: impl Fn(&Value) -> bool) -> Value {
    let frames = async {
        loop {
            let frame = viewer.of_type("changes").await;
            if is_so(&frame) {
                return frame;
            }
        }
    };
    let found = tokio::time::timeout(PATIENCE, frames).await;
    found.expect("such a change in time")
}
