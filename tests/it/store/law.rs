//! What comes back is what was published: against a model that keeps everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use fleetglass::config::{Env, ProcessEnv};
use fleetglass::domain::{
    DeviceKey, DeviceView, Flag, FreshnessState, MotionState, Vehicle, VehicleId,
};
use fleetglass::fleet::{Changes, Fix};
use fleetglass::history::{History, HistorySettings};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{as_remembered, at, fix, key, ms, open, position, vehicle};

/// What a run showed last counts for so long after its last word.
const KNOWN_FOR: SignedDuration = SignedDuration::from_secs(5);

const DEVICES: [&str; 5] = ["1", "2", "3", "4", "5"];

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// A device reports, so many seconds late; the fix becomes its vehicle's position or not.
    Fix(usize, i64, bool),
    /// A vehicle falls silent, or something else of it changes by time alone.
    Ages(usize, usize),
    /// A vehicle gets another name.
    Renamed(usize),
    /// A vehicle's device turns out to be in another one; back again next time.
    Moved(usize),
    /// Nothing for so many seconds.
    Wait(i64),
    /// All that came is written; then the server stops in peace, or just ends.
    Restart(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let device = || 0..DEVICES.len();
    prop_oneof![
        20 => (device(), prop_oneof![9 => Just(0), 1 => 0..2_000_i64], prop::bool::weighted(0.8))
            .prop_map(|(device, late, is_shown)| Step::Fix(device, late, is_shown)),
        5 => (device(), 0..5_usize).prop_map(|(device, state)| Step::Ages(device, state)),
        1 => device().prop_map(Step::Renamed),
        1 => device().prop_map(Step::Moved),
        5 => (1..90_i64).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Restart),
    ]
}

/// Everything that was ever published, kept as it was.
#[derive(Default)]
struct Model {
    began_ms: i64,
    now_ms: i64,
    fleet: BTreeMap<VehicleId, Vehicle>,
    pictures: Vec<(Timestamp, BTreeMap<VehicleId, Vehicle>)>,
    fixes: BTreeMap<DeviceKey, Vec<(Timestamp, Fix)>>,
    moved: [bool; DEVICES.len()],
    /// When no server ran: after the first time, before the second.
    outages: Vec<(Timestamp, Timestamp)>,
}

impl Model {
    fn now(&self) -> Timestamp {
        at(0) + ms(self.now_ms)
    }

    fn id(&self, device: usize) -> VehicleId {
        let home = if self.moved[device] { "other" } else { "home" };
        VehicleId::new(format!("{home}/{}", DEVICES[device]))
    }

    /// What `step` publishes.
    fn take(&mut self, step: &Step) -> Option<Changes> {
        self.now_ms += 250;
        let now = self.now();
        let mut changes = Changes::default();
        let shown = match step {
            Step::Fix(device, late, is_shown) => {
                let device_key = key(DEVICES[*device]);
                let e7 = i32::try_from(self.now_ms).expect("small");
                let fix = fix(e7 * 7, -e7, now - ms(1_000 * late), now);
                changes.fixes.push((device_key.clone(), fix.clone()));
                let fixes = self.fixes.entry(device_key.clone()).or_default();
                fixes.push((fix.fixed_at, fix.clone()));
                let id = self.id(*device);
                let fresh = || vehicle(id.as_str(), &device_key, &fix);
                let mut shown = self.fleet.get(&id).cloned().unwrap_or_else(fresh);
                if *is_shown {
                    shown.position = Some(position(&device_key, &fix));
                }
                Some(shown)
            }
            Step::Ages(device, state) => self.of(*device).map(|mut aged| {
                use FreshnessState::{Late, Live, Offline, Stale};
                aged.freshness.state = [Live, Late, Stale, Offline, Live][*state];
                aged.freshness.since = now;
                aged.motion.state = [MotionState::Moving, MotionState::Parked][*state % 2];
                aged.flags = if *state % 2 == 0 {
                    Vec::new()
                } else {
                    vec![Flag::FeedDown]
                };
                aged
            }),
            Step::Renamed(device) => self.of(*device).map(|mut renamed| {
                renamed.name = format!("{} again", renamed.name).into();
                renamed.groups = vec!["North".into(), "Süd".into()];
                renamed
            }),
            Step::Moved(device) => self.of(*device).map(|mut shown| {
                changes.removed.push(shown.id.clone());
                self.fleet.remove(&shown.id);
                self.moved[*device] = !self.moved[*device];
                shown.id = self.id(*device);
                shown.devices = vec![DeviceView::unknown(key(DEVICES[*device]))];
                shown
            }),
            Step::Wait(seconds) => {
                self.now_ms += 1_000 * seconds;
                return None;
            }
            Step::Restart(_) => return None,
        };
        if let Some(shown) = shown {
            changes.vehicles.push(Arc::new(shown.clone()));
            self.fleet.insert(shown.id.clone(), shown);
        }
        self.pictures.push((now, self.fleet.clone()));
        Some(changes)
    }

    fn of(&self, device: usize) -> Option<Vehicle> {
        self.fleet.get(&self.id(device)).cloned()
    }

    fn restart(&mut self) -> Changes {
        // A new run publishes all it knows at its first tick.
        self.now_ms += 250;
        let now = self.now();
        let began = at(0) + ms(self.began_ms);
        let last = self.pictures.last().map_or(began, |(at, _)| *at);
        self.outages.push((last + KNOWN_FOR, now));
        self.pictures.push((now, self.fleet.clone()));
        let vehicles = self.fleet.values().cloned().map(Arc::new).collect();
        Changes {
            vehicles,
            ..Changes::default()
        }
    }

    fn agrees_with(&self, history: &History) {
        for (n, (at, picture)) in self.pictures.iter().enumerate() {
            let until = self.pictures.get(n + 1).map(|(next, _)| *next - ms(1));
            for at in [Some(*at), until].into_iter().flatten() {
                let told = history.at(at).expect("an answer");
                let is_in = |(since, until): &(Timestamp, Timestamp)| *since < at && at < *until;
                if self.outages.iter().any(is_in) {
                    assert_eq!(told, None, "nothing was shown at {at}");
                    continue;
                }
                let told = told.expect("a picture");
                let expected: Vec<_> = picture.values().map(as_remembered).collect();
                assert_eq!(told, expected, "at {at}");
            }
        }
        for (device, fixes) in &self.fixes {
            self.trail_agrees(history, device, fixes);
        }
    }

    fn trail_agrees(&self, history: &History, device: &DeviceKey, fixes: &[(Timestamp, Fix)]) {
        let end = self.now();
        let third_ms = self.began_ms + (self.now_ms - self.began_ms) / 3;
        let thirds = [at(-9_999) + ms(self.began_ms), at(0) + ms(third_ms), end];
        for span in [(thirds[0], end), (thirds[0], thirds[1]), (thirds[1], end)] {
            let (from, to) = span;
            let told = history.trail(std::slice::from_ref(device), from, to);
            let told: Vec<_> = told
                .expect("a trail")
                .iter()
                .map(|point| (point.fixed_at, point.lat_deg, point.lng_deg))
                .collect();
            let mut expected: Vec<_> = fixes
                .iter()
                .filter(|(at, _)| from <= *at && *at <= to)
                .map(|(at, fix)| (*at, fix.reading.lat_deg, fix.reading.lng_deg))
                .collect();
            expected.sort_by_key(|(at, ..)| *at);
            // Of two fixes of one time one is enough.
            let times = |trail: &[(Timestamp, f64, f64)]| -> Vec<_> {
                let mut times: Vec<_> = trail.iter().map(|(at, ..)| *at).collect();
                times.dedup();
                times
            };
            assert_eq!(times(&told), times(&expected), "{device} {from} {to}");
            assert!(told.iter().all(|point| expected.contains(point)));
        }
    }
}

fn run(steps: &[Step], settings: &HistorySettings, began_ms: i64, can_restart: bool) {
    let mut model = Model {
        began_ms,
        now_ms: began_ms,
        ..Model::default()
    };
    let opened = History::open(settings.clone(), model.now());
    let (mut history, _) = opened.expect("a store");
    for step in steps {
        if let Some(mut changes) = model.take(step) {
            history.record(&mut changes, model.now());
        }
        let Step::Restart(is_clean) = step else {
            continue;
        };
        if !can_restart {
            continue;
        }
        history.flush().expect("a working store");
        if *is_clean {
            history.close();
            history = reopened(settings, &model);
        } else {
            // What a crash leaves is what is on the disk now; the old server ends elsewhere.
            let dir = settings.dir.clone().expect("a directory");
            let crashed = crashed_copy(&dir);
            history.close();
            std::fs::remove_dir_all(&dir).expect("removed");
            std::fs::rename(crashed, &dir).expect("moved");
            history = reopened(settings, &model);
        }
        let mut changes = model.restart();
        history.record(&mut changes, model.now());
    }
    // A request is seen to after all that came before it.
    history.flush().expect("a working store");
    model.agrees_with(&history);
    history.close();
    if can_restart {
        let again = reopened(settings, &model);
        model.agrees_with(&again);
        again.close();
    }
}

fn reopened(settings: &HistorySettings, model: &Model) -> History {
    let dir = settings.dir.as_ref().expect("a directory");
    open(dir, model.now())
}

/// A copy of the files as they are, beside them.
pub(super) fn crashed_copy(dir: &std::path::Path) -> std::path::PathBuf {
    let copy = dir.with_extension("crashed");
    std::fs::create_dir(&copy).expect("a directory");
    for entry in dir.read_dir().expect("files").flatten() {
        std::fs::copy(entry.path(), copy.join(entry.file_name())).expect("a copy");
    }
    copy
}

/// More of them with `FLEETGLASS_LAW_CASES=200`.
fn n_cases() -> u32 {
    let asked = ProcessEnv.var("FLEETGLASS_LAW_CASES");
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(8)
}

fn law(
    longest: usize,
    (began_ms, can_restart): (i64, bool),
    settings: impl Fn() -> (Option<tempfile::TempDir>, HistorySettings),
) {
    held(longest, step(), |steps| {
        let (dir, settings) = settings();
        run(steps, &settings, began_ms, can_restart);
        drop(dir);
    });
}

/// Whether `law` holds whatever happens, in so many steps at most.
pub(super) fn held<S: std::fmt::Debug>(
    longest: usize,
    step: impl Strategy<Value = S>,
    law: impl Fn(&[S]),
) {
    let config = Config {
        cases: n_cases(),
        failure_persistence: None,
        ..Config::default()
    };
    let steps = prop::collection::vec(step, 10..longest);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        law(&steps);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

pub(super) fn on_disk() -> (Option<tempfile::TempDir>, HistorySettings) {
    let dir = tempfile::tempdir().expect("a directory");
    let settings = super::settings(&dir.path().join("state"));
    (Some(dir), settings)
}

/// A quarter of an hour before midnight.
const LATE_MS: i64 = 0;
const AT_NOON_MS: i64 = -12 * 3_600_000;

#[test]
fn the_past_is_what_was_published_over_restarts_and_crashes() {
    law(300, (AT_NOON_MS, true), on_disk);
}

#[test]
fn the_past_is_what_was_published_over_midnight_restarts_and_crashes() {
    law(300, (LATE_MS, true), on_disk);
}

#[test]
fn without_a_store_the_last_hour_is_what_was_published() {
    // Shorter than an hour, so that all of it is there.
    law(60, (LATE_MS, false), || (None, HistorySettings::default()));
}
