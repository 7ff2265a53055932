//! Base images that builds of one run share: read once, and kept within bounds.
//!
//! To read one is to download all of its layers and to decompress them; many images of a
//! repository stand on the same one. What is kept is the model of its files, and with it the
//! layers that their contents are in, as long as somebody is going to ask for it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use super::{BuildError, tree::Tree};
use crate::{oci::Base, registry::Reference};

/// Files and directories of all that are kept, together: some 300 bytes of memory each.
const MOST_NODES: usize = 1_000_000;

/// Bytes of their layers on disk, as they travel.
const MOST_BYTES: u64 = 8 << 30;

/// Base images that were read; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Bases(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// By the digest of the manifest.
    images: HashMap<String, Image>,
    /// How often anything was asked for.
    time: u64,
}

#[derive(Debug, Default)]
struct Image {
    /// Filled by the first that asks; others wait for it.
    tree: Arc<OnceCell<Arc<Tree>>>,
    /// As Dockerfiles name it.
    names: BTreeSet<String>,
    /// Of its layers.
    bytes: u64,
    /// When it was last asked for.
    used: u64,
}

impl Bases {
    /// The files of `base`, which Dockerfiles name `name`, by `read` where nobody has read it yet.
    pub(super) async fn tree(
        &self,
        name: &Reference,
        base: &Base,
        read: impl Future<Output = Result<Tree, BuildError>>,
    ) -> Result<Arc<Tree>, BuildError> {
        let cell = self.with(|kept| {
            kept.time += 1;
            let image = kept.images.entry(base.digest.clone()).or_default();
            image.names.insert(name.to_string());
            image.bytes = base.layers.iter().map(|layer| layer.blob.size).sum();
            image.used = kept.time;
            Arc::clone(&image.tree)
        });
        let tree = cell.get_or_try_init(async || read.await.map(Arc::new)).await;
        self.with(|kept| kept.trim(MOST_NODES, MOST_BYTES));
        tree.cloned()
    }

    /// Nobody will ask for `name` any more.
    pub fn forget(&self, name: &Reference) {
        let name = name.to_string();
        self.with(|kept| {
            kept.images.retain(|_, image| !image.names.remove(&name) || !image.names.is_empty());
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    /// Forgets those that were asked for the longest ago until the others are within the bounds;
    /// whoever uses one still has it.
    fn trim(&mut self, most_nodes: usize, most_bytes: u64) {
        let mut by_use: Vec<_> = self.images.iter().map(|(digest, it)| (it.used, digest)).collect();
        by_use.sort_unstable_by(|one, other| other.cmp(one));
        let (mut nodes, mut bytes) = (0, 0);
        let mut over = Vec::new();
        for (_, digest) in by_use {
            let image = &self.images[digest];
            let size = image.tree.get().map_or(0, |tree| tree.len());
            if nodes + size > most_nodes || bytes + image.bytes > most_bytes {
                over.push(digest.clone());
            } else {
                nodes += size;
                bytes += image.bytes;
            }
        }
        for digest in over {
            self.images.remove(&digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{super::tree, *};
    use crate::oci::Format;

    fn base(digest: &str) -> (Reference, Base) {
        let reference = Reference::parse(&format!("r.example/{digest}")).unwrap();
        let base = Base {
            reference: reference.clone(),
            digest: digest.to_owned(),
            config: Vec::new(),
            layers: Vec::new(),
            format: Format::Oci,
            passed_over: Vec::new(),
        };
        (reference, base)
    }

    /// How often `names` are read when they are asked for one after the other.
    async fn reads(bases: &Bases, names: &[&str]) -> usize {
        let read = Cell::new(0);
        for name in names {
            let (name, base) = base(name);
            let reading = async {
                read.set(read.get() + 1);
                Ok(tree::tree(&["a", "b"]))
            };
            bases.tree(&name, &base, reading).await.unwrap();
        }
        read.get()
    }

    #[tokio::test]
    async fn an_image_is_read_once() {
        assert_eq!(reads(&Bases::default(), &["one", "two", "one", "two"]).await, 2);
    }

    #[tokio::test]
    async fn an_image_that_nobody_will_ask_for_is_forgotten() {
        let bases = Bases::default();
        reads(&bases, &["one", "two"]).await;

        bases.forget(&base("one").0);

        assert_eq!(reads(&bases, &["two", "one"]).await, 1);
    }

    #[tokio::test]
    async fn what_is_over_the_bound_is_forgotten_the_oldest_first() {
        let bases = Bases::default();
        reads(&bases, &["one", "two", "three", "one"]).await;

        bases.with(|kept| kept.trim(6, 0));

        assert_eq!(reads(&bases, &["one", "three"]).await, 0);
        assert_eq!(reads(&bases, &["two"]).await, 1);
    }
}
