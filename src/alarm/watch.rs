//! The watch: what is heard of the fleet against what was ordered. Pure, with `now` as an argument.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::book::{About, Book, Key, News};
use super::due::Due;
use super::feeds::{Feeds, Outage};
use super::plan::Plan;
use super::vehicle::{Against, Seen, blank};
use crate::domain::alarm::{Alarm, AlarmKind};
use crate::domain::order::Orders;
use crate::domain::{Flag, SourceId, Vehicle, VehicleId};
use crate::fleet::SourceStatus;

/// What is looked out for, and what is known of whom.
#[derive(Debug)]
pub struct Watch {
    plan: Plan,
    vehicles: HashMap<VehicleId, Seen>,
    feeds: Feeds,
    due: Due,
    book: Book,
}

impl Watch {
    /// A watch that goes on from the alarms that were open, and gives its first new one `next_id`.
    pub fn new(open: impl IntoIterator<Item = Alarm>, next_id: u64, orders: Arc<Orders>) -> Self {
        Self {
            plan: Plan::new(orders),
            vehicles: HashMap::new(),
            feeds: Feeds::default(),
            due: Due::default(),
            book: Book::new(open, next_id),
        }
    }

    /// Takes vehicles that are new or differ.
    pub fn observe(&mut self, vehicles: &[Arc<Vehicle>], now: Timestamp) {
        for vehicle in vehicles {
            if let Some(seen) = self.vehicles.get_mut(&vehicle.id) {
                seen.vehicle = Arc::clone(vehicle);
            } else {
                let seen = Seen::new(Arc::clone(vehicle));
                self.vehicles.insert(vehicle.id.clone(), seen);
            }
            self.judge(&vehicle.id, now);
        }
    }

    /// Takes vehicles that are no more.
    pub fn remove(&mut self, ids: &[VehicleId], now: Timestamp) {
        for id in ids {
            self.vehicles.remove(id);
            self.due.set(id, None);
            self.book.end_where(id, now, |_| true, |_| {});
        }
    }

    /// Takes sources that differ.
    pub fn hear(&mut self, sources: &[Arc<SourceStatus>], now: Timestamp) {
        for status in sources {
            let is_heard_again = self.feeds.take(status, now);
            self.judge_source(&status.id, now);
            if is_heard_again {
                self.look_again(now, |vehicle| is_of(vehicle, &status.id));
            }
        }
    }

    /// Takes new orders: alarms of rules that are gone end, and all is looked at again.
    pub fn order(&mut self, orders: Arc<Orders>, now: Timestamp) {
        let before = std::mem::replace(&mut self.plan, Plan::new(orders));
        for seen in self.vehicles.values_mut() {
            seen.whereabouts.replan(&before, &self.plan);
        }
        let is_void = |alarm: &&Arc<Alarm>| {
            let rule = self.plan.rule(&alarm.rule.0);
            rule.is_none_or(|rule| AlarmKind::from(&rule.kind) != alarm.kind)
        };
        let void: Vec<Arc<Alarm>> = self.book.open().filter(is_void).cloned().collect();
        for alarm in void {
            self.book.end_alarm(&alarm, now, |_| {});
        }
        for source in self.feeds.ids() {
            self.judge_source(&source, now);
        }
        self.look_again(now, |_| true);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Timestamp) {
        while let Some(id) = self.due.take(now) {
            self.judge(&id, now);
        }
    }

    /// Somebody took note of an alarm; `None` where no such alarm is open.
    pub fn acknowledge(&mut self, id: u64, by: &Arc<str>, now: Timestamp) -> Option<Arc<Alarm>> {
        self.book.acknowledge(id, Some(by), now)
    }

    /// Forgets all alarms about a vehicle; gives the ids of those that were open.
    pub fn forget(&mut self, id: &VehicleId) -> Vec<u64> {
        self.book.forget(id)
    }

    /// When to [`tick`](Self::tick) next.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.due.next()
    }

    /// All open alarms, by their ids.
    pub fn open(&self) -> impl Iterator<Item = &Arc<Alarm>> {
        self.book.open()
    }

    pub(super) fn take_news(&mut self) -> News {
        self.book.take_news()
    }

    fn judge(&mut self, id: &VehicleId, now: Timestamp) {
        let Some(seen) = self.vehicles.get_mut(id) else {
            return;
        };
        let against = Against {
            plan: &self.plan,
            feeds: &self.feeds,
            now,
        };
        let due = against.judge(seen, &mut self.book);
        self.due.set(id, due);
    }

    fn look_again(&mut self, now: Timestamp, is_meant: impl Fn(&Vehicle) -> bool) {
        let seen = self.vehicles.values();
        let meant = seen.filter(|seen| is_meant(&seen.vehicle));
        let ids: Vec<VehicleId> = meant.map(|seen| seen.vehicle.id.clone()).collect();
        for id in ids {
            self.judge(&id, now);
        }
    }

    fn judge_source(&mut self, source: &SourceId, now: Timestamp) {
        let outage = self.feeds.outage(source);
        for rule in &self.plan.of_sources {
            match outage {
                Outage::Since(since) => self.book.begin(Alarm {
                    source: Some(source.clone()),
                    ..blank(rule, since.min(now), now)
                }),
                Outage::None => self.book.end(
                    &Key {
                        rule: Arc::clone(&rule.id),
                        about: About::Source(source.clone()),
                        place: None,
                    },
                    now,
                ),
                Outage::Unclear => {}
            }
        }
    }
}

fn is_of(vehicle: &Vehicle, source: &SourceId) -> bool {
    let position = vehicle.position.as_ref();
    position.is_some_and(|it| it.device.source == *source)
        || vehicle.flags.contains(&Flag::FeedDown)
}
