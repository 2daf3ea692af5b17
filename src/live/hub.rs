//! The fan-out point: the newest state, the last frames, and who is waiting for the next.
//!
//! Viewers pull. Each has a cursor (the `seq` it has seen) and asks for what comes after it; the
//! hub owes nobody anything, so a slow viewer costs the others nothing and finds the newest state
//! when it comes back. Snapshot and subscription are one step by construction: the cursor that a
//! snapshot gives is the `seq` it was taken at, and a cursor whose next frame is gone is answered
//! with a snapshot again, never with a gap.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use tokio::sync::watch;

use super::frame::{self, Frame, Stamp};
use crate::domain::{Vehicle, VehicleId};
use crate::fleet::{Changes, SourceStatus};

/// Bounds of what is kept for those who come back.
#[derive(Clone, Copy, Debug)]
pub struct HubSettings {
    /// Frames kept for resuming.
    pub max_frames: usize,
    /// Their bytes.
    pub max_bytes: usize,
    /// A viewer that lacks more frames than this gets a snapshot instead of all of them.
    pub max_behind: u64,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            // Five minutes of ticks.
            max_frames: 1_200,
            max_bytes: 32 << 20,
            max_behind: 16,
        }
    }
}

/// One view of the fleet, shared by everyone who sees it.
#[derive(Debug)]
pub struct Hub {
    settings: HubSettings,
    epoch: Arc<str>,
    state: Mutex<State>,
    /// The last snapshot that was encoded; held while encoding, so that a crowd costs one.
    snapshot: Mutex<Option<(Encoded, Timestamp)>>,
    news: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    seq: u64,
    vehicles: BTreeMap<VehicleId, Entry>,
    sources: Vec<(Arc<SourceStatus>, Arc<RawValue>)>,
    frames: VecDeque<Encoded>,
    frames_bytes: usize,
}

/// A vehicle, with the JSON that every frame and answer shares.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub vehicle: Arc<Vehicle>,
    /// The same as JSON.
    pub json: Arc<RawValue>,
}

/// Handed out to one viewer at once; more would let a slow one hold on to old frames.
const MAX_AT_ONCE: usize = 64;
/// A snapshot older than this is made anew, however little changed since: its `at` would lie.
const SNAPSHOT_GOOD_FOR: SignedDuration = SignedDuration::from_secs(1);

#[derive(Clone, Debug)]
struct Encoded {
    seq: u64,
    text: Utf8Bytes,
}

/// Where a viewer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub u64);

/// What a viewer at some cursor lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// These frames, in order, and the cursor after them; there may be more.
    Frames(Vec<Utf8Bytes>, Cursor),
    /// Too much is missing: a snapshot instead; the cursor after it.
    Snapshot(Utf8Bytes, Cursor),
}

/// All of the fleet at one `seq`, for answers over HTTP.
#[derive(Clone, Debug)]
pub struct Current {
    /// Which run and set of rights.
    pub epoch: Arc<str>,
    /// As of which change.
    pub seq: u64,
    /// Vehicles, by id.
    pub vehicles: Vec<Entry>,
    /// Sources, as JSON.
    pub sources: Vec<Arc<RawValue>>,
}

impl Hub {
    /// An empty hub of the run named `epoch`.
    pub fn new(epoch: impl Into<Arc<str>>, settings: HubSettings) -> Self {
        Self {
            settings,
            epoch: epoch.into(),
            state: Mutex::default(),
            snapshot: Mutex::default(),
            news: watch::Sender::new(0),
        }
    }

    /// Which run, and which set of rights, the numbers of this hub belong to.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Takes in what changed and wakes who waits. Without a change for viewers nothing happens.
    ///
    /// Called by one task only: the encoding is done before the lock is taken.
    pub fn publish(&self, changes: &Changes, now: Timestamp) {
        if changes.is_empty_to_viewers() {
            return;
        }
        let vehicles: Vec<Entry> = changes.vehicles.iter().map(entry).collect();
        let sources: Vec<_> = changes
            .sources
            .iter()
            .map(|status| (Arc::clone(status), frame::fragment(&frame::source(status))))
            .collect();
        let seq = self.lock().seq + 1;
        let text: Utf8Bytes = frame::encode(&Frame::Changes {
            seq,
            at: Stamp(now),
            vehicles: vehicles.iter().map(|entry| &*entry.json).collect(),
            removed: frame::ids(&changes.removed),
            sources: sources.iter().map(|(_, json)| &**json).collect(),
        })
        .into();
        metrics::histogram!("fleetglass_frame_bytes").record(size(text.len()));
        self.lock().apply(
            vehicles,
            &changes.removed,
            sources,
            Encoded { seq, text },
            self.settings,
        );
        self.news.send_replace(seq);
    }

    /// Joins, or joins again: where the viewer stands, and whether it resumed there. `at` is
    /// what the viewer says it has: the epoch and the seq.
    pub fn join(&self, at: Option<(&str, u64)>) -> (Option<Cursor>, watch::Receiver<u64>) {
        // Subscribed first, so that no change can fall between.
        let news = self.news.subscribe();
        let resumed = at
            .filter(|(epoch, seq)| *epoch == self.epoch() && self.lock().has_after(*seq))
            .map(|(_, seq)| Cursor(seq));
        (resumed, news)
    }

    /// What a viewer at `cursor` lacks; one without a cursor lacks everything.
    ///
    /// `is_resuming`: however many frames are missing, they are wanted one by one.
    pub fn next(&self, cursor: Option<Cursor>, is_resuming: bool, now: Timestamp) -> Next {
        if let Some(Cursor(seen)) = cursor {
            let state = self.lock();
            if seen == state.seq {
                return Next::Nothing;
            }
            let is_near = is_resuming || state.seq - seen <= self.settings.max_behind;
            if is_near && state.has_after(seen) {
                let frames = state.after(seen);
                let cursor = Cursor(seen + frames.len() as u64);
                return Next::Frames(frames, cursor);
            }
        }
        let snapshot = self.snapshot(now);
        Next::Snapshot(snapshot.text, Cursor(snapshot.seq))
    }

    /// All of the fleet.
    pub fn current(&self) -> Current {
        let state = self.lock();
        Current {
            epoch: Arc::clone(&self.epoch),
            seq: state.seq,
            vehicles: state.vehicles.values().cloned().collect(),
            sources: state
                .sources
                .iter()
                .map(|(_, json)| Arc::clone(json))
                .collect(),
        }
    }

    /// One vehicle.
    pub fn vehicle(&self, id: &str) -> Option<Entry> {
        self.lock().vehicles.get(id).cloned()
    }

    /// All sources.
    pub fn sources(&self) -> Vec<Arc<SourceStatus>> {
        self.lock()
            .sources
            .iter()
            .map(|(status, _)| Arc::clone(status))
            .collect()
    }

    /// A snapshot that is current, or so little behind that the frames after it are still there
    /// and few: a crowd that comes back at once is served from one buffer.
    fn snapshot(&self, now: Timestamp) -> Encoded {
        let mut cached = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        let (seq, vehicles, sources) = {
            let state = self.lock();
            let is_good = |(old, made_at): &&(Encoded, Timestamp)| {
                now.duration_since(*made_at) <= SNAPSHOT_GOOD_FOR
                    && state.seq - old.seq <= self.settings.max_behind / 4
                    && state.has_after(old.seq)
            };
            if let Some((good, _)) = cached.as_ref().filter(is_good) {
                return good.clone();
            }
            let vehicles: Vec<_> = state
                .vehicles
                .values()
                .map(|e| Arc::clone(&e.json))
                .collect();
            let sources: Vec<_> = state.sources.iter().map(|(_, j)| Arc::clone(j)).collect();
            (state.seq, vehicles, sources)
        };
        let text = frame::encode(&Frame::Snapshot {
            epoch: &self.epoch,
            seq,
            at: Stamp(now),
            vehicles: vehicles.iter().map(|json| &**json).collect(),
            sources: sources.iter().map(|json| &**json).collect(),
        });
        metrics::counter!("fleetglass_snapshots_encoded_total").increment(1);
        let text = text.into();
        cached.insert((Encoded { seq, text }, now)).0.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something did, the state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(
        &mut self,
        vehicles: Vec<Entry>,
        removed: &[VehicleId],
        sources: Vec<(Arc<SourceStatus>, Arc<RawValue>)>,
        frame: Encoded,
        settings: HubSettings,
    ) {
        for id in removed {
            self.vehicles.remove(id);
        }
        for entry in vehicles {
            self.vehicles.insert(entry.vehicle.id.clone(), entry);
        }
        for (status, json) in sources {
            let same = |held: &(Arc<SourceStatus>, _)| held.0.id == status.id;
            match self.sources.iter_mut().find(|held| same(held)) {
                Some(held) => *held = (status, json),
                None => self.sources.push((status, json)),
            }
        }
        self.seq = frame.seq;
        self.frames_bytes += frame.text.len();
        self.frames.push_back(frame);
        while settings.max_frames < self.frames.len() || settings.max_bytes < self.frames_bytes {
            let Some(oldest) = self.frames.pop_front() else {
                break;
            };
            self.frames_bytes -= oldest.text.len();
        }
    }

    /// Whether every frame after `seen` is still here; nobody has seen the future.
    fn has_after(&self, seen: u64) -> bool {
        let oldest = self.frames.front().map_or(self.seq + 1, |frame| frame.seq);
        oldest <= seen.saturating_add(1) && seen <= self.seq
    }

    fn after(&self, seen: u64) -> Vec<Utf8Bytes> {
        self.frames
            .iter()
            .filter(|frame| seen < frame.seq)
            .take(MAX_AT_ONCE)
            .map(|frame| frame.text.clone())
            .collect()
    }
}

fn entry(vehicle: &Arc<Vehicle>) -> Entry {
    Entry {
        vehicle: Arc::clone(vehicle),
        json: frame::fragment(&frame::vehicle(vehicle)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size for a histogram")]
fn size(bytes: usize) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests;
