//! A reading: where a record says a device was. And the gate that every reading passes.
//!
//! Every vendor speaks its own dialect: mph here, km/h there, 0 for "unknown". Adapters translate
//! into a [`Reading`] through [`Reading::vet`], the one gate all of them share. Past it there is
//! one set of units and a position that is on Earth. What a source did not say is `None`, never 0.
//!
//! Whether the reading is *believed* (its time, its device's rank) is decided in `fleet/merge.rs`,
//! which alone knows what was said before.

use jiff::Timestamp;

use super::units;

/// No road vehicle is faster: 100 m/s is 360 km/h. A greater speed is unknown, not true.
pub const MAX_SPEED_MPS: f64 = 100.0;

/// What the receiver itself says of its fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixQuality {
    /// No fix, or too few satellites: the device is alive, but its position is not to be trusted.
    Poor,
    /// An ordinary fix.
    Good,
}

/// One record's position in our units: on Earth, not yet believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// WGS 84 latitude in degrees, north positive.
    pub lat_deg: f64,
    /// WGS 84 longitude in degrees, east positive.
    pub lng_deg: f64,
    /// Direction of travel in degrees clockwise from true north, `0.0..360.0`; 0 is north.
    pub heading_deg: Option<f64>,
    /// Speed over ground in metres per second.
    pub speed_mps: Option<f64>,
    /// Height above sea level in metres.
    pub altitude_m: Option<f64>,
    /// Radius of the receiver's own uncertainty in metres.
    pub accuracy_m: Option<f64>,
    /// What the receiver says of its fix, where it says anything.
    pub quality: Option<FixQuality>,
    /// When the receiver computed the position, by the vendor's word. It may lie in the future:
    /// a tracker's clock can be wrong. `None`: the record has no time.
    pub vendor_at: Option<Timestamp>,
}

/// Why a record was refused. Refusing one never discards the rest of its batch.
///
/// The names are the values of the metric's `reason` label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// The record is not a JSON object.
    #[error("not an object")]
    NotAnObject,
    /// The record names no device.
    #[error("no id")]
    NoId,
    /// A latitude without a longitude, or one that is no number.
    #[error("unreadable position")]
    UnreadablePosition,
    /// Latitude beyond 90 or longitude beyond 180 degrees.
    #[error("not on Earth")]
    OffEarth,
    /// Exactly (0, 0): a tracker without a fix, not a vehicle in the Gulf of Guinea.
    #[error("null island")]
    NullIsland,
    /// The record has a time that no known format fits.
    #[error("unreadable time")]
    UnreadableTime,
    /// An event of a kind that should carry a payload and carries none.
    #[error("empty event")]
    EmptyEvent,
}

impl Refusal {
    /// The refusal as a metric label.
    pub fn as_label(self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::NoId => "no_id",
            Self::UnreadablePosition => "unreadable_position",
            Self::OffEarth => "off_earth",
            Self::NullIsland => "null_island",
            Self::UnreadableTime => "unreadable_time",
            Self::EmptyEvent => "empty_event",
        }
    }
}

impl Reading {
    /// A reading with a position and nothing else.
    pub fn at(lat_deg: f64, lng_deg: f64) -> Self {
        Self {
            lat_deg,
            lng_deg,
            heading_deg: None,
            speed_mps: None,
            altitude_m: None,
            accuracy_m: None,
            quality: None,
            vendor_at: None,
        }
    }

    /// Lets a reading through, or says why not.
    ///
    /// An absurd speed, heading or accuracy is forgotten, not held against the position.
    pub fn vet(mut self) -> Result<Self, Refusal> {
        // A range test refuses NaN too.
        if !(-90.0..=90.0).contains(&self.lat_deg) || !(-180.0..=180.0).contains(&self.lng_deg) {
            return Err(Refusal::OffEarth);
        }
        if self.lat_deg == 0.0 && self.lng_deg == 0.0 {
            return Err(Refusal::NullIsland);
        }
        let sane = |value: &f64| (0.0..=MAX_SPEED_MPS).contains(value);
        self.speed_mps = self.speed_mps.filter(sane);
        self.heading_deg = self
            .heading_deg
            .filter(|deg| deg.is_finite())
            .map(units::heading_deg);
        self.altitude_m = self.altitude_m.filter(|m| m.is_finite());
        self.accuracy_m = self.accuracy_m.filter(|m| m.is_finite() && 0.0 <= *m);
        Ok(self)
    }

    /// Latitude and longitude in degrees.
    pub fn lat_lng(&self) -> (f64, f64) {
        (self.lat_deg, self.lng_deg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positions_on_earth_pass() {
        let cases = [
            ((48.1, 17.1), Ok(())),
            ((-90.0, 180.0), Ok(())),
            ((0.0, 17.1), Ok(())),
            ((0.0, 0.0), Err(Refusal::NullIsland)),
            ((90.1, 17.1), Err(Refusal::OffEarth)),
            ((48.1, -180.5), Err(Refusal::OffEarth)),
            ((f64::NAN, 17.1), Err(Refusal::OffEarth)),
        ];
        for ((lat_deg, lng_deg), expected) in cases {
            let verdict = Reading::at(lat_deg, lng_deg).vet().map(|_| ());
            assert_eq!(verdict, expected, "{lat_deg}, {lng_deg}");
        }
    }

    #[test]
    fn absurd_extras_are_forgotten_and_the_position_kept() {
        let reading = Reading {
            speed_mps: Some(-1.0),
            heading_deg: Some(-90.0),
            accuracy_m: Some(f64::INFINITY),
            ..Reading::at(48.1, 17.1)
        };
        let vetted = reading.vet().unwrap();
        assert_eq!(vetted.speed_mps, None);
        assert_eq!(vetted.heading_deg, Some(270.0));
        assert_eq!(vetted.accuracy_m, None);
    }
}
