//! What the desk asks the server to look out for: places, rules, and which vehicles are out of
//! service. Plain data; who keeps it and who looks is elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::VehicleId;

/// All orders at one time. Immutable once given out; a change is another one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Orders {
    /// By their ids.
    pub places: BTreeMap<Arc<str>, Arc<Place>>,
    /// By their ids.
    pub rules: BTreeMap<Arc<str>, Arc<Rule>>,
    /// Which vehicles raise no alarm but that of the panic button.
    pub out_of_service: BTreeMap<VehicleId, OutOfService>,
}

/// An area with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Its name for programs.
    pub id: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it covers.
    pub shape: Shape,
    /// Who sees it: viewers of at least one of these groups; empty is everybody.
    pub groups: BTreeSet<Arc<str>>,
}

/// What a place covers. Longitudes of one shape are continuous, so they may leave ±180.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// All within a distance of a point.
    Circle {
        /// WGS 84 latitude of the middle in degrees.
        lat_deg: f64,
        /// WGS 84 longitude of the middle in degrees.
        lng_deg: f64,
        /// The distance in metres.
        radius_m: f64,
    },
    /// Within the first ring and in none of the others. Each ring is closed, its points are
    /// longitude and latitude in degrees.
    Polygon {
        /// At least one, each of at least four points.
        rings: Vec<Vec<(f64, f64)>>,
    },
}

/// What is to raise an alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name for programs.
    pub id: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it looks out for.
    pub kind: RuleKind,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it looks at all.
    pub is_enabled: bool,
    /// At which vehicles.
    pub whom: Whom,
    /// When its alarms make no noise.
    pub quiet: Option<Quiet>,
    /// After which time an alarm that nobody acknowledged sounds again.
    pub repeat_after: Option<SignedDuration>,
    /// To which webhooks its alarms go, by their ids.
    pub webhooks: BTreeSet<Arc<str>>,
}

/// What a rule looks out for.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleKind {
    /// Faster than allowed.
    Speeding {
        /// What is allowed, in metres per second.
        over_mps: f64,
        /// For how long at least.
        for_at_least: SignedDuration,
    },
    /// Standing with the engine on.
    Idling {
        /// For how long at least.
        for_at_least: SignedDuration,
    },
    /// It stopped reporting.
    StoppedReporting,
    /// A source is down.
    SourceDown,
    /// The panic button is pressed.
    Panic,
    /// It came into one of these places.
    Entering {
        /// Their ids.
        places: BTreeSet<Arc<str>>,
    },
    /// It left one of these places.
    Leaving {
        /// Their ids.
        places: BTreeSet<Arc<str>>,
    },
}

/// How much an alarm matters. The order is that of mattering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Notice,
    /// Somebody should look.
    Warning,
    /// Somebody must act.
    Alarm,
}

/// Which vehicles a rule looks at: those of one of the groups, and those that are named; all, where
/// both are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whom {
    /// Groups by their exact names.
    pub groups: BTreeSet<Arc<str>>,
    /// Vehicles.
    pub vehicles: BTreeSet<VehicleId>,
}

/// Hours on the clock on the wall in which alarms make no noise.
#[derive(Clone, Debug, PartialEq)]
pub struct Quiet {
    /// Their beginning.
    pub from: Time,
    /// Their end; before the beginning it is that of the next day.
    pub to: Time,
    /// On which days they begin; empty is each.
    pub days: Vec<Weekday>,
    /// Where the clock hangs.
    pub timezone: TimeZone,
}

/// A vehicle that is out of service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfService {
    /// Since when.
    pub since: Timestamp,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
    /// Why, in somebody's words.
    pub reason: Option<Arc<str>>,
    /// Who said so.
    pub by: Option<Arc<str>>,
}
