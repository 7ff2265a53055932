//! Bytes that become one gzip member, chunk by chunk.
//!
//! Chunks are as long on every machine, so the bytes are the same on every machine. The member
//! has its end only when it is asked for one: dropped, it reads as cut off.

use std::io;

use super::{ContextError, deflate::Deflate, stored::Stored};

/// Member header: deflate, no name, no time, no system.
///
/// Source: RFC 1952.
pub(crate) const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// CRC-32 and length, each modulo 2³².
pub(crate) fn trailer(crc: &flate2::Crc) -> [u8; 8] {
    let mut trailer = [0; 8];
    trailer[..4].copy_from_slice(&crc.sum().to_le_bytes());
    trailer[4..].copy_from_slice(&crc.amount().to_le_bytes());
    trailer
}

/// What makes of chunks the parts of a member.
pub(crate) enum Encoder<'a> {
    Stored(Stored<'a>),
    Deflate(Deflate<'a>),
}

/// One chunk: room that the encoder needs before it, then bytes.
pub(crate) struct Chunk {
    /// Always of its full length: front, chunk, and a byte behind it that stays unused.
    pub(crate) buffer: Vec<u8>,
    /// Bytes before the chunk.
    pub(crate) front: usize,
    /// Bytes of the chunk that are filled.
    pub(crate) filled: usize,
}

impl Chunk {
    pub(crate) fn new(front: usize, length: usize) -> Self {
        Self { buffer: vec![0; front + length + 1], front, filled: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.front..self.front + self.filled]
    }

    /// Whether nothing more fits in.
    pub(crate) fn is_full(&self) -> bool {
        self.filled == self.length()
    }

    fn length(&self) -> usize {
        self.buffer.len() - self.front - 1
    }
}

/// A member that is being written.
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

    /// Appends `bytes`.
    pub(crate) fn put(&mut self, mut bytes: &[u8]) -> Result<(), ContextError> {
        while !bytes.is_empty() {
            let space = self.space()?;
            let fits = bytes.len().min(space.len() - 1);
            space[..fits].copy_from_slice(&bytes[..fits]);
            self.advance(fits);
            bytes = &bytes[fits..];
        }
        Ok(())
    }

    /// Room for what comes next, at least two bytes, of which all but the last may be kept.
    pub(crate) fn space(&mut self) -> Result<&mut [u8], ContextError> {
        if self.chunk.is_full() {
            self.encode().map_err(ContextError::Sink)?;
        }
        let start = self.chunk.front + self.chunk.filled;
        Ok(&mut self.chunk.buffer[start..])
    }

    /// Keeps the first `bytes` bytes of the room given last.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.chunk.filled += bytes;
    }

    /// Writes the end of the member; its bytes and their SHA-256.
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
