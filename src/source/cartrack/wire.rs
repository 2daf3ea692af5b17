//! Cartrack's names, as data: change a name here and nowhere else.
//!
//! All of it is from the vendor's pages or from live payloads, but for the panic button.

use crate::source::decode::fields::{Datum, Entry, RecordKind, RecordSpec};

/// A row of `GET /vehicles/status`.
///
/// `road_speed` is the road's speed limit and is not read; nor are `clock`, `io_disarm`,
/// `input_state` and `central_locking_status`.
pub static STATUS: RecordSpec = RecordSpec {
    kind: RecordKind::Position,
    wraps: &[],
    places: &[],
    arrays: &[],
    entries: &[
        // An integer; a string is accepted.
        Entry::doc(Datum::Id, &[&["vehicle_id"]]),
        // Names are in the metadata; a status row has none but the plate.
        Entry::seen(Datum::Name, &[&["registration"]]),
        Entry::seen(Datum::Registration, &[&["registration"]]),
        // Degrees, null before the first fix.
        Entry::seen(Datum::Latitude, &[&["location", "latitude"]]),
        Entry::seen(Datum::Longitude, &[&["location", "longitude"]]),
        // 0 none, 1 too few satellites, 2 limited, 3 excellent.
        Entry::doc(Datum::FixType, &[&["location", "gps_fix_type"]]),
        // `YYYY-MM-DD HH:MM:SS+HH`, which is not RFC 3339.
        Entry::seen(Datum::Time, &[&["location", "updated"], &["event_ts"]]),
        Entry::seen(Datum::ContactTime, &[&["event_ts"]]),
        // km/h.
        Entry::doc(Datum::Speed, &[&["speed"]]),
        // Degrees; metres.
        Entry::doc(Datum::Heading, &[&["bearing"]]),
        Entry::doc(Datum::Altitude, &[&["altitude"]]),
        Entry::seen(Datum::Ignition, &[&["ignition"]]),
        // Metres: `odometer_in_km=true` is never asked for.
        Entry::doc(Datum::Odometer, &[&["odometer"]]),
        // The tracker's own battery, percent.
        Entry::seen(
            Datum::Battery,
            &[&["tcu_percentage"], &["tcu_battery_percentage"]],
        ),
        // Litres.
        Entry::seen(Datum::Fuel, &[&["fuel", "level"]]),
        // All null when nobody is identified.
        Entry::seen(Datum::DriverId, &[&["driver", "driver_id"]]),
        Entry::seen(Datum::DriverFirstName, &[&["driver", "first_name"]]),
        Entry::seen(Datum::DriverLastName, &[&["driver", "last_name"]]),
        // The operator may point at one; the vendor has none in one piece.
        Entry::seen(Datum::Driver, &[]),
        Entry::seen(Datum::Address, &[&["location", "position_description"]]),
        Entry::assumed(Datum::Panic, &[&["io_panic"]]),
    ],
};

/// A row of `GET /vehicles/events`: flat. Of the two times only that of the event counts.
pub static EVENT: RecordSpec = RecordSpec {
    kind: RecordKind::Position,
    wraps: &[],
    places: &[],
    arrays: &[],
    entries: &[
        Entry::doc(Datum::Id, &[&["vehicle_id"]]),
        Entry::doc(Datum::Latitude, &[&["latitude"]]),
        Entry::doc(Datum::Longitude, &[&["longitude"]]),
        Entry::doc(Datum::FixType, &[&["gps_fix_type"]]),
        Entry::doc(Datum::Time, &[&["event_ts"]]),
        // km/h; may be a string.
        Entry::doc(Datum::Speed, &[&["speed"]]),
        Entry::doc(Datum::Heading, &[&["bearing"]]),
        Entry::doc(Datum::Altitude, &[&["altitude"]]),
    ],
};

/// A row of `GET /vehicles`.
pub static VEHICLE: RecordSpec = RecordSpec {
    kind: RecordKind::Vehicle,
    wraps: &[],
    places: &[],
    arrays: &[],
    entries: &[
        Entry::seen(Datum::Id, &[&["vehicle_id"]]),
        Entry::seen(
            Datum::Name,
            &[
                &["vehicle_name"],
                &["client_vehicle_description"],
                &["registration"],
            ],
        ),
        Entry::seen(Datum::Registration, &[&["registration"]]),
    ],
};

/// `meta` of a paged list: the page's number, from 1, and that of the last.
pub const META_CURRENT_PAGE: [&str; 2] = ["meta", "current_page"];
/// The number of the last page.
pub const META_LAST_PAGE: [&str; 2] = ["meta", "last_page"];
