//! Drone. Source: its documentation, "Environment variables".

use super::super::{Ci, Field};
use super::{around, pipeline, run, told};

const STEP: &[(&str, &str)] = &[
    ("CI", "true"),
    ("DRONE", "true"),
    ("DRONE_COMMIT_SHA", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("DRONE_COMMIT_AUTHOR", "octocat"),
    ("DRONE_REPO", "octocat/hello-world"),
    ("DRONE_REPO_LINK", "https://github.com/octocat/hello-world"),
    ("DRONE_REPO_BRANCH", "master"),
    ("DRONE_BUILD_NUMBER", "42"),
    ("DRONE_BUILD_LINK", "https://drone.company.com/octocat/hello-world/42"),
    ("DRONE_BUILD_TRIGGER", "@hook"),
];

const MASTER: &[(&str, &str)] =
    &[("DRONE_BRANCH", "master"), ("DRONE_COMMIT_REF", "refs/heads/master")];

/// The target branch is in `DRONE_BRANCH`, and the source branch is named as it is.
const REQUEST: &[(&str, &str)] = &[
    ("DRONE_BUILD_EVENT", "pull_request"),
    ("DRONE_BRANCH", "master"),
    ("DRONE_COMMIT_REF", "refs/pull/42/head"),
    ("DRONE_SOURCE_BRANCH", "master"),
    ("DRONE_TARGET_BRANCH", "master"),
    ("DRONE_PULL_REQUEST", "42"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[STEP, variables].concat(), "")
}

#[test]
fn the_default_branch_by_each_event() {
    for (name, event) in [
        ("push", "event push"),
        ("cron", "event schedule"),
        ("custom", "event manual"),
        ("promote", "event manual"),
        ("rollback", "event manual"),
    ] {
        assert_eq!(
            run(&with(&[MASTER, &[("DRONE_BUILD_EVENT", name)]].concat())),
            [
                event,
                "branch master",
                "tag -",
                "ref master",
                "pull_request -",
                "on_default_branch true",
                "fork false",
            ]
        );
    }
}

#[test]
fn what_belongs_to_the_repository_and_the_build() {
    assert_eq!(
        around(&with(&[])),
        [
            "provider drone",
            "commit 7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "default_branch master",
            "repository octocat/hello-world",
            "repository_url https://github.com/octocat/hello-world",
            "pipeline_id 42",
            "pipeline_url https://drone.company.com/octocat/hello-world/42",
            "job_url -",
            "actor octocat",
        ]
    );
}

#[test]
fn who_asked_for_a_build_is_its_actor() {
    assert_eq!(told(&with(&[("DRONE_BUILD_TRIGGER", "ada")]), &[Field::Actor]), ["actor ada"]);
}

#[test]
fn a_tag() {
    let ci = with(&[
        ("DRONE_BUILD_EVENT", "tag"),
        ("DRONE_COMMIT_REF", "refs/tags/v1.2.3"),
        ("DRONE_TAG", "v1.2.3"),
    ]);

    assert_eq!(
        run(&ci),
        [
            "event tag",
            "branch -",
            "tag v1.2.3",
            "ref v1.2.3",
            "pull_request -",
            "on_default_branch false",
            "fork false",
        ]
    );
}

#[test]
fn a_pull_request_is_never_on_the_default_branch_and_may_be_from_a_fork() {
    assert_eq!(
        run(&with(REQUEST)),
        [
            "event pull_request",
            "branch -",
            "tag -",
            "ref master",
            "pull_request 42",
            "on_default_branch false",
            "fork ?",
        ]
    );
}

#[test]
fn the_promotion_of_a_pull_request_s_build_is_still_for_it() {
    let ci =
        with(&[REQUEST, &[("DRONE_BUILD_EVENT", "promote"), ("DRONE_PULL_REQUEST", "")]].concat());

    assert_eq!(
        told(&ci, &[Field::Event, Field::PullRequest, Field::OnDefaultBranch]),
        ["event pull_request", "pull_request 42", "on_default_branch false"]
    );
}
