//! What waits for the thread that writes: bounded, and never in anybody's way.
//!
//! When there is no room the oldest fixes are dropped and counted. What the map showed is not
//! dropped but told with the time of the next tick: otherwise a vehicle that did not change again
//! would be remembered wrongly for ever.

use std::collections::{HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::digest::Tick;

/// Vehicles and fixes that may wait.
const MAX_WAITING: usize = 200_000;

/// What the thread is to do next.
#[derive(Debug)]
pub(super) enum Job<R> {
    /// Remember this, published at this time (Unix milliseconds).
    Tick(i64, Tick),
    /// Something that somebody waits for.
    Request(R),
    /// Write what there is, and end.
    End,
}

/// The queue; `R` is what can be asked for.
#[derive(Debug)]
pub(super) struct Queue<R> {
    waiting: Mutex<Waiting<R>>,
    bell: Condvar,
}

#[derive(Debug)]
struct Waiting<R> {
    ticks: VecDeque<(i64, Tick)>,
    weight: usize,
    /// Each with how many ticks came before it.
    requests: VecDeque<(u64, R)>,
    n_pushed: u64,
    n_taken: u64,
    is_closed: bool,
}

impl<R> Default for Queue<R> {
    fn default() -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                ticks: VecDeque::new(),
                weight: 0,
                requests: VecDeque::new(),
                n_pushed: 0,
                n_taken: 0,
                is_closed: false,
            }),
            bell: Condvar::new(),
        }
    }
}

impl<R> Queue<R> {
    /// Adds a tick; how many fixes had to go for it.
    pub(super) fn push(&self, at_ms: i64, tick: Tick) -> usize {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return 0;
        }
        waiting.weight += weight(&tick);
        waiting.ticks.push_back((at_ms, tick));
        waiting.n_pushed += 1;
        let n_dropped = waiting.make_room(MAX_WAITING);
        drop(waiting);
        self.bell.notify_one();
        n_dropped
    }

    /// Adds a request; gives it back where nobody will see to it.
    pub(super) fn ask(&self, request: R) -> Result<(), R> {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return Err(request);
        }
        let n_before = waiting.n_pushed;
        waiting.requests.push_back((n_before, request));
        drop(waiting);
        self.bell.notify_one();
        Ok(())
    }

    /// No more is taken; what waits is still seen to.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.bell.notify_all();
    }

    /// Nobody takes anything any more: whoever waits for an answer learns that there is none.
    pub(super) fn abandon(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        waiting.ticks.clear();
        waiting.requests.clear();
    }

    /// The next job; waits for one.
    pub(super) fn next(&self) -> Job<R> {
        let mut waiting = self.lock();
        loop {
            // A request is about all that came before it, and does not wait for what comes after.
            let n_taken = waiting.n_taken;
            let due = waiting.requests.front();
            if due.is_some_and(|(n_before, _)| *n_before <= n_taken)
                && let Some((_, request)) = waiting.requests.pop_front()
            {
                return Job::Request(request);
            }
            if let Some((at_ms, tick)) = waiting.ticks.pop_front() {
                waiting.weight -= weight(&tick);
                waiting.n_taken += 1;
                return Job::Tick(at_ms, tick);
            }
            if waiting.is_closed {
                return Job::End;
            }
            waiting = self
                .bell
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<R>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Waiting<R> {
    fn make_room(&mut self, max_waiting: usize) -> usize {
        let mut n_dropped = 0;
        while max_waiting < self.weight && 1 < self.ticks.len() {
            let Some((_, oldest)) = self.ticks.pop_front() else {
                break;
            };
            n_dropped += oldest.fixes.len();
            self.n_taken += 1;
            if let Some((_, next)) = self.ticks.front_mut() {
                self.weight -= weight(&oldest) + weight(next);
                merge(oldest, next);
                self.weight += weight(next);
            }
        }
        n_dropped
    }
}

/// Tells what `oldest` said of the map with `next`, where that says nothing else.
fn merge(oldest: Tick, next: &mut Tick) {
    let told: HashSet<_> = next.vehicles.iter().map(|vehicle| &vehicle.id).collect();
    let gone: HashSet<_> = next.removed.iter().collect();
    let mut vehicles = oldest.vehicles;
    vehicles.retain(|vehicle| !told.contains(&vehicle.id) && !gone.contains(&vehicle.id));
    let mut removed = oldest.removed;
    removed.retain(|id| !told.contains(id) && !gone.contains(id));
    vehicles.append(&mut next.vehicles);
    removed.append(&mut next.removed);
    (next.vehicles, next.removed) = (vehicles, removed);
    // What a store should keep is told once, so it is not dropped either; nor is it kept of a
    // device that is forgotten, or known better, meanwhile.
    let known = next.remembered.iter().map(|one| &one.device);
    let outdated: HashSet<_> = known.chain(&next.forgotten).collect();
    let mut remembered = oldest.remembered;
    remembered.retain(|one| !outdated.contains(&one.device));
    let mut forgotten = oldest.forgotten;
    remembered.append(&mut next.remembered);
    forgotten.append(&mut next.forgotten);
    (next.remembered, next.forgotten) = (remembered, forgotten);
}

fn weight(tick: &Tick) -> usize {
    tick.fixes.len() + tick.vehicles.len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::kept::tests::named;
    use super::*;
    use crate::domain::{DeviceKey, Reading, SourceId, Vehicle, VehicleId};
    use crate::fleet::Fix;
    use crate::fleet::memory::Remembered;
    use jiff::Timestamp;

    fn tick(vehicles: &[&str], removed: &[&str], n_fixes: usize) -> Tick {
        let at = Timestamp::UNIX_EPOCH;
        let vehicle = |id: &&str| Arc::new(Vehicle::new(VehicleId::new(*id), *id, at));
        let fix = Fix {
            reading: Reading::at(48.0, 17.0),
            fixed_at: at,
            received_at: at,
            clock_ahead: false,
            no_fix_time: false,
            backfill: false,
        };
        let key = DeviceKey::new(SourceId::new("a"), "1");
        Tick {
            vehicles: vehicles.iter().map(vehicle).collect(),
            removed: removed.iter().map(|id| VehicleId::new(*id)).collect(),
            fixes: vec![(key, fix); n_fixes],
            ..Tick::default()
        }
    }

    #[test]
    fn the_oldest_fixes_go_and_what_the_map_showed_stays() {
        let mut waiting = Queue::<()>::default().waiting.into_inner().unwrap();
        for (at_ms, tick) in [
            (1, tick(&["a", "b", "c"], &["x"], 5)),
            (2, tick(&["b"], &["c"], 4)),
            (3, tick(&[], &[], 3)),
        ] {
            waiting.weight += weight(&tick);
            waiting.ticks.push_back((at_ms, tick));
        }
        assert_eq!(waiting.weight, 16);
        assert_eq!(waiting.make_room(16), 0);
        assert_eq!(waiting.make_room(15), 5);
        let (at_ms, first) = waiting.ticks.front().unwrap();
        assert_eq!((*at_ms, first.fixes.len()), (2, 4));
        let ids: Vec<_> = first.vehicles.iter().map(|v| v.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        let gone: Vec<_> = first.removed.iter().map(VehicleId::as_str).collect();
        assert_eq!(gone, ["x", "c"]);
        assert_eq!(waiting.weight, 9);
        assert_eq!(waiting.make_room(0), 4, "the last tick stays");
        assert_eq!(waiting.ticks.len(), 1);
    }

    #[test]
    fn what_a_store_should_keep_is_not_dropped() {
        let key = |device: &str| DeviceKey::new(SourceId::new("a"), device);
        let told = |devices: &[(&str, &str)], forgotten: &[&str]| Tick {
            remembered: devices.iter().map(|(it, by)| named(key(it), by)).collect(),
            forgotten: forgotten.iter().map(|it| key(it)).collect(),
            ..tick(&[], &[], 1)
        };
        let mut waiting = Queue::<()>::default().waiting.into_inner().unwrap();
        for tick in [
            told(&[("1", "old"), ("2", "old"), ("3", "old")], &["4"]),
            told(&[("2", "new"), ("4", "new")], &["3"]),
        ] {
            waiting.weight += weight(&tick);
            waiting.ticks.push_back((0, tick));
        }
        waiting.make_room(1);
        let (_, left) = waiting.ticks.pop_front().unwrap();
        let left_of = |one: &Remembered| (one.device.clone(), one.seen.name.clone());
        let kept: Vec<_> = left.remembered.iter().map(left_of).collect();
        let expected = [("1", "old"), ("2", "new"), ("4", "new")];
        assert_eq!(kept, expected.map(|(it, by)| (key(it), Some(by.into()))));
        // These go first, and then the others are taken in.
        assert_eq!(left.forgotten, [key("4"), key("3")]);
    }

    #[test]
    fn a_request_is_about_what_came_before_it_and_the_end_comes_last() {
        let queue = Queue::default();
        queue.push(1, tick(&["a"], &[], 0));
        queue.ask("now").unwrap();
        queue.close();
        assert_eq!(queue.ask("too late"), Err("too late"));
        assert!(matches!(queue.next(), Job::Tick(1, _)));
        assert!(matches!(queue.next(), Job::Request("now")));
        assert!(matches!(queue.next(), Job::End));
    }

    #[test]
    fn a_request_does_not_wait_for_what_comes_after_it() {
        let queue = Queue::default();
        queue.push(1, tick(&["a"], &[], MAX_WAITING));
        queue.push(2, tick(&["a"], &[], 1));
        queue.ask("now").unwrap();
        queue.push(3, tick(&["a"], &[], 1));
        // The first was told with the second.
        assert!(matches!(queue.next(), Job::Tick(2, _)));
        assert!(matches!(queue.next(), Job::Request("now")));
        assert!(matches!(queue.next(), Job::Tick(3, _)));
    }

    #[test]
    fn nobody_is_asked_where_nobody_answers() {
        let queue = Queue::default();
        let (answer, answered) = std::sync::mpsc::sync_channel::<()>(1);
        queue.ask(answer).unwrap();
        queue.abandon();
        assert!(answered.recv().is_err());
        assert!(queue.ask(std::sync::mpsc::sync_channel(1).0).is_err());
    }
}
