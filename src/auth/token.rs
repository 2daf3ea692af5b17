//! Tokens: what a screen or a program shows instead of logging in.
//!
//! Each is opaque, so that it can be revoked, and says what it is by its first letters, so that
//! people and scanners of leaked secrets know it: `fg_api_<id>_<secret>` for programs,
//! `fg_view_...` for screens, `fg_metrics_...` for `/metrics` alone.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, params};
use secrecy::{ExposeSecret, SecretString};

use super::error::AuthError;
use super::people::Name;
use super::secret::{self, Digest};
use super::store::{self, millis, sight_from, sight_to, time};
use super::viewer::ViewerKind;
use crate::domain::Sight;

/// A token's name in lists and logs; no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(pub Arc<str>);

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenKind {
    /// A program that reads the fleet.
    Program,
    /// A screen.
    Display,
    /// A program that reads `/metrics`; it sees no vehicle.
    Metrics,
}

impl TokenKind {
    const ALL: [Self; 3] = [Self::Program, Self::Display, Self::Metrics];

    /// The word in the token itself.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Program => "fg_api_",
            Self::Display => "fg_view_",
            Self::Metrics => "fg_metrics_",
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Display => "display",
            Self::Metrics => "metrics",
        }
    }

    /// How long one is good unless somebody says otherwise; `None`: until it is revoked.
    pub fn default_lasts(self) -> Option<SignedDuration> {
        match self {
            Self::Program | Self::Metrics => Some(SignedDuration::from_hours(90 * 24)),
            Self::Display => None,
        }
    }

    /// What kind of viewer comes with it.
    pub fn viewer(self) -> ViewerKind {
        match self {
            Self::Program => ViewerKind::Program,
            Self::Display => ViewerKind::Display,
            Self::Metrics => ViewerKind::Metrics,
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What it is for.
    pub kind: TokenKind,
    /// What people call it: `Workshop wall`.
    pub name: Name,
    /// What it may see; one for `/metrics` sees nothing whatever stands here.
    pub sight: Sight,
    /// When it ends by itself; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// It is good from these addresses only.
    pub net: Option<IpNet>,
}

/// A token as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its name.
    pub id: TokenId,
    /// What it is for.
    pub kind: TokenKind,
    /// What people call it.
    pub name: Arc<str>,
    /// What it may see.
    pub sight: Arc<Sight>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// From where it is good.
    pub net: Option<IpNet>,
    /// Who made it, as the audit log names them.
    pub made_by: Arc<str>,
    /// When.
    pub made_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Option<Timestamp>,
}

impl Token {
    /// Whether it is good at `now`, as far as its own time goes.
    pub fn is_in_time(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether it is good from `address`.
    pub fn is_good_from(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.net.is_none_or(|net| net.contains(&address))
    }
}

/// A token that was just made: the only time that its secret is there.
#[derive(Clone, Debug)]
pub struct MadeToken {
    /// Its name.
    pub id: TokenId,
    /// What the program or the screen shows.
    pub secret: SecretString,
}

/// The id in what somebody shows; `None` where that cannot be a token.
pub(super) fn id_in(text: &str) -> Option<TokenId> {
    let rest = TokenKind::ALL
        .iter()
        .find_map(|kind| text.strip_prefix(kind.mark()))?;
    let (id, _secret) = rest.split_once('_')?;
    Some(TokenId(id.into()))
}

const COLUMNS: &str = "id, kind, name, groups, hides, expires_at, net, made_by, made_at, seen_at, \
                       digest";

/// All of them, each with the digest of what is shown.
pub(super) fn all(db: &Connection) -> Result<Vec<(Token, Digest)>, AuthError> {
    let sql = format!("SELECT {COLUMNS} FROM token ORDER BY made_at, id");
    store::list(db, &sql, [], token)
}

fn token(row: &Row<'_>) -> Result<(Token, Digest), AuthError> {
    let (kind, net): (String, Option<String>) = (row.get(1)?, row.get(6)?);
    let kind = TokenKind::ALL.into_iter().find(|one| one.as_str() == kind);
    let net = net.map(|net| net.parse()).transpose();
    let (expires_at, seen_at): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(9)?);
    let digest: Vec<u8> = row.get(10)?;
    let token = Token {
        id: TokenId(row.get(0)?),
        kind: kind.ok_or(AuthError::Damaged("token"))?,
        name: row.get(2)?,
        sight: Arc::new(sight_from(row.get(3)?, &row.get::<_, String>(4)?)?),
        expires_at: expires_at.map(time).transpose()?,
        net: net.map_err(|_no_net| AuthError::Damaged("network"))?,
        made_by: row.get(7)?,
        made_at: time(row.get(8)?)?,
        seen_at: seen_at.map(time).transpose()?,
    };
    let digest = Digest::from_bytes(&digest).ok_or(AuthError::Damaged("token"))?;
    Ok((token, digest))
}

/// Makes one.
pub(super) fn insert(
    db: &Connection,
    new: &NewToken,
    by: &str,
    now: Timestamp,
) -> Result<MadeToken, AuthError> {
    let id = TokenId(secret::fresh_id());
    let secret = secret::fresh_marked(&format!("{}{id}_", new.kind.mark()));
    let nothing = Sight::nothing();
    let sight = if new.kind == TokenKind::Metrics {
        &nothing
    } else {
        &new.sight
    };
    let (groups, hides) = sight_to(sight)?;
    db.execute(
        "INSERT INTO token (id, digest, kind, name, groups, hides, expires_at, net, made_by, made_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            id.0,
            Digest::of(secret.expose_secret()).as_bytes(),
            new.kind.as_str(),
            new.name.as_str(),
            groups,
            hides,
            new.expires_at.map(millis),
            new.net.map(|net| net.trunc().to_string()),
            by,
            millis(now),
        ],
    )?;
    Ok(MadeToken { id, secret })
}

/// Revokes one; whether there was one.
pub(super) fn remove(db: &Connection, id: &TokenId) -> Result<bool, AuthError> {
    Ok(db.execute("DELETE FROM token WHERE id = ?1", [&id.0])? > 0)
}

/// Gives one another name and another sight; whether there was one.
pub(super) fn change(
    db: &Connection,
    id: &TokenId,
    name: &Name,
    sight: &Sight,
) -> Result<bool, AuthError> {
    let (groups, hides) = sight_to(sight)?;
    let sql = "UPDATE token SET name = ?2, groups = ?3, hides = ?4
               WHERE id = ?1 AND kind <> 'metrics'";
    Ok(db.execute(sql, params![id.0, name.as_str(), groups, hides])? > 0)
}

pub(super) fn set_seen(db: &Connection, id: &TokenId, at: Timestamp) -> Result<(), AuthError> {
    let sql = "UPDATE token SET seen_at = max(coalesce(seen_at, 0), ?2) WHERE id = ?1";
    db.execute(sql, params![id.0, millis(at)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_read_out_of_what_is_shown_or_nothing_is() {
        let id = |text: &str| id_in(text).map(|id| id.0.to_string());
        assert_eq!(id("fg_api_abc_s_e-cret"), Some("abc".into()));
        assert_eq!(id("fg_view_abc_s"), Some("abc".into()));
        assert_eq!(id("fg_metrics_abc_s"), Some("abc".into()));
        for text in [
            "",
            "fg_",
            "fg_api_",
            "fg_api_abc",
            "FG_API_abc_s",
            "xfg_api_a_b",
            "abc_s",
        ] {
            assert_eq!(id(text), None, "{text:?}");
        }
    }
}
