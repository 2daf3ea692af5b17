//! What the decoders' tests share: fixtures, dialects, the sanity law, and a readable print.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::Value;

use crate::config::source::FieldMap;
use crate::domain::fix::MAX_SPEED_MPS;
use crate::domain::{DeviceKey, Label, Observation, Reading, SourceId};
use crate::source::recall::archive::{Recorded, Track};

use super::{BodyError, Decoded, Dialect};

/// A source that speaks as the contract says.
pub(crate) fn dialect(source: &str) -> Dialect {
    Dialect {
        source: SourceId::new(source),
        timezone: TimeZone::UTC,
        fields: FieldMap::default(),
        speed_unit: None,
    }
}

/// When everything in the tests is received.
pub(crate) fn received_at() -> Timestamp {
    "2026-08-05T12:20:10Z".parse().unwrap()
}

/// Where the fixtures and their snapshots are.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A fixture's bytes: `cartrack/status.json`.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = fixtures().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares `print` with the snapshot of the fixture `name`.
pub(crate) fn check_print(name: &str, print: &str) {
    let (vendor, file) = name.split_once('/').unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(fixtures().join(vendor).join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(file.trim_end_matches(".json"), print));
}

/// What must hold of every position.
fn check_reading(reading: &Reading) {
    assert!((-90.0..=90.0).contains(&reading.lat_deg), "{reading:?}");
    assert!((-180.0..=180.0).contains(&reading.lng_deg), "{reading:?}");
    assert!(reading.lat_lng() != (0.0, 0.0), "{reading:?}");
    let within = |value: Option<f64>, max: f64| value.is_none_or(|v| (0.0..=max).contains(&v));
    assert!(within(reading.speed_mps, MAX_SPEED_MPS), "{reading:?}");
    assert!(
        within(reading.heading_deg, 359.999_999_999_999_9),
        "{reading:?}"
    );
    assert!(within(reading.accuracy_m, f64::MAX), "{reading:?}");
}

/// What must hold of every record of a history.
pub(crate) fn check_recorded(recorded: &Recorded) {
    check_reading(&recorded.reading);
    assert_eq!(recorded.reading.vendor_at, Some(recorded.at));
    let device = recorded.device.as_ref();
    assert!(device.is_none_or(|device| !device.device.trim().is_empty()));
}

/// A decoded page of a history as lines.
pub(crate) fn print_recorded(decoded: &Result<Decoded<Recorded>, BodyError>) -> String {
    print_decoded(decoded, |recorded| {
        check_recorded(recorded);
        let device = recorded.device.as_ref();
        let device = device.map_or_else(|| "of the track".to_owned(), ToString::to_string);
        format!("{device}\n{}", print_reading(&recorded.reading))
    })
}

/// Decoded tracks as lines.
pub(crate) fn print_tracks(decoded: &Result<Decoded<Track>, BodyError>) -> String {
    print_decoded(decoded, |track| format!("{track:?}\n"))
}

/// What must hold of every observation that any decoder gives.
pub(crate) fn check_sane(observation: &Observation) {
    let device = &observation.device.device;
    assert!(
        !device.is_empty() && device.trim() == &**device,
        "{device:?}"
    );
    if let Some(reading) = &observation.reading {
        check_reading(reading);
    }
    let facts = &observation.facts;
    let is_amount = |value: Option<f64>| value.is_none_or(|v| v.is_finite() && 0.0 <= v);
    assert!(
        is_amount(facts.odometer_m) && is_amount(facts.fuel_l),
        "{facts:?}"
    );
    assert!(
        facts
            .battery_pct
            .is_none_or(|pct| (0.0..=100.0).contains(&pct)),
        "{facts:?}"
    );
    let texts = [&facts.driver, &facts.address, &observation.label.name];
    for text in texts.into_iter().flatten() {
        assert!(
            !text.is_empty() && !text.chars().any(char::is_control),
            "{text:?}"
        );
    }
}

/// A decoded list as lines: one an observation, then the refusals and the paging.
pub(crate) fn print_list(decoded: &Result<Decoded<Observation>, BodyError>) -> String {
    print_decoded(decoded, |observation| {
        check_sane(observation);
        print_one(observation)
    })
}

/// Decoded metadata as lines.
pub(crate) fn print_labels(decoded: &Result<Decoded<(DeviceKey, Label)>, BodyError>) -> String {
    print_decoded(decoded, |(device, label)| {
        format!("{device}\n{}", print_label(label))
    })
}

fn print_decoded<T>(decoded: &Result<Decoded<T>, BodyError>, one: impl Fn(&T) -> String) -> String {
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(error) => return format!("error: {error}\n"),
    };
    let mut print: String = decoded.rows.iter().map(one).collect();
    for (refusal, n) in &decoded.refusals {
        writeln!(print, "refused {n}: {refusal}").unwrap();
    }
    if let Some(shape) = &decoded.first_bad_shape {
        writeln!(print, "first bad: {shape}").unwrap();
    }
    writeln!(print, "{:?}", decoded.page).unwrap();
    print
}

/// One observation, a line for each part that says something.
pub(crate) fn print_one(observation: &Observation) -> String {
    let mut print = format!("{} {:?}\n", observation.device, observation.origin);
    match &observation.reading {
        Some(reading) => {
            print += &print_reading(reading);
        }
        None => print += "  without a fix\n",
    }
    if let Some(at) = observation.contact_at {
        writeln!(print, "  contact {at}").unwrap();
    }
    print += &print_label(&observation.label);
    let facts = format!("{:?}", observation.facts);
    let known: Vec<_> = facts
        .trim_start_matches("Facts { ")
        .trim_end_matches(" }")
        .split(", ")
        .filter(|fact| !fact.ends_with(": None"))
        .collect();
    if !known.is_empty() {
        writeln!(print, "  {}", known.join(", ")).unwrap();
    }
    print
}

fn print_reading(reading: &Reading) -> String {
    let mut print = String::new();
    write!(print, "  at {} {}", reading.lat_deg, reading.lng_deg).unwrap();
    let number = |name: &str, value: Option<f64>| {
        value.map_or_else(String::new, |value| format!(" {name}={value:.3}"))
    };
    print += &number("heading_deg", reading.heading_deg);
    print += &number("speed_mps", reading.speed_mps);
    print += &number("altitude_m", reading.altitude_m);
    print += &number("accuracy_m", reading.accuracy_m);
    if let Some(quality) = reading.quality {
        write!(print, " {quality:?}").unwrap();
    }
    let time = reading.vendor_at.map(|at| at.to_string());
    writeln!(print, " @ {}", time.as_deref().unwrap_or("no time")).unwrap();
    print
}

fn print_label(label: &Label) -> String {
    let text = |name: &str, text: &Option<std::sync::Arc<str>>| {
        text.as_ref()
            .map_or_else(String::new, |text| format!(" {name}={text:?}"))
    };
    let names = text("name", &label.name) + &text("registration", &label.registration);
    let groups = if label.groups.is_empty() {
        String::new()
    } else {
        format!(" groups={:?}", label.groups)
    };
    if names.is_empty() && groups.is_empty() {
        return String::new();
    }
    format!("  called{names}{groups}\n")
}

/// Any scalar, with those that have bitten somebody more often than chance would have it.
pub(crate) fn any_scalar() -> impl Strategy<Value = Value> {
    let odd = [
        "null",
        "0",
        "-0.0",
        "90",
        "180",
        "-180.0000001",
        "1e308",
        "-1",
        "1e-20",
        "\"\"",
        "\" \"",
        "\"NaN\"",
        "\"-inf\"",
        "\"1e999\"",
        "\"0\"",
        "\"42\"",
        "\"on\"",
        "{}",
        "[]",
        "[1, 2]",
        "9223372036854775807",
        "18446744073709551615",
        "-62135596800",
        "253402300800",
        "\"2026-08-05 14:20:07+02\"",
        "\"2026-08-05\"",
        "\"9999-12-31T23:59:60+26\"",
        "\"0000-00-00 00:00:00\"",
        "\"a\\u0000b\"",
    ];
    let odd = odd.map(|text| serde_json::from_str::<Value>(text).unwrap());
    prop_oneof![
        proptest::sample::select(odd.to_vec()),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-400.0..400.0).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Value::from(number.to_string())),
    ]
}
