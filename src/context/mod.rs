//! The directory tree that is sent, and the bundle that it is sent as.
//!
//! [`pack`] writes the bundle as a stream, [`list`] says what would be in it. Both read the
//! ignore file and go through the tree alike, so they never differ. Nothing here knows where
//! the bundle goes.
//!
//! A job of today runs `tar -C DIRECTORY -czf - .`. What a bundle has otherwise, each with a test
//! (`tests/bundle.rs`, if nothing else is said):
//!
//! | `tar` | a bundle | why |
//! |---|---|---|
//! | all files | none that `.dockerignore` takes out, and of the rest what the Dockerfile takes; itself and the ignore file always (`tests/ignored.rs`, `tests/taken.rs`) | nothing else is looked at |
//! | in the directory's order | sorted by bytes, parents first | equal trees give equal bytes |
//! | owners and their names | 0:0 and no names | a checkout's user is no part of an image |
//! | modes | without group's and other's right to write, but on sticky directories; all kept with `modes = "keep"` | a checkout's umask does not show |
//! | times | one fixed time; kept with `timestamps = "keep"` | a checkout's time does not show |
//! | `./` as the directory is | `./` of mode 0755 and the fixed time | images have its mode where all is copied |
//! | hard links as links | as files of their own | executors drop them silently |
//! | names from `./` on | without | |
//! | GNU's long names | PAX, and for names that are not ASCII as well | the standard |
//! | pipes and devices archived, sockets left out | refused (`tests/refused.rs`) | executors drop them silently |
//! | goes on after what can't be read, and pads what shrinks | ends with an error, and no end of the archive (`tests/changes.rs`, `tests/refused.rs`, `tests/never_half.rs`) | half a context would be built |
//! | padded to 10 KiB | ends with two blocks | |
//! | one member of gzip | several over a network, of which none ends where the archive could (`tests/members.rs`) | all cores compress, and executors meet the checksums |
//!
//! Links are sent as they are, sparse files whole, and attributes beyond modes not at all, as `tar`
//! does without further flags. What is left with `modes` and `timestamps` kept is held against a
//! real `tar` entry by entry (`tests/it/beside_tar.rs`).

mod absent;
mod archive;
mod build_files;
pub(crate) mod deflate;
mod dense;
mod error;
pub(crate) mod gate;
mod identity;
pub mod ignore;
mod list;
mod pack;
mod stored;
pub(crate) mod stream;
mod taken;
pub mod walk;

use std::path::PathBuf;

pub use absent::{Absent, absent};
pub use error::ContextError;
pub use identity::{Identity, identity};
pub(crate) use list::copied;
pub use list::{Left, Listed, Listing, ignore_file, list};
pub(crate) use pack::mode;
pub use pack::{MODIFIED, pack};
pub use taken::{Extent, Taken};
pub use walk::Why;

/// A context, and how it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The directory.
    pub root: PathBuf,
    /// The build's Dockerfile.
    pub dockerfile: Dockerfile,
    /// How much of it is sent.
    pub extent: Extent,
    /// What becomes of permissions.
    pub modes: Modes,
    /// What becomes of modification times.
    pub timestamps: Timestamps,
}

/// Where a Dockerfile is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dockerfile {
    /// In the context, relative to it: sent in the bundle, whatever the ignore file says.
    Inside(PathBuf),
    /// Elsewhere: not in the bundle. An ignore file beside it counts all the same.
    Outside(PathBuf),
}

/// What becomes of permissions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Modes {
    /// Group and others lose the right to write but on sticky directories, so that a
    /// checkout's umask (000, 002 or 022) does not show; all else is kept.
    #[default]
    Normal,
    /// They are kept.
    Keep,
}

/// What becomes of modification times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Timestamps {
    /// All are [`MODIFIED`].
    #[default]
    Fixed,
    /// They are kept, in whole seconds.
    Keep,
}

/// How a bundle is compressed; always gzip, which is all that executors take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all: for a pipe on this machine.
    None,
    /// As well as all cores can while a network takes it.
    Network,
}

/// What was written of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Bytes of the compressed bundle.
    pub bytes: u64,
    /// SHA-256 of the compressed bundle.
    pub sha256: [u8; 32],
    /// Entries of the archive, directories included.
    pub entries: u64,
}

#[cfg(test)]
mod tests;
