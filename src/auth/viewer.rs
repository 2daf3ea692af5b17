//! Who looks: the answer to every request's first question, and in whose name something is done.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use super::people::UserId;
use super::session::SessionId;
use super::token::TokenId;
use crate::domain::Sight;

/// What somebody may do. The order is that of growing rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Looks, and handles alarms and screens.
    Dispatcher,
    /// Also says who may see what.
    Administrator,
}

impl Role {
    /// All of them, by growing rights.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Dispatcher, Self::Administrator];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Dispatcher => "dispatcher",
            Self::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is viewer, dispatcher or administrator")]
pub struct NoRole;

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or(NoRole)
    }
}

/// What kind of viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ViewerKind {
    /// Somebody who logged in.
    Person,
    /// A paired screen.
    Display,
    /// A program with a token.
    Program,
    /// A program that reads `/metrics` and nothing else.
    Metrics,
    /// Whoever sits at the machine of a server without login.
    Local,
}

/// By what a viewer is let in; the thing that ends when it is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ViewerId {
    /// A server without login lets everybody at its machine in.
    Local,
    /// A user, without a session: a trusted proxy says so with each request.
    User(UserId),
    /// A person's session.
    Session(SessionId),
    /// A token of a screen or a program.
    Token(TokenId),
}

impl ViewerId {
    /// A text that only this one has.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Local => "local".to_owned(),
            Self::User(user) => user.to_string(),
            Self::Session(session) => format!("session:{session}"),
            Self::Token(token) => format!("token:{token}"),
        }
    }
}

/// Somebody, or something, that may look. Equal while nothing about it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// By what it is let in.
    pub id: ViewerId,
    /// The person, where it is one.
    pub user: Option<UserId>,
    /// The name of the person, the screen or the program.
    pub name: Arc<str>,
    /// What it may do.
    pub role: Role,
    /// What it may see.
    pub sight: Arc<Sight>,
    /// What kind it is.
    pub kind: ViewerKind,
}

impl Viewer {
    /// Whoever sits at the machine of a server without login: sees and may do everything.
    pub fn local() -> Self {
        Self {
            id: ViewerId::Local,
            user: None,
            name: "this machine".into(),
            role: Role::Administrator,
            sight: Arc::new(Sight::everything()),
            kind: ViewerKind::Local,
        }
    }
}

/// The other end of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address; behind a trusted proxy what that proxy says.
    pub address: IpAddr,
    /// `User-Agent`, or nothing.
    pub agent: String,
}

/// In whose name something is done: what the audit log says, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    who: Arc<str>,
    address: Option<IpAddr>,
    role: Role,
    user: Option<UserId>,
    /// By what it was let in; `None`: by nothing that could end.
    let_in: Option<ViewerId>,
    is_console: bool,
}

impl Actor {
    /// A viewer, from `address`.
    pub fn of(viewer: &Viewer, address: IpAddr) -> Self {
        let who = match (&viewer.user, &viewer.id) {
            (Some(user), _) => user.to_string(),
            (None, ViewerId::Token(token)) => format!("token:{token}"),
            (None, _) => "local".to_owned(),
        };
        Self {
            who: who.into(),
            address: Some(address),
            role: viewer.role,
            user: viewer.user,
            let_in: Some(viewer.id.clone()),
            is_console: false,
        }
    }

    /// The operator, on the command line of the machine.
    pub fn console() -> Self {
        Self::ours("console", Role::Administrator, true)
    }

    /// The server itself.
    pub fn server() -> Self {
        Self::ours("server", Role::Administrator, false)
    }

    /// Somebody from `address` who is not known, or not yet.
    pub fn stranger(address: IpAddr) -> Self {
        let nobody = Self::ours("stranger", Role::Viewer, false);
        Self {
            address: Some(address),
            ..nobody
        }
    }

    /// A user who has just proved who they are.
    pub(super) fn user(user: UserId, address: IpAddr) -> Self {
        Self {
            who: user.to_string().into(),
            address: Some(address),
            role: Role::Viewer,
            user: Some(user),
            let_in: None,
            is_console: false,
        }
    }

    fn ours(who: &str, role: Role, is_console: bool) -> Self {
        Self {
            who: who.into(),
            address: None,
            role,
            user: None,
            let_in: None,
            is_console,
        }
    }

    /// The same, with the role that it has by now.
    pub(super) fn with_role(&self, role: Role) -> Self {
        Self {
            role,
            ..self.clone()
        }
    }

    /// As the audit log names it: `user:3`, `token:k2jx...`, `console`, `local`, `server`,
    /// `stranger`.
    pub fn who(&self) -> &Arc<str> {
        &self.who
    }

    /// From where, if over the network.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The person, where it is one.
    pub(super) fn person(&self) -> Option<UserId> {
        self.user
    }

    /// By what it was let in; `None`: by nothing that could end.
    pub(super) fn let_in(&self) -> Option<&ViewerId> {
        self.let_in.as_ref()
    }

    pub(super) fn is_administrator(&self) -> bool {
        self.role == Role::Administrator
    }

    /// Whether it is `user`, or may act for everybody.
    pub(super) fn may_act_for(&self, user: UserId) -> bool {
        self.user == Some(user) || self.is_administrator()
    }

    /// Whoever has the machine can make another administrator at any time.
    pub(super) fn is_console(&self) -> bool {
        self.is_console
    }
}
