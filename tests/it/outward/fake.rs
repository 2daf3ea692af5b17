//! A listener that notes what it is asked, and answers as it is told.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The first byte of TLS.
const HANDSHAKE: u8 = 0x16;

/// A request as it came, head and body.
pub(crate) type Asked = String;

/// A running listener.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
}

impl Fake {
    /// Listens on loopback; `tls` is how it proves itself, `answer` makes answers of requests.
    pub(crate) async fn start(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("a bound port");
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let connections = Arc::<AtomicUsize>::default();
        let (notes, counter) = (Arc::clone(&asked), Arc::clone(&connections));
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (tls, notes, answer) = (tls.clone(), Arc::clone(&notes), Arc::clone(&answer));
                tokio::spawn(async move {
                    match tls.map(TlsAcceptor::from) {
                        None => plainly(socket, &notes, &*answer).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(socket).await {
                                exchange(stream, &notes, &*answer).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            asked,
            connections,
        }
    }

    /// One that answers nothing of use.
    pub(crate) async fn evil() -> Self {
        Self::start(None, |_| status(404, "", "{}")).await
    }

    /// All that was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// How often anybody connected.
    pub(crate) fn n_connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

async fn plainly(socket: TcpStream, notes: &Mutex<Vec<Asked>>, answer: &impl Fn(&str) -> String) {
    let mut first = [0; 1];
    let mut socket = socket;
    if socket.peek(&mut first).await.is_ok_and(|n| n == 1) && first[0] == HANDSHAKE {
        let refusal = status(400, "", "this is no TLS");
        let _ = socket.write_all(refusal.as_bytes()).await;
        return;
    }
    exchange(socket, notes, answer).await;
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    notes: &Mutex<Vec<Asked>>,
    answer: &impl Fn(&str) -> String,
) {
    let mut bytes = Vec::new();
    while !is_complete(&bytes) {
        let mut chunk = [0; 4_096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    }
    let asked = String::from_utf8_lossy(&bytes).into_owned();
    let answer = answer(&asked);
    notes.lock().expect("no panic").push(asked);
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.flush().await;
    if answer.starts_with("HTTP/1.1 101") {
        // Held until the other side goes.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    let _ = stream.shutdown().await;
}

fn is_complete(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = header(head, "content-length").and_then(|n| n.parse().ok());
    length.unwrap_or(0) <= body.len()
}

/// The value of the header `name`.
pub(crate) fn header<'a>(asked: &'a str, name: &str) -> Option<&'a str> {
    asked.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// An answer, with limits so high that no test waits for them.
pub(crate) fn status(code: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {code} It\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         x-rate-limit-limit: 1000000\r\nx-rate-limit-remaining: 999999\r\n\
         x-rate-limit-reset: 900\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// What MyCarTracks would answer whose streams are at `stream`; and an upgrade to whoever wants one.
pub(crate) fn mycartracks(asked: &str, stream: &str) -> String {
    let target = asked.split(' ').nth(1).unwrap_or_default();
    if let Some(key) = header(asked, "sec-websocket-key") {
        let proof = derive_accept_key(key.as_bytes());
        return format!(
            "HTTP/1.1 101 It\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-accept: {proof}\r\n\r\n"
        );
    }
    if target.contains("/oauth/token") {
        return status(
            200,
            "",
            r#"{"access_token":"canary-token","expires_in":3600}"#,
        );
    }
    if target.contains("/livePositions/stream") {
        let body = serde_json::json!({ "websocketUrl": stream });
        return status(200, "", &body.to_string());
    }
    status(200, "", r#"{"data":[]}"#)
}
