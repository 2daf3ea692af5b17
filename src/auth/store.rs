//! The file of users, sessions, tokens and the audit log: `access.sqlite` in the state directory.
//!
//! Small writes, each on the disk before it is said to be done. The command line writes the same
//! file while a server runs, so a server asks often whether somebody else wrote, which costs
//! microseconds. Nobody but us may read it, though it holds no secret that would let anybody in.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Params, Row, Transaction};

use super::error::AuthError;
use crate::domain::sight::{Facts, Groups, Sight};
use crate::sqlite::{self, Kind, OpenError};

/// `groups` is one name a line, nothing for all vehicles; `hides` the facts that are not shown.
/// `digest` is the SHA-256 of a secret, `password` a PHC string. Times are milliseconds.
const KIND: Kind = Kind {
    file: "access.sqlite",
    // `FLGA`
    application: 0x464c_4741,
    steps: &["
    CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE, role TEXT NOT NULL, groups TEXT, hides TEXT NOT NULL,
        disabled INTEGER NOT NULL DEFAULT 0, password TEXT, issuer TEXT, subject TEXT,
        made_at INTEGER NOT NULL, entered_at INTEGER, UNIQUE (issuer, subject));
    CREATE TABLE session (id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE,
        user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE, made_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL);
    CREATE INDEX session_user ON session (user);
    CREATE TABLE token (id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, kind TEXT NOT NULL,
        name TEXT NOT NULL, groups TEXT, hides TEXT NOT NULL, expires_at INTEGER, net TEXT,
        made_by TEXT NOT NULL, made_at INTEGER NOT NULL, seen_at INTEGER);
    CREATE TABLE invitation (digest BLOB PRIMARY KEY,
        user INTEGER REFERENCES user ON DELETE CASCADE, expires_at INTEGER NOT NULL);
    CREATE TABLE audit (n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
        who TEXT NOT NULL, address TEXT, what TEXT NOT NULL, subject TEXT);
    CREATE INDEX audit_at ON audit (at);
"],
};

/// The open file.
#[derive(Debug)]
pub(super) struct Store {
    db: Connection,
    /// Grows when somebody else writes.
    version_of_others: i64,
}

impl Store {
    /// Opens the file in `dir` and brings it up to date; without a directory all is in memory.
    pub(super) fn open(dir: Option<&Path>) -> Result<Self, AuthError> {
        if let Some(dir) = dir {
            close_to_others(dir).map_err(|cause| OpenError::Files {
                what: "cannot close",
                path: dir.to_owned(),
                cause,
            })?;
        }
        let db = sqlite::open(&KIND, dir)?;
        let mut store = Self {
            db,
            version_of_others: 0,
        };
        store.has_changed()?;
        Ok(store)
    }

    /// To read.
    pub(super) fn db(&self) -> &Connection {
        &self.db
    }

    /// All of it or nothing.
    pub(super) fn transact<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, AuthError>,
    ) -> Result<T, AuthError> {
        sqlite::transact(&mut self.db, work)
    }

    /// Whether somebody else wrote since this was last asked.
    pub(super) fn has_changed(&mut self) -> Result<bool, AuthError> {
        let version: i64 = self
            .db
            .query_row("PRAGMA data_version", [], |row| row.get(0))?;
        let has_changed = version != self.version_of_others;
        self.version_of_others = version;
        Ok(has_changed)
    }
}

/// A directory that is used for something else is left as it is: our file is closed anyway.
/// One that is not there yet will be.
fn close_to_others(dir: &Path) -> io::Result<()> {
    let mode = match fs::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        known => known?.permissions().mode(),
    };
    let is_open = mode & 0o077 != 0;
    let is_ours = |name: &std::ffi::OsStr| name == KIND.file || name == "state.sqlite";
    let mut names = fs::read_dir(dir)?.flatten().map(|entry| entry.file_name());
    if is_open
        && names
            .next()
            .is_none_or(|first| is_ours(&first) || names.any(|n| is_ours(&n)))
    {
        fs::set_permissions(dir, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// All rows of a query.
pub(super) fn list<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, AuthError>,
) -> Result<Vec<T>, AuthError> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// A time as it is stored.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A time as it was stored.
pub(super) fn time(at_ms: i64) -> Result<Timestamp, AuthError> {
    Timestamp::from_millisecond(at_ms).map_err(|_out_of_range| AuthError::Damaged("time"))
}

/// A sight as it is stored: its groups, and what it hides.
pub(super) fn sight_to(sight: &Sight) -> Result<(Option<String>, String), AuthError> {
    let groups = match &sight.groups {
        Groups::All => None,
        Groups::Only(names) => {
            if names
                .iter()
                .any(|name| name.is_empty() || name.contains('\n'))
            {
                return Err(AuthError::Group);
            }
            let names: Vec<&str> = names.iter().map(|name| &**name).collect();
            Some(names.join("\n"))
        }
    };
    let mut facts = sight.facts;
    let hidden = words(&mut facts)
        .into_iter()
        .filter(|(_, is_seen)| !**is_seen);
    let hidden: Vec<&str> = hidden.map(|(word, _)| word).collect();
    Ok((groups, hidden.join(" ")))
}

/// A sight as it was stored.
pub(super) fn sight_from(groups: Option<String>, hides: &str) -> Result<Sight, AuthError> {
    let groups = match groups {
        None => Groups::All,
        Some(names) => Groups::only(names.split('\n').filter(|n| !n.is_empty()).map(Arc::from)),
    };
    let mut facts = Facts::ALL;
    for word in hides.split_whitespace() {
        let mut known = words(&mut facts).into_iter();
        let fact = known.find(|(known, _)| *known == word);
        *fact.ok_or(AuthError::Damaged("sight"))?.1 = false;
    }
    Ok(Sight { groups, facts })
}

fn words(facts: &mut Facts) -> [(&'static str, &mut bool); 4] {
    [
        ("driver", &mut facts.driver),
        ("registration", &mut facts.registration),
        ("speed", &mut facts.speed),
        ("address", &mut facts.address),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn n_users(store: &Store) -> i64 {
        let count = store
            .db()
            .query_row("SELECT count(*) FROM user", [], |row| row.get(0));
        count.unwrap()
    }

    const USER: &str = "INSERT INTO user (name, name_key, role, hides, made_at)
                        VALUES ('a', 'a', 'viewer', '', 0)";

    #[test]
    fn what_another_process_writes_is_noticed_once_and_our_own_never() {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Store::open(Some(dir.path())).unwrap();
        let mut console = Store::open(Some(dir.path())).unwrap();
        server.has_changed().unwrap();
        assert!(!server.has_changed().unwrap());
        console.transact(|db| Ok(db.execute(USER, [])?)).unwrap();
        assert!(server.has_changed().unwrap());
        assert_eq!(n_users(&server), 1);
        assert!(!server.has_changed().unwrap());
        server
            .transact(|db| Ok(db.execute("DELETE FROM user", [])?))
            .unwrap();
        assert!(!server.has_changed().unwrap());
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let mut store = Store::open(None).unwrap();
        let failed: Result<(), _> = store.transact(|db| {
            db.execute(USER, [])?;
            Err(AuthError::NotAllowed)
        });
        assert!(failed.is_err());
        assert_eq!(n_users(&store), 0);
    }

    #[test]
    fn a_file_of_a_later_release_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Some(dir.path())).unwrap();
        store.db.pragma_update(None, "user_version", 99).unwrap();
        drop(store);
        let refused = Store::open(Some(dir.path()));
        assert!(matches!(
            refused,
            Err(AuthError::Open(OpenError::Newer {
                version: 99,
                known: 1,
                ..
            }))
        ));
    }

    #[test]
    fn nobody_else_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("made/by/us");
        fs::create_dir_all(&state).unwrap();
        fs::write(state.join(KIND.file), "").unwrap();
        fs::set_permissions(state.join(KIND.file), Permissions::from_mode(0o644)).unwrap();
        let mut store = Store::open(Some(&state)).unwrap();
        store.transact(|db| Ok(db.execute(USER, [])?)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state), 0o700);
        let files: Vec<_> = state
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(files.len() > 1, "a log beside it: {files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    }

    proptest! {
        #[test]
        fn a_sight_is_read_as_it_was_written(
            names in proptest::option::of(proptest::collection::btree_set("[^\n]{1,12}", 0..4)),
            seen in any::<[bool; 4]>(),
        ) {
            let sight = Sight {
                groups: names.map_or(Groups::All, Groups::only),
                facts: Facts { driver: seen[0], registration: seen[1], speed: seen[2], address: seen[3] },
            };
            let (groups, hides) = sight_to(&sight).unwrap();
            prop_assert_eq!(sight_from(groups, &hides).unwrap(), sight);
        }
    }

    #[test]
    fn a_group_that_could_be_read_as_two_is_refused() {
        for name in ["", "North\nSouth"] {
            let sight = Sight {
                groups: Groups::only([name]),
                facts: Facts::ALL,
            };
            assert!(matches!(sight_to(&sight), Err(AuthError::Group)));
        }
        assert!(sight_from(None, "speed nonsense").is_err());
    }
}
