//! The members of an answer in one pass over its text, and in the same pass what a reader makes of
//! the records of its lists.
//!
//! A fleet's answer is ten megabytes. To find the list first and to cut it into records afterwards
//! would be a pass more.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::envelope::LIST_NAMES;
use super::json::{Json, JsonVisitor, Key};

/// What is made of the records of a list.
pub(super) trait Reader<'de> {
    /// All of a list.
    type List: Default;

    /// Reads one more record; an error makes the whole answer unreadable.
    fn read<D: Deserializer<'de>>(
        &mut self,
        list: &mut Self::List,
        record: D,
    ) -> Result<(), D::Error>;
}

/// Leaves records as they are: each may turn out bad by itself.
pub(super) struct Unread;

impl<'de> Reader<'de> for Unread {
    type List = Vec<&'de RawValue>;

    fn read<D: Deserializer<'de>>(
        &mut self,
        list: &mut Self::List,
        record: D,
    ) -> Result<(), D::Error> {
        list.push(Deserialize::deserialize(record)?);
        Ok(())
    }
}

/// One member of an answer.
pub(super) enum Member<'a, L> {
    /// An array under a list's name.
    List(L),
    /// Anything else.
    Other(Json<'a>),
}

/// The members of an object, in their order.
pub(super) type Members<'a, L> = Vec<(Cow<'a, str>, Member<'a, L>)>;

/// The members of the object in `text`; `None` if it is not JSON.
pub(super) fn members<'t, R: Reader<'t>>(
    text: &'t str,
    reader: &mut R,
) -> Option<Members<'t, R::List>> {
    whole(text, |deserializer| {
        deserializer.deserialize_map(MembersVisitor(reader))
    })
}

/// The records of the array in `text`; `None` if it is not JSON.
pub(super) fn records<'t, R: Reader<'t>>(text: &'t str, reader: &mut R) -> Option<R::List> {
    let member = whole(text, |deserializer| {
        deserializer.deserialize_seq(MemberVisitor(reader))
    });
    match member? {
        Member::List(list) => Some(list),
        Member::Other(_) => None,
    }
}

type Text<'t> = serde_json::Deserializer<serde_json::de::StrRead<'t>>;

fn whole<'t, T>(
    text: &'t str,
    read: impl FnOnce(&mut Text<'t>) -> serde_json::Result<T>,
) -> Option<T> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let all = read(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(all)
}

struct MembersVisitor<'r, R>(&'r mut R);

impl<'de, R: Reader<'de>> Visitor<'de> for MembersVisitor<'_, R> {
    type Value = Members<'de, R::List>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            if LIST_NAMES.contains(&key.as_ref()) {
                members.push((key, map.next_value_seed(MemberVisitor(&mut *self.0))?));
                continue;
            }
            // One that cannot be read is left out: it is not what was asked for.
            let raw: &RawValue = map.next_value()?;
            if let Ok(value) = serde_json::from_str(raw.get()) {
                members.push((key, Member::Other(value)));
            }
        }
        Ok(members)
    }
}

struct MemberVisitor<'r, R>(&'r mut R);

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for MemberVisitor<'_, R> {
    type Value = Member<'de, R::List>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Reads one record into a list.
struct Record<'r, R, L>(&'r mut R, &'r mut L);

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for Record<'_, R, R::List> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.read(self.1, deserializer)
    }
}

impl<'de, R: Reader<'de>> Visitor<'de> for MemberVisitor<'_, R> {
    type Value = Member<'de, R::List>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = R::List::default();
        while seq
            .next_element_seed(Record(&mut *self.0, &mut list))?
            .is_some()
        {}
        Ok(Member::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        JsonVisitor.visit_map(map).map(Member::Other)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        JsonVisitor.visit_borrowed_str(text).map(Member::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        JsonVisitor.visit_str(text).map(Member::Other)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        JsonVisitor.visit_u64(value).map(Member::Other)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        JsonVisitor.visit_i64(value).map(Member::Other)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        JsonVisitor.visit_f64(value).map(Member::Other)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        JsonVisitor.visit_bool(value).map(Member::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        JsonVisitor.visit_unit().map(Member::Other)
    }
}
