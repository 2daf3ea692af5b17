//! Trails of the last hour, in memory, by device.
//!
//! Kept by device and put together by vehicle when asked: a vehicle that changes its identity
//! keeps its trail, and two trackers in one lorry need not be decided between until somebody
//! looks.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::domain::DeviceKey;
use crate::fleet::Fix;

/// How far back the memory goes.
pub const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// No device has more points than this: one a second.
const MAX_POINTS: usize = 3_600;
/// While a higher ranking device has a point this near in time, a lesser one's is left out: two
/// trackers at two ends of a lorry must not make its trail zigzag.
const SAME_STRETCH: SignedDuration = SignedDuration::from_secs(60);

/// A place on a trail.
#[derive(Clone, Debug, PartialEq)]
pub struct TrailPoint {
    /// WGS 84 latitude in degrees.
    pub lat_deg: f64,
    /// WGS 84 longitude in degrees.
    pub lng_deg: f64,
    /// When the vehicle was there.
    pub fixed_at: Timestamp,
    /// How fast, in metres per second.
    pub speed_mps: Option<f32>,
    /// Where to, in degrees.
    pub heading_deg: Option<f32>,
}

/// The trails of all devices.
#[derive(Debug, Default)]
pub struct Trails {
    by_device: Mutex<HashMap<DeviceKey, VecDeque<TrailPoint>>>,
}

impl Trails {
    /// Takes in fixes, late ones too; points older than [`KEPT`] at `now` are dropped.
    pub fn extend(&self, fixes: Vec<(DeviceKey, Fix)>, now: Timestamp) {
        if fixes.is_empty() {
            return;
        }
        let oldest = now - KEPT;
        let mut by_device = self.lock();
        for (device, fix) in fixes {
            if fix.fixed_at < oldest {
                continue;
            }
            let points = by_device.entry(device).or_default();
            insert(points, point(&fix));
            while points.front().is_some_and(|point| point.fixed_at < oldest)
                || MAX_POINTS < points.len()
            {
                points.pop_front();
            }
        }
    }

    /// Forgets devices that have had no point within [`KEPT`]; called now and then.
    pub fn prune(&self, now: Timestamp) {
        let oldest = now - KEPT;
        self.lock()
            .retain(|_, points| points.back().is_some_and(|point| oldest <= point.fixed_at));
    }

    /// The trail of a vehicle with these `devices` (highest rank first) from `from` to `to`,
    /// ascending, each point with its device.
    pub fn of<'a>(
        &self,
        devices: impl IntoIterator<Item = &'a DeviceKey>,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(TrailPoint, &'a DeviceKey)> {
        let by_device = self.lock();
        let mut trail: Vec<(TrailPoint, &DeviceKey)> = Vec::new();
        for device in devices {
            let Some(points) = by_device.get(device) else {
                continue;
            };
            let fresh: Vec<_> = points
                .iter()
                .filter(|point| from <= point.fixed_at && point.fixed_at <= to)
                .filter(|point| !is_covered(&trail, point.fixed_at))
                .map(|point| (point.clone(), device))
                .collect();
            trail.extend(fresh);
            trail.sort_by_key(|(point, _)| point.fixed_at);
        }
        trail
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceKey, VecDeque<TrailPoint>>> {
        self.by_device
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the `trail` so far, of higher ranking devices and ascending, has a point near `at`.
fn is_covered(trail: &[(TrailPoint, &DeviceKey)], at: Timestamp) -> bool {
    let next = trail.partition_point(|(point, _)| point.fixed_at < at);
    let near = |index: usize| {
        let point = trail.get(index);
        point.is_some_and(|(point, _)| point.fixed_at.duration_since(at).abs() <= SAME_STRETCH)
    };
    near(next) || next.checked_sub(1).is_some_and(near)
}

/// Keeps `points` ascending; nearly always the new one is the last.
fn insert(points: &mut VecDeque<TrailPoint>, point: TrailPoint) {
    let at = points.partition_point(|held| held.fixed_at <= point.fixed_at);
    // Lists repeat old records among new ones.
    if at.checked_sub(1).and_then(|last| points.get(last)) == Some(&point) {
        return;
    }
    points.insert(at, point);
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "half the memory, and more precise than any tracker"
)]
fn point(fix: &Fix) -> TrailPoint {
    TrailPoint {
        lat_deg: fix.reading.lat_deg,
        lng_deg: fix.reading.lng_deg,
        fixed_at: fix.fixed_at,
        speed_mps: fix.reading.speed_mps.map(|mps| mps as f32),
        heading_deg: fix.reading.heading_deg.map(|deg| deg as f32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Reading, SourceId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn key(source: &str) -> DeviceKey {
        DeviceKey::new(SourceId::new(source), "1")
    }

    fn fix(second: i64) -> Fix {
        Fix {
            reading: Reading::at(48.0, 17.0),
            fixed_at: at(second),
            received_at: at(second),
            clock_ahead: false,
            no_fix_time: false,
            backfill: false,
        }
    }

    fn seconds(trail: &[(TrailPoint, &DeviceKey)]) -> Vec<(i64, String)> {
        let second = |point: &TrailPoint| point.fixed_at.as_second() - 1_800_000_000;
        trail
            .iter()
            .map(|(point, device)| (second(point), device.source.to_string()))
            .collect()
    }

    #[test]
    fn late_fixes_take_their_place_and_old_ones_go() {
        let trails = Trails::default();
        let a = key("a");
        for second in [100, 300, 200, 3_750] {
            trails.extend(vec![(a.clone(), fix(second))], at(second.max(300)));
        }
        let all = trails.of([&a], at(0), at(9_999));
        let expected: Vec<_> = [200, 300, 3_750].map(|s| (s, "a".to_owned())).into();
        assert_eq!(seconds(&all), expected);
        assert_eq!(trails.of([&a], at(250), at(3_749)).len(), 1);
        trails.prune(at(9_000));
        assert!(trails.of([&a], at(0), at(9_999)).is_empty());
    }

    #[test]
    fn a_lesser_device_only_fills_the_gaps_of_a_greater_one() {
        let trails = Trails::default();
        let (a, b) = (key("a"), key("b"));
        let fixes = [
            (&a, 100),
            (&a, 130),
            (&b, 103),
            (&b, 189),
            (&b, 250),
            (&a, 400),
        ];
        let fixes = fixes.map(|(device, second)| (device.clone(), fix(second)));
        trails.extend(fixes.into(), at(400));
        let trail = trails.of([&a, &b], at(0), at(999));
        let expected = [(100, "a"), (130, "a"), (250, "b"), (400, "a")];
        assert_eq!(seconds(&trail), expected.map(|(s, d)| (s, d.to_owned())));
    }
}
