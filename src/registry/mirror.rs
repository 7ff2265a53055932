//! Mirrors: where images are pulled from instead of their own registry.
//!
//! Source: Kaniko's pkg/image/remote/remote.go, which splits a mirror at its first slash and
//! puts the rest before the repository.

use std::fmt;

use super::{Reference, Registry, canonical_host, credentials::Needed, grammar};

/// `host[:port][/path]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// The registry that is asked.
    pub host: String,
    /// What stands there before an image's repository; may be empty.
    pub path: String,
}

/// A mirror that Kaniko would take for something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mirror `{mirror}` of `{section}` {why}")]
pub struct MirrorError {
    /// As written.
    pub mirror: String,
    /// `[registries.NAME]`.
    pub section: String,
    /// What is wrong, as the end of a sentence.
    pub why: &'static str,
}

impl Mirror {
    /// Reads one item of `mirrors`.
    ///
    /// # Errors
    ///
    /// What is wrong, as the end of a sentence. A path that starts like a host (`docker.io`)
    /// is refused: Kaniko would ask that host, and never the mirror, without a word.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains("://") {
            return Err("must start with the mirror's host, without `https://`");
        }
        let (host, path) = text.split_once('/').unwrap_or((text, ""));
        grammar::host(host)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let first = path.split('/').next().unwrap_or_default();
        if first == "localhost" || first.contains(['.', ':']) {
            return Err(
                "has a path whose first part looks like a host, and Kaniko would pull from that host instead of the mirror",
            );
        }
        if !path.is_empty() && !path.split('/').all(grammar::part) {
            return Err("has a path that is no lower-case repository path");
        }
        Ok(Self { host: canonical_host(host), path: path.to_owned() })
    }

    /// The repository on the mirror of what is `repository` on the registry.
    #[must_use]
    pub fn repository(&self, repository: &str) -> String {
        if self.path.is_empty() {
            repository.to_owned()
        } else {
            format!("{}/{repository}", self.path)
        }
    }
}

impl Mirror {
    /// What `reference` is here; none if a reference can't name this host.
    #[must_use]
    pub fn of(&self, reference: &Reference) -> Option<Reference> {
        let mut text = format!("{}/{}", self.host, self.repository(reference.repository()));
        if let Some(tag) = reference.tag() {
            text = format!("{text}:{tag}");
        }
        if let Some(digest) = reference.digest() {
            text = format!("{text}@{digest}");
        }
        Reference::parse(&text).ok().filter(|there| there.host() == self.host)
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, path } = self;
        if path.is_empty() { formatter.write_str(host) } else { write!(formatter, "{host}/{path}") }
    }
}

impl Registry {
    /// Its mirrors, read.
    ///
    /// # Errors
    ///
    /// [`MirrorError`] for the first that is wrong.
    pub fn mirrors(&self) -> Result<Vec<Mirror>, MirrorError> {
        let read = |text: &String| {
            Mirror::parse(text).map_err(|why| MirrorError {
                mirror: text.clone(),
                section: self.section(),
                why,
            })
        };
        self.mirrors.iter().map(read).collect()
    }
}

/// `needed`, and behind it what the mirrors of these hosts need: they want credentials too.
///
/// # Errors
///
/// [`MirrorError`].
pub fn with_mirrors(
    needed: &[Needed],
    registries: &[Registry],
) -> Result<Vec<Needed>, MirrorError> {
    let mut all = needed.to_vec();
    for original in needed {
        let Some(registry) = registries.iter().find(|it| it.is_at(&original.host)) else {
            continue;
        };
        for mirror in registry.mirrors()? {
            let there = original.repositories.iter().map(|name| mirror.repository(name));
            if let Some(other) = all.iter_mut().find(|other| other.host == mirror.host) {
                other.repositories.extend(there);
            } else {
                let repositories = there.collect();
                all.push(Needed { host: mirror.host, repositories });
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_has_a_host_and_may_have_a_path() {
        let mirror = Mirror::parse("harbor.example.com:8443/proxy/hub/").unwrap();
        assert_eq!(mirror.host, "harbor.example.com:8443");
        assert_eq!(mirror.repository("library/alpine"), "proxy/hub/library/alpine");
        assert_eq!(Mirror::parse("mirror.gcr.io").unwrap().repository("a/b"), "a/b");
    }

    #[test]
    fn a_mirror_has_the_image_below_its_path() {
        let there = |reference: &str, mirror: &str| {
            let reference = Reference::parse(reference).unwrap();
            Mirror::parse(mirror).unwrap().of(&reference).map(|it| it.to_string())
        };
        assert_eq!(there("alpine:3", "m.io/hub"), Some("m.io/hub/library/alpine:3".to_owned()));
        assert_eq!(there("quay.io/a/b", "m.io"), Some("m.io/a/b".to_owned()));
        assert_eq!(there("alpine", "mirror"), None);
    }

    #[test]
    fn a_path_that_kaniko_takes_for_a_host_is_refused() {
        for text in ["harbor.example.com/docker.io", "h.io/localhost/x"] {
            assert!(Mirror::parse(text).unwrap_err().contains("looks like a host"), "{text}");
        }
        assert!(Mirror::parse("harbor.example.com/proxy/docker.io").is_ok());
    }

    #[test]
    fn what_would_break_the_flag_is_refused() {
        for text in ["https://m.io", "m.io;a=b", "m.io/a=b", "m.io/A", "m.io/a//b", ""] {
            assert!(Mirror::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mirrors_are_needed_where_their_registry_is() {
        let hub = Registry {
            mirrors: vec!["harbor.example.com/hub".to_owned(), "mirror.gcr.io".to_owned()],
            ..Registry::new("hub", "docker.io")
        };
        let needed = [("index.docker.io", "library/alpine"), ("harbor.example.com", "shop/api")]
            .map(|(host, repository)| Needed {
                host: host.to_owned(),
                repositories: vec![repository.to_owned()],
            });
        let all = with_mirrors(&needed, &[hub]).unwrap();
        let all: Vec<_> =
            all.iter().map(|it| (it.host.as_str(), it.repositories.join(" "))).collect();
        assert_eq!(
            all,
            [
                ("index.docker.io", "library/alpine".to_owned()),
                ("harbor.example.com", "shop/api hub/library/alpine".to_owned()),
                ("mirror.gcr.io", "library/alpine".to_owned()),
            ]
        );
    }
}
