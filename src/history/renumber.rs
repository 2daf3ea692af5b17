//! Numbers of devices and cards as a file has them, where the memory has counted for itself.
//!
//! A server whose disk was out of reach when it started knows nothing of today's file. Once the
//! file is there, what waits in memory is told with the numbers of the file, so that one day has
//! one file and no number means two things.

use std::collections::HashMap;
use std::sync::Arc;

use super::card::Card;
use super::chunk::{Press, Reader};
use super::day::Names;
use super::memory::Memory;
use super::piece::{Keyframe, Sealed, blocks, open_block};
use super::record::Record;
use super::shown::Shown;
use crate::domain::DeviceKey;

/// Our numbers, and those of the file.
struct NewNumbers {
    devices: HashMap<u32, u32>,
    cards: HashMap<u64, u64>,
}

/// Whether a file's numbers mean what ours do. A card that was forgotten means nothing else.
pub(super) fn agree(memory: &Memory, theirs: &Names) -> bool {
    let is_ours = |(v, key): &(u32, DeviceKey)| memory.find(key) == Some(*v);
    let is_free = |k: u64| memory.card(k).is_none() && memory.has_counted(k);
    let fits = |(k, card): &(u64, Card)| memory.card(*k) == Some(card) || is_free(*k);
    theirs.devices.iter().all(is_ours) && theirs.cards.iter().all(fits)
}

/// The memory with the numbers of a file: what it knows keeps the number that it has there, the
/// rest is counted on from them. All that was pending is in pieces afterwards.
pub(super) fn renumbered(mut old: Memory, names: Names, press: &mut Press) -> Memory {
    old.seal_all(press);
    let ours = old.names();
    let mut new = Memory::new();
    let known: HashMap<Card, u64> = names
        .cards
        .iter()
        .cloned()
        .map(|(k, card)| (card, k))
        .collect();
    new.adopt(names);
    let devices = ours
        .devices
        .iter()
        .map(|(v, key)| (*v, new.number(key).0))
        .collect();
    let cards = ours.cards.into_iter().map(|(k, card)| {
        let its = known.get(&card).copied();
        (k, its.unwrap_or_else(|| new.add_card(card)))
    });
    let numbers = NewNumbers {
        cards: cards.collect(),
        devices,
    };
    let mut reader = Reader::default();
    for sealed in &old.sealed {
        if let Some(sealed) = numbers.piece(sealed, &mut reader, press) {
            new.add_sealed(sealed);
        }
    }
    let keyframes = old.keyframes.iter();
    new.keyframes = keyframes
        .map(|keyframe| Arc::new(numbers.keyframe(keyframe, &mut reader, press)))
        .collect();
    for (id, shown) in old.shown {
        if let (Some(v), Some(card)) = (numbers.device(shown.v), numbers.card(shown.card)) {
            new.shown.insert(id, Shown { v, card, ..shown });
            // It need not be the newest one.
            new.is_called(card);
        }
    }
    (new.at_ms, new.run_since_ms) = (old.at_ms, old.run_since_ms);
    (new.saved_n, new.counted_since) = (old.saved_n, old.counted_since);
    new
}

impl NewNumbers {
    fn device(&self, v: u32) -> Option<u32> {
        self.devices.get(&v).copied()
    }

    /// Nobody's card stays nobody's.
    fn card(&self, k: u64) -> Option<u64> {
        if k == 0 {
            Some(0)
        } else {
            self.cards.get(&k).copied()
        }
    }

    fn record(&self, record: Record) -> Record {
        let card = self.card(record.card).unwrap_or(0);
        Record { card, ..record }
    }

    fn piece(&self, sealed: &Sealed, reader: &mut Reader, press: &mut Press) -> Option<Sealed> {
        let records = reader.all(&sealed.piece)?;
        let records: Vec<_> = records
            .into_iter()
            .map(|record| self.record(record))
            .collect();
        Some(Sealed {
            v: self.device(sealed.v)?,
            piece: press.press(&records),
            ..*sealed
        })
    }

    fn keyframe(&self, old: &Keyframe, reader: &mut Reader, press: &mut Press) -> Keyframe {
        let mut shown = Vec::new();
        for (_, block) in &old.blocks {
            let Some((devices, piece)) = open_block(block) else {
                continue;
            };
            let records = reader.all(piece).unwrap_or_default();
            let told = devices.into_iter().zip(records);
            shown.extend(
                told.filter_map(|(v, record)| Some((self.device(v)?, self.record(record)))),
            );
        }
        Keyframe {
            at_ms: old.at_ms,
            blocks: blocks(shown, press),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::digest::{News, Tick, take_in};
    use super::*;
    use crate::domain::{DeviceView, SourceId, Vehicle, VehicleId};

    fn key(device: &str) -> DeviceKey {
        DeviceKey::new(SourceId::new("a"), device)
    }

    fn vehicle(id: &str, device: &str) -> Vehicle {
        let mut vehicle = Vehicle::new(VehicleId::new(id), id, jiff::Timestamp::UNIX_EPOCH);
        vehicle.devices = vec![DeviceView::unknown(key(device))];
        vehicle
    }

    /// Of which device a record is, and of which vehicle it tells.
    fn meant(names: &Names, v: u32, record: &Record) -> (DeviceKey, VehicleId) {
        let device = names.devices.iter().find(|(it, _)| *it == v);
        let card = names.cards.iter().find(|(k, _)| *k == record.card);
        (device.unwrap().1.clone(), card.unwrap().1.id.clone())
    }

    #[test]
    fn what_waits_means_the_same_by_the_numbers_of_the_file() {
        let mut press = Press::default();
        let mut ours = Memory::new();
        let tick = Tick {
            vehicles: vec![vehicle("x", "1").into(), vehicle("y", "2").into()],
            ..Tick::default()
        };
        take_in(&mut ours, &tick, 1_000, &mut News::default());
        let keyframe = ours.keyframe(1_000, &mut press);
        ours.keyframes.push_back(Arc::new(keyframe));
        let theirs = Names {
            devices: vec![(0, key("9")), (1, key("2")), (2, key("1"))],
            cards: vec![
                (3, Card::of(&vehicle("z", "9"))),
                (5, Card::of(&vehicle("y", "2"))),
            ],
        };
        assert!(!agree(&ours, &theirs));
        let new = renumbered(ours, theirs, &mut press);
        let names = new.names();
        let mut reader = Reader::default();
        let mut shown = Vec::new();
        for (_, block) in &new.keyframes[0].blocks {
            let (devices, piece) = open_block(block).unwrap();
            let records = reader.all(piece).unwrap();
            let told = devices.iter().zip(&records);
            shown.extend(told.map(|(v, record)| meant(&names, *v, record)));
        }
        let mut waiting = Vec::new();
        for sealed in &new.sealed {
            let records = reader.all(&sealed.piece).unwrap();
            waiting.extend(records.iter().map(|record| meant(&names, sealed.v, record)));
        }
        let expected = [("2", "y"), ("1", "x")].map(|(it, id)| (key(it), VehicleId::new(id)));
        assert_eq!(shown, expected);
        waiting.reverse();
        assert_eq!(waiting, expected);
        // The card that the file had keeps its number; the other one is counted on.
        assert_eq!(new.card_of(&VehicleId::new("y")), Some(5));
        assert_eq!(new.card_of(&VehicleId::new("x")), Some(6));
        // Whose a device is, is known as well.
        assert_eq!((new.holder(1), new.holder(2)), (5, 6));
    }
}
