//! Makes a vendor's answer fit to be kept as a sample: nobody in it can be named or found.
//!
//! By permission, not by prohibition: a string stays only if it is known to be harmless (a time,
//! a measurement, a word of the protocol); every other becomes a numbered pseudonym, the same for
//! the same text throughout a recording. Nothing is hashed, so nothing can be guessed back.
//! Coordinates are shifted by one secret offset, which keeps distances and turns. Of a fraction
//! under an unknown name nothing stays: it may be a coordinate, and one coordinate that is left
//! as it was, even roughly, tells the offset of all others.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Number, Value};

use crate::config::source::FieldMap;

use super::json::{Json, body_text, read};
use super::lookup::split;
use super::meaning::{Meaning, meaning_of, named, simplified};
use super::time;

/// Where pseudonyms begin.
const FIRST_PSEUDONYM: u64 = 1_000_001;
/// What every fraction under an unknown name becomes, but for 0.
const ANY_FRACTION: f64 = 0.5;
/// From here on a number under an unknown name is no switch and no choice, but may be an id, a
/// degree or a minute of one.
const UNKNOWN_FROM: f64 = 10.0;
/// From here on a number under a word's name is no code of the protocol.
const CODE_FROM: f64 = 1000.0;
/// From here on a number is a time since 1970: 1973, in seconds.
const TIME_FROM: f64 = 1e8;

/// One recording's pseudonyms and offset.
pub struct Redactor {
    shift_lat_deg: f64,
    shift_lng_deg: f64,
    pseudonyms: HashMap<String, u64>,
    /// The operator's pointers; what must be hidden comes before what may stay.
    pointed: Vec<(Vec<String>, Meaning)>,
}

/// One step from the whole body to a value.
#[derive(Clone, Copy, Debug)]
enum Step<'j> {
    Name(&'j str),
    Index(usize),
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The offset and the originals are what a recording hides.
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// A recording. `random` is two numbers in `0.0..1.0` from a good generator, drawn anew for
    /// each recording; `fields` are the operator's pointers, which say what stands where.
    pub fn new(random: (f64, f64), fields: &FieldMap) -> Self {
        let maps = [&fields.position, &fields.event, &fields.vehicle];
        let pointers = maps.into_iter().flatten();
        let mut pointed: Vec<_> = pointers
            .filter_map(|(field, pointer)| Some((split(pointer), meaning_of(*field)?)))
            .collect();
        pointed.sort_by_key(|(_, meaning)| *meaning);
        // At least 5 degrees away in latitude, never so far that a fleet would leave the globe.
        let away = 5.0 + 10.0 * (random.0 * 2.0).fract();
        Self {
            shift_lat_deg: if random.0 < 0.5 { -away } else { away },
            shift_lng_deg: 20.0 + 320.0 * random.1,
            pseudonyms: HashMap::new(),
            pointed,
        }
    }

    /// The body without what is personal; of a body that is no JSON only its length is told.
    pub fn redact(&mut self, body: &[u8]) -> Vec<u8> {
        let redacted = read(&body_text(body), |json| {
            self.value(json, Meaning::Unknown, &mut Vec::new())
        });
        let value =
            redacted.unwrap_or_else(|| Value::from(format!("no JSON, {} bytes", body.len())));
        serde_json::to_vec_pretty(&value).unwrap_or_default()
    }

    fn value<'j>(
        &mut self,
        json: &'j Json<'_>,
        meaning: Meaning,
        path: &mut Vec<Step<'j>>,
    ) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => self.number(number, meaning),
            Json::Text(text) => Value::String(self.text(text, meaning)),
            Json::List(items) => self.list(items, meaning, path),
            Json::Object(members) => {
                let mut object = Map::new();
                for (key, value) in members {
                    path.push(Step::Name(key));
                    let meaning = self.pointed(path, named(key));
                    let key = self.key(key);
                    object.insert(key, self.value(value, meaning, path));
                    path.pop();
                }
                Value::Object(object)
            }
        }
    }

    fn list<'j>(
        &mut self,
        items: &'j [Json<'_>],
        meaning: Meaning,
        path: &mut Vec<Step<'j>>,
    ) -> Value {
        let redacted = items.iter().enumerate().map(|(n, item)| {
            let meaning = match (meaning, n) {
                (Meaning::Coordinates, 0) if item.is_scalar() => Meaning::Longitude,
                (Meaning::Coordinates, 1) if item.is_scalar() => Meaning::Latitude,
                // `from` and `to` are pages, but a list under them may be a place.
                (Meaning::Measure, _) => Meaning::Unknown,
                (meaning, _) => meaning,
            };
            path.push(Step::Index(n));
            let meaning = self.pointed(path, meaning);
            let value = self.value(item, meaning, path);
            path.pop();
            value
        });
        redacted.collect()
    }

    /// What the operator's pointers say of the value at the end of `path`, else `known`. A
    /// pointer starts at any object, as it does where records are read.
    fn pointed(&self, path: &[Step<'_>], known: Meaning) -> Meaning {
        let ends = |pointer: &[String]| {
            let start = path.len().checked_sub(pointer.len());
            let end = start.and_then(|start| path.get(start..));
            end.is_some_and(|end| end.iter().zip(pointer).all(|(step, name)| step.fits(name)))
        };
        let found = self.pointed.iter().find(|(pointer, _)| ends(pointer));
        match found.map(|(_, meaning)| *meaning) {
            None => known,
            // A pointer keeps what nothing is known of, and nothing else.
            Some(Meaning::Time) if known != Meaning::Unknown => known,
            Some(meaning) => meaning,
        }
    }

    fn number(&mut self, number: &Number, meaning: Meaning) -> Value {
        let value = number.as_f64().unwrap_or_default();
        let stays = match meaning {
            Meaning::Latitude => return json_number(shifted(value, self.shift_lat_deg, 90.0)),
            Meaning::Longitude => return json_number(shifted(value, self.shift_lng_deg, 180.0)),
            Meaning::Measure => true,
            Meaning::Time => TIME_FROM <= value,
            Meaning::Word => !number.is_f64() && value.abs() < CODE_FROM,
            Meaning::Unknown => !number.is_f64() && value.abs() < UNKNOWN_FROM,
            Meaning::Coordinates | Meaning::Personal => false,
        };
        if stays {
            Value::Number(number.clone())
        } else if number.is_f64() && meaning != Meaning::Personal {
            json_number(if value == 0.0 { 0.0 } else { ANY_FRACTION })
        } else {
            Value::from(self.pseudonym(&number.to_string()))
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
            (Meaning::Measure | Meaning::Time, None) if is_time(trimmed) => text.to_owned(),
            (Meaning::Time, Some(value)) if TIME_FROM <= value => text.to_owned(),
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
}

impl Step<'_> {
    /// Whether `name` in a pointer leads here; an element is found by its decimal number.
    fn fits(self, name: &str) -> bool {
        match self {
            Self::Name(key) => key == name,
            Self::Index(n) => name.parse() == Ok(n),
        }
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
/// one, but not its number: a coordinate in millionths of a degree is off Earth too.
fn shifted(degrees: f64, shift: f64, limit: f64) -> f64 {
    const PER_DEGREE: f64 = 1e7;
    if degrees == 0.0 {
        return 0.0;
    }
    if limit < degrees.abs() {
        return limit + 1.5;
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
    use crate::config::source::Field;

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

    fn pointing(pointers: &[(Field, &str)]) -> Redactor {
        let mut fields = FieldMap::default();
        for (field, pointer) in pointers {
            fields.position.insert(*field, (*pointer).to_owned());
        }
        Redactor::new((0.1, 0.9), &fields)
    }

    #[test]
    fn nothing_of_an_unknown_fraction_stays() {
        let body = serde_json::json!({"data": [{
            "extra": [41.123_456, -87.654_321], "gpsLat": 41.123_456, "p": {"wgs84": [41.1, 0.0]},
            "from": [41.123_456], "status": 41.123_456, "coordinates": [28.0, -26.0, 41.123_456],
            "E7": 411_234_567, "minutes": 41, "lat": 411_234_567, "latlng": "41.123456,-87.654321"
        }]});
        let kept = redacted(&mut redactor(), &body);
        assert!(!kept.to_string().contains("41"), "{kept}");
        assert!(!kept.to_string().contains("87."), "{kept}");
        assert_eq!(kept["data"][0]["extra"], serde_json::json!([0.5, 0.5]));
        assert_eq!(kept["data"][0]["p"]["wgs84"], serde_json::json!([0.5, 0.0]));
    }

    #[test]
    fn a_pointer_is_followed_by_its_path_and_unescaped() {
        let mut redactor = pointing(&[
            (Field::Latitude, "/p/wgs84/1"),
            (Field::Longitude, "/p/wgs84/0"),
            (Field::Id, "/v~0x/a~1b"),
            (Field::Driver, "/drv/0"),
            (Field::Time, "/when"),
        ]);
        let body = serde_json::json!({"data": [{
            "p": {"wgs84": [28.0473, -26.2041], "other": [28.0473, -26.2041]},
            "v~x": {"a/b": 4199}, "drv": [7], "when": 1_785_932_407_000_u64
        }, {"lat": -26.1041, "lng": 28.1473, "when": "2026-08-05T12:20:07Z"}, {"when": 41.5}]});
        let kept = redacted(&mut redactor, &body);
        let number = |pointer: &str| kept.pointer(pointer).unwrap().as_f64().unwrap();
        assert!((number("/data/1/lat") - number("/data/0/p/wgs84/1") - 0.1).abs() < 1e-6);
        assert!((number("/data/1/lng") - number("/data/0/p/wgs84/0") - 0.1).abs() < 1e-6);
        assert_eq!(kept["data"][0]["p"]["other"], serde_json::json!([0.5, 0.5]));
        assert!(!kept.to_string().contains("4199"), "{kept}");
        assert_ne!(kept["data"][0]["drv"][0], 7);
        assert_eq!(kept["data"][0]["when"], body["data"][0]["when"]);
        assert_eq!(kept["data"][1]["when"], body["data"][1]["when"]);
        assert_eq!(kept["data"][2]["when"], 0.5);
    }

    #[test]
    fn whom_a_pointer_names_is_personal_in_numbers_too() {
        for field in [
            Field::Id,
            Field::Name,
            Field::Registration,
            Field::Driver,
            Field::Address,
        ] {
            let mut redactor = pointing(&[(field, "/who")]);
            for value in [Value::from(7), Value::from(4199), Value::from("LOW")] {
                let body = serde_json::json!([{ "who": value }]);
                assert_ne!(redacted(&mut redactor, &body)[0]["who"], value, "{field:?}");
            }
        }
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
