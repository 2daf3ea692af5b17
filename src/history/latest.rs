//! The last word on the map in each of many pieces, read on several threads at once.
//!
//! A picture of ten thousand vehicles is ten thousand small pieces, each inflated and read to some
//! record in its middle: that is most of what a picture costs, and no piece needs another.

use std::num::NonZero;
use std::thread;

use super::chunk::Reader;
use super::record::Record;

/// Fewer pieces than this are read sooner than a thread is made.
const WORTH_A_THREAD: usize = 500;
/// Whoever asks is one of a few who may at a time; the live threads need their share.
const MAX_THREADS: usize = 4;

/// A piece, and the device that it is of.
pub(super) type Piece<P> = (u32, P);

/// The last record of each piece that was shown at `at_ms` or before, in the order of the pieces;
/// `None` if one is none of ours.
pub(super) fn latest<P: AsRef<[u8]> + Sync>(
    pieces: &[Piece<P>],
    at_ms: i64,
) -> Option<Vec<(u32, Option<Record>)>> {
    let n_cores = thread::available_parallelism().map_or(1, NonZero::get);
    let n_threads = (pieces.len() / WORTH_A_THREAD).clamp(1, n_cores.min(MAX_THREADS));
    let mut shares = pieces.chunks(pieces.len().div_ceil(n_threads).max(1));
    let own = shares.next().unwrap_or_default();
    thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|share| scope.spawn(move || of_share(share, at_ms)))
            .collect();
        let mut found = of_share(own, at_ms)?;
        for other in others {
            found.append(&mut other.join().ok()??);
        }
        Some(found)
    })
}

fn of_share<P: AsRef<[u8]>>(pieces: &[Piece<P>], at_ms: i64) -> Option<Vec<(u32, Option<Record>)>> {
    let mut reader = Reader::default();
    let of_piece = |(v, piece): &Piece<P>| {
        let mut last = None;
        reader.read(piece.as_ref(), |record| {
            let is_early = record.at_ms <= at_ms;
            if is_early && record.is_shown() {
                last = Some(record);
            }
            is_early
        })?;
        Some((*v, last))
    };
    pieces.iter().map(of_piece).collect()
}

#[cfg(test)]
mod tests {
    use super::super::chunk::Press;
    use super::super::record::{Look, Showing};
    use super::*;

    /// A device that says `n` things, one a second, of which the last is not shown.
    fn piece(v: u32, n: i64) -> Piece<Vec<u8>> {
        let record = |at_ms| Record {
            at_ms,
            card: v.into(),
            showing: if at_ms == n {
                Showing::Nothing
            } else {
                Showing::As(Look::default())
            },
            ..Record::default()
        };
        let records: Vec<Record> = (1..=n).map(record).collect();
        (v, Press::default().press(&records))
    }

    #[test]
    fn each_device_has_its_last_word_in_the_order_of_the_pieces() {
        // Three threads' worth, and some.
        let n_pieces = 1_507;
        let pieces: Vec<_> = (0..n_pieces).map(|v| piece(v, i64::from(v % 9))).collect();
        let found = latest(&pieces, 5).unwrap();
        assert_eq!(found.len(), pieces.len());
        for (at, (v, record)) in found.into_iter().enumerate() {
            assert_eq!(at, v as usize);
            let expected = 5.min(i64::from(v % 9) - 1);
            let said = record.map(|it| (it.at_ms, it.card));
            assert_eq!(said, (0 < expected).then_some((expected, v.into())));
        }
    }

    #[test]
    fn a_torn_piece_anywhere_is_told() {
        assert_eq!(latest::<Vec<u8>>(&[], 5), Some(Vec::new()));
        for torn in [0, 700, 1_499] {
            let mut pieces: Vec<_> = (0..1_500).map(|v| piece(v, 3)).collect();
            pieces[torn].1.truncate(2);
            assert_eq!(latest(&pieces, 5), None, "{torn}");
        }
    }
}
