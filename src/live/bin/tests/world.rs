//! A fleet to tell of: vehicles that do all that can happen to one, and a server that tells of
//! them tile by tile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::super::{
    Entry, Head, Picture, Row, Step, Tile, dictionary, differences, entry, keyframe,
};
use crate::domain::{
    DeviceKey, DeviceView, Fact, Flag, Freshness, FreshnessState, Motion, MotionState, Position,
    SourceId, Vehicle,
};

pub(super) const START_S: i64 = 1_800_000_000;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START_S + second).unwrap()
}

/// A vehicle, as far as the binary protocol sees it.
#[derive(Clone, Debug)]
pub(super) struct Car {
    pub(super) serial: u32,
    pub(super) renamed: u8,
    pub(super) place: Option<Place>,
    pub(super) motion: MotionState,
    pub(super) freshness: FreshnessState,
    pub(super) flags: Vec<Flag>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) lat_deg: f64,
    pub(super) lng_deg: f64,
    pub(super) heading_deg: Option<f64>,
    pub(super) speed_mps: Option<f64>,
    pub(super) fixed_s: i64,
}

impl Car {
    pub(super) fn new(serial: u32, place: Option<Place>) -> Self {
        Self {
            serial,
            renamed: 0,
            place,
            motion: MotionState::Unknown,
            freshness: FreshnessState::Live,
            flags: Vec::new(),
        }
    }

    pub(super) fn vehicle(&self) -> Vehicle {
        let device = DeviceKey::new(SourceId::new("test"), self.serial.to_string());
        let named = |word: &str| format!("{word} {}.{}", self.serial, self.renamed).into();
        let (id, name): (_, Arc<str>) = (device.vehicle_id(), named("Vehicle \u{1F69A} \""));
        let is_known = self.serial.is_multiple_of(3);
        Vehicle {
            registration: is_known.then(|| named("CA")),
            groups: if is_known {
                vec!["North".into(), named("Depot")]
            } else {
                Vec::new()
            },
            flags: self.flags.clone(),
            position: self.place.map(|place| place.position(&device)),
            motion: Motion {
                state: self.motion,
                since: at(0),
                since_at_least: false,
            },
            freshness: Freshness {
                state: self.freshness,
                since: at(0),
            },
            driver: self.serial.is_multiple_of(5).then(|| Fact {
                value: named("Driver"),
                at: at(0),
                source: SourceId::new("test"),
            }),
            devices: vec![DeviceView::new(device)],
            ..Vehicle::new(id, name, at(0))
        }
    }
}

impl Place {
    fn position(self, device: &DeviceKey) -> Position {
        Position {
            lat_deg: self.lat_deg,
            lng_deg: self.lng_deg,
            heading_deg: self.heading_deg,
            speed_mps: self.speed_mps,
            altitude_m: None,
            accuracy_m: None,
            fixed_at: at(self.fixed_s),
            received_at: at(self.fixed_s),
            device: device.clone(),
        }
    }
}

/// A vehicle as the encoder gets it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) serial: u32,
    pub(super) row: Row,
    pub(super) entry: String,
}

/// The fleet at one moment, by index.
pub(super) type State = BTreeMap<u32, Seen>;

pub(super) fn state_of(cars: &BTreeMap<u32, Car>) -> State {
    let seen = |car: &Car| {
        let vehicle = car.vehicle();
        Seen {
            serial: car.serial,
            row: Row::of(&vehicle),
            entry: entry(&vehicle),
        }
    };
    cars.iter()
        .map(|(index, car)| (*index, seen(car)))
        .collect()
}

/// One tile, as a server tells of it.
#[derive(Clone, Debug)]
pub(super) struct Teller {
    pub(super) tile: Tile,
    /// The state after the last message that was worth sending.
    pub(super) told: u64,
}

impl Teller {
    pub(super) fn new(tile: Tile) -> Self {
        Self { tile, told: 0 }
    }

    fn head(&self, seq: u64, second: i64) -> Head {
        Head {
            tile: self.tile,
            base: self.told,
            seq,
            at: at(second),
        }
    }

    /// Names and keyframe.
    pub(super) fn whole(&self, seq: u64, second: i64, state: &State) -> [Vec<u8>; 2] {
        let head = self.head(seq, second);
        let inside = || state.iter().filter(|(_, seen)| self.tile.holds(&seen.row));
        let entries: Vec<_> = inside()
            .map(|(index, seen)| (*index, &seen.entry))
            .collect();
        let rows: Vec<_> = inside().map(|(index, seen)| (*index, seen.row)).collect();
        [dictionary(&head, &entries), keyframe(&head, &rows)]
    }

    /// What differs, if it shows.
    pub(super) fn tick(
        &mut self,
        seq: u64,
        second: i64,
        before: &State,
        after: &State,
    ) -> Option<Vec<u8>> {
        let mut steps = Vec::new();
        let mut entries = Vec::new();
        let all: BTreeSet<u32> = before.keys().chain(after.keys()).copied().collect();
        for index in all {
            let was = before.get(&index).filter(|seen| self.tile.holds(&seen.row));
            let is = after.get(&index).filter(|seen| self.tile.holds(&seen.row));
            let same = was.filter(|was| is.is_some_and(|is| is.serial == was.serial));
            if was.is_some() && same.is_none() {
                steps.push((index, Step::Removed));
            }
            let Some(is) = is else { continue };
            let step = Step::Became {
                before: same.map(|was| was.row),
                after: is.row,
            };
            steps.push((index, step));
            if same.is_none_or(|was| was.entry != is.entry) {
                entries.push((index, &is.entry));
            }
        }
        let message = differences(&self.head(seq, second), &steps, &entries)?;
        self.told = seq;
        Some(message)
    }
}

/// The rows and names that `picture` holds of `tile`.
pub(super) fn held(picture: &Picture, tile: Tile) -> BTreeMap<u32, (Row, Option<&Entry<'static>>)> {
    let rows = picture.tile(tile).into_iter().flat_map(|held| &held.rows);
    rows.map(|(index, row)| (*index, (*row, picture.entry(*index))))
        .collect()
}
