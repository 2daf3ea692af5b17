//! The header of a client's frame (RFC 6455 5.2), taken byte by byte, so that it is judged the
//! same however the bytes came, and at the first byte that is wrong.

use super::message::{MAX_CONTROL_BYTES, Opcode};
use super::parser::Violation;

const FINAL: u8 = 0x80;
const DEFLATED: u8 = 0x40;
const OTHER_RESERVED: u8 = 0x30;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;

/// What a connection allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) max_message_bytes: usize,
    pub(super) deflates: bool,
}

impl Rules {
    /// What a message may take on the wire. What cannot be compressed grows a little in it.
    fn max_wire_bytes(self, is_deflated: bool) -> usize {
        let max = self.max_message_bytes;
        let more = if is_deflated { max / 4 + 64 } else { 0 };
        max.saturating_add(more)
    }
}

/// A message that has begun and has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    pub(super) is_deflated: bool,
    pub(super) n_bytes: usize,
}

/// A frame whose header is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) opcode: Opcode,
    pub(super) is_final: bool,
    pub(super) is_deflated: bool,
    pub(super) mask: [u8; 4],
    /// Bytes of the payload that are still to come.
    pub(super) n_left: usize,
    /// Bytes of the payload that have come.
    pub(super) n_taken: usize,
}

/// The bytes of a header that have come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    bytes: [u8; 14],
    n_bytes: usize,
}

impl Header {
    pub(super) fn is_empty(&self) -> bool {
        self.n_bytes == 0
    }

    /// Takes the next byte; gives the frame with the last one.
    pub(super) fn push(
        &mut self,
        byte: u8,
        rules: Rules,
        begun: Option<Begun>,
    ) -> Result<Option<Frame>, Violation> {
        self.bytes[self.n_bytes] = byte;
        self.n_bytes += 1;
        match self.n_bytes {
            1 => return self.check_kind(rules, begun).map(|()| None),
            2 => self.check_mask_and_form()?,
            _ => {}
        }
        let n_before_mask = 2 + self.n_extended();
        if self.n_bytes == n_before_mask {
            self.check_length(rules, begun)?;
        }
        if self.n_bytes < n_before_mask + 4 {
            return Ok(None);
        }
        let mut mask = [0; 4];
        mask.copy_from_slice(&self.bytes[n_before_mask..n_before_mask + 4]);
        Ok(Some(Frame {
            opcode: self.opcode()?,
            is_final: self.bytes[0] & FINAL != 0,
            is_deflated: self.bytes[0] & DEFLATED != 0,
            mask,
            n_left: usize::try_from(self.length()).map_err(|_error| Violation::TooBig)?,
            n_taken: 0,
        }))
    }

    fn opcode(&self) -> Result<Opcode, Violation> {
        let opcode = Opcode::from_bits(self.bytes[0] & OPCODE);
        opcode.ok_or(Violation::Protocol("a reserved opcode"))
    }

    /// The first byte: reserved bits, opcode, and whether it may come now.
    fn check_kind(&self, rules: Rules, begun: Option<Begun>) -> Result<(), Violation> {
        let byte = self.bytes[0];
        let opcode = self.opcode()?;
        let is_first = matches!(opcode, Opcode::Text | Opcode::Binary);
        let may_be_deflated = rules.deflates && is_first;
        if byte & OTHER_RESERVED != 0 || byte & DEFLATED != 0 && !may_be_deflated {
            return Err(Violation::Protocol("a reserved bit is set"));
        }
        if opcode.is_control() && byte & FINAL == 0 {
            return Err(Violation::Protocol("a control frame in fragments"));
        }
        if opcode == Opcode::Continuation && begun.is_none() {
            return Err(Violation::Protocol("a continuation of nothing"));
        }
        if is_first && begun.is_some() {
            return Err(Violation::Protocol("a message within a message"));
        }
        Ok(())
    }

    /// The second byte: the mask, and the short length of control frames.
    fn check_mask_and_form(&self) -> Result<(), Violation> {
        if self.bytes[1] & MASKED == 0 {
            return Err(Violation::Protocol("a frame without a mask"));
        }
        let is_long = usize::from(self.bytes[1] & LENGTH) > MAX_CONTROL_BYTES;
        if is_long && self.opcode()?.is_control() {
            return Err(Violation::Protocol("a control frame over 125 bytes"));
        }
        Ok(())
    }

    /// Bytes of the length beyond the second byte.
    fn n_extended(&self) -> usize {
        match self.bytes[1] & LENGTH {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    fn length(&self) -> u64 {
        let short = self.bytes[1] & LENGTH;
        let extended = &self.bytes[2..2 + self.n_extended()];
        let value = |value, byte: &u8| value << 8 | u64::from(*byte);
        if extended.is_empty() {
            short.into()
        } else {
            extended.iter().fold(0, value)
        }
    }

    /// The length, once it is known: nothing is allocated for one that is refused.
    fn check_length(&self, rules: Rules, begun: Option<Begun>) -> Result<(), Violation> {
        let length = self.length();
        let least = match self.n_extended() {
            0 => 0,
            2 => 126,
            _ => 1 << 16,
        };
        if length < least {
            return Err(Violation::Protocol("a length in more bytes than it needs"));
        }
        if length >> 63 != 0 {
            return Err(Violation::Protocol("a length with the top bit set"));
        }
        if self.opcode()?.is_control() {
            return Ok(());
        }
        let begun = begun.unwrap_or(Begun {
            is_deflated: self.bytes[0] & DEFLATED != 0,
            n_bytes: 0,
        });
        let max_bytes = rules.max_wire_bytes(begun.is_deflated);
        let is_in_bounds = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(begun.n_bytes))
            .is_some_and(|n_bytes| n_bytes <= max_bytes);
        if is_in_bounds {
            Ok(())
        } else {
            Err(Violation::TooBig)
        }
    }
}
