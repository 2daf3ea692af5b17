//! One vehicle against all rules about vehicles: pure, with `now` as an argument.
//!
//! Whoever is out of service raises nothing but the panic button, and whoever is off duty nothing
//! at all. What is known only from before a restart neither begins nor ends anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::book::{About, Book, Key};
use super::feeds::Feeds;
use super::plan::{Plan, concerns};
use super::quiet;
use super::whereabouts::{Crossing, Whereabouts};
use crate::domain::alarm::{Alarm, AlarmKind};
use crate::domain::order::{Place, Rule, RuleKind};
use crate::domain::{Flag, FreshnessState, MotionState, Silence, Vehicle};

/// Nobody knows how fast it went between fixes that are further apart.
const MAX_GAP: SignedDuration = SignedDuration::from_mins(5);

/// A vehicle as the watch knows it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) vehicle: Arc<Vehicle>,
    pub(super) whereabouts: Whereabouts,
    /// By the rule: since when it has been too fast.
    fast: BTreeMap<Arc<str>, Fast>,
    /// The last fix that was looked at.
    fixed_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Fast {
    since: Timestamp,
    last: Timestamp,
    peak_mps: f64,
}

/// What a vehicle is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Against<'a> {
    pub(super) plan: &'a Plan,
    pub(super) feeds: &'a Feeds,
    pub(super) now: Timestamp,
}

/// What a rule finds.
enum Finding {
    /// It is so since then.
    Is {
        since: Timestamp,
        lasted: Option<SignedDuration>,
        speed: Option<(f64, f64)>,
    },
    /// It is not so.
    Not,
    /// It may be so at that time, or after something is heard.
    Unclear(Option<Timestamp>),
}

impl Seen {
    pub(super) fn new(vehicle: Arc<Vehicle>) -> Self {
        Self {
            vehicle,
            whereabouts: Whereabouts::default(),
            fast: BTreeMap::new(),
            fixed_at: None,
        }
    }
}

impl Against<'_> {
    /// Looks at a vehicle; gives when to look again, though nothing is heard.
    pub(super) fn judge(self, seen: &mut Seen, book: &mut Book) -> Option<Timestamp> {
        let vehicle = Arc::clone(&seen.vehicle);
        if vehicle.flags.contains(&Flag::OffDuty) {
            *seen = Seen::new(Arc::clone(&vehicle));
            let forget_place = |alarm: &mut Alarm| alarm.position = None;
            book.end_where(&vehicle.id, self.now, |_| true, forget_place);
            return None;
        }
        let crossings = seen.whereabouts.take(self.plan, &vehicle);
        let out = self.plan.out_of_service(&vehicle.id, self.now);
        let mut due = out.and_then(|out| out.until);
        let fixed_at = vehicle.position.as_ref().map(|position| position.fixed_at);
        let is_new_fix = std::mem::replace(&mut seen.fixed_at, fixed_at) != fixed_at;
        // Of most vehicles nothing is open, and most rules find nothing: that has to cost little.
        let has_any = book.has_any_of(&vehicle.id) || !seen.fast.is_empty();
        let rules = self.plan.of_vehicles.iter();
        for rule in rules.filter(|rule| has_any || may_find(rule, &vehicle)) {
            let is_muted = out.is_some() && rule.kind != RuleKind::Panic;
            let finding = if is_muted || !concerns(&rule.whom, &vehicle) {
                seen.fast.remove(&rule.id);
                Finding::Not
            } else {
                self.ask(rule, seen, is_new_fix)
            };
            due = sooner(due, self.enter(rule, &vehicle, &finding, book));
        }
        if out.is_none() {
            self.tell_crossings(&crossings, &vehicle, book);
        }
        due
    }

    fn enter(
        self,
        rule: &Rule,
        vehicle: &Vehicle,
        finding: &Finding,
        book: &mut Book,
    ) -> Option<Timestamp> {
        match finding {
            Finding::Is {
                since,
                lasted,
                speed,
            } => book.begin(Alarm {
                lasted: *lasted,
                speed: *speed,
                ..self.found(rule, vehicle, *since)
            }),
            Finding::Not => {
                let key = Key {
                    rule: Arc::clone(&rule.id),
                    about: About::Vehicle(vehicle.id.clone()),
                    place: None,
                };
                book.end(&key, self.now);
            }
            Finding::Unclear(until) => return *until,
        }
        None
    }

    fn ask(self, rule: &Rule, seen: &mut Seen, is_new_fix: bool) -> Finding {
        let vehicle = Arc::clone(&seen.vehicle);
        let is_restored = vehicle.flags.contains(&Flag::Restored);
        match &rule.kind {
            RuleKind::StoppedReporting => self.silence(&vehicle),
            _ if is_restored => Finding::Unclear(None),
            RuleKind::Panic if vehicle.flags.contains(&Flag::Panic) => Finding::Is {
                since: self.now,
                lasted: None,
                speed: None,
            },
            RuleKind::Idling { for_at_least } => self.idling(&vehicle, *for_at_least),
            RuleKind::Speeding {
                over_mps,
                for_at_least,
            } => speeding(rule, seen, *over_mps, *for_at_least, is_new_fix),
            // Sources and places are looked at elsewhere.
            RuleKind::Panic
            | RuleKind::SourceDown
            | RuleKind::Entering { .. }
            | RuleKind::Leaving { .. } => Finding::Not,
        }
    }

    fn idling(self, vehicle: &Vehicle, for_at_least: SignedDuration) -> Finding {
        if vehicle.flags.contains(&Flag::FeedDown) {
            return Finding::Unclear(None);
        }
        if vehicle.motion.state != MotionState::Idling {
            return Finding::Not;
        }
        let since = vehicle.motion.since;
        let long_at = since.saturating_add(for_at_least).unwrap_or(Timestamp::MAX);
        if self.now < long_at {
            return Finding::Unclear(Some(long_at));
        }
        Finding::Is {
            since,
            lasted: Some(self.now.duration_since(since)),
            speed: None,
        }
    }

    fn silence(self, vehicle: &Vehicle) -> Finding {
        if Silence::of(vehicle, self.now).is_none() {
            return Finding::Not;
        }
        let source = vehicle.position.as_ref().map(|it| &it.device.source);
        match source.and_then(|source| self.feeds.settled_at(source)) {
            None => Finding::Unclear(None),
            Some(at) if self.now < at => Finding::Unclear(Some(at)),
            Some(_) => Finding::Is {
                since: vehicle.freshness.since,
                lasted: None,
                speed: None,
            },
        }
    }

    fn tell_crossings(self, crossings: &[Crossing<'_>], vehicle: &Vehicle, book: &mut Book) {
        let Some(position) = &vehicle.position else {
            return;
        };
        for Crossing { watched, is_entry } in crossings {
            let rules = if *is_entry {
                &watched.entering
            } else {
                &watched.leaving
            };
            for rule in rules.iter().filter(|rule| concerns(&rule.whom, vehicle)) {
                book.begin(Alarm {
                    ended_at: Some(position.fixed_at),
                    place: Some(named(&watched.place)),
                    place_groups: watched.place.groups.clone(),
                    ..self.found(rule, vehicle, position.fixed_at)
                });
            }
        }
    }

    /// An alarm of a rule about a vehicle, as far as all are alike.
    fn found(self, rule: &Rule, vehicle: &Vehicle, began_at: Timestamp) -> Alarm {
        let position = vehicle.position.as_ref();
        Alarm {
            vehicle: Some((vehicle.id.clone(), Arc::clone(&vehicle.name))),
            position: position.map(|it| (it.lat_deg, it.lng_deg, it.fixed_at)),
            ..blank(rule, began_at.min(self.now), self.now)
        }
    }
}

/// Whether a rule could find anything new, by a glance.
fn may_find(rule: &Rule, vehicle: &Vehicle) -> bool {
    match rule.kind {
        RuleKind::Speeding { over_mps, .. } => {
            let position = vehicle.position.as_ref();
            position
                .and_then(|it| it.speed_mps)
                .is_some_and(|mps| over_mps < mps)
        }
        RuleKind::Idling { .. } => vehicle.motion.state == MotionState::Idling,
        RuleKind::StoppedReporting => matches!(
            vehicle.freshness.state,
            FreshnessState::Stale | FreshnessState::Offline
        ),
        RuleKind::Panic => vehicle.flags.contains(&Flag::Panic),
        RuleKind::SourceDown | RuleKind::Entering { .. } | RuleKind::Leaving { .. } => false,
    }
}

/// An alarm of a rule, about nobody yet.
pub(super) fn blank(rule: &Rule, began_at: Timestamp, now: Timestamp) -> Alarm {
    let kind = AlarmKind::from(&rule.kind);
    let is_quiet = rule.quiet.as_ref().is_some_and(|it| quiet::covers(it, now));
    Alarm {
        id: 0,
        rule: (Arc::clone(&rule.id), Arc::clone(&rule.name)),
        kind,
        severity: rule.severity,
        vehicle: None,
        source: None,
        place: None,
        place_groups: std::collections::BTreeSet::new(),
        began_at,
        ended_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
        is_quiet: is_quiet && kind != AlarmKind::Panic,
        repeat_after: rule.repeat_after,
        speed: None,
        lasted: None,
        position: None,
    }
}

/// By fixes alone: between two that are too fast, and not too far apart, it was too fast.
fn speeding(
    rule: &Rule,
    seen: &mut Seen,
    over_mps: f64,
    for_at_least: SignedDuration,
    is_new_fix: bool,
) -> Finding {
    let Some(position) = seen.vehicle.position.as_ref().filter(|_| is_new_fix) else {
        return Finding::Unclear(None);
    };
    let Some(speed_mps) = position.speed_mps else {
        let stands = !matches!(
            seen.vehicle.motion.state,
            MotionState::Moving | MotionState::Unknown
        );
        return if stands {
            Finding::Not
        } else {
            Finding::Unclear(None)
        };
    };
    if speed_mps <= over_mps {
        seen.fast.remove(&rule.id);
        return Finding::Not;
    }
    let at = position.fixed_at;
    let begins = Fast {
        since: at,
        last: at,
        peak_mps: speed_mps,
    };
    let held = seen.fast.entry(Arc::clone(&rule.id)).or_insert(begins);
    if MAX_GAP < at.duration_since(held.last) {
        *held = begins;
    }
    held.last = at;
    held.peak_mps = held.peak_mps.max(speed_mps);
    let lasted = at.duration_since(held.since);
    if lasted < for_at_least {
        return Finding::Unclear(None);
    }
    Finding::Is {
        since: held.since,
        lasted: Some(lasted),
        speed: Some((held.peak_mps, over_mps)),
    }
}

fn named(place: &Place) -> (Arc<str>, Arc<str>) {
    (Arc::clone(&place.id), Arc::clone(&place.name))
}

fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
