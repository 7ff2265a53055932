//! Credentials that a CI gives its jobs for its own registries.
//!
//! Source: GitLab, "Predefined CI/CD variables reference" and "Authenticate with the container
//! registry"; GitHub, "Working with the Container registry".

use std::collections::BTreeMap;

use super::{Candidate, Credential, How};
use crate::{registry::same_host, secret::Secret};

/// What the CI has for `host`, the best first.
pub(super) fn candidate(host: &str, env: &BTreeMap<String, String>) -> Option<Candidate> {
    let value = |name: &str| env.get(name).map(String::as_str).filter(|value| !value.is_empty());
    // A scheme or a path is no part of these variables, but people set them by hand.
    let is_at = |name: &str| {
        value(name).is_some_and(|server| {
            let server = server.split_once("://").map_or(server, |(_, rest)| rest);
            same_host(server.split('/').next().unwrap_or(server), host)
        })
    };
    let login = |username: Option<&str>, password: &str| {
        let how = How::Known(Credential::Password {
            username: username?.to_owned(),
            password: Secret::from(value(password)?),
        });
        Some(Candidate { origin: password.to_owned(), how })
    };
    let gitlab = || {
        let given = || login(value("CI_REGISTRY_USER"), "CI_REGISTRY_PASSWORD");
        let token = || login(Some("gitlab-ci-token"), "CI_JOB_TOKEN");
        is_at("CI_REGISTRY").then(|| given().or_else(token)).flatten()
    };
    let proxy = || {
        let given = || login(value("CI_DEPENDENCY_PROXY_USER"), "CI_DEPENDENCY_PROXY_PASSWORD");
        is_at("CI_DEPENDENCY_PROXY_SERVER").then(given).flatten()
    };
    gitlab().or_else(proxy)
}

/// GitHub's token for its registry, which counts after what was set up by hand.
pub(super) fn github(host: &str, env: &BTreeMap<String, String>) -> Option<Candidate> {
    let value = |name: &str| env.get(name).filter(|value| !value.is_empty());
    if !same_host(host, "ghcr.io") {
        return None;
    }
    let how = How::Known(Credential::Password {
        username: value("GITHUB_ACTOR")?.clone(),
        password: Secret::from(value("GITHUB_TOKEN")?.as_str()),
    });
    Some(Candidate { origin: "GITHUB_TOKEN".to_owned(), how })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(host: &str, pairs: &[(&str, &str)]) -> Option<(String, String)> {
        let env =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let candidate = candidate(host, &env).or_else(|| github(host, &env))?;
        let How::Known(credential) = candidate.how else { panic!("not known") };
        Some((candidate.origin, credential.username().unwrap().to_owned()))
    }

    fn pair(origin: &str, username: &str) -> (String, String) {
        (origin.to_owned(), username.to_owned())
    }

    const GITLAB: [(&str, &str); 6] = [
        ("CI_REGISTRY", "registry.gitlab.example.com:5050"),
        ("CI_REGISTRY_USER", "gitlab-ci-token"),
        ("CI_JOB_TOKEN", "job-token"),
        ("CI_DEPENDENCY_PROXY_SERVER", "gitlab.example.com:443"),
        ("CI_DEPENDENCY_PROXY_USER", "proxy-user"),
        ("CI_DEPENDENCY_PROXY_PASSWORD", "proxy-password"),
    ];

    #[test]
    fn gitlab_knows_its_registry_and_its_proxy() {
        let registry = "registry.gitlab.example.com:5050";
        let with_password =
            [&GITLAB[..], &[("CI_REGISTRY_PASSWORD", "registry-password")]].concat();
        assert_eq!(
            found(registry, &with_password),
            Some(pair("CI_REGISTRY_PASSWORD", "gitlab-ci-token"))
        );
        assert_eq!(found(registry, &GITLAB), Some(pair("CI_JOB_TOKEN", "gitlab-ci-token")));
        let proxy = Some(pair("CI_DEPENDENCY_PROXY_PASSWORD", "proxy-user"));
        assert_eq!(found("gitlab.example.com", &GITLAB), proxy);
        assert_eq!(found("gitlab.example.com:443", &GITLAB), proxy);
        assert_eq!(found("gitlab.example.com:5050", &GITLAB), None);
    }

    #[test]
    fn an_empty_password_is_none() {
        let env =
            [("CI_REGISTRY", "r.io"), ("CI_REGISTRY_USER", "u"), ("CI_REGISTRY_PASSWORD", "")];
        assert_eq!(found("r.io", &env), None);
    }

    #[test]
    fn a_scheme_in_the_registry_does_not_matter() {
        let env = [("CI_REGISTRY", "https://r.io/"), ("CI_JOB_TOKEN", "token")];
        assert_eq!(found("r.io", &env), Some(pair("CI_JOB_TOKEN", "gitlab-ci-token")));
    }

    #[test]
    fn github_knows_its_registry_where_the_actor_is_known() {
        let env = [("GITHUB_TOKEN", "token"), ("GITHUB_ACTOR", "octocat")];
        assert_eq!(found("ghcr.io", &env), Some(pair("GITHUB_TOKEN", "octocat")));
        assert_eq!(found("quay.io", &env), None);
        assert_eq!(found("ghcr.io", &env[..1]), None);
    }
}
