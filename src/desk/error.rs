//! What can be wrong with an order.

use std::sync::Arc;

use super::place::shortened;
use crate::domain::order::Rule;
use crate::sqlite::OpenError;

/// Why something of the desk was not done. Each says what, which value, and what would do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It cannot be meant.
    #[error("{0}")]
    Wrong(String),
    /// There is no room for more.
    #[error("{0}")]
    TooMany(String),
    /// These rules need the place.
    #[error("the place is used by {}; take it out there first", named(.0))]
    InUse(Vec<Arc<Rule>>),
    /// A screen shows the scene.
    #[error("the scene is shown by a screen since a moment ago; take it out there first")]
    Shown,
    /// Somebody else has this id.
    #[error("the id \"{0}\" is taken; choose another")]
    Taken(String),
    /// There is nothing of this id.
    #[error("there is no {what} \"{id}\"")]
    Unknown {
        /// What.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// `SQLite` refuses.
    #[error("the store of the desk: {0}")]
    Store(#[from] rusqlite::Error),
    /// Something in the file cannot be what we wrote.
    #[error("the store of the desk holds a {0} that cannot be read; it is damaged")]
    Damaged(&'static str),
    /// A thread of ours broke down.
    #[error("a thread that keeps what the desk orders broke down; report this")]
    Broken,
}

impl DeskError {
    /// That it cannot be meant.
    pub(super) fn wrong(words: impl Into<String>) -> Self {
        Self::Wrong(words.into())
    }

    /// A rule is for a place that is not there, or may not be seen.
    pub fn no_place(id: &str) -> Self {
        Self::Wrong(format!(
            "`places` has \"{id}\" in it, and there is no such place; GET /api/v1/places lists all"
        ))
    }

    /// A screen is to show a scene that is not there, or may not be seen.
    pub fn no_scene(id: &str) -> Self {
        Self::Wrong(format!(
            "`scenes` has \"{}\" in it, and there is no such scene; GET /api/v1/scenes lists all",
            shortened(id)
        ))
    }

    /// The file was written by a later release.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Open(OpenError::Newer { .. }))
    }
}

/// The names of rules, for people.
pub fn named(rules: &[Arc<Rule>]) -> String {
    let names: Vec<_> = rules
        .iter()
        .map(|rule| format!("\"{}\"", rule.name))
        .collect();
    names.join(", ")
}
