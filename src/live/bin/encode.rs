//! From rows to messages. Each part of a message is laid out in planes, the first byte of every
//! row, then the second of every row: what is alike stands together, and deflate makes it small.

use super::delta::Delta;
use super::head::{self, Counts, HEAD_BYTES, Head, Kind};
use super::row::Row;
use super::varint::put_indices;

/// Planes of a row told in full, and of one that moved.
pub(super) const FULL_PLANES: usize = 17;
pub(super) const MOVED_PLANES: usize = 11;
/// A guess at the bytes of an index; most follow the one before.
const INDEX_BYTES: usize = 2;

/// What became of one vehicle in one tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is no longer in the tile.
    Removed,
    /// It is as told here.
    Became {
        /// What it was; `None` where it is new in this tile.
        before: Option<Row>,
        /// What it is.
        after: Row,
    },
}

/// A keyframe: all that is in the tile, sorted by index.
pub fn keyframe(head: &Head, rows: &[(u32, Row)]) -> Vec<u8> {
    let counts = Counts {
        full: rows.len(),
        ..Counts::default()
    };
    let mut out = begin(Kind::Keyframe, head, &counts);
    put_full(&mut out, head, rows);
    out
}

/// Names for the keyframe that follows: entries as JSON, sorted by index.
pub fn dictionary<S: AsRef<str>>(head: &Head, entries: &[(u32, S)]) -> Vec<u8> {
    let mut out = begin(Kind::Dictionary, head, &counts_of(entries));
    put_entries(&mut out, entries);
    out
}

/// What differs, `steps` and `entries` (new or changed ones, as JSON) each sorted by index; `None`
/// where a viewer would see no difference.
///
/// Where a vehicle has taken another's index in this very message, `steps` holds the index twice:
/// first `Removed`, then `Became` with nothing before.
pub fn differences<S: AsRef<str>>(
    head: &Head,
    steps: &[(u32, Step)],
    entries: &[(u32, S)],
) -> Option<Vec<u8>> {
    let mut removed = Vec::new();
    let mut full = Vec::new();
    let mut moved = Vec::with_capacity(steps.len());
    for &(index, step) in steps {
        match step {
            Step::Removed => removed.push(index),
            Step::Became { before, after } if before != Some(after) => {
                match before.and_then(|before| Delta::between(&before, &after)) {
                    Some(delta) => moved.push((index, delta)),
                    None => full.push((index, after)),
                }
            }
            Step::Became { .. } => {}
        }
    }
    let counts = Counts {
        removed: removed.len(),
        full: full.len(),
        moved: moved.len(),
        ..counts_of(entries)
    };
    if counts == Counts::default() {
        return None;
    }
    let mut out = begin(Kind::Differences, head, &counts);
    put_entries(&mut out, entries);
    put_indices(&mut out, removed.into_iter());
    put_full(&mut out, head, &full);
    put_moved(&mut out, &moved);
    Some(out)
}

fn begin(kind: Kind, head: &Head, counts: &Counts) -> Vec<u8> {
    let bytes = HEAD_BYTES
        + counts.dictionary * INDEX_BYTES
        + counts.dictionary_bytes
        + counts.removed * INDEX_BYTES
        + counts.full * (INDEX_BYTES + FULL_PLANES)
        + counts.moved * (INDEX_BYTES + MOVED_PLANES);
    let mut out = Vec::with_capacity(bytes);
    head::put(&mut out, kind, head, counts);
    out
}

fn counts_of<S: AsRef<str>>(entries: &[(u32, S)]) -> Counts {
    let text: usize = entries.iter().map(|(_, json)| json.as_ref().len()).sum();
    Counts {
        dictionary: entries.len(),
        // A bracket at each end, and a comma between each two.
        dictionary_bytes: if entries.is_empty() {
            0
        } else {
            text + entries.len() + 1
        },
        ..Counts::default()
    }
}

fn put_entries<S: AsRef<str>>(out: &mut Vec<u8>, entries: &[(u32, S)]) {
    put_indices(out, entries.iter().map(|(index, _)| *index));
    for (at, (_, json)) in entries.iter().enumerate() {
        out.push(if at == 0 { b'[' } else { b',' });
        out.extend(json.as_ref().as_bytes());
    }
    if !entries.is_empty() {
        out.push(b']');
    }
}

fn put_full(out: &mut Vec<u8>, head: &Head, rows: &[(u32, Row)]) {
    let at_s = head.at_s();
    put_indices(out, rows.iter().map(|(index, _)| *index));
    out.extend(rows.iter().map(|(_, row)| row.state));
    out.extend(rows.iter().map(|(_, row)| row.flags));
    out.extend(rows.iter().map(|(_, row)| row.heading));
    out.extend(rows.iter().map(|(_, row)| row.speed));
    out.extend(rows.iter().map(|(_, row)| row.expected));
    put_planes(out, rows, |row| {
        at_s.wrapping_sub(row.fixed_s).to_le_bytes()
    });
    put_planes(out, rows, |row| row.x.to_le_bytes());
    put_planes(out, rows, |row| row.y.to_le_bytes());
}

fn put_moved(out: &mut Vec<u8>, moved: &[(u32, Delta)]) {
    put_indices(out, moved.iter().map(|(index, _)| *index));
    out.extend(moved.iter().map(|(_, delta)| delta.state));
    out.extend(moved.iter().map(|(_, delta)| delta.flags));
    out.extend(moved.iter().map(|(_, delta)| delta.heading));
    out.extend(moved.iter().map(|(_, delta)| delta.speed));
    out.extend(moved.iter().map(|(_, delta)| delta.expected));
    put_planes(out, moved, |delta| delta.fixed_s.to_le_bytes());
    put_planes(out, moved, |delta| delta.dx.to_le_bytes());
    put_planes(out, moved, |delta| delta.dy.to_le_bytes());
}

/// The lowest byte of all, then the next of all, and so on.
fn put_planes<T, const N: usize>(
    out: &mut Vec<u8>,
    items: &[(u32, T)],
    bytes: impl Fn(&T) -> [u8; N],
) {
    for plane in 0..N {
        out.extend(items.iter().map(|(_, item)| bytes(item)[plane]));
    }
}
