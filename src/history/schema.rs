//! How files of the store are opened: who may read them, which version they have, and how an
//! older one becomes a newer one.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::HistoryError;

/// What makes a file of the store, step by step: a file at version n has had the first n. Steps
/// that were released never change; what is new is a step more.
pub(super) type Steps = &'static [&'static str];

/// A day: what vehicles did, and what they were called then.
///
/// - `recent` is the log of what is not in a `chunk` yet: a frame for each commit, packed; `at` is
///   when its first record was published.
/// - `chunk` has many records of one device; `slot` is the minute it was written in, so that
///   writing only ever appends; `n` is the commit, `part` tells those of one commit apart, `s0` is
///   the first time it says anything of the map.
/// - `late` points to chunks with fixes much older than their slot.
/// - `keyframe` has what the map showed at one time, in blocks of devices.
pub(super) const DAY: Steps = &[
    "
    CREATE TABLE device (v INTEGER PRIMARY KEY, source TEXT NOT NULL, device TEXT NOT NULL);
    CREATE UNIQUE INDEX device_key ON device (source, device);
    CREATE TABLE card (k INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL,
        registration TEXT, groups TEXT NOT NULL, devices TEXT NOT NULL);
    CREATE TABLE recent (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, frame BLOB NOT NULL);
    CREATE TABLE chunk (slot INTEGER, v INTEGER, n INTEGER, part INTEGER, s0 INTEGER,
        piece BLOB NOT NULL, PRIMARY KEY (slot, v, n, part)) WITHOUT ROWID;
    CREATE TABLE late (v INTEGER, slot INTEGER, n INTEGER, part INTEGER, f0 INTEGER NOT NULL,
        f1 INTEGER NOT NULL, PRIMARY KEY (v, slot, n, part)) WITHOUT ROWID;
    CREATE TABLE keyframe (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, block INTEGER NOT NULL,
        piece BLOB NOT NULL);
    CREATE INDEX keyframe_at ON keyframe (at, block);
",
    // What each run of the server lived through: what was shown after it, nobody knows.
    "CREATE TABLE run (since INTEGER PRIMARY KEY, until INTEGER NOT NULL);",
    // Frames are packed from here on, and `at` was the time of the commit before.
    "UPDATE recent SET at = 0, frame = CAST(x'00' || frame AS BLOB) WHERE frame <> x'';",
];

/// What is true now, whatever the day: the last states of devices, in blocks of them.
pub(super) const STATE: Steps = &[
    "
    CREATE TABLE last (source TEXT, device TEXT, state BLOB NOT NULL,
        PRIMARY KEY (source, device)) WITHOUT ROWID;
",
    // Vendors say where everybody is soon enough.
    "
    DROP TABLE last;
    CREATE TABLE block (b INTEGER PRIMARY KEY, states BLOB NOT NULL);
",
];

/// `FLGL`: the mark of our files.
const APPLICATION: i32 = 0x464c_474c;
/// Somebody else, a backup say, may hold a file for so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the power may take when it fails; a crash of the server alone takes nothing either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durable {
    /// A commit is on the disk when it returns.
    AtOnce,
    /// The commits since [`secure`] may be gone, all of them back to some moment; what is left is
    /// whole. A commit waits for no disk.
    Soon,
}

/// Opens a file to write to it, makes it if need be, and brings it up to date.
pub(super) fn open_to_write(
    path: &Path,
    steps: Steps,
    durable: Durable,
) -> Result<Connection, HistoryError> {
    // SQLite gives the files beside it the same mode.
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|cause| HistoryError::Files {
            what: "cannot open",
            path: path.to_owned(),
            cause,
        })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(PATIENCE)?;
    // Before the next line writes to it.
    refuse_newer(&db, path, steps)?;
    let synchronous = match durable {
        Durable::AtOnce => "FULL",
        Durable::Soon => "NORMAL",
    };
    // Erased means overwritten.
    db.execute_batch("PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL;")?;
    db.pragma_update(None, "synchronous", synchronous)?;
    db.execute_batch("PRAGMA wal_autocheckpoint = 4000;")?;
    upgrade(&mut db, path, steps)?;
    Ok(db)
}

/// Refuses the file at `path` if it is of a later release. It is only read.
pub(super) fn refuse_if_newer(path: &Path, steps: Steps) -> Result<(), HistoryError> {
    refuse_newer(&open_to_read(path)?, path, steps).map(drop)
}

/// The version of a file that is of no later release.
fn refuse_newer(db: &Connection, path: &Path, steps: Steps) -> Result<i64, HistoryError> {
    let (version, known) = (version(db)?, known(steps));
    if known < version {
        return Err(HistoryError::Newer {
            path: path.to_owned(),
            version,
            known,
        });
    }
    Ok(version)
}

/// Brings the file at `path` up to date, and leaves no log beside it by that. One that is so already
/// is only read: a day that was closed for good stays as it is.
pub(super) fn bring_up_to_date(path: &Path, steps: Steps) -> Result<(), HistoryError> {
    let found = open_to_read(path).and_then(|db| version(&db));
    if found.is_ok_and(|version| version == known(steps)) {
        return Ok(());
    }
    let db = open_to_write(path, steps, Durable::AtOnce)?;
    db.execute_batch("PRAGMA journal_mode = DELETE;")?;
    Ok(())
}

/// What was committed is on the disk when this returns, and what it replaced is gone from it, but
/// for what somebody reads just now.
pub(super) fn secure(db: &Connection) -> Result<(), HistoryError> {
    // Before anything is taken into the file, the log is synced. Whoever reads keeps the rest of it
    // until the next time, which is no failure.
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Takes the log into the file, so that nothing erased is left in it.
pub(super) fn empty_log(db: &Connection) -> Result<(), HistoryError> {
    let is_busy: bool = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy {
        let words = "somebody reads what was erased; ask again";
        return Err(HistoryError::Unwell(words.into()));
    }
    Ok(())
}

/// Opens a file to read it.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, HistoryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(PATIENCE)?;
    Ok(db)
}

fn version(db: &Connection) -> Result<i64, HistoryError> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// The version that `steps` lead to.
fn known(steps: Steps) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// Brings a file up to date, all or nothing.
fn upgrade(db: &mut Connection, path: &Path, steps: Steps) -> Result<(), HistoryError> {
    let (version, known) = (refuse_newer(db, path, steps)?, known(steps));
    if version == known {
        return Ok(());
    }
    let step = db.transaction()?;
    for sql in &steps[usize::try_from(version).unwrap_or_default()..] {
        step.execute_batch(sql)?;
    }
    step.pragma_update(None, "user_version", known)?;
    step.pragma_update(None, "application_id", APPLICATION)?;
    step.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::Durable::AtOnce;
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x); INSERT INTO a VALUES (1);";

    fn sum(db: &Connection) -> i64 {
        let sum = db.query_row("SELECT sum(x) FROM a", [], |row| row.get(0));
        sum.expect("a sum")
    }

    #[test]
    fn a_file_goes_through_each_step_once_and_never_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sqlite");
        drop(open_to_write(&path, &[FIRST], AtOnce).unwrap());
        let later: Steps = &[FIRST, "UPDATE a SET x = x + 10"];
        for _ in 0..2 {
            assert_eq!(sum(&open_to_write(&path, later, AtOnce).unwrap()), 11);
        }
        let back = open_to_write(&path, &[FIRST], AtOnce);
        assert!(matches!(back, Err(HistoryError::Newer { version: 2, .. })));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sqlite");
        drop(open_to_write(&path, &[FIRST], AtOnce).unwrap());
        let broken: Steps = &[FIRST, "UPDATE a SET x = 99; SELECT nonsense"];
        assert!(open_to_write(&path, broken, AtOnce).is_err());
        assert_eq!(sum(&open_to_write(&path, &[FIRST], AtOnce).unwrap()), 1);
    }

    #[test]
    fn nobody_else_can_read_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sqlite");
        let _db = open_to_write(&path, &[FIRST], AtOnce).unwrap();
        for entry in dir.path().read_dir().unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
