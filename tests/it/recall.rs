//! What was missed is completed from the vendors' own histories: sources against the simulator,
//! and what they say against what its world recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fleetglass::clock;
use fleetglass::config::source::{SourceSettings, VendorSpec};
use fleetglass::config::{Config, Flags};
use fleetglass::domain::{Report, Said, Signal};
use fleetglass::sim::{self, RunningSim, SimSettings, Vendor};
use fleetglass::source::outlet::Outlet;
use fleetglass::source::recall::holes::Watch;
use fleetglass::source::{self, supervise};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::harness::{PATIENCE, Server, client, config};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// One source on a simulator whose world has lived for a while.
struct Stage {
    sim: RunningSim,
    settings: SourceSettings,
    vendor: Vendor,
}

/// A source that runs until this is dropped.
struct Running {
    reports: mpsc::Receiver<Report>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Points = BTreeMap<(String, i64), (f64, f64)>;

impl Stage {
    async fn new(vendor: Vendor, past: Duration) -> Self {
        let sim = sim::spawn(SimSettings {
            vehicles: 8,
            vendors: vec![vendor],
            past,
            // What is left over is plenty, and soon there: this is no test of patience.
            window_requests: 1_000,
            window: Duration::from_mins(1),
            heartbeat: Duration::from_millis(500),
            ..SimSettings::default()
        });
        let sim = sim.await.expect("the simulator starts");
        let env = sim.environment.iter().cloned();
        let env = env.map(|(name, value)| (name.to_owned(), value)).collect();
        let vendors: Vec<&'static VendorSpec> = source::VENDORS.iter().map(|v| &v.spec).collect();
        let env: std::collections::HashMap<String, String> = env;
        let config = Config::load(None, &env, &Flags::default(), &vendors).expect("good settings");
        let mut settings = config.sources.into_iter().next().expect("a source");
        if vendor != Vendor::MyCarTracks {
            settings.poll_interval = Some(Duration::from_secs(4));
        }
        Self {
            sim,
            settings,
            vendor,
        }
    }

    fn run(&self, watch: Watch) -> Running {
        let (sender, reports) = mpsc::channel(256);
        let outlet = Outlet::new(self.settings.id.clone(), sender).watched_by(watch);
        let settings = self.settings.clone();
        let task = tokio::spawn(async move { supervise::for_ever(&settings, &outlet).await });
        Running { reports, task }
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("http://{}/control/{path}", self.sim.address);
        let answer = client().request(method, url).json(&body).send().await;
        let answer = answer.expect("the simulator answers");
        answer.json().await.unwrap_or(Value::Null)
    }

    /// What the world's devices recorded from `from` until before `to`.
    async fn truth(&self, from: Timestamp, to: Timestamp) -> Points {
        let path = format!("past?vendor={}", self.vendor.as_str());
        let past = self.control(Method::GET, &path, Value::Null).await;
        let mut truth = Points::new();
        for (device, points) in past.as_object().expect("devices") {
            for point in points.as_array().expect("points") {
                let at: Timestamp = point["fixed_at"]
                    .as_str()
                    .expect("a time")
                    .parse()
                    .expect("a time");
                if from <= at && at < to {
                    let degrees = |name: &str| point[name].as_f64().expect("degrees");
                    let place = (degrees("lat_deg"), degrees("lng_deg"));
                    truth.insert((device.clone(), self.unit(at)), place);
                }
            }
        }
        truth
    }

    /// As finely as the vendor tells times: Cartrack in whole seconds.
    fn unit(&self, at: Timestamp) -> i64 {
        match self.vendor {
            Vendor::Cartrack => at.as_second(),
            _ => at.as_millisecond(),
        }
    }

    /// Hears `running` until all of `wanted` was recalled, and checks that nothing else was, nor
    /// anything twice.
    async fn hear(&self, running: &mut Running, wanted: &Points) {
        let mut heard = Points::new();
        let mut missing: BTreeSet<_> = wanted.keys().cloned().collect();
        while !missing.is_empty() {
            let report = timeout(PATIENCE, running.reports.recv()).await;
            let report = report.unwrap_or_else(|_| panic!("{} are missing", missing.len()));
            let Said::Recalled(rows) = report.expect("it goes on").said else {
                continue;
            };
            assert!(rows.is_sorted_by_key(|(_, reading)| reading.vendor_at));
            for (device, reading) in rows {
                let at = reading.vendor_at.expect("what is recalled has a time");
                let key = (device.device.to_string(), self.unit(at));
                missing.remove(&key);
                assert!(heard.insert(key, reading.lat_lng()).is_none(), "told twice");
            }
        }
        for (key, (lat_deg, lng_deg)) in wanted {
            let (lat, lng) = heard[key];
            assert!((lat - lat_deg).abs() < 1e-6 && (lng - lng_deg).abs() < 1e-6);
        }
    }
}

impl Running {
    async fn until(&mut self, is_met: impl Fn(&Said) -> bool) {
        let hearing = async {
            while let Some(report) = self.reports.recv().await {
                if is_met(&report.said) {
                    return;
                }
            }
            panic!("it ended");
        };
        timeout(PATIENCE, hearing).await.expect("never said");
    }
}

fn is_success(said: &Said) -> bool {
    matches!(said, Said::Signal(Signal::Success))
}

fn is_failure(said: &Said) -> bool {
    matches!(said, Said::Signal(Signal::Failure { .. }))
}

/// We were down for some minutes of a world that went on.
async fn our_own_outage_is_filled_in(vendor: Vendor, faults: &[&str]) {
    let stage = Stage::new(vendor, Duration::from_mins(30)).await;
    for fault in faults {
        let fault = json!({ "vendor": vendor.as_str(), "fault": fault });
        stage.control(Method::POST, "faults", fault).await;
    }
    let known_until = clock::now() - SignedDuration::from_mins(5);
    let watch = source::watch(&stage.settings, Some(known_until));
    let mut running = stage.run(watch);
    // The borders are told in whole seconds by some, so the seconds at them are left alone.
    let wanted = stage
        .truth(
            known_until + SignedDuration::from_secs(1),
            clock::now() - SignedDuration::from_secs(1),
        )
        .await;
    assert!(20 < wanted.len(), "{}", wanted.len());
    stage.hear(&mut running, &wanted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cartrack_tells_what_was_missed_while_we_were_down() {
    our_own_outage_is_filled_in(Vendor::Cartrack, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cartrack_tells_it_in_another_zone_and_order_too() {
    our_own_outage_is_filled_in(Vendor::Cartrack, &["variants", "garbage"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mycartracks_tells_what_was_missed_while_we_were_down() {
    our_own_outage_is_filled_in(Vendor::MyCarTracks, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mycartracks_tells_it_in_other_names_and_orders_too() {
    our_own_outage_is_filled_in(Vendor::MyCarTracks, &["variants", "garbage"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_world_recorded_while_the_stream_was_cut_is_filled_in() {
    let stage = Stage::new(Vendor::MyCarTracks, Duration::from_mins(2)).await;
    let mut running = stage.run(Watch::of_stream(None, DAY).ordinary(SignedDuration::from_secs(2)));
    running
        .until(|said| matches!(said, Said::Observed(_)))
        .await;
    running.until(is_success).await;
    let cut = json!({ "vendor": "mycartracks", "fault": "cut" });
    stage.control(Method::POST, "faults", cut).await;
    running.until(is_failure).await;
    let from = clock::now();
    // The world goes on; what it records is told to nobody.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let to = clock::now();
    let wanted = stage.truth(from, to).await;
    assert!(!wanted.is_empty());
    stage.control(Method::DELETE, "faults", Value::Null).await;
    stage.hear(&mut running, &wanted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_without_a_history_and_a_source_without_recall_ask_nothing() {
    let known_until = clock::now() - SignedDuration::from_mins(5);
    for (vendor, recall) in [(Vendor::EzToTrack, 86_400), (Vendor::Cartrack, 0)] {
        let mut stage = Stage::new(vendor, Duration::from_mins(10)).await;
        stage.settings.recall = Duration::from_secs(recall);
        let mut running = stage.run(source::watch(&stage.settings, Some(known_until)));
        // A pause lies between two readings, in which it would have asked.
        for _ in 0..2 {
            running
                .until(|said| {
                    assert!(!matches!(said, Said::Recalled(_)), "{vendor:?}");
                    is_success(said)
                })
                .await;
        }
    }
}

/// Each device's fixes that the server remembers of the time from `from` to `to`.
async fn remembered(server: &Server, from: Timestamp, to: Timestamp) -> BTreeSet<(String, i64)> {
    let vehicles = server.json("/api/v1/vehicles").await;
    let mut fixes = BTreeSet::new();
    for vehicle in vehicles["vehicles"].as_array().into_iter().flatten() {
        let id = vehicle["id"].as_str().expect("an id").replace('/', "%2F");
        let device = &vehicle["devices"][0]["device"];
        let device = device.as_str().expect("a device").to_owned();
        let path = format!("/api/v1/vehicles/{id}/trail?from={from}&to={to}");
        let trail = server.json(&path).await;
        for point in trail["points"].as_array().into_iter().flatten() {
            let at: Timestamp = point["fixed_at"]
                .as_str()
                .expect("a time")
                .parse()
                .expect("a time");
            fixes.insert((device.clone(), at.as_millisecond()));
        }
    }
    fixes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_amid_the_asking_goes_on_with_it_after_a_restart() {
    let stage = Stage::new(Vendor::MyCarTracks, Duration::from_mins(2)).await;
    let rate = json!({ "stream_hz": 1.0 });
    stage.control(Method::POST, "rate", rate).await;
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(&stage.sim.environment);
    config.server.state_dir = Some(dir.path().to_owned());
    let start = || async {
        let server = Server::of(config.clone()).await;
        let is_up = |answer: &Value| answer["sources"][0]["health"] == "up";
        server.until("/api/v1/sources", is_up).await;
        server
    };
    let stop = async |server: Server| {
        server.shutdown.cancel();
        server.task.await.expect("no panic").expect("a good end");
    };
    let first = start().await;
    let is_there = |answer: &Value| {
        let mut all = answer["vehicles"].as_array().into_iter().flatten();
        answer["vehicles"]
            .as_array()
            .is_some_and(|all| 4 < all.len())
            && all.all(|vehicle| vehicle["position"].is_object())
    };
    first.until("/api/v1/vehicles", is_there).await;
    stop(first).await;
    let from = clock::now();
    let wanted = loop {
        let wanted = stage.truth(from, clock::now()).await;
        if 30 < wanted.len() {
            break wanted;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let to = clock::now();
    stop(start().await).await;
    let kept = std::fs::read_to_string(dir.path().join("recall.json"));
    assert!(
        kept.expect("it was amid the asking")
            .contains("mycartracks")
    );

    let last = start().await;
    let is_missing = async || {
        let told = remembered(&last, from, to).await;
        wanted.keys().any(|fix| !told.contains(fix))
    };
    let filling = async {
        while is_missing().await {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let filled = timeout(PATIENCE, filling).await;
    filled.expect("the trails are completed");
    stop(last).await;
    assert!(
        !dir.path().join("recall.json").exists(),
        "nothing is left to be asked for"
    );
}
