//! Woodpecker. Source: its documentation, "Environment variables".

use super::super::{Ci, Field};
use super::{around, pipeline, run, told};

const STEP: &[(&str, &str)] = &[
    ("CI", "woodpecker"),
    ("CI_COMMIT_SHA", "eba09b46064473a1d345da7abf28b477468e8dbd"),
    ("CI_REPO", "john-doe/my-repo"),
    ("CI_REPO_URL", "https://git.example.com/john-doe/my-repo"),
    ("CI_REPO_DEFAULT_BRANCH", "main"),
    ("CI_PIPELINE_NUMBER", "8"),
    ("CI_PIPELINE_URL", "https://ci.example.com/repos/7/pipeline/8"),
    ("CI_STEP_URL", "https://ci.example.com/repos/7/pipeline/8/3"),
    ("CI_PIPELINE_AUTHOR", "octocat"),
    ("CI_COMMIT_AUTHOR", "john-doe"),
];

const MAIN: &[(&str, &str)] = &[("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_REF", "refs/heads/main")];

/// `CI_COMMIT_BRANCH` is the target branch, and the source branch is named as it is.
const REQUEST: &[(&str, &str)] = &[
    ("CI_PIPELINE_EVENT", "pull_request"),
    ("CI_COMMIT_BRANCH", "main"),
    ("CI_COMMIT_REF", "refs/pull/1/head"),
    ("CI_COMMIT_SOURCE_BRANCH", "main"),
    ("CI_COMMIT_TARGET_BRANCH", "main"),
    ("CI_COMMIT_PULL_REQUEST", "1"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[STEP, variables].concat(), "")
}

#[test]
fn the_default_branch_by_each_event() {
    for (name, event) in [
        ("push", "event push"),
        ("cron", "event schedule"),
        ("manual", "event manual"),
        ("deployment", "event manual"),
    ] {
        assert_eq!(
            run(&with(&[MAIN, &[("CI_PIPELINE_EVENT", name)]].concat())),
            [
                event,
                "branch main",
                "tag -",
                "ref main",
                "pull_request -",
                "on_default_branch true",
                "fork false",
            ]
        );
    }
}

#[test]
fn what_belongs_to_the_repository_and_the_pipeline() {
    assert_eq!(
        around(&with(&[])),
        [
            "provider woodpecker",
            "commit eba09b46064473a1d345da7abf28b477468e8dbd",
            "default_branch main",
            "repository john-doe/my-repo",
            "repository_url https://git.example.com/john-doe/my-repo",
            "pipeline_id 8",
            "pipeline_url https://ci.example.com/repos/7/pipeline/8",
            "job_url https://ci.example.com/repos/7/pipeline/8/3",
            "actor octocat",
        ]
    );
}

#[test]
fn a_tag_and_a_release_of_it() {
    for (event, tag) in [("tag", "v1.10.3"), ("release", "")] {
        let ci = with(&[
            ("CI_PIPELINE_EVENT", event),
            ("CI_COMMIT_REF", "refs/tags/v1.10.3"),
            ("CI_COMMIT_TAG", tag),
        ]);

        assert_eq!(
            run(&ci),
            [
                "event tag",
                "branch -",
                "tag v1.10.3",
                "ref v1.10.3",
                "pull_request -",
                "on_default_branch false",
                "fork false",
            ]
        );
    }
}

#[test]
fn a_pull_request_is_never_on_the_default_branch_and_may_be_from_a_fork() {
    for event in ["pull_request", "pull_request_closed"] {
        assert_eq!(
            run(&with(&[REQUEST, &[("CI_PIPELINE_EVENT", event)]].concat())),
            [
                "event pull_request",
                "branch -",
                "tag -",
                "ref main",
                "pull_request 1",
                "on_default_branch false",
                "fork ?",
            ]
        );
    }
}

#[test]
fn an_older_server_tells_the_commit_s_author_alone() {
    let ci = with(&[("CI_PIPELINE_AUTHOR", "")]);
    assert_eq!(told(&ci, &[Field::Actor]), ["actor john-doe"]);
}
