//! Stream sessions: made by a POST, used once, and fed from one channel.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::event::{Delivery, delivery};
use super::{error, variants};
use crate::sim::faults::Fault;
use crate::sim::gate::status;
use crate::sim::state::Sim;
use crate::sim::world::Told;
use crate::sim::world::city::CITIES;
use crate::sim::world::device::Card;
use crate::sim::{Vendor, lock, secret};

/// Ticks that a slow reader may lag before it loses events; at ten a second, 25 s.
const BACKLOG_TICKS: usize = 256;
/// Sessions made and not yet opened: more are refused.
const MAX_TICKETS: usize = 1_000;

/// The sessions, and what feeds them.
pub(in crate::sim) struct Streams {
    tickets: Mutex<HashMap<String, Ticket>>,
    /// A batch for each tick, written once for all sessions.
    feed: broadcast::Sender<Arc<Vec<Delivery>>>,
    /// Counts the times that all open sockets were dropped by hand.
    drops: watch::Sender<u64>,
    turns: AtomicU64,
    pub(super) open: AtomicUsize,
}

// The tickets are kept by their secrets, so they are left out.
impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Streams");
        shown.field("open", &self.open).finish_non_exhaustive()
    }
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            tickets: Mutex::default(),
            feed: broadcast::Sender::new(BACKLOG_TICKS),
            drops: watch::Sender::new(0),
            turns: AtomicU64::new(0),
            open: AtomicUsize::new(0),
        }
    }
}

/// A session that was made and not yet opened.
pub(super) struct Ticket {
    /// Until when its URL may be used.
    usable_until: Instant,
    /// The end of the session.
    pub(super) expires: Instant,
    /// What it is about.
    pub(super) selection: Selection,
}

impl Streams {
    /// Resets every open socket, once.
    pub(in crate::sim) fn drop_all(&self) {
        self.drops.send_modify(|count| *count += 1);
    }

    /// How many sockets are open.
    pub(in crate::sim) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Vec<Delivery>>> {
        self.feed.subscribe()
    }

    pub(super) fn watch_drops(&self) -> watch::Receiver<u64> {
        self.drops.subscribe()
    }

    /// Takes the session out of `secret`'s URL: it can be opened once.
    pub(super) fn redeem(&self, secret: &str, now: Instant) -> Option<Ticket> {
        let ticket = lock(&self.tickets).remove(secret)?;
        Some(ticket).filter(|ticket| now < ticket.usable_until)
    }

    fn admit(&self, ticket: Ticket, now: Instant) -> Option<String> {
        let mut tickets = lock(&self.tickets);
        tickets.retain(|_, ticket| now < ticket.usable_until);
        if MAX_TICKETS <= tickets.len() {
            return None;
        }
        let secret = secret();
        tickets.insert(secret.clone(), ticket);
        Some(secret)
    }

    fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }
}

/// Tells the open sessions what the vendor has learnt.
pub(in crate::sim) fn publish(sim: &Sim, told: &[Told]) {
    let streams = &sim.mycartracks.streams;
    if streams.feed.receiver_count() == 0 {
        return;
    }
    let mut mine = told
        .iter()
        .filter(|told| told.card.vendor == Vendor::MyCarTracks)
        .peekable();
    let mut batch = Vec::new();
    if let Some(first) = mine
        .peek()
        .filter(|_| sim.has(Vendor::MyCarTracks, Fault::Garbage))
    {
        batch.push(variants::garbage(sim, first, streams.turn()));
    }
    batch.extend(mine.map(|told| delivery(sim, told, streams.turn())));
    if !batch.is_empty() {
        // Nobody listening any more is no failure.
        let _ = streams.feed.send(Arc::new(batch));
    }
}

/// The vehicles that a session is about.
#[derive(Debug)]
pub(super) enum Selection {
    All,
    Some {
        ids: HashSet<String>,
        cities: HashSet<&'static str>,
    },
}

impl Selection {
    pub(super) fn covers(&self, card: &Card) -> bool {
        match self {
            Self::All => true,
            Self::Some { ids, cities } => {
                ids.contains(&card.id) || cities.contains(card.profile.city.name)
            }
        }
    }
}

/// The body of a request.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wanted {
    vehicle_ids: Vec<Value>,
    group_ids: Vec<Value>,
}

/// `POST /vehicles/livePositions/stream`.
pub(super) async fn create(
    State(sim): State<Arc<Sim>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = Instant::now();
    if let Some(refused) = sim
        .faults
        .get(Vendor::MyCarTracks, Fault::StreamRefused, now)
    {
        return error(
            status(refused, 503),
            "unavailable",
            "Streams are not available",
        );
    }
    let wanted = if body.iter().all(u8::is_ascii_whitespace) {
        Ok(Wanted::default())
    } else {
        serde_json::from_slice(&body)
    };
    let Ok(wanted) = wanted else {
        return error(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The body is not understood",
        );
    };
    let Some(selection) = select(&sim, &wanted) else {
        return error(
            StatusCode::NOT_FOUND,
            "not_found",
            "No such vehicle or group",
        );
    };
    let life = sim.settings.session_life;
    let ticket = Ticket {
        usable_until: now + sim.settings.url_life.min(life),
        expires: now + life,
        selection,
    };
    let Some(secret) = sim.mycartracks.streams.admit(ticket, now) else {
        return error(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Too many open sessions",
        );
    };
    session_answer(&sim, &headers, &secret, life)
}

fn session_answer(sim: &Sim, headers: &HeaderMap, secret: &str, life: Duration) -> Response {
    // The guard has let through loopback names only.
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("");
    let life_ms = i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    Json(json!({
        "websocketUrl": format!("ws://{host}/mycartracks/live/positions?session={secret}"),
        "expiresAt": sim.at(sim.elapsed_ms().saturating_add(life_ms)).to_string(),
        "expiresIn": life.as_secs(),
    }))
    .into_response()
}

/// What was asked for, or `None` if some of it does not exist. A group is a city, counted from 1.
fn select(sim: &Sim, wanted: &Wanted) -> Option<Selection> {
    if wanted.vehicle_ids.is_empty() && wanted.group_ids.is_empty() {
        return Some(Selection::All);
    }
    let text = |id: &Value| id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let ids: HashSet<_> = wanted.vehicle_ids.iter().map(text).collect();
    let known: HashSet<_> = sim
        .rows(Vendor::MyCarTracks)
        .iter()
        .map(|r| r.card.id.clone())
        .collect();
    let city = |id: &Value| {
        let number: usize = text(id).parse().ok()?;
        CITIES.get(number.checked_sub(1)?).map(|city| city.name)
    };
    let cities: Option<HashSet<_>> = wanted.group_ids.iter().map(city).collect();
    ids.is_subset(&known).then_some(())?;
    Some(Selection::Some {
        ids,
        cities: cities?,
    })
}
