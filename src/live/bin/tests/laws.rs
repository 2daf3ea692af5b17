//! A keyframe and the differences after it are the later keyframe, whatever the fleet does; and
//! whatever the bytes, what is held could be true.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Applied, Entry, Picture, Tile};
use super::world::{Car, Place, State, Teller, held, state_of};
use crate::domain::{Flag, FreshnessState, MotionState};

/// Close together, and as far apart as can be.
const INDICES: [u32; 8] = [0, 1, 2, 3, 130, 20_000, u32::MAX - 1, u32::MAX];

/// What may happen to the vehicle with an index.
#[derive(Clone, Debug)]
enum Change {
    /// It appears, or another takes its index.
    Appears(Option<Place>),
    Vanishes,
    /// It goes so many degrees north and east, in so many seconds (which may be before).
    Drives(f64, f64, i64),
    /// It is somewhere else, or somewhere at all.
    Jumps(Place),
    LosesItsPlace,
    Turns(Option<f64>, Option<f64>),
    Does(MotionState, FreshnessState),
    Flags(Vec<Flag>),
    IsRenamed,
}

fn place() -> impl Strategy<Value = Place> {
    let lng_deg = prop_oneof![
        -180.0..=180.0,
        179.999..=180.0,
        -180.0..=-179.999,
        -0.001..0.001
    ];
    let lat_deg = prop_oneof![-90.0..=90.0, 85.05..85.06, -85.06..-85.05, -0.001..0.001];
    (lat_deg, lng_deg, heading(), speed(), 0_i64..100_000).prop_map(
        |(lat_deg, lng_deg, heading_deg, speed_mps, fixed_s)| Place {
            lat_deg,
            lng_deg,
            heading_deg,
            speed_mps,
            fixed_s,
        },
    )
}

fn heading() -> impl Strategy<Value = Option<f64>> {
    proptest::option::of(0.0..360.0)
}

fn speed() -> impl Strategy<Value = Option<f64>> {
    proptest::option::of(prop_oneof![0.0..40.0, 120.0..500.0])
}

fn change() -> impl Strategy<Value = Change> {
    use FreshnessState::{Late, Live, Never, Offline, Stale};
    use MotionState::{Idling, Moving, Parked, Stopped, Unknown};
    let motion = proptest::sample::select(vec![Moving, Idling, Stopped, Parked, Unknown]);
    let freshness = proptest::sample::select(vec![Live, Late, Stale, Offline, Never]);
    let all = [
        Flag::Diverging,
        Flag::ClockAhead,
        Flag::NoFixTime,
        Flag::FeedDown,
        Flag::Panic,
        Flag::GpsStuck,
        Flag::Backfill,
        Flag::Restored,
    ];
    prop_oneof![
        2 => proptest::option::weighted(0.8, place()).prop_map(Change::Appears),
        1 => Just(Change::Vanishes),
        6 => (-0.01..0.01, -0.01..0.01, -5_i64..100).prop_map(|(n, e, s)| Change::Drives(n, e, s)),
        2 => place().prop_map(Change::Jumps),
        1 => Just(Change::LosesItsPlace),
        2 => (heading(), speed()).prop_map(|(heading, speed)| Change::Turns(heading, speed)),
        1 => (motion, freshness).prop_map(|(motion, freshness)| Change::Does(motion, freshness)),
        1 => proptest::sample::subsequence(all.to_vec(), 0..=all.len()).prop_map(Change::Flags),
        1 => Just(Change::IsRenamed),
    ]
}

/// Ticks; in each, what happens to which.
fn story() -> impl Strategy<Value = Vec<Vec<(usize, Change)>>> {
    let tick = proptest::collection::vec((0..INDICES.len(), change()), 0..8);
    proptest::collection::vec(tick, 1..12)
}

fn happen(cars: &mut BTreeMap<u32, Car>, serial: u32, index: u32, change: Change) {
    if let Change::Appears(place) = change {
        cars.insert(index, Car::new(serial, place));
        return;
    }
    let Some(car) = cars.get_mut(&index) else {
        return;
    };
    match (change, &mut car.place) {
        (Change::Vanishes, _) => {
            cars.remove(&index);
        }
        (Change::Jumps(place), _) => car.place = Some(place),
        (Change::LosesItsPlace, _) => car.place = None,
        (Change::Does(motion, freshness), _) => (car.motion, car.freshness) = (motion, freshness),
        (Change::Flags(flags), _) => car.flags = flags,
        (Change::IsRenamed, _) => car.renamed = car.renamed.wrapping_add(1),
        (Change::Drives(north_deg, east_deg, seconds), Some(place)) => {
            place.lat_deg = (place.lat_deg + north_deg).clamp(-90.0, 90.0);
            place.lng_deg = (place.lng_deg + east_deg + 180.0).rem_euclid(360.0) - 180.0;
            place.fixed_s += seconds;
        }
        (Change::Turns(heading_deg, speed_mps), Some(place)) => {
            (place.heading_deg, place.speed_mps) = (heading_deg, speed_mps);
        }
        (Change::Drives(..) | Change::Turns(..) | Change::Appears(_), _) => {}
    }
}

/// The fleet after each tick, the empty one before the first included.
fn states(story: Vec<Vec<(usize, Change)>>) -> Vec<State> {
    let mut cars = BTreeMap::new();
    let mut serial = 0;
    let mut states = vec![State::new()];
    for tick in story {
        for (at, change) in tick {
            serial += 1;
            happen(&mut cars, serial, INDICES[at], change);
        }
        states.push(state_of(&cars));
    }
    states
}

/// The whole fleet, all tiles of one level, and some of a deeper one at the corners of the map.
fn tiles() -> Vec<Tile> {
    let parts = (0..4).flat_map(|x| (0..4).map(move |y| Tile { z: 2, x, y }));
    let deep = [(0, 0), (65_535, 65_535), (32_768, 32_768), (32_767, 32_768)];
    let deep = deep.map(|(x, y)| Tile { z: 16, x, y });
    [Tile::ROOT].into_iter().chain(parts).chain(deep).collect()
}

fn told(messages: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Picture {
    let mut picture = Picture::default();
    for message in messages {
        picture.apply(message.as_ref()).unwrap();
    }
    picture
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Each tile is followed from the empty fleet on, and from `joined` on by another viewer.
    #[test]
    fn a_keyframe_and_differences_are_the_later_keyframe(story in story(), joined in 0_usize..12) {
        let states = states(story);
        for tile in tiles() {
            let mut teller = Teller::new(tile);
            let mut first = told(teller.whole(0, 0, &states[0]));
            let mut second = Picture::default();
            for (seq, ticked) in (0_u64..).zip(states.windows(2)) {
                let [before, after] = ticked else { continue };
                if seq == joined as u64 {
                    second = told(teller.whole(seq, 0, before));
                }
                let is_joined = second.tile(tile).is_some();
                if let Some(message) = teller.tick(seq + 1, seq.cast_signed() + 1, before, after) {
                    prop_assert_eq!(first.apply(&message).unwrap(), Applied::Differences);
                    prop_assert_eq!(first.apply(&message).unwrap(), Applied::Already);
                    let of_the_second = second.apply(&message).unwrap();
                    prop_assert_eq!(of_the_second == Applied::Differences, is_joined);
                }
                let whole = told(teller.whole(seq + 1, 200_000, after));
                prop_assert_eq!(held(&first, tile), held(&whole, tile));
                if is_joined {
                    prop_assert_eq!(held(&second, tile), held(&whole, tile));
                }
            }
        }
    }

    /// All tiles of a level in one picture are the whole fleet, but for those who are nowhere.
    #[test]
    fn the_tiles_together_are_the_fleet(story in story(), is_backwards: bool) {
        let states = states(story);
        let tiles: Vec<Tile> = tiles().into_iter().filter(|tile| tile.z == 2).collect();
        let mut tellers: Vec<Teller> = tiles.iter().copied().map(Teller::new).collect();
        let mut picture = told(tellers.iter().flat_map(|teller| teller.whole(0, 0, &states[0])));
        for (seq, ticked) in (1_u64..).zip(states.windows(2)) {
            let ticks = tellers.iter_mut().filter_map(|teller| teller.tick(seq, 0, &ticked[0], &ticked[1]));
            let mut messages: Vec<_> = ticks.collect();
            if is_backwards {
                messages.reverse();
            }
            for message in messages {
                prop_assert_eq!(picture.apply(&message).unwrap(), Applied::Differences);
            }
        }
        let of_tiles: BTreeMap<_, _> = tiles.iter().flat_map(|tile| held(&picture, *tile)).collect();
        let whole = told(Teller::new(Tile::ROOT).whole(99, 0, states.last().unwrap()));
        let mut somewhere = held(&whole, Tile::ROOT);
        somewhere.retain(|_, (row, _)| row.has_position());
        prop_assert_eq!(of_tiles, somewhere);
    }

    /// A message that is missing is noticed, and costs nothing else.
    #[test]
    fn a_gap_is_answered_as_one(story in story(), lost in 0_usize..12) {
        let states = states(story);
        let mut teller = Teller::new(Tile::ROOT);
        let mut picture = told(teller.whole(0, 0, &states[0]));
        let ticks = (1_u64..).zip(states.windows(2));
        let messages: Vec<_> = ticks.filter_map(|(seq, ticked)| teller.tick(seq, 0, &ticked[0], &ticked[1])).collect();
        for (at, message) in messages.iter().enumerate() {
            let to_a_newcomer = Picture::default().apply(message).unwrap();
            let is_gap = matches!(to_a_newcomer, Applied::Gap { held: None, .. });
            prop_assert!(is_gap, "{to_a_newcomer:?}");
            let had = held(&picture, Tile::ROOT).keys().copied().collect::<Vec<_>>();
            match at {
                at if at == lost => {}
                at if at < lost => prop_assert_eq!(picture.apply(message).unwrap(), Applied::Differences),
                _ => {
                    let gave = picture.apply(message).unwrap();
                    prop_assert!(matches!(gave, Applied::Gap { held: Some(_), .. }), "{gave:?}");
                    prop_assert_eq!(held(&picture, Tile::ROOT).into_keys().collect::<Vec<_>>(), had);
                }
            }
        }
    }

    /// Cut short, a message is refused; altered, it is refused or leaves what could be true.
    #[test]
    fn no_bytes_do_harm(
        story in story(),
        cut in any::<prop::sample::Index>(),
        alterations in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let states = states(story);
        let mut teller = Teller::new(Tile::ROOT);
        let mut messages: Vec<_> = teller.whole(0, 0, &states[0]).into();
        for (seq, ticked) in (1_u64..).zip(states.windows(2)) {
            messages.extend(teller.tick(seq, 0, &ticked[0], &ticked[1]));
        }
        let mut picture = Picture::default();
        for message in messages {
            let short = &message[..cut.index(message.len())];
            prop_assert!(picture.apply(short).is_err());
            let mut altered = message.clone();
            for (at, bits) in &alterations {
                let at = at.index(altered.len());
                altered[at] ^= bits;
            }
            let mut harmed = picture.clone();
            let _ = harmed.apply(&altered);
            assert_could_be_true(&harmed);
            let _ = harmed.apply(&message);
            assert_could_be_true(&harmed);
            picture.apply(&message).unwrap();
        }
    }

    #[test]
    fn no_made_up_bytes_do_harm(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 1_u8..4) {
        let mut picture = Picture::default();
        let _ = picture.apply(&bytes);
        // With a head that can be, and counts that might.
        bytes.resize(bytes.len().max(52), 0);
        bytes[..32].fill(0);
        bytes[0] = kind;
        for at in (32..52).step_by(4) {
            bytes[at + 1..at + 4].fill(0);
            bytes[at] %= 8;
        }
        let _ = picture.apply(&bytes);
        assert_could_be_true(&picture);
    }
}

fn assert_could_be_true(picture: &Picture) {
    for (tile, held) in picture.tiles() {
        assert!(tile.is_valid());
        for (index, row) in &held.rows {
            assert!(row.is_valid() && tile.holds(row), "{index}: {row:?}");
        }
    }
}

#[test]
fn counts_that_no_message_could_hold_cost_nothing() {
    let mut message = Teller::new(Tile::ROOT).whole(0, 0, &State::new())[1].clone();
    for at in [32, 36, 44] {
        let mut huge = message.clone();
        huge[at..at + 4].fill(0xFF);
        assert!(Picture::default().apply(&huge).is_err());
    }
    message.push(0);
    assert!(Picture::default().apply(&message).is_err());
}

#[test]
fn what_nobody_sees_is_no_message() {
    let states = states(vec![vec![
        (0, Change::Appears(None)),
        (1, Change::Appears(None)),
    ]]);
    let mut teller = Teller::new(Tile::ROOT);
    assert!(teller.tick(1, 0, &states[0], &states[1]).is_some());
    assert_eq!(teller.tick(2, 1, &states[1], &states[1]), None);
}

#[test]
fn an_entry_says_what_is_known() {
    let mut car = Car::new(15, None);
    car.renamed = 2;
    let vehicle = car.vehicle();
    let json = super::super::entry(&vehicle);
    assert_eq!(
        json,
        r#"{"id":"test/15","name":"Vehicle 🚚 \" 15.2","registration":"CA 15.2","groups":["North","Depot 15.2"],"driver":"Driver 15.2","devices":["test/15"]}"#
    );
    let read: Entry = serde_json::from_str(&json).unwrap();
    assert_eq!(read, Entry::of(&vehicle));
    let unknown = super::super::entry(&Car::new(1, None).vehicle());
    assert_eq!(
        unknown,
        r#"{"id":"test/1","name":"Vehicle 🚚 \" 1.0","devices":["test/1"]}"#
    );
}
