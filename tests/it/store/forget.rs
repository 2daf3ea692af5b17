//! What was erased is in no byte of any file, and nothing else is missing.

use std::fs;
use std::path::Path;

use fleetglass::domain::VehicleId;
use fleetglass::history::{History, HistorySettings};

use super::{at, drive, key, ms, open};

/// Two days of two vehicles, all of it written.
fn two_days(dir: &Path) -> History {
    let history = open(dir, at(0));
    // Midnight is at 900 s.
    drive(&history, "erased-vehicle", 0, 1_200);
    drive(&history, "kept-vehicle", 1_200, 400);
    drive(&history, "erased-vehicle", 1_600, 10);
    history.flush().expect("a working store");
    history
}

fn n_points(history: &History, id: &str) -> usize {
    let trail = history.trail(&[key(id)], at(0), at(9_999));
    trail.expect("a trail").len()
}

/// How many of these bytes stand in some file of `dir`.
fn found(dir: &Path, needles: &[Vec<u8>]) -> usize {
    let files: Vec<Vec<u8>> = dir
        .read_dir()
        .expect("files")
        .flatten()
        .map(|entry| fs::read(entry.path()).expect("a file"))
        .collect();
    let is_in = |file: &Vec<u8>, needle: &[u8]| {
        let mut windows = file.windows(needle.len());
        windows.any(|window| window == needle)
    };
    let is_anywhere = |needle: &&Vec<u8>| files.iter().any(|file| is_in(file, needle));
    needles.iter().filter(is_anywhere).count()
}

/// The name of a vehicle and the pieces that its past is written in, as they stand in the files.
fn traces(dir: &Path, id: &str) -> Vec<Vec<u8>> {
    let mut traces = vec![id.as_bytes().to_vec(), format!("Truck {id}").into_bytes()];
    for entry in dir.read_dir().expect("files").flatten() {
        let path = entry.path();
        let is_day = path.extension().is_some_and(|ending| ending == "sqlite");
        if !is_day || path.ends_with("state.sqlite") {
            continue;
        }
        let db = rusqlite::Connection::open(&path).expect("a store");
        let mut pieces = db
            .prepare("SELECT piece FROM chunk JOIN device USING (v) WHERE device = ?")
            .expect("the tables");
        let pieces = pieces.query_map([id], |row| row.get::<_, Vec<u8>>(0));
        let pieces = pieces.expect("pieces").map(|piece| piece.expect("bytes"));
        // A piece can be longer than a page: its head is enough to know it by.
        traces.extend(pieces.map(|piece| piece[..40.min(piece.len())].to_vec()));
    }
    traces
}

#[test]
fn an_erased_vehicle_is_in_no_file_and_no_other_is_missing() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = two_days(dir.path());
    let its = traces(dir.path(), "erased-vehicle");
    let others = traces(dir.path(), "kept-vehicle");
    assert!(
        5 < its.len() && 3 < others.len(),
        "{} {}",
        its.len(),
        others.len()
    );
    assert_eq!(found(dir.path(), &its), its.len());
    let id = VehicleId::new("erased-vehicle");
    let erased = history.erase(&id).expect("erased");
    assert_eq!((erased.points, erased.days), (1_210, 2));
    assert_eq!(found(dir.path(), &its), 0);
    // What was pending became a piece, so there may be more of these, but none less.
    assert_eq!(found(dir.path(), &others), others.len());
    assert_eq!(n_points(&history, "erased-vehicle"), 0);
    assert_eq!(n_points(&history, "kept-vehicle"), 400);
    let then = history.at(at(600)).expect("an answer").expect("a picture");
    assert!(then.is_empty(), "{then:?}");
    let later = history.at(at(1_599) + ms(500)).expect("an answer");
    let later: Vec<_> = later
        .expect("a picture")
        .into_iter()
        .map(|v| v.id)
        .collect();
    assert_eq!(later, [VehicleId::new("kept-vehicle")]);
}

#[test]
fn a_vehicle_that_was_erased_is_remembered_from_then_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = two_days(dir.path());
    let id = VehicleId::new("erased-vehicle");
    history.erase(&id).expect("erased");
    drive(&history, "erased-vehicle", 1_700, 5);
    history.flush().expect("a working store");
    assert_eq!(n_points(&history, "erased-vehicle"), 5);
    assert!(history.devices_of(&id).expect("devices") == [key("erased-vehicle")]);
    history.close();
    let again = open(dir.path(), at(1_800));
    assert_eq!(n_points(&again, "erased-vehicle"), 5);
}

#[test]
fn without_a_store_erasing_works_as_well() {
    let (history, _) = History::open(HistorySettings::default(), at(0)).expect("a memory");
    drive(&history, "a", 0, 300);
    drive(&history, "b", 300, 300);
    let erased = history.erase(&VehicleId::new("a")).expect("erased");
    assert_eq!(erased.points, 300);
    assert_eq!(n_points(&history, "a"), 0);
    assert_eq!(n_points(&history, "b"), 300);
}
