//! Links that are good once: for the first administrator, and to set a password.
//!
//! The secret stands in the fragment, so that no log and no `Referer` has it.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

use super::error::AuthError;
use super::people::UserId;
use super::secret::{self, Digest};
use super::store::millis;

/// The page that takes the fragment.
pub const INVITATION_PATH: &str = "/invitation";
/// How long a link is good.
pub const INVITATION_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invitation {
    /// To become the first administrator, under a name of one's choice.
    FirstAdministrator,
    /// To set this user's password.
    SetPassword(UserId),
}

/// The path and fragment to put behind the server's address. It is a secret.
pub fn link_path(secret: &SecretString) -> SecretString {
    SecretString::from(format!("{INVITATION_PATH}#{}", secret.expose_secret()))
}

/// Makes a link; one for the same thing that was made before is no longer good.
pub(super) fn insert(
    db: &Connection,
    invitation: Invitation,
    now: Timestamp,
) -> Result<SecretString, AuthError> {
    let user = user_of(invitation);
    db.execute("DELETE FROM invitation WHERE user IS ?1", [user])?;
    let secret = secret::fresh_marked("fg_invite_");
    let digest = Digest::of(secret.expose_secret());
    let ends_at = now.saturating_add(INVITATION_LASTS).unwrap_or(now);
    let sql = "INSERT INTO invitation (digest, user, expires_at) VALUES (?1, ?2, ?3)";
    db.execute(sql, params![digest.as_bytes(), user, millis(ends_at)])?;
    Ok(secret)
}

/// What `secret` is for, if it is still good.
pub(super) fn find(
    db: &Connection,
    secret: &str,
    now: Timestamp,
) -> Result<Option<Invitation>, AuthError> {
    let digest = Digest::of(secret);
    let sql = "SELECT user FROM invitation WHERE digest = ?1 AND expires_at > ?2";
    let found: Option<Option<i64>> = db
        .query_row(sql, params![digest.as_bytes(), millis(now)], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found.map(|user| {
        user.map_or(Invitation::FirstAdministrator, |id| {
            Invitation::SetPassword(UserId(id))
        })
    }))
}

/// No link for this is good any more.
pub(super) fn remove(db: &Connection, invitation: Invitation) -> Result<(), AuthError> {
    let user = user_of(invitation);
    db.execute("DELETE FROM invitation WHERE user IS ?1", [user])?;
    Ok(())
}

pub(super) fn remove_old(db: &Connection, now: Timestamp) -> Result<usize, AuthError> {
    let sql = "DELETE FROM invitation WHERE expires_at <= ?1";
    Ok(db.execute(sql, [millis(now)])?)
}

fn user_of(invitation: Invitation) -> Option<i64> {
    match invitation {
        Invitation::FirstAdministrator => None,
        Invitation::SetPassword(user) => Some(user.0),
    }
}
