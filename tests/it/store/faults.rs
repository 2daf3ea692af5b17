//! A store that cannot be used: refused where it must not be touched, survived where it may heal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fleetglass::history::{History, HistoryError, State};
use rusqlite::Connection;

use super::law::crashed_copy;
use super::{at, changes, drive, fix, key, open, settings, try_open, vehicle};

fn day_file(dir: &Path) -> PathBuf {
    dir.join("trail-2026-08-05.sqlite")
}

fn n_points(history: &History) -> usize {
    let trail = history.trail(&[key("a")], at(-999), at(9_999));
    trail.expect("a trail").len()
}

/// Waits until all that came before is seen to, well or ill.
fn settled(history: &History) -> State {
    let _ = history.flush();
    history.status().state
}

#[test]
fn a_second_server_on_one_directory_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = open(dir.path(), at(0));
    let second = try_open(dir.path(), at(0));
    let Err(error @ HistoryError::Locked { .. }) = second else {
        panic!("{second:?}");
    };
    assert!(error.to_string().contains("--state-dir"), "{error}");
    first.close();
    drop(first);
    assert!(try_open(dir.path(), at(0)).is_ok());
}

/// The bytes of each file of the store.
fn all_bytes(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = dir.read_dir().expect("files").flatten();
    let files = files.map(|entry| entry.path());
    let ours = files.filter(|path| path.extension().is_some_and(|end| end == "sqlite"));
    ours.map(|path| (path.clone(), fs::read(path).expect("bytes")))
        .collect()
}

#[test]
fn a_store_of_a_later_release_is_refused_and_left_alone() {
    for name in [
        "state.sqlite",
        "trail-2026-08-05.sqlite",
        "trail-2026-07-31.sqlite",
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        open(dir.path(), at(0)).close();
        // Beside it, one of an earlier release: it would be brought up to date.
        for (name, version) in [("trail-2026-07-30.sqlite", 0), (name, 99)] {
            let db = Connection::open(dir.path().join(name)).expect("a file");
            db.pragma_update(None, "application_id", 7)
                .expect("written");
            db.pragma_update(None, "user_version", version)
                .expect("written");
        }
        let before = all_bytes(dir.path());
        assert!(before.values().all(|bytes| !bytes.is_empty()));
        let refused = try_open(dir.path(), at(0));
        assert!(
            matches!(refused, Err(HistoryError::Newer { version: 99, .. })),
            "{name}"
        );
        let after = all_bytes(dir.path());
        assert!(before.keys().eq(after.keys()));
        for (path, bytes) in before {
            assert!(after[&path] == bytes, "{name}: {} differs", path.display());
        }
    }
}

#[test]
fn of_two_releases_the_earlier_is_brought_up_to_date() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("trail-2026-07-30.sqlite");
    let db = Connection::open(&path).expect("a file");
    db.pragma_update(None, "user_version", 0).expect("written");
    db.pragma_update(None, "application_id", 7)
        .expect("written");
    drop(db);
    open(dir.path(), at(0)).close();
    let db = Connection::open(&path).expect("a file");
    let version: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .expect("a version");
    assert!(0 < version, "the test above would prove nothing");
}

#[test]
fn a_store_that_is_held_by_somebody_fails_loudly_and_loses_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = open(dir.path(), at(0));
    drive(&history, "a", 0, 10);
    assert_eq!(settled(&history), State::Recording);
    let other = Connection::open(day_file(dir.path())).expect("a file");
    other.execute_batch("BEGIN IMMEDIATE").expect("held");
    drive(&history, "a", 10, 20);
    assert_eq!(settled(&history), State::Failing);
    let error = history.status().error.expect("a reason");
    assert!(error.contains("locked"), "{error}");
    // What cannot be written is told all the same.
    assert_eq!(n_points(&history), 30);
    other.execute_batch("ROLLBACK").expect("let go");
    drive(&history, "a", 30, 10);
    assert_eq!(settled(&history), State::Recording);
    history.close();
    assert_eq!(n_points(&open(dir.path(), at(60))), 40);
}

#[test]
fn a_directory_that_cannot_be_made_fails_loudly_and_heals_without_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let blocked = dir.path().join("state");
    // Where the directory should be, there is a file: nothing can be made there.
    fs::write(&blocked, "in the way").expect("a file");
    let history = open(&blocked, at(0));
    drive(&history, "a", 0, 500);
    assert_eq!(settled(&history), State::Failing);
    assert_eq!(n_points(&history), 500);
    fs::remove_file(&blocked).expect("removed");
    drive(&history, "a", 500, 10);
    assert_eq!(settled(&history), State::Recording);
    history.close();
    assert_eq!(n_points(&open(&blocked, at(600))), 510);
}

#[test]
fn a_store_that_comes_within_reach_later_goes_on_where_it_ended() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("state");
    let history = open(&path, at(0));
    drive(&history, "a", 0, 10);
    history.flush().expect("a working store");
    // What a crash leaves, most of it in the log alone; then the disk is not there.
    let disk = crashed_copy(&path);
    history.close();
    fs::remove_dir_all(&path).expect("removed");
    fs::write(&path, "in the way").expect("a file");
    let history = open(&path, at(20));
    drive(&history, "b", 20, 10);
    drive(&history, "a", 30, 10);
    assert_eq!(settled(&history), State::Failing);
    fs::remove_file(&path).expect("removed");
    fs::rename(&disk, &path).expect("moved");
    drive(&history, "c", 50, 10);
    assert_eq!(settled(&history), State::Recording);
    assert!(!path.join("trail-2026-08-05.sqlite.aside-1").exists());
    let shown = |history: &History, second| {
        let told = history.at(at(second)).expect("an answer");
        let ids = told.map(|told| told.iter().map(|it| it.id.to_string()).collect::<Vec<_>>());
        ids.map(|ids| ids.join(" "))
    };
    let agrees = |history: &History| {
        assert_eq!(n_points(history), 20);
        for (second, ids) in [
            (5, Some("a")),
            (16, None),
            (25, Some("b")),
            (35, Some("a b")),
            (55, Some("a b c")),
        ] {
            assert_eq!(shown(history, second).as_deref(), ids, "{second}");
        }
    };
    agrees(&history);
    history.close();
    agrees(&open(&path, at(60)));
}

#[test]
fn a_clock_that_is_put_back_does_not_stop_commits() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = open(dir.path(), at(0));
    drive(&history, "a", 0, 10);
    assert_eq!(settled(&history), State::Recording);
    let last_n = || -> i64 {
        let db = Connection::open(day_file(dir.path())).expect("a file");
        let last = db.query_row("SELECT max(n) FROM recent", [], |row| row.get(0));
        last.expect("a commit")
    };
    let before = last_n();
    drive(&history, "a", -600, 40);
    assert_eq!(settled(&history), State::Recording);
    assert!(before + 4 <= last_n(), "{before} {}", last_n());
    let trail = history.trail(&[key("a")], at(-700), at(9_999));
    assert_eq!(trail.expect("a trail").len(), 50);
}

#[test]
fn a_commit_that_was_said_to_fail_and_did_not_stops_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = open(dir.path(), at(0));
    drive(&history, "a", 0, 10);
    assert_eq!(settled(&history), State::Recording);
    let other = Connection::open(day_file(dir.path())).expect("a file");
    other.execute_batch("BEGIN IMMEDIATE").expect("held");
    drive(&history, "a", 10, 2);
    assert_eq!(settled(&history), State::Failing);
    // As if it had been there all the same.
    other
        .execute_batch("INSERT INTO recent SELECT max(n) + 1, max(at), x'' FROM recent; COMMIT")
        .expect("written");
    drive(&history, "a", 12, 18);
    assert_eq!(settled(&history), State::Recording);
    history.close();
    assert_eq!(n_points(&open(dir.path(), at(60))), 30);
}

#[test]
fn a_damaged_file_is_set_aside_and_history_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(day_file(dir.path()), vec![7; 8_192]).expect("written");
    let history = open(dir.path(), at(0));
    drive(&history, "a", 0, 10);
    assert_eq!(settled(&history), State::Recording);
    assert_eq!(n_points(&history), 10);
    let aside = dir.path().join("trail-2026-08-05.sqlite.aside-1");
    assert_eq!(fs::read(aside).expect("kept"), vec![7; 8_192]);
}

#[test]
fn what_is_wrong_with_one_file_is_no_reason_to_leave_another() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = open(dir.path(), at(0));
    drive(&history, "a", 0, 10);
    history.close();
    drop(history);
    let state = dir.path().join("state.sqlite");
    // At the start, and while the server runs.
    for (from, number) in [(10, 1), (20, 2)] {
        fs::write(&state, vec![7; 8_192]).expect("written");
        let history = open(dir.path(), at(from));
        if number == 2 {
            fs::write(&state, vec![7; 8_192]).expect("written");
        }
        drive(&history, "a", from, 10);
        assert_eq!(settled(&history), State::Recording);
        assert_eq!(n_points(&history), usize::try_from(from + 10).expect("few"));
        history.close();
        let aside = dir.path().join(format!("state.sqlite.aside-{number}"));
        assert_eq!(fs::read(aside).expect("kept"), vec![7; 8_192]);
        assert!(!dir.path().join("trail-2026-08-05.sqlite.aside-1").exists());
    }
    let (_, remembered) = History::open(settings(dir.path()), at(60)).expect("a store");
    assert_eq!(remembered.len(), 1);
}

#[test]
fn a_file_that_somebody_removes_is_made_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = open(dir.path(), at(0));
    drive(&history, "a", 0, 10);
    history.flush().expect("a working store");
    for entry in dir.path().read_dir().expect("files").flatten() {
        fs::remove_file(entry.path()).expect("removed");
    }
    drive(&history, "a", 10, 30);
    assert_eq!(settled(&history), State::Recording);
    history.close();
    assert!(day_file(dir.path()).exists());
    assert_eq!(n_points(&open(dir.path(), at(60))), 40);
}

#[test]
fn days_beyond_the_limit_go_while_the_server_runs() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut few = settings(dir.path());
    few.keep_days = 1;
    let (history, _) = History::open(few, at(0)).expect("a store");
    let day = 86_400;
    for n in 0..4 {
        drive(&history, "a", n * day, 3);
    }
    history.flush().expect("a working store");
    let days: Vec<_> = history
        .span()
        .expect("a span")
        .days
        .into_iter()
        .map(|(day, _)| day.to_string())
        .collect();
    assert_eq!(days, ["2026-08-07", "2026-08-08"]);
    assert_eq!(
        history
            .trail(&[key("a")], at(0), at(9 * day))
            .expect("a trail")
            .len(),
        6
    );
    assert_eq!(history.at(at(1)).expect("an answer"), None);
}

#[test]
fn what_is_filled_in_later_is_marked_and_gives_way_to_what_was_heard() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = open(dir.path(), at(0));
    drive(&history, "a", 4_000, 2);
    let filled = [3_000, 3_001, 4_000].map(|second| fix(1, 2, at(second), at(4_002)));
    history
        .append_filled(&key("a"), filled.to_vec())
        .expect("filled");
    drive(&history, "a", 4_400, 400);
    history.flush().expect("a working store");
    for history in [history.clone(), {
        history.close();
        open_again(history, dir.path())
    }] {
        let trail = history
            .trail(&[key("a")], at(2_000), at(4_001))
            .expect("a trail");
        let told: Vec<_> = trail
            .iter()
            .map(|point| {
                (
                    point.fixed_at.duration_since(at(0)).as_secs(),
                    point.is_filled,
                )
            })
            .collect();
        assert_eq!(
            told,
            [(3_000, true), (3_001, true), (4_000, false), (4_001, false)]
        );
    }
}

fn open_again(closed: History, dir: &Path) -> History {
    drop(closed);
    open(dir, at(5_000))
}

#[test]
fn what_waits_is_bounded_and_the_caller_never_waits() {
    // Nobody takes anything off the queue: its thread waits for a store that is held.
    let dir = tempfile::tempdir().expect("a directory");
    let history = open(dir.path(), at(0));
    drive(&history, "a", 0, 2);
    history.flush().expect("a working store");
    let other = Connection::open(day_file(dir.path())).expect("a file");
    other.execute_batch("BEGIN IMMEDIATE").expect("held");
    let shown = fix(1, 2, at(3), at(3));
    let fixes = vec![(key("a"), shown.clone()); 50_000];
    for n in 0..40 {
        let mut news = changes(vec![vehicle("a", &key("a"), &shown)], fixes.clone());
        history.record(&mut news, at(10 + n));
    }
    other.execute_batch("ROLLBACK").expect("let go");
    drive(&history, "a", 60, 10);
    assert_eq!(settled(&history), State::Recording);
    assert!(10 <= n_points(&history));
}
