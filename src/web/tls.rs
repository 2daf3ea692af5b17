//! HTTPS of our own: certificate and key, read at the start and again when the operator says so,
//! without a connection being dropped.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::{Accept, TlsAcceptor};

use crate::config::server::TlsFiles;

/// Why a certificate or key is not taken. Never holds any of the key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is no PEM file of the kind.
    #[error("`{what}`: {path} cannot be used: {cause}", path = path.display())]
    File {
        /// `certificate` or `key`.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// What the reader says.
        cause: PemError,
    },
    /// There is no certificate in the file.
    #[error("`certificate`: {path} has no certificate in it", path = .0.display())]
    Empty(PathBuf),
    /// They do not belong together, or are of a kind that is not known.
    #[error("`certificate` and `key` cannot be used together: {0}")]
    Pair(rustls::Error),
}

/// Speaks TLS, 1.2 and later. All clones are one.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    pair: Arc<Pair>,
}

#[derive(Debug)]
struct Pair {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.pair.files)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads `files`.
    pub fn read(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(default_provider());
        let current = RwLock::new(Arc::new(read(&files, &provider)?));
        let pair = Arc::new(Pair {
            files,
            provider: Arc::clone(&provider),
            current,
        });
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Pair)?;
        let resolver: Arc<dyn ResolvesServerCert> = pair.clone();
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            pair,
        })
    }

    /// Reads the files again. Whatever is wrong with them, the pair of before goes on.
    pub fn read_again(&self) -> Result<(), TlsError> {
        let next = read(&self.pair.files, &self.pair.provider)?;
        let mut current = self
            .pair
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(next);
        Ok(())
    }

    /// The handshake.
    pub fn accept(&self, socket: TcpStream) -> Accept<TcpStream> {
        self.acceptor.accept(socket)
    }
}

impl ResolvesServerCert for Pair {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let wrong = |what, path: &Path| {
        let path = path.to_owned();
        move |cause| TlsError::File { what, path, cause }
    };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect);
    let chain = chain.map_err(wrong("certificate", &files.certificate))?;
    if chain.is_empty() {
        return Err(TlsError::Empty(files.certificate.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(wrong("key", &files.key))?;
    CertifiedKey::from_der(chain, key, provider).map_err(TlsError::Pair)
}
