//! Whether whoever asked for a change may still have it, found out in the very step that makes it.
//!
//! A request says who it is from by its head, and what it wants by its body, which may come later;
//! a hash takes its time as well. Who is shut out in between must not reach through. So the store
//! is asked again when nobody else can write to it, and not the copy in memory alone, to which the
//! command line may be ahead.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};

use super::people;
use super::session;
use super::viewer::{Actor, ViewerId};
use super::{Access, AuthError, Inner};

impl Access {
    /// As [`Access::write`], in the name of `by`; the work gets them as they are by then.
    pub(super) async fn write_as<T: Send + 'static>(
        &self,
        by: &Actor,
        now: Timestamp,
        work: impl FnOnce(&Transaction<'_>, &Actor) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let (me, by) = (self.clone(), by.clone());
        self.write(move |db| work(db, &me.0.as_of_now(db, &by, now)?))
            .await
    }
}

impl Inner {
    /// `by` with the role that they have now; [`AuthError::SignedOut`] once they may not come in
    /// any more, or what they came in by has ended.
    pub(super) fn as_of_now(
        &self,
        db: &Connection,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Actor, AuthError> {
        let Some(let_in) = by.let_in() else {
            return Ok(by.clone());
        };
        // What ends by itself, a token too, which may change nothing anyway.
        if self.book().viewer(let_in, now).is_none() {
            return Err(AuthError::SignedOut);
        }
        if let ViewerId::Session(id) = let_in
            && session::owner(db, id)? != by.person()
        {
            return Err(AuthError::SignedOut);
        }
        let Some(user) = by.person() else {
            return Ok(by.clone());
        };
        match people::by_id(db, user) {
            Ok(user) if !user.is_disabled => Ok(by.with_role(user.role)),
            Ok(_) | Err(AuthError::Unknown(_)) => Err(AuthError::SignedOut),
            Err(error) => Err(error),
        }
    }
}
