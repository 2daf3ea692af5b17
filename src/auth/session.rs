//! Sessions: what a person's browser holds after a login.
//!
//! The browser has a secret, we have its digest. A session ends when it was not used for a while,
//! when it is old, and at once when it is revoked; a login always makes a new one.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::SecretString;

use super::address::{shortened, shortened_agent};
use super::error::AuthError;
use super::people::UserId;
use super::secret::{self, Digest};
use super::store::{self, millis, time};
use super::viewer::{Client, Viewer};

/// A session's name in lists and logs; no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub Arc<str>);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A new session: what the cookie gets, once.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    /// The cookie's value: 43 characters of `A-Z a-z 0-9 - _`.
    pub secret: SecretString,
    /// After this it is worth nothing, however much it is used.
    pub expires_at: Timestamp,
    /// Who has it.
    pub viewer: Arc<Viewer>,
}

/// A session as its owner and administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// When it began.
    pub made_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// The network it began from: `192.0.2.x`.
    pub from: Arc<str>,
    /// The browser and system it began with: `Firefox on Linux`.
    pub agent: Arc<str>,
}

/// Sessions that one user has at most; the one that was not used for longest gives way.
const MAX_PER_USER: i64 = 20;

const COLUMNS: &str = "id, user, made_at, seen_at, address, agent, digest";

/// All of them, each with the digest of its secret.
pub(super) fn all(db: &Connection) -> Result<Vec<(Session, Digest)>, AuthError> {
    let sql = format!("SELECT {COLUMNS} FROM session ORDER BY made_at, id");
    store::list(db, &sql, [], session)
}

fn session(row: &Row<'_>) -> Result<(Session, Digest), AuthError> {
    let digest: Vec<u8> = row.get(6)?;
    let session = Session {
        id: SessionId(row.get(0)?),
        user: UserId(row.get(1)?),
        made_at: time(row.get(2)?)?,
        seen_at: time(row.get(3)?)?,
        from: row.get(4)?,
        agent: row.get(5)?,
    };
    let digest = Digest::from_bytes(&digest).ok_or(AuthError::Damaged("session"))?;
    Ok((session, digest))
}

/// Begins a session.
pub(super) fn insert(
    db: &Connection,
    user: UserId,
    client: &Client,
    now: Timestamp,
) -> Result<(SessionId, SecretString), AuthError> {
    let (id, secret) = (SessionId(secret::fresh_id()), secret::fresh());
    db.execute(
        "INSERT INTO session (id, digest, user, made_at, seen_at, address, agent)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
        params![
            id.0,
            Digest::of(&secret).as_bytes(),
            user.0,
            millis(now),
            shortened(client.address),
            shortened_agent(&client.agent),
        ],
    )?;
    db.execute(
        "DELETE FROM session WHERE user = ?1 AND id NOT IN
         (SELECT id FROM session WHERE user = ?1 ORDER BY (id = ?3) DESC, seen_at DESC LIMIT ?2)",
        params![user.0, MAX_PER_USER, id.0],
    )?;
    Ok((id, SecretString::from(secret)))
}

/// Whose it is, if it is there still.
pub(super) fn owner(db: &Connection, id: &SessionId) -> Result<Option<UserId>, AuthError> {
    let sql = "SELECT user FROM session WHERE id = ?1";
    let found = db.query_row(sql, [&id.0], |row| row.get(0)).optional()?;
    Ok(found.map(UserId))
}

/// Ends one; whether there was one.
pub(super) fn remove(db: &Connection, id: &SessionId) -> Result<bool, AuthError> {
    Ok(db.execute("DELETE FROM session WHERE id = ?1", [&id.0])? > 0)
}

/// Ends that of this secret.
pub(super) fn remove_by_secret(db: &Connection, secret: &str) -> Result<bool, AuthError> {
    let digest = Digest::of(secret);
    let sql = "DELETE FROM session WHERE digest = ?1";
    Ok(db.execute(sql, [digest.as_bytes()])? > 0)
}

/// Ends all of a user, but for one.
pub(super) fn remove_of(
    db: &Connection,
    user: UserId,
    but: Option<&SessionId>,
) -> Result<usize, AuthError> {
    let sql = "DELETE FROM session WHERE user = ?1 AND id IS NOT ?2";
    Ok(db.execute(sql, params![user.0, but.map(|id| &id.0)])?)
}

pub(super) fn set_seen(db: &Connection, id: &SessionId, at: Timestamp) -> Result<(), AuthError> {
    let sql = "UPDATE session SET seen_at = max(seen_at, ?2) WHERE id = ?1";
    db.execute(sql, params![id.0, millis(at)])?;
    Ok(())
}
