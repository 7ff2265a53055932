//! Jenkins. Source: `/env-vars.html` of a Jenkins with the Branch API and Git plugins.

use super::super::{Ci, Field};
use super::{around, flag, pipeline, run, why_absent, why_unknown};

const JOB: &[(&str, &str)] = &[
    ("JENKINS_URL", "https://jenkins.example.com/"),
    ("BUILD_NUMBER", "153"),
    ("BUILD_URL", "https://jenkins.example.com/job/shop/job/api/job/main/153/"),
    ("GIT_COMMIT", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("GIT_URL", "git@git.example.com:shop/api.git"),
];

const MAIN: &[(&str, &str)] =
    &[("BRANCH_NAME", "main"), ("BRANCH_IS_PRIMARY", "true"), ("GIT_BRANCH", "main")];

/// As Branch API has it: `BRANCH_NAME` is made up, and the source branch is named as the
/// default branch is.
const CHANGE: &[(&str, &str)] = &[
    ("BRANCH_NAME", "PR-24"),
    ("CHANGE_ID", "24"),
    ("CHANGE_BRANCH", "main"),
    ("CHANGE_TARGET", "main"),
    ("GIT_BRANCH", "PR-24"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[JOB, variables].concat(), "")
}

#[test]
fn the_primary_branch_is_the_default_one() {
    let ci = with(MAIN);

    assert_eq!(
        run(&ci),
        [
            "event -",
            "branch main",
            "tag -",
            "ref main",
            "pull_request -",
            "on_default_branch true",
            "fork false",
        ]
    );
    assert_eq!(why_absent(&ci, Field::Event), "Jenkins does not tell a job what set it off");
    assert_eq!(
        around(&ci),
        [
            "provider jenkins",
            "commit 7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "default_branch main",
            "repository shop/api",
            "repository_url https://git.example.com/shop/api",
            "pipeline_id 153",
            "pipeline_url https://jenkins.example.com/job/shop/job/api/job/main/153/",
            "job_url https://jenkins.example.com/job/shop/job/api/job/main/153/",
            "actor -",
        ]
    );
}

#[test]
fn a_branch_that_jenkins_says_is_not_primary_is_not_the_default_one() {
    let ci = with(&[("BRANCH_NAME", "develop"), ("BRANCH_IS_PRIMARY", "false")]);
    assert!(!flag(&ci, Field::OnDefaultBranch));
}

#[test]
fn a_source_that_does_not_name_its_primary_branch_makes_the_default_one_an_error() {
    assert_eq!(
        why_unknown(&with(&[("BRANCH_NAME", "develop")]), Field::OnDefaultBranch),
        "Jenkins does not name the default branch, nor does the repository; compare \
         `ci.branch` with its name"
    );
}

#[test]
fn a_tag_of_a_multibranch_project() {
    let ci = with(&[("BRANCH_NAME", "v1.2.3"), ("TAG_NAME", "v1.2.3"), ("GIT_BRANCH", "v1.2.3")]);

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
fn a_change_request_is_never_on_the_default_branch() {
    assert_eq!(
        run(&with(CHANGE)),
        [
            "event pull_request",
            "branch -",
            "tag -",
            "ref main",
            "pull_request 24",
            "on_default_branch false",
            "fork false",
        ]
    );
}

#[test]
fn a_change_request_from_a_fork_names_it() {
    let ci = with(&[CHANGE, &[("CHANGE_FORK", "mallory")]].concat());
    assert!(flag(&ci, Field::Fork));
}

#[test]
fn a_job_of_one_branch_knows_it_with_its_remote() {
    for branch in ["origin/main", "refs/heads/main", "refs/remotes/origin/main", "main"] {
        assert_eq!(run(&with(&[("GIT_BRANCH", branch)]))[1], "branch main");
    }
    assert_eq!(run(&with(&[("GIT_BRANCH", "refs/tags/v1")]))[2], "tag v1");
    assert_eq!(run(&with(&[("GIT_BRANCH", "detached")]))[1], "branch -");
}

#[test]
fn triggers_for_pull_requests_of_plain_jobs_are_known() {
    for (number, source) in
        [("ghprbPullId", "ghprbSourceBranch"), ("gitlabMergeRequestIid", "gitlabSourceBranch")]
    {
        let ci = with(&[(number, "7"), (source, "main"), ("GIT_BRANCH", "origin/main")]);

        assert_eq!(
            run(&ci),
            [
                "event pull_request",
                "branch -",
                "tag -",
                "ref main",
                "pull_request 7",
                "on_default_branch false",
                "fork ?",
            ]
        );
    }
}
