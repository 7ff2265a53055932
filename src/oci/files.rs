//! Images in files: an OCI layout, and the archive that docker, podman and skopeo take.
//!
//! Both come into being whole, beside their place, and are then moved there. Layers are copied
//! as they travel, compressed; memory is bounded whatever their size.

mod archive;
mod layout;

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;

use super::{Blob, Image, OciError, Registries, Stop};
use crate::{registry::Reference, threads, whole::Whole};

/// An image that is written beside its place, and is gone where it is not put there.
#[derive(Debug)]
pub struct Staged {
    path: PathBuf,
    made: Made,
}

#[derive(Debug)]
enum Made {
    Layout(TempDir),
    Archive(Whole),
}

/// Writes `image` as an OCI image layout that is to be the directory `path`.
///
/// It has its one image in `index.json`. What is still in a registry is fetched from `registries`.
///
/// # Errors
///
/// [`OciError::Occupied`] for a directory that holds something else; [`OciError::File`].
pub async fn layout(
    image: &Image,
    registries: &Registries,
    path: &Path,
) -> Result<Staged, OciError> {
    let stop = Stop::default();
    let _wanted = stop.wanted();
    let blobs = blobs(image, registries, &stop).await?;
    let image = image.clone();
    staged(path, move |path| layout::stage(&image, &blobs, path).map(Made::Layout)).await
}

/// Writes `image` as a tar that is to be the file `path`, under `names`: for `docker load`,
/// `podman load` and `skopeo copy docker-archive:`.
///
/// Equal images have equal bytes.
///
/// # Errors
///
/// [`OciError::File`], and whatever keeps a remote layer from being fetched.
pub async fn archive(
    image: &Image,
    registries: &Registries,
    names: &[Reference],
    path: &Path,
) -> Result<Staged, OciError> {
    let stop = Stop::default();
    let _wanted = stop.wanted();
    let blobs = blobs(image, registries, &stop).await?;
    let (image, names) = (image.clone(), names.to_vec());
    staged(path, move |path| archive::stage(&image, &blobs, &names, path).map(Made::Archive)).await
}

impl Staged {
    /// Puts it in its place; what is there is replaced whole, so that no blobs of earlier builds
    /// pile up in a layout.
    ///
    /// # Errors
    ///
    /// As of what has made it. What was there is there still.
    pub async fn place(self) -> Result<(), OciError> {
        let Self { path, made } = self;
        let place = move || match made {
            Made::Layout(beside) => layout::place(&beside, &path),
            Made::Archive(file) => archive::place(file, &path),
        };
        threads::start(place).await.map_err(OciError::Threads)?
    }
}

/// A layer that is here.
struct Here {
    blob: Blob,
    file: Arc<File>,
    stop: Stop,
}

/// The layers of `image`, each once, fetched.
async fn blobs(image: &Image, registries: &Registries, stop: &Stop) -> Result<Vec<Here>, OciError> {
    let mut blobs = Vec::new();
    let mut known = BTreeSet::new();
    for layer in &image.layers {
        if known.insert(&layer.blob.digest) {
            let file = registries.fetch(layer).await?;
            blobs.push(Here { blob: layer.blob.clone(), file, stop: stop.clone() });
        }
    }
    Ok(blobs)
}

/// Runs what waits for the disk beside what waits for others.
async fn staged(
    path: &Path,
    make: impl FnOnce(&Path) -> Result<Made, OciError> + Send + 'static,
) -> Result<Staged, OciError> {
    let path = path.to_owned();
    let make = move || Ok(Staged { made: make(&path)?, path });
    threads::start(make).await.map_err(OciError::Threads)?
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> OciError {
    |source| OciError::File { path: path.to_owned(), verb: "written", source }
}

/// The directory in which `path` comes into being, made if it is not there.
fn parent(path: &Path) -> Result<&Path, OciError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(unwritable(parent))?;
    Ok(parent)
}

/// `sha256:` cut off.
fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

impl Here {
    /// The bytes, read by position; fewer than the layer has are an error.
    fn bytes(&self) -> impl Read {
        self.stop.reading(Bytes { file: &self.file, at: 0, size: self.blob.size })
    }
}

struct Bytes<'a> {
    file: &'a File,
    at: u64,
    size: u64,
}

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
        let length = left.min(buffer.len());
        if length == 0 {
            return Ok(0);
        }
        let read = self.file.read_at(&mut buffer[..length], self.at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += read as u64;
        Ok(read)
    }
}
