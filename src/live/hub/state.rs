//! The newest state, as everything else of the hub is made of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use crate::domain::alarm::{Alarm, AlarmChanges};
use crate::fleet::SourceStatus;
use crate::live::bin::{Row, Tile};
use crate::live::cells::{Cells, Told};
use crate::live::frame;
use crate::live::roll::Roll;

/// Counts are no movement: a look a second is enough.
const CELLS_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// The fleet, its counts and its sources at one `seq`.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) seq: u64,
    pub(super) roll: Roll,
    pub(super) cells: Cells,
    cells_told_at: Option<Timestamp>,
    n_vehicles_told: Option<usize>,
    pub(super) sources: Vec<(Arc<SourceStatus>, Arc<RawValue>)>,
    /// Those that are open, by their ids.
    pub(super) alarms: BTreeMap<u64, (Arc<Alarm>, Arc<RawValue>)>,
}

/// What became of the alarms, as it is told.
#[derive(Debug, Default)]
pub(super) struct AlarmNews {
    pub(super) changed: Vec<Arc<RawValue>>,
    pub(super) closed: Vec<u64>,
}

impl AlarmNews {
    pub(super) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.closed.is_empty()
    }
}

/// How many vehicles there are, and how many in which cells.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) n_vehicles: usize,
    pub(super) cells: Vec<Told>,
}

impl State {
    pub(super) fn sources_json(&self) -> Vec<Arc<RawValue>> {
        let sources = self.sources.iter();
        sources.map(|(_, json)| Arc::clone(json)).collect()
    }

    pub(super) fn alarms_json(&self) -> Vec<Arc<RawValue>> {
        let alarms = self.alarms.values();
        alarms.map(|(_, json)| Arc::clone(json)).collect()
    }

    /// Puts each in the place of what it was.
    pub(super) fn put_alarms(&mut self, changes: &AlarmChanges) -> AlarmNews {
        let mut news = AlarmNews::default();
        for id in &changes.closed {
            if self.alarms.remove(id).is_some() {
                news.closed.push(*id);
            }
        }
        for alarm in &changes.changed {
            let json = frame::fragment(&frame::alarm(alarm));
            news.changed.push(Arc::clone(&json));
            self.alarms.insert(alarm.id, (Arc::clone(alarm), json));
        }
        news
    }

    /// The rows of a tile, by number.
    pub(super) fn rows_in(&self, tile: Tile) -> Vec<(u32, Row)> {
        if tile == Tile::ROOT {
            let all = self.roll.slots().iter();
            return all.map(|(index, slot)| (index, slot.row)).collect();
        }
        let near = self.cells.near(tile).into_iter();
        let rows = near.filter_map(|index| Some((index, self.roll.slot(index)?.row)));
        rows.filter(|(_, row)| tile.holds(row)).collect()
    }

    /// What differs, once a second; with `is_exact` at once where vehicles came or went: of a part
    /// of the fleet the next change may be far.
    pub(super) fn counts_to_tell(&mut self, now: Timestamp, is_exact: bool) -> Option<Counts> {
        let n_vehicles = self.roll.n_vehicles();
        let is_urgent = is_exact && self.n_vehicles_told != Some(n_vehicles);
        let told_at = self.cells_told_at;
        if !is_urgent && told_at.is_some_and(|at| now.duration_since(at) < CELLS_EVERY) {
            return None;
        }
        self.cells_told_at = Some(now);
        let is_same = self.n_vehicles_told.replace(n_vehicles) == Some(n_vehicles);
        let cells = self.cells.take_changed();
        (!is_same || !cells.is_empty()).then_some(Counts { n_vehicles, cells })
    }

    /// All of it, for somebody who begins here; see [`Cells::tell_all`].
    pub(super) fn all_counts(&mut self) -> Counts {
        self.n_vehicles_told = None;
        Counts {
            n_vehicles: self.roll.n_vehicles(),
            cells: self.cells.tell_all(),
        }
    }
}

/// Puts each in the place of the one it follows; gives the JSON of all that came.
pub(super) fn put_sources(
    held: &mut Vec<(Arc<SourceStatus>, Arc<RawValue>)>,
    changed: Vec<(Arc<SourceStatus>, Arc<RawValue>)>,
) -> Vec<Arc<RawValue>> {
    let json = changed.iter().map(|(_, json)| Arc::clone(json)).collect();
    for (status, json) in changed {
        match held.iter_mut().find(|(held, _)| held.id == status.id) {
            Some(held) => *held = (status, json),
            None => held.push((status, json)),
        }
    }
    json
}
