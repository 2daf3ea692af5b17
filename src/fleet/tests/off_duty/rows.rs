//! Rows that tell no time may be of the night, however late they come: they are heard once they have
//! changed within a duty, and not before.

use super::*;

/// A row of a list that tells no time.
fn timeless(lat_deg: f64, received: i64) -> Observation {
    let mut record = northern("1", 0, received);
    record.reading = Some(Reading::at(lat_deg, 17.0));
    record
}

/// A fleet of one source, off duty from 10 to 20 minutes past.
fn night_fleet(mode: crate::domain::Mode) -> Fleet {
    let source = SourceIntro {
        mode,
        ..intro(&"a")
    };
    let settings = settings(vec![rule(&["North"], &[(10, 20)])]);
    let mut fleet = Fleet::new(settings, vec![source], at(0));
    fleet.observe(report("a", 0, Said::Listed(None)), at(0));
    fleet
}

fn polled() -> Fleet {
    night_fleet(crate::domain::Mode::Poll)
}

fn streamed() -> Fleet {
    night_fleet(crate::domain::Mode::Stream)
}

/// The vehicle's latitude and driver, as it is shown.
fn shown(fleet: &mut Fleet, second: i64) -> (Option<f64>, bool) {
    let slot = fleet.vehicles.find(&VehicleId::new("a/1")).unwrap();
    fleet.age(at(second));
    fleet.take_changes(at(second));
    let vehicle = fleet.vehicles.get(slot).unwrap().published.clone().unwrap();
    let position = vehicle.position.as_ref().map(|it| it.lat_deg);
    (position, vehicle.driver.is_some())
}

#[test]
fn a_row_without_a_time_is_news_once_it_has_changed_within_a_duty() {
    let mut fleet = polled();
    // (place, time) -> what is shown afterwards
    let rows = [
        (48.0, 900, None),
        // Another than at night, and yet it may be of the night, when nobody asked.
        (48.1, 1_210, None),
        (48.1, 1_225, None),
        (48.2, 1_240, Some(48.2)),
        (48.2, 1_255, Some(48.2)),
        (48.1, 1_270, Some(48.1)),
    ];
    for (lat_deg, received, expected) in rows {
        observe(&mut fleet, timeless(lat_deg, received));
        let told = shown(&mut fleet, received + 1);
        assert_eq!(told, (expected, expected.is_some()), "{received}");
    }
}

#[test]
fn a_vendor_that_was_out_of_reach_all_night_brings_back_no_place_of_it() {
    let mut fleet = polled();
    // No source says more, so each is asked twice before the place is of now.
    for (lat_deg, received) in [(48.0, 580), (48.1, 595)] {
        observe(&mut fleet, timeless(lat_deg, received));
    }
    assert_eq!(shown(&mut fleet, 596).0, Some(48.1));
    observe(&mut fleet, timeless(48.7, 1_210));
    assert_eq!(shown(&mut fleet, 1_211), (None, false));
}

#[test]
fn what_a_stream_says_does_not_make_a_timeless_row_one_of_now() {
    let mut fleet = streamed();
    observe(&mut fleet, timeless(48.0, 900));
    let mut event = northern("1", 1_201, 1_201);
    event.origin = Origin::Stream;
    let place = event.reading.as_ref().unwrap().lat_deg;
    observe(&mut fleet, event);
    assert_eq!(shown(&mut fleet, 1_202), (Some(place), true));
    // The place of the night, once more; then a new one.
    observe(&mut fleet, timeless(48.0, 1_203));
    assert_eq!(shown(&mut fleet, 1_204).0, Some(place));
    observe(&mut fleet, timeless(48.3, 1_218));
    assert_eq!(shown(&mut fleet, 1_219).0, Some(48.3));
}

#[test]
fn a_late_record_of_an_earlier_duty_makes_no_timeless_row_one_of_now_and_is_kept_once() {
    let mut fleet = streamed();
    observe(&mut fleet, timeless(48.0, 900));
    for received in [1_203, 1_218] {
        observe(&mut fleet, northern("1", 590, received));
        let n_fixes = step(&mut fleet, received).fixes.len();
        assert_eq!(n_fixes, usize::from(received == 1_203));
    }
    observe(&mut fleet, timeless(48.0, 1_219));
    assert_eq!(shown(&mut fleet, 1_220), (None, false));
    // Nor is it kept twice where something of this duty is known meanwhile.
    observe(&mut fleet, northern("1", 1_221, 1_221));
    step(&mut fleet, 1_221);
    observe(&mut fleet, northern("1", 590, 1_222));
    assert!(step(&mut fleet, 1_222).fixes.is_empty());
}

#[test]
fn a_row_without_a_position_is_of_its_own_time_and_not_heard_where_it_tells_none() {
    let mut fleet = polled();
    observe(&mut fleet, northern("1", 500, 501));
    step(&mut fleet, 599);
    let without = |contact: Option<i64>, received| {
        let mut record = northern("1", 0, received);
        record.reading = None;
        record.contact_at = contact.map(at);
        record
    };
    // (its time, when it comes) -> whether it is heard
    let cases = [
        (None, 700, false),
        (Some(1_199), 1_201, false),
        (None, 1_202, false),
        (Some(599), 1_203, false),
        (Some(1_200), 1_204, true),
    ];
    for (contact, received, is_heard) in cases {
        observe(&mut fleet, without(contact, received));
        let told = shown(&mut fleet, received);
        assert_eq!(told, (None, is_heard), "{contact:?} at {received}");
        let slot = fleet.devices.find(&key("a", "1")).unwrap();
        let facts = &fleet.devices.get(slot).unwrap().facts;
        assert_eq!(*facts != TimedFacts::default(), is_heard);
    }
}

#[test]
fn where_there_are_rows_alone_what_was_heard_before_a_restart_goes_on() {
    let mut fleet = polled();
    for (lat_deg, received) in [(48.0, 100), (48.1, 115)] {
        observe(&mut fleet, timeless(lat_deg, received));
    }
    let remembered = step(&mut fleet, 120).remembered;
    assert_eq!(shown(&mut fleet, 120).0, Some(48.1));
    // It has moved meanwhile; or there was a night meanwhile.
    for (second, expected) in [(200, Some(48.2)), (1_300, None)] {
        let mut again = polled();
        again.restore(remembered.clone(), at(second - 1));
        observe(&mut again, timeless(48.2, second));
        assert_eq!(shown(&mut again, second).0, expected, "{second}");
    }
}
