//! Cartrack's bytes to observations. Pure.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::{DeviceKey, Facts, FixQuality, Label, Observation, Origin, Refusal};
use crate::source::decode::envelope::decode_list;
use crate::source::decode::fields::Datum;
use crate::source::decode::json::Json;
use crate::source::decode::lookup::{Pointers, Record};
use crate::source::decode::named::Names;
use crate::source::decode::record::{SpeedUnit, row_reading};
use crate::source::decode::{BodyError, Decoded, Dialect, Page};

use super::wire::{META_CURRENT_PAGE, META_LAST_PAGE, STATUS, VEHICLE};

/// Decodes `GET /vehicles/status`: the whole fleet, each vehicle with or without a fix.
///
/// # Errors
/// The body is no JSON, holds no list, or is the vendor's error.
pub fn status(
    dialect: &Dialect,
    body: &[u8],
    received_at: Timestamp,
) -> Result<Decoded<Observation>, BodyError> {
    let pointers = Pointers::of(STATUS.kind, &dialect.fields);
    let names = Names::of(&STATUS, &pointers);
    decode_list(body, &names, paging, |row| {
        observation(dialect, &Record::open(&STATUS, &pointers, row), received_at)
    })
}

/// Decodes a page of `GET /vehicles`: what people call each vehicle.
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
    let zone = &dialect.timezone;
    let device = record.device(&dialect.source)?;
    let fixed_at = fixed_at(record, zone);
    let reading = record.reading(fixed_at, SpeedUnit::Kmh, quality(record));
    let (reading, refusal) = row_reading(reading);
    let fixed_at = reading.as_ref().and_then(|reading| reading.vendor_at);
    // A broken contact time costs nothing: the fix's own time is contact enough.
    let event_at = record.time(Datum::ContactTime, zone).unwrap_or_default();
    let observation = Observation {
        device,
        received_at,
        origin: Origin::Poll,
        reading,
        contact_at: event_at
            .filter(|event_at| fixed_at.is_none_or(|fixed_at| fixed_at < *event_at)),
        label: record.label(),
        facts: Facts {
            ignition: record.boolean(Datum::Ignition),
            odometer_m: record.odometer_m(),
            driver: driver(record),
            address: record.text(Datum::Address),
            battery_pct: record.percent(Datum::Battery),
            fuel_l: record.amount(Datum::Fuel),
            panic: panic(record),
        },
    };
    Ok((observation, refusal))
}

/// When the position was taken: by its own time, or, where that is absent or cannot be read, by
/// the time of the record.
fn fixed_at(record: &Record<'_>, zone: &TimeZone) -> Result<Option<Timestamp>, Refusal> {
    let own = record.time(Datum::Time, zone);
    own.or_else(|refusal| {
        let of_record = record.time(Datum::ContactTime, zone)?;
        of_record.map(Some).ok_or(refusal)
    })
}

/// `gps_fix_type`: 0 none, 1 too few satellites, 2 limited, 3 excellent.
pub(super) fn quality(record: &Record<'_>) -> Option<FixQuality> {
    match record.value(Datum::FixType)?.id()?.as_ref() {
        "0" | "1" => Some(FixQuality::Poor),
        "2" | "3" => Some(FixQuality::Good),
        _ => None,
    }
}

/// First and last name; nobody if both are null, or if the key is a UUID of nothing but zeros.
fn driver(record: &Record<'_>) -> Option<Arc<str>> {
    if let Some(driver) = record.text(Datum::Driver) {
        return Some(driver);
    }
    let is_nobody = |id: &str| {
        id.contains('0') && id.contains('-') && id.chars().all(|c| matches!(c, '0' | '-'))
    };
    let id = record.words(Datum::DriverId);
    if id.is_some_and(|id| is_nobody(&id)) {
        return None;
    }
    let first = record.words(Datum::DriverFirstName);
    match (first, record.words(Datum::DriverLastName)) {
        (Some(first), Some(last)) => Some(Arc::from(format!("{first} {last}"))),
        (first, last) => first.or(last).map(Arc::from),
    }
}

/// `HIGH` is taken as a panic button pressed.
fn panic(record: &Record<'_>) -> Option<bool> {
    let level = record.words(Datum::Panic)?;
    if level.eq_ignore_ascii_case("HIGH") {
        Some(true)
    } else if level.eq_ignore_ascii_case("LOW") {
        Some(false)
    } else {
        None
    }
}

pub(super) fn paging(beside: &Json<'_>, page: &mut Page) {
    let number = |path: &[&str]| beside.at(path)?.id()?.parse().ok();
    page.current_page = number(&META_CURRENT_PAGE);
    page.last_page = number(&META_LAST_PAGE);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::source::Field;
    use crate::source::decode::testing::{
        check_print, check_sane, dialect, fixture, print_labels, print_list, received_at,
    };

    #[test]
    fn each_status_fixture_gives_the_observations_of_its_snapshot() {
        for name in [
            "cartrack/status.json",
            "cartrack/status_variants.json",
            "cartrack/status_faults.json",
            "cartrack/error_429.json",
            "cartrack/gateway.html",
        ] {
            let decoded = status(&dialect("cartrack-za"), &fixture(name), received_at());
            check_print(name, &print_list(&decoded));
        }
    }

    #[test]
    fn each_vehicles_fixture_gives_the_labels_of_its_snapshot() {
        let name = "cartrack/vehicles.json";
        let decoded = vehicles(&dialect("cartrack-za"), &fixture(name));
        check_print(name, &print_labels(&decoded));
    }

    #[test]
    fn a_time_without_an_offset_is_in_the_zone_of_the_source() {
        let mut dialect = dialect("cartrack-za");
        dialect.timezone = TimeZone::get("Africa/Johannesburg").unwrap();
        let body = br#"[{"vehicle_id": 1, "location": {"updated": "2026-08-05 14:20:07",
            "latitude": -26, "longitude": 28}}]"#;
        let decoded = status(&dialect, body, received_at()).unwrap();
        let reading = decoded.rows[0].reading.clone().unwrap();
        assert_eq!(
            reading.vendor_at.unwrap().to_string(),
            "2026-08-05T12:20:07Z"
        );
    }

    #[test]
    fn a_position_that_cannot_be_used_costs_nothing_else() {
        let bad = [
            (r#""latitude": 0, "longitude": 0"#, Refusal::NullIsland),
            (r#""latitude": -91, "longitude": 28"#, Refusal::OffEarth),
            (
                r#""latitude": "S", "longitude": 28"#,
                Refusal::UnreadablePosition,
            ),
            (
                r#""latitude": -26, "longitude": 28, "updated": "x""#,
                Refusal::UnreadableTime,
            ),
        ];
        for (location, refusal) in bad {
            let body = format!(
                r#"[{{"vehicle_id": 1, "registration": "KLM482GP", "event_ts": "y",
                "ignition": true, "fuel": {{"level": 12}}, "location": {{{location}}}}}]"#
            );
            let decoded = status(&dialect("c"), body.as_bytes(), received_at()).unwrap();
            let row = &decoded.rows[0];
            assert_eq!(row.reading, None, "{location}");
            assert_eq!(
                (row.facts.ignition, row.facts.fuel_l),
                (Some(true), Some(12.0))
            );
            assert_eq!(row.label.registration.as_deref(), Some("KLM482GP"));
            assert_eq!(
                decoded.refusals.into_iter().collect::<Vec<_>>(),
                [(refusal, 1)]
            );
        }
    }

    #[test]
    fn a_fix_whose_own_time_is_broken_has_that_of_its_record() {
        let body = br#"[{"vehicle_id": 1, "event_ts": "2026-08-05 14:20:07+02", "location":
            {"updated": "0000-00-00 00:00:00", "latitude": -26, "longitude": 28}}]"#;
        let decoded = status(&dialect("c"), body, received_at()).unwrap();
        let vendor_at = decoded.rows[0].reading.clone().unwrap().vendor_at;
        assert_eq!(vendor_at.unwrap().to_string(), "2026-08-05T12:20:07Z");
        assert!(decoded.refusals.is_empty());
    }

    #[test]
    fn the_operators_pointers_come_first() {
        let mut dialect = dialect("cartrack-za");
        let pointers = &mut dialect.fields.position;
        pointers.insert(Field::Latitude, "/location/wgs84/1".to_owned());
        pointers.insert(Field::Longitude, "/location/wgs84/0".to_owned());
        pointers.insert(Field::Driver, "/driver/full~1name".to_owned());
        let body = br#"[{"vehicle_id": 1, "driver": {"full/name": "A B", "first_name": "C"},
            "location": {"latitude": 1, "longitude": 2, "wgs84": [28.5, -26.5]}}]"#;
        let decoded = status(&dialect, body, received_at()).unwrap();
        let row = &decoded.rows[0];
        assert_eq!(row.reading.clone().unwrap().lat_lng(), (-26.5, 28.5));
        assert_eq!(row.facts.driver.as_deref(), Some("A B"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(body: Vec<u8>) {
            let _ = status(&dialect("c"), &body, received_at());
            let _ = vehicles(&dialect("c"), &body);
        }

        #[test]
        fn whatever_the_values_what_is_given_is_sane(
            values in proptest::collection::vec(crate::source::decode::testing::any_scalar(), 14),
        ) {
            let body = serde_json::json!({"data": [{
                "vehicle_id": values[0], "registration": values[1], "event_ts": values[2],
                "bearing": values[3], "speed": values[4], "ignition": values[5],
                "odometer": values[6], "tcu_percentage": values[7],
                "driver": {"first_name": values[8]}, "fuel": {"level": values[9]},
                "location": {"updated": values[10], "latitude": values[11],
                    "longitude": values[12], "position_description": values[13]},
            }]});
            let body = body.to_string();
            let decoded = status(&dialect("c"), body.as_bytes(), received_at()).unwrap();
            decoded.rows.iter().for_each(check_sane);
            let n_refused: u64 = decoded.refusals.values().sum();
            let has_fix = decoded.rows.iter().any(|row| row.reading.is_some());
            prop_assert!(n_refused <= 1 && !(has_fix && n_refused == 1));
            prop_assert!(1 <= decoded.rows.len() as u64 + n_refused);
        }
    }
}
