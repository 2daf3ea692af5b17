//! Which scenes there are, and what each screen shows of them; kept with the rest of the desk.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use super::error::DeskError;
use super::scene::{self, Scene, SceneText};
use super::{Desk, found, has_room, store};
use crate::sqlite;

const SCENES_MAX: usize = 500;
/// The wall's page shows no more.
const SCENES_OF_DISPLAY_MAX: usize = 24;

/// All scenes, and who shows which, at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wall {
    /// By their ids.
    pub scenes: BTreeMap<Arc<str>, Arc<Scene>>,
    /// By the ids of the screens' tokens.
    pub displays: BTreeMap<Arc<str>, Shown>,
}

/// What a screen shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The ids of its scenes, in their order; without any its own address says.
    pub scenes: Vec<String>,
    /// How much darker it is while it is dark, in percent.
    pub dim_pct: u8,
}

impl Wall {
    /// The scenes of a screen, in their order.
    pub fn scenes_of(&self, display: &str) -> impl Iterator<Item = &Arc<Scene>> {
        let ids = self.displays.get(display).map(|shown| &shown.scenes);
        let ids = ids.into_iter().flatten();
        ids.filter_map(|id| self.scenes.get(id.as_str()))
    }
}

impl Desk {
    /// All of it, as it is. No disk, no waiting.
    pub fn wall(&self) -> Arc<Wall> {
        let wall = self.0.wall.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&wall)
    }

    /// Keeps a scene; it replaces what had its id.
    pub async fn put_scene(&self, scene: Scene) -> Result<(), DeskError> {
        self.change_wall(move |db, wall| {
            let text = serde_json::to_string(&scene.text);
            let text = text.map_err(|_no_number| DeskError::Damaged("scene"))?;
            let sql = "INSERT INTO scene (id, text) VALUES (?1, ?2)
                       ON CONFLICT (id) DO UPDATE SET text = excluded.text";
            db.execute(sql, params![scene.id, text])?;
            wall.scenes.insert(Arc::clone(&scene.id), Arc::new(scene));
            has_room("scenes", wall.scenes.len(), SCENES_MAX)
        })
        .await
    }

    /// Forgets a scene, unless one of the screens `known` shows it. Others are gone, and no longer have it.
    pub async fn remove_scene(&self, id: Arc<str>, known: Vec<Arc<str>>) -> Result<(), DeskError> {
        self.change_wall(move |db, wall| {
            if known
                .iter()
                .any(|screen| wall.scenes_of(screen).any(|it| it.id == id))
            {
                return Err(DeskError::Shown);
            }
            db.execute("DELETE FROM scene WHERE id = ?1", [&*id])?;
            found("scene", &id, wall.scenes.remove(&id).is_some())?;
            for (token, shown) in &mut wall.displays {
                if shown.scenes.iter().any(|it| **it == *id) {
                    shown.scenes.retain(|it| **it != *id);
                    write_display(db, token, shown)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Says what a screen shows from now on. Screens other than `known` are gone, and forgotten.
    pub async fn show(
        &self,
        display: Arc<str>,
        shown: Shown,
        known: Vec<Arc<str>>,
    ) -> Result<(), DeskError> {
        self.change_wall(move |db, wall| {
            let n = shown.scenes.len();
            if SCENES_OF_DISPLAY_MAX < n {
                let words = format!("`scenes` has {n} scenes; it may have {SCENES_OF_DISPLAY_MAX}");
                return Err(DeskError::wrong(words));
            }
            if !scene::DIM_PCT.contains(&shown.dim_pct) {
                let words = format!("`dim_pct` is {}; it may be 0 to 80", shown.dim_pct);
                return Err(DeskError::wrong(words));
            }
            let mut ids = shown.scenes.iter();
            if let Some(id) = ids.find(|id| !wall.scenes.contains_key(id.as_str())) {
                return Err(DeskError::no_scene(id));
            }
            let of = wall.displays.keys();
            let gone: Vec<_> = of.filter(|it| !known.contains(it)).cloned().collect();
            for token in gone {
                db.execute("DELETE FROM display WHERE token = ?1", [&*token])?;
                wall.displays.remove(&token);
            }
            write_display(db, &display, &shown)?;
            wall.displays.insert(display, shown);
            Ok(())
        })
        .await
    }

    /// A change: all of it or nothing.
    async fn change_wall(
        &self,
        work: impl FnOnce(&Transaction<'_>, &mut Wall) -> Result<(), DeskError> + Send + 'static,
    ) -> Result<(), DeskError> {
        self.blocking(move |inner| {
            let mut db = inner.db();
            let held = || inner.wall.read().unwrap_or_else(PoisonError::into_inner);
            let mut wall = Wall::clone(&held());
            sqlite::transact(&mut db, |db| work(db, &mut wall))?;
            *inner.wall.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(wall);
            Ok(())
        })
        .await
    }
}

fn write_display(db: &Connection, token: &str, shown: &Shown) -> Result<(), DeskError> {
    let text = serde_json::to_string(shown).map_err(|_no_number| DeskError::Damaged("display"))?;
    let sql = "INSERT INTO display (token, text) VALUES (?1, ?2)
               ON CONFLICT (token) DO UPDATE SET text = excluded.text";
    db.execute(sql, params![token, text])?;
    Ok(())
}

/// All of it as it stands in the file. What cannot be read is left out and told.
pub(super) fn read(db: &Connection) -> Result<Wall, DeskError> {
    let mut wall = Wall::default();
    for (id, text) in store::texts(db, "SELECT id, text FROM scene")? {
        let read = serde_json::from_str(&text).map_err(|_no_scene| DeskError::Damaged("scene"));
        let scene = read.and_then(|text: SceneText| {
            let name = text.name.clone().unwrap_or_default();
            scene::read(&id, &name, text)
        });
        match scene {
            Ok(scene) => drop(wall.scenes.insert(Arc::clone(&scene.id), Arc::new(scene))),
            Err(error) => tracing::error!(id, %error, "a scene cannot be read, and is left out"),
        }
    }
    for (token, text) in store::texts(db, "SELECT token, text FROM display")? {
        if let Ok(shown) = serde_json::from_str::<Shown>(&text) {
            wall.displays.insert(token.into(), shown);
        } else {
            tracing::error!("what a screen shows cannot be read, and is left out");
        }
    }
    Ok(wall)
}
