//! Takes connections and speaks HTTP on them, within bounds: how many there are, how long a
//! request may take to arrive, and how long they may outlive the order to go.
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
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The bounds.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Connections that may be served at once; further ones wait to be accepted.
    max_connections: usize,
    /// A request's head must be there within this.
    head_within: Duration,
    /// A pause after an error of the listener, such as too many open files.
    pause: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            head_within: Duration::from_secs(10),
            pause: Duration::from_millis(250),
        }
    }
}

/// What the kernel may hold for a viewer that does not read; it doubles the figure.
const SEND_BUFFER_BYTES: usize = 128 << 10;
/// Who has not confirmed what was sent within this is dead.
const DEAD_AFTER: Duration = Duration::from_secs(15);

/// Serves `router` until `stop`, and then until the answers under way are written.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    serve_over(listener, router, |socket| ready(Ok(socket)), stop).await;
}

/// As [`serve`], over what `wrap` makes of each socket: TLS, by an acceptor's handshake. That has
/// as long as a request's head; where it fails, it costs its own connection.
pub async fn serve_over<S, W>(
    listener: TcpListener,
    router: Router,
    wrap: impl Fn(TcpStream) -> W,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    W: Future<Output = io::Result<S>> + Send + 'static,
{
    serve_within(Bounds::default(), listener, router, wrap, stop).await;
}

async fn serve_within<S, W>(
    bounds: Bounds,
    listener: TcpListener,
    router: Router,
    wrap: impl Fn(TcpStream) -> W,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    W: Future<Output = io::Result<S>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(bounds.max_connections));
    let graceful = GracefulShutdown::new();
    let http = http(bounds);
    loop {
        let accepted = async {
            // Never closed, so there is a place once somebody leaves.
            let place = Arc::clone(&room).acquire_owned().await;
            (accept(&listener, bounds.pause).await, place)
        };
        let ((socket, peer), place) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accepted => accepted,
        };
        tune(&socket);
        let wrapped = tokio::time::timeout(bounds.head_within, wrap(socket));
        let (http, router, watcher) = (http.clone(), router.clone(), graceful.watcher());
        let stop = stop.clone();
        tokio::spawn(async move {
            let wrapped = tokio::select! {
                () = stop.cancelled() => return,
                wrapped = wrapped => wrapped,
            };
            match wrapped {
                Ok(Ok(stream)) => speak(&http, stream, router, peer, watcher).await,
                Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                Err(_) => tracing::debug!("a handshake took too long"),
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Speaks HTTP until the connection ends, or is upgraded.
async fn speak(
    http: &Builder<TokioExecutor>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    peer: SocketAddr,
    watcher: Watcher,
) {
    let service = service_fn(move |request| answer(router.clone(), request, peer));
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
    peer: SocketAddr,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
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
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;

    struct Served {
        address: SocketAddr,
        stop: CancellationToken,
        task: JoinHandle<()>,
    }

    async fn served(bounds: Bounds) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
        let router = Router::new().route("/", get(peer));
        let task = tokio::spawn(serve_within(
            bounds,
            listener,
            router,
            |socket| ready(Ok(socket)),
            stop.clone(),
        ));
        Served {
            address,
            stop,
            task,
        }
    }

    const SHORT: Bounds = Bounds {
        max_connections: 1,
        head_within: Duration::from_millis(50),
        pause: Duration::from_millis(1),
    };
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    async fn ask(address: SocketAddr) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(REQUEST).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn who_never_finishes_a_request_makes_room_for_others() {
        let served = served(SHORT).await;
        let mut half = TcpStream::connect(served.address).await.unwrap();
        half.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        // There is one place, and it is taken.
        let answer = ask(served.address).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(
            answer.ends_with(|last: char| last.is_ascii_digit()),
            "{answer}"
        );
        let mut rest = Vec::new();
        // Closed, with or without a word.
        let _ = half.read_to_end(&mut rest).await;
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    }

    #[tokio::test]
    async fn half_a_request_does_not_hold_up_the_end() {
        let bounds = Bounds {
            max_connections: 8,
            ..SHORT
        };
        let served = served(bounds).await;
        let mut half = TcpStream::connect(served.address).await.unwrap();
        half.write_all(b"GET / HT").await.unwrap();
        let _idle = TcpStream::connect(served.address).await.unwrap();
        ask(served.address).await;
        served.stop.cancel();
        served.task.await.unwrap();
        assert!(TcpStream::connect(served.address).await.is_err());
    }
}
