//! Which rules can be meant: pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use super::error::DeskError;
use super::place::{groups, id, name, shortened};
use super::written::{KindText, QuietText, RuleText, SeverityText, WhomText};
use crate::domain::VehicleId;
use crate::domain::order::{Quiet, Rule, RuleKind, Severity, Whom};

/// No rule names more vehicles, places or webhooks.
const NAMED_MAX: usize = 10_000;
/// 360 km/h.
const FASTEST_MPS: f64 = 100.0;
/// For how long too fast, where nothing is said.
const SPEEDING_FOR_S: u32 = 10;
const DAY_S: u32 = 86_400;
const REPEAT_S: std::ops::RangeInclusive<u32> = 30..=DAY_S;
const ID_MAX_CHARS: usize = 300;
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The rule that is written, if it can be meant. Whether its places are there is not asked.
pub fn read(rule_id: &str, text: RuleText) -> Result<Rule, DeskError> {
    let kind = kind(&text)?;
    let quiet = text.quiet.as_ref().map(quiet).transpose()?;
    if quiet.is_some() && kind == RuleKind::Panic {
        return Err(DeskError::wrong(
            "`quiet` cannot be of a rule for the panic button: somebody must hear it; leave it out",
        ));
    }
    let whom = whom(text.whom.unwrap_or_default())?;
    if whom != Whom::default() && kind == RuleKind::SourceDown {
        return Err(DeskError::wrong(
            "`whom` names vehicles, but `source_down` is about sources; leave it out",
        ));
    }
    let repeat = text.repeat_s;
    if let Some(repeat_s) = repeat.filter(|repeat_s| !REPEAT_S.contains(repeat_s)) {
        return Err(DeskError::wrong(format!(
            "`repeat_s` is {repeat_s}; it may be {} to {}",
            REPEAT_S.start(),
            REPEAT_S.end()
        )));
    }
    Ok(Rule {
        id: id(rule_id)?,
        name: name(&text.name)?,
        kind,
        severity: match text.severity {
            SeverityText::Notice => Severity::Notice,
            SeverityText::Warning => Severity::Warning,
            SeverityText::Alarm => Severity::Alarm,
        },
        is_enabled: text.enabled,
        whom,
        quiet,
        repeat_after: repeat.map(seconds),
        webhooks: ids("webhooks", &text.webhooks)?,
    })
}

/// How a rule is written.
pub fn write(rule: &Rule) -> RuleText {
    let (mut over_mps, mut for_s, mut places) = (None, None, Vec::new());
    let kind = match &rule.kind {
        RuleKind::Speeding {
            over_mps: over,
            for_at_least,
        } => {
            (over_mps, for_s) = (Some(*over), in_seconds(*for_at_least));
            KindText::Speeding
        }
        RuleKind::Idling { for_at_least } => {
            for_s = in_seconds(*for_at_least);
            KindText::Idling
        }
        RuleKind::StoppedReporting => KindText::StoppedReporting,
        RuleKind::SourceDown => KindText::SourceDown,
        RuleKind::Panic => KindText::Panic,
        RuleKind::Entering { places: them } => {
            places = texts(them);
            KindText::Entering
        }
        RuleKind::Leaving { places: them } => {
            places = texts(them);
            KindText::Leaving
        }
    };
    let vehicles = rule.whom.vehicles.iter();
    let whom = (rule.whom != Whom::default()).then(|| WhomText {
        groups: texts(&rule.whom.groups),
        vehicles: vehicles.map(ToString::to_string).collect(),
    });
    RuleText {
        name: rule.name.to_string(),
        kind,
        severity: match rule.severity {
            Severity::Notice => SeverityText::Notice,
            Severity::Warning => SeverityText::Warning,
            Severity::Alarm => SeverityText::Alarm,
        },
        enabled: rule.is_enabled,
        whom,
        over_mps,
        for_s,
        places,
        quiet: rule.quiet.as_ref().map(quiet_text),
        repeat_s: rule.repeat_after.and_then(in_seconds),
        webhooks: texts(&rule.webhooks),
    }
}

/// The places that a rule looks at.
pub fn places(rule: &Rule) -> Option<&BTreeSet<Arc<str>>> {
    match &rule.kind {
        RuleKind::Entering { places } | RuleKind::Leaving { places } => Some(places),
        _ => None,
    }
}

/// What a new state directory begins with.
pub(super) fn usual() -> [Rule; 2] {
    let rule = |id: &str, name: &str, kind, severity| Rule {
        id: id.into(),
        name: name.into(),
        kind,
        severity,
        is_enabled: true,
        whom: Whom::default(),
        quiet: None,
        repeat_after: None,
        webhooks: BTreeSet::new(),
    };
    [
        rule("panic", "Panic button", RuleKind::Panic, Severity::Alarm),
        rule(
            "source-down",
            "Feed down",
            RuleKind::SourceDown,
            Severity::Warning,
        ),
    ]
}

fn kind(text: &RuleText) -> Result<RuleKind, DeskError> {
    use KindText as K;
    let kind = text.kind;
    let stray = [
        ("over_mps", text.over_mps.is_some(), kind == K::Speeding),
        (
            "for_s",
            text.for_s.is_some(),
            matches!(kind, K::Speeding | K::Idling),
        ),
        (
            "places",
            !text.places.is_empty(),
            matches!(kind, K::Entering | K::Leaving),
        ),
    ];
    if let Some((key, ..)) = stray
        .iter()
        .find(|(_, is_given, is_known)| *is_given && !is_known)
    {
        let words = format!("`{key}` is not of this kind of rule; leave it out");
        return Err(DeskError::wrong(words));
    }
    Ok(match kind {
        K::Speeding => RuleKind::Speeding {
            over_mps: over_mps(text.over_mps)?,
            for_at_least: seconds(within_a_day(text.for_s.unwrap_or(SPEEDING_FOR_S), 0)?),
        },
        K::Idling => {
            let Some(for_s) = text.for_s else {
                let words = "`for_s` is missing: after how many seconds with the engine on?";
                return Err(DeskError::wrong(words));
            };
            let for_at_least = seconds(within_a_day(for_s, 1)?);
            RuleKind::Idling { for_at_least }
        }
        K::StoppedReporting => RuleKind::StoppedReporting,
        K::SourceDown => RuleKind::SourceDown,
        K::Panic => RuleKind::Panic,
        K::Entering | K::Leaving => {
            let places = ids("places", &text.places)?;
            if places.is_empty() {
                return Err(DeskError::wrong(
                    "`places` is missing: name at least one place",
                ));
            }
            if kind == K::Entering {
                RuleKind::Entering { places }
            } else {
                RuleKind::Leaving { places }
            }
        }
    })
}

fn over_mps(given: Option<f64>) -> Result<f64, DeskError> {
    match given {
        Some(over_mps) if 0.0 < over_mps && over_mps <= FASTEST_MPS => Ok(over_mps),
        Some(over_mps) => Err(DeskError::wrong(format!(
            "`over_mps` is {over_mps}; it may be up to {FASTEST_MPS} metres per second \
             (50 km/h are 13.9)"
        ))),
        None => Err(DeskError::wrong(
            "`over_mps` is missing: how many metres per second are allowed (50 km/h are 13.9)?",
        )),
    }
}

fn within_a_day(for_s: u32, least: u32) -> Result<u32, DeskError> {
    if (least..=DAY_S).contains(&for_s) {
        return Ok(for_s);
    }
    let words = format!("`for_s` is {for_s}; it may be {least} to {DAY_S}");
    Err(DeskError::wrong(words))
}

fn whom(text: WhomText) -> Result<Whom, DeskError> {
    let vehicles = &text.vehicles;
    if NAMED_MAX < vehicles.len() {
        let words = format!(
            "`vehicles` names {}; a rule may name {NAMED_MAX}, and groups beside",
            vehicles.len()
        );
        return Err(DeskError::wrong(words));
    }
    let is_odd = |id: &&String| id.is_empty() || ID_MAX_CHARS < id.chars().count();
    if let Some(odd) = vehicles.iter().find(is_odd) {
        let words = format!(
            "`vehicles` has \"{}\" in it, which is no id",
            shortened(odd)
        );
        return Err(DeskError::wrong(words));
    }
    Ok(Whom {
        groups: groups(text.groups)?,
        vehicles: text.vehicles.into_iter().map(VehicleId::new).collect(),
    })
}

fn ids(key: &str, texts: &[String]) -> Result<BTreeSet<Arc<str>>, DeskError> {
    if NAMED_MAX < texts.len() {
        let words = format!("`{key}` names {}; it may name {NAMED_MAX}", texts.len());
        return Err(DeskError::wrong(words));
    }
    texts.iter().map(|text| id(text)).collect()
}

fn quiet(text: &QuietText) -> Result<Quiet, DeskError> {
    let (from, to) = (time("from", &text.from)?, time("to", &text.to)?);
    if from == to {
        let words = format!(
            "`quiet` ends when it begins, at {}, which could be never or always; for a rule that \
             is never heard take the severity notice",
            text.from
        );
        return Err(DeskError::wrong(words));
    }
    let day = |word: &String| {
        let known = DAYS
            .iter()
            .find(|(name, _)| *name == word.to_ascii_lowercase());
        known.map(|(_, day)| *day).ok_or_else(|| {
            let word = shortened(word);
            DeskError::wrong(format!("`days` has \"{word}\" in it; it may be mon to sun"))
        })
    };
    let mut days = Vec::new();
    for word in &text.days {
        let day = day(word)?;
        if !days.contains(&day) {
            days.push(day);
        }
    }
    let timezone = TimeZone::get(&text.timezone).map_err(|_unknown| {
        DeskError::wrong(format!(
            "`timezone` is \"{}\"; give an IANA name such as Africa/Johannesburg or UTC",
            shortened(&text.timezone)
        ))
    })?;
    Ok(Quiet {
        from,
        to,
        days,
        timezone,
    })
}

fn quiet_text(quiet: &Quiet) -> QuietText {
    let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
    let word = |day: &Weekday| {
        let known = DAYS.iter().find(|(_, known)| known == day);
        known.map(|(word, _)| (*word).to_owned())
    };
    QuietText {
        from: clock(quiet.from),
        to: clock(quiet.to),
        days: quiet.days.iter().filter_map(word).collect(),
        timezone: quiet.timezone.iana_name().unwrap_or("UTC").to_owned(),
    }
}

fn time(key: &str, text: &str) -> Result<Time, DeskError> {
    let parts = text.split_once(':').filter(|(hour, minute)| {
        let is_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        is_digits(hour) && is_digits(minute)
    });
    let read = parts
        .and_then(|(hour, minute)| Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok());
    read.ok_or_else(|| {
        let text = shortened(text);
        DeskError::wrong(format!("`{key}` is \"{text}\"; write a time such as 22:00"))
    })
}

fn texts(ids: &BTreeSet<Arc<str>>) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn seconds(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(seconds))
}

fn in_seconds(duration: SignedDuration) -> Option<u32> {
    u32::try_from(duration.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it is written again, or why not.
    fn read_text(members: &str) -> Result<String, String> {
        let text = format!(r#"{{"name":"R","severity":"warning","enabled":true,{members}}}"#);
        let text: RuleText = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let rule = read("r", text).map_err(|error| error.to_string())?;
        let written = write(&rule);
        assert_eq!(read("r", written.clone()).unwrap(), rule, "there and back");
        Ok(serde_json::to_string(&written).unwrap())
    }

    #[test]
    fn rules_that_can_be_meant() {
        for members in [
            r#""kind":"speeding","over_mps":13.9,"for_s":10"#,
            r#""kind":"speeding","over_mps":100.0,"for_s":0"#,
            r#""kind":"idling","for_s":300"#,
            r#""kind":"stopped_reporting","repeat_s":30"#,
            r#""kind":"source_down""#,
            r#""kind":"panic","webhooks":["a"]"#,
            r#""kind":"entering","places":["depot"]"#,
            r#""kind":"leaving","whom":{"groups":["North"],"vehicles":["reg:A","s/1"]},"places":["a","b"]"#,
            r#""kind":"idling","for_s":60,"quiet":{"from":"22:00","to":"06:00","days":["mon","fri"],"timezone":"Africa/Johannesburg"}"#,
        ] {
            let written = read_text(members).unwrap();
            let expected = members.split_once(',').map_or("", |(_, rest)| rest);
            assert!(written.contains(expected), "{written} lacks {expected}");
        }
        let usual = read_text(r#""kind":"speeding","over_mps":13.9"#).unwrap();
        assert!(usual.contains(r#""for_s":10"#), "{usual}");
        for rule in super::usual() {
            assert_eq!(read(&rule.id, write(&rule)).unwrap(), rule);
        }
    }

    #[test]
    fn rules_that_cannot() {
        for (members, expected) in [
            (r#""kind":"speed""#, "unknown variant"),
            (r#""kind":"speeding""#, "`over_mps` is missing"),
            (r#""kind":"speeding","over_mps":0"#, "`over_mps` is 0"),
            (r#""kind":"speeding","over_mps":100.1"#, "up to 100"),
            (
                r#""kind":"speeding","over_mps":9,"for_s":86401"#,
                "0 to 86400",
            ),
            (
                r#""kind":"speeding","over_mps":9,"for_s":-1"#,
                "invalid value",
            ),
            (r#""kind":"idling""#, "`for_s` is missing"),
            (r#""kind":"idling","for_s":0"#, "1 to 86400"),
            (r#""kind":"panic","for_s":1"#, "`for_s` is not of this kind"),
            (r#""kind":"panic","over_mps":1"#, "`over_mps` is not"),
            (r#""kind":"panic","places":["a"]"#, "`places` is not"),
            (r#""kind":"entering""#, "`places` is missing"),
            (r#""kind":"entering","places":["a b"]"#, "the id \"a b\""),
            (
                r#""kind":"source_down","whom":{"groups":["North"]}"#,
                "about sources",
            ),
            (
                r#""kind":"panic","quiet":{"from":"22:00","to":"06:00","timezone":"UTC"}"#,
                "must hear it",
            ),
            (
                r#""kind":"idling","for_s":9,"quiet":{"from":"22","to":"06:00","timezone":"UTC"}"#,
                "`from` is \"22\"",
            ),
            (
                r#""kind":"idling","for_s":9,"quiet":{"from":"22:00","to":"24:00","timezone":"UTC"}"#,
                "`to` is \"24:00\"",
            ),
            (
                r#""kind":"idling","for_s":9,"quiet":{"from":"22:00","to":"22:00","timezone":"UTC"}"#,
                "never or always",
            ),
            (
                r#""kind":"idling","for_s":9,"quiet":{"from":"22:00","to":"06:00","timezone":"Mars"}"#,
                "Africa/Johannesburg",
            ),
            (
                r#""kind":"idling","for_s":9,"quiet":{"from":"22:00","to":"06:00","days":["m"],"timezone":"UTC"}"#,
                "mon to sun",
            ),
            (r#""kind":"panic","repeat_s":29"#, "30 to 86400"),
            (r#""kind":"panic","whom":{"vehicles":[""]}"#, "is no id"),
            (r#""kind":"panic","colour":"red""#, "unknown field"),
        ] {
            let refused = read_text(members).unwrap_err();
            assert!(refused.contains(expected), "{members}: {refused}");
        }
    }
}
