//! Whose signatures TLS trusts: the system's certificates, or those that we carry.
//!
//! What is named by `SSL_CERT_FILE` or `SSL_CERT_DIR` is all that counts. Otherwise the first
//! bundle of the system does. Where there is none, as in an image that holds nothing but this
//! program, Mozilla's list counts, as it was when this program was built.
//!
//! Source: Go's crypto/x509, for the places where systems keep them.

use std::{fs, path::Path, sync::OnceLock};

use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::oci::Roots;

/// Bundles of the distributions.
const BUNDLES: [&str; 7] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/kaniko/ssl/certs/ca-certificates.crt",
];

/// The certificates in `text`, PEM; others than certificates are skipped.
pub(super) fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(text).filter_map(Result::ok).collect()
}

/// Whom we trust where nothing is said of a host; read when TLS is first spoken, as that takes
/// longer than a request.
#[derive(Debug)]
pub(in crate::oci) struct Usual {
    from: Roots,
    store: OnceLock<RootCertStore>,
}

impl Usual {
    pub(in crate::oci) fn new(from: Roots) -> Self {
        Self { from, store: OnceLock::new() }
    }

    pub(super) fn store(&self) -> &RootCertStore {
        self.store.get_or_init(|| store(&self.from))
    }
}

fn store(roots: &Roots) -> RootCertStore {
    let Roots { file, directories } = roots;
    let mut store = RootCertStore::empty();
    if file.is_some() || !directories.is_empty() {
        if let Some(file) = file {
            add(&mut store, file);
        }
        for directory in directories {
            // Hashed links and the bundle name the same certificates; a store takes them all.
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                add(&mut store, &entry.path());
            }
        }
        return store;
    }
    for bundle in BUNDLES {
        add(&mut store, Path::new(bundle));
        if !store.is_empty() {
            return store;
        }
    }
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    store
}

fn add(store: &mut RootCertStore, path: &Path) {
    if let Ok(text) = fs::read(path) {
        store.add_parsable_certificates(certificates(&text));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::oci::{Host, http::Trust};

    #[test]
    fn nothing_is_read_before_a_server_is_checked() {
        let usual = Arc::new(Usual::new(Roots::default()));
        Trust::new(&Host::new("registry.example.com"), &usual).unwrap();

        assert!(usual.store.get().is_none());
    }

    #[test]
    fn what_is_named_is_all_that_counts() {
        let roots = Roots { file: Some("/no/such/file".into()), directories: Vec::new() };
        assert!(store(&roots).is_empty());
    }

    #[test]
    fn there_is_always_somebody_to_trust() {
        assert!(!store(&Roots::default()).is_empty());
    }
}
