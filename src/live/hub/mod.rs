//! The fan-out point: the newest state, and a channel for each view of it.
//!
//! [`Hub::publish`] takes what changed and makes the frames of the views that somebody looks at,
//! each once, whatever the number of viewers. Viewers pull from the channels; those that a frame
//! does not serve ask for a keyframe, which [`Hub::make_keyframes`] makes once for all of them.
//! Both are called by one thread (`encoder.rs`), so that a change and a keyframe cannot cross.

mod frames;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use tokio::sync::watch;

use super::bin::Tile;
use super::cells::{Cells, Told};
use super::channel::{Channel, ChannelSettings};
use super::frame;
use super::roll::{Moves, Roll};
use crate::domain::VehicleId;
use crate::fleet::{Changes, SourceStatus};

pub use super::roll::Entry;

/// What a viewer can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// The whole fleet and its sources as `fleetglass.v1.json`.
    Json,
    /// The sources, for viewers of the binary protocol.
    Sources,
    /// How many vehicles are in each cell, for viewers of the binary protocol.
    Cells,
    /// What is in a tile, for viewers of the binary protocol.
    Tile(Tile),
}

impl View {
    /// Whether it is of a part of the world only, or of a large fleet from afar.
    pub fn is_part(self) -> bool {
        match self {
            Self::Json | Self::Sources => false,
            Self::Cells => true,
            Self::Tile(tile) => tile != Tile::ROOT,
        }
    }
}

/// One picture of the fleet, shared by everyone who sees it.
#[derive(Debug)]
pub struct Hub {
    settings: ChannelSettings,
    epoch: Arc<str>,
    told_seq: AtomicU64,
    state: Mutex<State>,
    channels: Mutex<HashMap<View, Arc<Channel>>>,
    dictionary: Mutex<frames::Dictionary>,
    wanted: Mutex<Vec<View>>,
    wake: RwLock<Vec<Wake>>,
    wake_encoder: OnceLock<Wake>,
    news: watch::Sender<u64>,
}

/// Counts are no movement: a look a second is enough.
const CELLS_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Wakes somebody who writes to viewers, or who makes keyframes. Must not block, nor call the hub.
pub struct Wake(pub Box<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wake")
    }
}

#[derive(Debug, Default)]
struct State {
    seq: u64,
    roll: Roll,
    cells: Cells,
    cells_told_at: Option<Timestamp>,
    sources: Vec<(Arc<SourceStatus>, Arc<RawValue>)>,
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

/// What one publication changed.
#[derive(Debug)]
struct News<'a> {
    seq: u64,
    now: Timestamp,
    /// Changed vehicles, each with the JSON that it may or may not be asked for.
    vehicles: Vec<Entry>,
    removed: &'a [VehicleId],
    sources: Vec<Arc<RawValue>>,
    moves: Moves,
    /// Cells that differ, where it is time to tell them.
    cells: Vec<Told>,
}

impl Hub {
    /// An empty hub of the run named `epoch`.
    pub fn new(epoch: impl Into<Arc<str>>, settings: ChannelSettings) -> Self {
        Self {
            settings,
            epoch: epoch.into(),
            told_seq: AtomicU64::new(0),
            state: Mutex::default(),
            channels: Mutex::default(),
            dictionary: Mutex::default(),
            wanted: Mutex::default(),
            wake: RwLock::default(),
            wake_encoder: OnceLock::new(),
            news: watch::Sender::new(0),
        }
    }

    /// Which run, and which set of rights, the numbers of this hub belong to.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The number of the newest change.
    pub fn seq(&self) -> u64 {
        self.lock().seq
    }

    /// Takes in what changed and wakes who waits. Without a change for viewers nothing happens.
    pub fn publish(&self, changes: &Changes, now: Timestamp) {
        if changes.is_empty_to_viewers() {
            return;
        }
        let sources: Vec<_> = changes
            .sources
            .iter()
            .map(|status| (Arc::clone(status), frame::fragment(&frame::source(status))))
            .collect();
        let news = {
            let mut state = self.lock();
            let state = &mut *state;
            state.seq += 1;
            let moves = state.roll.apply(&changes.removed, &changes.vehicles);
            state.cells.apply(&moves.steps);
            let entry = |vehicle: &Arc<crate::domain::Vehicle>| state.roll.get(vehicle.id.as_str());
            News {
                seq: state.seq,
                now,
                vehicles: changes.vehicles.iter().filter_map(entry).cloned().collect(),
                removed: &changes.removed,
                sources: put_sources(&mut state.sources, sources),
                moves,
                cells: state.cells_to_tell(now),
            }
        };
        self.lock_dictionary().note(&news.moves.renamed);
        let used = self.used_channels(now);
        let by_tile = frames::sort_by_tile(&news.moves.steps, used.iter().map(|(view, _)| view));
        for (view, channel) in &used {
            self.push_to(*view, channel, &news, &by_tile);
        }
        self.told_seq.store(news.seq, Ordering::Release);
        self.tell();
    }

    /// The number of the newest change whose frames are all there.
    pub fn told_seq(&self) -> u64 {
        self.told_seq.load(Ordering::Acquire)
    }

    /// One more viewer looks at a view, until it says [`Channel::leave`].
    pub fn join(&self, view: View, deflates: bool) -> Arc<Channel> {
        // Under the lock, so that the channel is not dropped as idle in between.
        self.with_channel(view, |channel| channel.join(deflates))
    }

    /// Does something with the channel of a view, which is made when first asked for.
    fn with_channel(&self, view: View, act: impl FnOnce(&Channel)) -> Arc<Channel> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = channels.entry(view).or_insert_with(|| {
            let settings = self.settings;
            let channel = Channel::new(if view.is_part() {
                settings.of_a_part()
            } else {
                settings
            });
            // What was before it was looked at, nobody holds: it begins with a keyframe.
            channel.push(self.seq(), None);
            Arc::new(channel)
        });
        act(channel);
        Arc::clone(channel)
    }

    /// The channels somebody looks at; those nobody has looked at for long are dropped.
    fn used_channels(&self, now: Timestamp) -> Vec<(View, Arc<Channel>)> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| !channel.is_idle(now));
        let copy = |(view, channel): (&View, &Arc<Channel>)| (*view, Arc::clone(channel));
        let mut used: Vec<_> = channels.iter().map(copy).collect();
        // The sources before the fleet: who has a change of the fleet has all that came with it.
        used.sort_unstable_by_key(|(view, _)| *view);
        used
    }

    /// Asks for a keyframe of a view; it is told like news when it is there.
    pub fn want_keyframe(&self, view: View) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.push(view);
        drop(wanted);
        if let Some(Wake(wake)) = self.wake_encoder.get() {
            wake();
        }
    }

    /// Makes all keyframes that were asked for.
    pub fn make_keyframes(&self, now: Timestamp) {
        while self.make_some_keyframes(|| now) {}
    }

    /// Makes some of the keyframes that were asked for, so that changes need not wait for all of
    /// them; whether there are more.
    pub fn make_some_keyframes(&self, clock: impl Fn() -> Timestamp) -> bool {
        const AT_ONCE: usize = 8;
        let (views, is_more) = {
            let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
            let n = wanted.len().min(AT_ONCE);
            (wanted.drain(..n).collect::<Vec<_>>(), !wanted.is_empty())
        };
        let keyframe = |view: &View| self.make_keyframe(*view, clock());
        let made: Vec<_> = views.iter().map(keyframe).collect();
        // Good from now on: what took long to make would else be too old for everyone.
        let now = clock();
        for (channel, seq, wire) in made {
            channel.put_keyframe(seq, wire, now);
        }
        if !views.is_empty() {
            self.tell();
        }
        is_more
    }

    /// Has `wake` called whenever a keyframe is wanted; there is one encoder.
    pub fn call_encoder(&self, wake: Wake) {
        // A second one would make what the first one makes; it is not called.
        let _ = self.wake_encoder.set(wake);
    }

    /// Has `wake` called whenever there is something to send.
    pub fn call(&self, wake: Wake) {
        let mut all = self.wake.write().unwrap_or_else(PoisonError::into_inner);
        all.push(wake);
    }

    /// Marks a change whenever there is something to send.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn tell(&self) {
        self.news.send_modify(|told| *told += 1);
        let all = self.wake.read().unwrap_or_else(PoisonError::into_inner);
        for Wake(wake) in all.iter() {
            wake();
        }
    }

    /// All of the fleet.
    pub fn current(&self) -> Current {
        let state = self.lock();
        Current {
            epoch: Arc::clone(&self.epoch),
            seq: state.seq,
            vehicles: state.roll.entries().cloned().collect(),
            sources: state
                .sources
                .iter()
                .map(|(_, json)| Arc::clone(json))
                .collect(),
        }
    }

    /// All of the fleet, for somebody who may go on from there by the live protocol.
    pub fn current_to_go_on(&self, now: Timestamp) -> Current {
        self.with_channel(View::Json, |channel| channel.keep_up(now));
        self.current()
    }

    /// One vehicle.
    pub fn vehicle(&self, id: &str) -> Option<Entry> {
        self.lock().roll.get(id).cloned()
    }

    /// How many vehicles are in any of `tiles`, none of which may hold another.
    pub fn n_vehicles_in(&self, tiles: &[Tile]) -> usize {
        self.lock().cells.n_vehicles_in(tiles)
    }

    /// How many vehicles there are.
    pub fn n_vehicles(&self) -> usize {
        self.lock().roll.n_vehicles()
    }

    /// All sources.
    pub fn sources(&self) -> Vec<Arc<SourceStatus>> {
        let state = self.lock();
        let sources = state.sources.iter();
        sources.map(|(status, _)| Arc::clone(status)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something did, the state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_dictionary(&self) -> MutexGuard<'_, frames::Dictionary> {
        self.dictionary
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Cells that differ, once a second.
    fn cells_to_tell(&mut self, now: Timestamp) -> Vec<Told> {
        let told_at = self.cells_told_at;
        if told_at.is_some_and(|at| now.duration_since(at) < CELLS_EVERY) {
            return Vec::new();
        }
        self.cells_told_at = Some(now);
        self.cells.take_changed()
    }
}

/// Puts each in the place of the one it follows; gives the JSON of all that came.
fn put_sources(
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
