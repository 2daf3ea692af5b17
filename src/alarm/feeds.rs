//! How the sources are, as far as alarms depend on it: pure.
//!
//! While a feed is not heard, that its vehicles are silent says nothing of them: one alarm tells of
//! the feed. Once it is heard again, or for the first time after a restart, its vehicles have some
//! minutes to report before their silence counts.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Health, SourceId};
use crate::fleet::SourceStatus;

/// What a feed that is heard again gets to tell of its vehicles.
pub(super) const SETTLES_WITHIN: SignedDuration = SignedDuration::from_mins(3);

/// All sources.
#[derive(Debug, Default)]
pub(super) struct Feeds {
    by_id: HashMap<SourceId, Feed>,
}

#[derive(Clone, Copy, Debug)]
struct Feed {
    /// Since when it has been heard without a break.
    heard_since: Option<Timestamp>,
    health: Health,
    since: Timestamp,
}

/// Whether a feed is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outage {
    /// Nothing comes, since then, until somebody does something.
    Since(Timestamp),
    /// It is heard.
    None,
    /// It is too early to tell.
    Unclear,
}

impl Feeds {
    /// Takes how a source is now; whether it is heard since just now.
    pub(super) fn take(&mut self, status: &SourceStatus, now: Timestamp) -> bool {
        let before = self.by_id.get(&status.id).and_then(|feed| feed.heard_since);
        let is_heard = matches!(status.health, Health::Up | Health::Slow);
        let feed = Feed {
            heard_since: is_heard.then(|| before.unwrap_or(now)),
            health: status.health,
            since: status.since,
        };
        self.by_id.insert(status.id.clone(), feed);
        is_heard && before.is_none()
    }

    /// From when on the silence of this source's vehicles counts; `None` while it is not heard.
    pub(super) fn settled_at(&self, source: &SourceId) -> Option<Timestamp> {
        let heard_since = self.by_id.get(source)?.heard_since?;
        Some(heard_since + SETTLES_WITHIN)
    }

    /// Whether a source is gone.
    pub(super) fn outage(&self, source: &SourceId) -> Outage {
        match self.by_id.get(source) {
            None => Outage::Unclear,
            Some(feed) => match feed.health {
                Health::Down | Health::Auth => Outage::Since(feed.since),
                Health::Up | Health::Slow => Outage::None,
                Health::Connecting | Health::Limited => Outage::Unclear,
            },
        }
    }

    /// All of them.
    pub(super) fn ids(&self) -> Vec<SourceId> {
        self.by_id.keys().cloned().collect()
    }
}
