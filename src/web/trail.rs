//! Where a vehicle was.

#![expect(
    unused_qualifications,
    reason = "utoipa's attribute qualifies what it names"
)]

use std::collections::HashMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Web;
use super::door::Caller;
use super::error::{ApiError, ErrorBody};
use super::history::asked;
use super::trail_files::{self, Format};
use super::viewer::Looking;
use crate::auth::audit::{Subject, What};
use crate::domain::thresholds::{Bounds, FreshnessThresholds, MotionThresholds};
use crate::domain::{DeviceKey, Vehicle, VehicleId};
use crate::history::{TrailPoint, simplify};
use crate::live::frame::Stamp;
use crate::live::mask::Mask;

/// The span where none is asked for.
const USUAL_SPAN: SignedDuration = SignedDuration::from_hours(1);
/// A page draws no more; files are whole unless asked otherwise.
const USUAL_MAX_POINTS: usize = 20_000;
const MAX_POINTS: usize = 1_000_000;

/// The span and the format that are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrailQuery {
    /// RFC 3339; an hour before `to` where absent.
    pub from: Option<String>,
    /// RFC 3339; now where absent.
    pub to: Option<String>,
    /// `json` (the default), or a file: `geojson`, `gpx`, `csv`.
    pub format: Option<String>,
    /// At most so many points, those that matter most; 2 to 1,000,000. JSON has at most 20,000
    /// where absent, a file all.
    pub max_points: Option<usize>,
}

/// The places, ascending in time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trail)]
pub struct TrailAnswer<'a> {
    #[schema(value_type = String, format = DateTime)]
    from: Stamp,
    #[schema(value_type = String, format = DateTime)]
    to: Stamp,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    simplified: bool,
    points: Vec<PointFrame<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrailPoint)]
struct PointFrame<'a> {
    lat_deg: f64,
    lng_deg: f64,
    #[schema(value_type = String, format = DateTime)]
    fixed_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed_mps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading_deg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    altitude_m: Option<f64>,
    source: &'a str,
    device: &'a str,
    /// Nothing is known of the time before this point.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gap: bool,
    /// It was completed later from the vendor's history.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    filled: bool,
    /// It arrived late.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    backfill: bool,
}

/// A trail with its gaps marked, in as many points as are wanted.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) points: Vec<TrailPoint>,
    /// Whether there is a gap before each of them.
    pub(super) gaps: Vec<bool>,
    simplified: bool,
}

/// The trail of a vehicle over any span that is remembered; of the times when this viewer could see
/// the vehicle, by its groups of then.
#[utoipa::path(get, path = "/api/v1/vehicles/{id}/trail",
    params(("id" = String, Path), TrailQuery),
    responses(
        (status = 200, content(
            (TrailAnswer = "application/json"),
            (String = "application/geo+json"),
            (String = "application/gpx+xml"),
            (String = "text/csv"),
        )),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ))]
pub async fn trail(
    State(web): State<Web>,
    looking: Looking,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<TrailQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(query) = query?;
    let to = time("to", query.to.as_deref())?.unwrap_or_else(web.clock);
    let hour_before = to.checked_sub(USUAL_SPAN).unwrap_or(Timestamp::MIN);
    let from = time("from", query.from.as_deref())?.unwrap_or(hour_before);
    if to < from {
        return Err(ApiError::bad_request("`from` is later than `to`"));
    }
    let format = trail_files::format(query.format.as_deref())?;
    let max_points = match query.max_points {
        None if format.is_none() => USUAL_MAX_POINTS,
        None => usize::MAX,
        Some(max_points @ 2..=MAX_POINTS) => max_points,
        Some(max_points) => {
            return Err(ApiError::bad_request(format!(
                "`max_points` is {max_points}; it must be 2 to {MAX_POINTS}"
            )));
        }
    };
    let stage = looking.stage(&web).await?;
    let name = stage.vehicle(&id).map(|it| it.vehicle.name.to_string());
    let live = stage.behind(&id, &web.hub);
    if live.is_none() && !looking.sees_everything() {
        // Who might have seen it when it was there, nobody can tell any more.
        return Err(ApiError::no_vehicle(&id));
    }
    // One that is no more has its past still.
    let devices: Vec<DeviceKey> = live.as_ref().map_or_else(Vec::new, |vehicle| {
        let views = vehicle.devices.iter();
        views.map(|view| view.device.clone()).collect()
    });
    // A viewer who may not see the plate asks by an id that is ours alone.
    let real = live.as_ref().map(|vehicle| vehicle.id.clone());
    let vehicle = real.unwrap_or_else(|| VehicleId::new(id.as_str()));
    let subject = Subject::Vehicle(vehicle.as_str().into());
    let wish = Wish {
        id,
        name,
        span: (from, to),
        format,
        max_points,
    };
    let groups = looking.0.sight.groups.clone();
    let answer = asked(&web, &looking, move |web| {
        let points = web
            .history
            .trail_of(&vehicle, &devices, (from, to), &groups)?;
        if points.is_none() && wish.name.is_none() {
            return Ok(Err(ApiError::no_vehicle(&wish.id)));
        }
        let mut drawn = draw(points.unwrap_or_default(), wish.max_points);
        if let Some((mask, vehicle)) = stage.mask().zip(live) {
            drawn.cut(mask, &vehicle);
        }
        Ok(wish.answer(&drawn))
    });
    let answer = answer.await??;
    let what = format.map_or(What::TrailOpened, |_file| What::Exported);
    caller.note_look(&web, what, subject).await;
    Ok(answer)
}

/// What is wanted of a trail.
struct Wish {
    /// The vehicle's, as it was asked for.
    id: String,
    /// The vehicle's, as it is shown.
    name: Option<String>,
    span: (Timestamp, Timestamp),
    /// `None`: JSON.
    format: Option<Format>,
    max_points: usize,
}

impl Wish {
    fn answer(&self, drawn: &Drawn) -> Result<Response, ApiError> {
        let (from, to) = self.span;
        match self.format {
            Some(format) => {
                trail_files::answer(format, &self.id, self.name.as_deref(), from, drawn)
            }
            None => Ok(answer(from, to, drawn)),
        }
    }
}

impl Drawn {
    /// Leaves what may be seen of a vehicle.
    fn cut(&mut self, mask: &Mask, vehicle: &Vehicle) {
        for point in &mut self.points {
            point.device = mask.device(vehicle, &point.device);
            if !mask.sight().facts.speed {
                point.speed_mps = None;
            }
        }
    }
}

/// Marks the gaps of a trail and leaves out what matters least.
fn draw(points: Vec<TrailPoint>, max_points: usize) -> Drawn {
    let gaps = gaps(&points);
    let is_end = |at: usize| gaps[at] || gaps.get(at + 1) == Some(&true);
    let kept = simplify::kept(&points, max_points, is_end);
    let simplified = kept.len() < points.len();
    if !simplified {
        return Drawn {
            points,
            gaps,
            simplified,
        };
    }
    Drawn {
        points: kept.iter().map(|at| points[*at].clone()).collect(),
        gaps: kept.iter().map(|at| gaps[*at]).collect(),
        simplified,
    }
}

/// Whether there is a gap before each point: a time longer than E of the device that the point
/// before it is from, in that point's column.
fn gaps(points: &[TrailPoint]) -> Vec<bool> {
    let mut gaps_s: HashMap<(&DeviceKey, bool), Vec<i64>> = HashMap::new();
    let pairs = || points.iter().zip(points.iter().skip(1));
    // A lesser device only fills the gaps of a greater one: from one to the other is no interval.
    for (before, after) in pairs().filter(|(before, after)| before.device == after.device) {
        let gaps_s = gaps_s.entry(column(before)).or_default();
        gaps_s.push(passed_s(before, after));
    }
    let learnt_s: HashMap<_, _> = gaps_s
        .into_iter()
        .map(|(column, gaps_s)| (column, expected_s(gaps_s, column.1)))
        .collect();
    let limit_s = |before| {
        let column = column(before);
        let known = learnt_s.get(&column).copied();
        known.unwrap_or_else(|| expected_s(Vec::new(), column.1))
    };
    let first = points.iter().take(1).map(|_| false);
    let rest = pairs().map(|(before, after)| limit_s(before) < passed_s(before, after));
    first.chain(rest).collect()
}

/// Whose point it is, and whether on the move; one that does not say counts as on the move, where
/// silence hides more.
fn column(point: &TrailPoint) -> (&DeviceKey, bool) {
    let slow_below_mps = MotionThresholds::default().slow_below_mps;
    let is_slow = point.speed_mps.is_some_and(|mps| mps < slow_below_mps);
    (&point.device, !is_slow)
}

/// In whole seconds, as E is.
fn passed_s(before: &TrailPoint, after: &TrailPoint) -> i64 {
    let passed = after.fixed_at.duration_since(before.fixed_at);
    let passed_ms = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
    passed_ms.saturating_add(500).div_euclid(1_000)
}

/// E of one column of a device, from all its gaps in the span; the greatest where it has none.
fn expected_s(mut gaps_s: Vec<i64>, on_the_move: bool) -> i64 {
    gaps_s.sort_unstable();
    // Of a few, one silence would be the 90th percentile itself.
    let n_usual = match gaps_s.len() {
        n @ ..10 => n.div_ceil(2),
        n => (9 * n).div_ceil(10),
    };
    let usual_s = gaps_s.get(n_usual.saturating_sub(1));
    let bounds = bounds(on_the_move);
    let (min_s, max_s) = (bounds.min.as_secs(), bounds.max.as_secs());
    usual_s.map_or(max_s, |usual_s| (*usual_s).clamp(min_s, max_s))
}

fn bounds(on_the_move: bool) -> Bounds {
    let rules = FreshnessThresholds::default();
    if on_the_move {
        rules.expected_on_the_move
    } else {
        rules.expected_at_rest
    }
}

fn answer(from: Timestamp, to: Timestamp, drawn: &Drawn) -> Response {
    let points = drawn.points.iter().zip(&drawn.gaps);
    let answer = TrailAnswer {
        from: Stamp(from),
        to: Stamp(to),
        simplified: drawn.simplified,
        points: points.map(|(point, gap)| frame(point, *gap)).collect(),
    };
    Json(answer).into_response()
}

fn frame(point: &TrailPoint, gap: bool) -> PointFrame<'_> {
    PointFrame {
        lat_deg: point.lat_deg,
        lng_deg: point.lng_deg,
        fixed_at: Stamp(point.fixed_at),
        speed_mps: point.speed_mps,
        heading_deg: point.heading_deg,
        altitude_m: point.altitude_m,
        source: point.device.source.as_str(),
        device: &point.device.device,
        gap,
        filled: point.is_filled,
        backfill: point.is_late,
    }
}

fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_error| {
        ApiError::bad_request(format!(
            "`{name}` is \"{text}\"; write a time such as 2026-08-05T12:20:07Z"
        ))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::SourceId;

    impl Drawn {
        /// These points, with gaps before some.
        pub(in crate::web) fn of(points: Vec<TrailPoint>, gaps: &[usize]) -> Self {
            Self {
                gaps: (0..points.len()).map(|at| gaps.contains(&at)).collect(),
                points,
                simplified: false,
            }
        }
    }

    /// A vehicle that drives due north, with a point at each of `seconds`.
    pub(in crate::web) fn northward(seconds: &[i64]) -> Vec<TrailPoint> {
        let point = |second: &i64| TrailPoint {
            #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
            lat_deg: -26.0 + 1e-4 * *second as f64,
            lng_deg: 28.0,
            fixed_at: Timestamp::from_second(1_785_932_400 + second).unwrap(),
            speed_mps: Some(11.1),
            heading_deg: Some(0.0),
            altitude_m: None,
            device: DeviceKey::new(SourceId::new("a"), "=1"),
            is_late: false,
            is_filled: *second == 15,
        };
        seconds.iter().map(point).collect()
    }

    #[test]
    fn a_gap_is_what_is_long_for_this_trail() {
        let drawn = draw(
            northward(&[0, 15, 30, 44, 60, 75, 90, 105, 120, 400, 415]),
            99,
        );
        let at: Vec<_> = (0..).zip(&drawn.gaps).filter(|(_, gap)| **gap).collect();
        assert_eq!(at, [(9, &true)]);
        assert!(draw(northward(&[0, 600]), 99).gaps.iter().all(|gap| !gap));
        assert!(draw(Vec::new(), 99).gaps.is_empty());
    }

    #[test]
    fn a_silence_on_the_road_is_a_gap_however_long_the_vehicle_was_parked() {
        // Parked with a report each 10 minutes, then on the road with one each 15 s.
        let mut seconds: Vec<i64> = (0..6).map(|n| 600 * n).collect();
        seconds.extend((0..12).map(|n| 3_600 + 15 * n));
        let silence_from = 3_600 + 15 * 11;
        seconds.extend((0..12).map(|n| silence_from + 840 + 15 * n));
        let mut points = northward(&seconds);
        for point in &mut points[..6] {
            point.speed_mps = Some(0.0);
        }
        let drawn = draw(points, 99);
        let at: Vec<_> = (0..).zip(&drawn.gaps).filter(|(_, gap)| **gap).collect();
        assert_eq!(at, [(18, &true)]);
    }

    #[test]
    fn the_ends_of_a_gap_outlive_simplifying() {
        let mut seconds: Vec<i64> = (0..100).collect();
        seconds.extend(1_000..1_100);
        let drawn = draw(northward(&seconds), 6);
        assert!(drawn.simplified);
        let start = Timestamp::from_second(1_785_932_400).unwrap();
        let told: Vec<_> = drawn
            .points
            .iter()
            .map(|point| point.fixed_at.duration_since(start).as_secs())
            .collect();
        assert_eq!((told[0], told[5]), (0, 1_099));
        assert!(told.contains(&99) && told.contains(&1_000), "{told:?}");
        assert_eq!(drawn.gaps.iter().filter(|gap| **gap).count(), 1);
    }

    #[test]
    fn north_is_a_heading_and_an_absent_member_is_unknown() {
        let points = northward(&[0]);
        let json = serde_json::to_value(frame(&points[0], false)).unwrap();
        assert_eq!(json["heading_deg"], 0.0);
        assert!(json.get("altitude_m").is_none() && json.get("gap").is_none());
    }
}
