//! What would be sent, without sending it.

use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, path::PathBuf};

use super::{
    ContextError, Spec, Why, build_files,
    pack::mode,
    taken::Chosen,
    walk::{Entry, Found, Kind, walk_chosen},
};

/// Something of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// It would be sent.
    Sent(Listed),
    /// It would not.
    Left(Left),
}

/// Something that would not be sent: a file, or a directory that is not even opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Relative to the context.
    pub path: PathBuf,
    /// What leaves it out.
    pub why: Why,
    /// Whether it is a directory: how much is in it nobody has looked at.
    pub directory: bool,
    /// Bytes of a file; 0 for all else.
    pub size: u64,
}

/// Something that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Relative to the context.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// Bytes of a file; 0 for all else.
    pub size: u64,
    /// Permissions as they are sent, with setuid, setgid and sticky.
    pub mode: u32,
}

/// Shows `each` what [`pack`](super::pack) would send and what it would leave out, in its order,
/// the context's own `./` aside.
///
/// # Errors
///
/// As [`pack`](super::pack), but for what only reading a file's content can show.
pub fn list(spec: &Spec, each: &mut dyn FnMut(Listing)) -> Result<(), ContextError> {
    let rules = build_files::rules(spec)?;
    let chosen = Chosen::new(&spec.extent, &spec.root, &rules)?;
    let path = |path: &[u8]| OsString::from_vec(path.to_vec()).into();
    walk_chosen(&spec.root, &rules, &chosen, &mut |found| {
        each(match found {
            Found::Sent(entry) => {
                let meta = entry.meta()?;
                Listing::Sent(Listed {
                    path: path(entry.path),
                    kind: entry.kind,
                    size: if entry.kind == Kind::File { meta.size } else { 0 },
                    mode: mode(spec.modes, entry.kind, meta.mode),
                })
            }
            Found::Left(left) => Listing::Left(Left {
                path: path(left.path),
                why: left.why,
                directory: left.is_directory(),
                size: left.size(),
            }),
        });
        Ok(())
    })
}

/// Shows `visit` what an executor copies from when all is copied: what would be sent, without the
/// build's own files where they are ignored.
pub(crate) fn copied(
    spec: &Spec,
    visit: &mut dyn FnMut(&Entry<'_>) -> Result<(), ContextError>,
) -> Result<(), ContextError> {
    let rules = build_files::rules_as_written(spec)?;
    let chosen = Chosen::new(&spec.extent, &spec.root, &rules)?;
    walk_chosen(&spec.root, &rules, &chosen, &mut |found| match found {
        Found::Sent(entry) => visit(entry),
        Found::Left(_) => Ok(()),
    })
}

/// The ignore file that counts: the Dockerfile's own, or else the context's; none without one.
///
/// # Errors
///
/// [`ContextError::Outside`] for a link that leads out of the context, [`ContextError::Read`].
pub fn ignore_file(spec: &Spec) -> Result<Option<PathBuf>, ContextError> {
    Ok(build_files::find_ignore_file(spec)?.map(|found| found.path))
}
