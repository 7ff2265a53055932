//! Why credentials could not be had.

use crate::{
    registry::{HelperError, docker_config::DockerConfigError},
    secret::{NoAnswer, SourceError, TooShort},
};

/// Why credentials could not be had; no message holds a value.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// A docker config can't be used.
    #[error("no credentials for `{host}`")]
    DockerConfig {
        /// The host that they are for.
        host: String,
        /// Why.
        source: DockerConfigError,
    },
    /// A registry has a user or a password, and not the other.
    #[error("`{section}` has a `{given}` and no `{missing}` for `{host}`")]
    Half {
        /// `[registries.NAME]`.
        section: String,
        /// The host.
        host: String,
        /// The key that is there.
        given: &'static str,
        /// The key that is not.
        missing: &'static str,
    },
    /// The password can't be had.
    #[error("no password for `{host}` from `{origin}`")]
    Password {
        /// The host that it is for.
        host: String,
        /// The place.
        origin: String,
        /// Why.
        source: SourceError,
    },
    /// A credential helper failed.
    #[error("no credentials for `{host}`, for which `{origin}` names a credential helper")]
    Helper {
        /// The host that they are for.
        host: String,
        /// The place.
        origin: String,
        /// Why.
        source: HelperError,
    },
    /// The password is too short to be kept secret.
    #[error("the password for `{host}` from `{origin}` is too short")]
    Short {
        /// The host that it is for.
        host: String,
        /// The place.
        origin: String,
        /// The rule.
        source: TooShort,
    },
}

impl CredentialsError {
    /// What to do about it, in a sentence, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::DockerConfig { source, .. } => source.hint(),
            Self::Password { source, .. } => source.hint(),
            Self::Helper { source: HelperError::Program { source, .. }, .. } => match source {
                NoAnswer::Missing => Some(
                    "install it where this program runs, or say `[registries.NAME]` with the host, username and password",
                ),
                NoAnswer::TimedOut(_) | NoAnswer::Failed(_) => None,
            },
            Self::Helper { .. } | Self::Half { .. } | Self::Short { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_helper_has_a_way_out() {
        let error = CredentialsError::Helper {
            host: "index.docker.io".to_owned(),
            origin: "~/.docker/config.json".to_owned(),
            source: HelperError::Program {
                helper: "desktop".to_owned(),
                source: NoAnswer::Missing,
            },
        };
        assert_eq!(
            error.to_string(),
            "no credentials for `index.docker.io`, for which `~/.docker/config.json` names a credential helper"
        );
        assert!(error.hint().unwrap().starts_with("install it where this program runs"));
    }
}
