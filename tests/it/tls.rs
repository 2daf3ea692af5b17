//! The live path over real TLS, from the accept loop on: the second way to a viewer, as a server
//! with a certificate takes it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fleetglass::live::viewer::ViewerSettings;
use fleetglass::web::serve::{Many, serve_over};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;

use crate::live::Picture;
use crate::raw::{CLOSE, FIN, Raw, frame, thin};
use crate::stage::{Stage, until, vehicles};

const LIVE: &str = "/api/v1/live";
const HOST: &str = "localhost";

/// A server with a certificate of its own, and who trusts that.
struct Secured {
    stage: Stage,
    connector: TlsConnector,
}

impl Secured {
    async fn open(settings: ViewerSettings) -> Self {
        let signed = rcgen::generate_simple_self_signed([HOST.to_owned()]);
        let signed = signed.expect("a certificate");
        let certificate = signed.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
        let server = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key);
        let acceptor = TlsAcceptor::from(Arc::new(server.expect("a key that fits")));
        let mut roots = RootCertStore::empty();
        roots.add(certificate).expect("a root");
        let client = ClientConfig::builder().with_root_certificates(roots);
        let stage = Stage::served_by(settings, async move |listener, router| {
            let wrap = |socket| acceptor.accept(socket);
            let many = Many::and_this_machine(Vec::new());
            serve_over(listener, router, wrap, many, CancellationToken::new()).await;
        });
        Self {
            stage: stage.await,
            connector: TlsConnector::from(Arc::new(client.with_no_client_auth())),
        }
    }

    fn address(&self) -> SocketAddr {
        self.stage.address
    }

    async fn viewer(&self, socket: TcpStream, query: &str) -> Raw<TlsStream<TcpStream>> {
        let host = ServerName::try_from(HOST).expect("a name");
        let stream = self.connector.connect(host, socket).await;
        let stream = stream.expect("a handshake");
        Raw::open(stream, &format!("{LIVE}{query}"), "", &[]).await
    }
}

async fn socket(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("a connection")
}

/// The close was said in TLS as well: nobody can have cut the line in between.
async fn is_sealed(viewer: &mut Raw<TlsStream<TcpStream>>) {
    let end = viewer.stream.read(&mut [0; 1]).await;
    assert_eq!(end.expect("no truncation"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_the_same_over_tls_and_both_sides_may_close_it() {
    let settings = ViewerSettings {
        heartbeat: Duration::from_millis(300),
        ..ViewerSettings::default()
    };
    let secured = Secured::open(settings).await;
    let stage = &secured.stage;
    stage.publish(vehicles(30, 1, 50)).await;
    until("something is there", || stage.hub.seq() == 1).await;
    let mut first = secured.viewer(socket(secured.address()).await, "").await;
    let mut picture = Picture::default();
    assert_eq!(first.of_type("hello").await["resumed"], false);
    picture.apply(&first.of_type("snapshot").await);
    for version in 2..=10 {
        stage.publish(vehicles(3, version, 50)).await;
        picture.apply(&first.of_type("changes").await);
    }
    // `apply` wants the heartbeat's seq to be that of the picture.
    picture.apply(&first.of_type("heartbeat").await);
    first.say(&frame(FIN | CLOSE, &[3, 0xe8])).await;
    assert_eq!(first.closed().await.0, 1000);
    is_sealed(&mut first).await;

    for version in 11..=15 {
        stage.publish(vehicles(3, version, 50)).await;
    }
    let query = "?epoch=epoch&seq=10";
    let mut back = secured.viewer(socket(secured.address()).await, query).await;
    assert_eq!(back.of_type("hello").await["resumed"], true);
    while picture.seq < 15 {
        let message = back.next().await.expect("it goes on");
        assert!(message.is_of("changes"));
        picture.apply(&message.json().expect("JSON"));
    }
    assert_eq!(picture.vehicles.len(), 30);
    let ((), closed) = tokio::join!(stage.reception.close(), back.closed());
    assert_eq!(closed.0, 1012);
    assert!(closed.1.starts_with("retry_ms="), "{}", closed.1);
    is_sealed(&mut back).await;
    stage.is_deserted().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_viewer_over_tls_gets_the_newest_state_and_the_others_every_change() {
    let secured = Secured::open(ViewerSettings::default()).await;
    let stage = &secured.stage;
    stage.publish(vehicles(300, 1, 900)).await;
    until("something is there", || stage.hub.seq() == 1).await;
    let mut fast = secured.viewer(socket(secured.address()).await, "").await;
    let mut picture = Picture::default();
    picture.apply(&fast.of_type("snapshot").await);
    let mut slow = secured.viewer(thin(secured.address()).await, "").await;
    let mut seen = Picture::default();
    seen.apply(&slow.of_type("snapshot").await);
    for version in 2..=60 {
        stage.publish(vehicles(300, version, 900)).await;
        // Each once, and none missing.
        picture.apply(&fast.of_type("changes").await);
    }
    let mut n_frames = 0;
    while seen.seq < 60 {
        let message = slow.next().await.expect("it is not cut off");
        seen.apply(&message.json().expect("JSON"));
        n_frames += 1;
    }
    assert!(n_frames < 20, "a backlog of {n_frames} frames");
    assert_eq!(seen.vehicles, picture.vehicles);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_speak_tls_costs_nobody_else_anything() {
    let secured = Secured::open(ViewerSettings::default()).await;
    let _silent = socket(secured.address()).await;
    let mut plain = socket(secured.address()).await;
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    plain.write_all(request).await.expect("it is taken");
    let mut answer = Vec::new();
    // Closed, with or without an alert.
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"));
    let mut viewer = secured.viewer(socket(secured.address()).await, "").await;
    assert_eq!(viewer.of_type("hello").await["resumed"], false);
}
