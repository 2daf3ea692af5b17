//! What the fleet keeps of one vehicle, and how time changes it.

use std::sync::Arc;

use jiff::Timestamp;

use super::freshness::Limits;
use super::merge::Held;
use super::motion::Progress;
use super::slots::DeviceSlot;
use super::{freshness, motion};
use crate::domain::thresholds::MotionThresholds;
use crate::domain::{Freshness, FreshnessState, Motion, Vehicle};

/// One vehicle's own state; what its devices say stays with the devices.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is true or not whatever the others are"
)]
pub struct VehicleState {
    /// The fix that is its position.
    pub held: Option<Held>,
    /// The device that said it.
    pub held_by: Option<DeviceSlot>,
    /// What it does.
    pub motion: Motion,
    /// How far to trust that.
    pub freshness: Freshness,
    /// Its position is as young as that of a live one, also where it is known from before a restart
    /// only: a poor fix must leave it alone.
    pub is_young: bool,
    /// Its devices, highest rank first.
    pub devices: Vec<DeviceSlot>,
    /// A late fix came since the last one that was believed.
    pub is_backfilled: bool,
    /// Nobody is to know where it is.
    pub is_off_duty: bool,
    /// What viewers have.
    pub published: Option<Arc<Vehicle>>,
    /// It may differ from that.
    pub is_dirty: bool,
}

/// What the device that holds the position contributes to how the vehicle ages.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// What its records tell of motion.
    pub progress: &'a Progress,
    /// The limits of freshness, fixed at its last fix.
    pub limits: Limits,
    /// When its vendor called it offline.
    pub offline_at: Option<Timestamp>,
    /// It has not spoken since a restart.
    pub is_restored: bool,
}

impl VehicleState {
    /// A vehicle without a device and a position.
    pub fn new(now: Timestamp) -> Self {
        Self {
            held: None,
            held_by: None,
            motion: motion::of_nothing(now),
            freshness: Freshness {
                state: FreshnessState::Never,
                since: now,
            },
            is_young: false,
            devices: Vec::new(),
            is_backfilled: false,
            is_off_duty: false,
            published: None,
            is_dirty: true,
        }
    }

    /// Takes `held`, said by the device in slot `by`, as the position; gives the device that held
    /// it until then.
    pub fn hold(&mut self, held: Held, by: DeviceSlot) -> Option<DeviceSlot> {
        self.held = Some(held);
        self.is_backfilled = false;
        self.held_by.replace(by)
    }

    /// Lets time pass; whether anything changed by it.
    pub fn age(&mut self, holder: Holder<'_>, rules: &MotionThresholds, now: Timestamp) -> bool {
        let Some(held) = &self.held else {
            return false;
        };
        let (fix, before) = (&held.fix, Some(&self.freshness));
        let by_age = freshness::of_fix(fix.fixed_at, fix.received_at, holder.limits, before, now);
        let is_young = by_age.state == FreshnessState::Live;
        let by_age = if holder.is_restored {
            freshness::of_restored(by_age, fix.received_at)
        } else {
            by_age
        };
        let freshness = self.freshness_at(holder, by_age);
        self.is_young = is_young && freshness.state != FreshnessState::Offline;
        let motion = motion::at(holder.progress, offline_since(&freshness), rules, now);
        let differs = freshness != self.freshness || motion != self.motion;
        self.freshness = freshness;
        self.motion = motion;
        differs
    }

    fn freshness_at(&self, holder: Holder<'_>, by_age: Freshness) -> Freshness {
        match holder.offline_at {
            Some(_) if self.freshness.state == FreshnessState::Offline => self.freshness.clone(),
            Some(since) if by_age.state < FreshnessState::Offline => Freshness {
                state: FreshnessState::Offline,
                since,
            },
            _ => by_age,
        }
    }

    /// Time alone changes nothing up to this instant; `None`: nor afterwards.
    pub fn steady_until(
        &self,
        holder: Holder<'_>,
        rules: &MotionThresholds,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let held = self.held.as_ref()?;
        let fresh_until =
            freshness::ends_at(held.fix.fixed_at, holder.limits, self.freshness.state);
        let offline_since = offline_since(&self.freshness);
        let still_until = motion::steady_until(holder.progress, offline_since, rules, now);
        fresh_until.into_iter().chain(still_until).min()
    }
}

fn offline_since(freshness: &Freshness) -> Option<Timestamp> {
    (freshness.state == FreshnessState::Offline).then_some(freshness.since)
}
