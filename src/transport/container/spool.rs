//! A bundle whose length is known before it is sent.
//!
//! An archive says how long a member is before the member comes, and packing tells it only at
//! its end. So the bundle is packed into memory, a large one into a file without a name, which
//! no kill can leave behind. Where there is no room for that it is packed twice, the same bytes
//! each time: once to be counted, once to be sent.

use std::{
    io::{self, Seek, Write},
    sync::Arc,
};

use tempfile::SpooledTempFile;

use super::stream::{Meter, Progress, Stop};
use crate::{
    context::{ContextError, Packed},
    threads,
    transport::{Bundle, TransportError},
};

/// The largest bundle that is kept in memory.
const IN_MEMORY: usize = 16 * 1024 * 1024;

/// A bundle that is ready to be sent.
pub(super) struct Spooled {
    packed: Packed,
    bytes: Bytes,
}

enum Bytes {
    Here(SpooledTempFile),
    Again(Bundle),
}

/// Why not all was written.
#[derive(Debug)]
pub(super) enum Unsent {
    /// The bundle could not be made, or its sink took no more.
    Context(ContextError),
    /// The pipe took no more, or the spool could not be read.
    Pipe(io::Error),
    /// Packing gave another length than the first time.
    Changed,
}

impl Spooled {
    /// Packs `bundle`.
    pub(super) async fn pack(bundle: &Bundle) -> Result<Self, TransportError> {
        let (tried, spool) = packed(bundle, SpooledTempFile::new(IN_MEMORY)).await?;
        match tried {
            Ok(packed) => Ok(Self { packed, bytes: Bytes::Here(spool) }),
            Err(ContextError::Sink(_)) => {
                drop(spool);
                let (counted, _) = packed_to_nowhere(bundle).await?;
                Ok(Self { packed: counted?, bytes: Bytes::Again(bundle.clone()) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Length of the bundle.
    pub(super) fn bytes(&self) -> u64 {
        self.packed.bytes
    }

    /// Writes it to `sink`; returns what was written.
    pub(super) fn write(self, sink: &mut dyn Write) -> Result<Packed, Unsent> {
        let packed = match self.bytes {
            Bytes::Here(mut spool) => {
                spool.rewind().map_err(Unsent::Pipe)?;
                let bytes = io::copy(&mut spool, sink).map_err(Unsent::Pipe)?;
                Packed { bytes, ..self.packed }
            }
            Bytes::Again(bundle) => bundle(sink).map_err(Unsent::Context)?,
        };
        if packed.bytes == self.packed.bytes { Ok(packed) } else { Err(Unsent::Changed) }
    }
}

type Tried<W> = (Result<Packed, ContextError>, W);

async fn packed_to_nowhere(bundle: &Bundle) -> Result<Tried<io::Sink>, TransportError> {
    packed(bundle, io::sink()).await
}

async fn packed<W: Write + Send + 'static>(
    bundle: &Bundle,
    sink: W,
) -> Result<Tried<W>, TransportError> {
    let progress = Arc::new(Progress::default());
    let _stop = Stop(progress.clone());
    let bundle = bundle.clone();
    let packing = threads::start(move || {
        let mut sink = Meter::new(sink, &progress);
        (bundle(&mut sink), sink.into_inner())
    });
    Ok(packing.await.map_err(ContextError::Threads)?)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn told(bytes: u64) -> Packed {
        Packed { bytes, sha256: [0; 32], entries: 1 }
    }

    #[tokio::test]
    async fn a_bundle_is_packed_once_and_written_whole() {
        let packings = Arc::new(AtomicU32::new(0));
        let counter = packings.clone();
        let bundle: Bundle = Arc::new(move |sink| {
            counter.fetch_add(1, Ordering::Relaxed);
            sink.write_all(&vec![7; IN_MEMORY + 1]).map_err(ContextError::Sink)?;
            Ok(told(IN_MEMORY as u64 + 1))
        });
        let spooled = Spooled::pack(&bundle).await.unwrap();
        let mut sent = Vec::new();
        spooled.write(&mut sent).unwrap();
        assert_eq!(sent, vec![7; IN_MEMORY + 1]);
        assert_eq!(packings.load(Ordering::Relaxed), 1);
    }

    /// Fails as with a full disk the first time.
    fn without_room(second: u64) -> Bundle {
        let packings = AtomicU32::new(0);
        Arc::new(move |sink| match packings.fetch_add(1, Ordering::Relaxed) {
            0 => Err(ContextError::Sink(io::ErrorKind::StorageFull.into())),
            1 => Ok(told(3)),
            _ => {
                sink.write_all(b"abc").map_err(ContextError::Sink)?;
                Ok(told(second))
            }
        })
    }

    #[tokio::test]
    async fn without_room_it_is_counted_and_packed_again() {
        let spooled = Spooled::pack(&without_room(3)).await.unwrap();
        assert_eq!(spooled.bytes(), 3);
        let mut sent = Vec::new();
        assert_eq!(spooled.write(&mut sent).unwrap(), told(3));
        assert_eq!(sent, b"abc");
    }

    #[tokio::test]
    async fn a_context_that_changes_between_the_two_is_noticed() {
        let spooled = Spooled::pack(&without_room(4)).await.unwrap();
        assert!(matches!(spooled.write(&mut Vec::new()), Err(Unsent::Changed)));
    }

    #[tokio::test]
    async fn a_context_that_cannot_be_read_is_not_tried_again() {
        let bundle: Bundle = Arc::new(|_| {
            Err(ContextError::Read { path: "x".into(), source: io::ErrorKind::NotFound.into() })
        });
        let error = Spooled::pack(&bundle).await.err().unwrap();
        assert!(matches!(error, TransportError::Context(ContextError::Read { .. })));
    }
}
