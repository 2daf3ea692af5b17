//! Which vehicles a request wants, in which order, and how many: pure.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::IntoParams;

use super::error::ApiError;
use crate::domain::Vehicle;
use crate::live::hub::Entry;
use crate::live::words;

/// The query of `/api/v1/vehicles`, as it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VehiclesQuery {
    /// Words that name, registration, driver, address, a group, a device or the id contain, in
    /// whatever case; all of them must be found.
    pub q: Option<String>,
    /// `west,south,east,north` in degrees; west beyond east crosses the date line.
    pub bbox: Option<String>,
    /// Words for motion or freshness, separated by commas: any of them fits.
    pub state: Option<String>,
    /// `id` (default), `name`, `fixed_at` or `speed`; with a leading `-` descending.
    pub sort: Option<String>,
    /// At most this many, 1 to 10,000; then `next` tells how to go on.
    pub limit: Option<String>,
    /// The `next` of the answer before.
    pub after: Option<String>,
}

/// The query, understood.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    words: Vec<String>,
    bbox: Option<[f64; 4]>,
    states: Vec<String>,
    sort: Sort,
    is_descending: bool,
    limit: Option<usize>,
    after: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sort {
    #[default]
    Id,
    Name,
    FixedAt,
    Speed,
}

const STATES: [&str; 10] = [
    "moving", "idling", "stopped", "parked", "unknown", "live", "late", "stale", "offline", "never",
];

impl VehiclesQuery {
    /// Understands the query, or names the parameter that is wrong.
    pub fn understand(self) -> Result<Wanted, ApiError> {
        let words = words(&self.q.unwrap_or_default())?;
        let sort = self.sort.as_deref().unwrap_or("id");
        let is_descending = sort.starts_with('-');
        Ok(Wanted {
            words,
            bbox: self.bbox.as_deref().map(bbox).transpose()?,
            states: self
                .state
                .as_deref()
                .map(states)
                .transpose()?
                .unwrap_or_default(),
            sort: sort_key(sort.trim_start_matches('-'))?,
            is_descending,
            limit: self.limit.as_deref().map(limit).transpose()?,
            after: self.after.as_deref().map(after).transpose()?,
        })
    }
}

impl Wanted {
    /// Picks from `all`, and gives the cursor of what comes next if there is more.
    pub fn pick(&self, all: Vec<Entry>) -> (Vec<Entry>, Option<String>) {
        let fits = |entry: &Entry| self.fits(&entry.vehicle);
        let mut picked: Vec<(String, Entry)> = all
            .into_iter()
            .filter(fits)
            .map(|entry| (self.key(&entry.vehicle), entry))
            .collect();
        if self.sort != Sort::Id || self.is_descending {
            picked.sort_by(|one, other| self.order(&rank(one), &rank(other)));
        }
        if let Some((key, id)) = &self.after {
            let after = (key.as_str(), id.as_str());
            picked.retain(|one| self.order(&after, &rank(one)) == Ordering::Less);
        }
        let limit = self.limit.unwrap_or(usize::MAX);
        let next = (limit < picked.len())
            .then(|| {
                picked
                    .get(limit.wrapping_sub(1))
                    .map(|last| cursor(&rank(last)))
            })
            .flatten();
        picked.truncate(limit);
        (picked.into_iter().map(|(_, entry)| entry).collect(), next)
    }

    fn fits(&self, vehicle: &Vehicle) -> bool {
        self.bbox.is_none_or(|bbox| is_within(vehicle, bbox))
            && (self.states.is_empty() || self.states.iter().any(|state| is_in(vehicle, state)))
            && (self.words.is_empty() || self.mentions_all(vehicle))
    }

    fn mentions_all(&self, vehicle: &Vehicle) -> bool {
        let text = searchable(vehicle);
        self.words.iter().all(|word| text.contains(word))
    }

    fn order(&self, one: &(&str, &str), other: &(&str, &str)) -> Ordering {
        let ascending = one.cmp(other);
        if self.is_descending {
            ascending.reverse()
        } else {
            ascending
        }
    }

    /// What is compared, as text that sorts as the value does.
    fn key(&self, vehicle: &Vehicle) -> String {
        let position = vehicle.position.as_ref();
        match self.sort {
            Sort::Id => String::new(),
            Sort::Name => vehicle.name.to_lowercase(),
            Sort::FixedAt => position.map_or(String::new(), |p| format!("{:.3}", p.fixed_at)),
            Sort::Speed => position
                .and_then(|p| p.speed_mps)
                .map_or(String::new(), |mps| format!("{mps:09.3}")),
        }
    }
}

fn rank((key, entry): &(String, Entry)) -> (&str, &str) {
    (key, entry.vehicle.id.as_str())
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

fn cursor((key, id): &(&str, &str)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{key}\u{0}{id}"))
}

fn after(text: &str) -> Result<(String, String), ApiError> {
    let wrong = || ApiError::bad_request("`after` must be the `next` of an answer before");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_error| wrong())?;
    let text = String::from_utf8(bytes).map_err(|_error| wrong())?;
    let (key, id) = text.split_once('\u{0}').ok_or_else(wrong)?;
    Ok((key.to_owned(), id.to_owned()))
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

fn sort_key(text: &str) -> Result<Sort, ApiError> {
    match text {
        "id" => Ok(Sort::Id),
        "name" => Ok(Sort::Name),
        "fixed_at" => Ok(Sort::FixedAt),
        "speed" => Ok(Sort::Speed),
        _ => Err(ApiError::bad_request(format!(
            "`sort` is \"{text}\"; it may be id, name, fixed_at or speed, with a leading - for descending"
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

fn is_within(vehicle: &Vehicle, [west, south, east, north]: [f64; 4]) -> bool {
    vehicle.position.as_ref().is_some_and(|position| {
        let lng_deg = position.lng_deg;
        let is_between = if west <= east {
            west <= lng_deg && lng_deg <= east
        } else {
            west <= lng_deg || lng_deg <= east
        };
        is_between && south <= position.lat_deg && position.lat_deg <= north
    })
}

fn is_in(vehicle: &Vehicle, state: &str) -> bool {
    words::motion(vehicle.motion.state) == state
        || words::freshness(vehicle.freshness.state) == state
}

/// Everything of a vehicle that people search by, in lower case, a line each.
fn searchable(vehicle: &Vehicle) -> String {
    let mut text = format!("{}\n{}", vehicle.name, vehicle.id);
    let mut add = |more: &str| {
        text.push('\n');
        text.push_str(more);
    };
    vehicle.registration.iter().for_each(|plate| add(plate));
    vehicle.driver.iter().for_each(|driver| add(&driver.value));
    vehicle
        .address
        .iter()
        .for_each(|address| add(&address.value));
    vehicle.groups.iter().for_each(|group| add(group));
    vehicle
        .devices
        .iter()
        .for_each(|view| add(&view.device.device));
    text.to_lowercase()
}
