//! Who logs in to the registries that a build uses.
//!
//! In two steps. [`locate`] says for each host where its credential would come from, in order,
//! without running anything: that is what plans show. [`resolve`] then runs what has to be run
//! and gives the credentials. Values are in neither messages nor `Debug`.

mod ci;
mod error;
mod locate;
mod resolve;

use std::fmt;

pub use self::{
    error::CredentialsError,
    locate::{Sources, locate},
    resolve::{Login, Resolved, resolve},
};
use super::{Credential, CredentialHelper, Reference};
use crate::secret::{Secret, Source};

/// A host that a build uses, and what it uses there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// As the references name it.
    pub host: String,
    /// The repositories, for configs whose keys carry a path; may be empty.
    pub repositories: Vec<String>,
}

impl Needed {
    /// The hosts of `references`, each once, in their order.
    #[must_use]
    pub fn by<'a>(references: impl IntoIterator<Item = &'a Reference>) -> Vec<Self> {
        let mut needed: Vec<Self> = Vec::new();
        for reference in references {
            let (host, repository) = (reference.host(), reference.repository().to_owned());
            match needed.iter_mut().find(|other| other.host == host) {
                Some(other) if other.repositories.contains(&repository) => {}
                Some(other) => other.repositories.push(repository),
                None => needed.push(Self { host: host.to_owned(), repositories: vec![repository] }),
            }
        }
        needed
    }
}

/// Where the credential of one host would come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// As the build names it.
    pub host: String,
    /// The places to ask, in order; the first that has something counts. None: anonymous.
    pub candidates: Vec<Candidate>,
}

impl Located {
    /// The places in words, for plans; no place is `anonymous`.
    #[must_use]
    pub fn described(&self) -> String {
        if self.candidates.is_empty() {
            return "anonymous".to_owned();
        }
        self.candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", else ")
    }

    /// The secrets that are known without running anything and must not be shown.
    pub fn known_secrets(&self) -> impl Iterator<Item = &Secret> {
        self.candidates.iter().filter_map(|candidate| match &candidate.how {
            How::Known(credential) => Some(credential.secret()),
            How::Password { .. } | How::Helper { .. } | How::Executor => None,
        })
    }
}

/// One place that may have a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name: `CI_REGISTRY_PASSWORD`, `~/.docker/config.json`, `[registries.harbor]`.
    pub origin: String,
    /// How to get at it.
    pub how: How,
}

impl fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, how } = self;
        match how {
            How::Known(_) => formatter.write_str(origin),
            How::Password { source, .. } => write!(formatter, "{origin} ({source})"),
            How::Helper { name, .. } => write!(formatter, "{origin} (docker-credential-{name})"),
            How::Executor => write!(formatter, "{origin} (the executor's own)"),
        }
    }
}

/// How a credential is had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is there.
    Known(Credential),
    /// The password has still to be read, or a command to be run for it.
    Password {
        /// Who logs in.
        username: String,
        /// Where the password comes from.
        source: Source,
    },
    /// A credential helper has to be run.
    Helper {
        /// NAME of `docker-credential-NAME`.
        name: String,
        /// It was asked for: having nothing is an error, and there is no other place.
        required: bool,
    },
    /// The executor finds its own; it gets none from us.
    Executor,
}

impl How {
    /// Whether no later place can count.
    fn is_last(&self) -> bool {
        !matches!(self, Self::Helper { required: false, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_needed_once_with_its_repositories() {
        let references =
            ["ghcr.io/a/b:1", "alpine", "ghcr.io/a/b:2", "ghcr.io/a/c", "docker.io/x/y"]
                .map(|text| Reference::parse(text).unwrap());
        let needed = Needed::by(&references);
        assert_eq!(
            needed,
            [
                Needed {
                    host: "ghcr.io".to_owned(),
                    repositories: vec!["a/b".to_owned(), "a/c".to_owned()]
                },
                Needed {
                    host: "index.docker.io".to_owned(),
                    repositories: vec!["library/alpine".to_owned(), "x/y".to_owned()]
                },
            ]
        );
    }

    #[test]
    fn a_host_without_a_place_is_anonymous() {
        let located = Located { host: "quay.io".to_owned(), candidates: Vec::new() };
        assert_eq!(located.described(), "anonymous");
    }
}
