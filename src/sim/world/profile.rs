//! Who a simulated vehicle is: its kind, names, plate, driver and working hours.

use std::collections::HashSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::city::City;
use super::drive::Habit;

/// A kind of vehicle and what follows from it.
#[derive(Debug, PartialEq)]
pub struct Kind {
    /// Stands before the number in a name.
    pub word: &'static str,
    /// Maker.
    pub make: &'static str,
    /// Model.
    pub model: &'static str,
    /// How it moves.
    pub habit: Habit,
    weight: u32,
}

const fn kind(
    word: &'static str,
    (make, model): (&'static str, &'static str),
    (accel_mps2, haste): (f64, f64),
    weight: u32,
) -> Kind {
    Kind {
        word,
        make,
        model,
        habit: Habit { accel_mps2, haste },
        weight,
    }
}

/// Every kind. The first is the lorry: it is what carries two devices.
pub static KINDS: [Kind; 6] = [
    kind("Truck", ("Isuzu", "NPR"), (1.0, 0.88), 5),
    kind("Van", ("Ford", "Transit"), (1.6, 1.0), 6),
    kind("Reefer", ("Volvo", "FM"), (0.9, 0.85), 2),
    kind("Pickup", ("Toyota", "Hilux"), (1.9, 1.04), 3),
    kind("Service", ("Skoda", "Octavia"), (2.1, 1.06), 3),
    kind("Bus", ("MAN", "Lion's City"), (1.0, 0.84), 1),
];

const FIRST_NAMES: [&str; 20] = [
    "Sipho", "Jana", "Thandi", "Marek", "Maria", "Jürgen", "Ayesha", "Tomáš", "Lerato", "James",
    "Zuzana", "Pieter", "Emily", "Kofi", "Eszter", "Luis", "Nomsa", "Petr", "Grace", "Darnell",
];
const LAST_NAMES: [&str; 20] = [
    "Dlamini",
    "Kováčová",
    "Nkosi",
    "Novák",
    "Garcia",
    "Müller",
    "Patel",
    "Horváth",
    "Mokoena",
    "Smith",
    "Szabó",
    "van Wyk",
    "Johnson",
    "Mensah",
    "Nagy",
    "Hernandez",
    "Zulu",
    "Dvořák",
    "Brown",
    "Washington",
];

/// Hours of work by local time, `start_h` to `end_h`; through midnight if the start is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Hour it begins, 0 to 23.
    pub start_h: i64,
    /// Hour it ends, 0 to 23.
    pub end_h: i64,
}

/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// The local hour at which every world begins.
pub const FIRST_HOUR: i64 = 10;

impl Shift {
    /// Whether it is working time `elapsed_ms` after the world began.
    pub fn covers(self, elapsed_ms: i64) -> bool {
        let hour = (FIRST_HOUR + elapsed_ms.div_euclid(HOUR_MS)).rem_euclid(24);
        if self.start_h <= self.end_h {
            (self.start_h..self.end_h).contains(&hour)
        } else {
            self.start_h <= hour || hour < self.end_h
        }
    }

    /// When it begins next, in milliseconds after the world began.
    pub fn next_start_ms(self, elapsed_ms: i64) -> i64 {
        let first_ms = (self.start_h - FIRST_HOUR) * HOUR_MS;
        elapsed_ms + (first_ms - elapsed_ms).rem_euclid(24 * HOUR_MS)
    }
}

/// A number plate, in the groups in which people write it.
pub type Plate = [String; 3];

/// All that does not change about a vehicle.
#[derive(Debug, PartialEq)]
pub struct Profile {
    /// Name for people.
    pub name: String,
    /// What it is.
    pub kind: &'static Kind,
    /// Where it lives.
    pub city: &'static City,
    /// Its plate; a private phone may have none.
    pub plate: Option<Plate>,
    /// First and last name of who drives it.
    pub driver: (&'static str, &'static str),
    /// When it works.
    pub shift: Shift,
}

impl PartialEq for City {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Makes profiles whose names and plates never repeat.
#[derive(Debug, Default)]
pub struct Registry {
    plates: HashSet<String>,
    made: u32,
}

impl Registry {
    /// A vehicle of `city`; `lorry` settles its kind.
    pub fn profile(&mut self, city: &'static City, lorry: bool, rng: &mut ChaCha8Rng) -> Profile {
        self.made += 1;
        let kind = if lorry { &KINDS[0] } else { pick_kind(rng) };
        let driver = (
            FIRST_NAMES[rng.random_range(0..FIRST_NAMES.len())],
            LAST_NAMES[rng.random_range(0..LAST_NAMES.len())],
        );
        Profile {
            name: format!("{} {}", kind.word, self.made),
            kind,
            city,
            plate: Some(self.plate(city, rng)),
            driver,
            shift: shift(rng),
        }
    }

    fn plate(&mut self, city: &City, rng: &mut ChaCha8Rng) -> Plate {
        loop {
            let plate = [
                letters(3, rng),
                format!("{:04}", rng.random_range(0..10_000)),
                city.plate_area.to_owned(),
            ];
            if self.plates.insert(plate.concat()) {
                return plate;
            }
        }
    }
}

fn letters(count: usize, rng: &mut ChaCha8Rng) -> String {
    // Without the vowels no word comes out, and I and O are not mistaken for digits.
    const LETTERS: &[u8] = b"BCDFGHJKLMNPRSTVWXYZ";
    (0..count)
        .map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]))
        .collect()
}

fn pick_kind(rng: &mut ChaCha8Rng) -> &'static Kind {
    let total: u32 = KINDS.iter().map(|kind| kind.weight).sum();
    let mut left = rng.random_range(0..total);
    for kind in &KINDS {
        if left < kind.weight {
            return kind;
        }
        left -= kind.weight;
    }
    &KINDS[0]
}

/// Most work by day; one in twenty by night.
fn shift(rng: &mut ChaCha8Rng) -> Shift {
    if rng.random_bool(0.05) {
        return Shift {
            start_h: 19,
            end_h: 5,
        };
    }
    Shift {
        start_h: rng.random_range(4..8),
        end_h: rng.random_range(17..22),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_shift_covers_ten_in_the_morning_and_not_midnight() {
        let shift = Shift {
            start_h: 6,
            end_h: 18,
        };
        for (hours_on, expected) in [(0, true), (7, true), (8, false), (14, false), (20, true)] {
            assert_eq!(
                shift.covers(hours_on * HOUR_MS),
                expected,
                "{hours_on} h on"
            );
        }
        assert_eq!(shift.next_start_ms(9 * HOUR_MS), 20 * HOUR_MS);
    }

    #[test]
    fn a_night_shift_goes_through_midnight() {
        let shift = Shift {
            start_h: 19,
            end_h: 5,
        };
        for (hours_on, expected) in [(0, false), (9, true), (14, true), (18, true), (19, false)] {
            assert_eq!(
                shift.covers(hours_on * HOUR_MS),
                expected,
                "{hours_on} h on"
            );
        }
        assert_eq!(shift.next_start_ms(0), 9 * HOUR_MS);
    }
}
