//! What is sent: nothing, bytes, or a file from its start, in pieces.

use std::{
    fmt,
    fs::File,
    os::unix::fs::FileExt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// Bytes of a piece: memory that an upload takes.
const PIECE: u64 = 64 * 1024;

/// The body of a request; it can be sent again from its start.
#[derive(Clone)]
pub(in crate::oci) struct Outgoing {
    source: Source,
    size: u64,
    /// How much is on its way, shared with clones: one of them is sent, the others watch it.
    sent: Arc<AtomicU64>,
    /// Whether it was sent and the connection lost, shared with all that send the same.
    lost: Arc<AtomicBool>,
}

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    File(Arc<File>),
}

impl Outgoing {
    pub(in crate::oci) fn nothing() -> Self {
        Self::bytes(Bytes::new())
    }

    pub(in crate::oci) fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let size = bytes.len() as u64;
        Self { source: Source::Bytes(bytes), size, sent: Arc::default(), lost: Arc::default() }
    }

    /// The first `size` bytes of `file`.
    pub(in crate::oci) fn file(file: Arc<File>, size: u64) -> Self {
        Self { source: Source::File(file), size, sent: Arc::default(), lost: Arc::default() }
    }

    /// The same from its start, for another request: the one before may still be under way.
    pub(super) fn again(&self) -> Self {
        Self { sent: Arc::default(), ..self.clone() }
    }

    /// Notes that a connection was lost over which it may have arrived.
    pub(super) fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Whether it may have arrived over a connection that was lost.
    pub(in crate::oci) fn was_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// How many bytes have been taken.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether all have been taken.
    pub(super) fn is_sent(&self) -> bool {
        self.sent() >= self.size
    }

    /// Whether there is nothing to be sent.
    pub(super) fn is_nothing(&self) -> bool {
        self.size == 0
    }

    /// Whether it is more than a request: the other side has to do something with it.
    pub(super) fn is_long(&self) -> bool {
        self.size > PIECE
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let at = self.sent();
        let length = self.size.saturating_sub(at).min(PIECE);
        if length == 0 {
            return Poll::Ready(None);
        }
        let piece = match &self.source {
            Source::Bytes(bytes) => {
                // Both are within the bytes, whose length is a usize.
                let (at, length) = (usize_of(at), usize_of(length));
                bytes.slice(at..at + length)
            }
            Source::File(file) => {
                let mut piece = vec![0; usize_of(length)];
                if let Err(error) = file.read_exact_at(&mut piece, at) {
                    return Poll::Ready(Some(Err(error)));
                }
                piece.into()
            }
        };
        self.sent.store(at + length, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_sent()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size.saturating_sub(self.sent()))
    }
}

/// Of a number that is at most a length of something in memory.
fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.size)
    }
}
