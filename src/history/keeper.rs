//! The one thread that writes: it takes in what is published and commits once a second.
//!
//! Ticks are its clock, so a test that sends ticks decides what time it is. Whatever fails leaves
//! what was to be written in memory; it is tried again some seconds later, from the file up.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::chunk::Press;
use super::day::{self, Batch, DayFile};
use super::digest::{self, News, Tick};
use super::error::HistoryError;
use super::last::LastKnown;
use super::memory::{Memory, ROUND_S};
use super::open;
use super::place::{self, Day, Place};
use super::queue::{Job, Queue};
use super::renumber;
use super::request::Request;
use super::status::{Health, count_dropped};

/// What the map shows is written as a whole this often.
const KEYFRAME_EVERY_MS: i64 = 300_000;
/// While the clock is behind what was remembered last, history goes on by this a tick: slower than
/// time, so that the clock catches up, and fast enough for commits to go on.
const PUT_BACK_STEP_MS: i64 = 100;
/// A store that fails is tried again this often.
const RETRY_EVERY_MS: i64 = 5_000;
/// Days that are to go are looked for this often.
const TIDY_EVERY_MS: i64 = 60_000;
/// Without a store, this much of the past is kept in memory.
const KEPT_WITHOUT_STORE_MS: i64 = 3_600_000;
/// What may wait for a store, in bytes; the pieces of an hour of 10,000 vehicles that report
/// every 15 s take a third of it.
const MAX_UNSAVED_BYTES: usize = 64 << 20;

/// What the operator wants remembered.
#[derive(Clone, Debug)]
pub struct HistorySettings {
    /// Where; `None` keeps the last hour in memory and nothing else.
    pub dir: Option<PathBuf>,
    /// Whole days before today that are kept.
    pub keep_days: u32,
    /// Beyond this many bytes the oldest days go.
    pub max_bytes: u64,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self {
            dir: None,
            keep_days: 7,
            max_bytes: 20_000_000_000,
        }
    }
}

/// What the writing thread and those who ask share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: HistorySettings,
    pub(super) queue: Queue<Request>,
    pub(super) health: Health,
    memory: Mutex<Memory>,
}

impl Shared {
    pub(super) fn new(settings: HistorySettings, memory: Memory) -> Self {
        Self {
            settings,
            queue: Queue::default(),
            health: Health::default(),
            memory: Mutex::new(memory),
        }
    }

    /// The memory; nobody holds it while anything is read from or written to the disk.
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's own.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) shared: Arc<Shared>,
    pub(super) place: Option<Place>,
    pub(super) today: Option<DayFile>,
    pub(super) last_known: LastKnown,
    pub(super) news: News,
    pub(super) press: Press,
    /// The last commit failed: no frame since then is in any file.
    pub(super) is_behind: bool,
    pub(super) committed_at_ms: i64,
    keyframe_at_ms: Option<i64>,
    tried_at_ms: i64,
    tidied_at_ms: i64,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, place: Option<Place>, today: Option<DayFile>) -> Self {
        let is_behind = today.is_none();
        Self {
            last_known: LastKnown::new(shared.settings.dir.clone()),
            shared,
            place,
            today,
            news: News::default(),
            press: Press::default(),
            is_behind,
            committed_at_ms: 0,
            keyframe_at_ms: None,
            tried_at_ms: i64::MIN,
            tidied_at_ms: i64::MIN,
        }
    }

    /// Works until the queue is closed, and writes what there is then.
    pub(super) fn run(mut self) {
        let _last = WhenGone(Arc::clone(&self.shared));
        loop {
            match self.shared.queue.next() {
                Job::Tick(at_ms, tick) => self.take(at_ms, tick),
                Job::Request(request) => self.see_to(request),
                Job::End => break,
            }
        }
        self.end();
    }

    fn take(&mut self, at_ms: i64, tick: Tick) {
        // No two ticks have one time, and a clock that is put back does not take history along.
        let last_at_ms = self.shared.memory().at_ms;
        let at_ms = if at_ms <= last_at_ms {
            last_at_ms + PUT_BACK_STEP_MS
        } else {
            at_ms
        };
        self.shared.memory().begin_run(at_ms);
        self.roll_over(at_ms);
        if self.committed_at_ms.div_euclid(1_000) != at_ms.div_euclid(1_000) {
            self.commit(at_ms);
        }
        self.last_known.forget(&tick.forgotten);
        self.last_known.take(tick.remembered);
        let tick = Tick {
            remembered: Vec::new(),
            ..tick
        };
        digest::take_in(&mut self.shared.memory(), &tick, at_ms, &mut self.news);
    }

    /// A day that is over gets all that belongs to it, and is closed.
    fn roll_over(&mut self, at_ms: i64) {
        let Some(today) = &self.today else { return };
        if today.day == Day::of(at_ms) {
            return;
        }
        self.shared.memory().seal_all(&mut self.press);
        self.commit_to_disk(at_ms, false);
        if let Some(today) = self.today.take() {
            today.finish();
        }
        // Its numbers go on, so the new file needs all of them, and the whole picture.
        if !self.is_behind {
            self.shared.memory().forget_old_cards();
        }
        self.keyframe_at_ms = None;
        self.tidied_at_ms = i64::MIN;
    }

    /// Writes what came up to now; `at_ms` is the time of what comes next.
    pub(super) fn commit(&mut self, at_ms: i64) {
        let passed_ms = at_ms.saturating_sub(self.committed_at_ms).max(0);
        let n_seconds = (passed_ms.cast_unsigned().div_ceil(1_000)).min(ROUND_S);
        self.committed_at_ms = at_ms;
        self.shared.memory().take_turns(n_seconds, &mut self.press);
        let is_due = |last: &mut i64, every_ms: i64| {
            let is_due = every_ms <= at_ms.saturating_sub(*last);
            if is_due {
                *last = at_ms;
            }
            is_due
        };
        // Also while nothing can be written: the first of a run says that what was shown before is
        // shown no more.
        self.add_keyframe(at_ms);
        if self.shared.settings.dir.is_none() {
            self.news = News::default();
        } else if !self.is_behind || is_due(&mut self.tried_at_ms, RETRY_EVERY_MS) {
            self.commit_to_disk(at_ms, true);
        } else {
            self.news.frame.clear();
        }
        let oldest_ms = if self.shared.settings.dir.is_none() {
            at_ms.saturating_sub(KEPT_WITHOUT_STORE_MS)
        } else {
            i64::MIN
        };
        let n_dropped = self.shared.memory().shrink(MAX_UNSAVED_BYTES, oldest_ms);
        count_dropped(n_dropped);
        if is_due(&mut self.tidied_at_ms, TIDY_EVERY_MS) {
            self.tidy(at_ms);
        }
    }

    /// Tries to write; what was not written stays in memory.
    pub(super) fn commit_to_disk(&mut self, at_ms: i64, with_keyframe: bool) {
        let started_at = Instant::now();
        let done = self.reach_file(at_ms).and_then(|()| {
            if with_keyframe {
                self.add_keyframe(at_ms);
            }
            self.write(at_ms)
        });
        if let Err(error) = &done {
            let day = self.today.take().map_or(Day::of(at_ms), |file| file.day);
            self.is_behind = true;
            self.news.frame.clear();
            self.tried_at_ms = at_ms;
            if day::is_damaged(error) {
                self.set_aside(day);
            }
        }
        // Two files: what is wrong with one is no reason to leave the other.
        let last_known = match &self.place {
            Some(_) => self.last_known.write_if_due(at_ms),
            None => Ok(()),
        };
        note_duration(started_at.elapsed());
        match done.and(last_known) {
            Err(error) => self.shared.health.is_ill(&error),
            Ok(()) if self.last_known.is_ill() => {}
            Ok(()) => self.shared.health.is_well(),
        }
    }

    /// Opens what is not open.
    fn reach_file(&mut self, at_ms: i64) -> Result<(), HistoryError> {
        let Some(dir) = self.shared.settings.dir.clone() else {
            return Ok(());
        };
        if self.place.is_none() || !dir.exists() {
            self.place = None;
            self.place = Some(Place::take(&dir)?);
        }
        if self.today.is_some() {
            return Ok(());
        }
        let day = Day::of(at_ms);
        let is_first = self.shared.memory().counted_since.is_none();
        let file = if is_first {
            // It was out of reach when the server started.
            open::settled(&dir, day)?
        } else {
            DayFile::open(&dir, day)?
        };
        let (theirs, last_n) = (file.names()?, file.last_n()?);
        let mut memory = self.shared.memory();
        if !renumber::agree(&memory, &theirs) {
            let counted_otherwise = std::mem::replace(&mut *memory, Memory::new());
            *memory = renumber::renumbered(counted_otherwise, theirs, &mut self.press);
        }
        memory.counted_since.get_or_insert(day);
        // A commit that was said to fail may be there all the same.
        memory.saved_n = memory.saved_n.max(last_n);
        self.news.names = memory.names();
        drop(memory);
        self.keyframe_at_ms = None;
        self.today = Some(file);
        Ok(())
    }

    fn set_aside(&mut self, day: Day) {
        let dir = self.shared.settings.dir.as_ref();
        let moved = dir.map(|dir| place::set_aside(&place::day_file(dir, day)));
        tracing::error!(?moved, "a damaged file of history is set aside");
    }

    fn add_keyframe(&mut self, at_ms: i64) {
        let is_due = self
            .keyframe_at_ms
            .is_none_or(|last| KEYFRAME_EVERY_MS <= at_ms.saturating_sub(last));
        if is_due {
            self.keyframe_at_ms = Some(at_ms);
            let mut memory = self.shared.memory();
            // What comes at `at_ms` is not in it.
            let keyframe_at_ms = at_ms - 1;
            let newest = memory.keyframes.back();
            if newest.is_none_or(|newest| newest.at_ms < keyframe_at_ms) {
                let keyframe = memory.keyframe(keyframe_at_ms, &mut self.press);
                memory.keyframes.push_back(Arc::new(keyframe));
            }
        }
    }

    fn write(&mut self, at_ms: i64) -> Result<(), HistoryError> {
        let Some(today) = &mut self.today else {
            return Ok(());
        };
        let batch = {
            let mut memory = self.shared.memory();
            if self.is_behind {
                // No frame has it, so a piece must.
                memory.seal_all(&mut self.press);
                self.news.frame.clear();
            }
            Batch {
                n: memory.saved_n + 1,
                at_ms,
                run_since_ms: memory.run_since_ms,
                frame: std::mem::take(&mut self.news.frame),
                first_n_needed: memory.first_n_needed(),
                sealed: memory.sealed.iter().map(Arc::clone).collect(),
                keyframes: memory.keyframes.iter().map(Arc::clone).collect(),
                names: std::mem::take(&mut self.news.names),
            }
        };
        if batch.is_empty() && !today.is_run_due(at_ms) {
            return Ok(());
        }
        let written = today.commit(&batch);
        if let Err(error) = written {
            self.news.names = batch.names;
            return Err(error);
        }
        self.is_behind = false;
        let mut memory = self.shared.memory();
        memory.saved_n = batch.n;
        memory.forget_sealed(batch.sealed.len());
        memory.keyframes.drain(..batch.keyframes.len());
        Ok(())
    }

    /// Lets days go that are to go.
    fn tidy(&mut self, at_ms: i64) {
        let settings = &self.shared.settings;
        let Some(dir) = &settings.dir else { return };
        let days = place::stored(dir);
        let today = Day::of(at_ms);
        for day in place::outdated(&days, today, settings.keep_days, settings.max_bytes) {
            match place::remove_day(dir, day) {
                Ok(()) => tracing::info!(day = %day.date(), "a day of history is over its time"),
                Err(error) => tracing::warn!(%error, "a day of history cannot be removed"),
            }
        }
        let n_bytes: u64 = days.iter().map(|(_, bytes)| bytes).sum();
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        metrics::gauge!("fleetglass_history_stored_bytes").set(n_bytes as f64);
    }

    /// Writes all there is: a server that was stopped in peace finds nothing to mend.
    fn end(mut self) {
        let at_ms = self.shared.memory().at_ms;
        self.last_known.make_due();
        if self.shared.settings.dir.is_some() && 0 < self.committed_at_ms {
            self.shared.memory().seal_all(&mut self.press);
            self.commit_to_disk(at_ms, false);
        }
    }
}

/// Whatever ends the thread, nobody waits for it in vain.
struct WhenGone(Arc<Shared>);

impl Drop for WhenGone {
    fn drop(&mut self) {
        self.0.queue.abandon();
    }
}

fn note_duration(took: Duration) {
    metrics::histogram!("fleetglass_history_commit_seconds").record(took.as_secs_f64());
}
