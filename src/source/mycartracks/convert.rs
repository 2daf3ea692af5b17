//! MyCarTracks' lists to observations. Pure.

use jiff::Timestamp;

use crate::domain::{DeviceKey, Facts, Label, Observation, Origin, Reading, Refusal};
use crate::source::decode::envelope::decode_list;
use crate::source::decode::fields::Datum;
use crate::source::decode::lookup::{Pointers, Record};
use crate::source::decode::named::Names;
use crate::source::decode::record::{SpeedUnit, contact_at, row_reading};
use crate::source::decode::{BodyError, Decoded, Dialect};

pub use super::event::events;
pub use super::grant::{stream_session, token};
use super::wire::{LAST_POSITION, VEHICLE};

/// Decodes a page of `GET /vehicles/lastPositions`.
///
/// # Errors
/// The body is no JSON, holds no list, or is the vendor's error.
pub fn last_positions(
    dialect: &Dialect,
    body: &[u8],
    received_at: Timestamp,
) -> Result<Decoded<Observation>, BodyError> {
    let pointers = Pointers::of(LAST_POSITION.kind, &dialect.fields);
    let names = Names::of(&LAST_POSITION, &pointers);
    decode_list(
        body,
        &names,
        |_, _| {},
        |row| {
            let record = Record::open(&LAST_POSITION, &pointers, row);
            let device = record.device(&dialect.source)?;
            let (reading, refusal) = row_reading(reading(dialect, &record));
            let fixed_at = record.time(Datum::Time, &dialect.timezone);
            let contact_at = contact_at(reading.as_ref(), fixed_at);
            let row = observation(&record, device, reading, received_at, Origin::Poll);
            Ok((Observation { contact_at, ..row }, refusal))
        },
    )
}

/// Decodes a page of `GET /vehicles`: what people call each vehicle.
///
/// # Errors
/// The body is no JSON, holds no list, or is the vendor's error.
pub fn vehicles(dialect: &Dialect, body: &[u8]) -> Result<Decoded<(DeviceKey, Label)>, BodyError> {
    let pointers = Pointers::of(VEHICLE.kind, &dialect.fields);
    let names = Names::of(&VEHICLE, &pointers);
    decode_list(
        body,
        &names,
        |_, _| {},
        |row| {
            let record = Record::open(&VEHICLE, &pointers, row);
            Ok(((record.device(&dialect.source)?, record.label()), None))
        },
    )
}

/// The position of a row or of an event; its speed is in km/h unless the source is set otherwise.
pub(super) fn reading(dialect: &Dialect, record: &Record<'_>) -> Result<Option<Reading>, Refusal> {
    let unit = SpeedUnit::named(dialect.speed_unit.as_deref(), SpeedUnit::Kmh);
    let fixed_at = record.time(Datum::Time, &dialect.timezone);
    record.reading(fixed_at, unit, None)
}

/// What a row or an event says. Where it has a position, the time of that is its contact.
pub(super) fn observation(
    record: &Record<'_>,
    device: DeviceKey,
    reading: Option<Reading>,
    received_at: Timestamp,
    origin: Origin,
) -> Observation {
    Observation {
        device,
        received_at,
        origin,
        reading,
        contact_at: None,
        label: record.label(),
        facts: Facts {
            driver: record.text(Datum::Driver),
            battery_pct: record.percent(Datum::Battery),
            ignition: record.boolean(Datum::Ignition),
            odometer_m: record.odometer_m(),
            address: record.text(Datum::Address),
            ..Facts::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::decode::live::Event;
    use crate::source::decode::testing::{
        check_print, check_sane, dialect, fixture, print_labels, print_list, received_at,
    };

    #[test]
    fn each_fixture_gives_the_observations_of_its_snapshot() {
        for name in [
            "mycartracks/last_positions.json",
            "mycartracks/last_positions_variants.json",
            "mycartracks/last_positions_faults.json",
        ] {
            let decoded = last_positions(&dialect("mct"), &fixture(name), received_at());
            check_print(name, &print_list(&decoded));
        }
    }

    #[test]
    fn a_plain_speed_is_in_the_sources_own_unit() {
        let row = r#"{"vehicleId": 1, "latitude": 48.1, "longitude": 17.1, "speed": 36,
            "time": 1785932350000, "type": "position"}"#;
        for (unit, expected_mps) in [
            (None, 10.0),
            (Some("kmh"), 10.0),
            (Some("mph"), 16.093_44),
            (Some("mps"), 36.0),
            (Some("knots"), 18.52),
        ] {
            let mut dialect = dialect("mct");
            dialect.speed_unit = unit.map(str::to_owned);
            let list = format!("[{row}]");
            let polled = last_positions(&dialect, list.as_bytes(), received_at()).unwrap();
            let streamed = events(&dialect, row.as_bytes(), received_at()).unwrap();
            let Event::Position(streamed) = &streamed[0] else {
                panic!("{streamed:?}");
            };
            for row in [&polled.rows[0], streamed] {
                let speed_mps = row.reading.as_ref().unwrap().speed_mps.unwrap();
                assert!(
                    (speed_mps - expected_mps).abs() < 0.01,
                    "{unit:?}: {speed_mps}"
                );
            }
        }
    }

    #[test]
    fn each_vehicles_fixture_gives_the_labels_of_its_snapshot() {
        let name = "mycartracks/vehicles.json";
        check_print(
            name,
            &print_labels(&vehicles(&dialect("mct"), &fixture(name))),
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(body: Vec<u8>) {
            let _ = last_positions(&dialect("m"), &body, received_at());
            let _ = vehicles(&dialect("m"), &body);
        }

        #[test]
        fn whatever_the_values_what_is_given_is_sane(
            values in proptest::collection::vec(crate::source::decode::testing::any_scalar(), 10),
        ) {
            let body = serde_json::json!([{
                "vehicleId": values[0], "name": values[1], "lat": values[2], "lng": values[3],
                "speed": values[4], "bearing": values[5], "accuracy": values[6],
                "time": values[7], "battery": values[8], "userName": values[9],
            }]);
            let body = body.to_string();
            let decoded = last_positions(&dialect("m"), body.as_bytes(), received_at()).unwrap();
            decoded.rows.iter().for_each(check_sane);
        }
    }
}
