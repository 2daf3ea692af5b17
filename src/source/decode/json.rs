//! One JSON value as vendors really write it: ids that are numbers, numbers that are strings,
//! objects that are `[]`. Hides all of that behind four readings: text, number, bool, id.
//!
//! The value borrows from the body, because a fleet's body is ten megabytes of short strings, and
//! copying each of them would cost more than reading them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::mend::mend;

/// A JSON value that borrows its strings from the body where it can.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(Number),
    /// Any string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object, its members in the order of the wire.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// A body as text: bytes that are no UTF-8 (a plate in Latin-1) cost a character, not the fleet.
pub fn body_text(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    // The strict check is ten times as fast as the lossy one, and nearly always enough.
    std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
}

/// Reads `text` and hands the value to `then`; `None` if it is not JSON even when mended.
pub fn read<T>(text: &str, then: impl FnOnce(&Json<'_>) -> T) -> Option<T> {
    if let Ok(json) = serde_json::from_str::<Json<'_>>(text) {
        return Some(then(&json));
    }
    let mended = mend(text);
    let json = serde_json::from_str::<Json<'_>>(&mended).ok()?;
    Some(then(&json))
}

impl<'a> Json<'a> {
    /// The member or element under `name`; an array is indexed by a decimal number.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .iter()
                .find_map(|(key, value)| is_same(key, name).then_some(value)),
            Self::List(items) => items.get(name.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The value at the end of `path`, if there is one and it says something.
    pub fn at<S: AsRef<str>>(&self, path: &[S]) -> Option<&Self> {
        path.iter()
            .try_fold(self, |value, name| value.get(name.as_ref()))
            .filter(|value| !value.is_blank())
    }

    /// Says nothing: null, or a string of nothing but spaces.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// Neither object nor array.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Object(_))
    }

    /// The elements of an array; of anything else none.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The members of an object; of anything else (null and `[]` stand for an object too) none.
    pub fn members(&self) -> &[(Cow<'a, str>, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// A string or a number as trimmed text; `None` if it is empty.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(text.trim())
                .filter(|text| !text.is_empty())
                .map(Cow::Borrowed),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// An id: a string or an integer, as trimmed text.
    pub fn id(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Number(number) if number.is_f64() => whole(number.as_f64()?).map(Cow::Owned),
            other => other.text(),
        }
    }

    /// A finite number, or a string that holds one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|number| number.is_finite())
    }

    /// `true`/`false`, 0/1, `"true"`/`"false"`, `"on"`/`"off"`, in either case.
    pub fn boolean(&self) -> Option<bool> {
        let word = match self {
            Self::Bool(value) => return Some(*value),
            other => other.text()?,
        };
        let means = |words: [&str; 4]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        if means(["true", "on", "1", "1.0"]) {
            Some(true)
        } else if means(["false", "off", "0", "0.0"]) {
            Some(false)
        } else {
            None
        }
    }

    /// The JSON type's name.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// Key names and types, no values: what may be logged of a record.
    pub fn shape(&self) -> String {
        const MAX_CHARS: usize = 400;
        let mut shape = String::new();
        self.write_shape(&mut shape, 0);
        if MAX_CHARS < shape.chars().count() {
            shape = shape.chars().take(MAX_CHARS).collect();
            shape.push_str("..");
        }
        shape.retain(|c| !c.is_control());
        shape
    }

    fn write_shape(&self, shape: &mut String, depth: usize) {
        const MAX_DEPTH: usize = 3;
        const MAX_MEMBERS: usize = 60;
        match self {
            Self::Object(members) if depth < MAX_DEPTH => {
                shape.push('{');
                for (n, (key, value)) in members.iter().take(MAX_MEMBERS).enumerate() {
                    if 0 < n {
                        shape.push_str(", ");
                    }
                    shape.push_str(key);
                    shape.push_str(": ");
                    value.write_shape(shape, depth + 1);
                }
                shape.push('}');
            }
            Self::List(items) if depth < MAX_DEPTH => {
                shape.push('[');
                if let Some(first) = items.first() {
                    first.write_shape(shape, depth + 1);
                }
                shape.push(']');
            }
            other => shape.push_str(other.type_name()),
        }
    }
}

/// Whether two names are one. Among names of the same length the first letter mostly decides, which
/// saves a call for each of the many that differ.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.as_bytes().first() == other.as_bytes().first() && one == other
}

/// A float that is an integer, as an integer's text: some writers print 4711 as 4711.0.
fn whole(number: f64) -> Option<String> {
    const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < EXACT_BELOW).then(|| format!("{number:.0}"))
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

/// Reads any value. `envelope` reads all but arrays by it.
pub(super) struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some((Key(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

/// A member's name, borrowed where it holds no escapes.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method's path is bound to one lifetime of the value, a closure is not"
)]
mod tests {
    use super::*;

    fn with<T>(text: &str, then: impl FnOnce(&Json<'_>) -> T) -> T {
        read(text, then).unwrap()
    }

    #[test]
    fn an_id_is_a_string_or_an_integer_and_trimmed() {
        let cases = [
            ("4711", Some("4711")),
            ("\" 4711 \"", Some("4711")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("4711.0", Some("4711")),
            ("4711.5", None),
            ("1e300", None),
            ("\"\"", None),
            ("\"  \"", None),
            ("null", None),
            ("true", None),
            ("[]", None),
        ];
        for (text, expected) in cases {
            let id = with(text, |json| json.id().map(Cow::into_owned));
            assert_eq!(id.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_number_may_be_a_string_but_never_nan_or_infinite() {
        let cases = [
            ("63", Some(63.0)),
            ("\" 63.5 \"", Some(63.5)),
            ("\"-26.2\"", Some(-26.2)),
            ("\"NaN\"", None),
            ("\"inf\"", None),
            ("\"-Infinity\"", None),
            ("\"1e999\"", None),
            ("1e999", None),
            ("NaN", None),
            ("\"\"", None),
            ("true", None),
        ];
        for (text, expected) in cases {
            assert_eq!(with(text, |json| json.number()), expected, "{text}");
        }
    }

    #[test]
    fn a_bool_comes_in_many_forms() {
        for text in [
            "true", "1", "1.0", "\"true\"", "\"ON\"", "\"1\"", "\" on \"",
        ] {
            assert_eq!(with(text, |json| json.boolean()), Some(true), "{text}");
        }
        for text in ["false", "0", "\"False\"", "\"off\"", "\"0\""] {
            assert_eq!(with(text, |json| json.boolean()), Some(false), "{text}");
        }
        for text in ["null", "2", "\"\"", "\"maybe\"", "{}", "[]"] {
            assert_eq!(with(text, |json| json.boolean()), None, "{text}");
        }
    }

    #[test]
    fn a_path_ends_in_a_value_that_says_something() {
        let text = r#"{"a": {"b": [1, "x", ""]}, "c": []}"#;
        with(text, |json| {
            assert_eq!(json.at(&["a", "b", "0"]).and_then(Json::number), Some(1.0));
            assert_eq!(json.at(&["a", "b", "2"]), None);
            assert_eq!(json.at(&["a", "b", "9"]), None);
            assert_eq!(json.at(&["c", "d"]), None);
        });
    }

    #[test]
    fn a_shape_names_keys_and_types_and_no_values() {
        let text = r#"{"name": "Anna", "at": {"lat": 1.5, "tags": ["x"]}, "n": null}"#;
        let shape = with(text, |json| json.shape());
        assert_eq!(
            shape,
            "{name: string, at: {lat: number, tags: [string]}, n: null}"
        );
    }

    #[test]
    fn bytes_that_are_no_utf8_cost_a_character() {
        assert_eq!(body_text(b"\xef\xbb\xbf\"M\xfcller\""), "\"M\u{fffd}ller\"");
    }
}
