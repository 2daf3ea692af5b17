//! A configuration that changes under the eyes of viewers.

use fleetglass::domain::roster::RosterVehicle;
use fleetglass::domain::{DeviceKey, SourceId, VehicleId};
use fleetglass::sim::{self, SimSettings};
use tokio::sync::mpsc;

use crate::harness::{Server, config};

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
    let is_there = |answer: &serde_json::Value| answer["vehicles"][0]["position"].is_object();
    let answer = server.until(path, is_there).await;
    let vehicle = &answer["vehicles"][0];
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
    let frame = loop {
        let frame = viewer.of_type("changes").await;
        let removed = frame["removed"].as_array().into_iter().flatten();
        if removed.into_iter().any(|id| *id == *old_id) {
            break frame;
        }
    };
    let vehicles = frame["vehicles"].as_array().expect("vehicles");
    let renamed = vehicles.iter().find(|vehicle| vehicle["id"] == "truck-1");
    let renamed = renamed.expect("in the same frame");
    assert_eq!(renamed["name"], "The first truck");
    assert_eq!(renamed["groups"][0], "North");

    // Taken back, it is what it was, on the same connection.
    now.roster.vehicles.clear();
    reloads.send(now).await.expect("the server listens");
    loop {
        let frame = viewer.of_type("changes").await;
        let vehicles = frame["vehicles"].as_array().into_iter().flatten();
        if vehicles.into_iter().any(|vehicle| vehicle["id"] == *old_id) {
            assert_eq!(frame["removed"][0], "truck-1");
            break;
        }
    }
}
