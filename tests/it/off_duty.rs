//! Off duty over the whole server: what viewers get, what is on the disk, and a restart.

use std::collections::BTreeSet;
use std::path::Path;

use fleetglass::clock;
use fleetglass::config::Config;
use fleetglass::domain::off_duty::{DAY_MIN, Hours, Timetable};
use fleetglass::domain::roster::RosterVehicle;
use fleetglass::domain::{DeviceKey, OffDuty, SourceId, VehicleId};
use fleetglass::fleet::memory::Remembered;
use fleetglass::fleet::motion::Progress;
use fleetglass::history::{History, HistorySettings};
use fleetglass::sim::{self, SimSettings};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::harness::{Server, config};

/// Hours that hold at `now`, and for two hours to come.
fn hours_of(now: Timestamp) -> Timetable {
    let time = TimeZone::UTC.to_datetime(now).time();
    let minute = u16::from(time.hour().unsigned_abs()) * 60;
    let hours = Hours {
        days: 127,
        from_min: minute,
        to_min: (minute + 180) % DAY_MIN,
    };
    Timetable {
        hours: vec![hours],
        timezone: TimeZone::UTC,
    }
}

/// The devices of some vehicle that moves.
async fn one_that_moves(server: &Server) -> Vec<DeviceKey> {
    let path = "/api/v1/vehicles?state=moving";
    let is_any = |list: &Value| list["vehicles"][0]["position"].is_object();
    let list = server.until(path, is_any).await;
    let vehicle = &list["vehicles"][0];
    let devices = vehicle["devices"].as_array().expect("devices");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let key = |it: &Value| DeviceKey::new(SourceId::new(text(&it["source"])), text(&it["device"]));
    devices.iter().map(key).collect()
}

fn somebodys_own(config: &mut Config, devices: &[DeviceKey]) {
    config.roster.vehicles = vec![RosterVehicle {
        id: VehicleId::new("phone"),
        name: Some("Thandi's phone".into()),
        registration: None,
        groups: vec!["Phones".into()],
        devices: devices.to_vec(),
        ignore: false,
    }];
    config.off_duty = vec![OffDuty {
        groups: vec!["Phones".into()],
        timetable: hours_of(clock::now()),
    }];
}

fn is_off_duty(vehicle: &Value) -> bool {
    let has = |name: &str| !vehicle[name].is_null();
    let flags = vehicle["flags"].as_array().map(Vec::as_slice);
    let is_said = flags == Some(&["off_duty".into()][..]);
    let facts = [
        "ignition",
        "odometer_m",
        "driver",
        "address",
        "battery_pct",
        "fuel_l",
    ];
    let devices = vehicle["devices"].as_array().into_iter().flatten();
    let places = devices.filter(|it| !it["fixed_at"].is_null() || !it["lat_deg"].is_null());
    is_said
        && !has("position")
        && !has("drawn")
        && !facts.into_iter().any(has)
        && places.count() == 0
}

async fn n_points(server: &Server, id: &str, from: Timestamp) -> usize {
    let id = id.replace(':', "%3A").replace('/', "%2F");
    let trail = server
        .json(&format!("/api/v1/vehicles/{id}/trail?from={from}"))
        .await;
    trail["points"].as_array().map_or(0, Vec::len)
}

async fn stop(server: &mut Server) {
    server.shutdown.cancel();
    let ended = (&mut server.task).await.expect("no panic");
    ended.expect("it stops in peace");
}

/// All that the disk has of where `devices` were since `since`, and of each device's last state.
fn on_the_disk(dir: &Path, devices: &[DeviceKey], since: Timestamp) -> (usize, Vec<Remembered>) {
    let settings = HistorySettings {
        dir: Some(dir.to_owned()),
        ..HistorySettings::default()
    };
    let (history, remembered) = History::open(settings, clock::now()).expect("the store");
    let until = clock::now() + SignedDuration::from_hours(1);
    let trail = history.trail(devices, since, until).expect("a trail");
    history.close();
    (trail.len(), remembered)
}

/// No answer has a place of the phone.
async fn look_everywhere(server: &Server, since: Timestamp) {
    let vehicle = server.json("/api/v1/vehicles/phone").await;
    assert!(is_off_duty(&vehicle), "{vehicle}");
    assert_eq!(n_points(server, "phone", since).await, 0);
    let shown = server.json("/api/v1/vehicles.geojson").await;
    let feature = shown["features"].as_array().expect("features");
    let feature = feature.iter().find(|it| it["id"] == "phone").expect("it");
    assert!(feature["geometry"].is_null(), "{feature}");
    let listed = |list: &Value| -> BTreeSet<String> {
        let vehicles = list["vehicles"].as_array().expect("vehicles");
        vehicles
            .iter()
            .filter_map(|it| it["id"].as_str().map(str::to_owned))
            .collect()
    };
    let in_state = async |state| {
        let path = format!("/api/v1/vehicles?state={state}");
        listed(&server.json(&path).await)
    };
    assert_eq!(in_state("off_duty").await, ["phone".to_owned()].into());
    assert!(!in_state("never,unknown").await.contains("phone"));
    let past = server
        .json(&format!("/api/v1/vehicles?at={}", clock::now()))
        .await;
    let past = past["vehicles"].as_array().expect("vehicles");
    let then = past.iter().find(|it| it["id"] == "phone").expect("it");
    assert!(is_off_duty(then), "{then}");
}

/// What is on the disk has nothing of these devices, and something of others.
fn nothing_is_kept(dir: &Path, its_devices: &[DeviceKey], since: Timestamp) {
    let (n_stored, remembered) = on_the_disk(dir, its_devices, since);
    assert_eq!(n_stored, 0);
    let (its, others): (Vec<_>, Vec<_>) = remembered
        .into_iter()
        .partition(|one| its_devices.contains(&one.device));
    assert_eq!(its.len(), its_devices.len());
    for one in its {
        let is_blank = one.fix.is_none() && one.position.is_none() && one.raw.is_none();
        assert!(is_blank && one.motion == Progress::default(), "{one:?}");
        assert!(
            one.facts.address.is_none() && one.facts.driver.is_none(),
            "{one:?}"
        );
    }
    assert!(
        others
            .iter()
            .any(|one| one.fix.as_ref().is_some_and(|fix| since < fix.fixed_at))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn off_duty_nothing_is_shown_nor_stored_and_a_restart_knows_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let settings = SimSettings {
        vehicles: 30,
        ..SimSettings::default()
    };
    let sim = sim::spawn(settings).await.expect("the simulator starts");
    let mut environment = sim.environment.clone();
    environment.push(("FLEETGLASS_STATE_DIR", dir.path().display().to_string()));
    let mut now = config(&environment);
    let (reloads, receiver) = mpsc::channel(1);
    let mut server = Server::reloading(now.clone(), receiver).await;
    let its_devices = one_that_moves(&server).await;

    somebodys_own(&mut now, &its_devices);
    reloads.send(now.clone()).await.expect("the server listens");
    let path = "/api/v1/vehicles/phone";
    let vehicle = server.until(path, |it| it["id"] == "phone").await;
    assert!(is_off_duty(&vehicle), "{vehicle}");
    let since = clock::now();

    // Others go on, and are stored.
    let is_any = |list: &Value| list["vehicles"][0]["id"].is_string();
    let path_of_moving = "/api/v1/vehicles?state=moving";
    let moving = server.until(path_of_moving, is_any).await;
    let other_id = moving["vehicles"][0]["id"].as_str().expect("an id");
    assert_ne!(other_id, "phone");
    while n_points(&server, other_id, since).await < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    look_everywhere(&server, since).await;

    stop(&mut server).await;
    nothing_is_kept(dir.path(), &its_devices, since);

    let server = Server::of(now).await;
    let vehicle = server.until(path, |it| it["id"] == "phone").await;
    assert!(is_off_duty(&vehicle), "{vehicle}");
}
