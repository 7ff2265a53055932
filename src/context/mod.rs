//! The directory tree that is sent, and the bundle that it is sent as.

use std::path::PathBuf;

/// What was written of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Bytes of the compressed bundle.
    pub bytes: u64,
    /// SHA-256 of the compressed bundle.
    pub sha256: [u8; 32],
    /// Entries of the archive, directories included.
    pub entries: u64,
}

/// Why a context could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// A file could not be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The sink takes no more.
    #[error("the bundle could not be written")]
    Sink(#[source] std::io::Error),
}
