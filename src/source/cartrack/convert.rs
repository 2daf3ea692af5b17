//! Cartrack's bytes to observations. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{DeviceKey, Facts, FixQuality, Label, Observation, Origin, Refusal};
use crate::source::decode::{BodyError, Decoded, Dialect, Page};
use crate::source::envelope::decode_list;
use crate::source::fields::{Datum, Pointers, Record};
use crate::source::json::Json;
use crate::source::record::SpeedUnit;

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
    decode_list(body, paging, |row| {
        observation(dialect, &Record::open(&STATUS, &pointers, row), received_at)
    })
}

/// Decodes a page of `GET /vehicles`: what people call each vehicle.
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
    let zone = &dialect.timezone;
    let device = record.device(&dialect.source)?;
    let reading = record.reading(zone, SpeedUnit::Kmh, quality(record))?;
    let fixed_at = reading.as_ref().and_then(|reading| reading.vendor_at);
    // A broken contact time costs nothing: the fix's own time is contact enough.
    let event_at = record.time(Datum::ContactTime, zone).unwrap_or_default();
    Ok(Observation {
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
    })
}

/// `gps_fix_type`: 0 none, 1 too few satellites, 2 limited, 3 excellent.
fn quality(record: &Record<'_>) -> Option<FixQuality> {
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
    if record
        .text(Datum::DriverId)
        .is_some_and(|id| is_nobody(&id))
    {
        return None;
    }
    let first = record.text(Datum::DriverFirstName);
    match (first, record.text(Datum::DriverLastName)) {
        (Some(first), Some(last)) => Some(Arc::from(format!("{first} {last}"))),
        (first, last) => first.or(last),
    }
}

/// `HIGH` is taken as a panic button pressed.
fn panic(record: &Record<'_>) -> Option<bool> {
    let level = record.text(Datum::Panic)?;
    if level.eq_ignore_ascii_case("HIGH") {
        Some(true)
    } else if level.eq_ignore_ascii_case("LOW") {
        Some(false)
    } else {
        None
    }
}

fn paging(beside: &Json<'_>, page: &mut Page) {
    let number = |path: &[&str]| beside.at(path)?.id()?.parse().ok();
    page.current_page = number(&META_CURRENT_PAGE);
    page.last_page = number(&META_LAST_PAGE);
}
