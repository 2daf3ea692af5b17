//! One socket of a stream, from its handshake to its end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use http::{HeaderValue, header};
use jiff::SignedDuration;
use metrics::counter;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::Id;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use tracing::{info, warn};

use super::idle::{Idle, Rhythm};
use super::{Event, ReadFrame};
use crate::clock;
use crate::domain::{Mode, Refusal, Said, Signal};
use crate::source::decode::Dialect;
use crate::source::http::secrets::Secrets;
use crate::source::http::trouble::{Kind, Trouble};
use crate::source::http::url_guard::Target;
use crate::source::http::{ANSWER_WITHIN, CONNECT_WITHIN, reach, tls};
use crate::source::outlet::{Activity, Outlet};

/// A greater message is no batch of events.
const MESSAGE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// An open socket.
pub(super) type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// All that a socket needs.
#[derive(Debug)]
pub struct Plug {
    /// Checked by the guard.
    pub target: Target,
    /// How certificates are checked.
    pub tls: Arc<ClientConfig>,
    /// Our own proof, where the vendor wants it here too.
    pub bearer: Option<HeaderValue>,
    /// How the account speaks.
    pub dialect: Dialect,
    /// Reads a frame.
    pub events: ReadFrame,
    /// Its idle timer.
    pub idle: Idle,
    /// Where its heartbeat is remembered.
    pub rhythm: Rhythm,
    /// Whom to tell.
    pub outlet: Outlet,
    /// What is replaced in words.
    pub secrets: Secrets,
}

/// How a socket ended.
#[derive(Debug)]
pub enum Ending {
    /// It never opened.
    Unopened(Trouble),
    /// The handshake was answered 401 or 403.
    Denied(u16),
    /// The other side closed it, or the connection broke.
    Closed(String),
    /// Nothing came for so long.
    Idle(Duration),
    /// The vendor says that the session is over.
    Expired,
}

impl Ending {
    /// For people.
    pub fn words(&self) -> String {
        match self {
            Self::Unopened(trouble) => trouble.words.clone(),
            Self::Denied(status) => format!("the stream's handshake answers {status}"),
            Self::Closed(why) => format!("the stream ended: {why}"),
            Self::Idle(limit) => format!("the stream was silent for {} s", limit.as_secs()),
            Self::Expired => "the stream's session expired".to_owned(),
        }
    }
}

/// Opens the socket, tells `opened` its task's id, and speaks its events until it ends.
pub async fn run(mut plug: Plug, opened: mpsc::Sender<Id>) -> Ending {
    let bearer = plug.bearer.take();
    let opened_stream = connect(&plug.target, &plug.tls, bearer, &plug.secrets).await;
    plug.count_handshake(&opened_stream);
    let mut stream = match opened_stream {
        Ok(stream) => stream,
        Err(ending) => return ending,
    };
    plug.tell_mode().await;
    if opened.send(tokio::task::id()).await.is_err() {
        return Ending::Closed("nobody wants it any more".into());
    }
    let mut heard_at = Instant::now();
    loop {
        let limit = plug.idle.limit();
        let Ok(frame) = timeout_at(heard_at + limit, stream.next()).await else {
            return Ending::Idle(limit);
        };
        heard_at = Instant::now();
        let ending = match frame {
            Some(Ok(Message::Text(text))) => plug.frame(text.as_bytes()).await,
            Some(Ok(Message::Binary(bytes))) => plug.frame(&bytes).await,
            Some(Ok(Message::Close(frame))) => {
                let why = frame.map_or_else(|| "closed".to_owned(), |frame| frame.to_string());
                return Ending::Closed(plug.secrets.clean(&why));
            }
            Some(Ok(_)) => None,
            Some(Err(error)) => return Ending::Closed(plug.secrets.clean(&error.to_string())),
            None => return Ending::Closed("closed".into()),
        };
        // Only a frame is a success: neither a bare handshake nor an end is one.
        plug.outlet.success(Activity::Stream).await;
        if let Some(ending) = ending {
            return ending;
        }
    }
}

impl Plug {
    /// Speaks the events of one frame; the end, if it holds that.
    async fn frame(&mut self, frame: &[u8]) -> Option<Ending> {
        let events = match (self.events)(&self.dialect, frame, clock::now()) {
            Ok(events) => events,
            Err(error) => {
                self.count("unreadable");
                let words = self.secrets.clean(&error.to_string());
                if self.outlet.is_first("unreadable frame", &words) {
                    warn!(source.id = %self.outlet.source(), "a frame was unreadable: {words}");
                }
                return None;
            }
        };
        let mut observations = Vec::new();
        let mut ending = None;
        for event in events {
            match event {
                Event::Position(observation) => {
                    self.count("position");
                    observations.push(observation);
                }
                other => ending = self.other(other).await.or(ending),
            }
        }
        self.outlet.observed(observations).await;
        ending
    }

    async fn other(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::Position(_) => {}
            Event::Offline { device, since } => {
                self.count("offline");
                self.outlet.say(Said::Offline { device, since }).await;
            }
            Event::Heartbeat => {
                self.count("heartbeat");
                let before = self.idle.limit();
                self.idle.beat(Instant::now());
                self.rhythm.set(self.idle.gap());
                if self.idle.limit() != before {
                    self.tell_mode().await;
                }
            }
            Event::Error { code, message } => {
                self.count("error");
                return self.error(code.as_deref(), message.as_deref());
            }
            Event::Unknown(name) => {
                self.count("unknown");
                let name = self.secrets.clean(&name);
                if self.outlet.is_first("unknown event", &name) {
                    info!(source.id = %self.outlet.source(), event = name, "an unknown event is ignored");
                }
            }
            Event::Refused(refusal) => self.refused(refusal).await,
        }
        None
    }

    async fn refused(&self, refusal: Refusal) {
        self.count("refused");
        self.outlet
            .refused("event", [(refusal, 1)].into(), None)
            .await;
    }

    /// The vendor's own word of a failure: the end of the session, or something for the log.
    fn error(&self, code: Option<&str>, message: Option<&str>) -> Option<Ending> {
        let code = code.unwrap_or_default();
        if code.to_ascii_uppercase().contains("EXPIRED") {
            return Some(Ending::Expired);
        }
        let words = format!("{code} {}", message.unwrap_or_default());
        let words = self.secrets.clean(words.trim());
        if self.outlet.is_first("error event", &words) {
            warn!(source.id = %self.outlet.source(), "the stream says: {words}");
        }
        None
    }

    async fn tell_mode(&self) {
        let interval = SignedDuration::try_from(self.idle.limit());
        let mode = Signal::Mode {
            mode: Mode::Stream,
            fallback: false,
            interval: interval.unwrap_or(SignedDuration::MAX),
        };
        self.outlet.say(Said::Signal(mode)).await;
    }

    fn count_handshake(&self, result: &Result<Stream, Ending>) {
        let outcome = match result {
            Ok(_) => "ok",
            Err(Ending::Unopened(trouble)) => trouble.kind.as_label(),
            Err(_) => Kind::Denied.as_label(),
        };
        counter!("fleetglass_stream_handshakes_total",
            "source" => self.outlet.source().to_string(), "outcome" => outcome)
        .increment(1);
    }

    fn count(&self, kind: &'static str) {
        counter!("fleetglass_stream_events_total",
            "source" => self.outlet.source().to_string(), "kind" => kind)
        .increment(1);
    }
}

/// Opens a socket to `target`, which the guard has checked. Nothing is said, and no proof shown,
/// before the other side's certificate holds.
pub(super) async fn connect(
    target: &Target,
    tls: &Arc<ClientConfig>,
    bearer: Option<HeaderValue>,
    secrets: &Secrets,
) -> Result<Stream, Ending> {
    let host = target.url.host_str().unwrap_or_default();
    let unopened = |kind, why: &str| {
        let words = secrets.clean(&format!("no stream from {host}: {why}"));
        Ending::Unopened(Trouble::new(kind, words))
    };
    let unreachable = |why: &str| unopened(Kind::Unreachable, why);
    let socket = timeout(CONNECT_WITHIN, reach::connect(target))
        .await
        .map_err(|_elapsed| unreachable("no connection within 5 s"))?
        .map_err(|error| unreachable(&error.to_string()))?;
    let mut request = target
        .url
        .as_str()
        .into_client_request()
        .map_err(|error| unopened(Kind::Odd, &error.to_string()))?;
    if let Some(bearer) = bearer {
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_MAX_BYTES))
        .max_frame_size(Some(MESSAGE_MAX_BYTES));
    let connector = Connector::Rustls(Arc::clone(tls));
    let handshake = client_async_tls_with_config(request, socket, Some(config), Some(connector));
    let shaken = timeout(ANSWER_WITHIN, handshake)
        .await
        .map_err(|_elapsed| unreachable("no handshake within 10 s"))?;
    match shaken {
        Ok((stream, _)) => Ok(stream),
        Err(Error::Http(answer)) => Err(match answer.status().as_u16() {
            status @ (401 | 403) => Ending::Denied(status),
            status => unopened(Kind::of_status(status), &format!("it answers {status}")),
        }),
        Err(error) => Err(match tls::objection(host, &error) {
            Some(words) => {
                let words = secrets.clean(&format!("no stream: {words}"));
                Ending::Unopened(Trouble::untrusted(&words))
            }
            None => unreachable(&error.to_string()),
        }),
    }
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
