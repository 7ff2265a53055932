//! Which files of a repository git leaves out.

use std::path::{Path, PathBuf};

use git2::Repository;

use super::git;

/// The working tree of a repository.
pub struct Tree {
    repository: Repository,
    top: PathBuf,
}

impl Tree {
    /// The tree that `directory` is in.
    ///
    /// # Errors
    ///
    /// A clause that says why there is none, or why it can't be read.
    pub fn open(directory: &Path) -> Result<Self, String> {
        let repository = git::open(directory)?;
        let top = repository.workdir().ok_or("the repository has no working tree")?;
        let top = top.canonicalize().map_err(|error| error.kind().to_string())?;
        Ok(Self { repository, top })
    }

    /// Whether git's rules leave `path` out, which is absolute and without links above it.
    #[must_use]
    pub fn ignores(&self, path: &Path) -> bool {
        let within = path.strip_prefix(&self.top);
        within.is_ok_and(|path| self.repository.is_path_ignored(path).unwrap_or(false))
    }
}
