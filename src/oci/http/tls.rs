//! TLS: whom we trust as whom, what we show, and what went wrong in words.

use std::{
    error::Error,
    io,
    sync::{Arc, OnceLock},
};

use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{self, CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
};

use super::roots::{self, Usual};
use crate::oci::{Host, OciError};

/// How TLS with one registry, and with whom it sends us to, is done.
#[derive(Debug)]
pub(in crate::oci) struct Trust(pub(super) Arc<ClientConfig>);

/// Checks what a server shows.
#[derive(Debug)]
struct Verifier {
    /// By the rules, made when the first server is checked; none where nobody is trusted.
    usual: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
    roots: Arc<Usual>,
    /// Who is trusted beside those: whom the `ca-file` names.
    beside: RootCertStore,
    provider: Arc<CryptoProvider>,
    /// The certificates of the `ca-file`, of which the server's own may be one: self-signed
    /// ones are made as authorities, and as such webpki takes none of a server.
    pinned: Vec<CertificateDer<'static>>,
    /// Any certificate will do.
    any: bool,
}

impl Trust {
    /// As `host` says, beside the `roots`.
    pub(in crate::oci) fn new(host: &Host, roots: &Arc<Usual>) -> Result<Self, OciError> {
        let setting = |what, why: String| OciError::Setting { host: host.host.clone(), what, why };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut beside = RootCertStore::empty();
        let mut pinned = Vec::new();
        if let Some(ca) = &host.ca {
            pinned = roots::certificates(ca);
            if pinned.is_empty() {
                return Err(setting("the `ca-file`", "it holds no certificate".to_owned()));
            }
            for certificate in &pinned {
                beside
                    .add(certificate.clone())
                    .map_err(|source| setting("the `ca-file`", source.to_string()))?;
            }
        }
        let any = host.skip_tls_verify;
        let verifier = Verifier {
            usual: OnceLock::new(),
            roots: Arc::clone(roots),
            beside,
            provider: Arc::clone(&provider),
            pinned,
            any,
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|source| setting("TLS", source.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let config = match &host.client {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = roots::certificates(certificate);
                if chain.is_empty() {
                    let why = "it holds no certificate".to_owned();
                    return Err(setting("the `client-cert-file`", why));
                }
                // What is wrong with a key is not said: it might be told with it.
                let key = PrivateKeyDer::from_pem_slice(key.expose()).map_err(|_| {
                    setting("the `client-key-file`", "it holds no private key".to_owned())
                })?;
                config.with_client_auth_cert(chain, key).map_err(|_| {
                    let why = "it is no key of the `client-cert-file`".to_owned();
                    setting("the `client-key-file`", why)
                })?
            }
        };
        Ok(Self(Arc::new(config)))
    }
}

impl Verifier {
    fn usual(&self) -> Option<&Arc<WebPkiServerVerifier>> {
        let make = || {
            let mut store = self.roots.store().clone();
            store.roots.extend_from_slice(&self.beside.roots);
            let provider = Arc::clone(&self.provider);
            // It can't be made where nobody is trusted, and for no other reason.
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build().ok()
        };
        self.usual.get_or_init(make).as_ref()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.any {
            return Ok(ServerCertVerified::assertion());
        }
        if self.pinned.iter().any(|pinned| pinned == server) {
            verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
            return Ok(ServerCertVerified::assertion());
        }
        match self.usual() {
            Some(usual) => usual.verify_server_cert(server, between, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What a failed handshake, or a failed read, means.
pub(super) fn failed(host: &str, source: io::Error) -> OciError {
    let host = host.to_owned();
    let inner = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(error) => meaning(host, error),
        None if matches!(
            source.kind(),
            io::ErrorKind::TimedOut | io::ErrorKind::ConnectionRefused
        ) =>
        {
            OciError::Unreachable { host, source }
        }
        None => OciError::Lost { host, why: source.to_string() },
    }
}

fn meaning(host: String, error: &rustls::Error) -> OciError {
    match error {
        rustls::Error::InvalidMessage(_) => OciError::PlainHttp { host },
        rustls::Error::InvalidCertificate(wrong) => {
            let (why, remedy) = in_words(wrong);
            OciError::Untrusted { host, why, remedy }
        }
        other => OciError::Tls { host, why: other.to_string() },
    }
}

/// What is wrong with a certificate, and what to do about it.
fn in_words(wrong: &CertificateError) -> (&'static str, Option<&'static str>) {
    const CA: &str =
        "`ca-file` in its `[registries.NAME]` names the certificate of whoever signs for it";
    const RENEW: &str = "whoever runs it has to give it a new one";
    match wrong {
        CertificateError::UnknownIssuer => ("somebody unknown has signed it", Some(CA)),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "it has expired",
            Some("is the clock of this machine right? else it has to be renewed"),
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("it is not valid yet", Some("is the clock of this machine right?"))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "it is made out to another name",
            Some("is it reached by the name that its `subjectAltName` has?"),
        ),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            ("it is not made out for a server", Some(RENEW))
        }
        CertificateError::Revoked => ("it has been revoked", Some(RENEW)),
        CertificateError::BadSignature => ("its signature is wrong", Some(RENEW)),
        CertificateError::BadEncoding => ("it can't be read", Some(RENEW)),
        // webpki has no words for these but the names of its errors.
        CertificateError::Other(other) => match &*other.to_string() {
            "CaUsedAsEndEntity" => (
                "it is that of an authority and not of a server; most often it is self-signed",
                Some("`ca-file` in its `[registries.NAME]` can name that very certificate"),
            ),
            "UnsupportedCertVersion" => {
                ("it is of an old version, which names no hosts", Some(RENEW))
            }
            _ => ("it is of a kind that is not supported", Some(RENEW)),
        },
        _ => ("it is signed in a way that is not supported", Some(RENEW)),
    }
}

/// What a failed exchange means.
pub(super) fn lost(host: &str, error: &hyper::Error) -> OciError {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(source) = cause {
        if let Some(inner) = source.downcast_ref::<io::Error>() {
            let tls = inner.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            return match tls {
                Some(error) => meaning(host.to_owned(), error),
                None => OciError::Lost { host: host.to_owned(), why: inner.to_string() },
            };
        }
        cause = source.source();
    }
    if error.is_parse() {
        return OciError::Nonsense {
            host: host.to_owned(),
            what: "a request".to_owned(),
            why: error.to_string(),
        };
    }
    OciError::Lost { host: host.to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests;
