//! The names in one directory.

use rustix::{
    fd::BorrowedFd,
    fs::{Dir, FileType},
};

/// The names in a directory, sorted, each with what the directory says that it is.
pub(super) struct Names {
    bytes: Vec<u8>,
    /// Start, length and kind; the next one last.
    spans: Vec<(usize, u16, FileType)>,
}

impl Names {
    pub(super) fn read(directory: BorrowedFd<'_>) -> rustix::io::Result<Self> {
        let mut names = Self { bytes: Vec::new(), spans: Vec::new() };
        for entry in Dir::read_from(directory)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                let length =
                    u16::try_from(name.len()).map_err(|_| rustix::io::Errno::NAMETOOLONG)?;
                names.spans.push((names.bytes.len(), length, entry.file_type()));
                names.bytes.extend_from_slice(name);
            }
        }
        let bytes = &names.bytes;
        names.spans.sort_unstable_by(|one, other| slice(bytes, *other).cmp(slice(bytes, *one)));
        Ok(names)
    }

    pub(super) fn next(&mut self) -> Option<(&[u8], FileType)> {
        let span = self.spans.pop()?;
        Some((slice(&self.bytes, span), span.2))
    }
}

fn slice(bytes: &[u8], (start, length, _): (usize, u16, FileType)) -> &[u8] {
    &bytes[start..start + usize::from(length)]
}
