//! A vendor's history as data: how it is asked for a span of time, decoded and paged.
//!
//! Two forms cover the vendors: one list of everybody's records, or a list of tracks and a list of
//! points for each.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{DeviceKey, Reading};
use crate::source::decode::fields::RecordSpec;
use crate::source::listing::{Decode, Paging};

/// What a vendor remembers, and how it is asked.
#[derive(Debug)]
pub struct Archive {
    /// Where records are found by tracks: the list of these.
    pub tracks: Option<Shelf<Track>>,
    /// The records; of one track, whose id is put after the path, where there are tracks.
    pub records: Shelf<Recorded>,
    /// The least time between two requests.
    pub every: Duration,
    /// So much of a hole is looked for at a time.
    pub slice: SignedDuration,
}

/// One list of an archive.
#[derive(Debug)]
pub struct Shelf<T> {
    /// Below the base URL.
    pub path: &'static str,
    /// How it is paged.
    pub paging: Paging,
    /// How it is asked for a span of time; `None` where it cannot be.
    pub span: Option<Span>,
    /// Parameters that are always sent.
    pub always: &'static [(&'static str, &'static str)],
    /// Its decoder.
    pub decode: Decode<T>,
    /// The names in its rows.
    pub spec: &'static RecordSpec,
}

/// The parameters of a span of time.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The name of its beginning.
    pub from: &'static str,
    /// The name of its end.
    pub to: &'static str,
    /// How times are written.
    pub form: Form,
}

/// How a time is written in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `2026-08-05 14:20:07`, in a zone that the vendor does not tell.
    Local,
    /// Seconds since 1970. That the vendor takes them is an assumption: where it refuses, the list
    /// is asked for without.
    EpochSeconds,
}

/// One record of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Whose; `None` where the track tells.
    pub device: Option<DeviceKey>,
    /// When the position was true.
    pub at: Timestamp,
    /// The position; its `vendor_at` is `at`.
    pub reading: Reading,
}

impl Recorded {
    /// What a record with this reading tells; `None` if it has no time.
    pub fn of(device: Option<DeviceKey>, reading: Reading) -> Option<Self> {
        let at = reading.vendor_at?;
        Some(Self {
            device,
            at,
            reading,
        })
    }
}

/// A stretch of one device's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// The vendor's key for it: letters, digits, `-` and `_`, for it becomes part of a path.
    pub id: String,
    /// Whose.
    pub device: DeviceKey,
    /// When it began.
    pub from: Option<Timestamp>,
    /// When it ended, or was last added to.
    pub to: Option<Timestamp>,
}
