//! GitLab CI. Source: its documentation, "Predefined CI/CD variables".

use super::super::{Ci, Fact, Field};
use super::{flag, pipeline, text, why_absent, why_unknown};

const PROJECT: &[(&str, &str)] = &[
    ("GITLAB_CI", "true"),
    ("CI_COMMIT_SHA", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("CI_COMMIT_TIMESTAMP", "2026-03-01T00:30:00+02:00"),
    ("CI_DEFAULT_BRANCH", "main"),
    ("CI_PROJECT_ID", "42"),
    ("CI_PROJECT_PATH", "shop/Api"),
    ("CI_PROJECT_URL", "https://gitlab.example.com/shop/Api"),
    ("CI_PIPELINE_ID", "1001"),
    ("CI_PIPELINE_URL", "https://gitlab.example.com/shop/Api/-/pipelines/1001"),
    ("CI_JOB_URL", "https://gitlab.example.com/shop/Api/-/jobs/9"),
    ("GITLAB_USER_LOGIN", "ada"),
    ("CI_REGISTRY", "registry.gitlab.example.com"),
    ("CI_REGISTRY_IMAGE", "registry.gitlab.example.com/shop/Api"),
];

const ON_MAIN: &[(&str, &str)] = &[
    ("CI_PIPELINE_SOURCE", "push"),
    ("CI_COMMIT_BRANCH", "main"),
    ("CI_COMMIT_REF_NAME", "main"),
    ("CI_COMMIT_REF_PROTECTED", "true"),
];

/// The merge request's branch is named as the default branch is.
const MERGE_REQUEST: &[(&str, &str)] = &[
    ("CI_PIPELINE_SOURCE", "merge_request_event"),
    ("CI_COMMIT_REF_NAME", "main"),
    ("CI_COMMIT_REF_PROTECTED", "false"),
    ("CI_MERGE_REQUEST_ID", "555"),
    ("CI_MERGE_REQUEST_IID", "7"),
    ("CI_MERGE_REQUEST_PROJECT_ID", "42"),
    ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "42"),
    ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main"),
    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
];

fn with(variables: &[(&str, &str)]) -> Ci {
    pipeline(&[PROJECT, variables].concat(), "")
}

#[test]
fn a_push_to_the_default_branch() {
    let ci = with(ON_MAIN);

    assert_eq!(text(&ci, Field::Provider), "gitlab");
    assert_eq!(text(&ci, Field::Event), "push");
    assert_eq!(text(&ci, Field::Branch), "main");
    assert!(flag(&ci, Field::OnDefaultBranch));
    assert!(flag(&ci, Field::Protected));
    assert!(!flag(&ci, Field::Fork));
    assert_eq!(text(&ci, Field::CommitShort), "7f3a1c9e");
    assert_eq!(text(&ci, Field::CommitTime), "2026-02-28T22:30:00Z");
    assert_eq!(
        why_absent(&ci, Field::Tag),
        "this pipeline runs for the branch `main`, not for a tag"
    );
}

#[test]
fn what_belongs_to_the_project_and_the_job() {
    let ci = with(ON_MAIN);

    assert_eq!(text(&ci, Field::Repository), "shop/Api");
    assert_eq!(text(&ci, Field::RepositoryUrl), "https://gitlab.example.com/shop/Api");
    assert_eq!(text(&ci, Field::PipelineId), "1001");
    assert_eq!(text(&ci, Field::JobUrl), "https://gitlab.example.com/shop/Api/-/jobs/9");
    assert_eq!(text(&ci, Field::Actor), "ada");
    assert_eq!(text(&ci, Field::Registry), "registry.gitlab.example.com");
    assert_eq!(text(&ci, Field::RegistryImage), "registry.gitlab.example.com/shop/api");
}

#[test]
fn a_tag() {
    let ci = with(&[
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_COMMIT_TAG", "v1.2.3"),
        ("CI_COMMIT_REF_NAME", "v1.2.3"),
    ]);

    assert_eq!(text(&ci, Field::Event), "tag");
    assert_eq!(text(&ci, Field::Tag), "v1.2.3");
    assert_eq!(text(&ci, Field::Ref), "v1.2.3");
    assert_eq!(text(&ci, Field::RefSlug), "v1-2-3");
    assert!(!flag(&ci, Field::OnDefaultBranch));
    assert_eq!(
        why_absent(&ci, Field::Branch),
        "this pipeline runs for the tag `v1.2.3`, not for a branch"
    );
}

#[test]
fn a_merge_request_is_never_on_the_default_branch_however_its_branch_is_named() {
    let ci = with(MERGE_REQUEST);

    assert_eq!(text(&ci, Field::Event), "pull_request");
    assert_eq!(ci.fact(Field::PullRequest), Fact::number(7));
    assert_eq!(text(&ci, Field::Ref), "main");
    assert!(!flag(&ci, Field::OnDefaultBranch));
    assert!(!flag(&ci, Field::Fork));
    assert_eq!(
        why_absent(&ci, Field::Branch),
        "this pipeline runs for merge request !7, not for a branch"
    );
}

#[test]
fn a_merge_request_from_another_project_is_from_a_fork() {
    let ci = with(&[MERGE_REQUEST, &[("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "43")]].concat());
    assert!(flag(&ci, Field::Fork));
}

#[test]
fn a_child_pipeline_of_a_merge_request_is_one_too() {
    let ci = with(&[MERGE_REQUEST, &[("CI_PIPELINE_SOURCE", "parent_pipeline")]].concat());

    assert_eq!(text(&ci, Field::Event), "pull_request");
    assert!(!flag(&ci, Field::OnDefaultBranch));
}

#[test]
fn schedules_and_manual_runs_on_the_default_branch_are_on_it() {
    for (source, event) in [("schedule", "schedule"), ("web", "manual"), ("api", "manual")] {
        let ci = with(&[ON_MAIN, &[("CI_PIPELINE_SOURCE", source)]].concat());

        assert_eq!(text(&ci, Field::Event), event);
        assert!(flag(&ci, Field::OnDefaultBranch));
    }
}

#[test]
fn another_branch_is_not_the_default_one() {
    let ci = with(&[ON_MAIN, &[("CI_COMMIT_BRANCH", "develop")]].concat());
    assert!(!flag(&ci, Field::OnDefaultBranch));
}

#[test]
fn an_unknown_default_branch_is_an_error_for_a_push_and_none_for_a_merge_request() {
    let unknown = [("CI_DEFAULT_BRANCH", "")];

    assert_eq!(
        why_unknown(&with(&[ON_MAIN, &unknown].concat()), Field::OnDefaultBranch),
        "the job's `CI_DEFAULT_BRANCH` is not set"
    );
    assert!(!flag(&with(&[MERGE_REQUEST, &unknown].concat()), Field::OnDefaultBranch));
}

#[test]
fn a_project_without_a_registry_says_so() {
    let ci = with(&[("CI_REGISTRY", ""), ("CI_REGISTRY_IMAGE", "")]);

    assert_eq!(
        why_absent(&ci, Field::RegistryImage),
        "GitLab's container registry is switched off for this project"
    );
}
