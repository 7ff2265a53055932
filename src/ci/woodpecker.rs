//! Woodpecker, from its built-in environment variables.
//!
//! They are named `CI_…`, as GitLab's are, and mean other things: `CI_COMMIT_BRANCH` is the
//! target branch of a pull request.
//!
//! Source: Woodpecker's documentation, "Environment variables" and, for the events, "Workflow
//! syntax".

use super::fact::Facts;
use super::subject::Subject;
use super::variables::Variables;
use super::{Event, Fact};

const NAME: &str = "Woodpecker";

/// What Woodpecker tells a step.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = subject(env);
    Facts {
        event: event(env, &runs_for),
        tells_event: true,
        is_default: None,
        commit: env.text("CI_COMMIT_SHA"),
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: runs_for.branch(NAME),
        tag: runs_for.tag(NAME),
        reference: runs_for.reference(NAME),
        default_branch: match env.get("CI_REPO_DEFAULT_BRANCH") {
            Some(branch) => Fact::text(branch),
            None => Fact::no_default_branch(NAME),
        },
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: if runs_for.is_pull_request() {
            Fact::fork_not_told("Woodpecker does not tell where a pull request comes from")
        } else {
            Fact::flag(false)
        },
        pull_request: runs_for.pull_request(NAME),
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: env.text("CI_REPO"),
        repository_url: env.page("CI_REPO_URL"),
        pipeline_id: env.text("CI_PIPELINE_NUMBER"),
        pipeline_url: env.text("CI_PIPELINE_URL"),
        job_url: env.text("CI_STEP_URL"),
        actor: match env.get("CI_PIPELINE_AUTHOR") {
            Some(author) => Fact::text(author),
            None => env.text("CI_COMMIT_AUTHOR"),
        },
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

/// The events of pull requests are `pull_request`, `pull_request_closed` and others so named.
fn subject(env: &Variables) -> Subject<'_> {
    let by_ref = Subject::of_ref(env.get("CI_COMMIT_REF").unwrap_or_default());
    let of_ref = match by_ref {
        Subject::PullRequest { number, .. } => number,
        _ => None,
    };
    let event = env.get("CI_PIPELINE_EVENT").unwrap_or_default();
    let is_request = by_ref.is_pull_request()
        || event.starts_with("pull_request")
        || env.get("CI_COMMIT_PULL_REQUEST").is_some();
    if is_request {
        return Subject::PullRequest {
            number: env.number("CI_COMMIT_PULL_REQUEST").or(of_ref),
            source: env.get("CI_COMMIT_SOURCE_BRANCH"),
        };
    }
    match (env.get("CI_COMMIT_TAG"), by_ref, env.get("CI_COMMIT_BRANCH")) {
        (Some(tag), _, _) => Subject::Tag(tag),
        (None, Subject::Nothing, Some(branch)) => Subject::Branch(branch),
        (None, by_ref, _) => by_ref,
    }
}

fn event(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if runs_for.is_pull_request() {
        return Event::PullRequest.into();
    }
    match env.get("CI_PIPELINE_EVENT") {
        Some("push" | "tag" | "release") => runs_for.event().into(),
        Some("cron") => Event::Schedule.into(),
        Some("manual" | "deployment") => Event::Manual.into(),
        Some(other) => Fact::Absent(format!(
            "the event `{other}` is no push, tag, pull request, schedule or manual run"
        )),
        None => env.text("CI_PIPELINE_EVENT"),
    }
}
