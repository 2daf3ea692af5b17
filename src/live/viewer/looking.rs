//! Where a viewer looks: it says so, and the fleet may grow beneath it.

use std::time::Duration;

use super::look::Look;
use super::sight::{Sight, views};
use super::{Moment, Viewer, ViewerSettings};
use crate::live::bin::Tile;
use crate::live::frame::{self, Frame, Stamp};
use crate::live::hub::View;

/// How often it is weighed anew what a viewer looks at.
const WEIGHED_EVERY: Duration = Duration::from_secs(10);

impl Viewer {
    /// Looks elsewhere; what is still looked at goes on where it is.
    pub(super) fn look_at(&mut self, sight: Sight, now: Moment) {
        self.sight = Some(sight);
        let settings = self.settings;
        self.weigh(sight, &settings, now);
        self.is_view_untold = true;
    }

    /// A fleet that has grown or shrunk may be large now, or small; after a restart it begins
    /// with nothing. And vehicles come together where a viewer looks.
    pub(super) fn look_again(&mut self, now: Moment) {
        let Some(sight) = self.sight else { return };
        let n_vehicles = self.hub.n_vehicles();
        let is_due = WEIGHED_EVERY <= now.instant.duration_since(self.weighed_at);
        if is_due || self.n_weighed / 8 < n_vehicles.abs_diff(self.n_weighed) {
            let settings = self.with_slack();
            self.is_view_untold |= self.weigh(sight, &settings, now);
        }
    }

    /// What is shown stays until it is clearly too much, or a map at the limit would lose and
    /// regain its vehicles with each that comes and goes.
    fn with_slack(&self) -> ViewerSettings {
        let shows_parts = |look: &Look| matches!(look.view, View::Tile(tile) if tile != Tile::ROOT);
        let shows_all = |look: &Look| look.view == View::Tile(Tile::ROOT);
        let slack = |n: usize, has_it: bool| if has_it { n + n / 8 } else { n };
        ViewerSettings {
            max_inside: slack(self.settings.max_inside, self.looks.iter().any(shows_parts)),
            large_fleet: slack(self.settings.large_fleet, self.looks.iter().any(shows_all)),
            ..self.settings
        }
    }

    /// Looks at what `sight` is worth now; whether that is anything else than before.
    fn weigh(&mut self, sight: Sight, settings: &ViewerSettings, now: Moment) -> bool {
        self.n_weighed = self.hub.n_vehicles();
        self.weighed_at = now.instant;
        let seen = views(Some(&sight), &self.hub, settings);
        if seen.iter().eq(self.looks.iter().map(|look| &look.view)) {
            return false;
        }
        let mut before = std::mem::take(&mut self.looks);
        let look = |view: View| {
            let held = before.iter().position(|look| look.view == view);
            held.map_or_else(
                || Look::new(&self.hub, view, self.deflates),
                |at| before.swap_remove(at),
            )
        };
        self.looks = seen.into_iter().map(look).collect();
        true
    }

    /// Tells a viewer that said what it looks at what it gets.
    pub(super) fn say_view(&mut self, now: Moment) {
        if !std::mem::take(&mut self.is_view_untold) {
            return;
        }
        let tile = |look: &Look| match look.view {
            View::Tile(tile) => Some([u16::from(tile.z), tile.x, tile.y]),
            View::Json | View::Sources | View::Alarms | View::Cells => None,
        };
        let text = frame::encode(&Frame::View {
            at: Stamp(now.at),
            whole: self
                .looks
                .iter()
                .any(|look| look.view == View::Tile(Tile::ROOT)),
            tiles: self.looks.iter().filter_map(tile).collect(),
        });
        self.say(&text);
    }
}
