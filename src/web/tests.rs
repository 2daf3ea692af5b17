//! What a viewer may not see never leaves: of any history of any fleet, in no frame of either
//! protocol and in no answer, is there a byte of who or what is hidden from it. And what it may
//! see is all there.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::connect_info::ConnectInfo;
use axum::response::IntoResponse;
use axum::{Extension, Router};
use http::{HeaderMap, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

use super::history::asked;
use super::screens::Screens;
use super::viewer::Looking;
use super::{Door, Pulse, Web, data};
use crate::alarm::Alarms;
use crate::auth::{Actor, Name, NewUser, Role, UserId, Viewer as Person, ViewerId};
use crate::desk::Desk;
use crate::domain::alarm::{Alarm, AlarmKind};
use crate::domain::order::Severity;
use crate::domain::sight::Facts;
use crate::domain::{
    DeviceKey, DeviceView, Fact, Freshness, FreshnessState, Groups, Health, Mode, Motion,
    MotionState, Position, Reading, Sight, SourceId, Vehicle, VehicleId,
};
use crate::fleet::{Changes, Fix, SourceStatus};
use crate::history::{History, HistorySettings};
use crate::live::bin::{Picture, Tile, row::UNKNOWN};
use crate::live::channel::ChannelSettings;
use crate::live::encoder::Encoder;
use crate::live::hub::Hub;
use crate::live::reception::Reception;
use crate::live::stages::Stages;
use crate::live::viewer::{Dialect, Introduction, Moment, Viewer, ViewerSettings, sight};
use crate::webhook::{WebhookSettings, Webhooks};

const N: usize = 6;
const GROUPS: [&str; 3] = ["North", "South", "West"];

/// A vehicle as a history has it: which groups, by bits; whether its plate is known.
pub(super) type Now = (u8, bool);

/// What is told of some vehicles in one step; `None` is one that is no more.
type Step = Vec<(usize, Option<Now>)>;

/// Every other step follows at once upon the one before, while its keyframes are still good.
pub(super) fn at(step: usize) -> Timestamp {
    let step = i64::try_from(step).unwrap();
    let after_ms = 70_000 * (step / 2) + 200 * (step % 2);
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_millis(after_ms)
}

fn plate(n: usize) -> String {
    format!("PQ{n} 77{n}-ZX")
}

/// Letters and digits in upper case.
fn bare(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.flat_map(char::to_uppercase).collect()
}

/// Ids that say the plate, and one that is the plate once that is known.
pub(super) fn id(n: usize, has_plate: bool) -> String {
    match n % 3 {
        0 if has_plate => format!("reg:{}", bare(&plate(n))),
        0 | 1 => format!("s{}/veh{n}x", n % 2),
        _ => format!("s{}/pq{n}-77{n}zx-veh{n}x", n % 2),
    }
}

pub(super) fn vehicle(n: usize, (groups, has_plate): Now, step: usize) -> Arc<Vehicle> {
    let now = at(step);
    let label = if n.is_multiple_of(2) {
        format!("dev-veh{n}x")
    } else {
        bare(&plate(n))
    };
    let device = DeviceKey::new(SourceId::new(format!("s{}", n % 2)), label);
    let fact = |value: String| {
        Some(Fact {
            value: value.into(),
            at: now,
            source: device.source.clone(),
        })
    };
    let nth = f64::from(u32::try_from(n).unwrap());
    let position = Position {
        lat_deg: -26.0 + nth * 0.01,
        lng_deg: 28.0 + f64::from(u32::try_from(step).unwrap()) * 1e-4,
        heading_deg: None,
        speed_mps: Some(10.0 + nth),
        altitude_m: None,
        accuracy_m: None,
        fixed_at: now,
        received_at: now,
        device: device.clone(),
    };
    let view = DeviceView {
        speed_mps: Some(10.0 + nth),
        reason: format!("{device} ranks above it").into(),
        ..DeviceView::new(device.clone())
    };
    let name = if n.is_multiple_of(2) {
        format!("Name veh{n}x")
    } else {
        plate(n)
    };
    let named = (0..GROUPS.len()).filter(|bit| groups >> bit & 1 == 1);
    Arc::new(Vehicle {
        registration: has_plate.then(|| plate(n).into()),
        groups: named.map(|bit| GROUPS[bit].into()).collect(),
        position: Some(position),
        motion: Motion {
            state: MotionState::Moving,
            since: now,
            since_at_least: true,
        },
        freshness: Freshness {
            state: FreshnessState::Live,
            since: now,
        },
        driver: fact(format!("Driver veh{n}x")),
        address: fact(format!("Addr veh{n}x")),
        devices: vec![view],
        ..Vehicle::new(VehicleId::new(id(n, has_plate)), name, now)
    })
}

fn fix(position: &Position) -> (DeviceKey, Fix) {
    let reading = Reading {
        lat_deg: position.lat_deg,
        lng_deg: position.lng_deg,
        heading_deg: None,
        speed_mps: position.speed_mps,
        altitude_m: None,
        accuracy_m: None,
        quality: None,
        vendor_at: Some(position.fixed_at),
    };
    let fix = Fix {
        reading,
        fixed_at: position.fixed_at,
        received_at: position.received_at,
        clock_ahead: false,
        no_fix_time: false,
        backfill: false,
    };
    (position.device.clone(), fix)
}

fn source(nth: usize, n_vehicles: usize) -> Arc<SourceStatus> {
    Arc::new(SourceStatus {
        id: SourceId::new(format!("s{nth}")),
        kind: "test",
        health: Health::Up,
        since: at(0),
        mode: Mode::Poll,
        last_success_at: None,
        last_error: Some((
            "no words for veh0x, veh1x, veh2x, veh3x, veh4x, veh5x".into(),
            at(0),
        )),
        until: None,
        sandbox: false,
        vehicles: n_vehicles,
    })
}

/// An alarm about a vehicle, by a rule that says its plate and in a place of the North.
fn alarm(n: usize, vehicle: &Vehicle) -> Arc<Alarm> {
    let is_fast = n.is_multiple_of(2);
    let began_at = at(0);
    Arc::new(Alarm {
        id: n as u64 + 1,
        rule: (bare(&plate(n)).into(), plate(n).into()),
        kind: if is_fast {
            AlarmKind::Speeding
        } else {
            AlarmKind::Panic
        },
        severity: Severity::Alarm,
        vehicle: Some((vehicle.id.clone(), Arc::clone(&vehicle.name))),
        source: None,
        place: Some(("p".into(), "Yard of the North".into())),
        place_groups: ["North".into()].into(),
        began_at,
        ended_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
        is_quiet: false,
        repeat_after: None,
        speed: is_fast.then_some((40.0, 30.0)),
        lasted: None,
        position: None,
    })
}

/// The fleet as it truly is.
#[derive(Clone, Debug, Default)]
struct Truth {
    vehicles: BTreeMap<usize, Now>,
    /// Vehicles of which an alarm is open.
    alarmed: BTreeSet<usize>,
}

impl Truth {
    /// Takes a step; gives what is published of it.
    fn take(&mut self, step: &Step, nth: usize) -> Changes {
        let mut changes = Changes::default();
        let last: BTreeMap<usize, Option<Now>> = step.iter().copied().collect();
        for (n, now) in last {
            let before = self
                .vehicles
                .remove(&n)
                .map(|(_, has_plate)| id(n, has_plate));
            let after = now.map(|(_, has_plate)| id(n, has_plate));
            let is_same = before == after;
            if !is_same {
                changes.removed.extend(before.map(VehicleId::new));
                changes.alarms.closed.push(n as u64 + 1);
            }
            if now.is_none() {
                self.alarmed.remove(&n);
            }
            if let Some(now) = now {
                self.vehicles.insert(n, now);
                let vehicle = vehicle(n, now, nth);
                changes.fixes.extend(vehicle.position.as_ref().map(fix));
                // It comes after its vehicle, or long after.
                if nth % 3 != 1 {
                    changes.alarms.changed.push(alarm(n, &vehicle));
                }
                self.alarmed.retain(|it| *it != n || is_same);
                if nth % 3 != 1 {
                    self.alarmed.insert(n);
                }
                changes.vehicles.push(vehicle);
            }
        }
        let of = |nth: usize| self.vehicles.keys().filter(|n| **n % 2 == nth).count();
        changes.sources = vec![source(0, of(0)), source(1, of(1))];
        changes
    }

    fn seen(&self, sight: &Sight) -> BTreeSet<usize> {
        let is_seen = |groups: u8| match &sight.groups {
            Groups::All => true,
            Groups::Only(seen) => {
                (0..GROUPS.len()).any(|bit| groups >> bit & 1 == 1 && seen.contains(GROUPS[bit]))
            }
        };
        let all = self.vehicles.iter();
        all.filter(|(_, (groups, _))| is_seen(*groups))
            .map(|(n, _)| *n)
            .collect()
    }

    /// What of `text` this sight may not see, if anything.
    fn leak(&self, sight: &Sight, text: &str) -> Option<String> {
        if sight.is_everything() {
            return None;
        }
        let said = bare(text);
        let seen = self.seen(sight);
        let facts = sight.facts;
        for n in 0..N {
            let plate = bare(&plate(n));
            let is_plate_hidden =
                !facts.registration && self.vehicles.get(&n).is_some_and(|it| it.1);
            if (!seen.contains(&n) || is_plate_hidden) && said.contains(&plate) {
                return Some(plate);
            }
            let token = format!("VEH{n}X");
            if !seen.contains(&n) && said.contains(&token) {
                return Some(token);
            }
        }
        let words = [
            (facts.driver, "DRIVERVEH"),
            (facts.address, "ADDRVEH"),
            (facts.speed, "SPEEDMPS\":"),
        ];
        let hidden =
            |(is_shown, word): &(bool, &str)| !is_shown && said.contains(bare(word).as_str());
        // A CSV has the column, and nothing in it.
        let found = words
            .iter()
            .find(|it| hidden(it) && !text.starts_with("fixed_at,"));
        if let Some((_, word)) = found {
            return Some((*word).to_owned());
        }
        let hides_groups = |group: &&str| match &sight.groups {
            Groups::All => false,
            Groups::Only(names) => !names.contains(*group),
        };
        let group = GROUPS
            .into_iter()
            .filter(hides_groups)
            .find(|group| text.contains(group));
        group.map(str::to_owned)
    }
}

fn sights() -> Vec<Arc<Sight>> {
    let sight = |groups: Groups, facts: Facts| Arc::new(Sight { groups, facts });
    let but_plates = Facts {
        registration: false,
        ..Facts::ALL
    };
    let but_speed = Facts {
        speed: false,
        ..Facts::ALL
    };
    let but_names = Facts {
        driver: false,
        address: false,
        ..Facts::ALL
    };
    vec![
        sight(Groups::All, Facts::ALL),
        sight(Groups::All, Facts::NONE),
        sight(Groups::only(["North"]), Facts::ALL),
        sight(Groups::only(["North", "West"]), but_plates),
        sight(Groups::only(["South"]), but_speed),
        sight(Groups::only(["South"]), but_names),
        Arc::new(Sight::nothing()),
    ]
}

/// A screen, and what it shows.
struct Screen {
    viewer: Viewer,
    hub: Arc<Hub>,
    sight: Arc<Sight>,
    is_json: bool,
    shown: BTreeSet<String>,
    alarms: BTreeSet<String>,
    n_sources: BTreeMap<String, u64>,
    n_counted: Option<u64>,
    picture: Picture,
    n_keyframes: usize,
}

impl Screen {
    fn all(stages: &Stages, sight: &Arc<Sight>, nth: usize) -> Vec<Self> {
        let map = sight::Sight {
            bounds: [27.5, -26.5, 28.5, -25.5],
            zoom: 9.0,
        };
        let in_parts = ViewerSettings {
            large_fleet: 0,
            ..ViewerSettings::default()
        };
        let ways = [
            (Dialect::Json, None, ViewerSettings::default()),
            (Dialect::Bin, None, ViewerSettings::default()),
            (Dialect::Bin, Some(map), in_parts),
        ];
        let screen = |(dialect, map, settings)| {
            let stage = stages.find_or_make(sight, at(nth));
            let hub = Arc::clone(stage.hub());
            let who = Introduction {
                dialect: Some(dialect),
                deflates: false,
                resume: None,
                sight: map,
            };
            let now = Moment {
                instant: Instant::now(),
                at: at(nth),
            };
            Self {
                viewer: Viewer::new(Arc::clone(&hub), settings, who, now),
                hub,
                sight: Arc::clone(sight),
                is_json: dialect == Dialect::Json,
                shown: BTreeSet::new(),
                alarms: BTreeSet::new(),
                n_sources: BTreeMap::new(),
                n_counted: None,
                picture: Picture::default(),
                n_keyframes: 0,
            }
        };
        ways.into_iter().map(screen).collect()
    }

    /// Takes all there is, and looks for what should not be there.
    fn look(&mut self, stages: &Stages, truth: &Truth, nth: usize) -> Result<(), TestCaseError> {
        loop {
            let now = Moment {
                instant: Instant::now() + Duration::from_millis(1),
                at: at(nth),
            };
            self.viewer.fill(now);
            if self.viewer.outbox().is_empty() {
                while stages.make_some_keyframes(|| at(nth)) {}
                self.viewer.fill(now);
            }
            if self.viewer.outbox().is_empty() {
                return Ok(());
            }
            let mut bytes = Vec::new();
            while !self.viewer.outbox().is_empty() {
                bytes.extend_from_slice(self.viewer.outbox().front());
                let n = self.viewer.outbox().front().len();
                self.viewer.wrote(n);
            }
            for payload in payloads(&bytes) {
                self.apply(payload, truth)?;
            }
        }
    }

    fn apply(&mut self, payload: &[u8], truth: &Truth) -> Result<(), TestCaseError> {
        let mut text = String::from_utf8_lossy(payload).into_owned();
        if payload[0] == b'{' {
            let mut json: Value = serde_json::from_slice(payload).unwrap();
            // It knew these: they go, and more is not said of them.
            let removed = json.as_object_mut().unwrap().remove("removed");
            for id in removed.iter().flat_map(|ids| ids.as_array().unwrap()) {
                prop_assert!(
                    self.shown.remove(id.as_str().unwrap()),
                    "{} was not shown",
                    id
                );
            }
            text = json.to_string();
            if json["type"] == "snapshot" {
                self.shown.clear();
                self.n_keyframes += 1;
            }
            for vehicle in json["vehicles"].as_array().into_iter().flatten() {
                self.shown
                    .insert(vehicle["id"].as_str().unwrap().to_owned());
            }
            self.take_alarms(&json);
            for source in json["sources"].as_array().into_iter().flatten() {
                let id = source["id"].as_str().unwrap().to_owned();
                self.n_sources
                    .insert(id, source["vehicles"].as_u64().unwrap());
            }
            self.n_counted = json["vehicles"].as_u64().or(self.n_counted);
            if json["type"] == "view" {
                self.n_counted = None;
                let gets = |tile: &Tile| {
                    let told = [u16::from(tile.z), tile.x, tile.y];
                    let tiles = json["tiles"].as_array().unwrap();
                    tiles.contains(&serde_json::json!(told))
                };
                let held: Vec<Tile> = self.picture.tiles().map(|(tile, _)| tile).collect();
                for tile in held.into_iter().filter(|tile| !gets(tile)) {
                    self.picture.forget(tile);
                }
            }
        } else {
            self.picture.apply(payload).unwrap();
            let rows = self
                .picture
                .tiles()
                .flat_map(|(_, held)| held.rows.values());
            if !self.sight.facts.speed {
                prop_assert!(rows.into_iter().all(|row| row.speed == UNKNOWN));
            }
        }
        let leak = truth.leak(&self.sight, &text);
        prop_assert_eq!(leak, None, "{:?} in {}", self.sight, text);
        Ok(())
    }

    fn take_alarms(&mut self, json: &Value) {
        if json["type"] == "snapshot" || (json["type"] == "alarms" && json["all"] == true) {
            self.alarms.clear();
        }
        let closed = json["alarms_closed"]
            .as_array()
            .or(json["closed"].as_array());
        for id in closed.into_iter().flatten() {
            assert!(self.alarms.remove(id.as_str().unwrap()), "it was not shown");
        }
        for alarm in json["alarms"].as_array().into_iter().flatten() {
            self.alarms.insert(alarm["id"].as_str().unwrap().to_owned());
        }
    }

    /// Whether it shows just what may be seen of what there is.
    fn is_true(&self, truth: &Truth) -> Result<(), TestCaseError> {
        let seen = truth.seen(&self.sight);
        let tells = |n: &&usize| {
            truth.alarmed.contains(*n) && (self.sight.facts.speed || !n.is_multiple_of(2))
        };
        let alarms = seen.iter().filter(tells).map(|n| (n + 1).to_string());
        prop_assert_eq!(&self.alarms, &alarms.collect(), "{:?}", self.sight);
        for (id, n) in &self.n_sources {
            let of = |n: &&usize| *id == format!("s{}", **n % 2);
            prop_assert_eq!(
                *n,
                seen.iter().filter(of).count() as u64,
                "{:?} {}",
                self.sight,
                id
            );
        }
        if self.is_json {
            let current = self.hub.current();
            let ids = current
                .vehicles
                .iter()
                .map(|entry| entry.vehicle.id.to_string());
            prop_assert_eq!(&self.shown, &ids.collect::<BTreeSet<_>>());
            let is_shown_as_it_is =
                |n: usize| self.sight.facts.registration || !truth.vehicles[&n].1;
            for n in seen.iter().copied().filter(|n| is_shown_as_it_is(*n)) {
                prop_assert!(self.shown.contains(&id(n, truth.vehicles[&n].1)));
            }
            prop_assert_eq!(self.shown.len(), seen.len(), "{:?}", self.sight);
            return Ok(());
        }
        let held: usize = self.picture.tiles().map(|(_, held)| held.rows.len()).sum();
        prop_assert_eq!(held, seen.len(), "{:?}", self.sight);
        // Of the whole fleet counts are told once a second, and of each change.
        if let Some(n) = self.n_counted.filter(|_| !self.sight.is_everything()) {
            prop_assert_eq!(n, seen.len() as u64);
        }
        Ok(())
    }
}

/// The payloads of whole messages of a server.
fn payloads(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (n, from) = match bytes[1] {
            126 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
            127 => (
                u64::from_be_bytes(bytes[2..10].try_into().unwrap())
                    .try_into()
                    .unwrap(),
                10,
            ),
            n => (usize::from(n), 2),
        };
        all.push(&bytes[from..from + n]);
        bytes = &bytes[from + n..];
    }
    all
}

/// A server without a door.
pub(super) struct Server {
    pub(super) web: Web,
    _encoder: Arc<Encoder>,
}

impl Server {
    pub(super) fn new() -> Self {
        let hub = Arc::new(Hub::new("run", ChannelSettings::default()));
        // The test makes the frames itself, each at its time.
        let idle = Arc::new(Stages::new(Arc::new(Hub::new(
            "idle",
            ChannelSettings::default(),
        ))));
        let encoder = Arc::new(Encoder::start(idle, || at(0)).unwrap());
        let (history, _) = History::open(HistorySettings::default(), at(0)).unwrap();
        let reception = Reception::open(Arc::clone(&hub), ViewerSettings::default(), 1, || at(0));
        let web = Web {
            door: Arc::new(Door::unlocked().unwrap()),
            stages: Arc::new(Stages::new(Arc::clone(&hub))),
            hub,
            alarms: Alarms::open(None).unwrap().0,
            history,
            desk: Desk::open(None, at(0)).unwrap(),
            webhooks: Webhooks::open(&WebhookSettings::default()).unwrap(),
            screens: Screens::default(),
            reception: reception.unwrap(),
            encoder: Arc::clone(&encoder),
            pulse: Pulse::default(),
            started_at: at(0),
            is_restored: false,
            shutdown: tokio_util::sync::CancellationToken::new(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            policy: "default-src 'none'".into(),
            clock: || at(24),
        };
        Self {
            web,
            _encoder: encoder,
        }
    }

    /// Each is asked for in its turn, over all histories.
    fn nth_sight() -> usize {
        static TURN: AtomicUsize = AtomicUsize::new(0);
        TURN.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn publish(&self, changes: &Changes, nth: usize) {
        self.web.history.record(&mut changes.clone(), at(nth));
        self.web.stages.publish(changes, at(nth), || at(nth));
    }

    async fn get(&self, sight: &Arc<Sight>, path: &str) -> (StatusCode, String) {
        let person = Person {
            sight: Arc::clone(sight),
            ..Person::local()
        };
        let here = self
            .web
            .door
            .visit([127, 0, 0, 1].into(), &HeaderMap::new());
        let router: Router = data()
            .layer(Extension(Arc::new(person)))
            .layer(Extension(here.unwrap()))
            .with_state(self.web.clone());
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status();
        let named = format!("{:?}", answer.headers());
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        // What stands in headers counts as well.
        (
            status,
            body + if named.contains("attachment") {
                &named
            } else {
                ""
            },
        )
    }

    /// Asks everything for one of the sights.
    async fn asked(&self, truth: &Truth, nth: usize) -> Result<usize, TestCaseError> {
        let mut n_found = 0;
        for sight in sights().into_iter().skip(nth % 7).take(1) {
            let seen = truth.seen(&sight);
            for path in [
                "/api/v1/vehicles",
                "/api/v1/vehicles?limit=2&sort=-speed",
                "/api/v1/vehicles?q=veh",
                "/api/v1/vehicles?q=pq",
                "/api/v1/vehicles.geojson",
                "/api/v1/sources",
                "/api/v1/alarms",
                "/api/v1/alarms?state=all",
                "/api/v1/groups",
                "/api/v1/history",
            ] {
                let (status, body) = self.get(&sight, path).await;
                prop_assert_eq!(status, StatusCode::OK, "{}", path);
                let leak = truth.leak(&sight, &body);
                prop_assert_eq!(leak, None, "{} for {:?}: {}", path, sight, body);
                let json: Value = serde_json::from_str(&body).unwrap();
                if path.contains("limit") {
                    prop_assert_eq!(json["total"].as_u64(), Some(seen.len() as u64));
                }
                if path == "/api/v1/vehicles" {
                    prop_assert_eq!(json["vehicles"].as_array().unwrap().len(), seen.len());
                    for vehicle in json["vehicles"].as_array().unwrap() {
                        n_found += self
                            .found(truth, &sight, vehicle["id"].as_str().unwrap())
                            .await?;
                    }
                }
            }
            for n in 0..N {
                for id in [id(n, true), id(n, false)] {
                    let is_hidden = truth.vehicles.get(&n).is_none_or(|it| {
                        !seen.contains(&n)
                            || id != self::id(n, it.1)
                            || (!sight.facts.registration && it.1 && bare(&id).contains("PQ"))
                    });
                    if is_hidden {
                        self.not_found(&sight, &id).await?;
                    }
                }
            }
        }
        Ok(n_found)
    }

    /// One that is seen is found by the id that is shown, and so is its trail.
    async fn found(
        &self,
        truth: &Truth,
        sight: &Arc<Sight>,
        id: &str,
    ) -> Result<usize, TestCaseError> {
        let id = id.replace('/', "%2F");
        for rest in [
            "",
            "/trail",
            "/trail?format=gpx",
            "/trail?format=csv",
            "/trail?format=geojson",
        ] {
            let path = format!("/api/v1/vehicles/{id}{rest}");
            let (status, body) = self.get(sight, &path).await;
            prop_assert_eq!(status, StatusCode::OK, "{}", path);
            let leak = truth.leak(sight, &body);
            prop_assert_eq!(leak, None, "{} for {:?}: {}", path, sight, body);
        }
        let (_, trail) = self
            .get(sight, &format!("/api/v1/vehicles/{id}/trail"))
            .await;
        Ok(trail.matches("lat_deg").count().min(1))
    }

    /// One that is not seen is not told from one that there is not.
    async fn not_found(&self, sight: &Arc<Sight>, id: &str) -> Result<(), TestCaseError> {
        for rest in ["", "/trail", "/trail?format=gpx"] {
            // Whoever sees everything may look at the past of what is no more.
            if sight.is_everything() && !rest.is_empty() {
                continue;
            }
            let escaped = id.replace('/', "%2F");
            let hidden = self
                .get(sight, &format!("/api/v1/vehicles/{escaped}{rest}"))
                .await;
            let unknown = self
                .get(sight, &format!("/api/v1/vehicles/nobody{rest}"))
                .await;
            prop_assert_eq!(hidden.0, StatusCode::NOT_FOUND, "{} for {:?}", id, sight);
            prop_assert_eq!(hidden.1.replace(id, "nobody"), unknown.1);
        }
        Ok(())
    }

    /// What is told of the past is what could be seen then.
    async fn remembered(&self, truths: &[Truth]) -> Result<usize, TestCaseError> {
        self.web.history.flush().unwrap();
        let mut n_found = 0;
        for (nth, truth) in truths.iter().enumerate() {
            for sight in sights().into_iter().skip(Server::nth_sight() % 7).take(1) {
                for kind in ["vehicles", "vehicles.geojson"] {
                    let path = format!("/api/v1/{kind}?at={}", at(nth));
                    let (status, body) = self.get(&sight, &path).await;
                    if status == StatusCode::NOT_FOUND {
                        continue;
                    }
                    prop_assert_eq!(status, StatusCode::OK, "{}", body);
                    n_found += truth.seen(&sight).len();
                    let leak = truth.leak(&sight, &body);
                    prop_assert_eq!(leak, None, "{} for {:?}: {}", path, sight, body);
                }
            }
        }
        Ok(n_found)
    }
}

fn run(steps: &[Step], runtime: &tokio::runtime::Runtime) -> Result<[usize; 3], TestCaseError> {
    let _inside = runtime.enter();
    let server = Server::new();
    let stages = Arc::clone(&server.web.stages);
    let mut truth = Truth::default();
    let mut truths = Vec::new();
    let mut screens: Vec<Screen> = Vec::new();
    let mut n_found = 0;
    for (nth, step) in steps.iter().enumerate() {
        server.publish(&truth.take(step, nth), nth);
        truths.push(truth.clone());
        for screen in &mut screens {
            // All at once: whoever has left is gone with the very next frame.
            screen.look(&stages, &truth, nth)?;
            screen.is_true(&truth)?;
        }
        if nth % 4 < 2 {
            for sight in sights() {
                for mut screen in Screen::all(&stages, &sight, nth) {
                    screen.look(&stages, &truth, nth)?;
                    screen.is_true(&truth)?;
                    screens.push(screen);
                }
            }
        }
        if nth.is_multiple_of(2) {
            n_found += runtime.block_on(server.asked(&truth, Server::nth_sight()))?;
        }
    }
    for screen in screens.iter().filter(|screen| screen.is_json) {
        prop_assert_eq!(screen.n_keyframes, 1, "changes led it on");
    }
    let n_remembered = runtime.block_on(server.remembered(&truths))?;
    Ok([screens.len(), n_found, n_remembered])
}

/// More of them with `FLEETGLASS_LEAK_CASES=10000`.
fn n_cases() -> u32 {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a test runs is asked for so"
    )]
    let asked = std::env::var("FLEETGLASS_LEAK_CASES").ok();
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

#[test]
fn what_a_viewer_may_not_see_never_leaves() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let now = prop::option::weighted(0.85, (0_u8..8, any::<bool>()));
    let step = prop::collection::vec((0..N, now), 1..6);
    let steps = prop::collection::vec(step, 3..10);
    let config = Config {
        cases: n_cases(),
        failure_persistence: None,
        ..Config::default()
    };
    let tried = std::cell::RefCell::new([0; 3]);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        let these = run(&steps, &runtime)?;
        for (all, one) in tried.borrow_mut().iter_mut().zip(these) {
            *all += one;
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let tried = tried.into_inner();
    assert!(
        tried.iter().all(|n| 50 < *n),
        "next to nothing was tried: {tried:?}"
    );
}

/// A rule that is called after a vehicle was told before anybody knew that this is a plate.
#[test]
fn who_comes_when_a_plate_is_known_is_told_no_alarm_of_before() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let nothing = || vec![(0, None)];
    let told = |has_plate| vec![(4, Some((5, has_plate)))];
    let steps = [
        told(false),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        told(true),
    ];
    run(&steps, &runtime).unwrap();
}

/// Whoever sits at the machine asks by `method`, with a body of their own kind.
fn request(method: &str, path: &str) -> http::request::Builder {
    let peer: SocketAddr = "127.0.0.1:4711".parse().unwrap();
    let request = Request::builder().method(method).uri(path);
    request
        .extension(ConnectInfo(peer))
        .header("host", "127.0.0.1")
        .header("content-type", "application/json")
}

/// By whatever route: a body that does not come holds no place, and no rights, for long.
#[test]
fn a_body_that_never_comes_is_given_up_on_every_route() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::new();
        let router = super::router(server.web.clone(), Router::new());
        let described = request("GET", "/api/v1/openapi.json").body(Body::empty());
        let described = router.clone().oneshot(described.unwrap()).await.unwrap();
        let described = to_bytes(described.into_body(), 1 << 20).await.unwrap();
        let described: Value = serde_json::from_slice(&described).unwrap();
        let mut n_tried = 0;
        for (path, methods) in described["paths"].as_object().unwrap() {
            for (method, it) in methods.as_object().unwrap() {
                if it.get("requestBody").is_none() {
                    continue;
                }
                let asked = format!("{method} {path}");
                let path = path.replace("{id}", "1").replace("{code}", "CCCCCC");
                let never = futures_util::stream::pending::<Result<Vec<u8>, Infallible>>();
                let request = request(&method.to_uppercase(), &path);
                let request = request.body(Body::from_stream(never)).unwrap();
                let began = Instant::now();
                let answer = router.clone().oneshot(request);
                let answer = tokio::time::timeout(Duration::from_hours(1), answer).await;
                let status = answer.expect("an end").unwrap().status();
                assert_eq!(status, StatusCode::REQUEST_TIMEOUT, "{asked}");
                assert!(began.elapsed() < Duration::from_secs(11), "{asked}");
                n_tried += 1;
            }
        }
        assert!(10 <= n_tried, "only {n_tried} were tried");
    });
}

#[tokio::test]
async fn who_holds_too_many_sockets_gets_no_more() {
    let server = Server::new();
    let ann = Arc::new(Person {
        id: ViewerId::User(UserId(1)),
        user: Some(UserId(1)),
        ..Person::local()
    });
    let router: Router = data()
        .layer(Extension(Arc::clone(&ann)))
        .with_state(server.web.clone());
    let knock = async || {
        let request = request("GET", "/api/v1/live")
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let request = request.body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    };
    let admit = || server.web.door.sockets.admit(Arc::clone(&ann));
    let mut held: Vec<_> = std::iter::from_fn(admit).take(999).collect();
    assert_eq!(knock().await, StatusCode::TOO_MANY_REQUESTS);
    held.pop();
    assert_eq!(knock().await, StatusCode::SWITCHING_PROTOCOLS);
}

/// Whoever was shut out while a question waited, or was answered, hears nothing.
#[tokio::test(flavor = "multi_thread")]
async fn questions_about_the_past_have_turns_and_are_answered_to_who_may_still_look() {
    let server = Server::new();
    let (access, by) = (&server.web.door.access, Actor::console());
    let new = NewUser {
        name: Name::parse("ann").unwrap(),
        role: Role::Viewer,
        sight: Sight::everything(),
        external: None,
    };
    let id = access.add_user(&by, new, at(0)).await.unwrap();
    let ann = access.current(&ViewerId::User(id), at(0)).unwrap();
    let (go, may_go) = watch::channel(false);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut asking = JoinSet::new();
    for _ in 0..9 {
        let (web, looking) = (server.web.clone(), Looking(Arc::clone(&ann)));
        let (now, most, mut may_go) = (Arc::clone(&now), Arc::clone(&most), may_go.clone());
        asking.spawn(async move {
            let question = move |_: &Web| {
                let n_now = now.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(n_now, Ordering::SeqCst);
                let wait = may_go.wait_for(|go| *go);
                tokio::runtime::Handle::current().block_on(wait).unwrap();
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            };
            let answer = asked(&web, &looking, question).await;
            answer.map_err(|refusal| refusal.into_response().status())
        });
    }
    let refused = asking.join_next().await.unwrap().unwrap();
    assert_eq!(refused, Err(StatusCode::SERVICE_UNAVAILABLE), "the ninth");
    while now.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    access.set_disabled(&by, id, true, at(1)).await.unwrap();
    go.send(true).unwrap();
    for answer in asking.join_all().await {
        assert_eq!(answer, Err(StatusCode::UNAUTHORIZED));
    }
    assert_eq!(most.load(Ordering::SeqCst), 2, "of eight");
    access.set_disabled(&by, id, false, at(2)).await.unwrap();
    let answer = asked(&server.web, &Looking(ann), |_| Ok(7)).await;
    assert_eq!(answer.unwrap(), 7);
}

/// By the groups of then, in whichever form it is asked for.
#[tokio::test]
async fn a_trail_is_of_the_times_when_its_viewer_could_see_the_vehicle() {
    let (server, mut truth) = (Server::new(), Truth::default());
    let (north, south) = (1, 2);
    for (nth, groups) in (1..).zip([north, north, south, south, north]) {
        let step = vec![(0, Some((groups, false)))];
        server.publish(&truth.take(&step, nth), nth);
    }
    server.web.history.flush().unwrap();
    let north = Sight {
        groups: Groups::only(["North"]),
        facts: Facts::ALL,
    };
    let id = id(0, false).replace('/', "%2F");
    for (sight, expected) in [
        (north, vec![1, 2, 5]),
        (Sight::everything(), vec![1, 2, 3, 4, 5]),
    ] {
        let sight = Arc::new(sight);
        for rest in ["", "?format=gpx", "?format=csv", "?format=geojson"] {
            let path = format!("/api/v1/vehicles/{id}/trail{rest}");
            let (status, body) = server.get(&sight, &path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            // Where it was in each step.
            let is_told = |nth: &usize| body.contains(&format!("28.000{nth}"));
            let told: Vec<usize> = (1..=5).filter(is_told).collect();
            assert_eq!(told, expected, "{path}: {body}");
        }
    }
}
