//! Reports in files: whole or not at all, or added to a file that others write to as well.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::whole::Whole;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the report `{}` could not be written", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Writes a report whole or not at all, readable as the umask has it.
///
/// # Errors
///
/// [`WriteError`].
pub fn write(path: &Path, text: &str) -> Result<(), WriteError> {
    let failed = |source| WriteError { path: path.to_owned(), source };
    let mut file = Whole::beside(path, 0o666).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.place().map_err(failed)
}

/// Adds a report to a file, in one piece.
///
/// # Errors
///
/// [`WriteError`].
pub fn append(path: &Path, text: &str) -> Result<(), WriteError> {
    let failed = |source| WriteError { path: path.to_owned(), source };
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
