//! What goes to the disk as one piece of bytes: some records of a device, a block of a keyframe.
//! Made and opened here; nobody else knows how they begin.

use super::chunk::Press;
use super::memory::SEALED_WITHIN_MS;
use super::record::Record;
use super::varint;

/// A fix that is published later than this after it was true is listed as late.
pub(super) const LATE_AFTER_MS: i64 = 300_000;
/// Devices of a block of a keyframe.
pub(super) const BLOCK: u32 = 256;

/// A piece that is to be written.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) v: u32,
    /// The minute it was made in; where that was much later, the minute of its last record.
    pub(super) slot: i64,
    /// When it first says anything of the map.
    pub(super) s0: Option<i64>,
    /// Its earliest and latest fix.
    pub(super) fixes: Option<(i64, i64)>,
    /// Some of these are much older than their publication.
    pub(super) is_late: bool,
    pub(super) at_ms: i64,
    pub(super) n_records: u32,
    pub(super) piece: Vec<u8>,
}

/// What the map showed just after `at_ms`: the time after it builds on it.
#[derive(Debug)]
pub(super) struct Keyframe {
    pub(super) at_ms: i64,
    /// The number of the block, and its devices and their records.
    pub(super) blocks: Vec<(u32, Vec<u8>)>,
}

impl Sealed {
    /// What it takes in memory.
    pub(super) fn weight(&self) -> usize {
        self.piece.len() + size_of::<Self>()
    }
}

/// A piece of `records`.
pub(super) fn sealed(v: u32, at_ms: i64, records: &[Record], press: &mut Press) -> Sealed {
    let fixes = || {
        records
            .iter()
            .filter_map(|record| Some((record.at_ms, record.fix_at_ms()?)))
    };
    let is_late = fixes().any(|(at_ms, fix_ms)| LATE_AFTER_MS < at_ms.saturating_sub(fix_ms));
    let times = || fixes().map(|(_, fix_ms)| fix_ms);
    let shown = records.iter().find(|record| record.is_shown());
    Sealed {
        v,
        slot: slot_of(filed_at_ms(at_ms, records)),
        s0: shown.map(|record| record.at_ms),
        fixes: times().min().zip(times().max()),
        is_late,
        at_ms,
        n_records: u32::try_from(records.len()).unwrap_or(u32::MAX),
        piece: press.press(records),
    }
}

/// When readers take a piece to be made. What waited for another run, or slept with the machine,
/// is to be found where it belongs.
fn filed_at_ms(at_ms: i64, records: &[Record]) -> i64 {
    let waited_ms = |first: &Record| at_ms.saturating_sub(first.at_ms);
    match (records.first(), records.last()) {
        (Some(first), Some(last)) if SEALED_WITHIN_MS < waited_ms(first) => last.at_ms,
        _ => at_ms,
    }
}

/// `records` in as many parts as are needed so that none spans more than a piece may.
pub(super) fn parts(records: &[Record]) -> impl Iterator<Item = &[Record]> {
    let mut rest = records;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let is_near =
            |record: &&Record| record.at_ms.saturating_sub(first.at_ms) <= SEALED_WITHIN_MS;
        let (part, later) = rest.split_at(rest.iter().take_while(is_near).count().max(1));
        rest = later;
        Some(part)
    })
}

/// The minute of a time.
pub(super) fn slot_of(at_ms: i64) -> i64 {
    at_ms.div_euclid(60_000)
}

/// What was shown, by device, in blocks of devices, each with its number.
pub(super) fn blocks(mut shown: Vec<(u32, Record)>, press: &mut Press) -> Vec<(u32, Vec<u8>)> {
    shown.sort_unstable_by_key(|(v, _)| *v);
    let of_one = shown.chunk_by(|(a, _), (b, _)| a / BLOCK == b / BLOCK);
    let block = |shown: &[(u32, Record)]| Some((shown.first()?.0 / BLOCK, block_of(shown, press)));
    let mut blocks: Vec<_> = of_one.filter_map(block).collect();
    if blocks.is_empty() {
        // That nothing was shown is to be known too.
        blocks.push((0, block_of(&[], press)));
    }
    blocks
}

/// A block of a keyframe: how many, which devices, and the piece of their records.
pub(super) fn block_of(records: &[(u32, Record)], press: &mut Press) -> Vec<u8> {
    let mut block = Vec::new();
    varint::put(&mut block, records.len() as u64);
    for (v, _) in records {
        varint::put(&mut block, (*v).into());
    }
    block.extend(press.press(records.iter().map(|(_, record)| record)));
    block
}

/// The devices of a block and the piece of their records; `None` if it is none of ours.
pub(super) fn open_block(mut block: &[u8]) -> Option<(Vec<u32>, &[u8])> {
    let n_records = varint::take(&mut block)?;
    let mut devices = Vec::new();
    for _ in 0..n_records {
        devices.push(u32::try_from(varint::take(&mut block)?).ok()?);
    }
    Some((devices, block))
}
