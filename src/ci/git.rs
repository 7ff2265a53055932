//! What a git repository tells by itself, read with git2 and never written.
//!
//! Each question opens the repository anew, for a handle can't be shared between threads;
//! an open costs far less than a `git` command.

use std::path::Path;

use git2::{
    DescribeFormatOptions, DescribeOptions, ErrorCode, ObjectType, Oid, Repository, StatusOptions,
};

use super::fact::Facts;
use super::remote::{browsable, path_of};
use super::{Event, Fact, SHORT, time};

/// Why nothing is known where no directory was given.
pub(super) const NOT_LOOKED_AT: &str = "no git repository is looked at";

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The commit's whole hash; none before the first commit.
    pub commit: Option<String>,
    /// When it was made: RFC 3339 in UTC.
    pub commit_time: Option<String>,
    /// The branch that is checked out; none where HEAD is detached.
    pub branch: Option<String>,
    /// The tag at the commit; of several an annotated one, then the newest, then the last by name.
    pub tag: Option<String>,
    /// The path on its server of the remote `origin`, or of the only one: `group/project`.
    pub repository: Option<String>,
    /// That remote's address in a browser, without credentials.
    pub repository_url: Option<String>,
    /// That remote's name.
    pub remote: Option<String>,
    /// Where that remote's HEAD points, as far as the repository has been told.
    pub default_branch: Option<String>,
    /// Whether history, and with it tags, is cut off.
    pub is_shallow: bool,
}

/// Reads the repository that `directory` is in.
///
/// # Errors
///
/// A clause that says why there is none, or why it can't be read.
pub fn read(directory: &Path) -> Result<Checkout, String> {
    let repository = open(directory)?;
    let failed = |error: git2::Error| unreadable(&error);
    let commit = match repository.head() {
        Ok(head) => Some(head.peel_to_commit().map_err(failed)?),
        Err(error) if error.code() == ErrorCode::UnbornBranch => None,
        Err(error) => return Err(unreadable(&error)),
    };
    let remote = remote(&repository);
    Ok(Checkout {
        commit: commit.as_ref().map(|commit| commit.id().to_string()),
        commit_time: commit.as_ref().and_then(|commit| time::from_seconds(commit.time().seconds())),
        branch: branch(&repository),
        tag: match &commit {
            Some(commit) => tag_at(&repository, commit.id()).map_err(failed)?,
            None => None,
        },
        default_branch: remote.as_ref().and_then(|(name, _)| default_branch(&repository, name)),
        repository: remote.as_ref().and_then(|(_, url)| path_of(url)),
        repository_url: remote.as_ref().and_then(|(_, url)| browsable(url)),
        remote: remote.map(|(name, _)| name),
        is_shallow: repository.is_shallow(),
    })
}

/// Whether tracked files, staged or not, differ from the commit. Untracked ones do not count,
/// as with `git describe --dirty`: jobs leave files behind.
#[must_use]
pub fn dirty(directory: &Path) -> Fact {
    let changed = open(directory).and_then(|repository| {
        let mut options = StatusOptions::new();
        options.include_untracked(false).include_ignored(false);
        let statuses =
            repository.statuses(Some(&mut options)).map_err(|error| unreadable(&error))?;
        Ok(!statuses.is_empty())
    });
    changed.map_or_else(Fact::Absent, Fact::flag)
}

/// The commit as `git describe --tags --always --abbrev=8` names it. In a shallow clone only a
/// tag at the commit itself will do: one further back would be overlooked.
#[must_use]
pub fn describe(directory: &Path) -> Fact {
    let name = read(directory).and_then(|checkout| {
        if checkout.is_shallow {
            return checkout.tag.ok_or_else(|| {
                "the clone is shallow, so earlier tags can't be seen: fetch the whole history"
                    .to_owned()
            });
        }
        let repository = open(directory)?;
        let mut format = DescribeFormatOptions::new();
        format.abbreviated_size(u32::try_from(SHORT).unwrap_or(u32::MAX));
        repository
            .describe(DescribeOptions::new().describe_tags().show_commit_oid_as_fallback(true))
            .and_then(|description| description.format(Some(&format)))
            .map_err(|error| unreadable(&error))
    });
    name.map_or_else(Fact::Absent, Fact::text)
}

/// When the commit of that hash was made, where the repository has it.
pub(super) fn commit_time(directory: &Path, commit: &str) -> Option<String> {
    let repository = open(directory).ok()?;
    let commit = repository.find_commit(Oid::from_str(commit).ok()?).ok()?;
    time::from_seconds(commit.time().seconds())
}

/// What `ci` tells where there is no CI.
pub(super) fn facts(checkout: &Result<Checkout, String>) -> Facts {
    let no_ci = |what: &str| Fact::Absent(format!("there is no CI here that would tell {what}"));
    let told = |pick: fn(&Checkout) -> Option<&String>, reason: &str| match checkout {
        Ok(checkout) => pick(checkout).map_or_else(|| Fact::Absent(reason.into()), Fact::text),
        Err(reason) => Fact::Absent(reason.clone()),
    };
    let commit = |pick| told(pick, "the repository has no commit yet");
    let branch =
        told(|checkout| checkout.branch.as_ref(), "HEAD is detached: no branch is checked out");
    let tag = told(|checkout| checkout.tag.as_ref(), no_tag(checkout));
    Facts {
        event: Event::Manual.into(),
        tells_event: true,
        is_default: None,
        commit: commit(|checkout| checkout.commit.as_ref()),
        commit_time: commit(|checkout| checkout.commit_time.as_ref()),
        reference: if let Fact::Known(_) = branch { branch.clone() } else { or(&tag, &branch) },
        branch,
        tag,
        default_branch: default_branch_or_unknown(checkout),
        protected: no_ci("which branches are protected"),
        fork: Fact::flag(false),
        pull_request: no_ci("of pull requests"),
        license: no_ci("of a licence"),
        repository: told(|checkout| checkout.repository.as_ref(), NO_REMOTE),
        repository_url: told(|checkout| checkout.repository_url.as_ref(), NO_REMOTE),
        pipeline_id: no_ci("of pipelines"),
        pipeline_url: no_ci("of pipelines"),
        job_url: no_ci("of jobs"),
        actor: no_ci("who set it off"),
        registry: no_ci("of a registry"),
        registry_image: no_ci("of a registry"),
    }
}

const NO_REMOTE: &str = "the repository has no remote `origin` on a server";

fn no_tag(checkout: &Result<Checkout, String>) -> &'static str {
    match checkout {
        Ok(checkout) if checkout.is_shallow => {
            "no tag stands at the commit (the clone is shallow: tags may not have been fetched)"
        }
        _ => "no tag stands at the commit",
    }
}

fn or(first: &Fact, second: &Fact) -> Fact {
    if let Fact::Known(_) = first { first.clone() } else { second.clone() }
}

fn default_branch_or_unknown(checkout: &Result<Checkout, String>) -> Fact {
    Fact::Unknown(match checkout {
        Ok(Checkout { default_branch: Some(branch), .. }) => return Fact::text(branch),
        Ok(Checkout { remote: Some(remote), .. }) => format!(
            "the repository does not know its remote's HEAD; `git remote set-head {remote} \
             --auto` asks for it"
        ),
        Ok(Checkout { remote: None, .. }) => {
            "the repository has no remote `origin` that would have one; compare `ci.branch` with its name"
                .to_owned()
        }
        Err(reason) => reason.clone(),
    })
}

pub(super) fn open(directory: &Path) -> Result<Repository, String> {
    Repository::discover(directory).map_err(|error| match error.code() {
        ErrorCode::NotFound => "there is no git repository here".to_owned(),
        ErrorCode::Owner => "the git repository belongs to another user, so git does not trust \
             it: `git config --global --add safe.directory PATH` declares that it may"
            .to_owned(),
        _ => unreadable(&error),
    })
}

fn unreadable(error: &git2::Error) -> String {
    format!("the git repository can't be read: {}", error.message())
}

/// The branch that HEAD names, whether or not it has a commit.
fn branch(repository: &Repository) -> Option<String> {
    let head = repository.find_reference("HEAD").ok()?;
    Some(head.symbolic_target().ok()??.strip_prefix("refs/heads/")?.to_owned())
}

fn remote(repository: &Repository) -> Option<(String, String)> {
    let url = |name: &str| {
        let remote = repository.find_remote(name).ok()?;
        Some((name.to_owned(), remote.url().ok()?.to_owned()))
    };
    url("origin").or_else(|| {
        let names = repository.remotes().ok()?;
        let only = if names.len() == 1 { names.get(0).ok()?? } else { return None };
        url(only)
    })
}

fn default_branch(repository: &Repository, remote: &str) -> Option<String> {
    let prefix = format!("refs/remotes/{remote}/");
    let head = repository.find_reference(&format!("{prefix}HEAD")).ok()?;
    Some(head.symbolic_target().ok()??.strip_prefix(&prefix)?.to_owned())
}

fn tag_at(repository: &Repository, commit: Oid) -> Result<Option<String>, git2::Error> {
    let mut found = Vec::new();
    for reference in repository.references_glob("refs/tags/*")? {
        let reference = reference?;
        let Ok(object) = reference.peel(ObjectType::Commit) else { continue };
        let Some(name) = reference.name().ok().and_then(|name| name.strip_prefix("refs/tags/"))
        else {
            continue;
        };
        if object.id() == commit {
            let tagged_at = reference
                .peel_to_tag()
                .ok()
                .and_then(|tag| tag.tagger().map(|tagger| tagger.when().seconds()));
            found.push((tagged_at, name.to_owned()));
        }
    }
    Ok(found.into_iter().max().map(|(_, name)| name))
}
