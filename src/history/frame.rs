//! A frame of the log: the records of one commit, by device, as they are in memory.
//!
//! It is what a crash leaves of records that are in no piece yet. Its rows are differences, so
//! they are worth something only from the first that its device has pending.

use super::chunk::{Press, Reader};
use super::varint;

/// What came since the commit before.
#[derive(Debug, Default)]
pub(super) struct Frame {
    rows: Vec<u8>,
    /// When the first of it was published.
    begun_ms: Option<i64>,
}

impl Frame {
    /// Adds a row of device `v`, published at `at_ms`.
    pub(super) fn add(&mut self, v: u32, row: &[u8], at_ms: i64) {
        varint::put(&mut self.rows, v.into());
        varint::put(&mut self.rows, row.len() as u64);
        self.rows.extend_from_slice(row);
        self.begun_ms = Some(self.begun_ms.map_or(at_ms, |begun_ms| begun_ms.min(at_ms)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.begun_ms = None;
    }

    pub(super) fn begun_ms(&self) -> Option<i64> {
        self.begun_ms
    }

    /// As it goes to the disk.
    pub(super) fn packed(&self, press: &mut Press) -> Vec<u8> {
        press.pack(&self.rows)
    }
}

/// The rows of a frame, as [`Frame::packed`] made it; `None` if it is none of ours.
pub(super) fn unpack(packed: &[u8], reader: &mut Reader) -> Option<Vec<u8>> {
    match packed {
        // Erasing leaves it without any bytes.
        [] => Some(Vec::new()),
        packed => Some(reader.unpack(packed)?.to_vec()),
    }
}

/// The rows, each with its device.
pub(super) fn rows(mut rows: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let v = u32::try_from(varint::take(&mut rows)?).ok()?;
        let length = usize::try_from(varint::take(&mut rows)?).ok()?;
        let (row, rest) = rows.split_at_checked(length)?;
        rows = rest;
        Some((v, row))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_tells_when_it_begins() {
        let mut frame = Frame::default();
        assert_eq!((frame.is_empty(), frame.begun_ms()), (true, None));
        for (v, row, at_ms) in [(1, &[1, 2][..], 70), (900, &[], 50), (1, &[3], 80)] {
            frame.add(v, row, at_ms);
        }
        assert_eq!(frame.begun_ms(), Some(50));
        let packed = frame.packed(&mut Press::swift());
        let plain = unpack(&packed, &mut Reader::default()).unwrap();
        let back: Vec<_> = rows(&plain).collect();
        assert_eq!(back, [(1, &[1, 2][..]), (900, &[]), (1, &[3])]);
        frame.clear();
        assert_eq!((frame.is_empty(), frame.begun_ms()), (true, None));
        assert_eq!(unpack(&[9, 9], &mut Reader::default()), None);
    }
}
