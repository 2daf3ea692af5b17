//! Which thresholds count for which source, looked up by number rather than by name.

use super::FleetSettings;
use jiff::SignedDuration;

use super::freshness::{self, Limits};
use super::interval::Pace;
use super::merge::{self, Held, Rank, Terms};
use super::source::Source;
use super::track::{Rules, Track};
use crate::domain::thresholds::{
    FreshnessThresholds, HealthThresholds, MergingThresholds, MotionThresholds, PositionThresholds,
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
    /// How the positions of each source are believed and held.
    pub positions: Vec<PositionThresholds>,
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
            positions: ids().map(|id| thresholds.positions_of(id)).collect(),
            health: ids().map(|id| thresholds.health_of(id)).collect(),
        }
    }

    /// On what terms a fix of the device of `rank` is judged against the `held` one, whose device
    /// reports every `expected`.
    pub fn terms(
        &self,
        rank: &Rank,
        held: Option<&Held>,
        expected: SignedDuration,
        is_live: bool,
    ) -> Terms {
        let rules = held.map_or(&self.merging.positions, |it| {
            &self.positions[it.rank.source]
        });
        Terms {
            hold_for: merge::hold(expected, rules.hold),
            is_live,
            poor_beyond_m: self.positions[rank.source].poor_beyond_m,
        }
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
