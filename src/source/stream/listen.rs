//! A short look at a stream, for `fleetglass check`.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::Method;
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use url::Url;

use super::Habits;
use super::socket::connect;
use crate::clock;
use crate::source::account::Request;
use crate::source::http::Body;
use crate::source::lists::Lists;
use crate::source::probe::{Holds, Probe};
use crate::source::secrets::Secrets;
use crate::source::trouble::{Kind, Trouble};

/// Creates a session and listens for some seconds, for `fleetglass check`.
pub async fn probe(lists: &mut Lists, habits: &Habits) -> Vec<Probe> {
    let (session, address) = open_session(lists, habits).await;
    let mut probes = vec![Probe {
        endpoint: format!("POST {}", habits.path),
        holds: Holds::Nothing,
        result: session,
    }];
    if let Some(url) = address {
        let listened = listen(&url, &lists.account.http.secrets().clone()).await;
        probes.extend(listened.into_iter().map(|result| Probe {
            endpoint: "the live stream".to_owned(),
            holds: Holds::Events,
            result,
        }));
    }
    probes
}

async fn open_session(lists: &mut Lists, habits: &Habits) -> (Result<Bytes, Trouble>, Option<Url>) {
    let request = Request {
        method: Method::POST,
        path: habits.path,
        query: Vec::new(),
        body: Body::Json("{}".to_owned()),
    };
    let body = match lists.account.ask(&request).await {
        Ok(body) => body,
        Err(trouble) => return (Err(trouble), None),
    };
    let session = match (habits.session)(&lists.dialect, &body, clock::now()) {
        Ok(session) => session,
        Err(error) => return (Err(lists.account.unreadable(habits.path, &error)), None),
    };
    match habits.guard.check(session.websocket_url.expose_secret()) {
        Ok(url) => (Ok(body), Some(url)),
        Err(refused) => (Err(Trouble::new(Kind::Odd, refused.to_string())), None),
    }
}

/// The frames of some seconds, or why there were none.
async fn listen(url: &Url, secrets: &Secrets) -> Vec<Result<Bytes, Trouble>> {
    const LISTEN_FOR: Duration = Duration::from_secs(5);
    const FRAMES_MAX: usize = 50;
    let mut stream = match connect(url, None, secrets).await {
        Ok(stream) => stream,
        Err(ending) => return vec![Err(Trouble::new(Kind::Unreachable, ending.words()))],
    };
    let mut frames = Vec::new();
    let until = Instant::now() + LISTEN_FOR;
    while frames.len() < FRAMES_MAX
        && let Ok(Some(Ok(frame))) = timeout_at(until, stream.next()).await
    {
        if matches!(frame, Message::Text(_) | Message::Binary(_)) {
            frames.push(Ok(frame.into_data()));
        }
    }
    frames
}
