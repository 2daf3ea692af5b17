//! From a tick of the fleet to records: what came, and what the map shows differently.
//!
//! Most fixes are shown at once, and that is one record. What time alone changes (a vehicle that
//! falls silent) is a record without a new place, a few bytes.

use std::collections::HashMap;
use std::sync::Arc;

use super::card::Card;
use super::day::Names;
use super::frame::Frame;
use super::memory::Memory;
use super::record::{Look, Place, Record, Showing};
use super::shown::Shown;
use crate::domain::{DeviceKey, SourceId, Vehicle, VehicleId};
use crate::fleet::Fix;
use crate::fleet::memory::Remembered;

/// What the fleet published at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Tick {
    pub(super) vehicles: Vec<Arc<Vehicle>>,
    pub(super) removed: Vec<VehicleId>,
    pub(super) fixes: Vec<(DeviceKey, Fix)>,
    pub(super) remembered: Vec<Remembered>,
    /// Devices that are no more; what is remembered with them came later.
    pub(super) forgotten: Vec<DeviceKey>,
}

/// What the next commit writes beside pieces.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) frame: Frame,
    pub(super) names: Names,
}

/// Enters `tick`, which was published at `at_ms`.
pub(super) fn take_in(memory: &mut Memory, tick: &Tick, at_ms: i64, news: &mut News) {
    memory.at_ms = at_ms;
    for id in &tick.removed {
        if let Some(shown) = memory.shown.remove(id) {
            let gone = Record {
                at_ms,
                card: shown.card,
                showing: Showing::Gone,
                ..Record::default()
            };
            memory.append(shown.v, &gone, &mut news.frame);
        }
    }
    let cards: Vec<u64> = tick
        .vehicles
        .iter()
        .map(|vehicle| card_of(memory, vehicle, news))
        .collect();
    let mut records = Vec::with_capacity(tick.fixes.len());
    let mut by_fix = HashMap::new();
    for (key, fix) in &tick.fixes {
        let v = number(memory, key, news);
        let record = fix_record(memory, v, fix, at_ms);
        by_fix.insert((v, fix.fixed_at.as_millisecond()), records.len());
        records.push((v, record));
    }
    for (vehicle, card) in tick.vehicles.iter().zip(cards) {
        let Some(shown) = newly_shown(memory, vehicle, card, news) else {
            continue;
        };
        let fixed_at_ms = shown.place.as_ref().map(|place| place.fixed_at_ms);
        let fix = fixed_at_ms.and_then(|at_ms| by_fix.get(&(shown.v, at_ms)));
        let fix = fix.and_then(|index| records.get_mut(*index));
        match fix {
            Some((_, record)) if record.place == shown.place => {
                record.card = card;
                record.showing = Showing::As(shown.look.clone());
            }
            _ => records.push((shown.v, shown.record(at_ms))),
        }
        memory.shown.insert(vehicle.id.clone(), shown);
    }
    for (v, record) in &records {
        memory.append(*v, record, &mut news.frame);
    }
}

/// What the map shows of `vehicle` now, if it differs from what it showed.
fn newly_shown(
    memory: &mut Memory,
    vehicle: &Vehicle,
    card: u64,
    news: &mut News,
) -> Option<Shown> {
    let place = vehicle.position.as_ref().map(Place::of_position);
    let look = Look::of(vehicle);
    let before = memory.shown.get(&vehicle.id);
    let is_same = |shown: &Shown| shown.card == card && shown.look == look && shown.place == place;
    if before.is_some_and(is_same) {
        return None;
    }
    if before.is_none_or(|shown| shown.card != card) {
        memory.is_called(card);
    }
    let nobody = || DeviceKey::new(SourceId::new(""), vehicle.id.as_str());
    let holder = vehicle.position.as_ref().map(|position| &position.device);
    let first = || vehicle.devices.first().map(|view| &view.device);
    let key = holder.or_else(first).cloned().unwrap_or_else(nobody);
    Some(Shown {
        v: number(memory, &key, news),
        card,
        look,
        place,
    })
}

fn fix_record(memory: &Memory, v: u32, fix: &Fix, at_ms: i64) -> Record {
    Record {
        at_ms,
        card: memory.holder(v),
        place: Some(Place::of_fix(fix)),
        is_fix: true,
        is_late: fix.backfill,
        ..Record::default()
    }
}

/// The card of a vehicle as it is; a new one where it has none that fits.
fn card_of(memory: &mut Memory, vehicle: &Vehicle, news: &mut News) -> u64 {
    if let Some(card) = memory.card_of(&vehicle.id)
        && memory.card(card).is_some_and(|card| card.fits(vehicle))
    {
        return card;
    }
    let card = Card::of(vehicle);
    for key in &card.devices {
        number(memory, key, news);
    }
    let k = memory.add_card(card.clone());
    news.names.cards.push((k, card));
    k
}

/// The number of a device; a new one is to be written.
pub(super) fn number(memory: &mut Memory, key: &DeviceKey, news: &mut News) -> u32 {
    let (v, is_new) = memory.number(key);
    if is_new {
        news.names.devices.push((v, key.clone()));
    }
    v
}
