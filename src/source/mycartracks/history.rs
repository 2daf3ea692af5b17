//! MyCarTracks' tracks, and the points of one, to what was recorded. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{DeviceKey, Refusal};
use crate::source::decode::envelope::decode_list;
use crate::source::decode::fields::Datum;
use crate::source::decode::json::Json;
use crate::source::decode::lookup::{Pointers, Record};
use crate::source::decode::named::Names;
use crate::source::decode::record::SpeedUnit;
use crate::source::decode::{BodyError, Decoded, Dialect};
use crate::source::listing::Paging;
use crate::source::recall::archive::{Archive, Form, Recorded, Shelf, Span, Track};

use super::wire::{TRACK, TRACK_POINT};

/// A longer key is none.
const ID_MAX: usize = 64;

/// The tracks of the account, then the points of each that was under way.
pub static ARCHIVE: Archive = Archive {
    tracks: Some(Shelf {
        path: "/tracks2",
        paging: Paging::Offset { limit: 100 },
        // Seen in version 2 only.
        span: Some(Span {
            from: "startTime",
            to: "endTime",
            form: Form::EpochSeconds,
        }),
        always: &[("includeTotal", "true")],
        decode: tracks,
        spec: &TRACK,
    }),
    records: Shelf {
        path: "/trackpoints/",
        paging: Paging::Offset { limit: 500 },
        span: None,
        always: &[],
        decode: track_points,
        spec: &TRACK_POINT,
    },
    every: Duration::from_secs(1),
    slice: SignedDuration::from_hours(24),
};

/// Decodes a page of `GET /tracks2`.
///
/// # Errors
/// The body is no JSON, holds no list, or is the vendor's error.
pub fn tracks(
    dialect: &Dialect,
    body: &[u8],
    _received_at: Timestamp,
) -> Result<Decoded<Track>, BodyError> {
    let pointers = Pointers::default();
    let names = Names::of(&TRACK, &pointers);
    let zone = &dialect.timezone;
    decode_list(
        body,
        &names,
        |_, _| {},
        |row| {
            let record = Record::open(&TRACK, &pointers, row);
            let device = record.value(Datum::Id).and_then(Json::id);
            let device = device.ok_or(Refusal::NoId)?;
            let track = Track {
                id: track_id(&record).ok_or(Refusal::NoId)?,
                device: DeviceKey::new(dialect.source.clone(), device.as_ref()),
                from: record.time(Datum::StartTime, zone)?,
                to: record.time(Datum::EndTime, zone)?,
            };
            Ok((track, None))
        },
    )
}

/// The track's key, if it can stand in a path and lead nowhere else.
fn track_id(record: &Record<'_>) -> Option<String> {
    let id = record.value(Datum::WeakId)?.id()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (id.len() <= ID_MAX && id.chars().all(is_plain)).then(|| id.into_owned())
}

/// Decodes a page of `GET /trackpoints/{trackId}`.
///
/// # Errors
/// The body is no JSON, holds no list, or is the vendor's error.
pub fn track_points(
    dialect: &Dialect,
    body: &[u8],
    _received_at: Timestamp,
) -> Result<Decoded<Recorded>, BodyError> {
    let pointers = Pointers::of(TRACK_POINT.kind, &dialect.fields);
    let names = Names::of(&TRACK_POINT, &pointers);
    let unit = SpeedUnit::named(dialect.speed_unit.as_deref(), SpeedUnit::Kmh);
    let decoded = decode_list(
        body,
        &names,
        |_, _| {},
        |row| {
            let record = Record::open(&TRACK_POINT, &pointers, row);
            let fixed_at = record.past_time(Datum::Time, &dialect.timezone);
            let reading = record.reading(fixed_at, unit, None)?;
            let recorded = reading.and_then(|reading| Recorded::of(None, reading));
            Ok((recorded, None))
        },
    );
    decoded.map(Decoded::flatten)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::decode::testing::{
        any_scalar, check_print, check_recorded, dialect, fixture, print_recorded, print_tracks,
        received_at,
    };

    #[test]
    fn each_fixture_gives_what_its_snapshot_says() {
        let name = "mycartracks/tracks.json";
        let decoded = tracks(&dialect("mct"), &fixture(name), received_at());
        check_print(name, &print_tracks(&decoded));
        let name = "mycartracks/track_points.json";
        let decoded = track_points(&dialect("mct"), &fixture(name), received_at());
        check_print(name, &print_recorded(&decoded));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(body: Vec<u8>) {
            let _ = tracks(&dialect("m"), &body, received_at());
            let _ = track_points(&dialect("m"), &body, received_at());
        }

        #[test]
        fn whatever_the_values_what_is_given_is_sane(
            values in proptest::collection::vec(any_scalar(), 7),
        ) {
            let track = serde_json::json!([{ "id": values[0], "vehicleId": values[1],
                "startTime": values[2], "endTime": values[3] }]);
            let decoded = tracks(&dialect("m"), track.to_string().as_bytes(), received_at());
            for track in decoded.unwrap().rows {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
                prop_assert!(!track.id.is_empty() && track.id.chars().all(is_plain));
            }
            let point = serde_json::json!([{ "id": values[0], "time": values[1],
                "lat": values[2], "lng": values[3], "speed": values[4], "bearing": values[5],
                "accuracy": values[6] }]);
            let decoded = track_points(&dialect("m"), point.to_string().as_bytes(), received_at());
            decoded.unwrap().rows.iter().for_each(check_recorded);
        }
    }
}
