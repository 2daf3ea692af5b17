//! Opens a vendor's answer and decodes its list record by record.
//!
//! The list may be bare or under one of several names; a record that cannot be read is counted
//! and costs nothing else. An answer without a list is an error: an empty fleet is never
//! concluded from it.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer};
use serde_json::value::RawValue;

use crate::domain::Refusal;

use super::json::{Json, body_text, read};
use super::members::{Member, Members, Reader, Unread, members, records};
use super::mend::mend;
use super::named::{Named, Names, read_named};
use super::words::{clean, words_of};
use super::{BodyError, Decoded, Page};

/// Names under which a list may stand, in the order in which they are tried.
pub const LIST_NAMES: [&str; 7] = [
    "data",
    "vehicles",
    "positions",
    "locations",
    "items",
    "results",
    "content",
];

/// Decodes each record of the list in `body` by `one`, and the paging beside it by `paging`.
///
/// `one` gives a row, with what in it was refused all the same; or refuses the record as a whole.
/// It is shown only the members of the record that have a name among `names`.
pub fn decode_list<T>(
    body: &[u8],
    names: &Names<'_>,
    paging: impl Fn(&Json<'_>, &mut Page),
    mut one: impl FnMut(&Json<'_>) -> Result<(T, Option<Refusal>), Refusal>,
) -> Result<Decoded<T>, BodyError> {
    let text = body_text(body);
    let mut decoding = Decoding {
        names,
        one: &mut one,
        row: PhantomData,
    };
    // Nearly always all of it is good JSON, and read at once; else each record for itself.
    let Some(envelope) = Envelope::of(&text, &mut decoding) else {
        return with_records(&text, |rows, beside| {
            let mut list = List::default();
            for raw in rows {
                let outcome = read_named(raw.get(), names, |record| match record {
                    Json::Object(_) => one(record),
                    _ => Err(Refusal::NotAnObject),
                });
                list.take(outcome.unwrap_or(Err(Refusal::NotAnObject)));
            }
            let shape = |nth: usize| rows.get(nth).map(|raw| shape(raw));
            list.decoded(beside, paging, shape)
        });
    };
    envelope.open(List::is_empty, |list, beside| {
        let shape = |nth: usize| {
            let raw = with_records(&text, |rows, _| rows.get(nth).map(|raw| shape(raw)));
            raw.ok().flatten()
        };
        list.decoded(beside, paging, shape)
    })
}

/// Decodes records as they are read.
struct Decoding<'n, 's, F, T> {
    names: &'n Names<'s>,
    one: &'n mut F,
    row: PhantomData<T>,
}

impl<'de, F, T> Reader<'de> for Decoding<'_, '_, F, T>
where
    F: FnMut(&Json<'_>) -> Result<(T, Option<Refusal>), Refusal>,
{
    type List = List<T>;

    fn read<D: Deserializer<'de>>(
        &mut self,
        list: &mut Self::List,
        record: D,
    ) -> Result<(), D::Error> {
        let record = Named(self.names).deserialize(record)?;
        list.take((self.one)(&record));
        Ok(())
    }
}

/// The decoded records of a list.
struct List<T> {
    rows: Vec<T>,
    refusals: BTreeMap<Refusal, u64>,
    /// Rows in all, and the place of the first with a refusal.
    n_rows: usize,
    first_bad: Option<usize>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            refusals: BTreeMap::new(),
            n_rows: 0,
            first_bad: None,
        }
    }
}

impl<T> List<T> {
    fn is_empty(&self) -> bool {
        self.n_rows == 0
    }

    fn take(&mut self, outcome: Result<(T, Option<Refusal>), Refusal>) {
        let (row, refusal) = match outcome {
            Ok((row, refusal)) => (Some(row), refusal),
            Err(refusal) => (None, Some(refusal)),
        };
        self.rows.extend(row);
        if let Some(refusal) = refusal {
            *self.refusals.entry(refusal).or_default() += 1;
            self.first_bad.get_or_insert(self.n_rows);
        }
        self.n_rows += 1;
    }

    fn decoded(
        self,
        beside: &Json<'_>,
        paging: impl Fn(&Json<'_>, &mut Page),
        shape: impl FnOnce(usize) -> Option<String>,
    ) -> Decoded<T> {
        let mut page = Page {
            n_rows: self.n_rows,
            ..Page::default()
        };
        paging(beside, &mut page);
        Decoded {
            rows: self.rows,
            refusals: self.refusals,
            first_bad_shape: self.first_bad.and_then(shape),
            page,
        }
    }
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method's path is bound to one lifetime of the value, a closure is not"
)]
fn shape(raw: &RawValue) -> String {
    read(raw.get(), |record| record.shape()).unwrap_or_else(|| "unreadable".to_owned())
}

/// Hands the raw records of the list in `body`, and an object of all that stands beside it, to
/// `then`.
pub fn with_list<T>(
    body: &[u8],
    then: impl FnOnce(&[&RawValue], &Json<'_>) -> T,
) -> Result<T, BodyError> {
    with_records(&body_text(body), then)
}

/// The same of an answer that is text already.
fn with_records<T>(
    text: &str,
    then: impl FnOnce(&[&RawValue], &Json<'_>) -> T,
) -> Result<T, BodyError> {
    let then = |rows: Vec<&RawValue>, beside: &Json<'_>| then(&rows, beside);
    if let Some(envelope) = Envelope::of(text, &mut Unread) {
        return envelope.open(Vec::is_empty, then);
    }
    let mended = mend(text);
    match Envelope::of(&mended, &mut Unread) {
        Some(envelope) => envelope.open(Vec::is_empty, then),
        None => Err(BodyError::NotJson),
    }
}

/// An answer, with what was made of its lists.
enum Envelope<'a, L> {
    Bare(L),
    Members(Members<'a, L>),
    Scalar,
}

impl<'a, L> Envelope<'a, L> {
    fn of<R: Reader<'a, List = L>>(text: &'a str, reader: &mut R) -> Option<Self> {
        match text.trim_start().as_bytes().first() {
            Some(b'[') => records(text, reader).map(Self::Bare),
            Some(b'{') => members(text, reader).map(Self::Members),
            _ => {
                let scalar = serde_json::from_str::<Json<'_>>(text);
                scalar.map(|_| Self::Scalar).ok()
            }
        }
    }

    fn open<T>(
        self,
        is_empty: impl Fn(&L) -> bool,
        then: impl FnOnce(L, &Json<'_>) -> T,
    ) -> Result<T, BodyError> {
        let members = match self {
            Self::Bare(rows) => return Ok(then(rows, &Json::Null)),
            Self::Scalar => Vec::new(),
            Self::Members(members) => members,
        };
        let keys: Vec<&str> = members.iter().map(|(key, _)| key.as_ref()).collect();
        let keys = keys.join(", ");
        let (mut lists, mut others) = (Vec::new(), Vec::new());
        for (key, member) in members {
            match member {
                Member::List(rows) => lists.push((key, rows)),
                Member::Other(value) => others.push((key, value)),
            }
        }
        let beside = Json::Object(others);
        let named = |name: &&str| lists.iter().position(|(key, _)| key == name);
        let at = LIST_NAMES.iter().find_map(named);
        match at.map(|at| lists.swap_remove(at).1) {
            Some(rows) if !is_empty(&rows) => Ok(then(rows, &beside)),
            Some(rows) if !beside.get("error").is_some_and(says_something) => {
                Ok(then(rows, &beside))
            }
            list => Err(match (words_of(&beside), list) {
                (Some(words), _) => BodyError::Vendor { words },
                (None, Some(_)) => BodyError::Vendor {
                    words: "an error without words".to_owned(),
                },
                (None, None) => BodyError::NoList { keys: clean(&keys) },
            }),
        }
    }
}

/// An `error` of null, false, `""`, `{}` or 0 is the absence of one.
fn says_something(error: &Json<'_>) -> bool {
    match error {
        Json::Bool(_) | Json::Number(_) => error.boolean() != Some(false),
        Json::Object(members) => !members.is_empty(),
        Json::List(items) => !items.is_empty(),
        other => !other.is_blank(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> Result<Decoded<String>, BodyError> {
        decode_list(
            body.as_bytes(),
            &["id", "x"].into_iter().collect(),
            |_, _| {},
            |record| {
                let id = record.get("id").and_then(Json::id).ok_or(Refusal::NoId)?;
                Ok((id.into_owned(), None))
            },
        )
    }

    #[test]
    fn a_list_is_bare_or_under_the_first_known_name_that_is_one() {
        let bodies = [
            r#"[{"id": 1}]"#,
            r#" {"data": [{"id": 1}]} "#,
            r#"{"data": {"x": 1}, "content": [{"id": 1}]}"#,
            r#"{"data": null, "error": null, "items": [{"id": 1}], "vehicles": 3}"#,
            r#"{"results": [{"id": 2}], "positions": [{"id": 1}]}"#,
            r#"{"data": [{"id": 1}], "error": {"message": "partial"}}"#,
        ];
        for body in bodies {
            assert_eq!(ids(body).unwrap().rows, ["1"], "{body}");
        }
        assert!(ids("[]").unwrap().rows.is_empty());
        assert!(ids(r#"{"data": [], "error": []}"#).unwrap().rows.is_empty());
    }

    #[test]
    fn an_answer_without_a_list_is_an_error_and_never_an_empty_fleet() {
        let no_list = |keys: &str| BodyError::NoList {
            keys: keys.to_owned(),
        };
        let vendor = |words: &str| BodyError::Vendor {
            words: words.to_owned(),
        };
        let cases = [
            ("<html>502 Bad Gateway</html>", BodyError::NotJson),
            ("", BodyError::NotJson),
            (r#"{"data": [{"id": 1}"#, BodyError::NotJson),
            ("null", no_list("")),
            ("{}", no_list("")),
            (r#"{"data": null, "fleet": []}"#, no_list("data, fleet")),
            (
                r#"{"data": null, "error": {"code": 500, "message": "Oops"}}"#,
                vendor("500: Oops"),
            ),
            (r#"{"data": [], "error": "quota"}"#, vendor("quota")),
            (
                r#"{"data": [], "error": true}"#,
                vendor("an error without words"),
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(ids(body), Err(expected), "{body}");
        }
    }

    #[test]
    fn a_bad_row_is_counted_and_costs_no_other() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let rows = [
            r#"{"id": 1}"#,
            "null",
            "7",
            "[]",
            "{}",
            r#"{"name": "x"}"#,
            &format!(r#"{{"id": 2, "x": {deep}}}"#),
            r#"{"id": 3, "x": "\ud83d"}"#,
            r#"{"id": 4, "x": 1e999}"#,
        ];
        let decoded = ids(&format!(r#"{{"data": [{}]}}"#, rows.join(", "))).unwrap();
        assert_eq!(decoded.rows, ["1", "3", "4"]);
        let refusals = [(Refusal::NotAnObject, 4), (Refusal::NoId, 2)];
        assert_eq!(decoded.refusals, BTreeMap::from(refusals));
        assert_eq!(decoded.first_bad_shape.as_deref(), Some("null"));
        assert_eq!(decoded.page.n_rows, 9);
    }

    #[test]
    fn a_member_that_cannot_be_read_costs_nothing_else() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let body = format!(r#"{{"debug": {deep}, "odd": "\ud83d", "data": [{{"id": 1}}]}}"#);
        assert_eq!(ids(&body).unwrap().rows, ["1"]);
    }

    #[test]
    fn a_bare_nan_costs_its_value_only() {
        let decoded = ids(r#"{"data": [{"id": 1, "speed": NaN}, {"id": 2}]}"#).unwrap();
        assert_eq!(decoded.rows, ["1", "2"]);
    }
}
