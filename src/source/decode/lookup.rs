//! Looks a field up in a record: the operator's own pointers first, then the contract's names, in
//! the objects that a record may wrap its payload or its position in.

use crate::config::source::{Field, FieldMap};

use super::fields::{Datum, Path, RecordKind, RecordSpec};
use super::json::Json;

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

    /// The names in a record with which they begin.
    pub(super) fn first_names(&self) -> impl Iterator<Item = &str> {
        let paths = self.0.iter().map(|(_, path)| path);
        paths.filter_map(|path| path.first().map(String::as_str))
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
pub(super) fn split(pointer: &str) -> Vec<String> {
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
        // In most records all three are one object, which is then searched once.
        let n_scopes = if std::ptr::eq(self.body, self.root) && std::ptr::eq(self.place, self.root)
        {
            1
        } else {
            order.len()
        };
        order.into_iter().take(n_scopes)
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
    use crate::source::decode::fields::Entry;
    use crate::source::decode::json::read;

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
