//! The roll of vehicles: what each is, under which number viewers know it, and what of it they
//! see on the map.
//!
//! The binary protocol names vehicles by small numbers. A number belongs to a vehicle as long as
//! it lives. Later it is given to another, but never within one step.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::bin::Row;
use super::entry::Entry;
use super::slots::{Entries, Order, Slot, Slots};
use crate::domain::{Vehicle, VehicleId};

/// All vehicles.
#[derive(Debug, Default)]
pub struct Roll {
    by_id: HashMap<VehicleId, u32>,
    order: Arc<Order>,
    slots: Slots,
    free: BinaryHeap<Reverse<u32>>,
}

/// What a step changed, for those who know vehicles by number: a number at most once.
#[derive(Debug, Default)]
pub struct Moves {
    /// What became of which number, ascending.
    pub steps: Vec<Move>,
    /// Numbers whose dictionary entry is new or differs, ascending.
    pub renamed: Vec<u32>,
    /// The vehicles that are new or differ, in the order in which they came.
    pub entries: Vec<Entry>,
}

/// What the map shows of one vehicle before and after a step; `None` where it is not.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// Its number.
    pub index: u32,
    /// Before.
    pub before: Option<Row>,
    /// After; never `None` together with the other.
    pub after: Option<Row>,
}

/// A vehicle that was put in: under which number, and what was there of it before.
struct Put {
    index: u32,
    before: Option<Row>,
    entry: Entry,
    is_named_the_same: bool,
}

impl Roll {
    /// Takes in a step: who is gone, and who is new or differs.
    pub fn apply(&mut self, removed: &[VehicleId], vehicles: &[Arc<Vehicle>]) -> Moves {
        let mut before: Vec<(u32, Option<Row>)> = Vec::with_capacity(vehicles.len());
        let mut entries = Vec::with_capacity(vehicles.len());
        let (mut renamed, mut freed) = (Vec::new(), Vec::new());
        for id in removed {
            if let Some(index) = self.by_id.remove(id)
                && let Some(slot) = self.slots.put(index, None)
            {
                before.push((index, Some(slot.row)));
                freed.push(Reverse(index));
            }
        }
        for vehicle in vehicles {
            let put = self.put(vehicle);
            if !put.is_named_the_same {
                renamed.push(put.index);
            }
            before.push((put.index, put.before));
            entries.push(put.entry);
        }
        if !freed.is_empty() {
            self.order = Arc::new(self.order.next());
        }
        before.sort_unstable_by_key(|(index, _)| *index);
        renamed.sort_unstable();
        // Not given to another within the step: who sees a number change hands sees it go first.
        self.free.extend(freed);
        let step = |(index, before)| Move {
            index,
            before,
            after: self.slot(index).map(|slot| slot.row),
        };
        Moves {
            steps: before.into_iter().map(step).collect(),
            renamed,
            entries,
        }
    }

    fn put(&mut self, vehicle: &Arc<Vehicle>) -> Put {
        let row = Row::of(vehicle);
        if let Some(&index) = self.by_id.get(&vehicle.id) {
            let held = self.slots.get(index).map(|slot| &slot.entry);
            let named = held.filter(|held| held.is_named_as(vehicle));
            let later = named.map(|held| held.later(Arc::clone(vehicle)));
            let is_named_the_same = later.is_some();
            let entry = later.unwrap_or_else(|| Entry::new(Arc::clone(vehicle)));
            let slot = Slot {
                entry: entry.clone(),
                row,
            };
            let before = self.slots.put(index, Some(slot)).map(|slot| slot.row);
            return Put {
                index,
                before,
                entry,
                is_named_the_same,
            };
        }
        let free = self.free.pop().map(|Reverse(index)| index);
        let index = free.unwrap_or_else(|| self.slots.add());
        let entry = Entry::new(Arc::clone(vehicle));
        let slot = Slot {
            entry: entry.clone(),
            row,
        };
        self.by_id.insert(vehicle.id.clone(), index);
        self.slots.put(index, Some(slot));
        self.order = Arc::new(self.order.next());
        Put {
            index,
            before: None,
            entry,
            is_named_the_same: false,
        }
    }

    /// How many vehicles there are.
    pub fn n_vehicles(&self) -> usize {
        self.by_id.len()
    }

    /// The vehicle of this id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        let index = *self.by_id.get(id)?;
        self.slot(index).map(|slot| &slot.entry)
    }

    /// The vehicle under this number.
    pub fn slot(&self, index: u32) -> Option<&Slot> {
        self.slots.get(index)
    }

    /// All vehicles of now.
    pub fn entries(&self) -> Entries {
        Entries::new(Arc::clone(&self.order), self.slots.clone())
    }

    /// All vehicles of now, by number.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }
}
