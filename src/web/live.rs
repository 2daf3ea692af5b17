//! The upgrade to the live protocol.

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use futures_util::StreamExt;
use serde::Deserialize;

use super::Web;
use super::error::ApiError;
use crate::live::frame::JSON_PROTOCOL;
use crate::live::session;

/// No message of a viewer is needed, so none may be large.
const MAX_MESSAGE_BYTES: usize = 16 << 10;
/// Reading costs this much memory per viewer; the default of 128 KiB is zeroed at each poll.
const READ_BUFFER_BYTES: usize = 2 << 10;

/// Where a viewer says it stopped. Anything malformed is as if it were not there.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ResumeQuery {
    epoch: Option<String>,
    seq: Option<String>,
}

/// `GET /api/v1/live`.
pub async fn live(
    State(web): State<Web>,
    query: Result<Query<ResumeQuery>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|_rejection| ApiError::upgrade_required())?;
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let seq = query.seq.and_then(|seq| seq.parse().ok());
    let resume = query.epoch.zip(seq);
    Ok(upgrade
        .protocols([JSON_PROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        // Whole frames are written at once; a second buffer would only copy them.
        .write_buffer_size(0)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(move |socket| {
            let sessions = web.sessions.clone();
            sessions.track_future(async move {
                let viewers = metrics::gauge!("fleetglass_viewers");
                viewers.increment(1.0);
                let ended = session::run(
                    socket.split(),
                    &web.hub,
                    resume,
                    web.session,
                    web.clock,
                    web.shutdown,
                )
                .await;
                viewers.decrement(1.0);
                let reason = ended.as_label();
                metrics::counter!("fleetglass_sessions_ended_total", "reason" => reason)
                    .increment(1);
            })
        }))
}
