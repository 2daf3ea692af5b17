//! kill -9 under load: what was acknowledged is there, and the store is whole.
//!
//! `FLEETGLASS_KILL_ROUNDS` sets how many times; a few by default.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fleetglass::config::{Env, ProcessEnv};

use super::{at, changes, fix, key, ms, open, vehicle};

const N_VEHICLES: i64 = 300;
const DIR: &str = "FLEETGLASS_KILL_DIR";
const FROM: &str = "FLEETGLASS_KILL_FROM";

/// Not a test of its own: what the test below starts as another process, and kills.
#[test]
fn child_writes_and_acknowledges_until_it_is_killed() {
    let env = ProcessEnv;
    let (Some(dir), Some(from)) = (env.var(DIR), env.var(FROM)) else {
        return;
    };
    let from: i64 = from.parse().expect("a second");
    let history = open(Path::new(&dir), at(from));
    for second in from.. {
        let device = |n: i64| key(&n.to_string());
        let fix_of = |n: i64| {
            let spot = i32::try_from(1_000 * n + second).expect("on Earth");
            fix(spot, -spot, at(second), at(second))
        };
        let vehicles = (0..N_VEHICLES).map(|n| vehicle(&n.to_string(), &device(n), &fix_of(n)));
        let fixes = (0..N_VEHICLES).map(|n| (device(n), fix_of(n)));
        let mut news = changes(vehicles.collect(), fixes.collect());
        history.record(&mut news, at(second) + ms(100));
        history.flush().expect("a working store");
        let mut out = std::io::stderr();
        writeln!(out, "acknowledged {second}").expect("somebody listens");
    }
}

fn start(dir: &Path, from: i64) -> Child {
    let itself = std::env::current_exe().expect("this program");
    Command::new(itself)
        .args(["--exact", "--nocapture"])
        .arg("store::crash::child_writes_and_acknowledges_until_it_is_killed")
        .env(DIR, dir)
        .env(FROM, from.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process")
}

/// Lets a process write until it has acknowledged `n` times, kills it, and tells the last time.
fn kill_after(dir: &Path, from: i64, n: usize) -> i64 {
    let mut child = start(dir, from);
    let lines = BufReader::new(child.stderr.take().expect("its words")).lines();
    let mut acknowledged = lines.map_while(Result::ok).filter_map(|line| {
        let second = line.strip_prefix("acknowledged ")?;
        second.parse().ok()
    });
    let last = acknowledged.by_ref().nth(n).expect("it writes");
    child.kill().expect("killed");
    // What it managed to say before it died counts too.
    let last = acknowledged.last().unwrap_or(last);
    child.wait().expect("gone");
    last
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let rounds = ProcessEnv.var("FLEETGLASS_KILL_ROUNDS");
    let rounds: usize = rounds.and_then(|text| text.parse().ok()).unwrap_or(4);
    let dir = tempfile::tempdir().expect("a directory");
    let mut from = 0;
    for round in 0..rounds {
        // Not the same moment each time: early, late, and after pieces were made.
        let last = kill_after(dir.path(), from, (37 * round) % 150);
        let history = open(dir.path(), at(last + 1));
        for n in [0, 1, N_VEHICLES - 1] {
            let trail = history.trail(&[key(&n.to_string())], at(0), at(last));
            let told: Vec<_> = trail.expect("a trail").iter().map(|p| p.fixed_at).collect();
            let expected: Vec<_> = (0..=last).map(at).collect();
            assert_eq!(told, expected, "vehicle {n} after round {round}");
        }
        let shown = history.at(at(last) + ms(100)).expect("an answer");
        let shown = shown.expect("a picture");
        assert_eq!(shown.len(), usize::try_from(N_VEHICLES).expect("a count"));
        assert!(
            shown
                .iter()
                .all(|v| v.position.as_ref().is_some_and(|p| p.fixed_at == at(last)))
        );
        history.close();
        for entry in dir.path().read_dir().expect("files").flatten() {
            if entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "sqlite")
            {
                let db = rusqlite::Connection::open(entry.path()).expect("a store");
                let sound: String = db
                    .query_row("PRAGMA quick_check", [], |row| row.get(0))
                    .expect("an answer");
                assert_eq!(sound, "ok");
            }
        }
        // What was written and not acknowledged may be there too; it is written again.
        from = last + 1;
    }
}
