//! The variables of an imagined pipeline of a CI that serves any forge.
//!
//! The sources are those of the providers' own modules.

use super::variables::{FILE, Pairs, is, of_request};
use super::{COMMIT, DEFAULT_BRANCH, Event, Imagined, SOURCE_BRANCH};

pub(super) fn azure(run: &Imagined) -> Pairs {
    let reason = match run.event {
        Event::Push | Event::Tag => "IndividualCI",
        Event::PullRequest => "PullRequest",
        Event::Schedule => "Schedule",
        Event::Manual => "Manual",
    };
    let number = run.number().map(|number| number.to_string());
    vec![
        ("TF_BUILD", is("True")),
        ("BUILD_REASON", is(reason)),
        ("BUILD_SOURCEVERSION", is(COMMIT)),
        ("BUILD_SOURCEBRANCH", Some(run.whole_ref())),
        ("BUILD_BUILDID", is("1001")),
        ("BUILD_BUILDNUMBER", is("20260228.1")),
        ("BUILD_REPOSITORY_NAME", is("Scripts")),
        ("BUILD_REPOSITORY_URI", is("https://dev.azure.com/fabrikamfiber/_git/Scripts")),
        ("BUILD_REQUESTEDFOR", is("Ada Lovelace")),
        ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", is("https://dev.azure.com/fabrikamfiber/")),
        ("SYSTEM_TEAMPROJECT", is("Scripts")),
        ("SYSTEM_JOBID", is("12f1170f-54f2-53f3-20dd-22fc7dff55f9")),
        ("SYSTEM_ACCESSTOKEN", is("dummy-access-token")),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", number),
        ("SYSTEM_PULLREQUEST_SOURCEBRANCH", of_request(run, "refs/heads/feature/login")),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", of_request(run, "refs/heads/main")),
        ("SYSTEM_PULLREQUEST_ISFORK", of_request(run, "False")),
    ]
}

pub(super) fn buildkite(run: &Imagined) -> Pairs {
    let source = match run.event {
        Event::Push | Event::Tag | Event::PullRequest => "webhook",
        Event::Schedule => "schedule",
        Event::Manual => "ui",
    };
    let number = run.number().map_or("false".to_owned(), |number| number.to_string());
    let repository = "git://github.com/acme-inc/my-project.git";
    vec![
        ("CI", is("true")),
        ("BUILDKITE", is("true")),
        ("BUILDKITE_SOURCE", is(source)),
        ("BUILDKITE_COMMIT", is(COMMIT)),
        ("BUILDKITE_BRANCH", is(run.name().unwrap_or(SOURCE_BRANCH))),
        ("BUILDKITE_TAG", is(run.tag())),
        ("BUILDKITE_PULL_REQUEST", Some(number)),
        ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", of_request(run, DEFAULT_BRANCH)),
        ("BUILDKITE_PULL_REQUEST_REPO", of_request(run, repository)),
        ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", is(DEFAULT_BRANCH)),
        ("BUILDKITE_PIPELINE_SLUG", is("my-project")),
        ("BUILDKITE_ORGANIZATION_SLUG", is("acme-inc")),
        ("BUILDKITE_REPO", is("git@github.com:acme-inc/my-project.git")),
        ("BUILDKITE_BUILD_NUMBER", is("1514")),
        ("BUILDKITE_BUILD_URL", is("https://buildkite.com/acme-inc/my-project/builds/1514")),
        ("BUILDKITE_JOB_ID", is("e44f9784-e20e-4b93-a21d-f41fd5869db9")),
        ("BUILDKITE_BUILD_CREATOR", is("Carol Danvers")),
    ]
}

pub(super) fn circleci(run: &Imagined) -> Pairs {
    let branch = run.branch().map(str::to_owned).or_else(|| of_request(run, SOURCE_BRANCH));
    let page = |number| format!("https://github.com/octocat/hello-world/pull/{number}");
    vec![
        ("CI", is("true")),
        ("CIRCLECI", is("true")),
        ("CIRCLE_SHA1", is(COMMIT)),
        ("CIRCLE_BRANCH", branch),
        ("CIRCLE_TAG", is(run.tag())),
        ("CIRCLE_PULL_REQUEST", run.number().map(page)),
        ("CIRCLE_REPOSITORY_URL", is("git@github.com:octocat/hello-world.git")),
        ("CIRCLE_PROJECT_USERNAME", is("octocat")),
        ("CIRCLE_PROJECT_REPONAME", is("hello-world")),
        ("CIRCLE_WORKFLOW_ID", is("3f2c9d1e-0000-4000-8000-1234567890ab")),
        ("CIRCLE_BUILD_NUM", is("17")),
        ("CIRCLE_BUILD_URL", is("https://circleci.com/gh/octocat/hello-world/17")),
        ("CIRCLE_USERNAME", is("octocat")),
    ]
}

pub(super) fn travis(run: &Imagined) -> Pairs {
    let event = match run.event {
        Event::Push | Event::Tag => "push",
        Event::PullRequest => "pull_request",
        Event::Schedule => "cron",
        Event::Manual => "api",
    };
    let number = run.number().map_or("false".to_owned(), |number| number.to_string());
    vec![
        ("CI", is("true")),
        ("TRAVIS", is("true")),
        ("TRAVIS_EVENT_TYPE", is(event)),
        ("TRAVIS_COMMIT", is(COMMIT)),
        ("TRAVIS_BRANCH", is(run.name().unwrap_or(DEFAULT_BRANCH))),
        ("TRAVIS_TAG", is(run.tag())),
        ("TRAVIS_PULL_REQUEST", Some(number)),
        ("TRAVIS_PULL_REQUEST_BRANCH", of_request(run, SOURCE_BRANCH)),
        ("TRAVIS_PULL_REQUEST_SLUG", of_request(run, "octocat/hello-world")),
        ("TRAVIS_REPO_SLUG", is("octocat/hello-world")),
        ("TRAVIS_BUILD_NUMBER", is("4")),
        (
            "TRAVIS_BUILD_WEB_URL",
            is("https://app.travis-ci.com/github/octocat/hello-world/builds/101"),
        ),
        ("TRAVIS_JOB_WEB_URL", is("https://app.travis-ci.com/github/octocat/hello-world/jobs/102")),
    ]
}

pub(super) fn teamcity() -> Pairs {
    let page = "https://teamcity.example.com/buildConfiguration/Group_Project/1001";
    vec![
        ("TEAMCITY_VERSION", is("2025.11 (build 207946)")),
        ("TEAMCITY_PROJECT_NAME", is("Project")),
        ("TEAMCITY_BUILDCONF_NAME", is("Images")),
        ("TEAMCITY_BUILD_PROPERTIES_FILE", is(FILE)),
        ("BUILD_NUMBER", is("14")),
        ("BUILD_VCS_NUMBER", is(COMMIT)),
        ("BUILD_URL", is(page)),
    ]
}

pub(super) fn teamcity_parameters(run: &Imagined) -> String {
    let is_default = run.branch() == Some(DEFAULT_BRANCH);
    let branch = match run.number() {
        Some(number) => format!("pull/{number}"),
        None => run.name().unwrap_or_default().to_owned(),
    };
    let mut lines = vec![
        "teamcity.build.id=1001".to_owned(),
        "vcsroot.url=https\\://git.example.com/group/project.git".to_owned(),
        format!("vcsroot.branch=refs/heads/{DEFAULT_BRANCH}"),
        format!("teamcity.build.branch={branch}"),
        format!("teamcity.build.branch.is_default={is_default}"),
        format!("teamcity.build.vcs.branch.Group_Project={}", run.whole_ref()),
    ];
    if let Some(number) = run.number() {
        lines.push(format!("teamcity.pullRequest.number={number}"));
        lines.push(format!("teamcity.pullRequest.source.branch=refs/heads/{SOURCE_BRANCH}"));
    }
    lines.join("\n")
}

pub(super) fn jenkins(run: &Imagined) -> Pairs {
    let request = run.number().map(|number| format!("PR-{number}"));
    let name = request.or_else(|| run.name().map(str::to_owned));
    let is_primary = run.branch() == Some(DEFAULT_BRANCH);
    vec![
        ("CI", is("true")),
        ("JENKINS_URL", is("https://jenkins.example.com/")),
        ("BUILD_NUMBER", is("153")),
        ("BUILD_TAG", is("jenkins-group-project-153")),
        ("BUILD_URL", is("https://jenkins.example.com/job/group/job/project/153/")),
        ("GIT_COMMIT", is(COMMIT)),
        ("GIT_URL", is("https://git.example.com/group/project.git")),
        ("BRANCH_NAME", name),
        ("BRANCH_IS_PRIMARY", is_primary.then(|| "true".to_owned())),
        ("TAG_NAME", is(run.tag())),
        ("CHANGE_ID", run.number().map(|number| number.to_string())),
        ("CHANGE_BRANCH", of_request(run, SOURCE_BRANCH)),
        ("CHANGE_TARGET", of_request(run, DEFAULT_BRANCH)),
    ]
}
