//! What the store says, in memory: every request asks it, so it asks no disk.
//!
//! It is read whole after each write, which is a few milliseconds for thousands of sessions; so
//! there is no second way by which it could come to say something else than the store. Only when
//! something was last used is kept here first, and written down once a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::error::AuthError;
use super::people::{self, External, User, UserId};
use super::secret::Digest;
use super::session::{self, Session, SessionId};
use super::store::{millis, time};
use super::token::{self, Token, TokenId};
use super::viewer::{Role, Viewer, ViewerId, ViewerKind};

/// How long a session lasts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) idle: SignedDuration,
    pub(super) absolute: SignedDuration,
}

/// How often it is written down that something is used.
const SEEN_EVERY_MS: i64 = 60_000;

/// When something was last used, and what the store knows of that.
#[derive(Debug)]
struct Seen {
    at_ms: AtomicI64,
    saved_ms: AtomicI64,
}

impl Seen {
    fn new(at: Option<Timestamp>) -> Arc<Self> {
        let at_ms = at.map_or(0, millis);
        Arc::new(Self {
            at_ms: AtomicI64::new(at_ms),
            saved_ms: AtomicI64::new(at_ms),
        })
    }

    fn mark(&self, now: Timestamp) {
        self.at_ms.fetch_max(millis(now), Ordering::Relaxed);
    }

    fn at(&self) -> Option<Timestamp> {
        let at = time(self.at_ms.load(Ordering::Relaxed)).ok();
        at.filter(|at| *at != Timestamp::UNIX_EPOCH)
    }

    /// When it was used, if that is to be written down now.
    fn due(&self) -> Option<Timestamp> {
        let at_ms = self.at_ms.load(Ordering::Relaxed);
        if at_ms - self.saved_ms.load(Ordering::Relaxed) < SEEN_EVERY_MS {
            return None;
        }
        self.saved_ms.store(at_ms, Ordering::Relaxed);
        self.at()
    }
}

#[derive(Debug)]
struct SessionEntry {
    session: Session,
    seen: Arc<Seen>,
    viewer: Arc<Viewer>,
}

impl SessionEntry {
    fn is_good(&self, limits: Limits, now: Timestamp) -> bool {
        let seen_at = self.seen.at().unwrap_or(self.session.seen_at);
        now.duration_since(seen_at) < limits.idle
            && now.duration_since(self.session.made_at) < limits.absolute
    }
}

#[derive(Debug)]
struct TokenEntry {
    token: Token,
    digest: Digest,
    seen: Arc<Seen>,
    viewer: Arc<Viewer>,
}

/// Who may come in.
#[derive(Debug)]
pub(super) struct Book {
    limits: Limits,
    users: HashMap<UserId, Arc<User>>,
    external: HashMap<External, UserId>,
    sessions: HashMap<SessionId, SessionEntry>,
    by_secret: HashMap<Digest, SessionId>,
    tokens: HashMap<TokenId, TokenEntry>,
}

impl Book {
    pub(super) fn empty(limits: Limits) -> Self {
        Self {
            limits,
            users: HashMap::new(),
            external: HashMap::new(),
            sessions: HashMap::new(),
            by_secret: HashMap::new(),
            tokens: HashMap::new(),
        }
    }

    /// What the store says now. What was seen since is carried over from the book before.
    pub(super) fn read(db: &Connection, before: &Self) -> Result<Self, AuthError> {
        let mut book = Self::empty(before.limits);
        for user in people::all(db)? {
            if let Some(external) = &user.external {
                book.external.insert(external.clone(), user.id);
            }
            book.users.insert(user.id, Arc::new(user));
        }
        for (session, digest) in session::all(db)? {
            let user = book.users.get(&session.user);
            let Some(user) = user.filter(|user| !user.is_disabled) else {
                continue;
            };
            let old = before.sessions.get(&session.id);
            let entry = SessionEntry {
                seen: old.map_or_else(|| Seen::new(Some(session.seen_at)), |e| Arc::clone(&e.seen)),
                viewer: Arc::new(person(user, ViewerId::Session(session.id.clone()))),
                session,
            };
            book.by_secret.insert(digest, entry.session.id.clone());
            book.sessions.insert(entry.session.id.clone(), entry);
        }
        for (token, digest) in token::all(db)? {
            let old = before.tokens.get(&token.id);
            let entry = TokenEntry {
                seen: old.map_or_else(|| Seen::new(token.seen_at), |e| Arc::clone(&e.seen)),
                viewer: Arc::new(machine(&token)),
                digest,
                token,
            };
            book.tokens.insert(entry.token.id.clone(), entry);
        }
        Ok(book)
    }

    /// Who holds the session of this secret.
    pub(super) fn by_session(&self, secret: &str, now: Timestamp) -> Option<Arc<Viewer>> {
        let entry = self
            .sessions
            .get(self.by_secret.get(&Digest::of(secret))?)?;
        entry.is_good(self.limits, now).then(|| {
            entry.seen.mark(now);
            Arc::clone(&entry.viewer)
        })
    }

    /// Who holds this token.
    pub(super) fn by_token(
        &self,
        text: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Option<Arc<Viewer>> {
        let entry = self.tokens.get(&token::id_in(text)?)?;
        let is_good = entry.digest.is(&Digest::of(text))
            && entry.token.is_in_time(now)
            && entry.token.is_good_from(address);
        is_good.then(|| {
            entry.seen.mark(now);
            Arc::clone(&entry.viewer)
        })
    }

    /// The viewer of this id as it is now, if it may still look.
    pub(super) fn viewer(&self, id: &ViewerId, now: Timestamp) -> Option<Arc<Viewer>> {
        match id {
            ViewerId::Local => Some(Arc::new(Viewer::local())),
            ViewerId::User(id) => {
                let user = self.users.get(id).filter(|user| !user.is_disabled)?;
                Some(Arc::new(person(user, ViewerId::User(*id))))
            }
            ViewerId::Session(id) => {
                let entry = self.sessions.get(id)?;
                entry
                    .is_good(self.limits, now)
                    .then(|| Arc::clone(&entry.viewer))
            }
            ViewerId::Token(id) => {
                let entry = self.tokens.get(id)?;
                entry
                    .token
                    .is_in_time(now)
                    .then(|| Arc::clone(&entry.viewer))
            }
        }
    }

    /// It looks.
    pub(super) fn mark_seen(&self, id: &ViewerId, now: Timestamp) {
        let seen = match id {
            ViewerId::Session(id) => self.sessions.get(id).map(|entry| &entry.seen),
            ViewerId::Token(id) => self.tokens.get(id).map(|entry| &entry.seen),
            ViewerId::Local | ViewerId::User(_) => None,
        };
        if let Some(seen) = seen {
            seen.mark(now);
        }
    }

    pub(super) fn users(&self) -> Vec<Arc<User>> {
        let mut users: Vec<_> = self.users.values().cloned().collect();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        users
    }

    pub(super) fn user(&self, id: UserId) -> Option<Arc<User>> {
        self.users.get(&id).cloned()
    }

    pub(super) fn external(&self, external: &External) -> Option<Arc<User>> {
        self.user(*self.external.get(external)?)
    }

    /// Those that are good now, the last used first; of one user or of all.
    pub(super) fn sessions(&self, of: Option<UserId>, now: Timestamp) -> Vec<Session> {
        let wanted = |entry: &&SessionEntry| {
            of.is_none_or(|user| entry.session.user == user) && entry.is_good(self.limits, now)
        };
        let entries = self.sessions.values().filter(wanted);
        let mut sessions: Vec<_> = entries
            .map(|entry| Session {
                seen_at: entry.seen.at().unwrap_or(entry.session.seen_at),
                ..entry.session.clone()
            })
            .collect();
        sessions.sort_by(|a, b| (b.seen_at, &a.id).cmp(&(a.seen_at, &b.id)));
        sessions
    }

    /// All of them, those that are over too, in the order in which they were made.
    pub(super) fn tokens(&self) -> Vec<Token> {
        let mut tokens: Vec<_> = self
            .tokens
            .values()
            .map(|entry| Token {
                seen_at: entry.seen.at(),
                ..entry.token.clone()
            })
            .collect();
        tokens.sort_by(|a, b| (a.made_at, &a.id).cmp(&(b.made_at, &b.id)));
        tokens
    }

    /// Whether any viewer of this book is not, or not the same, in the `next` one.
    pub(super) fn loses_any(&self, next: &Self) -> bool {
        let users = self.users.iter().any(|(id, user)| {
            let next = next.users.get(id);
            next.is_none_or(|next| {
                (&next.name, next.role, &next.sight, next.is_disabled)
                    != (&user.name, user.role, &user.sight, user.is_disabled)
            })
        });
        let sessions = self.sessions.iter().any(|(id, entry)| {
            let next = next.sessions.get(id);
            next.is_none_or(|next| next.viewer != entry.viewer)
        });
        let tokens = self.tokens.iter().any(|(id, entry)| {
            let next = next.tokens.get(id);
            next.is_none_or(|next| {
                next.viewer != entry.viewer || next.token.expires_at != entry.token.expires_at
            })
        });
        users || sessions || tokens
    }

    /// Sessions that are over and still in the store.
    pub(super) fn old_sessions(&self, now: Timestamp) -> Vec<SessionId> {
        let old = |(_, entry): &(&SessionId, &SessionEntry)| !entry.is_good(self.limits, now);
        self.sessions
            .iter()
            .filter(old)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Whether a token came to its end after `since` and by `now`.
    pub(super) fn has_tokens_ending(&self, since: Timestamp, now: Timestamp) -> bool {
        let mut ends = self
            .tokens
            .values()
            .filter_map(|entry| entry.token.expires_at);
        ends.any(|end| since < end && end <= now)
    }

    /// What is to be written down of when things were used.
    pub(super) fn seen_due(&self) -> Vec<(ViewerId, Timestamp)> {
        let session = |entry: &SessionEntry| {
            Some((
                ViewerId::Session(entry.session.id.clone()),
                entry.seen.due()?,
            ))
        };
        let token =
            |entry: &TokenEntry| Some((ViewerId::Token(entry.token.id.clone()), entry.seen.due()?));
        let sessions = self.sessions.values().filter_map(session);
        sessions
            .chain(self.tokens.values().filter_map(token))
            .collect()
    }
}

fn person(user: &User, id: ViewerId) -> Viewer {
    Viewer {
        id,
        user: Some(user.id),
        name: Arc::clone(&user.name),
        role: user.role,
        sight: Arc::clone(&user.sight),
        kind: ViewerKind::Person,
    }
}

fn machine(token: &Token) -> Viewer {
    Viewer {
        id: ViewerId::Token(token.id.clone()),
        user: None,
        name: Arc::clone(&token.name),
        role: Role::Viewer,
        sight: Arc::clone(&token.sight),
        kind: token.kind.viewer(),
    }
}
