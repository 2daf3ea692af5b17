//! The law of the binary protocol: the first keyframe and all differences are the last keyframe.

#![no_main]

use std::collections::BTreeMap;

use fleetglass::live::bin::{Applied, Head, Held, Picture, Row, Step, Tile, differences, keyframe};
use law::{check_picture, received_at};
use libfuzzer_sys::fuzz_target;

/// Bytes of one change: an index, how it comes about, and a row.
const CHANGE_BYTES: usize = 19;

type Fleet = BTreeMap<u32, Row>;

fuzz_target!(|bytes: &[u8]| {
    let Some((&zoom, bytes)) = bytes.split_first() else {
        return;
    };
    let mut fleet = Fleet::new();
    // The tile in which the first vehicle appears, so that there is something to see.
    let first = bytes.first_chunk().map(row).unwrap_or_default();
    let tile = Tile::of(&first, zoom % 17);
    let mut picture = whole(tile, 0, &fleet);
    let (mut told, mut seq) = (0, 0);
    for tick in bytes.chunks(3 * CHANGE_BYTES) {
        seq += 1;
        let before = fleet.clone();
        tick.as_chunks()
            .0
            .iter()
            .for_each(|change| happen(&mut fleet, change));
        let head = head(tile, told, seq);
        let Some(message) = differences::<&str>(&head, &steps(tile, &before, &fleet), &[]) else {
            continue;
        };
        assert_eq!(
            picture.apply(&message).expect("differences"),
            Applied::Differences
        );
        told = seq;
    }
    check_picture(&picture);
    let rows = |picture: &Picture| picture.tile(tile).map(|held: &Held| held.rows.clone());
    assert_eq!(rows(&picture), rows(&whole(tile, seq, &fleet)));
});

fn head(tile: Tile, base: u64, seq: u64) -> Head {
    let at = received_at();
    Head {
        tile,
        base,
        seq,
        at,
    }
}

fn whole(tile: Tile, seq: u64, fleet: &Fleet) -> Picture {
    let inside = fleet.iter().filter(|(_, row)| tile.holds(row));
    let rows: Vec<_> = inside.map(|(index, row)| (*index, *row)).collect();
    let mut picture = Picture::default();
    let applied = picture.apply(&keyframe(&head(tile, seq, seq), &rows));
    assert_eq!(applied.expect("a keyframe"), Applied::Keyframe);
    picture
}

fn steps(tile: Tile, before: &Fleet, after: &Fleet) -> Vec<(u32, Step)> {
    let inside =
        |fleet: &Fleet, index: u32| fleet.get(&index).copied().filter(|row| tile.holds(row));
    let mut indices: Vec<u32> = before.keys().chain(after.keys()).copied().collect();
    indices.sort_unstable();
    indices.dedup();
    let step = |index| match (inside(before, index), inside(after, index)) {
        (None, None) => None,
        (Some(_), None) => Some((index, Step::Removed)),
        (before, Some(after)) => Some((index, Step::Became { before, after })),
    };
    indices.into_iter().filter_map(step).collect()
}

fn happen(fleet: &mut Fleet, change: &[u8; CHANGE_BYTES]) {
    let index = u32::from(change[16] % 8) << (change[17] % 30);
    let told = row(change.first_chunk().expect("16 of 19"));
    match (change[18] % 4, fleet.get_mut(&index)) {
        (0, _) => {
            fleet.remove(&index);
        }
        // A little further than before.
        (1, Some(held)) if held.has_position() => {
            held.x = (held.x + u32::from(change[0])) % (1 << 27);
            held.y = held.y.saturating_sub(u32::from(change[8]));
            held.fixed_s = held.fixed_s.wrapping_add(u32::from(change[12]));
        }
        _ => {
            fleet.insert(index, told);
        }
    }
}

/// Any row that can be.
fn row(bytes: &[u8; 16]) -> Row {
    let number =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let row = Row {
        x: number(0) % (1 << 27),
        y: number(4) % (1 << 27),
        heading: bytes[12] % 180,
        speed: bytes[13],
        state: (bytes[14] % 5) | ((bytes[15] % 5) << 3) | (1 << 6) | (bytes[12] & 1) << 7,
        flags: bytes[15] >> 3,
        expected: bytes[12],
        fixed_s: number(8),
    };
    if bytes[14] < 230 {
        row
    } else {
        Row {
            flags: row.flags,
            ..Row::default()
        }
    }
}
