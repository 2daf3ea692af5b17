//! The members of an answer in one pass over its text, the records of its lists left unread.
//!
//! A fleet's answer is ten megabytes. To find the list first and to cut it into records
//! afterwards would be a pass more, and a record that is read with the whole could spoil it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::envelope::LIST_NAMES;
use super::json::{Json, JsonVisitor, Key};

/// One member of an answer.
pub(super) enum Member<'a> {
    /// An array under a list's name, its records unread.
    List(Vec<&'a RawValue>),
    /// Anything else.
    Other(Json<'a>),
}

/// The members of the object in `text`, in their order; `None` if it is not JSON.
pub(super) fn members(text: &str) -> Option<Vec<(Cow<'_, str>, Member<'_>)>> {
    let Members(members) = serde_json::from_str(text).ok()?;
    Some(members)
}

struct Members<'a>(Vec<(Cow<'a, str>, Member<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            if LIST_NAMES.contains(&key.as_ref()) {
                members.push((key, map.next_value()?));
                continue;
            }
            // One that cannot be read is left out: it is not what was asked for.
            let raw: &RawValue = map.next_value()?;
            if let Ok(value) = serde_json::from_str(raw.get()) {
                members.push((key, Member::Other(value)));
            }
        }
        Ok(Members(members))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Member<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element()? {
            rows.push(row);
        }
        Ok(Member::List(rows))
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
