//! An alarm as viewers see it.

use serde::Serialize;
use utoipa::ToSchema;

use super::Stamp;
use crate::domain::SourceId;
use crate::domain::alarm::Alarm;
use crate::domain::order::Severity;

/// What a rule found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alarm)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct AlarmFrame<'a> {
    #[schema(example = "17")]
    pub id: String,
    pub rule: NamedFrame<'a>,
    #[schema(example = "speeding")]
    pub kind: &'static str,
    #[schema(example = "warning")]
    pub severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<NamedFrame<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<NamedFrame<'a>>,
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acknowledged_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<AlarmDetailFrame>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<AlarmPositionFrame>,
}

/// What has an id for programs and a name for people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Named)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct NamedFrame<'a> {
    pub id: &'a str,
    pub name: &'a str,
}

/// How much, and how long.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlarmDetail)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct AlarmDetailFrame {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_mps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_s: Option<i64>,
}

/// Where its vehicle was as it was raised.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlarmPosition)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member")]
pub struct AlarmPositionFrame {
    pub lat_deg: f64,
    pub lng_deg: f64,
    #[schema(value_type = String, format = DateTime)]
    pub fixed_at: Stamp,
}

/// An alarm as viewers see it.
pub fn alarm(alarm: &Alarm) -> AlarmFrame<'_> {
    let vehicle = alarm.vehicle.as_ref();
    AlarmFrame {
        id: alarm.id.to_string(),
        rule: named(&alarm.rule.0, &alarm.rule.1),
        kind: alarm.kind.as_str(),
        severity: match alarm.severity {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Alarm => "alarm",
        },
        vehicle: vehicle.map(|(id, name)| named(id.as_str(), name)),
        source: alarm.source.as_ref().map(SourceId::as_str),
        place: alarm.place.as_ref().map(|(id, name)| named(id, name)),
        began_at: Stamp(alarm.began_at),
        ended_at: alarm.ended_at.map(Stamp),
        acknowledged_at: alarm.acknowledged_at.map(Stamp),
        acknowledged_by: alarm.acknowledged_by.as_deref(),
        quiet: alarm.is_quiet,
        repeat_s: alarm.repeat_after.map(|after| after.as_secs()),
        detail: detail(alarm),
        position: alarm
            .position
            .map(|(lat_deg, lng_deg, fixed_at)| AlarmPositionFrame {
                lat_deg,
                lng_deg,
                fixed_at: Stamp(fixed_at),
            }),
    }
}

fn named<'a>(id: &'a str, name: &'a str) -> NamedFrame<'a> {
    NamedFrame { id, name }
}

fn detail(alarm: &Alarm) -> Option<AlarmDetailFrame> {
    if alarm.speed.is_none() && alarm.lasted.is_none() {
        return None;
    }
    Some(AlarmDetailFrame {
        speed_mps: alarm.speed.map(|(speed, _)| speed),
        over_mps: alarm.speed.map(|(_, over)| over),
        for_s: alarm.lasted.map(|lasted| lasted.as_secs()),
    })
}
