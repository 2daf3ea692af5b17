//! A vendor's list that comes in pages: which page to ask for next, and when to stop.
//!
//! The four ways of paging are data; the rule that ends every reading is here, once: a page that
//! brings no new device, or too many pages, whatever the envelope claims.

use std::collections::HashSet;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinError;

use super::decode::fields::RecordSpec;
use super::decode::{BodyError, Decoded, Dialect, Page};
use crate::domain::{DeviceKey, Label, Observation};

/// No fleet has more pages; whoever sends more is running in circles.
const PAGES_MAX: u32 = 500;

/// How a list is asked for, page by page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// `page=1&limit=N`, up to the envelope's last page. Without a limit, the first request
    /// carries no parameters at all.
    Numbered {
        /// Rows in a page.
        limit: Option<u64>,
    },
    /// `offset=0&limit=N`, up to a short page. A 400 halves the limit.
    Offset {
        /// Rows in a page.
        limit: u64,
    },
    /// `limit=N&after=CURSOR`, up to a page without a new cursor.
    Cursor {
        /// Rows in a page.
        limit: u64,
    },
}

/// Turns a body into rows.
pub type Decode<T> = fn(&Dialect, &[u8], Timestamp) -> Result<Decoded<T>, BodyError>;

/// One list of a vendor.
#[derive(Clone, Copy, Debug)]
pub struct Listing<T> {
    /// Below the base URL: `/vehicles/status`.
    pub path: &'static str,
    /// How it is paged.
    pub paging: Paging,
    /// Its decoder.
    pub decode: Decode<T>,
    /// The names in its rows.
    pub spec: &'static RecordSpec,
}

/// Decodes `body`; a great one beside the threads on which everybody else's work waits.
pub async fn decode<T: Send + 'static>(
    decode: Decode<T>,
    dialect: &Dialect,
    body: Bytes,
    received_at: Timestamp,
) -> Result<Decoded<T>, BodyError> {
    /// Decoded in half a millisecond or so.
    const GREAT_FROM: usize = 100_000;
    if body.len() < GREAT_FROM {
        return decode(dialect, &body, received_at);
    }
    let dialect = dialect.clone();
    let task = tokio::task::spawn_blocking(move || decode(&dialect, &body, received_at));
    match task.await.map_err(JoinError::try_into_panic) {
        Ok(decoded) => decoded,
        // As if it had been decoded here.
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The runtime shuts down, and this task with it.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// A row that tells its device.
pub trait Row {
    /// The device.
    fn device(&self) -> &DeviceKey;

    /// What it says of names.
    fn label(&self) -> &Label;

    /// How old its fix was when we got it, where it tells; negative if it lay ahead.
    fn age(&self) -> Option<SignedDuration> {
        None
    }
}

impl Row for Observation {
    fn device(&self) -> &DeviceKey {
        &self.device
    }

    fn label(&self) -> &Label {
        &self.label
    }

    fn age(&self) -> Option<SignedDuration> {
        let vendor_at = self.reading.as_ref()?.vendor_at?;
        Some(self.received_at.duration_since(vendor_at))
    }
}

impl Row for (DeviceKey, Label) {
    fn device(&self) -> &DeviceKey {
        &self.0
    }

    fn label(&self) -> &Label {
        &self.1
    }
}

/// A reader of one list; it remembers what it learned about it.
#[derive(Debug)]
pub struct Pager<T> {
    /// The list.
    pub listing: Listing<T>,
    limit: u64,
    /// Pages of the last complete reading; 1 before there was one.
    n_pages: u32,
    /// A first page that looks like a cap below our limit has been looked into.
    knows_cap: bool,
    /// So many rows end in a full page; an empty one after it has proven that they are all.
    proven_rows: Option<u64>,
}

/// One reading, from its first page to its last.
#[derive(Debug, Default)]
pub struct Walk {
    seen: HashSet<DeviceKey>,
    n_pages: u32,
    n_rows: u64,
    cursor: Option<String>,
    page: u64,
}

impl<T: Row> Pager<T> {
    /// A reader of `listing`.
    pub fn new(listing: Listing<T>) -> Self {
        let limit = match listing.paging {
            Paging::Numbered { limit } => limit.unwrap_or_default(),
            Paging::Offset { limit } | Paging::Cursor { limit } => limit,
        };
        Self {
            listing,
            limit,
            n_pages: 1,
            knows_cap: false,
            proven_rows: None,
        }
    }

    /// There may be more than was proven, now that the vendor has `n_devices`.
    ///
    /// Where a fleet fills its last page, each reading would need an empty page to find its end.
    /// Under a tight limit that is a quarter of a reading of 300; so the end is proven once, and
    /// again when there is reason to doubt it.
    pub fn doubt_end(&mut self, n_devices: usize) {
        self.proven_rows = self
            .proven_rows
            .filter(|proven| n_devices as u64 <= *proven);
    }

    /// How many requests a reading takes, as far as is known.
    pub fn n_pages(&self) -> u32 {
        self.n_pages
    }

    /// The parameters of the next page of `walk`.
    pub fn query(&self, walk: &Walk) -> Vec<(&'static str, String)> {
        let limit = ("limit", self.limit.to_string());
        match self.listing.paging {
            Paging::Numbered { limit: None } if walk.page == 0 => Vec::new(),
            Paging::Numbered { limit: None } => vec![("page", (walk.page + 1).to_string())],
            Paging::Numbered { .. } => vec![("page", (walk.page + 1).to_string()), limit],
            Paging::Offset { .. } => vec![("offset", walk.n_rows.to_string()), limit],
            Paging::Cursor { .. } => {
                let after = walk.cursor.clone().map(|cursor| ("after", cursor));
                std::iter::once(limit).chain(after).collect()
            }
        }
    }

    /// Rows asked for in a page.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Asks for `limit` rows in a page from now on.
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// The vendor refuses the parameters: whether a smaller page can be asked for.
    pub fn halve(&mut self) -> bool {
        let can = matches!(self.listing.paging, Paging::Offset { .. }) && 1 < self.limit;
        if can {
            self.limit /= 2;
        }
        can
    }

    /// Takes in a page; whether it was the last one.
    pub fn take(&mut self, walk: &mut Walk, rows: &[T], page: &Page) -> bool {
        let n_rows = page.n_rows as u64;
        let n_seen = walk.seen.len();
        walk.seen
            .extend(rows.iter().map(|row| row.device().clone()));
        let brings_new = n_seen < walk.seen.len();
        walk.n_pages += 1;
        walk.n_rows += n_rows;
        walk.page = page
            .current_page
            .unwrap_or(walk.page + 1)
            .max(walk.page + 1);
        let ends = match self.listing.paging {
            Paging::Numbered { .. } => page.last_page.is_none_or(|last| last <= walk.page),
            Paging::Offset { .. } => {
                self.proven_rows == Some(walk.n_rows) || self.is_short(walk, n_rows, brings_new)
            }
            Paging::Cursor { .. } => !walk.advance(page.next_cursor.as_deref()),
        };
        // A page of nothing but bad rows brings nothing new, and is yet no end; nor is an empty
        // one whose cursor leads on.
        let may_be_empty = matches!(self.listing.paging, Paging::Cursor { .. });
        let stalls = !brings_new && (!rows.is_empty() || (n_rows == 0 && !may_be_empty));
        let ends = ends || stalls || PAGES_MAX <= walk.n_pages;
        if ends {
            let is_proof = n_rows == 0 && 1 < walk.n_pages;
            let is_proven = self.proven_rows == Some(walk.n_rows);
            self.proven_rows = Some(walk.n_rows).filter(|_| is_proof || is_proven);
            self.n_pages = walk.n_pages - u32::from(is_proof);
        }
        ends
    }

    /// Whether a page of `n_rows` is the last one of an offset-paged list.
    ///
    /// A short first page with a round number of rows may be the vendor's own cap, silently below
    /// our limit. Once, it is worth a request to find out, rather than lose half a fleet.
    fn is_short(&mut self, walk: &Walk, n_rows: u64, brings_new: bool) -> bool {
        if self.limit <= n_rows {
            return false;
        }
        let looks_like_cap = 10 <= n_rows && n_rows.is_multiple_of(5);
        if walk.n_pages == 1 {
            let look_further = looks_like_cap && !self.knows_cap;
            return !look_further;
        }
        if !self.knows_cap && walk.n_pages == 2 {
            self.knows_cap = true;
            let first_rows = walk.n_rows - n_rows;
            if brings_new && first_rows < self.limit {
                self.limit = first_rows;
                return n_rows < first_rows;
            }
        }
        true
    }
}

impl Walk {
    /// Moves on to `next`; false where it leads nowhere.
    fn advance(&mut self, next: Option<&str>) -> bool {
        let next = next.filter(|next| !next.is_empty());
        let moves = next.is_some() && next != self.cursor.as_deref();
        self.cursor = next.map(str::to_owned);
        moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SourceId;

    type Vehicle = (DeviceKey, Label);

    fn nothing(_: &Dialect, _: &[u8], _: Timestamp) -> Result<Decoded<Vehicle>, BodyError> {
        Err(BodyError::NotJson)
    }

    fn pager(paging: Paging) -> Pager<Vehicle> {
        Pager::new(Listing {
            path: "/x",
            paging,
            decode: nothing,
            spec: &crate::source::cartrack::wire::VEHICLE,
        })
    }

    fn rows(ids: std::ops::Range<u64>) -> Vec<Vehicle> {
        let source = SourceId::new("x");
        ids.map(|n| {
            let device = DeviceKey::new(source.clone(), n.to_string());
            (device, Label::default())
        })
        .collect()
    }

    /// Reads a list of `total` rows from a vendor that sends at most `cap` of them in a page.
    fn read_by_offset(pager: &mut Pager<Vehicle>, total: u64, cap: u64) -> (u64, usize) {
        let (mut walk, mut n_requests) = (Walk::default(), 0);
        loop {
            let query = pager.query(&walk);
            let number = |n: usize| query[n].1.parse::<u64>().unwrap();
            let (offset, limit) = (number(0), number(1));
            let rows = rows(offset.min(total)..(offset + limit.min(cap)).min(total));
            let page = Page {
                n_rows: rows.len(),
                ..Page::default()
            };
            n_requests += 1;
            if pager.take(&mut walk, &rows, &page) {
                return (n_requests, walk.seen.len());
            }
        }
    }

    #[test]
    fn offsets_end_at_a_short_page() {
        for (total, n_requests) in [(0, 1), (7, 1), (100, 2), (102, 2), (300, 4), (299, 3)] {
            let mut pager = pager(Paging::Offset { limit: 100 });
            let read = read_by_offset(&mut pager, total, u64::MAX);
            assert_eq!(read, (n_requests, usize::try_from(total).unwrap()));
        }
    }

    #[test]
    fn an_end_that_fills_its_page_is_proven_once_and_again_when_in_doubt() {
        let mut pager = pager(Paging::Offset { limit: 100 });
        assert_eq!(read_by_offset(&mut pager, 300, u64::MAX), (4, 300));
        assert_eq!(pager.n_pages(), 3);
        assert_eq!(read_by_offset(&mut pager, 300, u64::MAX), (3, 300));
        pager.doubt_end(300);
        assert_eq!(read_by_offset(&mut pager, 300, u64::MAX), (3, 300));
        pager.doubt_end(301);
        assert_eq!(read_by_offset(&mut pager, 301, u64::MAX), (4, 301));
        assert_eq!(read_by_offset(&mut pager, 250, u64::MAX), (3, 250));
    }

    #[test]
    fn a_silent_cap_below_our_limit_loses_nobody() {
        let mut pager = pager(Paging::Offset { limit: 100 });
        for _ in 0..2 {
            assert_eq!(read_by_offset(&mut pager, 170, 50).1, 170);
        }
    }

    #[test]
    fn a_round_fleet_is_asked_about_once() {
        let mut pager = pager(Paging::Offset { limit: 100 });
        assert_eq!(read_by_offset(&mut pager, 50, u64::MAX), (2, 50));
        assert_eq!(read_by_offset(&mut pager, 50, u64::MAX), (1, 50));
    }

    #[test]
    fn a_vendor_that_ignores_the_offset_does_not_hold_us_for_ever() {
        let mut pager = pager(Paging::Offset { limit: 10 });
        let mut walk = Walk::default();
        let page = Page {
            n_rows: 10,
            ..Page::default()
        };
        assert!(!pager.take(&mut walk, &rows(0..10), &page));
        assert!(pager.take(&mut walk, &rows(0..10), &page));
    }

    #[test]
    fn cursors_end_where_they_lead_nowhere() {
        for last in [None, Some(""), Some("a")] {
            let mut pager = pager(Paging::Cursor { limit: 512 });
            let mut walk = Walk::default();
            let page = |cursor: Option<&str>| Page {
                n_rows: 1,
                next_cursor: cursor.map(str::to_owned),
                ..Page::default()
            };
            assert_eq!(pager.query(&walk), [("limit", "512".to_owned())]);
            assert!(!pager.take(&mut walk, &rows(0..1), &page(Some("a"))));
            assert_eq!(pager.query(&walk)[1], ("after", "a".to_owned()));
            assert!(pager.take(&mut walk, &rows(1..2), &page(last)), "{last:?}");
        }
    }

    #[test]
    fn numbered_pages_end_at_the_last_or_where_none_is_told() {
        let mut pager = pager(Paging::Numbered { limit: None });
        let mut walk = Walk::default();
        assert!(pager.query(&walk).is_empty());
        let page = |current, last| Page {
            n_rows: 1,
            current_page: current,
            last_page: last,
            ..Page::default()
        };
        assert!(!pager.take(&mut walk, &rows(0..1), &page(Some(1), Some(2))));
        assert_eq!(pager.query(&walk), [("page", "2".to_owned())]);
        assert!(pager.take(&mut walk, &rows(1..2), &page(Some(2), Some(2))));
        assert_eq!(pager.n_pages(), 2);
        assert!(pager.take(&mut Walk::default(), &rows(0..1), &page(None, None)));
    }

    #[test]
    fn a_refused_limit_is_halved_down_to_one() {
        let mut pager = pager(Paging::Offset { limit: 4 });
        assert_eq!(
            [pager.halve(), pager.halve(), pager.halve()],
            [true, true, false]
        );
        assert!(!self::pager(Paging::Cursor { limit: 512 }).halve());
    }
}
