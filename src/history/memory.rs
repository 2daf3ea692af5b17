//! What is remembered and not yet on the disk, by device: the last minutes of each.
//!
//! Bounded: what a device has pending becomes a piece after some records or minutes; pieces that
//! no store takes are kept up to a number of bytes, and then the oldest are dropped and counted.
//! So the last hour is there without any store, and a store that fails for a while loses nothing.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::card::Card;
use super::chunk::Press;
use super::codec::{Chain, rows};
use super::day::Names;
use super::frame::Frame;
use super::piece::{Keyframe, Sealed, blocks, parts, sealed};
use super::place::Day;
use super::record::Record;
use super::shown::Shown;
use crate::domain::{DeviceKey, VehicleId};

/// So many records make a piece, as soon as its turn comes.
const FULL_PIECE: u32 = 100;
/// What has waited so long becomes a piece however small.
const MAX_WAIT_MS: i64 = 240_000;
/// Every device has its turn once in so many seconds.
pub(super) const ROUND_S: u64 = 60;
/// A record is in a piece no later than this after its publication.
pub(super) const SEALED_WITHIN_MS: i64 = MAX_WAIT_MS + 2 * 1_000 * ROUND_S.cast_signed();
/// No more keyframes than these wait for a store.
const MAX_KEYFRAMES: usize = 13;
/// One device.
#[derive(Debug)]
pub(super) struct Stream {
    /// `None` once it was erased.
    pub(super) key: Option<DeviceKey>,
    /// Whose fixes these are.
    card: u64,
    chain: Chain,
    /// Rows of one chain.
    pending: Vec<u8>,
    n_pending: u32,
    first_at_ms: i64,
    /// The commit that the first of the rows goes with.
    first_n: u64,
}

/// Everything that is remembered in memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    keys: HashMap<DeviceKey, u32>,
    pub(super) streams: Vec<Stream>,
    /// By number; `None` where one was erased. Nobody has the first.
    cards: Vec<Option<Card>>,
    /// The newest card of each vehicle.
    card_of: HashMap<VehicleId, u64>,
    pub(super) shown: HashMap<VehicleId, Shown>,
    /// Pieces that no store has yet, the oldest first.
    pub(super) sealed: VecDeque<Arc<Sealed>>,
    sealed_bytes: usize,
    /// Keyframes that no store has yet.
    pub(super) keyframes: VecDeque<Arc<Keyframe>>,
    /// The last commit.
    pub(super) saved_n: u64,
    /// The first day in whose file the commits are counted so; earlier runs counted for
    /// themselves.
    pub(super) counted_since: Option<Day>,
    /// The last publication.
    pub(super) at_ms: i64,
    /// Since when this run knows what is shown; `None` before its first publication.
    pub(super) run_since_ms: Option<i64>,
    next_turn: usize,
}

impl Memory {
    /// A memory of nothing.
    pub(super) fn new() -> Self {
        Self {
            cards: vec![None],
            ..Self::default()
        }
    }

    /// The first publication is at `at_ms`, or was before; until then nothing was shown.
    pub(super) fn begin_run(&mut self, at_ms: i64) {
        self.run_since_ms.get_or_insert(at_ms);
    }

    /// The number of a device, and whether it is new.
    pub(super) fn number(&mut self, key: &DeviceKey) -> (u32, bool) {
        if let Some(v) = self.keys.get(key) {
            return (*v, false);
        }
        (self.add_stream(Some(key.clone())), true)
    }

    /// Adds a device under the next number.
    pub(super) fn add_stream(&mut self, key: Option<DeviceKey>) -> u32 {
        let v = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        if let Some(key) = &key {
            self.keys.insert(key.clone(), v);
        }
        self.streams.push(Stream {
            key,
            card: 0,
            chain: Chain::default(),
            pending: Vec::new(),
            n_pending: 0,
            first_at_ms: 0,
            first_n: 0,
        });
        v
    }

    /// The number of a device that is known.
    pub(super) fn find(&self, key: &DeviceKey) -> Option<u32> {
        self.keys.get(key).copied()
    }

    fn stream(&self, v: u32) -> Option<&Stream> {
        self.streams.get(usize::try_from(v).ok()?)
    }

    pub(super) fn stream_mut(&mut self, v: u32) -> Option<&mut Stream> {
        self.streams.get_mut(usize::try_from(v).ok()?)
    }

    /// Adds a card; its number.
    pub(super) fn add_card(&mut self, card: Card) -> u64 {
        let number = self.cards.len() as u64;
        self.cards.push(Some(card));
        self.is_called(number);
        number
    }

    /// A card is the one that its vehicle has now, and its devices are that vehicle's.
    pub(super) fn is_called(&mut self, number: u64) {
        let Some(card) = self.card(number) else {
            return;
        };
        let (id, devices) = (card.id.clone(), card.devices.clone());
        self.card_of.insert(id, number);
        for key in &devices {
            let v = self.find(key);
            if let Some(stream) = v.and_then(|v| self.stream_mut(v)) {
                stream.card = number;
            }
        }
    }

    /// The card of the vehicle that device `v` belongs to; 0 where it belongs to none.
    pub(super) fn holder(&self, v: u32) -> u64 {
        self.stream(v).map_or(0, |stream| stream.card)
    }

    /// The number of a vehicle's newest card.
    pub(super) fn card_of(&self, id: &VehicleId) -> Option<u64> {
        self.card_of.get(id).copied()
    }

    /// All numbers in use, and what they stand for.
    pub(super) fn names(&self) -> Names {
        let devices = self.streams.iter().zip(0..);
        let cards = self.cards.iter().zip(0..);
        Names {
            devices: devices
                .filter_map(|(stream, v)| Some((v, stream.key.clone()?)))
                .collect(),
            cards: cards
                .filter_map(|(card, k)| Some((k, card.clone()?)))
                .collect(),
        }
    }

    /// Takes over the numbers of a file; of an empty memory only.
    pub(super) fn adopt(&mut self, names: Names) {
        for (v, key) in names.devices {
            while self.streams.len() < usize::try_from(v).unwrap_or(usize::MAX) {
                self.add_stream(None);
            }
            self.add_stream(Some(key));
        }
        for (k, card) in names.cards {
            while self.cards.len() < usize::try_from(k).unwrap_or(usize::MAX) {
                self.cards.push(None);
            }
            self.add_card(card);
        }
    }

    /// Forgets what nobody is called any more, once that is in the file of a day that is over.
    pub(super) fn forget_old_cards(&mut self) {
        let current: HashSet<u64> = self.shown.values().map(|shown| shown.card).collect();
        self.card_of.retain(|_, card| current.contains(card));
        for (card, k) in self.cards.iter_mut().zip(0..) {
            if !current.contains(&k) {
                *card = None;
            }
        }
    }

    /// Forgets a vehicle: its cards, and that it is shown.
    pub(super) fn forget_vehicle(&mut self, id: &VehicleId) {
        self.shown.remove(id);
        self.card_of.remove(id);
        for card in &mut self.cards {
            if card.as_ref().is_some_and(|card| card.id == *id) {
                *card = None;
            }
        }
    }

    /// The card of a number.
    pub(super) fn card(&self, k: u64) -> Option<&Card> {
        self.cards.get(usize::try_from(k).ok()?)?.as_ref()
    }

    /// Whether number `k` was given to a card already.
    pub(super) fn has_counted(&self, k: u64) -> bool {
        k < self.cards.len() as u64
    }

    /// Takes in a record of device `v`, and appends it to the frame of the commit to come.
    pub(super) fn append(&mut self, v: u32, record: &Record, frame: &mut Frame) {
        let n = self.saved_n + 1;
        let Some(stream) = self.stream_mut(v) else {
            return;
        };
        if stream.n_pending == 0 {
            (stream.first_at_ms, stream.first_n) = (record.at_ms, n);
        }
        let start = stream.pending.len();
        stream.chain.put(record, &mut stream.pending);
        stream.n_pending += 1;
        let row = &stream.pending[start..];
        frame.add(v, row, record.at_ms);
    }

    /// Takes back a row from the frame of commit `n`, as [`Memory::append`] made it. Whether it
    /// could be read.
    pub(super) fn restore_row(&mut self, v: u32, row: &[u8], n: u64) -> bool {
        let Some(stream) = self.stream_mut(v) else {
            return false;
        };
        let Some(record) = stream.chain.take(&mut &*row) else {
            return false;
        };
        if stream.n_pending == 0 {
            (stream.first_at_ms, stream.first_n) = (record.at_ms, n);
        }
        stream.n_pending += 1;
        stream.pending.extend_from_slice(row);
        self.at_ms = self.at_ms.max(record.at_ms);
        true
    }

    /// The first commit whose frame is needed still.
    pub(super) fn first_n_needed(&self) -> u64 {
        let pending = self.streams.iter().filter(|stream| 0 < stream.n_pending);
        let first = pending.map(|stream| stream.first_n).min();
        first.unwrap_or(self.saved_n + 1)
    }

    /// Gives `n_seconds` worth of devices their turn; what is due becomes pieces.
    pub(super) fn take_turns(&mut self, n_seconds: u64, press: &mut Press) {
        let n_streams = self.streams.len();
        let share = n_streams.div_ceil(usize::try_from(ROUND_S).unwrap_or(1));
        let n_turns = usize::try_from(n_seconds)
            .unwrap_or(n_streams)
            .saturating_mul(share);
        for _ in 0..n_turns.min(n_streams) {
            let v = self.next_turn % n_streams;
            self.next_turn = v + 1;
            let stream = &self.streams[v];
            let waited_ms = self.at_ms.saturating_sub(stream.first_at_ms);
            let is_due = FULL_PIECE <= stream.n_pending || MAX_WAIT_MS <= waited_ms;
            if 0 < stream.n_pending && is_due {
                self.seal(v, press);
            }
        }
    }

    /// Makes pieces of all that is pending.
    pub(super) fn seal_all(&mut self, press: &mut Press) {
        for v in 0..self.streams.len() {
            if 0 < self.streams[v].n_pending {
                self.seal(v, press);
            }
        }
    }

    fn seal(&mut self, v: usize, press: &mut Press) {
        let at_ms = self.at_ms;
        let stream = &mut self.streams[v];
        let records: Vec<_> = rows(&stream.pending).collect();
        // What a device has pending once it will have again.
        stream.pending = Vec::with_capacity(stream.pending.len());
        stream.n_pending = 0;
        stream.chain = Chain::default();
        let v = u32::try_from(v).unwrap_or(u32::MAX);
        for part in parts(&records) {
            self.add_sealed(sealed(v, at_ms, part, press));
        }
    }

    /// Adds a piece that is to be written.
    pub(super) fn add_sealed(&mut self, sealed: Sealed) {
        self.sealed_bytes += sealed.weight();
        self.sealed.push_back(Arc::new(sealed));
    }

    /// The store has these first pieces.
    pub(super) fn forget_sealed(&mut self, n_pieces: usize) {
        for sealed in self.sealed.drain(..n_pieces.min(self.sealed.len())) {
            self.sealed_bytes -= sealed.weight();
        }
    }

    /// Drops the oldest pieces beyond `max_bytes`, and all from before `oldest_ms`; how many
    /// records were dropped for want of room.
    pub(super) fn shrink(&mut self, max_bytes: usize, oldest_ms: i64) -> u64 {
        let mut n_dropped = 0;
        while let Some(first) = self.sealed.front() {
            let is_old = first.at_ms < oldest_ms;
            if !is_old && self.sealed_bytes <= max_bytes {
                break;
            }
            n_dropped += if is_old {
                0
            } else {
                u64::from(first.n_records)
            };
            self.forget_sealed(1);
        }
        while MAX_KEYFRAMES < self.keyframes.len() {
            self.keyframes.pop_front();
        }
        // The last from before is what the time after it builds on.
        while self
            .keyframes
            .get(1)
            .is_some_and(|next| next.at_ms < oldest_ms)
        {
            self.keyframes.pop_front();
        }
        n_dropped
    }

    /// What device `v` has pending, as rows.
    pub(super) fn pending(&self, v: u32) -> &[u8] {
        self.stream(v).map_or(&[], |stream| &stream.pending)
    }

    /// What each device has pending that began before `at_ms`, as rows.
    pub(super) fn pending_by(&self, at_ms: i64) -> Vec<(u32, Vec<u8>)> {
        let streams = self.streams.iter().zip(0..);
        let begun =
            streams.filter(|(stream, _)| 0 < stream.n_pending && stream.first_at_ms <= at_ms);
        begun
            .map(|(stream, v)| (v, stream.pending.clone()))
            .collect()
    }

    /// What the map shows now, as of `at_ms`.
    pub(super) fn keyframe(&self, at_ms: i64, press: &mut Press) -> Keyframe {
        let shown = self.shown.values();
        let shown = shown.map(|shown| (shown.v, shown.record(at_ms)));
        Keyframe {
            at_ms,
            blocks: blocks(shown.collect(), press),
        }
    }

    /// Forgets a device; its number is not used again.
    pub(super) fn forget_stream(&mut self, v: u32) {
        if let Some(stream) = self.stream_mut(v)
            && let Some(key) = stream.key.take()
        {
            self.keys.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_keyframes_from_before_the_last_one_stays() {
        let mut memory = Memory::new();
        for at_ms in [0, 100, 200] {
            let blocks = Vec::new();
            memory
                .keyframes
                .push_back(Arc::new(Keyframe { at_ms, blocks }));
        }
        // A keyframe tells of the time after it, so that of 100 needs the one before.
        for (oldest_ms, left) in [(100, &[0, 100, 200][..]), (101, &[100, 200]), (999, &[200])] {
            assert_eq!(memory.shrink(usize::MAX, oldest_ms), 0);
            let kept: Vec<_> = memory.keyframes.iter().map(|it| it.at_ms).collect();
            assert_eq!(kept, left, "{oldest_ms}");
        }
    }
}
