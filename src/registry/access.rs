//! How an executor reaches the registries of a build: its flags, and the files behind them.
//!
//! A rule from `[registries]` and the hosts in use to Kaniko's flags; it reads no file. What
//! Kaniko makes of the flags, in the archived original as in the fork:
//!
//! - Hosts must be spelt as in the references; Docker Hub is `index.docker.io`.
//! - `--registry-certificate` adds to the system's certificates and is not looked at beside
//!   `--skip-tls-verify-registry`; a file that holds no certificate is ignored without a word.
//! - `--insecure-registry` tries HTTPS first and plain HTTP beside it.
//! - `--skip-default-registry-fallback` is one for all mirrored registries, and does nothing
//!   for those without mirrors.
//! - Mirrors count for pulling base images alone, not for the cache and not for pushing.
//!
//! All flags are in the original 1.24.0. Older ones lack some: `--registry-client-cert` came
//! with 1.10.0, `--skip-default-registry-fallback` with 1.13.0, `--registry-map` with 1.21.0.
//!
//! Source: Kaniko's `pkg/util/transport_util.go`, pkg/image/remote/remote.go,
//! cmd/executor/cmd/root.go; go-containerregistry's pkg/v1/remote/transport/ping.go.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::{DOCKER_HUB, Mirror, MirrorError, Registry, same_host};

/// One flag of the executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFlag {
    /// The flag, as `--registry-map`: an old executor may lack it.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// `[registries.NAME]`, which asks for it.
    pub section: String,
}

impl fmt::Display for AccessFlag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.name, self.value)
    }
}

/// A file that the executor needs to reach a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFile {
    /// Where it goes, relative to the build's directory on the far side.
    pub far: String,
    /// Where it is here, absolute.
    pub local: PathBuf,
    /// What must be in it.
    pub kind: PemKind,
    /// `[registries.NAME]`, which names it.
    pub section: String,
}

/// What a PEM file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemKind {
    /// Certificates.
    Certificate,
    /// A private key.
    Key,
}

impl PemKind {
    /// Whether `content` has at least the marks of it; Kaniko does not tell when they lack.
    #[must_use]
    pub fn is_in(self, content: &[u8]) -> bool {
        let mark: &[u8] = match self {
            Self::Certificate => b"-----BEGIN CERTIFICATE-----",
            Self::Key => b"PRIVATE KEY-----",
        };
        content.windows(mark.len()).any(|window| window == mark)
    }
}

/// What an executor needs to reach registries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// The flags, in the order of the hosts.
    pub flags: Vec<AccessFlag>,
    /// The files that must be there before it starts.
    pub files: Vec<AccessFile>,
}

/// What no flag of Kaniko can express.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// A mirror is no mirror.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// `mirror-fallback = false` and no mirror: Kaniko would pull from the registry itself.
    #[error(
        "`{section}` has `mirror-fallback = false` and no `mirrors`, and Kaniko would pull from the registry itself"
    )]
    NoMirrors {
        /// `[registries.NAME]`.
        section: String,
    },
    /// A client certificate without its key, or a key alone.
    #[error("`{section}` has a `{given}` and no `{missing}`")]
    Half {
        /// `[registries.NAME]`.
        section: String,
        /// The key that is there.
        given: &'static str,
        /// The key that is not.
        missing: &'static str,
    },
}

/// Says by which flags an executor reaches `hosts` and their mirrors.
///
/// `hosts` are as the references name them; each registry's first section counts. `far_dir` is
/// the build's directory on the far side, absolute, without a slash at its end.
///
/// # Errors
///
/// [`AccessError`] for what Kaniko would ignore without a word.
pub fn access(
    registries: &[Registry],
    hosts: &[&str],
    far_dir: &str,
) -> Result<Access, AccessError> {
    let at = |host: &str| registries.iter().find(|registry| registry.is_at(host));
    let mut reached: Vec<String> = Vec::new();
    let mut reach = |host: &str| {
        if !reached.iter().any(|other| other == host) {
            reached.push(host.to_owned());
        }
    };
    let mut mirrored: Vec<(&str, &Registry, Vec<Mirror>)> = Vec::new();
    for &host in hosts {
        reach(host);
        let Some(registry) = at(host) else { continue };
        let mirrors = registry.mirrors()?;
        if mirrors.is_empty() {
            if !registry.mirror_fallback {
                return Err(AccessError::NoMirrors { section: registry.section() });
            }
        } else if !mirrored.iter().any(|(other, ..)| *other == host) {
            for mirror in &mirrors {
                reach(&mirror.host);
            }
            mirrored.push((host, registry, mirrors));
        }
    }
    let mut access = Access::default();
    for host in &reached {
        if let Some(registry) = at(host) {
            access.reach(host, registry, far_dir)?;
        }
    }
    access.mirror(&mirrored);
    Ok(access)
}

impl Access {
    fn flag(&mut self, name: &'static str, value: String, registry: &Registry) {
        self.flags.push(AccessFlag { name, value, section: registry.section() });
    }

    /// Adds a file and answers with its absolute path on the far side.
    fn file(
        &mut self,
        far: String,
        local: &Path,
        kind: PemKind,
        registry: &Registry,
        far_dir: &str,
    ) -> String {
        let path = format!("{far_dir}/{far}");
        self.files.push(AccessFile {
            far,
            local: local.to_owned(),
            kind,
            section: registry.section(),
        });
        path
    }

    fn reach(&mut self, host: &str, registry: &Registry, far_dir: &str) -> Result<(), AccessError> {
        if registry.insecure {
            self.flag("--insecure-registry", host.to_owned(), registry);
        }
        if registry.skip_tls_verify {
            self.flag("--skip-tls-verify-registry", host.to_owned(), registry);
        }
        if let Some(ca) = &registry.ca_file {
            let far = format!("certs/{host}.crt");
            let path = self.file(far, ca, PemKind::Certificate, registry, far_dir);
            self.flag("--registry-certificate", format!("{host}={path}"), registry);
        }
        let half =
            |given, missing| AccessError::Half { section: registry.section(), given, missing };
        match (&registry.client_cert, &registry.client_key) {
            (Some(cert), Some(key)) => {
                let far = format!("certs/{host}.client.crt");
                let cert = self.file(far, cert, PemKind::Certificate, registry, far_dir);
                let far = format!("certs/{host}.client.key");
                let key = self.file(far, key, PemKind::Key, registry, far_dir);
                self.flag("--registry-client-cert", format!("{host}={cert},{key}"), registry);
            }
            (Some(_), None) => return Err(half("client-cert-file", "client-key-file")),
            (None, Some(_)) => return Err(half("client-key-file", "client-cert-file")),
            (None, None) => {}
        }
        Ok(())
    }

    /// Maps the hosts to their mirrors.
    ///
    /// The flag against falling back is one for all: where it is set for one, a host that may
    /// fall back gets itself as its last mirror.
    fn mirror(&mut self, mirrored: &[(&str, &Registry, Vec<Mirror>)]) {
        let strict = mirrored.iter().find(|(_, registry, _)| !registry.mirror_fallback);
        for (host, registry, mirrors) in mirrored {
            let mut mirrors: Vec<_> = mirrors.iter().map(ToString::to_string).collect();
            if strict.is_some() && registry.mirror_fallback {
                mirrors.push((*host).to_owned());
            }
            if same_host(host, DOCKER_HUB) {
                for mirror in mirrors {
                    self.flag("--registry-mirror", mirror, registry);
                }
            } else {
                let pairs: Vec<_> =
                    mirrors.iter().map(|mirror| format!("{host}={mirror}")).collect();
                self.flag("--registry-map", pairs.join(";"), registry);
            }
        }
        if let Some((_, registry, _)) = strict {
            self.flag("--skip-default-registry-fallback", "true".to_owned(), registry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: &str = "/kaniko/.kaniko-build/run";

    fn flags(registries: &[Registry], hosts: &[&str]) -> Vec<String> {
        let access = access(registries, hosts, FAR).unwrap();
        access.flags.iter().map(ToString::to_string).collect()
    }

    fn mirrored(name: &str, host: &str, mirrors: &[&str]) -> Registry {
        let mirrors = mirrors.iter().map(|mirror| (*mirror).to_owned()).collect();
        Registry { mirrors, ..Registry::new(name, host) }
    }

    #[test]
    fn only_hosts_in_use_have_flags() {
        let registries = [
            Registry { insecure: true, ..Registry::new("a", "a.io:5000") },
            Registry { skip_tls_verify: true, ..Registry::new("b", "b.io") },
            Registry { insecure: true, ..Registry::new("c", "c.io") },
        ];
        assert_eq!(
            flags(&registries, &["a.io:5000", "b.io", "d.io", "b.io"]),
            ["--insecure-registry=a.io:5000", "--skip-tls-verify-registry=b.io"]
        );
    }

    #[test]
    fn certificates_travel_and_are_named_by_their_far_paths() {
        let registry = Registry {
            ca_file: Some("/repo/ca.pem".into()),
            client_cert: Some("/repo/me.pem".into()),
            client_key: Some("/repo/me.key".into()),
            ..Registry::new("a", "a.io:5000")
        };
        let access = access(&[registry], &["a.io:5000"], FAR).unwrap();
        let flags: Vec<_> = access.flags.iter().map(ToString::to_string).collect();
        assert_eq!(
            flags,
            [
                "--registry-certificate=a.io:5000=/kaniko/.kaniko-build/run/certs/a.io:5000.crt",
                "--registry-client-cert=a.io:5000=/kaniko/.kaniko-build/run/certs/a.io:5000.client.crt,/kaniko/.kaniko-build/run/certs/a.io:5000.client.key",
            ]
        );
        let files: Vec<_> = access
            .files
            .iter()
            .map(|file| (file.far.as_str(), file.local.to_str().unwrap(), file.kind))
            .collect();
        assert_eq!(
            files,
            [
                ("certs/a.io:5000.crt", "/repo/ca.pem", PemKind::Certificate),
                ("certs/a.io:5000.client.crt", "/repo/me.pem", PemKind::Certificate),
                ("certs/a.io:5000.client.key", "/repo/me.key", PemKind::Key),
            ]
        );
    }

    #[test]
    fn mirrors_of_docker_hub_and_of_others_have_flags_of_their_own() {
        let registries = [
            mirrored("hub", "docker.io", &["m.io/hub/", "mirror.gcr.io"]),
            mirrored("quay", "quay.io", &["m.io/quay", "n.io"]),
        ];
        assert_eq!(
            flags(&registries, &["index.docker.io", "quay.io"]),
            [
                "--registry-mirror=m.io/hub",
                "--registry-mirror=mirror.gcr.io",
                "--registry-map=quay.io=m.io/quay;quay.io=n.io",
            ]
        );
    }

    #[test]
    fn a_mirror_is_reached_as_its_own_section_says() {
        let registries = [
            mirrored("hub", "docker.io", &["m.io/hub"]),
            Registry { skip_tls_verify: true, ..Registry::new("m", "m.io") },
        ];
        assert_eq!(
            flags(&registries, &["index.docker.io"]),
            ["--skip-tls-verify-registry=m.io", "--registry-mirror=m.io/hub"]
        );
    }

    #[test]
    fn one_registry_without_fallback_leaves_the_others_theirs() {
        let registries = [
            Registry { mirror_fallback: false, ..mirrored("hub", "docker.io", &["m.io/hub"]) },
            mirrored("quay", "quay.io", &["m.io/quay"]),
        ];
        assert_eq!(
            flags(&registries, &["index.docker.io", "quay.io"]),
            [
                "--registry-mirror=m.io/hub",
                "--registry-map=quay.io=m.io/quay;quay.io=quay.io",
                "--skip-default-registry-fallback=true",
            ]
        );
        assert_eq!(flags(&registries, &["quay.io"]), ["--registry-map=quay.io=m.io/quay"]);
    }

    #[test]
    fn what_kaniko_would_ignore_is_an_error() {
        let message = |registry| access(&[registry], &["a.io"], FAR).unwrap_err().to_string();
        assert_eq!(
            message(Registry { mirror_fallback: false, ..Registry::new("a", "a.io") }),
            "`[registries.a]` has `mirror-fallback = false` and no `mirrors`, and Kaniko would pull from the registry itself"
        );
        assert_eq!(
            message(Registry { client_key: Some("/k".into()), ..Registry::new("a", "a.io") }),
            "`[registries.a]` has a `client-key-file` and no `client-cert-file`"
        );
        assert_eq!(
            message(mirrored("a", "a.io", &["https://m.io"])),
            "the mirror `https://m.io` of `[registries.a]` must start with the mirror's host, without `https://`"
        );
    }

    #[test]
    fn a_file_without_a_certificate_is_noticed() {
        assert!(PemKind::Certificate.is_in(b"# CA\n-----BEGIN CERTIFICATE-----\nMII\n"));
        assert!(!PemKind::Certificate.is_in(b"-----BEGIN RSA PRIVATE KEY-----\n"));
        assert!(PemKind::Key.is_in(b"-----BEGIN RSA PRIVATE KEY-----\n"));
    }
}
