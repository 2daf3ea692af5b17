//! What can go wrong with access.

use jiff::SignedDuration;

use super::password::PasswordRefusal;
use super::people::NameRefusal;
use crate::sqlite::OpenError;

/// Why something about access was not done. No message holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// `SQLite` refuses.
    #[error("the store of users and tokens: {0}")]
    Store(#[from] rusqlite::Error),
    /// Something in the file cannot be what we wrote.
    #[error("the store of users and tokens holds a {0} that cannot be read; it is damaged")]
    Damaged(&'static str),
    /// A name that cannot be given.
    #[error(transparent)]
    Name(#[from] NameRefusal),
    /// Somebody has that name, or one that differs in case only.
    #[error("there is a user of that name already")]
    NameTaken,
    /// A password that is not taken.
    #[error(transparent)]
    Password(#[from] PasswordRefusal),
    /// A provider or a proxy vouches for this user, and nothing else may.
    #[error("this user comes in by a provider or a proxy, and has no password here")]
    External,
    /// A group's name is empty or has a line break in it.
    #[error("a group's name must not be empty and has no line break in it")]
    Group,
    /// There is nothing of that name or id.
    #[error("there is no such {0}")]
    Unknown(&'static str),
    /// Who asks may not.
    #[error("only an administrator may do that")]
    NotAllowed,
    /// Who asks was shut out, or their session ended, before what they asked for was done.
    #[error("nobody is signed in any more; sign in again")]
    SignedOut,
    /// Nobody would be left to administer.
    #[error("this is the last administrator; make another first")]
    LastAdministrator,
    /// A link or code that is not, or no longer, good.
    #[error("this link or code is not valid, or no longer; ask for a new one")]
    Spent,
    /// Too many of something at once.
    #[error("too many at once; try again in {} s", .0.as_secs().max(1))]
    TooMany(SignedDuration),
    /// A thread of ours broke down.
    #[error("a thread that keeps users and tokens broke down; report this")]
    Broken,
}

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Name or password is wrong, or the account is disabled: nobody is told which.
    #[error("name or password is wrong")]
    Wrong,
    /// Too many tries, of this account or from this address.
    #[error("too many tries; try again in {} s", .0.as_secs().max(1))]
    Throttled(SignedDuration),
    /// Too many others log in just now.
    #[error("too many people log in just now; try again in a moment")]
    Busy,
    /// It could not be looked up or written down.
    #[error(transparent)]
    Failed(#[from] AuthError),
}

impl AuthError {
    /// The file was written by a later release.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Open(OpenError::Newer { .. }))
    }
}
