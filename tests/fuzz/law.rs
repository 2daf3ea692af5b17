//! What the fuzz targets share: a dialect, a time, and what must hold of whatever a decoder
//! gives.

use fleetglass::domain::fix::MAX_SPEED_MPS;
use fleetglass::domain::{Observation, Reading, SourceId};
use fleetglass::live::bin::Picture;
use fleetglass::source::decode::{BodyError, Decoded, Dialect};
use fleetglass::source::recall::archive::{Recorded, Track};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A source that speaks as the contract says.
pub fn dialect() -> Dialect {
    Dialect {
        source: SourceId::new("fuzz"),
        timezone: TimeZone::UTC,
        fields: fleetglass::config::source::FieldMap::default(),
        speed_unit: None,
    }
}

/// When the bytes are received.
pub fn received_at() -> Timestamp {
    Timestamp::from_second(1_785_932_410).expect("a time in range")
}

/// Every row is given or counted, and what is given is sane.
pub fn check_list(decoded: Result<Decoded<Observation>, BodyError>) {
    let Ok(decoded) = decoded else { return };
    check_count(&decoded);
    decoded.rows.iter().for_each(check_sane);
}

/// Every row is given or counted.
pub fn check_count<T>(decoded: &Decoded<T>) {
    let n_refused: u64 = decoded.refusals.values().sum();
    assert_eq!(
        decoded.rows.len() as u64 + n_refused,
        decoded.page.n_rows as u64
    );
}

/// On Earth, with a possible speed and a heading on the circle.
pub fn check_sane(observation: &Observation) {
    assert!(!observation.device.device.trim().is_empty());
    if let Some(reading) = &observation.reading {
        check_reading(reading);
    }
}

/// What is given of a history is sane, and has its time.
pub fn check_recorded(decoded: Result<Decoded<Recorded>, BodyError>) {
    let Ok(decoded) = decoded else { return };
    assert!(decoded.rows.len() <= decoded.page.n_rows);
    for row in &decoded.rows {
        check_reading(&row.reading);
        assert_eq!(row.reading.vendor_at, Some(row.at));
    }
}

/// No key of a track leads out of its path.
pub fn check_tracks(decoded: Result<Decoded<Track>, BodyError>) {
    let Ok(decoded) = decoded else { return };
    check_count(&decoded);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    for track in &decoded.rows {
        assert!(!track.id.is_empty() && track.id.chars().all(is_plain));
    }
}

fn check_reading(reading: &Reading) {
    assert!((-90.0..=90.0).contains(&reading.lat_deg));
    assert!((-180.0..=180.0).contains(&reading.lng_deg));
    assert!(reading.lat_lng() != (0.0, 0.0));
    assert!(
        reading
            .speed_mps
            .is_none_or(|mps| (0.0..=MAX_SPEED_MPS).contains(&mps))
    );
    assert!(
        reading
            .heading_deg
            .is_none_or(|deg| (0.0..360.0).contains(&deg))
    );
}

/// Every row could be a vehicle's, in its tile.
pub fn check_picture(picture: &Picture) {
    for (tile, held) in picture.tiles() {
        assert!(tile.is_valid());
        assert!(
            held.rows
                .values()
                .all(|row| row.is_valid() && tile.holds(row))
        );
    }
}
