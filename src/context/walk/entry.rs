//! One thing that is sent, still in its directory.

use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use rustix::{
    fd::{BorrowedFd, OwnedFd},
    fs::{AtFlags, FileType, Mode, OFlags, Stat},
};

use crate::context::ContextError;

/// Something that is sent.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Relative to the context, `/`-separated, without a `/` at its end.
    pub path: &'a [u8],
    /// What it is.
    pub kind: Kind,
    pub(super) root: &'a Path,
    pub(super) name: &'a OsStr,
    pub(super) parent: BorrowedFd<'a>,
    pub(super) known: Option<Meta>,
}

/// Something that is left out: a directory that is not opened, or anything else.
#[derive(Debug)]
pub(in crate::context) struct LeftOut<'a> {
    /// As an entry's.
    pub(in crate::context) path: &'a [u8],
    pub(in crate::context) why: Why,
    pub(super) kind: FileType,
    pub(super) name: &'a OsStr,
    pub(super) parent: BorrowedFd<'a>,
}

/// What leaves something out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The ignore file does.
    Ignored,
    /// The build does not take it.
    NotTaken,
}

impl LeftOut<'_> {
    pub(in crate::context) fn is_directory(&self) -> bool {
        self.kind == FileType::Directory
    }

    /// Bytes of a file; 0 for all else, and for what is gone.
    pub(in crate::context) fn size(&self) -> u64 {
        let meta = (self.kind == FileType::RegularFile).then(|| stat(self.parent, self.name));
        meta.and_then(Result::ok).map_or(0, |meta| meta.size)
    }
}

/// What can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
}

/// What the file system says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// Permissions with setuid, setgid and sticky, and the type above them.
    pub mode: u32,
    /// Bytes of a file.
    pub size: u64,
    /// Seconds since 1970.
    pub modified: i64,
    /// Device and inode.
    pub(super) identity: (u64, u64),
}

impl From<Stat> for Meta {
    fn from(stat: Stat) -> Self {
        Self {
            mode: stat.st_mode,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: stat.st_mtime,
            identity: (stat.st_dev, stat.st_ino),
        }
    }
}

impl Entry<'_> {
    /// Where it is on this machine, for messages.
    #[must_use]
    pub fn place(&self) -> PathBuf {
        place(self.root, self.path)
    }

    /// What the file system says of it now.
    ///
    /// # Errors
    ///
    /// [`ContextError::Read`].
    pub fn meta(&self) -> Result<Meta, ContextError> {
        self.known.map_or_else(
            || stat(self.parent, self.name).map_err(|source| self.unreadable(source)),
            Ok,
        )
    }

    /// Opens a file and says what it is now.
    ///
    /// # Errors
    ///
    /// [`ContextError::Read`]; [`ContextError::Changed`] when it is no file any more.
    pub fn open(&self) -> Result<(OwnedFd, Meta), ContextError> {
        // A pipe that has come in its place would block without NONBLOCK.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(self.parent, self.name, flags, Mode::empty())
            .and_then(|file| rustix::fs::fstat(&file).map(|stat| (file, Meta::from(stat))));
        let (file, meta) = opened.map_err(|errno| self.unreadable(errno.into()))?;
        if FileType::from_raw_mode(meta.mode) != FileType::RegularFile {
            return Err(ContextError::Changed { path: self.place(), how: "was replaced" });
        }
        Ok((file, meta))
    }

    /// Where a link points, as it is.
    ///
    /// # Errors
    ///
    /// [`ContextError::Read`].
    pub fn target(&self) -> Result<Vec<u8>, ContextError> {
        rustix::fs::readlinkat(self.parent, self.name, Vec::new())
            .map(std::ffi::CString::into_bytes)
            .map_err(|errno| self.unreadable(errno.into()))
    }

    fn unreadable(&self, source: io::Error) -> ContextError {
        ContextError::Read { path: self.place(), source }
    }
}

/// What can be sent of a kind, or its name.
pub(super) fn sendable(kind: FileType) -> Result<Kind, &'static str> {
    match kind {
        FileType::Directory => Ok(Kind::Directory),
        FileType::RegularFile => Ok(Kind::File),
        FileType::Symlink => Ok(Kind::Symlink),
        FileType::Fifo => Err("a named pipe"),
        FileType::Socket => Err("a socket"),
        FileType::CharacterDevice => Err("a character device"),
        FileType::BlockDevice => Err("a block device"),
        FileType::Unknown => Err("of an unknown kind"),
    }
}

/// Where a path relative to `root` is on this machine.
pub(super) fn place(root: &Path, path: &[u8]) -> PathBuf {
    if path.is_empty() { root.to_owned() } else { root.join(OsStr::from_bytes(path)) }
}

pub(super) fn stat(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<Meta> {
    Ok(rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?.into())
}
