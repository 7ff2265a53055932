//! A registry as the config file declares it.

use std::path::PathBuf;

use super::{CredentialHelper, canonical_host, same_host};
use crate::secret::Source;

/// One `[registries.NAME]`, with templates rendered and paths absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// NAME.
    pub name: String,
    /// `host[:port]`, without a scheme.
    pub host: String,
    /// Who logs in.
    pub username: Option<String>,
    /// Where the password comes from.
    pub password: Option<Source>,
    /// Who knows the credential instead.
    pub credential_helper: Option<CredentialHelper>,
    /// Certificates, as PEM, that vouch for the registry beside the usual ones.
    pub ca_file: Option<PathBuf>,
    /// The certificate, as PEM, that we show.
    pub client_cert: Option<PathBuf>,
    /// Its key, as PEM.
    pub client_key: Option<PathBuf>,
    /// Plain HTTP where there is no HTTPS.
    pub insecure: bool,
    /// Any certificate will do.
    pub skip_tls_verify: bool,
    /// `host[:port][/path]` to pull from instead, the first that has the image.
    pub mirrors: Vec<String>,
    /// Pull from the registry itself where no mirror has the image.
    pub mirror_fallback: bool,
}

impl Registry {
    /// A registry at `host` with nothing else said about it.
    #[must_use]
    pub fn new(name: &str, host: &str) -> Self {
        Self {
            name: name.to_owned(),
            host: canonical_host(host),
            username: None,
            password: None,
            credential_helper: None,
            ca_file: None,
            client_cert: None,
            client_key: None,
            insecure: false,
            skip_tls_verify: false,
            mirrors: Vec::new(),
            mirror_fallback: true,
        }
    }

    /// Whether it is the registry that a reference names by `host`.
    #[must_use]
    pub fn is_at(&self, host: &str) -> bool {
        same_host(&self.host, host)
    }

    /// How messages name it: `[registries.harbor]`.
    #[must_use]
    pub fn section(&self) -> String {
        format!("[registries.{}]", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_at_its_host_however_that_is_spelt() {
        let registry = Registry::new("hub", "docker.io");
        assert_eq!(registry.host, "index.docker.io");
        assert!(registry.is_at("index.docker.io"));
        assert!(Registry::new("x", "X.example.com").is_at("x.example.com:443"));
        assert_eq!(registry.section(), "[registries.hub]");
    }
}
