//! `CircleCI`. Source: its documentation, "Project values and variables".

use super::super::{Ci, Field};
use super::{around, pipeline, run, told, why_unknown};

const JOB: &[(&str, &str)] = &[
    ("CIRCLECI", "true"),
    ("CIRCLE_SHA1", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("CIRCLE_REPOSITORY_URL", "git@github.com:shop/api.git"),
    ("CIRCLE_PROJECT_USERNAME", "shop"),
    ("CIRCLE_PROJECT_REPONAME", "api"),
    ("CIRCLE_WORKFLOW_ID", "3f2c9d1e-0000-4000-8000-1234567890ab"),
    ("CIRCLE_BUILD_URL", "https://circleci.com/gh/shop/api/17"),
    ("CIRCLE_USERNAME", "ada"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[JOB, variables].concat(), "")
}

#[test]
fn a_branch() {
    let ci = with(&[("CIRCLE_BRANCH", "main")]);

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
        why_unknown(&ci, Field::OnDefaultBranch),
        "CircleCI does not name the default branch, nor does the repository; compare \
         `ci.branch` with its name"
    );
    assert_eq!(
        around(&ci),
        [
            "provider circleci",
            "commit 7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "default_branch ?",
            "repository shop/api",
            "repository_url https://github.com/shop/api",
            "pipeline_id 3f2c9d1e-0000-4000-8000-1234567890ab",
            "pipeline_url -",
            "job_url https://circleci.com/gh/shop/api/17",
            "actor ada",
        ]
    );
}

#[test]
fn a_tag() {
    assert_eq!(
        run(&with(&[("CIRCLE_TAG", "v1.2.3")])),
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
fn a_branch_of_this_repository_with_a_pull_request_is_one_and_has_its_number() {
    let ci = with(&[
        ("CIRCLE_BRANCH", "topic"),
        ("CIRCLE_PULL_REQUEST", "https://github.com/shop/api/pull/7"),
    ]);

    assert_eq!(
        told(&ci, &[Field::Branch, Field::PullRequest, Field::Fork]),
        ["branch topic", "pull_request 7", "fork false"]
    );
}

#[test]
fn a_pull_request_from_a_fork_is_never_on_the_default_branch() {
    for variables in [
        [("CIRCLE_BRANCH", "pull/7"), ("CIRCLE_PR_NUMBER", "7")].as_slice(),
        &[("CIRCLE_BRANCH", "main"), ("CIRCLE_PR_NUMBER", "7"), ("CIRCLE_PR_USERNAME", "mallory")],
        &[("CIRCLE_BRANCH", "pull/7")],
    ] {
        let ci = with(variables);

        assert_eq!(
            told(
                &ci,
                &[
                    Field::Event,
                    Field::Branch,
                    Field::PullRequest,
                    Field::OnDefaultBranch,
                    Field::Fork
                ]
            ),
            [
                "event pull_request",
                "branch -",
                "pull_request 7",
                "on_default_branch false",
                "fork true",
            ]
        );
    }
}

#[test]
fn without_an_address_the_two_names_are_the_repository() {
    let ci = with(&[("CIRCLE_REPOSITORY_URL", "")]);
    assert_eq!(told(&ci, &[Field::Repository]), ["repository shop/api"]);
}
