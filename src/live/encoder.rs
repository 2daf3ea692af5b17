//! The thread that makes frames: it takes the fleet's changes as they come, and makes keyframes
//! when somebody needs one.
//!
//! A thread of its own, so that neither the writer of the fleet nor those who write to viewers
//! wait while ten thousand vehicles are encoded and compressed. When it cannot keep up, the writer
//! keeps its changes a tick longer, and they come as one.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use jiff::Timestamp;

use super::hub::Wake;
use super::stages::Stages;
use crate::domain::alarm::AlarmChanges;
use crate::fleet::Changes;

/// Publications that may wait.
const MAX_WAITING: usize = 2;

/// Hands changes to the thread. Dropping it ends the thread.
#[derive(Debug)]
pub struct Encoder {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Desk {
    work: Mutex<Work>,
    is_there_work: Condvar,
}

#[derive(Debug, Default)]
struct Work {
    changes: VecDeque<(Changes, Timestamp)>,
    /// What became of alarms, all at once: it goes along with the next changes.
    alarms: Option<(AlarmChanges, Timestamp)>,
    are_keyframes_wanted: bool,
    is_over: bool,
}

impl Encoder {
    /// Starts the thread for all `stages`.
    pub fn start(stages: Arc<Stages>, clock: fn() -> Timestamp) -> std::io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let told = Arc::clone(&desk);
        stages.whole().call_encoder(Wake(Box::new(move || {
            told.change(|work| work.are_keyframes_wanted = true);
        })));
        let its_desk = Arc::clone(&desk);
        let thread = std::thread::Builder::new().name("encoder".to_owned());
        let thread = thread.spawn(move || run(&its_desk, &stages, clock))?;
        Ok(Self {
            desk,
            thread: Some(thread),
        })
    }

    /// Whether it would take changes now; else they are better kept.
    pub fn is_ready(&self) -> bool {
        self.desk.lock().changes.len() < MAX_WAITING
    }

    /// Whether the thread is alive.
    pub fn is_well(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    /// Takes changes; call it only when it is ready.
    pub fn publish(&self, changes: Changes, now: Timestamp) {
        if !changes.is_empty_to_viewers() {
            self.desk
                .change(|work| work.changes.push_back((changes, now)));
        }
    }
}

impl Encoder {
    /// Takes what became of alarms, at any time: what waits comes as one.
    pub fn tell_alarms(&self, alarms: AlarmChanges, now: Timestamp) {
        if !alarms.is_empty() {
            self.desk.change(|work| {
                let (mut all, _) = work.alarms.take().unwrap_or((AlarmChanges::default(), now));
                all.add(alarms);
                work.alarms = Some((all, now));
            });
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.desk.change(|work| work.is_over = true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that makes frames broke down");
        }
    }
}

impl Desk {
    fn lock(&self) -> std::sync::MutexGuard<'_, Work> {
        // Nothing panics while it is held.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Work)) {
        change(&mut self.lock());
        self.is_there_work.notify_one();
    }

    /// What is to be done next; `None` at the end.
    fn next(&self) -> Option<Work> {
        let is_idle = |work: &mut Work| {
            work.changes.is_empty()
                && work.alarms.is_none()
                && !work.are_keyframes_wanted
                && !work.is_over
        };
        let waiting = self.is_there_work.wait_while(self.lock(), is_idle);
        let mut work = waiting.unwrap_or_else(PoisonError::into_inner);
        if work.is_over && work.changes.is_empty() {
            return None;
        }
        let mut changes: VecDeque<_> = work.changes.pop_front().into_iter().collect();
        if let Some((alarms, told_at)) = work.alarms.take() {
            let nothing_else = || (Changes::default(), told_at);
            let mut next = changes.pop_front().unwrap_or_else(nothing_else);
            next.0.alarms.add(alarms);
            changes.push_back(next);
        }
        Some(Work {
            changes,
            alarms: None,
            are_keyframes_wanted: std::mem::take(&mut work.are_keyframes_wanted),
            is_over: false,
        })
    }
}

fn run(desk: &Desk, stages: &Stages, clock: fn() -> Timestamp) {
    while let Some(work) = desk.next() {
        for (changes, now) in work.changes {
            stages.publish(&changes, now, clock);
        }
        if work.are_keyframes_wanted && stages.make_some_keyframes(clock) {
            desk.change(|work| work.are_keyframes_wanted = true);
        }
    }
}
