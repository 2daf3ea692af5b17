//! The file of alarms: `alarms.sqlite` in the state directory. Open ones, and those of the last 90
//! days, 100,000 at most. Nobody but us may read it.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, TransactionBehavior};

use super::error::AlarmError;
use super::row::{id, number, put, read};
use crate::domain::alarm::Alarm;

/// Its name in the state directory.
const FILE: &str = "alarms.sqlite";

/// What makes the file, step by step: a file at version n has had the first n. Steps that were
/// released never change; what is new is a step more.
const STEPS: &[&str] = &["
    CREATE TABLE alarm (id INTEGER PRIMARY KEY AUTOINCREMENT, rule_id TEXT NOT NULL,
        rule_name TEXT NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL, vehicle_id TEXT,
        vehicle_name TEXT, source TEXT, place_id TEXT, place_name TEXT,
        place_groups TEXT NOT NULL, began_at INTEGER NOT NULL, ended_at INTEGER,
        acknowledged_at INTEGER, acknowledged_by TEXT, quiet INTEGER NOT NULL, repeat_ms INTEGER,
        speed_mps REAL, over_mps REAL, lasted_ms INTEGER, lat_deg REAL, lng_deg REAL,
        fixed_at INTEGER);
    CREATE INDEX alarm_open ON alarm (id) WHERE ended_at IS NULL OR acknowledged_at IS NULL;
    CREATE INDEX alarm_began_at ON alarm (began_at);
    CREATE INDEX alarm_vehicle ON alarm (vehicle_id);
"];

/// `FLGW`: the mark of this file.
const APPLICATION: i32 = 0x464c_4757;
/// Somebody else may read for so long.
const PATIENCE: Duration = Duration::from_secs(5);
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
const MAX_KEPT: u64 = 100_000;
/// What is too old is dropped this often.
const PRUNED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The open file.
#[derive(Debug)]
pub(super) struct Store {
    db: Connection,
    pruned_at: Option<Timestamp>,
}

/// What a run left behind.
#[derive(Debug, Default)]
pub struct Kept {
    /// Alarms that are open.
    pub open: Vec<Alarm>,
    /// The id of the next one.
    pub next_id: u64,
}

impl Store {
    /// Opens the file in `dir`; without a directory all is in memory.
    pub(super) fn open(dir: Option<&Path>) -> Result<Self, AlarmError> {
        let mut db = match dir {
            None => Connection::open_in_memory()?,
            Some(dir) => open_file(dir)?,
        };
        db.busy_timeout(PATIENCE)?;
        db.execute_batch(
            "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
        )?;
        upgrade(&mut db, dir.unwrap_or(Path::new("memory")))?;
        Ok(Self {
            db,
            pruned_at: None,
        })
    }

    /// What the run before left behind.
    pub(super) fn kept(&self) -> Result<Kept, AlarmError> {
        let open = "SELECT * FROM alarm WHERE ended_at IS NULL OR acknowledged_at IS NULL";
        let last: Option<i64> = self
            .db
            .query_row(
                "SELECT seq FROM sqlite_sequence WHERE name = 'alarm'",
                [],
                |row| row.get(0),
            )
            .optional()?;
        Ok(Kept {
            open: self.list(open, [])?,
            next_id: last.map_or(1, |last| id(last) + 1),
        })
    }

    /// Puts alarms in the place of what was there of them, all or none.
    pub(super) fn save(&mut self, alarms: &[Arc<Alarm>], now: Timestamp) -> Result<(), AlarmError> {
        let behavior = TransactionBehavior::Immediate;
        let step = self.db.transaction_with_behavior(behavior)?;
        for alarm in alarms {
            put(&step, alarm)?;
        }
        let is_due = |at: Timestamp| PRUNED_EVERY <= now.duration_since(at);
        if self.pruned_at.is_none_or(is_due) {
            prune(&step, now)?;
            self.pruned_at = Some(now);
        }
        step.commit()?;
        Ok(())
    }

    /// Forgets all alarms about a vehicle.
    pub(super) fn erase(&mut self, vehicle: &str) -> Result<(), AlarmError> {
        self.db
            .execute("DELETE FROM alarm WHERE vehicle_id = ?1", [vehicle])?;
        Ok(())
    }

    /// The newest alarms whose ids are below `before`, the newest first.
    pub(super) fn page(&self, before: u64, limit: usize) -> Result<Vec<Alarm>, AlarmError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT * FROM alarm WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
        self.list(sql, [number(before), limit])
    }

    /// One alarm.
    pub(super) fn get(&self, id: u64) -> Result<Option<Alarm>, AlarmError> {
        let sql = "SELECT * FROM alarm WHERE id = ?1";
        Ok(self.list(sql, [number(id)])?.pop())
    }

    fn list(&self, sql: &str, params: impl Params) -> Result<Vec<Alarm>, AlarmError> {
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

/// Drops what is over and too old or too much.
fn prune(db: &Connection, now: Timestamp) -> Result<(), AlarmError> {
    let oldest = now.saturating_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
    let is_over = "ended_at IS NOT NULL AND acknowledged_at IS NOT NULL";
    db.execute(
        &format!("DELETE FROM alarm WHERE began_at < ?1 AND {is_over}"),
        [oldest.as_millisecond()],
    )?;
    let first = "SELECT max(id) - ?1 FROM alarm";
    db.execute(
        &format!("DELETE FROM alarm WHERE id <= ({first}) AND {is_over}"),
        [number(MAX_KEPT)],
    )?;
    Ok(())
}

fn open_file(dir: &Path) -> Result<Connection, AlarmError> {
    let refuse = |what, path: &Path| {
        let path = path.to_owned();
        move |cause| AlarmError::Files { what, path, cause }
    };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(refuse("cannot make", dir))?;
    let path = dir.join(FILE);
    let mut options = OpenOptions::new();
    // SQLite gives the files beside it the same mode.
    options.write(true).create(true).truncate(false).mode(0o600);
    let opened = options.open(&path).and_then(|file| {
        // A copy that was put back may be open to others.
        file.set_permissions(Permissions::from_mode(0o600))
    });
    opened.map_err(refuse("cannot open", &path))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(&path, flags)?)
}

/// Brings the file up to date, all or nothing.
fn upgrade(db: &mut Connection, dir: &Path) -> Result<(), AlarmError> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if known < version {
        return Err(AlarmError::Newer {
            path: dir.join(FILE),
            version,
            known,
        });
    }
    if version < known {
        for sql in &STEPS[usize::try_from(version).unwrap_or_default()..] {
            step.execute_batch(sql)?;
        }
        step.pragma_update(None, "user_version", known)?;
        step.pragma_update(None, "application_id", APPLICATION)?;
        step.commit()?;
    }
    Ok(())
}
