//! Lists of indices as bytes: strictly ascending, so each is told as its distance from the one
//! before less one, in LEB128. A fleet that reports as a whole costs one zero byte a vehicle.

/// The low seven bits of a byte carry a number, the eighth says that more follow.
const MORE: u8 = 1 << 7;
const BITS: u32 = 7;

/// Appends `indices`, which must be strictly ascending.
pub(super) fn put_indices(out: &mut Vec<u8>, indices: impl Iterator<Item = u32>) {
    let mut next = 0;
    for index in indices {
        debug_assert!(index >= next, "indices ascend");
        put(out, index.wrapping_sub(next));
        next = index.wrapping_add(1);
    }
}

/// Takes `n` indices off the front of `bytes`; `None` where they are cut short or out of range.
pub(super) fn take_indices(bytes: &mut &[u8], n: usize) -> Option<Vec<u32>> {
    // Each takes a byte at least: more than there are cannot be asked for.
    if n > bytes.len() {
        return None;
    }
    let mut indices = Vec::with_capacity(n);
    let mut next = Some(0_u32);
    for _ in 0..n {
        let index = next?.checked_add(take(bytes)?)?;
        indices.push(index);
        next = index.checked_add(1);
    }
    Some(indices)
}

fn put(out: &mut Vec<u8>, mut number: u32) {
    while number >= u32::from(MORE) {
        out.push(number.to_le_bytes()[0] | MORE);
        number >>= BITS;
    }
    out.push(number.to_le_bytes()[0]);
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u64;
    for shift in (0..=u32::BITS).step_by(BITS as usize) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & !MORE) << shift;
        if byte & MORE == 0 {
            return u32::try_from(number).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_list_comes_back(
            near in proptest::collection::btree_set(0_u32..500, 0..80),
            far in proptest::collection::btree_set(any::<u32>(), 0..40),
        ) {
            let indices: BTreeSet<u32> = near.union(&far).copied().collect();
            let mut bytes = Vec::new();
            put_indices(&mut bytes, indices.iter().copied());
            let mut rest = &bytes[..];
            let taken = take_indices(&mut rest, indices.len());
            prop_assert_eq!(taken, Some(indices.into_iter().collect()));
            prop_assert!(rest.is_empty());
        }
    }

    #[test]
    fn the_edges_are_told_and_what_lies_beyond_is_refused() {
        let mut bytes = Vec::new();
        put_indices(&mut bytes, [0, 1, 129, u32::MAX].into_iter());
        assert_eq!(bytes, [0, 0, 127, 0xFD, 0xFE, 0xFF, 0xFF, 0x0F]);
        for refused in [
            &[][..],
            &[0x80],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0x1F],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
        ] {
            assert_eq!(take_indices(&mut &*refused, 1), None, "{refused:?}");
        }
        // One past the greatest.
        let past = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0];
        assert_eq!(take_indices(&mut &past[..], 2), None);
        assert_eq!(take_indices(&mut &[0_u8; 4][..], usize::MAX), None);
    }
}
