//! Where each field of ours stands in a vendor's record, as data; and the one reader of it.
//!
//! A vendor's `wire.rs` is a table ([`RecordSpec`]); what is hidden here is how it is looked up:
//! the operator's own pointers first, then the contract's names, in the objects that a record may
//! wrap its payload or its position in. Because it is data, `survey` can say for any vendor what
//! was found under which name.

use crate::config::source::{Field, FieldMap};

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

/// The operator's pointers for one kind of record, split once for a whole body.
#[derive(Clone, Debug, Default)]
pub struct Pointers(Vec<(Field, Vec<String>)>);

impl Pointers {
    /// Those of `kind` in `fields`.
    pub fn of(kind: RecordKind, fields: &FieldMap) -> Self {
        let pointers = match kind {
            RecordKind::Position => &fields.position,
            RecordKind::Event => &fields.event,
            RecordKind::Vehicle => &fields.vehicle,
        };
        Self(
            pointers
                .iter()
                .map(|(field, pointer)| (*field, split(pointer)))
                .collect(),
        )
    }

    /// The one for `datum`.
    pub fn path(&self, datum: Datum) -> Option<&[String]> {
        if self.0.is_empty() {
            return None;
        }
        let wanted = datum.configured_as()?;
        self.0
            .iter()
            .find_map(|(field, path)| (*field == wanted).then_some(path.as_slice()))
    }
}

/// An RFC 6901 pointer as names.
fn split(pointer: &str) -> Vec<String> {
    pointer
        .strip_prefix('/')
        .unwrap_or(pointer)
        .split('/')
        .map(|name| name.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// A record opened for reading: the object itself, and the objects in it that matter.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    spec: &'static RecordSpec,
    pointers: &'r Pointers,
    root: &'r Json<'r>,
    body: &'r Json<'r>,
    place: &'r Json<'r>,
}

/// Where a value was found.
#[derive(Clone, Copy, Debug)]
pub enum Found<'r> {
    /// By the operator's pointer.
    Pointer(&'r [String]),
    /// Under a name of the contract.
    Name(Path),
}

impl<'r> Record<'r> {
    /// Opens `root` by the table of `spec`.
    pub fn open(spec: &'static RecordSpec, pointers: &'r Pointers, root: &'r Json<'r>) -> Self {
        let body = unwrapped(spec, root);
        let place = place_in(spec, pointers, root, body);
        Self {
            spec,
            pointers,
            root,
            body,
            place,
        }
    }

    /// The same record seen as an element `item` of the array in its payload.
    #[must_use]
    pub fn element(&self, item: &'r Json<'r>) -> Self {
        let body = unwrapped(self.spec, item);
        let place = place_in(self.spec, self.pointers, item, body);
        Self {
            body,
            place,
            ..*self
        }
    }

    /// The payload, out of its wrapping.
    pub fn body(&self) -> &'r Json<'r> {
        self.body
    }

    /// The object that was received.
    pub fn root(&self) -> &'r Json<'r> {
        self.root
    }

    /// The records of a payload that carries an array of them.
    pub fn elements(&self) -> &'r [Json<'r>] {
        self.spec
            .arrays
            .iter()
            .filter_map(|name| self.body.get(name))
            .map(Json::items)
            .find(|items| !items.is_empty())
            .unwrap_or_default()
    }

    /// What the record says of `datum`, and where; `None` if it says nothing.
    pub fn find(&self, datum: Datum) -> Option<(Found<'r>, &'r Json<'r>)> {
        if let Some(path) = self.pointers.path(datum)
            && let Some(value) = self
                .scopes(datum)
                .filter_map(|scope| scope.at(path))
                .find(|value| datum.can_be(value))
        {
            return Some((Found::Pointer(path), value));
        }
        let paths = self.spec.paths(datum);
        self.scopes(datum).find_map(|scope| {
            paths.iter().find_map(|path| {
                let value = scope.at(path).filter(|value| datum.can_be(value))?;
                Some((Found::Name(path), value))
            })
        })
    }

    /// What the record says of `datum`.
    pub fn value(&self, datum: Datum) -> Option<&'r Json<'r>> {
        self.find(datum).map(|(_, value)| value)
    }

    /// Every value that stands under a name of `datum`, whether or not it says anything.
    pub(super) fn known(&self, datum: Datum) -> impl Iterator<Item = &'r Json<'r>> + use<'r> {
        let paths = self.spec.paths(datum).iter();
        let scopes = [self.root, self.body, self.place];
        paths
            .flat_map(move |path| {
                let at = |scope: &'r Json<'r>| path.iter().try_fold(scope, |at, name| at.get(name));
                scopes.into_iter().filter_map(at)
            })
            .filter(move |value| datum.can_be(value))
    }

    /// The objects to look in, nearest first. A position's object comes before the record for
    /// what belongs to the fix, and after it for what belongs to the vehicle: a place may have a
    /// name and an id of its own.
    fn scopes(&self, datum: Datum) -> impl Iterator<Item = &'r Json<'r>> + use<'r> {
        let order = if datum.belongs_to_fix() {
            [self.place, self.body, self.root]
        } else {
            [self.body, self.place, self.root]
        };
        let known = |n: usize| {
            order
                .iter()
                .take(n)
                .any(|scope| std::ptr::eq(*scope, order[n]))
        };
        let keep = [true, !known(1), !known(2)];
        order
            .into_iter()
            .zip(keep)
            .filter_map(|(scope, keep)| keep.then_some(scope))
    }
}

impl Datum {
    /// An object under a name that should be a scalar's is something else by the same name. But
    /// a position or a time that cannot be read is refused, not overlooked.
    fn can_be(self, value: &Json<'_>) -> bool {
        let is_vital = matches!(self, Self::Latitude | Self::Longitude | Self::Time);
        is_vital || self == Self::Groups || value.is_scalar()
    }

    fn belongs_to_fix(self) -> bool {
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

/// Follows the wrapping members inwards.
fn unwrapped<'r>(spec: &RecordSpec, root: &'r Json<'r>) -> &'r Json<'r> {
    const MAX_DEPTH: usize = 3;
    let mut body = root;
    for _ in 0..MAX_DEPTH {
        let inner = spec
            .wraps
            .iter()
            .filter_map(|name| body.get(name))
            .find(|inner| !inner.members().is_empty());
        match inner {
            Some(inner) => body = inner,
            None => break,
        }
    }
    body
}

/// The first object among the places that holds a coordinate, under a name of the vendor's or by
/// a pointer of the operator's; else the payload itself.
fn place_in<'r>(
    spec: &RecordSpec,
    pointers: &Pointers,
    root: &'r Json<'r>,
    body: &'r Json<'r>,
) -> &'r Json<'r> {
    let holds = |scope: &'r Json<'r>, name: &str, datum| {
        let place = scope.get(name)?;
        let named = || spec.paths(datum).iter().find_map(|path| place.at(path));
        let pointed = |path: &[String]| {
            let scopes = [root, body, place];
            let target = scopes.iter().find_map(|scope| scope.at(path))?;
            let ends = (0..path.len()).filter_map(|n| place.at(path.get(n..)?));
            ends.into_iter().find(|end| std::ptr::eq(*end, target))
        };
        let is_held = pointers
            .path(datum)
            .and_then(pointed)
            .or_else(named)
            .is_some();
        is_held.then_some(place)
    };
    let places = |scope| {
        spec.places.iter().find_map(move |name| {
            holds(scope, name, Datum::Latitude).or_else(|| holds(scope, name, Datum::Longitude))
        })
    };
    places(body).or_else(|| places(root)).unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::json::read;

    const SPEC: RecordSpec = RecordSpec {
        kind: RecordKind::Position,
        wraps: &["data"],
        places: &["location", "gps"],
        arrays: &[],
        entries: &[
            Entry::assumed(Datum::Id, &[&["vehicleId"], &["vehicle", "id"]]),
            Entry::assumed(Datum::Latitude, &[&["lat"], &["coordinates", "1"]]),
            Entry::assumed(Datum::Time, &[&["time"]]),
        ],
    };

    fn found(pointers: &[(Field, &str)], record: &str, datum: Datum) -> Option<String> {
        let mut fields = FieldMap::default();
        for (field, pointer) in pointers {
            fields.position.insert(*field, (*pointer).to_owned());
        }
        let pointers = Pointers::of(RecordKind::Position, &fields);
        read(record, |root| {
            let record = Record::open(&SPEC, &pointers, root);
            let text = record.value(datum)?.text()?;
            Some(text.into_owned())
        })
        .unwrap()
    }

    #[test]
    fn the_first_name_that_says_something_wins() {
        let cases = [
            (r#"{"vehicleId": 1, "vehicle": {"id": 2}}"#, Some("1")),
            (r#"{"vehicleId": null, "vehicle": {"id": 2}}"#, Some("2")),
            (r#"{"vehicleId": " ", "vehicle": {"id": 2}}"#, Some("2")),
            (r#"{"vehicle": []}"#, None),
            (r#"{"data": {"vehicleId": 3}, "vehicleId": 1}"#, Some("3")),
            (r#"{"data": {"data": {"vehicleId": 4}}}"#, Some("4")),
            (r#"{"data": null, "vehicleId": 1}"#, Some("1")),
        ];
        for (record, expected) in cases {
            assert_eq!(
                found(&[], record, Datum::Id).as_deref(),
                expected,
                "{record}"
            );
        }
    }

    #[test]
    fn what_belongs_to_the_fix_is_read_beside_the_coordinates() {
        let cases = [
            (r#"{"time": "a", "location": {"lat": 1, "time": "b"}}"#, "b"),
            (r#"{"time": "a", "location": {"lat": 1}}"#, "a"),
            (r#"{"time": "a", "location": {"time": "b"}}"#, "a"),
            (
                r#"{"location": {"lat": null, "time": "b"}, "gps": {"lat": 1, "time": "c"}}"#,
                "c",
            ),
        ];
        for (record, expected) in cases {
            let time = found(&[], record, Datum::Time);
            assert_eq!(time.as_deref(), Some(expected), "{record}");
        }
    }

    #[test]
    fn a_pointer_comes_before_the_names_and_does_not_shut_them_out() {
        let pointers = [(Field::Id, "/unit~1key/0")];
        let record = r#"{"unit/key": ["7"], "vehicleId": 1}"#;
        assert_eq!(found(&pointers, record, Datum::Id).as_deref(), Some("7"));
        let record = r#"{"unit/key": [], "vehicleId": 1}"#;
        assert_eq!(found(&pointers, record, Datum::Id).as_deref(), Some("1"));
    }

    #[test]
    fn a_pointer_to_a_coordinate_shows_where_the_rest_of_the_fix_is() {
        let pointers = [(Field::Latitude, "/gps/y")];
        let record = r#"{"time": "a", "gps": {"y": 48.1, "time": "b"}}"#;
        let time = found(&pointers, record, Datum::Time);
        assert_eq!(time.as_deref(), Some("b"));
        let pointers = [(Field::Latitude, "/data/gps/y")];
        let record = r#"{"time": "a", "data": {"gps": {"y": 48.1, "time": "b"}}}"#;
        let time = found(&pointers, record, Datum::Time);
        assert_eq!(time.as_deref(), Some("b"));
    }

    #[test]
    fn an_array_is_indexed() {
        let record = r#"{"coordinates": [17.1, 48.1]}"#;
        assert_eq!(found(&[], record, Datum::Latitude).as_deref(), Some("48.1"));
    }
}
