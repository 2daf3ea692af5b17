//! Events in every form that the contract tolerates, and events that nobody can understand.

use axum::extract::ws::Message;
use serde_json::json;

use super::event::{self, Delivery};
use crate::sim::state::Sim;
use crate::sim::world::Told;

/// The frame for a piece of news, in the form whose turn it is.
pub(super) fn frame(sim: &Sim, told: &Told, _turn: u64) -> Message {
    Message::text(event::plain(sim, told).to_string())
}

/// A frame that means nothing, or nothing good.
pub(super) fn garbage(_sim: &Sim, _told: &Told, _turn: u64) -> Delivery {
    Delivery {
        card: None,
        frame: Message::text(json!({}).to_string()),
    }
}
