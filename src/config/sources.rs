//! `[[source]]` and its counterpart in the environment: read by what each vendor declares.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::document::{ConfigError, Section, is_variable_name};
use super::env::Env;
use super::secret_file;
use super::source::{Field, FieldMap, KeySpec, RECALL, SourceSettings, VendorSpec};
use super::thresholds;
use crate::domain::SourceId;
use crate::domain::thresholds::Thresholds;

/// Further back no vendor is asked for what was missed.
const RECALL_MAX: Duration = Duration::from_hours(7 * 24);

/// Reads all `[[source]]` tables. `folder` is where relative `x_file` paths start, `common` what
/// counts where a source says nothing of its own.
pub fn from_file(
    sections: Vec<Section<'_>>,
    vendors: &[&'static VendorSpec],
    env: &dyn Env,
    folder: &Path,
    common: &Thresholds,
) -> Result<Vec<SourceSettings>, ConfigError> {
    let mut sources: Vec<SourceSettings> = Vec::new();
    for mut section in sections {
        let id = id(&mut section, &sources)?;
        let spec = vendor(&mut section, vendors)?;
        let own = section.section("freshness")?;
        let own = own.map(|own| thresholds::freshness(Some(own), &common.freshness));
        let hold = section.section("merging")?;
        let hold = hold.map(|own| thresholds::hold(own, common.merging.hold));
        let health = section.section("health")?;
        let health = health.map(|own| thresholds::health(Some(own), &common.health));
        let mut source = one_from_file(section, id, spec, env, folder)?;
        source.freshness = own.transpose()?;
        source.hold = hold.transpose()?;
        source.health = health.transpose()?;
        sources.push(source);
    }
    Ok(sources)
}

/// One source for each vendor of which any variable is set, in the order of their kinds.
pub fn from_env(
    vendors: &[&'static VendorSpec],
    env: &dyn Env,
) -> Result<Vec<SourceSettings>, ConfigError> {
    let mut vendors = vendors.to_vec();
    vendors.sort_by_key(|spec| spec.kind);
    let mut sources = Vec::new();
    for spec in vendors {
        let is_set = |key: &KeySpec| key.env.is_some_and(|name| env.var(name).is_some());
        if !spec.keys.iter().any(is_set) {
            continue;
        }
        let mut settings = bare(SourceId::new(spec.kind), spec);
        for key in spec.keys {
            let value = key.env.and_then(|name| env.var(name));
            if value.is_none() && key.required {
                let name = key.env.unwrap_or(key.name);
                return Err(ConfigError::new(format!(
                    "{name} is not set; it is {}",
                    key.help
                )));
            }
            keep(&mut settings, key, value);
        }
        (spec.check)(&settings).map_err(|problem| {
            let key = spec.keys.iter().find(|key| key.name == problem.key);
            let name = key.and_then(|key| key.env).unwrap_or(problem.key);
            ConfigError::new(format!("{name}: {}", problem.problem))
        })?;
        sources.push(settings);
    }
    Ok(sources)
}

fn id(section: &mut Section<'_>, others: &[SourceSettings]) -> Result<SourceId, ConfigError> {
    let Some((id, span)) = section.string("id")? else {
        return Err(section.error("`id` is missing; name the source, such as id = \"cartrack-za\""));
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.is_empty() || 64 < id.len() || !id.chars().all(is_plain) {
        let problem = format!(
            "`id` is \"{id}\"; use up to 64 letters, digits, hyphens, dots and underscores"
        );
        return Err(section.error_at(&span, problem));
    }
    if others.iter().any(|other| other.id.as_str() == id) {
        let problem = format!("`id` \"{id}\" is taken by another [[source]]; each needs its own");
        return Err(section.error_at(&span, problem));
    }
    Ok(SourceId::new(id))
}

fn vendor(
    section: &mut Section<'_>,
    vendors: &[&'static VendorSpec],
) -> Result<&'static VendorSpec, ConfigError> {
    let kinds = || {
        vendors
            .iter()
            .map(|spec| spec.kind)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Some((kind, span)) = section.string("kind")? else {
        return Err(section.error(format!("`kind` is missing; it is one of {}", kinds())));
    };
    let found = vendors.iter().find(|spec| spec.kind == kind).copied();
    found.ok_or_else(|| {
        section.error_at(
            &span,
            format!("`kind` is \"{kind}\"; it is one of {}", kinds()),
        )
    })
}

fn one_from_file(
    mut section: Section<'_>,
    id: SourceId,
    spec: &'static VendorSpec,
    env: &dyn Env,
    folder: &Path,
) -> Result<SourceSettings, ConfigError> {
    let mut settings = bare(id, spec);
    let mut spans = BTreeMap::new();
    for key in spec.keys {
        let found = value(&mut section, key, env, folder)?;
        if found.is_none() && key.required {
            let name = key.name;
            return Err(section.error(format!(
                "`{name}` is missing for source \"{}\"; it is {}. Give it as `{name}`, \
                 `{name}_env` or `{name}_file`",
                settings.id, key.help
            )));
        }
        let (value, span) = found.unzip();
        spans.insert(key.name, span);
        keep(&mut settings, key, value);
    }
    poll_interval(&mut section, spec, &mut settings)?;
    if let Some((recall, span)) = section.duration("recall")? {
        if RECALL_MAX < recall {
            let problem = "`recall` is too long; it is at most \"7d\", and \"0s\" is off";
            return Err(section.error_at(&span, problem));
        }
        settings.recall = recall;
    }
    if let Some(timezone) = section.parsed(
        "timezone",
        "an IANA name such as UTC or Africa/Johannesburg",
        |text| TimeZone::get(text).ok(),
    )? {
        settings.timezone = timezone;
    }
    if let Some(fields) = section.section("fields")? {
        settings.fields = field_map(fields)?;
    }
    (spec.check)(&settings).map_err(|problem| {
        let text = format!("`{}`: {}", problem.key, problem.problem);
        match spans.get(problem.key).cloned().flatten() {
            Some(span) => section.error_at(&span, text),
            None => section.error(text),
        }
    })?;
    section.finish()?;
    Ok(settings)
}

fn bare(id: SourceId, spec: &'static VendorSpec) -> SourceSettings {
    SourceSettings {
        id,
        kind: spec.kind,
        texts: BTreeMap::new(),
        secrets: BTreeMap::new(),
        poll_interval: spec.poll.map(|bounds| bounds.default),
        recall: RECALL,
        timezone: TimeZone::UTC,
        fields: FieldMap::default(),
        freshness: None,
        hold: None,
        health: None,
    }
}

fn keep(settings: &mut SourceSettings, key: &KeySpec, value: Option<String>) {
    let Some(value) = value.or_else(|| key.default.map(str::to_owned)) else {
        return;
    };
    if key.secret {
        settings.secrets.insert(key.name, SecretString::from(value));
    } else {
        settings.texts.insert(key.name, value);
    }
}

/// The value of `key`: given outright, or where `<key>_env` or `<key>_file` says.
pub(super) fn value(
    section: &mut Section<'_>,
    key: &KeySpec,
    env: &dyn Env,
    folder: &Path,
) -> Result<Option<(String, std::ops::Range<usize>)>, ConfigError> {
    let name = key.name;
    let outright = section.string(name)?;
    let by_env = section.string(&format!("{name}_env"))?;
    let by_file = section.string(&format!("{name}_file"))?;
    match (outright, by_env, by_file) {
        (None, None, None) => Ok(None),
        // Empty is as good as absent: no vendor has an empty key.
        (Some((text, _)), None, None) if text.trim().is_empty() => Ok(None),
        (Some(value), None, None) => Ok(Some(value)),
        (None, Some((variable, span)), None) if !is_variable_name(&variable) => {
            let problem = format!(
                "`{name}_env` is not the name of a variable (upper case letters, digits, _)"
            );
            Err(section.error_at(&span, problem))
        }
        (None, Some((variable, span)), None) => match env.var(&variable) {
            Some(value) => Ok(Some((value, span))),
            None => Err(section.error_at(
                &span,
                format!("`{name}_env` names {variable}, which is not set; set it to {}", key.help),
            )),
        },
        (None, None, Some((path, span))) => {
            let text = secret_file::read(&path, env, folder).map_err(|problem| {
                section.error_at(&span, format!("`{name}_file` {problem}"))
            })?;
            Ok(Some((text, span)))
        }
        (Some((_, span)), _, _) | (None, Some((_, span)), Some(_)) => Err(section.error_at(
            &span,
            format!("`{name}` is given more than once; keep one of `{name}`, `{name}_env`, `{name}_file`"),
        )),
    }
}

fn poll_interval(
    section: &mut Section<'_>,
    spec: &VendorSpec,
    settings: &mut SourceSettings,
) -> Result<(), ConfigError> {
    let Some(bounds) = spec.poll else {
        return Ok(());
    };
    let Some((interval, span)) = section.duration("poll_interval")? else {
        return Ok(());
    };
    if interval < bounds.min || bounds.max < interval {
        let problem = format!(
            "`poll_interval` is {}; {} allows {} to {}",
            short(interval),
            spec.kind,
            short(bounds.min),
            short(bounds.max)
        );
        return Err(section.error_at(&span, problem));
    }
    settings.poll_interval = Some(interval);
    Ok(())
}

/// A duration as it would be written in the file.
fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, _) if duration.subsec_millis() != 0 => format!("{}ms", duration.as_millis()),
        (0, seconds) => format!("{seconds}s"),
        (minutes, 0) => format!("{minutes}m"),
        _ => format!("{seconds}s"),
    }
}

fn field_map(mut section: Section<'_>) -> Result<FieldMap, ConfigError> {
    let map = FieldMap {
        position: pointers(section.section("position")?)?,
        event: pointers(section.section("event")?)?,
        vehicle: pointers(section.section("vehicle")?)?,
    };
    section.finish()?;
    Ok(map)
}

fn pointers(section: Option<Section<'_>>) -> Result<BTreeMap<Field, String>, ConfigError> {
    let mut map = BTreeMap::new();
    let Some(mut section) = section else {
        return Ok(map);
    };
    for ((name, name_span), (pointer, span)) in section.pairs()? {
        let Some((_, field)) = Field::ALL.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = Field::ALL.iter().map(|(name, _)| *name).collect();
            let problem = format!("unknown field `{name}`; known are: {}", known.join(", "));
            return Err(section.error_at(&name_span, problem));
        };
        if !pointer.starts_with('/') {
            let problem = format!(
                "`{name}` is \"{pointer}\"; write a JSON pointer into the record, such as \"/location/lat\""
            );
            return Err(section.error_at(&span, problem));
        }
        map.insert(*field, pointer);
    }
    Ok(map)
}
