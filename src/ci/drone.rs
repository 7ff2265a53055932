//! Drone, from its environment variables.
//!
//! A promotion or a rollback inherits its values from the build that it is of, which may be a
//! pull request's: the ref tells, though `DRONE_PULL_REQUEST` is not set then.
//!
//! Source: Drone's documentation, "Environment variables" (reference) and "Promotions".

use super::fact::Facts;
use super::subject::Subject;
use super::variables::Variables;
use super::{Event, Fact};

const NAME: &str = "Drone";

/// What Drone tells a step.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = subject(env);
    Facts {
        event: event(env, &runs_for),
        tells_event: true,
        is_default: None,
        commit: env.text("DRONE_COMMIT_SHA"),
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: runs_for.branch(NAME),
        tag: runs_for.tag(NAME),
        reference: runs_for.reference(NAME),
        default_branch: match env.get("DRONE_REPO_BRANCH") {
            Some(branch) => Fact::text(branch),
            None => Fact::no_default_branch(NAME),
        },
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: if runs_for.is_pull_request() {
            Fact::fork_not_told("Drone does not tell where a pull request comes from")
        } else {
            Fact::flag(false)
        },
        pull_request: runs_for.pull_request(NAME),
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: env.text("DRONE_REPO"),
        repository_url: env.page("DRONE_REPO_LINK"),
        pipeline_id: env.text("DRONE_BUILD_NUMBER"),
        pipeline_url: env.text("DRONE_BUILD_LINK"),
        job_url: Fact::not_told(NAME, "its own address"),
        actor: actor(env),
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

fn subject(env: &Variables) -> Subject<'_> {
    let by_ref = Subject::of_ref(env.get("DRONE_COMMIT_REF").unwrap_or_default());
    let of_ref = match by_ref {
        Subject::PullRequest { number, .. } => number,
        _ => None,
    };
    let is_request = by_ref.is_pull_request()
        || env.get("DRONE_PULL_REQUEST").is_some()
        || env.get("DRONE_BUILD_EVENT") == Some("pull_request");
    if is_request {
        let number = env.number("DRONE_PULL_REQUEST").or(of_ref);
        return Subject::PullRequest { number, source: env.get("DRONE_SOURCE_BRANCH") };
    }
    match (env.get("DRONE_TAG"), by_ref, env.get("DRONE_BRANCH")) {
        (Some(tag), _, _) => Subject::Tag(tag),
        (None, Subject::Nothing, Some(branch)) => Subject::Branch(branch),
        (None, by_ref, _) => by_ref,
    }
}

fn event(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if runs_for.is_pull_request() {
        return Event::PullRequest.into();
    }
    match env.get("DRONE_BUILD_EVENT") {
        Some("push" | "tag") => runs_for.event().into(),
        Some("cron") => Event::Schedule.into(),
        Some("custom" | "promote" | "rollback") => Event::Manual.into(),
        Some(other) => Fact::Absent(format!(
            "the event `{other}` is no push, tag, pull request, schedule or manual run"
        )),
        None => env.text("DRONE_BUILD_EVENT"),
    }
}

/// Who asked for the build; `@hook` and `@cron` are nobody, and then it is the commit's author.
fn actor(env: &Variables) -> Fact {
    match env.get("DRONE_BUILD_TRIGGER").filter(|trigger| !trigger.starts_with('@')) {
        Some(somebody) => Fact::text(somebody),
        None => env.text("DRONE_COMMIT_AUTHOR"),
    }
}
