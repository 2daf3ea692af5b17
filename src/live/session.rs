//! One viewer's connection: hello, what it lacks, then changes and heartbeats until it ends.
//!
//! The session never queues: it writes what the hub has, waits until that is written, and asks
//! again. What a viewer sends is not needed; it is read, so that pings are answered and a close
//! is seen, and it is bounded, so that a flood is the viewer's own end.

use std::convert::Infallible;
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
pub async fn run<S, T, E>(
    (sink, stream): (S, T),
    hub: &Hub,
    resume: Option<(String, u64)>,
    settings: SessionSettings,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> End
where
    S: Sink<Message> + Unpin,
    T: Stream<Item = Result<Message, E>> + Unpin,
    E: std::error::Error + 'static,
{
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
        End::Left => writer.answer_close().await,
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
        match self.serve(&mut news).await {
            Err(end) => end,
            Ok(never) => match never {},
        }
    }

    async fn serve(&mut self, news: &mut watch::Receiver<u64>) -> Result<Infallible, End> {
        let first = self.hub.next(self.cursor, true, (self.clock)());
        // What is missing may have gone since the viewer was found able to resume.
        let resumed = self.cursor.is_some() && !matches!(first, Next::Snapshot(..));
        self.send(self.hello(resumed, &first)).await?;
        let mut is_resuming = resumed;
        let mut next = first;
        loop {
            // Asked again until nothing is missing: a snapshot may be some frames old, and of many
            // frames only some are handed out at once. Then, and only then, it is waited.
            is_resuming &= next != Next::Nothing;
            if next == Next::Nothing {
                self.wait(news).await?;
            } else {
                self.deliver(next).await?;
            }
            next = self.hub.next(self.cursor, is_resuming, (self.clock)());
        }
    }

    /// Waits for news, with heartbeats.
    async fn wait(&mut self, news: &mut watch::Receiver<u64>) -> Result<(), End> {
        loop {
            match timeout(self.settings.heartbeat, news.changed()).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(_)) => return Err(End::Restart),
                Err(_) => self.send(self.heartbeat()).await?,
            }
        }
    }

    /// The first frame. Its `seq` is the one that the next frame but this builds on: that of the
    /// snapshot, or the one the viewer resumed at.
    fn hello(&self, resumed: bool, first: &Next) -> Utf8Bytes {
        let Cursor(seq) = match first {
            Next::Snapshot(_, cursor) => *cursor,
            Next::Frames(..) | Next::Nothing => self.cursor.unwrap_or(Cursor(0)),
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

    /// Sends what the viewer lacks.
    async fn deliver(&mut self, next: Next) -> Result<(), End> {
        match next {
            Next::Nothing => Ok(()),
            Next::Frames(frames, cursor) => {
                self.cursor = Some(cursor);
                for text in frames {
                    self.send(text).await?;
                }
                Ok(())
            }
            Next::Snapshot(text, cursor) => {
                self.cursor = Some(cursor);
                self.send(text).await
            }
        }
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        // A large snapshot may take its time on a thin line, as long as it moves at all.
        let patience = self.settings.write_timeout + time_on_the_thinnest_line(text.len());
        metrics::counter!("fleetglass_frames_sent_total").increment(1);
        metrics::counter!("fleetglass_frame_bytes_sent_total").increment(text.len() as u64);
        let sending = self.sink.send(Message::Text(text));
        match timeout(patience, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Left),
            Err(_) => Err(End::TooSlow),
        }
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

    /// Ends the closing handshake that the viewer began, if it is still there to see it.
    async fn answer_close(&mut self) {
        let _ = timeout(Duration::from_secs(1), self.sink.close()).await;
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

/// How long `bytes` take where a viewer is just not too slow: at 32 KiB a second.
fn time_on_the_thinnest_line(bytes: usize) -> Duration {
    Duration::from_secs(u64::try_from(bytes >> 15).unwrap_or(u64::MAX))
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

#[cfg(test)]
mod tests {
    use futures_util::{sink, stream};
    use tokio::sync::mpsc;

    use super::*;
    use crate::domain::VehicleId;
    use crate::fleet::Changes;
    use crate::live::hub::HubSettings;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn publish(hub: &Hub, id: &str) {
        let changes = Changes {
            removed: vec![VehicleId::new(id)],
            ..Changes::default()
        };
        hub.publish(&changes, now());
    }

    /// Serves a viewer that reads all and says nothing; gives the frames of the first moments.
    async fn serve(hub: &Hub, resume: Option<(String, u64)>, n_frames: usize) -> Vec<String> {
        let (told, mut frames) = mpsc::channel(1_000);
        let sink = Box::pin(sink::unfold(told, async |told, message: Message| {
            let text = message.to_text().unwrap_or_default().to_owned();
            told.send(text).await.map(|()| told)
        }));
        let stream = stream::pending::<Result<Message, std::io::Error>>();
        let settings = SessionSettings::default();
        let shutdown = CancellationToken::new();
        let session = run((sink, stream), hub, resume, settings, now, shutdown);
        let mut seen = Vec::new();
        tokio::select! {
            end = session => panic!("ended: {end:?}"),
            () = async {
                while seen.len() < n_frames {
                    seen.push(frames.recv().await.unwrap());
                }
            } => {}
        }
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_is_up_to_date_at_once_and_not_at_the_next_change() {
        let hub = Hub::new("e", HubSettings::default());
        publish(&hub, "one");
        serve(&hub, None, 2).await;
        publish(&hub, "two");
        // The snapshot that was made for the first may serve the second; what came since follows
        // without anything new happening.
        let frames = serve(&hub, None, 3).await;
        assert!(frames[1].contains(r#""type":"snapshot""#), "{frames:?}");
        let last: Vec<_> = frames
            .iter()
            .filter(|frame| frame.contains(r#""seq":2"#))
            .collect();
        assert!(!last.is_empty(), "{frames:?}");
        assert!(
            !frames[2].contains("heartbeat") || frames[1].contains(r#""seq":2"#),
            "{frames:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_resumes_far_behind_gets_every_frame_once() {
        let hub = Hub::new("e", HubSettings::default());
        for at in 0..200 {
            publish(&hub, &at.to_string());
        }
        let frames = serve(&hub, Some(("e".into(), 10)), 192).await;
        assert!(frames[0].contains(r#""resumed":true"#) && frames[0].contains(r#""seq":10"#));
        for (at, frame) in frames[1..191].iter().enumerate() {
            assert!(
                frame.contains(&format!(r#""seq":{},"#, at + 11)),
                "{at}: {frame}"
            );
        }
        assert!(frames[191].contains("heartbeat"), "{}", frames[191]);
    }
}
