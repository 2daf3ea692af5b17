//! Which vehicles a request wants, in which order, and how many, as its query says it: pure.

use std::collections::BTreeSet;
use std::future::ready;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::error::ApiError;
use super::pick::{Cursor, Sort, Wanted};

/// The query of `/api/v1/vehicles`, as it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VehiclesQuery {
    /// Words that name, registration, driver, address, a group, a device or the id contain, in
    /// whatever case; all of them must be found.
    pub q: Option<String>,
    /// `west,south,east,north` in degrees; west beyond east crosses the date line.
    pub bbox: Option<String>,
    /// Words for motion or freshness, or `diverging`, or `off_duty`, separated by commas: any of
    /// them fits.
    pub state: Option<String>,
    /// The name of a group; may be repeated: any of them fits.
    #[serde(default)]
    pub group: Vec<String>,
    /// Ids, up to 200, separated by commas: these vehicles alone.
    pub ids: Option<String>,
    /// `id` (default), `name`, `fixed_at`, `speed` or `silence` (who stopped reporting, the most
    /// alarming first); with a leading `-` descending.
    pub sort: Option<String>,
    /// At most this many, 1 to 10,000; then `total` says how many fit, and `next` how to go on.
    pub limit: Option<String>,
    /// The `next` of the answer before.
    pub after: Option<String>,
    /// A time of the past (RFC 3339): what the map showed then.
    pub at: Option<String>,
}

/// The query of `/api/v1/alarms`, as it comes.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AlarmsQuery {
    /// `open` (default): what lasts, or what nobody took note of; or `all` of the last 90 days.
    pub state: Option<String>,
    /// At most this many, 1 to 1,000; 100 without it.
    pub limit: Option<String>,
    /// The `next` of the answer before.
    pub before: Option<String>,
}

/// The query of `/api/v1/places`.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlacesQuery {
    /// The version that is known: 204, and nothing else, while no place changed since.
    pub known: Option<u64>,
}

/// What a vehicle can do and be, in words.
pub(super) const STATES: [&str; 12] = [
    "moving",
    "idling",
    "stopped",
    "parked",
    "unknown",
    "live",
    "late",
    "stale",
    "offline",
    "never",
    "diverging",
    "off_duty",
];
const GROUPS_MAX: usize = 100;
const IDS_MAX: usize = 200;

/// A query as it was asked, with what may be repeated.
#[derive(Debug)]
pub struct Asked(pub VehiclesQuery);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = ApiError;

    fn from_request_parts(
        parts: &mut Parts,
        _state: &S,
    ) -> impl Future<Output = Result<Self, ApiError>> + Send {
        ready(VehiclesQuery::read(parts.uri.query().unwrap_or_default()).map(Self))
    }
}

impl VehiclesQuery {
    /// The query of an address. The reader of queries knows no repetition.
    fn read(text: &str) -> Result<Self, ApiError> {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        let (groups, others): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| name == "group");
        let mut once = url::form_urlencoded::Serializer::new(String::new());
        once.extend_pairs(others);
        let wrong = |error: http::uri::InvalidUri| ApiError::bad_request(error.to_string());
        let uri: Uri = format!("/?{}", once.finish()).parse().map_err(wrong)?;
        let Query(mut query) = Query::<Self>::try_from_uri(&uri)?;
        query.group = groups
            .into_iter()
            .map(|(_, group)| group.into_owned())
            .collect();
        Ok(query)
    }

    /// As [`Self::understand`], of a time of the past.
    pub fn understand_past(self, at: Timestamp) -> Result<Wanted, ApiError> {
        let sort = self.sort.as_deref().unwrap_or_default();
        if sort.trim_start_matches('-') == "silence" {
            // How often a device was expected to report is not kept.
            return Err(ApiError::bad_request(
                "`sort` cannot be \"silence\" together with `at`",
            ));
        }
        self.understand(at)
    }

    /// Understands the query, or names the parameter that is wrong.
    pub fn understand(self, now: Timestamp) -> Result<Wanted, ApiError> {
        let words = words(&self.q.unwrap_or_default())?;
        let sort = self.sort.as_deref().unwrap_or("id");
        let is_descending = sort.starts_with('-');
        let sort = sort_key(sort.trim_start_matches('-'))?;
        Ok(Wanted {
            words,
            bbox: self.bbox.as_deref().map(bbox).transpose()?,
            states: self
                .state
                .as_deref()
                .map(states)
                .transpose()?
                .unwrap_or_default(),
            groups: groups(self.group)?,
            ids: self.ids.as_deref().map(ids).transpose()?,
            sort,
            is_descending,
            limit: self.limit.as_deref().map(limit).transpose()?,
            after: self
                .after
                .as_deref()
                .map(|text| after(text, sort))
                .transpose()?,
            now,
        })
    }
}

/// The time of the past that is asked for.
pub(super) fn past(text: &str, now: Timestamp) -> Result<Timestamp, ApiError> {
    let at: Timestamp = text.parse().map_err(|_error| {
        ApiError::bad_request(format!(
            "`at` is \"{text}\"; write a time such as 2026-08-05T12:20:07Z"
        ))
    })?;
    if now < at {
        return Err(ApiError::bad_request(format!(
            "`at` is \"{text}\", which is yet to come"
        )));
    }
    Ok(at)
}

/// The words of `q`; so few that a search costs the other requests nothing.
fn words(text: &str) -> Result<Vec<String>, ApiError> {
    const MAX_CHARS: usize = 200;
    const MAX_WORDS: usize = 16;
    let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
    if MAX_CHARS < text.chars().count() || MAX_WORDS < words.len() {
        let message = format!("`q` may have {MAX_CHARS} characters and {MAX_WORDS} words");
        return Err(ApiError::bad_request(message));
    }
    Ok(words)
}

fn after(text: &str, sort: Sort) -> Result<Cursor, ApiError> {
    let wrong = || ApiError::bad_request("`after` must be the `next` of an answer before");
    sort.cursor(text).ok_or_else(wrong)
}

fn bbox(text: &str) -> Result<[f64; 4], ApiError> {
    let wrong = || {
        ApiError::bad_request(format!(
            "`bbox` is \"{text}\"; write west,south,east,north in degrees, such as 16.9,48.0,17.3,48.3"
        ))
    };
    let numbers: Vec<f64> = text
        .split(',')
        .map(|part| {
            part.trim()
                .parse::<f64>()
                .ok()
                .filter(|deg| deg.is_finite())
        })
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let bbox: [f64; 4] = numbers.try_into().map_err(|_numbers| wrong())?;
    let [west, south, east, north] = bbox;
    let is_on_earth = [west, east]
        .iter()
        .all(|lng| (-180.0..=180.0).contains(lng))
        && [south, north]
            .iter()
            .all(|lat| (-90.0..=90.0).contains(lat))
        && south <= north;
    is_on_earth.then_some(bbox).ok_or_else(wrong)
}

fn states(text: &str) -> Result<Vec<String>, ApiError> {
    let known = |state: &str| {
        STATES
            .contains(&state)
            .then(|| state.to_owned())
            .ok_or_else(|| {
                let known = STATES.join(", ");
                ApiError::bad_request(format!("`state` is \"{state}\"; it may be {known}"))
            })
    };
    text.split(',').map(|state| known(state.trim())).collect()
}

fn groups(names: Vec<String>) -> Result<Vec<String>, ApiError> {
    if GROUPS_MAX < names.len() {
        let message = format!(
            "`group` is given {} times; it may be {GROUPS_MAX}",
            names.len()
        );
        return Err(ApiError::bad_request(message));
    }
    Ok(names)
}

fn ids(text: &str) -> Result<BTreeSet<String>, ApiError> {
    let ids: BTreeSet<String> = text.split(',').map(str::to_owned).collect();
    if IDS_MAX < ids.len() {
        let message = format!("`ids` has {} ids; it may have {IDS_MAX}", ids.len());
        return Err(ApiError::bad_request(message));
    }
    Ok(ids)
}

fn sort_key(text: &str) -> Result<Sort, ApiError> {
    match text {
        "id" => Ok(Sort::Id),
        "name" => Ok(Sort::Name),
        "fixed_at" => Ok(Sort::FixedAt),
        "speed" => Ok(Sort::Speed),
        "silence" => Ok(Sort::Silence),
        _ => Err(ApiError::bad_request(format!(
            "`sort` is \"{text}\"; it may be id, name, fixed_at, speed or silence, with a leading - for descending"
        ))),
    }
}

fn limit(text: &str) -> Result<usize, ApiError> {
    let limit = text
        .parse()
        .ok()
        .filter(|limit| (1..=10_000).contains(limit));
    limit.ok_or_else(|| {
        ApiError::bad_request(format!("`limit` is \"{text}\"; it may be 1 to 10000"))
    })
}
