//! An alarm as a row of the file. Times are milliseconds, groups one name a line.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, named_params};

use super::error::AlarmError;
use crate::domain::alarm::{Alarm, AlarmKind};
use crate::domain::order::Severity;
use crate::domain::{SourceId, VehicleId};

/// Severities by the words that are stored.
const SEVERITIES: [(&str, Severity); 3] = [
    ("notice", Severity::Notice),
    ("warning", Severity::Warning),
    ("alarm", Severity::Alarm),
];

/// Puts an alarm in the place of what was there of it.
pub(super) fn put(db: &Connection, alarm: &Alarm) -> Result<(), AlarmError> {
    let groups: Vec<&str> = alarm.place_groups.iter().map(|group| &**group).collect();
    let vehicle = alarm.vehicle.as_ref();
    let place = alarm.place.as_ref();
    let severity = SEVERITIES.iter().find(|(_, it)| *it == alarm.severity);
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO alarm (id, rule_id, rule_name, kind, severity, vehicle_id,
            vehicle_name, source, place_id, place_name, place_groups, began_at, ended_at,
            acknowledged_at, acknowledged_by, quiet, repeat_ms, speed_mps, over_mps, lasted_ms,
            lat_deg, lng_deg, fixed_at)
         VALUES (:id, :rule_id, :rule_name, :kind, :severity, :vehicle_id, :vehicle_name, :source,
            :place_id, :place_name, :place_groups, :began_at, :ended_at, :acknowledged_at,
            :acknowledged_by, :quiet, :repeat_ms, :speed_mps, :over_mps, :lasted_ms, :lat_deg,
            :lng_deg, :fixed_at)",
    )?;
    put.execute(named_params! {
        ":id": number(alarm.id),
        ":rule_id": &*alarm.rule.0,
        ":rule_name": &*alarm.rule.1,
        ":kind": alarm.kind.as_str(),
        ":severity": severity.map(|(word, _)| *word),
        ":vehicle_id": vehicle.map(|(id, _)| id.as_str()),
        ":vehicle_name": vehicle.map(|(_, name)| &**name),
        ":source": alarm.source.as_ref().map(SourceId::as_str),
        ":place_id": place.map(|(id, _)| &**id),
        ":place_name": place.map(|(_, name)| &**name),
        ":place_groups": groups.join("\n"),
        ":began_at": alarm.began_at.as_millisecond(),
        ":ended_at": alarm.ended_at.map(Timestamp::as_millisecond),
        ":acknowledged_at": alarm.acknowledged_at.map(Timestamp::as_millisecond),
        ":acknowledged_by": alarm.acknowledged_by.as_deref(),
        ":quiet": alarm.is_quiet,
        ":repeat_ms": alarm.repeat_after.map(millis),
        ":speed_mps": alarm.speed.map(|(speed, _)| speed),
        ":over_mps": alarm.speed.map(|(_, over)| over),
        ":lasted_ms": alarm.lasted.map(millis),
        ":lat_deg": alarm.position.map(|(lat, _, _)| lat),
        ":lng_deg": alarm.position.map(|(_, lng, _)| lng),
        ":fixed_at": alarm.position.map(|(_, _, at)| at.as_millisecond()),
    })?;
    Ok(())
}

/// An alarm as it was put.
pub(super) fn read(row: &Row<'_>) -> Result<Alarm, AlarmError> {
    let text = |name: &str| row.get::<_, String>(name).map(Arc::<str>::from);
    let maybe = |name: &str| {
        let text: rusqlite::Result<Option<String>> = row.get(name);
        text.map(|text| text.map(Arc::<str>::from))
    };
    let groups: String = row.get("place_groups")?;
    let vehicle_id = maybe("vehicle_id")?.map(VehicleId::new);
    let speed: Option<f64> = row.get("speed_mps")?;
    let lat: Option<f64> = row.get("lat_deg")?;
    let lng: Option<f64> = row.get("lng_deg")?;
    let lat_lng = lat.zip(lng).zip(time(row, "fixed_at")?);
    let kind = text("kind")?;
    let severity = text("severity")?;
    Ok(Alarm {
        id: id(row.get("id")?),
        rule: (text("rule_id")?, text("rule_name")?),
        kind: known(
            "kind",
            AlarmKind::ALL.into_iter().find(|it| it.as_str() == &*kind),
        )?,
        severity: known(
            "severity",
            SEVERITIES.iter().find(|(word, _)| *word == &*severity),
        )?
        .1,
        vehicle: vehicle_id.zip(maybe("vehicle_name")?),
        source: maybe("source")?.map(SourceId::new),
        place: maybe("place_id")?.zip(maybe("place_name")?),
        place_groups: groups
            .lines()
            .filter(|line| !line.is_empty())
            .map(Arc::from)
            .collect(),
        began_at: known("time", time(row, "began_at")?)?,
        ended_at: time(row, "ended_at")?,
        acknowledged_at: time(row, "acknowledged_at")?,
        acknowledged_by: maybe("acknowledged_by")?,
        is_quiet: row.get("quiet")?,
        repeat_after: duration(row, "repeat_ms")?,
        speed: speed.zip(row.get("over_mps")?),
        lasted: duration(row, "lasted_ms")?,
        position: lat_lng.map(|((lat, lng), at)| (lat, lng, at)),
    })
}

/// An id as it is stored.
pub(super) fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

/// An id as it was stored.
pub(super) fn id(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn time(row: &Row<'_>, name: &str) -> Result<Option<Timestamp>, AlarmError> {
    let at_ms: Option<i64> = row.get(name)?;
    let at = at_ms.map(Timestamp::from_millisecond).transpose();
    at.map_err(|_out_of_range| AlarmError::Damaged("time"))
}

fn duration(row: &Row<'_>, name: &str) -> Result<Option<SignedDuration>, AlarmError> {
    let ms: Option<i64> = row.get(name)?;
    Ok(ms.map(SignedDuration::from_millis))
}

fn known<T>(what: &'static str, found: Option<T>) -> Result<T, AlarmError> {
    found.ok_or(AlarmError::Damaged(what))
}
