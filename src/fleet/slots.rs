//! Things with a name, kept by number.
//!
//! Every record of every device passes through the fleet, and to find something by its name costs
//! more than most of what is then done with it. So a name is looked up once; within the fleet
//! devices and vehicles know each other by their slots. The hash is a quick one, seeded anew in each
//! process: the standard one takes a tenth of the time in which a fleet is first taken in.

use std::hash::Hash;

use foldhash::{HashMap, HashMapExt};

/// A number that stands for one device until it is removed, and for another one afterwards.
pub type DeviceSlot = usize;
/// The same for a vehicle.
pub type VehicleSlot = usize;

/// Things of one kind. A slot that becomes free is given away again.
#[derive(Debug)]
pub struct Slots<K, T> {
    by_key: HashMap<K, usize>,
    /// Boxed, as to move all of them when the list grows would hold up whoever waits.
    things: Vec<Option<Box<(K, T)>>>,
    free: Vec<usize>,
}

impl<K, T> Default for Slots<K, T> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            things: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<K: Clone + Eq + Hash, T> Slots<K, T> {
    /// The slot of the thing that is named so.
    pub fn find(&self, key: &K) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// What is in a slot.
    pub fn get(&self, slot: usize) -> Option<&T> {
        Some(&self.things.get(slot)?.as_ref()?.1)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, slot: usize) -> Option<&mut T> {
        self.named_mut(slot).map(|(_, thing)| thing)
    }

    /// The same with its name.
    pub fn named_mut(&mut self, slot: usize) -> Option<(&K, &mut T)> {
        let (key, thing) = &mut **self.things.get_mut(slot)?.as_mut()?;
        Some((key, thing))
    }

    /// The name of what is in a slot.
    pub fn key(&self, slot: usize) -> Option<&K> {
        Some(&self.things.get(slot)?.as_ref()?.0)
    }

    /// Puts in a thing whose name is not yet taken.
    pub fn insert(&mut self, key: K, thing: T) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.things.push(None);
            self.things.len() - 1
        });
        self.by_key.insert(key.clone(), slot);
        self.things[slot] = Some(Box::new((key, thing)));
        slot
    }

    /// Takes a thing out.
    pub fn remove(&mut self, slot: usize) -> Option<(K, T)> {
        let (key, thing) = *self.things.get_mut(slot)?.take()?;
        self.by_key.remove(&key);
        self.free.push(slot);
        Some((key, thing))
    }

    /// One more than the greatest slot that was ever given away.
    pub fn n_slots(&self) -> usize {
        self.things.len()
    }

    /// All things with their slots.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let things = self.things.iter().enumerate();
        things.filter_map(|(slot, thing)| Some((slot, &thing.as_ref()?.1)))
    }

    /// All names, sorted.
    #[cfg(test)]
    pub fn keys(&self) -> impl Iterator<Item = &K>
    where
        K: Ord,
    {
        let mut keys: Vec<_> = self.by_key.keys().collect();
        keys.sort();
        keys.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_slot_is_given_away_again_and_its_former_name_is_forgotten() {
        let mut slots = Slots::default();
        let (one, two) = (slots.insert("one", 1), slots.insert("two", 2));
        assert_eq!(slots.remove(one), Some(("one", 1)));
        assert_eq!(slots.remove(one), None);
        assert_eq!((slots.find(&"one"), slots.get(one)), (None, None));
        assert_eq!(slots.insert("three", 3), one);
        assert_eq!(slots.key(one), Some(&"three"));
        let all: Vec<_> = slots.iter().map(|(slot, n)| (slot, *n)).collect();
        assert_eq!(all, [(one, 3), (two, 2)]);
    }
}
