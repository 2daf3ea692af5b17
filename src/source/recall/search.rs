//! The search for what was recorded in one hole: which question is next, and what its answer gives.
//!
//! Pure: questions out, pages in. It makes use of whatever order the rows have, so that a page or
//! two of a day's list suffice for some minutes of it, and relies on none.

mod walk;

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::archive::{Archive, Form, Recorded, Shelf, Track};
use super::holes::Hole;
use super::shift::Shift;
use crate::domain::{DeviceKey, Reading};
use crate::source::decode::{Decoded, Page};
use crate::source::listing::Paging;

use walk::{Order, Walk};

/// No vendor takes a greater window.
const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(24);
/// It is worth starting over where the zone is known better by so much.
const WORTH_RESTART: SignedDuration = SignedDuration::from_hours(1);
const RESTARTS_MAX: u32 = 3;
/// Tracks are found within so many pages, or not at all.
const TRACK_PAGES_MAX: u32 = 50;
/// More pages of one list are running in circles.
const PAGES_MAX: u32 = 1_000;

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Below the base URL.
    pub path: Cow<'static, str>,
    /// Parameters.
    pub query: Vec<(&'static str, String)>,
}

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    archive: &'static Archive,
    /// What is looked for.
    pub hole: Hole,
    /// What is known of the vendor's zone.
    pub shift: Shift,
    /// The vendor takes the parameters of a span, as far as is known.
    pub takes_span: bool,
    stage: Stage,
    walk: Walk,
    /// Spans as they are asked for, the newest last.
    windows: Vec<Hole>,
    /// Tracks whose points are yet to be read, the newest last.
    tracks: Vec<Track>,
    n_restarts: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Tracks,
    /// Of one track, or of all.
    Records(Option<Track>),
    Done,
}

impl Search {
    /// Begins to look for what was recorded in `hole`.
    pub fn new(archive: &'static Archive, hole: Hole, shift: Shift, takes_span: bool) -> Self {
        let stage = match archive.tracks {
            Some(_) => Stage::Tracks,
            None => Stage::Records(None),
        };
        Self {
            archive,
            hole,
            shift,
            takes_span,
            stage,
            walk: Walk::default(),
            windows: windows(shift.asked(hole)),
            tracks: Vec::new(),
            n_restarts: 0,
        }
    }

    /// The same, which looks at `track` alone.
    #[must_use]
    pub fn of(self, track: Track) -> Self {
        Self {
            stage: Stage::Records(Some(track)),
            walk: Walk::default(),
            ..self
        }
    }

    /// Whether all was found that there is.
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Whether the next answer is a page of tracks.
    pub fn wants_tracks(&self) -> bool {
        self.stage == Stage::Tracks
    }

    /// What to ask next.
    pub fn question(&self) -> Question {
        match (&self.stage, &self.archive.tracks) {
            (Stage::Tracks, Some(list)) => self.ask(list, list.path.into()),
            (Stage::Records(Some(track)), _) => {
                let path = format!("{}{}", self.archive.records.path, track.id);
                self.ask(&self.archive.records, path.into())
            }
            _ => self.ask(&self.archive.records, self.archive.records.path.into()),
        }
    }

    fn ask<T>(&self, list: &Shelf<T>, path: Cow<'static, str>) -> Question {
        let mut query = self.walk.query(list.paging);
        let always = list.always.iter();
        query.extend(always.map(|(name, value)| (*name, (*value).to_owned())));
        if let Some(span) = list.span.filter(|_| self.takes_span) {
            let Hole { from, to } = self.window(span.form);
            query.push((span.from, written(from, span.form)));
            // A time is written in whole seconds, and the last one counts in full.
            query.push((
                span.to,
                written(to + SignedDuration::from_secs(1), span.form),
            ));
        }
        Question { path, query }
    }

    fn window(&self, form: Form) -> Hole {
        match form {
            Form::EpochSeconds => self.hole,
            Form::Local => self.windows.last().copied().unwrap_or(self.hole),
        }
    }

    /// The vendor refuses the parameters: whether there are some that we only assumed.
    pub fn drop_assumed(&mut self) -> bool {
        let span = self.archive.tracks.as_ref().and_then(|list| list.span);
        let is_assumed = span.is_some_and(|span| span.form == Form::EpochSeconds);
        let can = self.wants_tracks() && is_assumed && self.takes_span;
        self.takes_span &= !can;
        can
    }

    /// The vendor knows nothing of the track that was asked for: whether one was.
    pub fn skip_track(&mut self) -> bool {
        let is_track = matches!(self.stage, Stage::Records(Some(_)));
        if is_track {
            self.next_list();
        }
        is_track
    }

    /// Takes in a page of tracks.
    pub fn take_tracks(&mut self, decoded: Decoded<Track>) {
        let Some(list) = &self.archive.tracks else {
            return;
        };
        let key = decoded.rows.first().map(|track| track.id.clone());
        let starts: Vec<_> = decoded.rows.iter().filter_map(|track| track.from).collect();
        let hole = self.hole;
        let oldest = decoded.rows.last();
        let is_past = Order::of(&starts) == Order::Falling
            && oldest.is_some_and(|track| over_before(track, hole));
        let ends = is_past
            || TRACK_PAGES_MAX <= self.walk.n_pages() + 1
            || self.walk.is_last(list.paging, &decoded.page, key);
        self.walk.advance(&decoded.page);
        let is_wanted = |track: &Track| {
            track.from.is_none_or(|from| from < hole.to) && !over_before(track, hole)
        };
        self.tracks
            .extend(decoded.rows.into_iter().filter(is_wanted));
        if ends {
            self.tracks.sort_by_key(|track| (track.from, track.to));
            self.tracks.dedup_by(|a, b| a.id == b.id);
            self.next_list();
        }
    }

    /// Takes in a page of records; those that were missed, oldest first.
    pub fn take_records(&mut self, decoded: Decoded<Recorded>) -> Vec<(DeviceKey, Reading)> {
        let Stage::Records(track) = &self.stage else {
            return Vec::new();
        };
        let track = track.clone();
        let times: Vec<_> = decoded.rows.iter().map(|row| row.at).collect();
        if self.learns(&times) || self.seeks(&times, &decoded.page, track.as_ref()) {
            return Vec::new();
        }
        let ends = self.ends(&times, &decoded, track.as_ref());
        self.walk.advance(&decoded.page);
        let mut found: Vec<_> = decoded.rows.into_iter().collect();
        found.retain(|row| self.hole.holds(row.at));
        found.sort_by_key(|row| row.at);
        if ends {
            self.next_list();
        }
        let device = track.map(|track| track.device);
        let owned = |row: Recorded| Some((row.device.or_else(|| device.clone())?, row.reading));
        found.into_iter().filter_map(owned).collect()
    }

    /// Whether the zone is known so much better now that it is worth starting over.
    fn learns(&mut self, times: &[Timestamp]) -> bool {
        let is_local = |span: super::archive::Span| span.form == Form::Local;
        if !self.archive.records.span.is_some_and(is_local) || 0 < self.walk.n_pages() {
            return false;
        }
        let before = self.shift.doubt();
        self.shift.learn(self.window(Form::Local), times.to_vec());
        let is_better = self.shift.doubt() + WORTH_RESTART < before;
        let is_other = before < self.shift.doubt();
        if (is_better || is_other) && self.n_restarts < RESTARTS_MAX {
            self.n_restarts += 1;
            self.windows = windows(self.shift.asked(self.hole));
            self.walk = Walk::default();
            return true;
        }
        false
    }

    /// Whether the hole begins elsewhere in the track than on this page, and is looked for there.
    fn seeks(&mut self, times: &[Timestamp], page: &Page, track: Option<&Track>) -> bool {
        let by_offset = matches!(self.archive.records.paging, Paging::Offset { .. });
        track.is_some()
            && by_offset
            && self.walk.n_pages() < PAGES_MAX
            && self.walk.seek(times, page, self.hole.from)
    }

    fn ends(
        &mut self,
        times: &[Timestamp],
        decoded: &Decoded<Recorded>,
        track: Option<&Track>,
    ) -> bool {
        let first = decoded.rows.first();
        let key = first.map(|row| format!("{:?} {}", row.device, row.at));
        let until = track.and_then(|track| track.to);
        let is_past = match (Order::of(times), times.first(), times.last()) {
            (Order::Rising, Some(first), Some(last)) => {
                self.walk.reaches_start |= *first <= self.hole.from;
                self.hole.to <= *last || until.is_some_and(|until| until <= *last)
            }
            (Order::Falling, _, Some(last)) => {
                self.walk.reaches_start |= *last <= self.hole.from;
                *last < self.hole.from
            }
            _ => false,
        };
        is_past
            || PAGES_MAX <= self.walk.n_pages() + 1
            || self
                .walk
                .is_last(self.archive.records.paging, &decoded.page, key)
    }

    fn next_list(&mut self) {
        // What came before the hole was seen, so older windows hold nothing of it.
        let reaches_start = std::mem::take(&mut self.walk).reaches_start;
        self.stage = if self.archive.tracks.is_some() {
            let track = self.tracks.pop();
            track.map_or(Stage::Done, |track| Stage::Records(Some(track)))
        } else {
            self.windows.pop();
            if self.windows.is_empty() || reaches_start {
                Stage::Done
            } else {
                Stage::Records(None)
            }
        };
    }
}

fn over_before(track: &Track, hole: Hole) -> bool {
    track.to.is_some_and(|to| to < hole.from)
}

/// `asked` in parts that a vendor takes, the newest last.
fn windows(asked: Hole) -> Vec<Hole> {
    // A second is left for the rounding of its end.
    let longest = WINDOW_MAX - SignedDuration::from_secs(2);
    let mut windows = Vec::new();
    let mut to = asked.to;
    while asked.from < to {
        let from = to
            .checked_sub(longest)
            .unwrap_or(asked.from)
            .max(asked.from);
        windows.push(Hole { from, to });
        to = from;
    }
    windows.reverse();
    windows
}

fn written(at: Timestamp, form: Form) -> String {
    match form {
        Form::EpochSeconds => at.as_second().to_string(),
        Form::Local => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
