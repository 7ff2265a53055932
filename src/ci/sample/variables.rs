//! The variables of an imagined pipeline: those of the CIs that belong to a forge or are made for
//! one. The others are in [`services`](super::services).
//!
//! The sources are those of the providers' own modules. A dummy secret is `dummy-` and what it is
//! in place of.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::slug;
use super::services::{azure, buildkite, circleci, jenkins, teamcity, teamcity_parameters, travis};
use super::{COMMIT, DEFAULT_BRANCH, Event, Imagined, Provider, SOURCE_BRANCH};

/// Where GitHub's event file and `TeamCity`'s parameters would be.
pub(super) const FILE: &str = "/sample/file";

pub(super) type Pairs = Vec<(&'static str, Option<String>)>;

/// The environment of its jobs.
pub(super) fn of(run: &Imagined) -> BTreeMap<String, String> {
    let pairs = match run.provider {
        Provider::GitLab => gitlab(run),
        Provider::GitHub => github(run),
        Provider::Azure => azure(run),
        Provider::Bitbucket => bitbucket(run),
        Provider::Buildkite => buildkite(run),
        Provider::CircleCi => circleci(run),
        Provider::Travis => travis(run),
        Provider::Woodpecker => woodpecker(run),
        Provider::Drone => drone(run),
        Provider::TeamCity => teamcity(),
        Provider::Jenkins => jenkins(run),
        Provider::Git => Vec::new(),
    };
    let set = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    set.collect()
}

/// The files that a provider leaves beside its jobs.
pub(super) fn files(run: &Imagined) -> Vec<(&'static str, String)> {
    match run.provider {
        Provider::GitHub => vec![(FILE, github_event(run))],
        Provider::TeamCity => vec![(FILE, teamcity_parameters(run))],
        _ => Vec::new(),
    }
}

/// The value, where there is one.
pub(super) fn is<'a>(value: impl Into<Option<&'a str>>) -> Option<String> {
    value.into().map(str::to_owned)
}

/// `value` where it is a pull request.
pub(super) fn of_request(run: &Imagined, value: &str) -> Option<String> {
    run.number().map(|_| value.to_owned())
}

fn gitlab(run: &Imagined) -> Pairs {
    let source = match (run.number(), run.event) {
        (Some(_), _) => "merge_request_event",
        (None, Event::Schedule) => "schedule",
        (None, Event::Manual) => "web",
        (None, Event::Push | Event::Tag | Event::PullRequest) => "push",
    };
    let protected = run.tag().is_some() || run.branch() == Some(DEFAULT_BRANCH);
    vec![
        ("CI", is("true")),
        ("GITLAB_CI", is("true")),
        ("CI_PIPELINE_SOURCE", is(source)),
        ("CI_COMMIT_SHA", is(COMMIT)),
        ("CI_COMMIT_SHORT_SHA", is(&COMMIT[..8])),
        ("CI_COMMIT_TIMESTAMP", is("2026-03-01T00:30:00+02:00")),
        ("CI_COMMIT_BRANCH", is(run.branch())),
        ("CI_COMMIT_TAG", is(run.tag())),
        ("CI_COMMIT_REF_NAME", is(run.name().unwrap_or(SOURCE_BRANCH))),
        ("CI_COMMIT_REF_SLUG", Some(slug(run.name().unwrap_or(SOURCE_BRANCH)))),
        ("CI_COMMIT_REF_PROTECTED", is(if protected { "true" } else { "false" })),
        ("CI_DEFAULT_BRANCH", is(DEFAULT_BRANCH)),
        ("CI_MERGE_REQUEST_ID", of_request(run, "5550")),
        ("CI_MERGE_REQUEST_IID", run.number().map(|number| number.to_string())),
        ("CI_MERGE_REQUEST_PROJECT_ID", of_request(run, "42")),
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", of_request(run, "42")),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", of_request(run, SOURCE_BRANCH)),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", of_request(run, DEFAULT_BRANCH)),
        ("CI_PROJECT_ID", is("42")),
        ("CI_PROJECT_NAME", is("project")),
        ("CI_PROJECT_NAMESPACE", is("group")),
        ("CI_PROJECT_PATH", is("group/project")),
        ("CI_PROJECT_PATH_SLUG", is("group-project")),
        ("CI_PROJECT_URL", is("https://gitlab.example.com/group/project")),
        ("CI_SERVER_HOST", is("gitlab.example.com")),
        ("CI_SERVER_URL", is("https://gitlab.example.com")),
        ("CI_PIPELINE_ID", is("1001")),
        ("CI_PIPELINE_IID", is("17")),
        ("CI_PIPELINE_URL", is("https://gitlab.example.com/group/project/-/pipelines/1001")),
        ("CI_JOB_ID", is("9001")),
        ("CI_JOB_URL", is("https://gitlab.example.com/group/project/-/jobs/9001")),
        ("CI_JOB_TOKEN", is("dummy-job-token")),
        ("GITLAB_USER_LOGIN", is("ada")),
        ("CI_REGISTRY", is("registry.gitlab.example.com")),
        ("CI_REGISTRY_IMAGE", is("registry.gitlab.example.com/group/project")),
        ("CI_REGISTRY_USER", is("gitlab-ci-token")),
        ("CI_REGISTRY_PASSWORD", is("dummy-registry-password")),
    ]
}

fn github(run: &Imagined) -> Pairs {
    let event = match run.event {
        Event::Push | Event::Tag => "push",
        Event::PullRequest => "pull_request",
        Event::Schedule => "schedule",
        Event::Manual => "workflow_dispatch",
    };
    let name = match run.number() {
        Some(number) => format!("{number}/merge"),
        None => run.name().unwrap_or_default().to_owned(),
    };
    let protected = run.branch() == Some(DEFAULT_BRANCH);
    vec![
        ("CI", is("true")),
        ("GITHUB_ACTIONS", is("true")),
        ("GITHUB_EVENT_NAME", is(event)),
        ("GITHUB_EVENT_PATH", is(FILE)),
        ("GITHUB_SHA", is(COMMIT)),
        ("GITHUB_REF", Some(run.whole_ref())),
        ("GITHUB_REF_NAME", Some(name)),
        ("GITHUB_REF_TYPE", is(if run.tag().is_some() { "tag" } else { "branch" })),
        ("GITHUB_REF_PROTECTED", is(if protected { "true" } else { "false" })),
        ("GITHUB_HEAD_REF", of_request(run, SOURCE_BRANCH)),
        ("GITHUB_BASE_REF", of_request(run, DEFAULT_BRANCH)),
        ("GITHUB_REPOSITORY", is("octocat/Hello-World")),
        ("GITHUB_REPOSITORY_OWNER", is("octocat")),
        ("GITHUB_SERVER_URL", is("https://github.com")),
        ("GITHUB_API_URL", is("https://api.github.com")),
        ("GITHUB_RUN_ID", is("1658821493")),
        ("GITHUB_RUN_NUMBER", is("3")),
        ("GITHUB_RUN_ATTEMPT", is("1")),
        ("GITHUB_ACTOR", is("octocat")),
        ("GITHUB_TOKEN", is("dummy-github-token")),
    ]
}

fn github_event(run: &Imagined) -> String {
    let repository = json!({
        "full_name": "octocat/Hello-World",
        "default_branch": DEFAULT_BRANCH,
        "fork": false,
    });
    let event = match run.number() {
        Some(number) => json!({
            "number": number,
            "pull_request": {
                "number": number,
                "head": {
                    "ref": SOURCE_BRANCH,
                    "repo": {"full_name": "octocat/Hello-World", "fork": false},
                },
                "base": {"ref": DEFAULT_BRANCH},
            },
            "repository": repository,
        }),
        None => json!({
            "ref": run.whole_ref(),
            "head_commit": {"id": COMMIT, "timestamp": "2026-02-28T22:30:00Z"},
            "repository": repository,
        }),
    };
    event.to_string()
}

fn bitbucket(run: &Imagined) -> Pairs {
    let branch = run.branch().map(str::to_owned).or_else(|| of_request(run, SOURCE_BRANCH));
    vec![
        ("CI", is("true")),
        ("BITBUCKET_BUILD_NUMBER", is("42")),
        ("BITBUCKET_COMMIT", is(COMMIT)),
        ("BITBUCKET_WORKSPACE", is("group")),
        ("BITBUCKET_REPO_SLUG", is("project")),
        ("BITBUCKET_REPO_FULL_NAME", is("group/project")),
        ("BITBUCKET_BRANCH", branch),
        ("BITBUCKET_TAG", is(run.tag())),
        ("BITBUCKET_PR_ID", run.number().map(|number| number.to_string())),
        ("BITBUCKET_PR_DESTINATION_BRANCH", of_request(run, DEFAULT_BRANCH)),
    ]
}

fn woodpecker(run: &Imagined) -> Pairs {
    let event = match run.event {
        Event::Push => "push",
        Event::Tag => "tag",
        Event::PullRequest => "pull_request",
        Event::Schedule => "cron",
        Event::Manual => "manual",
    };
    let target = run.branch().map(str::to_owned).or_else(|| of_request(run, DEFAULT_BRANCH));
    vec![
        ("CI", is("woodpecker")),
        ("CI_PIPELINE_EVENT", is(event)),
        ("CI_COMMIT_SHA", is(COMMIT)),
        ("CI_COMMIT_REF", Some(run.whole_ref())),
        ("CI_COMMIT_BRANCH", target),
        ("CI_COMMIT_TAG", is(run.tag())),
        ("CI_COMMIT_PULL_REQUEST", run.number().map(|number| number.to_string())),
        ("CI_COMMIT_SOURCE_BRANCH", of_request(run, SOURCE_BRANCH)),
        ("CI_COMMIT_TARGET_BRANCH", of_request(run, DEFAULT_BRANCH)),
        ("CI_REPO", is("john-doe/my-repo")),
        ("CI_REPO_OWNER", is("john-doe")),
        ("CI_REPO_NAME", is("my-repo")),
        ("CI_REPO_URL", is("https://git.example.com/john-doe/my-repo")),
        ("CI_REPO_DEFAULT_BRANCH", is(DEFAULT_BRANCH)),
        ("CI_PIPELINE_NUMBER", is("8")),
        ("CI_PIPELINE_URL", is("https://ci.example.com/repos/7/pipeline/8")),
        ("CI_STEP_URL", is("https://ci.example.com/repos/7/pipeline/8/3")),
        ("CI_PIPELINE_AUTHOR", is("octocat")),
    ]
}

fn drone(run: &Imagined) -> Pairs {
    let event = match run.event {
        Event::Push => "push",
        Event::Tag => "tag",
        Event::PullRequest => "pull_request",
        Event::Schedule => "cron",
        Event::Manual => "custom",
    };
    let target = run.branch().map(str::to_owned).or_else(|| of_request(run, DEFAULT_BRANCH));
    vec![
        ("CI", is("true")),
        ("DRONE", is("true")),
        ("DRONE_BUILD_EVENT", is(event)),
        ("DRONE_COMMIT_SHA", is(COMMIT)),
        ("DRONE_COMMIT_REF", Some(run.whole_ref())),
        ("DRONE_BRANCH", target),
        ("DRONE_TAG", is(run.tag())),
        ("DRONE_PULL_REQUEST", run.number().map(|number| number.to_string())),
        ("DRONE_SOURCE_BRANCH", of_request(run, SOURCE_BRANCH)),
        ("DRONE_REPO", is("octocat/hello-world")),
        ("DRONE_REPO_LINK", is("https://github.com/octocat/hello-world")),
        ("DRONE_REPO_BRANCH", is(DEFAULT_BRANCH)),
        ("DRONE_BUILD_NUMBER", is("42")),
        ("DRONE_BUILD_LINK", is("https://drone.company.com/octocat/hello-world/42")),
        ("DRONE_COMMIT_AUTHOR", is("octocat")),
    ]
}
