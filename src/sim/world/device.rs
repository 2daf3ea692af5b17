//! A tracker or phone in a vehicle: when it reports, what it says, and when it falls silent.

use std::sync::Arc;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::city::Place;
use super::profile::Profile;
use crate::sim::Vendor;

/// A phone that has been silent for this long is told of as offline by its vendor.
const OFFLINE_AFTER_MS: i64 = 60_000;

/// What never changes about a device.
#[derive(Debug, PartialEq)]
pub struct Card {
    /// Whose device it is.
    pub vendor: Vendor,
    /// Its place among the vendor's devices, from 0.
    pub number: u32,
    /// The vendor's key for it, as text.
    pub id: String,
    /// The vendor's name for its vehicle, where there is one.
    pub name: Option<String>,
    /// The vendor's other words for the vehicle.
    pub description: Option<String>,
    /// The plate as this vendor's account writes it.
    pub plate: Option<String>,
    /// The vehicle it sits in.
    pub profile: Arc<Profile>,
}

/// What a device last told its vendor. Times are milliseconds since the world began, and may be
/// negative.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// When the position was true.
    pub fixed_ms: i64,
    /// When the device last spoke.
    pub contact_ms: i64,
    /// Latitude in degrees.
    pub lat_deg: f64,
    /// Longitude in degrees.
    pub lng_deg: f64,
    /// Speed in metres per second.
    pub speed_mps: f64,
    /// Heading in degrees.
    pub heading_deg: f64,
    /// The receiver's uncertainty in metres.
    pub accuracy_m: f64,
    /// Whether the satellites are seen.
    pub has_gps: bool,
    /// Whether the ignition is on.
    pub ignition: bool,
    /// Odometer in metres.
    pub odometer_m: f64,
    /// Where in the city's grid: see `City::address`.
    pub place: Place,
}

/// What a vehicle is doing at one instant: all that its devices can know.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Milliseconds since the world began.
    pub now_ms: i64,
    /// Latitude and longitude in degrees.
    pub lat_lng_deg: (f64, f64),
    /// Metres per second.
    pub speed_mps: f64,
    /// Degrees.
    pub heading_deg: f64,
    /// Underway, be it waiting at a light.
    pub driving: bool,
    /// Ignition on.
    pub ignition: bool,
    /// Metres.
    pub odometer_m: f64,
    /// Where in the city's grid.
    pub place: Place,
}

/// How a device's link to the world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Sees satellites, reaches its vendor.
    Good,
    /// Reaches its vendor, sees no satellites.
    NoGps {
        /// When it sees them again.
        until_ms: i64,
    },
    /// Does not reach its vendor.
    Offline {
        /// Since when.
        since_ms: i64,
        /// When it is back.
        until_ms: i64,
        /// Whether the vendor has noticed.
        told: bool,
    },
    /// Was bought and never installed.
    Never,
}

/// Intervals between reports in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pace {
    driving: i64,
    idling: i64,
    resting: i64,
}

/// A device and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Who it is.
    pub card: Arc<Card>,
    /// What it last told.
    pub last: Option<Arc<Report>>,
    /// How it is connected.
    pub link: Link,
    pace: Pace,
    due_ms: i64,
}

/// What a vendor learns from a step.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A report came; the one before it, if any.
    Report(Arc<Report>, Option<Arc<Report>>),
    /// The device is noticed to be gone; when it last spoke.
    Offline(i64),
}

impl Device {
    /// A device that has been reporting since before the world began, or has long been silent.
    pub fn new(card: Arc<Card>, moment: &Moment, rng: &mut ChaCha8Rng) -> Self {
        let mut device = Self {
            pace: pace(card.vendor, rng),
            card,
            last: None,
            link: Link::Good,
            due_ms: 0,
        };
        let age_ms = rng.random_range(0..device.interval_ms(moment));
        let at = Moment {
            now_ms: -age_ms,
            ..moment.clone()
        };
        device.report(&at, rng);
        device
    }

    /// The device has never had a fix.
    pub fn never_installed(&mut self) {
        self.link = Link::Never;
        self.last = None;
    }

    /// The device has been silent for `silent_ms` and stays so until `until_ms`.
    pub fn long_silent(&mut self, silent_ms: i64, until_ms: i64) {
        self.link = Link::Offline {
            since_ms: -silent_ms,
            until_ms,
            told: true,
        };
        if let Some(last) = &mut self.last {
            let last = Arc::make_mut(last);
            last.fixed_ms -= silent_ms;
            last.contact_ms = last.fixed_ms;
        }
    }

    /// Cuts the device off for `for_ms` from now.
    pub fn lose(&mut self, now_ms: i64, for_ms: i64) {
        if self.link != Link::Never {
            self.link = Link::Offline {
                since_ms: now_ms,
                until_ms: now_ms + for_ms,
                told: false,
            };
        }
    }

    /// Lets time pass. `changed`: the vehicle has just begun or ended something.
    pub fn step(&mut self, moment: &Moment, changed: bool, rng: &mut ChaCha8Rng) -> Option<News> {
        let now_ms = moment.now_ms;
        match self.link {
            Link::Never => return None,
            Link::Offline {
                since_ms,
                until_ms,
                told,
            } => {
                if now_ms < until_ms {
                    return self.notice_offline(now_ms, since_ms, until_ms, told);
                }
                self.link = Link::Good;
                self.due_ms = now_ms;
            }
            Link::NoGps { until_ms } if until_ms <= now_ms => {
                self.link = Link::Good;
                self.due_ms = now_ms;
            }
            Link::NoGps { .. } | Link::Good => {}
        }
        if moment.driving {
            self.mishap(now_ms, rng);
        }
        // What has just begun is told at once: units report on ignition, phones on motion.
        if changed {
            self.due_ms = now_ms;
        }
        if now_ms < self.due_ms {
            return None;
        }
        self.speak(moment, rng)
    }

    /// Lets time pass for a device that reports each `every_ms`, whatever becomes of its link.
    pub fn keep_pace(
        &mut self,
        moment: &Moment,
        every_ms: i64,
        rng: &mut ChaCha8Rng,
    ) -> Option<News> {
        let now_ms = moment.now_ms;
        if self.link == Link::Never {
            return None;
        }
        self.link = Link::Good;
        // What its habit put off for longer than the pace is due now.
        let due_ms = if now_ms + every_ms < self.due_ms {
            now_ms
        } else {
            self.due_ms
        };
        if now_ms < due_ms {
            return None;
        }
        let said = self.speak(moment, rng);
        // From when it was due, so that the ticks between do not slow it; what was missed stays so.
        self.due_ms = (due_ms + every_ms).max(now_ms);
        said
    }

    /// Reports now, due or not.
    pub fn speak(&mut self, moment: &Moment, rng: &mut ChaCha8Rng) -> Option<News> {
        if let Link::NoGps { .. } = self.link {
            self.due_ms = moment.now_ms + self.interval_ms(moment);
            return self.contact(moment);
        }
        let previous = self.last.clone();
        let report = self.report(moment, rng);
        Some(News::Report(report, previous))
    }

    /// A new fix.
    fn report(&mut self, moment: &Moment, rng: &mut ChaCha8Rng) -> Arc<Report> {
        self.due_ms = moment.now_ms + self.interval_ms(moment);
        // Two reports never share a time, not even where one was forced between two steps.
        let last_ms = self.last.as_ref().map_or(i64::MIN, |last| last.fixed_ms);
        let fixed_ms = moment.now_ms.max(last_ms.saturating_add(1));
        let report = Arc::new(Report {
            fixed_ms,
            contact_ms: fixed_ms,
            // A few metres of noise, as every receiver has.
            lat_deg: micro(moment.lat_lng_deg.0 + rng.random_range(-2e-5..2e-5)),
            lng_deg: micro(moment.lat_lng_deg.1 + rng.random_range(-2e-5..2e-5)),
            speed_mps: moment.speed_mps,
            heading_deg: moment.heading_deg,
            accuracy_m: rng.random_range(3.0..12.0),
            has_gps: true,
            ignition: moment.ignition,
            odometer_m: moment.odometer_m,
            place: moment.place,
        });
        self.last = Some(Arc::clone(&report));
        report
    }

    /// A sign of life without a fix. Phones and polled trackers send nothing worth telling then.
    fn contact(&mut self, moment: &Moment) -> Option<News> {
        if self.card.vendor != Vendor::Cartrack {
            return None;
        }
        let previous = self.last.clone()?;
        let mut report = Report::clone(&previous);
        report.contact_ms = moment.now_ms;
        report.has_gps = false;
        report.ignition = moment.ignition;
        let report = Arc::new(report);
        self.last = Some(Arc::clone(&report));
        Some(News::Report(report, Some(previous)))
    }

    fn notice_offline(
        &mut self,
        now_ms: i64,
        since_ms: i64,
        until_ms: i64,
        told: bool,
    ) -> Option<News> {
        if told || now_ms < since_ms + OFFLINE_AFTER_MS {
            return None;
        }
        self.link = Link::Offline {
            since_ms,
            until_ms,
            told: true,
        };
        self.last
            .as_ref()
            .map(|last| News::Offline(last.contact_ms))
    }

    /// Now and then on the road a tunnel hides the sky, or the network is gone.
    fn mishap(&mut self, now_ms: i64, rng: &mut ChaCha8Rng) {
        if self.link != Link::Good {
            return;
        }
        if rng.random_ratio(1, 6_000) {
            let until_ms = now_ms + rng.random_range(20_000..120_000);
            self.link = Link::NoGps { until_ms };
        } else if rng.random_ratio(1, 20_000) {
            self.lose(now_ms, rng.random_range(90_000..900_000));
        }
    }

    fn interval_ms(&self, moment: &Moment) -> i64 {
        if moment.driving {
            self.pace.driving
        } else if moment.ignition {
            self.pace.idling
        } else {
            self.pace.resting
        }
    }
}

/// Six digits after the point, as trackers send.
fn micro(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

/// A vendor's habit, a little different for each device.
fn pace(vendor: Vendor, rng: &mut ChaCha8Rng) -> Pace {
    let (driving, idling, resting) = match vendor {
        Vendor::MyCarTracks => (1..=5, 15..=30, 240..=480),
        Vendor::Cartrack => (10..=30, 30..=60, 1_800..=3_600),
        Vendor::EzToTrack => (10..=15, 30..=60, 300..=600),
    };
    Pace {
        driving: rng.random_range(driving) * 1_000,
        idling: rng.random_range(idling) * 1_000,
        resting: rng.random_range(resting) * 1_000,
    }
}
