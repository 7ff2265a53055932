//! GitHub Actions. Source: its documentation, "Variables reference", "Events that trigger
//! workflows" and "Webhook events and payloads".

use super::super::{Ci, Fact, Field};
use super::{flag, pipeline, text, why_absent, why_unknown};

const REPOSITORY: &[(&str, &str)] = &[
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_SHA", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_REPOSITORY", "Shop/api"),
    ("GITHUB_RUN_ID", "77"),
    ("GITHUB_ACTOR", "ada"),
    ("GITHUB_EVENT_PATH", "/github/workflow/event.json"),
    ("GITHUB_REF_PROTECTED", "false"),
];

const PUSH: &[(&str, &str)] = &[
    ("GITHUB_EVENT_NAME", "push"),
    ("GITHUB_REF", "refs/heads/main"),
    ("GITHUB_REF_NAME", "main"),
    ("GITHUB_REF_TYPE", "branch"),
    ("GITHUB_REF_PROTECTED", "true"),
];

const PUSHED: &str = r#"{
    "ref": "refs/heads/main",
    "head_commit": {
        "id": "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c",
        "timestamp": "2026-02-28T17:30:00-05:00"
    },
    "repository": {"full_name": "Shop/api", "default_branch": "main", "fork": false}
}"#;

/// The branch of the pull request is named as the default branch is.
const PULL_REQUEST: &[(&str, &str)] = &[
    ("GITHUB_EVENT_NAME", "pull_request"),
    ("GITHUB_REF", "refs/pull/7/merge"),
    ("GITHUB_REF_NAME", "7/merge"),
    ("GITHUB_HEAD_REF", "main"),
    ("GITHUB_BASE_REF", "main"),
];

const FROM_FORK: &str = r#"{
    "number": 7,
    "pull_request": {
        "number": 7,
        "head": {"ref": "main", "repo": {"full_name": "mallory/api", "fork": true}}
    },
    "repository": {"full_name": "Shop/api", "default_branch": "main", "fork": false}
}"#;

/// A pull request within a repository that is itself a fork.
const FROM_WITHIN: &str = r#"{
    "pull_request": {
        "number": 7,
        "head": {"ref": "topic", "repo": {"full_name": "Shop/api", "fork": true}}
    },
    "repository": {"full_name": "Shop/api", "default_branch": "main", "fork": true}
}"#;

const FROM_A_DELETED_FORK: &str = r#"{
    "pull_request": {"number": 7, "head": {"ref": "topic", "repo": null}},
    "repository": {"full_name": "Shop/api", "default_branch": "main"}
}"#;

fn with(variables: &[(&str, &str)], event: &'static str) -> Ci {
    pipeline(&[REPOSITORY, variables].concat(), event)
}

#[test]
fn a_push_to_the_default_branch() {
    let ci = with(PUSH, PUSHED);

    assert_eq!(text(&ci, Field::Provider), "github");
    assert_eq!(text(&ci, Field::Event), "push");
    assert_eq!(text(&ci, Field::Branch), "main");
    assert!(flag(&ci, Field::OnDefaultBranch));
    assert!(flag(&ci, Field::Protected));
    assert!(!flag(&ci, Field::Fork));
    assert_eq!(text(&ci, Field::CommitTime), "2026-02-28T22:30:00Z");
    assert_eq!(
        why_absent(&ci, Field::PullRequest),
        "this run is for the branch `main`, not for a pull request"
    );
}

#[test]
fn what_belongs_to_the_repository_and_the_run() {
    let ci = with(PUSH, PUSHED);

    assert_eq!(text(&ci, Field::Repository), "Shop/api");
    assert_eq!(text(&ci, Field::RepositoryUrl), "https://github.com/Shop/api");
    assert_eq!(text(&ci, Field::PipelineUrl), "https://github.com/Shop/api/actions/runs/77");
    assert_eq!(text(&ci, Field::Actor), "ada");
    assert_eq!(text(&ci, Field::Registry), "ghcr.io");
    assert_eq!(text(&ci, Field::RegistryImage), "ghcr.io/shop/api");
    assert_eq!(
        why_absent(&ci, Field::JobUrl),
        "GitHub Actions does not tell a job its own address"
    );
}

#[test]
fn the_licence_is_the_one_that_github_has_found() {
    let licence = |event| with(PUSH, event).fact(Field::License);
    let none = Fact::Absent("GitHub's event file does not name the repository's licence".into());

    assert_eq!(licence(r#"{"repository": {"license": {"spdx_id": "MIT"}}}"#), Fact::text("MIT"));
    for event in [
        PUSHED,
        r#"{"repository": {"license": null}}"#,
        r#"{"repository": {"license": {"key": "other", "spdx_id": "NOASSERTION"}}}"#,
    ] {
        assert_eq!(licence(event), none, "{event}");
    }
}

#[test]
fn a_tag() {
    let ci = with(
        &[
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_REF", "refs/tags/api/v1.2.3"),
            ("GITHUB_REF_NAME", "api/v1.2.3"),
            ("GITHUB_REF_TYPE", "tag"),
        ],
        PUSHED,
    );

    assert_eq!(text(&ci, Field::Event), "tag");
    assert_eq!(text(&ci, Field::Tag), "api/v1.2.3");
    assert_eq!(text(&ci, Field::RefSlug), "api-v1-2-3");
    assert!(!flag(&ci, Field::OnDefaultBranch));
}

#[test]
fn a_pull_request_from_a_fork_is_never_on_the_default_branch() {
    let ci = with(PULL_REQUEST, FROM_FORK);

    assert_eq!(text(&ci, Field::Event), "pull_request");
    assert_eq!(ci.fact(Field::PullRequest), Fact::number(7));
    assert_eq!(text(&ci, Field::Ref), "main");
    assert!(flag(&ci, Field::Fork));
    assert!(!flag(&ci, Field::OnDefaultBranch));
    assert_eq!(why_absent(&ci, Field::Branch), "this run is for pull request #7, not for a branch");
}

#[test]
fn pull_request_target_has_the_base_branch_as_its_ref_and_is_still_a_pull_request() {
    let ci = with(
        &[
            ("GITHUB_EVENT_NAME", "pull_request_target"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_HEAD_REF", "topic"),
        ],
        FROM_FORK,
    );

    assert_eq!(text(&ci, Field::Event), "pull_request");
    assert_eq!(text(&ci, Field::Ref), "topic");
    assert!(!flag(&ci, Field::OnDefaultBranch));
    assert!(flag(&ci, Field::Fork));
    assert_eq!(why_absent(&ci, Field::Branch), "this run is for pull request #7, not for a branch");
}

#[test]
fn a_pull_request_within_a_forked_repository_is_not_from_a_fork() {
    assert!(!flag(&with(PULL_REQUEST, FROM_WITHIN), Field::Fork));
}

#[test]
fn a_fork_that_is_gone_was_a_fork() {
    assert!(flag(&with(PULL_REQUEST, FROM_A_DELETED_FORK), Field::Fork));
}

#[test]
fn events_that_run_on_the_default_branch_for_somebody_else_are_not_on_it() {
    for event in ["workflow_run", "issue_comment"] {
        let ci = with(&[PUSH, &[("GITHUB_EVENT_NAME", event)]].concat(), PUSHED);

        assert!(!flag(&ci, Field::OnDefaultBranch));
        assert_eq!(
            why_absent(&ci, Field::Event),
            format!(
                "GitHub's event `{event}` is no push, tag, pull request, schedule or manual run"
            )
        );
    }
}

#[test]
fn a_schedule_runs_on_the_default_branch_though_its_event_file_is_silent() {
    let ci = with(
        &[PUSH, &[("GITHUB_EVENT_NAME", "schedule")]].concat(),
        r#"{"schedule": "0 4 * * *"}"#,
    );

    assert_eq!(text(&ci, Field::Event), "schedule");
    assert!(flag(&ci, Field::OnDefaultBranch));
}

#[test]
fn a_manual_run_on_the_default_branch_is_on_it() {
    let ci = with(&[PUSH, &[("GITHUB_EVENT_NAME", "workflow_dispatch")]].concat(), PUSHED);

    assert_eq!(text(&ci, Field::Event), "manual");
    assert!(flag(&ci, Field::OnDefaultBranch));
}

#[test]
fn an_event_file_that_can_t_be_read_makes_what_it_tells_an_error() {
    let ci = with(PUSH, "");
    let unreadable = "GitHub's event file `/github/workflow/event.json` can't be read: ";

    assert!(why_unknown(&ci, Field::OnDefaultBranch).contains(unreadable));
    assert!(why_unknown(&with(PULL_REQUEST, ""), Field::Fork).contains(unreadable));
    assert_eq!(text(&ci, Field::Branch), "main");
}

#[test]
fn the_registry_follows_the_server() {
    let of = |url| with(&[("GITHUB_SERVER_URL", url)], PUSHED);

    assert_eq!(text(&of("https://octo.ghe.com"), Field::Registry), "containers.octo.ghe.com");
    assert_eq!(
        why_absent(&of("https://git.corp.example"), Field::RegistryImage),
        "the address of the registry of `git.corp.example` can't be told"
    );
}
