//! Places and rules as they are written: in requests, in answers and in the store, in one form.
//!
//! What is written is only read here; whether it can be meant is [`super::place`]'s and
//! [`super::rule`]'s to say.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A place, without its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Place)]
#[serde(deny_unknown_fields)]
pub struct PlaceText {
    /// Its name for people.
    pub name: String,
    /// What it covers.
    pub shape: ShapeText,
    /// Who sees it: viewers of at least one of these groups; everybody where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// What a place covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Shape)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ShapeText {
    /// All within a distance of a point.
    Circle {
        /// Latitude of the middle in degrees.
        lat_deg: f64,
        /// Longitude of the middle in degrees.
        lng_deg: f64,
        /// 10 to 100,000 metres.
        radius_m: f64,
    },
    /// Rings as in GeoJSON: the outer one first, then holes, each closed, longitude first.
    Polygon {
        /// The rings.
        rings: Vec<Vec<[f64; 2]>>,
    },
}

/// A rule, without its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Rule)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Its name for people.
    pub name: String,
    /// What it looks out for.
    pub kind: KindText,
    /// How much it matters.
    pub severity: SeverityText,
    /// Whether it looks at all.
    pub enabled: bool,
    /// At which vehicles; at all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whom: Option<WhomText>,
    /// Of `speeding`: what is allowed, in metres per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_mps: Option<f64>,
    /// Of `speeding` (10 where absent) and `idling`: for how long at least, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u32>,
    /// Of `entering` and `leaving`: ids of places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// When its alarms make no noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietText>,
    /// After how many seconds an alarm that nobody acknowledged sounds again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_s: Option<u32>,
    /// Ids of the webhooks that its alarms go to; to all where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<String>,
}

/// What a rule looks out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleKind)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "as the kinds of rules that they name")]
pub enum KindText {
    Speeding,
    Idling,
    StoppedReporting,
    SourceDown,
    Panic,
    Entering,
    Leaving,
}

/// How much an alarm matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Severity)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "as the severities that they name")]
pub enum SeverityText {
    Notice,
    Warning,
    Alarm,
}

/// Which vehicles: those of one of the groups, and those that are named; all where both are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Whom)]
#[serde(deny_unknown_fields)]
pub struct WhomText {
    /// Names of groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Ids of vehicles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vehicles: Vec<String>,
}

/// Hours on the clock on the wall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Quiet)]
#[serde(deny_unknown_fields)]
pub struct QuietText {
    /// Their beginning, `22:00`.
    pub from: String,
    /// Their end, `06:00`; before the beginning it is that of the next day.
    pub to: String,
    /// `mon` to `sun`, on which they begin; each day where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<String>,
    /// Where the clock hangs, such as `Africa/Johannesburg`.
    pub timezone: String,
}
