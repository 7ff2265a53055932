//! A layer: entries of a file system model as a compressed tar in a temporary file.
//!
//! One pass reads, hashes, compresses on all cores and hashes again. The bytes depend on the
//! entries alone: not on the machine, its cores or its clock.

mod gather;
mod tar;

use std::{io, path::Path, sync::Arc, thread};

use sha2::{Digest as _, Sha256};

use super::{
    content::Content,
    local::Files,
    tree::changes::{Entry, EntryKind},
};
use crate::{
    context::{
        ContextError,
        deflate::{self, Deflate, Level},
        gate::Gate,
        stream::Chunk,
    },
    hex,
    oci::{self, Blob, Format, Stop},
};

pub(super) use gather::gather;

/// Why a layer cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum LayerError {
    /// A file of the context.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The temporary file, or what was set aside.
    #[error("the layer could not be kept in a temporary file")]
    Temporary(#[source] io::Error),
    /// No room for what is set aside.
    #[error(transparent)]
    Full(super::content::Full),
    /// A file of an image that cannot be copied.
    #[error("`/{}` cannot be copied: {why}", String::from_utf8_lossy(path))]
    Nowhere {
        /// Where it was to be.
        path: Vec<u8>,
        /// Why not.
        why: &'static str,
    },
    /// A layer of an image could not be read.
    #[error("the layer `{digest}` cannot be read")]
    Base {
        /// Of the layer.
        digest: String,
        /// Why not.
        source: super::archive::TarError,
    },
}

/// Makes a layer of entries; `root` is the context's directory.
pub(super) fn make(
    entries: &[Entry],
    root: &Path,
    format: Format,
    level: Option<u32>,
    stop: &Stop,
) -> Result<oci::Layer, LayerError> {
    let bytes: u64 = entries.iter().map(size).sum();
    let threads = if bytes <= SMALL { 1 } else { deflate::threads() };
    let level = level.map_or(Level::LAYER, Level::of);
    make_on(threads, entries, root, format, level, stop)
}

/// Up to as many bytes, one thread compresses: they are few chunks.
const SMALL: u64 = 512 * 1024;

fn size(entry: &Entry) -> u64 {
    match &entry.kind {
        EntryKind::File(file) => file.size + 1024,
        _ => 512,
    }
}

fn make_on(
    threads: usize,
    entries: &[Entry],
    root: &Path,
    format: Format,
    level: Level,
    stop: &Stop,
) -> Result<oci::Layer, LayerError> {
    let mut file = tempfile::tempfile().map_err(LayerError::Temporary)?;
    let (diff_id, digest, size) = {
        let mut sink = io::BufWriter::with_capacity(1 << 20, &mut file);
        let gate = Gate::new(&mut sink);
        thread::scope(|scope| {
            let deflate = Deflate::start(scope, threads, level, gate)?;
            let (chunk, hash) = (Deflate::chunk(), Sha256::new());
            let mut stream = Stream { deflate, chunk, hash, stop };
            let mut files = Files::new(root);
            for entry in entries {
                write(&mut stream, &mut files, entry)?;
            }
            stream.put(&[0; 2 * tar::BLOCK])?;
            stream.finish()
        })?
    };
    Ok(oci::Layer {
        blob: Blob {
            digest: hex::digest(&digest),
            size,
            media_type: format.layer().to_owned(),
            content: oci::Content::File(Arc::new(file)),
        },
        diff_id: hex::digest(&diff_id),
    })
}

fn write(stream: &mut Stream<'_>, files: &mut Files<'_>, entry: &Entry) -> Result<(), LayerError> {
    stream.put(&tar::blocks(entry))?;
    let EntryKind::File(file) = &entry.kind else { return Ok(()) };
    match &file.content {
        Content::Memory(bytes) => stream.put(bytes)?,
        Content::Context(path) => {
            let open = files.open(path)?;
            let read = |space: &mut [u8]| {
                rustix::io::retry_on_intr(|| rustix::io::read(&open, &mut *space))
            };
            let changed = |how| ContextError::Changed { path: files.place(path), how };
            stream.fill(file.size, read).map_err(|error| match error {
                Fill::Read(errno) => LayerError::Context(ContextError::Read {
                    path: files.place(path),
                    source: io::Error::from(errno),
                }),
                Fill::Shorter => changed("shrank").into(),
                Fill::Longer => changed("grew").into(),
                Fill::Sink(error) => LayerError::Temporary(error),
            })?;
        }
        Content::Aside(aside, start) => {
            let mut position = *start;
            let end = start + file.size;
            let read = |space: &mut [u8]| {
                let most = space.len().min(usize::try_from(end - position).unwrap_or(usize::MAX));
                let got = aside.read_at(&mut space[..most], position)?;
                position += got as u64;
                Ok(got)
            };
            stream.fill(file.size, read).map_err(|error| match error {
                Fill::Read(error) | Fill::Sink(error) => LayerError::Temporary(error),
                Fill::Shorter | Fill::Longer => {
                    LayerError::Temporary(io::ErrorKind::UnexpectedEof.into())
                }
            })?;
        }
        Content::Layer(..) => {
            let why = "its content was not gathered";
            return Err(LayerError::Nowhere { path: entry.path.clone(), why });
        }
        Content::Nowhere(why) => {
            return Err(LayerError::Nowhere { path: entry.path.clone(), why });
        }
    }
    stream.put(&[0; tar::BLOCK][..tar::padding(file.size)])
}

/// The tar that is being written.
struct Stream<'a> {
    deflate: Deflate<'a>,
    chunk: Chunk,
    hash: Sha256,
    stop: &'a Stop,
}

/// Why a file could not be taken in.
enum Fill<E> {
    Read(E),
    Shorter,
    Longer,
    Sink(io::Error),
}

impl Stream<'_> {
    fn put(&mut self, mut bytes: &[u8]) -> Result<(), LayerError> {
        while !bytes.is_empty() {
            let space = self.space().map_err(LayerError::Temporary)?;
            let fits = bytes.len().min(space.len() - 1);
            space[..fits].copy_from_slice(&bytes[..fits]);
            self.chunk.filled += fits;
            bytes = &bytes[fits..];
        }
        Ok(())
    }

    /// Takes in `size` bytes, no more and no less; `read` fills a part of what it is given.
    fn fill<E>(
        &mut self,
        size: u64,
        mut read: impl FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), Fill<E>> {
        let mut left = size;
        loop {
            let space = self.space().map_err(Fill::Sink)?;
            // One byte more than there should be shows that there is more.
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).saturating_add(1);
            let asked = if wanted <= space.len() { wanted } else { space.len() - 1 };
            let got = read(&mut space[..asked]).map_err(Fill::Read)?;
            if got == wanted {
                return Err(Fill::Longer);
            }
            self.chunk.filled += got;
            left -= got as u64;
            if left == 0 {
                return Ok(());
            }
            if got == 0 {
                return Err(Fill::Shorter);
            }
        }
    }

    /// Room for what comes next, at least two bytes, of which all but the last may be kept.
    fn space(&mut self) -> io::Result<&mut [u8]> {
        if self.chunk.is_full() {
            self.stop.check()?;
            self.hash.update(self.chunk.bytes());
            self.deflate.encode(&mut self.chunk)?;
        }
        Ok(self.chunk.space())
    }

    /// SHA-256 of the tar and of the compressed bytes, and how many those are.
    fn finish(mut self) -> Result<([u8; 32], [u8; 32], u64), LayerError> {
        self.hash.update(self.chunk.bytes());
        let (size, digest) = self.deflate.finish(self.chunk).map_err(LayerError::Temporary)?;
        Ok((self.hash.finalize().into(), digest, size))
    }
}
