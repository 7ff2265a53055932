//! Bytes that become a gzip file, chunk by chunk.
//!
//! Chunks are as long on every machine, so the bytes are the same on every machine. The file
//! has its end only when it is asked for one: dropped, it reads as cut off.
//!
//! Where chunks are members, a stream that breaks off between two of them reads as a whole gzip
//! file. So a chunk ends only where a reader of the archive in it knows that more is to come:
//! behind the first byte of a header, or before or within what a header announces, but neither
//! before a header nor in the padding before it, whose lack Go's reader takes for the end.
//!
//! Source: Go's `archive/tar`, `Reader.next` and `tryReadFull`.

use std::io;

use super::{ContextError, deflate::Deflate, stored::Stored};

/// What makes of chunks the parts of a file.
pub(crate) enum Encoder<'a> {
    Stored(Stored<'a>),
    Deflate(Deflate<'a>),
}

/// One chunk: room that the encoder needs before it, then bytes.
pub(crate) struct Chunk {
    /// Always of its full length: front, chunk, slack, and a byte behind that stays unused.
    pub(super) buffer: Vec<u8>,
    /// Bytes before the chunk.
    pub(super) front: usize,
    /// Bytes with which it is full.
    length: usize,
    /// Bytes of the chunk that are filled.
    pub(crate) filled: usize,
}

impl Chunk {
    /// With `slack` more bytes than `length` where it may not end.
    pub(super) fn new(front: usize, length: usize, slack: usize) -> Self {
        Self { buffer: vec![0; front + length + slack + 1], front, length, filled: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.front..self.front + self.filled]
    }

    /// Whether it is time to encode it.
    pub(crate) fn is_full(&self) -> bool {
        self.filled >= self.length
    }

    /// Room for what comes next in a chunk that is not full, at least two bytes, of which all but
    /// the last may be kept.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        &mut self.buffer[self.front + self.filled..=self.front + self.length]
    }

    fn push(&mut self, bytes: &[u8]) {
        let start = self.front + self.filled;
        self.buffer[start..start + bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    fn left(&self) -> usize {
        self.length.saturating_sub(self.filled)
    }
}

/// A file that is being written.
pub(crate) struct Stream<'a> {
    encoder: Encoder<'a>,
    chunk: Chunk,
}

impl<'a> Stream<'a> {
    pub(crate) fn new(encoder: Encoder<'a>) -> Self {
        let chunk = match &encoder {
            Encoder::Stored(_) => Stored::chunk(),
            Encoder::Deflate(_) => Deflate::chunk(),
        };
        Self { encoder, chunk }
    }

    /// Appends a header, or two with what belongs to the first one between them. It never fills a
    /// chunk: where no content follows, that would end before the next header.
    pub(crate) fn head(&mut self, bytes: &[u8]) -> Result<(), ContextError> {
        if bytes.len() >= self.chunk.left() { self.across(bytes) } else { self.put(bytes) }
    }

    /// Appends padding, fewer bytes than a block has.
    pub(crate) fn pad(&mut self, bytes: &[u8]) -> Result<(), ContextError> {
        match &self.encoder {
            Encoder::Stored(_) => self.put(bytes),
            Encoder::Deflate(_) => {
                self.chunk.push(bytes);
                Ok(())
            }
        }
    }

    /// Appends the archive's end. A reader that stops there has read all other members to their
    /// own ends, and so their checksums, which it would not otherwise.
    pub(crate) fn end(&mut self, bytes: &[u8]) -> Result<(), ContextError> {
        self.across(bytes)
    }

    /// Appends `bytes`, the first one as the last of its chunk where a chunk is a member.
    fn across(&mut self, bytes: &[u8]) -> Result<(), ContextError> {
        match &self.encoder {
            Encoder::Stored(_) => self.put(bytes),
            Encoder::Deflate(_) => {
                let (first, rest) = bytes.split_at(1);
                self.chunk.push(first);
                self.encode().map_err(ContextError::Sink)?;
                self.put(rest)
            }
        }
    }

    fn put(&mut self, mut bytes: &[u8]) -> Result<(), ContextError> {
        while !bytes.is_empty() {
            let fits = bytes.len().min(self.space()?.len() - 1);
            self.chunk.push(&bytes[..fits]);
            bytes = &bytes[fits..];
        }
        Ok(())
    }

    /// Room for content, at least two bytes, of which all but the last may be kept.
    pub(crate) fn space(&mut self) -> Result<&mut [u8], ContextError> {
        if self.chunk.is_full() {
            self.encode().map_err(ContextError::Sink)?;
        }
        Ok(self.chunk.space())
    }

    /// Keeps the first `bytes` bytes of the room given last.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.chunk.filled += bytes;
    }

    /// Writes the end of the file; its bytes and their SHA-256.
    pub(crate) fn finish(self) -> Result<(u64, [u8; 32]), ContextError> {
        match self.encoder {
            Encoder::Stored(stored) => stored.finish(self.chunk),
            Encoder::Deflate(deflate) => deflate.finish(self.chunk),
        }
        .map_err(ContextError::Sink)
    }

    fn encode(&mut self) -> io::Result<()> {
        match &mut self.encoder {
            Encoder::Stored(stored) => stored.encode(&mut self.chunk),
            Encoder::Deflate(deflate) => deflate.encode(&mut self.chunk),
        }
    }
}
