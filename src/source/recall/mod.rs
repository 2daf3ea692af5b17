//! Completes what was missed from the vendors' own histories, with what live work leaves over.
//!
//! One request at a time, and only when nothing else is due: the loops ask [`Recaller::due_at`] in
//! their pauses, and drop a step that is under way as soon as live work is due. What a vendor's
//! history looks like is data ([`archive`]); which times were missed, and what is asked for them,
//! is decided purely ([`holes`], [`search`]). What is still to be asked for outlives a restart, of
//! the source and of the server ([`book`]).

pub mod archive;
pub mod book;
pub mod holes;
pub mod look;
pub mod search;
pub mod shift;

use std::time::Duration;

use http::Method;
use metrics::counter;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use self::archive::Archive;
use self::holes::Hole;
use self::search::Search;
use self::shift::Shift;
use super::backoff::Backoff;
use super::budget::Budget;
use super::http::Body;
use super::http::account::Request;
use super::http::trouble::{Kind, Trouble};
use super::listing::decode;
use super::lists::Lists;
use super::outlet::{Activity, Outlet};
use crate::clock;

/// A question that is refused so often is not asked again.
const ATTEMPTS_MAX: u32 = 5;
/// A step that had to give way was too slow for the pauses there are; the next waits a while.
const AFTER_GIVING_WAY: Duration = Duration::from_secs(30);

/// Fills the holes of one source.
#[derive(Debug)]
pub struct Recaller {
    archive: Option<&'static Archive>,
    search: Option<Search>,
    shift: Shift,
    takes_span: bool,
    backoff: Backoff,
    /// Refusals of the question that is asked now.
    n_refused: u32,
    not_before: Instant,
    is_asking: bool,
    n_recalled: u64,
}

impl Recaller {
    /// Fills holes from `archive`, where the vendor has one.
    pub fn new(archive: Option<&'static Archive>) -> Self {
        Self {
            archive,
            search: None,
            shift: Shift::default(),
            takes_span: true,
            backoff: Backoff::default(),
            n_refused: 0,
            not_before: Instant::now(),
            is_asking: false,
            n_recalled: 0,
        }
    }

    /// When a request for history may go, at `now`; `None` where nothing is missing.
    ///
    /// `n_requests` is what live work may need at once, beyond what [`Budget::spare_at`] spares for
    /// it.
    pub fn due_at(
        &mut self,
        now: Instant,
        budget: Option<&Budget>,
        n_requests: u32,
        outlet: &Outlet,
    ) -> Option<Instant> {
        if std::mem::take(&mut self.is_asking) {
            self.not_before = now + AFTER_GIVING_WAY;
        }
        if outlet.holes().is_empty() {
            return None;
        }
        if self.archive.is_none() {
            info!(source.id = %outlet.source(), "the vendor keeps no history of what was missed");
            outlet.remove_holes(|holes| *holes = holes::Holes::default());
            return None;
        }
        let spare_at = budget.map_or(now, |budget| budget.spare_at(n_requests, now));
        Some(self.not_before.max(spare_at))
    }

    /// Makes one request, and tells what it brought. It may be dropped at any point: what it had
    /// not told is asked for again.
    pub async fn step(&mut self, lists: &mut Lists, outlet: &Outlet) {
        self.give_up_old(outlet);
        let Some(archive) = self.archive else { return };
        let search = match self.search.take() {
            Some(search) => search,
            None => match outlet.holes().newest(archive.slice) {
                Some(hole) => {
                    info!(source.id = %outlet.source(), from = %hole.from, to = %hole.to,
                        "the vendor's history is asked for what was missed");
                    Search::new(archive, hole, self.shift, self.takes_span)
                }
                None => return,
            },
        };
        self.search = Some(search.clone());
        self.is_asking = true;
        match ask(archive, search, lists, outlet).await {
            Ok((search, n_found)) => {
                self.backoff.reset();
                self.n_refused = 0;
                outlet.log_healed(Activity::History);
                self.n_recalled += n_found;
                self.not_before = Instant::now() + archive.every;
                self.keep(search, outlet);
            }
            Err(trouble) => self.failed(archive, &trouble, outlet),
        }
        self.is_asking = false;
    }

    fn keep(&mut self, search: Search, outlet: &Outlet) {
        self.shift = search.shift;
        self.takes_span = search.takes_span;
        if search.is_done() {
            self.search = None;
            self.fill(search.hole, "what was missed is filled in", outlet);
        } else {
            self.search = Some(search);
        }
    }

    fn fill(&mut self, part: Hole, words: &'static str, outlet: &Outlet) {
        let n_before = outlet.holes().len();
        outlet.remove_holes(|holes| holes.fill(part));
        let n_holes_left = outlet.holes().len();
        if n_holes_left < n_before {
            let n = std::mem::take(&mut self.n_recalled);
            info!(source.id = %outlet.source(), n, n_holes_left, "{words}");
        }
    }

    fn failed(&mut self, archive: &Archive, trouble: &Trouble, outlet: &Outlet) {
        let wait = self.backoff.wait_with_chance(trouble).max(archive.every);
        self.not_before = Instant::now() + wait;
        outlet.log_trouble(Activity::History, trouble, wait);
        let Some(mut search) = self.search.take() else {
            return;
        };
        if matches!(trouble.status, Some(400 | 422)) && search.drop_assumed() {
            self.keep(search, outlet);
            return;
        }
        if trouble.status == Some(404) && search.skip_track() {
            self.keep(search, outlet);
            return;
        }
        // Only what the vendor refuses outright is hopeless; all else passes.
        self.n_refused += u32::from(trouble.kind == Kind::Odd);
        if ATTEMPTS_MAX <= self.n_refused {
            self.n_refused = 0;
            warn!(source.id = %outlet.source(), from = %search.hole.from, to = %search.hole.to,
                "what was missed cannot be had: {trouble}");
            self.fill(search.hole, "what was missed is given up", outlet);
            return;
        }
        self.search = Some(search);
    }

    /// What has become too old is no longer looked for.
    fn give_up_old(&mut self, outlet: &Outlet) {
        let reach = outlet.reach();
        let Ok(oldest) = clock::now().checked_sub(reach) else {
            return;
        };
        let mut is_any_old = false;
        outlet.remove_holes(|holes| is_any_old = holes.forget_before(oldest));
        if !is_any_old {
            return;
        }
        if self
            .search
            .take_if(|search| search.hole.to <= oldest)
            .is_some()
        {
            self.n_refused = 0;
        }
        if outlet.holes().is_empty() {
            info!(source.id = %outlet.source(), "what was missed is too old and is given up");
        }
    }
}

/// Asks the next question of `search` and tells what was found; the search as it goes on, and how
/// many positions there were.
async fn ask(
    archive: &Archive,
    mut search: Search,
    lists: &mut Lists,
    outlet: &Outlet,
) -> Result<(Search, u64), Trouble> {
    let Lists {
        account, dialect, ..
    } = lists;
    let question = search.question();
    debug!(source.id = %outlet.source(), path = %question.path, query = ?question.query,
        "history is asked for");
    let path = question.path.clone();
    let request = Request {
        method: Method::GET,
        path: question.path,
        query: question.query,
        body: Body::None,
    };
    let body = account.ask(&request).await?;
    let received_at = clock::now();
    if search.wants_tracks()
        && let Some(shelf) = &archive.tracks
    {
        let decoded = decode(shelf.decode, dialect, body, received_at).await;
        let mut decoded = decoded.map_err(|error| account.unreadable(&path, &error))?;
        let (refusals, shape) = decoded.take_refusals();
        outlet.refused(shelf.path, refusals, shape).await;
        search.take_tracks(decoded);
        return Ok((search, 0));
    }
    let shelf = &archive.records;
    let decoded = decode(shelf.decode, dialect, body, received_at).await;
    let mut decoded = decoded.map_err(|error| account.unreadable(&path, &error))?;
    let (refusals, shape) = decoded.take_refusals();
    outlet.refused(shelf.path, refusals, shape).await;
    let found = search.take_records(decoded);
    let n_found = found.len() as u64;
    counter!("fleetglass_recalled_total", "source" => outlet.source().to_string())
        .increment(n_found);
    outlet.recalled(found).await;
    Ok((search, n_found))
}
