//! A day of a simulated fleet: whatever it is said to do and be, at any time of the day, is what
//! an independent telling of the same rules makes of the same records.

mod reference;

use std::collections::{BTreeMap, VecDeque};

use fleetglass::domain::{
    DeviceKey, Facts, FreshnessState, Label, Mode, MotionState, Observation, Origin, Reading,
    Report, Said, SourceId, Vehicle,
};
use fleetglass::fleet::{Fleet, FleetSettings, SourceIntro};
use fleetglass::sim::Vendor;
use fleetglass::sim::world::World;
use fleetglass::sim::world::device::{self, Card, News};
use jiff::{SignedDuration, Timestamp};

use self::reference::{Answer, Record, Reference};

const N_VEHICLES: usize = 10;
const DAY_MS: i64 = 86_400_000;
const STEP_MS: i64 = 30_000;
const POLL: SignedDuration = SignedDuration::from_secs(15);

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000 + ms).expect("a time")
}

fn seconds(at: Timestamp) -> f64 {
    at.duration_since(self::at(0)).as_secs_f64()
}

/// One device: what is known of it, and what is on its way.
struct Witness {
    reference: Reference,
    offline_s: Option<f64>,
    /// Records that come late, each with how many others are yet to come before it.
    late: VecDeque<(u32, Observation)>,
    n_sent: u32,
    last_raw_ms: i64,
}

struct Stage {
    fleet: Fleet,
    witnesses: BTreeMap<DeviceKey, Witness>,
    shown: BTreeMap<DeviceKey, Vehicle>,
    /// Motions that were seen and checked.
    n_seen: BTreeMap<&'static str, u32>,
}

fn mode(vendor: Vendor) -> Mode {
    if vendor == Vendor::MyCarTracks {
        Mode::Stream
    } else {
        Mode::Poll
    }
}

fn key(card: &Card) -> DeviceKey {
    DeviceKey::new(SourceId::new(card.vendor.as_str()), card.id.as_str())
}

/// What a source would make of the report. Some trackers tell no speed, some no ignition.
fn observation(card: &Card, report: &device::Report, now_ms: i64) -> Observation {
    let origin = match mode(card.vendor) {
        Mode::Stream => Origin::Stream,
        Mode::Poll => Origin::Poll,
    };
    Observation {
        device: key(card),
        received_at: at(now_ms),
        origin,
        reading: Some(Reading {
            speed_mps: (card.number % 5 != 4).then_some(report.speed_mps),
            accuracy_m: Some(report.accuracy_m),
            vendor_at: Some(at(report.fixed_ms)),
            ..Reading::at(report.lat_deg, report.lng_deg)
        }),
        contact_at: (report.contact_ms != report.fixed_ms).then(|| at(report.contact_ms)),
        label: Label::default(),
        facts: Facts {
            ignition: (card.number % 4 != 3).then_some(report.ignition),
            ..Facts::default()
        },
    }
}

impl Stage {
    fn open() -> Self {
        let intro = |vendor: Vendor| SourceIntro {
            id: SourceId::new(vendor.as_str()),
            kind: vendor.as_str(),
            mode: mode(vendor),
            interval: POLL,
            sandbox: false,
        };
        let sources = Vendor::ALL.map(intro).into();
        let mut stage = Self {
            fleet: Fleet::new(FleetSettings::default(), sources, at(0)),
            witnesses: BTreeMap::new(),
            shown: BTreeMap::new(),
            n_seen: BTreeMap::new(),
        };
        for vendor in Vendor::ALL {
            stage.say(vendor.as_str(), Said::Listed(None), 0);
        }
        stage
    }

    fn say(&mut self, source: &str, said: Said, now_ms: i64) {
        let report = Report {
            source: SourceId::new(source),
            at: at(now_ms),
            said,
        };
        self.fleet.observe(report, at(now_ms));
    }

    /// A report leaves its device. Of three hundred, one is overtaken by the next two.
    fn send(&mut self, card: &Card, report: &device::Report, now_ms: i64) {
        let poll_s = (mode(card.vendor) == Mode::Poll).then_some(POLL.as_secs_f64());
        let witness = self.witnesses.entry(key(card)).or_insert_with(|| Witness {
            reference: Reference::new(poll_s),
            offline_s: None,
            late: VecDeque::new(),
            n_sent: 0,
            last_raw_ms: i64::MIN,
        });
        witness.n_sent += 1;
        let is_repetition = report.fixed_ms == witness.last_raw_ms;
        witness.last_raw_ms = report.fixed_ms;
        let observation = observation(card, report, now_ms);
        // A sign of life without a fix must not overtake its fix, or it would bring it.
        let may_be_late = card.vendor != Vendor::Cartrack && !is_repetition;
        if witness.n_sent % 300 == 7 && may_be_late {
            witness.late.push_back((2, observation));
            return;
        }
        let mut arrived = vec![observation];
        for (wait, _) in &mut witness.late {
            *wait = wait.saturating_sub(1);
        }
        if let Some((0, late)) = witness.late.front() {
            arrived.push(Observation {
                received_at: at(now_ms),
                ..late.clone()
            });
            witness.late.pop_front();
        }
        for observation in arrived {
            self.arrive(card, observation, now_ms);
        }
    }

    fn arrive(&mut self, card: &Card, observation: Observation, now_ms: i64) {
        if let Some(witness) = self.witnesses.get_mut(&observation.device) {
            witness.note(&observation);
        }
        let said = Said::Observed(vec![observation]);
        self.say(card.vendor.as_str(), said, now_ms);
    }

    fn call_offline(&mut self, card: &Card, contact_ms: i64, now_ms: i64) {
        let device = key(card);
        if let Some(witness) = self.witnesses.get_mut(&device) {
            witness.offline_s.get_or_insert(seconds(at(now_ms)));
        }
        let since = Some(at(contact_ms));
        self.say(
            card.vendor.as_str(),
            Said::Offline { device, since },
            now_ms,
        );
    }

    fn check(&mut self, now_ms: i64) {
        self.fleet.age(at(now_ms));
        for vehicle in self.fleet.take_changes(at(now_ms)).vehicles {
            let device = vehicle.devices[0].device.clone();
            self.shown.insert(device, Vehicle::clone(&vehicle));
        }
        for (device, witness) in &self.witnesses {
            let expected = witness
                .reference
                .answer(seconds(at(now_ms)), witness.offline_s);
            let told = self.shown.get(device).and_then(told);
            let Some((expected, told)) = expected.zip(told) else {
                continue;
            };
            assert!(
                is_same(&told, &expected),
                "{device} at {now_ms} ms:\n{told:?}\n{expected:?}"
            );
            *self.n_seen.entry(told.motion).or_default() += 1;
            *self.n_seen.entry(told.freshness).or_default() += 1;
        }
    }
}

impl Witness {
    fn note(&mut self, observation: &Observation) {
        let reading = observation.reading.as_ref().expect("a reading");
        let fixed_at = reading.vendor_at.expect("a time");
        let ignition = observation.facts.ignition;
        if let Some(contact_at) = observation.contact_at {
            // A sign of life without a fix: it counts where it says something new.
            let last = self.reference.last_word();
            let is_news = last.is_none_or(|(_, on)| Some(on) != ignition);
            if ignition.is_some() && is_news {
                let at_s = seconds(contact_at);
                self.reference.take(Record {
                    at_s,
                    fix: None,
                    ignition,
                });
            }
            return;
        }
        let at_s = seconds(fixed_at);
        if self.reference.newest_s().is_none_or(|newest| newest < at_s) {
            self.offline_s = None;
        }
        let kmh = reading.speed_mps.map(|mps| mps * 3.6);
        let accuracy = reading.accuracy_m.unwrap_or(0.0);
        let fix = Some((reading.lat_deg, reading.lng_deg, kmh, accuracy));
        self.reference.take(Record {
            at_s,
            fix,
            ignition,
        });
    }
}

fn told(vehicle: &Vehicle) -> Option<Answer> {
    let expectation = vehicle.expectation?;
    Some(Answer {
        motion: match vehicle.motion.state {
            MotionState::Moving => "moving",
            MotionState::Idling => "idling",
            MotionState::Stopped => "stopped",
            MotionState::Parked => "parked",
            MotionState::Unknown => "unknown",
        },
        since_s: seconds(vehicle.motion.since),
        at_least: vehicle.motion.since_at_least,
        freshness: match vehicle.freshness.state {
            FreshnessState::Live => "live",
            FreshnessState::Late => "late",
            FreshnessState::Stale => "stale",
            FreshnessState::Offline => "offline",
            FreshnessState::Never => "never",
        },
        expected_s: expectation.expected.as_secs_f64(),
        on_the_move: expectation.on_the_move,
        drawn: vehicle.shown_lat_lng()?,
    })
}

fn is_same(one: &Answer, other: &Answer) -> bool {
    let is_near = |one: f64, other: f64| (one - other).abs() < 1e-3;
    is_near(one.since_s, other.since_s)
        && is_near(one.expected_s, other.expected_s)
        && Answer {
            since_s: 0.0,
            expected_s: 0.0,
            ..one.clone()
        } == Answer {
            since_s: 0.0,
            expected_s: 0.0,
            ..other.clone()
        }
}

#[test]
fn every_state_of_a_day_is_what_the_records_make_it() {
    let mut stage = Stage::open();
    let mut world = World::new(11, N_VEHICLES, &Vendor::ALL);
    for vendor in Vendor::ALL {
        for row in world.rows(vendor) {
            if let Some(report) = row.report {
                stage.send(&row.card, &report, 0);
            }
        }
    }
    let mut now_ms = 0;
    while now_ms < DAY_MS {
        now_ms += STEP_MS;
        for told in world.advance(now_ms) {
            match told.news {
                News::Report(report, _) => stage.send(&told.card, &report, now_ms),
                News::Offline(contact_ms) => stage.call_offline(&told.card, contact_ms, now_ms),
            }
        }
        stage.check(now_ms);
    }
    for state in [
        "moving", "idling", "stopped", "parked", "live", "late", "stale", "offline",
    ] {
        assert!(
            stage.n_seen.contains_key(state),
            "no {state} in {:?}",
            stage.n_seen
        );
    }
}
