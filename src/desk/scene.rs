//! Scenes, which screens show by turns: which can be meant. Pure.
//!
//! The form is that of the wall's page (`docs/wall.md`), which is as strict: what it would name as
//! senseless is refused here, where somebody can mend it.

use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::DeskError;
use super::place::{id, name, shortened};

const NAME_MAX_CHARS: usize = 60;
const GROUP_MAX_CHARS: usize = 200;
const SCALE: RangeInclusive<f64> = 0.4..=3.0;
const DWELL_S: RangeInclusive<f64> = 5.0..=3_600.0;
/// How much darker a screen may be, in percent.
pub const DIM_PCT: RangeInclusive<u8> = 0..=80;

/// A scene that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Its name for programs.
    pub id: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What is shown.
    pub text: SceneText,
}

/// What a scene shows; all that is absent is as the screen has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Scene)]
#[serde(deny_unknown_fields)]
pub struct SceneText {
    /// Its name, as screens are told; in requests what stands beside it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The vehicles of a group; not together with `bounds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// West, south, east, north in degrees; without it and `group` it is the whole fleet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[f64; 4]>,
    /// For how long it is shown, 5 to 3,600 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dwell_s: Option<f64>,
    /// `sun`, `system`, `light`, `dark`, or dark hours as `21:00-06:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// What is on the map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<LayersText>,
    /// Against what the panel and the distance ask for, 0.4 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scales: Option<ScalesText>,
    /// What is beside the map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panels: Option<PanelsText>,
}

/// What is on the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SceneLayers)]
#[serde(deny_unknown_fields)]
pub struct LayersText {
    /// Names of vehicles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<bool>,
}

/// How large things are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SceneScales)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as the things that they name")]
pub struct ScalesText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icons: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panels: Option<f64>,
}

/// What is beside the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ScenePanels)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as the things that they name")]
pub struct PanelsText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feeds: Option<bool>,
}

/// The scene that is written, if it can be meant.
pub fn read(scene_id: &str, scene_name: &str, mut text: SceneText) -> Result<Scene, DeskError> {
    let name = name(scene_name)?;
    if NAME_MAX_CHARS < name.chars().count() {
        let words = format!("`name` has more than {NAME_MAX_CHARS} characters; make it shorter");
        return Err(DeskError::wrong(words));
    }
    text.name = Some(name.to_string());
    area(&text)?;
    within("dwell_s", text.dwell_s, DWELL_S)?;
    let scales = text.scales.clone().unwrap_or_default();
    within("icons", scales.icons, SCALE)?;
    within("labels", scales.labels, SCALE)?;
    within("panels", scales.panels, SCALE)?;
    if let Some(theme) = text.theme.as_deref().filter(|theme| !is_theme(theme)) {
        return Err(DeskError::wrong(format!(
            "`theme` is \"{}\"; it may be sun, system, light, dark or dark hours as 21:00-06:00",
            shortened(theme)
        )));
    }
    let id = id(scene_id)?;
    Ok(Scene { id, name, text })
}

fn area(text: &SceneText) -> Result<(), DeskError> {
    if text.group.is_some() && text.bounds.is_some() {
        return Err(DeskError::wrong(
            "`group` and `bounds` are two areas; leave one of them out",
        ));
    }
    let is_long = |group: &String| group.is_empty() || GROUP_MAX_CHARS < group.chars().count();
    if text.group.as_ref().is_some_and(is_long) {
        let words =
            format!("`group` must be the name of a group, 1 to {GROUP_MAX_CHARS} characters");
        return Err(DeskError::wrong(words));
    }
    let Some([west, south, east, north]) = text.bounds else {
        return Ok(());
    };
    let is_good = west < east && south < north && -85.0 <= south && north <= 85.0;
    if is_good && -180.0 <= west && east <= 360.0 {
        return Ok(());
    }
    Err(DeskError::wrong(format!(
        "`bounds` is [{west}, {south}, {east}, {north}]; it must be west, south, east, north in \
         degrees: west before east, from -180 to 360, south before north, from -85 to 85"
    )))
}

fn within(what: &str, value: Option<f64>, may: RangeInclusive<f64>) -> Result<(), DeskError> {
    match value.filter(|value| !may.contains(value)) {
        None => Ok(()),
        Some(value) => Err(DeskError::wrong(format!(
            "`{what}` is {value}; it may be {} to {}",
            may.start(),
            may.end()
        ))),
    }
}

fn is_theme(text: &str) -> bool {
    let is_time = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap_or_default();
        let below = |text: &str, most: u8| {
            let is_short = (1..=2).contains(&text.len());
            is_short && text.parse::<u8>().is_ok_and(|n| n < most)
        };
        below(hour, 24) && minute.len() == 2 && below(minute, 60)
    };
    let hours = |(from, to): (&str, &str)| is_time(from) && is_time(to);
    matches!(text, "sun" | "system" | "light" | "dark") || text.split_once('-').is_some_and(hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Scene, String> {
        let text = serde_json::from_str(text).map_err(|error| error.to_string())?;
        read("s", "North", text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_can_be_meant_is_kept_as_it_is_and_has_its_name() {
        let text = r#"{"bounds":[170.0,-30.0,190.5,-20.0],"dwell_s":20.0,"theme":"9:30-06:00","layers":{"names":false},"scales":{"labels":1.2},"panels":{"feeds":false}}"#;
        let scene = read_text(text).unwrap();
        let written = serde_json::to_string(&scene.text).unwrap();
        assert_eq!(written, text.replacen('{', r#"{"name":"North","#, 1));
        let whole = read_text("{}").unwrap();
        assert_eq!(whole.text.name.as_deref(), Some("North"));
    }

    #[test]
    fn what_cannot_be_meant_is_named_with_its_value() {
        let cases = [
            (r#"{"group":"A","bounds":[1,2,3,4]}"#, "two areas"),
            (r#"{"group":""}"#, "`group` must be"),
            (r#"{"bounds":[3,2,1,4]}"#, "[3, 2, 1, 4]"),
            (r#"{"bounds":[1,-86,3,4]}"#, "-86"),
            (r#"{"bounds":[1,2,3]}"#, "length 3"),
            (
                r#"{"dwell_s":4.9}"#,
                "`dwell_s` is 4.9; it may be 5 to 3600",
            ),
            (
                r#"{"scales":{"icons":9}}"#,
                "`icons` is 9; it may be 0.4 to 3",
            ),
            (r#"{"theme":"24:00-06:00"}"#, "\"24:00-06:00\""),
            (r#"{"theme":"pink"}"#, "\"pink\""),
            (r#"{"them":"dark"}"#, "unknown field `them`"),
        ];
        for (text, words) in cases {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
