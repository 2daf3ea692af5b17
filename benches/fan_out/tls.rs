//! Viewers over TLS: what the second way to a viewer costs the server, beside the first.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName,
};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
};

use crate::cells::measure;
use crate::common::Noise;
use crate::text::{Result, say};

const HOST: &str = "localhost";
/// Viewers, bytes of a payload, frames a second.
const CELLS: [(usize, usize, f64); 2] = [(500, 2_000, 10.0), (500, 20_000, 4.0)];
const SECONDS: f64 = 6.0;

/// Reported, without a bound: what is encrypted cannot be shared by viewers.
pub(crate) fn run() -> Result<()> {
    let noise = Noise::start();
    let signed = rcgen::generate_simple_self_signed([HOST.to_owned()])?;
    let certificate = STANDARD.encode(signed.cert.der());
    let key = STANDARD.encode(signed.signing_key.serialize_der());
    say(
        "viewers  bytes   Hz | us of the server per frame, bare, TLS | B/viewer under load, bare, TLS | gaps",
    );
    for (viewers, bytes, hz) in CELLS {
        let cell =
            |server: &[&str], client: &[&str]| measure(server, client, viewers, bytes, hz, SECONDS);
        let bare = cell(&["as-product"], &[])?;
        let tls = cell(&["as-tls", &certificate, &key], &["tls", &certificate])?;
        say(&format!(
            "{viewers:7} {bytes:6} {hz:4} | {:19.2}, {:16.2} | {:14.0}, {:14.0} | {}",
            bare.us_per_frame, tls.us_per_frame, bare.load_bytes, tls.load_bytes, tls.seen.gaps,
        ));
    }
    say(&noise.report());
    Ok(())
}

/// The server's side, of what it was told in base64.
pub(crate) fn acceptor(certificate: &str, key: &str) -> Result<TlsAcceptor> {
    let key = PrivatePkcs8KeyDer::from(STANDARD.decode(key)?);
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![read(certificate)?], PrivateKeyDer::Pkcs8(key))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The viewers' side.
pub(crate) fn trusting(certificate: &str) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(read(certificate)?)?;
    let config = ClientConfig::builder().with_root_certificates(roots);
    Ok(Arc::new(config.with_no_client_auth()))
}

fn read(certificate: &str) -> Result<CertificateDer<'static>> {
    Ok(STANDARD.decode(certificate)?.into())
}

/// What a viewer reads from; never blocks.
#[derive(Debug)]
pub(crate) enum Line {
    Bare(mio::net::TcpStream),
    Tls(Box<StreamOwned<ClientConnection, mio::net::TcpStream>>),
}

impl Line {
    /// A connection on which `request` has been sent.
    pub(crate) fn open(
        address: SocketAddr,
        tls: Option<&Arc<ClientConfig>>,
        request: &str,
    ) -> Result<Self> {
        let mut socket = TcpStream::connect(address)?;
        let Some(config) = tls else {
            socket.write_all(request.as_bytes())?;
            socket.set_nonblocking(true)?;
            return Ok(Self::Bare(mio::net::TcpStream::from_std(socket)));
        };
        let session = ClientConnection::new(Arc::clone(config), ServerName::try_from(HOST)?)?;
        let mut stream = StreamOwned::new(session, socket);
        stream.write_all(request.as_bytes())?;
        stream.flush()?;
        let StreamOwned { conn, sock } = stream;
        sock.set_nonblocking(true)?;
        let sock = mio::net::TcpStream::from_std(sock);
        Ok(Self::Tls(Box::new(StreamOwned::new(conn, sock))))
    }

    pub(crate) fn socket(&mut self) -> &mut mio::net::TcpStream {
        match self {
            Self::Bare(socket) => socket,
            Self::Tls(stream) => &mut stream.sock,
        }
    }

    /// Whether a read that does not fill its buffer may leave something behind.
    pub(crate) fn reads_by_record(&self) -> bool {
        matches!(self, Self::Tls(_))
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bare(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}
