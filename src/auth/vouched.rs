//! People for whom others vouch, an `OpenID` provider or a trusted proxy: made and changed by their
//! word, noted as they come in, and left with nothing once nobody vouches for them any more.
//!
//! A provider is asked at the login alone; a proxy says who it is with each request, so coming in by
//! it is told once an hour for each user, and so is being kept out.

use std::net::IpAddr;
use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::audit::{self, Subject, What};
use super::people::{self, External, Name, NewUser, UserId};
use super::secret::Digest;
use super::session;
use super::throttle::Gate;
use super::viewer::{Actor, Role};
use super::{Access, AuthError};
use crate::domain::Sight;

const TOLD_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Of whose coming, and whose being kept out, the audit log was told lately.
pub(super) fn nobody() -> Gate<Digest> {
    Gate::new(1, TOLD_EVERY)
}

impl Access {
    /// The user that is `external` elsewhere, made or changed to `role` and `sight`; `name` is
    /// for a new one. A name that a user of ours has is not taken over.
    pub async fn provision(
        &self,
        external: External,
        name: Name,
        role: Role,
        sight: Sight,
        now: Timestamp,
    ) -> Result<UserId, AuthError> {
        if let Some(user) = self.0.book().external(&external)
            && (user.role, &*user.sight) == (role, &sight)
        {
            return Ok(user.id);
        }
        self.write(move |db| {
            let by = Actor::server();
            if let Some(user) = people::by_external(db, &external)? {
                people::set_rights(db, user.id, role, &sight)?;
                audit::note(db, &by, What::UserChanged, &Subject::User(user.id), now)?;
                return Ok(user.id);
            }
            let new = NewUser {
                name,
                role,
                sight,
                external: Some(external),
            };
            let id = people::insert(db, &new, now)?;
            audit::note(db, &by, What::UserAdded, &Subject::User(id), now)?;
            Ok(id)
        })
        .await
    }

    /// Ends all sessions of the user that is `external` elsewhere, if there is one: whoever vouched
    /// for them does so no longer.
    pub async fn forsake(
        &self,
        external: &External,
        now: Timestamp,
    ) -> Result<Option<UserId>, AuthError> {
        let Some(user) = self.0.book().external(external) else {
            return Ok(None);
        };
        let id = user.id;
        self.write(move |db| {
            end_sessions(db, id, now)?;
            Ok(Some(id))
        })
        .await
    }

    /// Leaves the user that is `external` elsewhere with nothing to see or to do, and ends its
    /// sessions: whoever vouches for them with each request does so no longer. What they look at
    /// ends as changed. With `external` being nobody yet, nothing is done.
    pub async fn take_sight(
        &self,
        external: &External,
        now: Timestamp,
    ) -> Result<Option<UserId>, AuthError> {
        let Some(user) = self.0.book().external(external) else {
            return Ok(None);
        };
        let (id, nothing) = (user.id, Sight::nothing());
        let has_rights = (user.role, &*user.sight) != (Role::Viewer, &nothing);
        // Whoever is kept out goes on asking; where nothing is left to take, nothing is written.
        if !has_rights && self.0.book().sessions(Some(id), now).is_empty() {
            return Ok(Some(id));
        }
        self.write(move |db| {
            if has_rights {
                people::set_rights(db, id, Role::Viewer, &nothing)?;
                let (by, subject) = (Actor::server(), Subject::User(id));
                audit::note(db, &by, What::UserChanged, &subject, now)?;
            }
            end_sessions(db, id, now)?;
            Ok(Some(id))
        })
        .await
    }

    /// Notes that a user has come in by a proxy, from `address`: the first time, and each hour while
    /// it goes on.
    pub async fn note_coming(&self, user: UserId, address: IpAddr, now: Timestamp) {
        if !self.is_news("in", &user.to_string(), now) {
            return;
        }
        let noted = self.write(move |db| {
            people::set_entered(db, user, now)?;
            let by = Actor::user(user, address);
            audit::note(db, &by, What::Login, &Subject::User(user), now)
        });
        if let Err(error) = noted.await {
            tracing::error!(%error, "an entry of the audit log is lost");
        }
    }

    /// Notes that somebody for whom a proxy vouches is kept out: the first time, and each hour while
    /// they go on asking.
    pub async fn note_refusal(&self, external: &External, address: IpAddr, now: Timestamp) {
        let who = format!("{}\0{}", external.issuer, external.subject);
        if !self.is_news("out", &who, now) {
            return;
        }
        let user = self.0.book().external(external);
        let event = audit::Event {
            by: Actor::stranger(address),
            what: What::LoginFailed,
            subject: user.map_or(Subject::None, |user| Subject::User(user.id)),
        };
        self.audit(event, now).await;
    }

    fn is_news(&self, what: &str, who: &str, now: Timestamp) -> bool {
        // A NUL stands in neither.
        let key = Digest::of(&[what, who].join("\0"));
        let told = &self.0.told;
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = told.wait(key, now).is_zero();
        if is_news {
            told.take(key, now);
        }
        is_news
    }
}

/// Ends all sessions of a user, and notes it where there were any.
fn end_sessions(db: &Connection, user: UserId, now: Timestamp) -> Result<(), AuthError> {
    if 0 < session::remove_of(db, user, None)? {
        let (by, subject) = (Actor::server(), Subject::User(user));
        audit::note(db, &by, What::SessionRevoked, &subject, now)?;
    }
    Ok(())
}
