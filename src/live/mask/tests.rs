//! What a mask leaves, by the table.

use jiff::Timestamp;

use super::*;
use crate::domain::{DeviceView, Fact, Position, SourceId};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn fact(value: &str) -> Fact<Arc<str>> {
    Fact {
        value: value.into(),
        at: now(),
        source: SourceId::new("s"),
    }
}

/// A vehicle that says its plate wherever it can.
fn talkative() -> Arc<Vehicle> {
    let device = DeviceKey::new(SourceId::new("s"), "abc-123-gp");
    let view = DeviceView {
        speed_mps: Some(9.0),
        reason: "newer than s/ABC123GP's, and ranks above it".into(),
        ..DeviceView::new(device.clone())
    };
    Arc::new(Vehicle {
        registration: Some("ABC 123 GP".into()),
        groups: vec!["North".into(), "South".into()],
        position: Some(Position {
            lat_deg: 1.0,
            lng_deg: 1.0,
            heading_deg: None,
            speed_mps: Some(9.0),
            altitude_m: None,
            accuracy_m: None,
            fixed_at: now(),
            received_at: now(),
            device,
        }),
        driver: Some(fact("Ann (abc 123 gp)")),
        address: Some(fact("Main Road")),
        devices: vec![view],
        ..Vehicle::new(VehicleId::new("reg:ABC123GP"), "Truck ABC123GP", now())
    })
}

fn mask(groups: Groups, facts: Facts) -> Mask {
    Mask::new(Arc::new(Sight { groups, facts }), [7; 32])
}

#[test]
fn a_plate_is_cut_out_of_all_that_says_it() {
    let but_plates = Facts {
        registration: false,
        ..Facts::ALL
    };
    let mask = mask(Groups::All, but_plates);
    let shown = mask.shown(&talkative()).unwrap();
    let said = format!("{shown:?}").to_uppercase();
    assert!(!bare(&said).contains("ABC123GP"), "{said}");
    assert!(shown.id.as_str().starts_with("v:"));
    assert!(shown.name.starts_with("Vehicle "), "{}", shown.name);
    assert_eq!(shown.address, talkative().address);
    assert_eq!(mask.shown(&talkative()).unwrap().id, shown.id);
    let other_run = Mask::new(Arc::new(mask.sight().clone()), [8; 32]);
    assert_ne!(other_run.shown(&talkative()).unwrap().id, shown.id);
    let label = mask.device(&talkative(), &talkative().devices[0].device);
    assert_eq!(label, shown.devices[0].device);
}

#[test]
fn what_does_not_say_the_plate_stays() {
    let mask = mask(Groups::All, Facts::NONE);
    let vehicle = Arc::new(Vehicle {
        registration: Some("7".into()),
        devices: vec![DeviceView::new(DeviceKey::new(SourceId::new("s"), "17"))],
        ..Vehicle::new(VehicleId::new("s/17"), "Truck 7", now())
    });
    let shown = mask.shown(&vehicle).unwrap();
    assert_eq!(
        (shown.id.as_str(), &*shown.name, shown.registration.as_ref()),
        ("s/17", "Truck 7", None)
    );
    assert_eq!(shown.devices, vehicle.devices);
}

#[test]
fn each_fact_is_cut_out_alone() {
    let but = |facts: fn(&mut Facts)| {
        let mut all = Facts::ALL;
        facts(&mut all);
        mask(Groups::All, all).shown(&talkative()).unwrap()
    };
    let all = talkative();
    let no_driver = but(|facts| facts.driver = false);
    assert_eq!((no_driver.driver.as_ref(), &no_driver.id), (None, &all.id));
    let no_address = but(|facts| facts.address = false);
    assert_eq!(
        (no_address.address.as_ref(), &no_address.driver),
        (None, &all.driver)
    );
    let no_speed = but(|facts| facts.speed = false);
    let speeds = [
        no_speed.position.as_ref().unwrap().speed_mps,
        no_speed.devices[0].speed_mps,
    ];
    assert_eq!(speeds, [None, None]);
}

#[test]
fn groups_decide_who_is_seen_and_which_of_them_are_named() {
    let north = mask(Groups::only(["North"]), Facts::ALL);
    let groups = north.shown(&talkative()).unwrap().groups.clone();
    assert_eq!(groups, [Arc::from("North")]);
    assert!(
        mask(Groups::only(["West"]), Facts::ALL)
            .shown(&talkative())
            .is_none()
    );
    // Who sees all of it shares it.
    let all = talkative();
    let everything = mask(Groups::All, Facts::ALL);
    assert!(Arc::ptr_eq(&everything.shown(&all).unwrap(), &all));
}
