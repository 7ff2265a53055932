//! Why a docker config can't be used.

use std::io;

/// Why a docker config can't be used; no message holds a value of it.
#[derive(Debug, thiserror::Error)]
pub enum DockerConfigError {
    /// The file is there and can't be read.
    #[error("the docker config `{name}` can't be read")]
    Read {
        /// The config's name.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// It is no JSON, or not of a docker config's shape.
    #[error("`{name}` is no docker config: wrong JSON in line {line}, column {column}")]
    Json {
        /// The config's name.
        name: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// It is a path instead of JSON.
        is_path: bool,
    },
    /// The entry of a host that is needed is broken.
    #[error("the entry `{key}` in `{name}` {mistake}")]
    Entry {
        /// The config's name.
        name: String,
        /// The key in `auths`.
        key: String,
        /// What is wrong, as the end of a sentence.
        mistake: &'static str,
    },
    /// A helper is no name.
    #[error("`{name}` names the credential helper `{helper}`, which is no helper's name")]
    Helper {
        /// The config's name.
        name: String,
        /// As written.
        helper: String,
    },
    /// Paths of one host have different credentials, and the build needs both.
    #[error(
        "`{name}` has different credentials for `{}` and `{}`, and a build can use one for `{host}`",
        .keys[0], .keys[1]
    )]
    Ambiguous {
        /// The config's name.
        name: String,
        /// The host.
        host: String,
        /// Two keys of `auths`.
        keys: [String; 2],
    },
}

impl DockerConfigError {
    /// What to do about it, in a sentence, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Json { is_path: true, .. } => {
                Some("it is a path: make the GitLab variable one of type Variable, not File")
            }
            Self::Entry { mistake: "has no user" | "has no password", .. } => {
                Some("was it written where a protected variable is empty?")
            }
            Self::Ambiguous { .. } => Some(
                "say which ones to use: `[registries.NAME]` with the host, username and password",
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::registry::docker_config::DockerConfig;

    #[test]
    fn a_path_instead_of_json_is_a_variable_of_the_wrong_type() {
        let error = DockerConfig::parse("DOCKER_AUTH_CONFIG", b"/builds/x.tmp/DOCKER_AUTH_CONFIG")
            .unwrap_err();
        assert_eq!(
            error.hint(),
            Some("it is a path: make the GitLab variable one of type Variable, not File")
        );
    }
}
