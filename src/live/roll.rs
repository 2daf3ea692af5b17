//! The roll of vehicles: what each is, under which number viewers know it, and what of it they
//! see on the map.
//!
//! The binary protocol names vehicles by small numbers. A number belongs to a vehicle as long as
//! it lives. Later it is given to another, but never within one step.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;

use super::bin::Row;
use super::frame;
use crate::domain::{Vehicle, VehicleId};

/// A vehicle and its JSON, which every frame and answer shares.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub vehicle: Arc<Vehicle>,
    json: Arc<OnceLock<Arc<RawValue>>>,
}

impl Entry {
    fn new(vehicle: Arc<Vehicle>) -> Self {
        Self {
            vehicle,
            json: Arc::default(),
        }
    }

    /// The vehicle as JSON, encoded when first asked for.
    pub fn json(&self) -> &Arc<RawValue> {
        self.json
            .get_or_init(|| frame::fragment(&frame::vehicle(&self.vehicle)))
    }
}

/// A vehicle under its number.
#[derive(Clone, Debug)]
pub struct Slot {
    /// What it is.
    pub entry: Entry,
    /// What the map shows of it.
    pub row: Row,
}

/// All vehicles.
#[derive(Debug, Default)]
pub struct Roll {
    by_id: BTreeMap<VehicleId, u32>,
    slots: Vec<Option<Slot>>,
    free: BinaryHeap<Reverse<u32>>,
}

/// What a step changed, for those who know vehicles by number: a number at most once.
#[derive(Debug, Default)]
pub struct Moves {
    /// What became of which number, ascending.
    pub steps: Vec<Move>,
    /// Numbers whose dictionary entry is new or differs, ascending.
    pub renamed: Vec<u32>,
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

impl Roll {
    /// Takes in a step: who is gone, and who is new or differs.
    pub fn apply(&mut self, removed: &[VehicleId], vehicles: &[Arc<Vehicle>]) -> Moves {
        let mut before: BTreeMap<u32, Option<Row>> = BTreeMap::new();
        let mut renamed = BTreeSet::new();
        let mut freed = Vec::new();
        for id in removed {
            if let Some(index) = self.by_id.remove(id)
                && let Some(slot) = self.slots[at(index)].take()
            {
                before.insert(index, Some(slot.row));
                freed.push(Reverse(index));
            }
        }
        for vehicle in vehicles {
            let (index, held) = self.put(vehicle);
            if held
                .as_ref()
                .is_none_or(|held| is_renamed(&held.entry.vehicle, vehicle))
            {
                renamed.insert(index);
            }
            before.insert(index, held.map(|held| held.row));
        }
        // Not given to another within the step: who sees a number change hands sees it go first.
        self.free.extend(freed);
        let step = |(index, before)| Move {
            index,
            before,
            after: self.slot(index).map(|slot| slot.row),
        };
        Moves {
            steps: before.into_iter().map(step).collect(),
            renamed: renamed.into_iter().collect(),
        }
    }

    /// Puts a vehicle in; gives its number and what was there of it before.
    fn put(&mut self, vehicle: &Arc<Vehicle>) -> (u32, Option<Slot>) {
        let slot = Slot {
            entry: Entry::new(Arc::clone(vehicle)),
            row: Row::of(vehicle),
        };
        if let Some(&index) = self.by_id.get(&vehicle.id) {
            return (index, self.slots[at(index)].replace(slot));
        }
        let index = self.free.pop().map_or_else(
            || {
                self.slots.push(None);
                number(self.slots.len() - 1)
            },
            |Reverse(index)| index,
        );
        self.by_id.insert(vehicle.id.clone(), index);
        self.slots[at(index)] = Some(slot);
        (index, None)
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
        self.slots.get(at(index))?.as_ref()
    }

    /// All vehicles, by id.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let slot = |index: &u32| self.slot(*index);
        self.by_id.values().filter_map(slot).map(|slot| &slot.entry)
    }

    /// All vehicles, by number.
    pub fn slots(&self) -> impl Iterator<Item = (u32, &Slot)> {
        let numbered = self.slots.iter().enumerate();
        numbered.filter_map(|(index, slot)| Some((number(index), slot.as_ref()?)))
    }
}

/// Whether the dictionary says something else of a vehicle now.
fn is_renamed(before: &Vehicle, after: &Vehicle) -> bool {
    let driver = |vehicle: &Vehicle| vehicle.driver.as_ref().map(|fact| Arc::clone(&fact.value));
    let devices = |vehicle: &Vehicle| vehicle.devices.len();
    let same_devices = || {
        let pairs = before.devices.iter().zip(&after.devices);
        devices(before) == devices(after) && pairs.into_iter().all(|(b, a)| b.device == a.device)
    };
    before.name != after.name
        || before.registration != after.registration
        || before.groups != after.groups
        || driver(before) != driver(after)
        || !same_devices()
}

fn at(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// More than four thousand million vehicles are not one fleet.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
