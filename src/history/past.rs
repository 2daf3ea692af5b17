//! The past as others ask for it: where a device was, and what the map showed.
//!
//! Reads on connections of its own, beside the writer. What is not in a file yet comes from
//! memory; pieces of a commit that the memory did not know of yet are left out of the file's
//! answer, so nothing comes twice and nothing is missing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::Span;
use super::card::{self, Card};
use super::chunk::Reader;
use super::codec::rows;
use super::day;
use super::error::HistoryError;
use super::keeper::Shared;
use super::memory::SEALED_WITHIN_MS;
use super::piece::{Keyframe, LATE_AFTER_MS, Sealed, open_block, slot_of};
use super::place::{self, Day, day_file};
use super::record::{Record, Showing, time};
use super::schema;
use super::status::State;
use crate::domain::{DeviceKey, DeviceView, Vehicle, VehicleId};

/// Whose fixes are wanted of a device that may have been in several vehicles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose<'a> {
    pub(super) id: &'a VehicleId,
    /// The devices that it has now.
    pub(super) devices: &'a [DeviceKey],
}

impl Whose<'_> {
    /// Whether `card` was the vehicle's, or that of one of its devices on its own before it was
    /// known to be in this vehicle. Another plate or roster entry was another vehicle.
    fn has(&self, card: &Card) -> bool {
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
    let (pending, sealed, saved_n) = {
        let memory = shared.memory();
        let v = memory.find(key);
        let its = |sealed: &&Arc<Sealed>| Some(sealed.v) == v;
        let sealed: Vec<_> = memory.sealed.iter().filter(its).cloned().collect();
        let pending = v.map_or_else(Vec::new, |v| memory.pending(v).to_vec());
        (pending, sealed, memory.saved_n)
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
        found.retain(|record| memory.card(record.card).is_none_or(|card| whose.has(card)));
    }
    if let Some(dir) = &shared.settings.dir {
        for (day, _) in place::days(dir) {
            if day < Day::of(from_ms) {
                continue;
            }
            let path = day_file(dir, day);
            let mut in_file = Vec::new();
            let read = schema::open_to_read(&path).and_then(|db| {
                each_piece(&db, key, (from_ms, to_ms), saved_n, &mut |piece| {
                    let read = keep(piece, &mut in_file);
                    read.ok_or_else(|| HistoryError::Torn { path: path.clone() })
                })?;
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

/// Leaves out what the cards of a file tell to be of another vehicle.
fn keep_own(
    db: &Connection,
    whose: Whose<'_>,
    records: &mut Vec<Record>,
) -> Result<(), HistoryError> {
    let mut card = db.prepare("SELECT id, devices FROM card WHERE k = ?")?;
    let mut is_own: HashMap<u64, bool> = HashMap::new();
    for record in &*records {
        if is_own.contains_key(&record.card) {
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
        // What came before the device was in any vehicle is the first one's.
        let is_its = found.optional()?.is_none_or(|card| whose.has(&card));
        is_own.insert(record.card, is_its);
    }
    records.retain(|record| is_own.get(&record.card) != Some(&false));
    Ok(())
}

/// The pieces of a device in the file of one day that may hold fixes between two times.
fn each_piece(
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
fn forgive_while_failing(
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
                .read_file(&path, memory.saved_n)
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

/// Whether any run is known to have lasted until `at_ms`: what the last one showed when it ended
/// was on no screen afterwards.
fn was_running(db: &Connection, at_ms: i64) -> Result<bool, HistoryError> {
    let until = "SELECT max(until) FROM run WHERE since <= ?";
    let until: Option<i64> = db.query_row(until, [at_ms], |row| row.get(0))?;
    // A file from before this was noted says nothing of it.
    Ok(until.is_none_or(|until| at_ms <= until.saturating_add(day::RUN_KNOWN_FOR_MS)))
}

/// How far back it goes.
pub(super) fn span(shared: &Shared) -> Result<Span, HistoryError> {
    let (to_ms, in_memory) = {
        let memory = shared.memory();
        let first = memory.keyframes.front().map(|keyframe| keyframe.at_ms);
        (memory.at_ms, first)
    };
    let dir = shared.settings.dir.as_deref();
    let days = dir.map(place::days).unwrap_or_default();
    let mut from_ms = None;
    if let (Some(dir), Some((day, _))) = (dir, days.first()) {
        let oldest = schema::open_to_read(&day_file(dir, *day))
            .and_then(|db| Ok(db.query_row("SELECT min(at) FROM keyframe", [], |row| row.get(0))?));
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

/// What the memory adds to the files.
struct InMemory {
    /// Device, and what it has pending.
    pending: Vec<(u32, Vec<u8>)>,
    sealed: Vec<Arc<Sealed>>,
    keyframe: Option<Arc<Keyframe>>,
    cards: HashMap<u64, Card>,
    keys: HashMap<u32, DeviceKey>,
    saved_n: u64,
    /// Whether the time asked for is of this run.
    is_running: bool,
}

impl InMemory {
    fn look(shared: &Shared, at_ms: i64) -> Self {
        let memory = shared.memory();
        let keyframes = memory.keyframes.iter().rev();
        let keyframe = keyframes.clone().find(|keyframe| keyframe.at_ms <= at_ms);
        let names = memory.names();
        Self {
            pending: memory.pending_by(at_ms),
            sealed: memory
                .sealed
                .iter()
                .filter(|sealed| sealed.s0.is_some_and(|s0| s0 <= at_ms))
                .cloned()
                .collect(),
            keyframe: keyframe.cloned(),
            cards: names.cards.into_iter().collect(),
            keys: names.devices.into_iter().collect(),
            saved_n: memory.saved_n,
            is_running: memory.run_since_ms.is_some_and(|since| since <= at_ms),
        }
    }
}

/// A piece of a device: minute, commit, part.
type Which = (i64, i64, i64);

/// What was last said of the map by each device up to a time.
struct Picture {
    at_ms: i64,
    keyframe_at_ms: i64,
    /// Whether a run that the file knows of lasted until then.
    was_running: bool,
    by_device: HashMap<u32, Record>,
    cards: HashMap<u64, Card>,
    keys: HashMap<u32, DeviceKey>,
    reader: Reader,
}

impl Picture {
    fn new(at_ms: i64) -> Self {
        Self {
            at_ms,
            keyframe_at_ms: i64::MIN,
            was_running: false,
            by_device: HashMap::new(),
            cards: HashMap::new(),
            keys: HashMap::new(),
            reader: Reader::default(),
        }
    }

    /// Reads the file of a day; whether it has anything of the time.
    fn read_file(&mut self, path: &Path, saved_n: u64) -> Result<bool, HistoryError> {
        let torn = || HistoryError::Torn {
            path: path.to_owned(),
        };
        let db = schema::open_to_read(path)?;
        let newest = "SELECT max(at) FROM keyframe WHERE at <= ?";
        let newest: Option<i64> = db.query_row(newest, [self.at_ms], |row| row.get(0))?;
        let Some(keyframe_at_ms) = newest else {
            return Ok(false);
        };
        self.was_running = was_running(&db, self.at_ms)?;
        let names = day::names(&db)?;
        self.cards = names.cards.into_iter().collect();
        self.keys = names.devices.into_iter().collect();
        let mut blocks = db.prepare("SELECT piece FROM keyframe WHERE at = ?")?;
        let mut blocks = blocks.query([keyframe_at_ms])?;
        self.keyframe_at_ms = keyframe_at_ms;
        while let Some(row) = blocks.next()? {
            let block = row.get_ref(0)?.as_blob().unwrap_or_default();
            self.read_block(block).ok_or_else(torn)?;
        }
        self.read_pieces(&db, saved_n)?.ok_or_else(torn)?;
        Ok(true)
    }

    fn read_block(&mut self, block: &[u8]) -> Option<()> {
        let (devices, piece) = open_block(block)?;
        let records = self.reader.all(piece)?;
        self.by_device.extend(devices.into_iter().zip(records));
        Some(())
    }

    /// Of each device the one piece that has its last word on the map.
    fn read_pieces(&mut self, db: &Connection, saved_n: u64) -> rusqlite::Result<Option<()>> {
        let first = slot_of(self.keyframe_at_ms);
        let last = slot_of(self.at_ms.saturating_add(SEALED_WITHIN_MS));
        let mut chosen: HashMap<u32, (i64, Which)> = HashMap::new();
        let mut heads = db.prepare(
            "SELECT v, s0, slot, n, part FROM chunk WHERE slot BETWEEN ? AND ? AND n <= ? AND s0 <= ?",
        )?;
        let mut found = heads.query(params![first, last, saved_n.cast_signed(), self.at_ms])?;
        while let Some(row) = found.next()? {
            let (v, s0) = (row.get(0)?, row.get(1)?);
            let best = chosen.entry(v).or_insert((i64::MIN, (0, 0, 0)));
            if best.0 <= s0 {
                *best = (s0, (row.get(2)?, row.get(3)?, row.get(4)?));
            }
        }
        let mut order: Vec<_> = chosen.into_iter().collect();
        order.sort_unstable_by_key(|(v, (_, (slot, ..)))| (*slot, *v));
        let mut piece =
            db.prepare("SELECT piece FROM chunk WHERE slot = ? AND v = ? AND n = ? AND part = ?")?;
        for (v, (_, (slot, n, part))) in order {
            let mut row = piece.query(params![slot, v, n, part])?;
            if let Some(row) = row.next()? {
                let bytes = row.get_ref(0)?.as_blob().unwrap_or_default();
                if self.read_piece(v, bytes).is_none() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(()))
    }

    fn read_piece(&mut self, v: u32, piece: &[u8]) -> Option<()> {
        let mut last = None;
        let at_ms = self.at_ms;
        self.reader.read(piece, |record| {
            let is_early = record.at_ms <= at_ms;
            if is_early && record.is_shown() {
                last = Some(record);
            }
            is_early
        })?;
        self.enter(v, last);
        Some(())
    }

    fn enter(&mut self, v: u32, record: Option<Record>) {
        // What is before the keyframe is in it, or gone.
        let record = record.filter(|record| self.keyframe_at_ms < record.at_ms);
        if let Some(record) = record {
            self.by_device.insert(v, record);
        }
    }

    /// Adds what is in memory; whether that alone tells what was shown.
    fn read_memory(&mut self, memory: &InMemory) -> bool {
        let newer = memory.keyframe.as_ref();
        let newer = newer.filter(|keyframe| self.keyframe_at_ms < keyframe.at_ms);
        if let Some(keyframe) = newer {
            self.by_device.clear();
            self.keyframe_at_ms = keyframe.at_ms;
            for (_, block) in &keyframe.blocks {
                let _ = self.read_block(block);
            }
        }
        // The file's own come first: a run that began on a later day counts anew.
        for (k, card) in &memory.cards {
            self.cards.entry(*k).or_insert_with(|| card.clone());
        }
        for (v, key) in &memory.keys {
            self.keys.entry(*v).or_insert_with(|| key.clone());
        }
        for sealed in &memory.sealed {
            let _ = self.read_piece(sealed.v, &sealed.piece);
        }
        for (v, pending) in &memory.pending {
            let records = rows(pending).take_while(|record| record.at_ms <= self.at_ms);
            let last = records.filter(Record::is_shown).last();
            self.enter(*v, last);
        }
        newer.is_some()
    }

    /// The vehicles of the picture, by id.
    fn vehicles(self) -> Vec<Vehicle> {
        let mut by_vehicle: BTreeMap<&str, (&Card, u32, &Record)> = BTreeMap::new();
        for (v, record) in &self.by_device {
            let Some(card) = self.cards.get(&record.card) else {
                continue;
            };
            let held = by_vehicle.get(card.id.as_str());
            if held.is_none_or(|(_, _, held)| held.at_ms < record.at_ms) {
                by_vehicle.insert(card.id.as_str(), (card, *v, record));
            }
        }
        let vehicles = by_vehicle.into_values();
        vehicles
            .filter_map(|(card, v, record)| vehicle(card, self.keys.get(&v), record))
            .collect()
    }
}

fn vehicle(card: &Card, key: Option<&DeviceKey>, record: &Record) -> Option<Vehicle> {
    let Showing::As(look) = &record.showing else {
        return None;
    };
    let now = time(record.at_ms);
    let mut vehicle = Vehicle::new(card.id.clone(), Arc::clone(&card.name), now);
    vehicle.registration.clone_from(&card.registration);
    vehicle.groups.clone_from(&card.groups);
    vehicle.devices = card.devices.iter().map(view).collect();
    let place = record.place.as_ref().zip(key);
    vehicle.position = place.map(|(place, key)| place.position(key.clone()));
    look.put_on(&mut vehicle);
    Some(vehicle)
}

/// A device of which no more is kept than that the vehicle had it; it is found by its name.
fn view(device: &DeviceKey) -> DeviceView {
    DeviceView {
        device: device.clone(),
        lat_lng_deg: None,
        fixed_at: None,
        received_at: None,
        speed_mps: None,
        heading_deg: None,
        expected: None,
        verdict: None,
        reason: "".into(),
    }
}
