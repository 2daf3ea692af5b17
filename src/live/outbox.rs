//! What is being written to one viewer: shared bytes and how far they are written.
//!
//! It holds whole messages only and is written from the front, so nothing can get between the
//! halves of one: everything that is sent goes through here.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// Bytes on their way, in order.
#[derive(Debug, Default)]
pub struct Outbox {
    pieces: VecDeque<Bytes>,
    /// The first piece is written in part.
    is_begun: bool,
}

impl Outbox {
    /// Adds whole messages.
    pub fn push(&mut self, bytes: Bytes) {
        self.pieces.push_back(bytes);
    }

    /// Adds the last message: what was not begun before it is not sent any more.
    pub fn push_last(&mut self, bytes: Bytes) {
        self.pieces.truncate(usize::from(self.is_begun));
        self.pieces.push_back(bytes);
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Bytes to write.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Bytes::len).sum()
    }

    /// The bytes to write, as far as `slices` reach; gives how many slices are filled.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let n = self.pieces.len().min(slices.len());
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece);
        }
        n
    }

    /// The first bytes to write.
    pub fn front(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    /// `n` bytes were written; gives how many pieces that ended.
    pub fn advance(&mut self, mut n: usize) -> u64 {
        let mut ended = 0;
        while let Some(first) = self.pieces.front_mut() {
            if n < first.len() {
                first.advance(n);
                self.is_begun |= 0 < n;
                return ended;
            }
            n -= first.len();
            self.pieces.pop_front();
            self.is_begun = false;
            ended += 1;
        }
        // A viewer at rest costs no buffer.
        self.pieces = VecDeque::new();
        ended
    }
}
