//! One reading of time for all vendors: epoch numbers in three scales, and ISO 8601 with a space
//! or a `T` and with offsets that RFC 3339 does not know. Always to UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::json::Json;

/// From here on a number counts microseconds.
const MICROS_FROM: f64 = 1e14;
/// From here on a number counts milliseconds; below it, seconds.
const MILLIS_FROM: f64 = 1e11;

/// The time that `value` names; `zone` is that of times without an offset. `None` if no known
/// format fits.
pub fn parse(value: &Json<'_>, zone: &TimeZone) -> Option<Timestamp> {
    match value {
        Json::Number(number) => from_epoch(number.as_f64()?),
        Json::Text(text) => from_text(text.trim(), zone),
        _ => None,
    }
}

/// The time that `text` names.
pub fn from_text(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    if text.chars().all(is_number) {
        return from_epoch(text.parse().ok()?);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    // A date alone is no time of a fix: it would be midnight, and wrong by hours.
    if !text.contains(':') {
        return None;
    }
    let local: DateTime = text.parse().ok()?;
    zone.to_timestamp(local).ok()
}

fn from_epoch(number: f64) -> Option<Timestamp> {
    let micros = if MICROS_FROM <= number {
        number
    } else if MILLIS_FROM <= number {
        number * 1e3
    } else {
        number * 1e6
    };
    // Beyond this no calendar goes; below it the conversion is exact to the microsecond.
    if !(-1e18..=1e18).contains(&micros) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was just checked"
    )]
    let micros = micros.round() as i64;
    Timestamp::from_microsecond(micros).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::json::read;

    fn parsed(json: &str, zone: &str) -> Option<String> {
        let zone = TimeZone::get(zone).unwrap();
        read(json, |value| parse(value, &zone))
            .unwrap()
            .map(|at| at.to_string())
    }

    #[test]
    fn each_vector_of_the_contract_is_read() {
        let cases = [
            (r#""2026-08-05 14:20:07+02""#, "2026-08-05T12:20:07Z"),
            (r#""2026-08-05T12:20:07.250Z""#, "2026-08-05T12:20:07.25Z"),
            ("1785932407000", "2026-08-05T12:20:07Z"),
            ("1785932407", "2026-08-05T12:20:07Z"),
            (r#""2026-08-05 14:20:07+0200""#, "2026-08-05T12:20:07Z"),
            (r#""2026-08-05 14:20:07-03""#, "2026-08-05T17:20:07Z"),
        ];
        for (json, expected) in cases {
            assert_eq!(parsed(json, "UTC").as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn other_forms_are_read_too() {
        let cases = [
            ("1785932407000000", "2026-08-05T12:20:07Z"),
            ("1785932407.25", "2026-08-05T12:20:07.25Z"),
            (r#""1785932407""#, "2026-08-05T12:20:07Z"),
            (r#"" 1785932407250 ""#, "2026-08-05T12:20:07.25Z"),
            (r#""2026-08-05T14:20:07+02:00""#, "2026-08-05T12:20:07Z"),
            (r#""2026-08-05T14:20:07.5+02""#, "2026-08-05T12:20:07.5Z"),
            (r#""2026-08-05 17:50:07+0530""#, "2026-08-05T12:20:07Z"),
            (r#""2026-08-05 12:20:07""#, "2026-08-05T12:20:07Z"),
            (
                r#""2026-08-05T12:20:07.123456789Z""#,
                "2026-08-05T12:20:07.123456789Z",
            ),
            (r#""2026-08-05 12:20:07Z""#, "2026-08-05T12:20:07Z"),
        ];
        for (json, expected) in cases {
            assert_eq!(parsed(json, "UTC").as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_in_the_zone_of_the_source() {
        let json = r#""2026-08-05 14:20:07""#;
        let at = parsed(json, "Africa/Johannesburg");
        assert_eq!(at.as_deref(), Some("2026-08-05T12:20:07Z"));
        let offset_wins = parsed(r#""2026-08-05 14:20:07+00""#, "Africa/Johannesburg");
        assert_eq!(offset_wins.as_deref(), Some("2026-08-05T14:20:07Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        let cases = [
            r#""yesterday""#,
            r#""0000-00-00 00:00:00""#,
            r#""2026-13-05 14:20:07""#,
            r#""2026-08-05""#,
            r#""1.2.3""#,
            "1e300",
            "true",
            "{}",
            "null",
        ];
        for json in cases {
            assert_eq!(parsed(json, "UTC"), None, "{json}");
        }
    }
}
