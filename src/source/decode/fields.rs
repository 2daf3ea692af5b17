//! The form in which a vendor's `wire.rs` says where each field of ours stands in its records.
//!
//! It is data and no code, so that the reader is written once, and `survey` can say for any
//! vendor what was found under which name.

use crate::config::source::Field;

use super::json::Json;

/// Member names from the outside in; a decimal number indexes an array.
pub type Path = &'static [&'static str];

/// One thing of ours that a record can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Datum {
    /// What kind of event it is.
    Kind,
    /// The device's key.
    Id,
    /// A key to take only where no [`Datum::Id`] is found.
    WeakId,
    /// The vehicle's name.
    Name,
    /// The number plate.
    Registration,
    /// Groups or tags.
    Groups,
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
    /// In the unit that the vendor or the operator sets.
    Speed,
    /// Miles per hour, by its name.
    SpeedMph,
    /// Kilometres per hour, by its name.
    SpeedKmh,
    /// Degrees.
    Heading,
    /// Metres.
    Altitude,
    /// Metres.
    Accuracy,
    /// How good the receiver calls its fix.
    FixType,
    /// Time of the fix.
    Time,
    /// Time of the last contact.
    ContactTime,
    /// Since when it is offline.
    OfflineSince,
    /// When a track began.
    StartTime,
    /// When it ended.
    EndTime,
    /// On or off.
    Ignition,
    /// On, off or idle.
    EngineState,
    /// Metres.
    Odometer,
    /// Kilometres, by its name.
    OdometerKm,
    /// Miles, by its name.
    OdometerMiles,
    /// Who drives.
    Driver,
    /// The same in two parts.
    DriverFirstName,
    /// The second.
    DriverLastName,
    /// The driver's key; all zeros are nobody.
    DriverId,
    /// Words for the place.
    Address,
    /// Percent.
    Battery,
    /// Litres.
    Fuel,
    /// The panic button.
    Panic,
    /// An error event's code.
    ErrorCode,
    /// An error event's words.
    ErrorMessage,
}

impl Datum {
    /// Its name for people; the configuration's, where there is one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Id => "id",
            Self::WeakId => "id (weak)",
            Self::Name => "name",
            Self::Registration => "registration",
            Self::Groups => "groups",
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::Speed => "speed",
            Self::SpeedMph => "speed (mph)",
            Self::SpeedKmh => "speed (km/h)",
            Self::Heading => "heading",
            Self::Altitude => "altitude",
            Self::Accuracy => "accuracy",
            Self::FixType => "fix type",
            Self::Time => "time",
            Self::ContactTime => "contact time",
            Self::OfflineSince => "offline since",
            Self::StartTime => "start time",
            Self::EndTime => "end time",
            Self::Ignition => "ignition",
            Self::EngineState => "engine state",
            Self::Odometer => "odometer",
            Self::OdometerKm => "odometer (km)",
            Self::OdometerMiles => "odometer (miles)",
            Self::Driver => "driver",
            Self::DriverFirstName => "driver, first",
            Self::DriverLastName => "driver, last",
            Self::DriverId => "driver, id",
            Self::Address => "address",
            Self::Battery => "battery",
            Self::Fuel => "fuel",
            Self::Panic => "panic",
            Self::ErrorCode => "error code",
            Self::ErrorMessage => "error message",
        }
    }

    /// The configuration's name for it, where `[source.fields.*]` can point at it.
    pub fn configured_as(self) -> Option<Field> {
        Some(match self {
            Self::Id => Field::Id,
            Self::Name => Field::Name,
            Self::Registration => Field::Registration,
            Self::Latitude => Field::Latitude,
            Self::Longitude => Field::Longitude,
            Self::Speed => Field::Speed,
            Self::Heading => Field::Heading,
            Self::Altitude => Field::Altitude,
            Self::Accuracy => Field::Accuracy,
            Self::Time => Field::Time,
            Self::Ignition => Field::Ignition,
            Self::Odometer => Field::Odometer,
            Self::Driver => Field::Driver,
            Self::Address => Field::Address,
            _ => return None,
        })
    }
}

impl Datum {
    /// An object under a name that should be a scalar's is something else by the same name. But
    /// a position or a time that cannot be read is refused, not overlooked.
    pub(super) fn can_be(self, value: &Json<'_>) -> bool {
        let is_vital = matches!(self, Self::Latitude | Self::Longitude | Self::Time);
        is_vital || self == Self::Groups || value.is_scalar()
    }

    /// It is read beside the coordinates first.
    pub(super) fn belongs_to_fix(self) -> bool {
        matches!(
            self,
            Self::Latitude
                | Self::Longitude
                | Self::Speed
                | Self::SpeedMph
                | Self::SpeedKmh
                | Self::Heading
                | Self::Altitude
                | Self::Accuracy
                | Self::FixType
                | Self::Time
                | Self::Address
        )
    }
}

/// How sure a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The vendor's own page says so.
    Doc,
    /// Clients or fixtures against the real API show it.
    Seen,
    /// Nobody could confirm it.
    Assumed,
}

/// A field of ours and the vendor's names for it; the first that says something wins.
#[derive(Debug)]
pub struct Entry {
    /// Ours.
    pub datum: Datum,
    /// How sure.
    pub mark: Mark,
    /// Theirs.
    pub paths: &'static [Path],
}

impl Entry {
    /// Names from the vendor's own page.
    pub const fn doc(datum: Datum, paths: &'static [Path]) -> Self {
        Self {
            datum,
            mark: Mark::Doc,
            paths,
        }
    }

    /// Names that were seen on the wire.
    pub const fn seen(datum: Datum, paths: &'static [Path]) -> Self {
        Self {
            datum,
            mark: Mark::Seen,
            paths,
        }
    }

    /// Names that nobody could confirm.
    pub const fn assumed(datum: Datum, paths: &'static [Path]) -> Self {
        Self {
            datum,
            mark: Mark::Assumed,
            paths,
        }
    }
}

/// What kind of record a table describes: it picks the operator's pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A row of a list of positions.
    Position,
    /// An event of a stream.
    Event,
    /// A row of the metadata.
    Vehicle,
}

/// One kind of record of one vendor.
#[derive(Debug)]
pub struct RecordSpec {
    /// Of which kind.
    pub kind: RecordKind,
    /// Members that may hold the whole payload.
    pub wraps: &'static [&'static str],
    /// Members that may hold the position; the record itself comes last.
    pub places: &'static [&'static str],
    /// Members that may hold an array of records in place of one.
    pub arrays: &'static [&'static str],
    /// The names.
    pub entries: &'static [Entry],
}

impl RecordSpec {
    /// The vendor's names for `datum`.
    pub fn paths(&self, datum: Datum) -> &'static [Path] {
        self.entries
            .iter()
            .find(|entry| entry.datum == datum)
            .map_or(&[], |entry| entry.paths)
    }
}
