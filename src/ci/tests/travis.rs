//! Travis CI. Source: its documentation, "Environment variables".

use super::super::{Ci, Field};
use super::{around, pipeline, run, told};

const JOB: &[(&str, &str)] = &[
    ("CI", "true"),
    ("TRAVIS", "true"),
    ("TRAVIS_COMMIT", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("TRAVIS_REPO_SLUG", "shop/api"),
    ("TRAVIS_BUILD_NUMBER", "4"),
    ("TRAVIS_BUILD_WEB_URL", "https://app.travis-ci.com/github/shop/api/builds/101"),
    ("TRAVIS_JOB_WEB_URL", "https://app.travis-ci.com/github/shop/api/jobs/102"),
    ("TRAVIS_PULL_REQUEST", "false"),
    ("TRAVIS_EVENT_TYPE", "push"),
];

const REQUEST: &[(&str, &str)] = &[
    ("TRAVIS_EVENT_TYPE", "pull_request"),
    ("TRAVIS_BRANCH", "main"),
    ("TRAVIS_PULL_REQUEST", "7"),
    ("TRAVIS_PULL_REQUEST_BRANCH", "main"),
    ("TRAVIS_PULL_REQUEST_SLUG", "shop/api"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[JOB, variables].concat(), "")
}

#[test]
fn a_branch_by_each_event() {
    for (name, event) in
        [("push", "event push"), ("cron", "event schedule"), ("api", "event manual")]
    {
        assert_eq!(
            run(&with(&[("TRAVIS_BRANCH", "main"), ("TRAVIS_EVENT_TYPE", name)])),
            [
                event,
                "branch main",
                "tag -",
                "ref main",
                "pull_request -",
                "on_default_branch ?",
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
            "provider travis",
            "commit 7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "default_branch ?",
            "repository shop/api",
            "repository_url -",
            "pipeline_id 4",
            "pipeline_url https://app.travis-ci.com/github/shop/api/builds/101",
            "job_url https://app.travis-ci.com/github/shop/api/jobs/102",
            "actor -",
        ]
    );
}

#[test]
fn a_tag_whose_branch_is_its_name_again() {
    assert_eq!(
        run(&with(&[("TRAVIS_TAG", "v1.2.3"), ("TRAVIS_BRANCH", "v1.2.3")])),
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
            "pull_request 7",
            "on_default_branch false",
            "fork false",
        ]
    );
}

#[test]
fn a_pull_request_of_another_repository_is_from_a_fork() {
    let of = |slug| with(&[REQUEST, &[("TRAVIS_PULL_REQUEST_SLUG", slug)]].concat());

    assert_eq!(told(&of("mallory/api"), &[Field::Fork]), ["fork true"]);
    assert_eq!(told(&of(""), &[Field::Fork]), ["fork ?"]);
}
