//! The live socket: events until the session expires, the client leaves, or a fault strikes.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::SinkExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout};

use super::event::{self, Delivery};
use super::stream::Ticket;
use crate::sim::Vendor;
use crate::sim::faults::Fault;
use crate::sim::state::Sim;
use crate::sim::wire::Link;

/// A client that takes nothing for so long is given up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// `GET` of a session's URL.
pub(super) async fn open(
    State(sim): State<Arc<Sim>>,
    ConnectInfo(link): ConnectInfo<Link>,
    Query(params): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if sim.has(Vendor::MyCarTracks, Fault::HandshakeRefused) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let secret = params.get("session").map_or("", String::as_str);
    match sim.mycartracks.streams.redeem(secret, Instant::now()) {
        None => StatusCode::UNAUTHORIZED.into_response(),
        Some(ticket) => upgrade.on_upgrade(move |socket| async move {
            let _counted = Counted::new(&sim.mycartracks.streams.open);
            // However the session ends, the client learns of it by the socket.
            let _ = serve(&sim, &link, ticket, socket).await;
        }),
    }
}

/// Counts itself among the open sockets for as long as it lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The session is over; the socket is gone or going.
struct Over;

async fn serve(sim: &Sim, link: &Link, ticket: Ticket, mut socket: WebSocket) -> Result<(), Over> {
    let streams = &sim.mycartracks.streams;
    let mut feed = streams.subscribe();
    let mut faults = sim.faults.watch();
    let mut drops = streams.watch_drops();
    let beat = sim.settings.heartbeat;
    let mut beats = tokio::time::interval_at(Instant::now() + beat, beat);
    loop {
        tokio::select! {
            () = sim.shutdown.cancelled() => return cut(link),
            _ = drops.changed() => return cut(link),
            _ = faults.changed() => strike(sim, link)?,
            () = tokio::time::sleep_until(ticket.expires) => return expire(&mut socket).await,
            _ = beats.tick() => {
                let frame = event::heartbeat(sim.at(sim.elapsed_ms()));
                send(&mut socket, [frame]).await?;
            }
            batch = feed.recv() => match batch {
                Ok(batch) => send(&mut socket, selected(&batch, &ticket)).await?,
                // Too slow a reader loses events, as with any push service.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Err(Over),
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over),
                Some(Ok(_)) => {}
            },
        }
    }
}

fn selected<'a>(batch: &'a [Delivery], ticket: &'a Ticket) -> impl Iterator<Item = Message> + 'a {
    let covers = |delivery: &&Delivery| {
        delivery
            .card
            .as_ref()
            .is_none_or(|card| ticket.selection.covers(card))
    };
    batch
        .iter()
        .filter(covers)
        .map(|delivery| delivery.frame.clone())
}

/// Sends frames in one go.
async fn send(
    socket: &mut WebSocket,
    frames: impl IntoIterator<Item = Message>,
) -> Result<(), Over> {
    let all = async {
        for frame in frames {
            socket.feed(frame).await?;
        }
        socket.flush().await
    };
    match timeout(WRITE_TIMEOUT, all).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Over),
    }
}

/// What a fault does to an open socket.
fn strike(sim: &Sim, link: &Link) -> Result<(), Over> {
    if sim.has(Vendor::MyCarTracks, Fault::Cut) {
        return cut(link);
    }
    if sim.has(Vendor::MyCarTracks, Fault::HalfOpen) {
        link.mute();
    }
    Ok(())
}

fn cut(link: &Link) -> Result<(), Over> {
    link.reset();
    Err(Over)
}

async fn expire(socket: &mut WebSocket) -> Result<(), Over> {
    let farewell = CloseFrame {
        code: 1000,
        reason: "session expired".into(),
    };
    send(socket, [event::expired(), Message::Close(Some(farewell))]).await
}
