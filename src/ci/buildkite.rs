//! Buildkite, from its environment variables.
//!
//! Source: Buildkite's documentation, "Environment variables" (read in 2026). `BUILDKITE_BRANCH` is
//! also set for tags, to the tag's name; `BUILDKITE_COMMIT` may be `HEAD`; `BUILDKITE_SOURCE` is
//! webhook, api, ui, `trigger_job` or schedule. That a job is at `#` and its ID on the build's page
//! is not written there: it is what the site itself links to.

use super::fact::Facts;
use super::remote;
use super::subject::Subject;
use super::variables::Variables;
use super::{Event, Fact};

const NAME: &str = "Buildkite";

/// What Buildkite tells a job.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = subject(env);
    Facts {
        event: event(env, &runs_for),
        tells_event: true,
        is_default: None,
        commit: match env.get("BUILDKITE_COMMIT") {
            Some("HEAD") => Fact::not_told(NAME, "the commit but as `HEAD`"),
            _ => env.text("BUILDKITE_COMMIT"),
        },
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: runs_for.branch(NAME),
        tag: runs_for.tag(NAME),
        reference: runs_for.reference(NAME),
        default_branch: match env.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH") {
            Some(branch) => Fact::text(branch),
            None => Fact::no_default_branch(NAME),
        },
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: fork(env, &runs_for),
        pull_request: runs_for.pull_request(NAME),
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: env.path_of("BUILDKITE_REPO"),
        repository_url: env.page("BUILDKITE_REPO"),
        pipeline_id: env.text("BUILDKITE_BUILD_NUMBER"),
        pipeline_url: env.text("BUILDKITE_BUILD_URL"),
        job_url: match env.get("BUILDKITE_JOB_ID") {
            Some(job) => env.text("BUILDKITE_BUILD_URL").map_text(|url| format!("{url}#{job}")),
            None => env.text("BUILDKITE_JOB_ID"),
        },
        actor: env.text("BUILDKITE_BUILD_CREATOR"),
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

/// A merge queue's branch is made up of pull requests: its run is for them.
fn subject(env: &Variables) -> Subject<'_> {
    let branch = env.get("BUILDKITE_BRANCH");
    match env.get("BUILDKITE_PULL_REQUEST") {
        Some("false") | None => {}
        Some(number) => {
            return Subject::PullRequest { number: number.parse().ok(), source: branch };
        }
    }
    if env.get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH").is_some() {
        return Subject::PullRequest { number: None, source: branch };
    }
    match (env.get("BUILDKITE_TAG"), branch) {
        (Some(tag), _) => Subject::Tag(tag),
        (None, Some(branch)) => Subject::Branch(branch),
        (None, None) => Subject::Nothing,
    }
}

fn event(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if runs_for.is_pull_request() {
        return Event::PullRequest.into();
    }
    match env.get("BUILDKITE_SOURCE") {
        Some("webhook") => runs_for.event().into(),
        Some("schedule") => Event::Schedule.into(),
        Some("api" | "ui" | "trigger_job") => Event::Manual.into(),
        Some(other) => Fact::Absent(format!(
            "the source `{other}` is no push, tag, pull request, schedule or manual run"
        )),
        None => env.text("BUILDKITE_SOURCE"),
    }
}

/// A merge queue is this repository's own.
fn fork(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    let Subject::PullRequest { number: Some(_), .. } = runs_for else { return Fact::flag(false) };
    let path = |name| remote::path_of(env.get(name)?);
    match (path("BUILDKITE_PULL_REQUEST_REPO"), path("BUILDKITE_REPO")) {
        (Some(head), Some(here)) => Fact::flag(!head.eq_ignore_ascii_case(&here)),
        _ => Fact::fork_not_told("Buildkite does not tell where the pull request comes from"),
    }
}
