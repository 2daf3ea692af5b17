//! Ten thousand vehicles to measure with: a random walk over the cities of South Africa. A quarter
//! is parked; each has a heading and a speed of its own, which change as a driver's do; receivers
//! err by 0.6 m. Seeded: every run is of the same fleet.

use fleetglass::domain::{
    DeviceKey, DeviceView, Freshness, FreshnessState, Motion, MotionState, Position, SourceId,
    Vehicle, VehicleId,
};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Latitude and longitude in degrees, and the part of the fleet in percent up to and with it.
const CITIES: [(f64, f64, u32); 8] = [
    (-26.2041, 28.0473, 35),
    (-25.7479, 28.2293, 50),
    (-33.9249, 18.4241, 68),
    (-29.8587, 31.0218, 82),
    (-33.9608, 25.6022, 88),
    (-29.0852, 26.1596, 93),
    (-33.0292, 27.8546, 97),
    (-23.8962, 29.4486, 100),
];
const CITY_SPREAD_DEG: f64 = 0.08;
const NOISE_M: f64 = 0.6;
const METRES_PER_DEGREE: f64 = 111_319.5;
const START_S: i64 = 1_800_000_000;

/// The fleet.
pub(crate) struct World {
    rng: ChaCha8Rng,
    cars: Vec<Car>,
    now: Timestamp,
}

struct Car {
    lat_deg: f64,
    lng_deg: f64,
    heading_deg: f64,
    speed_mps: f64,
    is_parked: bool,
    /// Its reports are so much before the full second.
    phase: SignedDuration,
    told: Vehicle,
}

impl World {
    /// `n` vehicles, each of which has reported once.
    pub(crate) fn new(n: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(2_026);
        let cars = (0..n).map(|number| Car::new(&mut rng, number)).collect();
        let now = Timestamp::from_second(START_S).expect("a time");
        let mut world = Self { rng, cars, now };
        world.second(|_| true);
        world
    }

    /// A second passes; those of `reports` tell where they are.
    pub(crate) fn second(&mut self, reports: impl Fn(usize) -> bool) {
        self.now += SignedDuration::from_secs(1);
        for (number, car) in self.cars.iter_mut().enumerate() {
            car.drive(&mut self.rng);
            if reports(number) {
                car.report(&mut self.rng, self.now);
            }
        }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The vehicles as last told.
    pub(crate) fn vehicles(&self) -> impl Iterator<Item = &Vehicle> {
        self.cars.iter().map(|car| &car.told)
    }
}

impl Car {
    fn new(rng: &mut ChaCha8Rng, number: usize) -> Self {
        let part = rng.random_range(0..100);
        let city = CITIES
            .iter()
            .find(|(.., to)| part < *to)
            .expect("all percents");
        let is_parked = rng.random_bool(0.25);
        Self {
            lat_deg: city.0 + normal(rng) * CITY_SPREAD_DEG,
            lng_deg: city.1 + normal(rng) * CITY_SPREAD_DEG,
            heading_deg: rng.random_range(0.0..360.0),
            speed_mps: if is_parked {
                0.0
            } else {
                rng.random_range(3.0..33.0)
            },
            is_parked,
            phase: SignedDuration::from_millis(rng.random_range(0..1_000)),
            told: named(number, is_parked),
        }
    }

    fn drive(&mut self, rng: &mut ChaCha8Rng) {
        if self.is_parked {
            return;
        }
        self.heading_deg = (self.heading_deg + normal(rng) * 4.0).rem_euclid(360.0);
        self.speed_mps = (self.speed_mps + normal(rng) * 0.7).clamp(1.5, 35.0);
        let (sin, cos) = self.heading_deg.to_radians().sin_cos();
        self.go(self.speed_mps * cos, self.speed_mps * sin);
    }

    fn go(&mut self, north_m: f64, east_m: f64) {
        self.lat_deg += north_m / METRES_PER_DEGREE;
        self.lng_deg += east_m / METRES_PER_DEGREE / self.lat_deg.to_radians().cos();
    }

    fn report(&mut self, rng: &mut ChaCha8Rng, now: Timestamp) {
        let off_lng_deg = normal(rng) * NOISE_M / self.lat_deg.to_radians().cos();
        self.told.position = Some(Position {
            lat_deg: self.lat_deg + normal(rng) * NOISE_M / METRES_PER_DEGREE,
            lng_deg: self.lng_deg + off_lng_deg / METRES_PER_DEGREE,
            heading_deg: Some(self.heading_deg),
            speed_mps: Some(self.speed_mps),
            altitude_m: None,
            accuracy_m: None,
            fixed_at: now - self.phase,
            received_at: now,
            device: self.told.devices[0].device.clone(),
        });
    }
}

fn named(number: usize, is_parked: bool) -> Vehicle {
    let device = DeviceKey::new(
        SourceId::new("cartrack-za"),
        format!("{}", 512_000_000 + number * 37),
    );
    let since = Timestamp::from_second(START_S).expect("a time");
    let state = if is_parked {
        MotionState::Parked
    } else {
        MotionState::Moving
    };
    let id = VehicleId::new(format!("reg:CA{:06}", number * 83 % 1_000_000));
    Vehicle {
        registration: Some(format!("CA {:06}", number * 83 % 1_000_000).into()),
        groups: vec![["North", "South", "Coast", "Depot"][number % 4].into()],
        motion: Motion {
            state,
            since,
            since_at_least: false,
        },
        freshness: Freshness {
            state: FreshnessState::Live,
            since,
        },
        devices: vec![DeviceView::new(device)],
        ..Vehicle::new(id, format!("Truck {number}"), since)
    }
}

/// A number of the normal distribution, by Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, turn): (f64, f64) = (rng.random_range(f64::MIN_POSITIVE..1.0), rng.random());
    (-2.0 * radius.ln()).sqrt() * (turn * std::f64::consts::TAU).cos()
}
