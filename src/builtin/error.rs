//! Why a Dockerfile could not be built.

use std::{error::Error, fmt};

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
/// What it says is without the line: [`line`](BuildError::line) is the Dockerfile's, from 1, and of
/// what a base image's `ONBUILD` does that of its `FROM`. Where there is nothing to add to another
/// error, it says what that says, and goes on with what is behind that.
#[derive(Debug)]
pub enum BuildError {
    /// There is no such stage.
    Target(UnknownTarget),
    /// An instruction that needs a real executor.
    Unsupported(Unsupported),
    /// Variables in a value cannot be replaced.
    Variables {
        /// Where.
        line: usize,
        /// Why.
        source: ExpandError,
    },
    /// A value that is not one.
    Value {
        /// Where.
        line: usize,
        /// What is wrong, a lowercase fragment.
        message: String,
    },
    /// A platform that is none.
    Platform {
        /// Where.
        line: usize,
        /// Why.
        source: NoPlatform,
    },
    /// An image reference that is none.
    Reference {
        /// Where.
        line: usize,
        /// Why.
        source: ReferenceError,
        /// It is made of variables.
        variable: bool,
    },
    /// A stage that comes later, or does not exist.
    Stage {
        /// Where.
        line: usize,
        /// As it is written.
        name: String,
    },
    /// A base image cannot be had.
    Image {
        /// Where it is first named.
        line: usize,
        /// As it was asked for.
        image: String,
        /// Why.
        source: Box<OciError>,
    },
    /// A base image's config or layer cannot be read.
    Damaged {
        /// Where it is first named.
        line: usize,
        /// As it was asked for.
        image: String,
        /// Why.
        source: Cause,
    },
    /// A trigger that a base image leaves cannot be read.
    Trigger {
        /// Of the `FROM`.
        line: usize,
        /// As the image has it.
        trigger: String,
        /// Why.
        source: DockerfileError,
    },
    /// Something cannot be copied.
    Copy {
        /// Where.
        line: usize,
        /// Why.
        source: Cause,
    },
    /// A source of a `COPY` or `ADD` is not there.
    Missing {
        /// Where.
        line: usize,
        /// Where in the line, in characters from 1.
        column: Option<usize>,
        /// What it is, where it was looked for and what may be meant.
        message: String,
        /// It was to be in the context.
        of_context: bool,
    },
    /// No source of a `COPY` or `ADD` is anything.
    Nothing {
        /// Where.
        line: usize,
        /// As they are after variables were replaced.
        sources: Vec<String>,
        /// Where they were looked for: `in the context`.
        place: String,
        /// They were to be in the context.
        of_context: bool,
    },
    /// Several things for what may be one file.
    Several {
        /// Where.
        line: usize,
        /// As it is after variables were replaced.
        destination: String,
    },
    /// An owner that the image does not know.
    Owner {
        /// Where.
        line: usize,
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A layer cannot be made.
    Layer {
        /// Where.
        line: usize,
        /// Why.
        source: Cause,
    },
    /// The context cannot be read.
    Context(ContextError),
    /// The image's config is longer than engines take.
    Config,
    /// `SOURCE_DATE_EPOCH` is no time.
    Epoch(String),
    /// We are at an end ourselves.
    Stopped(Cause),
}

impl fmt::Display for BuildError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(error) => error.fmt(to),
            Self::Unsupported(unsupported) => to.write_str(&unsupported.what),
            Self::Variables { source, .. } => source.fmt(to),
            Self::Value { message, .. } | Self::Missing { message, .. } => to.write_str(message),
            Self::Platform { source, .. } => source.fmt(to),
            Self::Reference { source, .. } => source.fmt(to),
            Self::Stage { name, .. } => {
                write!(to, "there is no stage `{name}` before this one")
            }
            Self::Image { source, .. } if names_it(source) => source.fmt(to),
            Self::Image { image, .. } => write!(to, "the image `{image}` cannot be had"),
            Self::Damaged { image, .. } => write!(to, "the image `{image}` cannot be read"),
            Self::Trigger { trigger, .. } => {
                write!(to, "the base image says `ONBUILD {trigger}`")
            }
            Self::Copy { source, .. } | Self::Layer { source, .. } => source.fmt(to),
            Self::Nothing { sources, place, .. } => {
                write!(to, "nothing {place} matches {}", quoted(sources))
            }
            Self::Several { destination, .. } => {
                write!(to, "several sources need a directory, and `{destination}` may be a file")
            }
            Self::Owner { kind, name, .. } => write!(to, "the image has no {kind} `{name}`"),
            Self::Context(error) => error.fmt(to),
            Self::Config => {
                to.write_str("the image's config has more than 4 MiB, and no engine takes so much")
            }
            Self::Epoch(text) => {
                write!(to, "`SOURCE_DATE_EPOCH` is `{text}`, not a number of seconds")
            }
            Self::Stopped(_) => to.write_str("the build stopped in the middle"),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Target(error) => error.source(),
            Self::Variables { source, .. } => source.source(),
            Self::Platform { source, .. } => source.source(),
            Self::Reference { source, .. } => source.source(),
            Self::Copy { source, .. } | Self::Layer { source, .. } => source.source(),
            Self::Context(error) => error.source(),
            Self::Image { source, .. } if names_it(source) => source.source(),
            Self::Image { source, .. } => Some(source),
            Self::Damaged { source, .. } | Self::Stopped(source) => Some(&**source),
            Self::Trigger { source, .. } => Some(source),
            Self::Unsupported(_)
            | Self::Value { .. }
            | Self::Missing { .. }
            | Self::Stage { .. }
            | Self::Nothing { .. }
            | Self::Several { .. }
            | Self::Owner { .. }
            | Self::Config
            | Self::Epoch(_) => None,
        }
    }
}

impl From<UnknownTarget> for BuildError {
    fn from(error: UnknownTarget) -> Self {
        Self::Target(error)
    }
}

impl From<ContextError> for BuildError {
    fn from(error: ContextError) -> Self {
        Self::Context(error)
    }
}

/// Whether an error names the image itself.
fn names_it(error: &OciError) -> bool {
    matches!(
        error,
        OciError::NoImage { .. }
            | OciError::Unsupported { .. }
            | OciError::NoPlatform { .. }
            | OciError::NoMirror { .. }
            | OciError::AfterMirrors { .. }
    )
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
            | Self::Missing { line, .. }
            | Self::Nothing { line, .. }
            | Self::Several { line, .. }
            | Self::Owner { line, .. }
            | Self::Layer { line, .. } => Some(*line),
            Self::Target(_)
            | Self::Context(_)
            | Self::Config
            | Self::Epoch(_)
            | Self::Stopped(_) => None,
        }
    }

    /// Where in that line, in characters from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        match self {
            Self::Missing { column, .. } => *column,
            _ => None,
        }
    }

    /// Whether the context's files are at fault, or the want of some.
    #[must_use]
    pub fn is_of_context(&self) -> bool {
        match self {
            Self::Context(error) => {
                !matches!(error, ContextError::Threads(_) | ContextError::Sink(_))
            }
            Self::Missing { of_context, .. } | Self::Nothing { of_context, .. } => *of_context,
            _ => false,
        }
    }

    /// What the user can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unsupported(unsupported) => Some(unsupported.hint),
            Self::Context(error) => error.hint(),
            Self::Image { source, .. } => source.hint(),
            Self::Nothing { of_context: true, .. } => {
                Some("see with `kaniko-build context ls` what the context holds")
            }
            Self::Several { .. } => Some("end the destination with a `/`"),
            Self::Owner { .. } => {
                Some("write its number, or copy `/etc/passwd` and `/etc/group` before")
            }
            Self::Stage { .. } => Some("put the stage that is copied from before this one"),
            Self::Reference { variable: true, .. } => {
                Some("its variables have their values from `ARG` and from `build-args`")
            }
            Self::Variables { source, .. } if source.unset => {
                Some("declare it with `ARG`, with a default or a value in `build-args`")
            }
            Self::Config => Some(
                "make labels, variables and commands shorter, or put what they hold into a file",
            ),
            Self::Epoch(_) => Some("give the seconds since 1970, as `date +%s` does"),
            _ => None,
        }
    }
}
