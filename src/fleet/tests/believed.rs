//! When a fix is too poor and a clock too far ahead: configured for each source, and anew by a
//! reload.

use super::*;
use crate::domain::Flag;
use crate::domain::thresholds::PositionThresholds;
use crate::fleet::memory::Remembered;

/// Settings of which source `a` has positions of its own.
fn settings(of_a: PositionThresholds) -> FleetSettings {
    let mut settings = FleetSettings {
        remember_every: Some(SignedDuration::from_secs(1)),
        ..FleetSettings::default()
    };
    let positions_of = &mut settings.thresholds.positions_of;
    positions_of.insert(SourceId::new("a"), of_a);
    settings
}

fn lenient_of_accuracy() -> FleetSettings {
    settings(PositionThresholds {
        poor_beyond_m: 1_000.0,
        ..PositionThresholds::default()
    })
}

fn lenient_of_clocks() -> FleetSettings {
    settings(PositionThresholds {
        clock_ahead_after: SignedDuration::from_mins(10),
        ..PositionThresholds::default()
    })
}

#[test]
fn how_poor_a_fix_may_be_is_each_sources_own() {
    let mut fleet = fleet_of(&["a", "b"], lenient_of_accuracy());
    // The verdicts on a fix of either source, certain to 900 m, beside a marker that is live.
    let verdicts = |fleet: &mut Fleet, second| {
        ["a", "b"].map(|source| {
            observe(fleet, record(&key(source, "1"), second, second + 1));
            let mut vague = record(&key(source, "1"), second + 10, second + 11);
            vague.reading.as_mut().unwrap().accuracy_m = Some(900.0);
            observe(fleet, vague);
            let changes = step(fleet, second + 12);
            let vehicle = changes.vehicles.first().expect("a change");
            vehicle.devices[0].verdict
        })
    };
    let (accepted, refused) = (Some(Verdict::Accepted), Some(Verdict::Refused));
    assert_eq!(verdicts(&mut fleet, 1_000), [accepted, refused]);
    fleet.reconfigure(FleetSettings::default(), at(1_013));
    assert_eq!(verdicts(&mut fleet, 1_020), [refused, refused]);
    let mut all = FleetSettings::default();
    all.thresholds.merging.positions.poor_beyond_m = 900.0;
    fleet.reconfigure(all, at(1_033));
    assert_eq!(verdicts(&mut fleet, 1_040), [accepted, accepted]);
}

#[test]
fn how_far_a_clock_may_be_ahead_is_each_sources_own_and_counts_at_once() {
    let mut fleet = fleet_of(&["a", "b"], lenient_of_clocks());
    for source in ["a", "b"] {
        observe(&mut fleet, record(&key(source, "1"), 400, 100));
    }
    assert_eq!(flagged(&step(&mut fleet, 101)), [("a", false), ("b", true)]);
    // Nothing is said meanwhile: what is known is looked at anew.
    fleet.reconfigure(FleetSettings::default(), at(102));
    let changes = fleet.take_changes(at(102));
    assert_eq!(flagged(&changes), [("a", true)]);
    fleet.reconfigure(lenient_of_clocks(), at(103));
    let changes = fleet.take_changes(at(103));
    assert_eq!(flagged(&changes), [("a", false)]);
}

#[test]
fn a_restart_with_other_thresholds_looks_at_clocks_anew() {
    let mut fleet = fleet_of(&["a"], lenient_of_clocks());
    observe(&mut fleet, record(&key("a", "1"), 400, 100));
    let changes = step(&mut fleet, 101);
    assert_eq!(flagged(&changes), [("a", false)]);
    let store: Vec<Remembered> = changes.remembered;
    assert_eq!(store.len(), 1);
    for (settings, is_ahead) in [
        (FleetSettings::default(), true),
        (lenient_of_clocks(), false),
    ] {
        let mut fleet = Fleet::new(settings, vec![intro(&"a")], at(102));
        fleet.restore(store.clone(), at(102));
        let changes = step(&mut fleet, 102);
        assert_eq!(flagged(&changes), [("a", is_ahead)]);
    }
}

/// Which vehicles changed, by their sources, and whether each one's clock is said to be ahead.
fn flagged(changes: &Changes) -> Vec<(&str, bool)> {
    let flagged = changes.vehicles.iter().map(|vehicle| {
        let source = vehicle.devices[0].device.source.as_str();
        (source, vehicle.flags.contains(&Flag::ClockAhead))
    });
    flagged.collect()
}
