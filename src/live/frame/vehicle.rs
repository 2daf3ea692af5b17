//! A vehicle as JSON: its shape, and how it is made of what the fleet knows.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Stamp, words};
use crate::domain::{DeviceView, Fact, Position, Vehicle};

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

fn device(view: &DeviceView) -> DeviceFrame<'_> {
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
