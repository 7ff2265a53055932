//! Why an image could not be pulled, pushed or written: in words, with what to do about it.

use std::{io, path::PathBuf, time::Duration};

use super::Platform;

/// Why an image could not be pulled, pushed or written.
///
/// No variant holds a secret; what a registry said is cut to a line of printable characters.
#[derive(Debug, thiserror::Error)]
pub enum OciError {
    /// Its name is not known, or nobody takes the connection.
    #[error("`{host}` can't be reached")]
    Unreachable {
        /// The registry, or whom it sent us to.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// Nobody knows a host of that name.
    #[error("there is no host `{host}`")]
    NoHost {
        /// The registry, or whom it sent us to.
        host: String,
    },
    /// Nothing came, or nothing was taken, for this long.
    #[error("`{host}` has been silent for {} s", .limit.as_secs())]
    Silent {
        /// The registry, or whom it sent us to.
        host: String,
        /// How long we waited.
        limit: Duration,
    },
    /// The connection ended in the middle.
    #[error("the connection to `{host}` was lost: {why}")]
    Lost {
        /// The registry, or whom it sent us to.
        host: String,
        /// How.
        why: String,
    },
    /// The proxy does not let us through.
    #[error("the proxy `{proxy}` does not let us through to `{host}`: {why}")]
    Proxy {
        /// `host:port`, without its user.
        proxy: String,
        /// Where to.
        host: String,
        /// What it answered.
        why: String,
        /// It may do so in a moment.
        transient: bool,
    },
    /// Nobody that we trust vouches for its certificate, or the certificate is of another.
    #[error("the certificate of `{host}` is not to be trusted: {why}")]
    Untrusted {
        /// The registry, or whom it sent us to.
        host: String,
        /// What is wrong with it.
        why: &'static str,
        /// What to do about it.
        remedy: Option<&'static str>,
    },
    /// What answers is no TLS: most often plain HTTP.
    #[error("`{host}` does not speak TLS")]
    PlainHttp {
        /// The registry.
        host: String,
    },
    /// TLS came to nothing for another reason.
    #[error("no TLS with `{host}`: {why}")]
    Tls {
        /// The registry, or whom it sent us to.
        host: String,
        /// What the two don't agree on.
        why: String,
    },
    /// A setting of ours is not usable: a `ca-file` without certificates, a key of another kind.
    #[error("{what} of `{host}` can't be used: {why}")]
    Setting {
        /// The registry; a proxy's variable.
        host: String,
        /// `the ca-file`.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// It wants a login, and refuses ours or there is none.
    #[error("`{host}` {}{}", refused_login(.user.as_deref()), said(.message))]
    Unauthorized {
        /// The registry, or its token service.
        host: String,
        /// Who tried to log in; none: nobody.
        user: Option<String>,
        /// What it says.
        message: String,
    },
    /// It knows who we are, and that is not enough.
    #[error("`{host}` denies {} {action} `{repository}`{}", who(.user.as_deref()), said(.message))]
    Denied {
        /// The registry.
        host: String,
        /// Within it.
        repository: String,
        /// `to pull from`, `to push to`.
        action: &'static str,
        /// Who asked; none: somebody without a login.
        user: Option<String>,
        /// What it says.
        message: String,
    },
    /// No such image, to pull.
    #[error("there is no `{reference}`{}", said(.message))]
    NoImage {
        /// As it was asked for.
        reference: String,
        /// What the registry says.
        message: String,
    },
    /// No such repository or project, to push to, or a blob that a manifest names is not there.
    #[error("`{host}` has no {what}{}", said(.message))]
    NotFound {
        /// The registry.
        host: String,
        /// The repository, the layer.
        what: String,
        /// What it says.
        message: String,
    },
    /// A registry that takes no pushes.
    #[error("`{host}` takes no pushes: it is read-only{}", said(.message))]
    ReadOnly {
        /// The registry.
        host: String,
        /// What it says.
        message: String,
    },
    /// Too many requests, and still so after waiting.
    #[error("`{host}` has had too many requests{}", said(.message))]
    TooMany {
        /// The registry.
        host: String,
        /// What it says.
        message: String,
    },
    /// It fails by itself, and still so after waiting.
    #[error("`{host}` fails with {status}{}", said(.message))]
    Server {
        /// The registry, or whom it sent us to.
        host: String,
        /// 500 and above.
        status: u16,
        /// What it says.
        message: String,
    },
    /// Any other refusal.
    #[error("`{host}` refuses {what} with {status}{}", said(.message))]
    Refused {
        /// The registry, or whom it sent us to.
        host: String,
        /// The manifest, the layer.
        what: String,
        /// Its status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// Its answer makes no sense.
    #[error("`{host}` answers {what} with nonsense: {why}")]
    Nonsense {
        /// The registry, or whom it sent us to.
        host: String,
        /// What was asked for.
        what: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// Bytes that are not those that were promised: damaged, or forged.
    #[error("{what} is not what `{host}` promised: {why}")]
    Corrupt {
        /// The registry.
        host: String,
        /// `the layer sha256:…`.
        what: String,
        /// Size or digest.
        why: String,
    },
    /// An image that we can't work with.
    #[error("`{reference}` {why}")]
    Unsupported {
        /// The image.
        reference: String,
        /// As the end of a sentence.
        why: String,
    },
    /// An index without an image for the platform.
    #[error("`{reference}` has no image for {platform}, only for {}", .offered.join(", "))]
    NoPlatform {
        /// The image.
        reference: String,
        /// What was asked for.
        platform: Platform,
        /// What there is.
        offered: Vec<String>,
    },
    /// No mirror has it, and the registry itself must not be asked.
    #[error("no mirror has `{reference}`, and `mirror-fallback = false` keeps us from asking `{host}`: {}", .passed_over.join("; "))]
    NoMirror {
        /// The image.
        reference: String,
        /// Its registry.
        host: String,
        /// The mirrors' reasons.
        passed_over: Vec<String>,
        /// It may work in a moment.
        transient: bool,
    },
    /// No mirror has it, and the registry itself does not give it either.
    #[error("`{reference}` can't be pulled, and neither from its mirrors: {}", .passed_over.join("; "))]
    AfterMirrors {
        /// The image.
        reference: String,
        /// The mirrors' reasons.
        passed_over: Vec<String>,
        /// The registry's.
        source: Box<Self>,
    },
    /// The system has no room for a thread.
    #[error("no thread could be started")]
    Threads(#[source] io::Error),
    /// A file or directory of this machine.
    #[error("`{path}` can't be {verb}")]
    File {
        /// Which.
        path: PathBuf,
        /// `read`, `written`.
        verb: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The destination is something else, and stays as it is.
    #[error("`{path}` is there and is no OCI layout: it is not replaced")]
    Occupied {
        /// Which.
        path: PathBuf,
    },
}

impl OciError {
    /// Whether the same thing may work in a moment.
    ///
    /// Requests have been repeated already; it is for those who repeat a whole build.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Lost { .. }
            | Self::TooMany { .. }
            | Self::Server { .. } => true,
            Self::AfterMirrors { source, .. } => source.is_transient(),
            Self::Proxy { transient, .. } | Self::NoMirror { transient, .. } => *transient,
            _ => false,
        }
    }

    /// It and its causes in a line.
    pub(super) fn told(&self) -> String {
        let mut told = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(source) = cause {
            told = format!("{told}: {source}");
            cause = source.source();
        }
        told
    }

    /// What to do about it, in a sentence, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::AfterMirrors { source, .. } => source.hint(),
            Self::NoHost { .. } => Some("is its name right, and known to this machine's DNS?"),
            Self::Unauthorized { user: Some(_), .. } => {
                Some("is the password right, and has it not run out?")
            }
            Self::Untrusted { remedy, .. } => *remedy,
            Self::Threads(_) => Some("raise the limit on processes of this user or container"),
            Self::PlainHttp { .. } => Some(
                "`insecure = true` in its `[registries.NAME]` allows plain HTTP, as does `--set \
                     'registries.plain={ host = \"HOST\", insecure = true }'`",
            ),
            Self::Unauthorized { user: None, .. } => {
                Some("`username` and `password` in a `[registries.NAME]` of this host log in")
            }
            Self::Denied { user: None, .. } => Some(
                "nobody is logged in, or there is no such repository: registries don't say which; `username` and `password` in a `[registries.NAME]` of this host log in",
            ),
            _ => None,
        }
    }
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

fn who(user: Option<&str>) -> String {
    user.map_or_else(|| "a user without a login".to_owned(), |user| format!("`{user}`"))
}

fn refused_login(user: Option<&str>) -> String {
    user.map_or_else(|| "wants a login".to_owned(), |user| format!("refuses the login of `{user}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_host_user_and_repository() {
        let denied = |user: Option<&str>| OciError::Denied {
            host: "harbor.example.com".to_owned(),
            repository: "shop/api".to_owned(),
            action: "to push to",
            user: user.map(str::to_owned),
            message: "no push for robots".to_owned(),
        };
        assert_eq!(
            denied(Some("ci")).to_string(),
            "`harbor.example.com` denies `ci` to push to `shop/api`: no push for robots"
        );
        assert!(denied(None).to_string().contains("denies a user without a login to push to"));
        assert!(denied(None).hint().unwrap().contains("nobody is logged in"));
        assert!(!denied(None).is_transient());
    }

    #[test]
    fn what_may_work_in_a_moment_is_told_apart() {
        let host = || "a.io".to_owned();
        let server = OciError::Server { host: host(), status: 503, message: String::new() };
        assert!(server.is_transient());
        assert_eq!(server.to_string(), "`a.io` fails with 503");
        let silent = OciError::Silent { host: host(), limit: Duration::from_mins(1) };
        assert_eq!(silent.to_string(), "`a.io` has been silent for 60 s");
        assert!(!OciError::PlainHttp { host: host() }.is_transient());
    }
}
