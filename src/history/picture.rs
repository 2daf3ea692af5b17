//! What the map showed at one time: the keyframe before it and the last word of each device since,
//! from a day's file and from memory.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::card::Card;
use super::chunk::Reader;
use super::codec::rows;
use super::day;
use super::error::HistoryError;
use super::keeper::Shared;
use super::latest::{Piece, latest};
use super::memory::SEALED_WITHIN_MS;
use super::past::{Known, was_running};
use super::piece::{Keyframe, Sealed, open_block, slot_of};
use super::record::{Record, Showing, time};
use super::schema;
use crate::domain::{DeviceKey, DeviceView, Vehicle};

/// What the memory adds to the files.
pub(super) struct InMemory {
    /// Device, and what it has pending.
    pending: Vec<(u32, Vec<u8>)>,
    sealed: Vec<Arc<Sealed>>,
    keyframe: Option<Arc<Keyframe>>,
    cards: HashMap<u64, Card>,
    keys: HashMap<u32, DeviceKey>,
    pub(super) known: Known,
    /// Whether the time asked for is of this run.
    pub(super) is_running: bool,
}

impl InMemory {
    pub(super) fn look(shared: &Shared, at_ms: i64) -> Self {
        let memory = shared.memory();
        let keyframes = memory.keyframes.iter().rev();
        let keyframe = keyframes.clone().find(|keyframe| keyframe.at_ms < at_ms);
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
            known: Known::of(&memory),
            is_running: memory.run_since_ms.is_some_and(|since| since <= at_ms),
        }
    }
}

/// What was last said of the map by each device up to a time.
pub(super) struct Picture {
    at_ms: i64,
    keyframe_at_ms: i64,
    /// Whether a run that the file knows of lasted until then.
    pub(super) was_running: bool,
    by_device: HashMap<u32, Record>,
    cards: HashMap<u64, Card>,
    keys: HashMap<u32, DeviceKey>,
    reader: Reader,
}

impl Picture {
    pub(super) fn new(at_ms: i64) -> Self {
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
    pub(super) fn read_file(&mut self, path: &Path, saved_n: u64) -> Result<bool, HistoryError> {
        let torn = || HistoryError::Torn {
            path: path.to_owned(),
        };
        let db = schema::open_to_read(path)?;
        let newest = "SELECT max(at) FROM keyframe WHERE at < ?";
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
        // From the newest on: the first one found of a device is nearly always the one.
        let mut newest_first = db.prepare(
            "SELECT v, s0, piece FROM chunk WHERE slot BETWEEN ? AND ? AND n <= ? AND s0 <= ?
             ORDER BY slot DESC, v DESC, n DESC, part DESC",
        )?;
        let mut found =
            newest_first.query(params![first, last, saved_n.cast_signed(), self.at_ms])?;
        let mut chosen: HashMap<u32, (i64, Vec<u8>)> = HashMap::new();
        while let Some(row) = found.next()? {
            let (v, s0) = (row.get(0)?, row.get(1)?);
            let best = chosen.entry(v).or_insert((i64::MIN, Vec::new()));
            if best.0 < s0 {
                let piece = row.get_ref(2)?.as_blob().unwrap_or_default();
                *best = (s0, piece.to_owned());
            }
        }
        let pieces: Vec<_> = chosen.into_iter().map(|(v, (_, it))| (v, it)).collect();
        Ok(self.enter_latest(&pieces))
    }

    fn enter_latest<P: AsRef<[u8]> + Sync>(&mut self, pieces: &[Piece<P>]) -> Option<()> {
        for (v, record) in latest(pieces, self.at_ms)? {
            self.enter(v, record);
        }
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
    pub(super) fn read_memory(&mut self, memory: &InMemory) -> bool {
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
        let sealed = memory.sealed.iter();
        let sealed: Vec<_> = sealed.map(|it| (it.v, it.piece.as_slice())).collect();
        let _ = self.enter_latest(&sealed);
        for (v, pending) in &memory.pending {
            let records = rows(pending).take_while(|record| record.at_ms <= self.at_ms);
            let last = records.filter(Record::is_shown).last();
            self.enter(*v, last);
        }
        newer.is_some()
    }

    /// The vehicles of the picture, by id.
    pub(super) fn vehicles(self) -> Vec<Vehicle> {
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
    // No more is kept of them than that the vehicle had them; it is found by their names.
    let devices = card.devices.iter().cloned();
    vehicle.devices = devices.map(DeviceView::unknown).collect();
    let place = record.place.as_ref().zip(key);
    vehicle.position = place.map(|(place, key)| place.position(key.clone()));
    look.put_on(&mut vehicle);
    Some(vehicle)
}

#[cfg(test)]
mod tests {
    use super::super::chunk::Press;
    use super::super::digest::{News, Tick, take_in};
    use super::super::memory::Memory;
    use super::*;
    use crate::domain::VehicleId;

    fn look(memory: &Memory, keyframe: Keyframe) -> InMemory {
        let names = memory.names();
        InMemory {
            pending: Vec::new(),
            sealed: Vec::new(),
            keyframe: Some(Arc::new(keyframe)),
            cards: names.cards.into_iter().collect(),
            keys: names.devices.into_iter().collect(),
            known: Known::of(memory),
            is_running: true,
        }
    }

    #[test]
    fn who_is_not_in_a_newer_keyframe_is_not_shown() {
        let (mut memory, mut press) = (Memory::new(), Press::default());
        let vehicle = Vehicle::new(VehicleId::new("x"), "x", time(0));
        let tick = Tick {
            vehicles: vec![Arc::new(vehicle)],
            ..Tick::default()
        };
        take_in(&mut memory, &tick, 5, &mut News::default());
        let before = look(&memory, memory.keyframe(10, &mut press));
        memory.shown.clear();
        let after = look(&memory, memory.keyframe(20, &mut press));
        for (looks, n_shown) in [(vec![&before], 1), (vec![&before, &after], 0)] {
            let mut picture = Picture::new(30);
            for one in looks {
                assert!(picture.read_memory(one));
            }
            assert_eq!(picture.vehicles().len(), n_shown);
        }
    }
}
