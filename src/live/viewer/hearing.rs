//! What a viewer says: next to nothing is needed of it, and what comes is bounded.

use std::time::Duration;

use serde::Deserialize;

use super::sight::Sight;
use super::{Dialect, End, Moment, Phase, Viewer};
use crate::live::ws::message;
use crate::live::ws::parser::Event;

/// No message of a viewer may be larger.
pub(super) const MAX_MESSAGE_BYTES: usize = 16 << 10;
/// Messages a viewer may send within [`FLOOD_WINDOW`].
const MAX_MESSAGES: u32 = 100;
/// Bytes a viewer may send within it: the pieces of a message without end are no messages.
const MAX_BYTES: usize = 2 << 20;
const FLOOD_WINDOW: Duration = Duration::from_secs(10);

/// What a viewer of the binary protocol can say; anything else is left unheard.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Saying {
    View(Sight),
}

impl Viewer {
    /// Takes bytes that were read.
    pub fn receive(&mut self, bytes: &[u8], now: Moment) {
        if matches!(self.phase, Phase::Over(_)) {
            return;
        }
        self.count_bytes(bytes.len(), now);
        let mut events = Vec::new();
        let parsed = self.parser.feed(bytes, &mut events);
        for event in events {
            self.take(event, now);
        }
        if let Err(violation) = parsed
            && !self.is_closing()
        {
            self.say_close(violation.code(), violation.reason(), End::Violation, now);
        }
    }

    fn take(&mut self, event: Event, now: Moment) {
        let is_closing = self.is_closing();
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
            Event::Text(text) => {
                self.count_message(now);
                self.heed(&text, now);
            }
            Event::Binary(_) | Event::Pong => self.count_message(now),
        }
    }

    fn count_bytes(&mut self, n: usize, now: Moment) {
        if FLOOD_WINDOW < now.instant.duration_since(self.window_began) {
            self.window_began = now.instant;
            (self.n_messages, self.n_bytes) = (0, 0);
        }
        self.n_bytes += n;
        if MAX_BYTES < self.n_bytes && !self.is_closing() {
            self.close(End::Flood, now);
        }
    }

    fn count_message(&mut self, now: Moment) {
        self.n_messages += 1;
        if MAX_MESSAGES < self.n_messages {
            self.close(End::Flood, now);
        }
    }

    fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing { .. } | Phase::Over(_))
    }

    /// Does what a viewer asks for, if it can be done.
    pub fn heed(&mut self, text: &str, now: Moment) {
        let said = serde_json::from_str(text);
        if let (Dialect::Bin, Ok(Saying::View(sight))) = (self.dialect, said)
            && sight.is_sane()
            && !self.is_closing()
        {
            self.look_at(sight, now);
        }
    }
}
