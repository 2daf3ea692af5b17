//! Forgetting a vehicle for good: its records, what it was called, and what was shown of it.
//!
//! What belongs to a vehicle is told by the cards that its records carry. A tracker that has been
//! in two vehicles keeps what it reported in the other one. What is overwritten is zeroed in the
//! file (`secure_delete`), and the log is emptied, so that no bytes stay behind.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use rusqlite::{OptionalExtension, Transaction, params};

use super::chunk::{Press, Reader};
use super::day::{self, DayFile, Names};
use super::error::HistoryError;
use super::memory::Memory;
use super::piece::{BLOCK, Sealed, block_of, open_block, sealed};
use super::place::{self, Day, day_file};
use super::record::Record;
use crate::domain::{DeviceKey, VehicleId};

/// What was forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Fixes.
    pub points: u64,
    /// Days that had any trace of the vehicle.
    pub days: u64,
    /// Trackers that nobody else had.
    pub devices: Vec<DeviceKey>,
}

impl Erased {
    /// Together with what was forgotten elsewhere.
    pub(super) fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.days += other.days;
        self.devices.extend_from_slice(&other.devices);
    }
}

/// Who is to be forgotten.
#[derive(Clone, Debug)]
pub(super) struct Whom {
    pub(super) id: VehicleId,
    /// What it was called while only a tracker of it was known, not the vehicle.
    pub(super) former: HashSet<VehicleId>,
    /// Trackers that are in no other vehicle now.
    pub(super) devices: Vec<DeviceKey>,
}

impl Whom {
    /// Vehicle `id`, which ever had `devices`.
    pub(super) fn of(memory: &Memory, id: &VehicleId, mut devices: Vec<DeviceKey>) -> Self {
        let is_elsewhere = |key: &DeviceKey| {
            let card = memory.find(key).and_then(|v| memory.card(memory.holder(v)));
            card.is_some_and(|card| card.id != *id)
        };
        devices.retain(|key| !is_elsewhere(key));
        let former = devices.iter().map(DeviceKey::vehicle_id);
        let former = former.filter(|former| !memory.shown.contains_key(former));
        Self {
            id: id.clone(),
            former: former.collect(),
            devices,
        }
    }
}

/// What belongs to a vehicle, in the numbers of a file.
#[derive(Debug)]
pub(super) struct Who {
    cards: HashSet<u64>,
    /// All its devices ever.
    devices: BTreeSet<u32>,
    /// Those that were nobody else's.
    pub(super) own: BTreeSet<u32>,
}

impl Who {
    /// What belongs to a vehicle.
    pub(super) fn of(names: &Names, whom: &Whom) -> Self {
        let id = &whom.id;
        let cards = names.cards.iter();
        let (its, others): (Vec<_>, Vec<_>) =
            cards.partition(|(_, card)| card.id == *id || whom.former.contains(&card.id));
        let keys = |cards: &[&(u64, super::card::Card)]| -> HashSet<DeviceKey> {
            let devices = cards.iter().flat_map(|(_, card)| &card.devices);
            devices.cloned().collect()
        };
        let (its_keys, others_keys) = (keys(&its), keys(&others));
        let is_its = |key: &DeviceKey| its_keys.contains(key) || is_stand_in(key, id);
        let devices = names.devices.iter().filter(|(_, key)| is_its(key));
        let own = devices
            .clone()
            .filter(|(_, key)| !others_keys.contains(key));
        Self {
            cards: its.iter().map(|(k, _)| *k).collect(),
            devices: devices.clone().map(|(v, _)| *v).collect(),
            own: own.map(|(v, _)| *v).collect(),
        }
    }

    fn is_nobody(&self) -> bool {
        self.cards.is_empty() && self.devices.is_empty()
    }

    fn left_of(&self, records: Vec<Record>) -> (Vec<Record>, u64) {
        let (gone, left): (Vec<_>, Vec<_>) = records
            .into_iter()
            .partition(|record| self.cards.contains(&record.card));
        let n_points = gone.iter().filter(|record| record.is_fix).count();
        (left, n_points as u64)
    }
}

/// Whether `key` stands for a vehicle that has no device.
fn is_stand_in(key: &DeviceKey, id: &VehicleId) -> bool {
    key.source.as_str().is_empty() && *key.device == *id.as_str()
}

/// Forgets a vehicle in the file that is being written; its log is to be emptied after that.
pub(super) fn from_day(
    file: &mut DayFile,
    whom: &Whom,
    press: &mut Press,
) -> Result<Erased, HistoryError> {
    let names = file.names()?;
    let who = Who::of(&names, whom);
    if who.is_nobody() {
        return Ok(Erased::default());
    }
    let write = file.db().transaction()?;
    let mut points = 0;
    for v in &who.devices {
        points += erase_pieces(&write, *v, &who, press)?;
        erase_from_keyframes(&write, *v, &who, press)?;
    }
    // All frames are in pieces by now; one remains, empty, for the number of the last commit.
    write.execute_batch(
        "UPDATE recent SET frame = x''; DELETE FROM recent WHERE n < (SELECT max(n) FROM recent);",
    )?;
    for k in &who.cards {
        write.execute("DELETE FROM card WHERE k = ?", [k.cast_signed()])?;
    }
    for v in &who.own {
        write.execute("DELETE FROM device WHERE v = ?", [v])?;
    }
    write.commit()?;
    let own = names
        .devices
        .into_iter()
        .filter(|(v, _)| who.own.contains(v));
    Ok(Erased {
        points,
        days: 1,
        devices: own.map(|(_, key)| key).collect(),
    })
}

/// Forgets a vehicle in the file of a day that is over.
pub(super) fn from_closed_day(dir: &Path, day: Day, whom: &Whom) -> Result<Erased, HistoryError> {
    if !day_file(dir, day).exists() {
        return Ok(Erased::default());
    }
    let mut file = DayFile::open(dir, day)?;
    let erased = from_day(&mut file, whom, &mut Press::default());
    // Nobody is found where an erasure before this one could not empty the log.
    let emptied = file.empty_log();
    file.finish();
    emptied.and(erased)
}

/// Forgets a vehicle in a file that was set aside. One that cannot be read goes as a whole: nobody
/// can tell what is in it.
pub(super) fn from_aside(path: &Path, day: Day, whom: &Whom) -> Result<(), HistoryError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.starts_with("trail-") {
        return place::remove(path);
    }
    let opened = DayFile::open_at(path.to_owned(), day);
    let checked = opened.and_then(|file| Ok((file.is_sound()?, file)));
    match checked {
        Ok((true, mut file)) => {
            let erased = from_day(&mut file, whom, &mut Press::default());
            let emptied = file.empty_log();
            erased.and(emptied)
        }
        Ok((false, _)) => place::remove(path),
        Err(error) if day::is_damaged(&error) => place::remove(path),
        Err(error) => Err(error),
    }
}

fn erase_pieces(
    write: &Transaction<'_>,
    v: u32,
    who: &Who,
    press: &mut Press,
) -> Result<u64, HistoryError> {
    let slots = "SELECT (SELECT min(slot) FROM chunk), (SELECT max(slot) FROM chunk)";
    let (first, last): (Option<i64>, Option<i64>) =
        write.query_row(slots, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(0);
    };
    let mut find = write.prepare("SELECT n, part, piece FROM chunk WHERE slot = ? AND v = ?")?;
    let mut update = write.prepare(
        "UPDATE chunk SET s0 = ?5, piece = ?6
         WHERE slot = ?1 AND v = ?2 AND n = ?3 AND part = ?4",
    )?;
    let mut reader = Reader::default();
    let mut n_points = 0;
    for slot in first..=last {
        let pieces = find.query_map(params![slot, v], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        let pieces: Vec<(i64, i64, Vec<u8>)> = pieces.collect::<Result<_, _>>()?;
        for (n, part, piece) in pieces {
            // A piece that cannot be read cannot be told apart either: it goes.
            let records = reader.all(&piece).unwrap_or_default();
            let n_before = records.len();
            let (left, n_gone) = who.left_of(records);
            n_points += n_gone;
            if left.is_empty() {
                let which = params![slot, v, n, part];
                write.execute(
                    "DELETE FROM chunk WHERE slot = ? AND v = ? AND n = ? AND part = ?",
                    which,
                )?;
                write.execute(
                    "DELETE FROM late WHERE slot = ? AND v = ? AND n = ? AND part = ?",
                    which,
                )?;
            } else if left.len() < n_before {
                let again = sealed(v, 0, &left, press);
                update.execute(params![slot, v, n, part, again.s0, again.piece])?;
            }
        }
    }
    Ok(n_points)
}

fn erase_from_keyframes(
    write: &Transaction<'_>,
    v: u32,
    who: &Who,
    press: &mut Press,
) -> Result<(), HistoryError> {
    let mut find = write.prepare("SELECT id FROM keyframe WHERE block = ?")?;
    let ids = find.query_map([v / BLOCK], |row| row.get(0))?;
    let ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
    let mut reader = Reader::default();
    for id in ids {
        let block = "SELECT piece FROM keyframe WHERE id = ?";
        let block: Option<Vec<u8>> = write.query_row(block, [id], |row| row.get(0)).optional()?;
        let block = block.unwrap_or_default();
        let records = open_block(&block).and_then(|(devices, piece)| {
            let records = reader.all(piece)?;
            Some(devices.into_iter().zip(records).collect::<Vec<_>>())
        });
        let mut records = records.unwrap_or_default();
        let n_before = records.len();
        records.retain(|(_, record)| !who.cards.contains(&record.card));
        if records.len() < n_before {
            let again = block_of(&records, press);
            write.execute(
                "UPDATE keyframe SET piece = ? WHERE id = ?",
                params![again, id],
            )?;
        }
    }
    Ok(())
}

impl Memory {
    /// Forgets the pieces and keyframes of a vehicle that are in memory alone.
    pub(super) fn erase_sealed(&mut self, who: &Who, press: &mut Press) -> Erased {
        let mut erased = Erased {
            days: 1,
            ..Erased::default()
        };
        let mut reader = Reader::default();
        let pieces: Vec<_> = self.sealed.iter().cloned().collect();
        self.forget_sealed(pieces.len());
        for piece in pieces {
            let records = reader.all(&piece.piece).unwrap_or_default();
            let (left, n_points) = who.left_of(records);
            erased.points += n_points;
            if !left.is_empty() {
                let again = sealed(piece.v, piece.at_ms, &left, press);
                self.add_sealed(Sealed {
                    slot: piece.slot,
                    ..again
                });
            }
        }
        // What was shown a while ago is not worth more care than this.
        self.keyframes.clear();
        erased
    }
}
