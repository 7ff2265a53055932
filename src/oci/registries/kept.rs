//! Layers that were fetched: kept for who asks next, within a bound on disk.

use std::{collections::HashMap, fs::File, sync::Arc};

use tokio::sync::OnceCell;

/// Bytes of all that are kept, together.
const MOST: u64 = 4 << 30;

/// A file that is here, or on its way.
type Cell = Arc<OnceCell<Arc<File>>>;

/// Layers by their digests; those that were asked for the longest ago make room for others.
#[derive(Debug)]
pub(super) struct Kept {
    layers: HashMap<String, Layer>,
    most: u64,
    /// How often anything was asked for.
    time: u64,
}

#[derive(Debug)]
struct Layer {
    cell: Cell,
    size: u64,
    used: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { layers: HashMap::new(), most: MOST, time: 0 }
    }
}

impl Kept {
    /// The layer of this digest, which has `size` bytes; whoever holds its file still has it when
    /// it is not kept any more.
    pub(super) fn cell(&mut self, digest: &str, size: u64) -> Cell {
        self.time += 1;
        let new = || Layer { cell: Cell::default(), size, used: 0 };
        let layer = self.layers.entry(digest.to_owned()).or_insert_with(new);
        layer.used = self.time;
        let cell = Arc::clone(&layer.cell);
        self.trim();
        cell
    }

    fn trim(&mut self) {
        let mut bytes: u64 = self.layers.values().map(|layer| layer.size).sum();
        while bytes > self.most {
            // One that is on its way has somebody who waits for it, and others may join.
            let here = self.layers.iter().filter(|(_, layer)| layer.cell.initialized());
            let Some((digest, _)) = here.min_by_key(|(_, layer)| layer.used) else { return };
            let digest = digest.clone();
            bytes -= self.layers.remove(&digest).map_or(0, |layer| layer.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_the_longest_ago_makes_room() {
        let mut kept = Kept { most: 10, ..Kept::default() };
        let here = |kept: &mut Kept, digest: &str, size| {
            let file = Arc::new(tempfile::tempfile().unwrap());
            kept.cell(digest, size).set(file).unwrap();
        };
        here(&mut kept, "one", 4);
        here(&mut kept, "two", 4);
        kept.cell("one", 4);
        here(&mut kept, "three", 4);

        assert!(kept.cell("one", 4).initialized());
        assert!(kept.cell("three", 4).initialized());
        assert!(!kept.layers.contains_key("two"));
    }
}
