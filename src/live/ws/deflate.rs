//! Compression of whole messages (RFC 7692 7.2), each for itself: what is compressed once can be
//! read by every viewer that agreed, and no connection keeps a window.

use std::cell::RefCell;
use std::collections::BTreeMap;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What a flush ends with; it is left out on the wire.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// A last block without content: it ends a stream that stands between two blocks, and no other.
const END: [u8; 2] = [0x03, 0x00];

thread_local! {
    /// Compressors by their level. One has a third of a megabyte of tables, so that to make it
    /// costs more than to compress a small message; the few threads that make frames keep theirs.
    static KEPT: RefCell<BTreeMap<u32, Compress>> = const { RefCell::new(BTreeMap::new()) };
}

/// Why a message could not be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// The bytes are no deflated data, or stop within a block.
    #[error("the message is not deflated data")]
    BadData,
    /// What comes out is more than was allowed.
    #[error("the message is too big when inflated")]
    TooBig,
}

/// The payload, deflated, without the 00 00 FF FF at the end. `level` is zlib's, 0 to 9; above is 9.
pub fn deflate(payload: &[u8], level: u32) -> Vec<u8> {
    // The compressor has no reason to fail on memory; were it to, the payload goes uncompressed.
    let mut bytes = flushed(payload, level.min(9)).unwrap_or_else(|| stored(payload));
    bytes.truncate(bytes.len().saturating_sub(TAIL.len()));
    bytes
}

/// The payload, deflated and flushed.
fn flushed(payload: &[u8], level: u32) -> Option<Vec<u8>> {
    KEPT.with_borrow_mut(|kept| {
        let compress = kept
            .entry(level)
            .or_insert_with(|| Compress::new(Compression::new(level), false));
        compress.reset();
        flushed_by(compress, payload)
    })
}

fn flushed_by(compress: &mut Compress, payload: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(payload.len() / 2 + 64);
    let mut rest = payload;
    loop {
        let before = compress.total_in();
        let status = compress.compress_vec(rest, &mut bytes, FlushCompress::Sync);
        let n_taken = usize::try_from(compress.total_in() - before).ok()?;
        rest = rest.get(n_taken..)?;
        // Room that is left says that everything is out.
        if bytes.len() < bytes.capacity() {
            let is_whole = rest.is_empty() && bytes.ends_with(&TAIL);
            return (status.is_ok() && is_whole).then_some(bytes);
        }
        status.ok()?;
        bytes.reserve(bytes.len().max(64));
    }
}

/// The payload as blocks without compression, and an empty one: a flush.
fn stored(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 64);
    for block in payload.chunks(usize::from(u16::MAX)).chain([&[][..]]) {
        let n_bytes = u16::try_from(block.len()).unwrap_or(u16::MAX);
        bytes.push(0);
        bytes.extend_from_slice(&n_bytes.to_le_bytes());
        bytes.extend_from_slice(&(!n_bytes).to_le_bytes());
        bytes.extend_from_slice(block);
    }
    bytes
}

/// A message decompressed. Never holds more than a byte above `max_bytes`, whatever the payload.
pub fn inflate(payload: &[u8], max_bytes: usize) -> Result<Vec<u8>, InflateError> {
    // Some compressors have nothing to flush where nothing was put in.
    if payload.is_empty() {
        return Ok(Vec::new());
    }
    let first_guess = payload.len().saturating_mul(4).saturating_add(64);
    let mut inflater = Inflater {
        decompress: Decompress::new(false),
        bytes: Vec::with_capacity(first_guess.min(max_bytes.saturating_add(1))),
        max_bytes,
        has_ended: false,
    };
    inflater.feed(payload)?;
    inflater.feed(&TAIL)?;
    let n_bytes = inflater.bytes.len();
    inflater.feed(&END)?;
    // Within a block the end is taken for content.
    if inflater.has_ended && inflater.bytes.len() == n_bytes {
        Ok(inflater.bytes)
    } else {
        Err(InflateError::BadData)
    }
}

struct Inflater {
    decompress: Decompress,
    bytes: Vec<u8>,
    max_bytes: usize,
    has_ended: bool,
}

impl Inflater {
    fn feed(&mut self, mut input: &[u8]) -> Result<(), InflateError> {
        loop {
            // A sender may close its blocks and begin anew within a message (RFC 7692 7.2.3.4).
            if self.has_ended && !input.is_empty() {
                self.decompress.reset(false);
                self.has_ended = false;
            }
            let n_before = (self.decompress.total_in(), self.bytes.len());
            let status = self
                .decompress
                .decompress_vec(input, &mut self.bytes, FlushDecompress::None)
                .map_err(|_error| InflateError::BadData)?;
            let n_taken = usize::try_from(self.decompress.total_in() - n_before.0);
            let n_taken = n_taken.unwrap_or(input.len());
            input = input.get(n_taken..).unwrap_or_default();
            if self.bytes.len() > self.max_bytes {
                return Err(InflateError::TooBig);
            }
            self.has_ended = status == Status::StreamEnd;
            let is_full = self.bytes.len() == self.bytes.capacity();
            if input.is_empty() && (self.has_ended || !is_full) {
                return Ok(());
            }
            if is_full {
                self.grow();
            } else if n_taken == 0 && self.bytes.len() == n_before.1 {
                return Err(InflateError::BadData);
            }
        }
    }

    /// Twice the room, but not above what shows that the message is too big.
    fn grow(&mut self) {
        let n_bytes = self.bytes.len();
        let more = n_bytes.max(64).min(self.max_bytes - n_bytes + 1);
        self.bytes.reserve_exact(more);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Decoded by flate2 alone, as RFC 7692 7.2.2 says.
    fn plainly_inflated(deflated: &[u8]) -> Vec<u8> {
        use std::io::Read;
        let whole = [deflated, &TAIL, &END].concat();
        let mut bytes = Vec::new();
        flate2::read::DeflateDecoder::new(&whole[..])
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(deflate(b"Hello", 6), hello);
        assert_eq!(inflate(&hello, 5).unwrap(), b"Hello");
        let uncompressed = [0, 5, 0, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0];
        assert_eq!(inflate(&uncompressed, 5).unwrap(), b"Hello");
        let closed = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflate(&closed, 5).unwrap(), b"Hello");
        let two = [
            0xf2, 0x48, 0x05, 0, 0, 0, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0,
        ];
        assert_eq!(inflate(&two, 5).unwrap(), b"Hello");
    }

    #[test]
    fn nothing_stays_nothing() {
        assert_eq!(deflate(b"", 6), [0]);
        assert_eq!(inflate(&[0], 0).unwrap(), b"");
        assert_eq!(inflate(&[], 0).unwrap(), b"");
    }

    #[test]
    fn what_stops_within_a_block_is_bad() {
        let text = b"a van, a lorry and another van; ".repeat(40);
        let whole = deflate(&text, 6);
        for n_bytes in 1..whole.len() {
            let got = inflate(&whole[..n_bytes], 10_000);
            assert_eq!(got, Err(InflateError::BadData), "{n_bytes}");
        }
        let whole = deflate(&text, 0);
        assert_eq!(inflate(&whole[..100], 10_000), Err(InflateError::BadData));
        // A last block that lacks six bytes, which tail and end would fill.
        let lacking = [0x01, 6, 0, 0xf9, 0xff];
        assert_eq!(inflate(&lacking, 10), Err(InflateError::BadData));
        assert_eq!(inflate(&[0x07], 10), Err(InflateError::BadData));
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = deflate(&vec![0; 50_000_000], 9);
        assert!(bomb.len() < 60_000);
        assert_eq!(inflate(&bomb, 16_384), Err(InflateError::TooBig));
        let fits = deflate(&[0; 16_384], 9);
        assert_eq!(inflate(&fits, 16_384).unwrap().len(), 16_384);
        assert_eq!(inflate(&fits, 16_383), Err(InflateError::TooBig));
    }

    #[test]
    fn no_more_than_the_limit_is_ever_held() {
        let bomb = deflate(&vec![0; 5_000_000], 9);
        let mut inflater = Inflater {
            decompress: Decompress::new(false),
            bytes: Vec::new(),
            max_bytes: 1000,
            has_ended: false,
        };
        assert_eq!(inflater.feed(&bomb), Err(InflateError::TooBig));
        assert!(inflater.bytes.capacity() <= 1001);
    }

    #[test]
    fn blocks_without_compression_are_a_flush_too() {
        for n_bytes in [0, 1, 65_535, 65_536, 200_000] {
            let payload = vec![7; n_bytes];
            let whole = stored(&payload);
            let deflated = whole.strip_suffix(&TAIL).unwrap();
            assert_eq!(plainly_inflated(deflated), payload);
        }
    }

    proptest! {
        #[test]
        fn what_is_deflated_is_inflated_by_anyone(
            payload in proptest::collection::vec(0_u8..4, 0..3000),
            noise in proptest::collection::vec(any::<u8>(), 0..300),
            n_times in 1_usize..40,
            level in 0_u32..12,
        ) {
            let payload = [payload, noise].concat().repeat(n_times);
            let deflated = deflate(&payload, level);
            prop_assert_eq!(&plainly_inflated(&deflated), &payload);
            prop_assert_eq!(inflate(&deflated, payload.len()).unwrap(), payload);
        }

        #[test]
        fn no_bytes_break_it(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            max_bytes in 0_usize..2000,
        ) {
            if let Ok(inflated) = inflate(&bytes, max_bytes) {
                prop_assert!(inflated.len() <= max_bytes);
            }
        }
    }
}
