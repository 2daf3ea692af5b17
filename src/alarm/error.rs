//! What can go wrong with the file of alarms.

use crate::sqlite::OpenError;

/// Why alarms cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum AlarmError {
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// `SQLite` refuses.
    #[error("the store of alarms: {0}")]
    Store(#[from] rusqlite::Error),
    /// Something in the file cannot be what we wrote.
    #[error("the store of alarms holds a {0} that cannot be read; it is damaged")]
    Damaged(&'static str),
    /// The watch has ended.
    #[error("nobody watches any more")]
    Over,
}

impl AlarmError {
    /// The file was written by a later release.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Open(OpenError::Newer { .. }))
    }
}
