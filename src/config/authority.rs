//! `ca_file`: authorities that a source trusts beside the usual ones. Whatever is in the file is
//! looked at once, at the start, so that a bad one is refused there and not at the first request.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The certificates in the PEM file at `path`, at least one.
///
/// # Errors
/// Says what is wrong with the file and what to do, to follow on "names FILE, which".
pub(super) fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = std::fs::read(path).map_err(|error| {
        format!("cannot be read: {error}; give a file with the authority's certificate in PEM")
    })?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err("is empty; put the authority's certificate into it, in PEM".to_owned());
    }
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("is damaged: {error}; copy the certificate into it again"))?;
    if certificates.is_empty() {
        return Err(
            "holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`; \
             `openssl x509 -inform der` makes PEM of DER"
                .to_owned(),
        );
    }
    for (n, certificate) in certificates.iter().enumerate() {
        let added = RootCertStore::empty().add(certificate.clone());
        added.map_err(|error| {
            let n = n + 1;
            format!("holds something else as certificate {n} ({error}); take it out")
        })?;
    }
    Ok(certificates)
}
