//! The file of alarms: `alarms.sqlite` in the state directory. Open ones, and those of the last 90
//! days, 100,000 at most. Nobody but us may read it.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Params};

use super::error::AlarmError;
use super::row::{id, number, put, read};
use crate::domain::alarm::Alarm;
use crate::sqlite::{self, Kind};

const KIND: Kind = Kind {
    file: "alarms.sqlite",
    // `FLGW`
    application: 0x464c_4757,
    steps: &["
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
"],
};
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
        let db = sqlite::open(&KIND, dir)?;
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
        let is_due = |at: Timestamp| PRUNED_EVERY <= now.duration_since(at);
        let is_due = self.pruned_at.is_none_or(is_due);
        sqlite::transact(&mut self.db, |db| {
            for alarm in alarms {
                put(db, alarm)?;
            }
            if is_due { prune(db, now) } else { Ok(()) }
        })?;
        if is_due {
            self.pruned_at = Some(now);
        }
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
