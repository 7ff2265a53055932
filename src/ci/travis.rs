//! Travis CI, from its default environment variables.
//!
//! Source: Travis CI's documentation, "Environment variables". `TRAVIS_BRANCH` is the target of a
//! pull request, and of a tag the tag's name.

use super::fact::Facts;
use super::subject::Subject;
use super::variables::Variables;
use super::{Event, Fact};

const NAME: &str = "Travis CI";

/// What Travis tells a job.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = subject(env);
    Facts {
        event: event(env, &runs_for),
        tells_event: true,
        is_default: None,
        commit: env.text("TRAVIS_COMMIT"),
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: runs_for.branch(NAME),
        tag: runs_for.tag(NAME),
        reference: runs_for.reference(NAME),
        default_branch: Fact::no_default_branch(NAME),
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: fork(env, &runs_for),
        pull_request: runs_for.pull_request(NAME),
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: env.text("TRAVIS_REPO_SLUG"),
        repository_url: Fact::not_told(NAME, "the repository's address"),
        pipeline_id: env.text("TRAVIS_BUILD_NUMBER"),
        pipeline_url: env.text("TRAVIS_BUILD_WEB_URL"),
        job_url: env.text("TRAVIS_JOB_WEB_URL"),
        actor: Fact::not_told(NAME, "who set it off"),
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

fn subject(env: &Variables) -> Subject<'_> {
    match env.get("TRAVIS_PULL_REQUEST") {
        Some("false") | None => {}
        Some(number) => {
            let source = env.get("TRAVIS_PULL_REQUEST_BRANCH");
            return Subject::PullRequest { number: number.parse().ok(), source };
        }
    }
    match (env.get("TRAVIS_TAG"), env.get("TRAVIS_BRANCH")) {
        (Some(tag), _) => Subject::Tag(tag),
        (None, Some(branch)) => Subject::Branch(branch),
        (None, None) => Subject::Nothing,
    }
}

fn event(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if runs_for.is_pull_request() {
        return Event::PullRequest.into();
    }
    match env.get("TRAVIS_EVENT_TYPE") {
        Some("push") => runs_for.event().into(),
        Some("cron") => Event::Schedule.into(),
        Some("api") => Event::Manual.into(),
        Some(other) => Fact::Absent(format!(
            "the event `{other}` is no push, tag, pull request, schedule or manual run"
        )),
        None => env.text("TRAVIS_EVENT_TYPE"),
    }
}

fn fork(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if !runs_for.is_pull_request() {
        return Fact::flag(false);
    }
    match (env.get("TRAVIS_PULL_REQUEST_SLUG"), env.get("TRAVIS_REPO_SLUG")) {
        (Some(head), Some(here)) => Fact::flag(!head.eq_ignore_ascii_case(here)),
        _ => Fact::fork_not_told("the job's `TRAVIS_PULL_REQUEST_SLUG` is not set"),
    }
}
