//! Places from GeoJSON (RFC 7946) and back: pure.
//!
//! A feature that is no place is left out with a word why, and costs the others nothing. Nothing is
//! read before its type is known, so neither depth nor width of what is sent is ever built.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::error::DeskError;
use super::written::{PlaceText, ShapeText};
use super::{PLACES_MAX, place};
use crate::domain::order::{Place, Shape};

/// What was read.
#[derive(Debug, Default)]
pub struct Imported {
    /// The places.
    pub places: Vec<Place>,
    /// Features that are none: which, from 0, and why.
    pub skipped: Vec<(usize, String)>,
}

#[derive(Deserialize)]
struct CollectionIn<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, default)]
    features: Features<'a>,
}

/// The features as they stand, no more of them than there may be places.
#[derive(Default)]
struct Features<'a>(Vec<&'a RawValue>);

#[derive(Deserialize)]
struct FeatureIn<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    geometry: Option<&'a RawValue>,
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct PropertiesIn<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "Name")]
    capital_name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    radius_m: Option<&'a RawValue>,
    #[serde(borrow, default)]
    groups: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct GeometryIn<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, default)]
    coordinates: Option<&'a RawValue>,
}

/// Longitude and latitude; an altitude and what else there is do not matter.
struct Point([f64; 2]);

type Polygon = Vec<Vec<Point>>;

/// Reads all places of a `FeatureCollection`. `new_id` gives one that nobody has, for features
/// whose own cannot be used.
///
/// # Errors
/// Where it is no such collection.
pub fn read(text: &str, mut new_id: impl FnMut() -> String) -> Result<Imported, DeskError> {
    let read: Result<CollectionIn<'_>, _> = serde_json::from_str(text);
    let collection = read.map_err(|error| {
        DeskError::wrong(format!(
            "this is no GeoJSON FeatureCollection: {}",
            place::shortened(&error.to_string())
        ))
    })?;
    if collection.kind != "FeatureCollection" {
        return Err(DeskError::wrong(format!(
            "this is a \"{}\"; send a FeatureCollection of Polygons, MultiPolygons, or Points with \
             `radius_m`",
            place::shortened(&collection.kind)
        )));
    }
    let mut imported = Imported::default();
    for (index, raw) in collection.features.0.into_iter().enumerate() {
        match feature(index, raw.get(), &mut new_id) {
            Ok(places) => imported.places.extend(places),
            Err(why) => imported.skipped.push((index, why)),
        }
    }
    Ok(imported)
}

fn feature(
    index: usize,
    text: &str,
    new_id: &mut impl FnMut() -> String,
) -> Result<Vec<Place>, String> {
    let feature: FeatureIn<'_> = serde_json::from_str(text).map_err(odd("text"))?;
    let properties = feature.properties.map_or("null", RawValue::get);
    let properties: Option<PropertiesIn<'_>> =
        serde_json::from_str(properties).map_err(odd("properties"))?;
    let properties = properties.unwrap_or_default();
    let geometry = feature.geometry.ok_or("it has no geometry")?;
    let shapes = shapes(geometry.get(), properties.radius_m)?;
    let named = [properties.name, properties.title, properties.capital_name];
    let name = named.into_iter().flatten().find_map(as_text);
    let name = name.unwrap_or_else(|| format!("Place {}", index + 1));
    let groups = properties.groups.and_then(as_texts).unwrap_or_default();
    let id = feature
        .id
        .and_then(as_text)
        .filter(|id| place::id(id).is_ok());
    let is_one = shapes.len() == 1;
    let places = (1..).zip(shapes).map(|(nth, shape)| {
        let text = PlaceText {
            name: if is_one {
                name.clone()
            } else {
                format!("{name} ({nth})")
            },
            shape,
            groups: groups.clone(),
        };
        let own = id
            .clone()
            .map(|id| if is_one { id } else { format!("{id}-{nth}") });
        let id = own
            .filter(|id| place::id(id).is_ok())
            .unwrap_or_else(&mut *new_id);
        place::read(&id, text).map_err(|error| error.to_string())
    });
    places.collect()
}

/// What a geometry covers.
fn shapes(text: &str, radius_m: Option<&RawValue>) -> Result<Vec<ShapeText>, String> {
    let geometry: GeometryIn<'_> = serde_json::from_str(text).map_err(odd("geometry"))?;
    let coordinates = geometry.coordinates.map_or("null", RawValue::get);
    let shapes: Vec<ShapeText> = match geometry.kind.as_str() {
        "Point" => {
            let point = serde_json::from_str(coordinates).map_err(odd("coordinates"))?;
            let Point([lng_deg, lat_deg]) = point;
            let radius_m = radius_m.and_then(as_number);
            vec![ShapeText::Circle {
                lat_deg,
                lng_deg,
                radius_m: radius_m.ok_or("a Point needs the property `radius_m`, in metres")?,
            }]
        }
        "Polygon" => {
            let polygon = serde_json::from_str(coordinates).map_err(odd("coordinates"))?;
            vec![rings(polygon)]
        }
        "MultiPolygon" => {
            let polygons: Vec<Polygon> =
                serde_json::from_str(coordinates).map_err(odd("coordinates"))?;
            polygons.into_iter().map(rings).collect()
        }
        other => {
            let other = place::shortened(other);
            return Err(format!(
                "it is a {other}; only Polygon, MultiPolygon and Point with `radius_m` are places"
            ));
        }
    };
    if shapes.is_empty() || PLACES_MAX < shapes.len() {
        return Err(format!("it has {} polygons", shapes.len()));
    }
    Ok(shapes)
}

/// That a part of a feature cannot be read.
fn odd(what: &'static str) -> impl Fn(serde_json::Error) -> String {
    move |error| {
        format!(
            "its {what} cannot be read: {}",
            place::shortened(&error.to_string())
        )
    }
}

fn rings(polygon: Polygon) -> ShapeText {
    let ring = |ring: Vec<Point>| ring.into_iter().map(|Point(point)| point).collect();
    ShapeText::Polygon {
        rings: polygon.into_iter().map(ring).collect(),
    }
}

fn as_text(raw: &RawValue) -> Option<String> {
    let text: String = serde_json::from_str(raw.get()).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn as_texts(raw: &RawValue) -> Option<Vec<String>> {
    serde_json::from_str(raw.get()).ok()
}

fn as_number(raw: &RawValue) -> Option<f64> {
    serde_json::from_str(raw.get()).ok()
}

impl<'de: 'a, 'a> Deserialize<'de> for Features<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Several;
        impl<'de> Visitor<'de> for Several {
            type Value = Features<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of features")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut features = Vec::new();
                while let Some(feature) = seq.next_element()? {
                    if PLACES_MAX <= features.len() {
                        let words = format!("more than {PLACES_MAX} features");
                        return Err(serde::de::Error::custom(words));
                    }
                    features.push(feature);
                }
                Ok(Features(features))
            }
        }
        deserializer.deserialize_seq(Several)
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;
        impl<'de> Visitor<'de> for Numbers {
            type Value = Point;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position, such as [28.04, -26.2]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Point, A::Error> {
                let (lng_deg, lat_deg) = (seq.next_element()?, seq.next_element()?);
                while seq.next_element::<f64>()?.is_some() {}
                match (lng_deg, lat_deg) {
                    (Some(lng_deg), Some(lat_deg)) => Ok(Point([lng_deg, lat_deg])),
                    _ => Err(serde::de::Error::custom("a position needs two numbers")),
                }
            }
        }
        deserializer.deserialize_seq(Numbers)
    }
}

/// A collection, to be serialised.
#[derive(Debug, Serialize)]
pub struct CollectionOut {
    #[serde(rename = "type")]
    kind: &'static str,
    features: Vec<FeatureOut>,
}

#[derive(Debug, Serialize)]
struct FeatureOut {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    geometry: GeometryOut,
    properties: PropertiesOut,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", content = "coordinates")]
enum GeometryOut {
    Point([f64; 2]),
    Polygon(Vec<Vec<(f64, f64)>>),
}

#[derive(Debug, Serialize)]
struct PropertiesOut {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    radius_m: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
}

/// The places as GeoJSON; [`read()`] makes the same of it again.
pub fn write<'a>(places: impl IntoIterator<Item = &'a Place>) -> CollectionOut {
    let feature = |place: &Place| {
        let (geometry, radius_m) = match &place.shape {
            Shape::Circle {
                lat_deg,
                lng_deg,
                radius_m,
            } => (GeometryOut::Point([*lng_deg, *lat_deg]), Some(*radius_m)),
            Shape::Polygon { rings } => (GeometryOut::Polygon(rings.clone()), None),
        };
        FeatureOut {
            kind: "Feature",
            id: place.id.to_string(),
            geometry,
            properties: PropertiesOut {
                name: place.name.to_string(),
                radius_m,
                groups: place.groups.iter().map(ToString::to_string).collect(),
            },
        }
    };
    CollectionOut {
        kind: "FeatureCollection",
        features: places.into_iter().map(feature).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: &str = "[[0,0],[1,0],[1,1],[0,1],[0,0]]";

    fn all(features: &str) -> Imported {
        let text = format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
        let mut n = 0;
        read(&text, || {
            n += 1;
            format!("new-{n}")
        })
        .unwrap()
    }

    fn feature(geometry: &str, properties: &str) -> String {
        format!(r#"{{"type":"Feature","geometry":{geometry},"properties":{properties}}}"#)
    }

    #[test]
    fn features_by_the_table() {
        let polygon = format!(r#"{{"type":"Polygon","coordinates":[{SQUARE}]}}"#);
        let multi = format!(r#"{{"type":"MultiPolygon","coordinates":[[{SQUARE}],[{SQUARE}]]}}"#);
        let point = r#"{"type":"Point","coordinates":[28.0,-26.0,1700]}"#;
        let names = |features: &str| -> Vec<String> {
            let found = all(features);
            assert!(found.skipped.is_empty(), "{:?}", found.skipped);
            let named = found.places.iter();
            named.map(|it| format!("{}={}", it.id, it.name)).collect()
        };
        for (geometry, properties, expected) in [
            (&*polygon, r#"{"name":"Depot"}"#, &["new-1=Depot"][..]),
            (&polygon, r#"{"title":"Yard","Name":"N"}"#, &["new-1=Yard"]),
            (&polygon, r#"{"Name":"N","name":7}"#, &["new-1=N"]),
            (&polygon, "null", &["new-1=Place 1"]),
            (&polygon, r#"{"other":[[[{}]]]}"#, &["new-1=Place 1"]),
            (&multi, r#"{"name":"A"}"#, &["new-1=A (1)", "new-2=A (2)"]),
            (point, r#"{"radius_m":50,"name":"P"}"#, &["new-1=P"]),
        ] {
            assert_eq!(
                names(&feature(geometry, properties)),
                expected,
                "{properties}"
            );
        }
        let own = format!(r#"{{"id":"a","geometry":{multi}}},{{"id":"b/c","geometry":{polygon}}}"#);
        let expected = ["a-1=Place 1 (1)", "a-2=Place 1 (2)", "new-1=Place 2"];
        assert_eq!(names(&own), expected);
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn what_is_no_place_is_left_out_alone_and_says_why() {
        let square = format!(r#"{{"type":"Polygon","coordinates":[{SQUARE}]}}"#);
        let cases = [
            ("7".to_owned(), "its text"),
            ("{}".to_owned(), "no geometry"),
            (feature("null", "null"), "no geometry"),
            (
                feature(r#"{"type":"LineString","coordinates":[]}"#, "{}"),
                "LineString",
            ),
            (
                feature(r#"{"type":"GeometryCollection"}"#, "{}"),
                "GeometryCollection",
            ),
            (
                feature(r#"{"type":"Point","coordinates":[28,-26]}"#, "{}"),
                "`radius_m`",
            ),
            (
                feature(
                    r#"{"type":"Point","coordinates":[28,-26]}"#,
                    r#"{"radius_m":"9"}"#,
                ),
                "`radius_m`",
            ),
            (
                feature(
                    r#"{"type":"Point","coordinates":[28,-26]}"#,
                    r#"{"radius_m":9}"#,
                ),
                "10 to",
            ),
            (
                feature(
                    r#"{"type":"Point","coordinates":[28,-96]}"#,
                    r#"{"radius_m":90}"#,
                ),
                "not on Earth",
            ),
            (
                feature(
                    r#"{"type":"Point","coordinates":[28]}"#,
                    r#"{"radius_m":90}"#,
                ),
                "coordinates",
            ),
            (
                feature(
                    r#"{"type":"Point","coordinates":[1e999,0]}"#,
                    r#"{"radius_m":90}"#,
                ),
                "out of range",
            ),
            (feature(r#"{"type":"Polygon"}"#, "{}"), "coordinates"),
            (
                feature(r#"{"type":"Polygon","coordinates":[]}"#, "{}"),
                "no ring",
            ),
            (
                feature(
                    r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}"#,
                    "{}",
                ),
                "three",
            ),
            (
                feature(
                    r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#,
                    "{}",
                ),
                "not closed",
            ),
            (
                feature(r#"{"type":"MultiPolygon","coordinates":[]}"#, "{}"),
                "0 polygons",
            ),
            (feature(&square, "7"), "its properties"),
        ];
        for (odd, expected) in cases {
            let found = all(&format!("{odd},{}", feature(&square, "{}")));
            assert_eq!(found.places.len(), 1, "{odd}");
            let (index, why) = &found.skipped[0];
            assert!(*index == 0 && why.contains(expected), "{odd}: {why}");
        }
    }

    #[test]
    fn hostile_input_costs_nothing() {
        let refused = |text: &str| read(text, String::new).unwrap_err().to_string();
        for text in [
            "",
            "null",
            "[]",
            "{}",
            "NaN",
            r#"{"type":"Feature"}"#,
            r#"{"type":7}"#,
        ] {
            assert!(refused(text).starts_with("this is"), "{text}");
        }
        let deep = "[".repeat(1_000_000);
        assert!(refused(&deep).contains("no GeoJSON"));
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let geometry = format!(r#"{{"type":"Polygon","coordinates":{deep}}}"#);
        let found = all(&feature(&geometry, &deep));
        assert_eq!((found.places.len(), found.skipped.len()), (0, 1));
        let found = all(&feature(&geometry, "{}"));
        assert_eq!((found.places.len(), found.skipped.len()), (0, 1));
        let wide = vec!["{}"; PLACES_MAX + 1].join(",");
        let text = format!(r#"{{"type":"FeatureCollection","features":[{wide}]}}"#);
        assert!(refused(&text).contains("more than 10000"));
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let polygon = format!(
            r#"{{"type":"Polygon","coordinates":[{SQUARE},[[0.2,0.2],[0.4,0.2],[0.4,0.4],[0.2,0.2]]]}}"#
        );
        let text = format!(
            r#"{{"id":"d","geometry":{polygon},"properties":{{"name":"D","groups":["North"]}}}},
               {{"id":"p","geometry":{{"type":"Point","coordinates":[181.5,0.1]}},"properties":{{"radius_m":12.5}}}}"#
        );
        let places = all(&text).places;
        assert_eq!(places.len(), 2);
        let written = serde_json::to_string(&write(&places)).unwrap();
        let again = read(&written, || unreachable!()).unwrap();
        assert_eq!(again.places, places);
    }
}
