//! Gives a store what it should keep, and takes it back after a restart.

use jiff::{SignedDuration, Timestamp};

use super::Fleet;
use super::changes::Changes;
use super::device::Device;
use super::fix::Fix;
use super::memory::Remembered;
use super::merge::{self, Held, Judgement, Reason, Terms};
use super::slots::{DeviceSlot, VehicleSlot};
use super::track::Track;
use crate::domain::Verdict;

/// So many devices are told of at a time.
const PIECE: usize = 250;

impl Fleet {
    /// Takes back what a store kept; once, before anything is observed.
    ///
    /// Devices of sources that are no longer configured are left out. Nothing looks fresher than
    /// it is, as freshness follows from the age of the fix; and what is known only from before is
    /// flagged so until its device's next fix.
    pub fn restore(&mut self, remembered: Vec<Remembered>, now: Timestamp) {
        self.rota.renew(now);
        let mut restored = Vec::new();
        for mut one in remembered {
            let mut sources = self.sources.iter();
            let Some(source_at) = sources.position(|it| *it.id() == one.device.source) else {
                continue;
            };
            for fix in [&mut one.fix, &mut one.position].into_iter().flatten() {
                fix.flag_clock(self.book.positions[source_at].clock_ahead_after);
                // Our clock may have been ahead then: what is yet to come would look live until it is.
                fix.fixed_at = fix.fixed_at.min(now);
                fix.received_at = fix.received_at.min(now);
            }
            let slot = self.ensure_device(source_at, &one.device);
            let fixes = (one.fix.clone(), one.position.clone());
            self.resume(slot, one, now);
            restored.push((slot, fixes));
        }
        // Who holds a position is settled before anybody is judged against it.
        for (slot, (fix, position)) in &restored {
            let Some(device) = self.devices.get_mut(*slot) else {
                continue;
            };
            let rank = &device.rank;
            let held = position.clone().map(|fix| {
                let rank = rank.clone();
                Held { fix, rank }
            });
            device.last = fix.clone().map(|fix| {
                let poor_beyond_m = self.book.positions[rank.source].poor_beyond_m;
                let judgement = judgement_of(&fix, held.as_ref(), poor_beyond_m);
                (fix, judgement)
            });
            let state = device.vehicle.and_then(|at| self.vehicles.get_mut(at));
            if let (Some(state), Some(held)) = (state, held) {
                state.hold(held, *slot);
            }
        }
        for (slot, _) in restored {
            self.forget_out_of_sight(slot);
            if let Some(vehicle) = self.devices.get(slot).and_then(|device| device.vehicle) {
                self.age_vehicle(vehicle, now);
                self.judge_restored(slot, vehicle, now);
                self.touch(vehicle);
            }
        }
    }

    /// Makes a device what it was, its fixes aside.
    fn resume(&mut self, slot: DeviceSlot, one: Remembered, now: Timestamp) {
        let Some(device) = self.devices.get_mut(slot) else {
            return;
        };
        let rules = self.book.of(&self.sources, device.rank.source);
        device.track = Track::resumed(one.motion, one.gaps, rules);
        device.raw = one.raw;
        device.contact_at = one.contact_at;
        device.offline_at = one.offline_at;
        device.facts = one.facts;
        device.is_restored = one.fix.is_some();
        if one.unlisted_since.is_some() {
            self.unlisted.insert(slot);
        }
        self.relabel(slot, now, |device| {
            device.listed = one.listed;
            device.seen = one.seen;
            device.unlisted_since = one.unlisted_since;
        });
    }

    /// Judges a restored device against the one that held the position. Nobody reported, so no
    /// marker moves: who was outranked remains so until its next fix.
    fn judge_restored(&mut self, slot: DeviceSlot, vehicle: VehicleSlot, now: Timestamp) {
        let held = self.vehicles.get(vehicle).and_then(|it| it.held.clone());
        let Some(held) = held else {
            self.rejudge(slot, vehicle, now);
            return;
        };
        let Some(device) = self.devices.get_mut(slot) else {
            return;
        };
        if let Some((fix, judgement)) = &mut device.last
            && device.rank.device != held.rank.device
        {
            let terms = Terms {
                hold_for: SignedDuration::MAX,
                is_live: true,
                poor_beyond_m: self.book.positions[device.rank.source].poor_beyond_m,
            };
            *judgement = merge::judge(fix, &device.rank, Some(&held), terms);
            if judgement.verdict == Verdict::Accepted {
                *judgement = Judgement {
                    verdict: Verdict::Outranked,
                    reason: Reason::Outranked(held.rank.device),
                };
            }
        }
    }

    /// Notes that a store should be told of a device.
    pub(super) fn note_memory(&mut self, slot: DeviceSlot) {
        if self.settings.remember_every.is_some()
            && let Some(device) = self.devices.get_mut(slot)
            && !std::mem::replace(&mut device.is_unremembered, true)
        {
            self.unremembered.push(slot);
        }
    }

    /// Whether a store should be told something at `now`.
    pub fn is_memory_due(&self, now: Timestamp) -> bool {
        let every = self.settings.remember_every;
        every.is_some_and(|every| every <= now.duration_since(self.remembered_at).abs())
    }

    /// Adds to `changes` what a store should keep of some of the devices that differ; whether
    /// there are more.
    pub fn remember(&mut self, changes: &mut Changes, now: Timestamp) -> bool {
        self.remembered_at = now;
        changes.forgotten.append(&mut self.forgotten);
        let first = self.unremembered.len().saturating_sub(PIECE);
        for slot in self.unremembered.drain(first..) {
            let Some(device) = self.devices.get_mut(slot) else {
                continue;
            };
            if !std::mem::take(&mut device.is_unremembered) {
                continue;
            }
            let state = device.vehicle.and_then(|at| self.vehicles.get(at));
            let held = state.filter(|state| state.held_by == Some(slot));
            let position = held.and_then(|state| state.held.clone());
            changes.remembered.push(memory_of(device, position));
        }
        !self.unremembered.is_empty()
    }
}

/// What became of a device's newest fix: if it is not the one by which the device holds the
/// position (`held`), it was refused.
fn judgement_of(fix: &Fix, held: Option<&Held>, poor_beyond_m: f64) -> Judgement {
    if let Some(held) = held.filter(|held| held.fix != *fix) {
        let terms = Terms {
            hold_for: SignedDuration::ZERO,
            is_live: true,
            poor_beyond_m,
        };
        return merge::judge(fix, &held.rank, Some(held), terms);
    }
    Judgement {
        verdict: Verdict::Accepted,
        reason: Reason::Restored,
    }
}

fn memory_of(device: &Device, position: Option<Held>) -> Remembered {
    Remembered {
        device: device.rank.device.clone(),
        listed: device.listed.clone(),
        seen: device.seen.clone(),
        unlisted_since: device.unlisted_since,
        fix: device.last_fix().cloned(),
        position: position.map(|held| held.fix),
        raw: device.raw,
        contact_at: device.contact_at,
        offline_at: device.offline_at,
        facts: device.facts.clone(),
        motion: *device.track.progress(),
        gaps: device.track.gaps().clone(),
    }
}
