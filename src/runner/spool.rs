//! A bundle that is packed before its executor is reached.
//!
//! Where the executor is in our own container, its root file system is emptied for the build,
//! and with it a context that is no mount: what is sent must be at hand before.

use std::{
    io::{self, Seek},
    path::Path,
    sync::Arc,
};

use crate::{
    context::ContextError,
    transport::{Bundle, TransportError},
};

/// Packs `bundle` into a file without a name in `directory`, and answers with its copy.
///
/// # Errors
///
/// [`TransportError::Context`] when it cannot be packed or does not fit.
pub(super) async fn spool(bundle: Bundle, directory: &Path) -> Result<Bundle, TransportError> {
    let directory = directory.to_owned();
    let spooled = tokio::task::spawn_blocking(move || pack(&bundle, &directory)).await;
    match spooled {
        Ok(spooled) => Ok(spooled?),
        Err(panicked) => {
            Err(TransportError::Context(ContextError::Sink(io::Error::other(panicked))))
        }
    }
}

fn pack(bundle: &Bundle, directory: &Path) -> Result<Bundle, ContextError> {
    let mut file = tempfile::tempfile_in(directory).map_err(ContextError::Sink)?;
    let packed = bundle(&mut file)?;
    let file = Arc::new(file);
    Ok(Arc::new(move |sink| {
        let mut reader = &*file;
        reader.rewind().map_err(ContextError::Sink)?;
        io::copy(&mut reader, sink).map_err(ContextError::Sink)?;
        Ok(packed)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Packed;

    #[tokio::test]
    async fn what_was_packed_once_is_sent_as_often_as_it_is_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let context = tempfile::tempdir().unwrap();
        let path = context.path().join("file");
        std::fs::write(&path, "bytes").unwrap();
        let bundle: Bundle = Arc::new(move |sink| {
            let bytes = std::fs::read(&path).map_err(ContextError::Sink)?;
            sink.write_all(&bytes).map_err(ContextError::Sink)?;
            Ok(Packed { bytes: 5, sha256: [1; 32], entries: 1 })
        });

        let spooled = spool(bundle, directory.path()).await.unwrap();
        drop(context);

        for _ in 0..2 {
            let mut sent = Vec::new();
            assert_eq!(spooled(&mut sent).unwrap().bytes, 5);
            assert_eq!(sent, b"bytes");
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
