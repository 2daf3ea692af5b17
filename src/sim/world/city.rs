//! The cities that the simulated vehicles drive in.
//!
//! A city is a turned street grid laid on the map: enough for plausible turns and street names,
//! small enough to need no map data. Centres and sizes were chosen so that the whole grid lies on
//! land; coastal cities are represented by their inland districts.

use crate::sim::Vendor;

/// Metres in a degree of latitude.
/// Metres per degree of latitude.
pub const M_PER_DEG: f64 = 111_320.0;

/// One city and its street grid.
#[derive(Debug)]
pub struct City {
    /// Name for people.
    pub name: &'static str,
    /// What follows the city in an address.
    pub country: &'static str,
    /// The vendor whose customers drive here; phones (MyCarTracks) may join them anywhere.
    pub vendor: Vendor,
    /// Latitude of the grid's centre in degrees.
    pub lat_deg: f64,
    /// Longitude of the grid's centre in degrees.
    pub lng_deg: f64,
    /// Height above sea level in metres.
    pub altitude_m: f64,
    /// Half the side of the square grid in metres.
    pub half_m: f64,
    /// Length of a block in metres.
    pub block_m: f64,
    /// Turn of the grid clockwise from north in degrees.
    pub turn_deg: f64,
    /// The letters that its number plates carry.
    pub plate_area: &'static str,
    /// How many vehicles live here, relative to the vendor's other cities.
    pub weight: u32,
}

/// A crossing of the grid, and along which of its two streets one came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Column of the crossing; 0 is the centre.
    pub column: i32,
    /// Row of the crossing.
    pub row: i32,
    /// Along the street that keeps to the column.
    pub along_column: bool,
}

/// Every city; at least one for each vendor.
pub static CITIES: [City; 15] = {
    use Vendor::{Cartrack as C, EzToTrack as E, MyCarTracks as M};
    [
        city(
            "Johannesburg",
            "South Africa",
            C,
            (-26.170, 28.040),
            1_694.0,
            (7_500.0, 170.0, 4.0),
            ("GP", 6),
        ),
        city(
            "Pretoria",
            "South Africa",
            C,
            (-25.747, 28.229),
            1_339.0,
            (6_500.0, 180.0, 352.0),
            ("GP", 3),
        ),
        city(
            "Cape Town",
            "South Africa",
            C,
            (-33.890, 18.640),
            62.0,
            (5_500.0, 150.0, 21.0),
            ("WC", 4),
        ),
        city(
            "Durban",
            "South Africa",
            C,
            (-29.815, 30.850),
            340.0,
            (4_500.0, 140.0, 40.0),
            ("ZN", 2),
        ),
        city(
            "Bloemfontein",
            "South Africa",
            C,
            (-29.110, 26.190),
            1_395.0,
            (4_500.0, 160.0, 10.0),
            ("FS", 1),
        ),
        city(
            "Bratislava",
            "Slovakia",
            M,
            (48.160, 17.130),
            152.0,
            (4_500.0, 130.0, 33.0),
            ("BA", 5),
        ),
        city(
            "Vienna",
            "Austria",
            M,
            (48.195, 16.355),
            190.0,
            (6_000.0, 120.0, 28.0),
            ("W", 4),
        ),
        city(
            "Brno",
            "Czechia",
            M,
            (49.195, 16.610),
            237.0,
            (4_000.0, 125.0, 12.0),
            ("BM", 2),
        ),
        city(
            "Prague",
            "Czechia",
            M,
            (50.065, 14.450),
            244.0,
            (6_000.0, 135.0, 343.0),
            ("PH", 3),
        ),
        city(
            "Budapest",
            "Hungary",
            M,
            (47.490, 19.110),
            117.0,
            (6_000.0, 140.0, 36.0),
            ("BP", 2),
        ),
        city(
            "Chicago",
            "IL, USA",
            E,
            (41.870, -87.790),
            188.0,
            (7_000.0, 200.0, 0.0),
            ("IL", 5),
        ),
        city(
            "Dallas",
            "TX, USA",
            E,
            (32.870, -96.790),
            150.0,
            (7_000.0, 190.0, 358.0),
            ("TX", 3),
        ),
        city(
            "Atlanta",
            "GA, USA",
            E,
            (33.770, -84.385),
            310.0,
            (6_500.0, 160.0, 5.0),
            ("GA", 2),
        ),
        city(
            "Denver",
            "CO, USA",
            E,
            (39.710, -104.960),
            1_609.0,
            (6_500.0, 200.0, 0.0),
            ("CO", 2),
        ),
        city(
            "Columbus",
            "OH, USA",
            E,
            (39.980, -82.990),
            235.0,
            (5_500.0, 170.0, 9.0),
            ("OH", 1),
        ),
    ]
};

const fn city(
    name: &'static str,
    country: &'static str,
    vendor: Vendor,
    (lat_deg, lng_deg): (f64, f64),
    altitude_m: f64,
    (half_m, block_m, turn_deg): (f64, f64, f64),
    (plate_area, weight): (&'static str, u32),
) -> City {
    City {
        name,
        country,
        vendor,
        lat_deg,
        lng_deg,
        altitude_m,
        half_m,
        block_m,
        turn_deg,
        plate_area,
        weight,
    }
}

/// Street names, taken in turn by the grid's lines.
const STREETS: [&str; 24] = [
    "Main St",
    "Station Rd",
    "Oak Ave",
    "Church St",
    "Market St",
    "Mill Rd",
    "Park Ave",
    "King St",
    "Harbour Rd",
    "Victoria Rd",
    "School Ln",
    "Garden St",
    "Bridge St",
    "Hill Rd",
    "Depot Rd",
    "Foundry St",
    "Rose St",
    "Industry Way",
    "Union St",
    "Lake Rd",
    "North Rd",
    "Elm St",
    "Airport Rd",
    "College Ave",
];

impl City {
    /// Blocks from the centre to the edge of the grid.
    pub fn half_blocks(&self) -> i32 {
        let mut blocks = 0;
        while f64::from(blocks + 1) * self.block_m <= self.half_m {
            blocks += 1;
        }
        blocks
    }

    /// Latitude and longitude in degrees of a point given in the grid's own metres (`x_m` to the
    /// right, `y_m` ahead, before the grid is turned).
    pub fn lat_lng(&self, x_m: f64, y_m: f64) -> (f64, f64) {
        let (sin, cos) = self.turn_deg.to_radians().sin_cos();
        let east_m = x_m * cos + y_m * sin;
        let north_m = y_m * cos - x_m * sin;
        let lng_scale = M_PER_DEG * self.lat_deg.to_radians().cos();
        (
            self.lat_deg + north_m / M_PER_DEG,
            self.lng_deg + east_m / lng_scale,
        )
    }

    /// The words for a place.
    pub fn address(&self, place: Place) -> String {
        let Place { column, row, .. } = place;
        let line = if place.along_column { column } else { row + 11 };
        let count = i32::try_from(STREETS.len()).unwrap_or(1);
        let street = usize::try_from(line.rem_euclid(count)).unwrap_or(0);
        let house = 1 + (column * 7 + row * 13).rem_euclid(180);
        format!(
            "{house} {}, {}, {}",
            STREETS[street], self.name, self.country
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::distance_m;

    #[test]
    fn a_kilometre_of_grid_is_a_kilometre_on_earth() {
        for city in &CITIES {
            let from = city.lat_lng(300.0, -200.0);
            let to = city.lat_lng(900.0, 600.0);
            let metres = distance_m(from, to);
            assert!(
                (990.0..1_010.0).contains(&metres),
                "{}: {metres}",
                city.name
            );
        }
    }

    #[test]
    fn an_unturned_grid_has_north_ahead() {
        let chicago = CITIES.iter().find(|city| city.name == "Chicago").unwrap();
        let (lat_deg, lng_deg) = chicago.lat_lng(0.0, 1_000.0);
        assert!(chicago.lat_deg < lat_deg);
        assert!((lng_deg - chicago.lng_deg).abs() < 1e-9);
    }

    #[test]
    fn every_vendor_has_a_city() {
        for vendor in Vendor::ALL {
            assert!(CITIES.iter().any(|city| city.vendor == vendor));
        }
    }
}
