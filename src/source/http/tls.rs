//! TLS towards vendors: how certificates are checked, made in this one place for requests and
//! streams alike, and what is told when one does not hold. Nothing switches the check off.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, ClientConfig, RootCertStore};

/// Of a certificate's names so many are told.
const NAMES_MAX: usize = 3;

/// The system's authorities, read once: that takes a while, and each source asks for them.
static SYSTEM: LazyLock<RootCertStore> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
});

/// TLS 1.2 and 1.3, trusting the system's authorities and `further` ones.
///
/// # Errors
/// A certificate that cannot be an authority's; nobody to trust at all, where that `is_needed`.
pub fn client_config(
    further: &[CertificateDer<'static>],
    is_needed: bool,
) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in further {
        let added = roots.add(certificate.clone());
        added.map_err(|error| format!("a certificate of `ca_file` cannot be used: {error}"))?;
    }
    roots.roots.extend_from_slice(&SYSTEM.roots);
    if roots.is_empty() && is_needed {
        let problem = "this machine trusts no certificate authority: install the package \
                       ca-certificates, or name a file with `ca_file`";
        return Err(problem.to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(Arc::new(
        config.with_root_certificates(roots).with_no_client_auth(),
    ))
}

/// What TLS has against `host`, if `error` comes from there; with a remedy, and to be cleaned.
pub fn objection(host: &str, error: &(dyn Error + 'static)) -> Option<String> {
    match cause(error)? {
        Cause::Tls(rustls::Error::InvalidCertificate(why)) => Some(of_certificate(host, why)),
        Cause::Tls(rustls::Error::InvalidMessage(_)) | Cause::HungUp => Some(format!(
            "{host} does not answer in TLS; check address and port"
        )),
        Cause::Tls(why) => Some(format!("no TLS with {host}: {why}")),
    }
}

enum Cause<'a> {
    Tls(&'a rustls::Error),
    HungUp,
}

/// The deepest cause that is one of TLS. An I/O error keeps its own cause where `source` does not
/// look.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<Cause<'a>> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref() {
            return Some(Cause::Tls(tls));
        }
        let io = error.downcast_ref::<io::Error>();
        // The library has no type for a line that is cut within the handshake.
        if io.is_some_and(|io| {
            io.kind() == ErrorKind::UnexpectedEof && io.to_string() == "tls handshake eof"
        }) {
            return Some(Cause::HungUp);
        }
        next = match io.and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn of_certificate(host: &str, error: &CertificateError) -> String {
    use CertificateError as E;
    let what = match error {
        E::UnknownIssuer | E::BadSignature => {
            "is signed by nobody who is trusted here; if it is your own, name its authority with \
             `ca_file`"
                .to_owned()
        }
        E::Expired => format!("has expired; {CLOCK}"),
        E::ExpiredContext { not_after, .. } => {
            format!("expired at {}; {CLOCK}", time(*not_after))
        }
        E::NotValidYet => format!("is not valid yet; {CLOCK}"),
        E::NotValidYetContext { not_before, .. } => {
            format!("is not valid before {}; {CLOCK}", time(*not_before))
        }
        E::NotValidForName => "is another host's; check the address".to_owned(),
        E::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().take(NAMES_MAX).map(|name| bare(name));
            let names: Vec<_> = names.collect();
            format!(
                "is another host's ({}); check the address",
                names.join(", ")
            )
        }
        E::Revoked => "was revoked; its owner must replace it".to_owned(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "is not one for servers; its owner must replace it".to_owned()
        }
        other => format!("cannot be used ({other}); its owner must replace it"),
    };
    format!("the certificate of {host} {what}")
}

/// The library tells names as `DnsName("a.example")`.
fn bare(name: &str) -> &str {
    let quoted = name.split_once('"').map(|(_, rest)| rest);
    quoted.map_or(name, |rest| rest.trim_end_matches(['"', ')']))
}

const CLOCK: &str = "its owner must renew it, or this machine's clock is wrong";

fn time(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok();
    let at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map_or_else(
        || "a time beyond all calendars".to_owned(),
        |at| at.to_string(),
    )
}
