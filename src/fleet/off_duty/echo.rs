//! What is known of records that were not heard: enough to know them again, and not where they were.
//!
//! Vendors repeat their last record for hours. One with a time is known again by its [`Echo`]. A
//! row without any may be of whenever: it is of this duty only if it has changed within it, which
//! its [`FirstRow`] tells.

use jiff::Timestamp;

/// A record with a time that was not heard, or went to the trail alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Its time by the vendor's word.
    pub vendor_at: Timestamp,
    /// Its place, by `Rota::digest`.
    pub digest: u64,
}

/// The first row without a time that came in a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstRow {
    digest: u64,
    received_at: Timestamp,
    /// Another one came since: what comes now is of this duty.
    pub has_changed: bool,
}

impl FirstRow {
    /// What is known once a row came at `received_at`, in the duty that began at `since`.
    pub(super) fn after(
        before: Option<Self>,
        (digest, received_at): (u64, Timestamp),
        since: Timestamp,
    ) -> Self {
        let first = before.filter(|before| since <= before.received_at);
        let first = first.unwrap_or(Self {
            digest,
            received_at,
            has_changed: false,
        });
        Self {
            has_changed: first.has_changed || first.digest != digest,
            ..first
        }
    }
}
