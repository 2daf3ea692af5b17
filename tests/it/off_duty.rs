//! Off duty over the whole server: what viewers get, what is on the disk, and a restart.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use fleetglass::clock;
use fleetglass::config::Config;
use fleetglass::domain::off_duty::{DAY_MIN, Hours, Timetable};
use fleetglass::domain::roster::RosterVehicle;
use fleetglass::domain::{DeviceKey, OffDuty, SourceId, VehicleId};
use fleetglass::fleet::device::TimedFacts;
use fleetglass::fleet::memory::Remembered;
use fleetglass::fleet::motion::Progress;
use fleetglass::history::{History, HistorySettings};
use fleetglass::sim::{self, SimSettings};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::harness::{Server, config};
use crate::outward::fake::{Fake, status};
use crate::outward::load;

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

/// Whether `value` is an object that has `needed` and nothing beside it but `allowed`.
fn has_only(value: &Value, needed: &[&str], allowed: &[&str]) -> bool {
    let Some(members) = value.as_object() else {
        return false;
    };
    let is_known =
        |name: &String| needed.contains(&name.as_str()) || allowed.contains(&name.as_str());
    needed.iter().all(|name| members.contains_key(*name)) && members.keys().all(is_known)
}

/// Whether there is nothing of where it is, was, or what it did: only what is listed here may be
/// there, so whatever is told of a position some day is missed by nobody.
fn is_off_duty(vehicle: &Value) -> bool {
    let needed = ["id", "name", "flags", "motion", "freshness", "devices"];
    let devices = vehicle["devices"].as_array().map(Vec::as_slice);
    let devices = devices.unwrap_or_default();
    let is_blank = |device| has_only(device, &["source", "device"], &["reason"]);
    let state = |name: &str| {
        vehicle[name]["state"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    has_only(vehicle, &needed, &["registration", "groups"])
        && vehicle["flags"] == serde_json::json!(["off_duty"])
        && (state("motion"), state("freshness")) == ("unknown".into(), "never".into())
        && has_only(&vehicle["motion"], &["state", "since"], &["since_at_least"])
        && has_only(&vehicle["freshness"], &["state", "since"], &[])
        && !devices.is_empty()
        && devices.iter().all(is_blank)
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
        assert_eq!(one.facts, TimedFacts::default(), "{one:?}");
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

/// A vendor that knows one vehicle and tells no groups, whose list of vehicles may be denied.
async fn vendor(is_denied: bool) -> Fake {
    Fake::start(None, move |asked| {
        let now = clock::now().to_string();
        let row = serde_json::json!({ "vehicle_id": 1, "registration": "ABC123GP",
            "event_ts": now, "location": { "updated": now, "latitude": -26.2, "longitude": 28.0 } });
        let body = serde_json::json!({ "data": [row] }).to_string();
        let is_list = !asked.starts_with("GET /vehicles/status");
        if is_list && is_denied {
            status(403, "", "{}")
        } else {
            status(200, "", &body)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_no_list_is_hidden_while_anybody_is_off_duty() {
    for is_denied in [true, false] {
        let vendor = vendor(is_denied).await;
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!(
            "[server]\nstate_dir = \"{}\"\n[[source]]\nid = \"c\"\nkind = \"cartrack\"\n\
             username = \"me\"\npassword = \"pw\"\nbase_url = \"http://{}\"\nrecall = \"0s\"\n",
            folder.path().join("state").display(),
            vendor.address
        );
        let mut config = load(folder.path(), &text, &HashMap::new()).expect("good settings");
        config.off_duty = vec![OffDuty {
            groups: vec!["Phones".into()],
            timetable: hours_of(clock::now()),
        }];
        let since = clock::now() - SignedDuration::from_hours(1);
        let server = Server::of(config).await;
        let path = "/api/v1/vehicles/reg%3AABC123GP";
        if is_denied {
            let vehicle = server.until(path, |it| it["id"].is_string()).await;
            assert!(is_off_duty(&vehicle), "{vehicle}");
            let reason = vehicle["devices"][0]["reason"].as_str().expect("a reason");
            assert!(reason.contains("not known"), "{reason}");
            assert_eq!(n_points(&server, "reg:ABC123GP", since).await, 0);
        } else {
            // It has none, as the list says.
            server.until(path, |it| it["position"].is_object()).await;
        }
    }
}
