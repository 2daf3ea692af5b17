//! The rules by their tables, and the laws of the watch: what was found before a restart is not
//! found anew, and vehicles know nothing of each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::book::News;
use super::watch::Watch;
use crate::domain::alarm::{Alarm, AlarmEvent, AlarmKind};
use crate::domain::order::{
    Orders, OutOfService, Place, Quiet, Rule, RuleKind, Severity, Shape, Whom,
};
use crate::domain::{
    DeviceKey, Expectation, Flag, FreshnessState, Health, Mode, MotionState, Position, SourceId,
    Vehicle, VehicleId,
};
use crate::fleet::SourceStatus;

mod fates;
mod keeping;

const OVER_MPS: f64 = 25.0;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

fn rule(kind: RuleKind) -> Rule {
    Rule {
        id: AlarmKind::from(&kind).as_str().into(),
        name: "A rule".into(),
        kind,
        severity: Severity::Warning,
        is_enabled: true,
        whom: Whom::default(),
        quiet: None,
        repeat_after: None,
        webhooks: BTreeSet::new(),
    }
}

/// A rule of each kind; the yard is 500 m about 48° N 17° E.
fn rules() -> Vec<Rule> {
    let places = || BTreeSet::from(["yard".into()]);
    let for_at_least = seconds(10);
    vec![
        rule(RuleKind::Speeding {
            over_mps: OVER_MPS,
            for_at_least,
        }),
        rule(RuleKind::Idling {
            for_at_least: seconds(300),
        }),
        rule(RuleKind::StoppedReporting),
        rule(RuleKind::SourceDown),
        rule(RuleKind::Panic),
        rule(RuleKind::Entering { places: places() }),
        rule(RuleKind::Leaving { places: places() }),
    ]
}

fn orders_of(rules: Vec<Rule>) -> Orders {
    let yard = Place {
        id: "yard".into(),
        name: "The yard".into(),
        shape: Shape::Circle {
            lat_deg: 48.0,
            lng_deg: 17.0,
            radius_m: 500.0,
        },
        groups: BTreeSet::new(),
    };
    let by_id = |rule: Rule| (Arc::clone(&rule.id), Arc::new(rule));
    Orders {
        places: [(Arc::clone(&yard.id), Arc::new(yard))].into(),
        rules: rules.into_iter().map(by_id).collect(),
        ..Orders::default()
    }
}

fn orders() -> Orders {
    orders_of(rules())
}

/// What a vehicle is at a second: by default it stands in the open, and all is well.
#[derive(Clone, Debug)]
struct State {
    north_m: f64,
    accuracy_m: Option<f64>,
    speed_mps: Option<f64>,
    motion: (MotionState, i64),
    freshness: FreshnessState,
    flags: Vec<Flag>,
}

/// What a vehicle is at which seconds, and what is told of it.
type Case<'a> = (&'a [(i64, State)], &'a [&'a str]);

const FAR_M: f64 = 5_000.0;

impl Default for State {
    fn default() -> Self {
        Self {
            north_m: FAR_M,
            accuracy_m: None,
            speed_mps: Some(0.0),
            motion: (MotionState::Stopped, 0),
            freshness: FreshnessState::Live,
            flags: Vec::new(),
        }
    }
}

impl State {
    fn fast(speed_mps: f64) -> Self {
        Self {
            speed_mps: Some(speed_mps),
            motion: (MotionState::Moving, 0),
            ..Self::default()
        }
    }

    fn at_m(north_m: f64) -> Self {
        Self {
            north_m,
            ..Self::default()
        }
    }

    fn with(flag: Flag) -> Self {
        Self {
            flags: vec![flag],
            ..Self::default()
        }
    }

    fn silent() -> Self {
        Self {
            freshness: FreshnessState::Stale,
            ..Self::default()
        }
    }

    fn idling_since(second: i64) -> Self {
        Self {
            motion: (MotionState::Idling, second),
            ..Self::default()
        }
    }

    fn vehicle(&self, id: &str, fixed: i64) -> Arc<Vehicle> {
        let is_off_duty = self.flags.contains(&Flag::OffDuty);
        let position = Position {
            lat_deg: 48.0 + self.north_m / 111_195.0,
            lng_deg: 17.0,
            heading_deg: None,
            speed_mps: self.speed_mps,
            altitude_m: None,
            accuracy_m: self.accuracy_m,
            fixed_at: at(fixed),
            received_at: at(fixed),
            device: DeviceKey::new(SourceId::new("s"), id),
        };
        let mut vehicle = Vehicle::new(VehicleId::new(id), id, at(0));
        vehicle.flags.clone_from(&self.flags);
        vehicle.groups = vec!["North".into()];
        vehicle.position = (!is_off_duty).then_some(position);
        vehicle.motion.state = self.motion.0;
        vehicle.motion.since = at(self.motion.1);
        vehicle.freshness.state = self.freshness;
        vehicle.freshness.since = at(fixed);
        vehicle.expectation = Some(Expectation {
            expected: seconds(15),
            live_for: seconds(60),
            on_the_move: true,
        });
        Arc::new(vehicle)
    }
}

fn source(health: Health, second: i64) -> Arc<SourceStatus> {
    Arc::new(SourceStatus {
        id: SourceId::new("s"),
        kind: "test",
        health,
        since: at(second),
        mode: Mode::Poll,
        last_success_at: None,
        last_error: None,
        until: None,
        sandbox: false,
        vehicles: 1,
    })
}

/// A watch over a feed that has long been well.
fn watch(orders: Orders) -> Watch {
    let mut watch = Watch::new([], 1, Arc::new(orders));
    watch.hear(&[source(Health::Up, -1_000)], at(-1_000));
    watch
}

impl Watch {
    fn see(&mut self, second: i64, state: &State) {
        self.tick(at(second));
        self.observe(&[state.vehicle("v", second)], at(second));
    }

    /// As it says what began and ended, in order.
    fn told(&mut self) -> Vec<String> {
        let News { events, .. } = self.take_news();
        let word = |(event, alarm): &(AlarmEvent, Arc<Alarm>)| {
            let event = match event {
                AlarmEvent::Began => "+",
                AlarmEvent::Ended => "-",
                AlarmEvent::Acknowledged => "!",
            };
            format!("{event}{}", alarm.kind.as_str())
        };
        events.iter().map(word).collect()
    }
}

/// What is told of a vehicle that is so at these seconds.
#[track_caller]
fn tells(orders: &Orders, states: &[(i64, State)], expected: &[&str]) {
    let mut watch = watch(orders.clone());
    for (second, state) in states {
        watch.see(*second, state);
    }
    assert_eq!(watch.told(), expected, "{states:?}");
}

#[test]
fn speeding_is_over_for_long_enough_by_fixes() {
    let orders = orders();
    let fast = |mps| State::fast(mps);
    let no_speed = State {
        speed_mps: None,
        ..State::fast(0.0)
    };
    let cases: [Case<'_>; 8] = [
        (&[(0, fast(30.0))], &[]),
        (&[(0, fast(30.0)), (9, fast(30.0))], &[]),
        (&[(0, fast(30.0)), (10, fast(26.0))], &["+speeding"]),
        (&[(0, fast(25.0)), (10, fast(25.0))], &[]),
        (&[(0, fast(30.0)), (5, fast(25.0)), (12, fast(30.0))], &[]),
        (
            &[(0, fast(30.0)), (10, fast(30.0)), (20, fast(25.0))],
            &["+speeding", "-speeding"],
        ),
        // Nobody knows how fast it was in between.
        (&[(0, fast(30.0)), (400, fast(30.0))], &[]),
        // A fix that does not say it changes nothing.
        (
            &[
                (0, fast(30.0)),
                (5, no_speed.clone()),
                (10, fast(30.0)),
                (20, no_speed),
            ],
            &["+speeding"],
        ),
    ];
    for (states, expected) in cases {
        tells(&orders, states, expected);
    }
    // The same fix again is no other.
    let mut watch = watch(orders);
    let vehicle = fast(30.0).vehicle("v", 0);
    watch.observe(&[Arc::clone(&vehicle)], at(0));
    watch.observe(&[vehicle], at(60));
    assert!(watch.told().is_empty());
}

#[test]
fn the_greatest_speed_is_kept_and_what_comes_back_goes_on() {
    let mut watch = watch(orders());
    for (second, mps) in [
        (0, 26.0),
        (10, 40.0),
        (20, 30.0),
        (30, 10.0),
        (40, 27.0),
        (50, 28.0),
    ] {
        watch.see(second, &State::fast(mps));
    }
    assert_eq!(watch.told(), ["+speeding", "-speeding"]);
    let alarm = watch.open().next().unwrap();
    assert_eq!(alarm.speed, Some((40.0, OVER_MPS)));
    assert_eq!((alarm.began_at, alarm.ended_at), (at(0), None));
    assert_eq!(alarm.lasted, Some(seconds(10)));
    assert_eq!(watch.open().count(), 1);
    let id = alarm.id;
    // Noted and over, it is closed, and the next one is another.
    watch.acknowledge(id, &"ann".into(), at(51)).unwrap();
    watch.see(60, &State::fast(1.0));
    assert_eq!(watch.open().count(), 0);
    watch.see(70, &State::fast(30.0));
    watch.see(80, &State::fast(30.0));
    assert_eq!(watch.open().next().unwrap().id, id + 1);
}

#[test]
fn idling_becomes_an_alarm_by_time_alone() {
    let mut watch = watch(orders());
    watch.see(100, &State::idling_since(90));
    assert_eq!(watch.next_at(), Some(at(390)));
    watch.tick(at(389));
    assert!(watch.told().is_empty());
    watch.tick(at(390));
    assert_eq!(watch.told(), ["+idling"]);
    assert_eq!(watch.next_at(), None);
    watch.see(400, &State::fast(3.0));
    assert_eq!(watch.told(), ["-idling"]);
}

#[test]
fn a_button_that_is_pressed_is_told_at_once_and_once() {
    let pressed = State::with(Flag::Panic);
    let states = [
        (0, State::default()),
        (10, pressed.clone()),
        (20, pressed),
        (30, State::default()),
    ];
    tells(&orders(), &states, &["+panic", "-panic"]);
}

#[test]
fn who_stops_reporting_is_told_unless_it_is_the_feed() {
    let mut one = watch(orders());
    one.see(0, &State::default());
    one.see(10, &State::silent());
    one.see(20, &State::default());
    assert_eq!(one.told(), ["+stopped_reporting", "-stopped_reporting"]);

    // The feed goes first, and its vehicles after it: one alarm.
    let mut all = watch(orders());
    all.see(0, &State::default());
    all.hear(&[source(Health::Down, 100)], at(100));
    let mut silent = State::silent();
    all.see(120, &silent);
    silent.flags = vec![Flag::FeedDown];
    all.see(130, &silent);
    assert_eq!(all.told(), ["+source_down"]);
    // It is back: its vehicles have some minutes to say so.
    all.hear(&[source(Health::Up, 200)], at(200));
    all.see(201, &State::silent());
    assert_eq!(all.told(), ["-source_down"]);
    assert_eq!(all.next_at(), Some(at(200 + 180)));
    all.tick(at(379));
    assert!(all.told().is_empty());
    all.tick(at(380));
    assert_eq!(all.told(), ["+stopped_reporting"]);
}

#[test]
fn a_feed_that_is_refused_is_down_too_and_a_limit_is_unclear() {
    let mut watch = watch(orders());
    for (second, health, expected) in [
        (0, Health::Slow, vec![]),
        (10, Health::Auth, vec!["+source_down"]),
        (20, Health::Limited, vec![]),
        (30, Health::Down, vec![]),
        (40, Health::Slow, vec!["-source_down"]),
    ] {
        watch.hear(&[source(health, second)], at(second));
        assert_eq!(watch.told(), expected, "{health:?}");
    }
}

#[test]
fn places_are_entered_and_left_by_fixes_that_are_good_enough() {
    let orders = orders();
    let here = State::at_m;
    let poor = |north_m| State {
        accuracy_m: Some(300.0),
        ..State::at_m(north_m)
    };
    let cases: [Case<'_>; 7] = [
        // Where it was before the first fix, nobody knows.
        (&[(0, here(0.0))], &[]),
        (&[(0, here(FAR_M)), (10, here(0.0))], &["+entering"]),
        (&[(0, here(0.0)), (10, here(FAR_M))], &["+leaving"]),
        // At the edge it stays what it was.
        (
            &[
                (0, here(0.0)),
                (10, here(503.0)),
                (20, here(497.0)),
                (30, here(504.0)),
            ],
            &[],
        ),
        (
            &[(0, here(FAR_M)), (10, here(497.0)), (20, here(480.0))],
            &["+entering"],
        ),
        // A poor fix outside is none.
        (&[(0, here(0.0)), (10, poor(700.0)), (20, here(0.0))], &[]),
        (&[(0, here(0.0)), (10, poor(900.0))], &["+leaving"]),
    ];
    for (states, expected) in cases {
        tells(&orders, states, expected);
    }
    let mut watch = watch(orders);
    watch.see(0, &here(FAR_M));
    watch.see(10, &here(0.0));
    let alarm = watch.open().next().unwrap().clone();
    assert_eq!((alarm.began_at, alarm.ended_at), (at(10), Some(at(10))));
    assert_eq!(alarm.place, Some(("yard".into(), "The yard".into())));
    // Again while nobody took note: the same alarm, of now.
    watch.see(20, &here(FAR_M));
    watch.see(30, &here(0.0));
    let entering = watch.open().filter(|it| it.kind == AlarmKind::Entering);
    let times: Vec<_> = entering.map(|it| (it.id, it.began_at)).collect();
    assert_eq!(times, [(alarm.id, at(30))]);
}

#[test]
fn a_new_place_is_entered_by_nobody_who_is_there() {
    let mut watch = watch(orders_of(Vec::new()));
    watch.see(0, &State::at_m(0.0));
    watch.order(Arc::new(orders()), at(5));
    watch.see(10, &State::at_m(1.0));
    assert!(watch.told().is_empty());
    watch.see(20, &State::at_m(FAR_M));
    assert_eq!(watch.told(), ["+leaving"]);
    // Larger than before, it is looked at anew.
    let mut larger = orders();
    let yard = Arc::make_mut(larger.places.get_mut("yard").unwrap());
    yard.shape = Shape::Circle {
        lat_deg: 48.0,
        lng_deg: 17.0,
        radius_m: 9_000.0,
    };
    watch.order(Arc::new(larger), at(25));
    watch.see(30, &State::at_m(FAR_M));
    assert!(watch.told().is_empty());
}

#[test]
fn alarms_of_a_rule_that_goes_end() {
    let pressed = State::with(Flag::Panic);
    let mut disabled = orders();
    Arc::make_mut(disabled.rules.get_mut("panic").unwrap()).is_enabled = false;
    let mut of_others = orders();
    let whom = &mut Arc::make_mut(of_others.rules.get_mut("panic").unwrap()).whom;
    whom.groups = ["South".into()].into();
    let mut of_these = orders();
    let whom = &mut Arc::make_mut(of_these.rules.get_mut("panic").unwrap()).whom;
    whom.groups = ["North".into()].into();
    for (later, expected) in [
        (orders_of(Vec::new()), vec!["-panic"]),
        (disabled, vec!["-panic"]),
        (of_others, vec!["-panic"]),
        (of_these, vec![]),
    ] {
        let mut watch = watch(orders());
        watch.see(0, &pressed);
        assert_eq!(watch.told(), ["+panic"]);
        watch.order(Arc::new(later), at(10));
        assert_eq!(watch.told(), expected);
    }
}

#[test]
fn out_of_service_nothing_but_the_button_is_told() {
    let mut orders = orders();
    let out = OutOfService {
        since: at(0),
        until: Some(at(1_000)),
        reason: None,
        by: None,
    };
    orders.out_of_service.insert(VehicleId::new("v"), out);
    let mut watch = watch(self::orders());
    watch.see(0, &State::idling_since(-1_000));
    assert_eq!(watch.told(), ["+idling"]);
    watch.order(Arc::new(orders), at(10));
    assert_eq!(watch.told(), ["-idling"]);
    let mut idling = State::idling_since(-1_000);
    idling.flags = vec![Flag::Panic];
    watch.see(20, &idling);
    watch.see(
        30,
        &State {
            north_m: 0.0,
            ..idling
        },
    );
    assert_eq!(watch.told(), ["+panic"]);
    // It is in service again, by time alone.
    assert_eq!(watch.next_at(), Some(at(1_000)));
    watch.tick(at(1_000));
    assert!(watch.told().is_empty(), "what is open goes on");
    let lasting = watch.open().filter(|alarm| alarm.ended_at.is_none());
    let kinds: Vec<_> = lasting.map(|alarm| alarm.kind).collect();
    assert_eq!(kinds, [AlarmKind::Idling, AlarmKind::Panic]);
}

#[test]
fn off_duty_ends_all_and_no_place_is_kept() {
    let mut watch = watch(orders());
    watch.see(0, &State::with(Flag::Panic));
    watch.see(10, &State::with(Flag::OffDuty));
    assert_eq!(watch.told(), ["+panic", "-panic"]);
    assert_eq!(watch.open().next().unwrap().position, None);
    // Where it was before its duty, nobody compares with.
    watch.see(20, &State::at_m(0.0));
    assert!(watch.told().is_empty());
}

#[test]
fn quiet_hours_are_marked_as_the_alarm_is_raised() {
    let always = Quiet {
        from: time(0, 0, 0, 0),
        to: time(0, 0, 0, 0),
        days: Vec::new(),
        timezone: TimeZone::UTC,
    };
    let quiet = |mut rule: Rule| {
        rule.quiet = Some(always.clone());
        rule
    };
    let mut watch = watch(orders_of(rules().into_iter().map(quiet).collect()));
    watch.see(0, &State::idling_since(-1_000));
    watch.see(1, &State::with(Flag::Panic));
    let quiet: Vec<_> = watch.open().map(|it| (it.kind, it.is_quiet)).collect();
    assert_eq!(
        quiet,
        [(AlarmKind::Idling, true), (AlarmKind::Panic, false)]
    );
}

#[test]
fn who_is_no_more_has_no_alarm_that_lasts() {
    let mut watch = watch(orders());
    watch.see(0, &State::with(Flag::Panic));
    watch.remove(&[VehicleId::new("v")], at(10));
    assert_eq!(watch.told(), ["+panic", "-panic"]);
}

#[test]
fn the_first_to_take_note_stays() {
    let mut watch = watch(orders());
    watch.see(0, &State::with(Flag::Panic));
    let id = watch.open().next().unwrap().id;
    watch.acknowledge(id, &"ann".into(), at(10)).unwrap();
    let again = watch.acknowledge(id, &"bob".into(), at(20)).unwrap();
    assert_eq!(again.acknowledged_by.as_deref(), Some("ann"));
    assert_eq!(watch.told(), ["+panic", "!panic"]);
    assert!(watch.acknowledge(id + 1, &"ann".into(), at(30)).is_none());
}
