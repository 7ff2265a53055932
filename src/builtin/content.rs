//! Where the bytes of a file are, and a place on disk for those that must be set aside.

use std::{
    fs::File,
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    os::unix::fs::FileExt as _,
    sync::{Arc, Mutex, PoisonError},
};

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// In the build's context, under this path.
    Context(Arc<[u8]>),
    /// Here.
    Memory(Arc<[u8]>),
    /// Set aside, from this byte on.
    Aside(Aside, u64),
    /// In a layer's uncompressed tar, from this byte on.
    Layer(Arc<Packed>, u64),
    /// Nowhere, for this reason.
    Nowhere(&'static str),
}

/// A layer of a base image, as it travels: a tar, compressed as its first bytes say.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) file: Arc<File>,
    /// For messages.
    pub(super) digest: String,
}

/// A temporary file without a name, that bytes are appended to.
#[derive(Debug, Clone)]
pub(super) struct Aside {
    file: Arc<Mutex<File>>,
    /// The same file, to read by position.
    reader: Arc<File>,
    /// Bytes that are left to others.
    reserve: u64,
}

/// Why something is not set aside.
#[derive(Debug)]
pub(super) enum NotAside {
    /// It cannot be read.
    Read(io::Error),
    /// It cannot be written.
    Written(io::Error),
    /// There is no room for it.
    Full(Full),
}

/// Why something is not even begun to be set aside.
#[derive(Debug, thiserror::Error)]
#[error(
    "its files need {} MiB, and where temporary files go (`TMPDIR`) there are only {} MiB left",
    needed >> 20,
    left >> 20
)]
pub(super) struct Full {
    needed: u64,
    left: u64,
}

/// Bytes that are left to others on the disk of temporary files.
const RESERVE: u64 = 256 << 20;

/// Up to so many bytes are written without looking.
const SMALL: u64 = 1 << 20;

/// So many bytes are written before it is asked again what room there is.
const STEP: u64 = 64 << 20;

impl Aside {
    pub(super) fn new() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        let reader = Arc::new(file.try_clone()?);
        Ok(Self { file: Arc::new(Mutex::new(file)), reader, reserve: RESERVE })
    }

    /// Sets aside what `content` gives, up to `size` bytes; where it begins, and how much it was.
    pub(super) fn append(&self, content: &mut dyn Read, size: u64) -> Result<(u64, u64), NotAside> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let start = file.seek(SeekFrom::End(0)).map_err(NotAside::Written)?;
        let mut buffer = vec![0; 64 * 1024];
        let (mut left, mut sure) = (size, 0);
        while left > 0 {
            if sure == 0 {
                self.check_room(left)?;
                sure = STEP;
            }
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let got = match content.read(&mut buffer[..most]) {
                Ok(0) => break,
                Ok(got) => got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(NotAside::Read(error)),
            };
            file.write_all(&buffer[..got]).map_err(NotAside::Written)?;
            left -= got as u64;
            sure = sure.saturating_sub(got as u64);
        }
        Ok((start, size - left))
    }

    /// Whether there is room for so many bytes. Little is written without asking.
    fn check_room(&self, needed: u64) -> Result<(), NotAside> {
        if needed < SMALL {
            return Ok(());
        }
        let system =
            rustix::fs::fstatvfs(&self.reader).map_err(|error| NotAside::Written(error.into()))?;
        let left = system.f_bavail.saturating_mul(system.f_frsize);
        if needed.saturating_add(self.reserve) > left {
            return Err(NotAside::Full(Full { needed, left }));
        }
        Ok(())
    }

    /// Reads from a position.
    pub(super) fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.reader.read_at(buffer, position)
    }
}

/// A file that is read by position, from its beginning on: nobody else's cursor moves.
#[derive(Debug)]
pub(super) struct FromStart {
    file: Arc<File>,
    position: u64,
}

impl FromStart {
    pub(super) fn new(file: Arc<File>) -> Self {
        Self { file, position: 0 }
    }
}

impl Read for FromStart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.file.read_at(buffer, self.position)?;
        self.position += got as u64;
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_fill_the_disk_is_not_begun() {
        let aside = Aside { reserve: u64::MAX, ..Aside::new().unwrap() };
        let error = aside.append(&mut io::repeat(0), 2 << 20).unwrap_err();

        let NotAside::Full(full) = error else { panic!("{error:?}") };
        assert!(full.to_string().starts_with("its files need 2 MiB, and where temporary files go"));
        assert_eq!(aside.append(&mut &b"few"[..], 3).unwrap(), (0, 3));
    }

    #[test]
    fn what_is_set_aside_is_read_by_its_position() {
        let aside = Aside::new().unwrap();
        assert_eq!(aside.append(&mut &b"one"[..], 3).unwrap(), (0, 3));
        assert_eq!(aside.append(&mut &b"two and more"[..], 3).unwrap(), (3, 3));
        assert_eq!(aside.append(&mut &b"x"[..], 3).unwrap(), (6, 1));

        let mut buffer = [0; 3];
        assert_eq!(aside.read_at(&mut buffer, 3).unwrap(), 3);
        assert_eq!(&buffer, b"two");
    }
}
