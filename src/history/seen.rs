//! When a viewer of some groups could see a vehicle: by what is kept of its groups anyway, a card
//! in each record of what the map showed, and all cards in each keyframe.
//!
//! What nobody knows counts as not seen: the time before a run's first word of a vehicle, the time
//! when no server ran, and what a day that is gone would have told. So each day tells for itself,
//! and only as long as its runs lasted.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::card;
use super::chunk::Reader;
use super::codec::rows;
use super::error::HistoryError;
use super::keeper::Shared;
use super::past::{each_piece, forgive_while_failing};
use super::piece::{BLOCK, Keyframe, Sealed, open_block};
use super::place::{self, Day, day_file};
use super::record::{Record, Showing};
use super::schema;
use crate::domain::sight::Groups;
use crate::domain::{DeviceKey, SourceId, VehicleId};

/// Of whom, for whom, and of which time it is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) id: &'a VehicleId,
    /// All devices that it had then.
    pub(super) devices: &'a [DeviceKey],
    /// What the viewer may see.
    pub(super) groups: &'a Groups,
    /// From, to.
    pub(super) span_ms: (i64, i64),
}

/// Of what it is known in the order of one moment: what comes later counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    RunBegins,
    Keyframe,
    Record,
    RunEnds,
}

/// From when on it is seen, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    at_ms: i64,
    /// The day that tells it; the memory is later than all. At midnight one ends, and then the
    /// next begins.
    teller: Day,
    what: What,
    is_seen: bool,
}

/// When a vehicle was seen, and each of its devices where that was one on its own.
#[derive(Debug)]
pub(super) struct Seen {
    turns: HashMap<VehicleId, Vec<Turn>>,
    /// What came since is not in here.
    known_until_ms: i64,
}

impl Seen {
    /// Asks the memory first, and then the files: so nothing is in neither.
    pub(super) fn look(shared: &Shared, question: Question<'_>) -> Result<Self, HistoryError> {
        let mut all = Inquiry::new(question);
        let run_since_ms = all.ask_memory(shared);
        let known_until_ms = run_since_ms.map_or(i64::MAX, |(_, at_ms)| at_ms);
        if let Some(dir) = &shared.settings.dir {
            let days = place::days(dir);
            let newest = days.last().map(|(day, _)| *day);
            for (day, _) in days {
                if day < Day::of(question.span_ms.0) {
                    continue;
                }
                let goes_on = run_since_ms.filter(|_| Some(day) == newest);
                let goes_on = goes_on.map(|(since_ms, _)| since_ms);
                let mut of_day = all.told_by(day);
                let read = of_day.ask_file(&day_file(dir, day), goes_on);
                if read.is_ok() {
                    all.turns.append(&mut of_day.turns);
                }
                forgive_while_failing(shared, read)?;
            }
        }
        Ok(Self {
            turns: all.in_order(),
            known_until_ms,
        })
    }

    /// Whether vehicle `id` was seen at `at_ms`, for all that is known.
    pub(super) fn at(&self, id: &VehicleId, at_ms: i64) -> bool {
        let Some(turns) = self.turns.get(id).filter(|_| at_ms <= self.known_until_ms) else {
            return false;
        };
        let n_before = turns.partition_point(|turn| turn.at_ms <= at_ms);
        let last = n_before.checked_sub(1).and_then(|last| turns.get(last));
        last.is_some_and(|turn| turn.is_seen)
    }
}

/// What one teller says: the memory, or the file of a day.
struct Inquiry<'a> {
    question: Question<'a>,
    /// The vehicle, and its devices as vehicles on their own.
    ids: Arc<[VehicleId]>,
    /// The devices in whose records there may be a word of these.
    keys: Arc<[DeviceKey]>,
    teller: Day,
    /// By number: of which of the `ids` a card is, and whether its groups are seen.
    cards: HashMap<u64, (usize, bool)>,
    turns: Vec<(usize, Turn)>,
    reader: Reader,
}

impl<'a> Inquiry<'a> {
    fn new(question: Question<'a>) -> Self {
        let Question { id, devices, .. } = question;
        let alone = |key: &DeviceKey| VehicleId::new(format!("{}/{}", key.source, key.device));
        // A vehicle without any device is remembered under its id.
        let nobody = DeviceKey::new(SourceId::new(""), id.as_str());
        Self {
            question,
            ids: std::iter::once(id.clone())
                .chain(devices.iter().map(alone))
                .collect(),
            keys: devices.iter().cloned().chain([nobody]).collect(),
            teller: Day(i64::MAX),
            cards: HashMap::new(),
            turns: Vec::new(),
            reader: Reader::default(),
        }
    }

    fn told_by(&self, teller: Day) -> Self {
        Self {
            question: self.question,
            ids: Arc::clone(&self.ids),
            keys: Arc::clone(&self.keys),
            teller,
            cards: HashMap::new(),
            turns: Vec::new(),
            reader: Reader::default(),
        }
    }

    /// Since when this run lasts and up to when it is told here, if it has begun.
    fn ask_memory(&mut self, shared: &Shared) -> Option<(i64, i64)> {
        let memory = shared.memory();
        for (k, card) in memory.names().cards {
            self.learn(k, &card.id, &card.groups);
        }
        let numbers = self.keys.iter().filter_map(|key| memory.find(key));
        let numbers: BTreeSet<u32> = numbers.collect();
        let keyframes: Vec<Arc<Keyframe>> = memory.keyframes.iter().cloned().collect();
        let its = |sealed: &&Arc<Sealed>| numbers.contains(&sealed.v);
        let sealed: Vec<Arc<Sealed>> = memory.sealed.iter().filter(its).cloned().collect();
        let pending: Vec<Vec<u8>> = numbers
            .iter()
            .map(|v| memory.pending(*v).to_vec())
            .collect();
        let run = memory.run_since_ms.map(|since_ms| (since_ms, memory.at_ms));
        drop(memory);
        if let Some((since_ms, _)) = run {
            // Before what any file tells of that moment.
            self.teller = Day(i64::MIN);
            self.nothing_is_known(since_ms, What::RunBegins);
            self.teller = Day(i64::MAX);
        }
        for keyframe in keyframes {
            self.nothing_is_known(keyframe.at_ms + 1, What::Keyframe);
            for (block, bytes) in &keyframe.blocks {
                if numbers.iter().any(|v| v / BLOCK == *block) {
                    let _ = self.block(keyframe.at_ms, bytes);
                }
            }
        }
        for sealed in sealed {
            let _ = self.piece(&sealed.piece);
        }
        for pending in pending {
            for record in rows(&pending) {
                self.word(record.at_ms, What::Record, &record);
            }
        }
        run
    }

    /// `goes_on`: the run that is not at its end, if this is its newest file.
    fn ask_file(&mut self, path: &Path, goes_on: Option<i64>) -> Result<(), HistoryError> {
        let torn = || HistoryError::Torn {
            path: path.to_owned(),
        };
        let db = schema::open_to_read(path)?;
        let mut cards = db.prepare("SELECT k, groups FROM card WHERE id = ?")?;
        for id in Arc::clone(&self.ids).iter() {
            let mut found = cards.query([id.as_str()])?;
            while let Some(row) = found.next()? {
                let k = row.get::<_, i64>(0)?.cast_unsigned();
                self.learn(k, id, &card::groups(&row.get::<_, String>(1)?));
            }
        }
        if !self.cards.values().any(|(_, is_seen)| *is_seen) {
            return Ok(());
        }
        self.ask_runs(&db, goes_on)?;
        let (from_ms, to_ms) = self.question.span_ms;
        // The last before the span; or else the first, which a day begins with.
        let keyframe = "SELECT ifnull((SELECT max(at) FROM keyframe WHERE at < ?1),
            (SELECT min(at) FROM keyframe))";
        let keyframe: Option<i64> = db.query_row(keyframe, [from_ms], |row| row.get(0))?;
        if let Some(keyframe_at_ms) = keyframe {
            self.ask_keyframe(&db, keyframe_at_ms)?.ok_or_else(torn)?;
        }
        let since_ms = keyframe.map_or(from_ms, |at_ms| at_ms.min(from_ms));
        for key in Arc::clone(&self.keys).iter() {
            let span_ms = (since_ms, to_ms);
            each_piece(&db, key, span_ms, u64::MAX, &mut |piece| {
                self.piece(piece).ok_or_else(torn)
            })?;
        }
        Ok(())
    }

    fn ask_runs(&mut self, db: &Connection, goes_on: Option<i64>) -> Result<(), HistoryError> {
        let mut runs = db.prepare("SELECT since, until FROM run")?;
        let mut runs = runs.query([])?;
        while let Some(row) = runs.next()? {
            let since_ms = row.get(0)?;
            // Of one that began before this day, the file of that day tells what it knew at first.
            if self.teller.starts_at_ms() <= since_ms {
                self.nothing_is_known(since_ms, What::RunBegins);
            }
            if goes_on != Some(since_ms) {
                let last_ms: i64 = row.get(1)?;
                // The file of the next day tells how it goes on.
                let tomorrow_ms = Day(self.teller.0 + 1).starts_at_ms();
                self.nothing_is_known((last_ms + 1).min(tomorrow_ms), What::RunEnds);
            }
        }
        Ok(())
    }

    fn ask_keyframe(&mut self, db: &Connection, at_ms: i64) -> Result<Option<()>, HistoryError> {
        self.nothing_is_known(at_ms + 1, What::Keyframe);
        let mut number = db.prepare("SELECT v FROM device WHERE source = ? AND device = ?")?;
        let mut blocks: BTreeSet<u32> = BTreeSet::new();
        for key in self.keys.iter() {
            let key = params![key.source.as_str(), key.device];
            let v: Option<u32> = number.query_row(key, |row| row.get(0)).optional()?;
            blocks.extend(v.map(|v| v / BLOCK));
        }
        let mut pieces = db.prepare("SELECT piece FROM keyframe WHERE at = ? AND block = ?")?;
        for block in blocks {
            let mut found = pieces.query(params![at_ms, block])?;
            while let Some(row) = found.next()? {
                let bytes = row.get_ref(0)?.as_blob().unwrap_or_default();
                if self.block(at_ms, bytes).is_none() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(()))
    }

    /// Takes in card `k`, if it is of one of these.
    fn learn(&mut self, k: u64, id: &VehicleId, groups: &[Arc<str>]) {
        if let Some(index) = self.ids.iter().position(|known| known == id) {
            let is_seen = self.question.groups.sees(groups);
            self.cards.insert(k, (index, is_seen));
        }
    }

    /// Takes in the records of a piece; `None` if it is none of ours.
    fn piece(&mut self, piece: &[u8]) -> Option<()> {
        for record in self.reader.all(piece)? {
            self.word(record.at_ms, What::Record, &record);
        }
        Some(())
    }

    /// Takes in a block of the keyframe of `at_ms`; `None` if it is none of ours.
    fn block(&mut self, at_ms: i64, block: &[u8]) -> Option<()> {
        let (_, piece) = open_block(block)?;
        for record in self.reader.all(piece)? {
            // It is of the time just after.
            self.word(at_ms + 1, What::Keyframe, &record);
        }
        Some(())
    }

    /// Takes in what a record says of the map, if it is of one of these.
    fn word(&mut self, at_ms: i64, what: What, record: &Record) {
        let card = self.cards.get(&record.card).copied();
        if let Some((index, has_seen_groups)) = card.filter(|_| record.is_shown()) {
            let is_seen = has_seen_groups && matches!(record.showing, Showing::As(_));
            self.turn(index, at_ms, what, is_seen);
        }
    }

    fn nothing_is_known(&mut self, at_ms: i64, what: What) {
        for index in 0..self.ids.len() {
            self.turn(index, at_ms, what, false);
        }
    }

    fn turn(&mut self, index: usize, at_ms: i64, what: What, is_seen: bool) {
        let turn = Turn {
            at_ms,
            teller: self.teller,
            what,
            is_seen,
        };
        self.turns.push((index, turn));
    }

    /// What all have told, by vehicle.
    fn in_order(self) -> HashMap<VehicleId, Vec<Turn>> {
        let mut all: HashMap<VehicleId, Vec<Turn>> = HashMap::new();
        for (index, turn) in self.turns {
            if let Some(id) = self.ids.get(index) {
                all.entry(id.clone()).or_default().push(turn);
            }
        }
        for turns in all.values_mut() {
            turns.sort_unstable();
        }
        all
    }
}
