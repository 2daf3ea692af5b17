//! Certificates, good and bad, made for one run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

type Authority = CertifiedIssuer<'static, KeyPair>;

/// An authority that is trusted, and all that can be wrong with a certificate.
pub(crate) struct Chains {
    root: Authority,
}

impl Chains {
    pub(crate) fn new() -> Self {
        let root = CertifiedIssuer::self_signed(of_authority("Test Root"), key());
        Self {
            root: root.expect("a root"),
        }
    }

    /// The authority's certificate as a file of `folder`.
    pub(crate) fn ca_file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("ca.pem");
        std::fs::write(&path, pem(self.root.der())).expect("a file");
        path
    }

    /// The key that trusts it, whatever the folder of the configuration.
    pub(crate) fn trust(&self, folder: &Path) -> String {
        format!("ca_file = \"{}\"", self.ca_file(folder).display())
    }

    pub(crate) fn good(&self) -> Arc<ServerConfig> {
        served(&of_host("localhost"), &self.root, &[])
    }

    /// A good one, of an intermediate authority.
    pub(crate) fn longer(&self) -> Arc<ServerConfig> {
        let middle = self.intermediate();
        served(&of_host("localhost"), &middle, &[middle.der()])
    }

    /// Each with its name and what must be told of it.
    pub(crate) fn bad(&self) -> Vec<(&'static str, Option<Arc<ServerConfig>>, &'static str)> {
        let stranger = CertifiedIssuer::self_signed(of_authority("Test Root"), key());
        let stranger = stranger.expect("another root");
        let (middle, other) = (self.intermediate(), self.intermediate());
        let mut expired = of_host("localhost");
        expired.not_after = date_time_ymd(2020, 2, 1);
        let mut early = of_host("localhost");
        early.not_before = date_time_ymd(2090, 2, 1);
        let mut of_client = of_host("localhost");
        of_client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let nobody = "is signed by nobody who is trusted here; if it is your own, name its \
                      authority with `ca_file`";
        let root = &self.root;
        vec![
            (
                "unknown",
                Some(served(&of_host("localhost"), &stranger, &[])),
                nobody,
            ),
            ("own", Some(self_signed()), nobody),
            (
                "middle",
                Some(served(&of_host("localhost"), &middle, &[other.der()])),
                nobody,
            ),
            (
                "gap",
                Some(served(&of_host("localhost"), &middle, &[])),
                nobody,
            ),
            (
                "expired",
                Some(served(&expired, root, &[])),
                "expired at 2020-02-01T00:00:00Z; its owner must renew it",
            ),
            (
                "early",
                Some(served(&early, root, &[])),
                "is not valid before 2090-02-01T00:00:00Z; its owner must renew it",
            ),
            (
                "name",
                Some(served(&of_host("other.example"), root, &[])),
                "is another host's (other.example); check the address",
            ),
            (
                "purpose",
                Some(served(&of_client, root, &[])),
                "is not one for servers; its owner must replace it",
            ),
            (
                "plain",
                None,
                "localhost does not answer in TLS; check address and port",
            ),
        ]
    }

    /// Each has a key of its own, and all have one name.
    fn intermediate(&self) -> Authority {
        let signed = CertifiedIssuer::signed_by(of_authority("Test Middle"), key(), &self.root);
        signed.expect("an intermediate authority")
    }
}

/// The text of a certificate's file.
pub(crate) fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn self_signed() -> Arc<ServerConfig> {
    let key = key();
    let certificate = of_host("localhost")
        .self_signed(&key)
        .expect("a certificate");
    serves(vec![certificate.der().clone()], &key)
}

/// A server with a certificate by `issuer`, which sends `further` ones along.
fn served(
    params: &CertificateParams,
    issuer: &Authority,
    further: &[&CertificateDer<'static>],
) -> Arc<ServerConfig> {
    let key = key();
    let leaf = params.signed_by(&key, issuer).expect("a certificate");
    let mut chain = vec![leaf.der().clone()];
    chain.extend(further.iter().map(|der| (*der).clone()));
    serves(chain, &key)
}

fn serves(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder().with_no_client_auth();
    Arc::new(
        config
            .with_single_cert(chain, key)
            .expect("a key that fits"),
    )
}

fn of_host(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    params
}

fn of_authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
