//! Which thresholds count for which source, looked up by number rather than by name.

use super::FleetSettings;
use jiff::SignedDuration;

use super::freshness::{self, Limits};
use super::interval::Pace;
use super::merge::Held;
use super::source::Source;
use super::track::{Rules, Track};
use crate::domain::thresholds::{
    FreshnessThresholds, HealthThresholds, MergingThresholds, MotionThresholds,
};

/// The thresholds of all sources.
#[derive(Debug)]
pub struct RuleBook {
    /// For every vehicle.
    pub motion: MotionThresholds,
    /// For the positions of each source, in their order.
    pub freshness: Vec<FreshnessThresholds>,
    /// For vehicles with several devices.
    pub merging: MergingThresholds,
    /// How long positions of each source hold, at least.
    pub hold: Vec<SignedDuration>,
    /// For each source itself.
    pub health: Vec<HealthThresholds>,
}

impl RuleBook {
    /// Those of `settings` for `sources`.
    pub fn new(settings: &FleetSettings, sources: &[Source]) -> Self {
        let thresholds = &settings.thresholds;
        let freshness = sources
            .iter()
            .map(|source| *thresholds.freshness_of(source.id()));
        let ids = || sources.iter().map(Source::id);
        Self {
            motion: thresholds.motion,
            freshness: freshness.collect(),
            merging: thresholds.merging,
            hold: ids().map(|id| thresholds.hold_of(id)).collect(),
            health: ids().map(|id| thresholds.health_of(id)).collect(),
        }
    }

    /// How long the `held` position is held against lesser devices, at least.
    pub fn hold_against(&self, held: Option<&Held>) -> SignedDuration {
        held.map_or(self.merging.hold, |held| self.hold[held.rank.source])
    }

    /// Has each source judged by its own.
    pub fn tell(&self, sources: &mut [Source]) {
        for (source, rules) in sources.iter_mut().zip(&self.health) {
            source.health.rules = *rules;
        }
    }

    /// What a track of a device of the source in place `at` is judged by.
    pub fn of(&self, sources: &[Source], at: usize) -> Rules<'_> {
        let polled = sources[at].health.poll_interval();
        Rules {
            motion: &self.motion,
            freshness: &self.freshness[at],
            pace: polled.map_or(Pace::Streamed, Pace::Polled),
        }
    }

    /// How old the position of a device with this track may be.
    pub fn limits(&self, source_at: usize, track: &Track) -> Limits {
        let on_the_move = track.progress().on_the_move;
        freshness::limits(on_the_move, track.expected(), &self.freshness[source_at])
    }
}
