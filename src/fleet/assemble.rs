//! Puts together the object that viewers get of a vehicle: what it is called, where it is, what to
//! mind, and why.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::device::{Device, Timed};
use super::fix::Fix;
use super::freshness;
use super::merge::{Held, Reason};
use super::vehicle::VehicleState;
use crate::domain::roster::RosterVehicle;
use crate::domain::thresholds::{FreshnessThresholds, MergingThresholds};
use crate::domain::units::distance_m;
use crate::domain::{
    DeviceView, Expectation, Fact, Flag, MotionState, Position, Vehicle, VehicleId, Verdict,
};

/// What is to be known of the source of the position, and by what it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Feed<'a> {
    /// It is down.
    pub is_down: bool,
    /// What its positions are judged by.
    pub rules: &'a FreshnessThresholds,
    /// What the devices are set against each other by.
    pub merging: &'a MergingThresholds,
}

/// Puts the object together that viewers get at `now`. `devices` stand highest rank first.
pub fn assemble(
    id: &VehicleId,
    state: &VehicleState,
    devices: &[&Device],
    roster: Option<&RosterVehicle>,
    feed: Feed<'_>,
    now: Timestamp,
) -> Vehicle {
    let held = state.held.as_ref();
    let holder = held.and_then(|held| {
        let mut devices = devices.iter();
        devices.find(|device| device.rank.device == held.rank.device)
    });
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
    let groups = groups(devices, roster);
    if state.is_off_duty {
        let is_known = knows_groups(devices, roster);
        return Vehicle {
            registration,
            groups,
            flags: vec![Flag::OffDuty],
            motion: state.motion.clone(),
            freshness: state.freshness.clone(),
            devices: devices
                .iter()
                .map(|device| off_duty(device, is_known))
                .collect(),
            ..Vehicle::new(id.clone(), name, now)
        };
    }
    Vehicle {
        id: id.clone(),
        name,
        registration,
        groups,
        flags: flags(state, devices, holder.copied(), feed),
        position: held.map(position),
        drawn_lat_lng_deg: holder.and_then(|holder| drawn(holder, state)),
        told_at: told_at(state, now),
        motion: state.motion.clone(),
        freshness: state.freshness.clone(),
        expectation: holder.map(|holder| expectation(holder, feed.rules)),
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

/// The groups it is shown in, sorted: the roster's, or else those of its devices.
pub(super) fn groups(devices: &[&Device], roster: Option<&RosterVehicle>) -> Vec<Arc<str>> {
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

/// Whether they are known: by the roster, or else of each of its devices.
pub(super) fn knows_groups(devices: &[&Device], roster: Option<&RosterVehicle>) -> bool {
    roster.is_some_and(|entry| !entry.groups.is_empty())
        || devices.iter().all(|device| device.has_known_groups())
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

fn flags(
    state: &VehicleState,
    devices: &[&Device],
    holder: Option<&Device>,
    feed: Feed<'_>,
) -> Vec<Flag> {
    let fix = state.held.as_ref().map(|held| &held.fix);
    let is_set = |fact: Option<Fact<bool>>| fact.is_some_and(|fact| fact.value);
    let runs = state.motion.state == MotionState::Moving
        || is_set(newest(devices, |device| &device.facts.ignition));
    let is_stuck = holder.is_some_and(|holder| is_stuck(holder, runs, feed.rules));
    let panic = newest(devices, |device| &device.facts.panic);
    [
        (Flag::Diverging, is_diverging(devices, feed.merging)),
        (Flag::ClockAhead, fix.is_some_and(|fix| fix.clock_ahead)),
        (Flag::NoFixTime, fix.is_some_and(|fix| fix.no_fix_time)),
        (Flag::FeedDown, feed.is_down),
        (Flag::Panic, is_set(panic)),
        (Flag::GpsStuck, is_stuck),
        (Flag::Backfill, state.is_backfilled),
        (
            Flag::Restored,
            holder.is_some_and(|device| device.is_restored),
        ),
    ]
    .into_iter()
    .filter_map(|(flag, is_set)| is_set.then_some(flag))
    .collect()
}

/// Whether the device goes on to speak though the time of its fix stands still, in a vehicle that
/// `runs`: it moves, or its ignition is on.
fn is_stuck(device: &Device, runs: bool, rules: &FreshnessThresholds) -> bool {
    let (Some(contact_at), Some(fix)) = (device.contact_at, device.last_fix()) else {
        return false;
    };
    runs && rules.stuck_after <= contact_at.duration_since(fix.fixed_at)
}

/// The anchor of a parked vehicle, where its last fix is elsewhere.
fn drawn(holder: &Device, state: &VehicleState) -> Option<(f64, f64)> {
    let held = state.held.as_ref()?;
    let anchor = holder.track.progress().spell?.anchor?;
    let is_parked = state.motion.state == MotionState::Parked;
    let differs = anchor.lat_lng_deg != held.fix.reading.lat_lng();
    (is_parked && differs).then_some(anchor.lat_lng_deg)
}

fn expectation(holder: &Device, rules: &FreshnessThresholds) -> Expectation {
    let on_the_move = holder.track.progress().on_the_move;
    let expected = holder.track.expected();
    Expectation {
        expected,
        live_for: freshness::limits(on_the_move, expected, rules).live,
        on_the_move,
    }
}

/// When viewers were first told of the position: at `now`, unless they have it.
fn told_at(state: &VehicleState, now: Timestamp) -> Option<Timestamp> {
    let held = state.held.as_ref()?;
    let told = state.published.as_ref();
    let has_it = |told: &Vehicle| {
        let at = told
            .position
            .as_ref()
            .map(|position| (position.fixed_at, position.received_at, &position.device));
        at == Some((held.fix.fixed_at, held.fix.received_at, &held.rank.device))
    };
    let told = told.filter(|told| has_it(told));
    told.map_or(Some(now), |told| told.told_at)
}

/// Whether any two devices' latest fixes contradict each other.
fn is_diverging(devices: &[&Device], rules: &MergingThresholds) -> bool {
    devices.iter().enumerate().any(|(at, device)| {
        let mut others = devices[at + 1..]
            .iter()
            .filter_map(|other| other.last_fix());
        let fix = device.last_fix();
        fix.is_some_and(|fix| others.any(|other| contradict(fix, other, rules)))
    })
}

fn contradict(one: &Fix, other: &Fix, rules: &MergingThresholds) -> bool {
    let apart = one.fixed_at.duration_since(other.fixed_at).abs();
    if rules.diverging_within < apart {
        return false;
    }
    let speed = |fix: &Fix| fix.reading.speed_mps.unwrap_or(0.0);
    let accuracy = |fix: &Fix| fix.reading.accuracy_m.unwrap_or(0.0);
    let driven_m = apart.as_secs_f64() * speed(one).max(speed(other));
    let allowed_m = rules.diverging_beyond_m + driven_m + accuracy(one) + accuracy(other);
    allowed_m < distance_m(one.reading.lat_lng(), other.reading.lat_lng())
}

/// A device of which nobody is to know where it is: its vehicle is off duty, or may be, as its
/// groups are not known.
fn off_duty(device: &Device, is_known: bool) -> DeviceView {
    let reason = if is_known {
        "off duty: where it is is neither shown nor stored"
    } else if device.has_known_groups() {
        "off duty: the groups of another device of this vehicle are not known yet"
    } else {
        "off duty: its groups are not known yet, as no list of its vendor has named it"
    };
    DeviceView {
        reason: Cow::Borrowed(reason),
        ..DeviceView::new(device.rank.device.clone())
    }
}

/// "Why this position?" for one device. A fix that was accepted when it came and has been
/// overtaken since is told as what it is now.
fn device_view(device: &Device, state: &VehicleState) -> DeviceView {
    let nothing = DeviceView::new(device.rank.device.clone());
    let (Some((fix, judgement)), Some(held)) = (&device.last, &state.held) else {
        return nothing;
    };
    let is_overtaken =
        judgement.verdict == Verdict::Accepted && held.rank.device != device.rank.device;
    let (verdict, reason): (_, Cow<'static, str>) = if is_overtaken {
        let by = held.fix.fixed_at.duration_since(fix.fixed_at);
        (Verdict::Older, Reason::HeldIsNewer(by).words())
    } else {
        (judgement.verdict, judgement.reason.words())
    };
    // A fix that its receiver does not trust says nothing of the interval.
    let has_track = device.track.progress().last.is_some();
    DeviceView {
        lat_lng_deg: Some(fix.reading.lat_lng()),
        fixed_at: Some(fix.fixed_at),
        received_at: Some(fix.received_at),
        speed_mps: fix.reading.speed_mps,
        heading_deg: fix.reading.heading_deg,
        expected: has_track.then(|| device.track.expected()),
        verdict: Some(verdict),
        reason,
        ..nothing
    }
}
