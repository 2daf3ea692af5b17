//! What every vendor's decoder takes and gives. Decoders are pure: bytes in, observations out.

pub mod envelope;
pub mod members;
pub mod json;
pub mod mend;
pub mod time;
pub mod words;
pub mod fields;
pub mod lookup;
pub mod named;
pub mod record;
pub mod live;
pub mod survey;
pub mod redact;
mod meaning;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::config::source::{FieldMap, SourceSettings};
use crate::domain::{Refusal, SourceId};

pub use self::words::vendor_words;

/// What a decoder must know beside the bytes: one source's way of speaking.
#[derive(Clone, Debug)]
pub struct Dialect {
    /// Whose records these are.
    pub source: SourceId,
    /// Zone of times without an offset.
    pub timezone: TimeZone,
    /// Where the vendor's JSON differs from the contract.
    pub fields: FieldMap,
    /// The vendor's `speed_unit` where it is configurable: `mph`, `kmh`, `mps`, `knots`.
    pub speed_unit: Option<String>,
}

impl Dialect {
    /// How the account of `settings` speaks.
    pub fn of(settings: &SourceSettings) -> Self {
        Self {
            source: settings.id.clone(),
            timezone: settings.timezone.clone(),
            fields: settings.fields.clone(),
            speed_unit: settings.text("speed_unit").map(str::to_owned),
        }
    }
}

/// A decoded list: what could be read, and what could not.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// The good rows, in their order.
    pub rows: Vec<T>,
    /// What was refused, counted by reason: whole records, and in a good row its position.
    pub refusals: BTreeMap<Refusal, u64>,
    /// Key names and JSON types of the first record with a refusal, never its values: for the log.
    pub first_bad_shape: Option<String>,
    /// What the envelope says of paging.
    pub page: Page,
}

impl<T> Decoded<T> {
    /// What was refused, and the shape of the first, for whoever tells of it.
    pub fn take_refusals(&mut self) -> (BTreeMap<Refusal, u64>, Option<String>) {
        let refusals = std::mem::take(&mut self.refusals);
        (refusals, self.first_bad_shape.take())
    }
}

impl<T> Decoded<Option<T>> {
    /// The rows that say something.
    pub fn flatten(self) -> Decoded<T> {
        Decoded {
            rows: self.rows.into_iter().flatten().collect(),
            refusals: self.refusals,
            first_bad_shape: self.first_bad_shape,
            page: self.page,
        }
    }
}

/// Paging as the envelope tells it; each vendor fills what it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Rows in this page, bad ones included.
    pub n_rows: usize,
    /// Number of this page, from 1.
    pub current_page: Option<u64>,
    /// Number of the last page.
    pub last_page: Option<u64>,
    /// Cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
}

/// A body that is no answer at all. An empty fleet is never concluded from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// HTML from a gateway, a torn body.
    #[error("the answer is not JSON")]
    NotJson,
    /// JSON without a list under any known name.
    #[error("the answer holds no list; its keys are: {keys}")]
    NoList {
        /// Top-level key names.
        keys: String,
    },
    /// An error beside or in place of the data.
    #[error("the vendor answers: {words}")]
    Vendor {
        /// The vendor's own words, cleaned, at most 200 characters; secrets not yet replaced.
        words: String,
    },
    /// A member without which the answer is of no use.
    #[error("the answer lacks `{member}`")]
    Lacks {
        /// Its name.
        member: &'static str,
    },
}
