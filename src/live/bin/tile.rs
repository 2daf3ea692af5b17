//! A part of the world: a square of the Web Mercator quadtree, as every web map counts them.

use super::row::{Row, WORLD};

/// The world is so many times halved to give a row's unit.
const WORLD_BITS: u32 = WORLD.trailing_zeros();

/// A tile. [`Tile::ROOT`] is the whole fleet, vehicles without a position included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// Level: the world is 2^z tiles wide and high.
    pub z: u8,
    /// Eastwards from the date line.
    pub x: u16,
    /// Southwards from the map's upper edge.
    pub y: u16,
}

impl Tile {
    /// The whole fleet.
    pub const ROOT: Self = Self { z: 0, x: 0, y: 0 };
    /// The deepest level.
    pub const MAX_Z: u8 = 16;

    /// The tile of level `z` (the deepest, where `z` is deeper still) in which `row` is; the root
    /// for a row without a position, which is in no other.
    pub fn of(row: &Row, z: u8) -> Self {
        if !row.has_position() {
            return Self::ROOT;
        }
        let z = z.min(Self::MAX_Z);
        let part =
            |units: u32| u16::try_from(units >> (WORLD_BITS - u32::from(z))).unwrap_or_default();
        Self {
            z,
            x: part(row.x),
            y: part(row.y),
        }
    }

    /// Whether `row` is in it.
    pub fn holds(&self, row: &Row) -> bool {
        *self == Self::ROOT || (row.has_position() && Self::of(row, self.z) == *self)
    }

    /// Whether there is such a tile.
    pub fn is_valid(&self) -> bool {
        let is_inside = |part: u16| u32::from(part) < 1 << self.z;
        self.z <= Self::MAX_Z && is_inside(self.x) && is_inside(self.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_at(x: u32, y: u32) -> Row {
        Row {
            x,
            y,
            state: 1 << 6,
            ..Row::default()
        }
    }

    #[test]
    fn a_row_is_in_one_tile_of_each_level() {
        let south_east = row_at(WORLD - 1, WORLD - 1);
        let deepest = Tile::of(&south_east, 99);
        assert_eq!((deepest.z, deepest.x, deepest.y), (16, 65_535, 65_535));
        let quarter = Tile::of(&row_at(WORLD / 2, WORLD / 2 - 1), 1);
        assert_eq!((quarter.z, quarter.x, quarter.y), (1, 1, 0));
        assert!(quarter.is_valid() && quarter.holds(&row_at(WORLD / 2, 0)));
        assert!(!quarter.holds(&south_east));
    }

    #[test]
    fn only_the_whole_fleet_holds_what_is_nowhere() {
        let nowhere = Row::default();
        let corner = Tile { z: 2, x: 0, y: 0 };
        assert!(Tile::ROOT.holds(&nowhere) && !corner.holds(&nowhere));
        assert_eq!(Tile::of(&nowhere, 2), Tile::ROOT);
        assert!(!Tile { z: 2, x: 4, y: 0 }.is_valid());
        assert!(!Tile { z: 17, x: 0, y: 0 }.is_valid());
    }
}
