//! Why an attempt without an executor came to nothing.

use std::io;

use crate::{
    builtin::BuildError,
    oci::{self, OciError},
    outcome::chain,
};

/// Why there is no image, or why it is not where it should be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// A value that another build should have told.
    #[error("a build that it takes the image of pushed none")]
    Late,
    /// A platform that is none.
    #[error(transparent)]
    Platform(#[from] oci::NoPlatform),
    /// The Dockerfile, the context or a base image.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A registry, or a file that the image is written to.
    #[error(transparent)]
    Oci(#[from] OciError),
    /// The engine does not take it.
    #[error("`{program} load` {why}")]
    Load {
        /// `docker` or `podman`.
        program: &'static str,
        /// As the end of a sentence.
        why: String,
    },
    /// No room for the archive that an engine loads.
    #[error("the image can't be written for loading")]
    Temporary(#[from] io::Error),
}

impl Problem {
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Build(error) => error.is_transient(),
            Self::Oci(error) => error.is_transient(),
            Self::Late | Self::Platform(_) | Self::Load { .. } | Self::Temporary(_) => false,
        }
    }

    /// With what is behind it, and before it where in the Dockerfile it is.
    pub(super) fn told(&self, dockerfile: &str) -> String {
        match self {
            Self::Build(error) => match error.line() {
                Some(line) => {
                    let column = error.column().map(|column| format!(":{column}"));
                    format!("{dockerfile}:{line}{}: {}", column.unwrap_or_default(), chain(error))
                }
                None => chain(error),
            },
            _ => chain(self),
        }
    }

    pub(super) fn is_of_context(&self) -> bool {
        matches!(self, Self::Build(error) if error.is_of_context())
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Build(error) => error.hint().map(str::to_owned),
            Self::Oci(error) => error.hint().map(str::to_owned),
            Self::Late | Self::Platform(_) | Self::Load { .. } | Self::Temporary(_) => None,
        }
    }
}
