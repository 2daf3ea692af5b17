//! How a small `SQLite` file of ours is opened: nobody else may read it, one of a later release is
//! refused, an older one is brought up to date, and a commit is on the disk.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

/// Somebody else may write for so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a file is.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name in the state directory.
    pub file: &'static str,
    /// The mark of such files.
    pub application: i32,
    /// What makes it, step by step: a file at version n has had the first n. Steps that were
    /// released never change; what is new is a step more.
    pub steps: &'static [&'static str],
}

/// Why a file is not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system refuses.
    #[error("{what} {path}: {cause}", path = path.display())]
    Files {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// `SQLite` refuses.
    #[error("{path}: {cause}", path = path.display())]
    Store {
        /// Which.
        path: PathBuf,
        /// What it said.
        cause: rusqlite::Error,
    },
    /// The file is of a later release.
    #[error(
        "{path} was written by a later release of Fleetglass (its store has version {version}, \
         this release knows {known}); run that release, or give another --state-dir",
        path = path.display()
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its version.
        version: i64,
        /// Ours.
        known: i64,
    },
}

/// Opens the file in `dir`, whole and up to date; without a directory all is in memory.
pub fn open(kind: &Kind, dir: Option<&Path>) -> Result<Connection, OpenError> {
    let path = dir.unwrap_or(Path::new("memory")).join(kind.file);
    let store = |cause| OpenError::Store {
        path: path.clone(),
        cause,
    };
    let mut db = match dir {
        None => Connection::open_in_memory(),
        Some(dir) => {
            make(dir, &path)?;
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(&path, flags)
        }
    }
    .map_err(store)?;
    prepare(&db).map_err(store)?;
    let version = upgrade(&mut db, kind).map_err(store)?;
    let known = n_steps(kind);
    if known < version {
        return Err(OpenError::Newer {
            path,
            version,
            known,
        });
    }
    Ok(db)
}

/// All of it or nothing.
pub fn transact<T, E: From<rusqlite::Error>>(
    db: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcome = work(&step)?;
    step.commit()?;
    Ok(outcome)
}

fn make(dir: &Path, path: &Path) -> Result<(), OpenError> {
    let refuse = |what, path: &Path| {
        let path = path.to_owned();
        move |cause| OpenError::Files { what, path, cause }
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(dir).map_err(refuse("cannot make", dir))?;
    let mut options = OpenOptions::new();
    // SQLite gives the files beside it the same mode.
    options.write(true).create(true).truncate(false).mode(0o600);
    let opened = options.open(path).and_then(|file| {
        // A copy that was put back may be open to others.
        file.set_permissions(Permissions::from_mode(0o600))
    });
    opened.map_err(refuse("cannot open", path))
}

fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(PATIENCE)?;
    // What was deleted is overwritten; a commit is on the disk, whatever happens to the power.
    db.execute_batch(
        "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;",
    )
}

/// Brings the file up to date, all or nothing; gives its version. One of a later release is left
/// as it is.
fn upgrade(db: &mut Connection, kind: &Kind) -> rusqlite::Result<i64> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = n_steps(kind);
    if known <= version {
        return Ok(version);
    }
    for sql in &kind.steps[usize::try_from(version).unwrap_or_default()..] {
        step.execute_batch(sql)?;
    }
    step.pragma_update(None, "user_version", known)?;
    step.pragma_update(None, "application_id", kind.application)?;
    step.commit()?;
    Ok(known)
}

fn n_steps(kind: &Kind) -> i64 {
    i64::try_from(kind.steps.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ONE: Kind = Kind {
        file: "one.sqlite",
        application: 7,
        steps: &["CREATE TABLE a (n INTEGER);"],
    };
    const TWO: Kind = Kind {
        steps: &["CREATE TABLE a (n INTEGER);", "CREATE TABLE b (n INTEGER);"],
        ..ONE
    };

    #[test]
    fn an_older_file_is_brought_up_to_date_and_a_newer_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Some(dir.path());
        let db = open(&ONE, dir).unwrap();
        db.execute("INSERT INTO a VALUES (1)", []).unwrap();
        drop(db);
        let db = open(&TWO, dir).unwrap();
        let n: i64 = db
            .query_row(
                "SELECT count(*) FROM a, (SELECT count(*) FROM b)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(n, 1);
        drop(db);
        let refused = open(&ONE, dir).unwrap_err();
        assert!(matches!(
            refused,
            OpenError::Newer {
                version: 2,
                known: 1,
                ..
            }
        ));
        assert!(open(&TWO, dir).is_ok(), "it was left alone");
    }

    #[test]
    fn nobody_else_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("made/by/us");
        fs::create_dir_all(state.parent().unwrap()).unwrap();
        let db = open(&ONE, Some(&state)).unwrap();
        db.execute("INSERT INTO a VALUES (1)", []).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state), 0o700);
        let files = state.read_dir().unwrap().map(|file| file.unwrap().path());
        let files: Vec<_> = files.collect();
        assert!(1 < files.len(), "a log beside it: {files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let mut db = open(&ONE, None).unwrap();
        let failed: Result<(), rusqlite::Error> = transact(&mut db, |db| {
            db.execute("INSERT INTO a VALUES (1)", [])?;
            db.execute("no such thing", []).map(drop)
        });
        assert!(failed.is_err());
        let n: i64 = db
            .query_row("SELECT count(*) FROM a", [], |row| row.get(0))
            .unwrap();
        assert_eq!(n, 0);
    }
}
