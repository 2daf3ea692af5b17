//! What a store keeps of each device, so that a restart forgets nothing of the present.
//!
//! Plain data in the fleet's own words, one [`Remembered`] per device. The fleet gives it in
//! `Changes::remembered` for each device that differs, and takes it back once, at the start, by
//! [`super::Fleet::restore`]. What follows from it (identity, freshness, flags) is not kept: it is
//! derived anew, so a change of the roster or of a threshold counts for what is restored as well.

use jiff::Timestamp;

use super::device::TimedFacts;
use super::fix::{Fix, Raw};
use super::interval::Gaps;
use super::motion::Progress;
use crate::domain::{DeviceKey, Label};

/// All that is worth keeping of one device.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// Which.
    pub device: DeviceKey,
    /// What the vendor's metadata says of it, if that ever listed it.
    pub listed: Option<Label>,
    /// What its own records say of it.
    pub seen: Label,
    /// Since when the vendor's metadata no longer lists it.
    pub unlisted_since: Option<Timestamp>,
    /// Its newest fix.
    pub fix: Option<Fix>,
    /// The fix by which it holds its vehicle's position, if it does. Mostly the newest one, but
    /// not where that was refused.
    pub position: Option<Fix>,
    /// Its last record, to know a repetition.
    pub raw: Option<Raw>,
    /// When it last spoke, by the vendor's word or ours.
    pub contact_at: Option<Timestamp>,
    /// The vendor said that it is offline, at this time of ours.
    pub offline_at: Option<Timestamp>,
    /// Its facts, each with its time.
    pub facts: TimedFacts,
    /// What its fixes tell of its vehicle's motion: spell, anchor, ignition.
    pub motion: Progress,
    /// The gaps between its fixes, from which its expected interval follows.
    pub gaps: Gaps,
}

impl Remembered {
    /// Nothing, of `device`: what else is known is put in.
    pub fn nothing_of(device: DeviceKey) -> Self {
        Self {
            device,
            listed: None,
            seen: Label::default(),
            unlisted_since: None,
            fix: None,
            position: None,
            raw: None,
            contact_at: None,
            offline_at: None,
            facts: TimedFacts::default(),
            motion: Progress::default(),
            gaps: Gaps::default(),
        }
    }
}
