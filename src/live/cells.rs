//! How many vehicles are where, and in which state: what a viewer sees of the parts of a large
//! fleet that it does not look at closely.
//!
//! The world is cut into the tiles of one level. Each cell has a count for every standing (what
//! the page's lists and counts group by) and the middle of its vehicles, so that a cluster stands
//! where they are and not in the middle of a square. Vehicles without a position are in none.
//!
//! A cell also knows who is in it, so that a picture of a part costs what that part costs.

use std::collections::{BTreeMap, BTreeSet};

use super::bin::{Row, Tile};
use super::roll::Move;

/// The level of the tiles that are counted: 39 km wide at the equator.
pub const CELL_LEVEL: u8 = 10;
/// Moving, idling, stopped, parked, unknown, and overdue (stale or offline) whatever they did.
const STANDINGS: usize = 6;
/// The middle of a cell's vehicles is told in this many parts of its width and height.
const PARTS_BITS: u32 = 4;
/// A row's units within a cell.
const UNIT_BITS: u32 = 27 - 10;

/// A cell as it is told: x, y, the middle of its vehicles in sixteenths, a count for each standing.
pub type Told = [u32; 4 + STANDINGS];

/// All cells that have vehicles.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    cells: BTreeMap<(u16, u16), Cell>,
    touched: BTreeSet<(u16, u16)>,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    n_by_standing: [u32; STANDINGS],
    /// Sums of where its vehicles are within it, in a row's units.
    sum_x: u64,
    sum_y: u64,
    /// Their numbers.
    members: BTreeSet<u32>,
    told: Option<Told>,
}

impl Cells {
    /// Takes in what moved.
    pub fn apply(&mut self, moves: &[Move]) {
        for Move {
            index,
            before,
            after,
        } in moves
        {
            let [before, after] = [before, after].map(|row| row.filter(Row::has_position));
            let [left, entered] = [before, after].map(|row| row.as_ref().map(place_of));
            if let Some((place, row)) = left.zip(before) {
                let cell = self.touch(place);
                cell.count(&row, false);
                if left != entered {
                    cell.members.remove(index);
                }
            }
            if let Some((place, row)) = entered.zip(after) {
                let cell = self.touch(place);
                cell.count(&row, true);
                if left != entered {
                    cell.members.insert(*index);
                }
            }
        }
    }

    fn touch(&mut self, place: (u16, u16)) -> &mut Cell {
        self.touched.insert(place);
        self.cells.entry(place).or_default()
    }

    /// The numbers, ascending, of all vehicles that may be in `tile`: those of the cells it
    /// overlaps.
    pub fn near(&self, tile: Tile) -> Vec<u32> {
        let coarser = u32::from(CELL_LEVEL.saturating_sub(tile.z));
        let finer = u32::from(tile.z.saturating_sub(CELL_LEVEL));
        let span = |part: u16| {
            let first = (part >> finer) << coarser;
            first..=first + ((1 << coarser) - 1)
        };
        let (columns, lines) = (span(tile.x), span(tile.y));
        let all = self
            .cells
            .range((*columns.start(), 0)..=(*columns.end(), u16::MAX));
        let inside = all.filter(|((_, y), _)| lines.contains(y));
        let mut numbers: Vec<u32> = inside
            .flat_map(|(_, cell)| &cell.members)
            .copied()
            .collect();
        numbers.sort_unstable();
        numbers
    }

    /// How many vehicles are in any of `tiles`, none of which may hold another.
    pub fn n_vehicles_in(&self, tiles: &[Tile]) -> usize {
        let is_inside = |(x, y): (u16, u16), tile: &Tile| {
            let shift = u32::from(CELL_LEVEL.saturating_sub(tile.z));
            let finer = u32::from(tile.z.saturating_sub(CELL_LEVEL));
            (x >> shift, y >> shift) == (tile.x >> finer, tile.y >> finer)
        };
        let inside = self
            .cells
            .iter()
            .filter(|(place, _)| tiles.iter().any(|tile| is_inside(**place, tile)));
        inside.map(|(_, cell)| cell.n_vehicles()).sum()
    }

    /// All of them, for who knows none. What has not been told of since it changed is told next
    /// time in any case: who comes now has seen it on its way, though it may be back by then.
    pub fn tell_all(&mut self) -> Vec<Told> {
        for place in &self.touched {
            if let Some(cell) = self.cells.get_mut(place) {
                cell.told = None;
            }
        }
        let filled = self.cells.iter().filter(|(_, cell)| 0 < cell.n_vehicles());
        filled.map(|(place, cell)| cell.tell(*place)).collect()
    }

    /// Those that differ from what was told of them last; an empty one once, with no vehicles.
    pub fn take_changed(&mut self) -> Vec<Told> {
        let mut changed = Vec::new();
        for place in std::mem::take(&mut self.touched) {
            let Some(cell) = self.cells.get_mut(&place) else {
                continue;
            };
            let now = cell.tell(place);
            if cell.told.replace(now) != Some(now) {
                changed.push(now);
            }
            if cell.n_vehicles() == 0 {
                self.cells.remove(&place);
            }
        }
        changed
    }
}

impl Cell {
    fn count(&mut self, row: &Row, is_there: bool) {
        let n = &mut self.n_by_standing[standing(row)];
        let within = |units: u32| u64::from(units & ((1 << UNIT_BITS) - 1));
        let (x, y) = (within(row.x), within(row.y));
        if is_there {
            (*n, self.sum_x, self.sum_y) = (*n + 1, self.sum_x + x, self.sum_y + y);
        } else {
            // Each row that goes has come before.
            *n = n.saturating_sub(1);
            self.sum_x = self.sum_x.saturating_sub(x);
            self.sum_y = self.sum_y.saturating_sub(y);
        }
    }

    fn n_vehicles(&self) -> usize {
        let n: u32 = self.n_by_standing.iter().sum();
        usize::try_from(n).unwrap_or(usize::MAX)
    }

    fn tell(&self, (x, y): (u16, u16)) -> Told {
        let n = self.n_vehicles().max(1) as u64;
        let part = |sum: u64| u32::try_from((sum / n) >> (UNIT_BITS - PARTS_BITS)).unwrap_or(0);
        let [moving, idling, stopped, parked, unknown, overdue] = self.n_by_standing;
        [
            u32::from(x),
            u32::from(y),
            part(self.sum_x),
            part(self.sum_y),
            moving,
            idling,
            stopped,
            parked,
            unknown,
            overdue,
        ]
    }
}

/// The cell of a row that has a position.
fn place_of(row: &Row) -> (u16, u16) {
    let Tile { x, y, .. } = Tile::of(row, CELL_LEVEL);
    (x, y)
}

/// What the vehicle is counted under.
fn standing(row: &Row) -> usize {
    const STALE: u8 = 2;
    const OFFLINE: u8 = 3;
    match row.freshness() {
        STALE | OFFLINE => STANDINGS - 1,
        _ => usize::from(row.motion()).min(STANDINGS - 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(x: u32, y: u32, motion: u8, freshness: u8) -> Row {
        Row {
            x,
            y,
            state: 1 << 6 | freshness << 3 | motion,
            ..Row::default()
        }
    }

    fn any_row() -> impl Strategy<Value = Option<Row>> {
        let place = 0_u32..4 << UNIT_BITS;
        prop::option::of((place.clone(), place, 0_u8..5, 0_u8..4))
            .prop_map(|row| row.map(|(x, y, motion, freshness)| self::row(x, y, motion, freshness)))
    }

    proptest! {
        /// Whatever moved, the cells are those of the rows that are there now, and what was told
        /// piece by piece is the whole.
        #[test]
        fn cells_follow_the_rows(
            steps in prop::collection::vec((0_usize..8, any_row(), 0_u8..4), 1..80),
            tile in (8_u8..13, 0_u16..16, 0_u16..16),
        ) {
            let mut rows: Vec<Option<Row>> = vec![None; 8];
            let mut cells = Cells::default();
            let mut screen: BTreeMap<(u32, u32), Told> = BTreeMap::new();
            for (at, after, how) in steps {
                let before = std::mem::replace(&mut rows[at], after);
                if before.is_none() && after.is_none() {
                    continue;
                }
                let index = u32::try_from(at).unwrap();
                cells.apply(&[Move { index, before, after }]);
                if how == 0 {
                    // Not told yet, or to another who begins here.
                    continue;
                }
                if how == 1 {
                    screen = cells.tell_all().into_iter().map(|told| ((told[0], told[1]), told)).collect();
                    continue;
                }
                for told in cells.take_changed() {
                    screen.insert((told[0], told[1]), told);
                }
                screen.retain(|_, told| told[4..].iter().any(|n| 0 < *n));
                let mut fresh = Cells::default();
                let moves: Vec<Move> = (0..)
                    .zip(&rows)
                    .filter_map(|(index, row)| {
                        Some(Move { index, before: None, after: Some((*row)?) })
                    })
                    .collect();
                fresh.apply(&moves);
                let told: Vec<Told> = screen.values().copied().collect();
                prop_assert_eq!(&told, &fresh.tell_all());
                prop_assert_eq!(&told, &cells.clone().tell_all());
                prop_assert_eq!(cells.n_vehicles_in(&[Tile::ROOT]), moves.len());
                let (z, x, y) = tile;
                let tile = Tile { z, x, y };
                let near = cells.near(tile);
                prop_assert_eq!(&near, &fresh.near(tile));
                let inside = moves.iter().filter(|step| tile.holds(&step.after.unwrap()));
                prop_assert!(inside.into_iter().all(|step| near.contains(&step.index)));
                prop_assert!(z < CELL_LEVEL || near.len() <= cells.n_vehicles_in(&[tile]));
            }
        }
    }

    #[test]
    fn who_comes_between_two_tellings_is_not_left_with_what_was_between() {
        let (home, away) = (row(5, 5, 0, 0), row(7 << UNIT_BITS, 5, 0, 0));
        let step = |before, after| Move {
            index: 0,
            before,
            after: Some(after),
        };
        let mut cells = Cells::default();
        cells.apply(&[step(None, home)]);
        cells.take_changed();
        cells.apply(&[step(Some(home), away)]);
        let late = cells.tell_all();
        assert_eq!((late.len(), late[0][0]), (1, 7));
        cells.apply(&[step(Some(away), home)]);
        let told = cells.take_changed();
        let places: Vec<_> = told.iter().map(|cell| (cell[0], cell[4])).collect();
        assert_eq!(places, [(0, 1), (7, 0)]);
    }

    #[test]
    fn a_cluster_stands_where_its_vehicles_are() {
        let mut cells = Cells::default();
        let at = |index, x, y| Move {
            index,
            before: None,
            after: Some(row(x, y, 0, 0)),
        };
        let width = 1 << UNIT_BITS;
        cells.apply(&[
            at(0, 5 * width, 7 * width),
            at(1, 5 * width + width / 2, 7 * width),
        ]);
        assert_eq!(cells.tell_all(), [[5, 7, 4, 0, 2, 0, 0, 0, 0, 0]]);
        let inside = |z, x, y| cells.n_vehicles_in(&[Tile { z, x, y }]);
        assert_eq!((inside(9, 2, 3), inside(9, 3, 3)), (2, 0));
        assert_eq!((inside(12, 20, 28), inside(12, 24, 28)), (2, 0));
        let near = |z, x, y| cells.near(Tile { z, x, y }).len();
        assert_eq!((near(9, 2, 3), near(9, 3, 3), near(0, 0, 0)), (2, 0, 2));
        assert_eq!((near(12, 20, 28), near(12, 24, 28)), (2, 0));
    }
}
