//! The one way to the sink: counted, hashed, and shut for good by the first error.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

/// A sink that takes nothing more once it has refused something.
pub(crate) struct Gate<'a> {
    sink: &'a mut dyn Write,
    hash: Sha256,
    bytes: u64,
    shut: bool,
}

impl<'a> Gate<'a> {
    pub(crate) fn new(sink: &'a mut dyn Write) -> Self {
        Self { sink, hash: Sha256::new(), bytes: 0, shut: false }
    }

    /// Writes all of `bytes`.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.shut {
            return Err(io::Error::other("an earlier part could not be written"));
        }
        // Open again only when all of it went through: a panic of the sink keeps it shut.
        self.shut = true;
        self.sink.write_all(bytes)?;
        self.shut = false;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Hands on what the sink may still hold; bytes written and their SHA-256.
    pub(crate) fn finish(self) -> io::Result<(u64, [u8; 32])> {
        if self.shut {
            return Err(io::Error::other("an earlier part could not be written"));
        }
        self.sink.flush()?;
        Ok((self.bytes, self.hash.finalize().into()))
    }
}
