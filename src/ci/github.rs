//! GitHub Actions, from its default variables and the file that describes the event.
//!
//! Source: GitHub's documentation, "Variables reference" (default environment variables),
//! "Events that trigger workflows" and "Webhook events and payloads".

use serde_json::Value;

use super::fact::Facts;
use super::variables::Variables;
use super::{Event, Fact, time};

/// What GitHub tells a job. `payload` is the event file, or why it can't be read.
pub(super) fn facts(env: &Variables, payload: &Result<Value, String>) -> Facts {
    let job = Job { env, payload };
    Facts {
        event: job.event(),
        tells_event: true,
        is_default: None,
        commit: env.text("GITHUB_SHA"),
        commit_time: job.commit_time(),
        branch: job.branch(),
        tag: match job.full_ref().strip_prefix("refs/tags/") {
            Some(tag) => Fact::text(tag),
            None => Fact::Absent(job.rather_than("a tag")),
        },
        reference: match env.get("GITHUB_HEAD_REF") {
            Some(source) => Fact::text(source),
            None => env.text("GITHUB_REF_NAME"),
        },
        default_branch: job.default_branch(),
        protected: env.flag("GITHUB_REF_PROTECTED"),
        fork: job.fork(),
        pull_request: match job.pull_request_number() {
            Some(number) => Fact::number(number),
            None => Fact::Absent(job.rather_than("a pull request")),
        },
        license: job.license(),
        repository: env.text("GITHUB_REPOSITORY"),
        repository_url: job.repository_url(),
        pipeline_id: env.text("GITHUB_RUN_ID"),
        pipeline_url: match (job.repository_url(), env.get("GITHUB_RUN_ID")) {
            (repository @ Fact::Known(_), Some(run)) => {
                repository.map_text(|url| format!("{url}/actions/runs/{run}"))
            }
            _ => env.text("GITHUB_RUN_ID"),
        },
        job_url: Fact::Absent("GitHub Actions does not tell a job its own address".into()),
        actor: env.text("GITHUB_ACTOR"),
        registry: job.registry(),
        registry_image: match (job.registry(), env.get("GITHUB_REPOSITORY")) {
            (registry @ Fact::Known(_), Some(repository)) => {
                registry.map_text(|host| format!("{host}/{repository}").to_lowercase())
            }
            (absent, _) => absent,
        },
    }
}

struct Job<'a> {
    env: &'a Variables,
    payload: &'a Result<Value, String>,
}

impl Job<'_> {
    fn event_name(&self) -> &str {
        self.env.get("GITHUB_EVENT_NAME").unwrap_or_default()
    }

    fn full_ref(&self) -> &str {
        self.env.get("GITHUB_REF").unwrap_or_default()
    }

    /// By the event, not by the ref: for `pull_request_target` the ref is the base branch.
    fn is_pull_request(&self) -> bool {
        let by_event = matches!(
            self.event_name(),
            "pull_request"
                | "pull_request_target"
                | "pull_request_review"
                | "pull_request_review_comment"
                | "merge_group"
        );
        by_event || self.full_ref().starts_with("refs/pull/")
    }

    /// Events such as `workflow_run` and `issue_comment` run on the default branch although
    /// a pull request may have set them off: they are none of ours.
    fn event(&self) -> Fact {
        if self.is_pull_request() {
            return Event::PullRequest.into();
        }
        let is_tag = self.full_ref().starts_with("refs/tags/");
        match self.event_name() {
            "push" | "create" | "release" if is_tag => Event::Tag.into(),
            "push" => Event::Push.into(),
            "schedule" => Event::Schedule.into(),
            "workflow_dispatch" | "repository_dispatch" => Event::Manual.into(),
            "" => Fact::Absent("the job's `GITHUB_EVENT_NAME` is not set".into()),
            other => Fact::Absent(format!(
                "GitHub's event `{other}` is no push, tag, pull request, schedule or manual run"
            )),
        }
    }

    fn branch(&self) -> Fact {
        match self.full_ref().strip_prefix("refs/heads/") {
            Some(branch) if !self.is_pull_request() => Fact::text(branch),
            _ => Fact::Absent(self.rather_than("a branch")),
        }
    }

    fn rather_than(&self, wanted: &str) -> String {
        let subject = if let Some(number) = self.pull_request_number() {
            format!("pull request #{number}")
        } else if self.is_pull_request() {
            "a pull request".to_owned()
        } else if let Some(tag) = self.full_ref().strip_prefix("refs/tags/") {
            format!("the tag `{tag}`")
        } else if let Some(branch) = self.full_ref().strip_prefix("refs/heads/") {
            format!("the branch `{branch}`")
        } else {
            return format!("GitHub does not say that this run is for {wanted}");
        };
        format!("this run is for {subject}, not for {wanted}")
    }

    fn told(&self, pointer: &str) -> Option<&Value> {
        self.payload.as_ref().ok()?.pointer(pointer).filter(|value| !value.is_null())
    }

    fn pull_request_number(&self) -> Option<u64> {
        if !self.is_pull_request() {
            return None;
        }
        let of_ref = || self.full_ref().strip_prefix("refs/pull/")?.split('/').next()?.parse().ok();
        self.told("/pull_request/number").and_then(Value::as_u64).or_else(of_ref)
    }

    fn commit_time(&self) -> Fact {
        let is_built =
            self.told("/head_commit/id").and_then(Value::as_str) == self.env.get("GITHUB_SHA");
        self.told("/head_commit/timestamp")
            .filter(|_| is_built)
            .and_then(Value::as_str)
            .and_then(time::to_utc)
            .map_or_else(
                || Fact::Absent("GitHub's event file does not tell the commit's time".into()),
                Fact::text,
            )
    }

    /// A scheduled workflow runs on the default branch alone, and its event file may be silent.
    fn default_branch(&self) -> Fact {
        if let Some(branch) = self.told("/repository/default_branch").and_then(Value::as_str) {
            return Fact::text(branch);
        }
        if let ("schedule", Some(branch)) =
            (self.event_name(), self.full_ref().strip_prefix("refs/heads/"))
        {
            return Fact::text(branch);
        }
        Fact::Unknown(match self.payload {
            Ok(_) => "GitHub's event file does not name the default branch".into(),
            Err(reason) => reason.clone(),
        })
    }

    /// Compares repositories: `head.repo.fork` is also true of a pull request within one that
    /// is itself a fork. A head repository that is gone was not this one.
    fn fork(&self) -> Fact {
        if !self.is_pull_request() || self.event_name() == "merge_group" {
            return Fact::flag(false);
        }
        let payload = match self.payload {
            Ok(payload) => payload,
            Err(reason) => return Fact::Unknown(reason.clone()),
        };
        if self.told("/pull_request/head").is_none() {
            return Fact::Unknown("GitHub's event file has no pull request".into());
        }
        let name = |pointer| payload.pointer(pointer).and_then(Value::as_str);
        let here = name("/repository/full_name").or_else(|| self.env.get("GITHUB_REPOSITORY"));
        match (name("/pull_request/head/repo/full_name"), here) {
            (Some(head), Some(here)) => Fact::flag(!head.eq_ignore_ascii_case(here)),
            _ => Fact::flag(true),
        }
    }

    /// GitHub looks for the licence in the repository's files, and has no identifier for one that it
    /// does not know.
    fn license(&self) -> Fact {
        match self.told("/repository/license/spdx_id").and_then(Value::as_str) {
            Some(known) if known != "NOASSERTION" && !known.is_empty() => Fact::text(known),
            _ => Fact::Absent("GitHub's event file does not name the repository's licence".into()),
        }
    }

    fn repository_url(&self) -> Fact {
        let server = self.env.get("GITHUB_SERVER_URL").unwrap_or("https://github.com");
        let server = server.trim_end_matches('/').to_owned();
        self.env.text("GITHUB_REPOSITORY").map_text(|repository| format!("{server}/{repository}"))
    }

    /// Source: GitHub's documentation, "Working with the Container registry", in its
    /// github.com and its Enterprise Cloud (data residency) editions.
    fn registry(&self) -> Fact {
        let server = self.env.get("GITHUB_SERVER_URL").unwrap_or("https://github.com");
        let host = server.split_once("://").map_or(server, |(_, host)| host);
        let host = host.trim_end_matches('/').to_lowercase();
        if host == "github.com" {
            Fact::text("ghcr.io")
        } else if host.ends_with(".ghe.com") {
            Fact::text(format!("containers.{host}"))
        } else {
            Fact::Absent(format!("the address of the registry of `{host}` can't be told"))
        }
    }
}
