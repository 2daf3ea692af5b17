//! EZToTrack's bytes to observations. Pure.

use jiff::Timestamp;

use crate::domain::{DeviceKey, Facts, Label, Observation, Origin, Refusal};
use crate::source::decode::envelope::decode_list;
use crate::source::decode::fields::Datum;
use crate::source::decode::json::Json;
use crate::source::decode::lookup::{Pointers, Record};
use crate::source::decode::named::Names;
use crate::source::decode::record::{SpeedUnit, contact_at, row_reading};
use crate::source::decode::{BodyError, Decoded, Dialect, Page};

use super::wire::{END_CURSOR, HAS_NEXT_PAGE, LOCATION, VEHICLE};

/// Decodes a page of `GET /fleet/vehicles/locations`.
///
/// # Errors
/// The body is no JSON, holds no list, or is the vendor's error.
pub fn locations(
    dialect: &Dialect,
    body: &[u8],
    received_at: Timestamp,
) -> Result<Decoded<Observation>, BodyError> {
    let pointers = Pointers::of(LOCATION.kind, &dialect.fields);
    let names = Names::of(&LOCATION, &pointers);
    decode_list(body, &names, paging, |row| {
        observation(
            dialect,
            &Record::open(&LOCATION, &pointers, row),
            received_at,
        )
    })
}

/// Decodes a page of `GET /fleet/vehicles`: what people call each vehicle.
///
/// # Errors
/// The body is no JSON, holds no list, or is the vendor's error.
pub fn vehicles(dialect: &Dialect, body: &[u8]) -> Result<Decoded<(DeviceKey, Label)>, BodyError> {
    let pointers = Pointers::of(VEHICLE.kind, &dialect.fields);
    let names = Names::of(&VEHICLE, &pointers);
    decode_list(body, &names, paging, |row| {
        let record = Record::open(&VEHICLE, &pointers, row);
        Ok(((record.device(&dialect.source)?, record.label()), None))
    })
}

fn observation(
    dialect: &Dialect,
    record: &Record<'_>,
    received_at: Timestamp,
) -> Result<(Observation, Option<Refusal>), Refusal> {
    let unit = SpeedUnit::named(dialect.speed_unit.as_deref(), SpeedUnit::Mph);
    let device = record.device(&dialect.source)?;
    let fixed_at = record.time(Datum::Time, &dialect.timezone);
    let (reading, refusal) = row_reading(record.reading(fixed_at, unit, None));
    let observation = Observation {
        device,
        received_at,
        origin: Origin::Poll,
        contact_at: contact_at(reading.as_ref(), fixed_at),
        reading,
        label: record.label(),
        facts: Facts {
            ignition: ignition(record),
            odometer_m: record.odometer_m(),
            driver: record.text(Datum::Driver),
            address: record.text(Datum::Address),
            battery_pct: record.percent(Datum::Battery),
            fuel_l: record.amount(Datum::Fuel),
            panic: None,
        },
    };
    Ok((observation, refusal))
}

/// A plain switch, or the engine's state: an idling engine is on.
fn ignition(record: &Record<'_>) -> Option<bool> {
    if let Some(ignition) = record.boolean(Datum::Ignition) {
        return Some(ignition);
    }
    let state = record.value(Datum::EngineState)?;
    let is_idle = state
        .text()
        .is_some_and(|word| word.eq_ignore_ascii_case("idle"));
    if is_idle { Some(true) } else { state.boolean() }
}

/// The next cursor, unless this is the last page.
fn paging(beside: &Json<'_>, page: &mut Page) {
    let is_last = beside.at(&HAS_NEXT_PAGE).and_then(Json::boolean) == Some(false);
    let cursor = beside.at(&END_CURSOR).and_then(|cursor| match cursor {
        // Opaque: not even trimmed.
        Json::Text(text) => Some(text.as_ref().to_owned()),
        other => other.text().map(String::from),
    });
    page.next_cursor = cursor.filter(|_| !is_last);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::decode::testing::{
        check_print, check_sane, dialect, fixture, print_labels, print_list, received_at,
    };

    #[test]
    fn each_locations_fixture_gives_the_observations_of_its_snapshot() {
        for name in [
            "eztotrack/locations.json",
            "eztotrack/locations_variants.json",
            "eztotrack/locations_faults.json",
            "eztotrack/error_403.json",
        ] {
            let decoded = locations(&dialect("ezt"), &fixture(name), received_at());
            check_print(name, &print_list(&decoded));
        }
    }

    #[test]
    fn each_vehicles_fixture_gives_the_labels_of_its_snapshot() {
        let name = "eztotrack/vehicles.json";
        check_print(
            name,
            &print_labels(&vehicles(&dialect("ezt"), &fixture(name))),
        );
    }

    #[test]
    fn the_unit_of_a_speed_is_its_names_else_the_sources_else_mph() {
        let cases = [
            (None, "speed", 44.704),
            (Some("mph"), "speed", 44.704),
            (Some("kmh"), "speed", 27.778),
            (Some("mps"), "speed", 100.0),
            (Some("knots"), "speed", 51.444),
            (Some("kmh"), "speedMph", 44.704),
            (Some("mph"), "speedKph", 27.778),
            (None, "speedKmh", 27.778),
        ];
        for (unit, name, expected_mps) in cases {
            let mut dialect = dialect("ezt");
            dialect.speed_unit = unit.map(str::to_owned);
            let body = format!(r#"[{{"id": 1, "lat": 41.9, "lng": -87.6, "{name}": 100}}]"#);
            let decoded = locations(&dialect, body.as_bytes(), received_at()).unwrap();
            let speed_mps = decoded.rows[0].reading.clone().unwrap().speed_mps.unwrap();
            assert!((speed_mps - expected_mps).abs() < 1e-3, "{unit:?} {name}");
        }
    }

    #[test]
    fn the_cursor_ends_where_the_vendor_says_so() {
        let cases = [
            (r#"{"endCursor": "a==", "hasNextPage": true}"#, Some("a==")),
            (r#"{"endCursor": "a", "hasNextPage": "true"}"#, Some("a")),
            (r#"{"endCursor": "a"}"#, Some("a")),
            (r#"{"endCursor": "a", "hasNextPage": false}"#, None),
            (r#"{"endCursor": "a", "hasNextPage": 0}"#, None),
            (r#"{"endCursor": "", "hasNextPage": true}"#, None),
            (r#"{"endCursor": null, "hasNextPage": true}"#, None),
            ("null", None),
            ("[]", None),
        ];
        for (pagination, expected) in cases {
            let body = format!(r#"{{"data": [], "pagination": {pagination}}}"#);
            let decoded = vehicles(&dialect("ezt"), body.as_bytes()).unwrap();
            assert_eq!(
                decoded.page.next_cursor.as_deref(),
                expected,
                "{pagination}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(body: Vec<u8>) {
            let _ = locations(&dialect("e"), &body, received_at());
            let _ = vehicles(&dialect("e"), &body);
        }

        #[test]
        fn whatever_the_values_what_is_given_is_sane(
            values in proptest::collection::vec(crate::source::decode::testing::any_scalar(), 10),
        ) {
            let body = serde_json::json!({"data": [{
                "id": values[0], "name": values[1], "engineState": values[2],
                "odometerMiles": values[3], "currentDriver": values[4],
                "location": {"latitude": values[5], "longitude": values[6],
                    "heading": values[7], "speed": values[8], "time": values[9]},
            }]});
            let body = body.to_string();
            let decoded = locations(&dialect("e"), body.as_bytes(), received_at()).unwrap();
            decoded.rows.iter().for_each(check_sane);
        }
    }
}
