//! Azure Pipelines. Source: Microsoft's documentation, "Use predefined variables".

use super::super::{Ci, Field};
use super::{around, pipeline, run, told, why_absent};

const JOB: &[(&str, &str)] = &[
    ("TF_BUILD", "True"),
    ("BUILD_SOURCEVERSION", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("BUILD_REPOSITORY_NAME", "shop/api"),
    ("BUILD_REPOSITORY_URI", "https://shop@dev.azure.com/shop/Web%20Shop/_git/api"),
    ("BUILD_BUILDID", "1001"),
    ("BUILD_REQUESTEDFOR", "Ada Lovelace"),
    ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "https://dev.azure.com/shop/"),
    ("SYSTEM_TEAMPROJECT", "Web Shop"),
    ("SYSTEM_JOBID", "12f1170f-54f2-53f3-20dd-22fc7dff55f9"),
];

const REQUEST: &[(&str, &str)] = &[
    ("BUILD_REASON", "PullRequest"),
    ("BUILD_SOURCEBRANCH", "refs/pull/17/merge"),
    ("BUILD_SOURCEBRANCHNAME", "merge"),
    ("SYSTEM_PULLREQUEST_PULLREQUESTID", "17"),
    ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/main"),
    ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
    ("SYSTEM_PULLREQUEST_ISFORK", "False"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[JOB, variables].concat(), "")
}

#[test]
fn a_branch_by_each_reason() {
    for (reason, event) in [
        ("IndividualCI", "event push"),
        ("BatchedCI", "event push"),
        ("Schedule", "event schedule"),
        ("Manual", "event manual"),
        ("ResourceTrigger", "event manual"),
    ] {
        let ci = with(&[("BUILD_REASON", reason), ("BUILD_SOURCEBRANCH", "refs/heads/feature/x")]);

        assert_eq!(
            run(&ci),
            [
                event,
                "branch feature/x",
                "tag -",
                "ref feature/x",
                "pull_request -",
                "on_default_branch ?",
                "fork false",
            ]
        );
    }
}

#[test]
fn what_belongs_to_the_repository_and_the_run() {
    assert_eq!(
        around(&with(&[])),
        [
            "provider azure",
            "commit 7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
            "default_branch ?",
            "repository shop/api",
            "repository_url https://dev.azure.com/shop/Web%20Shop/_git/api",
            "pipeline_id 1001",
            "pipeline_url https://dev.azure.com/shop/Web%20Shop/_build/results?buildId=1001",
            "job_url https://dev.azure.com/shop/Web%20Shop/_build/results?buildId=1001\
             &view=logs&j=12f1170f-54f2-53f3-20dd-22fc7dff55f9",
            "actor Ada Lovelace",
        ]
    );
}

#[test]
fn a_tag() {
    let ci = with(&[("BUILD_REASON", "IndividualCI"), ("BUILD_SOURCEBRANCH", "refs/tags/v1.2.3")]);

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
fn a_pull_request_is_never_on_the_default_branch() {
    assert_eq!(
        run(&with(REQUEST)),
        [
            "event pull_request",
            "branch -",
            "tag -",
            "ref main",
            "pull_request 17",
            "on_default_branch false",
            "fork false",
        ]
    );
}

#[test]
fn a_pull_request_of_github_has_its_own_number_and_a_fork_is_told() {
    let ci = with(&[
        ("BUILD_REASON", "PullRequest"),
        ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "1543210"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "7"),
        ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "topic"),
        ("SYSTEM_PULLREQUEST_ISFORK", "True"),
    ]);

    assert_eq!(
        told(&ci, &[Field::PullRequest, Field::Ref, Field::Fork]),
        ["pull_request 7", "ref topic", "fork true"]
    );
}

#[test]
fn a_pull_request_that_does_not_say_whether_it_is_from_a_fork_is_an_error_to_ask() {
    let ci = with(&[REQUEST, &[("SYSTEM_PULLREQUEST_ISFORK", "")]].concat());
    assert_eq!(told(&ci, &[Field::Fork]), ["fork ?"]);
}

#[test]
fn a_reason_of_another_version_control_is_none_of_ours() {
    let ci = with(&[
        ("BUILD_REASON", "CheckInShelveset"),
        ("BUILD_SOURCEBRANCH", "Gated_2016-06-06_05.20.51.4369;username@live.com"),
    ]);

    assert_eq!(
        why_absent(&ci, Field::Event),
        "the reason `CheckInShelveset` is no push, tag, pull request, schedule or manual run"
    );
    assert_eq!(told(&ci, &[Field::OnDefaultBranch]), ["on_default_branch false"]);
}
