//! A long trail in few points: those that matter most, in space and in time.
//!
//! The line is split where it errs most, again and again, as Douglas and Peucker do; but the error
//! is measured to where the line would have the vehicle *at that time*. So a stop on a straight
//! road, or a crawl, is kept, which the shape alone would lose.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::trail::TrailPoint;

const METRES_PER_DEGREE: f64 = 111_319.5;

/// A stretch between two kept points, and the point in it that errs most.
struct Stretch {
    error_m: f64,
    first: usize,
    worst: usize,
    last: usize,
}

impl PartialEq for Stretch {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Stretch {}

impl PartialOrd for Stretch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Stretch {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of equal errors the earliest: the answer must not depend on chance.
        let by_error = self.error_m.total_cmp(&other.error_m);
        by_error.then_with(|| other.first.cmp(&self.first))
    }
}

/// Which of `points` (ascending in time) are kept: at most `max_points`, ascending. `must_keep`
/// names points that outrank the rest, such as the ends of gaps.
pub fn kept(
    points: &[TrailPoint],
    max_points: usize,
    must_keep: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let n_points = points.len();
    if n_points <= max_points {
        return (0..n_points).collect();
    }
    if max_points < 2 {
        // The last place is what matters of one.
        return (n_points.saturating_sub(max_points)..n_points).collect();
    }
    let mut kept = vec![0, n_points - 1];
    kept.extend(
        (1..n_points - 1)
            .filter(|at| must_keep(*at))
            .take(max_points - 2),
    );
    kept.sort_unstable();
    let mut stretches: BinaryHeap<Stretch> = kept
        .windows(2)
        .filter_map(|ends| stretch(points, ends[0], ends[1]))
        .collect();
    while kept.len() < max_points {
        let Some(worst) = stretches.pop() else { break };
        kept.push(worst.worst);
        stretches.extend(stretch(points, worst.first, worst.worst));
        stretches.extend(stretch(points, worst.worst, worst.last));
    }
    kept.sort_unstable();
    kept
}

/// The stretch between two points, if there is anything between them.
fn stretch(points: &[TrailPoint], first: usize, last: usize) -> Option<Stretch> {
    let (start, end) = (points.get(first)?, points.get(last)?);
    let errors = (first + 1..last).map(|at| (error_m(&points[at], start, end), at));
    let (error_m, worst) = errors.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Stretch {
        error_m,
        first,
        worst,
        last,
    })
}

/// How far `point` is from where a vehicle would be that went evenly from `start` to `end`.
fn error_m(point: &TrailPoint, start: &TrailPoint, end: &TrailPoint) -> f64 {
    let whole_s = end.fixed_at.duration_since(start.fixed_at).as_secs_f64();
    let passed_s = point.fixed_at.duration_since(start.fixed_at).as_secs_f64();
    let part = if whole_s == 0.0 {
        0.0
    } else {
        passed_s / whole_s
    };
    let lat_deg = start.lat_deg + part * (end.lat_deg - start.lat_deg);
    let lng_deg = start.lng_deg + part * east_deg(start.lng_deg, end.lng_deg);
    let north_m = METRES_PER_DEGREE * (point.lat_deg - lat_deg);
    let shrinks = point.lat_deg.to_radians().cos();
    let east_m = METRES_PER_DEGREE * shrinks * east_deg(lng_deg, point.lng_deg);
    north_m.hypot(east_m)
}

/// How far east `to` is of `from`, the short way round.
fn east_deg(from: f64, to: f64) -> f64 {
    (to - from + 540.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{DeviceKey, SourceId};

    fn point(second: i64, north_m: f64, lng_deg: f64) -> TrailPoint {
        TrailPoint {
            lat_deg: north_m / METRES_PER_DEGREE,
            lng_deg,
            fixed_at: Timestamp::from_second(second).unwrap(),
            speed_mps: None,
            heading_deg: Some(0.0),
            altitude_m: None,
            device: DeviceKey::new(SourceId::new("a"), "1"),
            is_late: false,
            is_filled: false,
        }
    }

    /// 100 s at 10 m/s due north, 200 s of standing, and 100 s on.
    fn with_a_stop() -> Vec<TrailPoint> {
        let north_m = |second: i64| match second {
            0..100 => 10 * second,
            100..300 => 1_000,
            _ => 1_000 + 10 * (second - 300),
        };
        (0..400)
            .map(|second| {
                #[expect(clippy::cast_precision_loss, reason = "a few metres")]
                point(second, north_m(second) as f64, 20.0)
            })
            .collect()
    }

    #[test]
    fn a_stop_on_a_straight_road_is_kept() {
        let kept = kept(&with_a_stop(), 4, |_| false);
        assert_eq!(kept, [0, 100, 300, 399]);
    }

    #[test]
    fn there_are_never_more_than_asked_for_and_both_ends_are_there() {
        let points = with_a_stop();
        for max_points in 2..30 {
            let kept = kept(&points, max_points, |at| at % 7 == 0);
            assert_eq!(kept.len(), max_points);
            assert_eq!((kept[0], kept[max_points - 1]), (0, 399));
            assert!(kept.is_sorted());
        }
        assert_eq!(kept(&points, 1, |_| false), [399]);
        assert!(kept(&[], 5, |_| false).is_empty());
    }

    #[test]
    fn the_date_line_is_no_detour() {
        let across = [
            point(0, 0.0, 179.9),
            point(1, 0.0, -180.0),
            point(2, 0.0, -179.9),
        ];
        assert!(error_m(&across[1], &across[0], &across[2]) < 1.0);
    }
}
