//! What a base image holds: the headers of its layers' tars, put together to a file system.
//!
//! Layers are read on several threads, each by itself, and laid over each other in their order.
//! They are others' and may be hostile: names cannot leave the model, and there are bounds on how
//! much is kept and how much is read.
//!
//! Source: the OCI image specification, "Applying Changesets"; containerd's
//! pkg/archive/tar.go, for what is done with links in parents.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    archive::{Header, Reader, TarError, Type, decompress, most},
    content::{Content, FromStart, Packed},
    tree::{Attributes, Device, Kind, Meta, ROOT, Tree, Unresolved, clean},
};
use crate::oci::Stop;

/// Entries of all layers of an image together; about 200 bytes of memory each.
const MOST_ENTRIES: usize = 4_000_000;

/// Bytes of all names of an image together.
const MOST_NAMES: usize = 512 << 20;

/// What was read of an image so far, against the bounds.
#[derive(Debug, Default)]
pub(super) struct Counted {
    entries: AtomicUsize,
    names: AtomicUsize,
}

impl Counted {
    /// Counts a header.
    pub(super) fn add(&self, header: &Header) -> Result<(), TarError> {
        let attributes = &header.attributes;
        let names = header.name.len()
            + header.target.len()
            + attributes.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        if self.entries.fetch_add(1, Ordering::Relaxed) >= MOST_ENTRIES {
            return Err(TarError::TooMuch("too many entries"));
        }
        if self.names.fetch_add(names, Ordering::Relaxed).saturating_add(names) > MOST_NAMES {
            return Err(TarError::TooMuch("names that are too long"));
        }
        Ok(())
    }
}

/// The headers of a layer.
#[derive(Debug)]
pub(super) struct Index {
    packed: Arc<Packed>,
    headers: Vec<Header>,
}

/// Reads the headers of a layer.
pub(super) fn index(
    packed: Arc<Packed>,
    counted: &Counted,
    stop: &Stop,
) -> Result<Index, TarError> {
    let (_, plain) = decompress(stop.reading(FromStart::new(Arc::clone(&packed.file))))?;
    let size = packed.file.metadata()?.len();
    let mut reader = Reader::new(plain, most(size));
    let mut headers = Vec::new();
    while let Some(header) = reader.next()? {
        counted.add(&header)?;
        headers.push(header);
    }
    Ok(Index { packed, headers })
}

/// Lays a layer over the file system that the layers below it make.
pub(super) fn lay(tree: &mut Tree, index: Index) -> Result<(), TarError> {
    tree.start_layer();
    for header in index.headers {
        entry(tree, &index.packed, header)?;
    }
    Ok(())
}

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

fn entry(tree: &mut Tree, packed: &Arc<Packed>, header: Header) -> Result<(), TarError> {
    let unresolved = |error| match error {
        Unresolved::NoDirectory(_) => TarError::Damaged("something lies below a file"),
        Unresolved::Links => TarError::Damaged("a path leads through too many links"),
    };
    let path = clean(&header.name);
    let Some(slash) = path.iter().rposition(|byte| *byte == b'/') else { return Ok(()) };
    let (parent, name) = (&path[..slash], &path[slash + 1..]);
    let parent = tree.resolve(ROOT, parent).map_err(unresolved)?;

    if let Some(hidden) = name.strip_prefix(WHITEOUT) {
        if let Some(parent) = parent.found() {
            if name == OPAQUE {
                tree.make_opaque(parent);
            } else if !hidden.starts_with(WHITEOUT) {
                tree.white_out(parent, hidden);
            }
        }
        return Ok(());
    }

    let meta = Meta {
        mode: header.mode,
        uid: header.uid,
        gid: header.gid,
        modified: header.modified,
        attributes: (!header.attributes.is_empty())
            .then(|| Arc::<Attributes>::new(header.attributes)),
    };
    if name.is_empty() {
        tree.set_meta(ROOT, meta);
        return Ok(());
    }
    let parent = tree.make(parent, &Meta::implied(0)).map_err(unresolved)?;
    let kind = match header.kind {
        Type::Directory => {
            match tree.child(parent, name).filter(|child| tree.is_directory(*child)) {
                Some(there) => tree.set_meta(there, meta),
                None => drop(tree.insert(parent, name, meta, Kind::directory())),
            }
            return Ok(());
        }
        Type::File if header.sparse => {
            tree.file(header.size, Content::Nowhere("it is stored with holes"))
        }
        Type::File => tree.file(header.size, Content::Layer(Arc::clone(packed), header.start)),
        Type::Symlink => Kind::Symlink(header.target.into()),
        Type::Hardlink => match linked(tree, &header.target) {
            Some((meta, kind)) => {
                // One file has one owner, whatever the link says.
                tree.insert(parent, name, meta, kind);
                return Ok(());
            }
            None => tree.file(0, Content::Nowhere("it is a hard link to nowhere")),
        },
        Type::Character => Kind::Device(Device::Character(header.device.0, header.device.1)),
        Type::Block => Kind::Device(Device::Block(header.device.0, header.device.1)),
        Type::Pipe => Kind::Device(Device::Pipe),
        Type::Other => return Ok(()),
    };
    tree.insert(parent, name, meta, kind);
    Ok(())
}

/// What a hard link is one more name of: all but a directory, and a link itself, which is not
/// followed.
fn linked(tree: &Tree, target: &[u8]) -> Option<(Meta, Kind)> {
    let path = clean(target);
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    let parent = tree.resolve(ROOT, &path[..slash]).ok()?.found()?;
    let there = tree.node(tree.child(parent, &path[slash + 1..])?);
    (!matches!(there.kind, Kind::Directory(_))).then(|| (there.meta.clone(), there.kind.clone()))
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use tar::{Builder, EntryType, Header as Built};

    use super::super::tree::paths;
    use super::*;

    /// A layer of `name`, `name=content`, `name->target` and `name==hard link`.
    fn layer(entries: &[&str]) -> Arc<Packed> {
        let mut tar = Builder::new(Vec::new());
        for entry in entries {
            let mut header = Built::new_gnu();
            header.set_mode(0o700);
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
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&tar.into_inner().unwrap()).unwrap();
        file.rewind().unwrap();
        Arc::new(Packed { file: Arc::new(file), digest: "sha256:0".to_owned() })
    }

    fn image(layers: &[&[&str]]) -> Result<Tree, TarError> {
        let counted = Counted::default();
        let mut tree = Tree::new();
        for entries in layers {
            lay(&mut tree, index(layer(entries), &counted, &Stop::default())?)?;
        }
        Ok(tree)
    }

    #[test]
    fn later_layers_replace_and_remove() {
        let tree = image(&[
            &["etc", "etc/passwd=x", "etc/old=x", "opt/a=1", "opt/b=2", "var/x=1"],
            &["etc/.wh.old", "opt/.wh..wh..opq", "opt/c=3", "var=now a file", ".wh..wh.aufs=x"],
        ]);

        assert_eq!(paths(&tree.unwrap()), ["etc", "etc/passwd", "opt", "opt/c", "var"]);
    }

    #[test]
    fn a_directory_that_comes_again_keeps_what_is_in_it() {
        let tree = image(&[&["d/x=1"], &["d"]]).unwrap();

        assert_eq!(paths(&tree), ["d", "d/x"]);
        assert_eq!(tree.node(tree.child(ROOT, b"d").unwrap()).meta.mode, 0o700);
    }

    #[test]
    fn names_and_links_stay_within_the_model() {
        let tree = image(&[&[
            "../../up=x",
            "/abs=x",
            "a/../b=x",
            "out->../../..",
            "out/within=x",
            "lib->/usr/lib",
            "lib/y=x",
        ]]);

        assert_eq!(
            paths(&tree.unwrap()),
            ["abs", "b", "lib", "out", "up", "usr", "usr/lib", "usr/lib/y", "within"]
        );
    }

    #[test]
    fn hard_links_are_one_file_and_those_to_nowhere_are_none() {
        let tree = image(&[&["a=one", "b==a", "c==nothing", "d==/", "e==../a"]]).unwrap();
        let file = |name: &str| match &tree.node(tree.child(ROOT, name.as_bytes()).unwrap()).kind {
            Kind::File(file) => file.clone(),
            other => panic!("{other:?}"),
        };

        assert_eq!(file("b").inode, file("a").inode);
        assert_eq!(file("e").inode, file("a").inode);
        assert!(matches!(file("c").content, Content::Nowhere(_)));
        assert!(matches!(file("d").content, Content::Nowhere(_)));
    }

    #[test]
    fn a_hard_link_to_a_link_leads_where_that_leads() {
        let tree = image(&[&["lib", "s->lib", "s2==s", "gone->nowhere", "gone2==gone"]]).unwrap();

        assert_eq!(tree.resolve(ROOT, b"s2").unwrap().found(), tree.child(ROOT, b"lib"));
        let gone = &tree.node(tree.child(ROOT, b"gone2").unwrap()).kind;
        assert!(matches!(gone, Kind::Symlink(target) if **target == *b"nowhere"));
    }

    #[test]
    fn what_no_engine_could_unpack_is_an_error() {
        assert!(image(&[&["f=x", "f/y=x"]]).is_err());
        assert!(image(&[&["a->b", "b->a", "a/x=1"]]).is_err());
    }
}
