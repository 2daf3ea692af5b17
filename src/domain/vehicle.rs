//! A vehicle as the fleet knows it: one true position, what it does, how far it may be trusted,
//! and why. Immutable once published; the words are those of
//! `docs/protocol.md`.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{DeviceKey, SourceId, VehicleId};

/// The believed position.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// WGS 84 latitude in degrees.
    pub lat_deg: f64,
    /// WGS 84 longitude in degrees.
    pub lng_deg: f64,
    /// Direction of travel, degrees clockwise from true north.
    pub heading_deg: Option<f64>,
    /// Speed over ground in metres per second.
    pub speed_mps: Option<f64>,
    /// Height in metres.
    pub altitude_m: Option<f64>,
    /// Uncertainty in metres.
    pub accuracy_m: Option<f64>,
    /// When it was true; never later than `received_at`.
    pub fixed_at: Timestamp,
    /// When we got it.
    pub received_at: Timestamp,
    /// The device that said it.
    pub device: DeviceKey,
}

impl Position {
    /// Latitude and longitude in degrees.
    pub fn lat_lng(&self) -> (f64, f64) {
        (self.lat_deg, self.lng_deg)
    }
}

/// What the vehicle is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MotionState {
    /// It drives.
    Moving,
    /// It stands with the ignition on.
    Idling,
    /// It stands.
    Stopped,
    /// It has stood for long.
    Parked,
    /// Nobody can tell.
    Unknown,
}

/// Motion, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motion {
    /// What.
    pub state: MotionState,
    /// Since when.
    pub since: Timestamp,
    /// The state may be older: it began before we looked, or in a gap.
    pub since_at_least: bool,
}

/// How far the position may be trusted. The order is that of worsening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FreshnessState {
    /// It reports as it should.
    Live,
    /// A report is overdue.
    Late,
    /// Long overdue.
    Stale,
    /// Not heard of.
    Offline,
    /// There never was a position.
    Never,
}

/// Freshness, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// What.
    pub state: FreshnessState,
    /// Since when.
    pub since: Timestamp,
}

/// What the freshness of a position is measured by; fixed at its device's last fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// How often the device is expected to report: E.
    pub expected: SignedDuration,
    /// The greatest age that is live.
    pub live_for: SignedDuration,
    /// The vehicle was on the move at that fix, so that silence is news sooner.
    pub on_the_move: bool,
}

/// How long the last accepted fix took to get here, and from here to viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// From the fix to our receipt of it: the tracker, its network and its vendor.
    pub fix_to_receipt: SignedDuration,
    /// From our receipt to the step in which viewers were told; absent until then.
    pub receipt_to_send: Option<SignedDuration>,
}

/// A fact with its time and its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact<T> {
    /// What.
    pub value: T,
    /// As of when.
    pub at: Timestamp,
    /// Who says so.
    pub source: SourceId,
}

/// Something a viewer should know beside the states. The order is that of the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flag {
    /// Two devices of the vehicle disagree about where it is.
    Diverging,
    /// The device's clock runs ahead of ours by more than two minutes.
    ClockAhead,
    /// The position's record carried no time.
    NoFixTime,
    /// The vendor of the position is down.
    FeedDown,
    /// The panic button is pressed.
    Panic,
    /// Reports come, but the time of their fix stands still.
    GpsStuck,
    /// A fix came late, by more than the expected interval; until the next one that is in time.
    Backfill,
    /// It is known only from before a restart.
    Restored,
    /// These are hours in which nobody is to know where it is. It has no position, and no other flag.
    OffDuty,
}

/// What became of a device's last reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is the vehicle's position.
    Accepted,
    /// A newer fix is held.
    Older,
    /// A device of higher rank holds the position.
    Outranked,
    /// It cannot move the marker: too inaccurate.
    Refused,
}

/// One device of a vehicle: the answer to "why this position?".
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceView {
    /// Which.
    pub device: DeviceKey,
    /// Where it last was, latitude and longitude in degrees.
    pub lat_lng_deg: Option<(f64, f64)>,
    /// Its last fix.
    pub fixed_at: Option<Timestamp>,
    /// When we got that.
    pub received_at: Option<Timestamp>,
    /// How fast it was then, in metres per second.
    pub speed_mps: Option<f64>,
    /// Where it was going, in degrees clockwise from true north.
    pub heading_deg: Option<f64>,
    /// How often it is expected to report, once it has had a proper fix.
    pub expected: Option<SignedDuration>,
    /// What became of it; `None` while it never had a fix.
    pub verdict: Option<Verdict>,
    /// Why, in a sentence for people.
    pub reason: Cow<'static, str>,
}

/// All that is known of a vehicle.
#[derive(Clone, Debug, PartialEq)]
pub struct Vehicle {
    /// Its name for programs.
    pub id: VehicleId,
    /// Its name for people.
    pub name: Arc<str>,
    /// Number plate, as written by whoever names it.
    pub registration: Option<Arc<str>>,
    /// Groups, sorted.
    pub groups: Vec<Arc<str>>,
    /// What to mind, sorted.
    pub flags: Vec<Flag>,
    /// Where it is, by the last fix that was believed.
    pub position: Option<Position>,
    /// Where it is drawn, latitude and longitude in degrees, if elsewhere: a parked vehicle at its
    /// anchor, however its receiver drifts.
    pub drawn_lat_lng_deg: Option<(f64, f64)>,
    /// When viewers were first told of the position.
    pub told_at: Option<Timestamp>,
    /// What it does.
    pub motion: Motion,
    /// How far to trust that.
    pub freshness: Freshness,
    /// What that is measured by; `None` without a position.
    pub expectation: Option<Expectation>,
    /// Ignition on or off.
    pub ignition: Option<Fact<bool>>,
    /// Total distance in metres.
    pub odometer_m: Option<Fact<f64>>,
    /// Who drives.
    pub driver: Option<Fact<Arc<str>>>,
    /// The vendor's words for the place.
    pub address: Option<Fact<Arc<str>>>,
    /// Battery of the tracker or phone, percent.
    pub battery_pct: Option<Fact<f64>>,
    /// Fuel in litres.
    pub fuel_l: Option<Fact<f64>>,
    /// Its devices, highest rank first.
    pub devices: Vec<DeviceView>,
}

impl DeviceView {
    /// A device that never had a fix.
    pub fn new(device: DeviceKey) -> Self {
        Self {
            reason: Cow::Borrowed("no fix yet"),
            ..Self::unknown(device)
        }
    }

    /// A device of which no more is known than that the vehicle has it.
    pub fn unknown(device: DeviceKey) -> Self {
        Self {
            device,
            lat_lng_deg: None,
            fixed_at: None,
            received_at: None,
            speed_mps: None,
            heading_deg: None,
            expected: None,
            verdict: None,
            reason: Cow::Borrowed(""),
        }
    }
}

impl Vehicle {
    /// A vehicle of which nothing is known, as of `now`.
    pub fn new(id: VehicleId, name: impl Into<Arc<str>>, now: Timestamp) -> Self {
        Self {
            id,
            name: name.into(),
            registration: None,
            groups: Vec::new(),
            flags: Vec::new(),
            position: None,
            drawn_lat_lng_deg: None,
            told_at: None,
            motion: Motion {
                state: MotionState::Unknown,
                since: now,
                since_at_least: true,
            },
            freshness: Freshness {
                state: FreshnessState::Never,
                since: now,
            },
            expectation: None,
            ignition: None,
            odometer_m: None,
            driver: None,
            address: None,
            battery_pct: None,
            fuel_l: None,
            devices: Vec::new(),
        }
    }

    /// Where the map draws it, latitude and longitude in degrees.
    pub fn shown_lat_lng(&self) -> Option<(f64, f64)> {
        let position = self.position.as_ref()?;
        Some(self.drawn_lat_lng_deg.unwrap_or(position.lat_lng()))
    }

    /// How long its last accepted fix was on the way.
    pub fn latency(&self) -> Option<Latency> {
        let position = self.position.as_ref()?;
        let told_after = |at: Timestamp| at.duration_since(position.received_at);
        Some(Latency {
            fix_to_receipt: position.received_at.duration_since(position.fixed_at),
            receipt_to_send: self.told_at.map(told_after),
        })
    }
}
