//! How deep within a place a point is: pure.
//!
//! Longitudes of a place are continuous, so a point is first moved by whole turns to where the
//! place is. Lines are straight in degrees, as in GeoJSON; distances are those of a plane that
//! touches the earth at the point, good to a percent over tens of kilometres.

use crate::domain::order::Shape;

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;

/// What a place covers, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    shape: Shape,
    /// West, south, east, north in degrees; west and east are continuous.
    pub(super) bounds: [f64; 4],
    /// Half of its shorter side in metres: nobody can be deeper within.
    pub(super) reach_m: f64,
}

impl Outline {
    pub(super) fn new(shape: &Shape) -> Self {
        let bounds = bounds(shape);
        let [west, south, east, north] = bounds;
        let wide_m = (east - west) * DEGREE_M * cos(f64::midpoint(south, north));
        let high_m = (north - south) * DEGREE_M;
        Self {
            shape: shape.clone(),
            bounds,
            reach_m: wide_m.min(high_m) / 2.0,
        }
    }

    /// Metres to the edge: positive within, negative outside.
    pub(super) fn depth_m(&self, lat_deg: f64, lng_deg: f64) -> f64 {
        let [west, _, east, _] = self.bounds;
        let lng_deg = near(lng_deg, f64::midpoint(west, east));
        match &self.shape {
            Shape::Circle {
                lat_deg: lat,
                lng_deg: lng,
                radius_m,
            } => radius_m - distance_m((lat_deg, lng_deg), (*lat, *lng)),
            Shape::Polygon { rings } => {
                let edge_m = rings
                    .iter()
                    .map(|ring| to_ring_m(ring, lat_deg, lng_deg))
                    .fold(f64::INFINITY, f64::min);
                let within = |ring: &Vec<(f64, f64)>| is_within(ring, lat_deg, lng_deg);
                let is_inside =
                    rings.first().is_some_and(within) && !rings.iter().skip(1).any(within);
                if is_inside { edge_m } else { -edge_m }
            }
        }
    }
}

/// The longitude by whole turns nearest to `middle_deg`.
fn near(lng_deg: f64, middle_deg: f64) -> f64 {
    lng_deg + 360.0 * ((middle_deg - lng_deg) / 360.0).round()
}

fn bounds(shape: &Shape) -> [f64; 4] {
    match shape {
        Shape::Circle {
            lat_deg,
            lng_deg,
            radius_m,
        } => {
            let high = radius_m / DEGREE_M;
            let widest = cos((lat_deg.abs() + high).min(90.0));
            // About a pole every longitude is within.
            let wide = (high / widest.max(1e-9)).min(180.0);
            [
                lng_deg - wide,
                lat_deg - high,
                lng_deg + wide,
                lat_deg + high,
            ]
        }
        Shape::Polygon { rings } => {
            let none = [
                f64::INFINITY,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NEG_INFINITY,
            ];
            let points = rings.first().into_iter().flatten();
            points.fold(none, |[w, s, e, n], (lng, lat)| {
                [w.min(*lng), s.min(*lat), e.max(*lng), n.max(*lat)]
            })
        }
    }
}

fn cos(lat_deg: f64) -> f64 {
    lat_deg.to_radians().cos()
}

/// Along the sphere.
fn distance_m((lat, lng): (f64, f64), (other_lat, other_lng): (f64, f64)) -> f64 {
    let half = |deg: f64| (deg.to_radians() / 2.0).sin().powi(2);
    let h = half(other_lat - lat) + cos(lat) * cos(other_lat) * half(other_lng - lng);
    2.0 * h.sqrt().min(1.0).asin().to_degrees() * DEGREE_M
}

/// To the nearest edge of a ring.
fn to_ring_m(ring: &[(f64, f64)], lat_deg: f64, lng_deg: f64) -> f64 {
    let east_m = DEGREE_M * cos(lat_deg);
    let flat = |(lng, lat): (f64, f64)| ((lng - lng_deg) * east_m, (lat - lat_deg) * DEGREE_M);
    let edges = ring.iter().zip(ring.iter().skip(1));
    let lengths = edges.map(|(one, other)| to_edge_m(flat(*one), flat(*other)));
    lengths.fold(f64::INFINITY, f64::min)
}

/// From the origin to the line between two points.
fn to_edge_m((ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx.mul_add(dx, dy * dy);
    let share = if length == 0.0 {
        0.0
    } else {
        (-ax.mul_add(dx, ay * dy) / length).clamp(0.0, 1.0)
    };
    share.mul_add(dx, ax).hypot(share.mul_add(dy, ay))
}

/// By how often a ray to the east crosses the ring.
fn is_within(ring: &[(f64, f64)], lat: f64, lng: f64) -> bool {
    let mut is_inside = false;
    for ((ax, ay), (bx, by)) in ring.iter().zip(ring.iter().skip(1)) {
        if (*ay > lat) != (*by > lat) && lng < (bx - ax) * (lat - ay) / (by - ay) + ax {
            is_inside = !is_inside;
        }
    }
    is_inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: f64, south: f64, side: f64) -> Vec<(f64, f64)> {
        let (east, north) = (west + side, south + side);
        vec![
            (west, south),
            (east, south),
            (east, north),
            (west, north),
            (west, south),
        ]
    }

    fn depth(shape: &Shape, lat: f64, lng: f64) -> f64 {
        Outline::new(shape).depth_m(lat, lng)
    }

    #[test]
    fn a_circle_is_as_deep_as_its_radius() {
        let circle = Shape::Circle {
            lat_deg: 48.0,
            lng_deg: 17.0,
            radius_m: 500.0,
        };
        assert!((depth(&circle, 48.0, 17.0) - 500.0).abs() < 0.1);
        assert!((depth(&circle, 48.0 + 500.0 / DEGREE_M, 17.0)).abs() < 0.1);
        assert!(depth(&circle, 48.0, 17.1) < -6_000.0);
        // A turn further is the same place.
        assert!((depth(&circle, 48.0, 377.0) - 500.0).abs() < 0.1);
    }

    #[test]
    fn a_polygon_has_holes_and_edges() {
        let shape = Shape::Polygon {
            rings: vec![square(10.0, 0.0, 1.0), square(10.4, 0.4, 0.2)],
        };
        assert!(depth(&shape, 0.2, 10.2) > 0.0);
        assert!(depth(&shape, 0.5, 10.5) < 0.0);
        assert!(depth(&shape, 0.5, 9.9) < 0.0);
        let to_the_edge = depth(&shape, 0.1, 10.5);
        assert!((to_the_edge - 0.1 * DEGREE_M).abs() < 1.0, "{to_the_edge}");
    }

    #[test]
    fn a_place_may_lie_across_the_date_line() {
        for west in [179.5, -180.5] {
            let shape = Shape::Polygon {
                rings: vec![square(west, -18.0, 1.0)],
            };
            for (lng, is_inside) in [
                (179.9, true),
                (-179.9, true),
                (178.0, false),
                (-178.0, false),
            ] {
                assert_eq!(depth(&shape, -17.5, lng) > 0.0, is_inside, "{west} {lng}");
            }
        }
    }
}
