//! Screens, looked after from a desk: which are here, what they last said of themselves, and the way
//! to tell them something.
//!
//! What a screen says is kept in memory, the newest of each: it says so each minute. What it is told
//! goes into the letter boxes of its sockets ([`Letters`]).

pub mod displays;
pub mod gauges;
mod letter;
pub mod report;
pub mod scenes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};
use jiff::{SignedDuration, Timestamp};

use super::Web;
use crate::auth::{TokenId, Viewer, ViewerId, ViewerKind};
use crate::desk::Desk;
use crate::domain::Sight;
use crate::live::letters::{Letter, Letters};
use report::ReportText;

/// A report that comes sooner after the one before is not kept.
const REPORTS_APART: SignedDuration = SignedDuration::from_secs(10);
/// No report, and nothing else here, is larger.
const MAX_BODY_BYTES: usize = 64 << 10;

/// The routes of screens and scenes.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/scenes", get(scenes::scenes))
        .route(
            "/api/v1/scenes/{id}",
            put(scenes::put).delete(scenes::remove),
        )
        .route("/api/v1/displays", get(displays::displays))
        .route("/api/v1/displays/{id}", put(displays::put))
        .route("/api/v1/displays/{id}/command", post(displays::command))
        .route("/api/v1/display/report", post(report::report))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// All screens that have been here since the start. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct Screens(Arc<Mutex<HashMap<TokenId, Screen>>>);

#[derive(Debug, Default)]
struct Screen {
    /// One for each socket.
    boxes: Vec<Weak<Letters>>,
    report: Option<(ReportText, Timestamp)>,
}

/// What is known of a screen.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// It has a socket.
    pub is_connected: bool,
    /// What it last said of itself, and when.
    pub report: Option<(ReportText, Timestamp)>,
}

impl Screens {
    /// The letter box of a socket, with what its screen shows in it; `None` where it is no screen's.
    pub fn join(&self, viewer: &Viewer, desk: &Desk) -> Option<Arc<Letters>> {
        let id = screen_of(viewer)?;
        let letters = Arc::new(Letters::default());
        let mut all = self.lock();
        let wall = desk.wall();
        if wall.displays.contains_key(&*id.0) {
            for (letter, text) in letter::shown(&wall, id, &viewer.sight) {
                letters.put(letter, text);
            }
        }
        let boxes = &mut all.entry(id.clone()).or_default().boxes;
        boxes.retain(|held| 0 < held.strong_count());
        boxes.push(Arc::downgrade(&letters));
        Some(letters)
    }

    /// Puts a letter into each box of a screen; gives how many there are. Somebody has to wake
    /// whoever serves them.
    fn tell(&self, id: &TokenId, letter: Letter, text: &Arc<str>) -> usize {
        self.lock()
            .get(id)
            .map_or(0, |screen| screen.tell(letter, text))
    }

    /// Tells a screen what it shows from now on. What that is is asked for while nobody else tells
    /// or joins, so that of two changes the later one is told last.
    fn tell_shown(&self, id: &TokenId, sight: &Sight, desk: &Desk) {
        let all = self.lock();
        if let Some(screen) = all.get(id) {
            for (letter, text) in letter::shown(&desk.wall(), id, sight) {
                screen.tell(letter, &text);
            }
        }
    }

    /// Keeps what a screen says of itself; `false`: it said so just now.
    fn keep(&self, id: &TokenId, report: ReportText, now: Timestamp) -> bool {
        let mut all = self.lock();
        let held = &mut all.entry(id.clone()).or_default().report;
        let is_soon =
            |(_, at): &(ReportText, Timestamp)| now.duration_since(*at).abs() < REPORTS_APART;
        if held.as_ref().is_some_and(is_soon) {
            return false;
        }
        *held = Some((report, now));
        true
    }

    /// What is known of a screen.
    pub fn known(&self, id: &TokenId) -> Known {
        let all = self.lock();
        all.get(id)
            .map(|screen| Known {
                is_connected: screen.is_connected(),
                report: screen.report.clone(),
            })
            .unwrap_or_default()
    }

    /// Forgets those that are not among these: their tokens are gone. One that has a socket may
    /// have been let in just now.
    fn forget_others(&self, known: &[TokenId]) {
        self.lock()
            .retain(|id, screen| known.contains(id) || screen.is_connected());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenId, Screen>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen {
    fn tell(&self, letter: Letter, text: &Arc<str>) -> usize {
        let boxes = self.boxes.iter().filter_map(Weak::upgrade);
        boxes
            .inspect(|letters| letters.put(letter, Arc::clone(text)))
            .count()
    }

    fn is_connected(&self) -> bool {
        self.boxes.iter().any(|held| 0 < held.strong_count())
    }
}

/// Which screen looks, if it is one.
fn screen_of(viewer: &Viewer) -> Option<&TokenId> {
    match (&viewer.id, viewer.kind) {
        (ViewerId::Token(id), ViewerKind::Display) => Some(id),
        _ => None,
    }
}
