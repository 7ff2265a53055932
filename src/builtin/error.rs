//! Why a Dockerfile could not be built.

use std::error::Error;

use super::Unsupported;
use crate::{
    context::ContextError,
    dockerfile::{DockerfileError, ExpandError, UnknownTarget},
    oci::{NoPlatform, OciError},
    registry::ReferenceError,
};

/// What is behind an error.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a Dockerfile could not be built.
///
/// Lines are the Dockerfile's, from 1; of what a base image's `ONBUILD` does, that of its `FROM`.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no such stage.
    #[error(transparent)]
    Target(#[from] UnknownTarget),
    /// An instruction that needs a real executor.
    #[error("line {}: {}", .0.line, .0.what)]
    Unsupported(Unsupported),
    /// Variables in a value cannot be replaced.
    #[error("line {line}: {source}")]
    Variables {
        /// Where.
        line: usize,
        /// Why.
        source: ExpandError,
    },
    /// A value that is not one.
    #[error("line {line}: {message}")]
    Value {
        /// Where.
        line: usize,
        /// What is wrong, a lowercase fragment.
        message: String,
    },
    /// A platform that is none.
    #[error("line {line}: {source}")]
    Platform {
        /// Where.
        line: usize,
        /// Why.
        source: NoPlatform,
    },
    /// An image reference that is none.
    #[error("line {line}: {source}")]
    Reference {
        /// Where.
        line: usize,
        /// Why.
        source: ReferenceError,
    },
    /// A stage that comes later, or does not exist.
    #[error("line {line}: there is no stage `{name}` before this one")]
    Stage {
        /// Where.
        line: usize,
        /// As it is written.
        name: String,
    },
    /// A base image cannot be had.
    #[error("line {line}: the image `{image}` cannot be had")]
    Image {
        /// Where it is first named.
        line: usize,
        /// As it was asked for.
        image: String,
        /// Why.
        source: Box<OciError>,
    },
    /// A base image's config or layer cannot be read.
    #[error("line {line}: the image `{image}` cannot be read")]
    Damaged {
        /// Where it is first named.
        line: usize,
        /// As it was asked for.
        image: String,
        /// Why.
        source: Cause,
    },
    /// A trigger that a base image leaves cannot be read.
    #[error("line {line}: the base image says `ONBUILD {trigger}`")]
    Trigger {
        /// Of the `FROM`.
        line: usize,
        /// As the image has it.
        trigger: String,
        /// Why.
        source: DockerfileError,
    },
    /// Something cannot be copied.
    #[error("line {line}: {source}")]
    Copy {
        /// Where.
        line: usize,
        /// Why.
        source: Cause,
    },
    /// No source of a `COPY` or `ADD` is anything.
    #[error("line {line}: nothing matches {}", quoted(sources))]
    Nothing {
        /// Where.
        line: usize,
        /// As they are after variables were replaced.
        sources: Vec<String>,
    },
    /// Several things for what may be one file.
    #[error("line {line}: several sources need a directory, and `{destination}` may be a file")]
    Several {
        /// Where.
        line: usize,
        /// As it is after variables were replaced.
        destination: String,
    },
    /// An owner that the image does not know.
    #[error("line {line}: the image has no {kind} `{name}`")]
    Owner {
        /// Where.
        line: usize,
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A layer cannot be made.
    #[error("line {line}: {source}")]
    Layer {
        /// Where.
        line: usize,
        /// Why.
        source: Cause,
    },
    /// The context cannot be read.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// `SOURCE_DATE_EPOCH` is no time.
    #[error("`SOURCE_DATE_EPOCH` is `{0}`, not a number of seconds")]
    Epoch(String),
    /// We are at an end ourselves.
    #[error("the build stopped in the middle")]
    Stopped(#[source] Cause),
}

fn quoted(sources: &[String]) -> String {
    let quoted: Vec<String> = sources.iter().map(|source| format!("`{source}`")).collect();
    quoted.join(" or ")
}

impl BuildError {
    /// Whether the same thing may work in a moment.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Image { source, .. } if source.is_transient())
    }

    /// Where it stands in the Dockerfile, from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Unsupported(unsupported) => Some(unsupported.line),
            Self::Variables { line, .. }
            | Self::Value { line, .. }
            | Self::Platform { line, .. }
            | Self::Reference { line, .. }
            | Self::Stage { line, .. }
            | Self::Image { line, .. }
            | Self::Damaged { line, .. }
            | Self::Trigger { line, .. }
            | Self::Copy { line, .. }
            | Self::Nothing { line, .. }
            | Self::Several { line, .. }
            | Self::Owner { line, .. }
            | Self::Layer { line, .. } => Some(*line),
            Self::Target(_) | Self::Context(_) | Self::Epoch(_) | Self::Stopped(_) => None,
        }
    }

    /// What the user can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unsupported(unsupported) => Some(unsupported.hint),
            Self::Context(error) => error.hint(),
            Self::Nothing { .. } => {
                Some("see with `kaniko-build context ls` what the context holds")
            }
            Self::Several { .. } => Some("end the destination with a `/`"),
            Self::Owner { .. } => {
                Some("write its number, or copy `/etc/passwd` and `/etc/group` before")
            }
            Self::Stage { .. } => Some("put the stage that is copied from before this one"),
            Self::Reference { .. } | Self::Variables { .. } => {
                Some("give the variable a default, or a value in `build-args`")
            }
            Self::Epoch(_) => Some("give the seconds since 1970, as `date +%s` does"),
            _ => None,
        }
    }
}
