//! All stages: one for each sight that somebody looks with.
//!
//! Each change goes to the hub of those who see everything as if there were no other, and then to
//! the stages of the others, what is left of it for each. Two viewers with equal sights share a
//! stage, and with it every frame. A stage is made when the first viewer of its sight comes, in one
//! step with its place among those that get changes; it goes some minutes after its last.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::hub::Hub;
use super::mask::{Mask, Secret};
use super::stage::{Stage, all_of};
use crate::domain::Sight;
use crate::fleet::Changes;

/// The hub of those who see everything, and the stages of all others.
#[derive(Debug)]
pub struct Stages {
    whole: Arc<Stage>,
    parts: Mutex<Parts>,
    /// Held while a change goes round, and while a stage is made: none can miss one.
    going_round: Mutex<()>,
    secret: Secret,
    turn: AtomicUsize,
}

#[derive(Debug, Default)]
struct Parts {
    stages: HashMap<Sight, Arc<Stage>>,
    n_made: u64,
}

impl Stages {
    /// No stages yet beside `whole`.
    pub fn new(whole: Arc<Hub>) -> Self {
        Self {
            whole: Arc::new(Stage::whole(whole)),
            parts: Mutex::default(),
            going_round: Mutex::default(),
            secret: rand::random(),
            turn: AtomicUsize::new(0),
        }
    }

    /// The hub of those who see everything.
    pub fn whole(&self) -> &Arc<Hub> {
        self.whole.hub()
    }

    /// The stage of a sight, if it is there. Never waits for long.
    pub fn find(&self, sight: &Sight) -> Option<Arc<Stage>> {
        if sight.is_everything() {
            return Some(Arc::clone(&self.whole));
        }
        let stage = self.lock().stages.get(sight).cloned()?;
        stage.ask_for();
        Some(stage)
    }

    /// The stage of a sight, made where it is not there: that takes as long as to look at the
    /// whole fleet, and waits for a change that goes round.
    pub fn find_or_make(&self, sight: &Arc<Sight>, now: Timestamp) -> Arc<Stage> {
        let _nothing_goes_round = self.lock_round();
        if let Some(stage) = self.find(sight) {
            return stage;
        }
        let nth = {
            let mut parts = self.lock();
            parts.n_made += 1;
            parts.n_made
        };
        let whole = self.whole();
        // Its own for ever: numbers of a stage that went mean nothing in one that came later.
        let hub = Arc::new(whole.beside(format!("{}.{nth}", whole.epoch())));
        let mask = Mask::new(Arc::clone(sight), self.secret);
        let all = all_of(&whole.current(), whole.sources(), whole.alarms());
        let stage = Arc::new(Stage::part(hub, mask, &all, now));
        let mut parts = self.lock();
        parts.stages.insert(Sight::clone(sight), Arc::clone(&stage));
        tell_n(&parts);
        stage
    }

    /// Takes what changed to everybody; `clock` tells when its frames were there.
    pub fn publish(&self, changes: &Changes, now: Timestamp, clock: impl Fn() -> Timestamp) {
        let _all_at_once = self.lock_round();
        let whole = self.whole();
        whole.publish(changes, now);
        whole.latencies().note(changes, now, clock());
        let mut is_any_news = false;
        for stage in self.parts_in_use(now) {
            if let Some(left) = stage.take_in(changes, now) {
                stage.hub().latencies().note(&left, now, clock());
                stage.hub().tell_tasks();
                is_any_news = true;
            }
        }
        if is_any_news {
            whole.wake_all();
        }
    }

    /// As [`Hub::make_some_keyframes`], of one stage at a time.
    pub fn make_some_keyframes(&self, clock: impl Fn() -> Timestamp) -> bool {
        let mut hubs = vec![Arc::clone(self.whole())];
        hubs.extend(self.lock().stages.values().map(|it| Arc::clone(it.hub())));
        let nth = self.turn.fetch_add(1, Ordering::Relaxed) % hubs.len();
        hubs.rotate_left(nth);
        if let Some(hub) = hubs.iter().find(|hub| hub.are_keyframes_wanted()) {
            hub.make_some_keyframes(clock);
        }
        hubs.iter().any(|hub| hub.are_keyframes_wanted())
    }

    /// How many stages there are beside that of everything.
    pub fn n_parts(&self) -> usize {
        self.lock().stages.len()
    }

    fn parts_in_use(&self, now: Timestamp) -> Vec<Arc<Stage>> {
        let mut parts = self.lock();
        let n_before = parts.stages.len();
        parts
            .stages
            .retain(|_, stage| stage.is_of_use(Arc::strong_count(stage), now));
        if parts.stages.len() != n_before {
            tell_n(&parts);
        }
        parts.stages.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        // Nothing panics while it is held; if something did, the state is still whole.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_round(&self) -> MutexGuard<'_, ()> {
        let round = self.going_round.lock();
        round.unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell_n(parts: &Parts) {
    #[expect(clippy::cast_precision_loss, reason = "a number of sights")]
    let n = parts.stages.len() as f64;
    metrics::gauge!("fleetglass_sights").set(n);
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::sight::Facts;
    use crate::domain::{Groups, Vehicle, VehicleId};
    use crate::live::channel::ChannelSettings;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_mins(minutes)
    }

    fn of(group: &str) -> Changes {
        let vehicle = Vehicle {
            groups: vec![group.into()],
            ..Vehicle::new(VehicleId::new("v"), "v", at(0))
        };
        Changes {
            vehicles: vec![Arc::new(vehicle)],
            ..Changes::default()
        }
    }

    #[test]
    fn a_sight_has_one_stage_as_long_as_somebody_looks_and_no_epoch_twice() {
        let stages = Stages::new(Arc::new(Hub::new("run", ChannelSettings::default())));
        let publish = |minutes| stages.publish(&of("North"), at(minutes), || at(minutes));
        let north = Arc::new(Sight {
            groups: Groups::only(["North"]),
            facts: Facts::ALL,
        });
        publish(0);
        assert!(stages.find(&north).is_none());
        let stage = stages.find_or_make(&north, at(0));
        assert!(Arc::ptr_eq(&stage, &stages.find_or_make(&north, at(0))));
        assert_eq!((stage.hub().epoch(), stage.hub().seq()), ("run.1", 1));
        publish(60);
        assert_eq!(stages.n_parts(), 1);
        drop(stage);
        publish(64);
        assert_eq!(stages.n_parts(), 1);
        publish(66);
        assert_eq!(stages.n_parts(), 0);
        let again = stages.find_or_make(&north, at(66));
        assert_eq!(again.hub().epoch(), "run.2");
        let whole = stages.find(&Sight::everything()).unwrap();
        assert!(Arc::ptr_eq(whole.hub(), stages.whole()) && whole.mask().is_none());
    }

    #[test]
    fn nothing_seen_is_no_change() {
        let stages = Stages::new(Arc::new(Hub::new("run", ChannelSettings::default())));
        let south = Arc::new(Sight {
            groups: Groups::only(["South"]),
            facts: Facts::ALL,
        });
        let stage = stages.find_or_make(&south, at(0));
        stages.publish(&of("North"), at(1), || at(1));
        assert_eq!((stages.whole().seq(), stage.hub().seq()), (1, 0));
        stages.publish(&of("South"), at(2), || at(2));
        assert!(stage.vehicle("v").is_some() && stage.behind("v", stages.whole()).is_some());
        stages.publish(&of("North"), at(3), || at(3));
        assert!(stage.vehicle("v").is_none() && stage.behind("v", stages.whole()).is_none());
        assert_eq!(stage.hub().seq(), 2);
    }

    #[test]
    fn a_group_that_is_not_named_makes_no_frame() {
        let stages = Stages::new(Arc::new(Hub::new("run", ChannelSettings::default())));
        let north = Arc::new(Sight {
            groups: Groups::only(["North"]),
            facts: Facts::ALL,
        });
        let stage = stages.find_or_make(&north, at(0));
        stages.publish(&of("North"), at(1), || at(1));
        let mut both = of("North");
        let vehicle = Arc::make_mut(&mut both.vehicles[0]);
        vehicle.groups.push("Union".into());
        stages.publish(&both, at(2), || at(2));
        assert_eq!((stages.whole().seq(), stage.hub().seq()), (2, 1));
    }

    #[test]
    fn the_order_of_hidden_plates_is_not_told() {
        let mask = Mask::new(
            Arc::new(Sight {
                groups: Groups::All,
                facts: Facts {
                    registration: false,
                    ..Facts::ALL
                },
            }),
            [7; 32],
        );
        let plates = (0..30).map(|n| {
            let plate = format!("CA{n:05}");
            Arc::new(Vehicle {
                registration: Some(plate.as_str().into()),
                ..Vehicle::new(VehicleId::new(format!("reg:{plate}")), &*plate, at(0))
            })
        });
        let all = Changes {
            vehicles: plates.collect(),
            ..Changes::default()
        };
        let hub = Arc::new(Hub::new("run", ChannelSettings::default()));
        let stage = Stage::part(hub, mask, &Changes::default(), at(0));
        let left = stage.take_in(&all, at(1)).unwrap();
        let shown: Vec<_> = left.vehicles.iter().map(|it| it.id.clone()).collect();
        assert_eq!(shown.len(), 30);
        assert!(shown.is_sorted());
        let gone = Changes {
            removed: all.vehicles.iter().map(|it| it.id.clone()).collect(),
            ..Changes::default()
        };
        assert_eq!(stage.take_in(&gone, at(2)).unwrap().removed, shown);
    }
}
