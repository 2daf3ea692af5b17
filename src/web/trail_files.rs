//! A trail as a file, for other programs: GeoJSON, GPX, CSV.

use std::fmt::Write as _;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use super::error::ApiError;
use super::trail::Drawn;
use crate::history::{HistoryError, TrailPoint};
use crate::live::frame::Stamp;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 7946: a line for each stretch between gaps.
    GeoJson,
    /// GPX 1.1: a segment for each stretch.
    Gpx,
    /// RFC 4180: a line for each point.
    Csv,
}

/// The kind of file that is asked for; `None` for our own JSON, which is no file.
pub(super) fn format(text: Option<&str>) -> Result<Option<Format>, ApiError> {
    match text {
        None | Some("json") => Ok(None),
        Some("geojson") => Ok(Some(Format::GeoJson)),
        Some("gpx") => Ok(Some(Format::Gpx)),
        Some("csv") => Ok(Some(Format::Csv)),
        Some(other) => Err(ApiError::bad_request(format!(
            "`format` is \"{other}\"; it must be json, geojson, gpx or csv"
        ))),
    }
}

/// The trail of vehicle `id` as a file to save.
pub(super) fn answer(
    format: Format,
    id: &str,
    name: Option<&str>,
    from: Timestamp,
    drawn: &Drawn,
) -> Result<Response, ApiError> {
    let name = name.unwrap_or(id);
    let (kind, ending, body) = match format {
        Format::GeoJson => ("application/geo+json", "geojson", geojson(id, name, drawn)),
        Format::Gpx => (
            "application/gpx+xml",
            "gpx",
            Some(gpx(name, drawn).into_bytes()),
        ),
        Format::Csv => ("text/csv; charset=utf-8", "csv", csv(drawn)),
    };
    let body = body.ok_or_else(|| ApiError::history(&HistoryError::Stopping))?;
    let file = format!("attachment; filename=\"{}\"", file_name(id, from, ending));
    let mut answer = body.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(file) = HeaderValue::from_str(&file) {
        headers.insert(header::CONTENT_DISPOSITION, file);
    }
    Ok(answer)
}

/// A name that every file system takes; an id may hold anything.
fn file_name(id: &str, from: Timestamp, ending: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let id: String = id.chars().take(60).map(plain).collect();
    format!("trail-{id}-{}.{ending}", from.strftime("%Y%m%dT%H%M%SZ"))
}

/// The points between gaps.
fn stretches(drawn: &Drawn) -> Vec<&[TrailPoint]> {
    let starts = (0..).zip(&drawn.gaps).filter(|(_, gap)| **gap);
    let mut bounds: Vec<usize> = starts.map(|(at, _)| at).collect();
    bounds.insert(0, 0);
    bounds.push(drawn.points.len());
    let stretch = |ends: &[usize]| &drawn.points[ends[0]..ends[1]];
    let stretches = bounds.windows(2).map(stretch);
    stretches.filter(|stretch| !stretch.is_empty()).collect()
}

#[derive(Serialize)]
struct Collection<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    features: Vec<Feature<'a>>,
}

#[derive(Serialize)]
struct Feature<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    properties: Properties<'a>,
    geometry: Geometry,
}

#[derive(Serialize)]
struct Properties<'a> {
    id: &'a str,
    name: &'a str,
    /// The time of each place; other programs know it by this name.
    #[serde(rename = "coordTimes")]
    times: Vec<Stamp>,
}

#[derive(Serialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    LineString(Vec<[f64; 2]>),
    /// A line needs two places.
    Point([f64; 2]),
}

fn geojson(id: &str, name: &str, drawn: &Drawn) -> Option<Vec<u8>> {
    let feature = |stretch: &[TrailPoint]| {
        let places = stretch.iter().map(|point| [point.lng_deg, point.lat_deg]);
        let geometry = match stretch {
            [point] => Geometry::Point([point.lng_deg, point.lat_deg]),
            _ => Geometry::LineString(places.collect()),
        };
        Feature {
            kind: "Feature",
            properties: Properties {
                id,
                name,
                times: stretch.iter().map(|point| Stamp(point.fixed_at)).collect(),
            },
            geometry,
        }
    };
    let collection = Collection {
        kind: "FeatureCollection",
        features: stretches(drawn).into_iter().map(feature).collect(),
    };
    serde_json::to_vec(&collection).ok()
}

fn gpx(name: &str, drawn: &Drawn) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"Fleetglass\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n",
    );
    // Nothing refuses to be written to a string.
    let _ = writeln!(text, "<trk><name>{}</name>", xml(name));
    for stretch in stretches(drawn) {
        text += "<trkseg>\n";
        for point in stretch {
            let height = point.altitude_m.map(|m| format!("<ele>{m}</ele>"));
            let _ = writeln!(
                text,
                "<trkpt lat=\"{}\" lon=\"{}\">{}<time>{}</time></trkpt>",
                point.lat_deg,
                point.lng_deg,
                height.unwrap_or_default(),
                point.fixed_at
            );
        }
        text += "</trkseg>\n";
    }
    text + "</trk>\n</gpx>\n"
}

/// Text of a vendor as XML has it; what XML cannot hold at all is left out.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe
}

fn csv(drawn: &Drawn) -> Option<Vec<u8>> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines
        .write_record([
            "fixed_at",
            "lat_deg",
            "lng_deg",
            "speed_mps",
            "heading_deg",
            "altitude_m",
            "source",
            "device",
            "gap",
            "backfill",
            "filled",
        ])
        .ok()?;
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mark = |is_so: bool| if is_so { "true" } else { "" }.to_owned();
    for (point, gap) in drawn.points.iter().zip(&drawn.gaps) {
        let line = [
            point.fixed_at.to_string(),
            point.lat_deg.to_string(),
            point.lng_deg.to_string(),
            number(point.speed_mps),
            number(point.heading_deg),
            number(point.altitude_m),
            harmless(point.device.source.as_str()),
            harmless(&point.device.device),
            mark(*gap),
            mark(point.is_late),
            mark(point.is_filled),
        ];
        lines.write_record(line).ok()?;
    }
    lines.into_inner().ok()
}

/// Text of a vendor that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::trail::tests::northward;
    use super::*;

    fn drawn() -> Drawn {
        Drawn::of(northward(&[0, 15, 30, 3_600]), &[3])
    }

    #[test]
    fn a_gap_ends_a_line() {
        let bytes = geojson("v", "Truck", &drawn()).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let line = &json["features"][0];
        assert_eq!(
            line["geometry"]["coordinates"][1],
            serde_json::json!([28.0, -25.9985])
        );
        assert_eq!(
            line["properties"]["coordTimes"].as_array().unwrap().len(),
            3
        );
        assert_eq!(json["features"][1]["geometry"]["type"], "Point");
        assert_eq!(gpx("", &drawn()).matches("<trkseg>").count(), 2);
    }

    #[test]
    fn a_name_of_a_vendor_breaks_no_format() {
        let text = gpx("</name><script>&\u{1}", &drawn());
        assert!(
            text.contains("<name>&lt;/name&gt;&lt;script&gt;&amp;</name>"),
            "{text}"
        );
        let text = String::from_utf8(csv(&drawn()).unwrap()).unwrap();
        assert!(text.contains(",a,'=1,,,true\n"), "{text}");
        let at = Timestamp::UNIX_EPOCH;
        let name = file_name("a\"/../\r\nž", at, "gpx");
        assert_eq!(name, "trail-a---------19700101T000000Z.gpx");
    }
}
