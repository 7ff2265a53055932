//! `TeamCity`, from its environment variables and the files that hold a build's parameters.
//!
//! Few parameters are in the environment. The others are in a file whose path is the property
//! `teamcity.configuration.properties.file` of the file `TEAMCITY_BUILD_PROPERTIES_FILE`.
//!
//! Source: `TeamCity`'s documentation, "List of predefined build parameters" (branch-related and
//! VCS parameters among them) and "Pull requests": `teamcity.pullRequest.source.branch` is
//! "provided only if the source repository is the same as the target one".

use std::collections::BTreeMap;

use super::fact::Facts;
use super::subject::Subject;
use super::variables::Variables;
use super::{Fact, remote};

const NAME: &str = "TeamCity";

/// How `TeamCity` names the default branch where it has no name of its own.
const DEFAULT: &str = "<default>";

/// What `TeamCity` tells a build. `parameters` are those of its files, or why they can't be read.
pub(super) fn facts(
    env: &Variables,
    parameters: &Result<BTreeMap<String, String>, String>,
) -> Facts {
    let build = Build { env, parameters };
    let runs_for = build.subject();
    let branch_fact = |fact: Fact| match (parameters, &runs_for) {
        (Err(reason), Subject::Nothing) => Fact::Absent(reason.clone()),
        _ => fact,
    };
    Facts {
        event: branch_fact(runs_for.event_but_for_branches(NAME)),
        tells_event: false,
        is_default: build.is_default(&runs_for),
        commit: env.text("BUILD_VCS_NUMBER"),
        commit_time: Fact::not_told(NAME, "when the commit was made"),
        branch: branch_fact(runs_for.branch(NAME)),
        tag: branch_fact(runs_for.tag(NAME)),
        reference: branch_fact(runs_for.reference(NAME)),
        default_branch: match build.default_branch() {
            Some(branch) => Fact::text(branch),
            None => Fact::no_default_branch(NAME),
        },
        protected: Fact::not_told(NAME, "which branches are protected"),
        fork: build.fork(&runs_for),
        pull_request: branch_fact(runs_for.pull_request(NAME)),
        license: Fact::not_told(NAME, "the repository's licence"),
        repository: build.remote(remote::path_of),
        repository_url: build.remote(remote::browsable),
        pipeline_id: match build.get("teamcity.build.id") {
            Some(id) => Fact::text(id),
            None => env.text("BUILD_NUMBER"),
        },
        pipeline_url: env.text("BUILD_URL"),
        job_url: env.text("BUILD_URL"),
        actor: match build.get("teamcity.build.triggeredBy.username") {
            Some(user) => Fact::text(user),
            None => Fact::not_told(NAME, "of a user who set it off"),
        },
        registry: Fact::no_registry(NAME),
        registry_image: Fact::no_registry(NAME),
    }
}

struct Build<'a> {
    env: &'a Variables,
    parameters: &'a Result<BTreeMap<String, String>, String>,
}

impl<'a> Build<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let value = self.parameters.as_ref().ok()?.get(name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The one branch of version control; with several roots nobody can tell which counts.
    fn vcs_branch(&self) -> Option<&'a str> {
        let parameters = self.parameters.as_ref().ok()?;
        let of_root = |(name, value): (&'a String, &'a String)| {
            name.starts_with("teamcity.build.vcs.branch.").then_some(value.as_str())
        };
        let mut branches = parameters.iter().filter_map(of_root);
        branches.next().filter(|_| branches.next().is_none())
    }

    fn subject(&self) -> Subject<'a> {
        let vcs = Subject::of_ref(self.vcs_branch().unwrap_or_default());
        let of_ref = match vcs {
            Subject::PullRequest { number, .. } => number,
            _ => None,
        };
        let number = self.get("teamcity.pullRequest.number");
        if number.is_some() || vcs.is_pull_request() {
            let source = self.get("teamcity.pullRequest.source.branch");
            return Subject::PullRequest {
                number: number.and_then(|number| number.parse().ok()).or(of_ref),
                source: source.map(short),
            };
        }
        match (vcs, self.get("teamcity.build.branch")) {
            (Subject::Nothing, Some(DEFAULT)) => {
                self.default_branch().map_or(Subject::Nothing, Subject::Branch)
            }
            (Subject::Nothing, Some(branch)) => match Subject::of_ref(branch) {
                Subject::Nothing => Subject::Branch(branch),
                whole => whole,
            },
            (vcs, _) => vcs,
        }
    }

    /// The branch that the only root is configured with.
    fn default_branch(&self) -> Option<&'a str> {
        self.get("vcsroot.branch").map(short)
    }

    /// A personal build has its user's changes in it, which are on no branch.
    fn is_default(&self, runs_for: &Subject<'_>) -> Option<bool> {
        if self.env.is_true("BUILD_IS_PERSONAL") {
            return Some(false);
        }
        match (runs_for, self.get("teamcity.build.branch.is_default")) {
            (Subject::Branch(_), Some(is_default)) => Some(is_default == "true"),
            _ => None,
        }
    }

    fn fork(&self, runs_for: &Subject<'_>) -> Fact {
        match (runs_for, self.parameters) {
            (_, Err(reason)) => Fact::fork_not_told(reason),
            (Subject::PullRequest { .. }, _)
                if self.get("teamcity.pullRequest.number").is_none() =>
            {
                Fact::fork_not_told("only TeamCity's build feature Pull Requests tells")
            }
            (Subject::PullRequest { source, .. }, _) => Fact::flag(source.is_none()),
            _ => Fact::flag(false),
        }
    }

    fn remote(&self, part: fn(&str) -> Option<String>) -> Fact {
        match self.get("vcsroot.url").and_then(part) {
            Some(found) => Fact::text(found),
            None => Fact::not_told(NAME, "the repository's address"),
        }
    }
}

fn short(branch: &str) -> &str {
    branch.strip_prefix("refs/heads/").unwrap_or(branch)
}
