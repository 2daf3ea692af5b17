//! The laws of the live path, held for both protocols and both forms by one set of tests: a
//! keyframe and what follows it are the later state, on whatever way a viewer gets there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use super::bin::{Row, Tile};
use super::channel::ChannelSettings;
use super::hub::Hub;
use super::viewer::sight::Sight;
use super::viewer::{Dialect, Introduction, Moment, Viewer, ViewerSettings};
use crate::domain::alarm::{Alarm, AlarmChanges, AlarmKind};
use crate::domain::order::Severity;
use crate::domain::{
    DeviceKey, Freshness, FreshnessState, Motion, MotionState, Position, SourceId, Vehicle,
    VehicleId,
};
use crate::fleet::Changes;

mod fairness;
mod large;
mod screen;

use self::screen::Screen;

const WAYS: [(Dialect, bool); 4] = [
    (Dialect::Json, false),
    (Dialect::Json, true),
    (Dialect::Bin, false),
    (Dialect::Bin, true),
];

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn moment(began: Instant, after_ms: u64) -> Moment {
    Moment {
        instant: began + Duration::from_millis(after_ms),
        at: now() + Duration::from_millis(after_ms),
    }
}

/// A vehicle whose name and place tell which publication it is of.
fn vehicle(id: u64, version: u64) -> Arc<Vehicle> {
    let at = now() + Duration::from_secs(version);
    let device = DeviceKey {
        source: SourceId::new("s"),
        device: id.to_string().into(),
    };
    let nth = f64::from(u32::try_from(version).unwrap());
    Arc::new(Vehicle {
        position: (!version.is_multiple_of(11)).then(|| Position {
            lat_deg: -26.0 + nth * 1e-5,
            lng_deg: 28.0 + nth * 1e-3,
            heading_deg: Some((nth * 7.0) % 360.0),
            speed_mps: Some(nth % 30.0),
            altitude_m: None,
            accuracy_m: None,
            fixed_at: at,
            received_at: at,
            device,
        }),
        motion: Motion {
            state: MotionState::Moving,
            since: now(),
            since_at_least: true,
        },
        freshness: Freshness {
            state: FreshnessState::Live,
            since: now(),
        },
        ..Vehicle::new(
            VehicleId::new(format!("v{id}")),
            (version / 4).to_string(),
            now(),
        )
    })
}

/// The `version`th publication: some vehicles change, now and then one goes.
fn changes(version: u64) -> Changes {
    let id = version % 7;
    Changes {
        vehicles: vec![vehicle(id, version), vehicle(id + 7, version)],
        removed: if version.is_multiple_of(5) {
            vec![VehicleId::new(format!("v{}", (id + 3) % 7))]
        } else {
            Vec::new()
        },
        alarms: alarms(version),
        ..Changes::default()
    }
}

/// Now and then one begins or goes on, and one is over that may never have been told.
fn alarms(version: u64) -> AlarmChanges {
    let alarm = |id: u64| {
        let vehicle = VehicleId::new(format!("v{id}"));
        Arc::new(Alarm {
            id,
            rule: ("r".into(), version.to_string().into()),
            kind: AlarmKind::Panic,
            severity: Severity::Alarm,
            vehicle: Some((vehicle, "a vehicle".into())),
            source: None,
            place: None,
            place_groups: [].into(),
            began_at: now(),
            ended_at: None,
            acknowledged_at: None,
            acknowledged_by: None,
            is_quiet: false,
            repeat_after: None,
            speed: None,
            lasted: None,
            position: None,
        })
    };
    AlarmChanges {
        changed: (version.is_multiple_of(3).then(|| alarm(version % 8)))
            .into_iter()
            .collect(),
        closed: (version.is_multiple_of(4).then_some(version % 9))
            .into_iter()
            .collect(),
    }
}

fn hub(settings: ChannelSettings) -> Arc<Hub> {
    Arc::new(Hub::new("e", settings))
}

fn publish(hub: &Hub, versions: std::ops::RangeInclusive<u64>) {
    for version in versions {
        hub.publish(&changes(version), now());
    }
}

/// Looks about in a large fleet: the tiles shown are those of the truth, wherever it has looked
/// before and however its line was.
#[test]
fn who_looks_at_a_part_sees_that_part_and_counts_of_the_rest() {
    let settings = ViewerSettings {
        large_fleet: 5,
        max_inside: 12,
        ..ViewerSettings::default()
    };
    let sight = |west: f64, east: f64, zoom: f64| Sight {
        bounds: [west, -26.5, east, -25.5],
        zoom,
    };
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=30);
    let way = (Dialect::Bin, true);
    let mut screen = Screen::with(&hub, way, None, settings, Some(sight(28.0, 28.02, 13.0)));
    let mut moved = 0;
    for step in 1..400_u64 {
        // Each publication is a second: cells are told.
        let at = now() + Duration::from_secs(step);
        hub.publish(&changes(30 + step), at);
        if step % 7 == 0 {
            let west = 28.0 + f64::from(u32::try_from(step).unwrap()) * 1e-3 - 0.01;
            let said = format!(
                r#"{{"type":"view","bounds":[{west},-26.5,{},-25.5],"zoom":13.2}}"#,
                west + 0.02
            );
            screen.viewer.heed(&said, screen.now());
            moved += 1;
        }
        if step % 5 == 0 {
            screen.viewer.fill(screen.now());
            screen.viewer.got_stuck(screen.now());
        } else if step % 3 != 0 {
            screen.look();
            screen.shows_its_tiles();
        }
    }
    screen.look();
    screen.shows_its_tiles();
    assert!(50 < moved && 1 < screen.tiles.len() && 20 < screen.n_changes);
    let n: u64 = screen.cells.values().sum();
    let with_place = |entry: &&super::hub::Entry| entry.vehicle.position.is_some();
    let vehicles = hub.current().vehicles;
    assert_eq!(n, vehicles.iter().filter(with_place).count() as u64);
    // Too much for one map: counts alone.
    let all = Sight {
        bounds: [-180.0, -80.0, 180.0, 80.0],
        zoom: 1.0,
    };
    let settings = ViewerSettings {
        max_inside: 3,
        ..settings
    };
    let mut far = Screen::with(&hub, way, None, settings, Some(all));
    far.look();
    assert!(far.tiles.is_empty() && !far.cells.is_empty());
}

#[test]
fn a_keyframe_and_what_follows_are_the_later_state() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        let mut screens: Vec<Screen> = Vec::new();
        for version in 1..=200 {
            publish(&hub, version..=version);
            if version % 10 == 0 {
                screens.push(Screen::new(&hub, way, None));
            }
            // Each looks at its own pace.
            for (at, screen) in screens.iter_mut().enumerate() {
                if version.is_multiple_of(at as u64 + 1) {
                    screen.look();
                    screen.is_true();
                }
            }
        }
        for screen in &mut screens {
            screen.look();
            screen.is_true();
        }
        assert!(screens[0].n_keyframes == 1 && 150 < screens[0].n_changes);
    }
}

#[test]
fn who_falls_behind_gets_the_newest_state_and_never_what_it_missed() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        publish(&hub, 1..=3);
        let mut slow = Screen::new(&hub, way, None);
        let mut fast = Screen::new(&hub, way, None);
        slow.look();
        fast.look();
        publish(&hub, 4..=4);
        fast.look();
        // Its line takes nothing of the fourth, while more happens.
        slow.viewer.fill(slow.now());
        slow.viewer.got_stuck(slow.now());
        publish(&hub, 5..=9);
        fast.look();
        slow.take_outbox();
        let (n_keyframes, n_changes) = (slow.n_keyframes, slow.n_changes);
        slow.look();
        assert_eq!(slow.n_keyframes, n_keyframes + 1, "{way:?}");
        assert_eq!(slow.n_changes, n_changes, "{way:?}");
        slow.is_true();
        // One that is missing is no backlog; and it is no longer behind.
        publish(&hub, 10..=12);
        slow.look();
        assert_eq!(
            (slow.n_keyframes, slow.n_changes),
            (n_keyframes + 1, n_changes + 3)
        );
        assert_eq!(fast.n_keyframes, 1);
        slow.is_true();
    }
}

#[test]
fn who_is_not_slow_gets_what_piled_up_while_nobody_wrote() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        publish(&hub, 1..=3);
        let mut screen = Screen::new(&hub, way, None);
        screen.look();
        publish(&hub, 4..=9);
        screen.look();
        assert_eq!((screen.n_keyframes, screen.n_changes), (1, 6), "{way:?}");
        screen.is_true();
    }
}

#[test]
fn who_comes_back_goes_on_where_it_stopped_if_the_frames_are_there() {
    for way in WAYS {
        let settings = ChannelSettings {
            max_frames: 100,
            ..ChannelSettings::default()
        };
        let hub = hub(settings);
        publish(&hub, 1..=1);
        let mut first = Screen::new(&hub, way, None);
        first.look();
        publish(&hub, 2..=20);
        first.look();
        let Screen {
            seq,
            vehicles,
            alarms,
            picture,
            ..
        } = first;
        publish(&hub, 21..=90);
        let mut back = Screen::new(&hub, way, Some(20));
        (back.seq, back.vehicles, back.picture) = (seq, vehicles, picture);
        back.alarms = alarms;
        // However slow its line is, it was promised every frame.
        while back.look_once() {
            back.viewer.got_stuck(back.now());
        }
        assert!(back.is_resumed() && back.hello["seq"] == 20, "{way:?}");
        assert_eq!((back.n_keyframes, back.n_changes), (0, 70), "{way:?}");
        back.is_true();
        publish(&hub, 91..=130);
        for (seq, is_there) in [
            (20, false),
            (31, true),
            (130, true),
            (131, false),
            (u64::MAX, false),
        ] {
            let mut again = Screen::new(&hub, way, Some(seq));
            again.hub.make_keyframes(now());
            again.viewer.fill(again.now());
            if again.viewer.outbox().is_empty() {
                again.hub.make_keyframes(now());
                again.viewer.fill(again.now());
            }
            let (_, hello) = {
                again.unparsed.extend(again.viewer.outbox().front());
                again.next_message().unwrap()
            };
            let hello: Value = serde_json::from_slice(&hello).unwrap();
            assert_eq!(hello["resumed"], is_there, "{way:?} {seq}");
        }
    }
}

#[test]
fn what_nobody_looks_at_is_not_made_and_who_comes_later_misses_nothing() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        let mut screen = Screen::new(&hub, way, None);
        screen.look();
        publish(&hub, 1..=5);
        screen.look();
        drop(screen);
        let later = now() + Duration::from_mins(10);
        hub.publish(&changes(6), later);
        hub.publish(&changes(7), later);
        let mut back = Screen::new(&hub, way, Some(5));
        back.look();
        assert!(!back.is_resumed() && back.n_keyframes == 1, "{way:?}");
        back.is_true();
        publish(&hub, 8..=9);
        back.look();
        assert_eq!(back.n_changes, 2);
        back.is_true();
    }
}

#[test]
fn an_empty_change_is_no_change() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        let mut screen = Screen::new(&hub, way, None);
        screen.look();
        hub.publish(&Changes::default(), now());
        assert_eq!(hub.current().seq, 0);
        assert!(!screen.look_once());
    }
}

#[test]
fn the_whole_list_leads_on_into_the_stream() {
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=3);
    let listed = hub.current_to_go_on(now());
    publish(&hub, 4..=6);
    let mut screen = Screen::new(&hub, (Dialect::Json, false), Some(listed.seq));
    screen.seq = listed.seq;
    for entry in listed.vehicles.iter() {
        let json = serde_json::from_str(entry.json().get()).unwrap();
        screen.vehicles.insert(entry.vehicle.id.to_string(), json);
    }
    let alarm = |json: &Arc<serde_json::value::RawValue>| serde_json::from_str(json.get()).unwrap();
    let alarms: Vec<Value> = listed.alarms.iter().map(alarm).collect();
    screen.put_alarms(&serde_json::json!({ "alarms": alarms }), "");
    screen.look();
    assert!(screen.is_resumed() && screen.n_changes == 3);
    screen.is_true();
}

#[test]
fn silence_is_filled_with_heartbeats_and_the_deaf_are_given_up() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        publish(&hub, 1..=3);
        let mut screen = Screen::new(&hub, way, None);
        screen.look();
        screen.viewer.tick(moment(screen.began, 3_900));
        assert!(!screen.take_outbox());
        screen.viewer.tick(moment(screen.began, 4_100));
        assert!(screen.take_outbox() && screen.n_heartbeats == 1);
        publish(&hub, 4..=4);
        screen.viewer.fill(screen.now());
        screen.viewer.got_stuck(screen.now());
        screen.viewer.tick(moment(screen.began, 14_900));
        assert_eq!(screen.viewer.end(), None);
        screen.viewer.tick(moment(screen.began, 15_100));
        screen.take_outbox();
        assert_eq!(screen.close, Some((4008, "too slow".to_owned())));
        screen.viewer.tick(moment(screen.began, 16_200));
        assert!(screen.viewer.end().is_some());
    }
}

#[test]
fn joining_amid_publishing_leaves_no_gap() {
    const JOINS: usize = 200;
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=1);
    // As many publications as looks, but not in step with them.
    let n_looks = Arc::new(AtomicU64::new(0));
    let encoder = {
        let (hub, n_looks) = (Arc::clone(&hub), Arc::clone(&n_looks));
        std::thread::spawn(move || {
            let mut version = 1;
            loop {
                match n_looks.load(Ordering::Relaxed) {
                    u64::MAX => return,
                    n if version <= n => {
                        version += 1;
                        hub.publish(&changes(version), now());
                        hub.make_keyframes(now());
                    }
                    _ => std::thread::yield_now(),
                }
            }
        })
    };
    for join in 0..JOINS {
        let mut screen = Screen::new(&hub, WAYS[join % WAYS.len()], None);
        let began = Instant::now();
        while screen.n_keyframes == 0 || screen.n_changes < 3 {
            screen.viewer.fill(screen.now());
            n_looks.fetch_add(1, Ordering::Relaxed);
            // `apply` refuses gaps and repetitions.
            screen.take_outbox();
            std::thread::yield_now();
            assert!(
                began.elapsed() < Duration::from_mins(1),
                "it waits for ever"
            );
        }
    }
    n_looks.store(u64::MAX, Ordering::Relaxed);
    encoder.join().unwrap();
}

proptest! {
    /// Whatever a viewer's line does, what it shows in the end is what is.
    #[test]
    fn any_way_of_looking_ends_at_the_truth(
        way in 0..WAYS.len(),
        max_frames in 1_usize..40,
        looks in prop::collection::vec((1_u64..6, 0_u8..4), 1..60),
    ) {
        let settings = ChannelSettings { max_frames, ..ChannelSettings::default() };
        let hub = hub(settings);
        publish(&hub, 1..=1);
        let mut screen = Screen::new(&hub, WAYS[way], None);
        let mut version = 1;
        for (n, how) in looks {
            publish(&hub, version + 1..=version + n);
            version += n;
            match how {
                0 => {}
                1 => screen.look(),
                2 => {
                    screen.viewer.fill(screen.now());
                    screen.viewer.got_stuck(screen.now());
                }
                _ => {
                    screen.look_once();
                }
            }
        }
        screen.look();
        screen.is_true();
    }
}
