//! What a pipeline is: one model over the providers of CI.
//!
//! Pure but for [`git`], which reads a repository: the environment, the directory and a way to
//! read GitHub's event file are passed in. Nothing is asked before it is needed, and each
//! answer is a [`Fact`]: known, known to be absent with the reason, or unknown, which is an
//! error of whoever uses it.
//!
//! # API
//!
//! ```
//! use kaniko_build::ci::{Ci, Fact, Field, Sources};
//!
//! let env = [
//!     ("GITLAB_CI", "true"),
//!     ("CI_PIPELINE_SOURCE", "push"),
//!     ("CI_COMMIT_BRANCH", "main"),
//!     ("CI_DEFAULT_BRANCH", "main"),
//! ];
//! let ci = Ci::detect(Sources {
//!     env: env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
//!     directory: None,
//!     read_file: Box::new(|path| std::fs::read(path)),
//! });
//! assert_eq!(ci.fact(Field::OnDefaultBranch), Fact::flag(true));
//! assert_eq!(
//!     ci.fact(Field::Tag),
//!     Fact::Absent("this pipeline runs for the branch `main`, not for a tag".into()),
//! );
//! ```
//!
//! [`Ci::of`] is the same for a provider that is named, for pipelines that are only imagined.

mod fact;
pub mod git;
mod github;
mod gitlab;
mod provider;
mod remote;
mod slug;
mod time;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use fact::{Event, Fact, FactValue, Field};
pub use provider::Provider;
pub use slug::slug;

use fact::Facts;
use variables::Variables;

/// How many characters `commit_short` has, everywhere.
const SHORT: usize = 8;

/// Reads a whole file.
pub type ReadFile = Box<dyn Fn(&Path) -> io::Result<Vec<u8>> + Send + Sync>;

/// Where the facts come from.
pub struct Sources {
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// A directory whose git repository may be asked; none: no repository is looked at.
    pub directory: Option<PathBuf>,
    /// Reads GitHub's event file, whose path is in the environment.
    pub read_file: ReadFile,
}

/// The pipeline that runs, or git alone where there is none.
pub struct Ci {
    provider: Provider,
    env: Variables,
    directory: Option<PathBuf>,
    read_file: ReadFile,
    facts: OnceLock<Facts>,
    checkout: OnceLock<Result<git::Checkout, String>>,
    dirty: OnceLock<Fact>,
}

impl fmt::Debug for Ci {
    /// The provider alone: the environment holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ci").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl Ci {
    /// The pipeline of the provider that the environment tells of, or git alone.
    #[must_use]
    pub fn detect(sources: Sources) -> Self {
        let provider = Provider::of(&sources.env);
        Self::of(provider, sources)
    }

    /// The pipeline of this provider.
    #[must_use]
    pub fn of(provider: Provider, sources: Sources) -> Self {
        let Sources { env, directory, read_file } = sources;
        Self {
            provider,
            env: Variables::new(env),
            directory,
            read_file,
            facts: OnceLock::new(),
            checkout: OnceLock::new(),
            dirty: OnceLock::new(),
        }
    }

    /// Whose pipeline it is.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// What is known of `field`. The first question of a kind may read a file or the
    /// repository; all later ones are answered from memory.
    #[must_use]
    pub fn fact(&self, field: Field) -> Fact {
        let facts = || self.facts();
        match field {
            Field::Provider => Fact::text(self.provider.name()),
            Field::Event => facts().event.clone(),
            Field::Commit => facts().commit.clone(),
            Field::CommitShort => {
                facts().commit.clone().map_text(|commit| commit.chars().take(SHORT).collect())
            }
            Field::CommitTime => self.commit_time(),
            Field::Branch => facts().branch.clone(),
            Field::Tag => facts().tag.clone(),
            Field::Ref => facts().reference.clone(),
            Field::RefSlug => self.ref_slug(),
            Field::DefaultBranch => facts().default_branch.clone(),
            Field::OnDefaultBranch => self.on_default_branch(),
            Field::Protected => facts().protected.clone(),
            Field::Fork => facts().fork.clone(),
            Field::Dirty => self.dirty(),
            Field::PullRequest => facts().pull_request.clone(),
            Field::Repository => facts().repository.clone(),
            Field::RepositoryUrl => facts().repository_url.clone(),
            Field::PipelineId => facts().pipeline_id.clone(),
            Field::PipelineUrl => facts().pipeline_url.clone(),
            Field::JobUrl => facts().job_url.clone(),
            Field::Actor => facts().actor.clone(),
            Field::Registry => facts().registry.clone(),
            Field::RegistryImage => facts().registry_image.clone(),
        }
    }

    /// The commit by git's own words, as `git describe --tags --always`.
    #[must_use]
    pub fn git_describe(&self) -> Fact {
        match &self.directory {
            Some(directory) => git::describe(directory),
            None => Fact::Absent(git::NOT_LOOKED_AT.into()),
        }
    }

    fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| match self.provider {
            Provider::GitLab => gitlab::facts(&self.env),
            Provider::GitHub => github::facts(&self.env, &self.event_file()),
            Provider::Git => git::facts(self.checkout()),
        })
    }

    fn event_file(&self) -> Result<serde_json::Value, String> {
        let Some(path) = self.env.get("GITHUB_EVENT_PATH") else {
            return Err("the job's `GITHUB_EVENT_PATH` is not set".into());
        };
        let content = (self.read_file)(Path::new(path))
            .map_err(|error| format!("GitHub's event file `{path}` can't be read: {error}"))?;
        serde_json::from_slice(&content)
            .map_err(|_| format!("GitHub's event file `{path}` is not valid JSON"))
    }

    fn checkout(&self) -> &Result<git::Checkout, String> {
        self.checkout.get_or_init(|| match &self.directory {
            Some(directory) => git::read(directory),
            None => Err(git::NOT_LOOKED_AT.into()),
        })
    }

    /// The provider's word, or else that of the repository, which knows the commit by its hash.
    fn commit_time(&self) -> Fact {
        let facts = self.facts();
        if let (Fact::Absent(_), Some(commit), Some(directory)) =
            (&facts.commit_time, facts.commit.as_text(), &self.directory)
            && let Some(time) = git::commit_time(directory, commit)
        {
            return Fact::text(time);
        }
        facts.commit_time.clone()
    }

    fn ref_slug(&self) -> Fact {
        match self.facts().reference.clone().map_text(slug) {
            fact if fact.as_text() == Some("") => {
                Fact::Absent("nothing of the ref's name is left in its slug".into())
            }
            fact => fact,
        }
    }

    /// A pull or merge request is never on the default branch, however its own is named.
    fn on_default_branch(&self) -> Fact {
        let facts = self.facts();
        let event = facts.event.as_text().and_then(Event::named);
        if !matches!(event, Some(Event::Push | Event::Schedule | Event::Manual)) {
            return Fact::flag(false);
        }
        let Some(branch) = facts.branch.as_text() else {
            return Fact::flag(false);
        };
        match &facts.default_branch {
            Fact::Known(FactValue::Text(default)) => Fact::flag(branch == default),
            other => other.clone(),
        }
    }

    fn dirty(&self) -> Fact {
        let ask = || match &self.directory {
            Some(directory) => git::dirty(directory),
            None => Fact::Absent(git::NOT_LOOKED_AT.into()),
        };
        self.dirty.get_or_init(ask).clone()
    }
}
