//! What can go wrong with the file of alarms.

use std::io;
use std::path::PathBuf;

/// Why alarms cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum AlarmError {
    /// The file system refuses.
    #[error("{what} {path}: {cause}", path = path.display())]
    Files {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// `SQLite` refuses.
    #[error("the store of alarms: {0}")]
    Store(#[from] rusqlite::Error),
    /// The file is of a later release.
    #[error(
        "{path} was written by a later release of Fleetglass (its store has version {version}, \
         this release knows {known}); run that release, or give another --state-dir",
        path = path.display()
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its version.
        version: i64,
        /// Ours.
        known: i64,
    },
    /// Something in the file cannot be what we wrote.
    #[error("the store of alarms holds a {0} that cannot be read; it is damaged")]
    Damaged(&'static str),
    /// The watch has ended.
    #[error("nobody watches any more")]
    Over,
}
