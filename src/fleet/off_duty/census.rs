//! What an operator is told of hours that do less, or more, than they seem to.
//!
//! Hours of a group that no vehicle is in protect nobody, by a slip of the pen say, and trackers
//! whose groups are not known are hidden in the hours of all. Neither shows by itself, so it is
//! counted each time a list of vehicles was read, or could not be, and when the settings change:
//! device by device, as work that is done in pieces.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::Fleet;
use super::super::slots::DeviceSlot;
use crate::domain::SourceId;

/// Something that an operator should know; each is told once, until it is over or the settings
/// change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// All sources have listed their vehicles, and none is in this group, which has hours.
    NobodyIn(Arc<str>),
    /// The groups of some trackers of a source are not known: they are off duty in all hours.
    Unknown {
        /// Which source.
        source: SourceId,
        /// How many trackers.
        n_devices: usize,
    },
    /// That is over.
    Known(SourceId),
}

/// What was noticed.
#[derive(Debug, Default)]
pub struct Census {
    notices: Vec<Notice>,
    /// Groups that nobody is in, as was told.
    empty: BTreeSet<Arc<str>>,
    /// Sources with trackers of which the groups are not known, as was told.
    unsure: BTreeSet<usize>,
}

/// A count that is under way.
#[derive(Debug)]
pub(in crate::fleet) struct Count {
    next: DeviceSlot,
    /// Groups with hours in which nobody was found yet.
    empty: BTreeSet<Arc<str>>,
    /// Devices whose groups are not known, by source.
    n_unknown: Vec<usize>,
}

impl Fleet {
    /// What an operator should know since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.census.notices)
    }

    /// The settings have changed: what still holds is told again.
    pub(in crate::fleet) fn forget_notices(&mut self) {
        self.census = Census::default();
    }

    /// A count to be done, if there are hours at all.
    pub(in crate::fleet) fn new_count(&self) -> Option<Count> {
        (!self.rota.is_empty()).then(|| Count {
            next: 0,
            empty: self.rota.groups().cloned().collect(),
            n_unknown: vec![0; self.sources.len()],
        })
    }

    /// Counts as many devices as there is `room` for; gives the count back if there are more.
    pub(in crate::fleet) fn count_some(
        &mut self,
        mut count: Count,
        room: &mut usize,
    ) -> Option<Count> {
        let n_slots = self.devices.n_slots();
        for slot in super::super::ageing::some(&mut count.next, n_slots, room) {
            let Some(device) = self.devices.get(slot) else {
                continue;
            };
            match self.groups_about(slot) {
                Some(groups) => count.empty.retain(|group| !groups.contains(group)),
                None if device.has_known_groups() => {}
                None => count.n_unknown[device.rank.source] += 1,
            }
        }
        if count.next < n_slots {
            return Some(count);
        }
        self.conclude(count);
        None
    }

    fn conclude(&mut self, count: Count) {
        let census = &mut self.census;
        if self.sources.iter().all(|source| source.is_listed) {
            let news = count.empty.difference(&census.empty).cloned();
            census.notices.extend(news.map(Notice::NobodyIn));
            census.empty = count.empty;
        }
        for (at, (source, n_devices)) in self.sources.iter().zip(count.n_unknown).enumerate() {
            let source = source.id().clone();
            if 0 < n_devices && census.unsure.insert(at) {
                census.notices.push(Notice::Unknown { source, n_devices });
            } else if n_devices == 0 && census.unsure.remove(&at) {
                census.notices.push(Notice::Known(source));
            }
        }
    }
}
