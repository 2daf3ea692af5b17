//! Records as differences to the record before, number by number.
//!
//! One order of numbers serves two arrangements. As rows, each record's numbers stand together:
//! so a record is appended to what a device has pending and to the second's frame, the very same
//! bytes. As planes, the same kind of number of many records stands together: so a chunk is
//! compressed, because neighbours are alike.

use super::record::{Look, Place, Record, Showing};
use super::varint;

/// The kinds of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plane {
    Mask,
    At,
    Card,
    FixedAt,
    ReceivedAt,
    Lat,
    Lng,
    Speed,
    Heading,
    Altitude,
    Accuracy,
    Look,
}

/// How many kinds there are.
pub(super) const N_PLANES: usize = Plane::Look as usize + 1;

// Which numbers a record has. The commonest bits are the lowest: they make a mask of one byte.
const PLACE: u64 = 1;
const FIX: u64 = 1 << 1;
const SHOWN: u64 = 1 << 2;
const SPEED: u64 = 1 << 3;
const HEADING: u64 = 1 << 4;
const ALTITUDE: u64 = 1 << 5;
const ACCURACY: u64 = 1 << 6;
const NEW_LOOK: u64 = 1 << 7;
const LATE: u64 = 1 << 8;
const FILLED: u64 = 1 << 9;
const GONE: u64 = 1 << 10;
/// The place is that of the last record that was shown.
const SAME_PLACE: u64 = 1 << 11;
const NEW_CARD: u64 = 1 << 12;

/// Takes numbers.
pub(super) trait Put {
    fn put(&mut self, plane: Plane, value: u64);

    fn put_signed(&mut self, plane: Plane, value: i64) {
        self.put(plane, varint::zigzag(value));
    }
}

/// Gives numbers; `None` where there are no more, or what stands there is none.
pub(super) trait Take {
    fn take(&mut self, plane: Plane) -> Option<u64>;

    fn take_signed(&mut self, plane: Plane) -> Option<i64> {
        self.take(plane).map(varint::unzigzag)
    }
}

impl Put for Vec<u8> {
    fn put(&mut self, _plane: Plane, value: u64) {
        varint::put(self, value);
    }
}

impl Take for &[u8] {
    fn take(&mut self, _plane: Plane) -> Option<u64> {
        varint::take(self)
    }
}

impl Put for [Vec<u8>; N_PLANES] {
    fn put(&mut self, plane: Plane, value: u64) {
        varint::put(&mut self[plane as usize], value);
    }
}

impl Take for [&[u8]; N_PLANES] {
    fn take(&mut self, plane: Plane) -> Option<u64> {
        varint::take(&mut self[plane as usize])
    }
}

/// What the next record is compared with: nothing at first.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    at_ms: i64,
    card: u64,
    place: Place,
    shown_at: Option<Place>,
    look: Option<Look>,
}

impl Chain {
    /// Appends `record`.
    pub(super) fn put(&mut self, record: &Record, into: &mut impl Put) {
        let is_same_place = record.is_shown()
            && !record.is_fix
            && record.place.is_some()
            && record.place == self.shown_at;
        let new_look = match &record.showing {
            Showing::As(look) if self.look.as_ref() != Some(look) => Some(look),
            _ => None,
        };
        let place = record.place.as_ref().filter(|_| !is_same_place);
        let has = |bit: u64, is_so: bool| if is_so { bit } else { 0 };
        let mask = has(FIX, record.is_fix)
            | has(LATE, record.is_late)
            | has(FILLED, record.is_filled)
            | has(SHOWN, matches!(record.showing, Showing::As(_)))
            | has(GONE, record.showing == Showing::Gone)
            | has(NEW_LOOK, new_look.is_some())
            | has(SAME_PLACE, is_same_place)
            | has(NEW_CARD, record.card != self.card)
            | place.map_or(0, |place| PLACE | extras(place));
        into.put(Plane::Mask, mask);
        into.put_signed(Plane::At, record.at_ms.wrapping_sub(self.at_ms));
        if record.card != self.card {
            into.put(Plane::Card, record.card);
        }
        if let Some(place) = place {
            self.put_place(place, record.at_ms, into);
        }
        if let Some(look) = new_look {
            put_look(look, record.at_ms, into);
        }
        self.remember(record);
    }

    fn put_place(&self, place: &Place, at_ms: i64, into: &mut impl Put) {
        let before = &self.place;
        into.put_signed(
            Plane::FixedAt,
            place.fixed_at_ms.wrapping_sub(before.fixed_at_ms),
        );
        into.put_signed(Plane::ReceivedAt, at_ms.wrapping_sub(place.received_at_ms));
        into.put_signed(Plane::Lat, place.lat_e7.wrapping_sub(before.lat_e7));
        into.put_signed(Plane::Lng, place.lng_e7.wrapping_sub(before.lng_e7));
        for (plane, value, before) in [
            (Plane::Speed, place.speed_cmps, before.speed_cmps),
            (Plane::Heading, place.heading_ddeg, before.heading_ddeg),
            (Plane::Altitude, place.altitude_dm, before.altitude_dm),
            (Plane::Accuracy, place.accuracy_dm, before.accuracy_dm),
        ] {
            if let Some(value) = value {
                into.put_signed(plane, value.wrapping_sub(before.unwrap_or_default()));
            }
        }
    }

    /// Takes the next record; `None` at the end, and where the bytes are not ours.
    pub(super) fn take(&mut self, from: &mut impl Take) -> Option<Record> {
        let mask = from.take(Plane::Mask)?;
        let has = |bit: u64| mask & bit != 0;
        let at_ms = self.at_ms.wrapping_add(from.take_signed(Plane::At)?);
        let card = if has(NEW_CARD) {
            from.take(Plane::Card)?
        } else {
            self.card
        };
        let place = if has(PLACE) {
            Some(self.take_place(mask, at_ms, from)?)
        } else if has(SAME_PLACE) {
            Some(self.shown_at.clone()?)
        } else {
            None
        };
        let showing = match (has(SHOWN), has(NEW_LOOK)) {
            (true, true) => Showing::As(take_look(at_ms, from)?),
            (true, false) => Showing::As(self.look.clone()?),
            (false, _) if has(GONE) => Showing::Gone,
            (false, _) => Showing::Nothing,
        };
        let record = Record {
            at_ms,
            card,
            place,
            is_fix: has(FIX),
            is_late: has(LATE),
            is_filled: has(FILLED),
            showing,
        };
        self.remember(&record);
        Some(record)
    }

    fn take_place(&self, mask: u64, at_ms: i64, from: &mut impl Take) -> Option<Place> {
        let before = &self.place;
        let fixed_at_ms = before
            .fixed_at_ms
            .wrapping_add(from.take_signed(Plane::FixedAt)?);
        let received_at_ms = at_ms.wrapping_sub(from.take_signed(Plane::ReceivedAt)?);
        let lat_e7 = before.lat_e7.wrapping_add(from.take_signed(Plane::Lat)?);
        let lng_e7 = before.lng_e7.wrapping_add(from.take_signed(Plane::Lng)?);
        let mut extra = |bit: u64, plane: Plane, before: Option<i64>| {
            if mask & bit == 0 {
                return Some(None);
            }
            let value = from.take_signed(plane)?;
            Some(Some(before.unwrap_or_default().wrapping_add(value)))
        };
        Some(Place {
            fixed_at_ms,
            received_at_ms,
            lat_e7,
            lng_e7,
            speed_cmps: extra(SPEED, Plane::Speed, before.speed_cmps)?,
            heading_ddeg: extra(HEADING, Plane::Heading, before.heading_ddeg)?,
            altitude_dm: extra(ALTITUDE, Plane::Altitude, before.altitude_dm)?,
            accuracy_dm: extra(ACCURACY, Plane::Accuracy, before.accuracy_dm)?,
        })
    }

    fn remember(&mut self, record: &Record) {
        self.at_ms = record.at_ms;
        self.card = record.card;
        if let Some(place) = &record.place {
            self.place.clone_from(place);
        }
        if let Showing::As(look) = &record.showing {
            self.shown_at.clone_from(&record.place);
            if self.look.as_ref() != Some(look) {
                self.look = Some(look.clone());
            }
        }
    }
}

fn extras(place: &Place) -> u64 {
    [
        (SPEED, place.speed_cmps),
        (HEADING, place.heading_ddeg),
        (ALTITUDE, place.altitude_dm),
        (ACCURACY, place.accuracy_dm),
    ]
    .into_iter()
    .filter_map(|(bit, value)| value.map(|_| bit))
    .fold(0, |mask, bit| mask | bit)
}

fn put_look(look: &Look, at_ms: i64, into: &mut impl Put) {
    let drawn = u64::from(look.drawn_e7.is_some());
    let at_least = u64::from(look.since_at_least);
    let states = look.motion | at_least << 3 | drawn << 4 | look.freshness << 5;
    into.put(Plane::Look, states);
    into.put_signed(Plane::Look, at_ms.wrapping_sub(look.motion_since_ms));
    into.put_signed(Plane::Look, at_ms.wrapping_sub(look.freshness_since_ms));
    into.put(Plane::Look, look.flags);
    if let Some((lat_e7, lng_e7)) = look.drawn_e7 {
        into.put_signed(Plane::Look, lat_e7);
        into.put_signed(Plane::Look, lng_e7);
    }
}

fn take_look(at_ms: i64, from: &mut impl Take) -> Option<Look> {
    let states = from.take(Plane::Look)?;
    let motion_since_ms = at_ms.wrapping_sub(from.take_signed(Plane::Look)?);
    let freshness_since_ms = at_ms.wrapping_sub(from.take_signed(Plane::Look)?);
    let flags = from.take(Plane::Look)?;
    let drawn_e7 = if states & 0x10 == 0 {
        None
    } else {
        Some((
            from.take_signed(Plane::Look)?,
            from.take_signed(Plane::Look)?,
        ))
    };
    Some(Look {
        motion: states & 0x7,
        motion_since_ms,
        since_at_least: states & 0x8 != 0,
        freshness: states >> 5,
        freshness_since_ms,
        flags,
        drawn_e7,
    })
}

/// All records of `bytes`, which hold rows of one chain.
pub(super) fn rows(mut bytes: &[u8]) -> impl Iterator<Item = Record> {
    let mut chain = Chain::default();
    std::iter::from_fn(move || chain.take(&mut bytes))
}
