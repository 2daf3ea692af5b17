//! The rules of motion, freshness and interval once more, told as plainly as they can be.
//!
//! Written from the words of `docs/protocol.md`, by lists that are searched from the end: slow,
//! and another way of thinking than the fold of the fleet, so that both are not wrong alike. Times
//! are in seconds, speeds in km/h.

/// A record in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Record {
    pub at_s: f64,
    /// Latitude, longitude, speed where it is told, accuracy.
    pub fix: Option<(f64, f64, Option<f64>, f64)>,
    pub ignition: Option<bool>,
}

/// What a vehicle should be shown as.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub motion: &'static str,
    pub since_s: f64,
    pub at_least: bool,
    pub freshness: &'static str,
    pub expected_s: f64,
    pub on_the_move: bool,
    pub drawn: (f64, f64),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Reference {
    /// The poll interval; `None` of a stream.
    poll_s: Option<f64>,
    records: Vec<Record>,
    /// Derived from `records`, in their order.
    derived: Derived,
}

#[derive(Clone, Debug, Default)]
struct Derived {
    /// (time, latitude, longitude, speed) of all fixes.
    fixes: Vec<(f64, f64, f64, f64)>,
    /// (time, on, whether a gap is before it) of all words on the ignition.
    words: Vec<(f64, bool, bool)>,
    /// (length, whether on the move) of all gaps.
    gaps: Vec<(f64, bool)>,
    expected_s: f64,
    moving: bool,
    since: (f64, bool),
    /// (time, latitude, longitude, after a gap) where it stands, or where its fixes turned slow.
    anchor: Option<(f64, f64, f64, bool)>,
    /// The fix before was fast: (time, after a gap).
    fast: Option<(f64, bool)>,
    /// The fix before was slow but far off.
    far: Option<(f64, f64, f64)>,
    idling: Option<(f64, bool)>,
    idled_until: f64,
    on_the_move: bool,
}

impl Reference {
    pub(super) fn new(poll_s: Option<f64>) -> Self {
        let derived = Derived {
            idled_until: f64::MIN,
            ..Derived::default()
        };
        Self {
            poll_s,
            records: Vec::new(),
            derived,
        }
    }

    pub(super) fn take(&mut self, record: Record) {
        let place = self.records.partition_point(|held| held.at_s < record.at_s);
        self.records.insert(place, record);
        if place + 1 == self.records.len() {
            self.derived.take(&record, self.poll_s);
            return;
        }
        *self = Self {
            records: std::mem::take(&mut self.records),
            ..Self::new(self.poll_s)
        };
        for record in &self.records {
            self.derived.take(record, self.poll_s);
        }
    }

    pub(super) fn last_word(&self) -> Option<(f64, bool)> {
        self.derived.words.last().map(|(at, on, _)| (*at, *on))
    }

    pub(super) fn newest_s(&self) -> Option<f64> {
        self.derived.fixes.last().map(|fix| fix.0)
    }

    /// The answer at `now_s`; `offline_s` is when the vendor called the device offline.
    pub(super) fn answer(&self, now_s: f64, offline_s: Option<f64>) -> Option<Answer> {
        let it = &self.derived;
        let (fixed_s, lat, lng, _) = *it.fixes.last()?;
        let (age, e) = (now_s - fixed_s, it.expected_s);
        let least: [f64; 3] = if it.on_the_move {
            [60.0, 300.0, 1_800.0]
        } else {
            [900.0, 7_200.0, 86_400.0]
        };
        let limits = [
            least[0].max(2.0 * e),
            least[1].max(4.0 * e),
            least[2].max(8.0 * e),
        ];
        let n_passed = limits.iter().filter(|limit| **limit < age).count();
        let freshness = if offline_s.is_some() {
            "offline"
        } else {
            ["live", "late", "stale", "offline"][n_passed]
        };
        let offline_since = if n_passed == 3 {
            fixed_s + limits[2]
        } else {
            f64::MAX
        };
        let offline_since = offline_since.min(offline_s.unwrap_or(f64::MAX));
        let (motion, since) = if 7.0 * 86_400.0 < now_s - offline_since {
            ("unknown", (offline_since + 7.0 * 86_400.0, false))
        } else if it.moving {
            ("moving", it.since)
        } else if let Some(idling) = it.idling {
            ("idling", idling)
        } else {
            let parked = 300.0 <= now_s - it.since.0;
            let begun = if parked {
                (it.since.0 + 300.0, it.since.1)
            } else {
                it.since
            };
            let since = if begun.0 < it.idled_until {
                (it.idled_until, false)
            } else {
                begun
            };
            (if parked { "parked" } else { "stopped" }, since)
        };
        let anchor = it.anchor.filter(|_| motion == "parked");
        Some(Answer {
            motion,
            since_s: since.0,
            at_least: since.1,
            freshness,
            expected_s: e,
            on_the_move: it.on_the_move,
            drawn: anchor.map_or((lat, lng), |anchor| (anchor.1, anchor.2)),
        })
    }
}

impl Derived {
    fn take(&mut self, record: &Record, poll_s: Option<f64>) {
        let e = if self.fixes.is_empty() {
            self.expect(poll_s)
        } else {
            self.expected_s
        };
        let known_s = (2.0 * e).max(300.0);
        if let Some(on) = record.ignition {
            let gap = self
                .words
                .last()
                .is_none_or(|last| known_s < record.at_s - last.0);
            self.words.push((record.at_s, on, gap));
        }
        if let Some((lat, lng, told, accuracy)) = record.fix {
            let before = self.fixes.last().copied();
            let passed = before.map(|before| record.at_s - before.0);
            let speed = told.unwrap_or_else(|| {
                before.map_or(0.0, |b| {
                    3.6 * metres((b.1, b.2), (lat, lng)) / (record.at_s - b.0)
                })
            });
            if let Some(passed) = passed {
                // To the millisecond first, as half a second is a matter of rounding.
                let whole_s = ((passed * 1e3).round() / 1e3).round();
                self.gaps.push((whole_s, self.on_the_move));
            }
            let gap = passed.is_some_and(|passed| 2.0 * e < passed);
            self.fixes.push((record.at_s, lat, lng, speed));
            let is_first = before.is_none();
            self.travel(
                record.at_s,
                (lat, lng),
                told.is_some(),
                accuracy,
                gap,
                e,
                is_first,
            );
        }
        if self.moving
            && self.anchor.is_some()
            && self.went_off_since(self.since.0)
            && self.is_known(known_s)
        {
            self.stand();
        }
        let idling = self.idles(known_s);
        if self.idling.is_some() && idling.is_none() {
            self.idled_until = record.at_s;
        }
        self.idling = idling;
        if record.fix.is_some() {
            self.on_the_move = self.moving || idling.is_some();
            self.expected_s = self.expect(poll_s);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "told plainly")]
    fn travel(
        &mut self,
        at: f64,
        place: (f64, f64),
        tells_speed: bool,
        accuracy: f64,
        gap: bool,
        e: f64,
        is_first: bool,
    ) {
        let speed = self.fixes.last().map_or(0.0, |fix| fix.3);
        let here = (at, place.0, place.1, gap);
        let away = |anchor: (f64, f64, f64, bool)| metres((anchor.1, anchor.2), place);
        let is_fast = tells_speed && 5.0 <= speed;
        if is_first {
            self.anchor = Some((at, place.0, place.1, true));
            self.since = (at, true);
            self.fast = is_fast.then_some((at, true));
            return;
        }
        if self.moving {
            if 3.0 <= speed {
                self.anchor = None;
            } else if let Some(anchor) = self.anchor.filter(|anchor| away(*anchor) <= 100.0) {
                if (2.0 * e).max(120.0) <= at - anchor.0 {
                    self.stand();
                }
            } else {
                self.anchor = Some(here);
            }
            return;
        }
        let away_m = self.anchor.map_or(0.0, away);
        let (fast, far) = (self.fast.take(), self.far.take());
        if !tells_speed {
            if 200.0 <= away_m {
                self.go((at, gap));
            }
        } else if is_fast {
            let begun = fast.filter(|_| !gap).unwrap_or((at, gap));
            if fast.is_some() || (2.0 * accuracy).max(50.0) <= away_m {
                self.go(begun);
            } else {
                self.fast = Some((at, gap));
            }
        } else if (2.0 * accuracy).max(200.0) <= away_m {
            match far.filter(|_| !gap) {
                Some((at, lat, lng)) => self.anchor = Some((at, lat, lng, true)),
                None if gap => self.anchor = Some((at, place.0, place.1, true)),
                None => {
                    self.far = Some((at, place.0, place.1));
                    return;
                }
            }
            self.stand();
        }
    }

    fn go(&mut self, since: (f64, bool)) {
        self.moving = true;
        self.since = since;
        self.anchor = None;
    }

    fn stand(&mut self) {
        self.moving = false;
        if let Some(anchor) = self.anchor {
            self.since = (anchor.0, anchor.3);
        }
    }

    fn is_known(&self, known_s: f64) -> bool {
        let (word, fix) = (self.words.last(), self.fixes.last());
        word.zip(fix)
            .is_some_and(|(word, fix)| fix.0 - word.0 <= known_s)
    }

    /// When the words since then said the same as the last one, without a gap.
    fn run(words: &[(f64, bool, bool)]) -> Option<(f64, bool)> {
        let mut begun = None;
        let last = words.last()?;
        for word in words.iter().rev().take_while(|word| word.1 == last.1) {
            begun = Some((word.0, word.2));
            if word.2 {
                break;
            }
        }
        begun
    }

    /// Off now, and the last off after an on of 30 s came since then.
    fn went_off_since(&self, since_s: f64) -> bool {
        if self.words.last().is_none_or(|word| word.1) {
            return false;
        }
        let since = (1..self.words.len())
            .rev()
            .take_while(|at| since_s <= self.words[*at].0);
        let mut edges = since.filter(|at| !self.words[*at].1 && self.words[at - 1].1);
        edges.any(|at| {
            let began = Self::run(&self.words[..at]).map_or(f64::MAX, |(began, _)| began);
            30.0 <= self.words[at].0 - began
        })
    }

    fn idles(&self, known_s: f64) -> Option<(f64, bool)> {
        let (word, fix) = (self.words.last()?, self.fixes.last()?);
        if self.moving || !word.1 || !self.is_known(known_s) {
            return None;
        }
        let (on_s, at_least) = Self::run(&self.words)?;
        if word.0.max(fix.0) - on_s < 120.0 {
            return None;
        }
        Some(if self.since.0 < on_s + 120.0 {
            (on_s + 120.0, at_least)
        } else {
            self.since
        })
    }

    fn expect(&self, poll_s: Option<f64>) -> f64 {
        let of_column = self
            .gaps
            .iter()
            .rev()
            .filter(|gap| gap.1 == self.on_the_move);
        let mut last: Vec<f64> = of_column.map(|gap| gap.0).take(50).collect();
        last.sort_by(f64::total_cmp);
        // The least that nine in ten do not exceed.
        let mut upwards = last.iter().enumerate();
        let learnt = upwards.find(|(n_less, _)| 9 * last.len() <= 10 * (n_less + 1));
        let learnt = learnt.map(|(_, gap)| *gap).filter(|_| 5 <= last.len());
        let (min, max) = if self.on_the_move {
            (10.0, 900.0)
        } else {
            (60.0, 21_600.0)
        };
        let e = learnt.unwrap_or(poll_s.unwrap_or(30.0));
        e.min(max).max(min).max(poll_s.unwrap_or(0.0))
    }
}

/// On the sphere, by the angle between two directions.
fn metres(from: (f64, f64), to: (f64, f64)) -> f64 {
    let direction = |(lat, lng): (f64, f64)| {
        let (lat, lng) = (lat.to_radians(), lng.to_radians());
        [lat.cos() * lng.cos(), lat.cos() * lng.sin(), lat.sin()]
    };
    let (one, other) = (direction(from), direction(to));
    let squares = one.iter().zip(&other).map(|(a, b)| (a - b).powi(2));
    2.0 * 6_371_008.8 * (squares.sum::<f64>().sqrt() / 2.0).asin()
}
