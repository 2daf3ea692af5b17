//! From bytes to what they say, before it is applied. Whatever the bytes, this ends in a message
//! or an error, and takes no more memory than a few times theirs.

use super::delta::Delta;
use super::encode::{FULL_PLANES, MOVED_PLANES};
use super::entry::Entry;
use super::head::{self, Counts, Head, Kind};
use super::row::Row;
use super::varint::take_indices;

/// Why a message was refused. Nothing of it has been applied.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It ends before it is complete.
    #[error("the message is cut short")]
    Short,
    /// There is more than it announces.
    #[error("{0} bytes follow the end of the message")]
    Long(usize),
    /// No such kind is known; JSON messages are not for this decoder.
    #[error("no kind of fleet message is {0}")]
    Kind(u8),
    /// A tile, a number or a time that cannot be.
    #[error("the head of the message is wrong")]
    Head,
    /// This kind does not have all of these parts.
    #[error("the message has parts that its kind has not")]
    Parts,
    /// Indices do not ascend, or are out of range.
    #[error("a list of indices is wrong")]
    Indices,
    /// The names are not the JSON they should be.
    #[error("the dictionary is wrong")]
    Dictionary(#[from] serde_json::Error),
    /// The names are not as many as their indices.
    #[error("the dictionary has {found} entries for {expected} indices")]
    DictionaryLength {
        /// Indices.
        expected: usize,
        /// Entries.
        found: usize,
    },
    /// No vehicle can have such a row, or not in this tile.
    #[error("the row of vehicle {0} cannot be")]
    Row(u32),
    /// The vehicle it is about is not held, or is told of twice.
    #[error("vehicle {0} is not held, or told of twice")]
    Vehicle(u32),
}

/// A message, taken apart.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) head: Head,
    pub(super) entries: Vec<(u32, Entry<'static>)>,
    pub(super) removed: Vec<u32>,
    pub(super) full: Vec<(u32, Row)>,
    pub(super) moved: Vec<(u32, Delta)>,
}

impl Message {
    /// Reads `bytes`, all of them.
    pub(super) fn read(mut bytes: &[u8]) -> Result<Self, DecodeError> {
        let (kind, head, counts) = head::take(&mut bytes)?;
        let has_its_parts = match kind {
            Kind::Keyframe => counts.removed == 0 && counts.moved == 0,
            Kind::Differences => true,
            Kind::Dictionary => counts.removed == 0 && counts.full == 0 && counts.moved == 0,
        };
        if !has_its_parts {
            return Err(DecodeError::Parts);
        }
        let message = Self {
            kind,
            head,
            entries: take_entries(&mut bytes, &counts)?,
            removed: indices(&mut bytes, counts.removed)?,
            full: take_full(&mut bytes, &head, counts.full)?,
            moved: take_moved(&mut bytes, counts.moved)?,
        };
        if bytes.is_empty() {
            Ok(message)
        } else {
            Err(DecodeError::Long(bytes.len()))
        }
    }
}

fn indices(bytes: &mut &[u8], n: usize) -> Result<Vec<u32>, DecodeError> {
    take_indices(bytes, n).ok_or(DecodeError::Indices)
}

fn take<'a>(bytes: &mut &'a [u8], n: usize) -> Result<&'a [u8], DecodeError> {
    let (taken, rest) = bytes.split_at_checked(n).ok_or(DecodeError::Short)?;
    *bytes = rest;
    Ok(taken)
}

fn take_entries(
    bytes: &mut &[u8],
    counts: &Counts,
) -> Result<Vec<(u32, Entry<'static>)>, DecodeError> {
    let indices = indices(bytes, counts.dictionary)?;
    let json = take(bytes, counts.dictionary_bytes)?;
    if indices.is_empty() && json.is_empty() {
        return Ok(Vec::new());
    }
    let entries: Vec<Entry<'static>> = serde_json::from_slice(json)?;
    if entries.len() != indices.len() {
        return Err(DecodeError::DictionaryLength {
            expected: indices.len(),
            found: entries.len(),
        });
    }
    Ok(indices.into_iter().zip(entries).collect())
}

/// Planes of `n` bytes each.
struct Planes<'a>(&'a [u8], usize);

impl<'a> Planes<'a> {
    fn take(bytes: &mut &'a [u8], n_planes: usize, n: usize) -> Result<Self, DecodeError> {
        Ok(Self(take(bytes, n_planes.saturating_mul(n))?, n))
    }

    /// Of row `at`, the bytes in `N` planes from `plane` on.
    fn bytes<const N: usize>(&self, plane: usize, at: usize) -> [u8; N] {
        std::array::from_fn(|byte| self.0[(plane + byte) * self.1 + at])
    }
}

fn take_full(bytes: &mut &[u8], head: &Head, n: usize) -> Result<Vec<(u32, Row)>, DecodeError> {
    let indices = indices(bytes, n)?;
    let planes = Planes::take(bytes, FULL_PLANES, n)?;
    let row = |at| {
        let [state, flags, heading, speed, expected] = planes.bytes(0, at);
        Row {
            x: u32::from_le_bytes(planes.bytes(9, at)),
            y: u32::from_le_bytes(planes.bytes(13, at)),
            heading,
            speed,
            state,
            flags,
            expected,
            fixed_s: head
                .at_s()
                .wrapping_sub(u32::from_le_bytes(planes.bytes(5, at))),
        }
    };
    let rows = indices.into_iter().enumerate();
    rows.map(|(at, index)| (index, row(at)))
        .map(|(index, row)| {
            let can_be = row.is_valid() && head.tile.holds(&row);
            can_be
                .then_some((index, row))
                .ok_or(DecodeError::Row(index))
        })
        .collect()
}

fn take_moved(bytes: &mut &[u8], n: usize) -> Result<Vec<(u32, Delta)>, DecodeError> {
    let indices = indices(bytes, n)?;
    let planes = Planes::take(bytes, MOVED_PLANES, n)?;
    let delta = |at| {
        let [state, flags, heading, speed, expected] = planes.bytes(0, at);
        Delta {
            state,
            flags,
            heading,
            speed,
            expected,
            fixed_s: u16::from_le_bytes(planes.bytes(5, at)),
            dx: u16::from_le_bytes(planes.bytes(7, at)),
            dy: u16::from_le_bytes(planes.bytes(9, at)),
        }
    };
    let moved = indices.into_iter().enumerate();
    Ok(moved.map(|(at, index)| (index, delta(at))).collect())
}
