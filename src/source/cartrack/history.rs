//! Cartrack's events to what was recorded. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::source::decode::envelope::decode_list;
use crate::source::decode::fields::Datum;
use crate::source::decode::lookup::{Pointers, Record};
use crate::source::decode::named::Names;
use crate::source::decode::record::SpeedUnit;
use crate::source::decode::{BodyError, Decoded, Dialect};
use crate::source::listing::Paging;
use crate::source::recall::archive::{Archive, Form, Recorded, Shelf, Span};

use super::convert::{paging, quality};
use super::wire::EVENT;

/// The events of the whole fleet. In which zone the vendor reads the two times is not told.
pub static ARCHIVE: Archive = Archive {
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
        decode: events,
        spec: &EVENT,
    },
    // Half of the 60 a minute.
    every: Duration::from_secs(2),
    slice: SignedDuration::from_hours(1),
};

/// Decodes a page of `GET /vehicles/events`. An event without a position is none of ours.
///
/// # Errors
/// The body is no JSON, holds no list, or is the vendor's error.
pub fn events(
    dialect: &Dialect,
    body: &[u8],
    _received_at: Timestamp,
) -> Result<Decoded<Recorded>, BodyError> {
    let pointers = Pointers::of(EVENT.kind, &dialect.fields);
    let names = Names::of(&EVENT, &pointers);
    let decoded = decode_list(body, &names, paging, |row| {
        let record = Record::open(&EVENT, &pointers, row);
        let device = record.device(&dialect.source)?;
        let fixed_at = record.past_time(Datum::Time, &dialect.timezone);
        let reading = record.reading(fixed_at, SpeedUnit::Kmh, quality(&record))?;
        let recorded = reading.and_then(|reading| Recorded::of(Some(device), reading));
        Ok((recorded, None))
    });
    decoded.map(Decoded::flatten)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::decode::testing::{
        any_scalar, check_print, check_recorded, dialect, fixture, print_recorded, received_at,
    };

    #[test]
    fn the_fixture_gives_the_records_of_its_snapshot() {
        let name = "cartrack/events.json";
        let decoded = events(&dialect("cartrack-za"), &fixture(name), received_at());
        check_print(name, &print_recorded(&decoded));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(body: Vec<u8>) {
            let _ = events(&dialect("c"), &body, received_at());
        }

        #[test]
        fn whatever_the_values_what_is_given_is_sane(
            values in proptest::collection::vec(any_scalar(), 7),
        ) {
            let body = serde_json::json!({"data": [{
                "vehicle_id": values[0], "event_ts": values[1], "latitude": values[2],
                "longitude": values[3], "speed": values[4], "bearing": values[5],
                "gps_fix_type": values[6],
            }]});
            let body = body.to_string();
            let decoded = events(&dialect("c"), body.as_bytes(), received_at()).unwrap();
            decoded.rows.iter().for_each(check_recorded);
            prop_assert!(decoded.rows.len() <= 1);
        }
    }
}
