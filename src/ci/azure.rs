//! Azure Pipelines, from its predefined variables.
//!
//! Source: Microsoft's documentation, "Use predefined variables" (`Build.…` and `System.…`, in
//! the environment in upper case with `_` for `.`). `System.PullRequest.SourceBranch` has
//! `refs/heads/` before it for Azure Repos and not for GitHub. The address of a run is not among
//! the variables: it is the one that the site shows (`_build/results?buildId=`, with `view=logs&j=`
//! for a job).

use super::fact::Facts;
use super::subject::Subject;
use super::variables::Variables;
use super::{Event, Fact};

const NAME: &str = "Azure Pipelines";

/// What Azure tells a job.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = subject(env);
    Facts {
        event: event(env, &runs_for),
        tells_event: true,
        is_default: None,
        commit: env.text("BUILD_SOURCEVERSION"),
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: runs_for.branch(NAME),
        tag: runs_for.tag(NAME),
        reference: runs_for.reference(NAME),
        default_branch: Fact::no_default_branch(NAME),
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: fork(env, &runs_for),
        pull_request: runs_for.pull_request(NAME),
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: env.text("BUILD_REPOSITORY_NAME"),
        repository_url: env.page("BUILD_REPOSITORY_URI"),
        pipeline_id: env.text("BUILD_BUILDID"),
        pipeline_url: run_url(env),
        job_url: match env.get("SYSTEM_JOBID") {
            Some(job) => run_url(env).map_text(|run| format!("{run}&view=logs&j={job}")),
            None => env.text("SYSTEM_JOBID"),
        },
        actor: env.text("BUILD_REQUESTEDFOR"),
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

/// Pull requests from GitHub have an ID and a number of their own, those of Azure Repos an ID.
fn subject(env: &Variables) -> Subject<'_> {
    let by_ref = Subject::of_ref(env.get("BUILD_SOURCEBRANCH").unwrap_or_default());
    let is_request = by_ref.is_pull_request()
        || env.get("BUILD_REASON") == Some("PullRequest")
        || env.get("SYSTEM_PULLREQUEST_PULLREQUESTID").is_some();
    if !is_request {
        return by_ref;
    }
    let of_ref = match by_ref {
        Subject::PullRequest { number, .. } => number,
        _ => None,
    };
    let number = env
        .number("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
        .or(of_ref)
        .or_else(|| env.number("SYSTEM_PULLREQUEST_PULLREQUESTID"));
    let source = env.get("SYSTEM_PULLREQUEST_SOURCEBRANCH");
    Subject::PullRequest {
        number,
        source: source.map(|branch| branch.strip_prefix("refs/heads/").unwrap_or(branch)),
    }
}

/// What another build or a resource sets off was asked for, as a trigger of GitLab's is.
fn event(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if runs_for.is_pull_request() {
        return Event::PullRequest.into();
    }
    match env.get("BUILD_REASON") {
        Some("IndividualCI" | "BatchedCI") => runs_for.event().into(),
        Some("Schedule") => Event::Schedule.into(),
        Some("Manual" | "ResourceTrigger" | "BuildCompletion") => Event::Manual.into(),
        Some(other) => Fact::Absent(format!(
            "the reason `{other}` is no push, tag, pull request, schedule or manual run"
        )),
        None => env.text("BUILD_REASON"),
    }
}

fn fork(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if !runs_for.is_pull_request() {
        return Fact::flag(false);
    }
    match env.flag("SYSTEM_PULLREQUEST_ISFORK") {
        known @ Fact::Known(_) => known,
        Fact::Absent(reason) | Fact::Unknown(reason) => Fact::fork_not_told(&reason),
    }
}

/// `https://dev.azure.com/org/project/_build/results?buildId=1`.
fn run_url(env: &Variables) -> Fact {
    let name = "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI";
    match (env.get("SYSTEM_TEAMPROJECT"), env.get("BUILD_BUILDID")) {
        (Some(project), Some(id)) => env.text(name).map_text(|collection| {
            let collection = collection.trim_end_matches('/');
            let project = project.replace(' ', "%20");
            format!("{collection}/{project}/_build/results?buildId={id}")
        }),
        (None, _) => env.text("SYSTEM_TEAMPROJECT"),
        (_, None) => env.text("BUILD_BUILDID"),
    }
}
