//! Tars as they come: layers of base images, and archives that `ADD` unpacks.
//!
//! Both are others' and may be hostile. Reading one streams; no header makes it hold more than
//! the bounds here, and nothing is ever written under a name that stands in one.

mod decompress;
mod header;
mod read;

pub(super) use decompress::decompress;
pub(super) use header::{Header, Type};
pub(super) use read::{Reader, cut};

/// Sizes of header and padding.
const BLOCK: usize = 512;

/// Bytes that a PAX header or a long name may have, as with Go's reader.
const MOST_EXTENSION: u64 = 1 << 20;

/// A tar of a few bytes may have so many, unpacked.
const ALWAYS: u64 = 4 << 30;

/// What is unpacked to more than so many times its size is a bomb: zeros alone go that far.
const RATIO: u64 = 250;

/// No tar may have more bytes than these, unpacked.
const MOST: u64 = 256 << 30;

/// Bytes that a tar may have, unpacked, which has so many as it travels.
pub(super) fn most(packed: u64) -> u64 {
    packed.saturating_mul(RATIO).clamp(ALWAYS, MOST)
}

/// Bytes that a name may have; the system takes 4096 in one call.
const MOST_NAME: usize = 1 << 16;

/// Why a tar cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum TarError {
    /// It is no tar, or none that is whole.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// It is a bomb.
    #[error("it unpacks to more than {} GiB, which is too much for its size", .0 >> 30)]
    Bomb(u64),
    /// It would take more than we give.
    #[error("it holds {0}")]
    TooMuch(&'static str),
    /// It cannot be read, or not be decompressed.
    #[error("it cannot be decompressed")]
    Read(#[from] std::io::Error),
}
