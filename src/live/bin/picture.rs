//! What a viewer holds after the messages it got: the reference for every decoder, and the other
//! end of the tests' laws. It is strict: what the server should never send is an error here.

use std::collections::{BTreeMap, HashMap};

use super::decode::{DecodeError, Message};
use super::entry::Entry;
use super::head::Kind;
use super::row::Row;
use super::tile::Tile;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// All rows of the tile were replaced.
    Keyframe,
    /// The tile was brought up to date.
    Differences,
    /// Names were learnt.
    Dictionary,
    /// It was had already, and ignored.
    Already,
    /// Something between is missing, and it was ignored: a keyframe is needed.
    Gap {
        /// The state that is held of the tile, if any.
        held: Option<u64>,
        /// The state that the message builds on.
        base: u64,
    },
}

/// What is held of one tile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The state.
    pub seq: u64,
    /// Its vehicles by index.
    pub rows: BTreeMap<u32, Row>,
}

/// What a viewer holds.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    tiles: HashMap<Tile, Held>,
    entries: HashMap<u32, Entry<'static>>,
}

impl Picture {
    /// Takes one fleet message (not the JSON ones).
    ///
    /// # Errors
    /// What is wrong with it; the picture is as before then.
    pub fn apply(&mut self, bytes: &[u8]) -> Result<Applied, DecodeError> {
        let message = Message::read(bytes)?;
        let held = self.tiles.get_mut(&message.head.tile);
        match message.kind {
            Kind::Dictionary => {
                self.entries.extend(message.entries);
                return Ok(Applied::Dictionary);
            }
            Kind::Keyframe => {
                let rows = message.full.into_iter().collect();
                let held = Held {
                    seq: message.head.seq,
                    rows,
                };
                self.tiles.insert(message.head.tile, held);
                self.entries.extend(message.entries);
                return Ok(Applied::Keyframe);
            }
            Kind::Differences => {}
        }
        let (base, seq) = (message.head.base, message.head.seq);
        match held {
            Some(held) if held.seq >= seq => Ok(Applied::Already),
            Some(held) if held.seq >= base => {
                held.step(&message)?;
                self.entries.extend(message.entries);
                Ok(Applied::Differences)
            }
            held => Ok(Applied::Gap {
                held: held.map(|held| held.seq),
                base,
            }),
        }
    }

    /// What is held of `tile`.
    pub fn tile(&self, tile: Tile) -> Option<&Held> {
        self.tiles.get(&tile)
    }

    /// All tiles that are held.
    pub fn tiles(&self) -> impl Iterator<Item = (Tile, &Held)> {
        self.tiles.iter().map(|(tile, held)| (*tile, held))
    }

    /// Drops a tile that is no longer looked at.
    pub fn forget(&mut self, tile: Tile) {
        self.tiles.remove(&tile);
    }

    /// The names of the vehicle with `index`, the last that were told. Those of a vehicle that is
    /// no longer held stay until its index is given to another.
    pub fn entry(&self, index: u32) -> Option<&Entry<'static>> {
        self.entries.get(&index)
    }
}

impl Held {
    /// Applies differences, all or (on an error) none of them.
    fn step(&mut self, message: &Message) -> Result<(), DecodeError> {
        let is_removed = |index: u32| message.removed.binary_search(&index).is_ok();
        let is_full = |index: u32| {
            message
                .full
                .binary_search_by_key(&index, |(at, _)| *at)
                .is_ok()
        };
        for &index in &message.removed {
            if !self.rows.contains_key(&index) {
                return Err(DecodeError::Vehicle(index));
            }
        }
        let mut moved = Vec::with_capacity(message.moved.len());
        for &(index, delta) in &message.moved {
            let before = self.rows.get(&index);
            let before = before.filter(|_| !is_removed(index) && !is_full(index));
            let before = before.ok_or(DecodeError::Vehicle(index))?;
            let after = delta.onto(before);
            let after = after.filter(|after| message.head.tile.holds(after));
            moved.push((index, after.ok_or(DecodeError::Row(index))?));
        }
        for index in &message.removed {
            self.rows.remove(index);
        }
        self.rows.extend(message.full.iter().copied());
        self.rows.extend(moved);
        self.seq = message.head.seq;
        Ok(())
    }
}
