//! Users: who they are, what they may do and see, and how they are kept.

use std::fmt;
use std::sync::Arc;

use icu_normalizer::ComposingNormalizerBorrowed;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::AuthError;
use super::store::{self, millis, sight_from, sight_to, time};
use super::viewer::Role;
use crate::domain::Sight;

/// A user, for ever: the number is not given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user:{}", self.0)
    }
}

/// A name that is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 64 characters and none that cannot be seen")]
pub struct NameRefusal;

/// A name as it is shown, and the key by which it is found: `Ann` and `ann` are one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    shown: Arc<str>,
    key: Arc<str>,
}

impl Name {
    /// Trims and normalises (NFC).
    pub fn parse(text: &str) -> Result<Self, NameRefusal> {
        let nfc = ComposingNormalizerBorrowed::new_nfc();
        let shown = nfc.normalize(text.trim());
        let n_chars = shown.chars().count();
        if !(1..=64).contains(&n_chars) || shown.chars().any(is_unseen) {
            return Err(NameRefusal);
        }
        let key = nfc.normalize(&shown.to_lowercase()).into();
        Ok(Self {
            shown: shown.into(),
            key,
        })
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// As it is found.
    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

/// Characters by which two names would look the same, or turn the line around.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || (c.is_whitespace() && c != ' ')
}

/// Who somebody is elsewhere: at an `OpenID` provider, or to a trusted proxy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct External {
    /// Who says so: the provider's issuer, or the proxy's mark.
    pub issuer: Arc<str>,
    /// Whom it means.
    pub subject: Arc<str>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// Its name.
    pub name: Arc<str>,
    /// What it may do.
    pub role: Role,
    /// What it may see.
    pub sight: Arc<Sight>,
    /// It cannot come in.
    pub is_disabled: bool,
    /// It can come in with a password.
    pub has_password: bool,
    /// Who it is elsewhere.
    pub external: Option<External>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it last came in.
    pub entered_at: Option<Timestamp>,
}

impl User {
    /// Refuses whoever comes in by others: with a password here they would come in whatever those
    /// say.
    pub(super) fn must_be_ours(&self) -> Result<(), AuthError> {
        match self.external {
            None => Ok(()),
            Some(_) => Err(AuthError::External),
        }
    }
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Its name.
    pub name: Name,
    /// What it may do.
    pub role: Role,
    /// What it may see.
    pub sight: Sight,
    /// Who it is elsewhere.
    pub external: Option<External>,
}

const COLUMNS: &str = "id, name, role, groups, hides, disabled, password IS NOT NULL, issuer, \
                       subject, made_at, entered_at";

pub(super) fn all(db: &Connection) -> Result<Vec<User>, AuthError> {
    store::list(
        db,
        &format!("SELECT {COLUMNS} FROM user ORDER BY name_key"),
        [],
        user,
    )
}

pub(super) fn by_key(db: &Connection, key: &str) -> Result<Option<User>, AuthError> {
    let sql = format!("SELECT {COLUMNS} FROM user WHERE name_key = ?1");
    Ok(store::list(db, &sql, [key], user)?.pop())
}

pub(super) fn by_id(db: &Connection, id: UserId) -> Result<User, AuthError> {
    let sql = format!("SELECT {COLUMNS} FROM user WHERE id = ?1");
    let found = store::list(db, &sql, [id.0], user)?.pop();
    found.ok_or(AuthError::Unknown("user"))
}

pub(super) fn by_external(db: &Connection, at: &External) -> Result<Option<User>, AuthError> {
    let sql = format!("SELECT {COLUMNS} FROM user WHERE issuer = ?1 AND subject = ?2");
    Ok(store::list(db, &sql, [&at.issuer, &at.subject], user)?.pop())
}

fn user(row: &Row<'_>) -> Result<User, AuthError> {
    let role: String = row.get(2)?;
    let external = match (row.get(7)?, row.get(8)?) {
        (Some(issuer), Some(subject)) => Some(External { issuer, subject }),
        _ => None,
    };
    Ok(User {
        id: UserId(row.get(0)?),
        name: row.get(1)?,
        role: role
            .parse()
            .map_err(|_no_role| AuthError::Damaged("role"))?,
        sight: Arc::new(sight_from(row.get(3)?, &row.get::<_, String>(4)?)?),
        is_disabled: row.get(5)?,
        has_password: row.get(6)?,
        external,
        made_at: time(row.get(9)?)?,
        entered_at: row.get::<_, Option<i64>>(10)?.map(time).transpose()?,
    })
}

pub(super) fn insert(db: &Connection, new: &NewUser, now: Timestamp) -> Result<UserId, AuthError> {
    if by_key(db, new.name.key())?.is_some() {
        return Err(AuthError::NameTaken);
    }
    let (groups, hides) = sight_to(&new.sight)?;
    let external = new.external.as_ref();
    db.execute(
        "INSERT INTO user (name, name_key, role, groups, hides, issuer, subject, made_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            new.name.as_str(),
            new.name.key(),
            new.role.as_str(),
            groups,
            hides,
            external.map(|external| &external.issuer),
            external.map(|external| &external.subject),
            millis(now),
        ],
    )?;
    Ok(UserId(db.last_insert_rowid()))
}

pub(super) fn set_rights(
    db: &Connection,
    id: UserId,
    role: Role,
    sight: &Sight,
) -> Result<(), AuthError> {
    let (groups, hides) = sight_to(sight)?;
    db.execute(
        "UPDATE user SET role = ?2, groups = ?3, hides = ?4 WHERE id = ?1",
        params![id.0, role.as_str(), groups, hides],
    )?;
    Ok(())
}

pub(super) fn set_disabled(
    db: &Connection,
    id: UserId,
    is_disabled: bool,
) -> Result<(), AuthError> {
    let sql = "UPDATE user SET disabled = ?2 WHERE id = ?1";
    db.execute(sql, params![id.0, is_disabled])?;
    Ok(())
}

pub(super) fn set_entered(db: &Connection, id: UserId, now: Timestamp) -> Result<(), AuthError> {
    let sql = "UPDATE user SET entered_at = ?2 WHERE id = ?1";
    db.execute(sql, params![id.0, millis(now)])?;
    Ok(())
}

/// The hash that is kept; it never leaves this layer.
pub(super) fn password(db: &Connection, id: UserId) -> Result<Option<String>, AuthError> {
    let sql = "SELECT password FROM user WHERE id = ?1";
    let kept = db.query_row(sql, [id.0], |row| row.get(0)).optional()?;
    Ok(kept.flatten())
}

pub(super) fn set_password(db: &Connection, id: UserId, hash: &str) -> Result<(), AuthError> {
    let sql = "UPDATE user SET password = ?2 WHERE id = ?1";
    db.execute(sql, params![id.0, hash])?;
    Ok(())
}

/// Administrators that can come in, or could if they had set their password.
pub(super) fn n_administrators(db: &Connection) -> Result<i64, AuthError> {
    let sql = "SELECT count(*) FROM user WHERE role = 'administrator' AND NOT disabled";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// Whether somebody can come in and administer now.
pub(super) fn has_administrator(db: &Connection) -> Result<bool, AuthError> {
    let sql = "SELECT count(*) > 0 FROM user WHERE role = 'administrator' AND NOT disabled
               AND (password IS NOT NULL OR issuer IS NOT NULL)";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_the_table() {
        let cases = [
            ("ann", Some(("ann", "ann"))),
            ("  Ann Lee ", Some(("Ann Lee", "ann lee"))),
            ("ÅSA", Some(("ÅSA", "åsa"))),
            ("A\u{30a}SA", Some(("ÅSA", "åsa"))),
            (
                "ann@example.org",
                Some(("ann@example.org", "ann@example.org")),
            ),
            ("", None),
            ("   ", None),
            ("a\nb", None),
            ("a\u{200b}nn", None),
            ("\u{202e}nna", None),
            ("a\u{a0}b", None),
            ("a\u{0}", None),
        ];
        for (text, expected) in cases {
            let name = Name::parse(text).ok();
            let name = name.as_ref().map(|name| (name.as_str(), name.key()));
            assert_eq!(name, expected, "{text:?}");
        }
        assert!(Name::parse(&"x".repeat(64)).is_ok());
        assert!(Name::parse(&"x".repeat(65)).is_err());
    }
}
