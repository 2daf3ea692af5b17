//! What the fleet keeps of one vehicle, and how the object that viewers get is put together.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::device::{Device, Timed};
use super::fix::Fix;
use super::merge::{Held, Reason};
use super::slots::DeviceSlot;
use super::{freshness, motion};
use crate::domain::roster::RosterVehicle;
use crate::domain::units::distance_m;
use crate::domain::{
    DeviceView, Fact, Flag, Freshness, FreshnessState, Motion, Position, Vehicle, VehicleId,
    Verdict,
};

/// Fixes further apart in time than this are not compared.
const DIVERGING_WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// Two trackers in one lorry are never further apart than this, once speed and accuracy are
/// allowed for.
const DIVERGING_BEYOND_M: f64 = 500.0;

/// One vehicle's own state; what its devices say stays with the devices.
#[derive(Debug)]
pub struct VehicleState {
    /// The fix that is its position.
    pub held: Option<Held>,
    /// What it does.
    pub motion: Motion,
    /// How far to trust that.
    pub freshness: Freshness,
    /// Its devices, highest rank first.
    pub devices: Vec<DeviceSlot>,
    /// What viewers have.
    pub published: Option<Arc<Vehicle>>,
    /// It may differ from that.
    pub is_dirty: bool,
}

impl VehicleState {
    /// A vehicle without a device and a position.
    pub fn new(now: Timestamp) -> Self {
        Self {
            held: None,
            motion: motion::of_nothing(now),
            freshness: Freshness {
                state: FreshnessState::Never,
                since: now,
            },
            devices: Vec::new(),
            published: None,
            is_dirty: true,
        }
    }

    /// Takes `held` as the position.
    pub fn hold(&mut self, held: Held, expected: SignedDuration, now: Timestamp) {
        let last_fixed_at = self.held.as_ref().map(|held| held.fix.fixed_at);
        self.motion = motion::after_fix(&held.fix, &self.motion, last_fixed_at, expected);
        self.held = Some(held);
        self.age(expected, None, now);
    }

    /// Lets time pass; `offline_at` is when the vendor called the holding device offline. Whether
    /// anything changed by it.
    pub fn age(
        &mut self,
        expected: SignedDuration,
        offline_at: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let Some(held) = &self.held else { return false };
        let limits = freshness::limits(self.motion.state, expected);
        let before = Some(&self.freshness);
        let fix = &held.fix;
        let by_age = freshness::of_fix(fix.fixed_at, fix.received_at, limits, before, now);
        let freshness = match offline_at {
            Some(_) if self.freshness.state == FreshnessState::Offline => return false,
            Some(since) if by_age.state < FreshnessState::Offline => Freshness {
                state: FreshnessState::Offline,
                since,
            },
            _ => by_age,
        };
        let differs = freshness != self.freshness;
        self.freshness = freshness;
        differs
    }

    /// Time alone changes nothing up to this instant; `None`: nor afterwards.
    pub fn steady_until(&self, expected: SignedDuration) -> Option<Timestamp> {
        let held = self.held.as_ref()?;
        let limits = freshness::limits(self.motion.state, expected);
        freshness::ends_at(held.fix.fixed_at, limits, self.freshness.state)
    }

    /// Whether a poor fix must leave the marker alone.
    pub fn is_live(&self) -> bool {
        self.freshness.state == FreshnessState::Live
    }
}

/// Puts the object together that viewers get. `devices` stand highest rank first.
pub fn assemble(
    id: &VehicleId,
    state: &VehicleState,
    devices: &[&Device],
    roster: Option<&RosterVehicle>,
    is_feed_down: bool,
) -> Vehicle {
    let named = |pick: fn(&Device) -> Option<&Arc<str>>| devices.iter().find_map(|d| pick(d));
    let registration = roster
        .and_then(|entry| entry.registration.as_ref())
        .or_else(|| named(Device::registration))
        .cloned();
    let name = roster
        .and_then(|entry| entry.name.as_ref())
        .or_else(|| named(Device::name))
        .cloned()
        .or_else(|| registration.clone())
        .unwrap_or_else(|| last_resort_name(id, devices));
    Vehicle {
        id: id.clone(),
        name,
        registration,
        groups: groups(devices, roster),
        flags: flags(state, devices, is_feed_down),
        position: state.held.as_ref().map(position),
        motion: state.motion.clone(),
        freshness: state.freshness.clone(),
        ignition: newest(devices, |device| &device.facts.ignition),
        odometer_m: newest(devices, |device| &device.facts.odometer_m),
        driver: newest(devices, |device| &device.facts.driver),
        address: newest(devices, |device| &device.facts.address),
        battery_pct: newest(devices, |device| &device.facts.battery_pct),
        fuel_l: newest(devices, |device| &device.facts.fuel_l),
        devices: devices.iter().map(|d| device_view(d, state)).collect(),
    }
}

fn last_resort_name(id: &VehicleId, devices: &[&Device]) -> Arc<str> {
    devices.first().map_or_else(
        || id.as_str().into(),
        |device| Arc::clone(&device.rank.device.device),
    )
}

fn groups(devices: &[&Device], roster: Option<&RosterVehicle>) -> Vec<Arc<str>> {
    if let Some(entry) = roster.filter(|entry| !entry.groups.is_empty()) {
        let mut groups = entry.groups.clone();
        groups.sort();
        return groups;
    }
    let mut groups: Vec<_> = devices.iter().flat_map(|d| d.groups()).cloned().collect();
    groups.sort();
    groups.dedup();
    groups
}

fn position(held: &Held) -> Position {
    let reading = &held.fix.reading;
    Position {
        lat_deg: reading.lat_deg,
        lng_deg: reading.lng_deg,
        heading_deg: reading.heading_deg,
        speed_mps: reading.speed_mps,
        altitude_m: reading.altitude_m,
        accuracy_m: reading.accuracy_m,
        fixed_at: held.fix.fixed_at,
        received_at: held.fix.received_at,
        device: held.rank.device.clone(),
    }
}

/// The newest value among the devices; of two of one age that of the higher rank.
fn newest<T: Clone>(devices: &[&Device], pick: impl Fn(&Device) -> &Timed<T>) -> Option<Fact<T>> {
    let mut best: Option<Fact<T>> = None;
    for device in devices {
        if let Some((value, at)) = pick(device)
            && best.as_ref().is_none_or(|best| best.at < *at)
        {
            best = Some(Fact {
                value: value.clone(),
                at: *at,
                source: device.rank.device.source.clone(),
            });
        }
    }
    best
}

fn flags(state: &VehicleState, devices: &[&Device], is_feed_down: bool) -> Vec<Flag> {
    let fix = state.held.as_ref().map(|held| &held.fix);
    let panic = newest(devices, |device| &device.facts.panic);
    [
        (Flag::Diverging, is_diverging(devices)),
        (Flag::ClockAhead, fix.is_some_and(|fix| fix.clock_ahead)),
        (Flag::NoFixTime, fix.is_some_and(|fix| fix.no_fix_time)),
        (Flag::FeedDown, is_feed_down),
        (Flag::Panic, panic.is_some_and(|fact| fact.value)),
    ]
    .into_iter()
    .filter_map(|(flag, is_set)| is_set.then_some(flag))
    .collect()
}

/// Whether any two devices' latest fixes contradict each other.
fn is_diverging(devices: &[&Device]) -> bool {
    devices.iter().enumerate().any(|(at, device)| {
        let mut others = devices[at + 1..]
            .iter()
            .filter_map(|other| other.last_fix());
        let fix = device.last_fix();
        fix.is_some_and(|fix| others.any(|other| contradict(fix, other)))
    })
}

fn contradict(one: &Fix, other: &Fix) -> bool {
    let apart = one.fixed_at.duration_since(other.fixed_at).abs();
    if DIVERGING_WITHIN < apart {
        return false;
    }
    let speed = |fix: &Fix| fix.reading.speed_mps.unwrap_or(0.0);
    let accuracy = |fix: &Fix| fix.reading.accuracy_m.unwrap_or(0.0);
    let driven_m = apart.as_secs_f64() * speed(one).max(speed(other));
    let allowed_m = DIVERGING_BEYOND_M + driven_m + accuracy(one) + accuracy(other);
    allowed_m < distance_m(one.reading.lat_lng(), other.reading.lat_lng())
}

/// "Why this position?" for one device. A fix that was accepted when it came and has been
/// overtaken since is told as what it is now.
fn device_view(device: &Device, state: &VehicleState) -> DeviceView {
    let last = device.last.as_ref();
    let held = state.held.as_ref();
    let (verdict, reason) = match (last, held) {
        (None, _) | (_, None) => (None, Cow::Borrowed("no fix yet")),
        (Some((fix, judgement)), Some(held)) => {
            let is_overtaken =
                judgement.verdict == Verdict::Accepted && held.rank.device != device.rank.device;
            if is_overtaken {
                let by = held.fix.fixed_at.duration_since(fix.fixed_at);
                (Some(Verdict::Older), Reason::HeldIsNewer(by).words())
            } else {
                (Some(judgement.verdict), judgement.reason.words())
            }
        }
    };
    DeviceView {
        device: device.rank.device.clone(),
        lat_lng_deg: last.map(|(fix, _)| fix.reading.lat_lng()),
        fixed_at: last.map(|(fix, _)| fix.fixed_at),
        received_at: last.map(|(fix, _)| fix.received_at),
        verdict,
        reason,
    }
}
