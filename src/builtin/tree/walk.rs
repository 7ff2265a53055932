//! Going through a tree, without recursion: hostile layers are deep.

use std::collections::btree_map;

use super::{Id, Kind, Name, Tree};

/// All below a directory, parents first, names in the order of their bytes.
pub(in crate::builtin) struct Walk<'t> {
    tree: &'t Tree,
    open: Vec<btree_map::Iter<'t, Name, Id>>,
    /// Given last, and not yet entered.
    last: Option<Id>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(tree: &'t Tree, from: Id) -> Self {
        Self { tree, open: Vec::new(), last: Some(from) }
    }

    /// Leaves out what is in the directory that was given last.
    pub(in crate::builtin) fn leave_out(&mut self) {
        self.last = None;
    }
}

impl Iterator for Walk<'_> {
    /// Depth and node.
    type Item = (usize, Id);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(Kind::Directory(children)) = self.last.take().map(|id| &self.tree.node(id).kind)
        {
            self.open.push(children.iter());
        }
        loop {
            let depth = self.open.len();
            if let Some((_, id)) = self.open.last_mut()?.next() {
                self.last = Some(*id);
                return Some((depth, *id));
            }
            self.open.pop();
        }
    }
}
