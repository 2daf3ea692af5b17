//! MyCarTracks' names, as data: change a name here and nowhere else.
//!
//! That a vehicle has `id` and `name`, that an answer holds `websocketUrl`, and the four kinds of
//! events are from the vendor's pages. Every other name is an assumption.

use crate::source::decode::fields::{Datum, Entry, Path, RecordKind, RecordSpec};

/// A row of `GET /vehicles/lastPositions`.
pub static LAST_POSITION: RecordSpec = RecordSpec {
    kind: RecordKind::Position,
    wraps: WRAPS,
    places: PLACES,
    arrays: &[],
    entries: ENTRIES,
};

/// An event of the live stream.
pub static EVENT: RecordSpec = RecordSpec {
    kind: RecordKind::Event,
    wraps: WRAPS,
    places: PLACES,
    arrays: &["data", "payload", "position", "positions"],
    entries: ENTRIES,
};

/// A row of `GET /tracks2`. Its own key is `id`; the vehicle's stands under a vehicle's names only.
pub static TRACK: RecordSpec = RecordSpec {
    kind: RecordKind::Position,
    wraps: &[],
    places: &[],
    arrays: &[],
    entries: &[
        ID,
        Entry::assumed(Datum::WeakId, &[&["id"]]),
        // Epoch milliseconds.
        Entry::assumed(Datum::StartTime, &[&["startTime"]]),
        Entry::assumed(Datum::EndTime, &[&["endTime"]]),
    ],
};

/// A row of `GET /trackpoints/{trackId}`; its `id` is its own.
pub static TRACK_POINT: RecordSpec = RecordSpec {
    kind: RecordKind::Position,
    wraps: &[],
    places: PLACES,
    arrays: &[],
    entries: &[
        LATITUDE, LONGITUDE, SPEED, SPEED_KMH, HEADING, ALTITUDE, ACCURACY, TIME,
    ],
};

/// A row of `GET /vehicles`.
pub static VEHICLE: RecordSpec = RecordSpec {
    kind: RecordKind::Vehicle,
    wraps: &[],
    places: &[],
    arrays: &[],
    entries: &[ID, WEAK_ID, NAME, REGISTRATION, GROUPS],
};

/// Where a stream's answer may keep its members: at the top, or one level down.
pub const SESSION_URL: [Path; 2] = [&["websocketUrl"], &["data", "websocketUrl"]];
/// The end of the session as a time.
pub const SESSION_EXPIRES_AT: [Path; 2] = [&["expiresAt"], &["data", "expiresAt"]];
/// The rest of its life in seconds.
pub const SESSION_EXPIRES_IN: [Path; 2] = [&["expiresIn"], &["data", "expiresIn"]];

const WRAPS: &[&str] = &["data", "payload"];
const PLACES: &[&str] = &["position", "lastPosition", "location", "geometry"];

const ID: Entry = Entry::assumed(
    Datum::Id,
    &[
        &["vehicleId"],
        &["vehicle_id"],
        &["carId"],
        &["vehicle", "id"],
        &["car", "id"],
    ],
);
// An event may have an id of its own, so this is taken only where none of the others exists.
const WEAK_ID: Entry = Entry::doc(Datum::WeakId, &[&["id"]]);
const NAME: Entry = Entry::assumed(
    Datum::Name,
    &[
        &["vehicleName"],
        &["carName"],
        &["name"],
        &["vehicle", "name"],
    ],
);
const REGISTRATION: Entry = Entry::assumed(
    Datum::Registration,
    &[
        &["registration"],
        &["licensePlate"],
        &["plateNumber"],
        &["plate"],
    ],
);
const GROUPS: Entry = Entry::assumed(
    Datum::Groups,
    &[&["groups"], &["groupIds"], &["groupId"], &["tags"]],
);

// Degrees; GeoJSON puts the longitude first.
const LATITUDE: Entry = Entry::assumed(
    Datum::Latitude,
    &[&["latitude"], &["lat"], &["coordinates", "1"]],
);
const LONGITUDE: Entry = Entry::assumed(
    Datum::Longitude,
    &[&["longitude"], &["lng"], &["lon"], &["coordinates", "0"]],
);
// In the source's `speed_unit`, by default km/h; a name's own unit wins.
const SPEED: Entry = Entry::assumed(Datum::Speed, &[&["speed"]]);
const SPEED_KMH: Entry = Entry::assumed(Datum::SpeedKmh, &[&["speedKmh"]]);
// Degrees.
const HEADING: Entry = Entry::assumed(
    Datum::Heading,
    &[&["bearing"], &["heading"], &["course"], &["direction"]],
);
// Metres.
const ALTITUDE: Entry = Entry::assumed(Datum::Altitude, &[&["altitude"], &["alt"]]);
const ACCURACY: Entry = Entry::assumed(Datum::Accuracy, &[&["accuracy"], &["horizontalAccuracy"]]);
// ISO 8601, or epoch milliseconds.
const TIME: Entry = Entry::assumed(
    Datum::Time,
    &[
        &["time"],
        &["timestamp"],
        &["positionTime"],
        &["gpsTime"],
        &["recordedAt"],
        &["lastUpdate"],
        &["updatedAt"],
    ],
);

const ENTRIES: &[Entry] = &[
    Entry::assumed(
        Datum::Kind,
        &[&["type"], &["event"], &["eventType"], &["kind"]],
    ),
    ID,
    WEAK_ID,
    NAME,
    REGISTRATION,
    GROUPS,
    LATITUDE,
    LONGITUDE,
    SPEED,
    SPEED_KMH,
    HEADING,
    ALTITUDE,
    ACCURACY,
    TIME,
    Entry::assumed(Datum::OfflineSince, &[&["offlineSince"], &["lastSeen"]]),
    // Percent.
    Entry::assumed(Datum::Battery, &[&["battery"], &["batteryLevel"]]),
    Entry::assumed(
        Datum::Driver,
        &[&["driverName"], &["driver", "name"], &["userName"]],
    ),
    Entry::assumed(
        Datum::ErrorCode,
        &[&["code"], &["errorCode"], &["error", "code"]],
    ),
    Entry::assumed(
        Datum::ErrorMessage,
        &[
            &["message"],
            &["error", "message"],
            &["error_description"],
            &["error"],
        ],
    ),
];
