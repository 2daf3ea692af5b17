//! One viewer's connection: hello, what it lacks, then changes and heartbeats until it ends.
//!
//! The session never queues: it writes what the hub has, waits until that is written, and asks
//! again. What a viewer sends is not needed; it is read, so that pings are answered and a close
//! is seen, and it is bounded, so that a flood is the viewer's own end.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::frame::{self, Frame, Stamp};
use super::hub::{Cursor, Hub, Next};

/// A restart; the reason says how long to wait.
pub const CLOSE_RESTART: u16 = 1012;
/// The viewer sent more than is reasonable.
pub const CLOSE_POLICY: u16 = 1008;
/// The viewer sent a message larger than we read.
pub const CLOSE_TOO_BIG: u16 = 1009;
/// The viewer does not take what it is sent.
pub const CLOSE_TOO_SLOW: u16 = 4008;

/// Messages a viewer may send within [`FLOOD_WINDOW`].
const MAX_MESSAGES: u32 = 100;
const FLOOD_WINDOW: Duration = Duration::from_secs(10);

/// How a session behaves.
#[derive(Clone, Copy, Debug)]
pub struct SessionSettings {
    /// A heartbeat is sent whenever nothing else was for this long; at most 5 s.
    pub heartbeat: Duration,
    /// A frame that could not be written for this long ends the session.
    pub write_timeout: Duration,
    /// At a restart closes are spread over this long.
    pub close_spread: Duration,
    /// Viewers are told to come back after at most this long.
    pub max_retry: Duration,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(4),
            write_timeout: Duration::from_secs(15),
            close_spread: Duration::from_secs(2),
            max_retry: Duration::from_secs(12),
        }
    }
}

/// Why a session ended; the names are the values of the metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The viewer left.
    Left,
    /// The viewer did not take what it was sent.
    TooSlow,
    /// The viewer sent too many messages.
    Flood,
    /// The viewer sent a message larger than we read.
    TooBig,
    /// The server goes.
    Restart,
}

impl End {
    /// The end as a metric label.
    pub fn as_label(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::TooSlow => "too_slow",
            Self::Flood => "flood",
            Self::TooBig => "too_big",
            Self::Restart => "restart",
        }
    }
}

/// Serves one viewer until it leaves or must. `resume` is the epoch and seq it says it has;
/// `clock` stamps hello and heartbeats.
pub async fn run<S, E>(
    socket: S,
    hub: &Hub,
    resume: Option<(String, u64)>,
    settings: SessionSettings,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> End
where
    S: Sink<Message> + Stream<Item = Result<Message, E>>,
    E: std::error::Error + 'static,
{
    let (sink, stream) = socket.split();
    let mut writer = Writer {
        sink,
        hub,
        settings,
        clock,
        cursor: None,
    };
    let at = resume.as_ref().map(|(epoch, seq)| (epoch.as_str(), *seq));
    let (cursor, news) = hub.join(at);
    writer.cursor = cursor;
    // Reading goes on while a frame is being written: a viewer that leaves in mid-frame is gone.
    let end = tokio::select! {
        end = read(stream) => end,
        end = writer.run(news) => end,
        () = shutdown.cancelled() => End::Restart,
    };
    match end {
        End::Left => {}
        End::TooSlow => writer.close(CLOSE_TOO_SLOW, "too slow").await,
        End::Flood => writer.close(CLOSE_POLICY, "too many messages").await,
        End::TooBig => writer.close(CLOSE_TOO_BIG, "message too big").await,
        End::Restart => writer.close_for_restart().await,
    }
    end
}

struct Writer<'a, S> {
    sink: S,
    hub: &'a Hub,
    settings: SessionSettings,
    clock: fn() -> Timestamp,
    cursor: Option<Cursor>,
}

impl<S: Sink<Message> + Unpin> Writer<'_, S> {
    async fn run(&mut self, mut news: watch::Receiver<u64>) -> End {
        let is_resumed = self.cursor.is_some();
        let first = self.hub.next(self.cursor, true, (self.clock)());
        let hello = self.hello(is_resumed, &first);
        if !self.send(hello).await || !self.deliver(first).await {
            return End::TooSlow;
        }
        loop {
            match timeout(self.settings.heartbeat, news.changed()).await {
                Ok(Ok(())) => {
                    news.mark_unchanged();
                    let next = self.hub.next(self.cursor, false, (self.clock)());
                    if !self.deliver(next).await {
                        return End::TooSlow;
                    }
                }
                Ok(Err(_)) => return End::Restart,
                Err(_) => {
                    if !self.send(self.heartbeat()).await {
                        return End::TooSlow;
                    }
                }
            }
        }
    }

    /// The first frame. Its `seq` is the one that the next frame but this builds on: that of the
    /// snapshot, or the one the viewer resumed at.
    fn hello(&self, resumed: bool, first: &Next) -> Utf8Bytes {
        let Cursor(seq) = match (self.cursor, first) {
            (Some(cursor), _) => cursor,
            (None, Next::Snapshot(_, cursor) | Next::Frames(_, cursor)) => *cursor,
            (None, Next::Nothing) => Cursor(0),
        };
        let heartbeat_ms = u64::try_from(self.settings.heartbeat.as_millis()).unwrap_or(u64::MAX);
        let hello = Frame::Hello {
            protocol: 1,
            server: "fleetglass",
            version: env!("CARGO_PKG_VERSION"),
            build: env!("FLEETGLASS_BUILD"),
            epoch: self.hub.epoch(),
            seq,
            resumed,
            heartbeat_ms,
            at: Stamp((self.clock)()),
        };
        frame::encode(&hello).into()
    }

    fn heartbeat(&self) -> Utf8Bytes {
        let Cursor(seq) = self.cursor.unwrap_or(Cursor(0));
        let at = Stamp((self.clock)());
        frame::encode(&Frame::Heartbeat { seq, at }).into()
    }

    /// Sends what the viewer lacks; false if it does not take it.
    async fn deliver(&mut self, next: Next) -> bool {
        match next {
            Next::Nothing => true,
            Next::Frames(frames, cursor) => {
                self.cursor = Some(cursor);
                for text in frames {
                    if !self.send(text).await {
                        return false;
                    }
                }
                true
            }
            Next::Snapshot(text, cursor) => {
                self.cursor = Some(cursor);
                self.send(text).await
            }
        }
    }

    async fn send(&mut self, text: Utf8Bytes) -> bool {
        metrics::counter!("fleetglass_frames_sent_total").increment(1);
        metrics::counter!("fleetglass_frame_bytes_sent_total").increment(text.len() as u64);
        let sending = self.sink.send(Message::Text(text));
        matches!(
            timeout(self.settings.write_timeout, sending).await,
            Ok(Ok(()))
        )
    }

    async fn close_for_restart(&mut self) {
        let spread_ms = u64::try_from(self.settings.close_spread.as_millis()).unwrap_or(0);
        let spread = Duration::from_millis(rand::random_range(0..=spread_ms));
        tokio::time::sleep(spread).await;
        let max_retry_ms = self.settings.max_retry.as_millis();
        let retry_ms = rand::random_range(0..=max_retry_ms);
        self.close(CLOSE_RESTART, &format!("retry_ms={retry_ms}"))
            .await;
    }

    /// Says why; a viewer that no longer reads is not waited for.
    async fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let closing = async {
            let _ = self.sink.send(Message::Close(Some(frame))).await;
            let _ = self.sink.close().await;
        };
        let _ = timeout(Duration::from_secs(1), closing).await;
    }
}

/// Reads until the viewer leaves or sends too much.
async fn read<T, E>(mut stream: T) -> End
where
    T: Stream<Item = Result<Message, E>> + Unpin,
    E: std::error::Error + 'static,
{
    let mut window_began = Instant::now();
    let mut n_messages = 0;
    while let Some(message) = stream.next().await {
        match message {
            Err(error) if is_too_big(&error) => return End::TooBig,
            Err(_) | Ok(Message::Close(_)) => return End::Left,
            Ok(_) => {
                if FLOOD_WINDOW < window_began.elapsed() {
                    window_began = Instant::now();
                    n_messages = 0;
                }
                n_messages += 1;
                if MAX_MESSAGES < n_messages {
                    return End::Flood;
                }
            }
        }
    }
    End::Left
}

/// Whether a message was refused for its size; the reason hides in the chain of sources.
fn is_too_big(error: &(dyn std::error::Error + 'static)) -> bool {
    use tokio_tungstenite::tungstenite::Error;
    let is_capacity = |error: &(dyn std::error::Error + 'static)| {
        matches!(error.downcast_ref::<Error>(), Some(Error::Capacity(_)))
    };
    std::iter::successors(Some(error), |error| error.source()).any(is_capacity)
}
