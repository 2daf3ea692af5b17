//! One viewer's side of the conversation, without its socket: what to send next, what to make of
//! what came in, when to give up.
//!
//! Whoever owns the socket (`shard.rs`, `wrapped.rs`) asks [`Viewer::fill`] for bytes, writes what
//! the [`Outbox`] holds, hands over what it read, and calls [`Viewer::tick`] now and then. Nothing
//! queues: the outbox is filled only when it is empty, from what the channels hold just then.

mod look;
mod terms;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use bytes::Bytes;

use super::bin::Tile;
use super::channel::{Next, Pace};
use super::frame::{self, Frame, Stamp};
use super::hub::{Hub, View};
use super::outbox::Outbox;
use super::ws::message::{self, Opcode};
use super::ws::parser::{Event, Parser};

use self::look::Look;
pub use self::terms::*;

/// No message of a viewer may be larger.
const MAX_MESSAGE_BYTES: usize = 16 << 10;
/// Messages a viewer may send within [`FLOOD_WINDOW`].
const MAX_MESSAGES: u32 = 100;
const FLOOD_WINDOW: Duration = Duration::from_secs(10);
/// Frames put into the outbox at once.
const MAX_AT_ONCE: usize = 16;
/// The other side has this long to answer a close, or to take one.
const CLOSING_FOR: Duration = Duration::from_secs(1);

/// One viewer.
#[derive(Debug)]
pub struct Viewer {
    hub: Arc<Hub>,
    settings: ViewerSettings,
    dialect: Dialect,
    looks: Vec<Look>,
    parser: Parser,
    outbox: Outbox,
    phase: Phase,
    pace: Pace,
    pong: Option<Bytes>,
    sent_at: Instant,
    /// Until when what is in the outbox must be written, once it could not be at once.
    patience_ends: Option<Instant>,
    window_began: Instant,
    n_messages: u32,
}

#[derive(Debug)]
enum Phase {
    /// Nothing was said yet.
    Greeting {
        resume: Option<u64>,
    },
    Live,
    /// A close is said at this time.
    Leaving {
        at: Instant,
    },
    /// A close was said; the other side's is awaited until then.
    Closing {
        end: End,
        until: Instant,
        is_answered: bool,
    },
    Over(End),
}

impl Viewer {
    /// A viewer that has just come.
    pub fn new(hub: Arc<Hub>, settings: ViewerSettings, who: Introduction, now: Moment) -> Self {
        let dialect = who.dialect.unwrap_or(Dialect::Bin);
        let views: &[View] = match who.dialect {
            None => &[],
            Some(Dialect::Json) => &[View::Json],
            Some(Dialect::Bin) => &[View::Sources, View::Tile(Tile::ROOT)],
        };
        let look = |view: &View| Look::new(&hub, *view, who.deflates);
        let looks = views.iter().map(look).collect();
        let is_ours = |(epoch, _): &(String, u64)| *epoch == hub.epoch();
        let resume = who.resume.filter(is_ours).map(|(_, seq)| seq);
        let mut viewer = Self {
            settings,
            dialect,
            looks,
            parser: Parser::new(MAX_MESSAGE_BYTES, who.deflates),
            outbox: Outbox::default(),
            phase: Phase::Greeting { resume },
            pace: Pace::Steady,
            pong: None,
            sent_at: now.instant,
            patience_ends: None,
            window_began: now.instant,
            n_messages: 0,
            hub,
        };
        if who.dialect.is_none() {
            viewer.close(End::TooOld, now);
        }
        viewer
    }

    /// What is to be written.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The first `n` bytes of the outbox were written; gives how many frames that ended.
    pub fn wrote(&mut self, n: usize) -> u64 {
        let n_frames = self.outbox.advance(n);
        self.end_if_all_is_said();
        n_frames
    }

    /// Why it is over, once it is: the socket can be closed.
    pub fn end(&self) -> Option<End> {
        match self.phase {
            Phase::Over(end) => Some(end),
            _ => None,
        }
    }

    /// Puts into an empty outbox what the viewer lacks.
    pub fn fill(&mut self, now: Moment) {
        if !self.outbox.is_empty() {
            return;
        }
        self.patience_ends = None;
        if let Some(pong) = self.pong.take() {
            self.outbox.push(pong);
        }
        match self.phase {
            Phase::Greeting { resume } => self.greet(resume, now),
            Phase::Live => self.gather(now),
            Phase::Leaving { .. } | Phase::Closing { .. } | Phase::Over(_) => {}
        }
        if !self.outbox.is_empty() {
            self.sent_at = now.instant;
        }
    }

    /// Says hello once the first frame after it is there, since it tells that frame's `seq`.
    fn greet(&mut self, resume: Option<u64>, now: Moment) {
        let can_resume =
            |seq: u64| seq <= self.hub.seq() && self.looks.iter().all(|look| look.can_resume(seq));
        if let Some(seq) = resume.filter(|seq| can_resume(*seq)) {
            self.pace = Pace::Resuming;
            for look in &mut self.looks {
                look.held = Some(seq);
            }
            self.say_hello(true, seq, now);
            self.phase = Phase::Live;
            self.gather(now);
            return;
        }
        let mut firsts = Vec::new();
        for look in &self.looks {
            if let Next::Keyframe(bytes, seq) = look.next(&self.hub, Pace::Steady, now) {
                firsts.push((bytes, seq));
            }
        }
        if firsts.len() < self.looks.len() {
            return;
        }
        let seq = firsts.iter().map(|(_, seq)| *seq).min().unwrap_or(0);
        self.say_hello(false, seq, now);
        for (look, (bytes, seq)) in self.looks.iter_mut().zip(firsts) {
            look.held = Some(seq);
            self.outbox.push(bytes);
        }
        self.phase = Phase::Live;
        self.gather(now);
    }

    /// Takes from the channels what is there.
    fn gather(&mut self, now: Moment) {
        let mut left = MAX_AT_ONCE;
        let mut is_all = true;
        for look in &mut self.looks {
            loop {
                let next = look.next(&self.hub, self.pace, now);
                let (Next::Frame(bytes, seq) | Next::Keyframe(bytes, seq)) = next else {
                    is_all &= next == Next::Nothing;
                    break;
                };
                if left == 0 {
                    is_all = false;
                    break;
                }
                left -= 1;
                self.outbox.push(bytes);
                look.held = Some(seq);
            }
        }
        if is_all {
            self.pace = Pace::Steady;
        }
    }

    fn say_hello(&mut self, resumed: bool, seq: u64, now: Moment) {
        let heartbeat = self.settings.heartbeat.as_millis();
        let hello = Frame::Hello {
            protocol: 1,
            server: "fleetglass",
            version: env!("CARGO_PKG_VERSION"),
            build: env!("FLEETGLASS_BUILD"),
            epoch: self.hub.epoch(),
            seq,
            resumed,
            heartbeat_ms: u64::try_from(heartbeat).unwrap_or(u64::MAX),
            at: Stamp(now.at),
        };
        let text = frame::encode(&hello);
        self.say(&text);
    }

    fn say(&mut self, text: &str) {
        let opcode = match self.dialect {
            Dialect::Json => Opcode::Text,
            Dialect::Bin => Opcode::Binary,
        };
        let bytes = message::message(opcode, false, text.as_bytes());
        self.outbox.push(bytes);
    }

    /// The socket took nothing more of what is in the outbox.
    pub fn got_stuck(&mut self, now: Moment) {
        // Who came back was promised every frame, and gets them at its own pace.
        if self.pace == Pace::Steady {
            self.pace = Pace::Behind;
        }
        // A large keyframe may take its time on a thin line: a second for each 32 KiB.
        let on_the_thinnest_line = u64::try_from(self.outbox.len() >> 15).unwrap_or(u64::MAX);
        let patience = self.settings.patience + Duration::from_secs(on_the_thinnest_line);
        self.patience_ends.get_or_insert(now.instant + patience);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Moment) {
        match self.phase {
            Phase::Closing { end, until, .. } if until <= now.instant => {
                self.phase = Phase::Over(end);
            }
            Phase::Leaving { at } if at <= now.instant => self.close(End::Restart, now),
            Phase::Greeting { .. } | Phase::Live | Phase::Leaving { .. } => self.stay(now),
            Phase::Closing { .. } | Phase::Over(_) => {}
        }
    }

    fn stay(&mut self, now: Moment) {
        if self.patience_ends.is_some_and(|end| end <= now.instant) {
            self.close(End::TooSlow, now);
        } else if self.outbox.is_empty()
            && matches!(self.phase, Phase::Live | Phase::Leaving { .. })
            && self.settings.heartbeat <= now.instant.duration_since(self.sent_at)
        {
            let held = self.looks.iter().filter_map(|look| look.held).max();
            let seq = held.unwrap_or(0);
            let at = Stamp(now.at);
            let text = frame::encode(&Frame::Heartbeat { seq, at });
            self.say(&text);
            self.sent_at = now.instant;
        }
    }

    /// The server goes: the close is said at some time within the spread, told by `share` (0 to 1).
    pub fn leave(&mut self, share: f64, now: Moment) {
        if matches!(self.phase, Phase::Greeting { .. } | Phase::Live) {
            let at = now.instant + self.settings.close_spread.mul_f64(share);
            self.phase = Phase::Leaving { at };
        }
    }

    /// Takes bytes that were read.
    pub fn receive(&mut self, bytes: &[u8], now: Moment) {
        if matches!(self.phase, Phase::Over(_)) {
            return;
        }
        let mut events = Vec::new();
        let parsed = self.parser.feed(bytes, &mut events);
        for event in events {
            self.take(event, now);
        }
        if let Err(violation) = parsed
            && !matches!(self.phase, Phase::Closing { .. } | Phase::Over(_))
        {
            self.say_close(violation.code(), violation.reason(), End::Violation, now);
        }
    }

    fn take(&mut self, event: Event, now: Moment) {
        let is_closing = matches!(self.phase, Phase::Closing { .. } | Phase::Over(_));
        match event {
            Event::Close(_) if is_closing => self.close_is_answered(),
            _ if is_closing => {}
            Event::Close(said) => {
                // The same code back, and the end as soon as that is written.
                let code = said.map_or(1000, |(code, _)| code);
                self.say_close(code, "", End::Left, now);
                self.close_is_answered();
            }
            Event::Ping(payload) => {
                self.pong = Some(message::pong(&payload));
                self.count_message(now);
            }
            Event::Text(_) | Event::Binary(_) | Event::Pong => self.count_message(now),
        }
    }

    fn count_message(&mut self, now: Moment) {
        if FLOOD_WINDOW < now.instant.duration_since(self.window_began) {
            self.window_began = now.instant;
            self.n_messages = 0;
        }
        self.n_messages += 1;
        if MAX_MESSAGES < self.n_messages {
            self.close(End::Flood, now);
        }
    }

    /// Nothing more will come from the other side.
    pub fn hung_up(&mut self) {
        let end = match self.phase {
            Phase::Closing { end, .. } | Phase::Over(end) => end,
            _ => End::Left,
        };
        self.phase = Phase::Over(end);
    }

    /// Says why it is over.
    fn close(&mut self, end: End, now: Moment) {
        match end {
            End::Restart => {
                let max_ms = self.settings.max_retry.as_millis();
                let retry_ms = rand::random_range(0..=max_ms);
                let reason = format!("retry_ms={retry_ms}");
                self.say_close(CLOSE_RESTART, &reason, end, now);
            }
            End::TooSlow => self.say_close(CLOSE_TOO_SLOW, "too slow", end, now),
            End::Flood => self.say_close(CLOSE_POLICY, "too many messages", end, now),
            End::TooOld => {
                self.say_close(CLOSE_TOO_OLD, "protocol too old; reload the page", end, now);
            }
            End::Left | End::Violation => self.say_close(1000, "", end, now),
        }
    }

    fn say_close(&mut self, code: u16, reason: &str, end: End, now: Moment) {
        self.outbox.push_last(message::close(code, reason));
        // Nobody who is gone keeps a view alive.
        self.looks.clear();
        self.phase = Phase::Closing {
            end,
            until: now.instant + CLOSING_FOR,
            is_answered: false,
        };
    }

    /// Both sides have said it; what is left is to write ours.
    fn close_is_answered(&mut self) {
        if let Phase::Closing { is_answered, .. } = &mut self.phase {
            *is_answered = true;
        }
        self.end_if_all_is_said();
    }

    fn end_if_all_is_said(&mut self) {
        if let Phase::Closing {
            end, is_answered, ..
        } = self.phase
            && is_answered
            && self.outbox.is_empty()
        {
            self.phase = Phase::Over(end);
        }
    }
}
