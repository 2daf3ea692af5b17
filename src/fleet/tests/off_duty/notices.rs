//! What an operator is told of groups that nobody is in, and of trackers that nobody knows.

use super::*;
use crate::fleet::off_duty::Notice;

fn with(off_duty: Vec<OffDuty>, vehicles: Vec<RosterVehicle>) -> FleetSettings {
    FleetSettings {
        roster: Roster {
            vehicles,
            ..Roster::default()
        },
        ..settings(off_duty)
    }
}

/// What is told once all that was heard is taken in.
fn told(fleet: &mut Fleet, second: i64) -> Vec<Notice> {
    while fleet.work(at(second)) {}
    step(fleet, second);
    fleet.take_notices()
}

fn nobody_in(group: &str) -> Notice {
    Notice::NobodyIn(group.into())
}

fn unknown(source: &str, n_devices: usize) -> Notice {
    let source = SourceId::new(source);
    Notice::Unknown { source, n_devices }
}

#[test]
fn a_group_that_nobody_is_in_is_told_once_when_all_have_been_listed() {
    let rules = || {
        vec![
            rule(&["North", "phones"], &[(10, 20)]),
            rule(&["South"], &[(5, 6)]),
        ]
    };
    // One of the roster; and one whose own groups the roster outranks.
    let roster = || {
        vec![
            entry(&["South"], &["9"], false),
            entry(&["East"], &["8"], false),
        ]
    };
    let sources = ["a", "b"].iter().map(intro).collect();
    let mut fleet = Fleet::new(with(rules(), roster()), sources, at(0));
    let rows: &[(&str, &[&str])] = &[("1", &["Phones"]), ("8", &["North"]), ("9", &[])];
    list(&mut fleet, 1, rows);
    assert_eq!(told(&mut fleet, 1), [], "b may have them");
    let empty = || Said::Listed(Some(Vec::new()));
    fleet.observe(report("b", 2, empty()), at(2));
    // As they are written, whoever differs by the first letter alone.
    let both = [nobody_in("North"), nobody_in("phones")];
    assert_eq!(told(&mut fleet, 2), both);
    for second in [3, 4] {
        list(&mut fleet, second, rows);
        fleet.observe(report("b", second, empty()), at(second));
        assert_eq!(told(&mut fleet, second), []);
    }
    // Somebody comes into one, and goes again.
    list(&mut fleet, 5, &[("1", &["North", "phones"]), ("9", &[])]);
    assert_eq!(told(&mut fleet, 5), []);
    list(&mut fleet, 6, rows);
    assert_eq!(told(&mut fleet, 6), both);
    // The settings are read again.
    fleet.reconfigure(with(rules(), roster()), at(7));
    assert_eq!(told(&mut fleet, 7), both);
    fleet.reconfigure(with(rules(), Vec::new()), at(8));
    assert_eq!(
        told(&mut fleet, 8),
        [nobody_in("South"), nobody_in("phones")]
    );
    fleet.reconfigure(with(Vec::new(), Vec::new()), at(9));
    list(&mut fleet, 10, &[]);
    assert_eq!(told(&mut fleet, 10), []);
}

#[test]
fn who_is_hidden_for_want_of_a_list_is_told_once_and_that_it_is_over() {
    let rules = || vec![rule(&["North"], &[(10, 20)])];
    let mut fleet = Fleet::new(with(rules(), Vec::new()), vec![intro(&"a")], at(0));
    let failed = |fleet: &mut Fleet, second| {
        fleet.observe(report("a", second, Said::Listed(None)), at(second));
        told(fleet, second)
    };
    assert_eq!(failed(&mut fleet, 1), [], "nobody is hidden");
    for device in ["1", "2"] {
        observe(&mut fleet, record(&key("a", device), 2, 2));
    }
    observe(&mut fleet, northern("3", 2, 2));
    assert_eq!(failed(&mut fleet, 3), [unknown("a", 2)]);
    assert_eq!(failed(&mut fleet, 4), []);
    fleet.reconfigure(with(rules(), vec![entry(&["Free"], &["1"], false)]), at(5));
    assert_eq!(told(&mut fleet, 5), [unknown("a", 1)]);
    // Of a list that names others nobody is known either.
    list(&mut fleet, 6, &[("1", &[])]);
    assert_eq!(told(&mut fleet, 6), []);
    list(&mut fleet, 7, &[("1", &[]), ("2", &[])]);
    assert_eq!(told(&mut fleet, 7), [Notice::Known(SourceId::new("a"))]);
}

#[test]
fn many_are_counted_piece_by_piece() {
    let settings = with(vec![rule(&["North"], &[(10, 20)])], Vec::new());
    let mut fleet = Fleet::new(settings, vec![intro(&"a")], at(0));
    let n_devices = 5 * intake::PIECE;
    let rows = (0..n_devices).map(|n| (key("a", &n.to_string()), Label::default()));
    let said = Said::Listed(Some(rows.collect()));
    fleet.hear(report("a", 1, said));
    let mut n_pieces = 1;
    while fleet.work(at(1)) {
        n_pieces += 1;
    }
    assert!(2 * 5 <= n_pieces, "{n_pieces}");
    assert_eq!(fleet.take_notices(), [nobody_in("North")]);
}
