//! Takes connections and speaks HTTP on them, within bounds: how many there are, of one address
//! too, how long a request may take to arrive, and how long they may outlive the order to go.
//!
//! A connection that is upgraded leaves here for the live path and is counted there.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub use super::places::Many;
use super::places::{Crowd, Limits, Places};

/// The bounds.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Connections that may be served at once; further ones wait to be accepted.
    max_connections: usize,
    /// Of these, for one address.
    of_address: Limits,
    /// A request's head must be there within this.
    head_within: Duration,
    /// A pause after an error of the listener, such as too many open files.
    pause: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            of_address: Limits {
                served: 256,
                waiting: 768,
            },
            head_within: Duration::from_secs(10),
            pause: Duration::from_millis(250),
        }
    }
}

/// What the kernel may hold for a viewer that does not read; it doubles the figure.
const SEND_BUFFER_BYTES: usize = 128 << 10;
/// Who has not confirmed what was sent within this is dead.
const DEAD_AFTER: Duration = Duration::from_secs(15);

/// Serves `router` until `stop`, and then until the answers under way are written. Each address
/// has its own part of the places, but for those who speak for `many`.
pub async fn serve(listener: TcpListener, router: Router, many: Many, stop: CancellationToken) {
    serve_over(listener, router, |socket| ready(Ok(socket)), many, stop).await;
}

/// As [`serve`], over what `wrap` makes of each socket: TLS, by an acceptor's handshake. That has
/// as long as a request's head; where it fails, it costs its own connection.
pub async fn serve_over<S, W>(
    listener: TcpListener,
    router: Router,
    wrap: impl Fn(TcpStream) -> W,
    many: Many,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    W: Future<Output = io::Result<S>> + Send + 'static,
{
    serve_within(Bounds::default(), listener, router, wrap, many, stop).await;
}

async fn serve_within<S, W>(
    bounds: Bounds,
    listener: TcpListener,
    router: Router,
    wrap: impl Fn(TcpStream) -> W,
    many: Many,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    W: Future<Output = io::Result<S>> + Send + 'static,
{
    let places = Places::new(bounds.of_address, many);
    let room = Arc::new(Semaphore::new(bounds.max_connections));
    let graceful = GracefulShutdown::new();
    let http = http(bounds);
    loop {
        let accepted = async {
            // Never closed, so there is a place once somebody leaves.
            let place = Arc::clone(&room).acquire_owned().await;
            (accept(&listener, bounds.pause).await, place)
        };
        let ((socket, address), place) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accepted => accepted,
        };
        let Some(own) = places.enter(address.ip()) else {
            tracing::debug!("a connection is closed: there are too many of its address");
            continue;
        };
        tune(&socket);
        let (http, router, watcher) = (http.clone(), router.clone(), graceful.watcher());
        let (stop, within, wrapped) = (stop.clone(), bounds.head_within, wrap(socket));
        tokio::spawn(async move {
            let coming = async {
                let seat = timeout(within, own.seat()).await?;
                Ok::<_, Elapsed>((seat, timeout(within, wrapped).await?))
            };
            let came = tokio::select! {
                () = stop.cancelled() => return,
                came = coming => came,
            };
            match came {
                Ok((seat, Ok(stream))) => {
                    let peer = Peer {
                        address,
                        crowd: own.crowd(),
                    };
                    speak(&http, stream, router, peer, watcher).await;
                    drop(seat);
                }
                Ok((_, Err(error))) => tracing::debug!(%error, "a handshake failed"),
                Err(_) => tracing::debug!("a handshake, or the wait for it, took too long"),
            }
            drop((own, place));
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// From where a connection is, and how full it is there.
#[derive(Clone, Debug)]
struct Peer {
    address: SocketAddr,
    crowd: Crowd,
}

/// Speaks HTTP until the connection ends, or is upgraded.
async fn speak(
    http: &Builder<TokioExecutor>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    peer: Peer,
    watcher: Watcher,
) {
    let service = service_fn(move |request| answer(router.clone(), request, peer.clone()));
    let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(%error, "a connection broke off");
    }
}

fn http(bounds: Bounds) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    // The timer bounds what is idle between two requests as well.
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_within);
    http
}

async fn accept(listener: &TcpListener, pause: Duration) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The peer was gone before its turn.
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; is the limit of open files too low?");
                tokio::time::sleep(pause).await;
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: Peer,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer.address));
    let mut answer = router.oneshot(request).await?;
    // What is upgraded gives its place back anyway.
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS && peer.crowd.is_dense() {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(header::CONNECTION, close);
    }
    Ok(answer)
}

/// A small send buffer keeps what is in flight for a slow viewer small; frames are written whole,
/// so waiting for more (Nagle) would only delay them.
fn tune(socket: &TcpStream) {
    let options = socket2::SockRef::from(socket);
    let tuned = socket
        .set_nodelay(true)
        .and_then(|()| options.set_send_buffer_size(SEND_BUFFER_BYTES))
        .and_then(|()| options.set_tcp_user_timeout(Some(DEAD_AFTER)));
    if let Err(error) = tuned {
        tracing::debug!(%error, "a connection could not be tuned");
    }
}

#[cfg(test)]
mod tests;
