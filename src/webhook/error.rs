//! What can go wrong with webhooks. No message holds a secret or an address.

use crate::sqlite::OpenError;

/// Why something about webhooks was not done.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// It cannot be meant.
    #[error("{0}")]
    Wrong(String),
    /// There is no room for more.
    #[error("there are {0} webhooks already; delete one that is not needed")]
    TooMany(usize),
    /// There is none of this id.
    #[error("there is no such webhook; GET /api/v1/webhooks lists all")]
    Unknown,
    /// Nobody took the delivery.
    #[error("{0}")]
    NotTaken(String),
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// `SQLite` refuses.
    #[error("the store of webhooks: {0}")]
    Store(#[from] rusqlite::Error),
    /// Something in the file cannot be what we wrote.
    #[error("the store of webhooks holds something that cannot be read; it is damaged")]
    Damaged,
    /// A thread of ours broke down.
    #[error("a thread that keeps webhooks broke down; report this")]
    Broken,
}

impl WebhookError {
    /// The file was written by a later release.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Open(OpenError::Newer { .. }))
    }
}
