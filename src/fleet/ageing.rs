//! Lets time pass over the fleet, a bounded piece at a time.
//!
//! Vehicles that something was said of are aged with every step. All others are looked at when
//! their deadlines are past, so that a silent fleet costs next to nothing. But a feed that ends
//! changes all its vehicles at once, and whoever was asleep for an hour finds every deadline past.
//! So a step is taken in pieces; whoever takes it shows nobody the fleet before the last one.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use super::Fleet;
use super::device::Device;
use super::rule_book::RuleBook;
use super::slots::{DeviceSlot, Slots, VehicleSlot};
use super::vehicle::{Holder, VehicleState};
use crate::domain::{DeviceKey, Health};

/// So many vehicles are looked at at a time; together they take well under a millisecond.
pub const PIECE: usize = 250;

const SHORTEST: SignedDuration = SignedDuration::from_nanos(1);

/// A step of time that is being taken.
#[derive(Debug)]
#[must_use = "the step is yet to be taken"]
pub struct Step {
    now: Timestamp,
    /// Sources that went down or came back: their vehicles' flags turn.
    turned: Vec<usize>,
    /// Deadlines hold while time goes on. Where the clock was set back, all are looked at anew.
    is_clock_back: bool,
    next: Next,
}

/// What is to be looked at next, and from where on.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Each vehicle, as all may be concerned.
    All(VehicleSlot),
    /// What something was said of, by its place in the queue.
    Dirty(usize),
    /// Those whose deadlines are past.
    Due,
    /// Devices that their vendors no longer list.
    Unlisted(DeviceSlot),
}

impl Fleet {
    /// Lets time pass: metadata that never came, health, freshness, vehicles to forget.
    pub fn age(&mut self, now: Timestamp) {
        if self.release_overdue(now) {
            while self.work(now) {}
        }
        let mut step = self.begin_step(now);
        while self.age_some(&mut step) {}
    }

    /// Begins what [`Fleet::age`] does, to be done by [`Fleet::age_some`]. Metadata that never
    /// came is left to [`Fleet::work`].
    pub fn begin_step(&mut self, now: Timestamp) -> Step {
        self.rota.renew(now);
        let sources = self.sources.iter_mut().enumerate();
        let turned: Vec<usize> = sources
            .filter_map(|(at, source)| {
                let was_down = source.current() == Health::Down;
                let differs = source.age(now);
                (differs && was_down != (source.current() == Health::Down)).then_some(at)
            })
            .collect();
        let is_clock_back = now < self.aged_at;
        self.aged_at = now;
        Step {
            next: if is_clock_back || !turned.is_empty() {
                Next::All(0)
            } else {
                Next::Dirty(0)
            },
            now,
            turned,
            is_clock_back,
        }
    }

    /// Takes a piece of a step; whether there is more. Nothing else may happen to the fleet until
    /// there is not.
    pub fn age_some(&mut self, step: &mut Step) -> bool {
        let mut room = PIECE;
        while 0 < room {
            match &mut step.next {
                Next::All(from) => {
                    let n_slots = self.vehicles.n_slots();
                    for slot in some(from, n_slots, &mut room) {
                        self.turn(slot, &step.turned, step.is_clock_back);
                    }
                    if *from == n_slots {
                        step.next = Next::Dirty(0);
                    }
                }
                Next::Dirty(from) => {
                    let n_dirty = self.dirty.len();
                    for at in some(from, n_dirty, &mut room) {
                        self.age_vehicle(self.dirty[at], step.now);
                    }
                    if *from == n_dirty {
                        step.next = Next::Due;
                    }
                }
                Next::Due => {
                    self.age_due(step.now, &mut room);
                    if 0 < room {
                        step.next = Next::Unlisted(0);
                    }
                }
                Next::Unlisted(from) => match self.forget_some(*from, &mut room, step.now) {
                    Some(next) => *from = next,
                    None => return false,
                },
            }
        }
        true
    }

    /// Does to a vehicle what concerns all of a source, or all there are.
    fn turn(&mut self, slot: VehicleSlot, turned: &[usize], is_clock_back: bool) {
        if is_clock_back {
            self.deadlines.note(slot, Timestamp::MIN);
        }
        let held = self.vehicles.get(slot).and_then(|it| it.held.as_ref());
        if held.is_some_and(|held| turned.contains(&held.rank.source)) {
            self.touch(slot);
        }
    }

    fn age_due(&mut self, now: Timestamp, room: &mut usize) {
        while let Some(slot) = self.deadlines.take_past(now, room) {
            if self.age_vehicle(slot, now) {
                self.touch(slot);
            } else {
                self.note_deadline(slot);
            }
        }
    }

    /// Whether the vehicle changed by time alone.
    pub(super) fn age_vehicle(&mut self, slot: VehicleSlot, now: Timestamp) -> bool {
        let has_turned = self.keep_duty(slot, now);
        let Some(state) = self.vehicles.get_mut(slot) else {
            return false;
        };
        let holder = holder(&self.devices, &self.book, state);
        let has_aged = holder.is_some_and(|holder| state.age(holder, &self.book.motion, now));
        has_turned || has_aged
    }

    /// Notes when time alone may change the vehicle next.
    pub(super) fn note_deadline(&mut self, slot: VehicleSlot) {
        let Some(state) = self.vehicles.get(slot) else {
            return;
        };
        let holder = holder(&self.devices, &self.book, state);
        let steady_until =
            holder.and_then(|holder| state.steady_until(holder, &self.book.motion, self.aged_at));
        // The instant at which duty begins or ends is no longer as before.
        let duty_until = self.duty_until(slot);
        let as_before_until = duty_until.and_then(|at| at.checked_sub(SHORTEST).ok());
        if let Some(at) = steady_until.into_iter().chain(as_before_until).min() {
            self.deadlines.note(slot, at);
        }
    }

    /// E of the device that holds the vehicle's position.
    pub(super) fn expected_of_holder(&self, slot: VehicleSlot) -> SignedDuration {
        let held_by = self.vehicles.get(slot).and_then(|state| state.held_by);
        let device = held_by.and_then(|slot| self.devices.get(slot));
        device.map_or(SignedDuration::ZERO, |device| device.track.expected())
    }
}

/// The next of `n` from `from` on, as many as there is `room` for; moves `from` past them.
pub(super) fn some(from: &mut usize, n: usize, room: &mut usize) -> Range<usize> {
    let until = n.min(*from + *room);
    *room -= until - *from;
    std::mem::replace(from, until)..until
}

/// The device that holds the position.
fn holder<'a>(
    devices: &'a Slots<DeviceKey, Device>,
    book: &RuleBook,
    state: &VehicleState,
) -> Option<Holder<'a>> {
    let device = devices.get(state.held_by?)?;
    Some(Holder {
        progress: device.track.progress(),
        limits: book.limits(device.rank.source, &device.track),
        offline_at: device.offline_at,
        is_restored: device.is_restored,
    })
}
