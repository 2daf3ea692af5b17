//! A device's state as bytes and back.
//!
//! The fleet's types are plain data and know nothing of files; here stands, type by type, in which
//! order their members go. A member that is added there does not compile until it is added here,
//! and then [`FORMAT`] grows by one: a state of another format is not read, and its device starts
//! anew, as it would without a store.

use std::sync::Arc;

use jiff::Timestamp;

use super::varint;
use crate::domain::{DeviceKey, FixQuality, Label, Reading, SourceId};
use crate::fleet::Fix;
use crate::fleet::device::TimedFacts;
use crate::fleet::fix::Raw;
use crate::fleet::interval::Gaps;
use crate::fleet::memory::Remembered;
use crate::fleet::motion::Progress;
use crate::fleet::motion::ignition::Ignition;
use crate::fleet::motion::progress::Since;
use crate::fleet::motion::spell::{Anchor, Sign, Spell, Suspicion};

/// The order of members below.
const FORMAT: u8 = 1;

/// The state as bytes.
pub(super) fn to_bytes(mut remembered: Remembered) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    // Mostly they are one; this is written often.
    let is_held = remembered.fix.is_some() && remembered.position == remembered.fix;
    is_held.put(&mut bytes);
    if is_held {
        remembered.position = None;
    }
    remembered.put(&mut bytes);
    bytes
}

/// The state of bytes; `None` if they are of another format, or torn.
pub(super) fn of_bytes(bytes: &[u8]) -> Option<Remembered> {
    let (&format, mut rest) = bytes.split_first()?;
    if format != FORMAT {
        return None;
    }
    let is_held = bool::take(&mut rest)?;
    let mut remembered = Remembered::take(&mut rest)?;
    if is_held {
        remembered.position.clone_from(&remembered.fix);
    }
    rest.is_empty().then_some(remembered)
}

trait Kept: Sized {
    fn put(&self, into: &mut Vec<u8>);
    fn take(from: &mut &[u8]) -> Option<Self>;
}

/// Structs, member by member.
macro_rules! members {
    ($($name:ident { $($member:ident),* $(,)? })*) => {$(
        impl Kept for $name {
            fn put(&self, into: &mut Vec<u8>) {
                let Self { $($member),* } = self;
                $($member.put(into);)*
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Some(Self { $($member: Kept::take(from)?),* })
            }
        }
    )*};
}

members! {
    Remembered {
        device, listed, seen, unlisted_since, fix, position, raw, contact_at, offline_at, facts,
        motion, gaps,
    }
    DeviceKey { source, device }
    Label { name, registration, groups }
    Fix { reading, fixed_at, received_at, clock_ahead, no_fix_time, backfill }
    Reading {
        lat_deg, lng_deg, heading_deg, speed_mps, altitude_m, accuracy_m, quality, vendor_at,
    }
    Raw { vendor_at, lat_lng }
    TimedFacts { ignition, odometer_m, driver, address, battery_pct, fuel_l, panic }
    Progress { last, spell, ignition, idling, idled_until, on_the_move }
    Since { at, at_least }
    Spell { is_moving, since, since_at_least, anchor, suspicion }
    Anchor { lat_lng_deg, at, at_least }
    Suspicion { at, at_least, sign }
    Ignition { is_on, since, since_at_least, told_at, went_off_at }
    Gaps { on_the_move_s, at_rest_s }
}

impl Kept for bool {
    fn put(&self, into: &mut Vec<u8>) {
        into.push((*self).into());
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        (byte < 2).then_some(byte == 1)
    }
}

impl Kept for u16 {
    fn put(&self, into: &mut Vec<u8>) {
        varint::put(into, (*self).into());
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        varint::take(from)?.try_into().ok()
    }
}

impl Kept for f64 {
    fn put(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.to_le_bytes());
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let (bytes, rest) = from.split_first_chunk()?;
        *from = rest;
        Some(Self::from_le_bytes(*bytes))
    }
}

impl Kept for Timestamp {
    fn put(&self, into: &mut Vec<u8>) {
        varint::put(into, varint::zigzag(self.as_second()));
        varint::put(into, varint::zigzag(self.subsec_nanosecond().into()));
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let second = varint::unzigzag(varint::take(from)?);
        let nanos = i32::try_from(varint::unzigzag(varint::take(from)?)).ok()?;
        Self::new(second, nanos).ok()
    }
}

impl Kept for Arc<str> {
    fn put(&self, into: &mut Vec<u8>) {
        varint::put(into, self.len() as u64);
        into.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(varint::take(from)?).ok()?;
        let (text, rest) = from.split_at_checked(length)?;
        *from = rest;
        str::from_utf8(text).ok().map(Self::from)
    }
}

impl Kept for SourceId {
    fn put(&self, into: &mut Vec<u8>) {
        Arc::<str>::from(self.as_str()).put(into);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Arc::<str>::take(from).map(Self::new)
    }
}

impl Kept for FixQuality {
    fn put(&self, into: &mut Vec<u8>) {
        (*self == Self::Good).put(into);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let is_good = bool::take(from)?;
        Some(if is_good { Self::Good } else { Self::Poor })
    }
}

impl Kept for Sign {
    fn put(&self, into: &mut Vec<u8>) {
        let place = match self {
            Self::Fast => None,
            Self::Displaced(place) => Some(*place),
        };
        place.put(into);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let place = <Option<(f64, f64)> as Kept>::take(from)?;
        Some(place.map_or(Self::Fast, Self::Displaced))
    }
}

impl<T: Kept> Kept for Option<T> {
    fn put(&self, into: &mut Vec<u8>) {
        self.is_some().put(into);
        if let Some(value) = self {
            value.put(into);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(if bool::take(from)? {
            Some(T::take(from)?)
        } else {
            None
        })
    }
}

impl<T: Kept> Kept for Vec<T> {
    fn put(&self, into: &mut Vec<u8>) {
        varint::put(into, self.len() as u64);
        for item in self {
            item.put(into);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let length = varint::take(from)?;
        (0..length).map(|_| T::take(from)).collect()
    }
}

impl<A: Kept, B: Kept> Kept for (A, B) {
    fn put(&self, into: &mut Vec<u8>) {
        self.0.put(into);
        self.1.put(into);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A device of which no more is known than its name.
    pub(crate) fn named(device: DeviceKey, name: &str) -> Remembered {
        let seen = Label {
            name: Some(name.into()),
            ..Label::default()
        };
        Remembered {
            seen,
            ..Remembered::nothing_of(device)
        }
    }

    fn remembered() -> Remembered {
        let at = Timestamp::new(1_785_932_407, 123_456_789).unwrap();
        let key = DeviceKey::new(SourceId::new("cartrack-za"), "512345678");
        let fix = Fix {
            reading: Reading {
                heading_deg: Some(0.0),
                quality: Some(FixQuality::Poor),
                vendor_at: Some(at),
                ..Reading::at(-26.204_103_7, 28.047_3)
            },
            fixed_at: at,
            received_at: at,
            clock_ahead: false,
            no_fix_time: true,
            backfill: false,
        };
        Remembered {
            device: key,
            listed: Some(Label {
                name: Some("Truck Ž".into()),
                registration: None,
                groups: vec!["North".into(), "".into()],
            }),
            seen: Label::default(),
            unlisted_since: Some(Timestamp::UNIX_EPOCH),
            raw: Some(Raw::of(&fix.reading)),
            position: Some(fix.clone()),
            fix: Some(fix),
            contact_at: None,
            offline_at: Some(Timestamp::MIN),
            facts: TimedFacts {
                ignition: Some((true, at)),
                driver: Some(("A. Driver".into(), at)),
                ..TimedFacts::default()
            },
            motion: Progress {
                last: Some((at, (1.5, -2.5))),
                spell: Some(Spell {
                    is_moving: true,
                    since: at,
                    since_at_least: true,
                    anchor: None,
                    suspicion: Some(Suspicion {
                        at,
                        at_least: false,
                        sign: Sign::Displaced((3.0, 4.0)),
                    }),
                }),
                ignition: Some(Ignition::first(true, at)),
                ..Progress::default()
            },
            gaps: Gaps {
                on_the_move_s: vec![15, 65_535],
                at_rest_s: Vec::new(),
            },
        }
    }

    #[test]
    fn a_state_comes_back_to_the_last_bit() {
        let mut state = remembered();
        assert_eq!(of_bytes(&to_bytes(state.clone())), Some(state.clone()));
        state.position = None;
        assert_eq!(of_bytes(&to_bytes(state.clone())), Some(state.clone()));
        state.fix = None;
        assert_eq!(of_bytes(&to_bytes(state.clone())), Some(state));
    }

    #[test]
    fn a_torn_state_or_one_of_another_format_is_none() {
        let bytes = to_bytes(remembered());
        for length in 0..bytes.len() {
            assert_eq!(of_bytes(&bytes[..length]), None, "{length}");
        }
        let mut other = bytes;
        other[0] = FORMAT + 1;
        assert_eq!(of_bytes(&other), None);
    }
}
