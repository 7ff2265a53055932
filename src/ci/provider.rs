//! Which providers are known, and how each shows itself.

use std::collections::BTreeMap;

use super::variables::Variables;

/// A provider of CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// GitLab CI.
    GitLab,
    /// GitHub Actions, and what is compatible with it: Gitea's and Forgejo's.
    GitHub,
    /// Azure Pipelines.
    Azure,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Buildkite.
    Buildkite,
    /// `CircleCI`.
    CircleCi,
    /// Travis CI.
    Travis,
    /// Woodpecker.
    Woodpecker,
    /// Drone.
    Drone,
    /// `TeamCity`.
    TeamCity,
    /// Jenkins.
    Jenkins,
    /// No CI: the git repository alone tells.
    Git,
}

/// How a provider shows itself in the environment of its jobs.
enum Sign {
    /// The variable is `true`, in whatever case.
    True(&'static str),
    /// The variable is not empty.
    Set(&'static str),
    /// The variable has this value.
    Is(&'static str, &'static str),
    /// The variable begins so.
    Begins(&'static str, &'static str),
}

/// Each provider with its signs, of which one is enough; the first that fits.
///
/// The order matters where one sets what is another's: Woodpecker sets Drone's variables for the
/// plugins that it shares with it. Jenkins comes last, for its variables get from its agents
/// into what runs on the same machine.
///
/// A new one has its line here, its facts in a module of its own, its arm in `Ci::facts` and
/// its sample in `sample`.
const SHOWN_BY: &[(Provider, &[Sign])] = &[
    (Provider::GitLab, &[Sign::True("GITLAB_CI")]),
    (Provider::GitHub, &[Sign::True("GITHUB_ACTIONS")]),
    (Provider::Azure, &[Sign::True("TF_BUILD")]),
    (Provider::Bitbucket, &[Sign::Set("BITBUCKET_BUILD_NUMBER")]),
    (Provider::Buildkite, &[Sign::True("BUILDKITE")]),
    (Provider::CircleCi, &[Sign::True("CIRCLECI")]),
    (Provider::Travis, &[Sign::True("TRAVIS")]),
    (
        Provider::Woodpecker,
        &[Sign::Is("CI", "woodpecker"), Sign::Is("CI_SYSTEM_NAME", "woodpecker")],
    ),
    (Provider::Drone, &[Sign::True("DRONE")]),
    (Provider::TeamCity, &[Sign::Set("TEAMCITY_VERSION")]),
    (Provider::Jenkins, &[Sign::Set("JENKINS_URL"), Sign::Begins("BUILD_TAG", "jenkins-")]),
];

impl Sign {
    fn is_in(&self, env: &Variables) -> bool {
        match self {
            Self::True(name) => env.is_true(name),
            Self::Set(name) => env.get(name).is_some(),
            Self::Is(name, value) => env.get(name) == Some(value),
            Self::Begins(name, start) => {
                env.get(name).is_some_and(|value| value.starts_with(start))
            }
        }
    }
}

impl Provider {
    /// Each of them.
    pub const ALL: [Self; 12] = [
        Self::GitLab,
        Self::GitHub,
        Self::Azure,
        Self::Bitbucket,
        Self::Buildkite,
        Self::CircleCi,
        Self::Travis,
        Self::Woodpecker,
        Self::Drone,
        Self::TeamCity,
        Self::Jenkins,
        Self::Git,
    ];

    /// The one that `env` tells of; [`Self::Git`] where there is none.
    #[must_use]
    pub fn of(env: &BTreeMap<String, String>) -> Self {
        let env = Variables::new(env.clone());
        SHOWN_BY
            .iter()
            .find(|(_, signs)| signs.iter().any(|sign| sign.is_in(&env)))
            .map_or(Self::Git, |(provider, _)| *provider)
    }

    /// As `ci.provider` and `--ci` spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GitLab => "gitlab",
            Self::GitHub => "github",
            Self::Azure => "azure",
            Self::Bitbucket => "bitbucket",
            Self::Buildkite => "buildkite",
            Self::CircleCi => "circleci",
            Self::Travis => "travis",
            Self::Woodpecker => "woodpecker",
            Self::Drone => "drone",
            Self::TeamCity => "teamcity",
            Self::Jenkins => "jenkins",
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

    fn of(variables: &[(&str, &str)]) -> Provider {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Provider::of(&variables.iter().map(pair).collect())
    }

    #[test]
    fn each_provider_is_told_by_its_variable() {
        for (name, value, provider) in [
            ("GITLAB_CI", "true", Provider::GitLab),
            ("GITHUB_ACTIONS", "true", Provider::GitHub),
            ("TF_BUILD", "True", Provider::Azure),
            ("BITBUCKET_BUILD_NUMBER", "12", Provider::Bitbucket),
            ("BUILDKITE", "true", Provider::Buildkite),
            ("CIRCLECI", "true", Provider::CircleCi),
            ("TRAVIS", "true", Provider::Travis),
            ("CI", "woodpecker", Provider::Woodpecker),
            ("CI_SYSTEM_NAME", "woodpecker", Provider::Woodpecker),
            ("DRONE", "true", Provider::Drone),
            ("TEAMCITY_VERSION", "2025.11 (build 207946)", Provider::TeamCity),
            ("JENKINS_URL", "https://ci.example.com/", Provider::Jenkins),
            ("BUILD_TAG", "jenkins-shop-api-12", Provider::Jenkins),
        ] {
            assert_eq!(of(&[(name, value)]), provider, "{name}={value}");
        }
    }

    #[test]
    fn what_others_set_too_tells_nothing() {
        for (name, value) in [
            ("CI", "true"),
            ("CI", "drone"),
            ("GITLAB_CI", "false"),
            ("CI_COMMIT_SHA", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
            ("CI_PIPELINE_URL", "https://ci.example.com/1"),
            ("DRONE_BRANCH", "main"),
            ("BUILD_NUMBER", "7"),
            ("BUILD_TAG", "v1"),
            ("JENKINS_HOME", "/var/jenkins_home"),
            ("TEAMCITY_VERSION", ""),
        ] {
            assert_eq!(of(&[(name, value)]), Provider::Git, "{name}={value}");
        }
    }

    #[test]
    fn woodpecker_is_not_taken_for_drone_or_gitlab_though_it_sets_what_they_set() {
        let shared = [
            ("CI", "woodpecker"),
            ("DRONE", "true"),
            ("DRONE_BUILD_EVENT", "push"),
            ("CI_COMMIT_SHA", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
            ("CI_COMMIT_BRANCH", "main"),
        ];

        assert_eq!(of(&shared), Provider::Woodpecker);
    }

    #[test]
    fn what_a_jenkins_agent_leaves_in_the_environment_hides_no_other_provider() {
        for (name, value, provider) in [
            ("GITLAB_CI", "true", Provider::GitLab),
            ("BUILDKITE", "true", Provider::Buildkite),
            ("TEAMCITY_VERSION", "2025.11", Provider::TeamCity),
            ("DRONE", "true", Provider::Drone),
        ] {
            assert_eq!(of(&[("JENKINS_URL", "https://j.example.com/"), (name, value)]), provider);
        }
    }

    #[test]
    fn a_provider_is_found_by_its_name() {
        for provider in Provider::ALL {
            assert_eq!(Provider::named(provider.name()), Some(provider));
        }
        assert_eq!(Provider::named("hudson"), None);
    }
}
