//! A vehicle's day: it drives, idles, parks, works its shift and sleeps.

use std::sync::Arc;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::city::M_PER_DEG;
use super::device::{Card, Device, Link, Moment, News};
use super::drive::{Drive, Progress};
use super::profile::{HOUR_MS, Profile};
use crate::sim::Vendor;

/// The length of a vehicle's step in milliseconds.
pub const STEP_MS: i64 = 500;
const STEP_S: f64 = 0.5;

/// What the vehicle is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// On a trip, be it waiting at a light.
    Driving,
    /// Standing with the engine running.
    Idling {
        /// Until when.
        until_ms: i64,
    },
    /// Standing with the engine off.
    Parked {
        /// Until when.
        until_ms: i64,
    },
}

/// A vehicle and its devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Vehicle {
    /// Who it is.
    pub profile: Arc<Profile>,
    /// Its trackers: one, or two of different vendors.
    pub devices: Vec<Device>,
    /// What it is about.
    pub activity: Activity,
    drive: Drive,
    /// When `drive` was true.
    stepped_ms: i64,
    odometer_base_m: f64,
    rng: ChaCha8Rng,
}

impl Vehicle {
    /// A vehicle at ten in the morning: seven in ten are on the road.
    pub fn new(profile: Arc<Profile>, mut rng: ChaCha8Rng) -> Self {
        let mut drive = Drive::new(profile.city, &mut rng);
        let draw = rng.random_range(0..100);
        let activity = if !profile.shift.covers(0) {
            Activity::Parked {
                until_ms: profile.shift.next_start_ms(0),
            }
        } else if draw < 72 {
            drive.depart(profile.city, &mut rng);
            drive.skip_ahead(profile.city, profile.kind.habit, &mut rng);
            Activity::Driving
        } else if draw < 81 {
            Activity::Idling {
                until_ms: rng.random_range(10_000..180_000),
            }
        } else {
            Activity::Parked {
                until_ms: rng.random_range(20_000..2_400_000),
            }
        };
        Self {
            profile,
            devices: Vec::new(),
            activity,
            drive,
            stepped_ms: 0,
            odometer_base_m: rng.random_range(5_000_000.0..400_000_000.0),
            rng,
        }
    }

    /// Puts a device into the vehicle. Some never worked, some have long been silent; `steady`
    /// ones always report.
    pub fn install(&mut self, card: Card, steady: bool) {
        let moment = self.moment(0);
        let mut device = Device::new(Arc::new(card), &moment, &mut self.rng);
        match self.rng.random_range(0..100) {
            0 if !steady => device.never_installed(),
            1 | 2 if !steady => {
                let silent_ms = self.rng.random_range(HOUR_MS / 3..30 * HOUR_MS);
                device.long_silent(silent_ms, self.rng.random_range(HOUR_MS / 2..9 * HOUR_MS));
            }
            _ => {}
        }
        self.devices.push(device);
    }

    /// Lets half a second pass, up to `now_ms`, and tells `news` what the vendors learn.
    ///
    /// With `stream_ms`, streamed devices report at that interval, whatever the vehicle does.
    pub fn step(
        &mut self,
        now_ms: i64,
        stream_ms: Option<i64>,
        mut news: impl FnMut(&Arc<Card>, News),
    ) {
        let before = self.activity;
        self.live(now_ms);
        let changed = std::mem::discriminant(&before) != std::mem::discriminant(&self.activity);
        let moment = self.moment(now_ms);
        for device in &mut self.devices {
            let forced = stream_ms.filter(|_| device.card.vendor == Vendor::MyCarTracks);
            let said = match forced {
                Some(every_ms) => device.keep_pace(&moment, every_ms, &mut self.rng),
                None => device.step(&moment, changed, &mut self.rng),
            };
            if let Some(said) = said {
                news(&device.card, said);
            }
        }
    }

    /// Between two steps: lets the streamed devices report that keep a pace quicker than these.
    pub fn tell(&mut self, now_ms: i64, every_ms: i64, mut news: impl FnMut(&Arc<Card>, News)) {
        let moment = self.moment(now_ms);
        for device in &mut self.devices {
            if device.card.vendor != Vendor::MyCarTracks {
                continue;
            }
            if let Some(said) = device.keep_pace(&moment, every_ms, &mut self.rng) {
                news(&device.card, said);
            }
        }
    }

    /// Makes the device with the key `id` of `vendor` report at `now_ms`.
    pub fn emit(&mut self, now_ms: i64, vendor: Vendor, id: &str) -> Option<News> {
        let moment = self.moment(now_ms);
        let mine = |device: &&mut Device| device.card.vendor == vendor && device.card.id == id;
        let device = self.devices.iter_mut().find(mine)?;
        device.link = Link::Good;
        device.speak(&moment, &mut self.rng)
    }

    /// The truth at `now_ms`; between two steps it goes straight on as it went.
    pub fn moment(&self, now_ms: i64) -> Moment {
        let city = self.profile.city;
        let (speed_mps, heading_deg) = (self.drive.speed_mps, self.drive.heading_deg(city));
        let passed_ms = (now_ms - self.stepped_ms).clamp(0, STEP_MS);
        let way_m = speed_mps * f64::from(i32::try_from(passed_ms).unwrap_or(0)) / 1_000.0;
        Moment {
            now_ms,
            lat_lng_deg: ahead(self.drive.lat_lng(city), heading_deg, way_m),
            speed_mps,
            heading_deg,
            driving: self.activity == Activity::Driving,
            ignition: !matches!(self.activity, Activity::Parked { .. }),
            odometer_m: self.odometer_base_m + self.drive.driven_m,
            place: self.drive.place(),
        }
    }

    fn live(&mut self, now_ms: i64) {
        self.stepped_ms = now_ms;
        let city = self.profile.city;
        match self.activity {
            Activity::Driving => {
                let habit = self.profile.kind.habit;
                let progress = self.drive.step(city, habit, STEP_S, &mut self.rng);
                if progress == Progress::Arrived {
                    self.arrive(now_ms);
                }
            }
            Activity::Idling { until_ms } if until_ms <= now_ms => {
                if self.rng.random_bool(0.5) {
                    self.depart(now_ms);
                } else {
                    self.park(now_ms);
                }
            }
            Activity::Parked { until_ms } if until_ms <= now_ms => self.depart(now_ms),
            Activity::Idling { .. } | Activity::Parked { .. } => {}
        }
    }

    fn depart(&mut self, now_ms: i64) {
        if !self.profile.shift.covers(now_ms) {
            return self.park(now_ms);
        }
        self.drive.depart(self.profile.city, &mut self.rng);
        self.activity = Activity::Driving;
    }

    fn arrive(&mut self, now_ms: i64) {
        match self.rng.random_range(0..100) {
            0..58 if self.profile.shift.covers(now_ms) => self.depart(now_ms),
            58..78 => {
                self.activity = Activity::Idling {
                    until_ms: now_ms + self.rng.random_range(40_000..240_000),
                };
            }
            _ => self.park(now_ms),
        }
    }

    fn park(&mut self, now_ms: i64) {
        let until_ms = if self.profile.shift.covers(now_ms) {
            let short = self.rng.random_bool(0.93);
            now_ms
                + self.rng.random_range(if short {
                    90_000..600_000
                } else {
                    900_000..4_500_000
                })
        } else {
            self.profile.shift.next_start_ms(now_ms) + self.rng.random_range(0..HOUR_MS / 2)
        };
        self.activity = Activity::Parked { until_ms };
        // An underground car park swallows the report of the ignition: the vendor goes on showing
        // the last moving state.
        if self.rng.random_bool(0.04) {
            for device in &mut self.devices {
                device.lose(now_ms, until_ms - now_ms);
            }
        }
    }
}

/// `by_m` metres on from a place, over so short a way that the earth is flat.
fn ahead((lat_deg, lng_deg): (f64, f64), heading_deg: f64, by_m: f64) -> (f64, f64) {
    let (east, north) = heading_deg.to_radians().sin_cos();
    let by_deg = by_m / M_PER_DEG;
    (
        lat_deg + by_deg * north,
        lng_deg + by_deg * east / lat_deg.to_radians().cos(),
    )
}
