//! The file of places, rules, vehicles out of service, saved views and scenes: `desk.sqlite` in the state
//! directory. Small writes, each on the disk before it is said to be done.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::error::DeskError;
use super::{place, rule};
use crate::domain::VehicleId;
use crate::domain::order::{Orders, OutOfService, Place, Rule};
use crate::sqlite::Kind;

/// What the file is. `text` is JSON as `written` has it; times are milliseconds; `owner` is who
/// keeps a view.
pub(super) const KIND: Kind = Kind {
    file: "desk.sqlite",
    // `FLGD`: the mark of this file.
    application: 0x464c_4744,
    steps: &[
        "
    CREATE TABLE collection (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE place (id TEXT PRIMARY KEY, text TEXT NOT NULL);
    CREATE TABLE rule (id TEXT PRIMARY KEY, text TEXT NOT NULL);
    CREATE TABLE out_of_service (vehicle TEXT PRIMARY KEY, since INTEGER NOT NULL,
        until INTEGER, reason TEXT, who TEXT) WITHOUT ROWID;
    CREATE TABLE view (id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL,
        fragment TEXT NOT NULL, shared INTEGER NOT NULL);
    CREATE INDEX view_owner ON view (owner);
",
        "
    CREATE TABLE scene (id TEXT PRIMARY KEY, text TEXT NOT NULL);
    CREATE TABLE display (token TEXT PRIMARY KEY, text TEXT NOT NULL);
",
    ],
};

/// What has a version of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Collection {
    Places,
    Rules,
    OutOfService,
}

impl Collection {
    fn name(self) -> &'static str {
        match self {
            Self::Places => "places",
            Self::Rules => "rules",
            Self::OutOfService => "out_of_service",
        }
    }
}

/// What a new file begins with; one that somebody emptied stays empty.
pub(super) fn begin(db: &Transaction<'_>) -> Result<(), DeskError> {
    let sql = "SELECT count(*) FROM collection";
    let n: i64 = db.query_row(sql, [], |row| row.get(0))?;
    if 0 < n {
        return Ok(());
    }
    for collection in [
        Collection::Places,
        Collection::Rules,
        Collection::OutOfService,
    ] {
        let sql = "INSERT INTO collection (name, version) VALUES (?1, 1)";
        db.execute(sql, [collection.name()])?;
    }
    rule::usual()
        .iter()
        .try_for_each(|rule| write_rule(db, rule))
}

pub(super) fn version(db: &Connection, of: Collection) -> Result<u64, DeskError> {
    let sql = "SELECT version FROM collection WHERE name = ?1";
    let version: Option<i64> = db
        .query_row(sql, [of.name()], |row| row.get(0))
        .optional()?;
    Ok(version
        .and_then(|n| u64::try_from(n).ok())
        .unwrap_or_default())
}

pub(super) fn step_version(db: &Connection, of: Collection) -> Result<u64, DeskError> {
    let sql = "UPDATE collection SET version = version + 1 WHERE name = ?1";
    db.execute(sql, [of.name()])?;
    version(db, of)
}

pub(super) fn write_place(db: &Connection, place: &Place) -> Result<(), DeskError> {
    let text = serde_json::to_string(&place::write(place));
    let text = text.map_err(|_no_number| DeskError::Damaged("place"))?;
    let sql = "INSERT INTO place (id, text) VALUES (?1, ?2)
               ON CONFLICT (id) DO UPDATE SET text = excluded.text";
    db.execute(sql, params![place.id, text])?;
    Ok(())
}

pub(super) fn write_rule(db: &Connection, rule: &Rule) -> Result<(), DeskError> {
    let text = serde_json::to_string(&rule::write(rule));
    let text = text.map_err(|_no_number| DeskError::Damaged("rule"))?;
    let sql = "INSERT INTO rule (id, text) VALUES (?1, ?2)
               ON CONFLICT (id) DO UPDATE SET text = excluded.text";
    db.execute(sql, params![rule.id, text])?;
    Ok(())
}

pub(super) fn write_out_of_service(
    db: &Connection,
    vehicle: &VehicleId,
    is_out: &OutOfService,
) -> Result<(), DeskError> {
    let sql = "INSERT INTO out_of_service (vehicle, since, until, reason, who)
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (vehicle) DO UPDATE SET
               since = excluded.since, until = excluded.until, reason = excluded.reason,
               who = excluded.who";
    let until = is_out.until.map(Timestamp::as_millisecond);
    let since = is_out.since.as_millisecond();
    db.execute(
        sql,
        params![vehicle.as_str(), since, until, is_out.reason, is_out.by],
    )?;
    Ok(())
}

/// Forgets who is back in service: what is over is nobody's business any more.
pub(super) fn prune_out_of_service(db: &Connection, now: Timestamp) -> Result<usize, DeskError> {
    let sql = "DELETE FROM out_of_service WHERE until <= ?1";
    Ok(db.execute(sql, [now.as_millisecond()])?)
}

/// All orders as they stand in the file. One that cannot be read is left out and told: it costs
/// nothing but itself.
pub(super) fn orders(db: &Connection) -> Result<Orders, DeskError> {
    let mut orders = Orders::default();
    for (id, text) in texts(db, "SELECT id, text FROM place")? {
        let read = serde_json::from_str(&text).map_err(|_no_place| DeskError::Damaged("place"));
        match read.and_then(|text| place::read(&id, text)) {
            Ok(place) => drop(orders.places.insert(Arc::clone(&place.id), Arc::new(place))),
            Err(error) => tracing::error!(id, %error, "a place cannot be read, and is left out"),
        }
    }
    for (id, text) in texts(db, "SELECT id, text FROM rule")? {
        let read = serde_json::from_str(&text).map_err(|_no_rule| DeskError::Damaged("rule"));
        match read.and_then(|text| rule::read(&id, text)) {
            Ok(rule) => drop(orders.rules.insert(Arc::clone(&rule.id), Arc::new(rule))),
            Err(error) => tracing::error!(id, %error, "a rule cannot be read, and is left out"),
        }
    }
    orders.out_of_service = out_of_service(db)?;
    Ok(orders)
}

pub(super) fn texts(db: &Connection, sql: &str) -> Result<Vec<(String, String)>, DeskError> {
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn out_of_service(db: &Connection) -> Result<BTreeMap<VehicleId, OutOfService>, DeskError> {
    let sql = "SELECT vehicle, since, until, reason, who FROM out_of_service";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let mut all = BTreeMap::new();
    let time = |at_ms| {
        Timestamp::from_millisecond(at_ms).map_err(|_out_of_range| DeskError::Damaged("time"))
    };
    while let Some(row) = rows.next()? {
        let until: Option<i64> = row.get(2)?;
        let is_out = OutOfService {
            since: time(row.get(1)?)?,
            until: until.map(time).transpose()?,
            reason: row.get(3)?,
            by: row.get(4)?,
        };
        all.insert(VehicleId::new(row.get::<_, Arc<str>>(0)?), is_out);
    }
    Ok(all)
}
