//! Vehicles by number, in pages that are shared with whoever reads them.
//!
//! A reader takes all vehicles as of one moment for the price of a few hundred pointers, and reads
//! for as long as it likes. The writer goes on meanwhile: it copies a page that somebody still
//! reads when it changes something on it, and not before.

use std::sync::{Arc, OnceLock};

use super::bin::Row;
use super::entry::Entry;
use crate::domain::VehicleId;

/// Slots of a page: copying one takes some microseconds.
const PAGE: usize = 256;

/// A vehicle under its number.
#[derive(Clone, Debug)]
pub struct Slot {
    /// What it is.
    pub entry: Entry,
    /// What the map shows of it.
    pub row: Row,
}

/// Slots by number, some of them empty. A clone is cheap, and stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    pages: Vec<Arc<Vec<Option<Slot>>>>,
}

impl Slots {
    /// Adds an empty slot; gives its number.
    pub fn add(&mut self) -> u32 {
        let is_full = |page: &Arc<Vec<_>>| page.len() == PAGE;
        if self.pages.last().is_none_or(is_full) {
            self.pages.push(Arc::default());
        }
        let before = (self.pages.len() - 1) * PAGE;
        let Some(page) = self.pages.last_mut().map(Arc::make_mut) else {
            return 0;
        };
        page.push(None);
        number(before + page.len() - 1)
    }

    /// Puts something, or nothing, under a number that was given; gives what was there.
    pub fn put(&mut self, index: u32, slot: Option<Slot>) -> Option<Slot> {
        let (page, nth) = place(index);
        let page = self.pages.get_mut(page).map(Arc::make_mut)?;
        std::mem::replace(page.get_mut(nth)?, slot)
    }

    /// The vehicle under this number.
    pub fn get(&self, index: u32) -> Option<&Slot> {
        let (page, nth) = place(index);
        self.pages.get(page)?.get(nth)?.as_ref()
    }

    /// All vehicles, by number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Slot)> {
        let all = self.pages.iter().flat_map(|page| page.iter()).enumerate();
        all.filter_map(|(index, slot)| Some((number(index), slot.as_ref()?)))
    }
}

/// The order of all vehicles by id, the same as long as nobody comes or goes. It is made by who
/// first needs it: that takes a while, for which nobody else is to wait.
#[derive(Debug, Default)]
pub(super) struct Order {
    made: OnceLock<Made>,
    /// The numbers in the order before, which is nearly this one.
    before: Arc<[u32]>,
}

#[derive(Debug)]
struct Made {
    numbers: Arc<[u32]>,
    /// For each number, the place of its vehicle.
    ranks: Vec<usize>,
}

impl Order {
    /// An order that follows this one.
    pub(super) fn next(&self) -> Self {
        let made = self.made.get().map(|made| &made.numbers);
        Self {
            made: OnceLock::new(),
            before: Arc::clone(made.unwrap_or(&self.before)),
        }
    }

    fn made(&self, slots: &Slots) -> &Made {
        self.made.get_or_init(|| Made::of(slots, &self.before))
    }
}

impl Made {
    fn of(slots: &Slots, before: &[u32]) -> Self {
        let mut is_listed = vec![false; slots.pages.len() * PAGE];
        let mut numbers: Vec<u32> = Vec::with_capacity(before.len());
        let all = slots.iter().map(|(index, _)| index);
        for index in before.iter().copied().chain(all) {
            let is_there = slots.get(index).is_some();
            if is_there && !std::mem::replace(&mut is_listed[at(index)], true) {
                numbers.push(index);
            }
        }
        // A stable sort goes through what is in order already once.
        let id = |index: &u32| slots.get(*index).map(|slot| &slot.entry.vehicle.id);
        numbers.sort_by(|one, other| id(one).cmp(&id(other)));
        let mut ranks = vec![0; is_listed.len()];
        for (rank, index) in numbers.iter().enumerate() {
            ranks[at(*index)] = rank;
        }
        Self {
            numbers: numbers.into(),
            ranks,
        }
    }
}

/// All vehicles of one moment.
#[derive(Clone, Debug)]
pub struct Entries {
    /// Shared by all moments with the same vehicles.
    order: Arc<Order>,
    slots: Slots,
}

impl Entries {
    /// The vehicles of `slots`; `order` is of just these.
    pub(super) fn new(order: Arc<Order>, slots: Slots) -> Self {
        Self { order, slots }
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        let slot = |index: &u32| self.slots.get(*index);
        let slots = self.order().numbers.iter().filter_map(slot);
        slots.map(|slot| &slot.entry)
    }

    /// All of them as they lie in memory, which is quicker, each with its place by id.
    pub fn ranked(&self) -> impl Iterator<Item = (usize, &Entry)> {
        let ranks = &self.order().ranks;
        let all = self.slots.iter();
        all.map(|(index, slot)| (ranks[at(index)], &slot.entry))
    }

    /// How many come before the first whose id is not `is_before`.
    pub fn n_before(&self, is_before: impl Fn(&VehicleId) -> bool) -> usize {
        let is_before = |index: &u32| {
            let slot = self.slots.get(*index);
            slot.is_some_and(|slot| is_before(&slot.entry.vehicle.id))
        };
        self.order().numbers.partition_point(is_before)
    }

    fn order(&self) -> &Made {
        self.order.made(&self.slots)
    }
}

fn place(index: u32) -> (usize, usize) {
    (at(index) / PAGE, at(index) % PAGE)
}

fn at(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// More than four thousand million vehicles are not one fleet.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(n: usize) -> Slots {
        let mut slots = Slots::default();
        for expected in 0..n {
            assert_eq!(slots.add(), number(expected));
        }
        slots
    }

    #[test]
    fn a_copy_stays_as_it_is_and_shares_what_has_not_changed() {
        let mut slots = slots(3 * PAGE);
        let copy = slots.clone();
        slots.put(300, None);
        slots.add();
        let is_shared = |page: usize| Arc::ptr_eq(&slots.pages[page], &copy.pages[page]);
        assert_eq!([0, 1, 2].map(is_shared), [true, false, true]);
        assert_eq!((slots.pages.len(), copy.pages.len()), (4, 3));
    }

    #[test]
    fn numbers_that_were_never_given_are_empty() {
        let mut slots = slots(2);
        assert!(slots.put(7, None).is_none() && slots.get(700).is_none());
        assert_eq!(slots.iter().count(), 0);
    }
}
