//! Jenkins, from its environment variables.
//!
//! Source: the variables' list that each Jenkins serves as `/env-vars.html`, which is put
//! together from core (`BUILD_NUMBER`, `BUILD_URL`, …), the Branch API plugin (`BRANCH_NAME`,
//! `BRANCH_IS_PRIMARY`, `CHANGE_…`, `TAG_NAME`: multibranch projects) and the Git plugin
//! (`GIT_COMMIT`, `GIT_BRANCH`, `GIT_URL`, …). Jobs that are not of a multibranch project know of
//! pull requests by their trigger's plugin alone: GitHub Pull Request Builder (`ghprbPullId`),
//! GitLab (`gitlabMergeRequestIid`) and GitHub Integration (`GITHUB_PR_NUMBER`).

use super::Fact;
use super::fact::Facts;
use super::subject::Subject;
use super::variables::Variables;

const NAME: &str = "Jenkins";

/// Triggers' variables: the number and the source branch of a pull request.
const TRIGGERS: [(&str, &str); 3] = [
    ("ghprbPullId", "ghprbSourceBranch"),
    ("gitlabMergeRequestIid", "gitlabSourceBranch"),
    ("GITHUB_PR_NUMBER", "GITHUB_PR_SOURCE_BRANCH"),
];

/// What Jenkins tells a job.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = subject(env);
    let is_branch = matches!(runs_for, Subject::Branch(_));
    let is_primary = env.flag("BRANCH_IS_PRIMARY").as_flag();
    Facts {
        event: runs_for.event_but_for_branches(NAME),
        tells_event: false,
        is_default: is_primary.filter(|_| is_branch),
        commit: env.text("GIT_COMMIT"),
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: runs_for.branch(NAME),
        tag: runs_for.tag(NAME),
        reference: runs_for.reference(NAME),
        default_branch: match runs_for {
            Subject::Branch(branch) if is_primary == Some(true) => Fact::text(branch),
            _ => Fact::no_default_branch(NAME),
        },
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: fork(env, &runs_for),
        pull_request: runs_for.pull_request(NAME),
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: env.path_of("GIT_URL"),
        repository_url: env.page("GIT_URL"),
        pipeline_id: env.text("BUILD_NUMBER"),
        pipeline_url: env.text("BUILD_URL"),
        job_url: env.text("BUILD_URL"),
        actor: env.text_or(
            "BUILD_USER_ID",
            "Jenkins does not tell a job who set it off, but with the plugin Build User Vars",
        ),
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

/// `BRANCH_NAME` of a change request is arbitrary, and of a tag the tag's: both come first.
fn subject(env: &Variables) -> Subject<'_> {
    if env.get("CHANGE_ID").is_some() {
        return Subject::PullRequest {
            number: env.number("CHANGE_ID"),
            source: env.get("CHANGE_BRANCH"),
        };
    }
    let trigger = TRIGGERS.iter().find(|(number, _)| env.get(number).is_some());
    if let Some((number, source)) = trigger {
        return Subject::PullRequest { number: env.number(number), source: env.get(source) };
    }
    if let Some(tag) = env.get("TAG_NAME") {
        return Subject::Tag(tag);
    }
    if let Some(branch) = env.get("BRANCH_NAME").or_else(|| env.get("GIT_LOCAL_BRANCH")) {
        return Subject::Branch(branch);
    }
    match env.get("GIT_BRANCH") {
        None | Some("detached") => Subject::Nothing,
        Some(branch) if branch.starts_with("refs/") && !branch.starts_with("refs/remotes/") => {
            Subject::of_ref(branch)
        }
        Some(branch) => {
            let branch = branch.strip_prefix("refs/remotes/").unwrap_or(branch);
            Subject::Branch(branch.strip_prefix("origin/").unwrap_or(branch))
        }
    }
}

/// `CHANGE_FORK` is set where a change comes from a fork, and only there.
fn fork(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if runs_for.is_pull_request() && env.get("CHANGE_ID").is_none() {
        return Fact::fork_not_told("only a multibranch project of Jenkins tells");
    }
    Fact::flag(runs_for.is_pull_request() && env.get("CHANGE_FORK").is_some())
}
