//! Large fleets: a part closely, the rest as counts.

use super::*;

const SETTINGS: ViewerSettings = ViewerSettings {
    heartbeat: Duration::from_secs(4),
    patience: Duration::from_secs(15),
    close_spread: Duration::from_secs(2),
    max_retry: Duration::from_secs(12),
    large_fleet: 5,
    max_inside: 12,
};
const BIN: (Dialect, bool) = (Dialect::Bin, true);

fn around() -> Sight {
    Sight {
        bounds: [27.9, -26.5, 28.1, -25.5],
        zoom: 10.0,
    }
}

fn nowhere(id: u64) -> Arc<Vehicle> {
    let vehicle = vehicle(id, 1);
    Arc::new(Vehicle {
        position: None,
        ..Vehicle::clone(&vehicle)
    })
}

fn vehicles(vehicles: Vec<Arc<Vehicle>>) -> Changes {
    Changes {
        vehicles,
        ..Changes::default()
    }
}

#[test]
fn a_fleet_that_grows_large_is_no_longer_sent_whole() {
    let hub = hub(ChannelSettings::default());
    let mut screen = Screen::with(&hub, BIN, None, SETTINGS, Some(around()));
    screen.look();
    assert!(screen.is_whole && screen.tiles == [Tile::ROOT]);
    for id in 0..9 {
        hub.publish(&vehicles(vec![vehicle(id, 1)]), now());
        screen.look();
        assert_eq!(screen.is_whole, id < 5, "{id}");
        screen.shows_its_tiles();
    }
    // More than a map can tell apart.
    for id in 9..15 {
        hub.publish(&vehicles(vec![vehicle(id, 1)]), now());
        screen.look();
    }
    assert!(screen.tiles.is_empty() && !screen.is_whole);
    let gone = (2..15).map(|id| VehicleId::new(format!("v{id}")));
    let gone = Changes {
        removed: gone.collect(),
        ..Changes::default()
    };
    hub.publish(&gone, now());
    screen.look();
    assert!(screen.is_whole);
    screen.is_true();
}

#[test]
fn who_said_nothing_gets_the_whole_of_a_large_fleet_too() {
    let hub = hub(ChannelSettings::default());
    publish(&hub, 1..=30);
    for way in WAYS {
        let sight = Some(around()).filter(|_| way.0 == Dialect::Json);
        let mut screen = Screen::with(&hub, way, None, SETTINGS, sight);
        screen.look();
        publish(&hub, 31..=33);
        screen.look();
        screen.is_true();
        assert!(!screen.was_told_its_view);
    }
}

#[test]
fn the_total_counts_those_that_were_never_anywhere() {
    let hub = hub(ChannelSettings::default());
    let all: Vec<_> = (0..8).map(|id| vehicle(id, 1)).collect();
    hub.publish(&vehicles(all), now());
    let mut screen = Screen::with(&hub, BIN, None, SETTINGS, Some(around()));
    screen.look();
    let told = |screen: &Screen| (screen.n_vehicles, screen.cells.values().sum::<u64>());
    assert_eq!(told(&screen), (8, 8));
    let second = |n: u64| now() + Duration::from_secs(n);
    hub.publish(&vehicles(vec![nowhere(8)]), second(1));
    screen.look();
    assert_eq!(told(&screen), (9, 8));
    // One begins while there is news that the others have not been told, and it comes to nothing.
    let within = second(1) + Duration::from_millis(100);
    hub.publish(&vehicles(vec![nowhere(9), nowhere(10)]), within);
    hub.want_keyframe(super::super::hub::View::Cells);
    let mut late = Screen::with(&hub, BIN, None, SETTINGS, Some(around()));
    late.at = within + Duration::from_secs(2);
    late.look();
    assert_eq!(told(&late), (11, 8));
    let gone = Changes {
        removed: [9, 10].map(|id| VehicleId::new(format!("v{id}"))).to_vec(),
        ..Changes::default()
    };
    hub.publish(&gone, second(3));
    for screen in [&mut screen, &mut late] {
        screen.look();
        assert_eq!(told(screen), (9, 8));
    }
}

#[test]
fn vehicles_that_come_together_where_one_looks_become_counts() {
    let hub = hub(ChannelSettings::default());
    let here = |id| vehicle(id, 1);
    let elsewhere = |id| {
        let mut vehicle = Vehicle::clone(&vehicle(id, 1));
        vehicle.position.as_mut().unwrap().lat_deg = 60.0;
        Arc::new(vehicle)
    };
    let all = (0..11).map(here).chain((11..20).map(elsewhere));
    hub.publish(&vehicles(all.collect()), now());
    let mut screen = Screen::with(&hub, BIN, None, SETTINGS, Some(around()));
    screen.look();
    let mut at = |second: u64, changed: Vec<Arc<Vehicle>>| {
        screen.at = now() + Duration::from_secs(second);
        hub.publish(&vehicles(changed), screen.at);
        screen.look();
        screen.shows_its_tiles();
        !screen.tiles.is_empty()
    };
    assert!(at(1, vec![here(11)]), "as many as fit");
    assert!(at(20, vec![here(12)]), "hardly too many");
    assert!(at(22, vec![here(13), here(14), here(15)]), "just weighed");
    assert!(!at(40, vec![here(16)]));
    assert!(!at(
        60,
        vec![elsewhere(12), elsewhere(13), elsewhere(14), elsewhere(15)]
    ));
    assert!(at(80, vec![elsewhere(16)]), "they fit again");
}
