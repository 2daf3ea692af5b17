//! A trail is of the vehicle, not of the tracker that is in it now.

use std::sync::Arc;

use fleetglass::domain::{DeviceView, Groups, VehicleId};
use fleetglass::fleet::Changes;
use fleetglass::history::History;

use super::{at, changes, fix, key, ms, open, vehicle};

/// Tracker `device` drives in vehicle `id` for ten seconds, which then is `removed` or not.
fn drive_in(history: &History, id: &str, device: &str, from: i64, is_removed: bool) {
    let device = key(device);
    for second in from..from + 10 {
        let spot = i32::try_from(1_000 * second).expect("on Earth");
        let fix = fix(spot, -spot, at(second), at(second));
        let shown = Arc::new(vehicle(id, &device, &fix));
        let is_last = is_removed && second == from + 9;
        let mut news = Changes {
            vehicles: vec![shown],
            fixes: vec![(device.clone(), fix)],
            ..Changes::default()
        };
        history.record(&mut news, at(second) + ms(250));
        if is_last {
            let mut gone = Changes {
                removed: vec![VehicleId::new(id)],
                ..Changes::default()
            };
            history.record(&mut gone, at(second) + ms(500));
        }
    }
}

fn seconds(history: &History, id: &str, devices: &[&str]) -> Vec<i64> {
    let devices: Vec<_> = devices.iter().map(|device| key(device)).collect();
    let trail = history.trail_of(
        &VehicleId::new(id),
        &devices,
        (at(0), at(999)),
        &Groups::All,
    );
    let trail = trail.expect("an answer").expect("a trail");
    let second = |at: jiff::Timestamp| at.as_second() - super::START_S;
    trail.iter().map(|point| second(point.fixed_at)).collect()
}

#[test]
fn a_tracker_that_moves_on_leaves_the_way_to_the_vehicle_it_was_in() {
    let dir = tempfile::tempdir().expect("a directory");
    let range = |from: i64| (from..from + 10).collect::<Vec<i64>>();
    let history = open(dir.path(), at(0));
    // On its own at first, then known to be in A, and moved to B.
    drive_in(&history, "a/t", "t", 0, true);
    drive_in(&history, "reg:A", "t", 100, true);
    drive_in(&history, "reg:B", "t", 200, false);
    drive_in(&history, "reg:A", "u", 300, false);
    let agrees = |history: &History| {
        let own: Vec<i64> = [range(0), range(200)].concat();
        assert_eq!(seconds(history, "reg:B", &["t"]), own);
        let own: Vec<i64> = [range(100), range(300)].concat();
        assert_eq!(seconds(history, "reg:A", &["u"]), own);
        // One that is no more has its past still.
        assert_eq!(seconds(history, "a/t", &[]), range(0));
        let nobody = VehicleId::new("reg:C");
        let nobody = history.trail_of(&nobody, &[], (at(0), at(999)), &Groups::All);
        assert_eq!(nobody.expect("an answer"), None);
    };
    history.flush().expect("a working store");
    agrees(&history);
    history.close();
    // The same from pieces alone, over a midnight and with other numbers.
    let again = open(dir.path(), at(90_000));
    agrees(&again);
    again.close();
}

#[test]
fn a_vehicle_is_shown_where_the_tracker_that_took_over_says() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = open(dir.path(), at(0));
    let trackers = [key("1"), key("2")];
    // The first says where it is until second 2, the other one from then on.
    let holder = |second: i64| &trackers[usize::from(2 <= second)];
    for second in 0..5 {
        let lat_e7 = i32::try_from(-262_000_000 + 1_000 * second).expect("on Earth");
        let fix = fix(lat_e7, 281_234_567, at(second), at(second));
        let mut shown = vehicle("v", holder(second), &fix);
        shown.devices = trackers.clone().map(DeviceView::unknown).to_vec();
        let fixes = vec![(holder(second).clone(), fix)];
        history.record(&mut changes(vec![shown], fixes), at(second));
    }
    history.flush().expect("written");
    let agrees = |history: &History| {
        for second in 0..5 {
            let shown = history.at(at(second)).expect("an answer").expect("known");
            let position = shown[0].position.as_ref().expect("a position");
            let told = (&position.device, position.fixed_at);
            assert_eq!((shown.len(), told), (1, (holder(second), at(second))));
        }
    };
    agrees(&history);
    history.close();
    agrees(&open(dir.path(), at(6)));
}
