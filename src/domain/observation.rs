//! What a source says: of one device at one time, or of itself.
//!
//! This is the whole language between `source` and `fleet`. A fourth vendor speaks it or is not
//! heard.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{DeviceKey, Reading, Refusal, Signal, SourceId};

/// How a record came to us; it decides what a missing time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An event of a stream: it was sent because something happened.
    Stream,
    /// A row of a polled list: it may repeat what is long known.
    Poll,
}

/// What people call a device's vehicle. Empty members are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The vendor's name for the vehicle.
    pub name: Option<Arc<str>>,
    /// The number plate as the vendor writes it.
    pub registration: Option<Arc<str>>,
    /// The vendor's groups or tags.
    pub groups: Vec<Arc<str>>,
}

/// What a record says beside the position. Each member merges for itself: the newest wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Ignition, as told by the vendor; never inferred.
    pub ignition: Option<bool>,
    /// Total distance in metres.
    pub odometer_m: Option<f64>,
    /// Who drives, by the vendor's word.
    pub driver: Option<Arc<str>>,
    /// The vendor's words for the place.
    pub address: Option<Arc<str>>,
    /// Charge of the tracker's or the phone's battery, percent.
    pub battery_pct: Option<f64>,
    /// Fuel in the tank in litres.
    pub fuel_l: Option<f64>,
    /// The panic button is pressed.
    pub panic: Option<bool>,
}

/// What one source says of one device in one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The device it is about.
    pub device: DeviceKey,
    /// When we got the record, by our clock.
    pub received_at: Timestamp,
    /// How it came.
    pub origin: Origin,
    /// Where the device was; `None` for a vehicle that is listed without a fix.
    pub reading: Option<Reading>,
    /// When the device last spoke, by the vendor's word, where that differs from the fix.
    pub contact_at: Option<Timestamp>,
    /// What this very record says of names; the metadata ([`Said::Listed`]) outranks it.
    pub label: Label,
    /// Everything else it says.
    pub facts: Facts,
}

/// One message of a source to the fleet.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who speaks.
    pub source: SourceId,
    /// When it was said, by our clock.
    pub at: Timestamp,
    /// What.
    pub said: Said,
}

/// What a source can say.
#[derive(Clone, Debug)]
pub enum Said {
    /// Records, in the order of their arrival. A list of them never says who exists.
    Observed(Vec<Observation>),
    /// The vendor's metadata, complete: every device it lists, with its label. A device that is
    /// missing here is no longer listed. A source whose metadata cannot be had says this each time
    /// as `None`, so that nobody waits for it.
    Listed(Option<Vec<(DeviceKey, Label)>>),
    /// The vendor says that a device went offline, at `since` by its own word.
    Offline {
        /// Which device.
        device: DeviceKey,
        /// Since when, where the vendor says.
        since: Option<Timestamp>,
    },
    /// What devices recorded while nobody heard them, from the vendor's own history: readings with
    /// their `vendor_at`. They complete trails, and are no news of where anything is.
    Recalled(Vec<(DeviceKey, Reading)>),
    /// Records that were refused, counted by reason.
    Refused(BTreeMap<Refusal, u64>),
    /// How the feed itself is.
    Signal(Signal),
}
