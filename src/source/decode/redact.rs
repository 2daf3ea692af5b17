//! Makes a vendor's answer fit to be kept as a sample: nobody in it can be named or found.
//!
//! By permission, not by prohibition: a string stays only if it is known to be harmless (a time,
//! a measurement, a word of the protocol); every other becomes a numbered pseudonym, the same for
//! the same text throughout a recording. Nothing is hashed, so nothing can be guessed back.
//! Coordinates are shifted by one secret offset, which keeps distances and turns.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Number, Value};

use crate::config::source::{Field, FieldMap};

use super::json::{Json, body_text, read};
use super::time;

/// Where pseudonyms begin.
const FIRST_PSEUDONYM: u64 = 1_000_001;

/// One recording's pseudonyms and offset.
pub struct Redactor {
    shift_lat_deg: f64,
    shift_lng_deg: f64,
    pseudonyms: HashMap<String, u64>,
    lat_names: Vec<String>,
    lng_names: Vec<String>,
    id_names: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The offset and the originals are what a recording hides.
        f.write_str("Redactor")
    }
}

/// What a member's name says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Latitude,
    Longitude,
    /// `[longitude, latitude]`.
    Coordinates,
    /// A time or a measurement: numbers stay, in strings too.
    Measure,
    /// A word of the protocol, if it looks like one.
    Word,
    /// It names or finds somebody.
    Personal,
    /// Nothing is known of it.
    Unknown,
}

impl Redactor {
    /// A recording. `random` is two numbers in `0.0..1.0` from a good generator, drawn anew for
    /// each recording; `fields` are the operator's pointers, which may name coordinates.
    pub fn new(random: (f64, f64), fields: &FieldMap) -> Self {
        let names = |field: Field, known: &[&str]| {
            let maps = [&fields.position, &fields.event, &fields.vehicle];
            let pointed = maps.into_iter().filter_map(|map| map.get(&field));
            let last = pointed.filter_map(|pointer| pointer.rsplit('/').next());
            let known = known.iter().copied();
            last.chain(known).map(simplified).collect()
        };
        // At least 5 degrees away in latitude, never so far that a fleet would leave the globe.
        let away = 5.0 + 10.0 * (random.0 * 2.0).fract();
        Self {
            shift_lat_deg: if random.0 < 0.5 { -away } else { away },
            shift_lng_deg: 20.0 + 320.0 * random.1,
            pseudonyms: HashMap::new(),
            id_names: names(Field::Id, &["id"]),
            lat_names: names(Field::Latitude, &["lat", "latitude"]),
            lng_names: names(Field::Longitude, &["lon", "lng", "long", "longitude"]),
        }
    }

    /// The body without what is personal; of a body that is no JSON only its length is told.
    pub fn redact(&mut self, body: &[u8]) -> Vec<u8> {
        let redacted = read(&body_text(body), |json| self.value(json, Meaning::Unknown));
        let value =
            redacted.unwrap_or_else(|| Value::from(format!("no JSON, {} bytes", body.len())));
        serde_json::to_vec_pretty(&value).unwrap_or_default()
    }

    fn value(&mut self, json: &Json<'_>, meaning: Meaning) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => self.number(number, meaning),
            Json::Text(text) => Value::String(self.text(text, meaning)),
            Json::List(items) => self.list(items, meaning),
            Json::Object(members) => {
                let mut object = Map::new();
                for (key, value) in members {
                    let meaning = self.meaning(key);
                    let key = self.key(key);
                    object.insert(key, self.value(value, meaning));
                }
                Value::Object(object)
            }
        }
    }

    fn list(&mut self, items: &[Json<'_>], meaning: Meaning) -> Value {
        let redacted = items.iter().enumerate().map(|(n, item)| {
            let meaning = match (meaning, n) {
                (Meaning::Coordinates, 0) if item.is_scalar() => Meaning::Longitude,
                (Meaning::Coordinates, 1) if item.is_scalar() => Meaning::Latitude,
                (meaning, _) => meaning,
            };
            self.value(item, meaning)
        });
        redacted.collect()
    }

    fn number(&mut self, number: &Number, meaning: Meaning) -> Value {
        let value = number.as_f64().unwrap_or_default();
        match meaning {
            Meaning::Measure | Meaning::Word => Value::Number(number.clone()),
            Meaning::Latitude => json_number(shifted(value, self.shift_lat_deg, 90.0)),
            Meaning::Longitude => json_number(shifted(value, self.shift_lng_deg, 180.0)),
            // Under an unknown name: a fraction may be a coordinate, a long number an id.
            Meaning::Unknown | Meaning::Coordinates if number.is_f64() => {
                json_number((value * 10.0).round() / 10.0)
            }
            Meaning::Unknown if value.abs() < 100_000.0 => Value::Number(number.clone()),
            _ => Value::from(self.pseudonym(&number.to_string())),
        }
    }

    fn text(&mut self, text: &str, meaning: Meaning) -> String {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return text.to_owned();
        }
        let number = trimmed.parse::<f64>().ok().filter(|n| n.is_finite());
        match (meaning, number) {
            (Meaning::Measure, Some(_)) => text.to_owned(),
            (Meaning::Latitude, Some(value)) => {
                shifted(value, self.shift_lat_deg, 90.0).to_string()
            }
            (Meaning::Longitude, Some(value)) => {
                shifted(value, self.shift_lng_deg, 180.0).to_string()
            }
            (Meaning::Word, None) if is_word(trimmed) => text.to_owned(),
            (Meaning::Word, Some(_)) if trimmed.len() <= 3 => text.to_owned(),
            (Meaning::Measure, None) if is_time(trimmed) => text.to_owned(),
            _ if trimmed.chars().all(|c| c.is_ascii_digit()) => self.pseudonym(trimmed).to_string(),
            _ => format!("redacted-{}", self.pseudonym(trimmed)),
        }
    }

    /// A key stays if it reads like a name of a member; a map keyed by plates must not keep them.
    fn key(&mut self, key: &str) -> String {
        let is_name_part = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | '.' | '@');
        let n_digits = key.chars().filter(char::is_ascii_digit).count();
        let rest_is_name = key.chars().all(|c| c.is_ascii_digit() || is_name_part(c));
        if rest_is_name && n_digits < 3 && key.starts_with(is_name_part) && key.len() < 48 {
            key.to_owned()
        } else {
            format!("key-{}", self.pseudonym(key))
        }
    }

    /// The number of a text; the same id as a string and as an integer has the same, and so have
    /// a plate with and without spaces.
    fn pseudonym(&mut self, text: &str) -> u64 {
        let simplified = simplified(text);
        let n_known = u64::try_from(self.pseudonyms.len()).unwrap_or_default();
        // Never its own: the first id of a fleet may well be 1000001.
        let is_own = simplified.parse() == Ok(FIRST_PSEUDONYM + 2 * n_known);
        let next = FIRST_PSEUDONYM + 2 * n_known + u64::from(is_own);
        *self.pseudonyms.entry(simplified).or_insert(next)
    }

    fn meaning(&self, key: &str) -> Meaning {
        let name = simplified(key);
        if self.lat_names.contains(&name) {
            Meaning::Latitude
        } else if self.lng_names.contains(&name) {
            Meaning::Longitude
        } else if name == "COORDINATES" {
            Meaning::Coordinates
        } else if is_among(MEASURES, |known| known == name) {
            Meaning::Measure
        } else if is_among(WORDS, |known| known == name) {
            Meaning::Word
        } else if self.id_names.contains(&name) || is_among(PERSONAL, |end| name.ends_with(end)) {
            Meaning::Personal
        } else {
            Meaning::Unknown
        }
    }
}

/// Members whose numbers and times tell nobody's name or place.
const MEASURES: &str = "\
    SPEED SPEEDKMH SPEEDKPH SPEEDMPH ROADSPEED MAXSPEED BEARING HEADING HEADINGDEGREES \
    COURSE DIRECTION ALTITUDE ALT ALTITUDEMETERS ACCURACY ACCURACYMETERS HORIZONTALACCURACY \
    ODOMETER ODOMETERMETERS ODOMETERKM ODOMETERKILOMETERS ODOMETERMILES ODOMETERMI CLOCK RPM \
    VEXT TEMP1 TEMP2 TEMP3 TEMP4 INPUTSTATE TCUPERCENTAGE TCUBATTERYPERCENTAGE BATTERY \
    BATTERYLEVEL BATTERYPERCENT BATTERYPERCENTAGELEFT LEVEL PRECENTAGELEFT PERCENTAGELEFT \
    TOTALCONSUMED FUELLITERS FUELLITRES GPSFIXTYPE HDOP SATELLITES SATS TIME TIMESTAMP \
    UTCTIMESTAMP POSITIONTIME GPSTIME RECORDEDAT LASTUPDATE UPDATEDAT CREATEDAT \
    HAPPENEDATTIME EVENTTS RECEIVEDTS RECIEVEDTS UPDATED BATTERYTS CHARGINGSTATUSTS \
    OFFLINESINCE LASTSEEN EXPIRESAT EXPIRESIN SENTAT STARTTIME ENDTIME FROM TO CURRENTPAGE \
    PERPAGE LASTPAGE TOTAL OFFSET LIMIT COUNT TOTALCOUNT SIZE PAGE";

/// Members whose values are words of the protocol.
const WORDS: &str = "\
    TYPE EVENT EVENTTYPE KIND STATUS ENGINESTATE ENGINETYPE IOPANIC IODISARM CHARGINGSTATUS \
    CENTRALLOCKINGSTATUS IGNITION CODE ENGINEON IDLING";

/// Ends of the names of members that name or find somebody, numbers included.
const PERSONAL: &str = "\
    ID IDS NAME NUMBER SERIAL PHONE MOBILE IMEI VIN PLATE REGISTRATION TAG ICCID IMSI MSISDN \
    PIN KEY TOKEN EMAIL ADDRESS";

fn is_among(names: &str, fits: impl Fn(&str) -> bool) -> bool {
    names.split(' ').any(fits)
}

/// Upper case, letters and digits only: one spelling for `vehicle_id` and `vehicleId`.
fn simplified(text: &str) -> String {
    let parts = text.chars().filter(|c| c.is_alphanumeric());
    let simplified: String = parts.flat_map(char::to_uppercase).collect();
    if simplified.is_empty() {
        text.to_owned()
    } else {
        simplified
    }
}

/// `LOW`, `position.updated`, `PLUGGED_CHARGING`: short and of nothing but ASCII letters.
fn is_word(text: &str) -> bool {
    text.len() <= 32
        && text
            .chars()
            .all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.' | '-'))
}

fn is_time(text: &str) -> bool {
    let is_part =
        |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | ':' | '.' | 'T' | 'Z' | ' ');
    text.chars().all(is_part) && time::from_text(text, &TimeZone::UTC).is_some()
}

/// `degrees` moved by `shift`, wrapped into the limits. A fault (exactly 0, or off Earth) stays
/// one, and tells nothing.
fn shifted(degrees: f64, shift: f64, limit: f64) -> f64 {
    const PER_DEGREE: f64 = 1e7;
    if degrees == 0.0 || limit < degrees.abs() {
        return degrees.round();
    }
    let moved = degrees + shift;
    let wrapped = (moved + limit).rem_euclid(2.0 * limit) - limit;
    (wrapped * PER_DEGREE).round() / PER_DEGREE
}

fn json_number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redacted(redactor: &mut Redactor, body: &Value) -> Value {
        let redacted = redactor.redact(body.to_string().as_bytes());
        serde_json::from_slice(&redacted).unwrap()
    }

    fn redactor() -> Redactor {
        Redactor::new((0.7, 0.3), &FieldMap::default())
    }

    #[test]
    fn what_is_harmless_stays() {
        let body = serde_json::json!({
            "type": "position.updated", "speed": 63, "road_speed": "80", "ignition": "true",
            "event_ts": "2026-08-05 14:20:07+02", "time": 1_785_932_407_000_u64,
            "io_panic": "LOW", "driver": {"first_name": null}, "groups": [], "ok": true,
            "meta": {"current_page": 1, "last_page": 2}, "error": {"code": 429}, "name": ""
        });
        assert_eq!(redacted(&mut redactor(), &body), body);
    }

    #[test]
    fn one_id_has_one_pseudonym_whatever_its_form() {
        let mut redactor = redactor();
        let one = serde_json::json!({"vehicle_id": 512_345_678, "registration": "ABC 123 GP"});
        let other = serde_json::json!({"vehicleId": "512345678", "plate": "abc123-gp"});
        let (one, other) = (
            redacted(&mut redactor, &one),
            redacted(&mut redactor, &other),
        );
        assert_eq!(
            one["vehicle_id"].to_string(),
            other["vehicleId"].as_str().unwrap()
        );
        assert_eq!(one["registration"], other["plate"]);
        assert_ne!(one["vehicle_id"], 512_345_678);
    }

    #[test]
    fn coordinates_move_together_and_faults_stay() {
        let body = serde_json::json!([
            {"latitude": -26.2041, "longitude": 28.0473}, {"lat": "-26.1041", "lng": "28.1473"},
            {"coordinates": [28.0473, -26.2041]}, {"lat": 0.0, "lng": 0}, {"lat": 91.5}
        ]);
        let moved = redacted(&mut redactor(), &body);
        let number = |pointer: &str| {
            let value = moved.pointer(pointer).unwrap();
            value
                .as_f64()
                .unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
        };
        assert!(5.0 <= (number("/0/latitude") + 26.2041).abs());
        assert!((number("/1/lat") - number("/0/latitude") - 0.1).abs() < 1e-6);
        assert!((number("/1/lng") - number("/0/longitude") - 0.1).abs() < 1e-6);
        assert_eq!(
            moved.pointer("/2/coordinates/0"),
            moved.pointer("/0/longitude")
        );
        assert_eq!(
            moved.pointer("/2/coordinates/1"),
            moved.pointer("/0/latitude")
        );
        assert_eq!((number("/3/lat"), number("/3/lng")), (0.0, 0.0));
        assert!(90.0 < number("/4/lat"));
    }

    #[test]
    fn pointers_of_the_operator_name_coordinates_and_ids_too() {
        let mut fields = FieldMap::default();
        fields
            .position
            .insert(Field::Latitude, "/where/y".to_owned());
        fields.position.insert(Field::Id, "/unit".to_owned());
        let mut redactor = Redactor::new((0.1, 0.9), &fields);
        let moved = redacted(
            &mut redactor,
            &serde_json::json!({"unit": 7, "where": {"y": 48.14861}}),
        );
        assert_ne!(moved["unit"], 7);
        assert!(5.0 <= (moved["where"]["y"].as_f64().unwrap() - 48.14861).abs());
    }

    #[test]
    fn what_is_unknown_does_not_stay() {
        let body = serde_json::json!({
            "comment": "call Anna", "spot": 48.148_612, "cell": 27_821_234_567_u64,
            "4711": {"x": 1}, "Müller": 1, "pin": 1234
        });
        let text = redacted(&mut redactor(), &body).to_string();
        for secret in ["Anna", "48.148", "27821234567", "4711", "Müller", "1234"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(redactor().redact(b"<b>Anna</b>"), b"\"no JSON, 11 bytes\"");
    }

    proptest! {
        #[test]
        fn no_personal_text_survives(text in "[\\PC]{4,40}", n in 0_usize..12) {
            let names = [
                "name", "vehicleName", "registration", "licensePlate", "first_name",
                "position_description", "address", "phone_number", "vin", "driver_id", "vehicleId",
                "anything",
            ];
            prop_assume!(!text.trim().is_empty());
            let body = serde_json::json!({"data": [{names[n]: text, "list": {names[n]: [text]}}]});
            let kept = redacted(&mut redactor(), &body);
            for pointer in [format!("/data/0/{}", names[n]), format!("/data/0/list/{}/0", names[n])] {
                let value = kept.pointer(&pointer).unwrap().as_str().unwrap();
                prop_assert_ne!(value.trim(), text.trim());
                prop_assert!(value.starts_with("redacted-") || value.parse::<u64>().is_ok());
            }
        }
    }
}
