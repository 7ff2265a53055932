//! Why a build failed, from the executor's exit code and its last lines.
//!
//! The exit code says little: nearly every failure is a 1, and a `RUN` can end with 1 too. What
//! counts is the end of the last error, since its beginning is the same for a registry that
//! refuses and for one that is not there.

mod find;
mod message;

use std::borrow::Cow;

/// Why a build failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The executor, or a command of `RUN`, was killed without a word: out of memory until shown
    /// otherwise.
    OutOfMemory {
        /// It was a command of `RUN`, not the executor.
        run: bool,
    },
    /// The executor was told to end, by the signal of this number.
    Stopped(i32),
    /// A command of `RUN` ended with this code.
    RunFailed {
        /// 127 is a command that is not there.
        code: i32,
        /// Its first line, where the log still has it.
        command: Option<String>,
    },
    /// A program of `RUN` could not be started; often the image has no shell.
    RunNotStarted {
        /// As the executor called it.
        program: String,
    },
    /// A base image is not there.
    BaseMissing {
        /// As the executor named it, variables replaced; none where the log does not tell.
        reference: Option<String>,
    },
    /// A base image may not be pulled.
    BaseUnauthorized {
        /// As above.
        reference: Option<String>,
    },
    /// A push is refused for want of rights.
    PushDenied {
        /// As it was given to the executor.
        destination: String,
        /// The registry knows not who asks: it refuses the login, where there is one. Some say
        /// so as well of a login that may not push.
        unknown: bool,
    },
    /// A push is refused because there is no such repository.
    RepositoryMissing {
        /// As it was given to the executor.
        destination: String,
    },
    /// A push is refused because its tag is there and may not be overwritten.
    TagImmutable {
        /// As it was given to the executor.
        destination: String,
    },
    /// Something is no reference.
    BadReference {
        /// What is none.
        reference: String,
    },
    /// The Dockerfile is not understood.
    DockerfileSyntax {
        /// From 1, where it is told.
        line: Option<usize>,
        /// The executor's words.
        message: String,
    },
    /// The Dockerfile has no such stage.
    UnknownTarget {
        /// As it was asked for.
        target: String,
    },
    /// `COPY` or `ADD` names what is not there.
    CopyMissing {
        /// Relative to the context where it belongs there, else absolute.
        path: String,
    },
    /// The context could not be unpacked.
    ContextBroken {
        /// The executor's words.
        message: String,
    },
    /// The executor lacks a flag.
    UnknownFlag {
        /// As it was given.
        flag: String,
    },
    /// The executor refuses its arguments.
    UsageError {
        /// Its words.
        message: String,
    },
    /// The executor's disk is full.
    DiskFull,
    /// A registry answers that it cannot now: 408, 429 or 5xx.
    RegistryBusy {
        /// What was to be reached.
        asked: Asked,
        /// The executor's words.
        message: String,
    },
    /// A registry is not reached.
    Network {
        /// What was to be reached.
        asked: Asked,
        /// The executor's words.
        message: String,
    },
    /// The name of a registry is not known.
    UnknownHost {
        /// What was to be reached.
        asked: Asked,
        /// The name.
        host: String,
    },
    /// A registry's certificate is not trusted.
    Untrusted {
        /// What was to be reached.
        asked: Asked,
        /// The executor's words.
        message: String,
    },
    /// A registry speaks plain HTTP, and was to speak TLS.
    PlainHttp {
        /// What was to be reached.
        asked: Asked,
    },
    /// Something else: the executor's last error, or its last line.
    Other {
        /// Its words; empty where it said nothing.
        message: String,
        /// The executor's exit code.
        code: i32,
    },
}

/// What the executor wanted of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An image of the Dockerfile; its reference where the log tells it.
    Base(Option<String>),
    /// A push, or leave to push, to this destination.
    Destination(String),
    /// Neither is told.
    Unknown,
}

/// Whether another attempt is worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It would fail in the same way.
    Never,
    /// Perhaps, but a second failure is for good.
    Once,
    /// It may well do.
    Worthwhile,
}

impl Cause {
    /// Finds the cause in how the executor ended: its code (128 + n for a signal) and its last
    /// lines, oldest first, at most some hundred.
    ///
    /// Source: both executors' messages, observed and from pkg/executor/build.go and push.go.
    #[must_use]
    pub fn find(code: i32, tail: &[String]) -> Self {
        find::find(code, tail)
    }

    /// Whether another attempt is worth it. A command of `RUN` is never tried again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::RegistryBusy { .. } | Self::Network { .. } => Retry::Worthwhile,
            Self::UnknownHost { .. } => Retry::Once,
            // Bytes are checked before the executor starts: cut, it was cut on the way to it.
            Self::ContextBroken { message } if message.contains("EOF") => Retry::Worthwhile,
            Self::OutOfMemory { .. }
            | Self::Stopped(_)
            | Self::RunFailed { .. }
            | Self::RunNotStarted { .. }
            | Self::BaseMissing { .. }
            | Self::BaseUnauthorized { .. }
            | Self::PushDenied { .. }
            | Self::RepositoryMissing { .. }
            | Self::TagImmutable { .. }
            | Self::BadReference { .. }
            | Self::DockerfileSyntax { .. }
            | Self::UnknownTarget { .. }
            | Self::CopyMissing { .. }
            | Self::ContextBroken { .. }
            | Self::UnknownFlag { .. }
            | Self::UsageError { .. }
            | Self::DiskFull
            | Self::Untrusted { .. }
            | Self::PlainHttp { .. }
            | Self::Other { .. } => Retry::Never,
        }
    }

    /// Whether [`Cause::retry`] says anything but never.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.retry() != Retry::Never
    }

    /// The cause in one sentence, a lowercase fragment without a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::OutOfMemory { run: false } => {
                "the executor was killed (137), most likely out of memory".into()
            }
            Self::OutOfMemory { run: true } => {
                "a command of `RUN` was killed, most likely out of memory".into()
            }
            Self::Stopped(signal) => format!("the executor was stopped by signal {signal}"),
            Self::RunFailed { code, command } => {
                let command = command.as_ref().map_or(String::new(), |it| format!(" `{it}`"));
                match code {
                    126 => format!("`RUN`{command} ended with 126: not executable"),
                    127 => format!("`RUN`{command} ended with 127: a command was not found"),
                    code => format!("`RUN`{command} ended with {code}"),
                }
            }
            Self::RunNotStarted { program } => {
                format!("`RUN` could not start `{program}`: the image does not have it")
            }
            Self::BaseMissing { reference } => {
                format!("{} does not exist", base(reference.as_deref()))
            }
            Self::BaseUnauthorized { reference } => {
                format!("{} may not be pulled, or does not exist", base(reference.as_deref()))
            }
            Self::PushDenied { destination, unknown: _ } => {
                format!("`{}` denies pushing to `{destination}`", registry_of(destination))
            }
            Self::RepositoryMissing { destination } => {
                format!("`{}` has no repository for `{destination}`", registry_of(destination))
            }
            Self::TagImmutable { destination } => {
                format!("the tag of `{destination}` exists and is immutable")
            }
            Self::BadReference { reference } => format!("`{reference}` is no image reference"),
            Self::DockerfileSyntax { line: Some(line), message } => {
                format!("the Dockerfile is wrong in line {line}: {message}")
            }
            Self::DockerfileSyntax { line: None, message } => {
                format!("the Dockerfile is wrong: {message}")
            }
            Self::UnknownTarget { target } => format!("the Dockerfile has no stage `{target}`"),
            Self::CopyMissing { path } => {
                format!("`COPY` or `ADD` names `{path}`, which does not exist")
            }
            Self::ContextBroken { message } => {
                format!("the executor could not unpack the context: {message}")
            }
            Self::UnknownFlag { flag } => format!("the executor has no flag `{flag}`"),
            Self::UsageError { message } => {
                format!("the executor refused its arguments: {message}")
            }
            Self::DiskFull => "the executor's disk is full".into(),
            Self::RegistryBusy { asked, message } => {
                format!("{} is too busy or ill: {message}", asked.name())
            }
            Self::Network { asked, message } => {
                format!("{} could not be reached: {message}", asked.name())
            }
            Self::UnknownHost { asked, host } => {
                format!("{} could not be reached: no host is named `{host}`", asked.name())
            }
            Self::Untrusted { asked, message } => {
                format!("the certificate of {} is not trusted: {message}", asked.name())
            }
            Self::PlainHttp { asked } => format!(
                "{} speaks plain HTTP: `insecure = true` in its `[registries.NAME]` allows that",
                asked.name()
            ),
            Self::Other { message, code } if message.is_empty() => {
                format!("the executor ended with {code} and said nothing")
            }
            Self::Other { message, .. } => message.clone(),
        }
    }

    /// The registry that it is about, as in references; none where it is about none or untold.
    #[must_use]
    pub fn registry(&self) -> Option<&str> {
        match self {
            Self::BaseMissing { reference } | Self::BaseUnauthorized { reference } => {
                reference.as_deref().map(registry_of)
            }
            Self::PushDenied { destination, .. }
            | Self::RepositoryMissing { destination }
            | Self::TagImmutable { destination } => Some(registry_of(destination)),
            Self::RegistryBusy { asked, .. }
            | Self::Network { asked, .. }
            | Self::UnknownHost { asked, .. }
            | Self::Untrusted { asked, .. }
            | Self::PlainHttp { asked } => asked.registry(),
            _ => None,
        }
    }
}

impl Asked {
    /// The registry that was asked; none where that is not told.
    #[must_use]
    pub fn registry(&self) -> Option<&str> {
        match self {
            Self::Base(reference) => reference.as_deref().map(registry_of),
            Self::Destination(destination) => Some(registry_of(destination)),
            Self::Unknown => None,
        }
    }

    fn name(&self) -> Cow<'static, str> {
        self.registry()
            .map_or("something remote".into(), |name| format!("the registry `{name}`").into())
    }
}

fn base(reference: Option<&str>) -> String {
    reference.map_or("a base image".into(), |it| format!("the base image `{it}`"))
}

/// The host of a reference, `docker.io` where it names none.
fn registry_of(reference: &str) -> &str {
    match reference.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_host_is_docker_hubs() {
        assert_eq!(registry_of("alpine:3"), "docker.io");
        assert_eq!(registry_of("library/alpine"), "docker.io");
        assert_eq!(registry_of("localhost/a"), "localhost");
        assert_eq!(registry_of("reg:5000/a/b:1"), "reg:5000");
    }

    #[test]
    fn sentences_say_what_is_known() {
        let destination = "reg.example.com/a/b:1".into();
        let denied = Cause::PushDenied { destination, unknown: false };
        assert_eq!(
            denied.sentence(),
            "`reg.example.com` denies pushing to `reg.example.com/a/b:1`"
        );
        assert_eq!(denied.registry(), Some("reg.example.com"));
        assert_eq!(
            Cause::BaseMissing { reference: None }.sentence(),
            "a base image does not exist"
        );
        assert_eq!(
            Cause::RunFailed { code: 3, command: Some("make".into()) }.sentence(),
            "`RUN` `make` ended with 3"
        );
        assert_eq!(
            Cause::Other { message: String::new(), code: 9 }.sentence(),
            "the executor ended with 9 and said nothing"
        );
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let asked = Asked::Unknown;
        let message = String::from("x");
        assert_eq!(
            Cause::Network { asked: asked.clone(), message: message.clone() }.retry(),
            Retry::Worthwhile
        );
        assert_eq!(
            Cause::UnknownHost { asked: asked.clone(), host: "h".into() }.retry(),
            Retry::Once
        );
        assert!(!Cause::Untrusted { asked, message }.is_transient());
        assert!(!Cause::RunFailed { code: 1, command: None }.is_transient());
    }
}
