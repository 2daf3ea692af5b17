//! EZToTrack's names, as data: change a name here and nowhere else.
//!
//! `id`, `name` and the members of `location` are from the vendor's pages, the latter from an
//! announced webhook; every other name is an assumption.

use crate::source::decode::fields::{Datum, Entry, RecordKind, RecordSpec};

/// A row of `GET /fleet/vehicles/locations`.
pub static LOCATION: RecordSpec = RecordSpec {
    kind: RecordKind::Position,
    wraps: &[],
    places: &[
        "location",
        "lastLocation",
        "lastKnownLocation",
        "gps",
        "position",
    ],
    arrays: &[],
    entries: &[
        Entry::assumed(Datum::Id, &[&["vehicleId"], &["id"], &["vehicle", "id"]]),
        Entry::assumed(
            Datum::Name,
            &[&["name"], &["vehicleName"], &["vehicle", "name"]],
        ),
        Entry::assumed(Datum::Registration, REGISTRATION),
        Entry::assumed(Datum::Groups, GROUPS),
        // Degrees.
        Entry::doc(Datum::Latitude, &[&["latitude"], &["lat"]]),
        Entry::doc(Datum::Longitude, &[&["longitude"], &["lng"], &["lon"]]),
        // Degrees.
        Entry::doc(
            Datum::Heading,
            &[&["heading"], &["headingDegrees"], &["bearing"], &["course"]],
        ),
        // In the source's `speed_unit`, by default mph; a name's own unit wins.
        Entry::assumed(Datum::Speed, &[&["speed"]]),
        Entry::assumed(Datum::SpeedMph, &[&["speedMph"]]),
        Entry::assumed(Datum::SpeedKmh, &[&["speedKph"], &["speedKmh"]]),
        // Metres.
        Entry::assumed(Datum::Altitude, &[&["altitude"], &["altitudeMeters"]]),
        Entry::assumed(Datum::Accuracy, &[&["accuracy"], &["accuracyMeters"]]),
        // ISO 8601, UTC.
        Entry::doc(
            Datum::Time,
            &[
                &["time"],
                &["timestamp"],
                &["utcTimestamp"],
                &["recordedAt"],
                &["happenedAtTime"],
            ],
        ),
        Entry::assumed(
            Datum::Address,
            &[
                &["address"],
                &["formattedAddress"],
                &["reverseGeo", "formattedLocation"],
            ],
        ),
        Entry::assumed(Datum::Ignition, &[&["ignition"], &["engineOn"]]),
        // On, Off, Idle.
        Entry::assumed(Datum::EngineState, &[&["engineState"]]),
        // Without a unit in its name it is assumed to be in metres.
        Entry::assumed(Datum::Odometer, &[&["odometerMeters"], &["odometer"]]),
        Entry::assumed(
            Datum::OdometerKm,
            &[&["odometerKm"], &["odometerKilometers"]],
        ),
        Entry::assumed(Datum::OdometerMiles, &[&["odometerMiles"], &["odometerMi"]]),
        Entry::assumed(
            Datum::Driver,
            &[
                &["driver", "name"],
                &["currentDriver", "name"],
                &["currentDriver"],
                &["driverName"],
                &["driver"],
            ],
        ),
        // Percent; litres.
        Entry::assumed(Datum::Battery, &[&["batteryPercent"], &["batteryLevel"]]),
        Entry::assumed(Datum::Fuel, &[&["fuelLiters"], &["fuelLitres"]]),
    ],
};

/// A row of `GET /fleet/vehicles`.
///
/// Its `driver` is not read: metadata is read hourly, and the location's driver is assumed to be
/// the one that counts.
pub static VEHICLE: RecordSpec = RecordSpec {
    kind: RecordKind::Vehicle,
    wraps: &[],
    places: &[],
    arrays: &[],
    entries: &[
        Entry::doc(Datum::Id, &[&["id"], &["vehicleId"], &["vehicle", "id"]]),
        Entry::doc(
            Datum::Name,
            &[&["name"], &["vehicleName"], &["vehicle", "name"]],
        ),
        Entry::assumed(Datum::Registration, REGISTRATION),
        Entry::assumed(Datum::Groups, GROUPS),
    ],
};

const REGISTRATION: &[&[&str]] = &[
    &["licensePlate"],
    &["plateNumber"],
    &["registration"],
    &["vehicle", "licensePlate"],
    &["vehicle", "plateNumber"],
];
const GROUPS: &[&[&str]] = &[&["tags"], &["groups"]];

/// The opaque cursor of the next page.
pub const END_CURSOR: [&str; 2] = ["pagination", "endCursor"];
/// Whether there is a next page.
pub const HAS_NEXT_PAGE: [&str; 2] = ["pagination", "hasNextPage"];
