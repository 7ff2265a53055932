//! What surrounds us: the registries that are declared, the proxies, the trust, the room.
//!
//! Values alone; whoever reads the environment and files makes them.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    registry::{Credential, Mirror, canonical_host},
    secret::Secret,
};

/// How one registry is reached; one that is not declared is reached over HTTPS by anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// `host[:port]` as references name it; Docker Hub is `index.docker.io`.
    pub host: String,
    /// Plain HTTP where there is no HTTPS.
    pub insecure: bool,
    /// Any certificate will do.
    pub skip_tls_verify: bool,
    /// Certificates, PEM, that vouch for it beside the usual ones.
    pub ca: Option<Vec<u8>>,
    /// The certificate that we show, with what stands above it, and its key; PEM both.
    pub client: Option<(Vec<u8>, Secret)>,
    /// Who logs in; nobody otherwise.
    pub credential: Option<Credential>,
    /// Where to pull from instead, the first that has the image.
    pub mirrors: Vec<Mirror>,
    /// Pull from the registry itself where no mirror has the image.
    pub mirror_fallback: bool,
}

/// What all registries have in common.
#[derive(Debug, Clone)]
pub struct Network {
    /// Between us and the registries.
    pub proxies: Proxies,
    /// Whom TLS trusts where nothing else is said.
    pub roots: Roots,
    /// Where temporary files go; they are unlinked from the start.
    pub temporary: PathBuf,
}

/// Proxies as the environment names them; passwords may be in them, and `Debug` shows none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For plain HTTP: `http://[user:password@]host[:port]`.
    pub http: Option<Secret>,
    /// For HTTPS, through a tunnel.
    pub https: Option<Secret>,
    /// Hosts without a proxy, as `NO_PROXY` has them: `example.com,.corp,10.0.0.0/8,host:5000`.
    pub no: String,
}

/// Where the certificates are that TLS trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots {
    /// `SSL_CERT_FILE`: one file of certificates.
    pub file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: directories of them.
    pub directories: Vec<PathBuf>,
}

impl Network {
    /// What the variables of `environment` say: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY` in either case, `SSL_CERT_FILE`, `SSL_CERT_DIR`, `TMPDIR`.
    #[must_use]
    pub fn of(environment: &BTreeMap<String, String>) -> Self {
        let value = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let either = |name: &str| value(&name.to_ascii_lowercase()).or_else(|| value(name));
        let proxy = |name| {
            either(name).or_else(|| either("ALL_PROXY")).map(|text| Secret::from(text.as_str()))
        };
        let paths = |text: &String| {
            text.split(':').filter(|it| !it.is_empty()).map(PathBuf::from).collect()
        };
        Self {
            proxies: Proxies {
                http: proxy("HTTP_PROXY"),
                https: proxy("HTTPS_PROXY"),
                no: either("NO_PROXY").cloned().unwrap_or_default(),
            },
            roots: Roots {
                file: value("SSL_CERT_FILE").map(PathBuf::from),
                directories: value("SSL_CERT_DIR").map(paths).unwrap_or_default(),
            },
            temporary: value("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from),
        }
    }
}

impl Host {
    /// A registry about which nothing is said but where it is.
    #[must_use]
    pub fn new(host: &str) -> Self {
        Self {
            host: canonical_host(host),
            insecure: false,
            skip_tls_verify: false,
            ca: None,
            client: None,
            credential: None,
            mirrors: Vec::new(),
            mirror_fallback: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(pairs: &[(&str, &str)]) -> Network {
        Network::of(&pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn the_environment_names_proxies_roots_and_room() {
        let network = network(&[
            ("https_proxy", "http://u:hunter2@proxy:3128"),
            ("HTTPS_PROXY", "http://other:1"),
            ("NO_PROXY", "a.io"),
            ("SSL_CERT_FILE", "/ca.pem"),
            ("SSL_CERT_DIR", "/a:/b"),
            ("TMPDIR", "/var/tmp"),
        ]);
        let https = network.proxies.https.as_ref().unwrap();
        assert_eq!(https.expose(), b"http://u:hunter2@proxy:3128");
        assert_eq!(network.proxies.http, None);
        assert_eq!(network.proxies.no, "a.io");
        assert_eq!(network.roots.file, Some("/ca.pem".into()));
        assert_eq!(network.roots.directories, [PathBuf::from("/a"), PathBuf::from("/b")]);
        assert_eq!(network.temporary, PathBuf::from("/var/tmp"));
        assert!(!format!("{network:?}").contains("hunter2"));
    }

    #[test]
    fn an_empty_variable_says_nothing() {
        let network = network(&[("HTTPS_PROXY", ""), ("TMPDIR", ""), ("ALL_PROXY", "http://p:1")]);
        assert_eq!(network.proxies.http.unwrap().expose(), b"http://p:1");
        assert_eq!(network.temporary, PathBuf::from("/tmp"));
    }
}
