//! From a reading to a fix: which time it is given, and whether it is news at all.
//!
//! A tracker's clock can be wrong and a polled list repeats itself for hours. Both are settled
//! here once, so that nothing behind this file can be pinned to the future or kept alive by an
//! old row.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Origin, Reading};

/// A believed position with its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// Where.
    pub reading: Reading,
    /// When: the earlier of the vendor's time and `received_at`.
    pub fixed_at: Timestamp,
    /// When we got it.
    pub received_at: Timestamp,
    /// The vendor's time ran ahead of ours by more than its source's threshold.
    pub clock_ahead: bool,
    /// The record had no time; `fixed_at` is `received_at`.
    pub no_fix_time: bool,
    /// It came late: the position then held was newer by more than the expected interval.
    pub backfill: bool,
}

impl Fix {
    /// Flags a vendor's time that ran ahead of ours by more than `after`, and no other.
    pub fn flag_clock(&mut self, after: SignedDuration) {
        let vendor_at = self.reading.vendor_at;
        let ahead = vendor_at.map(|at| at.duration_since(self.received_at));
        self.clock_ahead = ahead.is_some_and(|ahead| after < ahead);
    }

    /// As one that came late.
    #[must_use]
    pub fn late(self) -> Self {
        Self {
            backfill: true,
            ..self
        }
    }
}

/// What is kept of a device's last record to know its repetition: vendor time and coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Raw {
    /// Its time by the vendor's word.
    pub vendor_at: Option<Timestamp>,
    /// Latitude and longitude in degrees.
    pub lat_lng: (f64, f64),
}

impl Raw {
    /// The raw part of `reading`.
    pub fn of(reading: &Reading) -> Self {
        Self {
            vendor_at: reading.vendor_at,
            lat_lng: reading.lat_lng(),
        }
    }

    /// Whether it had no time, and `reading` is somewhere else.
    pub fn is_another_row(&self, reading: &Reading) -> bool {
        self.vendor_at.is_none() && self.lat_lng != reading.lat_lng()
    }
}

/// Gives `reading` its time, or `None` if it repeats `last`, the device's record before it.
/// A time that is ahead of ours by more than `ahead_after` is flagged.
///
/// | vendor time | same coordinates | came by | answer |
/// |---|---|---|---|
/// | as before | yes | either | a duplicate |
/// | present | either | either | a fix at the earlier of vendor time and `received_at` |
/// | ahead of us, but earlier than before | either | either | no news |
/// | absent | either | stream | a fix at `received_at` |
/// | absent | yes | poll | a duplicate |
/// | absent | no | poll | a fix at `received_at` |
pub fn believe(
    reading: &Reading,
    origin: Origin,
    received_at: Timestamp,
    last: Option<&Raw>,
    ahead_after: SignedDuration,
) -> Option<Fix> {
    let is_repetition = last == Some(&Raw::of(reading));
    let is_timeless_event = reading.vendor_at.is_none() && origin == Origin::Stream;
    if is_repetition && !is_timeless_event {
        return None;
    }
    // Of two records from the future the one of the earlier future is the older one, though both
    // count as of their receipt.
    let is_overtaken = |last: &Raw| last.vendor_at.is_some() && reading.vendor_at < last.vendor_at;
    if reading.vendor_at.is_some_and(|at| received_at < at) && last.is_some_and(is_overtaken) {
        return None;
    }
    // A polled row that lost its time but stands where the timed one stood is no news either.
    let stands_still = last.is_some_and(|raw| raw.lat_lng == reading.lat_lng());
    if reading.vendor_at.is_none() && origin == Origin::Poll && stands_still {
        return None;
    }
    let vendor_at = reading.vendor_at.unwrap_or(received_at);
    let mut fix = Fix {
        reading: reading.clone(),
        fixed_at: vendor_at.min(received_at),
        received_at,
        clock_ahead: false,
        no_fix_time: reading.vendor_at.is_none(),
        backfill: false,
    };
    fix.flag_clock(ahead_after);
    Some(fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AHEAD_AFTER: SignedDuration = SignedDuration::from_mins(2);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn reading(lat_deg: f64, vendor_at: Option<i64>) -> Reading {
        Reading {
            vendor_at: vendor_at.map(at),
            ..Reading::at(lat_deg, 17.0)
        }
    }

    #[test]
    fn times_by_the_table() {
        use Origin::{Poll, Stream};
        let last = |vendor_at| Some(Raw::of(&reading(48.0, vendor_at)));
        // (last, latitude, vendor time, origin) -> (fixed_at, clock_ahead, no_fix_time)
        let cases = [
            (None, 48.0, Some(10), Poll, Some((10, false, false))),
            (last(Some(10)), 48.0, Some(10), Poll, None),
            (last(Some(10)), 48.0, Some(10), Stream, None),
            (
                last(Some(10)),
                48.0,
                Some(11),
                Poll,
                Some((11, false, false)),
            ),
            (
                last(Some(10)),
                48.1,
                Some(10),
                Poll,
                Some((10, false, false)),
            ),
            (None, 48.0, Some(150), Poll, Some((100, false, false))),
            (None, 48.0, Some(220), Poll, Some((100, false, false))),
            (None, 48.0, Some(221), Poll, Some((100, true, false))),
            (last(Some(400)), 48.1, Some(300), Stream, None),
            (
                last(Some(400)),
                48.1,
                Some(500),
                Stream,
                Some((100, true, false)),
            ),
            (
                last(Some(400)),
                48.1,
                Some(90),
                Stream,
                Some((90, false, false)),
            ),
            (None, 48.0, None, Stream, Some((100, false, true))),
            (last(None), 48.0, None, Stream, Some((100, false, true))),
            (last(None), 48.0, None, Poll, None),
            (last(Some(10)), 48.0, None, Poll, None),
            (last(None), 48.1, None, Poll, Some((100, false, true))),
        ];
        for (row, (last, lat_deg, vendor_at, origin, expected)) in cases.into_iter().enumerate() {
            let said = reading(lat_deg, vendor_at);
            let fix = believe(&said, origin, at(100), last.as_ref(), AHEAD_AFTER);
            let got = fix.map(|fix| (fix.fixed_at, fix.clock_ahead, fix.no_fix_time));
            let expected = expected.map(|(second, ahead, timeless)| (at(second), ahead, timeless));
            assert_eq!(got, expected, "row {row}");
        }
    }
}
