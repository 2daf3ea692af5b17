//! How a row moved on, where that is little: what most vehicles do in most ticks.

use super::row::{Row, WORLD};

/// Bits of an `u32` above a position's.
const SPARE_BITS: u32 = WORLD.leading_zeros() + 1;

/// What differs between two rows of one vehicle, both with a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delta {
    /// XOR.
    pub(super) state: u8,
    /// XOR.
    pub(super) flags: u8,
    /// Wrapping difference.
    pub(super) heading: u8,
    /// Wrapping difference.
    pub(super) speed: u8,
    /// XOR.
    pub(super) expected: u8,
    /// Seconds that the fix is newer.
    pub(super) fixed_s: u16,
    /// Zigzag, the shortest way round the world.
    pub(super) dx: u16,
    /// Zigzag.
    pub(super) dy: u16,
}

impl Delta {
    /// The way from `before` to `after`; `None` where it is too far to be told like this.
    pub(super) fn between(before: &Row, after: &Row) -> Option<Self> {
        if !(before.has_position() && after.has_position()) {
            return None;
        }
        // Shifted up and down again, the difference wraps where the world does.
        let dx = (after.x.wrapping_sub(before.x) << SPARE_BITS).cast_signed() >> SPARE_BITS;
        let dy = after.y.wrapping_sub(before.y).cast_signed();
        Some(Self {
            state: after.state ^ before.state,
            flags: after.flags ^ before.flags,
            heading: after.heading.wrapping_sub(before.heading),
            speed: after.speed.wrapping_sub(before.speed),
            expected: after.expected ^ before.expected,
            fixed_s: u16::try_from(after.fixed_s.checked_sub(before.fixed_s)?).ok()?,
            dx: zigzag(dx)?,
            dy: zigzag(dy)?,
        })
    }

    /// Where it leads from `before`; `None` where no vehicle can be.
    pub(super) fn onto(&self, before: &Row) -> Option<Row> {
        let after = Row {
            x: before.x.wrapping_add_signed(unzigzag(self.dx)) % WORLD,
            y: before.y.checked_add_signed(unzigzag(self.dy))?,
            heading: before.heading.wrapping_add(self.heading),
            speed: before.speed.wrapping_add(self.speed),
            expected: before.expected ^ self.expected,
            state: before.state ^ self.state,
            flags: before.flags ^ self.flags,
            fixed_s: before.fixed_s.checked_add(self.fixed_s.into())?,
        };
        let is_possible = before.has_position() && after.has_position() && after.is_valid();
        is_possible.then_some(after)
    }
}

/// Small numbers of either sign as small numbers: 0, -1, 1, -2 are 0, 1, 2, 3.
fn zigzag(number: i32) -> Option<u16> {
    let folded = (number.checked_mul(2)? ^ (number >> (i32::BITS - 1))).cast_unsigned();
    u16::try_from(folded).ok()
}

fn unzigzag(folded: u16) -> i32 {
    i32::from(folded >> 1) ^ -i32::from(folded & 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(x: u32, y: u32) -> Row {
        Row {
            x,
            y,
            state: 1 << 6,
            fixed_s: 1_000_000,
            ..Row::default()
        }
    }

    #[test]
    fn numbers_of_either_sign_fold_into_16_bits() {
        for (number, folded) in [
            (0, 0),
            (-1, 1),
            (1, 2),
            (-2, 3),
            (32_767, 65_534),
            (-32_768, 65_535),
        ] {
            assert_eq!(zigzag(number), Some(folded));
            assert_eq!(unzigzag(folded), number);
        }
        for beyond in [32_768, -32_769, i32::MAX, i32::MIN] {
            assert_eq!(zigzag(beyond), None);
        }
    }

    #[test]
    fn the_way_over_the_date_line_is_short_and_over_the_pole_there_is_none() {
        let (west, east) = (row(5, 0), row(WORLD - 5, 9));
        let back = Delta::between(&west, &east).unwrap();
        assert_eq!((back.dx, back.dy), (19, 18));
        assert_eq!(back.onto(&west), Some(east));
        let forth = Delta::between(&east, &west).unwrap();
        assert_eq!(forth.onto(&east), Some(west));
        assert_eq!(forth.onto(&west), None);
        assert_eq!(Delta::between(&row(0, 0), &row(0, WORLD - 1)), None);
    }

    #[test]
    fn the_rest_is_told_in_full() {
        let before = row(100_000, 100_000);
        let far = |x, y, fixed_s| Row {
            fixed_s,
            ..row(x, y)
        };
        let nowhere = Row::default();
        assert!(Delta::between(&before, &far(132_767, 67_232, 1_065_535)).is_some());
        for after in [
            nowhere,
            far(132_768, 100_000, 1_000_000),
            far(100_000, 67_231, 1_000_000),
            far(100_000, 100_000, 999_999),
            far(100_000, 100_000, 1_065_536),
        ] {
            assert_eq!(Delta::between(&before, &after), None, "{after:?}");
        }
        assert_eq!(Delta::between(&nowhere, &before), None);
    }
}
