//! Buildkite. Source: its documentation, "Environment variables".

use super::super::{Ci, Field};
use super::{around, pipeline, run, told};

const JOB: &[(&str, &str)] = &[
    ("BUILDKITE", "true"),
    ("BUILDKITE_COMMIT", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("BUILDKITE_REPO", "git@github.com:acme-inc/my-project.git"),
    ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
    ("BUILDKITE_BUILD_NUMBER", "1514"),
    ("BUILDKITE_BUILD_URL", "https://buildkite.com/acme-inc/my-project/builds/1514"),
    ("BUILDKITE_JOB_ID", "e44f9784-e20e-4b93-a21d-f41fd5869db9"),
    ("BUILDKITE_BUILD_CREATOR", "Carol Danvers"),
    ("BUILDKITE_PULL_REQUEST", "false"),
    ("BUILDKITE_SOURCE", "webhook"),
];

const REQUEST: &[(&str, &str)] = &[
    ("BUILDKITE_BRANCH", "main"),
    ("BUILDKITE_PULL_REQUEST", "123"),
    ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
    ("BUILDKITE_PULL_REQUEST_REPO", "git://github.com/acme-inc/my-project.git"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[JOB, variables].concat(), "")
}

#[test]
fn the_default_branch_by_each_source() {
    for (source, event) in [
        ("webhook", "event push"),
        ("schedule", "event schedule"),
        ("ui", "event manual"),
        ("api", "event manual"),
        ("trigger_job", "event manual"),
    ] {
        let ci = with(&[("BUILDKITE_BRANCH", "main"), ("BUILDKITE_SOURCE", source)]);

        assert_eq!(
            run(&ci),
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
fn what_belongs_to_the_repository_and_the_build() {
    assert_eq!(
        around(&with(&[])),
        [
            "provider buildkite",
            "commit 7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "default_branch main",
            "repository acme-inc/my-project",
            "repository_url https://github.com/acme-inc/my-project",
            "pipeline_id 1514",
            "pipeline_url https://buildkite.com/acme-inc/my-project/builds/1514",
            "job_url https://buildkite.com/acme-inc/my-project/builds/1514\
             #e44f9784-e20e-4b93-a21d-f41fd5869db9",
            "actor Carol Danvers",
        ]
    );
}

#[test]
fn a_tag_whose_branch_is_its_name_again() {
    assert_eq!(
        run(&with(&[("BUILDKITE_TAG", "v1.2.3"), ("BUILDKITE_BRANCH", "v1.2.3")])),
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
fn a_pull_request_is_never_on_the_default_branch() {
    assert_eq!(
        run(&with(REQUEST)),
        [
            "event pull_request",
            "branch -",
            "tag -",
            "ref main",
            "pull_request 123",
            "on_default_branch false",
            "fork false",
        ]
    );
}

#[test]
fn a_pull_request_of_another_repository_is_from_a_fork() {
    let of = |repository| with(&[REQUEST, &[("BUILDKITE_PULL_REQUEST_REPO", repository)]].concat());

    assert_eq!(told(&of("git://github.com/mallory/my-project.git"), &[Field::Fork]), ["fork true"]);
    assert_eq!(told(&of(""), &[Field::Fork]), ["fork ?"]);
}

#[test]
fn a_merge_queue_runs_for_pull_requests() {
    let ci = with(&[
        ("BUILDKITE_BRANCH", "gh-readonly-queue/main/pr-7-1a2b"),
        ("BUILDKITE_MERGE_QUEUE_BASE_BRANCH", "main"),
    ]);

    assert_eq!(
        told(&ci, &[Field::Event, Field::Branch, Field::Fork]),
        ["event pull_request", "branch -", "fork false"]
    );
}

#[test]
fn a_commit_that_is_not_resolved_is_none() {
    let ci = with(&[("BUILDKITE_COMMIT", "HEAD")]);
    assert_eq!(told(&ci, &[Field::Commit]), ["commit -"]);
}
