//! The law of the live path: a snapshot at n and the changes n+1 to m are the snapshot at m.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::domain::{Freshness, FreshnessState, Motion, MotionState};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// A vehicle whose name tells which publication it is of.
fn vehicle(id: usize, version: u64) -> Arc<Vehicle> {
    Arc::new(Vehicle {
        id: VehicleId::new(format!("v{id}")),
        name: version.to_string().into(),
        registration: None,
        groups: Vec::new(),
        flags: Vec::new(),
        position: None,
        motion: Motion {
            state: MotionState::Unknown,
            since: now(),
            since_at_least: true,
        },
        freshness: Freshness {
            state: FreshnessState::Never,
            since: now(),
        },
        ignition: None,
        odometer_m: None,
        driver: None,
        address: None,
        battery_pct: None,
        fuel_l: None,
        devices: Vec::new(),
    })
}

/// The `version`th publication: some vehicles change, now and then one goes.
fn changes(version: u64) -> Changes {
    let id = usize::try_from(version % 7).unwrap();
    Changes {
        vehicles: vec![vehicle(id, version), vehicle(id + 7, version)],
        removed: if version.is_multiple_of(5) {
            vec![VehicleId::new(format!("v{}", (id + 3) % 7))]
        } else {
            Vec::new()
        },
        ..Changes::default()
    }
}

/// What a viewer knows.
#[derive(Default)]
struct Viewer {
    cursor: Option<Cursor>,
    seq: u64,
    vehicles: BTreeMap<String, String>,
    snapshots: usize,
}

impl Viewer {
    fn take(&mut self, next: Next) {
        match next {
            Next::Nothing => {}
            Next::Snapshot(text, cursor) => {
                self.vehicles.clear();
                self.snapshots += 1;
                self.apply(&text, true);
                self.cursor = Some(cursor);
            }
            Next::Frames(frames, cursor) => {
                for text in frames {
                    self.apply(&text, false);
                }
                self.cursor = Some(cursor);
            }
        }
        assert_eq!(self.cursor.map(|cursor| cursor.0), Some(self.seq));
    }

    fn apply(&mut self, text: &str, is_snapshot: bool) {
        let frame: Value = serde_json::from_str(text).unwrap();
        let seq = frame["seq"].as_u64().unwrap();
        if !is_snapshot {
            assert_eq!(seq, self.seq + 1, "a gap");
        }
        self.seq = seq;
        for id in frame["removed"].as_array().into_iter().flatten() {
            self.vehicles.remove(id.as_str().unwrap());
        }
        for vehicle in frame["vehicles"].as_array().into_iter().flatten() {
            let text = |key: &str| vehicle[key].as_str().unwrap().to_owned();
            self.vehicles.insert(text("id"), text("name"));
        }
    }
}

fn truth(hub: &Hub) -> BTreeMap<String, String> {
    let name = |entry: Entry| (entry.vehicle.id.to_string(), entry.vehicle.name.to_string());
    hub.current().vehicles.into_iter().map(name).collect()
}

#[test]
fn a_snapshot_and_its_changes_are_the_later_snapshot() {
    let hub = Hub::new("e", HubSettings::default());
    let mut viewers: Vec<Viewer> = Vec::new();
    for version in 1..=200 {
        hub.publish(&changes(version), now());
        if version % 10 == 0 {
            viewers.push(Viewer::default());
        }
        // Each looks at its own pace.
        for (at, viewer) in viewers.iter_mut().enumerate() {
            if version.is_multiple_of(at as u64 + 1) {
                let next = hub.next(viewer.cursor, false, now());
                viewer.take(next);
            }
        }
    }
    for viewer in &mut viewers {
        let next = hub.next(viewer.cursor, false, now());
        viewer.take(next);
        // A shared snapshot may be a few changes old; who asks on, as a session does, has all.
        let next = hub.next(viewer.cursor, false, now());
        viewer.take(next);
        assert_eq!(viewer.vehicles, truth(&hub));
    }
}

#[test]
fn who_falls_behind_gets_the_newest_state_and_never_a_backlog() {
    let settings = HubSettings {
        max_behind: 8,
        ..HubSettings::default()
    };
    let hub = Hub::new("e", settings);
    hub.publish(&changes(1), now());
    let mut viewer = Viewer::default();
    viewer.take(hub.next(None, false, now()));
    for version in 2..=9 {
        hub.publish(&changes(version), now());
    }
    assert!(
        matches!(hub.next(viewer.cursor, false, now()), Next::Frames(frames, _) if frames.len() == 8)
    );
    hub.publish(&changes(10), now());
    let next = hub.next(viewer.cursor, false, now());
    assert!(matches!(next, Next::Snapshot(..)));
    viewer.take(next);
    assert_eq!(viewer.snapshots, 2);
    assert_eq!(viewer.vehicles, truth(&hub));
}

#[test]
fn resuming_is_possible_exactly_where_the_frames_are_still_there() {
    let settings = HubSettings {
        max_frames: 4,
        ..HubSettings::default()
    };
    let hub = Hub::new("e", settings);
    for version in 1..=10 {
        hub.publish(&changes(version), now());
    }
    let cases = [
        ("e", 10, true),
        ("e", 6, true),
        ("e", 5, false),
        ("e", 11, false),
        ("e", u64::MAX, false),
        ("x", 10, false),
    ];
    for (epoch, seq, expected) in cases {
        let (cursor, _) = hub.join(Some((epoch, seq)));
        assert_eq!(cursor.is_some(), expected, "{epoch} {seq}");
    }
    let (cursor, _) = hub.join(Some(("e", 6)));
    let Next::Frames(frames, Cursor(10)) = hub.next(cursor, true, now()) else {
        panic!("frames 7 to 10 were expected");
    };
    assert_eq!(frames.len(), 4);
    assert_eq!(hub.next(Some(Cursor(10)), true, now()), Next::Nothing);
}

#[test]
fn the_frames_kept_are_bounded_in_bytes() {
    let settings = HubSettings {
        max_bytes: 2_000,
        ..HubSettings::default()
    };
    let hub = Hub::new("e", settings);
    for version in 1..=100 {
        hub.publish(&changes(version), now());
    }
    assert!(hub.lock().frames_bytes <= 2_000);
    assert!(!hub.lock().frames.is_empty());
}

#[test]
fn an_empty_change_is_no_change() {
    let hub = Hub::new("e", HubSettings::default());
    let (_, news) = hub.join(None);
    hub.publish(&Changes::default(), now());
    assert!(!news.has_changed().unwrap());
    assert_eq!(hub.current().seq, 0);
}

#[test]
fn joining_amid_publishing_leaves_no_gap() {
    const JOINS: usize = 20_000;
    let hub = Arc::new(Hub::new("e", HubSettings::default()));
    hub.publish(&changes(1), now());
    let is_over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let publisher = {
        let (hub, is_over) = (Arc::clone(&hub), Arc::clone(&is_over));
        std::thread::spawn(move || {
            let mut version = 2;
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                hub.publish(&changes(version), now());
                version += 1;
            }
        })
    };
    for join in 0..JOINS {
        let (cursor, news) = hub.join(None);
        let mut viewer = Viewer::default();
        assert_eq!(cursor, None);
        viewer.take(hub.next(None, false, now()));
        // The next look must build on what was seen, and news must not be missed.
        let next = hub.next(viewer.cursor, false, now());
        if next == Next::Nothing {
            assert!(*news.borrow() <= hub.current().seq);
        }
        viewer.take(next);
        if join % 1_000 == 0 {
            // Every name of a whole picture is of the publication that set it last.
            for (id, version) in &viewer.vehicles {
                let slot: u64 = id[1..].parse().unwrap();
                assert_eq!(version.parse::<u64>().unwrap() % 7, slot % 7, "{id}");
            }
        }
    }
    is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    publisher.join().unwrap();
}
