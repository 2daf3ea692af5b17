//! Whose groups are not known is off duty in the hours of all: nobody is shown for want of a list.

use super::*;

/// A record that tells no group.
fn nameless(device: &str, fixed: i64, received: i64) -> Observation {
    let mut record = northern(device, fixed, received);
    record.label = Label::default();
    record
}

/// Hours of two groups; nobody has told anything yet.
fn fleet_without_lists() -> Fleet {
    let rules = vec![
        rule(&["North"], &[(10, 20)]),
        rule(&["Phones"], &[(30, 40)]),
    ];
    Fleet::new(settings(rules), vec![intro(&"a")], at(0))
}

fn failed_list(fleet: &mut Fleet, second: i64) {
    fleet.observe(report("a", second, Said::Listed(None)), at(second));
}

/// What is shown of a vehicle: whether it is off duty, and of when its position is.
fn shown(fleet: &mut Fleet, device: &str, second: i64) -> (bool, Option<i64>) {
    step(fleet, second);
    let slot = fleet.devices.find(&key("a", device)).unwrap();
    let vehicle = fleet.devices.get(slot).unwrap().vehicle.unwrap();
    let state = fleet.vehicles.get(vehicle).unwrap();
    let vehicle = state.published.as_ref().unwrap();
    assert!(vehicle.position.is_none() || vehicle.devices[0].fixed_at.is_some());
    let is_off = vehicle.flags == [Flag::OffDuty];
    (is_off, position_second(vehicle))
}

fn keeps_nothing(changes: &Changes, device: &str) {
    let of_it = |key: &DeviceKey| &*key.device == device;
    assert!(!changes.fixes.iter().any(|(key, _)| of_it(key)));
    assert!(!changes.recalled.iter().any(|(key, _)| of_it(key)));
    let mut kept = changes.remembered.iter().filter(|one| of_it(&one.device));
    assert!(kept.all(is_blank), "{changes:?}");
}

#[test]
fn the_first_failure_of_the_list_shows_nobody_and_the_list_settles_it() {
    let cases: [(&[&str], bool); 3] = [(&["North"], true), (&["Phones"], false), (&[], false)];
    for (groups, is_off) in cases {
        let mut fleet = fleet_without_lists();
        // It waits for the list, which fails at once.
        observe(&mut fleet, nameless("1", 690, 691));
        failed_list(&mut fleet, 692);
        let changes = step(&mut fleet, 700);
        keeps_nothing(&changes, "1");
        let vehicle = &changes.vehicles[0];
        assert_eq!(vehicle.flags, [Flag::OffDuty]);
        assert!(vehicle.position.is_none() && vehicle.driver.is_none());
        let reason = &vehicle.devices[0].reason;
        assert!(reason.contains("not known"), "{reason}");
        // It goes on failing.
        failed_list(&mut fleet, 720);
        observe(&mut fleet, nameless("1", 721, 721));
        keeps_nothing(&step(&mut fleet, 730), "1");
        list(&mut fleet, 740, &[("1", groups)]);
        assert_eq!(shown(&mut fleet, "1", 740), (is_off, None));
        // The vendor says the same as before, as the vehicle is parked.
        observe(&mut fleet, nameless("1", 721, 741));
        let expected = (!is_off).then_some(721);
        assert_eq!(shown(&mut fleet, "1", 741), (is_off, expected));
    }
}

#[test]
fn while_no_hours_hold_nobody_is_hidden_and_in_those_of_anybody_all_who_are_not_known() {
    let mut fleet = fleet_without_lists();
    failed_list(&mut fleet, 0);
    // (second, whether anybody is off duty)
    for (second, is_off) in [(599, false), (600, true), (1_200, false), (1_800, true)] {
        observe(&mut fleet, nameless("1", second, second));
        let expected = (is_off, (!is_off).then_some(second));
        assert_eq!(shown(&mut fleet, "1", second), expected);
    }
}

#[test]
fn a_late_newcomer_is_hidden_until_a_list_has_named_it() {
    let mut fleet = fleet_without_lists();
    list(&mut fleet, 1, &[("old", &[])]);
    observe(&mut fleet, nameless("old", 699, 699));
    observe(&mut fleet, nameless("new", 699, 699));
    assert_eq!(shown(&mut fleet, "old", 700), (false, Some(699)));
    assert_eq!(shown(&mut fleet, "new", 700), (true, None));
    // A list that was asked for before it came does not name it.
    list(&mut fleet, 710, &[("old", &[])]);
    observe(&mut fleet, nameless("new", 711, 711));
    keeps_nothing(&step(&mut fleet, 720), "new");
    list(&mut fleet, 730, &[("old", &[]), ("new", &[])]);
    observe(&mut fleet, nameless("new", 731, 731));
    assert_eq!(shown(&mut fleet, "new", 731), (false, Some(731)));
}

#[test]
fn a_list_of_many_pages_is_not_waited_for_by_showing_who_is_in_it() {
    let mut fleet = fleet_without_lists();
    let said = ["1", "2"].map(|device| nameless(device, 700, 700));
    let said = Said::Observed(said.to_vec());
    fleet.observe(report("a", 700, said), at(700));
    assert!(step(&mut fleet, 704).vehicles.is_empty());
    // They have waited for five seconds; the last page comes minutes later.
    let changes = step(&mut fleet, 705);
    assert_eq!(ids(&changes), ["a/1", "a/2"]);
    assert!(changes.vehicles.iter().all(|it| it.position.is_none()));
    for device in ["1", "2"] {
        keeps_nothing(&changes, device);
    }
    list(&mut fleet, 900, &[("1", &["North"]), ("2", &[])]);
    for device in ["1", "2"] {
        observe(&mut fleet, nameless(device, 901, 901));
    }
    assert_eq!(shown(&mut fleet, "1", 902), (true, None));
    assert_eq!(shown(&mut fleet, "2", 902), (false, Some(901)));
}

#[test]
fn what_is_recalled_before_the_list_is_dropped_where_it_may_be_off_duty() {
    let mut fleet = fleet_without_lists();
    failed_list(&mut fleet, 0);
    observe(&mut fleet, nameless("1", 5, 6));
    let recall = |fleet: &mut Fleet, second| {
        let reading = |fixed| nameless("1", fixed, fixed).reading.unwrap();
        // On duty, and in the hours of either group.
        let rows = [100, 700, 2_000].map(|fixed| (key("a", "1"), reading(fixed)));
        let said = Said::Recalled(rows.to_vec());
        fleet.observe(report("a", second, said), at(second));
        step(fleet, second).recalled.len()
    };
    assert_eq!(recall(&mut fleet, 1_000), 0);
    assert_eq!(recall(&mut fleet, 3_000), 1);
    list(&mut fleet, 3_001, &[("1", &["Phones"])]);
    assert_eq!(recall(&mut fleet, 3_002), 2);
    list(&mut fleet, 3_003, &[("1", &[])]);
    assert_eq!(recall(&mut fleet, 3_004), 3);
}

#[test]
fn a_list_or_a_roster_that_was_there_is_enough_though_the_list_fails_now() {
    let rules = || vec![rule(&["North"], &[(10, 20)])];
    let roster = Roster {
        vehicles: vec![entry(&["Free"], &["2"], false), entry(&[], &["3"], false)],
        ..Roster::default()
    };
    let with = |roster: &Roster| FleetSettings {
        roster: roster.clone(),
        ..settings(rules())
    };
    let mut fleet = Fleet::new(with(&roster), vec![intro(&"a")], at(0));
    list(&mut fleet, 1, &[("1", &[])]);
    let remembered = step(&mut fleet, 10).remembered;
    let mut fleet = Fleet::new(with(&roster), vec![intro(&"a")], at(690));
    fleet.restore(remembered, at(690));
    failed_list(&mut fleet, 691);
    for device in ["1", "2", "3"] {
        observe(&mut fleet, nameless(device, 700, 700));
    }
    assert_eq!(shown(&mut fleet, "1", 700), (false, Some(700)));
    assert_eq!(shown(&mut fleet, "2", 700), (false, Some(700)));
    // The roster says nothing of its groups.
    assert_eq!(shown(&mut fleet, "3", 700), (true, None));
    // Without the roster nobody knows of the other either.
    fleet.reconfigure(with(&Roster::default()), at(701));
    assert_eq!(shown(&mut fleet, "1", 701), (false, Some(700)));
    assert_eq!(shown(&mut fleet, "2", 701), (true, None));
}

#[test]
fn a_vehicle_is_known_once_each_of_its_devices_is() {
    let mut fleet = fleet_without_lists();
    list(&mut fleet, 1, &[("1", &[])]);
    observe(&mut fleet, nameless("1", 700, 700));
    assert!(step(&mut fleet, 700).vehicles[0].position.is_some());
    // A phone joins the lorry, and no list has named it yet.
    let settings = FleetSettings {
        roster: Roster {
            vehicles: vec![entry(&[], &["1", "phone"], false)],
            ..Roster::default()
        },
        ..fleet.settings.clone()
    };
    fleet.reconfigure(settings, at(701));
    observe(&mut fleet, nameless("phone", 702, 702));
    let changes = step(&mut fleet, 703);
    let vehicle = changes.vehicles.last().unwrap();
    assert_eq!(vehicle.flags, [Flag::OffDuty]);
    let reasons = vehicle.devices.iter().map(|device| &*device.reason);
    let reasons: Vec<_> = reasons.collect();
    assert!(reasons[0].contains("another device") && reasons[1].contains("no list"));
    list(&mut fleet, 704, &[("1", &[]), ("phone", &[])]);
    observe(&mut fleet, nameless("phone", 705, 705));
    let changes = step(&mut fleet, 705);
    assert!(changes.vehicles[0].position.is_some());
}
