//! What concerns the whole fleet is done by pieces, and nothing is missing in the end.

use super::*;
use crate::domain::Flag;
use crate::domain::roster::{Roster, RosterVehicle};
use crate::fleet::ageing::PIECE;

const N_VEHICLES: usize = 4 * PIECE + 1;

/// A fleet of many, all of which report twice, ten seconds apart; viewers have them.
fn large_fleet() -> Fleet {
    let settings = FleetSettings {
        forget_after: SignedDuration::from_secs(100),
        ..FleetSettings::default()
    };
    let mut fleet = fleet_of(&["a"], settings);
    for second in [0, 10] {
        let record = |n: usize| record(&key("a", &n.to_string()), second, second + 1);
        let records = Said::Observed((0..N_VEHICLES).map(record).collect());
        fleet.observe(report("a", second + 1, records), at(second + 1));
        let success = Said::Signal(Signal::Success);
        fleet.observe(report("a", second + 1, success), at(second + 1));
    }
    assert_eq!(step(&mut fleet, 11).vehicles.len(), N_VEHICLES);
    fleet
}

/// Takes a step to `second`, and holds each of its pieces to its bound. What differs after it.
fn step_by_pieces(fleet: &mut Fleet, second: i64) -> Changes {
    let mut step = fleet.begin_step(at(second));
    loop {
        let (n_dirty, n_gone) = (fleet.dirty.len(), fleet.gone.len());
        let is_more = fleet.age_some(&mut step);
        let n_touched = fleet.dirty.len() - n_dirty + fleet.gone.len() - n_gone;
        assert!(n_touched <= PIECE, "{n_touched} in one piece");
        if !is_more {
            return fleet.take_changes(at(second));
        }
    }
}

#[test]
fn all_deadlines_may_be_past_at_once() {
    let mut fleet = large_fleet();
    let changes = step_by_pieces(&mut fleet, 100_000);
    let is_offline = |it: &&Arc<Vehicle>| it.freshness.state == FreshnessState::Offline;
    let n_offline = changes.vehicles.iter().filter(is_offline).count();
    assert_eq!(n_offline, N_VEHICLES);
}

#[test]
fn a_feed_that_ends_flags_all_its_vehicles_in_one_step() {
    let mut fleet = large_fleet();
    step(&mut fleet, 131);
    // One second more, and the feed is down; the vehicles' own states stay as they are.
    let changes = step_by_pieces(&mut fleet, 132);
    assert_eq!(changes.sources[0].health, Health::Down);
    let is_flagged = |it: &&Arc<Vehicle>| it.flags == [Flag::FeedDown];
    let n_flagged = changes.vehicles.iter().filter(is_flagged).count();
    assert_eq!(n_flagged, N_VEHICLES);
}

#[test]
fn a_clock_that_is_set_back_makes_all_be_looked_at() {
    let mut fleet = large_fleet();
    step(&mut fleet, 100_000);
    let changes = step_by_pieces(&mut fleet, 12);
    let is_live = |it: &&Arc<Vehicle>| it.freshness.state == FreshnessState::Live;
    let n_live = changes.vehicles.iter().filter(is_live).count();
    assert_eq!(n_live, N_VEHICLES);
}

#[test]
fn all_vehicles_may_be_forgotten_at_once() {
    let mut fleet = large_fleet();
    for second in [20, 21] {
        let names = (0..N_VEHICLES).map(|n| (key("a", &n.to_string()), Label::default()));
        let listed = names.filter(|_| second == 20).collect();
        fleet.observe(report("a", second, Said::Listed(Some(listed))), at(second));
    }
    let changes = step_by_pieces(&mut fleet, 122);
    assert_eq!(changes.removed.len(), N_VEHICLES);
    assert_eq!(fleet.forgotten.len(), N_VEHICLES);
}

#[test]
fn another_roster_may_rename_all_vehicles_at_once() {
    let mut fleet = large_fleet();
    let vehicle = |n: usize| RosterVehicle {
        id: VehicleId::new(format!("t{n}")),
        name: None,
        registration: None,
        groups: Vec::new(),
        devices: vec![key("a", &n.to_string())],
        ignore: false,
    };
    let settings = FleetSettings {
        roster: Roster {
            vehicles: (0..N_VEHICLES).map(vehicle).collect(),
            merge_by_registration: true,
        },
        ..FleetSettings::default()
    };
    let mut change = fleet.begin_reconfiguration(settings, at(12));
    loop {
        let (n_dirty, n_gone) = (fleet.dirty.len(), fleet.gone.len());
        let is_more = fleet.reconfigure_some(&mut change);
        assert!(fleet.dirty.len() - n_dirty <= PIECE && fleet.gone.len() - n_gone <= PIECE);
        if !is_more {
            break;
        }
    }
    let changes = fleet.take_changes(at(12));
    assert_eq!(changes.removed.len(), N_VEHICLES);
    let is_renamed = |it: &&Arc<Vehicle>| it.id.as_str().starts_with('t') && it.position.is_some();
    let n_renamed = changes.vehicles.iter().filter(is_renamed).count();
    assert_eq!(n_renamed, N_VEHICLES);
}
