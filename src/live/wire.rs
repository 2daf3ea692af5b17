//! Bytes as they go to sockets: whole WebSocket messages, made once for everyone who gets them.
//!
//! A server's frames are not masked, so header and payload are the same for every viewer with the
//! same extensions. There are two forms: plain, and deflated once as permessage-deflate without
//! context takeover allows it. Only what somebody asks for is made.

use bytes::Bytes;

use super::ws::deflate::deflate;
use super::ws::message::{self, Opcode};

/// Payloads below this gain nothing by compression; they go plain to everyone.
const LEAST_DEFLATED_BYTES: usize = 256;
/// Payloads up to these sizes are compressed thoroughly, beyond them quickly: JSON is large each
/// tick (36 ms for a megabyte, against 6), planes are small, and names are made seldom.
const THOROUGH_TEXT_BYTES: usize = 64 << 10;
const THOROUGH_BINARY_BYTES: usize = 2 << 20;
/// Compression levels of deflate.
const THOROUGH: u32 = 6;
const QUICK: u32 = 1;

/// Which forms are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// For viewers that do not inflate.
    pub plain: bool,
    /// For viewers that do.
    pub deflated: bool,
}

impl Forms {
    /// Whether nobody wants anything.
    pub fn is_none(self) -> bool {
        !self.plain && !self.deflated
    }
}

/// One or several whole messages, in the forms that were wanted.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    plain: Option<Bytes>,
    deflated: Option<Bytes>,
}

impl Wire {
    /// One message.
    pub fn of(opcode: Opcode, payload: &[u8], forms: Forms) -> Self {
        Builder::new(forms).add(opcode, payload).done()
    }

    /// What a viewer gets; who inflates may be sent plain messages as well.
    pub fn pick(&self, deflates: bool) -> Option<&Bytes> {
        match &self.deflated {
            Some(bytes) if deflates => Some(bytes),
            _ => self.plain.as_ref(),
        }
    }

    /// Bytes held.
    pub fn len(&self) -> usize {
        let len = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        len(&self.plain) + len(&self.deflated)
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Several messages in one buffer, to be written at once.
#[derive(Debug)]
pub struct Builder {
    plain: Option<Vec<u8>>,
    deflated: Option<Vec<u8>>,
}

impl Builder {
    /// Nothing yet.
    pub fn new(forms: Forms) -> Self {
        Self {
            plain: forms.plain.then(Vec::new),
            deflated: forms.deflated.then(Vec::new),
        }
    }

    /// Adds a message.
    #[must_use]
    pub fn add(mut self, opcode: Opcode, payload: &[u8]) -> Self {
        if let Some(plain) = &mut self.plain {
            message::append(plain, opcode, false, payload);
        }
        if let Some(out) = &mut self.deflated {
            if payload.len() < LEAST_DEFLATED_BYTES {
                message::append(out, opcode, false, payload);
            } else {
                message::append(
                    out,
                    opcode,
                    true,
                    &deflate(payload, level(opcode, payload.len())),
                );
            }
        }
        self
    }

    /// Adds what was made before; a form that it lacks is lost.
    #[must_use]
    pub fn add_made(mut self, made: &Wire) -> Self {
        let join = |mine: Option<Vec<u8>>, other: &Option<Bytes>| {
            mine.zip(other.as_ref()).map(|(mut mine, other)| {
                mine.extend_from_slice(other);
                mine
            })
        };
        self.plain = join(self.plain, &made.plain);
        self.deflated = join(self.deflated, &made.deflated);
        self
    }

    /// The buffer.
    pub fn done(self) -> Wire {
        Wire {
            plain: self.plain.map(Bytes::from),
            deflated: self.deflated.map(Bytes::from),
        }
    }
}

fn level(opcode: Opcode, bytes: usize) -> u32 {
    let thorough_up_to = match opcode {
        Opcode::Text => THOROUGH_TEXT_BYTES,
        _ => THOROUGH_BINARY_BYTES,
    };
    if bytes <= thorough_up_to {
        THOROUGH
    } else {
        QUICK
    }
}
