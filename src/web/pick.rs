//! The vehicles a request gets of all there are, in its order and as many as it wants: pure, and
//! cheap where there are a hundred thousand.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::domain::{Flag, Silence, Vehicle};
use crate::live::hub::{Entries, Entry};
use crate::live::words;

/// A query, understood.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub(super) words: Vec<String>,
    pub(super) bbox: Option<[f64; 4]>,
    pub(super) states: Vec<String>,
    /// Of one of these groups; all where empty.
    pub(super) groups: Vec<String>,
    /// These alone.
    pub(super) ids: Option<BTreeSet<String>>,
    pub(super) sort: Sort,
    pub(super) is_descending: bool,
    pub(super) limit: Option<usize>,
    pub(super) after: Option<Cursor>,
    /// What lasts is measured up to here; on a further page, up to where the first one did.
    pub(super) now: Timestamp,
}

/// What vehicles are sorted by; those that have no such thing come first, ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The id, which also decides where the others leave it open.
    #[default]
    Id,
    /// The name, in lower case.
    Name,
    /// When the position was true.
    FixedAt,
    /// Speed over ground.
    Speed,
    /// Who stopped reporting, the most alarming first; those that report come after all of them.
    Silence,
}

/// What of a vehicle is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Unknown,
    /// Milliseconds, or thousandths: of a metre per second, of a live limit.
    Number(i64),
    Text(Cow<'a, str>),
}

/// Where a page ended: goes on behind this vehicle, or where it was.
#[derive(Clone, Debug)]
pub struct Cursor {
    key: Key<'static>,
    id: String,
    /// Up to when silences were measured.
    measured_at: Option<Timestamp>,
}

/// What was picked.
#[derive(Debug)]
pub struct Picked<'a> {
    /// The vehicles, in order.
    pub entries: Vec<&'a Entry>,
    /// How many fit, on whatever page.
    pub n_fitting: usize,
    /// The last one's cursor, where more come after it.
    pub next: Option<String>,
}

/// A vehicle that fits: what it is sorted by, and its place by id.
struct Ranked<'a> {
    key: Key<'a>,
    nth: usize,
    entry: &'a Entry,
}

impl Wanted {
    /// Whether it wants no more than some.
    pub fn has_limit(&self) -> bool {
        self.limit.is_some()
    }

    /// Picks from `all`.
    pub fn pick<'a>(&self, all: &'a Entries) -> Picked<'a> {
        let limit = self.limit.unwrap_or(usize::MAX);
        let now = self.after.as_ref().and_then(|after| after.measured_at);
        let now = now.unwrap_or(self.now);
        let comes_after = self
            .after
            .as_ref()
            .map(|after| self.comes_after(after, all));
        let mut n_fitting = 0;
        let mut best = Best::new(limit.saturating_add(1), |one, other| self.order(one, other));
        for (nth, entry) in all.ranked().filter(|(_, entry)| self.fits(entry)) {
            n_fitting += 1;
            let key = self.sort.key(entry, now);
            let one = Ranked { key, nth, entry };
            if comes_after
                .as_ref()
                .is_none_or(|comes_after| comes_after(&one))
            {
                best.add(one);
            }
        }
        let mut ranked = best.sorted();
        let has_more = limit < ranked.len();
        ranked.truncate(limit);
        let last = ranked.last().filter(|_| has_more);
        Picked {
            n_fitting,
            next: last.map(|last| self.sort.text(&last.key, last.entry, now)),
            entries: ranked.into_iter().map(|one| one.entry).collect(),
        }
    }

    fn fits(&self, entry: &Entry) -> bool {
        let vehicle = &*entry.vehicle;
        self.ids
            .as_ref()
            .is_none_or(|ids| ids.contains(vehicle.id.as_str()))
            && (self.groups.is_empty() || self.groups.iter().any(|group| is_of(vehicle, group)))
            && self.bbox.is_none_or(|bbox| is_within(vehicle, bbox))
            && (self.states.is_empty() || self.states.iter().any(|state| is_in(vehicle, state)))
            && self.words.iter().all(|word| entry.mentions(word))
    }

    fn order(&self, one: &Ranked<'_>, other: &Ranked<'_>) -> Ordering {
        let ascending = (&one.key, one.nth).cmp(&(&other.key, other.nth));
        if self.is_descending {
            ascending.reverse()
        } else {
            ascending
        }
    }

    /// What comes after the cursor, whose vehicle may be gone: its place is between two others.
    fn comes_after(&self, after: &Cursor, all: &Entries) -> impl Fn(&Ranked<'_>) -> bool {
        let (is_descending, id) = (self.is_descending, after.id.as_str());
        let n_before = if is_descending {
            all.n_before(|other| other.as_str() < id)
        } else {
            all.n_before(|other| other.as_str() <= id)
        };
        move |one| {
            let is_at_or_beyond = (&after.key, n_before) <= (&one.key, one.nth);
            is_at_or_beyond != is_descending
        }
    }
}

/// The first some of many, in an order: who wants a hundred of a hundred thousand need not have
/// all of them kept and sorted.
struct Best<T, F> {
    n_wanted: usize,
    order: F,
    kept: Vec<T>,
    /// The last of those that are wanted, at `n_wanted - 1`, is known.
    is_full: bool,
}

impl<T, F: Fn(&T, &T) -> Ordering> Best<T, F> {
    fn new(n_wanted: usize, order: F) -> Self {
        Self {
            n_wanted,
            order,
            kept: Vec::new(),
            is_full: false,
        }
    }

    fn add(&mut self, one: T) {
        let last = self.kept.get(self.n_wanted - 1).filter(|_| self.is_full);
        if last.is_some_and(|last| (self.order)(last, &one).is_lt()) {
            return;
        }
        self.kept.push(one);
        if self.n_wanted.saturating_mul(2) <= self.kept.len() {
            self.kept
                .select_nth_unstable_by(self.n_wanted - 1, &self.order);
            self.kept.truncate(self.n_wanted);
            self.is_full = true;
        }
    }

    fn sorted(mut self) -> Vec<T> {
        self.kept.sort_unstable_by(&self.order);
        self.kept.truncate(self.n_wanted);
        self.kept
    }
}

impl Sort {
    fn key(self, entry: &Entry, now: Timestamp) -> Key<'_> {
        let position = || entry.vehicle.position.as_ref();
        let number = |number: Option<i64>| number.map_or(Key::Unknown, Key::Number);
        match self {
            Self::Id => Key::Unknown,
            Self::Name => Key::Text(entry.name_in_lower_case().into()),
            Self::FixedAt => number(position().map(|p| p.fixed_at.as_millisecond())),
            Self::Speed => number(position().and_then(|p| p.speed_mps).map(thousandths)),
            Self::Silence => Silence::of(&entry.vehicle, now).map_or(NOT_SILENT, alarm),
        }
    }

    /// A cursor's text.
    fn text(self, key: &Key<'_>, entry: &Entry, now: Timestamp) -> String {
        let key = match (self, key) {
            (_, Key::Unknown) => String::new(),
            (Self::Silence, Key::Number(number)) => format!("{number}@{now}"),
            (Self::Silence, Key::Text(_)) => format!("@{now}"),
            (_, Key::Text(text)) => text.to_string(),
            (Self::FixedAt, Key::Number(ms)) => {
                Timestamp::from_millisecond(*ms).map_or(String::new(), |at| format!("{at:.3}"))
            }
            (_, Key::Number(number)) => {
                format!(
                    "{:05}.{:03}",
                    number.div_euclid(1_000),
                    number.rem_euclid(1_000)
                )
            }
        };
        URL_SAFE_NO_PAD.encode(format!("{key}\u{0}{}", entry.vehicle.id))
    }

    /// The cursor of a text, if it is one of this order.
    pub(super) fn cursor(self, text: &str) -> Option<Cursor> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (key, id) = text.split_once('\u{0}')?;
        let mut measured_at = None;
        let key = match self {
            Self::Name => Key::Text(key.to_owned().into()),
            _ if key.is_empty() => Key::Unknown,
            Self::Id => return None,
            Self::FixedAt => Key::Number(key.parse::<Timestamp>().ok()?.as_millisecond()),
            Self::Speed => Key::Number(thousandths(key.parse().ok()?)),
            Self::Silence => {
                let (key, now) = key.split_once('@')?;
                measured_at = Some(now.parse().ok()?);
                if key.is_empty() {
                    NOT_SILENT
                } else {
                    Key::Number(key.parse().ok()?)
                }
            }
        };
        let id = id.to_owned();
        Some(Cursor {
            key,
            id,
            measured_at,
        })
    }
}

/// Behind all that are silent.
const NOT_SILENT: Key<'static> = Key::Text(Cow::Borrowed(""));

/// Ascending from the most alarming.
fn alarm(silence: Silence) -> Key<'static> {
    // More limits than anything on Earth has been silent for.
    const ON_THE_MOVE: i64 = 1 << 52;
    let first = if silence.on_the_move { ON_THE_MOVE } else { 0 };
    Key::Number(-first - thousandths(silence.limits_passed))
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn thousandths(value: f64) -> i64 {
    (value * 1e3).round() as i64
}

fn is_within(vehicle: &Vehicle, [west, south, east, north]: [f64; 4]) -> bool {
    vehicle.position.as_ref().is_some_and(|position| {
        let lng_deg = position.lng_deg;
        let is_between = if west <= east {
            west <= lng_deg && lng_deg <= east
        } else {
            west <= lng_deg || lng_deg <= east
        };
        is_between && south <= position.lat_deg && position.lat_deg <= north
    })
}

fn is_of(vehicle: &Vehicle, group: &str) -> bool {
    vehicle.groups.iter().any(|own| **own == *group)
}

/// Whether it does or is that.
fn is_in(vehicle: &Vehicle, state: &str) -> bool {
    states_of(vehicle).any(|word| word == state)
}

/// What it does and is, in words. Off duty it is nothing else.
pub(super) fn states_of(vehicle: &Vehicle) -> impl Iterator<Item = &'static str> {
    let words = if vehicle.flags.contains(&Flag::OffDuty) {
        [Some(words::flag(Flag::OffDuty)), None, None]
    } else {
        let is_diverging = vehicle.flags.contains(&Flag::Diverging);
        [
            Some(words::motion(vehicle.motion.state)),
            Some(words::freshness(vehicle.freshness.state)),
            is_diverging.then(|| words::flag(Flag::Diverging)),
        ]
    };
    words.into_iter().flatten()
}

#[cfg(test)]
mod tests;
