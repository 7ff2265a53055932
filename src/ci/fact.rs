//! What can be told of a pipeline, and how sure the answer is.

/// One thing told of the pipeline that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// It has this value.
    Known(FactValue),
    /// It is known to have none, for the reason given: a clause without a full stop, such as
    /// "this pipeline runs for the branch `main`, not for a tag".
    Absent(String),
    /// It can't be told, and to go on without it would be a guess. The reason is a clause, as
    /// above.
    Unknown(String),
}

impl Fact {
    /// A known text.
    #[must_use]
    pub fn text(value: impl Into<String>) -> Self {
        Self::Known(FactValue::Text(value.into()))
    }

    /// A known yes or no.
    #[must_use]
    pub fn flag(value: bool) -> Self {
        Self::Known(FactValue::Flag(value))
    }

    /// A known number.
    #[must_use]
    pub fn number(value: u64) -> Self {
        Self::Known(FactValue::Number(value))
    }

    /// The text, where there is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Known(FactValue::Text(text)) => Some(text),
            Self::Known(FactValue::Flag(_) | FactValue::Number(_))
            | Self::Absent(_)
            | Self::Unknown(_) => None,
        }
    }

    /// Yes or no, where that is known.
    #[must_use]
    pub fn as_flag(&self) -> Option<bool> {
        match self {
            Self::Known(FactValue::Flag(flag)) => Some(*flag),
            Self::Known(FactValue::Text(_) | FactValue::Number(_))
            | Self::Absent(_)
            | Self::Unknown(_) => None,
        }
    }

    /// The text made into another, all else as it was.
    #[must_use]
    pub(super) fn map_text(self, change: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Known(FactValue::Text(text)) => Self::text(change(&text)),
            other => other,
        }
    }
}

/// The value of a [`Fact`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// Text, never empty.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A number: that of a pull or merge request.
    Number(u64),
}

impl Fact {
    /// That `provider` does not name the default branch. An error of whoever needs it.
    pub(super) fn no_default_branch(provider: &str) -> Self {
        Self::Unknown(format!(
            "{provider} does not name the default branch, nor does the repository; compare \
             `ci.branch` with its name"
        ))
    }

    /// That `provider` has no registry of its own.
    pub(super) fn no_registry(provider: &str) -> Self {
        Self::Absent(format!("{provider} has no registry of its own"))
    }

    /// That `provider` does not tell `what`.
    pub(super) fn not_told(provider: &str, what: &str) -> Self {
        Self::Absent(format!("{provider} does not tell a job {what}"))
    }

    /// That whether the pull request is from a fork can't be told: an error of whoever asks.
    pub(super) fn fork_not_told(why: &str) -> Self {
        Self::Unknown(format!("whether this is a fork can't be told: {why}"))
    }
}

/// What set the pipeline off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Commits arrived on a branch.
    Push,
    /// A tag was made.
    Tag,
    /// A pull or merge request was opened or changed.
    PullRequest,
    /// The clock.
    Schedule,
    /// Somebody asked for it: by hand, through an interface, or on a machine without a CI.
    Manual,
}

impl Event {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::Push, Self::Tag, Self::PullRequest, Self::Schedule, Self::Manual];

    /// As templates read it: `push`, `tag`, `pull_request`, `schedule`, `manual`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Tag => "tag",
            Self::PullRequest => "pull_request",
            Self::Schedule => "schedule",
            Self::Manual => "manual",
        }
    }

    /// The event of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

impl From<Event> for Fact {
    fn from(event: Event) -> Self {
        Self::text(event.name())
    }
}

/// Declares [`Field`] with the name and the meaning of each field in one place.
macro_rules! fields {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $name:literal,)+) => {
        /// A field of `ci`, as templates name it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Field {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl Field {
            /// Each of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As templates spell it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

fields! {
    /// The name of the [`Provider`](super::Provider): `gitlab`, `github`, … or `git`.
    Provider = "provider",
    /// `push`, `tag`, `pull_request`, `schedule` or `manual`.
    Event = "event",
    /// The commit's whole hash.
    Commit = "commit",
    /// Its first 8 characters, everywhere.
    CommitShort = "commit_short",
    /// When it was made: RFC 3339 in UTC, to the second.
    CommitTime = "commit_time",
    /// When the pipeline was made, where the provider tells, or else when this run began: RFC 3339
    /// in UTC, to the second.
    Time = "time",
    /// The branch that is built. Absent for tags, and for pull and merge requests, whose branch
    /// may bear any name and be another repository's: that one is in `ref`.
    Branch = "branch",
    /// The tag that is built.
    Tag = "tag",
    /// The branch or tag, of a pull or merge request its source branch.
    Ref = "ref",
    /// `ref` as a name fit for hosts and tags, by GitLab's rule.
    RefSlug = "ref_slug",
    /// The repository's default branch.
    DefaultBranch = "default_branch",
    /// Whether this is a push, schedule or manual run on the default branch of this repository.
    OnDefaultBranch = "on_default_branch",
    /// Whether the branch or tag is protected.
    Protected = "protected",
    /// Whether what is built comes from another repository than the one the pipeline is for.
    Fork = "fork",
    /// Whether files that git tracks differ from the commit.
    Dirty = "dirty",
    /// The number of the pull or merge request.
    PullRequest = "pull_request",
    /// The repository's path on its server: `group/project`.
    Repository = "repository",
    /// Its address in a browser, without credentials.
    RepositoryUrl = "repository_url",
    /// The SPDX identifier of the repository's licence, which GitHub alone tells.
    License = "license",
    /// The pipeline's or run's number.
    PipelineId = "pipeline_id",
    /// Its address in a browser.
    PipelineUrl = "pipeline_url",
    /// The job's address in a browser.
    JobUrl = "job_url",
    /// Who set it off: a login name, or another name where the provider tells no login.
    Actor = "actor",
    /// The host of the provider's own registry.
    Registry = "registry",
    /// The image name that belongs to this repository there, in lower case.
    RegistryImage = "registry_image",
}

impl Field {
    /// The field of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

/// What each provider tells by itself; the other fields follow from these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) event: Fact,
    /// Whether the provider tells each kind of event. Where it does not, a run for a branch is
    /// a push, a schedule or a manual run: which of them makes no difference to the branch.
    pub(super) tells_event: bool,
    /// The provider's own word on whether the branch is the default one, where it has one.
    pub(super) is_default: Option<bool>,
    pub(super) commit: Fact,
    pub(super) commit_time: Fact,
    pub(super) branch: Fact,
    pub(super) tag: Fact,
    pub(super) reference: Fact,
    pub(super) default_branch: Fact,
    pub(super) protected: Fact,
    pub(super) fork: Fact,
    pub(super) pull_request: Fact,
    pub(super) license: Fact,
    pub(super) repository: Fact,
    pub(super) repository_url: Fact,
    pub(super) pipeline_id: Fact,
    pub(super) pipeline_url: Fact,
    pub(super) job_url: Fact,
    pub(super) actor: Fact,
    pub(super) registry: Fact,
    pub(super) registry_image: Fact,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_the_name_that_templates_use() {
        assert_eq!(Field::named("ref_slug"), Some(Field::RefSlug));
        assert_eq!(Field::named("tga"), None);
    }

    #[test]
    fn an_event_is_found_by_its_name() {
        assert_eq!(Event::named("pull_request"), Some(Event::PullRequest));
        assert_eq!(Event::named("merge_request"), None);
    }
}
