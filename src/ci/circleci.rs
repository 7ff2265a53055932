//! `CircleCI`, from its built-in environment variables.
//!
//! It runs for branches: a branch of this repository that has a pull request is still pushed
//! to, and only its number is told beside (`CIRCLE_PULL_REQUEST`). A pull request from a fork has
//! a branch made up for it, `pull/7`, and `CIRCLE_PR_…`.
//!
//! Source: `CircleCI`'s documentation, "Project values and variables" (built-in environment
//! variables) and "Open source projects: build pull requests from forked repositories".

use super::Fact;
use super::fact::Facts;
use super::subject::Subject;
use super::variables::Variables;

const NAME: &str = "CircleCI";

/// What `CircleCI` tells a job.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = subject(env);
    let associated = env
        .get("CIRCLE_PULL_REQUEST")
        .and_then(|url| url.trim_end_matches('/').rsplit('/').next()?.parse().ok());
    Facts {
        event: runs_for.event_but_for_branches(NAME),
        tells_event: false,
        is_default: None,
        commit: env.text("CIRCLE_SHA1"),
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: runs_for.branch(NAME),
        tag: runs_for.tag(NAME),
        reference: runs_for.reference(NAME),
        default_branch: Fact::no_default_branch(NAME),
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: Fact::flag(runs_for.is_pull_request()),
        pull_request: match (&runs_for, associated) {
            (Subject::Branch(_), Some(number)) => Fact::number(number),
            _ => runs_for.pull_request(NAME),
        },
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: repository(env),
        repository_url: env.page("CIRCLE_REPOSITORY_URL"),
        pipeline_id: env.text("CIRCLE_WORKFLOW_ID"),
        pipeline_url: Fact::not_told(NAME, "the pipeline's address"),
        job_url: env.text("CIRCLE_BUILD_URL"),
        actor: env.text("CIRCLE_USERNAME"),
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

/// `CIRCLE_PR_…` is only there for pull requests from forks.
fn subject(env: &Variables) -> Subject<'_> {
    let branch = env.get("CIRCLE_BRANCH");
    let made_up = branch
        .and_then(|branch| branch.strip_prefix("pull/"))
        .and_then(|rest| rest.split('/').next()?.parse().ok());
    let forked = ["CIRCLE_PR_NUMBER", "CIRCLE_PR_USERNAME", "CIRCLE_PR_REPONAME"];
    if made_up.is_some() || forked.iter().any(|name| env.get(name).is_some()) {
        let number = env.number("CIRCLE_PR_NUMBER").or(made_up);
        return Subject::PullRequest { number, source: branch.filter(|_| made_up.is_none()) };
    }
    match (env.get("CIRCLE_TAG"), branch) {
        (Some(tag), _) => Subject::Tag(tag),
        (None, Some(branch)) => Subject::Branch(branch),
        (None, None) => Subject::Nothing,
    }
}

/// By its address: the two names are not those of the repository where `CircleCI` is connected
/// to GitLab or through its GitHub App.
fn repository(env: &Variables) -> Fact {
    let names = || {
        let owner = env.get("CIRCLE_PROJECT_USERNAME")?;
        Some(format!("{owner}/{}", env.get("CIRCLE_PROJECT_REPONAME")?))
    };
    match (env.path_of("CIRCLE_REPOSITORY_URL"), names()) {
        (Fact::Absent(_), Some(names)) => Fact::text(names),
        (path, _) => path,
    }
}
