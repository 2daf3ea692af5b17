//! How much is lost by telling a vehicle in whole numbers.

use proptest::prelude::*;

use super::super::Row;
use super::super::row::UNKNOWN;
use super::world::{Car, Place, START_S};

const EARTH_RADIUS_M: f64 = 6_378_137.0;

fn row_of(place: Place) -> Row {
    Row::of(&Car::new(1, Some(place)).vehicle())
}

fn place() -> Place {
    Place {
        lat_deg: -33.9,
        lng_deg: 18.4,
        heading_deg: None,
        speed_mps: None,
        fixed_s: 0,
    }
}

proptest! {
    #[test]
    fn a_position_is_right_to_a_quarter_of_a_metre(lat_deg in -85.0..=85.0_f64, lng_deg in -180.0..=180.0_f64) {
        let row = row_of(Place { lat_deg, lng_deg, ..place() });
        let (told_lat_deg, told_lng_deg) = row.lat_lng().unwrap();
        let north_m = (told_lat_deg - lat_deg).to_radians() * EARTH_RADIUS_M;
        let turned_deg = (told_lng_deg - lng_deg + 180.0).rem_euclid(360.0) - 180.0;
        let east_m = turned_deg.to_radians() * EARTH_RADIUS_M * lat_deg.to_radians().cos();
        prop_assert!(north_m.abs() <= 0.25 && east_m.abs() <= 0.25, "{north_m} {east_m}");
        prop_assert!(row.is_valid());
    }

    #[test]
    fn a_heading_is_right_to_a_degree(heading_deg in 0.0..360.0_f64) {
        let row = row_of(Place { heading_deg: Some(heading_deg), ..place() });
        let off_deg = (f64::from(row.heading) * 2.0 - heading_deg + 180.0).rem_euclid(360.0) - 180.0;
        prop_assert!(row.heading < 180 && off_deg.abs() <= 1.0, "{off_deg}");
    }

    #[test]
    fn a_speed_is_right_to_a_quarter_of_a_metre_per_second(speed_mps in 0.0..=127.0_f64) {
        let row = row_of(Place { speed_mps: Some(speed_mps), ..place() });
        let off_mps = f64::from(row.speed) / 2.0 - speed_mps;
        prop_assert!(row.speed != UNKNOWN && off_mps.abs() <= 0.25, "{off_mps}");
    }

    #[test]
    fn an_expected_interval_is_told_a_fifth_too_long_at_most(expected_s in 1_i64..100_000) {
        let mut vehicle = Car::new(1, Some(place())).vehicle();
        let expected = jiff::SignedDuration::from_secs(expected_s);
        vehicle.expectation.as_mut().unwrap().expected = expected;
        let told_s = (f64::from(Row::of(&vehicle).expected) / 4.0).exp2();
        let times = told_s / expected.as_secs_f64();
        prop_assert!((0.999..1.2).contains(&times), "{expected_s} s told as {told_s} s");
    }

    #[test]
    fn a_fix_is_told_to_the_second_and_never_goes_back(first_ms in 0_i64..10_000_000, later_ms in 0_i64..5_000) {
        let fixed_s = |fixed_ms: i64| {
            let mut vehicle = Car::new(1, Some(place())).vehicle();
            let fixed_at = jiff::Timestamp::from_millisecond(START_S * 1_000 + fixed_ms).unwrap();
            vehicle.position.as_mut().unwrap().fixed_at = fixed_at;
            i64::from(Row::of(&vehicle).fixed_s)
        };
        let off_ms = START_S * 1_000 + first_ms - fixed_s(first_ms) * 1_000;
        prop_assert!((0..1_000).contains(&off_ms), "{off_ms}");
        prop_assert!(fixed_s(first_ms) <= fixed_s(first_ms + later_ms));
    }

    /// Whatever a vendor says that the gate should not have let through.
    #[test]
    fn any_numbers_make_a_row_that_can_be(lat_deg: f64, lng_deg: f64, heading_deg: f64, speed_mps: f64, fixed_s in -3_000_000_000_i64..9_000_000_000) {
        let (heading_deg, speed_mps) = (Some(heading_deg), Some(speed_mps));
        let row = row_of(Place { lat_deg, lng_deg, heading_deg, speed_mps, fixed_s });
        prop_assert!(row.is_valid(), "{row:?}");
    }
}

#[test]
fn the_edges_are_told_as_documented() {
    let edges = |lat_deg, lng_deg| {
        let row = row_of(Place {
            lat_deg,
            lng_deg,
            ..place()
        });
        (row.x, row.y)
    };
    let (half, last) = (1 << 26, (1 << 27) - 1);
    assert_eq!(edges(0.0, 0.0), (half, half));
    assert_eq!(edges(90.0, -180.0), (0, 0));
    assert_eq!(edges(-90.0, 180.0), (0, last));
    assert_eq!(edges(85.06, 179.999_999_9), (0, 0));
    let told = |heading_deg, speed_mps| {
        let row = row_of(Place {
            heading_deg,
            speed_mps,
            ..place()
        });
        (row.heading, row.speed)
    };
    assert_eq!(told(Some(359.5), Some(0.0)), (0, 0));
    assert_eq!(told(Some(358.9), Some(900.0)), (179, 254));
    assert_eq!(told(None, None), (UNKNOWN, UNKNOWN));
    assert_eq!(
        told(Some(f64::NAN), Some(f64::INFINITY)),
        (UNKNOWN, UNKNOWN)
    );
    assert_eq!(Row::of(&Car::new(1, None).vehicle()).fixed_s, 0);
}
