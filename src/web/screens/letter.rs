//! The letters to screens, as the live protocol has them: pure.

use std::sync::Arc;

use serde::Serialize;

use crate::auth::TokenId;
use crate::desk::Wall;
use crate::desk::scene::SceneText;
use crate::domain::Sight;
use crate::live::letters::Letter;

/// What a screen is told.
#[derive(Serialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub(super) enum Telling<'a> {
    Scenes { scenes: Vec<&'a SceneText> },
    Dim { pct: u8 },
    Scene { name: &'a str },
    Message { text: &'a str, for_s: u32 },
    Identify { text: &'a str },
    Reload,
}

#[derive(Serialize)]
struct Framed<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    telling: &'a Telling<'a>,
}

impl Telling<'_> {
    pub(super) fn text(&self) -> Arc<str> {
        let framed = Framed {
            r#type: "display",
            telling: self,
        };
        // Nothing in it can fail; a screen leaves an empty text unheard.
        serde_json::to_string(&framed).unwrap_or_default().into()
    }
}

/// Its scenes and how dark it is at night. A group that it does not see is not named to it.
pub(super) fn shown(wall: &Wall, id: &TokenId, sight: &Sight) -> [(Letter, Arc<str>); 2] {
    let scenes = wall.scenes_of(&id.0).map(|scene| &scene.text);
    let scenes = scenes.filter(|text| is_seen(text, sight)).collect();
    let dim_pct = wall.displays.get(&*id.0).map_or(0, |shown| shown.dim_pct);
    let scenes = Telling::Scenes { scenes };
    let dim = Telling::Dim { pct: dim_pct };
    [(Letter::Scenes, scenes.text()), (Letter::Dim, dim.text())]
}

/// Whether whoever sees so much may know of the scene: its group is one of theirs, or above one.
pub(super) fn is_seen(text: &SceneText, sight: &Sight) -> bool {
    let group = text.group.as_deref();
    group.is_none_or(|group| sight.groups.reach(group))
}
