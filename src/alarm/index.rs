//! Which places may hold a point, without asking all of them.
//!
//! The world is cut into squares at each of some levels, and each place stands at the finest level
//! whose squares are not smaller than it is: so it touches four of them at most, and a point has to
//! be looked up once for each level that is in use, however many places there are.

use std::collections::{BTreeSet, HashMap};

/// The finest squares, about 600 m.
const FINEST: u8 = 16;

/// Places by the squares that they touch.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    squares: HashMap<(u8, i64, i64), Vec<usize>>,
    levels: BTreeSet<u8>,
}

impl Index {
    /// Of the places with these bounds: west, south, east, north in degrees.
    pub(super) fn new(bounds: impl Iterator<Item = [f64; 4]>) -> Self {
        let mut index = Self::default();
        for (nth, [west, south, east, north]) in bounds.enumerate() {
            let level = level_of((east - west).max(north - south));
            let (left, right) = (at(west, level), at(east, level));
            index.levels.insert(level);
            for y in at(south, level)..=at(north, level) {
                // Once around is enough.
                for x in left..=right.min(left + (1 << level) - 1) {
                    let square = (level, around(x, level), y);
                    index.squares.entry(square).or_default().push(nth);
                }
            }
        }
        index
    }

    /// Which places may hold the point; most often none.
    pub(super) fn near(&self, lat_deg: f64, lng_deg: f64) -> impl Iterator<Item = usize> {
        let square = move |level: &u8| {
            let x = around(at(lng_deg, *level), *level);
            self.squares.get(&(*level, x, at(lat_deg, *level)))
        };
        self.levels.iter().filter_map(square).flatten().copied()
    }
}

/// The finest level whose squares are as large.
fn level_of(side_deg: f64) -> u8 {
    let is_as_large = |level: &u8| side_deg <= side(*level);
    (0..=FINEST).rev().find(is_as_large).unwrap_or(0)
}

/// Degrees of a square's side; a row of them is once around the world.
fn side(level: u8) -> f64 {
    360.0 / f64::from(1_u32 << level)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees by the smallest side are far within"
)]
fn at(deg: f64, level: u8) -> i64 {
    (deg / side(level)).floor() as i64
}

fn around(x: i64, level: u8) -> i64 {
    x.rem_euclid(1 << level)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds([west, south, east, north]: [f64; 4], lat: f64, lng: f64) -> bool {
        let turns = [-720.0, -360.0, 0.0, 360.0, 720.0];
        let is_between = |turn: &f64| (west..=east).contains(&(lng + turn));
        (south..=north).contains(&lat) && turns.iter().any(is_between)
    }

    proptest! {
        /// Whoever asks each place finds none that the index does not name.
        #[test]
        fn no_place_is_missed(
            places in prop::collection::vec(
                (-360.0_f64..300.0, -89.0_f64..80.0, 0.0_f64..40.0, 0.0_f64..9.0), 0..40),
            lat in -90.0_f64..90.0,
            lng in -180.0_f64..180.0,
        ) {
            let bounds: Vec<[f64; 4]> = places
                .iter()
                .map(|(west, south, wide, high)| [*west, *south, west + wide, south + high])
                .collect();
            let index = Index::new(bounds.iter().copied());
            let near: BTreeSet<usize> = index.near(lat, lng).collect();
            for (nth, bounds) in bounds.iter().enumerate() {
                prop_assert!(!holds(*bounds, lat, lng) || near.contains(&nth), "{:?}", bounds);
            }
        }
    }

    #[test]
    fn a_place_stands_in_few_squares() {
        let index = Index::new(std::iter::once([28.0, -26.0, 28.01, -25.99]));
        assert!(index.squares.len() <= 4, "{}", index.squares.len());
        assert_eq!(index.near(0.0, 0.0).count(), 0);
    }
}
