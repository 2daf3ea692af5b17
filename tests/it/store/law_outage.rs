//! What is known of a time when no server ran, and of the minutes before it.

use std::path::{Path, PathBuf};

use super::law::crashed_copy;
use super::{at, drive, ms, open};

/// A directory as a crash leaves it after a vehicle drove for `seconds` from `from` on.
fn crashed(dir: &Path, from: i64, seconds: i64) -> PathBuf {
    let dir = dir.join("state");
    let history = open(&dir, at(from));
    drive(&history, "1", from, seconds);
    history.flush().expect("a working store");
    let crashed = crashed_copy(&dir);
    history.close();
    crashed
}

#[test]
fn nothing_was_shown_while_no_server_ran() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = crashed(dir.path(), -3_600, 100);
    let last = at(-3_501) + ms(250);
    let again = open(&dir, at(-1_800));
    let is_known = |history: &fleetglass::history::History, at| {
        let shown = history.at(at).expect("an answer");
        shown.is_some_and(|shown| shown.len() == 1)
    };
    // Before and after the next run has begun, and in the file of a later day.
    for from in [None, Some(-1_800), Some(3_600)] {
        if let Some(from) = from {
            drive(&again, "1", from, 10);
            again.flush().expect("a working store");
        }
        assert!(is_known(&again, last), "{from:?}");
        assert!(is_known(&again, last + ms(2_000)), "{from:?}");
        for seconds in [6, 60, 600, 1_690] {
            let shown = again.at(last + ms(1_000 * seconds)).expect("an answer");
            assert_eq!(shown, None, "{seconds} s after the end, {from:?}");
        }
    }
    // The run that goes on lasts, though nothing was published.
    assert!(is_known(&again, at(0)));
    again.close();
}

#[test]
fn the_minutes_before_a_crash_are_where_they_belong_however_late_they_are_filed() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = crashed(dir.path(), -3_600, 100);
    let again = open(&dir, at(-1_800));
    // Long enough for what was taken back to have its turn.
    drive(&again, "1", -1_800, 200);
    again.flush().expect("a working store");
    let trail = again.trail(&[super::key("1")], at(-3_600), at(-3_501));
    let told: Vec<_> = trail.expect("a trail").iter().map(|p| p.fixed_at).collect();
    assert_eq!(told, (-3_600..-3_500).map(at).collect::<Vec<_>>());
    for second in [-3_600, -3_550, -3_501] {
        let shown = again.at(at(second) + ms(250)).expect("an answer");
        let shown = shown.expect("a picture");
        let fixed_at: Vec<_> = shown
            .iter()
            .map(|v| v.position.as_ref().map(|p| p.fixed_at))
            .collect();
        assert_eq!(fixed_at, [Some(at(second))]);
    }
    again.close();
}
