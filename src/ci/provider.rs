//! Which providers are known, and how each shows itself.

use std::collections::BTreeMap;

use super::variables::Variables;

/// A provider of CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// GitLab CI.
    GitLab,
    /// GitHub Actions.
    GitHub,
    /// No CI: the git repository alone tells.
    Git,
}

/// Each provider of CI with the variable that is `true` in its jobs, the first that fits.
///
/// A new one has its line here, its facts in a module of its own, and its arm in `Ci::facts`.
const SHOWN_BY: &[(Provider, &str)] =
    &[(Provider::GitLab, "GITLAB_CI"), (Provider::GitHub, "GITHUB_ACTIONS")];

impl Provider {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::GitLab, Self::GitHub, Self::Git];

    /// The one that `env` tells of; [`Self::Git`] where there is none.
    #[must_use]
    pub fn of(env: &BTreeMap<String, String>) -> Self {
        let env = Variables::new(env.clone());
        SHOWN_BY
            .iter()
            .find(|(_, variable)| env.is_true(variable))
            .map_or(Self::Git, |(provider, _)| *provider)
    }

    /// As `ci.provider` and `--ci` spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GitLab => "gitlab",
            Self::GitHub => "github",
            Self::Git => "git",
        }
    }

    /// The provider of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_by(name: &str, value: &str) -> Provider {
        Provider::of(&BTreeMap::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn each_provider_is_told_by_its_variable() {
        assert_eq!(shown_by("GITLAB_CI", "true"), Provider::GitLab);
        assert_eq!(shown_by("GITHUB_ACTIONS", "true"), Provider::GitHub);
        assert_eq!(shown_by("CI", "true"), Provider::Git);
        assert_eq!(shown_by("GITLAB_CI", "false"), Provider::Git);
    }

    #[test]
    fn a_provider_is_found_by_its_name() {
        assert_eq!(Provider::named("github"), Some(Provider::GitHub));
        assert_eq!(Provider::named("jenkins"), None);
    }
}
