//! Files of an image that the build itself reads: `/etc/passwd` and `/etc/group`.

use std::{
    fs::File,
    io::{self, Read},
};

use super::{
    archive::{Reader, TarError, decompress},
    content::{Content, FromStart},
    layer::LayerError,
    local::Files,
    stage::Surroundings,
    tree::{Kind, ROOT, Tree},
};

/// Bytes that such a file may have, as with `BuildKit`.
const MOST: u64 = 10 << 20;

/// What a file holds; nothing where there is none.
pub(super) fn read(
    around: &Surroundings<'_>,
    tree: &Tree,
    path: &[u8],
) -> Result<Vec<u8>, LayerError> {
    let there = tree.resolve(ROOT, path).ok().and_then(|there| there.found());
    let Some(Kind::File(file)) = there.map(|there| &tree.node(there).kind) else {
        return Ok(Vec::new());
    };
    let size = file.size.min(MOST);
    let mut bytes = Vec::new();
    match &file.content {
        Content::Memory(memory) => bytes.extend_from_slice(memory),
        Content::Context(path) => {
            let mut files = Files::new(&around.recipe.context.root);
            let open = File::from(files.open(path)?);
            let kept = open.take(size).read_to_end(&mut bytes);
            kept.map_err(LayerError::Temporary)?;
        }
        Content::Aside(aside, start) => {
            bytes.resize(usize::try_from(size).unwrap_or(0), 0);
            let mut filled = 0;
            while filled < bytes.len() {
                let got = aside
                    .read_at(&mut bytes[filled..], start + filled as u64)
                    .map_err(LayerError::Temporary)?;
                if got == 0 {
                    return Err(LayerError::Temporary(io::ErrorKind::UnexpectedEof.into()));
                }
                filled += got;
            }
        }
        Content::Layer(packed, start) => {
            let damaged = |source| LayerError::Base { digest: packed.digest.clone(), source };
            let (_, plain) = decompress(around.stop.reading(FromStart::new(packed.file.clone())))
                .map_err(|error| damaged(error.into()))?;
            let mut reader = Reader::new(plain, u64::MAX);
            while let Some(header) = reader.next().map_err(damaged)? {
                if header.start == *start {
                    let read = reader.by_ref().take(size).read_to_end(&mut bytes);
                    read.map_err(|error| damaged(TarError::Read(error)))?;
                    break;
                }
            }
        }
        Content::Nowhere(why) => {
            return Err(LayerError::Nowhere { path: path.to_owned(), why });
        }
    }
    Ok(bytes)
}
