//! Archives that `ADD` unpacks: tars, also such as gzip, bzip2, xz or zstd compressed.
//!
//! What is no tar, or compressed in another way, is copied as it is, as with Docker. An archive
//! is unpacked as in a chroot at its destination, in the model alone; contents go to a temporary
//! file without a name.
//!
//! Source: moby's go-archive, archive.go, `Unpack`: what is there and not a directory on both
//! sides is replaced, owners and modes are the archive's (`--chown` is for the destination alone,
//! as with Kaniko and buildah; `--chmod` does nothing), and directories that no entry names are
//! 0755.

use std::{
    io::{self, Read},
    sync::Arc,
};

use super::{
    archive::{Header, Reader, TarError, Type, cut, decompress, most},
    content::{Aside, Content, Full, NotAside},
    copy::{How, Refused, check},
    index::Counted,
    tree::{Attributes, Device, Id, Kind, Meta, Tree, Unresolved, clean},
};

/// Why an archive cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    #[error(transparent)]
    Tar(#[from] TarError),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("its files could not be kept in a temporary file")]
    Temporary(#[source] io::Error),
    #[error(transparent)]
    Full(Full),
    #[error("`{}` in it is a hard link to `{}`, which is not in it", text(name), text(target))]
    Link { name: Vec<u8>, target: Vec<u8> },
    #[error("`{}` in it: {why}", text(name))]
    Path { name: Vec<u8>, why: Unresolved },
    #[error("`{}` in it is stored with holes", text(.0))]
    Sparse(Vec<u8>),
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Whether a file is an archive: its first header can be read.
pub(super) fn is_archive(file: impl Read) -> bool {
    decompress(file).is_ok_and(|(_, plain)| {
        Reader::new(plain, u64::MAX).next().is_ok_and(|header| header.is_some())
    })
}

/// Unpacks an archive of `size` bytes to the directory `root`, which nothing in it leads out of.
pub(super) fn unpack(
    tree: &mut Tree,
    root: Id,
    (file, size): (impl Read, u64),
    how: &How,
) -> Result<(), UnpackError> {
    let (_, plain) = decompress(file).map_err(TarError::Read)?;
    let mut reader = Reader::new(plain, most(size));
    let counted = Counted::default();
    let aside = Aside::new().map_err(UnpackError::Temporary)?;
    while let Some(header) = reader.next()? {
        counted.add(&header)?;
        let content = match header.kind {
            Type::File if header.sparse => return Err(UnpackError::Sparse(header.name)),
            Type::File => {
                let (start, bytes) =
                    aside.append(&mut reader, header.size).map_err(|error| match error {
                        NotAside::Read(error) => cut(error).into(),
                        NotAside::Written(error) => UnpackError::Temporary(error),
                        NotAside::Full(full) => UnpackError::Full(full),
                    })?;
                if bytes < header.size {
                    return Err(TarError::Damaged("it ends in the middle").into());
                }
                Some(Content::Aside(aside.clone(), start))
            }
            _ => None,
        };
        entry(tree, root, header, content, how)?;
    }
    Ok(())
}

fn entry(
    tree: &mut Tree,
    root: Id,
    header: Header,
    content: Option<Content>,
    how: &How,
) -> Result<(), UnpackError> {
    let path = clean(&header.name);
    let slash = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    let (parent, name) = (&path[..slash], &path[slash + 1..]);
    let meta = Meta {
        mode: header.mode,
        uid: header.uid,
        gid: header.gid,
        modified: how.latest.map_or(header.modified, |latest| header.modified.min(latest)),
        attributes: (!header.attributes.is_empty())
            .then(|| Arc::<Attributes>::new(header.attributes)),
    };
    if name.is_empty() {
        // The destination itself: it keeps what it has.
        return Ok(());
    }
    let unresolved = |why| UnpackError::Path { name: header.name.clone(), why };
    let parent = tree.resolve(root, parent).map_err(unresolved)?;
    let implied = Meta::implied(how.made);
    for missing in &parent.missing {
        check(tree, parent.at, missing)?;
    }
    let parent = tree.make(parent, &implied).map_err(unresolved)?;
    check(tree, parent, name)?;
    let there = tree.child(parent, name);
    let kind = match header.kind {
        Type::Directory => {
            match there.filter(|there| tree.is_directory(*there)) {
                Some(there) => tree.set_meta(there, meta),
                None => drop(tree.insert(parent, name, meta, Kind::directory())),
            }
            return Ok(());
        }
        Type::File => {
            tree.file(header.size, content.unwrap_or(Content::Nowhere("it has no content")))
        }
        Type::Symlink => Kind::Symlink(header.target.into()),
        Type::Hardlink => {
            let (meta, kind) = linked(tree, root, &header.target).ok_or_else(|| {
                UnpackError::Link { name: header.name.clone(), target: header.target.clone() }
            })?;
            tree.insert(parent, name, meta, kind);
            return Ok(());
        }
        Type::Character => Kind::Device(Device::Character(header.device.0, header.device.1)),
        Type::Block => Kind::Device(Device::Block(header.device.0, header.device.1)),
        Type::Pipe => Kind::Device(Device::Pipe),
        Type::Other => return Ok(()),
    };
    tree.insert(parent, name, meta, kind);
    Ok(())
}

/// What a hard link is one more name of: a file of the archive, or what is no file. A link is not
/// followed.
///
/// Source: moby's go-archive, archive.go, `createTarFile`: `os.Root.Link`, which is `linkat`
/// without `AT_SYMLINK_FOLLOW`, as in GNU tar.
fn linked(tree: &Tree, root: Id, target: &[u8]) -> Option<(Meta, Kind)> {
    let path = clean(target);
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    let parent = tree.resolve(root, &path[..slash]).ok()?.found()?;
    let there = tree.node(tree.child(parent, &path[slash + 1..])?);
    let linked = match &there.kind {
        Kind::Directory(_) => false,
        // A link to what the image had before would be a second name for its content.
        Kind::File(file) => !matches!(file.content, Content::Layer(..)),
        Kind::Symlink(_) | Kind::Device(_) => true,
    };
    linked.then(|| (there.meta.clone(), there.kind.clone()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tar::{Builder, EntryType, Header as Built};

    use super::super::tree::{ROOT, paths, tree};
    use super::*;

    /// An archive of `name` (a directory), `name=content`, `name->target`, `name==hard link`.
    fn archive(entries: &[&str]) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for entry in entries {
            let mut header = Built::new_gnu();
            header.set_mode(0o640);
            header.set_uid(5);
            header.set_mtime(100);
            let (name, content) = if let Some((name, target)) = entry.split_once("->") {
                header.set_entry_type(EntryType::Symlink);
                header.set_link_name(target).unwrap();
                (name, "")
            } else if let Some((name, target)) = entry.split_once("==") {
                header.set_entry_type(EntryType::Link);
                header.set_link_name(target).unwrap();
                (name, "")
            } else if let Some((name, content)) = entry.split_once('=') {
                (name, content)
            } else {
                header.set_entry_type(EntryType::Directory);
                (*entry, "")
            };
            header.set_size(content.len() as u64);
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn unpacked(there: &[&str], at: &str, entries: &[&str]) -> Result<Tree, UnpackError> {
        let mut tree = tree(there);
        tree.start_layer();
        let place = tree.resolve(ROOT, at.as_bytes()).unwrap();
        let root = tree.make(place, &Meta::implied(0)).unwrap();
        let archive = archive(entries);
        unpack(&mut tree, root, (&archive[..], archive.len() as u64), &How::default())?;
        Ok(tree)
    }

    #[test]
    fn a_tar_is_told_whatever_compresses_it() {
        let tar = archive(&["f=x"]);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(&tar).unwrap();

        assert!(is_archive(&tar[..]));
        assert!(is_archive(&gzip.finish().unwrap()[..]));
        assert!(is_archive(&bzip2.finish().unwrap()[..]));
        for other in [&b""[..], b"text", &[0; 1024], &tar[..100]] {
            assert!(!is_archive(other));
        }
    }

    #[test]
    fn nothing_leaves_the_destination() {
        let entries = ["../../up=x", "/abs=x", "out->/", "out/in=x", "back->../..", "back/y=x"];
        let tree = unpacked(&["etc"], "/srv", &entries).unwrap();

        assert_eq!(
            paths(&tree),
            ["etc", "srv", "srv/abs", "srv/back", "srv/in", "srv/out", "srv/up", "srv/y"]
        );
    }

    #[test]
    fn what_is_there_is_replaced_but_for_directories() {
        let there = ["d/kept=x", "f", "g=x"];
        let tree = unpacked(&there, "/", &["d", "d/new=x", "f=x", "g", "g/in=x"]).unwrap();

        assert_eq!(paths(&tree), ["d", "d/kept", "d/new", "f", "g", "g/in"]);
        assert_eq!(tree.node(tree.child(ROOT, b"d").unwrap()).meta.uid, 5);
    }

    #[test]
    fn hard_links_mean_files_of_the_archive() {
        let tree = unpacked(&[], "/srv", &["a=x", "b==a", "d/c==/b"]).unwrap();
        assert_eq!(paths(&tree), ["srv", "srv/a", "srv/b", "srv/d", "srv/d/c"]);

        let error = unpacked(&["etc/x=x"], "/srv", &["l==../etc/x"]).unwrap_err();
        assert_eq!(error.to_string(), "`l` in it is a hard link to `../etc/x`, which is not in it");
    }

    #[test]
    fn a_hard_link_to_a_link_is_that_link_wherever_it_leads() {
        let entries =
            ["d", "f=x", "s->d", "s2==s", "l->f", "l2==l", "x->none", "x2==x", "f->d", "f2==f"];
        let tree = unpacked(&[], "/", &entries).unwrap();

        let target = |name: &str| match &tree.node(tree.child(ROOT, name.as_bytes())?).kind {
            Kind::Symlink(target) => Some(String::from_utf8_lossy(target).into_owned()),
            _ => None,
        };
        assert_eq!(
            ["s2", "l2", "x2", "f2"].map(target),
            ["d", "f", "none", "d"].map(|target| Some(target.to_owned()))
        );
    }

    #[test]
    fn a_name_that_means_removal_is_refused() {
        assert!(unpacked(&["a"], "/", &[".wh.a=x"]).is_err());
        assert!(unpacked(&["a"], "/", &[".wh.a/b=x"]).is_err());
    }
}
