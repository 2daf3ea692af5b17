//! The doors: who a request is from, what may be asked without saying so, and the routes by which
//! people come in, leave, and say who else may.
//!
//! What is right and wrong is decided in [`crate::auth`]; here are headers, cookies and words.

pub mod audit;
mod caller;
mod cookies;
mod identify;
mod identity;
pub mod invitation;
pub mod oidc;
pub mod open;
pub mod pairing;
mod renewal;
mod rights;
mod screen;
pub mod session;
pub mod sockets;
pub mod tokens;
pub mod users;
mod visit;
mod words;

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::routing::{delete, get, patch, post};
use ipnet::IpNet;

pub use self::caller::{Caller, Told};
pub use self::identify::identify;
pub use self::visit::Visit;

use self::oidc::Elsewhere;
use self::sockets::Sockets;
use super::Web;
use super::error::ApiError;
use crate::auth::throttle::Knocks;
use crate::auth::{Access, AccessSettings, AuthError};
use crate::config::access::ProxyIdentity;
use crate::config::{Config, ConfigError};

/// No body of ours is longer.
const MAX_BODY_BYTES: usize = 16 << 10;

/// What the doors of one server are like.
#[derive(Debug)]
pub struct Door {
    /// Who may come in.
    pub access: Access,
    /// Who looks by a socket, so that it can be told when that ends.
    pub sockets: Sockets,
    rules: Rules,
    handshakes: Knocks,
    /// Uses of links, good or not.
    links: Knocks,
    elsewhere: Option<Elsewhere>,
}

/// What the operator decided.
#[derive(Clone, Debug)]
struct Rules {
    needs_login: bool,
    speaks_tls: bool,
    /// In lower case, without a port.
    hosts: Vec<String>,
    trusted_proxies: Vec<IpNet>,
    identity: Option<ProxyIdentity>,
}

impl Door {
    /// The doors that `config` asks for, of a server that listens on `address`.
    pub fn new(config: &Config, access: Access, address: SocketAddr) -> Result<Self, ConfigError> {
        let needs_login = config.needs_login(address.ip())?;
        let mut hosts = config.server.hosts.clone();
        if !address.ip().is_unspecified() {
            hosts.push(match address {
                SocketAddr::V4(address) => address.ip().to_string(),
                SocketAddr::V6(address) => format!("[{}]", address.ip()),
            });
        }
        let rules = Rules {
            needs_login,
            speaks_tls: config.server.tls.is_some(),
            hosts,
            trusted_proxies: config.server.trusted_proxies.clone(),
            identity: config.access.proxy.clone(),
        };
        let elsewhere = config.access.oidc.clone().map(Elsewhere::new);
        let elsewhere = elsewhere.transpose().map_err(ConfigError::new)?;
        Ok(Self {
            elsewhere,
            ..Self::of(access, rules)
        })
    }

    /// Doors that stand open to this machine.
    pub fn unlocked() -> Result<Self, AuthError> {
        let rules = Rules {
            needs_login: false,
            speaks_tls: false,
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            identity: None,
        };
        Ok(Self::of(Access::open(AccessSettings::default())?, rules))
    }

    /// Where a request comes from.
    pub(super) fn visit(&self, peer: IpAddr, headers: &HeaderMap) -> Result<Visit, ApiError> {
        Visit::of(peer, headers, &self.rules)
    }

    /// Whether everybody has to say who they are.
    pub fn needs_login(&self) -> bool {
        self.rules.needs_login
    }

    /// Whether browsers reach us by HTTPS of our own.
    pub fn speaks_tls(&self) -> bool {
        self.rules.speaks_tls
    }

    /// Whether `host`, with or without a port, is a name of this server.
    pub fn is_own_host(&self, host: &str) -> bool {
        let name = without_port(host).to_ascii_lowercase();
        matches!(name.as_str(), "127.0.0.1" | "[::1]" | "localhost")
            || self.rules.hosts.contains(&name)
    }

    fn of(access: Access, rules: Rules) -> Self {
        Self {
            access,
            sockets: Sockets::default(),
            rules,
            handshakes: Knocks::new(),
            links: Knocks::of_links(),
            elsewhere: None,
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The routes of the doors.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/me", get(session::me))
        .route("/api/v1/sign-in", get(session::sign_in))
        .route(
            "/api/v1/session",
            post(session::login).delete(session::logout),
        )
        .route(oidc::LOGIN, get(oidc::login))
        .route(oidc::CALLBACK, get(oidc::callback))
        .route(
            "/api/v1/sessions",
            get(session::sessions).delete(session::revoke_others),
        )
        .route("/api/v1/sessions/{id}", delete(session::revoke))
        .route("/api/v1/password", post(session::password))
        .route("/api/v1/invitation", post(invitation::redeem))
        .route("/api/v1/invitation/look", post(invitation::look))
        .route("/api/v1/users", get(users::users).post(users::add))
        .route("/api/v1/users/{id}", patch(users::change))
        .route("/api/v1/users/{id}/invitation", post(users::invite))
        .route("/api/v1/tokens", get(tokens::tokens).post(tokens::make))
        .route(
            "/api/v1/tokens/{id}",
            patch(tokens::change).delete(tokens::revoke),
        )
        .route("/api/v1/display", post(pairing::display))
        .route("/api/v1/pairing", post(pairing::ask))
        .route("/api/v1/pairing/poll", post(pairing::poll))
        .route("/api/v1/pairing/{code}", get(pairing::find))
        .route("/api/v1/pairing/{code}/approve", post(pairing::approve))
        .route("/api/v1/pairing/{code}/refuse", post(pairing::refuse))
        .route("/api/v1/audit", get(audit::audit))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_by_the_table() {
        let mut door = Door::unlocked().unwrap();
        door.rules.hosts = vec!["fleet.example.org".to_owned(), "192.0.2.1".to_owned()];
        let cases = [
            ("127.0.0.1", true),
            ("127.0.0.1:8080", true),
            ("localhost:1", true),
            ("LOCALHOST", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("fleet.example.org", true),
            ("Fleet.Example.ORG:8443", true),
            ("192.0.2.1:80", true),
            ("192.0.2.2:80", false),
            ("fleet.example.org.", false),
            ("fleet.example.org.evil.example", false),
            ("evil-fleet.example.org", false),
            ("::1", false),
            ("", false),
            ("127.0.0.1:", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:80", false),
            ("evil.example:80", false),
            ("localhost:80:80", false),
            ("user@localhost", false),
            ("127.0.0.2", false),
        ];
        for (host, expected) in cases {
            assert_eq!(door.is_own_host(host), expected, "{host:?}");
        }
    }
}
