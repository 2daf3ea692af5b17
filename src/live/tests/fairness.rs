//! What one viewer may cost, and that whoever waits is served in the end.

use std::cell::Cell;

use super::screen::Screen;
use super::*;
use crate::live::hub::View;

const SIGHT: Sight = Sight {
    bounds: [28.0, -26.5, 28.3, -25.5],
    zoom: 10.0,
};

/// Everything that is not tiny is a large fleet.
fn of_parts() -> ViewerSettings {
    ViewerSettings {
        large_fleet: 5,
        max_inside: 1_000,
        ..ViewerSettings::default()
    }
}

fn look_at(screen: &mut Screen, west: f64) {
    let east = west + 0.3;
    let said = format!(r#"{{"type":"view","bounds":[{west},-26.5,{east},-25.5],"zoom":10}}"#);
    screen.viewer.heed(&said, screen.now());
}

/// Whether frames of the view are made now.
fn is_wanted(hub: &Hub, view: View) -> bool {
    let channel = hub.join(view, false);
    channel.leave(false);
    !channel.wanted(now()).is_none()
}

#[test]
fn who_recovers_gets_one_keyframe_and_what_came_after_it() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        publish(&hub, 1..=3);
        let mut slow = Screen::new(&hub, way, None);
        slow.look();
        publish(&hub, 4..=4);
        slow.viewer.fill(slow.now());
        slow.viewer.got_stuck(slow.now());
        publish(&hub, 5..=30);
        // Somebody else's keyframe is there, and two changes since.
        Screen::new(&hub, way, None).look();
        publish(&hub, 31..=32);
        slow.take_outbox();
        slow.look();
        assert_eq!((slow.n_keyframes, slow.n_changes), (2, 3), "{way:?}");
        slow.is_true();
    }
}

#[test]
fn the_promise_to_who_came_back_ends_with_what_it_had_missed() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        publish(&hub, 1..=1);
        let mut first = Screen::new(&hub, way, None);
        first.look();
        publish(&hub, 2..=40);
        let mut back = Screen::new(&hub, way, Some(1));
        (back.seq, back.vehicles, back.picture) = (first.seq, first.vehicles, first.picture);
        back.alarms = first.alarms;
        back.viewer.fill(back.now());
        back.viewer.got_stuck(back.now());
        publish(&hub, 41..=100);
        back.look();
        // 2 to 40 were promised; of the others it gets the newest.
        assert!(back.is_resumed());
        assert_eq!((back.n_keyframes, back.n_changes), (1, 39), "{way:?}");
        back.is_true();
    }
}

#[test]
fn a_keyframe_that_took_long_to_make_is_served_all_the_same() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        publish(&hub, 1..=3);
        let mut screen = Screen::new(&hub, way, None);
        screen.viewer.fill(moment(screen.began, 0));
        let asked = Cell::new(0_u64);
        let clock = || {
            asked.set(asked.get() + 1);
            now() + Duration::from_secs(3 * asked.get())
        };
        while hub.make_some_keyframes(clock) {}
        // When the last one is there.
        let at = moment(screen.began, 3_000 * asked.get());
        screen.viewer.fill(at);
        assert!(screen.take_outbox(), "{way:?}");
    }
}

/// Keyframes are made by eights, and each is soon too old for who asks anew.
#[test]
fn who_looks_at_many_tiles_is_served_though_their_keyframes_are_never_new_at_once() {
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=40);
    let way = (Dialect::Bin, true);
    let mut screen = Screen::with(&hub, way, None, of_parts(), Some(SIGHT));
    let mut second = 0;
    while screen.hello.is_null() {
        let at = moment(screen.began, 2_000 * second);
        hub.make_some_keyframes(|| at.at);
        screen.viewer.fill(at);
        screen.take_outbox();
        second += 1;
        assert!(second < 20, "it waits for ever");
    }
    screen.look();
    assert!(2 < second && 4 < screen.tiles.len());
    screen.shows_its_tiles();
}

#[test]
fn changes_need_not_wait_for_all_keyframes() {
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=40);
    let way = (Dialect::Bin, false);
    let screen = || Screen::with(&hub, way, None, of_parts(), Some(SIGHT));
    let mut screen = screen();
    screen.viewer.fill(screen.now());
    assert!(hub.make_some_keyframes(now), "all are made in one go");
    while hub.make_some_keyframes(now) {}
    screen.look();
    assert!(!screen.hello.is_null());
}

#[test]
fn who_moves_a_map_about_leaves_no_work_behind() {
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=40);
    let way = (Dialect::Bin, true);
    let mut screen = Screen::with(&hub, way, None, of_parts(), Some(SIGHT));
    screen.look();
    publish(&hub, 41..=41);
    let before = screen.tiles.clone();
    look_at(&mut screen, 20.0);
    screen.look();
    publish(&hub, 42..=42);
    assert!(before.iter().all(|tile| !screen.tiles.contains(tile)));
    for tile in &before {
        assert!(!is_wanted(&hub, View::Tile(*tile)), "{tile:?}");
    }
    let shown = screen.tiles.iter();
    assert!(shown.clone().count() > 0);
    for tile in shown {
        assert!(is_wanted(&hub, View::Tile(*tile)), "{tile:?}");
    }
    // What is sent whole is kept up for who comes back.
    drop(Screen::new(&hub, way, None));
    let mut whole = Screen::new(&hub, way, None);
    whole.look();
    publish(&hub, 43..=43);
    drop(whole);
    assert!(is_wanted(&hub, View::Tile(Tile::ROOT)));
}

/// The number says up to when it has everything, and not what of the world.
#[test]
fn who_looks_at_parts_begins_anew() {
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=40);
    let way = (Dialect::Bin, true);
    let mut other = Screen::with(&hub, way, None, of_parts(), Some(SIGHT));
    other.look();
    publish(&hub, 41..=44);
    other.look();
    let mut back = Screen::with(&hub, way, Some(42), of_parts(), Some(SIGHT));
    // A gap would be refused.
    back.look();
    assert!(!back.is_resumed());
    back.shows_its_tiles();
}

#[test]
fn the_last_message_of_a_flood_brings_no_view_back_to_life() {
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=40);
    let mut screen = Screen::new(&hub, (Dialect::Bin, false), None);
    let ping = [0x89, 0x80, 0, 0, 0, 0].repeat(100);
    let text = br#"{"type":"view","bounds":[28,-26,28,-26],"zoom":1}"#;
    let n_bytes = u8::try_from(text.len()).unwrap();
    let view = [&[0x81, 0x80 | n_bytes, 0, 0, 0, 0][..], text].concat();
    screen.viewer.receive(&[ping, view].concat(), screen.now());
    screen.take_outbox();
    assert_eq!(screen.close.unwrap().0, 1008);
    assert!(!is_wanted(&hub, View::Tile(Tile::ROOT)));
}

#[test]
fn a_heartbeat_never_says_less_than_hello_did() {
    for way in WAYS {
        let hub = hub(ChannelSettings::default());
        publish(&hub, 1..=1);
        let mut first = Screen::new(&hub, way, None);
        first.look();
        publish(&hub, 2..=90);
        let mut back = Screen::new(&hub, way, Some(1));
        (back.seq, back.vehicles, back.picture) = (first.seq, first.vehicles, first.picture);
        back.alarms = first.alarms;
        // Some of what it was promised is written, and then its socket sleeps.
        back.viewer.fill(back.now());
        back.take_outbox();
        back.viewer.tick(moment(back.began, 5_000));
        back.take_outbox();
        assert!(back.heartbeat_seq >= 1 && back.n_heartbeats == 1, "{way:?}");
    }
}
