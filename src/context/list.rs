//! What would be sent, without sending it.

use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, path::PathBuf};

use super::{
    ContextError, Spec, build_files,
    pack::mode,
    walk::{Kind, walk},
};

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

/// Shows `each` what [`pack`](super::pack) would send, in its order, the context's own `./` aside.
///
/// # Errors
///
/// As [`pack`](super::pack), but for what only reading a file's content can show.
pub fn list(spec: &Spec, each: &mut dyn FnMut(Listed)) -> Result<(), ContextError> {
    let rules = build_files::rules(spec)?;
    walk(&spec.root, &rules, &mut |entry| {
        let meta = entry.meta()?;
        each(Listed {
            path: OsString::from_vec(entry.path.to_vec()).into(),
            kind: entry.kind,
            size: if entry.kind == Kind::File { meta.size } else { 0 },
            mode: mode(spec.modes, entry.kind, meta.mode),
        });
        Ok(())
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
