//! Pipelines that are only imagined, for trying tag rules anywhere.
//!
//! The values are samples in the form that each provider's documentation gives, for a repository
//! whose default branch is `main`; a pull request comes from the branch `feature/login` of the
//! same repository. Secrets that a provider hands to its jobs are dummies.

mod services;
mod variables;

use std::collections::BTreeMap;

use super::git::Checkout;
use super::{Ci, Event, Fact, Provider, Sources};

/// The commit of every sample.
const COMMIT: &str = "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c";

/// When it was made.
const COMMIT_TIME: &str = "2026-02-28T22:30:00Z";

/// When the pipeline began.
const TIME: &str = "2026-03-01T02:00:00Z";

/// The default branch of every sample.
const DEFAULT_BRANCH: &str = "main";

/// The branch that pull requests come from.
const SOURCE_BRANCH: &str = "feature/login";

/// What `git describe` says where the commit has no tag.
const DESCRIBED: &str = "v1.0.0-4-g7f3a1c9e";

/// What an imagined pipeline runs for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunsFor {
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// The pull or merge request of that number.
    PullRequest(u64),
}

/// An imagined pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imagined {
    provider: Provider,
    runs_for: RunsFor,
    event: Event,
}

impl Imagined {
    /// A pipeline of `provider`; without `runs_for` for the default branch, without `event` set
    /// off by git.
    ///
    /// # Errors
    ///
    /// A sentence that says why `event` can't be of such a run.
    pub fn new(
        provider: Provider,
        runs_for: Option<RunsFor>,
        event: Option<Event>,
    ) -> Result<Self, String> {
        let runs_for = runs_for.unwrap_or_else(|| RunsFor::Branch(DEFAULT_BRANCH.to_owned()));
        let (of_git, what) = match &runs_for {
            RunsFor::Branch(_) => (Event::Push, "a branch"),
            RunsFor::Tag(_) => (Event::Tag, "a tag"),
            RunsFor::PullRequest(_) => (Event::PullRequest, "a pull request"),
        };
        if provider == Provider::Git && of_git == Event::PullRequest {
            return Err("where there is no CI there are no pull requests".to_owned());
        }
        let event = event.unwrap_or(of_git);
        let fits = event == of_git
            || matches!(
                (&runs_for, event),
                (RunsFor::Branch(_) | RunsFor::Tag(_), Event::Schedule | Event::Manual)
            );
        if fits {
            Ok(Self { provider, runs_for, event })
        } else {
            Err(format!("a run for {what} is not set off by the event `{}`", event.name()))
        }
    }

    /// The environment of its jobs.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        variables::of(self)
    }

    /// The pipeline, in this environment. It reads neither a file nor a repository.
    #[must_use]
    pub fn ci(&self, env: BTreeMap<String, String>) -> Ci {
        let files = variables::files(self);
        let ci = Ci::of(
            self.provider,
            Sources {
                env,
                directory: None,
                read_file: Box::new(move |path| {
                    let file = files.iter().find(|(name, _)| path.to_str() == Some(name));
                    let content = file.map(|(_, content)| content.clone().into_bytes());
                    content.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))
                }),
            },
        );
        let described = match &self.runs_for {
            RunsFor::Tag(tag) => tag,
            _ => DESCRIBED,
        };
        // Each is set for the first time.
        let _ = ci.checkout.set(Ok(self.checkout()));
        let _ = ci.dirty.set(Fact::flag(false));
        let _ = ci.described.set(Fact::text(described));
        let _ = ci.time.set(Fact::text(TIME));
        ci
    }

    /// What the provider checks out. A whole clone knows the default branch, one of a single
    /// branch knows it where it is that branch, and what is fetched into a new repository knows
    /// none.
    fn checkout(&self) -> Checkout {
        let branch = match &self.runs_for {
            RunsFor::Branch(branch) => Some(branch.clone()),
            _ => None,
        };
        let knows_default_branch = match self.provider {
            Provider::CircleCi | Provider::Git => true,
            Provider::Bitbucket | Provider::Travis => branch.as_deref() == Some(DEFAULT_BRANCH),
            _ => false,
        };
        let git_alone = self.provider == Provider::Git;
        Checkout {
            commit: Some(COMMIT.to_owned()),
            commit_time: Some(COMMIT_TIME.to_owned()),
            branch: branch.filter(|_| git_alone),
            tag: match &self.runs_for {
                RunsFor::Tag(tag) => Some(tag.clone()),
                _ => None,
            },
            repository: Some("group/project".to_owned()),
            repository_url: Some("https://git.example.com/group/project".to_owned()),
            remote: Some("origin".to_owned()),
            default_branch: knows_default_branch.then(|| DEFAULT_BRANCH.to_owned()),
            is_shallow: false,
        }
    }

    fn branch(&self) -> Option<&str> {
        match &self.runs_for {
            RunsFor::Branch(branch) => Some(branch),
            _ => None,
        }
    }

    fn tag(&self) -> Option<&str> {
        match &self.runs_for {
            RunsFor::Tag(tag) => Some(tag),
            _ => None,
        }
    }

    fn number(&self) -> Option<u64> {
        match &self.runs_for {
            RunsFor::PullRequest(number) => Some(*number),
            _ => None,
        }
    }

    /// The branch or the tag; none for a pull request.
    fn name(&self) -> Option<&str> {
        self.branch().or(self.tag())
    }

    /// Git's whole name of what is built.
    fn whole_ref(&self) -> String {
        match &self.runs_for {
            RunsFor::Branch(branch) => format!("refs/heads/{branch}"),
            RunsFor::Tag(tag) => format!("refs/tags/{tag}"),
            RunsFor::PullRequest(number) => format!("refs/pull/{number}/merge"),
        }
    }
}
