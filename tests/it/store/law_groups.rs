//! Who sees one group gets of a trail what is of the times when the vehicle was in it, and nothing
//! else: over changes of groups, fixes that come late, restarts, crashes and midnights.

use std::sync::Arc;

use fleetglass::domain::{DeviceView, Groups, Vehicle, VehicleId};
use fleetglass::fleet::Changes;
use fleetglass::history::{History, HistorySettings};
use jiff::Timestamp;
use proptest::prelude::*;

use super::law::{crashed_copy, held, on_disk};
use super::{at, fix, key, ms, open, position, vehicle};

const ID: &str = "reg:X";
/// One at a time says where it is, so that what tells of its groups is now here, now there.
const DEVICES: [&str; 2] = ["1", "2"];
const GROUPS: [&[&str]; 5] = [&[], &["A"], &["B"], &["A", "B"], &["C"]];
const VIEWERS: [&[&str]; 5] = [&["A"], &["B"], &["A", "C"], &["none"], &[]];

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// A device reports, so many seconds late.
    Fix(usize, i64),
    /// The vehicle is in other groups, and says nothing.
    Groups(usize),
    /// The vehicle is no more, until it reports again.
    Gone,
    /// Nothing for so many seconds.
    Wait(i64),
    /// What came is written.
    Flush,
    /// The server stops in peace, or just ends, and another one comes back some seconds later.
    Restart(bool, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let late = prop_oneof![6 => Just(0), 2 => 0..30_i64, 2 => 0..2_000_i64];
    prop_oneof![
        20 => (0..DEVICES.len(), late).prop_map(|(device, late)| Step::Fix(device, late)),
        6 => (0..GROUPS.len()).prop_map(Step::Groups),
        1 => Just(Step::Gone),
        5 => (1..90_i64).prop_map(Step::Wait),
        1 => Just(Step::Flush),
        1 => (any::<bool>(), 0..60_i64).prop_map(|(is_clean, s)| Step::Restart(is_clean, s)),
    ]
}

/// One fix: when it was true, and when it came.
type Came = (Timestamp, Timestamp);
/// From when on the vehicle was shown in which groups; `None`: it was not shown.
type Told = (Timestamp, Option<Vec<Arc<str>>>);

struct Model {
    now_ms: i64,
    groups: usize,
    shown: Option<Vehicle>,
    /// Each with its device.
    fixes: Vec<(usize, Came)>,
    /// What each run told, in its order.
    runs: Vec<Vec<Told>>,
}

impl Model {
    fn now(&self) -> Timestamp {
        at(0) + ms(self.now_ms)
    }

    fn take(&mut self, step: &Step) -> Option<Changes> {
        self.now_ms += 250;
        let now = self.now();
        let mut changes = Changes::default();
        match step {
            Step::Fix(which, late_s) => {
                let device = key(DEVICES[*which]);
                let e7 = i32::try_from(self.now_ms).expect("small");
                let fix = fix(e7, -e7, now - ms(1_000 * late_s), now);
                self.fixes.push((*which, (fix.fixed_at, now)));
                let mut shown = vehicle(ID, &device, &fix);
                shown.devices = DEVICES.map(|it| DeviceView::unknown(key(it))).to_vec();
                shown.position = Some(position(&device, &fix));
                changes.fixes.push((device, fix));
                self.shown = Some(shown);
            }
            Step::Groups(groups) => self.groups = *groups,
            Step::Gone => self.shown = None,
            Step::Wait(seconds) => self.now_ms += 1_000 * seconds,
            Step::Flush | Step::Restart(..) => return None,
        }
        self.publish(&mut changes);
        Some(changes)
    }

    /// Shows the vehicle as it is.
    fn publish(&mut self, changes: &mut Changes) {
        let groups: Vec<Arc<str>> = GROUPS[self.groups].iter().map(|it| (*it).into()).collect();
        if let Some(shown) = &mut self.shown {
            shown.groups.clone_from(&groups);
            changes.vehicles.push(Arc::new(shown.clone()));
        } else {
            changes.removed.push(VehicleId::new(ID));
        }
        let told = (self.now(), self.shown.is_some().then_some(groups));
        self.runs.last_mut().expect("a run").push(told);
    }

    /// Another run begins, and shows what it knows at its first tick.
    fn restart(&mut self, seconds: i64) -> Changes {
        self.now_ms += 250 + 1_000 * seconds;
        self.runs.push(Vec::new());
        let mut changes = Changes::default();
        self.publish(&mut changes);
        changes
    }

    /// Whether it was in one of `groups` at `at`, for all that any run told.
    fn was_seen(&self, groups: &Groups, at: Timestamp) -> bool {
        self.runs.iter().any(|run| {
            let lasted = run.last().is_some_and(|(last, _)| at <= *last);
            let before = run.iter().rev().find(|(since, _)| *since <= at);
            let told = before.and_then(|(_, told)| told.as_ref());
            lasted && told.is_some_and(|told| groups.sees(told))
        })
    }

    /// Whether the run that a fix came to, and its day, tell of the time when it was true.
    fn is_known(&self, (fixed_at, came_at): Came) -> bool {
        let begins = |run: &&Vec<Told>| run.first().is_some_and(|(first, _)| *first <= came_at);
        let run = self.runs.iter().rfind(begins).expect("its run");
        let day = |at: Timestamp| at.as_second().div_euclid(86_400);
        let of_day = run.iter().find(|(at, _)| day(*at) == day(came_at));
        of_day.is_some_and(|(first, _)| *first <= fixed_at)
    }

    fn agrees_with(&self, history: &History) {
        let devices = DEVICES.map(key);
        let span = (at(-90_000), self.now());
        for viewer in VIEWERS {
            let groups = Groups::only(viewer.iter().copied());
            let told = history.trail_of(&VehicleId::new(ID), &devices, span, &groups);
            let told = told.expect("an answer").unwrap_or_default();
            for point in &told {
                let fixed_at = point.fixed_at;
                assert!(self.was_seen(&groups, fixed_at), "{viewer:?} {fixed_at}");
            }
            // The first one's are all there; the other one only fills the gaps between them.
            let of_first = self.fixes.iter().filter(|(device, _)| *device == 0);
            for (_, came) in of_first.filter(|(_, came)| self.is_known(*came)) {
                let is_told = told.iter().any(|point| point.fixed_at == came.0);
                let was_seen = self.was_seen(&groups, came.0);
                assert_eq!(is_told, was_seen, "{viewer:?} {came:?}");
            }
        }
    }
}

fn run(steps: &[Step], settings: &HistorySettings, began_ms: i64) {
    let mut model = Model {
        now_ms: began_ms,
        groups: 1,
        shown: None,
        fixes: Vec::new(),
        runs: vec![Vec::new()],
    };
    let (mut history, _) = History::open(settings.clone(), model.now()).expect("a store");
    for step in steps {
        if let Some(mut changes) = model.take(step) {
            history.record(&mut changes, model.now());
            continue;
        }
        history.flush().expect("a working store");
        let (Step::Restart(is_clean, seconds), Some(dir)) = (step, &settings.dir) else {
            continue;
        };
        if *is_clean {
            history.close();
        } else {
            let crashed = crashed_copy(dir);
            history.close();
            std::fs::remove_dir_all(dir).expect("removed");
            std::fs::rename(crashed, dir).expect("moved");
        }
        let mut changes = model.restart(*seconds);
        history = open(dir, model.now());
        history.record(&mut changes, model.now());
    }
    history.flush().expect("a working store");
    model.agrees_with(&history);
    history.close();
    if let Some(dir) = &settings.dir {
        let again = open(dir, model.now());
        model.agrees_with(&again);
        again.close();
    }
}

#[test]
fn a_trail_is_of_the_times_in_a_group_that_is_seen_over_restarts_and_midnights() {
    for began_ms in [-12 * 3_600_000, 0] {
        held(300, step(), |steps| {
            let (dir, settings) = on_disk();
            run(steps, &settings, began_ms);
            drop(dir);
        });
    }
}

#[test]
fn the_first_fix_of_a_run_is_told_after_midnight_too() {
    let (_dir, settings) = on_disk();
    let steps = [Step::Fix(0, 0), Step::Wait(905), Step::Fix(0, 0)];
    run(&steps, &settings, 0);
}

#[test]
fn a_trail_is_of_the_times_in_a_group_that_is_seen_without_a_store() {
    held(60, step(), |steps| {
        run(steps, &HistorySettings::default(), 0);
    });
}

#[test]
fn what_came_while_no_server_ran_is_for_who_sees_all_alone() {
    let (_dir, settings) = on_disk();
    let dir = settings.dir.as_deref().expect("a directory");
    let device = key("1");
    let seen = |fixed_s: i64, now_s: i64, history: &History| {
        let fix = fix(-1, 1, at(fixed_s), at(now_s));
        let mut shown = vehicle(ID, &device, &fix);
        shown.groups = vec!["A".into()];
        let mut news = super::changes(vec![shown], vec![(device.clone(), fix)]);
        history.record(&mut news, at(now_s));
    };
    let history = open(dir, at(-3_600));
    for second in [-3_600, -3_500] {
        seen(second, second, &history);
    }
    history.close();
    let history = open(dir, at(-1_000));
    // In the same group before and after; and in which in between, nobody knows.
    for (fixed_s, now_s) in [(-1_000, -1_000), (-2_000, -999), (-900, -900)] {
        seen(fixed_s, now_s, &history);
    }
    history.flush().expect("a working store");
    let told = |groups: &Groups| {
        let span = (at(-9_000), at(0));
        let told = history.trail_of(
            &VehicleId::new(ID),
            std::slice::from_ref(&device),
            span,
            groups,
        );
        let told = told.expect("an answer").expect("a trail");
        let second = |at: Timestamp| at.as_second() - super::START_S;
        let seconds = told.iter().map(|point| second(point.fixed_at));
        seconds.collect::<Vec<_>>()
    };
    assert_eq!(told(&Groups::All), [-3_600, -3_500, -2_000, -1_000, -900]);
    assert_eq!(told(&Groups::only(["A"])), [-3_600, -3_500, -1_000, -900]);
    assert_eq!(told(&Groups::only(["B"])), Vec::<i64>::new());
    history.close();
}
