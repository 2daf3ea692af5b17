//! The world behind the vendors: vehicles that live their day, and devices that tell of it.
//!
//! Pure: no clock, no I/O. [`World::advance`] is given the time since the world began, which is
//! always ten in the morning, everywhere. Time passes in fixed ticks, and a vehicle takes its step
//! in every fifth, so that the result depends on the seed and on how much time has passed, never
//! on how it was cut; and so that the fleet's reports are spread over time rather than bunched.

pub mod city;
pub mod device;
pub mod drive;
pub mod past;
pub mod profile;
mod roster;
pub mod vehicle;

use std::collections::HashMap;
use std::sync::Arc;

use device::{Card, Device, News, Report};
use past::Past;
use vehicle::{STEP_MS, Vehicle};

use super::Vendor;

/// The world's tick in milliseconds.
pub const TICK_MS: i64 = 100;
/// A vehicle takes one step in so many ticks.
const TICKS_PER_STEP: i64 = STEP_MS / TICK_MS;

/// A piece of news, with the device that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Whose.
    pub card: Arc<Card>,
    /// What.
    pub news: News,
}

/// One device's standing report, as a vendor's list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Whose.
    pub card: Arc<Card>,
    /// What it last said; `None` before its first fix.
    pub report: Option<Arc<Report>>,
}

/// All vehicles.
#[derive(Debug, PartialEq)]
pub struct World {
    vehicles: Vec<Vehicle>,
    /// For each vendor, in the order of its devices' numbers: which vehicle, which of its devices.
    devices: [Vec<(usize, usize)>; Vendor::ALL.len()],
    homes: HashMap<(Vendor, String), usize>,
    /// What is kept of each device, in the same order as `devices`.
    pasts: [Vec<Past>; Vendor::ALL.len()],
    /// So many reports are kept of each.
    room: usize,
    ticks: i64,
    /// Streamed devices report at this interval, if set; in milliseconds, and no quicker than a tick.
    pub stream_ms: Option<i64>,
}

impl World {
    /// `count` vehicles whose devices are those of `vendors`.
    pub fn new(seed: u64, count: usize, vendors: &[Vendor]) -> Self {
        let vehicles = roster::vehicles(seed, count, vendors);
        let mut devices: [Vec<_>; Vendor::ALL.len()] = Default::default();
        let mut homes = HashMap::new();
        for (place, vehicle) in vehicles.iter().enumerate() {
            for (slot, device) in vehicle.devices.iter().enumerate() {
                devices[device.card.vendor.index()].push((place, slot));
                homes.insert((device.card.vendor, device.card.id.clone()), place);
            }
        }
        let pasts = devices
            .each_ref()
            .map(|some| vec![Past::default(); some.len()]);
        let n_devices = devices.iter().map(Vec::len).sum();
        Self {
            vehicles,
            devices,
            homes,
            pasts,
            room: past::room_for(n_devices),
            ticks: 0,
            stream_ms: None,
        }
    }

    /// Lets time pass up to `elapsed_ms` after the beginning, and returns what the vendors learn.
    pub fn advance(&mut self, elapsed_ms: i64) -> Vec<Told> {
        let mut told = Vec::new();
        while (self.ticks + 1) * TICK_MS <= elapsed_ms {
            self.ticks += 1;
            let now_ms = self.ticks * TICK_MS;
            let turn = usize::try_from(self.ticks % TICKS_PER_STEP).unwrap_or(0);
            let step = usize::try_from(TICKS_PER_STEP).unwrap_or(1);
            let between = self.stream_ms.filter(|&every_ms| every_ms < STEP_MS);
            for (place, vehicle) in self.vehicles.iter_mut().enumerate() {
                let mut news = |card: &Arc<Card>, news| {
                    let card = Arc::clone(card);
                    told.push(Told { card, news });
                };
                if place % step == turn {
                    vehicle.step(now_ms, self.stream_ms, news);
                } else if let Some(every_ms) = between {
                    vehicle.tell(now_ms, every_ms, &mut news);
                }
            }
        }
        for told in &told {
            self.keep(told);
        }
        told
    }

    /// What is kept of one device.
    pub fn past(&self, vendor: Vendor, id: &str) -> Option<&Past> {
        let mut devices = self.of(vendor).zip(&self.pasts[vendor.index()]);
        let mine = devices.find(|(device, _)| device.card.id == id);
        mine.map(|(_, past)| past)
    }

    /// A vendor's devices in the order of their numbers, with what is kept of each.
    pub fn pasts(&self, vendor: Vendor) -> impl Iterator<Item = (&Arc<Card>, &Past)> {
        let cards = self.of(vendor).map(|device| &device.card);
        cards.zip(&self.pasts[vendor.index()])
    }

    fn keep(&mut self, told: &Told) {
        let News::Report(report, _) = &told.news else {
            return;
        };
        let number = usize::try_from(told.card.number).unwrap_or(usize::MAX);
        let past = self.pasts[told.card.vendor.index()].get_mut(number);
        // What was told without a fix is no place to remember.
        if let Some(past) = past.filter(|_| report.has_gps) {
            past.keep(report, self.room);
        }
    }

    /// How far time has passed, in milliseconds.
    pub fn elapsed_ms(&self) -> i64 {
        self.ticks * TICK_MS
    }

    /// All vehicles.
    pub fn vehicles(&self) -> &[Vehicle] {
        &self.vehicles
    }

    /// A vendor's devices in the order of their numbers, with what each last said.
    pub fn rows(&self, vendor: Vendor) -> Vec<Row> {
        self.of(vendor)
            .map(|device| Row {
                card: Arc::clone(&device.card),
                report: device.last.clone(),
            })
            .collect()
    }

    /// Makes a device report at `now_ms`; `None` if there is no such device.
    pub fn emit(&mut self, now_ms: i64, vendor: Vendor, id: &str) -> Option<Told> {
        let vehicle = self.vehicle_of(vendor, id)?;
        let news = vehicle.emit(now_ms, vendor, id)?;
        let card = vehicle.devices.iter().map(|device| &device.card);
        let card = card
            .filter(|card| card.vendor == vendor)
            .find(|card| card.id == id)?;
        let told = Told {
            card: Arc::clone(card),
            news,
        };
        self.keep(&told);
        Some(told)
    }

    /// Takes a device off the network for `for_ms`; false if there is no such device.
    pub fn lose(&mut self, vendor: Vendor, id: &str, for_ms: i64) -> bool {
        let now_ms = self.elapsed_ms();
        let Some(vehicle) = self.vehicle_of(vendor, id) else {
            return false;
        };
        let devices = vehicle.devices.iter_mut();
        for device in devices.filter(|device| device.card.vendor == vendor) {
            device.lose(now_ms, for_ms);
        }
        true
    }

    fn vehicle_of(&mut self, vendor: Vendor, id: &str) -> Option<&mut Vehicle> {
        let place = *self.homes.get(&(vendor, id.to_owned()))?;
        self.vehicles.get_mut(place)
    }

    fn of(&self, vendor: Vendor) -> impl Iterator<Item = &Device> {
        let places = self.devices[vendor.index()].iter();
        places.map(|&(place, slot)| &self.vehicles[place].devices[slot])
    }
}

#[cfg(test)]
mod tests;
