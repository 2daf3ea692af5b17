//! A short look at a stream, for `fleetglass check`.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::Method;
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;

use super::socket::{Ending, connect};
use super::{Event, Habits};
use crate::clock;
use crate::source::http::account::Request;
use crate::source::http::trouble::{Kind, Trouble};
use crate::source::http::url_guard::Target;
use crate::source::http::{Body, Http};
use crate::source::lists::Lists;
use crate::source::probe::Probe;

/// So long, or until so many frames have come.
const LISTEN_FOR: Duration = Duration::from_secs(5);
const FRAMES_MAX: usize = 200;

/// Creates a session and listens for some seconds.
pub async fn probe(lists: &mut Lists, habits: &Habits) -> Vec<Probe> {
    let mut session = Probe::new(format!("POST {}", habits.path), None);
    let target = match open_session(lists, habits).await {
        Ok(target) => target,
        Err(trouble) => {
            session.trouble = Some(trouble);
            return vec![session];
        }
    };
    let mut stream = Probe::new("the live stream".to_owned(), Some(habits.spec));
    match listen(&target, &lists.account.http).await {
        Ok(frames) => stream.bodies = frames,
        Err(trouble) => stream.trouble = Some(trouble),
    }
    for n in 0..stream.bodies.len() {
        let events = (habits.events)(&lists.dialect, &stream.bodies[n], clock::now());
        match events {
            Ok(events) => events.iter().for_each(|event| add(&mut stream, event)),
            Err(error) => stream.trouble = Some(lists.account.unreadable("a frame", &error)),
        }
    }
    vec![session, stream]
}

fn add(probe: &mut Probe, event: &Event) {
    match event {
        Event::Position(observation) => probe.add(observation),
        Event::Refused(refusal) => *probe.refusals.entry(*refusal).or_default() += 1,
        Event::Offline { .. } | Event::Heartbeat | Event::Error { .. } | Event::Unknown(_) => {}
    }
}

async fn open_session(lists: &mut Lists, habits: &Habits) -> Result<Target, Trouble> {
    let request = Request {
        method: Method::POST,
        path: habits.path.into(),
        query: Vec::new(),
        body: Body::Json("{}".to_owned()),
    };
    let body = lists.account.ask(&request).await?;
    let read = (habits.session)(&lists.dialect, &body, clock::now());
    let session = read.map_err(|error| lists.account.unreadable(habits.path, &error))?;
    let address = session.websocket_url.expose_secret();
    habits.target(address, lists.account.http.secrets())
}

/// The frames of some seconds; perhaps none, if no vehicle moves.
async fn listen(target: &Target, http: &Http) -> Result<Vec<Bytes>, Trouble> {
    let opened = connect(target, http.tls(), None, http.secrets()).await;
    let mut stream = opened.map_err(|ending| match ending {
        Ending::Unopened(trouble) => trouble,
        ending => Trouble::new(Kind::Unreachable, ending.words()),
    })?;
    let mut frames = Vec::new();
    let until = Instant::now() + LISTEN_FOR;
    while frames.len() < FRAMES_MAX
        && let Ok(Some(Ok(frame))) = timeout_at(until, stream.next()).await
    {
        if matches!(frame, Message::Text(_) | Message::Binary(_)) {
            frames.push(frame.into_data());
        }
    }
    Ok(frames)
}
