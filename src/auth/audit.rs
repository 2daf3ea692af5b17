//! Who did what, and when: logins, failures, tokens, rights, and whose past was looked at.
//!
//! Never where anything was, and never a secret: not even the name that somebody tried to log in
//! with, since people type passwords there. The log of the process gets a line too, without the
//! address and without the vehicle; the number leads to them.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::error::AuthError;
use super::people::UserId;
use super::session::SessionId;
use super::store::{self, millis, time};
use super::token::TokenId;
use super::viewer::Actor;

macro_rules! what {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum What {
            $($(#[$doc])* $name,)*
        }

        impl What {
            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

what! {
    /// Somebody came in.
    Login = "login",
    /// Somebody was not let in.
    LoginFailed = "login_failed",
    /// Too many tries came from an address; told once in ten minutes.
    LoginThrottled = "login_throttled",
    /// Somebody left.
    Logout = "logout",
    /// A session was ended by its owner elsewhere, or by an administrator.
    SessionRevoked = "session_revoked",
    /// A token was made.
    TokenMade = "token_made",
    /// A token's name or rights were changed.
    TokenChanged = "token_changed",
    /// A token was revoked.
    TokenRevoked = "token_revoked",
    /// A screen was let in.
    PairingApproved = "pairing_approved",
    /// A screen was turned away.
    PairingRefused = "pairing_refused",
    /// A user was made.
    UserAdded = "user_added",
    /// A user's role or sight was changed.
    UserChanged = "user_changed",
    /// A user cannot come in any more.
    UserDisabled = "user_disabled",
    /// A user can come in again.
    UserEnabled = "user_enabled",
    /// A password was set.
    PasswordSet = "password_set",
    /// A link to come in was made.
    InvitationMade = "invitation_made",
    /// A link to come in was used.
    InvitationUsed = "invitation_used",
    /// Somebody looked at where a vehicle was.
    TrailOpened = "trail_opened",
    /// Somebody took positions away in a file.
    Exported = "exported",
    /// A vehicle's past was erased.
    Erased = "erased",
    /// Somebody looked at the fleet as it was.
    TimeTravel = "time_travel",
    /// A place was made or changed.
    PlaceChanged = "place_changed",
    /// A place was removed.
    PlaceRemoved = "place_removed",
    /// Places were taken in from a file.
    PlacesImported = "places_imported",
    /// A rule was made or changed.
    RuleChanged = "rule_changed",
    /// A rule was removed.
    RuleRemoved = "rule_removed",
    /// A vehicle was taken out of service.
    OutOfService = "out_of_service",
    /// A vehicle was put back into service.
    BackInService = "back_in_service",
    /// A webhook was made or changed.
    WebhookChanged = "webhook_changed",
    /// A webhook was removed.
    WebhookRemoved = "webhook_removed",
    /// A scene was made or changed.
    SceneChanged = "scene_changed",
    /// A scene was removed.
    SceneRemoved = "scene_removed",
    /// What a screen shows was changed.
    DisplayChanged = "display_changed",
    /// A screen was told to do something.
    DisplayCommanded = "display_commanded",
}

/// To whom or what it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Nothing in particular.
    None,
    /// A user.
    User(UserId),
    /// A session.
    Session(SessionId),
    /// A token.
    Token(TokenId),
    /// A vehicle, by its id.
    Vehicle(Arc<str>),
    /// Something of the desk: what kind of thing, and its id.
    Desk(&'static str, Arc<str>),
}

impl Subject {
    /// As an entry names it.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::User(id) => Some(id.to_string()),
            Self::Session(id) => Some(format!("session:{id}")),
            Self::Token(id) => Some(format!("token:{id}")),
            Self::Vehicle(id) => Some(format!("vehicle:{id}")),
            Self::Desk(kind, id) => Some(format!("{kind}:{id}")),
        }
    }
}

/// An entry to be made.
#[derive(Clone, Debug)]
pub struct Event {
    /// Who did it, and from where.
    pub by: Actor,
    /// What.
    pub what: What,
    /// To whom.
    pub subject: Subject,
}

/// An entry as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; later entries have greater ones.
    pub n: i64,
    /// When.
    pub at: Timestamp,
    /// Who: see [`Actor::who`].
    pub who: Arc<str>,
    /// From which address, if over the network.
    pub address: Option<IpAddr>,
    /// What: see [`What::as_str`].
    pub what: Arc<str>,
    /// To whom: `user:3`, `session:k2jx`, `token:a7`, `vehicle:reg:ABC123GP`, `rule:panic`.
    pub subject: Option<Arc<str>>,
}

/// Makes an entry, and a line in the log of the process.
pub(super) fn note(
    db: &Connection,
    by: &Actor,
    what: What,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), AuthError> {
    let subject_text = subject.text();
    db.execute(
        "INSERT INTO audit (at, who, address, what, subject) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            millis(now),
            by.who(),
            by.address()
                .map(|address| address.to_canonical().to_string()),
            what.as_str(),
            subject_text,
        ],
    )?;
    // The id of a vehicle may be its number plate.
    let subject = match subject {
        Subject::Vehicle(_) => "vehicle",
        _ => subject_text.as_deref().unwrap_or("-"),
    };
    tracing::info!(
        target: "fleetglass::audit",
        n = db.last_insert_rowid(),
        who = &**by.who(),
        what = what.as_str(),
        subject,
        "audit"
    );
    Ok(())
}

/// The newest entries first, those before the entry `after` if it is given, at most `limit`.
pub(super) fn page(
    db: &Connection,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>, AuthError> {
    let sql = "SELECT n, at, who, address, what, subject FROM audit
               WHERE ?1 IS NULL OR n < ?1 ORDER BY n DESC LIMIT ?2";
    store::list(db, sql, params![after, limit], |row| {
        let address: Option<String> = row.get(3)?;
        let address = address.map(|text| text.parse()).transpose();
        Ok(Entry {
            n: row.get(0)?,
            at: time(row.get(1)?)?,
            who: row.get(2)?,
            address: address.map_err(|_no_address| AuthError::Damaged("address"))?,
            what: row.get(4)?,
            subject: row.get(5)?,
        })
    })
}

/// Forgets what is older than `keep_days`.
pub(super) fn prune(db: &Connection, keep_days: u32, now: Timestamp) -> Result<usize, AuthError> {
    let keep = SignedDuration::from_hours(24 * i64::from(keep_days));
    let since = now.saturating_sub(keep).unwrap_or(Timestamp::MIN);
    Ok(db.execute("DELETE FROM audit WHERE at < ?1", [millis(since)])?)
}

#[cfg(test)]
mod tests {
    use super::super::store::Store;
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn pages_go_back_in_time_without_gap_or_repeat_and_old_ones_go() {
        let store = Store::open(None).unwrap();
        let by = Actor::stranger("192.0.2.1".parse().unwrap());
        for n in 0..10 {
            let subject = Subject::User(UserId(n));
            note(store.db(), &by, What::LoginFailed, &subject, at(n * 86_400)).unwrap();
        }
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let entries = page(store.db(), after, 3).unwrap();
            let Some(last) = entries.last() else { break };
            after = Some(last.n);
            seen.extend(
                entries
                    .into_iter()
                    .map(|entry| entry.subject.unwrap().to_string()),
            );
        }
        let expected: Vec<_> = (0..10).rev().map(|n| format!("user:{n}")).collect();
        assert_eq!(seen, expected);
        assert_eq!(prune(store.db(), 5, at(9 * 86_400)).unwrap(), 4);
        let left = page(store.db(), None, 100).unwrap();
        assert_eq!(left.len(), 6);
        assert_eq!(left[0].address, Some("192.0.2.1".parse().unwrap()));
    }
}
