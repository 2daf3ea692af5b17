//! The 52 bytes that every fleet message begins with.

use jiff::Timestamp;

use super::decode::DecodeError;
use super::tile::Tile;

/// Bytes before the body.
pub(super) const HEAD_BYTES: usize = 52;
/// The greatest whole number of which a JavaScript number can say that it is no other.
const MAX_WHOLE: f64 = 9_007_199_254_740_991.0;

/// Which messages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Keyframe = 1,
    Differences = 2,
    Dictionary = 3,
}

/// What a message is about, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The part of the world it tells of.
    pub tile: Tile,
    /// Of differences: the state they build on. Of the other messages `seq` is sent.
    pub base: u64,
    /// The state after the message.
    pub seq: u64,
    /// The server's clock.
    pub at: Timestamp,
}

impl Head {
    /// The server's clock in whole seconds, from which ages count.
    pub(super) fn at_s(&self) -> u32 {
        let seconds = self.at.as_millisecond().div_euclid(1000).to_le_bytes();
        u32::from_le_bytes([seconds[0], seconds[1], seconds[2], seconds[3]])
    }
}

/// How much there is of each part of the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) dictionary: usize,
    pub(super) dictionary_bytes: usize,
    pub(super) removed: usize,
    pub(super) full: usize,
    pub(super) moved: usize,
}

/// Appends the head.
pub(super) fn put(out: &mut Vec<u8>, kind: Kind, head: &Head, counts: &Counts) {
    let base = if kind == Kind::Differences {
        head.base
    } else {
        head.seq
    };
    out.extend([kind as u8, head.tile.z]);
    for half in [head.tile.x, head.tile.y, 0] {
        out.extend(half.to_le_bytes());
    }
    for number in [
        f64_of(head.at.as_millisecond()),
        f64_of_seq(head.seq),
        f64_of_seq(base),
    ] {
        out.extend(number.to_le_bytes());
    }
    for count in [
        counts.dictionary,
        counts.dictionary_bytes,
        counts.removed,
        counts.full,
        counts.moved,
    ] {
        // What cannot be counted in 32 bits could not be held either.
        out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of all of jiff's years fit into 53 bits"
)]
fn f64_of(at_ms: i64) -> f64 {
    at_ms as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a tick a millisecond would take 285,000 years to 2^53"
)]
fn f64_of_seq(seq: u64) -> f64 {
    seq as f64
}

/// Takes the head off the front of `bytes`.
pub(super) fn take(bytes: &mut &[u8]) -> Result<(Kind, Head, Counts), DecodeError> {
    let (head, rest) = bytes
        .split_at_checked(HEAD_BYTES)
        .ok_or(DecodeError::Short)?;
    *bytes = rest;
    let kind = match head[0] {
        1 => Kind::Keyframe,
        2 => Kind::Differences,
        3 => Kind::Dictionary,
        other => return Err(DecodeError::Kind(other)),
    };
    let tile = Tile {
        z: head[1],
        x: u16::from_le_bytes([head[2], head[3]]),
        y: u16::from_le_bytes([head[4], head[5]]),
    };
    let (at_ms, seq, base) = (whole(head, 8)?, whole(head, 16)?, whole(head, 24)?);
    let at = Timestamp::from_millisecond(at_ms).ok();
    let head_is_sane =
        tile.is_valid() && (base < seq) == (kind == Kind::Differences) && base <= seq;
    let (Some(at), true) = (at, head_is_sane) else {
        return Err(DecodeError::Head);
    };
    let counts = Counts {
        dictionary: count(head, 32),
        dictionary_bytes: count(head, 36),
        removed: count(head, 40),
        full: count(head, 44),
        moved: count(head, 48),
    };
    let whole = |number: i64| u64::try_from(number).ok().ok_or(DecodeError::Head);
    let head = Head {
        tile,
        base: whole(base)?,
        seq: whole(seq)?,
        at,
    };
    Ok((kind, head, counts))
}

fn count(head: &[u8], at: usize) -> usize {
    let bytes = [head[at], head[at + 1], head[at + 2], head[at + 3]];
    usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
fn whole(head: &[u8], at: usize) -> Result<i64, DecodeError> {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&head[at..at + 8]);
    let number = f64::from_le_bytes(bytes);
    let is_whole = number.abs() <= MAX_WHOLE && number.fract() == 0.0;
    is_whole.then_some(number as i64).ok_or(DecodeError::Head)
}
