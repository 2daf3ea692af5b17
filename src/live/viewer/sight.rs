//! What a viewer looks at: from the bounds and zoom of its map to the views it gets.
//!
//! A small fleet is sent whole to everyone. Of a large one a viewer gets the tiles that its map
//! shows, as long as they hold no more vehicles than a map can tell apart, and beyond that, and for
//! the rest of the world, the counts of cells.

use serde::Deserialize;

use super::ViewerSettings;
use crate::live::bin::Tile;
use crate::live::hub::{Hub, View};

/// Tiles of one viewer; coarser ones are taken where it would be more.
const MAX_TILES: usize = 24;
/// No finer tiles are used: they hold a few streets.
const MAX_LEVEL: u8 = 14;
/// Where Web Mercator ends.
const MAX_LAT_DEG: f64 = 85.051_128;

/// What a viewer says that it looks at. West beyond east crosses the date line.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Sight {
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
    /// Zoom of the map, by tiles of 512 pixels.
    pub zoom: f64,
}

impl Sight {
    /// Whether it can be looked at.
    pub fn is_sane(&self) -> bool {
        let [west, south, east, north] = self.bounds;
        let is_lng = |deg: f64| (-180.0..=180.0).contains(&deg);
        let is_lat = |deg: f64| (-90.0..=90.0).contains(&deg);
        is_lng(west)
            && is_lng(east)
            && is_lat(south)
            && is_lat(north)
            && south <= north
            && self.zoom.is_finite()
    }

    /// The tiles that cover it, of one level, sorted.
    pub fn tiles(&self) -> Vec<Tile> {
        let mut level = level_of(self.zoom);
        loop {
            let tiles = self.tiles_of(level);
            if tiles.len() <= MAX_TILES || level == 0 {
                return tiles;
            }
            level -= 1;
        }
    }

    fn tiles_of(&self, level: u8) -> Vec<Tile> {
        let [west, south, east, north] = self.bounds;
        let n = 1_u32 << level;
        let (left, right) = (column(west, n), column(east, n));
        let (top, bottom) = (line(north, n), line(south, n));
        let columns: Vec<u32> = if west <= east {
            (left..=right).collect()
        } else {
            (0..=right).chain(left.max(right + 1)..n).collect()
        };
        // So many that they will not be used need not be listed.
        if MAX_TILES * 4 < columns.len() {
            return vec![Tile::ROOT; MAX_TILES + 1];
        }
        let part = |part: u32| u16::try_from(part).unwrap_or(u16::MAX);
        let tile = |x: u32, y: u32| Tile {
            z: level,
            x: part(x),
            y: part(y),
        };
        let lines = (top..=bottom).take(MAX_TILES + 1);
        let all = lines.flat_map(|y| columns.iter().map(move |x| tile(*x, y)));
        let mut all: Vec<Tile> = all.take(MAX_TILES + 1).collect();
        all.sort_unstable();
        all
    }
}

/// The views of a viewer of the binary protocol; without a sight it gets the whole fleet.
pub fn views(sight: Option<&Sight>, hub: &Hub, settings: &ViewerSettings) -> Vec<View> {
    let is_large = settings.large_fleet < hub.n_vehicles();
    let Some(sight) = sight.filter(|_| is_large) else {
        return vec![View::Sources, View::Alarms, View::Tile(Tile::ROOT)];
    };
    let tiles = sight.tiles();
    let is_too_much = settings.max_inside < hub.n_vehicles_in(&tiles);
    let tiles = tiles.into_iter().filter(|_| !is_too_much).map(View::Tile);
    [View::Sources, View::Alarms, View::Cells]
        .into_iter()
        .chain(tiles)
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held within the levels first"
)]
fn level_of(zoom: f64) -> u8 {
    zoom.floor().clamp(0.0, f64::from(MAX_LEVEL)) as u8
}

fn column(lng_deg: f64, n: u32) -> u32 {
    nth((lng_deg + 180.0) / 360.0, n)
}

fn line(lat_deg: f64, n: u32) -> u32 {
    let lat = lat_deg.clamp(-MAX_LAT_DEG, MAX_LAT_DEG).to_radians();
    nth(0.5 - lat.tan().asinh() / std::f64::consts::TAU, n)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held within 0 and n first"
)]
fn nth(share: f64, n: u32) -> u32 {
    (share * f64::from(n)).clamp(0.0, f64::from(n - 1)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles(bounds: [f64; 4], zoom: f64) -> Vec<(u8, u16, u16)> {
        let sight = Sight { bounds, zoom };
        assert!(sight.is_sane());
        let tiles = sight.tiles();
        tiles.iter().map(|tile| (tile.z, tile.x, tile.y)).collect()
    }

    #[test]
    fn the_tiles_cover_what_is_seen_and_are_few() {
        assert_eq!(tiles([-180.0, -85.0, 180.0, 85.0], 0.4), [(0, 0, 0)]);
        assert_eq!(tiles([10.0, 10.0, 20.0, 20.0], 1.0), [(1, 1, 0)]);
        assert_eq!(
            tiles([-10.0, -10.0, 10.0, 10.0], 1.0),
            [(1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)]
        );
        let city = tiles([27.8, -26.4, 28.4, -26.0], 11.3);
        assert!((2..=24).contains(&city.len()), "{city:?}");
        assert!(city.iter().all(|(z, ..)| *z == 11));
        // A wall of four screens over the same city takes coarser tiles.
        let wide = tiles([20.0, -30.0, 34.0, -22.0], 11.3);
        assert!((2..=24).contains(&wide.len()) && wide[0].0 < 11, "{wide:?}");
        assert!(tiles([-180.0, -90.0, 180.0, 90.0], 22.0).len() <= 24);
    }

    #[test]
    fn the_date_line_is_crossed() {
        let both = tiles([170.0, -20.0, -170.0, -10.0], 4.0);
        assert!(
            both.contains(&(4, 15, 8)) && both.contains(&(4, 0, 8)),
            "{both:?}"
        );
        assert_eq!(both.len(), 2);
        // Nearly all around, by the other way.
        let around = tiles([10.0, -20.0, 5.0, -10.0], 3.0);
        assert_eq!(around.len(), 8);
    }

    #[test]
    fn what_cannot_be_looked_at_is_not() {
        for bounds in [
            [-181.0, 0.0, 0.0, 1.0],
            [0.0, 2.0, 1.0, 1.0],
            [0.0, 0.0, f64::NAN, 1.0],
            [0.0, 0.0, 1.0, 91.0],
        ] {
            assert!(!Sight { bounds, zoom: 3.0 }.is_sane(), "{bounds:?}");
        }
        let bounds = [0.0, 0.0, 1.0, 1.0];
        assert!(
            !Sight {
                bounds,
                zoom: f64::INFINITY
            }
            .is_sane()
        );
    }
}
