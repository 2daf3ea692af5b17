//! One viewer's side of the conversation, without its socket: what to send next, what to make of
//! what came in, when to give up.
//!
//! Whoever owns the socket (`shard.rs`, `wrapped.rs`) asks [`Viewer::fill`] for bytes, writes what
//! the [`Outbox`] holds, hands over what it read, and calls [`Viewer::tick`] now and then. Nothing
//! queues: the outbox is filled only when it is empty, from what the channels hold just then.

mod closing;
mod greeting;
mod hearing;
mod look;
mod looking;
pub mod sight;
mod terms;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use bytes::Bytes;

use super::channel::{Next, Pace};
use super::frame::{self, Frame, Stamp};
use super::hub::{Hub, View};
use super::outbox::Outbox;
use super::pass::Pass;
use super::ws::message::{self, Opcode};
use super::ws::parser::Parser;

use self::hearing::MAX_MESSAGE_BYTES;
use self::look::Look;
use self::sight::{Sight, views};
pub use self::terms::*;

/// Frames put into the outbox at once.
const MAX_AT_ONCE: usize = 32;
/// One viewer.
#[derive(Debug)]
pub struct Viewer {
    hub: Arc<Hub>,
    settings: ViewerSettings,
    dialect: Dialect,
    deflates: bool,
    looks: Vec<Look>,
    parser: Parser,
    outbox: Outbox,
    phase: Phase,
    pace: Pace,
    /// Who came back was promised each frame up to this one.
    promised: u64,
    pong: Option<Bytes>,
    sent_at: Instant,
    /// Until when what is in the outbox must be written, once it could not be at once.
    patience_ends: Option<Instant>,
    window_began: Instant,
    n_messages: u32,
    n_bytes: usize,
    /// What it said it looks at, and when that was last weighed, of how many vehicles.
    sight: Option<Sight>,
    n_weighed: usize,
    weighed_at: Instant,
    /// It has not been told yet what it gets.
    is_view_untold: bool,
    /// Everything up to this change has been put into the outbox.
    whole_at: u64,
    pass: Option<Pass>,
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
        // Who speaks JSON gets the whole fleet, whatever it looks at.
        let sight = who.sight.filter(|_| dialect == Dialect::Bin);
        let n_weighed = hub.n_vehicles();
        let seen = match who.dialect {
            None => Vec::new(),
            Some(Dialect::Json) => vec![View::Json],
            Some(Dialect::Bin) => views(sight.as_ref(), &hub, &settings),
        };
        let look = |view| Look::new(&hub, view, who.deflates);
        let looks = seen.into_iter().map(look).collect();
        let is_ours = |(epoch, _): &(String, u64)| *epoch == hub.epoch();
        let resume = who.resume.filter(is_ours).map(|(_, seq)| seq);
        let mut viewer = Self {
            settings,
            dialect,
            deflates: who.deflates,
            looks,
            parser: Parser::new(MAX_MESSAGE_BYTES, who.deflates),
            outbox: Outbox::default(),
            phase: Phase::Greeting { resume },
            pace: Pace::Steady,
            promised: 0,
            pong: None,
            sent_at: now.instant,
            patience_ends: None,
            window_began: now.instant,
            n_messages: 0,
            n_bytes: 0,
            is_view_untold: sight.is_some(),
            sight,
            n_weighed,
            weighed_at: now.instant,
            whole_at: 0,
            pass: None,
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
        self.heed_dismissal(now);
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

    /// Takes from the channels what is there.
    fn gather(&mut self, now: Moment) {
        self.look_again(now);
        self.say_view(now);
        self.say_letters();
        let told_seq = self.hub.told_seq();
        let mut n_frames = 0;
        let mut is_all = true;
        for look in &mut self.looks {
            let mut pace = self.pace;
            loop {
                let next = look.next(&self.hub, look.pace(self.promised, pace), now);
                let (Next::Frame(bytes, seq) | Next::Keyframe(bytes, seq)) = &next else {
                    is_all &= next == Next::Nothing;
                    break;
                };
                if MAX_AT_ONCE <= n_frames {
                    is_all = false;
                    break;
                }
                if matches!(next, Next::Keyframe(..)) {
                    // The few frames that came after it go along: together they are the newest.
                    pace = Pace::Steady;
                }
                n_frames += 1;
                self.outbox.push(bytes.clone());
                look.held = Some(*seq);
            }
        }
        if is_all {
            self.pace = Pace::Steady;
            self.whole_at = self.whole_at.max(told_seq);
            // Who looks at parts learns in this way that it has all of them.
            let is_in_parts = self.looks.iter().any(|look| look.view == View::Cells);
            if 0 < n_frames && is_in_parts {
                self.say_heartbeat(now);
            }
        }
    }

    fn say_heartbeat(&mut self, now: Moment) {
        let seq = match self.dialect {
            Dialect::Json => self.looks.first().and_then(|look| look.held).unwrap_or(0),
            Dialect::Bin => self.whole_at,
        };
        let at = Stamp(now.at);
        let text = frame::encode(&Frame::Heartbeat { seq, at });
        self.say(&text);
    }

    /// What a desk tells it, where it is a screen.
    fn say_letters(&mut self) {
        let Some(pass) = self.pass.take_if(|pass| pass.has_letters()) else {
            return;
        };
        for text in pass.letters() {
            self.say(&text);
        }
        self.pass = Some(pass);
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
        self.pace = Pace::Behind;
        // A large keyframe may take its time on a thin line: a second for each 32 KiB.
        let on_the_thinnest_line = u64::try_from(self.outbox.len() >> 15).unwrap_or(u64::MAX);
        let patience = self.settings.patience + Duration::from_secs(on_the_thinnest_line);
        self.patience_ends.get_or_insert(now.instant + patience);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Moment) {
        self.heed_dismissal(now);
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
            self.say_heartbeat(now);
            self.sent_at = now.instant;
        }
    }
}
