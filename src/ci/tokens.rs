//! What a CI gives its jobs to be shown to nobody.

use std::collections::BTreeMap;

/// The variables, each of which is a secret whatever a file says of it.
///
/// Source: GitLab, "Predefined CI/CD variables reference"; GitHub, "Automatic token
/// authentication" and "`OpenID` Connect reference"; Azure Pipelines, "Use predefined variables";
/// Bitbucket, "Variables and secrets"; Buildkite, "Environment variables"; `CircleCI`, "`OpenID`
/// Connect tokens"; Drone's `DRONE_NETRC_PASSWORD` and Woodpecker's `CI_NETRC_PASSWORD`, for
/// plugins that clone.
const TOKENS: [&str; 18] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "BITBUCKET_STEP_OIDC_TOKEN",
    "BUILDKITE_AGENT_ACCESS_TOKEN",
    "CIRCLE_OIDC_TOKEN",
    "CIRCLE_OIDC_TOKEN_V2",
    "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_DEPLOY_PASSWORD",
    "CI_JOB_JWT",
    "CI_JOB_JWT_V1",
    "CI_JOB_JWT_V2",
    "CI_JOB_TOKEN",
    "CI_NETRC_PASSWORD",
    "CI_REGISTRY_PASSWORD",
    "DRONE_NETRC_PASSWORD",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "SYSTEM_ACCESSTOKEN",
];

/// The values of those that are set.
pub fn tokens(environment: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    let set = TOKENS.iter().filter_map(|name| environment.get(*name));
    set.map(String::as_str).filter(|value| !value.is_empty())
}
