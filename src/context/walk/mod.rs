//! Going through a context: what is sent of it, in the order in which it is sent.
//!
//! Directories come before what is in them, names are sorted by their bytes. Links are
//! never followed. Memory holds the names of the directories on the current path and no more;
//! a directory that the rules leave out is not opened, unless an exception can reach into it,
//! and one that nothing is taken from neither.
//! Paths may be longer, and directories deeper, than the system takes in one call.

mod entry;
mod names;

use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use rustix::{
    fd::{AsFd as _, BorrowedFd, OwnedFd},
    fs::{FileType, Mode, OFlags},
};

pub(super) use entry::LeftOut;
pub use entry::{Entry, Kind, Meta, Why};
use entry::{place, sendable, stat};
use names::Names;

use super::{
    ContextError,
    ignore::{Matched, Rules},
    taken::{Chosen, Reach},
};

/// How many directories of the current path are held open.
const MOST_OPEN: usize = 64;

/// Shows `visit` all that is sent of the directory `root`, itself aside.
///
/// A directory that only an exception reaches into is shown when something in it is.
///
/// # Errors
///
/// [`ContextError::Read`] for what can't be read, [`ContextError::Refused`] for what can't be
/// sent, and what `visit` returns; the walk ends there.
pub fn walk(
    root: &Path,
    rules: &Rules,
    visit: &mut dyn FnMut(&Entry<'_>) -> Result<(), ContextError>,
) -> Result<(), ContextError> {
    walk_chosen(root, rules, &Chosen::EVERYTHING, &mut |found| match found {
        Found::Sent(entry) => visit(entry),
        Found::Left(_) => Ok(()),
    })
}

/// What a walk meets.
pub(super) enum Found<'a> {
    /// It is sent.
    Sent(&'a Entry<'a>),
    /// It is not, and nothing below it.
    Left(&'a LeftOut<'a>),
}

type Visit<'v> = dyn FnMut(Found<'_>) -> Result<(), ContextError> + 'v;

/// As [`walk`], with what is `chosen` alone; shows `visit` what is left out as well.
pub(super) fn walk_chosen(
    root: &Path,
    rules: &Rules,
    chosen: &Chosen,
    visit: &mut Visit<'_>,
) -> Result<(), ContextError> {
    let mut walk = Walk { root, rules, chosen, path: Vec::new(), levels: Vec::new() };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(root, flags, Mode::empty());
    walk.enter(opened, rules.top(), chosen.top())?;
    walk.levels[0].shown = true;
    while walk.step(visit)? {}
    Ok(())
}

struct Walk<'a> {
    root: &'a Path,
    rules: &'a Rules,
    chosen: &'a Chosen,
    /// Of what is looked at now.
    path: Vec<u8>,
    /// The directories on the current path, the context first.
    levels: Vec<Level>,
}

/// A directory on the current path.
struct Level {
    /// None where it was closed for those below it.
    fd: Option<OwnedFd>,
    meta: Meta,
    matched: Matched,
    reach: Reach,
    names: Names,
    /// Of its path, without a `/` behind it.
    length: usize,
    /// Was given to the visitor.
    shown: bool,
}

impl Walk<'_> {
    /// Looks at the next name of the innermost directory; false when all is done.
    fn step(&mut self, visit: &mut Visit<'_>) -> Result<bool, ContextError> {
        let Some(level) = self.levels.last_mut() else { return Ok(false) };
        self.path.truncate(level.length);
        let Some((name, listed)) = level.names.next() else {
            self.leave()?;
            return Ok(true);
        };
        if level.length > 0 {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name);
        let start = self.path.len() - name.len();

        let kind = match listed {
            FileType::Unknown => {
                let name = OsStr::from_bytes(&self.path[start..]);
                let meta = stat(level.fd(), name).map_err(|source| self.unreadable(source))?;
                FileType::from_raw_mode(meta.mode)
            }
            listed => listed,
        };
        if kind == FileType::Directory {
            self.directory(start, visit)?;
        } else if let Some(why) = self.leaves(start) {
            self.leave_out(start, kind, why, visit)?;
        } else {
            let kind = sendable(kind)
                .map_err(|kind| ContextError::Refused { path: self.place(), kind })?;
            self.show_parents(visit)?;
            let parent = &self.levels[self.levels.len() - 1];
            visit(Found::Sent(&Entry {
                path: &self.path,
                kind,
                root: self.root,
                name: OsStr::from_bytes(&self.path[start..]),
                parent: parent.fd(),
                known: None,
            }))?;
        }
        Ok(true)
    }

    /// What leaves out the file at the path, if anything does.
    fn leaves(&self, start: usize) -> Option<Why> {
        let depth = self.levels.len() - 1;
        let level = &self.levels[depth];
        if self.rules.ignores_in(&self.path, &level.matched) {
            return Some(Why::Ignored);
        }
        let reach = self.chosen.within(&self.path[start..], depth, &level.reach);
        (reach != Reach::All).then_some(Why::NotTaken)
    }

    fn leave_out(
        &self,
        start: usize,
        kind: FileType,
        why: Why,
        visit: &mut Visit<'_>,
    ) -> Result<(), ContextError> {
        let parent = self.levels[self.levels.len() - 1].fd();
        let name = OsStr::from_bytes(&self.path[start..]);
        visit(Found::Left(&LeftOut { path: &self.path, why, kind, name, parent }))
    }

    /// Enters the directory at the path, whose name starts at `start`, if it is to be entered.
    fn directory(&mut self, start: usize, visit: &mut Visit<'_>) -> Result<(), ContextError> {
        let depth = self.levels.len() - 1;
        let parent = &self.levels[depth];
        let matched = self.rules.within(&self.path, &parent.matched);
        let ignored = self.rules.ignores_in(&self.path, &matched);
        if ignored && !self.rules.reaches_into(&self.path, &matched) {
            return self.leave_out(start, FileType::Directory, Why::Ignored, visit);
        }
        let reach = self.chosen.within(&self.path[start..], depth, &parent.reach);
        if reach.is_nothing() {
            return self.leave_out(start, FileType::Directory, Why::NotTaken, visit);
        }
        let on_the_way = ignored || reach != Reach::All;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let name = OsStr::from_bytes(&self.path[start..]);
        let opened = rustix::fs::openat(parent.fd(), name, flags, Mode::empty());
        self.enter(opened, matched, reach)?;
        if on_the_way { Ok(()) } else { self.show_parents(visit) }
    }

    /// Makes an opened directory the innermost one.
    fn enter(
        &mut self,
        opened: rustix::io::Result<OwnedFd>,
        matched: Matched,
        reach: Reach,
    ) -> Result<(), ContextError> {
        let read = opened.and_then(|fd| {
            let meta = rustix::fs::fstat(&fd)?.into();
            let names = Names::read(fd.as_fd())?;
            let length = self.path.len();
            Ok(Level { fd: Some(fd), meta, matched, reach, names, length, shown: false })
        });
        self.levels.push(read.map_err(|errno| self.unreadable(errno.into()))?);
        if let Some(outer) = self.levels.len().checked_sub(MOST_OPEN) {
            self.levels[outer].fd = None;
        }
        Ok(())
    }

    /// Goes back to the directory around the innermost one.
    fn leave(&mut self) -> Result<(), ContextError> {
        let Some(left) = self.levels.pop() else { return Ok(()) };
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        self.path.truncate(level.length);
        if level.fd.is_none() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let opened = rustix::fs::openat(left.fd(), "..", flags, Mode::empty())
                .and_then(|fd| rustix::fs::fstat(&fd).map(|stat| (fd, Meta::from(stat))));
            let (fd, meta) = match opened {
                Ok(opened) => opened,
                Err(errno) => return Err(self.unreadable(errno.into())),
            };
            if meta.identity != level.meta.identity {
                return Err(ContextError::Changed { path: self.place(), how: "was moved" });
            }
            level.fd = Some(fd);
        }
        Ok(())
    }

    /// Shows the directories on the current path that were not shown yet.
    fn show_parents(&mut self, visit: &mut Visit<'_>) -> Result<(), ContextError> {
        let first = self.levels.iter().rposition(|level| level.shown).map_or(0, |last| last + 1);
        for level in &mut self.levels[first..] {
            level.shown = true;
        }
        for level in &self.levels[first..] {
            visit(Found::Sent(&Entry {
                path: &self.path[..level.length],
                kind: Kind::Directory,
                root: self.root,
                name: OsStr::new("."),
                parent: self.levels[self.levels.len() - 1].fd(),
                known: Some(level.meta),
            }))?;
        }
        Ok(())
    }

    fn place(&self) -> PathBuf {
        place(self.root, &self.path)
    }

    fn unreadable(&self, source: io::Error) -> ContextError {
        ContextError::Read { path: self.place(), source }
    }
}

impl Level {
    fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_ref().expect("the innermost directory is always open").as_fd()
    }
}
