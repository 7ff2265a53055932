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
//! [`Ci::of`] is the same for a provider that is named, and [`Imagined`] a pipeline that is only
//! imagined.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod drone;
mod fact;
pub mod git;
mod github;
mod gitlab;
mod jenkins;
mod properties;
mod provider;
mod remote;
mod sample;
mod slug;
mod subject;
mod teamcity;
mod time;
mod tokens;
mod travis;
mod tree;
mod variables;
mod woodpecker;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

pub use fact::{Event, Fact, FactValue, Field};
pub use provider::Provider;
pub use sample::{Imagined, RunsFor};
pub use slug::slug;
pub use tokens::tokens;
pub use tree::Tree;

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
    described: OnceLock<Fact>,
    time: OnceLock<Fact>,
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
            described: OnceLock::new(),
            time: OnceLock::new(),
        }
    }

    /// The same for a run that begins now; without it `ci.time` is what the provider tells alone.
    #[must_use]
    pub fn at(self, now: SystemTime) -> Self {
        let told = self.env.get("CI_PIPELINE_CREATED_AT").and_then(time::to_utc);
        let seconds = now.duration_since(UNIX_EPOCH).ok();
        let seconds = seconds.and_then(|since| i64::try_from(since.as_secs()).ok());
        if let Some(time) = told.or_else(|| seconds.and_then(time::from_seconds)) {
            let _ = self.time.set(Fact::text(time));
        }
        self
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
            Field::Commit => self.commit(),
            Field::CommitShort => {
                self.commit().map_text(|commit| commit.chars().take(SHORT).collect())
            }
            Field::CommitTime => self.commit_time(),
            Field::Time => {
                let no_clock = || Fact::Absent("no clock is looked at".into());
                self.time.get_or_init(no_clock).clone()
            }
            Field::Branch => facts().branch.clone(),
            Field::Tag => facts().tag.clone(),
            Field::Ref => facts().reference.clone(),
            Field::RefSlug => self.ref_slug(),
            Field::DefaultBranch => self.default_branch(),
            Field::OnDefaultBranch => self.on_default_branch(),
            Field::Protected => facts().protected.clone(),
            Field::Fork => facts().fork.clone(),
            Field::Dirty => self.dirty(),
            Field::PullRequest => facts().pull_request.clone(),
            Field::Repository => self.or_checkout(&facts().repository, |git| &git.repository),
            Field::RepositoryUrl => {
                self.or_checkout(&facts().repository_url, |git| &git.repository_url)
            }
            Field::PipelineId => facts().pipeline_id.clone(),
            Field::PipelineUrl => facts().pipeline_url.clone(),
            Field::JobUrl => facts().job_url.clone(),
            Field::License => facts().license.clone(),
            Field::Actor => facts().actor.clone(),
            Field::Registry => facts().registry.clone(),
            Field::RegistryImage => facts().registry_image.clone(),
        }
    }

    /// The commit by git's own words, as `git describe --tags --always`.
    #[must_use]
    pub fn git_describe(&self) -> Fact {
        let ask = || match &self.directory {
            Some(directory) => git::describe(directory),
            None => Fact::Absent(git::NOT_LOOKED_AT.into()),
        };
        self.described.get_or_init(ask).clone()
    }

    fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| match self.provider {
            Provider::GitLab => gitlab::facts(&self.env),
            Provider::GitHub => github::facts(&self.env, &self.event_file()),
            Provider::Azure => azure::facts(&self.env),
            Provider::Bitbucket => bitbucket::facts(&self.env),
            Provider::Buildkite => buildkite::facts(&self.env),
            Provider::CircleCi => circleci::facts(&self.env),
            Provider::Travis => travis::facts(&self.env),
            Provider::Woodpecker => woodpecker::facts(&self.env),
            Provider::Drone => drone::facts(&self.env),
            Provider::TeamCity => teamcity::facts(&self.env, &self.parameters()),
            Provider::Jenkins => jenkins::facts(&self.env),
            Provider::Git => git::facts(self.checkout()),
        })
    }

    /// `TeamCity`'s parameters: those of the build's file, and of the file that it names.
    fn parameters(&self) -> Result<BTreeMap<String, String>, String> {
        let read = |path: &str| {
            let content = (self.read_file)(Path::new(path)).map_err(|error| {
                format!("TeamCity's file of parameters `{path}` can't be read: {error}")
            })?;
            Ok::<_, String>(properties::parse(&String::from_utf8_lossy(&content)))
        };
        let Some(path) = self.env.get("TEAMCITY_BUILD_PROPERTIES_FILE") else {
            return Err("the job's `TEAMCITY_BUILD_PROPERTIES_FILE` is not set".into());
        };
        let mut parameters = read(path)?;
        if let Some(more) = parameters.get("teamcity.configuration.properties.file").cloned() {
            parameters.extend(read(&more)?);
        }
        Ok(parameters)
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
        self.checkout.get_or_init(|| self.look())
    }

    fn look(&self) -> Result<git::Checkout, String> {
        match &self.directory {
            Some(directory) => git::read(directory),
            None => Err(git::NOT_LOOKED_AT.into()),
        }
    }

    /// The provider's word, or else what is checked out: where a provider is silent, the
    /// repository is right about itself.
    fn or_checkout(&self, told: &Fact, pick: fn(&git::Checkout) -> &Option<String>) -> Fact {
        if let Fact::Known(_) = told {
            return told.clone();
        }
        match self.checkout() {
            Ok(checkout) => pick(checkout).as_ref().map_or_else(|| told.clone(), Fact::text),
            Err(_) => told.clone(),
        }
    }

    fn commit(&self) -> Fact {
        self.or_checkout(&self.facts().commit, |checkout| &checkout.commit)
    }

    /// A clone knows its remote's default branch; what a CI fetches into a new repository
    /// does not.
    fn default_branch(&self) -> Fact {
        self.or_checkout(&self.facts().default_branch, |checkout| &checkout.default_branch)
    }

    /// The provider's word, or else that of the repository, which knows the commit by its hash.
    fn commit_time(&self) -> Fact {
        let told = &self.facts().commit_time;
        let (Fact::Absent(_), Some(commit)) = (told, self.commit().as_text().map(str::to_owned))
        else {
            return told.clone();
        };
        let checked_out = self.checkout().as_ref().ok();
        let is_built = |checkout: &&git::Checkout| checkout.commit.as_ref() == Some(&commit);
        let time = match (checked_out.filter(is_built), &self.directory) {
            (Some(checkout), _) => checkout.commit_time.clone(),
            (None, Some(directory)) => git::commit_time(directory, &commit),
            (None, None) => None,
        };
        time.map_or_else(|| told.clone(), Fact::text)
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
        let counts = match facts.event.as_text().and_then(Event::named) {
            Some(Event::Push | Event::Schedule | Event::Manual) => true,
            Some(Event::Tag | Event::PullRequest) => false,
            None => !facts.tells_event,
        };
        let Some(branch) = facts.branch.as_text().filter(|_| counts) else {
            return Fact::flag(false);
        };
        if let Some(is_default) = facts.is_default {
            return Fact::flag(is_default);
        }
        match self.default_branch() {
            Fact::Known(FactValue::Text(default)) => Fact::flag(branch == default),
            other => other,
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
