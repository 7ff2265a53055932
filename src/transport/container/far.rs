//! Where a job's files lie in the container, and the archive that brings them there.

use std::{
    collections::BTreeSet,
    io::{self, Read},
};

use tar::{Builder, EntryType, Header};
use zeroize::Zeroizing;

use crate::transport::{BUNDLE, FAR_DIR, Job};

/// The directory that archives are unpacked into: it is in every image of the executor.
pub(super) const ROOT: &str = "/kaniko";

const BLOCK: usize = 512;

/// The files that a job's arguments name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Absolute path of the bundle.
    pub(super) bundle: String,
    /// Absolute path of the digest file, where there is to be one.
    pub(super) digest: Option<String>,
}

impl Layout {
    /// Reads the paths off the executor's `arguments`.
    pub(super) fn of(arguments: &[String]) -> Self {
        let value = |flag: &str| {
            arguments
                .iter()
                .rev()
                .find_map(|argument| argument.strip_prefix(flag))
                .map(str::to_owned)
        };
        Self {
            bundle: value("--context=tar://").unwrap_or_else(|| format!("{FAR_DIR}/{BUNDLE}")),
            digest: value("--digest-file="),
        }
    }
}

/// The archive before the bundle's bytes: our directories and the bundle's header.
pub(super) fn head(layout: &Layout, bundle_bytes: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(3 * BLOCK);
    let far = below_root(FAR_DIR);
    for (at, _) in far.match_indices('/').chain([(far.len(), "")]) {
        head.extend(header(&format!("{}/", &far[..at]), EntryType::Directory, 0)?.as_bytes());
    }
    let bundle = header(below_root(&layout.bundle), EntryType::Regular, bundle_bytes)?;
    head.extend(bundle.as_bytes());
    Ok(head)
}

/// The archive behind them: the padding, the directories that files and outputs need, the
/// files, the end.
pub(super) fn tail(job: &Job, bundle_bytes: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let room: usize = job
        .files
        .iter()
        .map(|file| file.path.len() + file.content.expose().len() + 4 * BLOCK)
        .sum();
    // Room for all from the start: a vector that grows leaves copies of secrets behind.
    let mut tail = Zeroizing::new(Vec::with_capacity(room + 64 * BLOCK));
    let padding = bundle_bytes.next_multiple_of(BLOCK as u64) - bundle_bytes;
    io::copy(&mut io::repeat(0).take(padding), &mut *tail)?;

    let mut archive = Builder::new(&mut *tail);
    for directory in directories(job) {
        let path = format!("{}/{directory}/", below_root(FAR_DIR));
        archive.append_data(&mut plain(EntryType::Directory, 0), path, io::empty())?;
    }
    for file in &job.files {
        let path = format!("{}/{}", below_root(FAR_DIR), file.path);
        let content = file.content.expose();
        let mut header = plain(EntryType::Regular, content.len() as u64);
        archive.append_data(&mut header, path, content)?;
    }
    archive.finish()?;
    drop(archive);
    Ok(tail)
}

/// The directories that hold a file or an output, parents first, relative to [`FAR_DIR`].
fn directories(job: &Job) -> BTreeSet<&str> {
    let files = job.files.iter().map(|file| file.path.as_str());
    let outputs = job.outputs.iter().map(|output| output.far.as_str());
    files
        .chain(outputs)
        .flat_map(|path| path.match_indices('/').map(move |(at, _)| &path[..at]))
        .collect()
}

fn below_root(path: &str) -> &str {
    path.strip_prefix(ROOT).unwrap_or(path).trim_start_matches('/')
}

fn header(path: &str, kind: EntryType, bytes: u64) -> io::Result<Header> {
    let mut header = plain(kind, bytes);
    header.set_path(path)?;
    header.set_cksum();
    Ok(header)
}

/// Owned by root, closed to others, of a size beyond 8 GiB where it must be.
fn plain(kind: EntryType, bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o700 } else { 0o600 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(bytes);
    header
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::transport::{FarFile, Output, OutputKind};

    fn job() -> Job {
        Job {
            build: "web".into(),
            owner: "somebody on a machine".to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            files: vec![
                FarFile { path: "docker/config.json".into(), content: "{}".into() },
                FarFile { path: "secrets/npm/rc".into(), content: "token".into() },
            ],
            outputs: vec![Output {
                far: "out/image.tar".into(),
                local: "/tmp/image.tar".into(),
                kind: OutputKind::File,
            }],
            needs: Vec::new(),
            timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(1),
            lock_timeout: Duration::from_secs(1),
        }
    }

    fn layout() -> Layout {
        Layout { bundle: format!("{FAR_DIR}/bundle.tgz"), digest: None }
    }

    #[test]
    fn the_paths_are_those_of_the_arguments() {
        let arguments = [
            "--context=tar:///kaniko/.kaniko-build/run/context.tar.gz".to_owned(),
            "--digest-file=/kaniko/.kaniko-build/run/digest".to_owned(),
        ];
        assert_eq!(
            Layout::of(&arguments),
            Layout {
                bundle: "/kaniko/.kaniko-build/run/context.tar.gz".into(),
                digest: Some("/kaniko/.kaniko-build/run/digest".into()),
            }
        );
        assert_eq!(Layout::of(&[]), layout());
    }

    #[test]
    fn one_archive_holds_directories_bundle_and_files_closed_to_others() {
        let mut whole = head(&layout(), 5).unwrap();
        whole.extend(b"BUNDL");
        whole.extend(&*tail(&job(), 5).unwrap());
        assert_eq!(whole.len() % BLOCK, 0);

        let mut found = Vec::new();
        for entry in tar::Archive::new(&*whole).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            let path = entry.path().unwrap().display().to_string();
            found.push((path, entry.header().mode().unwrap(), content));
        }
        let expected = [
            (".kaniko-build/", 0o700, ""),
            (".kaniko-build/run/", 0o700, ""),
            (".kaniko-build/run/bundle.tgz", 0o600, "BUNDL"),
            (".kaniko-build/run/docker/", 0o700, ""),
            (".kaniko-build/run/out/", 0o700, ""),
            (".kaniko-build/run/secrets/", 0o700, ""),
            (".kaniko-build/run/secrets/npm/", 0o700, ""),
            (".kaniko-build/run/docker/config.json", 0o600, "{}"),
            (".kaniko-build/run/secrets/npm/rc", 0o600, "token"),
        ];
        assert_eq!(
            found,
            expected.map(|(path, mode, content)| (path.to_owned(), mode, content.to_owned()))
        );
    }

    #[test]
    fn a_bundle_beyond_8_gib_has_its_size_in_the_header() {
        let head = head(&layout(), 9 << 30).unwrap();
        let header = Header::from_byte_slice(&head[2 * BLOCK..]);
        assert_eq!(header.entry_size().unwrap(), 9 << 30);
    }
}
