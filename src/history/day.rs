//! The file of one day, as its only writer sees it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, Transaction, params};

use super::card::{self, Card};
use super::chunk::{Press, Reader};
use super::error::HistoryError;
use super::frame::{self, Frame};
use super::piece::{Keyframe, Sealed};
use super::place::{Day, day_file};
use super::schema;
use crate::domain::{DeviceKey, SourceId, VehicleId};

/// A run of the server is said to last this often, however quiet it is.
const SAY_RUN_EVERY_MS: i64 = 4_000;
/// Nothing is known of a run beyond this after it was last said to last.
pub(super) const RUN_KNOWN_FOR_MS: i64 = SAY_RUN_EVERY_MS + 1_000;

/// The file of a day.
#[derive(Debug)]
pub(super) struct DayFile {
    pub(super) day: Day,
    path: PathBuf,
    db: Connection,
    /// For frames: they are not needed for long.
    press: Press,
    /// Up to when it says that this run lasted.
    run_until_ms: i64,
}

/// What goes to the disk at once.
#[derive(Debug)]
pub(super) struct Batch {
    /// The number of the commit.
    pub(super) n: u64,
    pub(super) at_ms: i64,
    /// Since when this run knows what is shown; `None` of a run that is over.
    pub(super) run_since_ms: Option<i64>,
    /// What came since the commit before.
    pub(super) frame: Frame,
    /// Frames before this are in pieces by now.
    pub(super) first_n_needed: u64,
    pub(super) sealed: Vec<Arc<Sealed>>,
    pub(super) keyframes: Vec<Arc<Keyframe>>,
    pub(super) names: Names,
}

impl Batch {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.frame.is_empty()
            && self.sealed.is_empty()
            && self.keyframes.is_empty()
            && self.names == Names::default()
    }
}

/// Numbers and what they stand for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) devices: Vec<(u32, DeviceKey)>,
    pub(super) cards: Vec<(u64, Card)>,
}

impl DayFile {
    /// Opens the file of `day`, or makes it.
    pub(super) fn open(dir: &Path, day: Day) -> Result<Self, HistoryError> {
        Self::open_at(day_file(dir, day), day)
    }

    /// Opens a file of `day` that lies elsewhere.
    pub(super) fn open_at(path: PathBuf, day: Day) -> Result<Self, HistoryError> {
        let db = schema::open_to_write(&path, schema::DAY)?;
        Ok(Self {
            day,
            path,
            db,
            press: Press::swift(),
            run_until_ms: i64::MIN,
        })
    }

    /// Whether all of it can be read.
    pub(super) fn is_sound(&self) -> Result<bool, HistoryError> {
        let found: String = self
            .db
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        Ok(found == "ok")
    }

    /// The numbers that it uses.
    pub(super) fn names(&self) -> Result<Names, HistoryError> {
        names(&self.db)
    }

    /// The last commit.
    pub(super) fn last_n(&self) -> Result<u64, HistoryError> {
        let last = "SELECT ifnull(max(n), 0) FROM recent";
        let last: i64 = self.db.query_row(last, [], |row| row.get(0))?;
        Ok(last.cast_unsigned())
    }

    /// The last commit, and what of the frames is in no piece yet: commit, device, row.
    pub(super) fn unsealed(&self) -> Result<(u64, Vec<Rows>), HistoryError> {
        let torn = || HistoryError::Torn {
            path: self.path.clone(),
        };
        let mut reader = Reader::default();
        let mut frames = Vec::new();
        let mut last_n = 0;
        let mut query = self.db.prepare("SELECT n, frame FROM recent ORDER BY n")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            last_n = row.get::<_, i64>(0)?.cast_unsigned();
            let packed = row.get_ref(1)?.as_blob().unwrap_or_default();
            let rows = frame::unpack(packed, &mut reader).ok_or_else(torn)?;
            frames.push(Rows { n: last_n, rows });
        }
        Ok((last_n, frames))
    }

    /// Up to which commit each device is in pieces; only of those since the minute `slot`.
    pub(super) fn sealed_up_to(&self, slot: i64) -> Result<HashMap<u32, u64>, HistoryError> {
        let mut query = self
            .db
            .prepare("SELECT v, max(n) FROM chunk WHERE slot >= ? GROUP BY v")?;
        let pairs = query.query_map([slot], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        Ok(pairs.collect::<Result<_, _>>()?)
    }

    /// When the first record of the oldest frame was published.
    pub(super) fn oldest_frame_at_ms(&self) -> Result<Option<i64>, HistoryError> {
        let oldest = "SELECT min(at) FROM recent";
        Ok(self.db.query_row(oldest, [], |row| row.get(0))?)
    }

    /// Whether it is to be told that the run lasts still, though nothing else is to be written.
    pub(super) fn is_run_due(&self, at_ms: i64) -> bool {
        SAY_RUN_EVERY_MS <= at_ms.saturating_sub(self.run_until_ms)
    }

    /// Writes all of `batch`, or nothing.
    pub(super) fn commit(&mut self, batch: &Batch) -> Result<(), HistoryError> {
        // Whoever removes the file of a running server would otherwise have it write to nowhere.
        if !self.path.exists() {
            return Err(HistoryError::Files {
                what: "somebody removed",
                path: self.path.clone(),
                cause: std::io::ErrorKind::NotFound.into(),
            });
        }
        let day = self.day;
        let frame = batch.frame.packed(&mut self.press);
        let frame_from_ms = batch.frame.begun_ms().unwrap_or(batch.at_ms);
        let write = self.db.transaction()?;
        write_names(&write, &batch.names)?;
        // Before the new frame, which then takes the very pages that this frees.
        write
            .prepare_cached("DELETE FROM recent WHERE n < ?")?
            .execute([batch.first_n_needed.cast_signed()])?;
        write
            .prepare_cached("INSERT INTO recent VALUES (?, ?, ?)")?
            .execute(params![batch.n.cast_signed(), frame_from_ms, frame])?;
        for (sealed, part) in batch.sealed.iter().zip(0..) {
            write_sealed(&write, sealed, (batch.n, part), day)?;
        }
        for keyframe in &batch.keyframes {
            write_keyframe(&write, keyframe)?;
        }
        if let Some(since_ms) = batch.run_since_ms {
            write
                .prepare_cached("INSERT OR REPLACE INTO run VALUES (?, ?)")?
                .execute([since_ms, batch.at_ms])?;
        }
        write.commit()?;
        self.run_until_ms = batch.at_ms;
        Ok(())
    }

    /// Closes it for good: the log becomes part of the file, which then stands alone.
    pub(super) fn finish(self) {
        let closed = self.db.execute_batch(
            "DELETE FROM recent; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;",
        );
        if let Err(error) = closed {
            // A reader has it open; it stays as it is, and is as good.
            tracing::debug!(%error, "a day's log stays beside its file");
        }
    }

    /// Takes the log into the file, so that nothing erased is left in it.
    pub(super) fn empty_log(&self) -> Result<(), HistoryError> {
        schema::empty_log(&self.db)
    }

    /// The connection, for what is rare.
    pub(super) fn db(&mut self) -> &mut Connection {
        &mut self.db
    }
}

/// What was written with one commit.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) n: u64,
    pub(super) rows: Vec<u8>,
}

fn write_names(write: &Transaction<'_>, names: &Names) -> Result<(), rusqlite::Error> {
    let mut device = write.prepare_cached("INSERT OR REPLACE INTO device VALUES (?, ?, ?)")?;
    for (v, key) in &names.devices {
        device.execute(params![v, key.source.as_str(), key.device])?;
    }
    let mut card = write.prepare_cached("INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?, ?, ?)")?;
    for (k, who) in &names.cards {
        card.execute(params![
            k.cast_signed(),
            who.id.as_str(),
            who.name,
            who.registration,
            who.groups_text(),
            who.devices_text()
        ])?;
    }
    Ok(())
}

fn write_sealed(
    write: &Transaction<'_>,
    sealed: &Sealed,
    (n, part): (u64, u32),
    day: Day,
) -> Result<(), rusqlite::Error> {
    let n = n.cast_signed();
    write
        .prepare_cached("INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![
            sealed.slot,
            sealed.v,
            n,
            part,
            sealed.s0,
            sealed.piece
        ])?;
    // What waited for a store until the next day is not in the file where it is looked for.
    let is_late = sealed.is_late || Day::of(sealed.at_ms) != day;
    if let Some((f0, f1)) = sealed.fixes.filter(|_| is_late) {
        write
            .prepare_cached("INSERT INTO late VALUES (?, ?, ?, ?, ?, ?)")?
            .execute(params![sealed.v, sealed.slot, n, part, f0, f1])?;
    }
    Ok(())
}

fn write_keyframe(write: &Transaction<'_>, keyframe: &Keyframe) -> Result<(), rusqlite::Error> {
    let mut insert =
        write.prepare_cached("INSERT INTO keyframe (at, block, piece) VALUES (?, ?, ?)")?;
    for (block, piece) in &keyframe.blocks {
        insert.execute(params![keyframe.at_ms, block, piece])?;
    }
    Ok(())
}

/// Whether a file was closed for good; one that cannot be read was not.
pub(super) fn is_finished(path: &Path) -> bool {
    let frames = schema::open_to_read(path).and_then(|db| {
        let frames = "SELECT EXISTS (SELECT 1 FROM recent)";
        Ok(db.query_row(frames, [], |row| row.get::<_, bool>(0))?)
    });
    matches!(frames, Ok(false))
}

/// The numbers that a file uses.
pub(super) fn names(db: &Connection) -> Result<Names, HistoryError> {
    let mut query = db.prepare("SELECT v, source, device FROM device ORDER BY v")?;
    let devices = query.query_map([], |row| {
        let source = SourceId::new(row.get::<_, String>(1)?);
        Ok((
            row.get(0)?,
            DeviceKey::new(source, row.get::<_, String>(2)?),
        ))
    })?;
    let devices = devices.collect::<Result<_, _>>()?;
    let mut query =
        db.prepare("SELECT k, id, name, registration, groups, devices FROM card ORDER BY k")?;
    let cards = query.query_map([], |row| {
        let card = Card {
            id: VehicleId::new(row.get::<_, String>(1)?),
            name: row.get(2)?,
            registration: row.get(3)?,
            groups: card::groups(&row.get::<_, String>(4)?),
            devices: card::devices(&row.get::<_, String>(5)?),
        };
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), card))
    })?;
    let cards = cards.collect::<Result<_, _>>()?;
    Ok(Names { devices, cards })
}

/// Whether the file itself is damaged, rather than out of reach.
pub(super) fn is_damaged(error: &HistoryError) -> bool {
    let HistoryError::Store(error) = error else {
        return false;
    };
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    )
}
