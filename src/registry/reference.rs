//! Image references, as docker and Kaniko both take them.
//!
//! A reference is parsed once and is canonical from then on. Where docker's grammar and
//! Kaniko's differ, both must agree: what one of them refuses is refused here, with the part
//! that is wrong and what is allowed there. No registry is asked anything.
//!
//! Source: distribution's reference grammar; go-containerregistry's pkg/name.

use std::{fmt, str::FromStr};

use super::{
    grammar,
    host::{DOCKER_HUB, canonical_host, same_host},
};

/// `host[:port]/repository[:tag][@digest]` with nothing left to a default but the tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// Parses `text`: `alpine` is `index.docker.io/library/alpine`, without a tag.
    ///
    /// The first part is a host if it contains a `.` or a `:` or is `localhost`; otherwise the
    /// image is on Docker Hub.
    ///
    /// # Errors
    ///
    /// [`ReferenceError`] names the part that is wrong and what is allowed there.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let wrong = |mistake| ReferenceError { reference: text.to_owned(), mistake };
        if text.is_empty() {
            return Err(wrong(Mistake::Empty));
        }
        if text.contains(':') && text.contains("://") {
            return Err(wrong(Mistake::Scheme));
        }
        if has_blank(text) {
            return Err(wrong(Mistake::Blank));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        if let Some(digest) = digest {
            check_digest(digest).map_err(wrong)?;
        }
        let (host, rest) = split_host(rest);
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (rest, None),
        };
        if let Some(host) = host {
            grammar::host(host).map_err(|why| wrong(Mistake::Host(host.to_owned(), why)))?;
        }
        grammar::repository(repository)
            .map_err(|why| wrong(Mistake::Repository(repository.to_owned(), why)))?;
        if let Some(tag) = tag {
            grammar::tag(tag).map_err(|why| wrong(Mistake::Tag(tag.to_owned(), why)))?;
        }
        let host = canonical_host(host.unwrap_or(DOCKER_HUB));
        let repository = if host == DOCKER_HUB && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        let (tag, digest) = (tag.map(str::to_owned), digest.map(str::to_owned));
        Ok(Self { host, repository, tag, digest })
    }

    /// The registry as Kaniko names it, with its port; Docker Hub's is `index.docker.io`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path within the registry, without a leading `/`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if one is written; `latest` is never made up.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// `sha256:` and 64 hexadecimal digits, if one is written.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Whether both name one image: a tag that is left out is `latest`, and hosts are compared
    /// as registries are.
    #[must_use]
    pub fn is_same_image(&self, other: &Self) -> bool {
        let tag = |one: &Self| match (&one.tag, &one.digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag.clone(),
        };
        same_host(&self.host, &other.host)
            && self.repository == other.repository
            && tag(self) == tag(other)
            && self.digest == other.digest
    }

    /// The same image with another tag.
    ///
    /// # Errors
    ///
    /// [`ReferenceError`] when `tag` is none.
    pub fn with_tag(&self, tag: &str) -> Result<Self, ReferenceError> {
        grammar::tag(tag).map_err(|why| ReferenceError {
            reference: format!("{self}:{tag}"),
            mistake: Mistake::Tag(tag.to_owned(), why),
        })?;
        Ok(Self { tag: Some(tag.to_owned()), ..self.clone() })
    }

    /// The same image pinned to `digest`; the tag stays, for whoever reads it.
    ///
    /// # Errors
    ///
    /// [`ReferenceError`] when `digest` is not `sha256:` and 64 lower-case hexadecimal digits.
    pub fn with_digest(&self, digest: &str) -> Result<Self, ReferenceError> {
        check_digest(digest)
            .map_err(|mistake| ReferenceError { reference: format!("{self}@{digest}"), mistake })?;
        Ok(Self { digest: Some(digest.to_owned()), ..self.clone() })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, repository, tag, digest } = self;
        // In pieces: plans have thousands of these.
        let named = [host.as_str(), "/", repository];
        let tag = tag.iter().flat_map(|tag| [":", tag]);
        let digest = digest.iter().flat_map(|digest| ["@", digest]);
        named.into_iter().chain(tag).chain(digest).try_for_each(|text| formatter.write_str(text))
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Why a text is no image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{reference}` is no image reference: {mistake}")]
pub struct ReferenceError {
    /// The text as it was given.
    pub reference: String,
    /// The part that is wrong.
    pub mistake: Mistake,
}

/// What is wrong with a reference: the part, and what is allowed there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// `https://` or the like before it.
    #[error("it starts with the registry's host, without `https://`")]
    Scheme,
    /// White space or a control character.
    #[error("it contains white space")]
    Blank,
    /// The registry's host, and the rule that it breaks.
    #[error("the host `{0}` {1}")]
    Host(String, &'static str),
    /// The path within the registry, and the rule that it breaks.
    #[error("the repository `{0}` {1}")]
    Repository(String, &'static str),
    /// The tag, and the rule that it breaks.
    #[error("the tag `{0}` {1}")]
    Tag(String, &'static str),
    /// What stands behind the `@`.
    #[error("the digest `{0}` must be `sha256:` and 64 lower-case hexadecimal digits")]
    Digest(String),
}

/// Whether white space or a control character is in it.
fn has_blank(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().any(|byte| byte <= b' ' || byte == 0x7f)
    } else {
        text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
    }
}

fn split_host(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest)) if first == "localhost" || first.contains(['.', ':']) => {
            (Some(first), rest)
        }
        _ => (None, text),
    }
}

fn check_digest(digest: &str) -> Result<(), Mistake> {
    let whole = digest.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    if whole { Ok(()) } else { Err(Mistake::Digest(digest.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn canonical(text: &str) -> String {
        Reference::parse(text).unwrap().to_string()
    }

    fn message(text: &str) -> String {
        Reference::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn names_without_a_host_are_on_docker_hub() {
        assert_eq!(canonical("alpine"), "index.docker.io/library/alpine");
        assert_eq!(canonical("alpine:3.20"), "index.docker.io/library/alpine:3.20");
        assert_eq!(canonical("docker.io/alpine"), "index.docker.io/library/alpine");
        assert_eq!(canonical("docker.io/library/alpine"), "index.docker.io/library/alpine");
        assert_eq!(canonical("index.docker.io/grafana/loki"), "index.docker.io/grafana/loki");
        assert_eq!(canonical("team/api:1"), "index.docker.io/team/api:1");
    }

    #[test]
    fn a_host_has_a_dot_or_a_port_or_is_localhost() {
        assert_eq!(canonical("ghcr.io/acme/api:v1"), "ghcr.io/acme/api:v1");
        assert_eq!(canonical("registry:5000/api"), "registry:5000/api");
        assert_eq!(canonical("localhost/api"), "localhost/api");
        assert_eq!(canonical("[::1]:5000/api:1"), "[::1]:5000/api:1");
        assert_eq!(canonical("registry:5000"), "index.docker.io/library/registry:5000");
    }

    #[test]
    fn the_parts_are_told_apart() {
        let reference =
            Reference::parse(&format!("localhost:5000/a/b__c/d.e:v1.2-3@{DIGEST}")).unwrap();

        assert_eq!(reference.host(), "localhost:5000");
        assert_eq!(reference.repository(), "a/b__c/d.e");
        assert_eq!(reference.tag(), Some("v1.2-3"));
        assert_eq!(reference.digest(), Some(DIGEST));
    }

    #[test]
    fn what_is_canonical_parses_to_itself() {
        for text in ["alpine", "a.b:1/cc/dd:ee", &format!("team/api:1@{DIGEST}")] {
            let once = Reference::parse(text).unwrap();
            assert_eq!(Reference::parse(&once.to_string()).unwrap(), once);
        }
    }

    #[test]
    fn a_digest_is_put_behind_the_tag() {
        let pinned = Reference::parse("ghcr.io/acme/api:v1").unwrap().with_digest(DIGEST).unwrap();

        assert_eq!(pinned.to_string(), format!("ghcr.io/acme/api:v1@{DIGEST}"));
        assert!(pinned.with_digest("sha256:00").is_err());
    }

    #[test]
    fn a_tag_that_is_left_out_is_latest() {
        let same = |one: &str, other: &str| {
            Reference::parse(one).unwrap().is_same_image(&Reference::parse(other).unwrap())
        };

        assert!(same("r.example.com/shop/api", "R.example.com:443/shop/api:latest"));
        assert!(!same("r.example.com/shop/api", "r.example.com/shop/api:1"));
        assert!(!same("r.example.com/shop/api", &format!("r.example.com/shop/api@{DIGEST}")));
    }

    #[test]
    fn a_tag_has_at_most_128_characters() {
        assert!(Reference::parse(&format!("api:{}", "x".repeat(128))).is_ok());
        assert!(message(&format!("api:{}", "x".repeat(129))).ends_with(
            "must have 1 to 128 characters: letters, digits, `_`, `.` and `-`, the first no `.` or `-`"
        ));
    }

    #[test]
    fn a_mistake_names_its_part_and_what_is_allowed() {
        assert_eq!(message(""), "`` is no image reference: it is empty");
        assert_eq!(
            message("https://ghcr.io/a/b"),
            "`https://ghcr.io/a/b` is no image reference: it starts with the registry's host, without `https://`"
        );
        assert_eq!(
            message("ghcr.io/Acme/api"),
            "`ghcr.io/Acme/api` is no image reference: the repository `Acme/api` must be lower case"
        );
        assert_eq!(
            message("ghcr.io/acme//api"),
            "`ghcr.io/acme//api` is no image reference: the repository `acme//api` has an empty part between its slashes"
        );
        assert_eq!(
            message("ghcr.io/"),
            "`ghcr.io/` is no image reference: the repository `` is missing after the host"
        );
        assert_eq!(
            message("bad_host.example.com/api"),
            "`bad_host.example.com/api` is no image reference: the host `bad_host.example.com` must be letters, digits and `-` between dots, with a port up to 65535 after a `:`"
        );
        assert_eq!(
            message("api:.x"),
            "`api:.x` is no image reference: the tag `.x` must have 1 to 128 characters: letters, digits, `_`, `.` and `-`, the first no `.` or `-`"
        );
        assert_eq!(
            message("api@sha256:abc"),
            "`api@sha256:abc` is no image reference: the digest `sha256:abc` must be `sha256:` and 64 lower-case hexadecimal digits"
        );
        assert_eq!(message("my api"), "`my api` is no image reference: it contains white space");
    }

    #[test]
    fn a_repository_of_one_letter_is_refused_as_kaniko_does() {
        assert_eq!(
            message("localhost:5000/x:1"),
            "`localhost:5000/x:1` is no image reference: the repository `x` must have 2 to 255 characters (Kaniko takes no shorter one)"
        );
        assert_eq!(canonical("localhost:5000/x/y"), "localhost:5000/x/y");
    }

    #[test]
    fn what_only_one_of_docker_and_kaniko_takes_is_refused() {
        for text in [
            "ghcr.io/acme/api:",
            "ghcr.io/acme/a..b",
            "ghcr.io/acme/-api",
            "ghcr.io/acme/a___b",
            "api:-x",
            "Registry/api",
            "ghcr.io:70000/acme/api",
            "ghcr.io:/acme/api",
            "[zz]:5000/api",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
        assert!(Reference::parse("api@sha512:00").is_err());
    }
}
