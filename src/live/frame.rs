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

mod alarm;
mod vehicle;

use super::cells::Told;
use super::words;
use crate::domain::{Mode, VehicleId};
use crate::fleet::SourceStatus;

pub use self::alarm::{AlarmDetailFrame, AlarmFrame, AlarmPositionFrame, NamedFrame, alarm};
pub use self::vehicle::{
    DeviceFrame, FreshnessFrame, MotionFrame, PlaceFrame, PositionFrame, VehicleFrame, vehicle,
};

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
        #[serde(skip_serializing_if = "Vec::is_empty")]
        alarms: Vec<&'a RawValue>,
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
        #[serde(skip_serializing_if = "Vec::is_empty")]
        alarms: Vec<&'a RawValue>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        alarms_closed: Vec<String>,
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
    /// The open alarms, for the binary protocol, where they stand beside the fleet.
    Alarms {
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        all: bool,
        base: u64,
        seq: u64,
        at: Stamp,
        alarms: Vec<&'a RawValue>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        closed: Vec<String>,
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

/// Ids as an `alarms_closed` member.
pub fn alarm_ids(closed: &[u64]) -> Vec<String> {
    closed.iter().map(u64::to_string).collect()
}

/// Ids as a `removed` member.
pub fn ids(removed: &[VehicleId]) -> Vec<&str> {
    removed.iter().map(VehicleId::as_str).collect()
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
            alarms: Vec::new(),
            alarms_closed: Vec::new(),
        };
        let expected =
            r#"{"type":"changes","seq":7,"at":"1970-01-01T00:00:00Z","removed":["a/1"]}"#;
        assert_eq!(encode(&frame), expected);
    }
}
