//! The tar format, as executors take it: PAX, without owners, hard links and sparse files.
//!
//! An [`Archive`] has its end only when it is asked for one: dropped, it reads as cut off.
//!
//! Source: POSIX, `pax` interchange format; Go's `archive/tar`, which executors read it with.

use tar::{EntryType, Header};

use super::{ContextError, stream::Stream};

/// Sizes of header and padding.
const BLOCK: usize = 512;

/// What the octal size field of a header can hold: 8 GiB less one byte.
const LARGEST: u64 = 0o777_7777_7777;

/// What an archive says of one entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    /// Relative, `/`-separated; a directory's ends with `/`.
    pub(super) path: &'a [u8],
    pub(super) kind: EntryType,
    /// Permissions with setuid, setgid and sticky.
    pub(super) mode: u32,
    /// Seconds since 1970.
    pub(super) modified: i64,
    /// Bytes that follow.
    pub(super) size: u64,
    /// Where a symbolic link points.
    pub(super) target: &'a [u8],
}

/// An archive that is being written.
pub(super) struct Archive<'a> {
    stream: Stream<'a>,
    entries: u64,
}

impl<'a> Archive<'a> {
    pub(super) fn new(stream: Stream<'a>) -> Self {
        Self { stream, entries: 0 }
    }

    /// Adds an entry whose content, `head.size` bytes, `read` gives.
    ///
    /// `read` fills a part of what it is given and says how much; 0 is the end.
    pub(super) fn append(
        &mut self,
        head: &Head<'_>,
        read: &mut dyn FnMut(&mut [u8]) -> Result<usize, ContextError>,
    ) -> Result<Content, ContextError> {
        self.stream.head(&blocks(head))?;
        self.entries += 1;
        let mut left = head.size;
        loop {
            let space = self.stream.space()?;
            // One byte more than there should be shows that there is more.
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).saturating_add(1);
            let asked = if wanted <= space.len() { wanted } else { space.len() - 1 };
            let got = read(&mut space[..asked])?;
            if got == wanted {
                return Ok(Content::Longer);
            }
            self.stream.advance(got);
            left -= got as u64;
            if left == 0 {
                break;
            }
            if got == 0 {
                return Ok(Content::Shorter);
            }
        }
        self.stream.pad(&[0; BLOCK][..padding(head.size)])?;
        Ok(Content::Whole)
    }

    /// Writes the end and says how many entries there are.
    pub(super) fn finish(mut self) -> Result<(Stream<'a>, u64), ContextError> {
        self.stream.end(&[0; 2 * BLOCK])?;
        Ok((self.stream, self.entries))
    }
}

/// Whether a content had the length that its head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Whole,
    Shorter,
    Longer,
}

fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

/// The header of an entry, with a PAX header before it where it does not fit in one.
fn blocks(head: &Head<'_>) -> Vec<u8> {
    let records = records(head);
    let mut blocks = Vec::with_capacity(BLOCK);
    if !records.is_empty() {
        let extension = Head {
            path: b"././@PaxHeader",
            kind: EntryType::XHeader,
            mode: 0o644,
            modified: 0,
            size: records.len() as u64,
            target: b"",
        };
        blocks.extend_from_slice(header(&extension).as_bytes());
        blocks.extend_from_slice(&records);
        blocks.resize(blocks.len() + padding(extension.size), 0);
    }
    blocks.extend_from_slice(header(head).as_bytes());
    blocks
}

/// A header; what it can't hold is cut, and said by the PAX header before it.
fn header(head: &Head<'_>) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(head.kind);
    header.set_mode(head.mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(timestamp(head.modified).unwrap_or(0));
    header.set_size(if head.size > LARGEST { 0 } else { head.size });
    if let Some(ustar) = header.as_ustar_mut() {
        copy(head.path, &mut ustar.name);
        copy(head.target, &mut ustar.linkname);
    }
    header.set_cksum();
    header
}

fn copy(from: &[u8], to: &mut [u8]) {
    let length = from.len().min(to.len());
    to[..length].copy_from_slice(&from[..length]);
}

fn timestamp(modified: i64) -> Option<u64> {
    u64::try_from(modified).ok().filter(|seconds| *seconds <= LARGEST)
}

fn records(head: &Head<'_>) -> Vec<u8> {
    let plain = |name: &[u8]| name.is_ascii() && name.len() <= 100;
    let mut records = Vec::new();
    if !plain(head.path) {
        record("path", head.path, &mut records);
    }
    if !plain(head.target) {
        record("linkpath", head.target, &mut records);
    }
    if head.size > LARGEST {
        record("size", head.size.to_string().as_bytes(), &mut records);
    }
    if timestamp(head.modified).is_none() {
        record("mtime", head.modified.to_string().as_bytes(), &mut records);
    }
    records
}

/// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
fn record(key: &str, value: &[u8], records: &mut Vec<u8>) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(format!("{length} {key}=").as_bytes());
    records.extend_from_slice(value);
    records.push(b'\n');
}

#[cfg(test)]
mod tests {
    use tar::EntryType;

    use super::{Archive, Content, Head, blocks, record};
    use crate::context::{
        gate::Gate,
        stored::Stored,
        stream::{Encoder, Stream},
    };

    const HEAD: Head<'_> = Head {
        path: b"a",
        kind: EntryType::Regular,
        mode: 0o644,
        modified: 0,
        size: 0,
        target: b"",
    };

    fn records(head: &Head<'_>) -> String {
        let blocks = blocks(head);
        assert_eq!(blocks.len() % 512, 0);
        let records = &blocks[512..blocks.len() - 512];
        String::from_utf8_lossy(records).trim_end_matches('\0').to_owned()
    }

    #[test]
    fn what_fits_has_one_header() {
        assert_eq!(blocks(&HEAD).len(), 512);
        assert_eq!(blocks(&Head { path: &[b'a'; 100], ..HEAD }).len(), 512);
        assert_eq!(blocks(&Head { size: 8_589_934_591, ..HEAD }).len(), 512);
    }

    #[test]
    fn what_does_not_fit_is_said_before() {
        let long = "a".repeat(101);
        assert_eq!(records(&Head { path: long.as_bytes(), ..HEAD }), format!("111 path={long}\n"));
        assert_eq!(records(&Head { path: "ä".as_bytes(), ..HEAD }), "11 path=ä\n");
        assert_eq!(records(&Head { target: "ä".as_bytes(), ..HEAD }), "15 linkpath=ä\n");
        assert_eq!(records(&Head { size: 8_589_934_592, ..HEAD }), "19 size=8589934592\n");
        assert_eq!(records(&Head { modified: -1, ..HEAD }), "12 mtime=-1\n");
    }

    #[test]
    fn a_record_counts_its_own_length() {
        let mut records = Vec::new();
        record("k", b"12", &mut records);
        record("k", b"1234", &mut records);
        record("k", b"12345", &mut records);

        assert_eq!(records, b"7 k=12\n9 k=1234\n11 k=12345\n");
    }

    /// What becomes of a file that says `size` and gives these pieces, one a read.
    fn appended(size: u64, pieces: &[&[u8]]) -> Content {
        let mut sink = Vec::new();
        let stored = Stored::start(Gate::new(&mut sink)).unwrap();
        let mut archive = Archive::new(Stream::new(Encoder::Stored(stored)));
        let mut pieces = pieces.iter();
        let mut read = |space: &mut [u8]| {
            let piece = pieces.next().copied().unwrap_or_default();
            space[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        };
        archive.append(&Head { size, ..HEAD }, &mut read).unwrap()
    }

    #[test]
    fn a_content_is_as_long_as_its_head_says_or_told_apart() {
        assert_eq!(appended(0, &[]), Content::Whole);
        assert_eq!(appended(3, &[b"abc"]), Content::Whole);
        assert_eq!(appended(3, &[b"a", b"bc"]), Content::Whole);
        assert_eq!(appended(3, &[b"a", b"b"]), Content::Shorter);
        assert_eq!(appended(3, &[]), Content::Shorter);
        assert_eq!(appended(3, &[b"abcd"]), Content::Longer);
        assert_eq!(appended(3, &[b"ab", b"cd"]), Content::Longer);
        assert_eq!(appended(0, &[b"a"]), Content::Longer);
    }
}
