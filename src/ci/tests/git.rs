//! Git alone, and what it adds to a CI's word.

use std::fs;
use std::path::Path;

use git2::{Oid, Repository, Signature, Time};
use tempfile::TempDir;

use super::super::{Ci, Field, Provider, Sources};
use super::{flag, text, why_absent, why_unknown};

/// 2026-02-28T22:30:00Z, in a zone two hours east.
const WHEN: i64 = 1_772_317_800;

struct Project {
    directory: TempDir,
    repository: Repository,
}

impl Project {
    /// A repository on the branch `main`, without a commit.
    fn unborn() -> Self {
        let directory = TempDir::new().unwrap();
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main");
        let repository = Repository::init_opts(directory.path(), &options).unwrap();
        Self { directory, repository }
    }

    /// The same with one commit of one file.
    fn new() -> Self {
        let project = Self::unborn();
        project.write("Dockerfile", "FROM scratch\n");
        project.commit();
        project
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path().join(name), content).unwrap();
    }

    fn commit(&self) -> Oid {
        let mut index = self.repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
        let tree = self.repository.find_tree(index.write_tree().unwrap()).unwrap();
        let ada = signature(WHEN);
        self.repository.commit(Some("HEAD"), &ada, &ada, "A change", &tree, &[]).unwrap()
    }

    fn tag(&self, name: &str, tagged_at: Option<i64>) {
        let head = self.repository.head().unwrap().peel(git2::ObjectType::Commit).unwrap();
        match tagged_at {
            Some(time) => self.repository.tag(name, &head, &signature(time), "", false),
            None => self.repository.tag_lightweight(name, &head, false),
        }
        .unwrap();
    }

    fn ci(&self) -> Ci {
        self.as_seen_by(Provider::Git, &[])
    }

    fn as_seen_by(&self, provider: Provider, variables: &[(&str, &str)]) -> Ci {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let sources = Sources {
            env: variables.iter().map(pair).collect(),
            directory: Some(self.path().to_owned()),
            read_file: Box::new(|_| Ok(Vec::new())),
        };
        Ci::of(provider, sources)
    }
}

fn signature(seconds: i64) -> Signature<'static> {
    Signature::new("Ada", "ada@example.com", &Time::new(seconds, 120)).unwrap()
}

#[test]
fn a_branch_with_a_commit() {
    let project = Project::new();
    let ci = project.ci();
    let head = project.repository.head().unwrap().target().unwrap().to_string();

    assert_eq!(text(&ci, Field::Commit), head);
    assert_eq!(text(&ci, Field::CommitShort), head[..8]);
    assert_eq!(text(&ci, Field::CommitTime), "2026-02-28T22:30:00Z");
    assert_eq!(text(&ci, Field::Branch), "main");
    assert_eq!(text(&ci, Field::Ref), "main");
    assert_eq!(text(&ci, Field::Event), "manual");
    assert_eq!(why_absent(&ci, Field::Tag), "no tag stands at the commit");
    assert_eq!(why_absent(&ci, Field::Actor), "there is no CI here that would tell who set it off");
}

#[test]
fn a_directory_within_the_repository_is_in_it() {
    let project = Project::new();
    fs::create_dir_all(project.path().join("services/api")).unwrap();
    let sources = Sources {
        env: std::collections::BTreeMap::new(),
        directory: Some(project.path().join("services/api")),
        read_file: Box::new(|_| Ok(Vec::new())),
    };

    assert_eq!(text(&Ci::detect(sources), Field::Branch), "main");
}

#[test]
fn of_several_tags_an_annotated_one_counts_then_the_newest() {
    let project = Project::new();
    project.tag("zzz", None);
    assert_eq!(text(&project.ci(), Field::Tag), "zzz");

    project.tag("v1.1.0", Some(WHEN + 1));
    project.tag("v1.0.0", Some(WHEN + 2));
    assert_eq!(text(&project.ci(), Field::Tag), "v1.0.0");
}

#[test]
fn a_tag_of_another_commit_is_not_this_one_s() {
    let project = Project::new();
    project.tag("v1.0.0", None);
    project.repository.set_head("refs/heads/topic").unwrap();
    project.write("README", "more\n");
    project.commit();

    let ci = project.ci();

    assert_eq!(text(&ci, Field::Branch), "topic");
    assert_eq!(why_absent(&ci, Field::Tag), "no tag stands at the commit");
}

#[test]
fn a_detached_head_has_no_branch_and_its_tag_is_its_ref() {
    let project = Project::new();
    project.tag("v1.0.0", None);
    let head = project.repository.head().unwrap().target().unwrap();
    project.repository.set_head_detached(head).unwrap();
    let ci = project.ci();

    assert_eq!(why_absent(&ci, Field::Branch), "HEAD is detached: no branch is checked out");
    assert_eq!(text(&ci, Field::Ref), "v1.0.0");
    assert!(!flag(&ci, Field::OnDefaultBranch));
}

#[test]
fn a_repository_without_a_commit_has_a_branch() {
    let project = Project::unborn();
    let ci = project.ci();

    assert_eq!(text(&ci, Field::Branch), "main");
    assert_eq!(why_absent(&ci, Field::Commit), "the repository has no commit yet");
    assert_eq!(why_absent(&ci, Field::CommitShort), "the repository has no commit yet");
}

#[test]
fn where_there_is_no_repository_that_is_the_reason() {
    let empty = TempDir::new().unwrap();
    let ci = Ci::detect(Sources {
        env: std::collections::BTreeMap::new(),
        directory: Some(empty.path().to_owned()),
        read_file: Box::new(|_| Ok(Vec::new())),
    });

    assert_eq!(why_absent(&ci, Field::Commit), "there is no git repository here");
    assert_eq!(why_absent(&ci, Field::Dirty), "there is no git repository here");
    assert_eq!(why_unknown(&ci, Field::DefaultBranch), "there is no git repository here");
}

#[test]
fn tracked_changes_make_it_dirty_and_untracked_files_do_not() {
    let project = Project::new();
    project.write("artifact.o", "left behind");
    assert!(!flag(&project.ci(), Field::Dirty));

    project.write("Dockerfile", "FROM busybox\n");
    assert!(flag(&project.ci(), Field::Dirty));
}

#[test]
fn the_remote_is_told_without_its_credentials() {
    let project = Project::new();
    project.repository.remote("origin", "https://user:t0ken@git.example.com/shop/api.git").unwrap();
    let ci = project.ci();

    assert_eq!(text(&ci, Field::Repository), "shop/api");
    assert_eq!(text(&ci, Field::RepositoryUrl), "https://git.example.com/shop/api");
}

#[test]
fn the_default_branch_is_where_the_remote_s_head_points() {
    let project = Project::new();
    assert_eq!(
        why_unknown(&project.ci(), Field::OnDefaultBranch),
        "the repository has no remote `origin` that would have one; compare `ci.branch` with its \
         name"
    );

    project.repository.remote("origin", "https://git.example.com/shop/api").unwrap();
    assert_eq!(
        why_unknown(&project.ci(), Field::OnDefaultBranch),
        "the repository does not know its remote's HEAD; `git remote set-head origin --auto` asks \
         for it"
    );

    let head = "refs/remotes/origin/HEAD";
    let main = "refs/remotes/origin/main";
    project.repository.reference_symbolic(head, main, false, "").unwrap();
    assert!(flag(&project.ci(), Field::OnDefaultBranch));
}

#[test]
fn a_shallow_clone_says_that_tags_may_be_missing() {
    let project = Project::new();
    let head = project.repository.head().unwrap().target().unwrap();
    fs::write(project.path().join(".git/shallow"), format!("{head}\n")).unwrap();
    let ci = project.ci();

    assert_eq!(
        why_absent(&ci, Field::Tag),
        "no tag stands at the commit (the clone is shallow: tags may not have been fetched)"
    );
    assert!(matches!(ci.git_describe(), super::Fact::Absent(reason)
        if reason.starts_with("the clone is shallow")));
}

#[test]
fn git_describes_the_commit_by_its_tag_or_its_hash() {
    let project = Project::new();
    let head = project.repository.head().unwrap().target().unwrap().to_string();
    assert_eq!(project.ci().git_describe().as_text(), Some(&head[..8]));

    project.tag("v1.0.0", None);
    assert_eq!(project.ci().git_describe().as_text(), Some("v1.0.0"));
}

#[test]
fn a_ci_that_does_not_tell_the_commit_s_time_leaves_it_to_git() {
    let project = Project::new();
    let head = project.repository.head().unwrap().target().unwrap().to_string();
    let ci = project.as_seen_by(Provider::GitHub, &[("GITHUB_SHA", &head)]);

    assert_eq!(text(&ci, Field::CommitTime), "2026-02-28T22:30:00Z");
}

#[test]
fn what_a_ci_does_not_tell_of_the_repository_the_repository_tells() {
    let project = Project::new();
    let head = project.repository.head().unwrap().target().unwrap();
    project.repository.remote("origin", "git@git.example.com:shop/api.git").unwrap();
    project.repository.reference("refs/remotes/origin/main", head, true, "").unwrap();
    let remote = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main");
    project.repository.reference_symbolic(remote.0, remote.1, true, "").unwrap();
    let ci = project.as_seen_by(Provider::CircleCi, &[("CIRCLE_BRANCH", "main")]);

    assert_eq!(text(&ci, Field::Commit), head.to_string());
    assert_eq!(text(&ci, Field::CommitTime), "2026-02-28T22:30:00Z");
    assert_eq!(text(&ci, Field::DefaultBranch), "main");
    assert_eq!(text(&ci, Field::Repository), "shop/api");
    assert_eq!(text(&ci, Field::RepositoryUrl), "https://git.example.com/shop/api");
    assert!(flag(&ci, Field::OnDefaultBranch));
}

#[test]
fn the_word_of_a_ci_counts_before_that_of_the_repository() {
    let project = Project::new();
    let ci = project.as_seen_by(
        Provider::Travis,
        &[("TRAVIS_COMMIT", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c")],
    );

    assert_eq!(text(&ci, Field::Commit), "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c");
}
