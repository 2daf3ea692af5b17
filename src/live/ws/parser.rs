//! What a client sends: bytes in whatever pieces, messages and control frames out (RFC 6455 5
//! and 7).
//!
//! Most viewers say nothing, so a parser holds nothing but its rules until a frame or a message
//! is left unfinished. Memory follows what has come, never what a header announces.

use super::deflate::{InflateError, inflate};
use super::header::{Begun, Frame, Header, Rules};
use super::message::Opcode;

/// What came, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message of text.
    Text(String),
    /// A message of bytes.
    Binary(Vec<u8>),
    /// To be answered by [`super::message::pong`] with these bytes, 125 at most.
    Ping(Vec<u8>),
    /// A sign of life.
    Pong,
    /// The end, with code and reason if any were given; to be answered with the same code.
    Close(Option<(u16, String)>),
}

/// What a client did wrong; the connection is closed with its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The rules of RFC 6455 are broken: which one.
    #[error("{0}")]
    Protocol(&'static str),
    /// A text or a close reason is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// A compressed message cannot be inflated.
    #[error("a compressed message that cannot be inflated")]
    BadData,
    /// A message is larger than is read, as it came or inflated.
    #[error("message too big")]
    TooBig,
}

impl Violation {
    /// The close code for it.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::NotUtf8 | Self::BadData => 1007,
            Self::TooBig => 1009,
        }
    }

    /// The close reason for it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Protocol(reason) => reason,
            Self::NotUtf8 => "text that is not UTF-8",
            Self::BadData => "a compressed message that cannot be inflated",
            Self::TooBig => "message too big",
        }
    }
}

/// Reads what one client sends.
#[derive(Debug)]
pub struct Parser {
    rules: Rules,
    /// Boxed, because hardly any parser has one.
    pending: Option<Box<Pending>>,
    is_over: bool,
}

impl Parser {
    /// For a new connection. `max_message_bytes` limits a message without its headers, as it came
    /// and inflated; `deflates` is what the handshake agreed.
    pub fn new(max_message_bytes: usize, deflates: bool) -> Self {
        let rules = Rules {
            max_message_bytes,
            deflates,
        };
        Self {
            rules,
            pending: None,
            is_over: false,
        }
    }

    /// Takes bytes as they came, in whatever pieces; appends what they complete to `events`, in
    /// order. What was complete before a violation is still given. After a close or a violation
    /// bytes are ignored.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Violation> {
        if self.is_over {
            return Ok(());
        }
        let mut pending = self.pending.take().map_or_else(Pending::default, |it| *it);
        let read = pending.read(self.rules, bytes, events);
        self.is_over = read != Ok(Goes::On);
        if !self.is_over && !pending.is_empty() {
            self.pending = Some(Box::new(pending));
        }
        read.map(|_| ())
    }
}

#[cfg(test)]
impl Parser {
    /// Whether anything is held beyond the parser itself.
    pub(super) fn has_pending(&self) -> bool {
        self.pending.is_some()
    }
}

/// Whether there is more to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    On,
    NoFurther,
}

/// What is unfinished.
#[derive(Debug, Default)]
struct Pending {
    header: Header,
    /// The frame whose payload is coming.
    frame: Option<Frame>,
    /// The payload of a control frame.
    control: Vec<u8>,
    message: Option<Message>,
}

/// A message that has begun.
#[derive(Debug)]
struct Message {
    is_text: bool,
    is_deflated: bool,
    payload: Vec<u8>,
    /// How much of a plain text is known to be UTF-8.
    n_valid: usize,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.header.is_empty() && self.frame.is_none() && self.message.is_none()
    }

    fn read(
        &mut self,
        rules: Rules,
        mut bytes: &[u8],
        events: &mut Vec<Event>,
    ) -> Result<Goes, Violation> {
        while let Some((&byte, rest)) = bytes.split_first() {
            bytes = if let Some(frame) = &self.frame {
                let (payload, rest) = bytes.split_at(frame.n_left.min(bytes.len()));
                self.take_payload(payload)?;
                rest
            } else {
                self.take_header(byte, rules)?;
                rest
            };
            let Some(frame) = self.frame.take_if(|frame| frame.n_left == 0) else {
                continue;
            };
            if let Some(event) = self.complete(frame, rules)? {
                let is_close = matches!(event, Event::Close(_));
                events.push(event);
                if is_close {
                    return Ok(Goes::NoFurther);
                }
            }
        }
        Ok(Goes::On)
    }

    fn take_header(&mut self, byte: u8, rules: Rules) -> Result<(), Violation> {
        let begun = self.message.as_ref().map(Message::begun);
        let Some(frame) = self.header.push(byte, rules, begun)? else {
            return Ok(());
        };
        self.header = Header::default();
        if matches!(frame.opcode, Opcode::Text | Opcode::Binary) {
            self.message = Some(Message {
                is_text: frame.opcode == Opcode::Text,
                is_deflated: frame.is_deflated,
                payload: Vec::new(),
                n_valid: 0,
            });
        }
        self.frame = Some(frame);
        Ok(())
    }

    fn take_payload(&mut self, masked: &[u8]) -> Result<(), Violation> {
        let Some(frame) = &mut self.frame else {
            return Ok(());
        };
        let mut mask = frame.mask;
        mask.rotate_left(frame.n_taken % 4);
        frame.n_taken += masked.len();
        frame.n_left -= masked.len();
        let message = self.message.as_mut().filter(|_| !frame.opcode.is_control());
        if let Some(message) = message {
            unmask_into(&mut message.payload, masked, mask);
            message.check_so_far()
        } else {
            unmask_into(&mut self.control, masked, mask);
            Ok(())
        }
    }

    /// The event that a whole frame makes; none before the last fragment.
    fn complete(&mut self, frame: Frame, rules: Rules) -> Result<Option<Event>, Violation> {
        let control = std::mem::take(&mut self.control);
        Ok(match frame.opcode {
            Opcode::Ping => Some(Event::Ping(control)),
            Opcode::Pong => Some(Event::Pong),
            Opcode::Close => Some(Event::Close(close(&control)?)),
            _ if frame.is_final => {
                let message = self.message.take();
                message.map(|it| it.into_event(rules)).transpose()?
            }
            _ => None,
        })
    }
}

impl Message {
    fn begun(&self) -> Begun {
        Begun {
            is_deflated: self.is_deflated,
            n_bytes: self.payload.len(),
        }
    }

    /// Fails at the first byte that no UTF-8 can have there.
    fn check_so_far(&mut self) -> Result<(), Violation> {
        if !self.is_text || self.is_deflated {
            return Ok(());
        }
        match str::from_utf8(&self.payload[self.n_valid..]) {
            Ok(text) => self.n_valid += text.len(),
            Err(error) if error.error_len().is_some() => return Err(Violation::NotUtf8),
            Err(error) => self.n_valid += error.valid_up_to(),
        }
        Ok(())
    }

    fn into_event(self, rules: Rules) -> Result<Event, Violation> {
        let payload = if self.is_deflated {
            inflate(&self.payload, rules.max_message_bytes).map_err(|error| match error {
                InflateError::BadData => Violation::BadData,
                InflateError::TooBig => Violation::TooBig,
            })?
        } else {
            self.payload
        };
        if !self.is_text {
            return Ok(Event::Binary(payload));
        }
        let text = String::from_utf8(payload).map_err(|_error| Violation::NotUtf8)?;
        Ok(Event::Text(text))
    }
}

/// Code and reason of a close frame (RFC 6455 5.5.1 and 7.4).
fn close(payload: &[u8]) -> Result<Option<(u16, String)>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        let is_empty = payload.is_empty();
        let error = Violation::Protocol("a close with half a code");
        return if is_empty { Ok(None) } else { Err(error) };
    };
    let code = u16::from_be_bytes(*code);
    // 1004 to 1006 and 1015 are not for the wire; 1000 to 2999 are registered or reserved.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::Protocol("a close code that may not be sent"));
    }
    let reason = str::from_utf8(reason).map_err(|_error| Violation::NotUtf8)?;
    Ok(Some((code, reason.to_owned())))
}

/// Appends `masked` without its mask, eight bytes at a time.
fn unmask_into(to: &mut Vec<u8>, masked: &[u8], mask: [u8; 4]) {
    let start = to.len();
    to.extend_from_slice(masked);
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = to[start..].as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip([a, b, c, d].iter().cycle()) {
        *byte ^= mask;
    }
}
