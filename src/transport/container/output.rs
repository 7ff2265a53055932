//! Bringing back what the executor wrote.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use super::{client::Client, stream::Meter, stream::copy_out};
use crate::{
    transport::{
        FAR_DIR, Output, OutputKind, TransportError,
        staged::{self, Made, Staged},
    },
    whole::Whole,
};

/// More than any digest file holds.
const DIGEST: u64 = 1024;

/// Reads the image's digest from `path` of the container.
pub(super) async fn digest(
    client: Client<'_>,
    name: &str,
    path: &str,
    stall: Duration,
) -> Result<String, TransportError> {
    let read = |archive: &mut Meter<File>| {
        let mut text = String::new();
        let mut archive = tar::Archive::new(archive);
        for entry in archive.entries()? {
            entry?.take(DIGEST).read_to_string(&mut text)?;
        }
        Ok::<_, io::Error>(text)
    };
    let copied = copy_out(client, name, path, stall, read).await?;
    match copied.ours {
        Ok(text) if copied.code == 0 && is_digest(text.trim()) => Ok(text.trim().to_owned()),
        _ => Err(TransportError::Output {
            what: format!(
                "the executor ended well, but its digest could not be read: {}",
                first_line(&copied.said)
            ),
        }),
    }
}

/// Brings `output` beside its place here.
pub(super) async fn bring(
    client: Client<'_>,
    name: &str,
    output: &Output,
    stall: Duration,
) -> Result<Staged, TransportError> {
    let far = format!("{FAR_DIR}/{}", output.far);
    let local = output.local.clone();
    let kind = output.kind;
    let failed = |why: String| TransportError::Output {
        what: format!("`{}` could not be brought back: {why}", output.local.display()),
    };
    let read = move |archive: &mut Meter<File>| match kind {
        OutputKind::File => stage_file(archive, &local).map(Made::File),
        OutputKind::Directory => stage_directory(archive, &local).map(Made::Directory),
    };
    let copied = copy_out(client, name, &far, stall, read).await?;
    if copied.code != 0 {
        return Err(failed(first_line(&copied.said)));
    }
    // It counts only now that the client has said that it was all.
    let made = copied.ours.map_err(|error| failed(error.to_string()))?;
    Ok(Staged { local: output.local.clone(), made })
}

/// The archive's only file, in a new one beside `local`.
fn stage_file(archive: &mut dyn Read, local: &Path) -> io::Result<Whole> {
    let mut file = staged::file_beside(local)?;
    let mut archive = tar::Archive::new(archive);
    let mut entry = archive.entries()?.next().ok_or_else(|| odd("it came back empty"))??;
    if !entry.header().entry_type().is_file() {
        return Err(odd("it came back as no file"));
    }
    copy_whole(&mut entry, &mut file)?;
    file.sync()?;
    Ok(file)
}

/// The archive's tree without its topmost directory, in a new one beside `local`.
///
/// The far side is not trusted: files and directories only, all below the new directory.
fn stage_directory(archive: &mut dyn Read, local: &Path) -> io::Result<TempDir> {
    let directory = staged::directory_beside(local)?;
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        let below = below_top(&entry.path()?)?;
        let place = directory.path().join(&below);
        if kind.is_dir() {
            fs::create_dir_all(&place)?;
        } else if kind.is_file() && !below.as_os_str().is_empty() {
            let above = place.parent().ok_or_else(|| odd("it holds a file without a name"))?;
            fs::create_dir_all(above)?;
            copy_whole(&mut entry, &mut File::create_new(&place)?)?;
        } else {
            return Err(odd("it holds what is neither a file nor a directory"));
        }
    }
    Ok(directory)
}

fn copy_whole(entry: &mut tar::Entry<'_, impl Read>, file: &mut impl Write) -> io::Result<()> {
    if io::copy(entry, file)? == entry.size() {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// `path` without its first component.
fn below_top(path: &Path) -> io::Result<PathBuf> {
    let mut parts = path.components().filter(|part| *part != Component::CurDir);
    parts.next();
    let mut below = PathBuf::new();
    for part in parts {
        match part {
            Component::Normal(name) => below.push(name),
            _ => return Err(odd("it holds a path that leads out of it")),
        }
    }
    Ok(below)
}

fn odd(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn first_line(said: &str) -> String {
    said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it is none").to_owned()
}

/// `sha256:` and 64 hexadecimal digits.
fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use tar::EntryType;

    use super::*;

    fn archive(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o755);
            // Written raw: the crate itself refuses to write `..`.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_tree_is_brought_without_its_topmost_name() {
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("layout");
        let archive = archive(&[
            ("oci/", EntryType::Directory, b""),
            ("oci/oci-layout", EntryType::Regular, b"{}"),
            ("oci/blobs/sha256/a", EntryType::Regular, b"blob"),
        ]);
        let staged = stage_directory(&mut archive.as_slice(), &local).unwrap();
        assert_eq!(fs::read(staged.path().join("oci-layout")).unwrap(), b"{}");
        assert_eq!(fs::read(staged.path().join("blobs/sha256/a")).unwrap(), b"blob");
    }

    #[test]
    fn what_leads_out_or_is_no_file_is_refused() {
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("layout");
        for (entry, expected) in [
            (
                ("oci/../../x", EntryType::Regular, &b"x"[..]),
                "it holds a path that leads out of it",
            ),
            (
                ("oci/link", EntryType::Symlink, b""),
                "it holds what is neither a file nor a directory",
            ),
        ] {
            let error = stage_directory(&mut archive(&[entry]).as_slice(), &local).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_cut_does_not_come_into_being() {
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("image.tar");
        let archive = archive(&[("image.tar", EntryType::Regular, &[1; 2000])]);
        stage_file(&mut &archive[..1024], &local).unwrap_err();
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 0);
        stage_file(&mut archive.as_slice(), &local).unwrap().place().unwrap();
        assert_eq!(fs::read(&local).unwrap(), [1; 2000]);
    }

    #[test]
    fn a_digest_is_whole_or_none() {
        assert!(is_digest(&format!("sha256:{}", "0a".repeat(32))));
        assert!(!is_digest(&format!("sha256:{}", "0A".repeat(32))));
        assert!(!is_digest("sha256:0a"));
        assert!(!is_digest(""));
    }
}
