//! Files as earlier releases wrote them are opened by this one.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::super::chunk::Reader;
use super::super::digest::{self, News, Tick};
use super::super::schema::{DAY, Durable, STATE, Steps, open_to_write};
use super::super::{History, HistorySettings, State, kept};
use super::*;
use crate::domain::{DeviceKey, DeviceView, Position, Reading, SourceId, Vehicle, VehicleId};
use crate::fleet::{Changes, Fix};

/// 2026-08-05, noon.
const NOON_MS: i64 = 1_785_931_200_000;
const DAY_MS: i64 = 86_400_000;
const YESTERDAY_MS: i64 = NOON_MS - DAY_MS;

fn at(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap()
}

fn key() -> DeviceKey {
    DeviceKey::new(SourceId::new("a"), "1")
}

/// What is heard of the vehicle: it goes north as time passes.
fn fix(at_ms: i64) -> Fix {
    let north = (at_ms.rem_euclid(DAY_MS) - DAY_MS / 2) / 1_000;
    let north = f64::from(i32::try_from(north).unwrap());
    Fix {
        reading: Reading::at((480_000_000.0 + north) / 1e7, 17.0),
        fixed_at: at(at_ms),
        received_at: at(at_ms),
        clock_ahead: false,
        no_fix_time: false,
        backfill: false,
    }
}

fn vehicle(at_ms: i64) -> Vehicle {
    let mut vehicle = Vehicle::new(VehicleId::new("v"), "Truck", at(0));
    let fix = fix(at_ms);
    vehicle.position = Some(Position {
        lat_deg: fix.reading.lat_deg,
        lng_deg: fix.reading.lng_deg,
        heading_deg: None,
        speed_mps: None,
        altitude_m: None,
        accuracy_m: None,
        fixed_at: fix.fixed_at,
        received_at: fix.received_at,
        device: key(),
    });
    vehicle.devices = vec![DeviceView::unknown(key())];
    vehicle
}

/// A directory as a release left it whose files of days were at version `n_steps`: a crash
/// yesterday (or an end in peace) and one today.
fn left_behind(dir: &Path, n_steps: usize, yesterday_in_peace: bool) {
    let steps: Steps = &DAY[..n_steps];
    for (noon_ms, in_peace) in [(YESTERDAY_MS, yesterday_in_peace), (NOON_MS, false)] {
        let path = day_file(dir, Day::of(noon_ms));
        let db = open_to_write(&path, steps, Durable::AtOnce).unwrap();
        write_day(&db, noon_ms, in_peace);
        if 1 < n_steps {
            let run = "INSERT INTO run VALUES (?, ?)";
            db.execute(run, [noon_ms, noon_ms + 3_000]).unwrap();
        }
    }
    let db = open_to_write(&state_file(dir), &STATE[..1], Durable::AtOnce).unwrap();
    let state = kept::to_bytes(remembered(NOON_MS));
    db.execute("INSERT INTO last VALUES ('a', '1', ?)", [state])
        .unwrap();
}

/// A picture at noon, and a fix each second after it: the first one in a piece; the other two in
/// frames alone, as plain rows, unless the run ended `in_peace`.
fn write_day(db: &Connection, noon_ms: i64, in_peace: bool) {
    let mut memory = Memory::new();
    let mut press = Press::default();
    let picture = memory.keyframe(noon_ms - 1, &mut press);
    for (block, piece) in &picture.blocks {
        let sql = "INSERT INTO keyframe (at, block, piece) VALUES (?, ?, ?)";
        db.execute(sql, params![picture.at_ms, block, piece])
            .unwrap();
    }
    for n in 1..=3 {
        let mut news = News::default();
        let at_ms = noon_ms + 1_000 * n;
        let tick = Tick {
            vehicles: vec![Arc::new(vehicle(at_ms))],
            fixes: vec![(key(), fix(at_ms))],
            ..Tick::default()
        };
        digest::take_in(&mut memory, &tick, at_ms, &mut news);
        let packed = news.frame.packed(&mut Press::swift());
        let rows = frame::unpack(&packed, &mut Reader::default()).unwrap();
        db.execute(
            "INSERT INTO recent VALUES (?, ?, ?)",
            params![n, at_ms + 250, rows],
        )
        .unwrap();
        if n == 1 || in_peace {
            memory.seal_all(&mut press);
        }
        for sealed in memory.sealed.drain(..) {
            let row = params![sealed.slot, sealed.v, n, 0, sealed.s0, sealed.piece];
            db.execute("INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?)", row)
                .unwrap();
        }
    }
    for (v, key) in memory.names().devices {
        let row = params![v, key.source.as_str(), key.device];
        db.execute("INSERT INTO device VALUES (?, ?, ?)", row)
            .unwrap();
    }
    for (k, card) in memory.names().cards {
        let texts = (card.groups_text(), card.devices_text());
        let row = params![
            k.cast_signed(),
            card.id.as_str(),
            card.name,
            texts.0,
            texts.1
        ];
        db.execute("INSERT INTO card VALUES (?, ?, ?, NULL, ?, ?)", row)
            .unwrap();
    }
    if in_peace {
        db.execute_batch("DELETE FROM recent; PRAGMA journal_mode = DELETE;")
            .unwrap();
    }
}

fn remembered(at_ms: i64) -> Remembered {
    Remembered {
        fix: Some(fix(at_ms)),
        ..Remembered::nothing_of(key())
    }
}

/// When the vehicle was somewhere, in milliseconds after noon, yesterday and today.
fn trail(history: &History) -> [Vec<i64>; 2] {
    [YESTERDAY_MS, NOON_MS].map(|noon_ms| {
        let points = history.trail(&[key()], at(noon_ms), at(noon_ms + 60_000));
        let points = points.unwrap().into_iter();
        points
            .map(|point| {
                let fixed_at_ms = point.fixed_at.as_millisecond();
                let told = fix(fixed_at_ms).reading.lat_lng();
                assert_eq!((point.lat_deg, point.lng_deg), told);
                fixed_at_ms - noon_ms
            })
            .collect()
    })
}

/// Of when the position is that the map showed at a time; `None` where nothing is known of it.
fn shown_ms(history: &History, at_ms: i64) -> Option<Vec<i64>> {
    let vehicles = history.at(at(at_ms)).unwrap()?;
    let fixed = vehicles.iter().map(|vehicle| {
        assert_eq!((vehicle.id.as_str(), &*vehicle.name), ("v", "Truck"));
        let position = vehicle.position.as_ref().unwrap();
        assert_eq!(position.device, key());
        position.fixed_at.as_millisecond()
    });
    Some(fixed.collect())
}

fn version(path: &Path) -> i64 {
    let db = schema::open_to_read(path).unwrap();
    db.pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

/// What the runs of [`left_behind`] published, and what is known of the time after them.
fn all_is_there(history: &History, n_steps: usize) {
    let each = vec![1_000, 2_000, 3_000];
    assert_eq!(trail(history), [each.clone(), each], "{n_steps}");
    for noon_ms in [YESTERDAY_MS, NOON_MS] {
        assert_eq!(shown_ms(history, noon_ms), Some(vec![]), "{n_steps}");
        for n in 1..=3 {
            let at_ms = noon_ms + 1_000 * n;
            assert_eq!(
                shown_ms(history, at_ms - 1).unwrap().len(),
                usize::from(n > 1)
            );
            assert_eq!(shown_ms(history, at_ms), Some(vec![at_ms]), "{n_steps} {n}");
        }
        // How long a run lasted was not noted at first.
        let later = shown_ms(history, noon_ms + 15_000);
        let last = (n_steps == 1).then(|| vec![noon_ms + 3_000]);
        assert_eq!(later, last, "{n_steps}");
    }
}

/// A day that is over may be copied as it lies there: no log is beside it, whoever opens it.
fn stands_alone(path: &Path) {
    drop(schema::open_to_read(path).unwrap());
    for end in ["-wal", "-shm", "-journal"] {
        let beside = format!("{}{end}", path.display());
        assert!(!Path::new(&beside).exists(), "{beside}");
    }
    let db = schema::open_to_read(path).unwrap();
    let mode: String = db
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
}

#[test]
fn what_an_earlier_release_remembered_is_there_and_goes_on() {
    for (n_steps, yesterday_in_peace) in [(1, false), (1, true), (2, false), (2, true)] {
        let dir = tempfile::tempdir().unwrap();
        left_behind(dir.path(), n_steps, yesterday_in_peace);
        let settings = HistorySettings {
            dir: Some(dir.path().to_owned()),
            ..HistorySettings::default()
        };
        let now_ms = NOON_MS + 20_000;
        let (history, last) = History::open(settings.clone(), at(now_ms)).unwrap();
        assert_eq!(history.status().state, State::Recording);
        // Their table is no more.
        assert_eq!(last, []);
        all_is_there(&history, n_steps);
        let mut changes = Changes {
            vehicles: vec![Arc::new(vehicle(now_ms))],
            fixes: vec![(key(), fix(now_ms))],
            remembered: vec![remembered(now_ms)],
            ..Changes::default()
        };
        history.record(&mut changes, at(now_ms));
        history.flush().unwrap();
        history.close();
        let (history, last) = History::open(settings, at(now_ms + 5_000)).unwrap();
        assert_eq!(last, [remembered(now_ms)]);
        assert_eq!(trail(&history)[1], [1_000, 2_000, 3_000, 20_000]);
        assert_eq!(shown_ms(&history, now_ms), Some(vec![now_ms]));
        assert_eq!(
            shown_ms(&history, NOON_MS + 2_000),
            Some(vec![NOON_MS + 2_000])
        );
        history.close();
        stands_alone(&day_file(dir.path(), Day::of(YESTERDAY_MS)));
        let versions: HashMap<_, _> = place::days(dir.path())
            .into_iter()
            .map(|(day, _)| (day, version(&day_file(dir.path(), day))))
            .collect();
        // Nothing stays behind that erasing would not find.
        let db = schema::open_to_read(&state_file(dir.path())).unwrap();
        let tables = "SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'";
        let tables: String = db.query_row(tables, [], |row| row.get(0)).unwrap();
        assert_eq!(tables, "block");
        let newest = i64::try_from(DAY.len()).unwrap();
        assert_eq!(versions.len(), 2);
        assert!(versions.values().all(|version| *version == newest));
        assert_eq!(
            version(&state_file(dir.path())),
            i64::try_from(STATE.len()).unwrap()
        );
    }
}
