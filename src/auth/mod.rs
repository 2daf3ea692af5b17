//! Who may come in, and what they may see: users, sessions, tokens, pairing, and the audit log.
//!
//! Nothing here knows HTTP: what stands in a cookie or a header is handed in as text, and so are
//! the address and the time. [`Access`] is the one door; whoever may not do something hears so
//! from it, whatever route they came by.

mod address;
pub mod audit;
mod book;
mod code;
mod enter;
pub mod error;
pub mod invitation;
mod looks;
mod manage;
pub mod pairing;
pub mod password;
pub mod people;
mod screens;
mod secret;
pub mod session;
mod standing;
mod store;
pub mod throttle;
pub mod token;
pub mod viewer;
mod vouched;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use self::address::AddressKey;
pub use self::enter::Invited;
pub use self::error::{AuthError, LoginError};
pub use self::password::Hashing;
pub use self::people::{External, Name, NewUser, User, UserId};
pub use self::session::{Session, SessionCookie, SessionId};
pub use self::token::{MadeToken, NewToken, Token, TokenId, TokenKind};
pub use self::viewer::{Actor, Client, Role, Viewer, ViewerId, ViewerKind};

use self::audit::{Entry, Event};
use self::book::{Book, Limits};
use self::pairing::Pairings;
use self::password::Hasher;
use self::secret::Digest;
use self::store::Store;
use self::throttle::{Gate, LoginThrottle};

/// What the operator decides about access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSettings {
    /// Where `access.sqlite` is kept; `None`: in memory, gone with the process.
    pub dir: Option<PathBuf>,
    /// A session that nobody used for so long ends. Default 12 h.
    pub session_idle: SignedDuration,
    /// A session ends after so long, however much it is used. Default 7 d.
    pub session_absolute: SignedDuration,
    /// Days for which the audit log is kept. Default 180.
    pub audit_days: u32,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            dir: None,
            session_idle: SignedDuration::from_hours(12),
            session_absolute: SignedDuration::from_hours(7 * 24),
            audit_days: 180,
        }
    }
}

/// What a request shows to be let in.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// The value of the session's cookie.
    Session(&'a str),
    /// A token, from `Authorization: Bearer` or a screen's cookie.
    Token(&'a str),
}

/// Says which of the two, and nothing of what it holds.
impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Session(_) => "Session(..)",
            Self::Token(_) => "Token(..)",
        })
    }
}

/// The door. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Access(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: AccessSettings,
    store: Mutex<Store>,
    /// Replaced whole, and only by who holds the store.
    book: RwLock<Arc<Book>>,
    /// Grows whenever some viewer may no longer look, or sees something else.
    generation: watch::Sender<u64>,
    hasher: Hasher,
    throttle: Mutex<LoginThrottle>,
    pairings: Mutex<Pairings>,
    /// Of which looks, and of whose coming by a proxy, the audit log was told lately.
    looks: Mutex<Gate<Digest>>,
    told: Mutex<Gate<Digest>>,
    rounds: Mutex<Rounds>,
}

/// What was last looked after, and when.
#[derive(Clone, Copy, Debug, Default)]
struct Rounds {
    tokens_at: Option<Timestamp>,
    pruned_at: Option<Timestamp>,
}

/// How often somebody has to look after the store, so that what another process wrote counts
/// within a second.
pub const ROUND_EVERY: Duration = Duration::from_millis(400);
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(1);

impl Access {
    /// Opens the store. Blocks for as long as that takes.
    ///
    /// One of a later release ([`AuthError::is_newer`]) is a refused configuration.
    pub fn open(settings: AccessSettings) -> Result<Self, AuthError> {
        let store = Store::open(settings.dir.as_deref())?;
        let limits = Limits {
            idle: settings.session_idle,
            absolute: settings.session_absolute,
        };
        let book = Book::read(store.db(), &Book::empty(limits))?;
        Ok(Self(Arc::new(Inner {
            settings,
            store: Mutex::new(store),
            book: RwLock::new(Arc::new(book)),
            generation: watch::Sender::new(0),
            hasher: Hasher::new(),
            throttle: Mutex::new(LoginThrottle::new()),
            pairings: Mutex::new(Pairings::new()),
            looks: Mutex::new(looks::none()),
            told: Mutex::new(vouched::nobody()),
            rounds: Mutex::default(),
        })))
    }

    /// Who shows this, from `address`. Asked for every request: no disk, no waiting.
    pub fn who(
        &self,
        credential: Credential<'_>,
        address: IpAddr,
        now: Timestamp,
    ) -> Option<Arc<Viewer>> {
        match credential {
            Credential::Session(secret) => self.0.book().by_session(secret, now),
            Credential::Token(text) => self.0.book().by_token(text, address, now),
        }
    }

    /// The viewer of this id as it is now; `None` once it may no longer look.
    pub fn current(&self, id: &ViewerId, now: Timestamp) -> Option<Arc<Viewer>> {
        self.0.book().viewer(id, now)
    }

    /// The viewer still looks, by a socket: its session is not idle.
    pub fn mark_seen(&self, id: &ViewerId, now: Timestamp) {
        self.0.book().mark_seen(id, now);
    }

    /// Changes whenever some viewer may no longer look, or looks with other rights. Whoever holds
    /// sockets then asks [`Self::current`] for each, and closes those whose viewer is gone or not
    /// equal any more; so nothing is missed, however slow the one who listens.
    pub fn invalidated(&self) -> watch::Receiver<u64> {
        self.0.generation.subscribe()
    }

    /// One round of looking after: takes over what another process wrote, ends what is over,
    /// writes down what was used, and forgets what is old. Blocks on the disk when there is
    /// something to do.
    pub fn look_after(&self, now: Timestamp) -> Result<(), AuthError> {
        self.0.look_after(now)
    }

    /// Looks after the store until `stop`, once each [`ROUND_EVERY`].
    pub async fn keep(self, clock: fn() -> Timestamp, stop: CancellationToken) {
        let mut is_ill = false;
        let mut rounds = tokio::time::interval(ROUND_EVERY);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = rounds.tick() => {}
            }
            let inner = Arc::clone(&self.0);
            let round = tokio::task::spawn_blocking(move || inner.look_after(clock())).await;
            let outcome = round.unwrap_or(Err(AuthError::Broken));
            if let (Err(error), false) = (&outcome, is_ill) {
                tracing::error!(%error, "users and tokens cannot be looked after; what is revoked by another process may still look");
            }
            is_ill = outcome.is_err();
        }
    }

    /// Makes an entry in the audit log. One that cannot be made is told in the process's log: it
    /// keeps nobody from working.
    pub async fn audit(&self, event: Event, now: Timestamp) {
        let Event { by, what, subject } = event;
        let noted = self.note(move |db| audit::note(db, &by, what, &subject, now));
        if let Err(error) = noted.await {
            tracing::error!(%error, "an entry of the audit log is lost");
        }
    }

    /// The newest entries of the audit log first: those before the entry `after` if it is given,
    /// at most `limit` (and 1,000). For administrators.
    pub async fn audited(
        &self,
        by: &Actor,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Entry>, AuthError> {
        administer(by)?;
        self.read(move |db| audit::page(db, after, limit.min(1_000)))
            .await
    }

    /// How much was hashed since the start.
    pub fn hashing(&self) -> Hashing {
        self.0.hasher.hashing()
    }

    /// Reads from the store.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        self.blocking(move |inner| work(inner.store().db())).await
    }

    /// Writes what no viewer depends on.
    async fn note<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        self.blocking(move |inner| inner.store().transact(work))
            .await
    }

    /// Writes; when this returns, every request is answered by what was written.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        self.blocking(move |inner| {
            let mut store = inner.store();
            let outcome = store.transact(work)?;
            inner.read_again(&store)?;
            Ok(outcome)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.unwrap_or(Err(AuthError::Broken))
    }
}

impl Inner {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn book(&self) -> Arc<Book> {
        Arc::clone(&self.book.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn throttle(&self) -> MutexGuard<'_, LoginThrottle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pairings(&self) -> MutexGuard<'_, Pairings> {
        self.pairings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what the store says. Whoever calls holds the store, so an older book never
    /// replaces a newer one.
    fn read_again(&self, store: &Store) -> Result<(), AuthError> {
        let before = self.book();
        let next = Arc::new(Book::read(store.db(), &before)?);
        let loses_any = before.loses_any(&next);
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = next;
        if loses_any {
            self.end_some();
        }
        Ok(())
    }

    fn end_some(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }

    fn look_after(&self, now: Timestamp) -> Result<(), AuthError> {
        let mut store = self.store();
        if store.has_changed()? {
            self.read_again(&store)?;
        }
        let book = self.book();
        let (old, seen) = (book.old_sessions(now), book.seen_due());
        if !old.is_empty() || !seen.is_empty() {
            store.transact(|db| {
                write_seen(db, &seen)?;
                old.iter()
                    .try_for_each(|id| session::remove(db, id).map(drop))
            })?;
        }
        if !old.is_empty() {
            self.read_again(&store)?;
        }
        let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        let since = rounds.tokens_at.replace(now).unwrap_or(now);
        if book.has_tokens_ending(since, now) {
            self.end_some();
        }
        let is_due = |at: Timestamp| now.duration_since(at) >= PRUNE_EVERY;
        if rounds.pruned_at.is_none_or(is_due) {
            rounds.pruned_at = Some(now);
            store.transact(|db| {
                invitation::remove_old(db, now)?;
                audit::prune(db, self.settings.audit_days, now)
            })?;
        }
        Ok(())
    }
}

fn write_seen(db: &Connection, seen: &[(ViewerId, Timestamp)]) -> Result<(), AuthError> {
    for (id, at) in seen {
        match id {
            ViewerId::Session(id) => session::set_seen(db, id, *at)?,
            ViewerId::Token(id) => token::set_seen(db, id, *at)?,
            ViewerId::Local | ViewerId::User(_) => {}
        }
    }
    Ok(())
}

/// Refuses whoever is no administrator.
fn administer(by: &Actor) -> Result<(), AuthError> {
    if by.is_administrator() {
        Ok(())
    } else {
        Err(AuthError::NotAllowed)
    }
}

#[cfg(test)]
mod tests;
