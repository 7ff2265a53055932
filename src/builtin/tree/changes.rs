//! What a layer holds: everything that was written since it was started, and the directories
//! above it.
//!
//! The directories above are in it with what they have in the image, as with `BuildKit` and
//! Kaniko: engines that unpack a layer by itself would make others in their place.

use std::collections::HashSet;

use super::{Device, File, Id, Kind, Meta, Name, ROOT, Tree};

/// The marker of a directory that hides what lower layers have in it.
///
/// Source: the OCI image specification, "Opaque Whiteout".
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Something that a layer holds.
#[derive(Debug, Clone)]
pub(in crate::builtin) struct Entry {
    /// Without a `/` at its beginning or end.
    pub(in crate::builtin) path: Vec<u8>,
    pub(in crate::builtin) meta: Meta,
    pub(in crate::builtin) kind: EntryKind,
}

/// What an entry is.
#[derive(Debug, Clone)]
pub(in crate::builtin) enum EntryKind {
    Directory,
    File(File),
    /// The same file as another entry's, by its path.
    Hardlink(Vec<u8>),
    Symlink(Name),
    Device(Device),
    /// An empty file.
    Opaque,
}

impl Tree {
    /// What this layer holds, parents first, names in the order of their bytes.
    pub(in crate::builtin) fn changes(&self) -> Vec<Entry> {
        let mut within: HashSet<Id> = HashSet::new();
        for id in self.written.iter().copied().filter(|id| self.is_reached(*id)) {
            let mut id = id;
            while within.insert(id) {
                id = self.node(id).parent;
            }
        }
        let mut entries = Vec::with_capacity(within.len());
        let mut inodes = std::collections::HashMap::new();
        let mut path = Vec::new();
        let mut lengths = vec![0];
        let mut walk = self.walk(ROOT);
        while let Some((depth, id)) = walk.next() {
            if !within.contains(&id) {
                walk.leave_out();
                continue;
            }
            let node = self.node(id);
            lengths.truncate(depth);
            path.truncate(lengths[depth - 1]);
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&node.name);
            lengths.push(path.len());
            let kind = match &node.kind {
                Kind::Directory(_) => EntryKind::Directory,
                Kind::Symlink(target) => EntryKind::Symlink(target.clone()),
                Kind::Device(device) => EntryKind::Device(*device),
                Kind::File(file) => match inodes.entry(file.inode) {
                    std::collections::hash_map::Entry::Occupied(first) => {
                        EntryKind::Hardlink(Vec::clone(first.get()))
                    }
                    std::collections::hash_map::Entry::Vacant(first) => {
                        first.insert(path.clone());
                        EntryKind::File(file.clone())
                    }
                },
            };
            let is_directory = matches!(kind, EntryKind::Directory);
            entries.push(Entry { path: path.clone(), meta: node.meta.clone(), kind });
            if is_directory && self.removed.contains(&path) {
                entries.push(Entry {
                    path: [&path[..], b"/", OPAQUE].concat(),
                    meta: Meta { mode: 0o644, modified: node.meta.modified, ..Meta::default() },
                    kind: EntryKind::Opaque,
                });
            }
        }
        entries
    }

    /// Whether something is still in the tree.
    fn is_reached(&self, mut id: Id) -> bool {
        while id != ROOT {
            let node = self.node(id);
            if self.child(node.parent, &node.name) != Some(id) {
                return false;
            }
            id = node.parent;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::{add, tree};
    use super::*;

    fn told(tree: &Tree) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        tree.changes()
            .iter()
            .map(|entry| {
                let path = text(&entry.path);
                match &entry.kind {
                    EntryKind::Directory => format!("{path}/"),
                    EntryKind::Hardlink(target) => format!("{path} = {}", text(target)),
                    EntryKind::Symlink(target) => format!("{path} -> {}", text(target)),
                    EntryKind::File(_) | EntryKind::Device(_) | EntryKind::Opaque => path,
                }
            })
            .collect()
    }

    #[test]
    fn a_layer_holds_what_was_written_with_the_directories_above() {
        let mut tree = tree(&["a/b/old=", "a/c=", "z="]);
        tree.start_layer();
        add(&mut tree, &["a/b/new=", "l->x"]);

        assert_eq!(told(&tree), ["a/", "a/b/", "a/b/new", "l -> x"]);
    }

    #[test]
    fn what_was_written_and_removed_again_is_not_in_it() {
        let mut tree = tree(&[]);
        tree.start_layer();
        add(&mut tree, &["a/b=", "a=1", "a=2"]);

        assert_eq!(told(&tree), ["a"]);
    }

    #[test]
    fn a_directory_in_the_place_of_a_removed_one_hides_what_was_in_that() {
        let mut tree = tree(&["a/b="]);
        tree.start_layer();
        add(&mut tree, &["a=file", "a", "a/c="]);

        assert_eq!(told(&tree), ["a/", "a/.wh..wh..opq", "a/c"]);
    }

    #[test]
    fn files_of_one_inode_are_hard_links() {
        let mut tree = tree(&[]);
        tree.start_layer();
        add(&mut tree, &["b=x"]);
        let file = tree.node(tree.child(ROOT, b"b").unwrap()).kind.clone();
        tree.insert(ROOT, b"a", Meta::default(), file);

        assert_eq!(told(&tree), ["a", "b = a"]);
    }
}
