//! The places of one address, over the real program: so many of its connections are served, so
//! many wait, the rest are closed, and nobody elsewhere has to do with it.
//!
//! This machine's own connections are not counted where they come from loopback, so these come
//! from its address in its network; a machine without any has nobody to keep apart.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, StatusCode};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::harness::PATIENCE;
use crate::publishing::{first_line, pair, start};

const SERVED: usize = 256;
const WAITING: usize = 768;
/// Nobody is asked: only the way there is looked up.
const ELSEWHERE: &str = "198.51.100.1:9";

/// This machine's address in its network, if it is in one.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect(ELSEWHERE).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

pub(super) fn connector(folder: &std::path::Path) -> TlsConnector {
    let root = CertificateDer::from_pem_file(folder.join("cert.pem")).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(root).expect("a root");
    let client = ClientConfig::builder().with_root_certificates(roots);
    TlsConnector::from(Arc::new(client.with_no_client_auth()))
}

/// All that may come in say hello; who is served is told, and stays.
fn greet(
    sockets: Vec<TcpStream>,
    connector: &TlsConnector,
) -> mpsc::Receiver<TlsStream<TcpStream>> {
    let (told, served) = mpsc::channel(SERVED + WAITING);
    for socket in sockets {
        let (told, connector) = (told.clone(), connector.clone());
        tokio::spawn(async move {
            let host = ServerName::try_from("localhost").expect("a name");
            if let Ok(stream) = connector.connect(host, socket).await {
                let _ = told.send(stream).await;
            }
        });
    }
    served
}

async fn next(served: &mut mpsc::Receiver<TlsStream<TcpStream>>) -> TlsStream<TcpStream> {
    let next = tokio::time::timeout(PATIENCE, served.recv()).await;
    next.expect("in time").expect("somebody is served")
}

/// How the server answers who comes from this machine.
async fn is_alive(port: u16, root: &Certificate) -> StatusCode {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .tls_certs_only([root.clone()]);
    let url = format!("https://localhost:{port}/livez");
    let answer = client.build().expect("a client").get(url).send().await;
    answer.expect("an answer").status()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_its_places_and_no_more_and_the_others_have_theirs() {
    let Some(own) = own_address() else { return };
    let n_files = rlimit::increase_nofile_limit(4_096).expect("a limit");
    assert!(2_048 <= n_files, "too few open files are allowed here");
    let dir = tempfile::tempdir().expect("a directory");
    let root = pair(dir.path());
    let config = "[server]\nlisten = \"0.0.0.0:0\"\nhosts = [\"localhost\"]\n[server.tls]\n\
        certificate = \"cert.pem\"\nkey = \"key.pem\"";
    let mut program = start(dir.path(), config);
    program.is_heard();
    let url = first_line(&mut program);
    let port = url.trim_end_matches('/').rsplit(':').next();
    let port: u16 = port.and_then(|port| port.parse().ok()).expect("a port");
    let address = SocketAddr::new(own, port);
    assert_eq!(is_alive(port, &root).await, StatusCode::OK);

    let mut sockets = Vec::new();
    for _ in 0..SERVED + WAITING {
        let socket = TcpStream::connect(address).await.expect("a connection");
        let peer = socket.local_addr().expect("an address").ip();
        assert_eq!(peer, own, "it counts as one address");
        sockets.push(socket);
    }
    // One more is closed, without a word: there is no TLS yet to say it in.
    let mut more = TcpStream::connect(address).await.expect("a connection");
    let closed = tokio::time::timeout(PATIENCE, more.read(&mut [0; 1])).await;
    let closed = closed.expect("it is closed");
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    assert_eq!(
        is_alive(port, &root).await,
        StatusCode::OK,
        "from elsewhere"
    );

    // Of the others, some are served and the rest wait.
    let mut served = greet(sockets, &connector(dir.path()));
    let mut here = Vec::new();
    while here.len() < SERVED {
        here.push(next(&mut served).await);
    }
    let more = tokio::time::timeout(Duration::from_millis(300), served.recv()).await;
    assert!(more.is_err(), "more than {SERVED} are served");
    // As some go, as many of those who wait come in.
    for _ in 0..10 {
        drop(here.pop());
        here.push(next(&mut served).await);
    }
    assert_eq!(
        is_alive(port, &root).await,
        StatusCode::OK,
        "from elsewhere"
    );
}
