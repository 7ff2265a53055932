//! A gzip member that is not compressed: for a pipe, where compressing costs more than bytes.
//!
//! Source: RFC 1951, "Non-compressed blocks".

use std::io;

use flate2::Crc;

use super::{gate::Gate, stream::Chunk};

/// Member header: deflate, no name, no time, no system.
///
/// Source: RFC 1952.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The header of a stored block: last or not, length, and the length's complement.
const FRONT: usize = 5;

/// Bytes of a block of ours: with its header half of what a pipe holds, so that both ends can work.
const LENGTH: usize = 32 * 1024 - FRONT;

/// The header of a stored block that starts at a whole byte and holds `length` bytes.
fn front(last: bool, length: usize) -> [u8; FRONT] {
    let length = u16::try_from(length).expect("a block is cut to what it can hold");
    let [low, high] = length.to_le_bytes();
    [u8::from(last), low, high, !low, !high]
}

/// What makes stored blocks of chunks.
pub(crate) struct Stored<'a> {
    gate: Gate<'a>,
    crc: Crc,
}

impl<'a> Stored<'a> {
    pub(super) fn start(mut gate: Gate<'a>) -> io::Result<Self> {
        gate.write(&HEADER)?;
        Ok(Self { gate, crc: Crc::new() })
    }

    pub(super) fn chunk() -> Chunk {
        Chunk::new(FRONT, LENGTH, 0)
    }

    /// Writes a chunk and empties it.
    pub(super) fn encode(&mut self, chunk: &mut Chunk) -> io::Result<()> {
        self.block(chunk, false)
    }

    /// Writes the last chunk and the end.
    pub(super) fn finish(mut self, mut chunk: Chunk) -> io::Result<(u64, [u8; 32])> {
        self.block(&mut chunk, true)?;
        self.gate.write(&trailer(&self.crc))?;
        self.gate.finish()
    }

    fn block(&mut self, chunk: &mut Chunk, last: bool) -> io::Result<()> {
        self.crc.update(chunk.bytes());
        chunk.buffer[..FRONT].copy_from_slice(&front(last, chunk.filled));
        self.gate.write(&chunk.buffer[..FRONT + chunk.filled])?;
        chunk.filled = 0;
        Ok(())
    }
}

/// CRC-32 and length, each modulo 2³².
fn trailer(crc: &Crc) -> [u8; 8] {
    let mut trailer = [0; 8];
    trailer[..4].copy_from_slice(&crc.sum().to_le_bytes());
    trailer[4..].copy_from_slice(&crc.amount().to_le_bytes());
    trailer
}
