//! What is told to a webhook, in JSON, and how it is signed: pure.
//!
//! A webhook is the operator's own and sees everything. The signature covers the time, so that who
//! overhears a delivery cannot pass it off as new for longer than the receiver allows.

use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::Sha256;

use super::hook::{KINDS, SEVERITIES, word};
use crate::domain::SourceId;
use crate::domain::alarm::{Alarm, AlarmEvent};

/// The header of the signature.
pub const SIGNATURE: &str = "fleetglass-signature";
/// The header of the delivery's id, the same with each attempt.
pub const DELIVERY: &str = "fleetglass-delivery";

#[derive(Serialize)]
struct Envelope<'a> {
    event: &'static str,
    id: &'a str,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<AlarmOut<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct AlarmOut<'a> {
    id: String,
    rule: Named<'a>,
    kind: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vehicle: Option<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Named<'a>>,
    began_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_by: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    quiet: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<PositionOut>,
}

#[derive(Serialize)]
struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    speed_mps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_mps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_s: Option<i64>,
}

#[derive(Serialize)]
struct PositionOut {
    lat_deg: f64,
    lng_deg: f64,
    fixed_at: String,
}

/// What happened to an alarm, as it is told under the delivery's `id`.
pub fn of_alarm(event: AlarmEvent, alarm: &Alarm, id: &str, now: Timestamp) -> String {
    let event = match event {
        AlarmEvent::Began => "alarm.began",
        AlarmEvent::Ended => "alarm.ended",
        AlarmEvent::Acknowledged => "alarm.acknowledged",
    };
    text(event, id, now, Some(out(alarm)))
}

/// What is told to find out whether somebody listens.
pub fn of_test(id: &str, now: Timestamp) -> String {
    text("test", id, now, None)
}

/// The value of [`SIGNATURE`]: of `body` as it is sent at `now`.
pub fn signature(secret: &SecretString, body: &str, now: Timestamp) -> String {
    let t = now.as_second();
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{t}.{body}").as_bytes());
    let digest = mac.finalize().into_bytes();
    format!("t={t},v1={digest:x}")
}

fn text(event: &'static str, id: &str, now: Timestamp, alarm: Option<AlarmOut<'_>>) -> String {
    let at = now.to_string();
    let envelope = Envelope {
        event,
        id,
        at,
        alarm,
    };
    // Numbers that are none become null; there is nothing else to fail.
    serde_json::to_string(&envelope).unwrap_or_default()
}

fn out(alarm: &Alarm) -> AlarmOut<'_> {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let named = |id, name| Named { id, name };
    let (speed_mps, over_mps) = alarm.speed.unzip();
    let for_s = alarm.lasted.map(|lasted: SignedDuration| lasted.as_secs());
    let has_detail = speed_mps.is_some() || for_s.is_some();
    let position = alarm
        .position
        .map(|(lat_deg, lng_deg, fixed_at)| PositionOut {
            lat_deg,
            lng_deg,
            fixed_at: fixed_at.to_string(),
        });
    AlarmOut {
        id: alarm.id.to_string(),
        rule: named(&alarm.rule.0, &alarm.rule.1),
        kind: word(&KINDS, &alarm.kind),
        severity: word(&SEVERITIES, &alarm.severity),
        vehicle: alarm
            .vehicle
            .as_ref()
            .map(|(id, name)| named(id.as_str(), name)),
        source: alarm.source.as_ref().map(SourceId::as_str),
        place: alarm.place.as_ref().map(|(id, name)| named(id, name)),
        began_at: alarm.began_at.to_string(),
        ended_at: time(alarm.ended_at),
        acknowledged_at: time(alarm.acknowledged_at),
        acknowledged_by: alarm.acknowledged_by.as_deref(),
        quiet: alarm.is_quiet,
        repeat_s: alarm.repeat_after.map(|after| after.as_secs()),
        detail: has_detail.then_some(Detail {
            speed_mps,
            over_mps,
            for_s,
        }),
        position,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::alarm;
    use super::*;
    use crate::domain::{SourceId, VehicleId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn an_alarm_has_what_is_known_of_it_and_nothing_else() {
        let bare = of_alarm(AlarmEvent::Began, &alarm(17), "d1", at(0));
        assert_eq!(
            bare,
            r#"{"event":"alarm.began","id":"d1","at":"2027-01-15T08:00:00Z","alarm":{"id":"17","rule":{"id":"r","name":"Rule"},"kind":"speeding","severity":"warning","began_at":"2027-01-15T08:00:00Z"}}"#
        );
        let full = Alarm {
            vehicle: Some((VehicleId::new("reg:A"), Arc::from("Van"))),
            source: Some(SourceId::new("s")),
            place: Some(("depot".into(), "Depot".into())),
            ended_at: Some(at(60)),
            acknowledged_at: Some(at(61)),
            acknowledged_by: Some("ann".into()),
            is_quiet: true,
            repeat_after: Some(SignedDuration::from_secs(30)),
            speed: Some((20.5, 13.9)),
            lasted: Some(SignedDuration::from_secs(10)),
            position: Some((-26.1, 28.2, at(-1))),
            ..alarm(17)
        };
        let full = of_alarm(AlarmEvent::Acknowledged, &full, "d2", at(61));
        for part in [
            r#""event":"alarm.acknowledged""#,
            r#""vehicle":{"id":"reg:A","name":"Van"},"source":"s","place":{"id":"depot","name":"Depot"}"#,
            r#""ended_at":"2027-01-15T08:01:00Z""#,
            r#""acknowledged_by":"ann","quiet":true,"repeat_s":30"#,
            r#""detail":{"speed_mps":20.5,"over_mps":13.9,"for_s":10}"#,
            r#""position":{"lat_deg":-26.1,"lng_deg":28.2,"fixed_at":"2027-01-15T07:59:59Z"}"#,
        ] {
            assert!(full.contains(part), "{part} in {full}");
        }
        let test = of_test("d3", at(0));
        assert_eq!(
            test,
            r#"{"event":"test","id":"d3","at":"2027-01-15T08:00:00Z"}"#
        );
    }

    #[test]
    fn the_signature_covers_time_and_body() {
        let secret = SecretString::from("0123456789abcdef");
        let one = signature(&secret, "{}", at(0));
        assert!(
            one.starts_with("t=1800000000,v1=") && one.len() == 16 + 64,
            "{one}"
        );
        let others = [
            signature(&secret, "{ }", at(0)),
            signature(&secret, "{}", at(1)),
            signature(&SecretString::from("0123456789abcdeg"), "{}", at(0)),
        ];
        let digest = |text: &str| text.split_once("v1=").map(|(_, hex)| hex.to_owned());
        assert!(others.iter().all(|other| digest(other) != digest(&one)));
    }
}
