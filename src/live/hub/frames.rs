//! The frames of each view: what a change and a whole picture are for those who look at it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::state::Counts;
use super::{Hub, News, View};
use crate::live::bin::{self, Head, Row, Step, Tile};
use crate::live::cells::CELL_LEVEL;
use crate::live::channel::Channel;
use crate::live::frame::{self, Frame, Stamp};
use crate::live::wire::{Builder, Forms, Wire};
use crate::live::ws::message::Opcode;
use jiff::Timestamp;

/// The dictionary of the whole fleet as it was last made, and what is new since: names change
/// seldom, so it is not made for each keyframe.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    made: Option<(Wire, Forms)>,
    renamed: BTreeSet<u32>,
}

impl Dictionary {
    /// These entries are new or differ.
    pub(super) fn note(&mut self, renamed: &[u32]) {
        if self.made.is_some() {
            self.renamed.extend(renamed);
        }
    }

    /// Holds nothing of what was told before.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// What was made, unless so much is new that it is better made again.
    fn good_for(&self, forms: Forms, n_vehicles: usize) -> Option<(Wire, Vec<u32>)> {
        let (wire, made_forms) = self.made.as_ref()?;
        let is_good = *made_forms == forms && self.renamed.len() <= n_vehicles / 10;
        is_good.then(|| (wire.clone(), self.renamed.iter().copied().collect()))
    }
}

impl Hub {
    /// Pushes what changed to those who look at `view`.
    pub(super) fn push_to(&self, view: View, channel: &Channel, news: &News<'_>) {
        let forms = channel.wanted(news.now);
        let wire = match view {
            View::Json => Some((!forms.is_none()).then(|| changes(news, forms))),
            View::Sources if news.sources.is_empty() => None,
            View::Sources => Some(Some(sources(news, channel.newest(), forms))),
            View::Alarms if news.alarms.is_empty() => None,
            View::Alarms => Some(Some(alarms(news, channel.newest(), forms))),
            View::Cells => {
                let tell = |counts| Some(cells(news, counts, channel.newest(), forms));
                news.counts.as_ref().map(tell)
            }
            View::Tile(tile) => self.differences(tile, channel, news, forms).map(Some),
        };
        // A view that the change does not touch keeps its number.
        let Some(wire) = wire else { return };
        let bytes = wire.as_ref().map_or(0, Wire::len);
        metrics::histogram!("fleetglass_frame_bytes", "view" => label(view)).record(size(bytes));
        channel.push(news.seq, wire);
    }

    /// What moved, for those who look at `tile`.
    fn differences(
        &self,
        tile: Tile,
        channel: &Channel,
        news: &News<'_>,
        forms: Forms,
    ) -> Option<Wire> {
        let steps = news.parts.of(tile);
        let named = |(index, step): &(u32, Step)| match step {
            Step::Became { before: None, .. } => Some(*index),
            Step::Became { .. } => news.moves.renamed.binary_search(index).ok().map(|_| *index),
            Step::Removed => None,
        };
        let entries = self.dictionary_entries(steps.iter().filter_map(named));
        let head = Head {
            tile,
            base: channel.newest(),
            seq: news.seq,
            at: news.now,
        };
        let entries: Vec<(u32, &str)> = entries.iter().map(|(i, e)| (*i, e.as_str())).collect();
        let payload = bin::differences(&head, steps, &entries)?;
        Some(Wire::of(Opcode::Binary, &payload, forms))
    }

    fn dictionary_entries(&self, indices: impl Iterator<Item = u32>) -> Vec<(u32, String)> {
        let vehicles: Vec<_> = {
            let state = self.lock();
            let vehicle = |index| Some((index, Arc::clone(&state.roll.slot(index)?.entry.vehicle)));
            indices.filter_map(vehicle).collect()
        };
        let entry = |(index, vehicle): &(u32, Arc<_>)| (*index, bin::entry(vehicle));
        vehicles.iter().map(entry).collect()
    }

    /// The keyframe of a view, with its `seq`, and where it belongs.
    pub(super) fn make_keyframe(&self, view: View, now: Timestamp) -> (Arc<Channel>, u64, Wire) {
        let channel = self.with_channel(view, |_| {});
        let forms = channel.wanted(now);
        let (seq, wire) = match view {
            View::Json => self.json_snapshot(forms, now),
            View::Sources => self.all_sources(forms, now),
            View::Alarms => self.all_alarms(forms, now),
            View::Cells => self.all_cells(forms, now),
            View::Tile(tile) => self.tile_keyframe(tile, forms, now),
        };
        metrics::counter!("fleetglass_keyframes_encoded_total", "view" => label(view)).increment(1);
        (channel, seq, wire)
    }

    fn json_snapshot(&self, forms: Forms, now: Timestamp) -> (u64, Wire) {
        let current = self.current();
        let text = frame::encode(&Frame::Snapshot {
            epoch: &self.epoch,
            seq: current.seq,
            at: Stamp(now),
            vehicles: current
                .vehicles
                .iter()
                .map(|entry| &**entry.json())
                .collect(),
            sources: current.sources.iter().map(|json| &**json).collect(),
            alarms: current.alarms.iter().map(|json| &**json).collect(),
        });
        (current.seq, Wire::of(Opcode::Text, text.as_bytes(), forms))
    }

    fn all_sources(&self, forms: Forms, now: Timestamp) -> (u64, Wire) {
        let (seq, sources) = {
            let state = self.lock();
            (state.seq, state.sources_json())
        };
        let text = frame::encode(&Frame::Sources {
            all: true,
            base: seq,
            seq,
            at: Stamp(now),
            sources: sources.iter().map(|json| &**json).collect(),
        });
        (seq, Wire::of(Opcode::Binary, text.as_bytes(), forms))
    }

    fn all_alarms(&self, forms: Forms, now: Timestamp) -> (u64, Wire) {
        let (seq, alarms) = {
            let state = self.lock();
            (state.seq, state.alarms_json())
        };
        let text = frame::encode(&Frame::Alarms {
            all: true,
            base: seq,
            seq,
            at: Stamp(now),
            alarms: alarms.iter().map(|json| &**json).collect(),
            closed: Vec::new(),
        });
        (seq, Wire::of(Opcode::Binary, text.as_bytes(), forms))
    }

    fn all_cells(&self, forms: Forms, now: Timestamp) -> (u64, Wire) {
        let (seq, counts) = {
            let mut state = self.lock();
            (state.seq, state.all_counts())
        };
        let text = frame::encode(&Frame::Cells {
            all: true,
            base: seq,
            seq,
            at: Stamp(now),
            vehicles: counts.n_vehicles,
            z: CELL_LEVEL,
            cells: &counts.cells,
        });
        (seq, Wire::of(Opcode::Binary, text.as_bytes(), forms))
    }

    /// The rows of a tile, after the names that go with them.
    fn tile_keyframe(&self, tile: Tile, forms: Forms, now: Timestamp) -> (u64, Wire) {
        let (seq, n_vehicles, rows) = {
            let state = self.lock();
            (state.seq, state.roll.n_vehicles(), state.rows_in(tile))
        };
        let head = Head {
            tile,
            base: seq,
            seq,
            at: now,
        };
        let names = if tile == Tile::ROOT {
            self.whole_dictionary(&head, &rows, n_vehicles, forms)
        } else {
            self.dictionary_of(&head, rows.iter().map(|(index, _)| *index), forms)
        };
        let wire = Builder::new(forms)
            .add_made(&names)
            .add(Opcode::Binary, &bin::keyframe(&head, &rows))
            .done();
        (seq, wire)
    }

    fn whole_dictionary(
        &self,
        head: &Head,
        rows: &[(u32, Row)],
        n_vehicles: usize,
        forms: Forms,
    ) -> Wire {
        let good = self.lock_dictionary().good_for(forms, n_vehicles);
        if let Some((made, renamed)) = good {
            if renamed.is_empty() {
                return made;
            }
            let newer = self.dictionary_of(head, renamed.into_iter(), forms);
            return Builder::new(forms).add_made(&made).add_made(&newer).done();
        }
        let made = self.dictionary_of(head, rows.iter().map(|(index, _)| *index), forms);
        let mut dictionary = self.lock_dictionary();
        dictionary.made = Some((made.clone(), forms));
        dictionary.renamed.clear();
        made
    }

    fn dictionary_of(&self, head: &Head, indices: impl Iterator<Item = u32>, forms: Forms) -> Wire {
        let entries = self.dictionary_entries(indices);
        let entries: Vec<(u32, &str)> = entries.iter().map(|(i, e)| (*i, e.as_str())).collect();
        Wire::of(Opcode::Binary, &bin::dictionary(head, &entries), forms)
    }
}

fn changes(news: &News<'_>, forms: Forms) -> Wire {
    let text = frame::encode(&Frame::Changes {
        seq: news.seq,
        at: Stamp(news.now),
        vehicles: news.moves.entries.iter().map(|e| &**e.json()).collect(),
        removed: frame::ids(news.removed),
        sources: news.sources.iter().map(|json| &**json).collect(),
        alarms: news.alarms.changed.iter().map(|json| &**json).collect(),
        alarms_closed: frame::alarm_ids(&news.alarms.closed),
    });
    Wire::of(Opcode::Text, text.as_bytes(), forms)
}

fn sources(news: &News<'_>, base: u64, forms: Forms) -> Wire {
    let text = frame::encode(&Frame::Sources {
        all: false,
        base,
        seq: news.seq,
        at: Stamp(news.now),
        sources: news.sources.iter().map(|json| &**json).collect(),
    });
    Wire::of(Opcode::Binary, text.as_bytes(), forms)
}

fn alarms(news: &News<'_>, base: u64, forms: Forms) -> Wire {
    let text = frame::encode(&Frame::Alarms {
        all: false,
        base,
        seq: news.seq,
        at: Stamp(news.now),
        alarms: news.alarms.changed.iter().map(|json| &**json).collect(),
        closed: frame::alarm_ids(&news.alarms.closed),
    });
    Wire::of(Opcode::Binary, text.as_bytes(), forms)
}

fn cells(news: &News<'_>, counts: &Counts, base: u64, forms: Forms) -> Wire {
    let text = frame::encode(&Frame::Cells {
        all: false,
        base,
        seq: news.seq,
        at: Stamp(news.now),
        vehicles: counts.n_vehicles,
        z: CELL_LEVEL,
        cells: &counts.cells,
    });
    Wire::of(Opcode::Binary, text.as_bytes(), forms)
}

/// A tile's place is no label: there are too many, and it tells where the fleet is.
fn label(view: View) -> &'static str {
    match view {
        View::Json => "json",
        View::Sources => "sources",
        View::Alarms => "alarms",
        View::Cells => "cells",
        View::Tile(Tile::ROOT) => "fleet",
        View::Tile(_) => "tile",
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size for a histogram")]
fn size(bytes: usize) -> f64 {
    bytes as f64
}
