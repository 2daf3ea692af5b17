//! Reads of a record only the members that somebody will ask for.
//!
//! A vendor's record has three times the members that we have a use for. To keep them all would
//! cost more than to read the few.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::fields::RecordSpec;
use super::json::{Json, Key, is_same, read};
use super::lookup::Pointers;
use super::mend::mend;

/// Names that a record's own members may have. What stands deeper is kept as it is.
#[derive(Debug, Default)]
pub struct Names<'s> {
    /// By length, so that hardly any text is compared in vain.
    by_length: Vec<Vec<&'s str>>,
}

impl<'s> Names<'s> {
    /// All under which the table or the operator may find something.
    pub fn of(spec: &'static RecordSpec, pointers: &'s Pointers) -> Self {
        let paths = spec.entries.iter().flat_map(|entry| entry.paths);
        let members = [spec.wraps, spec.places, spec.arrays];
        let mut names: Self = paths.filter_map(|path| path.first().copied()).collect();
        names.extend(members.into_iter().flatten().copied());
        names.extend(pointers.first_names());
        names
    }

    fn holds(&self, name: &str) -> bool {
        let same_length = self.by_length.get(name.len());
        same_length.is_some_and(|names| names.iter().any(|known| is_same(known, name)))
    }
}

impl<'s> Extend<&'s str> for Names<'s> {
    fn extend<I: IntoIterator<Item = &'s str>>(&mut self, names: I) {
        for name in names {
            if self.by_length.len() <= name.len() {
                self.by_length.resize(name.len() + 1, Vec::new());
            }
            let same_length = &mut self.by_length[name.len()];
            if !same_length.contains(&name) {
                same_length.push(name);
            }
        }
    }
}

impl<'s> FromIterator<&'s str> for Names<'s> {
    fn from_iter<I: IntoIterator<Item = &'s str>>(names: I) -> Self {
        let mut all = Self::default();
        all.extend(names);
        all
    }
}

/// Like [`read`], but of an object's members only those with a name among `names`.
pub fn read_named<T>(
    text: &str,
    names: &Names<'_>,
    then: impl FnOnce(&Json<'_>) -> T,
) -> Option<T> {
    if !text.starts_with('{') {
        return read(text, then);
    }
    if let Some(json) = object(text, names) {
        return Some(then(&json));
    }
    object(&mend(text), names).map(|json| then(&json))
}

fn object<'t>(text: &'t str, names: &Names<'_>) -> Option<Json<'t>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let json = Named(names).deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(json)
}

/// Reads an object so.
pub(super) struct Named<'n, 's>(pub(super) &'n Names<'s>);

impl<'de> DeserializeSeed<'de> for Named<'_, '_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Named<'_, '_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Json<'de>)> = Vec::with_capacity(16);
        while let Some(Key(key)) = map.next_key()? {
            if self.0.holds(&key) {
                members.push((key, map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Field, FieldMap};
    use crate::source::decode::fields::{Datum, Entry, RecordKind};

    const SPEC: RecordSpec = RecordSpec {
        kind: RecordKind::Position,
        wraps: &["data"],
        places: &["gps"],
        arrays: &["list"],
        entries: &[Entry::doc(Datum::Id, &[&["id"], &["vehicle", "key"]])],
    };

    #[test]
    fn every_member_that_can_be_asked_for_is_kept_as_it_is_and_no_other() {
        let mut fields = FieldMap::default();
        let pointer = "/unit~1key/0".to_owned();
        fields.position.insert(Field::Name, pointer);
        let pointers = Pointers::of(RecordKind::Position, &fields);
        let names = Names::of(&SPEC, &pointers);
        let kept = r#"{"id": 1, "vehicle": {"x": [2]}, "data": {"y": 3}, "gps": null, "list": [4],
            "unit/key": [5]}"#;
        let more = r#""key": 6, "di": 7, "other": {"id": 8}, "odd": NaN}"#;
        let whole = format!("{}, {more}", kept.trim_end_matches('}').trim_end());
        let same = read_named(&whole.replace("NaN", "9"), &names, |lean| {
            read(kept, |kept| lean == kept)
        });
        assert_eq!(same, Some(Some(true)));
        assert_eq!(
            read_named(&whole, &names, |lean| lean.members().len()),
            Some(6)
        );
        assert_eq!(
            read_named("[1]", &names, |list| list.items().len()),
            Some(1)
        );
        assert_eq!(read_named(r#"{"id": 1"#, &names, |_| ()), None);
    }
}
