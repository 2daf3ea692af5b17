//! The fleet: what all sources said, merged into one true picture.
//!
//! Pure: no clock, no I/O, no logging. [`Fleet::observe`] takes what a source said,
//! [`Fleet::age`] lets time pass, [`Fleet::take_changes`] gives what differs for viewers. All of
//! them take `now`. One task owns the fleet (`writer.rs`); everyone else sees [`Changes`].

pub mod ageing;
pub mod assemble;
pub mod changes;
pub mod deadlines;
pub mod device;
pub mod fix;
pub mod freshness;
pub mod identity;
pub mod intake;
pub mod interval;
mod membership;
pub mod memory;
pub mod merge;
pub mod motion;
mod observing;
pub mod off_duty;
pub mod reconfiguring;
mod remembering;
pub mod rule_book;
pub mod slots;
pub mod source;
pub mod track;
pub mod vehicle;
pub mod writer;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use self::changes::{Changes, SourceStatus};
pub use self::fix::Fix;
pub use self::source::SourceIntro;

use self::assemble::Feed;
use self::deadlines::Deadlines;
use self::device::Device;
use self::identity::Identity;
use self::intake::Work;
use self::off_duty::{Census, Rota};
use self::rule_book::RuleBook;
use self::slots::{DeviceSlot, Slots, VehicleSlot};
use self::source::Source;
use self::vehicle::VehicleState;
use crate::domain::roster::{Roster, RosterVehicle};
use crate::domain::thresholds::Thresholds;
use crate::domain::{DeviceKey, Health, OffDuty, Reading, Vehicle, VehicleId};

/// What the fleet is told at the start.
#[derive(Clone, Debug)]
pub struct FleetSettings {
    /// What the operator says of vehicles.
    pub roster: Roster,
    /// Hours in which the positions of some groups are neither shown nor stored.
    pub off_duty: Vec<OffDuty>,
    /// When a vehicle moves, when a position is late.
    pub thresholds: Thresholds,
    /// A vehicle goes this long after its vendors stopped listing it.
    pub forget_after: SignedDuration,
    /// A source's success alone is told no more often than this.
    pub quiet: SignedDuration,
    /// What a store should keep is told this often; `None`: there is no store.
    pub remember_every: Option<SignedDuration>,
}

impl Default for FleetSettings {
    fn default() -> Self {
        Self {
            roster: Roster::default(),
            off_duty: Vec::new(),
            thresholds: Thresholds::default(),
            forget_after: SignedDuration::from_hours(90 * 24),
            quiet: SignedDuration::from_secs(4),
            remember_every: None,
        }
    }
}

/// All that is known, and what of it viewers have not been told yet.
#[derive(Debug)]
pub struct Fleet {
    settings: FleetSettings,
    book: RuleBook,
    rota: Rota,
    census: Census,
    identity: Identity,
    sources: Vec<Source>,
    /// What was heard and is yet to be taken in.
    work: VecDeque<Work>,
    devices: Slots<DeviceKey, Device>,
    /// Those that their vendors no longer list.
    unlisted: BTreeSet<DeviceSlot>,
    vehicles: Slots<VehicleId, VehicleState>,
    /// Those that may differ from what viewers have; each is aged with every step, all others
    /// when their deadlines are past.
    dirty: VecDeque<VehicleSlot>,
    deadlines: Deadlines,
    aged_at: Timestamp,
    gone: Vec<VehicleId>,
    fixes: Vec<(DeviceKey, Fix)>,
    /// Devices that differ from what a store was given, and when it was given something last.
    unremembered: Vec<DeviceSlot>,
    remembered_at: Timestamp,
    forgotten: Vec<DeviceKey>,
    recalled: Vec<(DeviceKey, Reading)>,
    /// Vehicles by source; empty when devices have come or gone since they were counted.
    counts: Vec<usize>,
}

impl Fleet {
    /// A fleet that knows its sources (highest rank first) and nothing else yet.
    pub fn new(settings: FleetSettings, sources: Vec<SourceIntro>, now: Timestamp) -> Self {
        let mut sources: Vec<Source> = sources
            .into_iter()
            .map(|intro| Source::new(intro, now))
            .collect();
        let book = RuleBook::new(&settings, &sources);
        book.tell(&mut sources);
        let mut rota = Rota::default();
        rota.replace(&settings.off_duty, now);
        Self {
            identity: Identity::new(settings.roster.clone()),
            book,
            rota,
            census: Census::default(),
            settings,
            sources,
            work: VecDeque::new(),
            devices: Slots::default(),
            unlisted: BTreeSet::new(),
            vehicles: Slots::default(),
            dirty: VecDeque::new(),
            deadlines: Deadlines::default(),
            aged_at: now,
            gone: Vec::new(),
            fixes: Vec::new(),
            unremembered: Vec::new(),
            remembered_at: now,
            forgotten: Vec::new(),
            recalled: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// What differs since the last call, for viewers and trails. Call it after [`Fleet::age`].
    pub fn take_changes(&mut self, now: Timestamp) -> Changes {
        let mut changes = Changes::default();
        while self.gather(&mut changes) {}
        if self.is_memory_due(now) {
            while self.remember(&mut changes, now) {}
        }
        self.complete(&mut changes, now);
        changes
    }

    /// Adds some of the vehicles that differ to `changes`; whether there are more.
    pub fn gather(&mut self, changes: &mut Changes) -> bool {
        const PIECE: usize = 250;
        let n_now = self.dirty.len().min(PIECE);
        for _ in 0..n_now {
            let Some(slot) = self.dirty.pop_front() else {
                break;
            };
            changes.vehicles.extend(self.assemble_if_new(slot));
            self.note_deadline(slot);
        }
        !self.dirty.is_empty()
    }

    /// Adds all else that differs, once the vehicles are gathered.
    pub fn complete(&mut self, changes: &mut Changes, now: Timestamp) {
        changes.fixes = std::mem::take(&mut self.fixes);
        self.drop_off_duty(&mut changes.fixes);
        changes.recalled = std::mem::take(&mut self.recalled);
        // A vehicle that went and came back within one step was never gone for a viewer.
        let gone = std::mem::take(&mut self.gone).into_iter();
        changes.removed = gone.filter(|id| self.vehicles.find(id).is_none()).collect();
        if self.counts.is_empty() {
            self.counts = self.vehicles_by_source();
        }
        for (source, &n_vehicles) in self.sources.iter_mut().zip(&self.counts) {
            if let Some(status) = source.news(n_vehicles, self.settings.quiet, now) {
                changes.sources.push(Arc::new(status));
            }
        }
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

    fn call_offline(
        &mut self,
        key: &DeviceKey,
        since: Option<Timestamp>,
        at: Timestamp,
        now: Timestamp,
    ) {
        let slot = self.devices.find(key);
        if slot.is_some_and(|slot| self.is_off_duty(slot)) {
            return;
        }
        let Some(device) = slot.and_then(|slot| self.devices.get_mut(slot)) else {
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
        let vehicle = device.vehicle;
        if let Some(slot) = slot {
            self.note_memory(slot);
        }
        if let Some(vehicle) = vehicle {
            self.age_vehicle(vehicle, now);
            self.touch(vehicle);
        }
    }

    fn touch(&mut self, slot: VehicleSlot) {
        if let Some(state) = self.vehicles.get_mut(slot)
            && !std::mem::replace(&mut state.is_dirty, true)
        {
            self.dirty.push_back(slot);
        }
    }

    /// Like [`Fleet::touch`], for a state that may have come with its mark already set.
    fn touch_anew(&mut self, slot: VehicleSlot) {
        if let Some(state) = self.vehicles.get_mut(slot) {
            state.is_dirty = true;
            self.dirty.push_back(slot);
        }
    }

    fn assemble_if_new(&mut self, slot: VehicleSlot) -> Option<Arc<Vehicle>> {
        let (id, state) = self.vehicles.named_mut(slot)?;
        if !std::mem::replace(&mut state.is_dirty, false) {
            return None;
        }
        let devices: Vec<&Device> = state
            .devices
            .iter()
            .filter_map(|slot| self.devices.get(*slot))
            .collect();
        let roster = roster_entry(&self.identity, &devices);
        let source_at = state.held.as_ref().map(|held| held.rank.source);
        let feed = Feed {
            is_down: source_at.is_some_and(|at| self.sources[at].current() == Health::Down),
            rules: source_at.map_or(&self.settings.thresholds.freshness, |at| {
                &self.book.freshness[at]
            }),
            merging: &self.book.merging,
        };
        let vehicle = assemble::assemble(id, state, &devices, roster, feed, self.aged_at);
        if state.published.as_deref() == Some(&vehicle) {
            return None;
        }
        let vehicle = Arc::new(vehicle);
        state.published = Some(Arc::clone(&vehicle));
        Some(vehicle)
    }
}

fn roster_entry<'a>(identity: &'a Identity, devices: &[&Device]) -> Option<&'a RosterVehicle> {
    let device = devices.first()?;
    identity
        .roster_entry(&device.rank.device)
        .map(|(entry, _)| entry)
}

#[cfg(test)]
mod tests;
