//! The acceptance rule: does this fix become the vehicle's position?
//!
//! One pure function with its table. It keeps a marker from going back in time, from
//! ping-ponging between two trackers in one lorry, and from being dragged away by a fix that the
//! receiver itself does not trust.

use std::borrow::Cow;

use jiff::SignedDuration;

use super::fix::Fix;
use crate::domain::{DeviceKey, FixQuality, Verdict};

/// Place of a device among all devices: that of its source, then of the roster, then its id.
/// The least is the highest; no two are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Index of the source in the order of the configuration.
    pub source: usize,
    /// Index of the device in its roster entry; `usize::MAX` where it stands in none.
    pub roster: usize,
    /// The device itself.
    pub device: DeviceKey,
}

/// The fix that is the vehicle's position now.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// What it says.
    pub fix: Fix,
    /// Who says it.
    pub rank: Rank,
}

/// What becomes of a fix, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// Why a fix was accepted or not.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The vehicle had no position.
    First,
    /// The device that holds the position said something newer.
    SameDevice,
    /// Newer, and of a higher rank than this device, which held the position.
    HigherRank(DeviceKey),
    /// Newer, and this device, though of a higher rank, has been silent for too long.
    HeldIsSilent(DeviceKey),
    /// The held fix is newer by this much.
    HeldIsNewer(SignedDuration),
    /// This device holds the position, ranks above, and has spoken lately.
    Outranked(DeviceKey),
    /// The receiver is less certain than its source's threshold allows.
    Inaccurate(f64),
    /// The receiver has no proper fix.
    PoorFix,
    /// It held the position before the restart.
    Restored,
}

impl Reason {
    /// The reason as a sentence for people. Most are always the same, and shared.
    pub fn words(&self) -> Cow<'static, str> {
        match self {
            Self::First => "the first fix of this vehicle".into(),
            Self::SameDevice => "the newest fix of the device that holds the position".into(),
            Self::HigherRank(held) => format!("newer than {held}'s, and ranks above it").into(),
            Self::HeldIsSilent(held) => {
                format!("{held} ranks above it but has been silent for too long").into()
            }
            Self::HeldIsNewer(by) => {
                format!("a fix that is {} s newer is held", by.as_secs()).into()
            }
            Self::Outranked(held) => {
                format!("{held} ranks above it and has reported lately").into()
            }
            Self::Inaccurate(accuracy_m) => {
                format!("its accuracy of {accuracy_m:.0} m is too poor to move a live marker")
                    .into()
            }
            Self::Restored => "known from before the restart".into(),
            Self::PoorFix => "the receiver has no proper fix; the marker is live".into(),
        }
    }
}

/// How long a device that reports every `expected` holds the position against lesser ones; `least`
/// is the threshold of its source.
pub fn hold(expected: SignedDuration, least: SignedDuration) -> SignedDuration {
    least.max(expected * 2)
}

/// On what terms a fix is judged.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long the held device holds the position.
    pub hold_for: SignedDuration,
    /// The marker is live now.
    pub is_live: bool,
    /// A fix that is less certain than this is poor; by the thresholds of the source that says it.
    pub poor_beyond_m: f64,
}

/// Judges `candidate`, said by the device of `rank`, against the `held` fix of the vehicle.
///
/// | held | candidate | verdict |
/// |---|---|---|
/// | nothing | any | accepted |
/// | any | not newer | older |
/// | live | inaccurate, or no proper fix | refused |
/// | any | newer, same device | accepted |
/// | any | newer, higher rank | accepted |
/// | any | newer, lower rank, received within `hold_for` of the held fix | outranked |
/// | any | newer, lower rank, received later | accepted |
pub fn judge(candidate: &Fix, rank: &Rank, held: Option<&Held>, terms: Terms) -> Judgement {
    let judgement = |verdict, reason| Judgement { verdict, reason };
    let Some(held) = held else {
        return judgement(Verdict::Accepted, Reason::First);
    };
    if candidate.fixed_at <= held.fix.fixed_at {
        let by = held.fix.fixed_at.duration_since(candidate.fixed_at);
        return judgement(Verdict::Older, Reason::HeldIsNewer(by));
    }
    if terms.is_live
        && let Some(reason) = distrust(candidate, terms.poor_beyond_m)
    {
        return judgement(Verdict::Refused, reason);
    }
    let held_device = &held.rank.device;
    if rank.device == *held_device {
        judgement(Verdict::Accepted, Reason::SameDevice)
    } else if *rank < held.rank {
        judgement(Verdict::Accepted, Reason::HigherRank(held_device.clone()))
    } else if terms.hold_for < candidate.received_at.duration_since(held.fix.fixed_at) {
        judgement(Verdict::Accepted, Reason::HeldIsSilent(held_device.clone()))
    } else {
        judgement(Verdict::Outranked, Reason::Outranked(held_device.clone()))
    }
}

/// Whether the receiver itself does not trust the fix: it says so, or is less certain of it than
/// `poor_beyond_m`.
pub fn is_poor(fix: &Fix, poor_beyond_m: f64) -> bool {
    distrust(fix, poor_beyond_m).is_some()
}

/// Why the receiver's own words speak against the fix, if they do.
fn distrust(fix: &Fix, poor_beyond_m: f64) -> Option<Reason> {
    if fix.reading.quality == Some(FixQuality::Poor) {
        return Some(Reason::PoorFix);
    }
    fix.reading
        .accuracy_m
        .filter(|accuracy_m| poor_beyond_m < *accuracy_m)
        .map(Reason::Inaccurate)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{Reading, SourceId};

    const HOLD: SignedDuration = SignedDuration::from_secs(15);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn fix(fixed: i64, received: i64) -> Fix {
        Fix {
            reading: Reading::at(48.0, 17.0),
            fixed_at: at(fixed),
            received_at: at(received),
            clock_ahead: false,
            no_fix_time: false,
            backfill: false,
        }
    }

    fn rank(source: usize) -> Rank {
        Rank {
            source,
            roster: usize::MAX,
            device: DeviceKey::new(SourceId::new(format!("s{source}")), "1"),
        }
    }

    #[test]
    fn verdicts_by_the_table() {
        use Verdict::{Accepted, Older, Outranked, Refused};
        let poor = |mut fix: Fix| {
            fix.reading.quality = Some(FixQuality::Poor);
            fix
        };
        let vague = |mut fix: Fix, accuracy_m| {
            fix.reading.accuracy_m = Some(accuracy_m);
            fix
        };
        // Held: source 1, fixed at 100; hold 60 s. (candidate, its source, live, verdict)
        let cases = [
            (fix(101, 101), 1, true, Accepted),
            (fix(100, 101), 1, true, Older),
            (fix(99, 101), 0, true, Older),
            (fix(101, 101), 0, true, Accepted),
            (fix(101, 101), 2, true, Outranked),
            (fix(160, 160), 2, true, Outranked),
            (fix(161, 161), 2, true, Accepted),
            // A late delivery counts by when it came, not by when it was true.
            (fix(101, 161), 2, true, Accepted),
            (poor(fix(101, 101)), 1, true, Refused),
            (poor(fix(101, 101)), 1, false, Accepted),
            (vague(fix(101, 101), 500.0), 1, true, Accepted),
            (vague(fix(101, 101), 501.0), 1, true, Refused),
            (vague(fix(99, 101), 501.0), 1, true, Older),
        ];
        let held = Held {
            fix: fix(100, 100),
            rank: rank(1),
        };
        let hold_for = hold(SignedDuration::from_secs(30), HOLD);
        for (row, (candidate, source, is_live, expected)) in cases.into_iter().enumerate() {
            let terms = Terms {
                hold_for,
                is_live,
                poor_beyond_m: 500.0,
            };
            let judged = judge(&candidate, &rank(source), Some(&held), terms);
            assert_eq!(
                judged.verdict,
                expected,
                "row {row}: {}",
                judged.reason.words()
            );
        }
        let terms = Terms {
            hold_for,
            is_live: false,
            poor_beyond_m: 500.0,
        };
        let first = judge(&poor(fix(1, 1)), &rank(9), None, terms);
        assert_eq!(first.verdict, Accepted);
    }

    #[test]
    fn the_hold_is_never_under_15_seconds() {
        assert_eq!(hold(SignedDuration::from_secs(5), HOLD).as_secs(), 15);
        assert_eq!(hold(SignedDuration::from_secs(30), HOLD).as_secs(), 60);
    }
}
