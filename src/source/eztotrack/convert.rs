//! EZToTrack's bytes to observations. Pure.

use jiff::Timestamp;

use crate::domain::{DeviceKey, Facts, Label, Observation, Origin, Refusal};
use crate::source::decode::{BodyError, Decoded, Dialect, Page};
use crate::source::envelope::decode_list;
use crate::source::fields::{Datum, Pointers, Record};
use crate::source::json::Json;
use crate::source::record::SpeedUnit;

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
    decode_list(body, paging, |row| {
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
    decode_list(body, paging, |row| {
        let record = Record::open(&VEHICLE, &pointers, row);
        Ok((record.device(&dialect.source)?, record.label()))
    })
}

fn observation(
    dialect: &Dialect,
    record: &Record<'_>,
    received_at: Timestamp,
) -> Result<Observation, Refusal> {
    let unit = SpeedUnit::named(dialect.speed_unit.as_deref(), SpeedUnit::Mph);
    Ok(Observation {
        device: record.device(&dialect.source)?,
        received_at,
        origin: Origin::Poll,
        reading: record.reading(&dialect.timezone, unit, None)?,
        contact_at: None,
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
    })
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
