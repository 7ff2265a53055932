//! GitLab CI, from its predefined variables.
//!
//! Source: GitLab's documentation, "Predefined CI/CD variables" and, for
//! `CI_PIPELINE_SOURCE`, "CI/CD job rules".

use super::fact::Facts;
use super::variables::Variables;
use super::{Event, Fact, time};

/// What GitLab tells a job.
pub(super) fn facts(env: &Variables) -> Facts {
    let runs_for = Subject::of(env);
    Facts {
        event: event(env, &runs_for),
        tells_event: true,
        is_default: None,
        commit: env.text("CI_COMMIT_SHA"),
        commit_time: commit_time(env),
        branch: match &runs_for {
            Subject::Branch(branch) => Fact::text(*branch),
            other => Fact::Absent(other.rather_than("a branch")),
        },
        tag: match &runs_for {
            Subject::Tag(tag) => Fact::text(*tag),
            other => Fact::Absent(other.rather_than("a tag")),
        },
        reference: match &runs_for {
            Subject::MergeRequest { source: Some(source), .. } => Fact::text(*source),
            _ => env.text("CI_COMMIT_REF_NAME"),
        },
        default_branch: match env.get("CI_DEFAULT_BRANCH") {
            Some(branch) => Fact::text(branch),
            None => Fact::Unknown("the job's `CI_DEFAULT_BRANCH` is not set".into()),
        },
        protected: env.flag("CI_COMMIT_REF_PROTECTED"),
        fork: Fact::flag(is_from_fork(env)),
        pull_request: match &runs_for {
            Subject::MergeRequest { number: Some(number), .. } => Fact::number(*number),
            other => Fact::Absent(other.rather_than("a merge request")),
        },
        license: Fact::not_told("GitLab", "the repository's licence"),
        repository: env.text("CI_PROJECT_PATH"),
        repository_url: env.text("CI_PROJECT_URL"),
        pipeline_id: env.text("CI_PIPELINE_ID"),
        pipeline_url: env.text("CI_PIPELINE_URL"),
        job_url: env.text("CI_JOB_URL"),
        actor: env.text("GITLAB_USER_LOGIN"),
        registry: env.text_or("CI_REGISTRY", NO_REGISTRY),
        registry_image: env.text_or("CI_REGISTRY_IMAGE", NO_REGISTRY).map_text(str::to_lowercase),
    }
}

const NO_REGISTRY: &str = "GitLab's container registry is switched off for this project";

/// What a pipeline runs for.
enum Subject<'a> {
    Branch(&'a str),
    Tag(&'a str),
    MergeRequest { number: Option<u64>, source: Option<&'a str> },
    Nothing,
}

impl<'a> Subject<'a> {
    /// Merge requests first: a child pipeline's source is `parent_pipeline` even where its
    /// parent runs for a merge request, whose variables it inherits.
    fn of(env: &'a Variables) -> Self {
        let source = env.get("CI_PIPELINE_SOURCE");
        let number = env
            .get("CI_MERGE_REQUEST_IID")
            .or_else(|| env.get("CI_EXTERNAL_PULL_REQUEST_IID"))
            .and_then(|number| number.parse().ok());
        let is_request = number.is_some()
            || env.get("CI_MERGE_REQUEST_ID").is_some()
            || matches!(source, Some("merge_request_event" | "external_pull_request_event"));
        if is_request {
            let source = env
                .get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
                .or_else(|| env.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME"));
            return Self::MergeRequest { number, source };
        }
        if let Some(tag) = env.get("CI_COMMIT_TAG") {
            return Self::Tag(tag);
        }
        env.get("CI_COMMIT_BRANCH").map_or(Self::Nothing, Self::Branch)
    }

    /// Why what was asked for is absent.
    fn rather_than(&self, wanted: &str) -> String {
        match self {
            Self::Branch(branch) => {
                format!("this pipeline runs for the branch `{branch}`, not for {wanted}")
            }
            Self::Tag(tag) => format!("this pipeline runs for the tag `{tag}`, not for {wanted}"),
            Self::MergeRequest { number: Some(number), .. } => {
                format!("this pipeline runs for merge request !{number}, not for {wanted}")
            }
            Self::MergeRequest { number: None, .. } => {
                format!("this pipeline runs for a merge request, not for {wanted}")
            }
            Self::Nothing => format!("GitLab does not say that this pipeline runs for {wanted}"),
        }
    }
}

fn event(env: &Variables, runs_for: &Subject<'_>) -> Fact {
    if let Subject::MergeRequest { .. } = runs_for {
        return Event::PullRequest.into();
    }
    match env.get("CI_PIPELINE_SOURCE") {
        Some("schedule" | "security_orchestration_policy") => Event::Schedule.into(),
        Some(
            "web"
            | "api"
            | "trigger"
            | "pipeline"
            | "chat"
            | "ondemand_dast_scan"
            | "ondemand_dast_validation",
        ) => Event::Manual.into(),
        Some("push" | "parent_pipeline" | "webide" | "external") | None => match runs_for {
            Subject::Tag(_) => Event::Tag.into(),
            _ => Event::Push.into(),
        },
        Some(other) => Fact::Absent(format!(
            "the pipeline's source `{other}` is no push, tag, merge request, schedule or manual run"
        )),
    }
}

fn commit_time(env: &Variables) -> Fact {
    match env.get("CI_COMMIT_TIMESTAMP").and_then(time::to_utc) {
        Some(time) => Fact::text(time),
        None => Fact::Absent("the job's `CI_COMMIT_TIMESTAMP` is not set".into()),
    }
}

fn is_from_fork(env: &Variables) -> bool {
    let differ = |source, target| match (env.get(source), env.get(target)) {
        (Some(source), Some(target)) => source != target,
        _ => false,
    };
    differ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID")
        || differ(
            "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY",
            "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY",
        )
}
