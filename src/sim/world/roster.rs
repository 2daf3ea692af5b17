//! Who is in the world: how many vehicles, in which cities, carrying whose devices.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::city::{CITIES, City};
use super::device::Card;
use super::profile::{Plate, Profile, Registry};
use super::vehicle::Vehicle;
use crate::sim::Vendor;

/// One vehicle in twelve carries the devices of two vendors.
const PAIRED_PER_MILLE: u32 = 80;

/// `count` vehicles with the devices of `vendors`; the same for the same `seed`.
pub(super) fn vehicles(seed: u64, count: usize, vendors: &[Vendor]) -> Vec<Vehicle> {
    // A world without vendors would be one without vehicles.
    let vendors = if vendors.is_empty() {
        &Vendor::ALL
    } else {
        vendors
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut registry = Registry::default();
    let mut numbers = Numbers::default();
    (0..count)
        .map(|place| {
            let crew = crew(place, vendors, &mut rng);
            let city = pick_city(crew[0], &mut rng);
            let paired = 1 < crew.len();
            let profile = Arc::new(registry.profile(city, paired, &mut rng));
            let own = ChaCha8Rng::seed_from_u64(rng.random());
            let mut vehicle = Vehicle::new(Arc::clone(&profile), own);
            for &vendor in &crew {
                let card = card(vendor, numbers.next(vendor), &profile, paired, &mut rng);
                // The first of each kind always report, so that the smallest world shows all.
                vehicle.install(card, paired || place < SAMPLES.len());
            }
            vehicle
        })
        .collect()
}

/// The first vehicles, so that the smallest world has one of each kind.
const SAMPLES: [&[Vendor]; 5] = [
    &[Vendor::MyCarTracks],
    &[Vendor::Cartrack],
    &[Vendor::EzToTrack],
    &[Vendor::Cartrack, Vendor::MyCarTracks],
    &[Vendor::EzToTrack, Vendor::MyCarTracks],
];

/// The vendors whose devices a vehicle carries. The first decides the city.
fn crew(place: usize, vendors: &[Vendor], rng: &mut ChaCha8Rng) -> Vec<Vendor> {
    let known = |crew: &[Vendor]| crew.iter().all(|vendor| vendors.contains(vendor));
    let (first, second) = (rng.random_range(0..100), rng.random_range(0..1_000));
    let drawn: &[Vendor] = match (second, first) {
        (0..PAIRED_PER_MILLE, 0..55) => SAMPLES[3],
        (0..PAIRED_PER_MILLE, _) => SAMPLES[4],
        (_, 0..40) => SAMPLES[0],
        (_, 40..75) => SAMPLES[1],
        _ => SAMPLES[2],
    };
    let wanted = SAMPLES.get(place).copied().unwrap_or(drawn);
    if known(wanted) {
        return wanted.to_vec();
    }
    vec![vendors[place % vendors.len()]]
}

fn pick_city(vendor: Vendor, rng: &mut ChaCha8Rng) -> &'static City {
    let mut left = rng.random_range(0..weight_of(vendor));
    let mut cities = CITIES.iter().filter(|city| city.vendor == vendor);
    let fits = |city: &&City| match left.checked_sub(city.weight) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    };
    cities.find(fits).unwrap_or(&CITIES[0])
}

fn weight_of(vendor: Vendor) -> u32 {
    let cities = CITIES.iter().filter(|city| city.vendor == vendor);
    cities.map(|city| city.weight).sum()
}

/// Counts each vendor's devices.
#[derive(Default)]
struct Numbers([u32; Vendor::ALL.len()]);

impl Numbers {
    fn next(&mut self, vendor: Vendor) -> u32 {
        let number = &mut self.0[vendor.index()];
        *number += 1;
        *number - 1
    }
}

fn card(
    vendor: Vendor,
    number: u32,
    profile: &Arc<Profile>,
    paired: bool,
    rng: &mut ChaCha8Rng,
) -> Card {
    let mut card = Card {
        vendor,
        number,
        id: String::new(),
        name: Some(profile.name.clone()),
        description: None,
        plate: profile.plate.as_ref().map(|plate| write(plate, number)),
        profile: Arc::clone(profile),
    };
    let (first, last) = profile.driver;
    match vendor {
        Vendor::Cartrack => {
            card.id = (512_345_678 + u64::from(number) * 7).to_string();
            card.description = number
                .is_multiple_of(2)
                .then(|| format!("{first}'s {}", profile.kind.word));
            // Some accounts name their vehicles only by a description, or only by the plate.
            card.name = card.name.filter(|_| number % 8 != 5 && number % 8 != 6);
        }
        Vendor::EzToTrack => card.id = format!("veh_{:04}", number + 7),
        Vendor::MyCarTracks => {
            card.id = (4_711 + number).to_string();
            if paired {
                card.name = Some(format!("{} phone", profile.name));
            } else if rng.random_bool(0.4) {
                card.name = Some(format!("{first} {last}"));
                // A private phone has no plate, or what somebody typed for want of one.
                card.plate = (number % 9 == 4).then(|| "TBA".to_owned());
            }
        }
    }
    card
}

/// The same plate, as different people write it.
fn write(plate: &Plate, number: u32) -> String {
    match number % 4 {
        0 => plate.concat(),
        1 => plate.join(" "),
        2 => plate.join("-"),
        _ => format!("{} {}{}", plate[0].to_lowercase(), plate[1], plate[2]),
    }
}
