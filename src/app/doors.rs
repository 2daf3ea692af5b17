//! What stands before the routes: TLS, and the link by which the first administrator comes in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Memory;
use crate::auth::AuthError;
use crate::auth::invitation::link_path;
use crate::clock;
use crate::config::{Config, ConfigError};
use crate::live::pass::Dismissal;
use crate::live::reception::Reception;
use crate::web::door::Door;
use crate::web::door::sockets::Ending;
use crate::web::serve::{self, Many};
use crate::web::tls::Tls;

/// Where the server stands, and what stands before it.
pub(super) struct Front {
    pub(super) address: SocketAddr,
    pub(super) door: Arc<Door>,
    pub(super) tls: Option<Tls>,
}

impl Front {
    /// Refused here as well as when it is configured: whoever brings a listener of their own is
    /// not exempt.
    pub(super) fn build(
        config: &Config,
        memory: &Memory,
        listener: &TcpListener,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr();
        let address = address.context("the listener has no address")?;
        let door = Door::new(config, memory.access.clone(), address)?;
        Ok(Self {
            address,
            door: Arc::new(door),
            tls: tls(config)?,
        })
    }
}

/// Certificate and key, where there are some.
pub(super) fn tls(config: &Config) -> Result<Option<Tls>, ConfigError> {
    let Some(files) = config.server.tls.clone() else {
        return Ok(None);
    };
    match Tls::read(files) {
        Ok(tls) => Ok(Some(tls)),
        Err(error) => Err(ConfigError::new(format!("[server.tls] {error}"))),
    }
}

/// Serves `router`, by TLS where there is a certificate.
pub(super) fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Tls>,
    config: &Config,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let many = Many::and_this_machine(config.server.trusted_proxies.clone());
    async move {
        match tls {
            None => serve::serve(listener, router, many, stop).await,
            Some(tls) => {
                let wrap = move |socket| tls.accept(socket);
                serve::serve_over(listener, router, wrap, many, stop).await;
            }
        }
    }
}

/// Reads certificate and key again as often as `renewals` says so.
pub(super) fn certificates(
    mut renewals: mpsc::Receiver<()>,
    tls: Option<Tls>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let Some(tls) = tls else { return };
    let stop = stop.clone();
    let renew = async move {
        while renewals.recv().await.is_some() {
            match tls.read_again() {
                Ok(()) => tracing::info!("certificate and key are as the files say now"),
                Err(error) => {
                    tracing::error!(%error, "certificate and key are refused, and stay as they were");
                }
            }
        }
    };
    tasks.spawn(async move {
        stop.run_until_cancelled(renew).await;
    });
}

/// How to ask the server at `address`, without a slash at the end: as its own machine does.
pub fn own_url(config: &Config, address: SocketAddr) -> String {
    let scheme = if config.server.tls.is_some() {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{address}")
}

/// The link by which the first administrator comes in, whole, where somebody has to log in and
/// nobody can administer. It is a secret, for the eyes of the operator alone.
pub async fn first_link(
    config: &Config,
    memory: &Memory,
    address: SocketAddr,
) -> Result<Option<SecretString>, AuthError> {
    if config.needs_login(address.ip()) != Ok(true) {
        return Ok(None);
    }
    let Some(secret) = memory.access.invite_first(clock::now()).await? else {
        return Ok(None);
    };
    let path = link_path(&secret);
    let link = format!("{}{}", public_url(config, address), path.expose_secret());
    Ok(Some(SecretString::from(link)))
}

/// How browsers reach it.
fn public_url(config: &Config, address: SocketAddr) -> String {
    let server = &config.server;
    match server.hosts.first() {
        // The port is the proxy's own, and most likely the usual one.
        Some(host) if !server.trusted_proxies.is_empty() => format!("https://{host}"),
        Some(host) if server.tls.is_some() && address.port() == 443 => format!("https://{host}"),
        Some(host) if server.tls.is_some() => format!("https://{host}:{}", address.port()),
        _ => {
            let ip = match address.ip() {
                ip if ip.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
                ip => ip,
            };
            own_url(config, SocketAddr::new(ip, address.port()))
        }
    }
}

/// Keeps the register of who may come in, and closes the sockets of those who may no longer look,
/// or may see something else.
pub(super) fn watch(
    door: &Door,
    reception: &Reception,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let reception = reception.clone();
    let dismiss = move |pass, ending| {
        let why = match ending {
            Ending::Revoked => Dismissal::Revoked,
            Ending::Changed => Dismissal::Changed,
        };
        reception.dismiss(pass, why);
    };
    let sockets = door.sockets.clone();
    let watching = sockets.watch(door.access.clone(), clock::now, dismiss, stop.clone());
    tasks.spawn(watching);
    tasks.spawn(door.access.clone().keep(clock::now, stop.clone()));
}
