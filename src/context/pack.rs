//! A context, or another one's entries, as a bundle.

use std::{io::Write, thread};

use tar::EntryType;

use super::{
    Compression, ContextError, Modes, Packed, Spec, Timestamps,
    archive::{Archive, Content, Head},
    build_files,
    deflate::{self, Deflate, Level},
    gate::Gate,
    ignore::Rules,
    stored::Stored,
    stream::{Encoder, Stream},
    taken::Chosen,
    walk::{Entry, Found, Kind, Meta, walk_chosen},
};

/// When every entry was last changed: 2 January 1980, UTC.
///
/// Zip knows nothing before 1980, in local time: a day later it is 1980 everywhere.
pub const MODIFIED: i64 = 315_619_200;

/// Writes a context to `sink` as a gzip-compressed tar, the form `tar://stdin` takes.
///
/// The first entry is `./`; all others are relative to the context, `/`-separated, sorted by
/// bytes within each directory, parents first. Owner is 0:0. Equal trees give equal bytes, on
/// any machine. Streams: memory is bounded, whatever the size of the context.
///
/// On an error the stream is left without its end, and nothing is written before the context,
/// the Dockerfile and the ignore file were found good: half a context does not read as a whole
/// one. A sink that returns an error stops the packing.
///
/// # Errors
///
/// Each of [`ContextError`]; the first ends it.
///
/// Source: Kaniko README, "Using Standard Input".
pub fn pack(
    spec: &Spec,
    compression: Compression,
    sink: &mut dyn Write,
) -> Result<Packed, ContextError> {
    pack_on(deflate::threads(), spec, compression, sink)
}

/// As [`pack`], with a number of threads that compress.
fn pack_on(
    threads: usize,
    spec: &Spec,
    compression: Compression,
    sink: &mut dyn Write,
) -> Result<Packed, ContextError> {
    let rules = build_files::rules(spec)?;
    let chosen = Chosen::new(&spec.extent, &spec.root, &rules)?;
    let gate = Gate::new(sink);
    match compression {
        Compression::None => {
            let stored = Stored::start(gate).map_err(ContextError::Sink)?;
            write(spec, (&rules, &chosen), Stream::new(Encoder::Stored(stored)))
        }
        Compression::Network => thread::scope(|scope| {
            let deflate = Deflate::start(scope, threads, Level::BUNDLE, gate)?;
            write(spec, (&rules, &chosen), Stream::new(Encoder::Deflate(deflate)))
        }),
    }
}

fn write(
    spec: &Spec,
    (rules, chosen): (&Rules, &Chosen),
    stream: Stream<'_>,
) -> Result<Packed, ContextError> {
    let mut archive = Archive::new(stream);
    let root = Head {
        path: b"./",
        kind: EntryType::Directory,
        mode: 0o755,
        modified: MODIFIED,
        size: 0,
        target: b"",
    };
    archive.append(&root, &mut nothing)?;
    walk_chosen(&spec.root, rules, chosen, &mut |found| match found {
        Found::Sent(entry) => append(&mut archive, spec, entry),
        Found::Left(_) => Ok(()),
    })?;
    let (stream, entries) = archive.finish()?;
    let (bytes, sha256) = stream.finish()?;
    Ok(Packed { bytes, sha256, entries })
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where a file's content can fail")]
fn nothing(_: &mut [u8]) -> Result<usize, ContextError> {
    Ok(0)
}

fn append(archive: &mut Archive<'_>, spec: &Spec, entry: &Entry<'_>) -> Result<(), ContextError> {
    let head = |kind, meta: &Meta| Head {
        path: entry.path,
        kind,
        mode: mode(spec.modes, entry.kind, meta.mode),
        modified: match spec.timestamps {
            Timestamps::Fixed => MODIFIED,
            Timestamps::Keep => meta.modified,
        },
        size: 0,
        target: b"",
    };
    match entry.kind {
        Kind::Directory => {
            let path = [entry.path, b"/"].concat();
            let head = Head { path: &path, ..head(EntryType::Directory, &entry.meta()?) };
            archive.append(&head, &mut nothing)?;
        }
        Kind::Symlink => {
            let target = entry.target()?;
            let head = Head { target: &target, ..head(EntryType::Symlink, &entry.meta()?) };
            archive.append(&head, &mut nothing)?;
        }
        Kind::File => {
            let (file, meta) = entry.open()?;
            let head = Head { size: meta.size, ..head(EntryType::Regular, &meta) };
            let content = archive.append(&head, &mut |space| {
                rustix::io::retry_on_intr(|| rustix::io::read(&file, &mut *space)).map_err(
                    |errno| ContextError::Read { path: entry.place(), source: errno.into() },
                )
            })?;
            let changed = |how| Err(ContextError::Changed { path: entry.place(), how });
            match content {
                Content::Whole => {}
                Content::Shorter => return changed("shrank"),
                Content::Longer => return changed("grew"),
            }
        }
    }
    Ok(())
}

/// The permissions that an entry has in the bundle.
///
/// A checkout's umask is seen in the write bits of group and others alone; on a sticky
/// directory, as `/tmp` is one, somebody has set them.
pub(crate) fn mode(modes: Modes, kind: Kind, mode: u32) -> u32 {
    let mode = mode & 0o7777;
    let sticky = kind == Kind::Directory && mode & 0o1000 != 0;
    match modes {
        _ if kind == Kind::Symlink => 0o777,
        Modes::Keep => mode,
        Modes::Normal if sticky => mode,
        Modes::Normal => mode & !0o022,
    }
}
