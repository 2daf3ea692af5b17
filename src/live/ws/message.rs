//! What the server sends: whole frames, header and payload in one buffer, never masked and never
//! fragmented (RFC 6455 5.2). The same bytes are right for every viewer.

use bytes::Bytes;

/// More than this a control frame may not carry.
pub const MAX_CONTROL_BYTES: usize = 125;

const FINAL: u8 = 0x80;
const DEFLATED: u8 = 0x40;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// More of a message that has begun; only clients send it here.
    Continuation = 0,
    /// A message of UTF-8.
    Text = 1,
    /// A message of bytes.
    Binary = 2,
    /// The end; the payload is a code and a reason.
    Close = 8,
    /// To be answered with a pong of the same payload.
    Ping = 9,
    /// The answer to a ping, or a sign of life.
    Pong = 10,
}

impl Opcode {
    /// The opcode of these four bits; none for a reserved one.
    pub(super) fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    /// Whether frames of it stand for themselves: short, whole, and between others.
    pub fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

/// One whole message: header and payload in one buffer. `is_deflated` says that the payload comes
/// from [`super::deflate::deflate`]; only viewers that agreed to it may get such a message.
pub fn message(opcode: Opcode, is_deflated: bool, payload: &[u8]) -> Bytes {
    let mut bytes = Vec::new();
    append(&mut bytes, opcode, is_deflated, payload);
    Bytes::from(bytes)
}

/// As [`message`], at the end of `to`: several messages in one buffer.
pub fn append(to: &mut Vec<u8>, opcode: Opcode, is_deflated: bool, payload: &[u8]) {
    let is_deflated = is_deflated && !opcode.is_control();
    let first = FINAL | if is_deflated { DEFLATED } else { 0 } | opcode as u8;
    let n_bytes = payload.len();
    let mut header = [first, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let n_header = match (u8::try_from(n_bytes), u16::try_from(n_bytes)) {
        (Ok(n), _) if n <= 125 => {
            header[1] = n;
            2
        }
        (_, Ok(n)) => {
            header[1] = 126;
            header[2..4].copy_from_slice(&n.to_be_bytes());
            4
        }
        _ => {
            header[1] = 127;
            header[2..].copy_from_slice(&(n_bytes as u64).to_be_bytes());
            10
        }
    };
    to.reserve_exact(n_header + n_bytes);
    to.extend_from_slice(&header[..n_header]);
    to.extend_from_slice(payload);
}

/// The answer to a ping. A payload beyond 125 bytes is cut: no ping that was read has one.
pub fn pong(payload: &[u8]) -> Bytes {
    let n_bytes = payload.len().min(MAX_CONTROL_BYTES);
    message(Opcode::Pong, false, &payload[..n_bytes])
}

/// A ping without payload.
pub fn ping() -> Bytes {
    Bytes::from_static(&[FINAL | Opcode::Ping as u8, 0])
}

/// The end, with a code and a reason for people; the reason is cut, between characters, to the
/// 123 bytes that fit.
pub fn close(code: u16, reason: &str) -> Bytes {
    let n_bytes = reason.floor_char_boundary(MAX_CONTROL_BYTES - 2);
    let payload = [&code.to_be_bytes(), &reason.as_bytes()[..n_bytes]].concat();
    message(Opcode::Close, false, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc() {
        let hello = message(Opcode::Text, false, b"Hello");
        assert_eq!(hello[..], [0x81, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        assert_eq!(pong(b"Hello")[..2], [0x8a, 5]);
        let medium = message(Opcode::Binary, false, &[7; 256]);
        assert_eq!(medium[..5], [0x82, 126, 1, 0, 7]);
        let large = message(Opcode::Binary, false, &vec![7; 65_536]);
        assert_eq!(large[..11], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0, 7]);
        assert_eq!(large.len(), 10 + 65_536);
    }

    #[test]
    fn each_length_has_its_shortest_form() {
        for (n_bytes, n_header) in [
            (0, 2),
            (125, 2),
            (126, 4),
            (127, 4),
            (255, 4),
            (65_535, 4),
            (65_536, 10),
        ] {
            let bytes = message(Opcode::Binary, false, &vec![0; n_bytes]);
            assert_eq!(bytes.len(), n_bytes + n_header);
        }
    }

    #[test]
    fn compression_is_said_of_messages_only() {
        assert_eq!(message(Opcode::Text, true, b"")[0], 0xc1);
        assert_eq!(message(Opcode::Binary, true, b"")[0], 0xc2);
        assert_eq!(message(Opcode::Ping, true, b"")[..], ping());
    }

    #[test]
    fn messages_stand_one_after_the_other() {
        let mut bytes = Vec::new();
        append(&mut bytes, Opcode::Text, false, b"a");
        append(&mut bytes, Opcode::Binary, true, b"b");
        assert_eq!(bytes, [0x81, 1, b'a', 0xc2, 1, b'b']);
    }

    #[test]
    fn a_close_says_code_and_reason_within_the_limit() {
        assert_eq!(close(1012, "retry")[..4], [0x88, 7, 0x03, 0xf4]);
        assert_eq!(close(1012, "retry")[4..], *b"retry");
        assert_eq!(close(1000, "")[..], [0x88, 2, 0x03, 0xe8]);
        // 123 is odd and "é" has two bytes: the last one does not fit.
        let long = close(1000, &"é".repeat(100));
        assert_eq!(long.len(), 2 + 2 + 122);
        assert!(str::from_utf8(&long[4..]).is_ok());
        assert_eq!(close(1000, &"e".repeat(200)).len(), 2 + 125);
    }

    #[test]
    fn a_pong_is_never_too_long() {
        assert_eq!(pong(&[1; 125]).len(), 127);
        assert_eq!(pong(&[1; 126]).len(), 127);
    }
}
