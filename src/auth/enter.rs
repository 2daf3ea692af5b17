//! How people come in and leave: passwords, links, providers elsewhere.

use jiff::Timestamp;
use rusqlite::Connection;
use secrecy::{ExposeSecret, SecretString};

use super::audit::{self, Subject, What};
use super::invitation::{self, Invitation};
use super::password::{self, NotHashed, Verdict};
use super::people::{self, Name, NewUser, UserId};
use super::session::{self, SessionCookie, SessionId};
use super::throttle::{Held, Try};
use super::viewer::{Actor, Client, Role, Viewer, ViewerId};
use super::{Access, AuthError, LoginError};
use crate::domain::Sight;

/// Longer ones are not even looked at.
const MAX_PASSWORD_BYTES: usize = 1_024;

/// What a link is for, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invited {
    /// To become the first administrator, under a name of one's choice.
    FirstAdministrator,
    /// To set the password of the user of this name.
    SetPassword(std::sync::Arc<str>),
}

impl Access {
    /// Lets somebody in who knows a name and its password. The session that the browser held
    /// before, `held`, ends: nobody can be given a session beforehand.
    ///
    /// Nothing tells whether there is a user of that name: not the error, not the time it takes.
    pub async fn login(
        &self,
        name: &str,
        password: SecretString,
        held: Option<SecretString>,
        client: &Client,
        now: Timestamp,
    ) -> Result<SessionCookie, LoginError> {
        let name = Name::parse(name).ok();
        let key = name.as_ref().map_or("", Name::key).to_owned();
        let taken = self.take_try(&key, client, now).await?;
        let user = self.read(move |db| people::by_key(db, &key)).await?;
        // Whoever comes in by others has no password here, whatever an earlier release has kept.
        let user = user.filter(|user| !user.is_disabled && user.external.is_none());
        let user = user.map(|user| user.id);
        let verdict = self.verify(user, password, taken).await?;
        let (Some(user), Verdict::Right(again), kept) = verdict else {
            self.note_failure(user, client, now).await;
            return Err(LoginError::Wrong);
        };
        self.0.throttle().succeeded(taken);
        let begun = self.begin(user, held, client, now, move |db| {
            // It may have been changed while this one was hashed.
            if people::password(db, user)? != kept {
                return Err(AuthError::Spent);
            }
            again.map_or(Ok(()), |hash| people::set_password(db, user, &hash))
        });
        begun.await
    }

    /// Lets a user in whom somebody trusted vouches for, such as an `OpenID` provider.
    pub async fn enter(
        &self,
        user: UserId,
        held: Option<SecretString>,
        client: &Client,
        now: Timestamp,
    ) -> Result<SessionCookie, LoginError> {
        self.begin(user, held, client, now, |_db| Ok(())).await
    }

    /// Ends the session that the browser holds.
    pub async fn logout(
        &self,
        viewer: &Viewer,
        client: &Client,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        let ViewerId::Session(id) = viewer.id.clone() else {
            return Ok(());
        };
        let by = Actor::of(viewer, client.address);
        self.write(move |db| {
            session::remove(db, &id)?;
            audit::note(db, &by, What::Logout, &Subject::Session(id), now)
        })
        .await
    }

    /// What a link is for, if it is still good; it stays so.
    pub async fn invited(
        &self,
        secret: SecretString,
        now: Timestamp,
    ) -> Result<Option<Invited>, AuthError> {
        self.read(move |db| {
            let found = invitation::find(db, secret.expose_secret(), now)?;
            let Some(Invitation::SetPassword(user)) = found else {
                return Ok(found.map(|_first| Invited::FirstAdministrator));
            };
            let user = people::by_id(db, user)?;
            let may = !user.is_disabled && user.external.is_none();
            Ok(may.then_some(Invited::SetPassword(user.name)))
        })
        .await
    }

    /// Uses a link: makes the first administrator, called `name`, or sets the password of the
    /// user it is for, whatever `name` is; and lets them in. A link is good once. The session that
    /// the browser held before, `held`, ends, as with a login.
    pub async fn redeem(
        &self,
        secret: SecretString,
        name: Option<Name>,
        new: SecretString,
        held: Option<SecretString>,
        client: &Client,
        now: Timestamp,
    ) -> Result<SessionCookie, LoginError> {
        let invited = self.invited(secret.clone(), now).await?;
        let shown = match (&invited, &name) {
            (None, _) => return Err(AuthError::Spent.into()),
            (Some(Invited::SetPassword(user)), _) => user.to_string(),
            (Some(Invited::FirstAdministrator), Some(name)) => name.as_str().to_owned(),
            (Some(Invited::FirstAdministrator), None) => return Err(people::NameRefusal.into()),
        };
        let hash = self.hash_new(new, &shown).await?;
        let address = client.address;
        let user = self
            .write(move |db| use_link(db, secret.expose_secret(), name, &hash, address, now))
            .await?;
        self.begin(user, held, client, now, |_db| Ok(())).await
    }

    /// Changes one's own password, by whoever knows the old one. All other sessions end, and so
    /// does the one that is `held`, for the new one that is given.
    pub async fn change_password(
        &self,
        viewer: &Viewer,
        old: SecretString,
        new: SecretString,
        client: &Client,
        now: Timestamp,
    ) -> Result<SessionCookie, LoginError> {
        let user = viewer.user.ok_or(AuthError::Unknown("user"))?;
        let user = self.0.book().user(user).ok_or(AuthError::Unknown("user"))?;
        let key = Name::parse(&user.name).map_err(AuthError::from)?;
        let taken = self.take_try(key.key(), client, now).await?;
        let (_, Verdict::Right(_), kept) = self.verify(Some(user.id), old, taken).await? else {
            self.note_failure(Some(user.id), client, now).await;
            return Err(LoginError::Wrong);
        };
        self.0.throttle().succeeded(taken);
        let hash = self.hash_new(new, &user.name).await?;
        let (id, by) = (user.id, Actor::of(viewer, client.address));
        self.begin(id, None, client, now, move |db| {
            if people::password(db, id)? != kept {
                return Err(AuthError::Spent);
            }
            set_password(db, id, &hash, &by, now)
        })
        .await
    }

    /// Hashes a password that is to be kept, if it is one that is taken.
    pub(super) async fn hash_new(
        &self,
        new: SecretString,
        name: &str,
    ) -> Result<String, AuthError> {
        password::accept(new.expose_secret(), name)?;
        Ok(self.0.hasher.hash(new).await?)
    }

    async fn take_try(
        &self,
        key: &str,
        client: &Client,
        now: Timestamp,
    ) -> Result<Try, LoginError> {
        let taken = self.0.throttle().take(key, client.address, now);
        let Err(Held { wait, is_news }) = taken else {
            return taken.map_err(|held| LoginError::Throttled(held.wait));
        };
        if is_news {
            let event = audit::Event {
                by: Actor::stranger(client.address),
                what: What::LoginThrottled,
                subject: Subject::None,
            };
            self.audit(event, now).await;
        }
        Err(LoginError::Throttled(wait))
    }

    /// The user again if the password is theirs, the verdict, and the hash it was held against.
    async fn verify(
        &self,
        user: Option<UserId>,
        password: SecretString,
        taken: Try,
    ) -> Result<(Option<UserId>, Verdict, Option<String>), LoginError> {
        if password.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Ok((user, Verdict::Wrong, None));
        }
        // Asked for also where there is nobody: it takes its time.
        let asked = user.unwrap_or(UserId(0));
        let kept = self.read(move |db| people::password(db, asked)).await?;
        match self.0.hasher.verify(password, kept.clone()).await {
            Ok(verdict) => Ok((user, verdict, kept)),
            Err(error) => {
                self.0.throttle().undone(taken);
                Err(match error {
                    NotHashed::Busy => LoginError::Busy,
                    NotHashed::Broken => AuthError::Broken.into(),
                })
            }
        }
    }

    async fn note_failure(&self, user: Option<UserId>, client: &Client, now: Timestamp) {
        let event = audit::Event {
            by: Actor::stranger(client.address),
            what: What::LoginFailed,
            subject: user.map_or(Subject::None, Subject::User),
        };
        self.audit(event, now).await;
    }

    /// Begins a session, if `also` is done as well, all or nothing.
    async fn begin(
        &self,
        user: UserId,
        held: Option<SecretString>,
        client: &Client,
        now: Timestamp,
        also: impl FnOnce(&Connection) -> Result<(), AuthError> + Send + 'static,
    ) -> Result<SessionCookie, LoginError> {
        let from = client.clone();
        let begun: Result<(SessionId, SecretString), AuthError> = self
            .write(move |db| {
                if people::by_id(db, user)?.is_disabled {
                    return Err(AuthError::NotAllowed);
                }
                also(db)?;
                if let Some(held) = held {
                    session::remove_by_secret(db, held.expose_secret())?;
                }
                let (id, secret) = session::insert(db, user, &from, now)?;
                people::set_entered(db, user, now)?;
                let by = Actor::user(user, from.address);
                audit::note(db, &by, What::Login, &Subject::Session(id.clone()), now)?;
                Ok((id, secret))
            })
            .await;
        let (id, secret) = match begun {
            Ok(begun) => begun,
            // Disabled or changed between the look and the step.
            Err(AuthError::NotAllowed | AuthError::Spent | AuthError::Unknown(_)) => {
                return Err(LoginError::Wrong);
            }
            Err(error) => return Err(error.into()),
        };
        let viewer = self.current(&ViewerId::Session(id), now);
        let expires_at = now.saturating_add(self.0.settings.session_absolute);
        Ok(SessionCookie {
            secret,
            expires_at: expires_at.unwrap_or(now),
            viewer: viewer.ok_or(LoginError::Wrong)?,
        })
    }
}

/// Sets a password and ends every session that the old one began.
pub(super) fn set_password(
    db: &Connection,
    user: UserId,
    hash: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<(), AuthError> {
    people::by_id(db, user)?.must_be_ours()?;
    people::set_password(db, user, hash)?;
    session::remove_of(db, user, None)?;
    invitation::remove(db, Invitation::SetPassword(user))?;
    audit::note(db, by, What::PasswordSet, &Subject::User(user), now)
}

fn use_link(
    db: &Connection,
    secret: &str,
    name: Option<Name>,
    hash: &str,
    address: std::net::IpAddr,
    now: Timestamp,
) -> Result<UserId, AuthError> {
    // Once more, in the same step that uses it up.
    let invitation = invitation::find(db, secret, now)?.ok_or(AuthError::Spent)?;
    let user = match invitation {
        Invitation::SetPassword(user) => user,
        Invitation::FirstAdministrator => {
            if people::has_administrator(db)? {
                return Err(AuthError::Spent);
            }
            let new = NewUser {
                name: name.ok_or(people::NameRefusal)?,
                role: Role::Administrator,
                sight: Sight::everything(),
                external: None,
            };
            people::insert(db, &new, now)?
        }
    };
    if people::by_id(db, user)?.is_disabled {
        return Err(AuthError::Spent);
    }
    invitation::remove(db, invitation)?;
    let by = Actor::user(user, address);
    audit::note(db, &by, What::InvitationUsed, &Subject::User(user), now)?;
    set_password(db, user, hash, &by, now)?;
    Ok(user)
}

impl From<people::NameRefusal> for LoginError {
    fn from(refusal: people::NameRefusal) -> Self {
        Self::Failed(refusal.into())
    }
}
