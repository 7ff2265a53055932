//! A file system in memory: what an image holds, without its contents.
//!
//! Nothing here touches a real file system: paths are resolved in the model as in a chroot, so
//! that neither `..` nor a link leads out of it. Contents stay where they are; a file says
//! where. What an instruction writes is marked, and [`changes`] makes entries of a layer of it.

pub(super) mod changes;
mod resolve;
mod walk;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

pub(super) use resolve::{Place, Unresolved, clean, parts};
pub(super) use walk::Walk;

use super::content::Content;

/// A node's place in its tree; the root is [`ROOT`].
pub(super) type Id = u32;

/// `/`.
pub(super) const ROOT: Id = 0;

/// One component of a path.
pub(super) type Name = Arc<[u8]>;

/// A file system.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// What was removed stays and is no longer reached.
    nodes: Vec<Node>,
    /// The number of the layer that is written.
    layer: u32,
    /// The first node that this layer made; those before it are lower layers'.
    first: usize,
    /// Written in this layer.
    written: Vec<Id>,
    /// Directories of lower layers that were removed in this one.
    removed: HashSet<Vec<u8>>,
}

/// Something in a file system.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: Name,
    pub(super) parent: Id,
    pub(super) meta: Meta,
    pub(super) kind: Kind,
    /// The layer that wrote it last.
    layer: u32,
}

/// Owner, permissions and the like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meta {
    /// Permissions with setuid, setgid and sticky.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Seconds since 1970.
    pub(super) modified: i64,
    /// Extended attributes by name, sorted; rare.
    pub(super) attributes: Option<Arc<Attributes>>,
}

/// Names and values.
pub(super) type Attributes = BTreeMap<Box<[u8]>, Box<[u8]>>;

/// What something is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Directory(BTreeMap<Name, Id>),
    File(File),
    /// Where it points, as it is.
    Symlink(Name),
    Device(Device),
}

/// A regular file.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// Files of one inode are one file under several names.
    pub(super) inode: u32,
    pub(super) size: u64,
    pub(super) content: Content,
}

/// What is neither file, directory nor link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Device {
    Character(u32, u32),
    Block(u32, u32),
    Pipe,
}

impl Meta {
    /// Of a directory that nobody described.
    pub(super) fn implied(modified: i64) -> Self {
        Self { mode: 0o755, modified, ..Self::default() }
    }
}

impl Kind {
    /// A directory without anything in it.
    pub(super) fn directory() -> Self {
        Self::Directory(BTreeMap::new())
    }
}

impl Tree {
    /// A file system with nothing in it.
    pub(super) fn new() -> Self {
        let root = Node {
            name: Arc::from(&b""[..]),
            parent: ROOT,
            meta: Meta::implied(0),
            kind: Kind::directory(),
            layer: 0,
        };
        Self { nodes: vec![root], layer: 0, first: 0, written: Vec::new(), removed: HashSet::new() }
    }

    /// Starts the next layer: what is written from now on is in it.
    pub(super) fn start_layer(&mut self) {
        self.layer += 1;
        self.first = self.nodes.len();
        self.written.clear();
        self.removed.clear();
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    /// How many nodes there ever were.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn is_directory(&self, id: Id) -> bool {
        matches!(self.node(id).kind, Kind::Directory(_))
    }

    pub(super) fn child(&self, directory: Id, name: &[u8]) -> Option<Id> {
        match &self.node(directory).kind {
            Kind::Directory(children) => children.get(name).copied(),
            _ => None,
        }
    }

    /// Puts something into a directory, in the place of what has that name.
    ///
    /// # Panics
    ///
    /// When `directory` is none.
    pub(super) fn insert(&mut self, directory: Id, name: &[u8], meta: Meta, kind: Kind) -> Id {
        if let Some(old) = self.child(directory, name) {
            self.note_removed(old);
        }
        let id = Id::try_from(self.nodes.len()).expect("nodes are counted before they are made");
        let name = Name::from(name);
        let node =
            Node { name: Arc::clone(&name), parent: directory, meta, kind, layer: self.layer };
        self.nodes.push(node);
        self.written.push(id);
        match &mut self.nodes[directory as usize].kind {
            Kind::Directory(children) => children.insert(name, id),
            _ => unreachable!("only directories are written into"),
        };
        id
    }

    /// A new file that is the same as none before.
    pub(super) fn file(&self, size: u64, content: Content) -> Kind {
        let inode = Id::try_from(self.nodes.len()).expect("nodes are counted before they are made");
        Kind::File(File { inode, size, content })
    }

    /// Gives something another owner, mode or time.
    pub(super) fn set_meta(&mut self, id: Id, meta: Meta) {
        let node = &mut self.nodes[id as usize];
        node.meta = meta;
        node.layer = self.layer;
        self.written.push(id);
    }

    /// Takes something of lower layers away; what this layer wrote stays.
    pub(super) fn white_out(&mut self, directory: Id, name: &[u8]) {
        let Some(child) = self.child(directory, name) else { return };
        if self.prune(child) {
            return;
        }
        if let Kind::Directory(children) = &mut self.nodes[directory as usize].kind {
            children.remove(name);
        }
    }

    /// Takes all away that lower layers have in a directory.
    pub(super) fn make_opaque(&mut self, directory: Id) {
        if let Kind::Directory(children) = &self.node(directory).kind {
            let names: Vec<Name> = children.keys().cloned().collect();
            for name in names {
                self.white_out(directory, &name);
            }
        }
    }

    /// Whether this layer wrote something or anything below it; what it did not write is removed.
    fn prune(&mut self, id: Id) -> bool {
        // Children come after their parents in the list: the deepest are decided first.
        let below: Vec<Id> = self.walk(id).map(|(_, id)| id).collect();
        let mut kept: HashSet<Id> = HashSet::new();
        for id in below.into_iter().rev().chain([id]) {
            let Node { layer, kind, .. } = &mut self.nodes[id as usize];
            if let Kind::Directory(children) = kind {
                children.retain(|_, child| kept.contains(child));
                if *layer == self.layer || !children.is_empty() {
                    kept.insert(id);
                }
            } else if *layer == self.layer {
                kept.insert(id);
            }
        }
        kept.contains(&id)
    }

    fn note_removed(&mut self, id: Id) {
        // What this layer only gave another owner, mode or time is a lower one's still.
        if self.is_directory(id) && (id as usize) < self.first {
            self.removed.insert(self.path(id));
        }
    }

    /// Where something is: without a `/` before it, empty for the root.
    pub(super) fn path(&self, mut id: Id) -> Vec<u8> {
        let mut names = Vec::new();
        while id != ROOT {
            let node = self.node(id);
            names.push(&node.name[..]);
            id = node.parent;
        }
        names.reverse();
        names.join(&b'/')
    }

    /// All below something, itself left out: each with its depth, from 1.
    pub(super) fn walk(&self, from: Id) -> Walk<'_> {
        Walk::new(self, from)
    }
}

#[cfg(test)]
pub(in crate::builtin) use tests::{add, paths, tree};

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of these directories, files (`name=content`) and links (`name->target`).
    pub(in crate::builtin) fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::new();
        add(&mut tree, paths);
        tree
    }

    pub(in crate::builtin) fn add(tree: &mut Tree, paths: &[&str]) {
        for path in paths {
            let (path, kind) = if let Some((path, target)) = path.split_once("->") {
                (path, Kind::Symlink(target.as_bytes().into()))
            } else if let Some((path, content)) = path.split_once('=') {
                let memory = Content::Memory(content.as_bytes().into());
                (path, tree.file(content.len() as u64, memory))
            } else {
                (*path, Kind::directory())
            };
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            let parent = tree.resolve(ROOT, parent.as_bytes()).unwrap();
            let parent = tree.make(parent, &Meta::implied(0)).unwrap();
            tree.insert(parent, name.as_bytes(), Meta::implied(0), kind);
        }
    }

    pub(in crate::builtin) fn paths(tree: &Tree) -> Vec<String> {
        tree.walk(ROOT)
            .map(|(_, id)| String::from_utf8_lossy(&tree.path(id)).into_owned())
            .collect()
    }

    #[test]
    fn names_are_in_the_order_of_their_bytes_with_parents_first() {
        let tree = tree(&["b", "a/x=", "a.d", "a/b/c="]);

        assert_eq!(paths(&tree), ["a", "a/b", "a/b/c", "a/x", "a.d", "b"]);
    }

    #[test]
    fn a_white_out_takes_away_lower_layers_and_leaves_this_one() {
        let mut tree = tree(&["d/old=", "d/e/old=", "f="]);
        tree.start_layer();
        add(&mut tree, &["d/e/new="]);

        tree.white_out(ROOT, b"d");
        tree.white_out(ROOT, b"f");
        tree.white_out(ROOT, b"nothing");

        assert_eq!(paths(&tree), ["d", "d/e", "d/e/new"]);
    }

    #[test]
    fn an_opaque_directory_has_nothing_of_lower_layers() {
        let mut tree = tree(&["d/old=", "d/e/old="]);
        tree.start_layer();
        add(&mut tree, &["d/new="]);

        let directory = tree.child(ROOT, b"d").unwrap();
        tree.make_opaque(directory);

        assert_eq!(paths(&tree), ["d", "d/new"]);
    }
}
