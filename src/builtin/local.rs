//! The build's context as a file system model, and its files.
//!
//! Everything is as a bundle would hold it: what the ignore file leaves out is not there, owners
//! are 0:0, modes and times as the context's [`Spec`] says. Unlike a bundle's, a Dockerfile and
//! an ignore file that are ignored are not there: executors leave them out as well.

use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use rustix::{
    fd::{AsFd as _, OwnedFd},
    fs::{FileType, Mode, OFlags},
};

use super::{
    content::Content,
    tree::{Id, Kind, Meta, ROOT, Tree, parts},
};
use crate::{
    context::{ContextError, MODIFIED, Spec, Timestamps, copied, mode, walk::Kind as Walked},
    oci::Stop,
};

/// Reads the names in a context, not yet its files.
pub(super) fn tree(spec: &Spec, stop: &Stop) -> Result<Tree, ContextError> {
    let mut tree = Tree::new();
    // The directories on the current path, each with the length of its own.
    let mut levels: Vec<(usize, Id)> = vec![(0, ROOT)];
    copied(spec, &mut |entry| {
        stop.check().map_err(ContextError::Sink)?;
        let slash = entry.path.iter().rposition(|byte| *byte == b'/');
        let (parent, name) = match slash {
            Some(slash) => (slash, &entry.path[slash + 1..]),
            None => (0, entry.path),
        };
        while levels.last().is_some_and(|(length, _)| *length > parent) {
            levels.pop();
        }
        let directory = levels.last().map_or(ROOT, |(_, id)| *id);
        let found = entry.meta()?;
        let meta = Meta {
            mode: mode(spec.modes, entry.kind, found.mode),
            modified: match spec.timestamps {
                Timestamps::Fixed => MODIFIED,
                Timestamps::Keep => found.modified,
            },
            ..Meta::default()
        };
        let kind = match entry.kind {
            Walked::Directory => Kind::directory(),
            Walked::Symlink => Kind::Symlink(entry.target()?.into()),
            Walked::File => tree.file(found.size, Content::Context(entry.path.into())),
        };
        let id = tree.insert(directory, name, meta, kind);
        if entry.kind == Walked::Directory {
            levels.push((entry.path.len(), id));
        }
        Ok(())
    })?;
    let meta = Meta::implied(MODIFIED);
    tree.set_meta(ROOT, meta);
    Ok(tree)
}

/// Opens files of a context, one after the other.
///
/// No link is followed, also none that came after the context was read, and names may be longer
/// than the system takes in one call. The directories of the last file stay open for the next.
pub(super) struct Files<'a> {
    root: &'a Path,
    open: Vec<(Vec<u8>, OwnedFd)>,
}

/// How many directories are held open.
const MOST_OPEN: usize = 32;

impl<'a> Files<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, open: Vec::new() }
    }

    /// Opens a file.
    pub(super) fn open(&mut self, path: &[u8]) -> Result<OwnedFd, ContextError> {
        self.find(path)
            .map_err(|errno| ContextError::Read { path: self.place(path), source: errno.into() })
            .and_then(|file| {
                let kind = rustix::fs::fstat(&file)
                    .map(|stat| FileType::from_raw_mode(stat.st_mode))
                    .map_err(io::Error::from)
                    .map_err(|source| ContextError::Read { path: self.place(path), source })?;
                if kind == FileType::RegularFile {
                    Ok(file)
                } else {
                    Err(ContextError::Changed { path: self.place(path), how: "was replaced" })
                }
            })
    }

    fn find(&mut self, path: &[u8]) -> rustix::io::Result<OwnedFd> {
        let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut names: Vec<&[u8]> = parts(path).collect();
        let name = names.pop().unwrap_or_default();
        if self.open.is_empty() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let root = rustix::fs::open(self.root, flags, Mode::empty())?;
            self.open.push((Vec::new(), root));
        }
        let shared =
            self.open[1..].iter().zip(&names).take_while(|(open, name)| open.0 == **name).count();
        self.open.truncate(shared + 1);
        let mut deeper: Option<OwnedFd> = None;
        for part in &names[shared..] {
            let last = deeper.as_ref().unwrap_or(&self.open[self.open.len() - 1].1);
            let next = rustix::fs::openat(
                last.as_fd(),
                OsStr::from_bytes(part),
                directory,
                Mode::empty(),
            )?;
            if deeper.is_none() && self.open.len() < MOST_OPEN {
                self.open.push((part.to_vec(), next));
            } else {
                deeper = Some(next);
            }
        }
        let last = deeper.as_ref().unwrap_or(&self.open[self.open.len() - 1].1);
        rustix::fs::openat(last.as_fd(), OsStr::from_bytes(name), file, Mode::empty())
    }

    /// Where a path is on this machine, for messages.
    pub(super) fn place(&self, path: &[u8]) -> PathBuf {
        self.root.join(OsStr::from_bytes(path))
    }
}
