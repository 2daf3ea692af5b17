//! The search against vendors that keep a day of records, in whatever order and zone.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::domain::SourceId;
use crate::source::decode::fields::{RecordKind, RecordSpec};
use crate::source::decode::{BodyError, Dialect};
use crate::source::recall::archive::Span;

const NOW_S: i64 = 1_800_000_000;
const DAY_S: i64 = 86_400;

/// No row has a name that anybody looks for.
static UNNAMED: RecordSpec = RecordSpec {
    kind: RecordKind::Position,
    wraps: &[],
    places: &[],
    arrays: &[],
    entries: &[],
};

/// A vendor with one list of everybody's events.
static EVENTS: Archive = Archive {
    tracks: None,
    records: Shelf {
        path: "/vehicles/events",
        paging: Paging::Numbered { limit: Some(100) },
        span: Some(Span {
            from: "start_timestamp",
            to: "end_timestamp",
            form: Form::Local,
        }),
        always: &[],
        decode: undecoded,
        spec: &UNNAMED,
    },
    every: Duration::from_secs(2),
    slice: SignedDuration::from_hours(1),
};

/// A vendor with tracks, and points of each.
static TRACKS: Archive = Archive {
    tracks: Some(Shelf {
        path: "/tracks2",
        paging: Paging::Offset { limit: 100 },
        span: Some(Span {
            from: "startTime",
            to: "endTime",
            form: Form::EpochSeconds,
        }),
        always: &[],
        decode: undecoded,
        spec: &UNNAMED,
    }),
    records: Shelf {
        path: "/trackpoints/",
        paging: Paging::Offset { limit: 500 },
        span: None,
        always: &[],
        decode: undecoded,
        spec: &UNNAMED,
    },
    every: Duration::from_secs(1),
    slice: SignedDuration::from_hours(24),
};

/// Pages are handed over as they would come out of a decoder.
fn undecoded<T>(_: &Dialect, _: &[u8], _: Timestamp) -> Result<Decoded<T>, BodyError> {
    Err(BodyError::NotJson)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(NOW_S + second).unwrap()
}

fn hole(from: i64, to: i64) -> Hole {
    Hole {
        from: at(from),
        to: at(to),
    }
}

fn key(device: i64) -> DeviceKey {
    DeviceKey::new(SourceId::new("x"), device.to_string())
}

fn recorded(device: Option<i64>, second: i64) -> Recorded {
    let reading = Reading {
        vendor_at: Some(at(second)),
        ..Reading::at(48.0, 17.0)
    };
    Recorded::of(device.map(key), reading).unwrap()
}

fn page_of<T>(rows: Vec<T>, last_page: Option<u64>) -> Decoded<T> {
    Decoded {
        page: Page {
            n_rows: rows.len(),
            last_page,
            ..Page::default()
        },
        rows,
        refusals: BTreeMap::new(),
        first_bad_shape: None,
    }
}

/// A vendor with a day's records of five devices, one each 20 s.
struct Vendor {
    east_s: i64,
    is_falling: bool,
    track_length_s: i64,
    page_cap: usize,
    n_asked: usize,
}

impl Vendor {
    fn new(east_s: i64, is_falling: bool) -> Self {
        Self {
            east_s,
            is_falling,
            track_length_s: 8 * 3_600,
            page_cap: 500,
            n_asked: 0,
        }
    }

    fn truth(hole: Hole) -> Vec<(DeviceKey, Timestamp)> {
        let seconds = (-DAY_S..0).step_by(20).filter(|s| hole.holds(at(*s)));
        let all = seconds.flat_map(|second| (0..5).map(move |device| (key(device), at(second))));
        let mut all: Vec<_> = all.collect();
        all.sort();
        all
    }

    fn answer(&mut self, search: &mut Search) -> Vec<(DeviceKey, Reading)> {
        self.n_asked += 1;
        let question = search.question();
        let of = |name: &str| question.query.iter().find(|(key, _)| *key == name);
        let text = |name: &str| of(name).map(|(_, value)| value.clone());
        let number = |name: &str| text(name).and_then(|text| text.parse::<usize>().ok());
        if question.path == "/vehicles/events" {
            let time = |name: &str| {
                let local: jiff::civil::DateTime = text(name).unwrap().parse().unwrap();
                let utc = jiff::tz::TimeZone::UTC.to_timestamp(local).unwrap();
                utc.as_second() - self.east_s - NOW_S
            };
            let (from, to) = (time("start_timestamp"), time("end_timestamp"));
            assert!(to - from <= DAY_S, "the window is too great");
            let seconds = (-DAY_S..0).step_by(20).filter(|s| (from..to).contains(s));
            let mut rows: Vec<_> = seconds
                .flat_map(|s| (0..5).map(move |device| recorded(Some(device), s)))
                .collect();
            if self.is_falling {
                rows.reverse();
            }
            let (page, limit) = (number("page").unwrap(), number("limit").unwrap());
            let last_page = rows.len().div_ceil(limit).max(1) as u64;
            let rows = rows.into_iter().skip((page - 1) * limit).take(limit);
            return search.take_records(page_of(rows.collect(), Some(last_page)));
        }
        let (offset, limit) = (number("offset").unwrap(), number("limit").unwrap());
        let tracks: Vec<Track> = (0..5)
            .flat_map(|device| {
                (-DAY_S..0)
                    .step_by(usize::try_from(self.track_length_s).unwrap())
                    .map(move |from| (device, from))
            })
            .map(|(device, from)| Track {
                id: format!("{device}_{}", -from),
                device: key(device),
                from: Some(at(from)),
                to: Some(at((from + self.track_length_s).min(0) - 20)),
            })
            .collect();
        if question.path == "/tracks2" {
            let rows = tracks.into_iter().skip(offset).take(limit);
            search.take_tracks(page_of(rows.collect(), None));
            return Vec::new();
        }
        let track = tracks
            .iter()
            .find(|track| question.path == format!("/trackpoints/{}", track.id));
        let from = track.unwrap().from.unwrap().as_second() - NOW_S;
        let seconds = (from..(from + self.track_length_s).min(0)).step_by(20);
        let rows = seconds.skip(offset).take(limit.min(self.page_cap));
        let rows = rows.map(|second| recorded(None, second)).collect();
        search.take_records(page_of(rows, None))
    }

    /// All that is found, and with how many requests.
    fn run(&mut self, mut search: Search) -> (Vec<(DeviceKey, Timestamp)>, Search) {
        let mut found = Vec::new();
        while !search.is_done() {
            assert!(self.n_asked < 2_000, "it goes on for ever");
            let rows = self.answer(&mut search);
            assert!(rows.is_sorted_by_key(|(_, reading)| reading.vendor_at));
            found.extend(
                rows.into_iter()
                    .map(|(device, r)| (device, r.vendor_at.unwrap())),
            );
        }
        found.sort();
        (found, search)
    }
}

#[test]
fn what_was_missed_is_found_once_in_any_zone_and_order() {
    for east_h in [-11, -5, 0, 2, 14] {
        for is_falling in [false, true] {
            for missed in [hole(-7_000, -6_700), hole(-300, 0)] {
                let mut vendor = Vendor::new(east_h * 3_600, is_falling);
                let search = Search::new(&EVENTS, missed, Shift::default(), true);
                let (found, search) = vendor.run(search);
                let context = format!("{east_h} h, falling {is_falling}, {missed:?}");
                assert_eq!(found, Vendor::truth(missed), "{context}");
                // 28 h unknown of zone would be 250 pages; the rows themselves tell it.
                let first = vendor.n_asked;
                assert!(first <= 60, "{first} requests; {context}");

                vendor.n_asked = 0;
                let again = Search::new(&EVENTS, missed, search.shift, true);
                let (found, _) = vendor.run(again);
                assert_eq!(found, Vendor::truth(missed), "{context}");
                assert!(vendor.n_asked <= first, "{context}");
            }
        }
    }
}

#[test]
fn some_minutes_of_a_long_track_take_a_few_pages() {
    for missed in [
        hole(-40_000, -39_000),
        hole(-2_000, -1_900),
        hole(-DAY_S, -DAY_S + 100),
    ] {
        let mut vendor = Vendor::new(0, false);
        let (found, _) = vendor.run(Search::new(&TRACKS, missed, Shift::default(), true));
        assert_eq!(found, Vendor::truth(missed), "{missed:?}");
        // One of tracks, and of each of five devices at most three of the 1,440 points.
        assert!(vendor.n_asked <= 16, "{} requests", vendor.n_asked);
    }
}

#[test]
fn a_vendor_with_smaller_pages_than_asked_for_loses_nothing() {
    let missed = hole(-50_000, -20_000);
    let mut vendor = Vendor::new(0, false);
    vendor.page_cap = 100;
    let (found, _) = vendor.run(Search::new(&TRACKS, missed, Shift::default(), true));
    assert_eq!(found, Vendor::truth(missed));
    assert!(vendor.n_asked < 5 * 40, "{} requests", vendor.n_asked);
}

#[test]
fn the_newest_tracks_come_first_and_strangers_are_skipped() {
    let missed = hole(-60_000, -10);
    let mut search = Search::new(&TRACKS, missed, Shift::default(), true);
    let mut vendor = Vendor::new(0, false);
    while search.wants_tracks() {
        vendor.answer(&mut search);
    }
    let newest = search.question().path;
    assert!(newest.ends_with("_28800"), "{newest}");
    assert!(search.skip_track());
    assert_ne!(search.question().path, newest);
}

#[test]
fn an_assumed_parameter_that_is_refused_is_left_out() {
    let mut search = Search::new(&TRACKS, hole(-600, -300), Shift::default(), true);
    let has_span = |search: &Search| {
        let question = search.question();
        question.query.iter().any(|(name, _)| *name == "startTime")
    };
    assert!(has_span(&search));
    assert!(search.drop_assumed());
    assert!(!has_span(&search) && !search.drop_assumed());
    let mut documented = Search::new(&EVENTS, hole(-600, -300), Shift::default(), true);
    assert!(!documented.drop_assumed());
}

#[test]
fn a_vendor_that_repeats_its_page_for_ever_is_not_followed() {
    let rows = || {
        (0..100)
            .map(|n| recorded(Some(1), -7_000 + n))
            .collect::<Vec<_>>()
    };
    let mut search = Search::new(&EVENTS, hole(-7_000, -6_000), Shift::default(), true);
    let mut n_asked = 0;
    while !search.is_done() {
        search.take_records(page_of(rows(), None));
        n_asked += 1;
        assert!(n_asked < 20);
    }
}
