//! What the executor made and what is brought back: checked, and written whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::io::AsyncRead;

use super::ear::{Deaf, Ear};
use crate::{
    hex::hex,
    threads,
    transport::{
        Output, OutputKind,
        staged::{self, Made, Staged},
    },
    whole::Whole,
};

/// Receives the `length` bytes of `output` that are announced with the checksum `sha256`, beside
/// their place.
///
/// All of them are taken off `ear`, also where they can't be written. Inside: why the output is
/// not there.
pub(super) async fn receive<R: AsyncRead + Unpin>(
    ear: &mut Ear<R>,
    output: &Output,
    length: u64,
    sha256: &str,
) -> Result<Result<Staged, String>, Deaf> {
    let shown = output.local.display();
    let mut spool = Spool::new(output);
    let mut hasher = Sha256::new();
    let mut left = length;
    while left > 0 {
        let bytes = ear.bytes(left).await?;
        left -= bytes.len() as u64;
        hasher.update(&bytes);
        spool.write(&bytes);
    }
    if hex(&hasher.finalize()) != sha256 {
        return Ok(Err(format!("`{shown}` did not arrive as it was sent")));
    }
    let (kind, local) = (output.kind, output.local.clone());
    let staged = match spool.state {
        Ok(mut file) => threads::start(move || {
            file.sync()?;
            let made = match kind {
                OutputKind::File => Made::File(file),
                OutputKind::Directory => Made::Directory(unpack(file.written()?, &local)?),
            };
            Ok(Staged { local, made })
        })
        .await
        .and_then(|staged| staged),
        Err(error) => Err(error),
    };
    Ok(staged.map_err(|error| format!("`{shown}` cannot be written: {error}")))
}

/// A file beside the place that it goes to, until its first error.
struct Spool {
    state: io::Result<Whole>,
}

impl Spool {
    fn new(output: &Output) -> Self {
        let state = match output.kind {
            OutputKind::File => staged::file_beside(&output.local),
            // The tar of a directory goes nowhere.
            OutputKind::Directory => {
                staged::file_beside(&output.local.with_file_name(".kaniko-build"))
            }
        };
        Self { state }
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Ok(file) = &mut self.state
            && let Err(error) = file.write_all(bytes)
        {
            self.state = Err(error);
        }
    }
}

/// Unpacks the tar `file` beside `local`.
fn unpack(file: &mut fs::File, local: &Path) -> io::Result<TempDir> {
    let new = staged::directory_beside(local)?;
    let mut archive = tar::Archive::new(file);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        // An OCI layout holds nothing else, and links can lead out of it.
        if !(kind.is_file() || kind.is_dir()) {
            let path = entry.path()?.display().to_string();
            return Err(io::Error::other(format!("`{path}` in it is no file and no directory")));
        }
        entry.set_preserve_permissions(false);
        entry.set_preserve_mtime(false);
        if !entry.unpack_in(&new)? {
            return Err(io::Error::other("a name in it leads out of it"));
        }
    }
    Ok(new)
}

/// How long the rest of the connection may take once all is said.
pub(super) const AFTER: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    async fn received(
        kind: OutputKind,
        bytes: &[u8],
        sha256: &str,
        local: &Path,
    ) -> Result<(), String> {
        let output = Output { far: "x".into(), local: local.to_owned(), kind };
        let mut ear = Ear::new(bytes, Duration::from_mins(1));
        let staged = receive(&mut ear, &output, bytes.len() as u64, sha256).await.unwrap()?;
        assert!(!local.join("index.json").exists());
        staged::place(vec![staged]).await.map_err(|error| error.to_string())
    }

    fn archive(name: &str, kind: tar::EntryType) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o644);
        header.set_cksum();
        let mut builder = tar::Builder::new(Vec::new());
        builder.append(&header, io::empty()).unwrap();
        builder.into_inner().unwrap()
    }

    #[tokio::test]
    async fn a_file_appears_whole() {
        let dir = tempfile::tempdir().unwrap();
        let local = dir.path().join("image.tar");
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        received(OutputKind::File, b"abc", sum, &local).await.unwrap();
        assert_eq!(fs::read(&local).unwrap(), b"abc");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_file_with_a_flipped_bit_does_not_appear() {
        let dir = tempfile::tempdir().unwrap();
        let local = dir.path().join("image.tar");
        let error = received(OutputKind::File, b"abc", "00", &local).await.unwrap_err();
        assert!(error.ends_with("did not arrive as it was sent"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_directory_takes_the_place_of_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let local = dir.path().join("layout");
        fs::create_dir(&local).unwrap();
        fs::write(local.join("oci-layout"), "").unwrap();
        let tar = archive("./index.json", tar::EntryType::Regular);
        let sum = hex(&Sha256::digest(&tar));
        received(OutputKind::Directory, &tar, &sum, &local).await.unwrap();
        let names: Vec<_> =
            fs::read_dir(&local).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["index.json"]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_directory_with_a_link_or_a_way_out_does_not_appear() {
        let dir = tempfile::tempdir().unwrap();
        let local = dir.path().join("layout");
        for tar in
            [archive("evil", tar::EntryType::Symlink), archive("../evil", tar::EntryType::Regular)]
        {
            let sum = hex(&Sha256::digest(&tar));
            received(OutputKind::Directory, &tar, &sum, &local).await.unwrap_err();
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
