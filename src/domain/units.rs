//! Conversions into our units (metres, metres per second, degrees), and distance on the sphere.

/// Kilometres per hour to metres per second.
pub fn kmh_to_mps(kmh: f64) -> f64 {
    kmh / 3.6
}

/// International miles per hour to metres per second (1 mph is 1.609344 km/h).
pub fn mph_to_mps(mph: f64) -> f64 {
    kmh_to_mps(mph * 1.609_344)
}

/// Knots to metres per second (1 knot is 1.852 km/h).
pub fn knots_to_mps(knots: f64) -> f64 {
    kmh_to_mps(knots * 1.852)
}

/// Kilometres to metres.
pub fn km_to_m(km: f64) -> f64 {
    km * 1000.0
}

/// Any angle as a heading: `0.0..360.0`.
pub fn heading_deg(angle_deg: f64) -> f64 {
    let turned = angle_deg.rem_euclid(360.0);
    // rem_euclid of a tiny negative number rounds up to the modulus itself.
    if turned < 360.0 { turned } else { 0.0 }
}

/// Great-circle distance in metres between two positions in degrees (latitude, longitude), on a
/// sphere of the mean radius: right to 0.5 %, which is ample for telling a parked vehicle from a
/// moving one.
pub fn distance_m(from: (f64, f64), to: (f64, f64)) -> f64 {
    const EARTH_RADIUS_M: f64 = 6_371_008.8;
    let (from_lat, to_lat) = (from.0.to_radians(), to.0.to_radians());
    let half_lat = (to_lat - from_lat) / 2.0;
    let half_lng = (to.1 - from.1).to_radians() / 2.0;
    let chord = half_lat.sin().powi(2) + from_lat.cos() * to_lat.cos() * half_lng.sin().powi(2);
    2.0 * EARTH_RADIUS_M * chord.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_wrap_into_the_circle() {
        for (angle_deg, expected) in [(0.0, 0.0), (360.0, 0.0), (-90.0, 270.0), (725.0, 5.0)] {
            assert!(
                (heading_deg(angle_deg) - expected).abs() < 1e-9,
                "{angle_deg}"
            );
        }
        assert!(heading_deg(-1e-20) < 360.0);
    }

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        let metres = distance_m((48.0, 17.0), (49.0, 17.0));
        assert!((111_000.0..111_400.0).contains(&metres), "{metres}");
    }

    #[test]
    fn a_mile_an_hour_is_0_44704_mps() {
        assert!((mph_to_mps(1.0) - 0.447_04).abs() < 1e-9);
    }
}
