//! From a record's raw values to the words of the domain, alike for all vendors.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::units::{km_to_m, kmh_to_mps, knots_to_mps, mph_to_mps};
use crate::domain::{DeviceKey, FixQuality, Label, Reading, Refusal, SourceId};

use super::fields::Datum;
use super::json::Json;
use super::lookup::Record;
use super::time;

/// The unit of a speed without one in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeedUnit {
    /// Kilometres per hour.
    Kmh,
    /// Miles per hour.
    Mph,
    /// Metres per second.
    Mps,
    /// Nautical miles per hour.
    Knots,
}

impl SpeedUnit {
    /// The unit that a configuration names; `otherwise` if it names none.
    pub fn named(name: Option<&str>, otherwise: Self) -> Self {
        match name {
            Some("kmh") => Self::Kmh,
            Some("mph") => Self::Mph,
            Some("mps") => Self::Mps,
            Some("knots") => Self::Knots,
            _ => otherwise,
        }
    }

    /// `speed` in metres per second.
    pub fn to_mps(self, speed: f64) -> f64 {
        match self {
            Self::Kmh => kmh_to_mps(speed),
            Self::Mph => mph_to_mps(speed),
            Self::Mps => speed,
            Self::Knots => knots_to_mps(speed),
        }
    }
}

impl Record<'_> {
    /// A finite number.
    pub fn number(&self, datum: Datum) -> Option<f64> {
        self.value(datum)?.number()
    }

    /// A finite number that is not negative.
    pub fn amount(&self, datum: Datum) -> Option<f64> {
        self.number(datum).filter(|amount| 0.0 <= *amount)
    }

    /// A share in percent.
    pub fn percent(&self, datum: Datum) -> Option<f64> {
        self.number(datum)
            .filter(|percent| (0.0..=100.0).contains(percent))
    }

    /// On or off, true or false.
    pub fn boolean(&self, datum: Datum) -> Option<bool> {
        self.value(datum)?.boolean()
    }

    /// Text for people: trimmed, on one line.
    pub fn text(&self, datum: Datum) -> Option<Arc<str>> {
        self.words(datum).map(Arc::from)
    }

    /// The same, borrowed where it stands so in the record.
    pub fn words(&self, datum: Datum) -> Option<Cow<'_, str>> {
        plain_text(self.value(datum)?)
    }

    /// The device's key.
    pub fn device(&self, source: &SourceId) -> Result<DeviceKey, Refusal> {
        let id = [Datum::Id, Datum::WeakId]
            .into_iter()
            .find_map(|datum| self.value(datum)?.id())
            .ok_or(Refusal::NoId)?;
        Ok(DeviceKey::new(source.clone(), id.as_ref()))
    }

    /// Latitude and longitude in degrees, wherever on or off Earth; `None` if neither is given.
    pub fn lat_lng_deg(&self) -> Result<Option<(f64, f64)>, Refusal> {
        match (self.value(Datum::Latitude), self.value(Datum::Longitude)) {
            (None, None) => Ok(None),
            (Some(lat), Some(lng)) => match (lat.number(), lng.number()) {
                (Some(lat_deg), Some(lng_deg)) => Ok(Some((lat_deg, lng_deg))),
                _ => Err(Refusal::UnreadablePosition),
            },
            _ => Err(Refusal::UnreadablePosition),
        }
    }

    /// A time; an error if there is one that no known format fits.
    pub fn time(&self, datum: Datum, zone: &TimeZone) -> Result<Option<Timestamp>, Refusal> {
        let Some(value) = self.value(datum) else {
            return Ok(None);
        };
        match time::parse(value, zone) {
            Some(at) => Ok(Some(at)),
            None => Err(Refusal::UnreadableTime),
        }
    }

    /// The time of something past, which is of no use without one.
    pub fn past_time(&self, datum: Datum, zone: &TimeZone) -> Result<Option<Timestamp>, Refusal> {
        let at = self.time(datum, zone)?;
        at.map(Some).ok_or(Refusal::UnreadableTime)
    }

    /// Speed over ground in metres per second. A name with a unit in it is right whatever the
    /// source is set to.
    pub fn speed_mps(&self, unit: SpeedUnit) -> Option<f64> {
        let named = |datum, unit: SpeedUnit| Some(unit.to_mps(self.number(datum)?));
        named(Datum::SpeedMph, SpeedUnit::Mph)
            .or_else(|| named(Datum::SpeedKmh, SpeedUnit::Kmh))
            .or_else(|| named(Datum::Speed, unit))
    }

    /// Total distance in metres.
    pub fn odometer_m(&self) -> Option<f64> {
        const KM_PER_MILE: f64 = 1.609_344;
        let km = |datum, factor: f64| Some(km_to_m(self.amount(datum)? * factor));
        self.amount(Datum::Odometer)
            .or_else(|| km(Datum::OdometerKm, 1.0))
            .or_else(|| km(Datum::OdometerMiles, KM_PER_MILE))
            // An absurd number of kilometres is no number of metres at all.
            .filter(|metres| metres.is_finite())
    }

    /// The position, vetted; `None` if the record has none. What is wrong with `fixed_at`, the
    /// time of the fix, matters only where there is a position.
    pub fn reading(
        &self,
        fixed_at: Result<Option<Timestamp>, Refusal>,
        unit: SpeedUnit,
        quality: Option<FixQuality>,
    ) -> Result<Option<Reading>, Refusal> {
        let Some((lat_deg, lng_deg)) = self.lat_lng_deg()? else {
            return Ok(None);
        };
        let mut reading = Reading {
            heading_deg: self.number(Datum::Heading),
            speed_mps: self.speed_mps(unit),
            altitude_m: self.number(Datum::Altitude),
            accuracy_m: self.number(Datum::Accuracy),
            quality,
            ..Reading::at(lat_deg, lng_deg)
        }
        .vet()?;
        reading.vendor_at = fixed_at?;
        Ok(Some(reading))
    }

    /// Name, number plate and groups.
    pub fn label(&self) -> Label {
        let text = |value| plain_text(value).map(Arc::from);
        let (named, registered) = (self.value(Datum::Name), self.value(Datum::Registration));
        let name: Option<Arc<str>> = named.and_then(text);
        let is_same = named.map(std::ptr::from_ref) == registered.map(std::ptr::from_ref);
        Label {
            // Where a vehicle has no other name than its plate, one text will do.
            registration: if is_same {
                name.clone()
            } else {
                registered.and_then(text)
            },
            name,
            groups: self.value(Datum::Groups).map_or_else(Vec::new, groups),
        }
    }
}

/// The position of a row of a list. What is wrong with it costs the position and not the row:
/// the row still says that the vehicle is there, who drives it, and how much fuel is left.
pub fn row_reading(
    reading: Result<Option<Reading>, Refusal>,
) -> (Option<Reading>, Option<Refusal>) {
    match reading {
        Ok(reading) => (reading, None),
        Err(refusal) => (None, Some(refusal)),
    }
}

/// When a row was said that tells one time: that of its position, where it has one that can be
/// used, and else that of all it says.
pub fn contact_at(
    reading: Option<&Reading>,
    fixed_at: Result<Option<Timestamp>, Refusal>,
) -> Option<Timestamp> {
    fixed_at.ok().flatten().filter(|_| reading.is_none())
}

/// A scalar as text for people: trimmed, control characters out.
fn plain_text<'v>(value: &'v Json<'_>) -> Option<Cow<'v, str>> {
    let text = value.text()?;
    if !text.chars().any(char::is_control) {
        return Some(text);
    }
    let lines = text.split(char::is_control).map(str::trim);
    let words: Vec<&str> = lines.filter(|words| !words.is_empty()).collect();
    let text = words.join(" ");
    (!text.is_empty()).then_some(Cow::Owned(text))
}

/// The names among a list of groups: strings, and objects with a name. A bare number is a key
/// whose name is not told, and means nothing to people.
fn groups(value: &Json<'_>) -> Vec<Arc<str>> {
    let one = std::slice::from_ref(value);
    let items = if value.is_scalar() {
        one
    } else {
        value.items()
    };
    let mut groups: Vec<Arc<str>> = Vec::new();
    for item in items {
        let name = ["name", "groupName", "group_name"]
            .iter()
            .find_map(|name| item.get(name));
        let Some(group) = plain_text(name.unwrap_or(item)) else {
            continue;
        };
        let is_key = group.chars().all(|c| c.is_ascii_digit());
        if !is_key && !groups.iter().any(|known| **known == *group) {
            groups.push(group.into());
        }
    }
    groups
}
