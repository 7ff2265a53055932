//! Bitbucket Pipelines. Source: its documentation, "Variables and secrets".

use super::super::Ci;
use super::{around, pipeline, run};

const STEP: &[(&str, &str)] = &[
    ("CI", "true"),
    ("BITBUCKET_BUILD_NUMBER", "42"),
    ("BITBUCKET_COMMIT", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("BITBUCKET_REPO_FULL_NAME", "shop/api"),
    ("BITBUCKET_GIT_HTTP_ORIGIN", "http://bitbucket.org/shop/api"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[STEP, variables].concat(), "")
}

#[test]
fn a_branch() {
    let ci = with(&[("BITBUCKET_BRANCH", "main")]);

    assert_eq!(
        run(&ci),
        [
            "event -",
            "branch main",
            "tag -",
            "ref main",
            "pull_request -",
            "on_default_branch ?",
            "fork false",
        ]
    );
    assert_eq!(
        around(&ci),
        [
            "provider bitbucket",
            "commit 7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "default_branch ?",
            "repository shop/api",
            "repository_url https://bitbucket.org/shop/api",
            "pipeline_id 42",
            "pipeline_url https://bitbucket.org/shop/api/pipelines/results/42",
            "job_url -",
            "actor -",
        ]
    );
}

#[test]
fn a_tag() {
    assert_eq!(
        run(&with(&[("BITBUCKET_TAG", "v1.2.3")])),
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
    let ci = with(&[
        ("BITBUCKET_PR_ID", "7"),
        ("BITBUCKET_BRANCH", "main"),
        ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
    ]);

    assert_eq!(
        run(&ci),
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
