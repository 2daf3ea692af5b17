//! One view's stream of frames: the last ones, the newest keyframe, and who wants them in which
//! form.
//!
//! Viewers pull. Each knows the `seq` it holds and asks for what comes after; the channel owes
//! nobody anything, so a slow viewer costs the others nothing. A frame says on which state it
//! builds (`base`): it may be applied to anything held from there up to itself. Where no such
//! frame is left, the answer is a keyframe, never a gap. Keyframes are made elsewhere, on demand
//! and once for a crowd.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::wire::{Forms, Wire};

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug)]
pub struct ChannelSettings {
    /// Frames kept for resuming.
    pub max_frames: usize,
    /// Their bytes.
    pub max_bytes: usize,
    /// A viewer that lacks more frames than this gets a keyframe instead of all of them.
    pub max_behind: usize,
    /// A keyframe older than this is made anew.
    pub good_for: SignedDuration,
    /// A view nobody looks at is kept up this long for those who come back.
    pub kept_up_for: SignedDuration,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self {
            // Five minutes of ticks.
            max_frames: 1_200,
            max_bytes: 32 << 20,
            max_behind: 16,
            good_for: SignedDuration::from_secs(1),
            kept_up_for: SignedDuration::from_mins(5),
        }
    }
}

impl ChannelSettings {
    /// For a view of a part of the world. Nobody resumes there, and who moves a map about has
    /// looked at hundreds in a minute: each ends with its last viewer.
    #[must_use]
    pub fn of_a_part(self) -> Self {
        Self {
            max_frames: self.max_behind.min(self.max_frames),
            max_bytes: self.max_bytes / 32,
            kept_up_for: SignedDuration::ZERO,
            ..self
        }
    }
}

/// How a viewer wants what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It came back: however many frames are missing, they are wanted one by one.
    Resuming,
    /// It takes what it is sent as fast as it is made.
    Steady,
    /// Its line was full: it gets the newest state and not what it missed.
    Behind,
}

/// What a viewer lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// This frame, and the `seq` after it; there may be more.
    Frame(Bytes, u64),
    /// A keyframe, and its `seq`; there may be frames after it.
    Keyframe(Bytes, u64),
    /// A keyframe that is not made yet; `is_new` if nobody has asked for it before.
    Later {
        /// Whether somebody has to be told.
        is_new: bool,
    },
}

/// One view's stream.
#[derive(Debug)]
pub struct Channel {
    settings: ChannelSettings,
    state: Mutex<State>,
    plain: Demand,
    deflated: Demand,
}

#[derive(Debug, Default)]
struct State {
    /// The newest change of this view, encoded or not.
    newest: u64,
    frames: VecDeque<Frame>,
    frames_bytes: usize,
    keyframe: Option<(Frame, Timestamp)>,
    is_keyframe_wanted: bool,
}

#[derive(Clone, Debug)]
struct Frame {
    base: u64,
    seq: u64,
    wire: Wire,
}

/// How many want a form, and until when it is kept up for those who left.
#[derive(Debug, Default)]
struct Demand {
    viewers: AtomicUsize,
    until_ms: AtomicI64,
}

impl Channel {
    /// A channel of a view that is empty at 0.
    pub fn new(settings: ChannelSettings) -> Self {
        Self {
            settings,
            state: Mutex::default(),
            plain: Demand::default(),
            deflated: Demand::default(),
        }
    }

    /// One more viewer looks.
    pub fn join(&self, deflates: bool) {
        self.demand(deflates).viewers.fetch_add(1, Ordering::AcqRel);
    }

    /// One viewer fewer looks.
    pub fn leave(&self, deflates: bool) {
        self.demand(deflates).viewers.fetch_sub(1, Ordering::AcqRel);
    }

    /// Keeps the view up for somebody who may come.
    pub fn keep_up(&self, now: Timestamp) {
        self.plain.keep_up(now, self.settings.kept_up_for);
        self.deflated.keep_up(now, self.settings.kept_up_for);
    }

    /// In which forms frames are wanted now.
    pub fn wanted(&self, now: Timestamp) -> Forms {
        Forms {
            plain: self.plain.is_wanted(now, self.settings.kept_up_for),
            deflated: self.deflated.is_wanted(now, self.settings.kept_up_for),
        }
    }

    /// Whether nobody looks, and nobody did for long.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.wanted(now).is_none()
    }

    /// The view changed, by a frame that builds on everything before. Without one, since nobody
    /// wanted it, whoever comes later needs a keyframe.
    pub fn push(&self, seq: u64, wire: Option<Wire>) {
        let mut state = self.lock();
        let base = std::mem::replace(&mut state.newest, seq);
        let Some(wire) = wire else {
            state.frames.clear();
            state.frames_bytes = 0;
            return;
        };
        state.frames_bytes += wire.len();
        state.frames.push_back(Frame { base, seq, wire });
        while self.settings.max_frames < state.frames.len()
            || self.settings.max_bytes < state.frames_bytes
        {
            let Some(oldest) = state.frames.pop_front() else {
                break;
            };
            state.frames_bytes -= oldest.wire.len();
        }
    }

    /// The `seq` of the view's newest change: what the next frame will build on.
    pub fn newest(&self) -> u64 {
        self.lock().newest
    }

    /// A keyframe of the state at `seq` was made.
    pub fn put_keyframe(&self, seq: u64, wire: Wire, now: Timestamp) {
        let mut state = self.lock();
        state.is_keyframe_wanted = false;
        let base = seq;
        state.keyframe = Some((Frame { base, seq, wire }, now));
    }

    /// The keyframe holds what may no longer be shown to who comes now.
    pub fn drop_keyframe(&self) {
        self.lock().keyframe = None;
    }

    /// Whether who holds `held` can go on from there.
    pub fn can_resume(&self, held: u64, deflates: bool) -> bool {
        let state = self.lock();
        state.newest <= held || state.after(held, deflates).is_some()
    }

    /// What who holds `held` lacks; who holds nothing lacks everything.
    pub fn next(&self, held: Option<u64>, pace: Pace, deflates: bool, now: Timestamp) -> Next {
        let mut state = self.lock();
        if let Some(held) = held {
            if state.newest <= held {
                return Next::Nothing;
            }
            let max = match pace {
                Pace::Resuming => usize::MAX,
                Pace::Steady => self.settings.max_behind,
                Pace::Behind => 1,
            };
            if let Some((frame, missing)) = state.after(held, deflates)
                && missing <= max
                && let Some(bytes) = frame.wire.pick(deflates)
            {
                return Next::Frame(bytes.clone(), frame.seq);
            }
        }
        if let Some((keyframe, made_at)) = &state.keyframe
            && now.duration_since(*made_at) <= self.settings.good_for
            && held.is_none_or(|held| held < keyframe.seq)
            && state.leads_on(keyframe.seq, deflates)
            && let Some(bytes) = keyframe.wire.pick(deflates)
        {
            return Next::Keyframe(bytes.clone(), keyframe.seq);
        }
        let is_new = !std::mem::replace(&mut state.is_keyframe_wanted, true);
        Next::Later { is_new }
    }

    fn demand(&self, deflates: bool) -> &Demand {
        if deflates {
            &self.deflated
        } else {
            &self.plain
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something did, the state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first frame after `held`, if it builds on that, and how many there are from it on.
    fn after(&self, held: u64, deflates: bool) -> Option<(&Frame, usize)> {
        let at = self.frames.partition_point(|frame| frame.seq <= held);
        let frame = self.frames.get(at)?;
        let fits = frame.base <= held && frame.wire.pick(deflates).is_some();
        fits.then_some((frame, self.frames.len() - at))
    }

    /// Whether a keyframe of `seq` is of use: nothing came after it, or what came is still here
    /// and so little that it is sent along: together they are the newest state.
    fn leads_on(&self, seq: u64, deflates: bool) -> bool {
        const MAX_AFTER: usize = 4;
        let is_little = |(_, missing)| missing <= MAX_AFTER;
        self.newest <= seq || self.after(seq, deflates).is_some_and(is_little)
    }
}

impl Demand {
    fn keep_up(&self, now: Timestamp, kept_up_for: SignedDuration) {
        let until = now.saturating_add(kept_up_for);
        let until_ms = until.map_or(i64::MAX, Timestamp::as_millisecond);
        self.until_ms.store(until_ms, Ordering::Relaxed);
    }

    /// Asked at each change: who looks now may come back later.
    fn is_wanted(&self, now: Timestamp, kept_up_for: SignedDuration) -> bool {
        if 0 < self.viewers.load(Ordering::Acquire) {
            self.keep_up(now, kept_up_for);
            return true;
        }
        now.as_millisecond() < self.until_ms.load(Ordering::Relaxed)
    }
}
