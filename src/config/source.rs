//! Settings of the sources, and the form in which a vendor declares its keys.
//!
//! The vendors' own keys are data ([`VendorSpec`], a constant in each vendor's folder), so that
//! reading a file, the environment and secrets, and refusing what is wrong, is written once, and
//! a fourth vendor adds no line here.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use rustls::pki_types::CertificateDer;
use secrecy::SecretString;

use crate::domain::SourceId;
use crate::domain::thresholds::{FreshnessThresholds, HealthThresholds, PositionThresholds};

/// How far back what was missed is completed, where nothing is set.
pub const RECALL: Duration = Duration::from_hours(24);

/// What a vendor's folder declares about its configuration.
#[derive(Debug)]
pub struct VendorSpec {
    /// The value of `kind`: `cartrack`. From the environment alone it is also the source's id.
    pub kind: &'static str,
    /// Its keys beside the common ones (`id`, `kind`, `poll_interval`, `timezone`, `fields`).
    pub keys: &'static [KeySpec],
    /// Bounds of `poll_interval`; `None` where the vendor is not polled at will.
    pub poll: Option<PollBounds>,
    /// The vendor's own rules (a key's prefix, a region's name), run once all keys are read.
    pub check: fn(&SourceSettings) -> Result<(), KeyProblem>,
}

/// One key of a vendor.
#[derive(Debug)]
pub struct KeySpec {
    /// Its name in the file; a secret may also be given as `<name>_env`,
    /// `<name>_file` or `<name>_credential`.
    pub name: &'static str,
    /// The variable that holds it when there is no file.
    pub env: Option<&'static str>,
    /// A secret is kept in a [`SecretString`] and never printed.
    pub secret: bool,
    /// Missing is an error.
    pub required: bool,
    /// Taken where absent.
    pub default: Option<&'static str>,
    /// One line for the reader of an error and of the documentation.
    pub help: &'static str,
}

/// Bounds of a poll interval.
#[derive(Clone, Copy, Debug)]
pub struct PollBounds {
    /// Least, by the vendor's limits.
    pub min: Duration,
    /// Greatest that still makes a live map.
    pub max: Duration,
    /// Taken where absent.
    pub default: Duration,
}

/// A refused key: named, with the remedy. Never holds a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProblem {
    /// The key.
    pub key: &'static str,
    /// What is wrong with it and what to do: "region `xx` is not known; one of au, bw, ..".
    pub problem: String,
}

/// One `[[source]]`, read and checked.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// Shown to people; unique.
    pub id: SourceId,
    /// The vendor.
    pub kind: &'static str,
    /// Plain values by key.
    pub texts: BTreeMap<&'static str, String>,
    /// Secrets by key.
    pub secrets: BTreeMap<&'static str, SecretString>,
    /// How often to ask; within the vendor's bounds.
    pub poll_interval: Option<Duration>,
    /// How far back what was missed is completed from the vendor's own history; zero is not at
    /// all.
    pub recall: Duration,
    /// `ca_file`: whose certificates are trusted beside the system's authorities.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Zone of times without an offset.
    pub timezone: TimeZone,
    /// Where the vendor's JSON differs from the contract.
    pub fields: FieldMap,
    /// `[source.freshness]`: its own thresholds, complete; `None`: those of all.
    pub freshness: Option<FreshnessThresholds>,
    /// `[source.merging]`, complete; `None`: that of all.
    pub positions: Option<PositionThresholds>,
    /// `[source.health]`, complete; `None`: that of all.
    pub health: Option<HealthThresholds>,
}

impl SourceSettings {
    /// The plain value of `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// The secret `key`; an empty one where it is not set, which a required key never is.
    pub fn secret(&self, key: &str) -> SecretString {
        self.secrets.get(key).cloned().unwrap_or_default()
    }
}

/// A field of ours that `[source.fields.*]` can point at a place in the vendor's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The device's key.
    Id,
    /// The vehicle's name.
    Name,
    /// The number plate.
    Registration,
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
    /// In the vendor's unit.
    Speed,
    /// Degrees.
    Heading,
    /// Metres.
    Altitude,
    /// Metres.
    Accuracy,
    /// Time of the fix.
    Time,
    /// On or off.
    Ignition,
    /// In the vendor's unit.
    Odometer,
    /// A name.
    Driver,
    /// Words for the place.
    Address,
}

impl Field {
    /// All of them, by their names in the configuration.
    pub const ALL: [(&'static str, Self); 14] = [
        ("id", Self::Id),
        ("name", Self::Name),
        ("registration", Self::Registration),
        ("latitude", Self::Latitude),
        ("longitude", Self::Longitude),
        ("speed", Self::Speed),
        ("heading", Self::Heading),
        ("altitude", Self::Altitude),
        ("accuracy", Self::Accuracy),
        ("time", Self::Time),
        ("ignition", Self::Ignition),
        ("odometer", Self::Odometer),
        ("driver", Self::Driver),
        ("address", Self::Address),
    ];
}

/// JSON pointers into a vendor's record, by kind of record. An entry is tried before the
/// contract's own names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldMap {
    /// `[source.fields.position]`: rows of positions.
    pub position: BTreeMap<Field, String>,
    /// `[source.fields.event]`: events of a stream.
    pub event: BTreeMap<Field, String>,
    /// `[source.fields.vehicle]`: rows of the metadata.
    pub vehicle: BTreeMap<Field, String>,
}
