//! What can go wrong with the memory.

use std::io;
use std::path::PathBuf;

/// Why something is not remembered, or cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
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
    #[error("the store: {0}")]
    Store(#[from] rusqlite::Error),
    /// A file is of a later release.
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
    /// Another server keeps this directory.
    #[error(
        "another Fleetglass keeps its history in {dir}; stop it, or give this one another \
         directory with --state-dir",
        dir = dir.display()
    )]
    Locked {
        /// Which directory.
        dir: PathBuf,
    },
    /// A piece of a file cannot be read.
    #[error("a piece of {path} cannot be read; the file is damaged", path = path.display())]
    Torn {
        /// Which file.
        path: PathBuf,
    },
    /// What was asked for needs a store that works.
    #[error("the history cannot be written just now: {0}")]
    Unwell(String),
    /// The server is going.
    #[error("the server is stopping")]
    Stopping,
}
