//! Bitbucket Pipelines, from its default variables.
//!
//! It runs for no pull request from a fork: "pull-requests" pipelines are those of pull
//! requests initiated from within the repository.
//!
//! Source: Bitbucket's documentation, "Variables and secrets" (default variables) and
//! "Pipeline start conditions" (pull-requests). The address of a pipeline is not among the
//! variables: it is the one that the site shows (`/pipelines/results/` and the build's number).

use super::Fact;
use super::fact::Facts;
use super::subject::Subject;
use super::variables::Variables;

const NAME: &str = "Bitbucket";

/// What Bitbucket tells a step.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = subject(env);
    let page = || {
        env.text("BITBUCKET_REPO_FULL_NAME")
            .map_text(|repository| format!("https://bitbucket.org/{repository}"))
    };
    Facts {
        event: runs_for.event_but_for_branches(NAME),
        tells_event: false,
        is_default: None,
        commit: env.text("BITBUCKET_COMMIT"),
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: runs_for.branch(NAME),
        tag: runs_for.tag(NAME),
        reference: runs_for.reference(NAME),
        default_branch: Fact::no_default_branch(NAME),
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: Fact::flag(false),
        pull_request: runs_for.pull_request(NAME),
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: env.text("BITBUCKET_REPO_FULL_NAME"),
        repository_url: page(),
        pipeline_id: env.text("BITBUCKET_BUILD_NUMBER"),
        pipeline_url: match env.get("BITBUCKET_BUILD_NUMBER") {
            Some(number) => page().map_text(|page| format!("{page}/pipelines/results/{number}")),
            None => env.text("BITBUCKET_BUILD_NUMBER"),
        },
        job_url: Fact::not_told(NAME, "its own address"),
        actor: Fact::not_told(NAME, "the name of who set it off"),
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

/// `BITBUCKET_BRANCH` is the source branch where there is a pull request.
fn subject(env: &Variables) -> Subject<'_> {
    let branch = env.get("BITBUCKET_BRANCH");
    if env.get("BITBUCKET_PR_ID").is_some() {
        return Subject::PullRequest { number: env.number("BITBUCKET_PR_ID"), source: branch };
    }
    match (env.get("BITBUCKET_TAG"), branch) {
        (Some(tag), _) => Subject::Tag(tag),
        (None, Some(branch)) => Subject::Branch(branch),
        (None, None) => Subject::Nothing,
    }
}
