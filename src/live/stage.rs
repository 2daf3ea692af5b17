//! The fleet as those with one sight see it: a hub of their own, fed with what is left of each
//! change.
//!
//! The filter is here, before any frame is made: all that a hub makes (frames of each view,
//! counts, lists for searches) is made of what it was given, so nothing else of the live path has
//! to know about rights. Who may see everything is served by the first hub itself.

mod alarms;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use self::alarms::Alarms;
use super::hub::{Current, Entry, Hub};
use super::mask::Mask;
use crate::domain::alarm::{Alarm, AlarmChanges};
use crate::domain::{SourceId, Vehicle, VehicleId};
use crate::fleet::{Changes, SourceStatus};

/// Nobody has looked for this long: it is made anew for who comes later.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);

/// What viewers with one sight see.
#[derive(Debug)]
pub struct Stage {
    hub: Arc<Hub>,
    /// `None` where everything is seen.
    part: Option<Part>,
}

#[derive(Debug)]
struct Part {
    mask: Mask,
    seen: Mutex<Seen>,
    was_asked_for: AtomicBool,
    used_at_ms: AtomicI64,
}

/// Who is seen.
#[derive(Debug, Default)]
struct Seen {
    vehicles: HashMap<VehicleId, Held>,
    /// By the id that is shown.
    real_ids: HashMap<VehicleId, VehicleId>,
    n_by_source: BTreeMap<SourceId, usize>,
    /// Each source as it is, and as it was told.
    sources: Vec<(Arc<SourceStatus>, Option<Arc<SourceStatus>>)>,
    alarms: Alarms,
}

/// A vehicle that is seen.
#[derive(Debug)]
struct Held {
    vehicle: Arc<Vehicle>,
    shown_id: VehicleId,
    sources: BTreeSet<SourceId>,
}

impl Stage {
    /// The stage of those who see everything.
    pub(super) fn whole(hub: Arc<Hub>) -> Self {
        Self { hub, part: None }
    }

    /// A stage of those who see what `mask` leaves of `all`.
    pub(super) fn part(hub: Arc<Hub>, mask: Mask, all: &Changes, now: Timestamp) -> Self {
        let part = Part {
            mask,
            seen: Mutex::default(),
            was_asked_for: AtomicBool::new(true),
            used_at_ms: AtomicI64::new(now.as_millisecond()),
        };
        // What was there before anybody looked is no arrival.
        hub.latencies().note(&Changes::default(), now, now);
        let stage = Self {
            hub,
            part: Some(part),
        };
        stage.take_in(all, now);
        stage
    }

    /// Where its viewers look.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// What is left of vehicles for its viewers; `None` where that is all.
    pub fn mask(&self) -> Option<&Mask> {
        self.part.as_ref().map(|part| &part.mask)
    }

    /// One vehicle, by the id that is shown.
    pub fn vehicle(&self, id: &str) -> Option<Entry> {
        self.hub.vehicle(id)
    }

    /// The vehicle itself that is shown under this id, as `whole` has it now.
    pub fn behind(&self, id: &str, whole: &Hub) -> Option<Arc<Vehicle>> {
        let Some(part) = &self.part else {
            return Some(whole.vehicle(id)?.vehicle);
        };
        let real_id = part.lock().real_ids.get(id)?.clone();
        let vehicle = whole.vehicle(real_id.as_str())?.vehicle;
        // The whole may be a step ahead: who has just left is seen no more.
        part.mask.sight().sees(&vehicle.groups).then_some(vehicle)
    }

    /// What is left of an alarm for its viewers, by what `whole` knows of its vehicle now; `None`
    /// where it may not be seen.
    pub fn alarm(&self, alarm: &Arc<Alarm>, whole: &Hub) -> Option<Arc<Alarm>> {
        match (&self.part, &alarm.vehicle) {
            (None, _) | (_, None) => Some(Arc::clone(alarm)),
            (Some(part), Some((id, _))) => {
                let vehicle = whole.vehicle(id.as_str())?.vehicle;
                part.mask.alarm(&vehicle, alarm)
            }
        }
    }

    /// Takes in what is left of `changes`; whether that is anything.
    pub(super) fn take_in(&self, changes: &Changes, now: Timestamp) -> Option<Changes> {
        let part = self.part.as_ref()?;
        let left = part.lock().left_of(changes, &part.mask, &self.hub);
        self.hub.take_in(&left, now).then_some(left)
    }

    /// Somebody has just asked for it.
    pub(super) fn ask_for(&self) {
        if let Some(part) = &self.part {
            part.was_asked_for.store(true, Ordering::Relaxed);
        }
    }

    /// Whether anybody looks, or did lately. To be asked where nobody can come meanwhile.
    pub(super) fn is_of_use(&self, n_holders: usize, now: Timestamp) -> bool {
        let Some(part) = &self.part else { return true };
        let was_asked_for = part.was_asked_for.swap(false, Ordering::Relaxed);
        // A viewer holds the hub as long as it lives.
        let is_used = was_asked_for || 1 < n_holders || 1 < Arc::strong_count(&self.hub);
        if is_used {
            part.used_at_ms
                .store(now.as_millisecond(), Ordering::Relaxed);
        }
        let idle_ms = now.as_millisecond() - part.used_at_ms.load(Ordering::Relaxed);
        SignedDuration::from_millis(idle_ms) < KEPT_FOR
    }
}

impl Part {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        // Nothing panics while it is held; if something did, the state is still whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// What those who look get to know of `changes`.
    fn left_of(&mut self, changes: &Changes, mask: &Mask, hub: &Hub) -> Changes {
        let mut left = Changes::default();
        let mut recounted = BTreeSet::new();
        for id in &changes.removed {
            left.removed.extend(self.forget(id, &mut recounted));
        }
        for vehicle in &changes.vehicles {
            let Some(shown) = mask.shown(vehicle) else {
                left.removed
                    .extend(self.forget(&vehicle.id, &mut recounted));
                continue;
            };
            match self.keep(vehicle, &shown.id, &mut recounted) {
                Some(before) if before != shown.id => left.removed.push(before),
                // Only what is hidden differs: a fact, or a group that is not named here.
                Some(_) if !Arc::ptr_eq(&shown, vehicle) && is_as_held(hub, &shown) => continue,
                Some(_) | None => {}
            }
            left.vehicles.push(shown);
        }
        for status in &changes.sources {
            recounted.insert(status.id.clone());
            match self.sources.iter_mut().find(|(it, _)| it.id == status.id) {
                Some((held, _)) => *held = Arc::clone(status),
                None => self.sources.push((Arc::clone(status), None)),
            }
        }
        if !mask.sight().facts.registration {
            // They come in the order of ids, which say plates; so the order would say them too,
            // and with it the numbers that vehicles get from it.
            left.vehicles.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            left.removed.sort_unstable();
        }
        left.sources = self.news_of(&recounted, mask);
        let moved = changes.vehicles.iter().map(|vehicle| &vehicle.id);
        let moved = moved.chain(&changes.removed);
        let vehicles = &self.vehicles;
        let seen = |id: &VehicleId| vehicles.get(id).map(|held| Arc::clone(&held.vehicle));
        left.alarms = self.alarms.news_of(&changes.alarms, moved, seen, mask);
        left
    }

    /// The vehicle is seen; gives the id under which it was shown before.
    fn keep(
        &mut self,
        vehicle: &Arc<Vehicle>,
        shown_id: &VehicleId,
        recounted: &mut BTreeSet<SourceId>,
    ) -> Option<VehicleId> {
        let is_of = |sources: &BTreeSet<SourceId>| {
            let mut devices = vehicle.devices.iter();
            devices.all(|view| sources.contains(&view.device.source))
                && sources.iter().all(|source| {
                    let mut devices = vehicle.devices.iter();
                    devices.any(|view| view.device.source == *source)
                })
        };
        if let Some(held) = self.vehicles.get_mut(&vehicle.id)
            && held.shown_id == *shown_id
            && is_of(&held.sources)
        {
            held.vehicle = Arc::clone(vehicle);
            return Some(shown_id.clone());
        }
        let before = self.forget(&vehicle.id, recounted);
        let devices = vehicle.devices.iter();
        let sources: BTreeSet<SourceId> = devices.map(|view| view.device.source.clone()).collect();
        for source in &sources {
            *self.n_by_source.entry(source.clone()).or_default() += 1;
        }
        recounted.extend(sources.iter().cloned());
        let shown_id = shown_id.clone();
        self.real_ids.insert(shown_id.clone(), vehicle.id.clone());
        let held = Held {
            vehicle: Arc::clone(vehicle),
            shown_id,
            sources,
        };
        self.vehicles.insert(vehicle.id.clone(), held);
        before
    }

    /// The vehicle is seen no more; gives the id under which it was shown.
    fn forget(&mut self, id: &VehicleId, recounted: &mut BTreeSet<SourceId>) -> Option<VehicleId> {
        let held = self.vehicles.remove(id)?;
        self.real_ids.remove(&held.shown_id);
        for source in held.sources {
            if let Some(n) = self.n_by_source.get_mut(&source) {
                *n = n.saturating_sub(1);
            }
            recounted.insert(source);
        }
        Some(held.shown_id)
    }

    /// Of these sources those that look different now.
    fn news_of(&mut self, which: &BTreeSet<SourceId>, mask: &Mask) -> Vec<Arc<SourceStatus>> {
        let mut news = Vec::new();
        for (status, told) in &mut self.sources {
            if !which.contains(&status.id) {
                continue;
            }
            let n_vehicles = self.n_by_source.get(&status.id).copied().unwrap_or(0);
            let shown = Arc::new(mask.source(status, n_vehicles));
            if told.as_ref() != Some(&shown) {
                *told = Some(Arc::clone(&shown));
                news.push(shown);
            }
        }
        news
    }
}

fn is_as_held(hub: &Hub, shown: &Vehicle) -> bool {
    let held = hub.vehicle(shown.id.as_str());
    held.is_some_and(|held| *held.vehicle == *shown)
}

/// All of a moment, as if it had just come.
pub(super) fn all_of(
    current: &Current,
    sources: Vec<Arc<SourceStatus>>,
    alarms: Vec<Arc<Alarm>>,
) -> Changes {
    let vehicles = current.vehicles.iter();
    Changes {
        vehicles: vehicles.map(|entry| Arc::clone(&entry.vehicle)).collect(),
        sources,
        alarms: AlarmChanges {
            changed: alarms,
            closed: Vec::new(),
        },
        ..Changes::default()
    }
}
