//! Files of base images that a layer takes: set aside, since a layer is sorted and a compressed
//! tar can only be read from its beginning.

use std::{collections::BTreeMap, sync::Arc};

use super::LayerError;
use crate::{
    builtin::{
        archive::{Reader, TarError, cut, decompress},
        content::{Aside, Content, FromStart, NotAside, Packed},
        tree::changes::{Entry, EntryKind},
    },
    oci::Stop,
};

/// A layer, and of its contents, by where they begin, the entries that take them.
type Wanted = (Arc<Packed>, BTreeMap<u64, Vec<usize>>);

/// Sets aside all contents that are in layers; each of those is read once, as far as needed.
pub(in crate::builtin) fn gather(entries: &mut [Entry], stop: &Stop) -> Result<(), LayerError> {
    let mut layers: BTreeMap<usize, Wanted> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        if let EntryKind::File(file) = &entry.kind
            && let Content::Layer(packed, start) = &file.content
        {
            let (_, wanted) = layers
                .entry(Arc::as_ptr(packed).addr())
                .or_insert_with(|| (Arc::clone(packed), BTreeMap::new()));
            wanted.entry(*start).or_default().push(place);
        }
    }
    if layers.is_empty() {
        return Ok(());
    }
    let aside = Aside::new().map_err(LayerError::Temporary)?;
    for (packed, wanted) in layers.into_values() {
        let damaged = |source| LayerError::Base { digest: packed.digest.clone(), source };
        let (_, plain) = decompress(stop.reading(FromStart::new(Arc::clone(&packed.file))))
            .map_err(|error| damaged(error.into()))?;
        let mut reader = Reader::new(plain, u64::MAX);
        let mut left = wanted;
        while !left.is_empty() {
            let header = reader.next().map_err(damaged)?;
            let header =
                header.ok_or_else(|| damaged(TarError::Damaged("it ends in the middle")))?;
            let Some(places) = left.remove(&header.start) else { continue };
            let (start, bytes) =
                aside.append(&mut reader, header.size).map_err(|error| match error {
                    NotAside::Read(error) => damaged(cut(error)),
                    NotAside::Written(error) => LayerError::Temporary(error),
                    NotAside::Full(full) => LayerError::Full(full),
                })?;
            if bytes < header.size {
                return Err(damaged(TarError::Damaged("it ends in the middle")));
            }
            for place in places {
                if let EntryKind::File(file) = &mut entries[place].kind {
                    file.content = Content::Aside(aside.clone(), start);
                }
            }
        }
    }
    Ok(())
}
