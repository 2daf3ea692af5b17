//! Many records as one piece of bytes: planes of differences, deflated where that helps.
//!
//! Layout: how many records, the length of each plane, then the planes one after the other;
//! before all of it one byte that says whether the rest is deflated.

use std::fmt;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use super::codec::{Chain, N_PLANES};
use super::record::Record;
use super::varint;

const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
/// No piece of ours is longer, inflated; a longer one is not ours.
const MAX_BYTES: usize = 16 << 20;

/// Makes pieces; keeps the compressor, which costs more to make than a piece does.
pub(super) struct Press {
    deflate: Compress,
    planes: [Vec<u8>; N_PLANES],
}

impl fmt::Debug for Press {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Press").finish_non_exhaustive()
    }
}

impl Default for Press {
    fn default() -> Self {
        Self {
            deflate: Compress::new(Compression::new(6), false),
            planes: Default::default(),
        }
    }
}

impl Press {
    /// One that takes less time, and makes pieces a little longer: for what is soon replaced.
    pub(super) fn swift() -> Self {
        Self {
            deflate: Compress::new(Compression::new(2), false),
            planes: Default::default(),
        }
    }

    /// Any bytes, deflated where that helps.
    pub(super) fn pack(&mut self, bytes: &[u8]) -> Vec<u8> {
        let plain = [&[PLAIN], bytes].concat();
        self.deflated(&plain).unwrap_or(plain)
    }

    /// The records as one piece.
    pub(super) fn press<'a>(&mut self, records: impl IntoIterator<Item = &'a Record>) -> Vec<u8> {
        let mut chain = Chain::default();
        let mut n_records = 0;
        for plane in &mut self.planes {
            plane.clear();
        }
        for record in records {
            chain.put(record, &mut self.planes);
            n_records += 1;
        }
        let mut plain = vec![PLAIN];
        varint::put(&mut plain, n_records);
        for plane in &self.planes {
            varint::put(&mut plain, plane.len() as u64);
        }
        for plane in &self.planes {
            plain.extend_from_slice(plane);
        }
        self.deflated(&plain).unwrap_or(plain)
    }

    /// `plain` deflated, if that is shorter.
    fn deflated(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        let body = plain.get(1..)?;
        let mut deflated = Vec::with_capacity(plain.len());
        deflated.push(DEFLATED);
        self.deflate.reset();
        let end = self
            .deflate
            .compress_vec(body, &mut deflated, FlushCompress::Finish);
        // It does not grow beyond its capacity: what does not end there is no shorter.
        matches!(end, Ok(flate2::Status::StreamEnd)).then_some(deflated)
    }
}

/// Reads pieces; keeps the inflater and its buffer.
pub(super) struct Reader {
    inflate: Decompress,
    plain: Vec<u8>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            inflate: Decompress::new(false),
            plain: Vec::new(),
        }
    }
}

impl Reader {
    /// The records of a piece, as far as `while_wanted`; `None` if it is none of ours.
    pub(super) fn read(
        &mut self,
        piece: &[u8],
        mut each: impl FnMut(Record) -> bool,
    ) -> Option<()> {
        let mut rest = self.unpack(piece)?;
        let n_records = varint::take(&mut rest)?;
        let mut lengths = [0; N_PLANES];
        for length in &mut lengths {
            *length = usize::try_from(varint::take(&mut rest)?).ok()?;
        }
        let mut planes: [&[u8]; N_PLANES] = [&[]; N_PLANES];
        for (plane, length) in planes.iter_mut().zip(lengths) {
            let (head, tail) = rest.split_at_checked(length)?;
            (*plane, rest) = (head, tail);
        }
        let mut chain = Chain::default();
        for _ in 0..n_records {
            if !each(chain.take(&mut planes)?) {
                break;
            }
        }
        Some(())
    }

    /// What [`Press::pack`] packed; `None` if it is none of ours.
    pub(super) fn unpack<'a>(&'a mut self, packed: &'a [u8]) -> Option<&'a [u8]> {
        let (&kind, body) = packed.split_first()?;
        match kind {
            PLAIN => Some(body),
            DEFLATED => {
                self.inflate(body)?;
                Some(self.plain.as_slice())
            }
            _ => None,
        }
    }

    /// All records of a piece.
    pub(super) fn all(&mut self, piece: &[u8]) -> Option<Vec<Record>> {
        let mut records = Vec::new();
        self.read(piece, |record| {
            records.push(record);
            true
        })?;
        Some(records)
    }

    fn inflate(&mut self, body: &[u8]) -> Option<()> {
        self.inflate.reset(false);
        self.plain.clear();
        self.plain.reserve(4 * body.len() + 64);
        let mut left = body;
        loop {
            let before = self.inflate.total_in();
            let status = self
                .inflate
                .decompress_vec(left, &mut self.plain, FlushDecompress::Finish)
                .ok()?;
            let n_taken = usize::try_from(self.inflate.total_in() - before).ok()?;
            left = left.get(n_taken..)?;
            if status == flate2::Status::StreamEnd {
                return Some(());
            }
            let is_stuck = self.plain.len() < self.plain.capacity();
            if is_stuck || MAX_BYTES < self.plain.len() {
                return None;
            }
            self.plain.reserve(self.plain.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::codec::rows;
    use super::super::record::{Look, Place, Showing};
    use super::*;

    fn place() -> impl Strategy<Value = Place> {
        let extra = || prop::option::of(0..40_000_i64);
        let times = (any::<i64>(), any::<i64>());
        let spot = (-900_000_000..900_000_000_i64, any::<i32>());
        (times, spot, extra(), extra(), extra(), extra()).prop_map(
            |(
                (fixed_at_ms, received_at_ms),
                (lat_e7, lng_e7),
                speed,
                heading,
                altitude,
                accuracy,
            )| Place {
                fixed_at_ms,
                received_at_ms,
                lat_e7,
                lng_e7: lng_e7.into(),
                speed_cmps: speed,
                heading_ddeg: heading,
                altitude_dm: altitude,
                accuracy_dm: accuracy,
            },
        )
    }

    fn showing() -> impl Strategy<Value = Showing> {
        let drawn = prop::option::of((any::<i64>(), any::<i64>()));
        let states = (0..5_u64, any::<bool>(), 0..5_u64, 0..99_u64);
        let look = (states, any::<i64>(), any::<i64>(), drawn);
        let look = look.prop_map(|(states, motion_since_ms, freshness_since_ms, drawn_e7)| {
            let (motion, since_at_least, freshness, flags) = states;
            Look {
                motion,
                motion_since_ms,
                since_at_least,
                freshness,
                freshness_since_ms,
                flags,
                drawn_e7,
            }
        });
        prop_oneof![
            Just(Showing::Nothing),
            Just(Showing::Gone),
            look.prop_map(Showing::As),
        ]
    }

    fn record() -> impl Strategy<Value = Record> {
        (
            any::<i64>(),
            0..5_u64,
            prop::option::of(place()),
            any::<[bool; 3]>(),
            showing(),
        )
            .prop_map(
                |(at_ms, card, place, [is_fix, is_late, is_filled], showing)| Record {
                    at_ms,
                    card,
                    place,
                    is_fix,
                    is_late,
                    is_filled,
                    showing,
                },
            )
    }

    /// Records as they come, and some of them twice: what does not change has bits of its own.
    fn records() -> impl Strategy<Value = Vec<Record>> {
        prop::collection::vec((record(), any::<bool>()), 0..40).prop_map(|records| {
            let twice =
                |(record, is_twice): (Record, bool)| vec![record; if is_twice { 2 } else { 1 }];
            records.into_iter().flat_map(twice).collect()
        })
    }

    proptest! {
        #[test]
        fn records_come_back_as_they_were(records in records()) {
            let mut chain = Chain::default();
            let mut bytes = Vec::new();
            for record in &records {
                chain.put(record, &mut bytes);
            }
            prop_assert_eq!(&rows(&bytes).collect::<Vec<_>>(), &records);
            let piece = Press::default().press(&records);
            prop_assert_eq!(Reader::default().all(&piece), Some(records));
        }

        #[test]
        fn whatever_stands_in_a_file_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reader::default().all(&bytes);
            let _ = rows(&bytes).count();
        }
    }
}
