//! A short look at a vendor's history, for `fleetglass check`: one page of each of its lists.

use http::Method;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::archive::{Archive, Shelf, Track};
use super::holes::Hole;
use super::search::{Question, Search};
use super::shift::Shift;
use crate::clock;
use crate::source::decode::Decoded;
use crate::source::http::Body;
use crate::source::http::account::Request;
use crate::source::http::trouble::Trouble;
use crate::source::lists::Lists;
use crate::source::probe::Probe;

/// The most requests that a look takes: tracks, again without what is assumed, points.
const REQUESTS_MAX: u32 = 3;

/// Why a vendor's history was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// Nobody wanted to know.
    Off,
    /// The vendor keeps none, as far as is known.
    NoHistory,
    /// Live positions fail already.
    LiveFails,
    /// What is left of the rate limit is for live work.
    NoRoom,
}

/// Asks once for what was recorded lately.
///
/// # Errors
/// It was not asked at all, and why. What goes wrong in asking stands in the probes.
pub async fn look(
    lists: &mut Lists,
    archive: Option<&'static Archive>,
    now: Timestamp,
) -> Result<Vec<Probe>, NotAsked> {
    let archive = archive.ok_or(NotAsked::NoHistory)?;
    let at = Instant::now();
    let budget = lists.account.budget.as_ref();
    if budget.is_some_and(|budget| at < budget.roomy_at(REQUESTS_MAX, at)) {
        return Err(NotAsked::NoRoom);
    }
    let hole = Hole {
        from: now.checked_sub(archive.slice).unwrap_or(now),
        to: now,
    };
    let mut search = Search::new(archive, hole, Shift::default(), true);
    let mut probes = Vec::new();
    let mut of_track = None;
    if let Some(shelf) = &archive.tracks {
        let (probe, track) = tracks(lists, archive, shelf, &mut search).await;
        probes.push(probe);
        let Some(track) = track else {
            return Ok(probes);
        };
        of_track = Some(track.device.clone());
        search = search.of(track);
    }
    sleep(archive.every).await;
    let shelf = &archive.records;
    let mut probe = probe_of(
        shelf,
        if archive.tracks.is_some() {
            "{track}"
        } else {
            ""
        },
    );
    let question = search.question();
    let path = question.path.clone();
    let asked = page(lists, shelf, question).await.map_err(|trouble| {
        // Which track it was is nobody's business.
        let words = trouble
            .words
            .replace(&*path, &format!("{}{{track}}", shelf.path));
        Trouble { words, ..trouble }
    });
    let records = keep(&mut probe, asked);
    let devices = records
        .into_iter()
        .filter_map(|record| record.device.or(of_track.clone()));
    probe.devices.extend(devices);
    probes.push(probe);
    Ok(probes)
}

/// What the list of tracks told, and the newest of them; asked again without what is only assumed
/// of it, where the vendor refuses that.
async fn tracks(
    lists: &mut Lists,
    archive: &'static Archive,
    shelf: &Shelf<Track>,
    search: &mut Search,
) -> (Probe, Option<Track>) {
    let mut probe = probe_of(shelf, "");
    let mut asked = page(lists, shelf, search.question()).await;
    if let Err(trouble) = &asked
        && matches!(trouble.status, Some(400 | 422))
        && search.drop_assumed()
    {
        sleep(archive.every).await;
        asked = page(lists, shelf, search.question()).await;
    }
    let tracks = keep(&mut probe, asked);
    let devices = tracks.iter().map(|track| track.device.clone());
    probe.devices.extend(devices);
    let newest = tracks
        .into_iter()
        .max_by_key(|track| (track.to, track.from));
    (probe, newest)
}

fn probe_of<T>(shelf: &Shelf<T>, behind: &str) -> Probe {
    Probe::new(format!("GET {}{behind}", shelf.path), Some(shelf.spec))
}

/// What a page held, and what it was: kept apart, since a body that cannot be read is kept as well.
struct Page<T> {
    body: bytes::Bytes,
    decoded: Result<Decoded<T>, Trouble>,
}

async fn page<T>(
    lists: &mut Lists,
    shelf: &Shelf<T>,
    question: Question,
) -> Result<Page<T>, Trouble> {
    let request = Request {
        method: Method::GET,
        path: question.path,
        query: question.query,
        body: Body::None,
    };
    let body = lists.account.ask(&request).await?;
    let decoded = (shelf.decode)(&lists.dialect, &body, clock::now());
    let decoded = decoded.map_err(|error| lists.account.unreadable(shelf.path, &error));
    Ok(Page { body, decoded })
}

fn keep<T>(probe: &mut Probe, asked: Result<Page<T>, Trouble>) -> Vec<T> {
    let outcome = asked.and_then(|page| {
        probe.bodies.push(page.body);
        page.decoded
    });
    match outcome {
        Ok(decoded) => {
            probe.refusals.extend(decoded.refusals);
            decoded.rows
        }
        Err(trouble) => {
            probe.trouble = Some(trouble);
            Vec::new()
        }
    }
}
