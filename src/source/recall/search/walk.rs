//! One list read page by page: where it stands, when it is over, and how a place in a long one is
//! found without reading all that comes before.

use jiff::{SignedDuration, Timestamp};

use crate::source::decode::Page;
use crate::source::listing::Paging;

/// In which order rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Oldest first.
    Rising,
    /// Newest first.
    Falling,
    /// Neither, or too few to tell.
    Unknown,
}

impl Order {
    pub(super) fn of(times: &[Timestamp]) -> Self {
        match times {
            [first, .., last] if first < last && times.is_sorted() => Self::Rising,
            [first, .., last] if last < first && times.iter().rev().is_sorted() => Self::Falling,
            _ => Self::Unknown,
        }
    }
}

/// Where the reading of a list stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    /// A row at or before what is looked for was seen.
    pub(super) reaches_start: bool,
    page: u64,
    offset: u64,
    n_pages: u32,
    first_key: Option<String>,
    /// The vendor's own cap on a page, silently below our limit.
    cap: Option<u64>,
    /// All rows up to this one lie before what is looked for.
    low: u64,
    /// This row and all behind it do not.
    high: Option<u64>,
    is_found: bool,
}

impl Walk {
    /// Pages that were read.
    pub(super) fn n_pages(&self) -> u32 {
        self.n_pages
    }

    /// The parameters of the next page.
    pub(super) fn query(&self, paging: Paging) -> Vec<(&'static str, String)> {
        let place = match paging {
            Paging::Numbered { .. } => ("page", (self.page + 1).to_string()),
            Paging::Offset { .. } | Paging::Cursor { .. } => ("offset", self.offset.to_string()),
        };
        let limit = limit(paging).map(|limit| ("limit", limit.to_string()));
        std::iter::once(place).chain(limit).collect()
    }

    /// Whether `page`, whose first row is told by `key`, is the last one.
    pub(super) fn is_last(&mut self, paging: Paging, page: &Page, key: Option<String>) -> bool {
        let n_rows = page.n_rows as u64;
        let is_same = key.is_some() && key == self.first_key;
        self.first_key = key.or(self.first_key.take());
        self.note_cap(page);
        let limit = limit(paging).unwrap_or_default();
        let is_short = n_rows < self.cap.map_or(limit, |cap| cap.min(limit));
        let is_over = match (paging, page.last_page) {
            (Paging::Numbered { .. }, Some(last)) => last <= self.page + 1,
            _ => is_short,
        };
        n_rows == 0 || is_same || is_over
    }

    /// A first page with a round number of rows may be as much as the vendor gives.
    fn note_cap(&mut self, page: &Page) {
        let n_rows = page.n_rows as u64;
        if self.n_pages == 0 && 10 <= n_rows && n_rows.is_multiple_of(5) {
            self.cap = Some(n_rows);
        }
    }

    /// Goes on behind `page`.
    pub(super) fn advance(&mut self, page: &Page) {
        self.n_pages += 1;
        self.page += 1;
        self.offset += page.n_rows as u64;
    }

    /// Looks for the row at which `from` is reached; whether it is on another page than this.
    ///
    /// Rows come at a fairly even pace, so the place can be guessed from that of the last page; a
    /// guess too far is halved.
    pub(super) fn seek(&mut self, times: &[Timestamp], page: &Page, from: Timestamp) -> bool {
        if self.is_found {
            return false;
        }
        self.note_cap(page);
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            // Behind the end, or a page of nothing but bad rows.
            return self.low < self.offset && self.back();
        };
        if Order::of(times) == Order::Falling || from <= *first && self.offset <= self.low {
            self.is_found = true;
            return false;
        }
        if from <= *first {
            return self.back();
        }
        if from <= *last {
            self.is_found = true;
            return false;
        }
        self.n_pages += 1;
        self.low = self.offset + (page.n_rows as u64).max(1);
        let ahead = rows_between(*last, from, times);
        let guess = self.low + ahead;
        self.offset = match self.high {
            Some(high) => guess.min(self.low.midpoint(high)),
            None => guess,
        };
        true
    }

    fn back(&mut self) -> bool {
        self.n_pages += 1;
        self.high = Some(self.offset);
        self.offset = self.low + (self.offset - self.low) / 2;
        true
    }
}

fn limit(paging: Paging) -> Option<u64> {
    match paging {
        Paging::Numbered { limit } => limit,
        Paging::Offset { limit } | Paging::Cursor { limit } => Some(limit),
    }
}

/// So many rows lie between `last` and `from`, if they come as those at `times`; a little less, as
/// a guess too short costs no more than a page.
fn rows_between(last: Timestamp, from: Timestamp, times: &[Timestamp]) -> u64 {
    const CAUTION: f64 = 0.9;
    let [first, .., _] = times else { return 0 };
    let page_s = last.duration_since(*first).as_secs_f64();
    let ahead_s = from.duration_since(last).as_secs_f64();
    if page_s <= 0.0 || ahead_s <= 0.0 {
        return 0;
    }
    let gaps = u32::try_from(times.len() - 1).unwrap_or(u32::MAX);
    let rows = ahead_s / page_s * f64::from(gaps) * CAUTION;
    // Through a whole number of seconds, which is what the standard library rounds safely.
    let rows = SignedDuration::try_from_secs_f64(rows.min(1e9));
    rows.map_or(0, |rows| rows.as_secs().unsigned_abs())
}
