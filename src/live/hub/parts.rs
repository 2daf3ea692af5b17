//! What a step is for each tile that somebody looks at, found in one pass over what moved: to ask
//! every tile about every vehicle would cost a large fleet's full price for each part of it.

use std::ops::RangeInclusive;

use crate::live::bin::row::WORLD;
use crate::live::bin::{Row, Step, Tile};
use crate::live::roll::Move;

/// What became of which number in a tile, ascending.
pub(super) type Part = Vec<(u32, Step)>;

/// The parts of some tiles.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Sorted, and so by level.
    tiles: Vec<Tile>,
    parts: Vec<Part>,
}

impl Parts {
    /// What `moves` are for each of `tiles`.
    pub(super) fn new(moves: &[Move], tiles: impl Iterator<Item = Tile>) -> Self {
        let mut tiles: Vec<Tile> = tiles.collect();
        tiles.sort_unstable();
        let mut parts = vec![Part::new(); tiles.len()];
        let mut first = 0;
        for of_level in tiles.chunk_by(|one, other| one.z == other.z) {
            let level = Level::new(of_level);
            let parts = &mut parts[first..first + of_level.len()];
            for step in moves {
                level.sort_in(step, parts);
            }
            first += of_level.len();
        }
        Self { tiles, parts }
    }

    /// The part of a tile; empty where nothing moved.
    pub(super) fn of(&self, tile: Tile) -> &[(u32, Step)] {
        let at = self.tiles.binary_search(&tile);
        at.map_or(&[], |at| &self.parts[at])
    }
}

/// Tiles of one level.
struct Level<'a> {
    tiles: &'a [Tile],
    /// What they lie within: most of what moves is elsewhere, and quickly passed over.
    x: RangeInclusive<u32>,
    y: RangeInclusive<u32>,
}

impl<'a> Level<'a> {
    fn new(tiles: &'a [Tile]) -> Self {
        let span = |part: fn(&Tile) -> u16| {
            let width = |tile: &Tile| WORLD >> tile.z;
            let first = tiles.iter().map(|tile| u32::from(part(tile)) * width(tile));
            let last = tiles
                .iter()
                .map(|tile| u32::from(part(tile)) * width(tile) + width(tile) - 1);
            first.min().unwrap_or(1)..=last.max().unwrap_or(0)
        };
        Self {
            tiles,
            x: span(|tile| tile.x),
            y: span(|tile| tile.y),
        }
    }

    /// Where among its tiles a row is.
    fn place(&self, row: &Row) -> Option<usize> {
        let z = self.tiles.first()?.z;
        if z == 0 {
            // The whole fleet has those without a position too.
            return Some(0);
        }
        let may_be = self.x.contains(&row.x) && self.y.contains(&row.y) && row.has_position();
        let at = || self.tiles.binary_search(&Tile::of(row, z)).ok();
        may_be.then(at).flatten()
    }

    fn sort_in(&self, step: &Move, parts: &mut [Part]) {
        let left = step.before.as_ref().and_then(|row| self.place(row));
        let entered = step.after.as_ref().and_then(|row| self.place(row));
        let mut add = |place: Option<usize>, before: Option<Row>, after: Option<Row>| {
            if let Some(place) = place
                && let Some(step_here) = became(before, after)
            {
                parts[place].push((step.index, step_here));
            }
        };
        if left == entered {
            add(entered, step.before, step.after);
        } else {
            add(left, step.before, None);
            add(entered, None, step.after);
        }
    }
}

fn became(before: Option<Row>, after: Option<Row>) -> Option<Step> {
    match (before, after) {
        (None, None) => None,
        (Some(_), None) => Some(Step::Removed),
        (before, Some(after)) => Some(Step::Became { before, after }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_row() -> impl Strategy<Value = Option<Row>> {
        let place = 0_u32..1 << 27;
        prop::option::of((place.clone(), place, any::<bool>())).prop_map(|row| {
            let somewhere = |x, y| Row {
                x,
                y,
                state: 1 << 6,
                ..Row::default()
            };
            row.map(|(x, y, is_somewhere)| {
                if is_somewhere {
                    somewhere(x, y)
                } else {
                    Row::default()
                }
            })
        })
    }

    proptest! {
        /// Each tile gets what it would if it were asked about every vehicle.
        #[test]
        fn each_tile_gets_its_part(
            rows in prop::collection::vec((any_row(), any_row()), 0..60),
            tiles in prop::collection::btree_set((0_u8..3, 0_u16..4, 0_u16..4), 0..20),
        ) {
            let moves: Vec<Move> = (0..)
                .zip(&rows)
                .map(|(index, (before, after))| Move { index, before: *before, after: *after })
                .collect();
            let tiles = tiles.into_iter().map(|(z, x, y)| Tile { z, x, y });
            let tiles: Vec<Tile> = tiles.filter(Tile::is_valid).collect();
            let parts = Parts::new(&moves, tiles.iter().copied());
            for tile in tiles {
                let here = |row: &Option<Row>| row.filter(|row| tile.holds(row));
                let asked = moves.iter().filter_map(|step| {
                    Some((step.index, became(here(&step.before), here(&step.after))?))
                });
                let text = |part: &[(u32, Step)]| format!("{part:?}");
                prop_assert_eq!(text(parts.of(tile)), text(&asked.collect::<Vec<_>>()), "{:?}", tile);
            }
        }
    }
}
