//! The memory against a plain model of itself, over restarts, crashes and midnights; and what
//! must never be: a torn store, a lost acknowledgement, a trace of what was erased.

mod crash;
mod faults;
mod forget;
mod law;
mod law_groups;
mod law_holder;
mod law_outage;
mod served;

use std::path::Path;
use std::sync::Arc;

use fleetglass::domain::{
    DeviceKey, DeviceView, FreshnessState, MotionState, Position, Reading, SourceId, Vehicle,
    VehicleId,
};
use fleetglass::fleet::memory::Remembered;
use fleetglass::fleet::{Changes, Fix};
use fleetglass::history::{History, HistoryError, HistorySettings};
use jiff::{SignedDuration, Timestamp};

/// 2026-08-05, a quarter to midnight UTC.
const START_S: i64 = 1_785_973_500;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START_S + seconds).expect("a time")
}

fn ms(millis: i64) -> SignedDuration {
    SignedDuration::from_millis(millis)
}

fn key(device: &str) -> DeviceKey {
    DeviceKey::new(SourceId::new("a"), device)
}

fn settings(dir: &Path) -> HistorySettings {
    HistorySettings {
        dir: Some(dir.to_owned()),
        ..HistorySettings::default()
    }
}

fn open(dir: &Path, now: Timestamp) -> History {
    try_open(dir, now).expect("a store")
}

fn try_open(dir: &Path, now: Timestamp) -> Result<History, HistoryError> {
    History::open(settings(dir), now).map(|(history, _)| history)
}

/// A fix on the grid of what a store keeps, so that it comes back equal.
fn fix(lat_e7: i32, lng_e7: i32, fixed_at: Timestamp, received_at: Timestamp) -> Fix {
    let reading = Reading {
        speed_mps: Some(12.34),
        heading_deg: Some(0.0),
        ..Reading::at(f64::from(lat_e7) / 1e7, f64::from(lng_e7) / 1e7)
    };
    Fix {
        reading,
        fixed_at,
        received_at,
        clock_ahead: false,
        no_fix_time: false,
        backfill: false,
    }
}

fn position(device: &DeviceKey, fix: &Fix) -> Position {
    let reading = &fix.reading;
    Position {
        lat_deg: reading.lat_deg,
        lng_deg: reading.lng_deg,
        heading_deg: reading.heading_deg,
        speed_mps: reading.speed_mps,
        altitude_m: reading.altitude_m,
        accuracy_m: reading.accuracy_m,
        fixed_at: fix.fixed_at,
        received_at: fix.received_at,
        device: device.clone(),
    }
}

/// A vehicle with one device, which says `fix`.
fn vehicle(id: &str, device: &DeviceKey, fix: &Fix) -> Vehicle {
    let mut vehicle = Vehicle::new(VehicleId::new(id), format!("Truck {id}"), at(0));
    vehicle.motion.state = MotionState::Moving;
    vehicle.freshness.state = FreshnessState::Live;
    vehicle.position = Some(position(device, fix));
    vehicle.devices = vec![DeviceView::unknown(device.clone())];
    vehicle
}

/// What `vehicle` says of itself once it is remembered: no facts.
fn as_remembered(vehicle: &Vehicle) -> Vehicle {
    vehicle.clone()
}

/// The changes that show `vehicles` and bring `fixes`.
fn changes(vehicles: Vec<Vehicle>, fixes: Vec<(DeviceKey, Fix)>) -> Changes {
    Changes {
        vehicles: vehicles.into_iter().map(Arc::new).collect(),
        fixes,
        ..Changes::default()
    }
}

/// What the fleet has a store keep of a device whose newest fix is `fix`.
fn remembered(device: &DeviceKey, fix: &Fix) -> Remembered {
    Remembered {
        fix: Some(fix.clone()),
        ..Remembered::nothing_of(device.clone())
    }
}

/// A vehicle that drives north for some seconds, one fix a second, from second `from` on.
fn drive(history: &History, id: &str, from: i64, seconds: i64) {
    let device = key(id);
    for second in from..from + seconds {
        let lat_e7 = i32::try_from(-262_000_000 + 1_000 * second).expect("on Earth");
        let fix = fix(lat_e7, 281_234_567, at(second), at(second));
        let shown = vehicle(id, &device, &fix);
        let mut news = changes(vec![shown], vec![(device.clone(), fix.clone())]);
        news.remembered = vec![remembered(&device, &fix)];
        history.record(&mut news, at(second) + ms(250));
    }
}
