//! What the map shows of one vehicle, as the memory holds it: what the next tick is compared with, and
//! what a keyframe is made of.

use super::record::{Look, Place, Record, Showing};

/// What the map shows of a vehicle now.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The device whose stream says so.
    pub(super) v: u32,
    pub(super) card: u64,
    pub(super) look: Look,
    pub(super) place: Option<Place>,
}

impl Shown {
    /// As a record of `at_ms`; its place is no fix, as that was remembered when it came.
    pub(super) fn record(&self, at_ms: i64) -> Record {
        Record {
            at_ms,
            card: self.card,
            place: self.place.clone(),
            showing: Showing::As(self.look.clone()),
            ..Record::default()
        }
    }
}
