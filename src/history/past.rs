//! The past as others ask for it: where a device was, and what the map showed.
//!
//! Reads on connections of its own, beside the writer. What is not in a file yet comes from
//! memory; pieces of a commit that the memory did not know of yet are left out of the file's
//! answer, so nothing comes twice and nothing is missing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::Span;
use super::card::{self, Card};
use super::chunk::Reader;
use super::codec::rows;
use super::day;
use super::error::HistoryError;
use super::keeper::Shared;
use super::memory::{Memory, SEALED_WITHIN_MS};
use super::picture::{InMemory, Picture};
use super::piece::{LATE_AFTER_MS, Sealed, slot_of};
use super::place::{self, Day, day_file};
use super::record::{Record, time};
use super::schema;
use super::seen::Seen;
use super::status::State;
use crate::domain::{DeviceKey, Vehicle, VehicleId};

/// Whose fixes are wanted of a device that may have been in several vehicles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose<'a> {
    pub(super) id: &'a VehicleId,
    /// The devices that it has now.
    pub(super) devices: &'a [DeviceKey],
    /// When the viewer could see it; `None` for who sees all vehicles.
    pub(super) seen: Option<&'a Seen>,
}

impl Whose<'_> {
    /// Whether a fix is the vehicle's, and the viewer could see that when it was there. `card` is
    /// the record's; `None` where the device was in no vehicle yet, or nobody knows in which.
    fn has(&self, record: &Record, card: Option<&Card>) -> bool {
        // What came before the device was in any vehicle is the first one's.
        if !card.is_none_or(|card| self.is_of(card)) {
            return false;
        }
        let Some(seen) = self.seen else { return true };
        let then = match card {
            Some(card) => &card.id,
            None if record.card == 0 => self.id,
            None => return false,
        };
        let fix_ms = record.fix_at_ms();
        fix_ms.is_some_and(|fix_ms| seen.at(then, fix_ms))
    }

    /// Whether `card` was the vehicle's, or that of one of its devices on its own before it was
    /// known to be in this vehicle. Another plate or roster entry was another vehicle.
    fn is_of(&self, card: &Card) -> bool {
        let is_alone =
            |key: &DeviceKey| card.id.as_str() == format!("{}/{}", key.source, key.device);
        card.id == *self.id
            || matches!(card.devices.as_slice(), [key] if is_alone(key) && self.devices.contains(key))
    }
}

/// Fixes of one device between two times, ascending; of two for one time the one that was not
/// filled in later.
pub(super) fn fixes(
    shared: &Shared,
    key: &DeviceKey,
    (from_ms, to_ms): (i64, i64),
    whose: Option<Whose<'_>>,
) -> Result<Vec<Record>, HistoryError> {
    let wanted = |record: &Record| {
        let fix_ms = record.fix_at_ms();
        fix_ms.is_some_and(|fix_ms| from_ms <= fix_ms && fix_ms <= to_ms)
    };
    let (pending, sealed, known) = {
        let memory = shared.memory();
        let v = memory.find(key);
        let its = |sealed: &&Arc<Sealed>| Some(sealed.v) == v;
        let sealed: Vec<_> = memory.sealed.iter().filter(its).cloned().collect();
        let pending = v.map_or_else(Vec::new, |v| memory.pending(v).to_vec());
        (pending, sealed, Known::of(&memory))
    };
    let mut reader = Reader::default();
    let mut found: Vec<Record> = rows(&pending).filter(wanted).collect();
    let mut keep = |piece: &[u8], found: &mut Vec<Record>| {
        reader.read(piece, |record| {
            if wanted(&record) {
                found.push(record);
            }
            true
        })
    };
    for sealed in &sealed {
        let _ = keep(&sealed.piece, &mut found);
    }
    if let Some(whose) = whose {
        let memory = shared.memory();
        found.retain(|record| whose.has(record, memory.card(record.card)));
    }
    if let Some(dir) = &shared.settings.dir {
        for (day, _) in place::days(dir) {
            if day < Day::of(from_ms) {
                continue;
            }
            let path = day_file(dir, day);
            let mut in_file = Vec::new();
            let read = schema::open_to_read(&path).and_then(|db| {
                each_piece(
                    &db,
                    key,
                    (from_ms, to_ms),
                    known.in_file_of(day),
                    &mut |piece| {
                        let read = keep(piece, &mut in_file);
                        read.ok_or_else(|| HistoryError::Torn { path: path.clone() })
                    },
                )?;
                whose.map_or(Ok(()), |whose| keep_own(&db, whose, &mut in_file))
            });
            forgive_while_failing(shared, read)?;
            found.append(&mut in_file);
        }
    }
    found.sort_by_key(|record| (record.fix_at_ms(), record.is_filled));
    found.dedup_by_key(|record| record.fix_at_ms());
    Ok(found)
}

/// Leaves out what the cards of a file tell to be of another vehicle, or not for this viewer.
fn keep_own(
    db: &Connection,
    whose: Whose<'_>,
    records: &mut Vec<Record>,
) -> Result<(), HistoryError> {
    let mut card = db.prepare("SELECT id, devices FROM card WHERE k = ?")?;
    let mut cards: HashMap<u64, Option<Card>> = HashMap::new();
    for record in &*records {
        if cards.contains_key(&record.card) {
            continue;
        }
        let found = card.query_row([record.card.cast_signed()], |row| {
            Ok(Card {
                id: VehicleId::new(row.get::<_, String>(0)?),
                name: "".into(),
                registration: None,
                groups: Vec::new(),
                devices: card::devices(&row.get::<_, String>(1)?),
            })
        });
        cards.insert(record.card, found.optional()?);
    }
    records.retain(|record| {
        let card = cards.get(&record.card).and_then(Option::as_ref);
        whose.has(record, card)
    });
    Ok(())
}

/// The pieces of a device in the file of one day that may hold fixes between two times, or records
/// that were published then.
pub(super) fn each_piece(
    db: &Connection,
    key: &DeviceKey,
    (from_ms, to_ms): (i64, i64),
    saved_n: u64,
    each: &mut dyn FnMut(&[u8]) -> Result<(), HistoryError>,
) -> Result<(), HistoryError> {
    let number = "SELECT v FROM device WHERE source = ? AND device = ?";
    let key = params![key.source.as_str(), key.device];
    let v: Option<u32> = db.query_row(number, key, |row| row.get(0)).optional()?;
    let Some(v) = v else { return Ok(()) };
    let mut late = db.prepare("SELECT slot, n FROM late WHERE v = ? AND f0 <= ? AND f1 >= ?")?;
    let late = late.query_map(params![v, to_ms, from_ms], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let late: HashSet<(i64, i64)> = late.collect::<Result<_, _>>()?;
    // Asked for together in one SELECT, SQLite would read the whole table.
    let slots = "SELECT (SELECT min(slot) FROM chunk), (SELECT max(slot) FROM chunk)";
    let (first, last): (Option<i64>, Option<i64>) =
        db.query_row(slots, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(());
    };
    let first = first.max(slot_of(from_ms));
    let last = last.min(slot_of(
        to_ms.saturating_add(LATE_AFTER_MS + SEALED_WITHIN_MS),
    ));
    let mut in_slot = db.prepare("SELECT n, piece FROM chunk WHERE slot = ? AND v = ?")?;
    let others = late.iter().map(|(slot, _)| *slot);
    let others = others.filter(|slot| *slot < first || last < *slot);
    let others: HashSet<i64> = others.collect();
    for slot in (first..=last).chain(others) {
        let mut found = in_slot.query(params![slot, v])?;
        while let Some(row) = found.next()? {
            if row.get::<_, i64>(0)?.cast_unsigned() <= saved_n {
                each(row.get_ref(1)?.as_blob().unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

/// While nothing can be written, a file that cannot be read either is no news.
pub(super) fn forgive_while_failing(
    shared: &Shared,
    read: Result<(), HistoryError>,
) -> Result<(), HistoryError> {
    let is_failing = shared.health.now().state == State::Failing;
    read.or_else(|error| if is_failing { Ok(()) } else { Err(error) })
}

/// What the map showed at `at_ms`; `None` where nothing is remembered of that time.
pub(super) fn shown_at(shared: &Shared, at_ms: i64) -> Result<Option<Vec<Vehicle>>, HistoryError> {
    let memory = InMemory::look(shared, at_ms);
    let mut picture = Picture::new(at_ms);
    let mut is_known = false;
    let mut is_running = memory.is_running;
    if let Some(dir) = &shared.settings.dir {
        let mut days = place::days(dir);
        days.retain(|(day, _)| *day <= Day::of(at_ms));
        for (day, _) in days.into_iter().rev() {
            let path = day_file(dir, day);
            let read = picture
                .read_file(&path, memory.known.in_file_of(day))
                .map(|found| is_known = found);
            forgive_while_failing(shared, read)?;
            if is_known {
                is_running |= picture.was_running;
                break;
            }
        }
    }
    is_known |= picture.read_memory(&memory);
    Ok((is_known && is_running).then(|| picture.vehicles()))
}

/// Which commits the memory knows of: those of this run, up to one, and all of the days before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    counted_since: Option<Day>,
    saved_n: u64,
}

impl Known {
    pub(super) fn of(memory: &Memory) -> Self {
        Self {
            counted_since: memory.counted_since,
            saved_n: memory.saved_n,
        }
    }

    /// The last commit in the file of a day that is no longer in memory.
    fn in_file_of(self, day: Day) -> u64 {
        if self.counted_since.is_none_or(|since| day < since) {
            i64::MAX.cast_unsigned()
        } else {
            self.saved_n
        }
    }
}

/// Whether any run is known to have lasted until `at_ms`: what the last one showed when it ended
/// was on no screen afterwards.
pub(super) fn was_running(db: &Connection, at_ms: i64) -> Result<bool, HistoryError> {
    let until = "SELECT max(until) FROM run WHERE since <= ?";
    let until: Option<i64> = db.query_row(until, [at_ms], |row| row.get(0))?;
    // A file from before this was noted says nothing of it.
    Ok(until.is_none_or(|until| at_ms <= until.saturating_add(day::RUN_KNOWN_FOR_MS)))
}

/// How far back it goes.
pub(super) fn span(shared: &Shared) -> Result<Span, HistoryError> {
    let (to_ms, in_memory) = {
        let memory = shared.memory();
        let first = memory.keyframes.front().map(|keyframe| keyframe.at_ms + 1);
        (memory.at_ms, first)
    };
    let dir = shared.settings.dir.as_deref();
    let days = dir.map(place::days).unwrap_or_default();
    let mut from_ms = None;
    if let (Some(dir), Some((day, _))) = (dir, days.first()) {
        let oldest = schema::open_to_read(&day_file(dir, *day)).and_then(|db| {
            Ok(db.query_row("SELECT min(at) + 1 FROM keyframe", [], |row| row.get(0))?)
        });
        forgive_while_failing(shared, oldest.map(|oldest| from_ms = oldest))?;
    }
    let from_ms = from_ms.or(in_memory);
    Ok(Span {
        from: from_ms.map(time),
        to: from_ms.map(|_| time(to_ms)),
        days: days.into_iter().map(|(day, n)| (day.date(), n)).collect(),
    })
}

/// All devices that a vehicle had at or after a time, by its newest card first.
pub(super) fn devices_of(
    shared: &Shared,
    id: &VehicleId,
    since_ms: i64,
) -> Result<Vec<DeviceKey>, HistoryError> {
    let names = shared.memory().names();
    let mut devices = Vec::new();
    let mut add = |found: Vec<DeviceKey>| {
        for key in found {
            if !devices.contains(&key) {
                devices.push(key);
            }
        }
    };
    for (_, card) in names.cards.into_iter().rev() {
        if card.id == *id {
            add(card.devices);
        }
    }
    if let Some(dir) = &shared.settings.dir {
        let days = place::days(dir).into_iter().rev();
        for (day, _) in days.take_while(|(day, _)| Day::of(since_ms) <= *day) {
            let read = schema::open_to_read(&day_file(dir, day)).and_then(|db| {
                let mut cards =
                    db.prepare("SELECT devices FROM card WHERE id = ? ORDER BY k DESC")?;
                let mut cards = cards.query([id.as_str()])?;
                while let Some(row) = cards.next()? {
                    add(card::devices(&row.get::<_, String>(0)?));
                }
                Ok(())
            });
            forgive_while_failing(shared, read)?;
        }
    }
    Ok(devices)
}
