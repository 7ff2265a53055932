//! A bundle that is packed before it is sent, into a file without a name.
//!
//! Where the executor is in our own container, its root file system is emptied for the build,
//! and with it a context that is no mount: what is sent must be at hand before. And what several
//! builds send is packed once.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

use crate::{
    context::{ContextError, Packed},
    threads,
    transport::{Bundle, TransportError},
};

/// Packs `bundle` into a file without a name in `directory`, and answers with its copy.
///
/// # Errors
///
/// [`TransportError::Context`] when it cannot be packed or does not fit.
pub(super) async fn spool(bundle: Bundle, directory: &Path) -> Result<Bundle, TransportError> {
    Ok(within(bundle, directory, u64::MAX).await?.0)
}

/// The same, of a bundle that may have no more than `most` bytes.
///
/// # Errors
///
/// [`ContextError`] when it cannot be packed or does not fit.
pub(super) async fn within(
    bundle: Bundle,
    directory: &Path,
    most: u64,
) -> Result<(Bundle, Packed), ContextError> {
    let directory = directory.to_owned();
    let spooled = threads::start(move || pack(&bundle, &directory, most)).await;
    spooled.map_err(ContextError::Threads)?
}

fn pack(bundle: &Bundle, directory: &Path, most: u64) -> Result<(Bundle, Packed), ContextError> {
    let file = tempfile::tempfile_in(directory).map_err(ContextError::Sink)?;
    let mut bounded = Bounded { file, left: most };
    let packed = bundle(&mut bounded)?;
    let file = bounded.file;
    let copy = move |sink: &mut dyn Write| {
        copy(&file, sink).map_err(ContextError::Sink)?;
        Ok(packed)
    };
    Ok((Arc::new(copy), packed))
}

/// By position: several may read at once.
fn copy(file: &File, sink: &mut dyn Write) -> io::Result<()> {
    let mut buffer = vec![0; 128 << 10];
    let mut at = 0;
    loop {
        let read = file.read_at(&mut buffer, at)?;
        if read == 0 {
            return Ok(());
        }
        sink.write_all(&buffer[..read])?;
        at += read as u64;
    }
}

struct Bounded {
    file: File,
    left: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.file.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn five_bytes(path: std::path::PathBuf) -> Bundle {
        Arc::new(move |sink| {
            let bytes = std::fs::read(&path).map_err(ContextError::Sink)?;
            sink.write_all(&bytes).map_err(ContextError::Sink)?;
            Ok(Packed { bytes: 5, sha256: [1; 32], entries: 1 })
        })
    }

    #[tokio::test]
    async fn what_was_packed_once_is_sent_as_often_as_it_is_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let context = tempfile::tempdir().unwrap();
        let path = context.path().join("file");
        std::fs::write(&path, "bytes").unwrap();

        let spooled = spool(five_bytes(path), directory.path()).await.unwrap();
        drop(context);

        for _ in 0..2 {
            let mut sent = Vec::new();
            assert_eq!(spooled(&mut sent).unwrap().bytes, 5);
            assert_eq!(sent, b"bytes");
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn no_more_is_kept_than_there_may_be() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "bytes").unwrap();

        assert!(within(five_bytes(path.clone()), directory.path(), 5).await.is_ok());
        let error = within(five_bytes(path), directory.path(), 4).await.err();
        assert!(matches!(error, Some(ContextError::Sink(_))), "{error:?}");
    }
}
