//! The fleet: what all sources said, merged into one true picture.
//!
//! Pure: no clock, no I/O, no logging. [`Fleet::observe`] takes what a source said,
//! [`Fleet::age`] lets time pass, [`Fleet::take_changes`] gives what differs for viewers. All of
//! them take `now`. One task owns the fleet (`writer.rs`); everyone else sees [`Changes`].

pub mod changes;
pub mod device;
pub mod fix;
pub mod freshness;
pub mod identity;
mod membership;
pub mod merge;
pub mod motion;
pub mod source;
pub mod vehicle;
pub mod writer;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use self::changes::{Changes, SourceStatus};
pub use self::fix::Fix;
pub use self::source::SourceIntro;

use self::device::Device;
use self::fix::Raw;
use self::identity::Identity;
use self::merge::Held;
use self::source::Source;
use self::vehicle::VehicleState;
use crate::domain::roster::{Roster, RosterVehicle};
use crate::domain::{
    DeviceKey, Health, Label, Observation, Report, Said, Vehicle, VehicleId, Verdict,
};

/// What the fleet is told at the start.
#[derive(Clone, Debug)]
pub struct FleetSettings {
    /// What the operator says of vehicles.
    pub roster: Roster,
    /// How often a device is expected to report, until each has its own interval.
    pub expected: SignedDuration,
    /// A vehicle goes this long after its vendors stopped listing it.
    pub forget_after: SignedDuration,
    /// A source's success alone is told no more often than this.
    pub quiet: SignedDuration,
}

impl Default for FleetSettings {
    fn default() -> Self {
        Self {
            roster: Roster::default(),
            expected: SignedDuration::from_secs(30),
            forget_after: SignedDuration::from_hours(90 * 24),
            quiet: SignedDuration::from_secs(4),
        }
    }
}

/// All that is known, and what of it viewers have not been told yet.
#[derive(Debug)]
pub struct Fleet {
    settings: FleetSettings,
    identity: Identity,
    sources: Vec<Source>,
    devices: HashMap<DeviceKey, Device>,
    vehicles: BTreeMap<VehicleId, VehicleState>,
    dirty: Vec<VehicleId>,
    gone: Vec<VehicleId>,
    fixes: Vec<(DeviceKey, Fix)>,
    /// Vehicles by source; empty when devices have come or gone since they were counted.
    counts: Vec<usize>,
}

impl Fleet {
    /// A fleet that knows its sources (highest rank first) and nothing else yet.
    pub fn new(settings: FleetSettings, sources: Vec<SourceIntro>, now: Timestamp) -> Self {
        Self {
            identity: Identity::new(settings.roster.clone()),
            settings,
            sources: sources
                .into_iter()
                .map(|intro| Source::new(intro, now))
                .collect(),
            devices: HashMap::new(),
            vehicles: BTreeMap::new(),
            dirty: Vec::new(),
            gone: Vec::new(),
            fixes: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// Takes in what a source said. A report of an unknown source is ignored.
    pub fn observe(&mut self, report: Report, now: Timestamp) {
        let Some(at) = self.sources.iter().position(|s| *s.id() == report.source) else {
            return;
        };
        match report.said {
            Said::Observed(records) => {
                for record in self.sources[at].admit(records, now) {
                    self.observe_record(at, record, now);
                }
            }
            Said::Listed(listing) => {
                if let Some(listing) = listing {
                    self.list(at, listing, now);
                }
                self.release(at, now);
            }
            Said::Offline { device, since } => self.call_offline(&device, since, report.at, now),
            Said::Signal(signal) => self.sources[at].health.apply(signal, report.at),
            // Counted where it was refused; it changes nothing here.
            Said::Refused(_) => {}
        }
    }

    /// Lets time pass: metadata that never came, health, freshness, vehicles to forget.
    pub fn age(&mut self, now: Timestamp) {
        for at in 0..self.sources.len() {
            if self.sources[at].is_wait_over(now) {
                self.release(at, now);
            }
            let was_down = self.sources[at].current() == Health::Down;
            if self.sources[at].age(now) {
                let is_down = self.sources[at].current() == Health::Down;
                if was_down != is_down {
                    self.touch_vehicles_of(at);
                }
            }
        }
        let (devices, expected) = (&self.devices, self.settings.expected);
        for (id, state) in &mut self.vehicles {
            let offline_at = offline_at(devices, state);
            if state.age(expected, offline_at, now) && !std::mem::replace(&mut state.is_dirty, true)
            {
                self.dirty.push(id.clone());
            }
        }
        self.forget(now);
    }

    /// What differs since the last call, for viewers and trails. Call it after [`Fleet::age`].
    pub fn take_changes(&mut self, now: Timestamp) -> Changes {
        let mut changes = Changes {
            removed: std::mem::take(&mut self.gone),
            fixes: std::mem::take(&mut self.fixes),
            ..Changes::default()
        };
        for id in std::mem::take(&mut self.dirty) {
            if let Some(vehicle) = self.assemble_if_new(&id) {
                changes.vehicles.push(vehicle);
            }
        }
        // A vehicle that went and came back within one step was never gone for a viewer.
        changes.removed.retain(|id| !self.vehicles.contains_key(id));
        if self.counts.is_empty() {
            self.counts = self.vehicles_by_source();
        }
        for (source, &n_vehicles) in self.sources.iter_mut().zip(&self.counts) {
            if let Some(status) = source.news(n_vehicles, self.settings.quiet, now) {
                changes.sources.push(Arc::new(status));
            }
        }
        changes
    }

    /// Registrations that merge nothing because one source gives them twice; each told once.
    pub fn take_doubtful_plates(&mut self) -> Vec<Arc<str>> {
        self.identity.new_doubtful_plates()
    }

    /// Whether every source has been heard of, well or ill.
    pub fn have_all_answered(&self) -> bool {
        self.sources
            .iter()
            .all(|source| source.health.has_answered())
    }

    fn release(&mut self, source_at: usize, now: Timestamp) {
        for record in self.sources[source_at].release() {
            self.observe_record(source_at, record, now);
        }
    }

    fn observe_record(&mut self, source_at: usize, record: Observation, now: Timestamp) {
        let key = record.device.clone();
        self.ensure_device(source_at, &key);
        self.relabel(&key, now, |device| device.see_label(record.label));
        let Some(device) = self.devices.get_mut(&key) else {
            return;
        };
        let reading = record.reading.as_ref();
        let fix = reading.and_then(|reading| {
            fix::believe(
                reading,
                record.origin,
                record.received_at,
                device.raw.as_ref(),
            )
        });
        if fix.is_some() {
            device.raw = reading.map(Raw::of);
        }
        let said_at = record
            .contact_at
            .or(reading.and_then(|reading| reading.vendor_at));
        let is_repetition = reading.is_some() && fix.is_none();
        let facts = &mut device.facts;
        facts.merge(record.facts, said_at, record.received_at, is_repetition);
        let vehicle = device.vehicle.clone();
        if let Some(fix) = fix {
            self.judge(&key, vehicle.as_ref(), fix, now);
        }
        if let Some(id) = vehicle {
            self.touch(&id);
        }
    }

    /// Judges a fix of a device against its vehicle's position and keeps it as the device's last.
    fn judge(&mut self, key: &DeviceKey, id: Option<&VehicleId>, fix: Fix, now: Timestamp) {
        let Some(state) = id.and_then(|id| self.vehicles.get_mut(id)) else {
            return;
        };
        // The marker's freshness must be that of now, not that of the last tick.
        let expected = self.settings.expected;
        state.age(expected, offline_at(&self.devices, state), now);
        let Some(device) = self.devices.get_mut(key) else {
            return;
        };
        let hold_for = merge::hold(expected);
        let held = state.held.as_ref();
        let judgement = merge::judge(&fix, &device.rank, held, hold_for, state.is_live());
        if judgement.verdict == Verdict::Accepted {
            let rank = device.rank.clone();
            let fix = fix.clone();
            state.hold(Held { fix, rank }, expected, now);
        }
        let newest = device.last.as_ref().map(|(last, _)| last.fixed_at);
        self.fixes.push((key.clone(), fix.clone()));
        if newest.is_none_or(|newest| newest < fix.fixed_at) {
            device.offline_at = None;
            device.last = Some((fix, judgement));
        }
    }

    /// Takes a vendor's complete metadata.
    fn list(&mut self, source_at: usize, listing: Vec<(DeviceKey, Label)>, now: Timestamp) {
        let source = self.sources[source_at].id().clone();
        let mut listed = std::collections::HashSet::new();
        for (key, label) in listing {
            self.ensure_device(source_at, &key);
            listed.insert(key.clone());
            self.relabel(&key, now, |device| {
                device.listed = Some(label);
                device.unlisted_since = None;
            });
        }
        let is_missing = |(key, device): &(&DeviceKey, &Device)| {
            key.source == source
                && device.listed.is_some()
                && device.unlisted_since.is_none()
                && !listed.contains(*key)
        };
        let missing = self.devices.iter().filter(is_missing);
        let missing: Vec<DeviceKey> = missing.map(|(key, _)| key.clone()).collect();
        for key in missing {
            self.relabel(&key, now, |device| device.unlisted_since = Some(now));
        }
    }

    fn call_offline(
        &mut self,
        key: &DeviceKey,
        since: Option<Timestamp>,
        at: Timestamp,
        now: Timestamp,
    ) {
        let Some(device) = self.devices.get_mut(key) else {
            return;
        };
        // Vendors stamp "last seen" to the second; a fix within that second is not newer.
        let is_outdated = match (&device.last, since) {
            (Some((last, _)), Some(since)) => since.as_second() < last.fixed_at.as_second(),
            _ => false,
        };
        if is_outdated || device.offline_at.is_some() {
            return;
        }
        device.offline_at = Some(at);
        let Some(id) = device.vehicle.clone() else {
            return;
        };
        if let Some(state) = self.vehicles.get_mut(&id) {
            let offline_at = offline_at(&self.devices, state);
            state.age(self.settings.expected, offline_at, now);
            self.touch(&id);
        }
    }

    fn touch(&mut self, id: &VehicleId) {
        if let Some(state) = self.vehicles.get_mut(id)
            && !std::mem::replace(&mut state.is_dirty, true)
        {
            self.dirty.push(id.clone());
        }
    }

    /// Like [`Fleet::touch`], for a state that may have come with its mark already set.
    fn touch_anew(&mut self, id: &VehicleId) {
        if let Some(state) = self.vehicles.get_mut(id) {
            state.is_dirty = true;
            self.dirty.push(id.clone());
        }
    }

    fn touch_vehicles_of(&mut self, source_at: usize) {
        let source = self.sources[source_at].id().clone();
        let holds = |state: &VehicleState| {
            let held = state.held.as_ref();
            held.is_some_and(|held| held.rank.device.source == source)
        };
        let ids: Vec<_> = self
            .vehicles
            .iter()
            .filter(|(_, state)| holds(state))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.touch(&id);
        }
    }

    fn assemble_if_new(&mut self, id: &VehicleId) -> Option<Arc<Vehicle>> {
        let state = self.vehicles.get_mut(id)?;
        if !std::mem::replace(&mut state.is_dirty, false) {
            return None;
        }
        let devices: Vec<&Device> = state
            .devices
            .iter()
            .filter_map(|key| self.devices.get(key))
            .collect();
        let roster = roster_entry(&self.identity, &devices);
        let held_by = state.held.as_ref().map(|held| held.rank.source);
        let is_feed_down = held_by.is_some_and(|at| self.sources[at].current() == Health::Down);
        let vehicle = vehicle::assemble(id, state, &devices, roster, is_feed_down);
        if state.published.as_deref() == Some(&vehicle) {
            return None;
        }
        let vehicle = Arc::new(vehicle);
        state.published = Some(Arc::clone(&vehicle));
        Some(vehicle)
    }
}

fn offline_at(devices: &HashMap<DeviceKey, Device>, state: &VehicleState) -> Option<Timestamp> {
    let held = state.held.as_ref()?;
    devices.get(&held.rank.device)?.offline_at
}

fn roster_entry<'a>(identity: &'a Identity, devices: &[&Device]) -> Option<&'a RosterVehicle> {
    let device = devices.first()?;
    identity
        .roster_entry(&device.rank.device)
        .map(|(entry, _)| entry)
}

#[cfg(test)]
mod tests;
