//! What the vendors have kept of each device: the last hours, small.
//!
//! A report is kept whether or not anybody heard it: a cut stream loses nothing at the vendor. The
//! devices of a world share a fixed amount of memory, so that a great world has a short past.

use std::collections::VecDeque;

use super::device::Report;

/// Reports that are kept of all devices together; 32 bytes each.
const TOTAL: usize = 2_000_000;
/// Of one device there are at least and at most so many.
const LEAST: usize = 8;
const MOST: usize = 12_000;
/// A silence of this length ends a track, and so does this length of it.
const TRACK_GAP_MS: i64 = 600_000;
const TRACK_LENGTH_MS: i64 = 3_600_000;

/// One report, as much of it as histories tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// When the position was true, in milliseconds since the world began.
    pub fixed_ms: i64,
    lat_microdeg: i32,
    lng_microdeg: i32,
    odometer_m: u32,
    speed_cmps: u16,
    heading_decideg: u16,
    accuracy_dm: u8,
    /// Whether the ignition was on.
    pub ignition: bool,
}

/// A stretch of a device's way without a long silence in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Counted from 0 for each device; it stays while the track is kept.
    pub number: u64,
    /// Its reports in their order; never empty.
    pub points: VecDeque<Kept>,
}

/// What is kept of one device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    tracks: VecDeque<Track>,
    n_kept: usize,
    n_tracks: u64,
}

/// How many reports each of `n_devices` may keep.
pub(super) fn room_for(n_devices: usize) -> usize {
    (TOTAL / n_devices.max(1)).clamp(LEAST, MOST)
}

impl Kept {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is on Earth and on roads fits; anything else is cut to what does"
    )]
    fn of(report: &Report) -> Self {
        Self {
            fixed_ms: report.fixed_ms,
            lat_microdeg: (report.lat_deg * 1e6).round() as i32,
            lng_microdeg: (report.lng_deg * 1e6).round() as i32,
            odometer_m: report.odometer_m.round() as u32,
            speed_cmps: (report.speed_mps * 1e2).round() as u16,
            heading_decideg: (report.heading_deg * 1e1).round() as u16,
            accuracy_dm: (report.accuracy_m * 1e1).round() as u8,
            ignition: report.ignition,
        }
    }

    /// Latitude in degrees.
    pub fn lat_deg(&self) -> f64 {
        f64::from(self.lat_microdeg) / 1e6
    }

    /// Longitude in degrees.
    pub fn lng_deg(&self) -> f64 {
        f64::from(self.lng_microdeg) / 1e6
    }

    /// Metres.
    pub fn odometer_m(&self) -> f64 {
        f64::from(self.odometer_m)
    }

    /// Metres per second.
    pub fn speed_mps(&self) -> f64 {
        f64::from(self.speed_cmps) / 1e2
    }

    /// Degrees.
    pub fn heading_deg(&self) -> f64 {
        f64::from(self.heading_decideg) / 1e1
    }

    /// Metres.
    pub fn accuracy_m(&self) -> f64 {
        f64::from(self.accuracy_dm) / 1e1
    }
}

impl Track {
    /// The times of its first and last report.
    pub fn span_ms(&self) -> (i64, i64) {
        let time = |point: Option<&Kept>| point.map_or(0, |point| point.fixed_ms);
        (time(self.points.front()), time(self.points.back()))
    }
}

impl Past {
    /// Keeps `report`, and no more than `room` in all.
    pub(super) fn keep(&mut self, report: &Report, room: usize) {
        let kept = Kept::of(report);
        let goes_on = self.tracks.back_mut().filter(|track| {
            let (from_ms, to_ms) = track.span_ms();
            kept.fixed_ms - to_ms < TRACK_GAP_MS && kept.fixed_ms - from_ms < TRACK_LENGTH_MS
        });
        if let Some(track) = goes_on {
            track.points.push_back(kept);
        } else {
            let number = self.n_tracks;
            self.n_tracks += 1;
            let points = VecDeque::from([kept]);
            self.tracks.push_back(Track { number, points });
        }
        self.n_kept += 1;
        while room < self.n_kept
            && let Some(oldest) = self.tracks.front_mut()
        {
            oldest.points.pop_front();
            self.n_kept -= 1;
            if oldest.points.is_empty() {
                self.tracks.pop_front();
            }
        }
    }

    /// What is kept, oldest first.
    pub fn tracks(&self) -> impl DoubleEndedIterator<Item = &Track> {
        self.tracks.iter()
    }

    /// The reports of all tracks from `from_ms` until before `to_ms`, oldest first.
    pub fn between(&self, from_ms: i64, to_ms: i64) -> impl Iterator<Item = &Kept> {
        let tracks = self.tracks.iter().filter(move |track| {
            let (first_ms, last_ms) = track.span_ms();
            first_ms < to_ms && from_ms <= last_ms
        });
        let points = tracks.flat_map(|track| &track.points);
        points.filter(move |point| (from_ms..to_ms).contains(&point.fixed_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Vendor;
    use crate::sim::world::World;
    use crate::sim::world::device::News;

    #[test]
    fn every_report_of_a_fix_is_kept_with_what_it_said() {
        let mut world = World::new(3, 40, &Vendor::ALL);
        let told = world.advance(180_000);
        let mut n_compared = 0;
        for told in &told {
            let News::Report(report, _) = &told.news else {
                continue;
            };
            if !report.has_gps {
                continue;
            }
            let past = world.past(told.card.vendor, &told.card.id).unwrap();
            let at = report.fixed_ms;
            let kept: Vec<_> = past.between(at, at + 1).collect();
            let [kept] = kept[..] else {
                panic!("{} reports at {at}", kept.len());
            };
            assert!((kept.lat_deg() - report.lat_deg).abs() < 1e-6);
            assert!((kept.lng_deg() - report.lng_deg).abs() < 1e-6);
            assert!((kept.speed_mps() - report.speed_mps).abs() <= 0.006);
            assert!((kept.accuracy_m() - report.accuracy_m).abs() <= 0.051);
            n_compared += 1;
        }
        assert!(500 < n_compared, "{n_compared}");
    }

    #[test]
    fn memory_is_bounded_and_the_newest_is_kept() {
        let mut world = World::new(3, 5, &Vendor::ALL);
        let told = world.advance(60_000);
        let report = told.iter().find_map(|told| match &told.news {
            News::Report(report, _) => Some(Report::clone(report)),
            News::Offline(_) => None,
        });
        let report = report.unwrap();
        let mut past = Past::default();
        for n in 0..100 {
            let fixed_ms = n * TRACK_GAP_MS / 3;
            past.keep(
                &Report {
                    fixed_ms,
                    ..report.clone()
                },
                30,
            );
        }
        let times: Vec<_> = past
            .between(0, i64::MAX)
            .map(|kept| kept.fixed_ms)
            .collect();
        let expected: Vec<_> = (70..100).map(|n| n * TRACK_GAP_MS / 3).collect();
        assert_eq!(times, expected);
        let numbers: Vec<_> = past.tracks().map(|track| track.number).collect();
        assert!(numbers.is_sorted() && 1 < numbers.len(), "{numbers:?}");
        assert!(past.tracks().all(|track| {
            let (from_ms, to_ms) = track.span_ms();
            to_ms - from_ms < TRACK_LENGTH_MS
        }));
    }

    #[test]
    fn a_great_world_has_a_short_past() {
        assert_eq!(room_for(300), 6_666);
        assert_eq!(room_for(100_000), 20);
        assert_eq!(room_for(0), MOST);
    }
}
