//! The fan-out point: the newest state, and a channel for each view of it.
//!
//! [`Hub::publish`] takes what changed and makes the frames of the views that somebody looks at,
//! each once, whatever the number of viewers. Viewers pull from the channels; those that a frame
//! does not serve ask for a keyframe, which [`Hub::make_keyframes`] makes once for all of them.
//! Both are called by one thread (`encoder.rs`), so that a change and a keyframe cannot cross.

mod frames;
mod parts;
mod state;
mod wakes;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::value::RawValue;
use tokio::sync::watch;

use self::parts::Parts;
use self::state::{AlarmNews, Counts, State, put_sources};
use self::wakes::Wakes;
use super::bin::Tile;
use super::channel::{Channel, ChannelSettings};
use super::frame;
use super::latency::Latencies;
use super::roll::Moves;
use super::slots::Slots;
use crate::domain::VehicleId;
use crate::domain::alarm::Alarm;
use crate::fleet::{Changes, SourceStatus};

pub use self::wakes::Wake;
pub use super::entry::Entry;
pub use super::slots::Entries;

/// What a viewer can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// The whole fleet and its sources as `fleetglass.v1.json`.
    Json,
    /// The sources, for viewers of the binary protocol.
    Sources,
    /// The open alarms, for viewers of the binary protocol.
    Alarms,
    /// How many vehicles are in each cell, for viewers of the binary protocol.
    Cells,
    /// What is in a tile, for viewers of the binary protocol.
    Tile(Tile),
}

impl View {
    /// Whether it is of a part of the world only, or of a large fleet from afar.
    pub fn is_part(self) -> bool {
        match self {
            Self::Json | Self::Sources | Self::Alarms => false,
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
    n_vehicles: AtomicUsize,
    state: Mutex<State>,
    channels: Mutex<HashMap<View, Arc<Channel>>>,
    dictionary: Mutex<frames::Dictionary>,
    wanted: Mutex<Vec<View>>,
    wakes: Arc<Wakes>,
    news: watch::Sender<u64>,
    latencies: Latencies,
    /// It is of a part of the fleet: what leaves it may not be told to who comes later.
    is_part: bool,
}

/// All of the fleet at one `seq`, for answers over HTTP.
#[derive(Clone, Debug)]
pub struct Current {
    /// Which run and set of rights.
    pub epoch: Arc<str>,
    /// As of which change.
    pub seq: u64,
    /// Vehicles, by id.
    pub vehicles: Entries,
    /// Sources, as JSON.
    pub sources: Vec<Arc<RawValue>>,
    /// Open alarms, as JSON.
    pub alarms: Vec<Arc<RawValue>>,
}

/// What one publication changed.
#[derive(Debug)]
struct News<'a> {
    seq: u64,
    now: Timestamp,
    removed: &'a [VehicleId],
    sources: Vec<Arc<RawValue>>,
    alarms: AlarmNews,
    moves: Moves,
    /// What moved in each tile that somebody looks at.
    parts: Parts,
    /// The counts, where they differ and it is time to tell them.
    counts: Option<Counts>,
}

impl Hub {
    /// An empty hub of the run named `epoch`.
    pub fn new(epoch: impl Into<Arc<str>>, settings: ChannelSettings) -> Self {
        Self::woken_by(Arc::default(), epoch.into(), settings)
    }

    /// An empty hub of a part of the fleet, with an epoch of its own, whose viewers the same threads serve.
    #[must_use]
    pub fn beside(&self, epoch: impl Into<Arc<str>>) -> Self {
        Self {
            is_part: true,
            ..Self::woken_by(Arc::clone(&self.wakes), epoch.into(), self.settings)
        }
    }

    fn woken_by(wakes: Arc<Wakes>, epoch: Arc<str>, settings: ChannelSettings) -> Self {
        Self {
            settings,
            epoch,
            told_seq: AtomicU64::new(0),
            n_vehicles: AtomicUsize::new(0),
            state: Mutex::default(),
            channels: Mutex::default(),
            dictionary: Mutex::default(),
            wanted: Mutex::default(),
            wakes,
            news: watch::Sender::new(0),
            latencies: Latencies::default(),
            is_part: false,
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
        if self.take_in(changes, now) {
            self.tell();
        }
    }

    /// Takes in what changed and wakes nobody; whether there was any change for viewers.
    pub(super) fn take_in(&self, changes: &Changes, now: Timestamp) -> bool {
        if changes.is_empty_to_viewers() {
            return false;
        }
        let sources: Vec<_> = changes
            .sources
            .iter()
            .map(|status| (Arc::clone(status), frame::fragment(&frame::source(status))))
            .collect();
        let mut news = {
            let mut state = self.lock();
            let state = &mut *state;
            state.seq += 1;
            let moves = state.roll.apply(&changes.removed, &changes.vehicles);
            state.cells.apply(&moves.steps);
            let n_vehicles = state.roll.n_vehicles();
            self.n_vehicles.store(n_vehicles, Ordering::Relaxed);
            News {
                seq: state.seq,
                now,
                removed: &changes.removed,
                sources: put_sources(&mut state.sources, sources),
                alarms: state.put_alarms(&changes.alarms),
                moves,
                parts: Parts::default(),
                counts: state.counts_to_tell(now, self.is_part),
            }
        };
        self.lock_dictionary().note(&news.moves.renamed);
        let used = self.used_channels(now);
        let tiles = used.iter().filter_map(|(view, _)| match view {
            View::Tile(tile) => Some(*tile),
            View::Json | View::Sources | View::Alarms | View::Cells => None,
        });
        news.parts = Parts::new(&news.moves.steps, tiles);
        // Of what has left, and of names that are hidden now, no keyframe may tell any more. An
        // alarm may differ by the name of its rule, which says a plate that is known only now.
        let is_less = !news.removed.is_empty() || !news.alarms.closed.is_empty();
        let is_renamed = !news.moves.renamed.is_empty() || !news.alarms.changed.is_empty();
        let hides = self.is_part && (is_less || is_renamed);
        if hides {
            self.lock_dictionary().forget();
        }
        for (view, channel) in used {
            if hides {
                channel.drop_keyframe();
            }
            self.push_to(view, &channel, &news);
        }
        self.told_seq.store(news.seq, Ordering::Release);
        true
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
        // Sources and alarms before the fleet: who has a change of the fleet has all that came with it.
        used.sort_unstable_by_key(|(view, _)| *view);
        used
    }

    /// Asks for a keyframe of a view; it is told like news when it is there.
    pub fn want_keyframe(&self, view: View) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.push(view);
        drop(wanted);
        self.wakes.wake_encoder();
    }

    /// Whether any keyframe was asked for that is not made yet.
    pub(super) fn are_keyframes_wanted(&self) -> bool {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        !wanted.is_empty()
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
        self.wakes.set_encoder(wake);
    }

    /// Has `wake` called whenever there is something to send.
    pub fn call(&self, wake: Wake) {
        self.wakes.add(wake);
    }

    /// Marks a change whenever there is something to send.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn tell(&self) {
        self.tell_tasks();
        self.wake_all();
    }

    /// Wakes the tasks that serve a viewer each.
    pub(super) fn tell_tasks(&self) {
        self.news.send_modify(|told| *told += 1);
    }

    /// Wakes the threads that serve viewers, those of other hubs among them.
    pub(super) fn wake_all(&self) {
        self.wakes.wake_all();
    }

    /// All of the fleet. Nothing is copied, so it is as cheap for a large one.
    pub fn current(&self) -> Current {
        let state = self.lock();
        Current {
            epoch: Arc::clone(&self.epoch),
            seq: state.seq,
            vehicles: state.roll.entries(),
            sources: state.sources_json(),
            alarms: state.alarms_json(),
        }
    }

    /// All of the fleet, for somebody who may go on from there by the live protocol.
    pub fn current_to_go_on(&self, now: Timestamp) -> Current {
        self.with_channel(View::Json, |channel| channel.keep_up(now));
        self.current()
    }

    /// How long positions are on their way.
    pub fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// One vehicle.
    pub fn vehicle(&self, id: &str) -> Option<Entry> {
        self.lock().roll.get(id).cloned()
    }

    /// How many vehicles are in any of `tiles`, none of which may hold another.
    pub fn n_vehicles_in(&self, tiles: &[Tile]) -> usize {
        self.lock().cells.n_vehicles_in(tiles)
    }

    /// How many vehicles there are; cheap enough to be asked at each frame.
    pub fn n_vehicles(&self) -> usize {
        self.n_vehicles.load(Ordering::Relaxed)
    }

    /// All sources.
    pub fn sources(&self) -> Vec<Arc<SourceStatus>> {
        let state = self.lock();
        let sources = state.sources.iter();
        sources.map(|(status, _)| Arc::clone(status)).collect()
    }

    /// All open alarms.
    pub fn alarms(&self) -> Vec<Arc<Alarm>> {
        let state = self.lock();
        let alarms = state.alarms.values();
        alarms.map(|(alarm, _)| Arc::clone(alarm)).collect()
    }

    /// All sources, as JSON.
    pub fn sources_json(&self) -> Vec<Arc<RawValue>> {
        self.lock().sources_json()
    }

    /// What the map shows of every vehicle, by number.
    pub fn slots(&self) -> Slots {
        self.lock().roll.slots().clone()
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
