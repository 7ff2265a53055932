//! Outputs that have come back whole, each beside its place: put there when all of them have.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::{Builder, TempDir};

use super::TransportError;
use crate::{threads, whole::Whole};

/// An output beside its place; it is gone where it is not put there.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) local: PathBuf,
    pub(super) made: Made,
}

#[derive(Debug)]
pub(super) enum Made {
    File(Whole),
    Directory(TempDir),
}

/// Puts all of them in their places: a build of which one has not come replaces nothing.
pub(super) async fn place(all: Vec<Staged>) -> Result<(), TransportError> {
    let place = || all.into_iter().try_for_each(Staged::place);
    threads::start(place)
        .await
        .unwrap_or_else(|error| Err(error.to_string()))
        .map_err(|what| TransportError::Output { what })
}

impl Staged {
    fn place(self) -> Result<(), String> {
        let Self { local, made } = self;
        let placed = match made {
            Made::File(file) => file.place(),
            Made::Directory(directory) => place_directory(&directory, &local),
        };
        placed.map_err(|error| format!("`{}` could not be brought back: {error}", local.display()))
    }
}

/// A new file beside `local`, with the mode that any program's new file gets, by the umask.
pub(super) fn file_beside(local: &Path) -> io::Result<Whole> {
    Whole::beside(local, 0o666)
}

/// A new directory beside `local`.
pub(super) fn directory_beside(local: &Path) -> io::Result<TempDir> {
    let parent = local.parent().ok_or_else(|| odd("it has no parent directory"))?;
    let mut builder = Builder::new();
    builder.prefix(".kaniko-build-").permissions(Permissions::from_mode(0o777)).tempdir_in(parent)
}

/// Puts `staged` where `local` is to be, in the place of what an earlier build wrote there.
fn place_directory(staged: &TempDir, local: &Path) -> io::Result<()> {
    let old = match fs::read_dir(local) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
        Ok(mut entries) => {
            if entries.next().is_some() && !local.join("oci-layout").is_file() {
                return Err(odd("there is a directory in its place that no build has written"));
            }
            let aside = directory_beside(local)?;
            fs::rename(local, aside.path().join("old"))?;
            Some(aside)
        }
    };
    let placed = fs::rename(staged.path(), local);
    if placed.is_err()
        && let Some(aside) = &old
    {
        let _ = fs::rename(aside.path().join("old"), local);
    }
    placed
}

fn odd(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(local: &Path, name: &str) -> Staged {
        let directory = directory_beside(local).unwrap();
        fs::write(directory.path().join(name), "").unwrap();
        Staged { local: local.to_owned(), made: Made::Directory(directory) }
    }

    #[test]
    fn a_layout_of_an_earlier_build_is_replaced_whole() {
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("layout");
        fs::create_dir(&local).unwrap();
        fs::write(local.join("oci-layout"), "{}").unwrap();
        fs::write(local.join("stale"), "").unwrap();

        layout(&local, "new").place().unwrap();

        assert!(local.join("new").exists());
        assert!(!local.join("stale").exists());
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_of_the_users_own_is_not_replaced() {
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("src");
        fs::create_dir(&local).unwrap();
        fs::write(local.join("main.rs"), "").unwrap();

        let error = layout(&local, "new").place().unwrap_err();

        let why = "could not be brought back: there is a directory in its place that no build has \
                   written";
        assert_eq!(error, format!("`{}` {why}", local.display()));
        assert!(local.join("main.rs").exists());
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 1);
    }
}
