//! Whole numbers in as few bytes as they need: seven bits a byte, small differences in one byte.

/// Appends `value`.
pub(super) fn put(into: &mut Vec<u8>, mut value: u64) {
    while 0x7f < value {
        into.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    into.push(low_bits(value));
}

fn low_bits(value: u64) -> u8 {
    (value & 0x7f).to_le_bytes()[0]
}

/// Takes a number off the front; `None` where there is no whole one.
#[inline]
pub(super) fn take(from: &mut &[u8]) -> Option<u64> {
    // Nearly all are of one byte.
    match from.split_first() {
        Some((&byte, rest)) if byte < 0x80 => {
            *from = rest;
            Some(byte.into())
        }
        _ => take_long(from),
    }
}

fn take_long(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for (index, &byte) in from.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(7 * index).ok()?)?;
        if byte < 0x80 {
            *from = from.get(index + 1..)?;
            return Some(value);
        }
    }
    None
}

/// Small negative numbers become small positive ones: 0, -1, 1, -2 are 0, 1, 2, 3.
pub(super) fn zigzag(value: i64) -> u64 {
    (value.wrapping_shl(1) ^ (value >> 63)).cast_unsigned()
}

/// The reverse of [`zigzag`].
pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were() {
        let numbers = [0, 1, -1, 63, -64, 64, 1 << 40, i64::MAX, i64::MIN];
        let mut bytes = Vec::new();
        for number in numbers {
            put(&mut bytes, zigzag(number));
        }
        let mut left = bytes.as_slice();
        for number in numbers {
            assert_eq!(take(&mut left).map(unzigzag), Some(number));
        }
        assert_eq!(take(&mut left), None);
        assert_eq!(take(&mut [0xff_u8; 3].as_slice()), None, "cut short");
    }

    #[test]
    fn small_differences_take_one_byte() {
        for number in -64..64 {
            let mut bytes = Vec::new();
            put(&mut bytes, zigzag(number));
            assert_eq!(bytes.len(), 1, "{number}");
        }
    }
}
