//! The book of open alarms: one for each rule, vehicle or source, and place.
//!
//! What comes back while its alarm is open goes on with it. What changed is kept until somebody
//! takes it: the newest state of each alarm, and what is to be told elsewhere, in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::alarm::{Alarm, AlarmEvent};
use crate::domain::{SourceId, VehicleId};

/// So many are open at most: of those that are over, the oldest are closed, noted by nobody.
const MAX_OPEN: usize = 10_000;

/// What only one open alarm is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) rule: Arc<str>,
    pub(super) about: About,
    pub(super) place: Option<Arc<str>>,
}

/// A vehicle or a source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum About {
    Vehicle(VehicleId),
    Source(SourceId),
}

/// What changed since it was last taken.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The newest state of each alarm that differs, the closed ones too.
    pub(super) alarms: BTreeMap<u64, Arc<Alarm>>,
    /// What is told elsewhere.
    pub(super) events: Vec<(AlarmEvent, Arc<Alarm>)>,
}

/// All open alarms.
#[derive(Debug)]
pub(super) struct Book {
    next_id: u64,
    open: BTreeMap<u64, Arc<Alarm>>,
    by_key: HashMap<Key, u64>,
    of_vehicle: HashMap<VehicleId, BTreeSet<u64>>,
    news: News,
}

impl Book {
    /// The book as it was left: open alarms, and the id of the next.
    pub(super) fn new(open: impl IntoIterator<Item = Alarm>, next_id: u64) -> Self {
        let mut book = Self {
            next_id,
            open: BTreeMap::new(),
            by_key: HashMap::new(),
            of_vehicle: HashMap::new(),
            news: News::default(),
        };
        for alarm in open.into_iter().filter(Alarm::is_open) {
            book.next_id = book.next_id.max(alarm.id + 1);
            book.enter(Arc::new(alarm));
        }
        book
    }

    /// All that are open.
    pub(super) fn open(&self) -> impl Iterator<Item = &Arc<Alarm>> {
        self.open.values()
    }

    /// Whether anything of the vehicle is open.
    pub(super) fn has_any_of(&self, id: &VehicleId) -> bool {
        self.of_vehicle.contains_key(id)
    }

    /// The open alarm with this key.
    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Alarm>> {
        self.open.get(self.by_key.get(key)?)
    }

    /// The condition of `found` is there: a new alarm, or the open one goes on.
    pub(super) fn begin(&mut self, found: Alarm) {
        let Some(key) = key_of(&found) else { return };
        if let Some(held) = self.get(&key).cloned() {
            let mut alarm = Alarm::clone(&held);
            if found.kind.is_moment() {
                (alarm.began_at, alarm.ended_at) = (found.began_at, found.ended_at);
                (alarm.position, alarm.is_quiet) = (found.position, found.is_quiet);
            } else {
                alarm.ended_at = None;
                alarm.speed = peak(alarm.speed, found.speed);
            }
            self.put(&held, alarm);
            return;
        }
        let alarm = Arc::new(Alarm {
            id: self.next_id,
            ..found
        });
        self.next_id += 1;
        metrics::counter!("fleetglass_alarms_total", "kind" => alarm.kind.as_str()).increment(1);
        self.tell(AlarmEvent::Began, &alarm);
        self.enter(alarm);
        self.make_room();
    }

    /// What the alarm is about is over.
    pub(super) fn end(&mut self, key: &Key, at: Timestamp) {
        if let Some(held) = self.get(key).cloned() {
            self.end_alarm(&held, at, |_| {});
        }
    }

    /// What all of these are about is over.
    pub(super) fn end_where(
        &mut self,
        id: &VehicleId,
        at: Timestamp,
        is_meant: impl Fn(&Alarm) -> bool,
        also: impl Fn(&mut Alarm),
    ) {
        let ids: Vec<u64> = self
            .of_vehicle
            .get(id)
            .into_iter()
            .flatten()
            .copied()
            .collect();
        let held = ids.iter().filter_map(|id| self.open.get(id).cloned());
        let meant: Vec<Arc<Alarm>> = held.filter(|alarm| is_meant(alarm)).collect();
        for alarm in meant {
            self.end_alarm(&alarm, at, &also);
        }
    }

    /// What an open alarm is about is over, whatever it is.
    pub(super) fn end_alarm(
        &mut self,
        held: &Arc<Alarm>,
        at: Timestamp,
        also: impl Fn(&mut Alarm),
    ) {
        let mut alarm = Alarm::clone(held);
        let lasts = alarm.ended_at.is_none();
        if lasts {
            alarm.ended_at = Some(at.max(alarm.began_at));
        }
        also(&mut alarm);
        let alarm = self.put(held, alarm);
        if let Some(alarm) = alarm.filter(|_| lasts) {
            self.news.events.push((AlarmEvent::Ended, alarm));
        }
    }

    /// Somebody took note; `None` where no such alarm is open. The first name stays.
    pub(super) fn acknowledge(
        &mut self,
        id: u64,
        by: Option<&Arc<str>>,
        now: Timestamp,
    ) -> Option<Arc<Alarm>> {
        let held = self.open.get(&id).cloned()?;
        if held.acknowledged_at.is_some() {
            return Some(held);
        }
        let mut alarm = Alarm::clone(&held);
        alarm.acknowledged_at = Some(now);
        alarm.acknowledged_by = by.cloned();
        let alarm = self.put(&held, alarm)?;
        self.news
            .events
            .push((AlarmEvent::Acknowledged, Arc::clone(&alarm)));
        Some(alarm)
    }

    /// Forgets all that is open about a vehicle, as if it had never been.
    pub(super) fn forget(&mut self, id: &VehicleId) -> Vec<u64> {
        let ids: Vec<u64> = self
            .of_vehicle
            .get(id)
            .into_iter()
            .flatten()
            .copied()
            .collect();
        for id in &ids {
            if let Some(alarm) = self.open.get(id).cloned() {
                self.leave(&alarm);
            }
        }
        let is_of = |alarm: &Alarm| alarm.vehicle.as_ref().is_some_and(|(it, _)| it == id);
        self.news.alarms.retain(|_, alarm| !is_of(alarm));
        self.news.events.retain(|(_, alarm)| !is_of(alarm));
        ids
    }

    /// What changed since this was last called.
    pub(super) fn take_news(&mut self) -> News {
        std::mem::take(&mut self.news)
    }

    /// Puts one in the place of what it was; `None` where nothing differs.
    fn put(&mut self, held: &Alarm, alarm: Alarm) -> Option<Arc<Alarm>> {
        if *held == alarm {
            return None;
        }
        let alarm = Arc::new(alarm);
        self.news.alarms.insert(alarm.id, Arc::clone(&alarm));
        if alarm.is_open() {
            self.open.insert(alarm.id, Arc::clone(&alarm));
        } else {
            self.leave(&alarm);
        }
        Some(alarm)
    }

    fn tell(&mut self, event: AlarmEvent, alarm: &Arc<Alarm>) {
        self.news.alarms.insert(alarm.id, Arc::clone(alarm));
        self.news.events.push((event, Arc::clone(alarm)));
    }

    fn enter(&mut self, alarm: Arc<Alarm>) {
        if let Some(key) = key_of(&alarm) {
            self.by_key.insert(key, alarm.id);
        }
        if let Some((id, _)) = &alarm.vehicle {
            let of_vehicle = self.of_vehicle.entry(id.clone()).or_default();
            of_vehicle.insert(alarm.id);
        }
        self.open.insert(alarm.id, alarm);
    }

    fn leave(&mut self, alarm: &Alarm) {
        self.open.remove(&alarm.id);
        if let Some(key) = key_of(alarm) {
            self.by_key.remove(&key);
        }
        if let Some((id, _)) = &alarm.vehicle
            && let Some(of_vehicle) = self.of_vehicle.get_mut(id)
        {
            of_vehicle.remove(&alarm.id);
            if of_vehicle.is_empty() {
                self.of_vehicle.remove(id);
            }
        }
    }

    /// Alarms that nobody takes note of do not grow without end.
    fn make_room(&mut self) {
        if self.open.len() <= MAX_OPEN {
            return;
        }
        let oldest = self.open.values().find(|alarm| alarm.ended_at.is_some());
        if let Some((id, at)) = oldest.and_then(|alarm| Some((alarm.id, alarm.ended_at?))) {
            self.acknowledge(id, None, at);
        }
    }
}

/// What an alarm is the only one of.
pub(super) fn key_of(alarm: &Alarm) -> Option<Key> {
    let vehicle = alarm
        .vehicle
        .as_ref()
        .map(|(id, _)| About::Vehicle(id.clone()));
    let source = || alarm.source.clone().map(About::Source);
    Some(Key {
        rule: Arc::clone(&alarm.rule.0),
        about: vehicle.or_else(source)?,
        place: alarm.place.as_ref().map(|(id, _)| Arc::clone(id)),
    })
}

fn peak(held: Option<(f64, f64)>, found: Option<(f64, f64)>) -> Option<(f64, f64)> {
    match (held, found) {
        (Some((held, over)), Some((found, _))) => Some((held.max(found), over)),
        (held, found) => held.or(found),
    }
}
