//! What people may change of access: their own sessions, and everything for administrators.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use secrecy::SecretString;

use super::audit::{self, Subject, What};
use super::enter::set_password;
use super::invitation::{self, Invitation};
use super::people::{self, NewUser, User, UserId};
use super::session::{self, Session, SessionId};
use super::token::{self, MadeToken, NewToken, Token, TokenId, TokenKind};
use super::viewer::{Actor, Role};
use super::{Access, AuthError, Name, administer};
use crate::domain::Sight;

/// A user is made, changed, or shut out.
impl Access {
    /// All users, by name. For administrators.
    pub fn users(&self, by: &Actor) -> Result<Vec<Arc<User>>, AuthError> {
        administer(by)?;
        Ok(self.0.book().users())
    }

    /// One user.
    pub fn user(&self, id: UserId) -> Option<Arc<User>> {
        self.0.book().user(id)
    }

    /// The user of this name, in whatever case it is written.
    pub async fn user_named(&self, name: &Name) -> Result<Option<User>, AuthError> {
        let name = name.clone();
        self.read(move |db| people::by_key(db, name.key())).await
    }

    /// Makes a user that cannot come in yet: [`Self::invite`] it, or set its password.
    pub async fn add_user(
        &self,
        by: &Actor,
        new: NewUser,
        now: Timestamp,
    ) -> Result<UserId, AuthError> {
        self.as_administrator(by, now, move |db, _by| {
            let id = people::insert(db, &new, now)?;
            Ok((id, What::UserAdded, Subject::User(id)))
        })
        .await
    }

    /// Sets what a user may do and see. It stays logged in, with the new rights.
    pub async fn set_rights(
        &self,
        by: &Actor,
        user: UserId,
        role: Role,
        sight: Sight,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        self.as_administrator(by, now, move |db, by| {
            if role != Role::Administrator {
                keep_an_administrator(db, user, by)?;
            }
            people::by_id(db, user)?;
            people::set_rights(db, user, role, &sight)?;
            Ok(((), What::UserChanged, Subject::User(user)))
        })
        .await
    }

    /// Shuts a user out, and ends its sessions; or lets it in again. Tokens that it made for
    /// screens and programs belong to the installation and go on.
    pub async fn set_disabled(
        &self,
        by: &Actor,
        user: UserId,
        is_disabled: bool,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        self.as_administrator(by, now, move |db, by| {
            people::by_id(db, user)?;
            if is_disabled {
                keep_an_administrator(db, user, by)?;
                session::remove_of(db, user, None)?;
                invitation::remove(db, Invitation::SetPassword(user))?;
            }
            people::set_disabled(db, user, is_disabled)?;
            let what = if is_disabled {
                What::UserDisabled
            } else {
                What::UserEnabled
            };
            Ok(((), what, Subject::User(user)))
        })
        .await
    }

    /// Sets the password of another, and ends all their sessions.
    pub async fn set_password(
        &self,
        by: &Actor,
        user: UserId,
        new: SecretString,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        administer(by)?;
        let name = self.read(move |db| people::by_id(db, user)).await?.name;
        let hash = self.hash_new(new, &name).await?;
        self.write_as(by, now, move |db, by| {
            administer(by)?;
            set_password(db, user, &hash, by, now)
        })
        .await
    }

    /// A link, good once and for a day, by which a user sets its password: see
    /// [`invitation::link_path`].
    pub async fn invite(
        &self,
        by: &Actor,
        user: UserId,
        now: Timestamp,
    ) -> Result<SecretString, AuthError> {
        self.as_administrator(by, now, move |db, _by| {
            people::by_id(db, user)?.must_be_ours()?;
            let link = invitation::insert(db, Invitation::SetPassword(user), now)?;
            Ok((link, What::InvitationMade, Subject::User(user)))
        })
        .await
    }

    /// A link, good once and for a day, to become the first administrator; `None` where somebody
    /// can administer already. One that was made before is no longer good.
    pub async fn invite_first(&self, now: Timestamp) -> Result<Option<SecretString>, AuthError> {
        self.note(move |db| {
            if people::has_administrator(db)? {
                invitation::remove(db, Invitation::FirstAdministrator)?;
                return Ok(None);
            }
            let by = Actor::server();
            audit::note(db, &by, What::InvitationMade, &Subject::None, now)?;
            Ok(Some(invitation::insert(
                db,
                Invitation::FirstAdministrator,
                now,
            )?))
        })
        .await
    }
}

/// Sessions are listed and ended.
impl Access {
    /// The sessions of a user, the last used first: by that user, or an administrator.
    pub fn sessions_of(
        &self,
        by: &Actor,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<Session>, AuthError> {
        act_for(by, user)?;
        Ok(self.0.book().sessions(Some(user), now))
    }

    /// All sessions, the last used first. For administrators.
    pub fn sessions(&self, by: &Actor, now: Timestamp) -> Result<Vec<Session>, AuthError> {
        administer(by)?;
        Ok(self.0.book().sessions(None, now))
    }

    /// Ends a session: by its owner, or an administrator. To anybody else it does not exist.
    pub async fn revoke_session(
        &self,
        by: &Actor,
        id: SessionId,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        self.write_as(by, now, move |db, by| {
            let sessions = session::all(db)?.into_iter().map(|(session, _)| session);
            let mut its = sessions.filter(|session| session.id == id);
            if !its.any(|session| by.may_act_for(session.user)) {
                return Err(AuthError::Unknown("session"));
            }
            session::remove(db, &id)?;
            audit::note(db, by, What::SessionRevoked, &Subject::Session(id), now)
        })
        .await
    }

    /// Ends all sessions of a user but one, if it is given; how many.
    pub async fn revoke_sessions_of(
        &self,
        by: &Actor,
        user: UserId,
        but: Option<SessionId>,
        now: Timestamp,
    ) -> Result<usize, AuthError> {
        act_for(by, user)?;
        self.write_as(by, now, move |db, by| {
            act_for(by, user)?;
            let n_ended = session::remove_of(db, user, but.as_ref())?;
            audit::note(db, by, What::SessionRevoked, &Subject::User(user), now)?;
            Ok(n_ended)
        })
        .await
    }
}

/// Tokens of screens and programs. All of it is for administrators.
impl Access {
    /// All tokens, in the order in which they were made; those that are over too.
    pub fn tokens(&self, by: &Actor) -> Result<Vec<Token>, AuthError> {
        administer(by)?;
        Ok(self.0.book().tokens())
    }

    /// The screens there are. Who may ask is for the caller to say: a dispatcher handles them.
    pub fn screens(&self, now: Timestamp) -> Vec<Token> {
        let mut tokens = self.0.book().tokens();
        tokens.retain(|it| it.kind == TokenKind::Display && it.is_in_time(now));
        tokens
    }

    /// Makes one; what it returns is shown once and kept nowhere.
    pub async fn make_token(
        &self,
        by: &Actor,
        new: NewToken,
        now: Timestamp,
    ) -> Result<MadeToken, AuthError> {
        self.as_administrator(by, now, move |db, by| {
            let made = token::insert(db, &new, by.who(), now)?;
            let subject = Subject::Token(made.id.clone());
            Ok((made, What::TokenMade, subject))
        })
        .await
    }

    /// Gives a token another name and another sight.
    pub async fn change_token(
        &self,
        by: &Actor,
        id: TokenId,
        name: Name,
        sight: Sight,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        self.as_administrator(by, now, move |db, _by| {
            if !token::change(db, &id, &name, &sight)? {
                return Err(AuthError::Unknown("token"));
            }
            Ok(((), What::TokenChanged, Subject::Token(id)))
        })
        .await
    }

    /// Revokes a token.
    pub async fn revoke_token(
        &self,
        by: &Actor,
        id: TokenId,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        self.as_administrator(by, now, move |db, _by| {
            if !token::remove(db, &id)? {
                return Err(AuthError::Unknown("token"));
            }
            Ok(((), What::TokenRevoked, Subject::Token(id)))
        })
        .await
    }
}

impl Access {
    /// Does what only administrators may, and notes it: both, or neither. Whoever asks is one when
    /// it is done, not only when they asked.
    async fn as_administrator<T: Send + 'static>(
        &self,
        by: &Actor,
        now: Timestamp,
        work: impl FnOnce(&Transaction<'_>, &Actor) -> Result<Noted<T>, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        administer(by)?;
        self.write_as(by, now, move |db, by| {
            administer(by)?;
            let (done, what, subject) = work(db, by)?;
            audit::note(db, by, what, &subject, now)?;
            Ok(done)
        })
        .await
    }
}

/// What came of something, and what the audit log says of it.
type Noted<T> = (T, What, Subject);

/// Refuses whoever is neither `user` nor an administrator.
fn act_for(by: &Actor, user: UserId) -> Result<(), AuthError> {
    if by.may_act_for(user) {
        Ok(())
    } else {
        Err(AuthError::NotAllowed)
    }
}

/// Refuses to take the last administrator away; not from the command line, by which another can
/// be made at any time, and where it may be urgent.
fn keep_an_administrator(db: &Connection, user: UserId, by: &Actor) -> Result<(), AuthError> {
    let user = people::by_id(db, user)?;
    let counts = user.role == Role::Administrator && !user.is_disabled;
    if counts && !by.is_console() && people::n_administrators(db)? <= 1 {
        return Err(AuthError::LastAdministrator);
    }
    Ok(())
}
