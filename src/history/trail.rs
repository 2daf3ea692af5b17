//! A vehicle's trail, put together from its devices'.
//!
//! Kept by device and put together when asked: a vehicle that changes its identity keeps its
//! trail, and two trackers in one lorry need not be decided between until somebody looks.

use jiff::{SignedDuration, Timestamp};

use super::record::{Record, part, time};
use crate::domain::DeviceKey;

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
    pub speed_mps: Option<f64>,
    /// Where to, in degrees from north.
    pub heading_deg: Option<f64>,
    /// How high, in metres.
    pub altitude_m: Option<f64>,
    /// Who says so.
    pub device: DeviceKey,
    /// It arrived late, when something newer was known.
    pub is_late: bool,
    /// It was fetched from the vendor's history later.
    pub is_filled: bool,
}

impl TrailPoint {
    /// Of a record of `device` that is a fix.
    fn of(record: &Record, device: &DeviceKey) -> Option<Self> {
        let place = record.place.as_ref().filter(|_| record.is_fix)?;
        let degrees = |value: i64| part(value, 1e7);
        Some(Self {
            lat_deg: degrees(place.lat_e7),
            lng_deg: degrees(place.lng_e7),
            fixed_at: time(place.fixed_at_ms),
            speed_mps: place.speed_cmps.map(|cmps| part(cmps, 1e2)),
            heading_deg: place.heading_ddeg.map(|ddeg| part(ddeg, 10.0)),
            altitude_m: place.altitude_dm.map(|dm| part(dm, 10.0)),
            device: device.clone(),
            is_late: record.is_late,
            is_filled: record.is_filled,
        })
    }
}

/// The `trail` so far, of higher ranking devices, with its gaps filled by the `fixes` of `device`;
/// both are ascending, and so is what comes out.
pub(super) fn filled_up(
    trail: Vec<TrailPoint>,
    fixes: &[Record],
    device: &DeviceKey,
) -> Vec<TrailPoint> {
    let points = fixes.iter().filter_map(|fix| TrailPoint::of(fix, device));
    if trail.is_empty() {
        return points.collect();
    }
    let fresh: Vec<_> = points
        .filter(|point| !is_covered(&trail, point.fixed_at))
        .collect();
    let mut all = trail;
    all.extend(fresh);
    all.sort_by_key(|point| point.fixed_at);
    all
}

/// Whether the `trail` has a point near `at`.
fn is_covered(trail: &[TrailPoint], at: Timestamp) -> bool {
    let next = trail.partition_point(|point| point.fixed_at < at);
    let near = |index: usize| {
        let point = trail.get(index);
        point.is_some_and(|point| point.fixed_at.duration_since(at).abs() <= SAME_STRETCH)
    };
    near(next) || next.checked_sub(1).is_some_and(near)
}

#[cfg(test)]
mod tests {
    use super::super::record::Place;
    use super::*;
    use crate::domain::SourceId;

    fn fixes(seconds: &[i64]) -> Vec<Record> {
        let fix = |second: &i64| Record {
            place: Some(Place {
                fixed_at_ms: 1_000 * second,
                ..Place::default()
            }),
            is_fix: true,
            ..Record::default()
        };
        seconds.iter().map(fix).collect()
    }

    #[test]
    fn a_lesser_device_only_fills_the_gaps_of_a_greater_one() {
        let key = |source: &str| DeviceKey::new(SourceId::new(source), "1");
        let (a, b) = (key("a"), key("b"));
        let trail = filled_up(Vec::new(), &fixes(&[100, 130, 400]), &a);
        let trail = filled_up(trail, &fixes(&[103, 189, 190, 191, 250, 340, 341]), &b);
        let told: Vec<_> = trail
            .iter()
            .map(|point| (point.fixed_at.as_second(), point.device.source.as_str()))
            .collect();
        assert_eq!(
            told,
            [(100, "a"), (130, "a"), (191, "b"), (250, "b"), (400, "a")]
        );
    }
}
