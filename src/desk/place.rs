//! Which places can be meant: pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::DeskError;
use super::written::{PlaceText, ShapeText};
use crate::domain::order::{Place, Shape};

/// No name is longer.
const NAME_MAX_CHARS: usize = 100;
/// No group's name is longer, and no place has more of them.
const GROUP_MAX_CHARS: usize = 200;
const GROUPS_MAX: usize = 200;
/// No polygon has more points, those that close its rings not counted.
pub(super) const POINTS_MAX: usize = 5_000;
const RADIUS_M: std::ops::RangeInclusive<f64> = 10.0..=100_000.0;
/// Longitudes may leave ±180 so that a shape across the date line is in one piece.
const LNG_DEG: std::ops::RangeInclusive<f64> = -360.0..=360.0;
const LAT_DEG: std::ops::RangeInclusive<f64> = -90.0..=90.0;

/// The place that is written, if it can be meant.
pub fn read(id: &str, text: PlaceText) -> Result<Place, DeskError> {
    let name = name(&text.name)?;
    Ok(Place {
        id: self::id(id)?,
        shape: shape(&name, text.shape)?,
        name,
        groups: groups(text.groups)?,
    })
}

/// How a place is written.
pub fn write(place: &Place) -> PlaceText {
    let shape = match &place.shape {
        Shape::Circle {
            lat_deg,
            lng_deg,
            radius_m,
        } => ShapeText::Circle {
            lat_deg: *lat_deg,
            lng_deg: *lng_deg,
            radius_m: *radius_m,
        },
        Shape::Polygon { rings } => {
            let ring = |ring: &Vec<(f64, f64)>| ring.iter().map(|&(lng, lat)| [lng, lat]).collect();
            let rings = rings.iter().map(ring).collect();
            ShapeText::Polygon { rings }
        }
    };
    PlaceText {
        name: place.name.to_string(),
        shape,
        groups: place.groups.iter().map(ToString::to_string).collect(),
    }
}

/// An id that somebody chose.
pub fn id(text: &str) -> Result<Arc<str>, DeskError> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=64).contains(&text.len()) && text.chars().all(is_fine) {
        return Ok(text.into());
    }
    Err(DeskError::wrong(format!(
        "the id \"{}\" cannot be used; choose 1 to 64 letters, digits, - and _",
        shortened(text)
    )))
}

/// A name for people.
pub(super) fn name(text: &str) -> Result<Arc<str>, DeskError> {
    let text = text.trim();
    let n_chars = text.chars().count();
    if n_chars == 0 {
        return Err(DeskError::wrong("`name` is empty; give it a name"));
    }
    if NAME_MAX_CHARS < n_chars {
        let words = format!("`name` has {n_chars} characters; it may have {NAME_MAX_CHARS}");
        return Err(DeskError::wrong(words));
    }
    if text.chars().any(char::is_control) {
        let words = "`name` has a control character in it, such as a line break; leave it out";
        return Err(DeskError::wrong(words));
    }
    Ok(text.into())
}

/// Names of groups.
pub(super) fn groups(names: Vec<String>) -> Result<BTreeSet<Arc<str>>, DeskError> {
    if GROUPS_MAX < names.len() {
        let words = format!(
            "`groups` has {} names; it may have {GROUPS_MAX}",
            names.len()
        );
        return Err(DeskError::wrong(words));
    }
    let is_odd = |name: &&String| {
        name.is_empty()
            || GROUP_MAX_CHARS < name.chars().count()
            || name.chars().any(char::is_control)
    };
    if let Some(odd) = names.iter().find(is_odd) {
        let words = format!(
            "`groups` has \"{}\" in it, which is no group; GET /api/v1/groups lists all",
            shortened(odd)
        );
        return Err(DeskError::wrong(words));
    }
    Ok(names.into_iter().map(Arc::from).collect())
}

/// How many points a shape has, for limits of all together.
pub(super) fn n_points(shape: &Shape) -> usize {
    match shape {
        Shape::Circle { .. } => 1,
        Shape::Polygon { rings } => rings.iter().map(Vec::len).sum(),
    }
}

/// As much of a text as is shown again.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn shape(name: &str, text: ShapeText) -> Result<Shape, DeskError> {
    match text {
        ShapeText::Circle {
            lat_deg,
            lng_deg,
            radius_m,
        } => {
            on_earth(name, [lng_deg, lat_deg])?;
            if !RADIUS_M.contains(&radius_m) {
                let words = format!(
                    "`radius_m` of \"{name}\" is {radius_m}; it may be {} to {} metres",
                    RADIUS_M.start(),
                    RADIUS_M.end()
                );
                return Err(DeskError::wrong(words));
            }
            Ok(Shape::Circle {
                lat_deg,
                lng_deg,
                radius_m,
            })
        }
        ShapeText::Polygon { rings } => polygon(name, &rings),
    }
}

fn polygon(name: &str, rings: &[Vec<[f64; 2]>]) -> Result<Shape, DeskError> {
    if rings.is_empty() {
        let words = format!("\"{name}\" has no ring; the outer one comes first, then holes");
        return Err(DeskError::wrong(words));
    }
    let n_points: usize = rings.iter().map(|ring| ring.len().saturating_sub(1)).sum();
    if POINTS_MAX < n_points {
        let words = format!(
            "\"{name}\" has {n_points} points; a polygon may have {POINTS_MAX}, so draw it \
             with fewer"
        );
        return Err(DeskError::wrong(words));
    }
    for (nth, ring) in (1..).zip(rings) {
        self::ring(name, nth, ring)?;
    }
    let ring = |ring: &Vec<[f64; 2]>| ring.iter().map(|&[lng, lat]| (lng, lat)).collect();
    Ok(Shape::Polygon {
        rings: rings.iter().map(ring).collect(),
    })
}

fn ring(name: &str, nth: usize, ring: &[[f64; 2]]) -> Result<(), DeskError> {
    for point in ring {
        on_earth(name, *point)?;
    }
    let (Some(first), Some(last)) = (ring.first(), ring.last()) else {
        return Err(DeskError::wrong(format!(
            "ring {nth} of \"{name}\" has no points"
        )));
    };
    if ring.len() < 4 {
        let words = format!(
            "ring {nth} of \"{name}\" has {} points; it needs three, and the first once more",
            ring.len()
        );
        return Err(DeskError::wrong(words));
    }
    #[expect(
        clippy::float_cmp,
        reason = "a ring is closed by the same numbers once more"
    )]
    let is_closed = first == last;
    if !is_closed {
        let words = format!(
            "ring {nth} of \"{name}\" is not closed: it begins at {first:?} and ends at {last:?}; \
             let it end where it begins"
        );
        return Err(DeskError::wrong(words));
    }
    let leap = ring
        .windows(2)
        .find(|pair| 180.0 < (pair[0][0] - pair[1][0]).abs());
    if let Some(pair) = leap {
        let words = format!(
            "ring {nth} of \"{name}\" leaps from longitude {} to {}; across the date line go on \
             counting, such as 179 and 181",
            pair[0][0], pair[1][0]
        );
        return Err(DeskError::wrong(words));
    }
    Ok(())
}

fn on_earth(name: &str, [lng_deg, lat_deg]: [f64; 2]) -> Result<(), DeskError> {
    // What is not a number is in no range.
    if LNG_DEG.contains(&lng_deg) && LAT_DEG.contains(&lat_deg) {
        return Ok(());
    }
    Err(DeskError::wrong(format!(
        "\"{name}\" has the point longitude {lng_deg}, latitude {lat_deg}, which is not on Earth; \
         longitude stands first in rings"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(lat_deg: f64, lng_deg: f64, radius_m: f64) -> ShapeText {
        ShapeText::Circle {
            lat_deg,
            lng_deg,
            radius_m,
        }
    }

    fn rings(rings: &[&[[f64; 2]]]) -> ShapeText {
        let rings = rings.iter().map(|ring| ring.to_vec()).collect();
        ShapeText::Polygon { rings }
    }

    fn refused(shape: ShapeText) -> Option<String> {
        let text = PlaceText {
            name: " Depot ".into(),
            shape,
            groups: vec!["North".into()],
        };
        match read("depot", text.clone()) {
            Ok(place) => {
                assert_eq!(&*place.name, "Depot");
                assert_eq!(
                    write(&place),
                    PlaceText {
                        name: "Depot".into(),
                        ..text
                    }
                );
                None
            }
            Err(error) => Some(error.to_string()),
        }
    }

    #[test]
    fn shapes_by_the_table() {
        let square: &[[f64; 2]] = &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];
        let long: Vec<[f64; 2]> = (0..=5_000)
            .map(|n| [f64::from(n % 5_000) * 1e-3, 1.0])
            .collect();
        let longer: Vec<[f64; 2]> = (0..=5_001)
            .map(|n| [f64::from(n % 5_001) * 1e-3, 1.0])
            .collect();
        let cases: [(ShapeText, Option<&str>); 20] = [
            (circle(-26.0, 28.0, 10.0), None),
            (circle(90.0, -360.0, 100_000.0), None),
            (circle(-26.0, 28.0, 9.9), Some("10 to 100000 metres")),
            (circle(-26.0, 28.0, 100_000.1), Some("radius_m")),
            (circle(-26.0, 28.0, f64::NAN), Some("radius_m")),
            (circle(f64::NAN, 28.0, 10.0), Some("not on Earth")),
            (circle(90.1, 28.0, 10.0), Some("not on Earth")),
            (circle(0.0, f64::INFINITY, 10.0), Some("not on Earth")),
            (circle(0.0, 360.5, 10.0), Some("not on Earth")),
            (rings(&[square]), None),
            (rings(&[square, square]), None),
            (rings(&[]), Some("no ring")),
            (rings(&[&[]]), Some("no points")),
            (rings(&[&square[..3]]), Some("needs three")),
            (rings(&[&square[..4]]), Some("not closed")),
            (rings(&[square, &square[..4]]), Some("ring 2")),
            (rings(&[&[[f64::NAN, 0.0]; 4]]), Some("not on Earth")),
            (rings(&[&long]), None),
            (rings(&[&longer]), Some("5001 points")),
            (
                rings(&[&[[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [179.0, 0.0]]]),
                Some("date line"),
            ),
        ];
        for (shape, expected) in cases {
            let told = format!("{shape:?}").chars().take(80).collect::<String>();
            match (refused(shape), expected) {
                (None, None) => {}
                (Some(words), Some(part)) => assert!(words.contains(part), "{told}: {words}"),
                other => panic!("{told}: {other:?}"),
            }
        }
        let over: &[[f64; 2]] = &[[179.0, 0.0], [181.0, 0.0], [181.0, 1.0], [179.0, 0.0]];
        assert_eq!(refused(rings(&[over])), None);
    }

    #[test]
    fn ids_and_names_by_the_table() {
        for (text, is_fine) in [
            ("a", true),
            ("Depot-1_b", true),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
            ("", false),
            ("a b", false),
            ("a/b", false),
            ("é", false),
            ("../a", false),
        ] {
            assert_eq!(id(text).is_ok(), is_fine, "{text}");
        }
        for (text, is_fine) in [
            ("Depot", true),
            (&"é".repeat(100), true),
            (&"é".repeat(101), false),
            ("  ", false),
            ("a\nb", false),
            ("a\u{0}b", false),
        ] {
            assert_eq!(name(text).is_ok(), is_fine, "{text}");
        }
        assert!(groups(vec!["North".into(), String::new()]).is_err());
        assert!(groups(vec!["a\nb".into()]).is_err());
        assert!(groups(vec!["x".into(); 201]).is_err());
    }
}
