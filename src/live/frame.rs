//! The browser's view of the fleet as JSON: the only serialisable types of it.
//!
//! Absent means unknown: nothing is null and nothing is a sentinel. `docs/protocol.md` describes
//! these shapes, and a test holds the two together. The derived schemas are those of the OpenAPI
//! description.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::cells::Told;
use super::words;
use crate::domain::{Fact, Mode, Position, Vehicle, VehicleId};
use crate::fleet::SourceStatus;

/// Name of the JSON subprotocol, also spoken when a viewer asks for none.
pub const JSON_PROTOCOL: &str = "fleetglass.v1.json";

/// A time on the wire: RFC 3339, UTC, `Z`, to the millisecond where it has any.
#[derive(Clone, Copy, Debug)]
pub struct Stamp(pub Timestamp);

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_millisecond() == 0 {
            serializer.collect_str(&format_args!("{:.0}", self.0))
        } else {
            serializer.collect_str(&format_args!("{:.3}", self.0))
        }
    }
}

/// One message to a viewer.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub enum Frame<'a> {
    /// The first frame of every connection.
    Hello {
        protocol: u32,
        server: &'a str,
        version: &'a str,
        build: &'a str,
        epoch: &'a str,
        seq: u64,
        resumed: bool,
        heartbeat_ms: u64,
        at: Stamp,
    },
    /// Everything, as of `seq`.
    Snapshot {
        epoch: &'a str,
        seq: u64,
        at: Stamp,
        vehicles: Vec<&'a RawValue>,
        sources: Vec<&'a RawValue>,
    },
    /// What differs from `seq - 1`; whole objects.
    Changes {
        seq: u64,
        at: Stamp,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        vehicles: Vec<&'a RawValue>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        removed: Vec<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        sources: Vec<&'a RawValue>,
    },
    /// The sources, for the binary protocol, where they stand beside the fleet.
    Sources {
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        all: bool,
        base: u64,
        seq: u64,
        at: Stamp,
        sources: Vec<&'a RawValue>,
    },
    /// How many vehicles are in the cells of a large fleet, for the binary protocol.
    Cells {
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        all: bool,
        base: u64,
        seq: u64,
        at: Stamp,
        /// All there are, those that are in no cell too.
        vehicles: usize,
        z: u8,
        cells: &'a [Told],
    },
    /// What a viewer of the binary protocol gets from now on.
    View {
        at: Stamp,
        whole: bool,
        tiles: Vec<[u16; 3]>,
    },
    /// Nothing else was sent for a while.
    Heartbeat { seq: u64, at: Stamp },
}

/// A vehicle as viewers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Vehicle)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct VehicleFrame<'a> {
    #[schema(example = "reg:ABC123GP")]
    pub id: &'a str,
    #[schema(example = "Truck 7")]
    pub name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub groups: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub flags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<PositionFrame<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn: Option<PlaceFrame>,
    pub motion: MotionFrame,
    pub freshness: FreshnessFrame,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignition: Option<SwitchFrame<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub odometer_m: Option<NumberFrame<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<WordsFrame<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<WordsFrame<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_pct: Option<NumberFrame<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel_l: Option<NumberFrame<'a>>,
    pub devices: Vec<DeviceFrame<'a>>,
}

/// Where a vehicle is. Degrees (WGS 84), metres, metres per second.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Position)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct PositionFrame<'a> {
    pub lat_deg: f64,
    pub lng_deg: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading_deg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    #[schema(value_type = String, format = DateTime)]
    pub fixed_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Stamp,
    pub source: &'a str,
    pub device: &'a str,
}

/// A place in degrees (WGS 84).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Place)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct PlaceFrame {
    pub lat_deg: f64,
    pub lng_deg: f64,
}

/// What a vehicle is doing, and since when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Motion)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct MotionFrame {
    #[schema(example = "moving")]
    pub state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub since: Stamp,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub since_at_least: bool,
}

/// How far its position may be trusted, and since when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Freshness)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct FreshnessFrame {
    #[schema(example = "live")]
    pub state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub since: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_for_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_the_move: Option<bool>,
}

macro_rules! fact_frame {
    ($name:ident, $value:ty, $schema:ident) => {
        /// A fact with its time and its source.
        #[derive(Debug, Serialize, ToSchema)]
        #[schema(as = $schema)]
        #[expect(missing_docs, reason = "docs/protocol.md describes each member")]
        pub struct $name<'a> {
            pub value: $value,
            #[schema(value_type = String, format = DateTime)]
            pub at: Stamp,
            pub source: &'a str,
        }
    };
}

fact_frame!(SwitchFrame, bool, SwitchFact);
fact_frame!(NumberFrame, f64, NumberFact);
fact_frame!(WordsFrame, &'a str, WordsFact);

/// One device of a vehicle, what became of its last fix, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct DeviceFrame<'a> {
    pub source: &'a str,
    pub device: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub fixed_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_deg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lng_deg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading_deg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    pub reason: &'a str,
}

/// A source as viewers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct SourceFrame<'a> {
    pub id: &'a str,
    #[schema(example = "cartrack")]
    pub kind: &'a str,
    #[schema(example = "up")]
    pub health: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub since: Stamp,
    #[schema(example = "poll")]
    pub mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_error_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Stamp>,
    pub sandbox: bool,
    pub vehicles: usize,
}

/// A frame, or a part of one, as text.
///
/// Our own types have no failing case (no map with odd keys, no failing `Serialize`), so an error
/// could only mean a defect; it is logged and the text left empty, rather than taking the
/// process and with it every screen down.
pub fn encode(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "a frame could not be encoded; this is a defect of ours");
        String::new()
    })
}

/// One object, encoded once and shared by every frame that holds it.
pub fn fragment(value: &impl Serialize) -> Arc<RawValue> {
    let raw = serde_json::value::to_raw_value(value).unwrap_or_else(|error| {
        tracing::error!(%error, "an object could not be encoded; this is a defect of ours");
        RawValue::NULL.to_owned()
    });
    raw.into()
}

/// A vehicle as viewers see it.
pub fn vehicle(vehicle: &Vehicle) -> VehicleFrame<'_> {
    let expectation = vehicle.expectation.as_ref();
    VehicleFrame {
        id: vehicle.id.as_str(),
        name: &vehicle.name,
        registration: vehicle.registration.as_deref(),
        groups: vehicle.groups.iter().map(|group| &**group).collect(),
        flags: vehicle.flags.iter().copied().map(words::flag).collect(),
        position: vehicle.position.as_ref().map(position),
        drawn: vehicle.drawn_lat_lng_deg.map(place),
        motion: MotionFrame {
            state: words::motion(vehicle.motion.state),
            since: Stamp(vehicle.motion.since),
            since_at_least: vehicle.motion.since_at_least,
        },
        freshness: FreshnessFrame {
            state: words::freshness(vehicle.freshness.state),
            since: Stamp(vehicle.freshness.since),
            expected_s: expectation.map(|it| it.expected.as_secs()),
            live_for_s: expectation.map(|it| it.live_for.as_secs()),
            on_the_move: expectation.map(|it| it.on_the_move),
        },
        ignition: switch(vehicle.ignition.as_ref()),
        odometer_m: number(vehicle.odometer_m.as_ref()),
        driver: text(vehicle.driver.as_ref()),
        address: text(vehicle.address.as_ref()),
        battery_pct: number(vehicle.battery_pct.as_ref()),
        fuel_l: number(vehicle.fuel_l.as_ref()),
        devices: vehicle.devices.iter().map(device).collect(),
    }
}

/// A source as viewers see it.
pub fn source(status: &SourceStatus) -> SourceFrame<'_> {
    let last_error = status.last_error.as_ref();
    SourceFrame {
        id: status.id.as_str(),
        kind: status.kind,
        health: words::health(status.health),
        since: Stamp(status.since),
        mode: match status.mode {
            Mode::Stream => "stream",
            Mode::Poll => "poll",
        },
        last_success_at: status.last_success_at.map(Stamp),
        last_error: last_error.map(|(words, _)| words.as_str()),
        last_error_at: last_error.map(|(_, at)| Stamp(*at)),
        until: status.until.map(Stamp),
        sandbox: status.sandbox,
        vehicles: status.vehicles,
    }
}

/// Ids as a `removed` member.
pub fn ids(removed: &[VehicleId]) -> Vec<&str> {
    removed.iter().map(VehicleId::as_str).collect()
}

fn position(position: &Position) -> PositionFrame<'_> {
    PositionFrame {
        lat_deg: rounded(position.lat_deg, 1e7),
        lng_deg: rounded(position.lng_deg, 1e7),
        heading_deg: position.heading_deg.map(|deg| rounded(deg, 10.0) % 360.0),
        speed_mps: position.speed_mps.map(|mps| rounded(mps, 1e3)),
        altitude_m: position.altitude_m.map(|m| rounded(m, 10.0)),
        accuracy_m: position.accuracy_m.map(|m| rounded(m, 10.0)),
        fixed_at: Stamp(position.fixed_at),
        received_at: Stamp(position.received_at),
        source: position.device.source.as_str(),
        device: &position.device.device,
    }
}

fn place((lat_deg, lng_deg): (f64, f64)) -> PlaceFrame {
    PlaceFrame {
        lat_deg: rounded(lat_deg, 1e7),
        lng_deg: rounded(lng_deg, 1e7),
    }
}

fn device(view: &crate::domain::DeviceView) -> DeviceFrame<'_> {
    DeviceFrame {
        source: view.device.source.as_str(),
        device: &view.device.device,
        fixed_at: view.fixed_at.map(Stamp),
        received_at: view.received_at.map(Stamp),
        lat_deg: view.lat_lng_deg.map(|(lat_deg, _)| rounded(lat_deg, 1e7)),
        lng_deg: view.lat_lng_deg.map(|(_, lng_deg)| rounded(lng_deg, 1e7)),
        speed_mps: view.speed_mps.map(|mps| rounded(mps, 1e3)),
        heading_deg: view.heading_deg.map(|deg| rounded(deg, 10.0) % 360.0),
        expected_s: view.expected.map(|expected| expected.as_secs()),
        verdict: view.verdict.map(words::verdict),
        reason: &view.reason,
    }
}

fn switch(held: Option<&Fact<bool>>) -> Option<SwitchFrame<'_>> {
    held.map(|held| SwitchFrame {
        value: held.value,
        at: Stamp(held.at),
        source: held.source.as_str(),
    })
}

fn number(held: Option<&Fact<f64>>) -> Option<NumberFrame<'_>> {
    held.map(|held| NumberFrame {
        value: rounded(held.value, 10.0),
        at: Stamp(held.at),
        source: held.source.as_str(),
    })
}

fn text(held: Option<&Fact<Arc<str>>>) -> Option<WordsFrame<'_>> {
    held.map(|held| WordsFrame {
        value: &held.value,
        at: Stamp(held.at),
        source: held.source.as_str(),
    })
}

/// `value` to one part in `parts`: what a tracker means, without the noise of a division.
fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_a_z_and_no_idle_digits() {
        let cases = [
            ("2026-08-05T14:20:07+02", "\"2026-08-05T12:20:07Z\""),
            ("2026-08-05T12:20:09.12Z", "\"2026-08-05T12:20:09.120Z\""),
            ("2026-08-05T12:20:09.000000250Z", "\"2026-08-05T12:20:09Z\""),
        ];
        for (text, expected) in cases {
            assert_eq!(encode(&Stamp(text.parse().unwrap())), expected);
        }
    }

    #[test]
    fn absent_members_are_absent() {
        let frame = Frame::Changes {
            seq: 7,
            at: Stamp(Timestamp::UNIX_EPOCH),
            vehicles: Vec::new(),
            removed: vec!["a/1"],
            sources: Vec::new(),
        };
        let expected =
            r#"{"type":"changes","seq":7,"at":"1970-01-01T00:00:00Z","removed":["a/1"]}"#;
        assert_eq!(encode(&frame), expected);
    }
}
