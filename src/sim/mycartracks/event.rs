//! The stream's events as the contract writes them.

use std::sync::Arc;

use axum::extract::ws::Message;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::Vendor;
use crate::sim::faults::Fault;
use crate::sim::state::Sim;
use crate::sim::world::Told;
use crate::sim::world::device::{Card, News};

use super::variants;

/// A frame, and whom it is about; `None` is for everyone.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) card: Option<Arc<Card>>,
    pub(super) frame: Message,
}

/// The frame for a piece of news. `turn` counts the frames, so that variants take turns.
pub(super) fn delivery(sim: &Sim, told: &Told, turn: u64) -> Delivery {
    let frame = if sim.has(Vendor::MyCarTracks, Fault::Variants) {
        variants::frame(sim, told, turn)
    } else {
        Message::text(plain(sim, told).to_string())
    };
    Delivery {
        card: Some(Arc::clone(&told.card)),
        frame,
    }
}

/// The event for a piece of news, in the contract's own form.
pub(super) fn plain(sim: &Sim, told: &Told) -> Value {
    match &told.news {
        News::Report(report, _) => json!({
            "type": "position",
            "vehicleId": number(&told.card),
            "latitude": report.lat_deg,
            "longitude": report.lng_deg,
            "speed": kmh(report.speed_mps),
            "bearing": tenth(report.heading_deg),
            "accuracy": tenth(report.accuracy_m),
            "time": sim.device_at(&told.card, report.fixed_ms).to_string(),
        }),
        News::Offline(seen_ms) => json!({
            "type": "offline",
            "vehicleId": number(&told.card),
            "lastSeen": sim.device_at(&told.card, *seen_ms).to_string(),
        }),
    }
}

/// A sign of life.
pub(super) fn heartbeat(at: Timestamp) -> Message {
    Message::text(json!({ "type": "heartbeat", "time": at.to_string() }).to_string())
}

/// The session is at its end.
pub(super) fn expired() -> Message {
    let words = "the stream session has expired, create a new one";
    let event = json!({ "type": "error", "code": "SESSION_EXPIRED", "message": words });
    Message::text(event.to_string())
}

/// The vendor's key as the number that it is.
pub(super) fn number(card: &Card) -> u64 {
    card.id.parse().unwrap_or(0)
}

/// Kilometres per hour with one decimal.
pub(super) fn kmh(mps: f64) -> f64 {
    tenth(mps * 3.6)
}

/// One decimal.
pub(super) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
