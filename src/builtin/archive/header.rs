//! The header of a tar's entry: ustar's, GNU's and PAX's.
//!
//! Source: POSIX, `pax` interchange format; GNU tar's manual, "Basic Tar Format"; Go's
//! `archive/tar`, whose reading the engines share.

use std::collections::BTreeMap;

use super::{BLOCK, MOST_NAME, TarError};

/// What a tar says of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::builtin) struct Header {
    /// As it is written.
    pub(in crate::builtin) name: Vec<u8>,
    pub(in crate::builtin) kind: Type,
    /// Permissions with setuid, setgid and sticky.
    pub(in crate::builtin) mode: u32,
    pub(in crate::builtin) uid: u32,
    pub(in crate::builtin) gid: u32,
    /// Seconds since 1970.
    pub(in crate::builtin) modified: i64,
    /// Bytes of content in the archive.
    pub(in crate::builtin) size: u64,
    /// Where a link points.
    pub(in crate::builtin) target: Vec<u8>,
    /// A device's numbers.
    pub(in crate::builtin) device: (u32, u32),
    /// Extended attributes.
    pub(in crate::builtin) attributes: BTreeMap<Box<[u8]>, Box<[u8]>>,
    /// Where its content begins in the archive.
    pub(in crate::builtin) start: u64,
    /// The content is that of a file with holes, which are not in it.
    pub(in crate::builtin) sparse: bool,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::builtin) enum Type {
    #[default]
    File,
    Hardlink,
    Symlink,
    Character,
    Block,
    Directory,
    Pipe,
    /// Something that no file system holds.
    Other,
}

/// A header's type byte, for those that say something of the next header.
pub(super) const PAX: u8 = b'x';
pub(super) const GLOBAL: u8 = b'g';
pub(super) const LONG_NAME: u8 = b'L';
pub(super) const LONG_TARGET: u8 = b'K';
pub(super) const SPARSE: u8 = b'S';

/// What headers before an entry's own say of it.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) records: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(super) name: Option<Vec<u8>>,
    pub(super) target: Option<Vec<u8>>,
}

/// The type byte and the size of content of a header, whose checksum is right.
pub(super) fn outline(block: &[u8; BLOCK]) -> Result<(u8, u64), TarError> {
    let stored = number(&block[148..156]).ok_or(TarError::Damaged("no header"))?;
    let sum = |signed: bool| -> i64 {
        let byte = |(place, byte): (usize, &u8)| match *byte {
            _ if (148..156).contains(&place) => i64::from(b' '),
            byte if signed => i64::from(byte.cast_signed()),
            byte => i64::from(byte),
        };
        block.iter().enumerate().map(byte).sum()
    };
    if stored != sum(false) && stored != sum(true) {
        return Err(TarError::Damaged("no header where one should be"));
    }
    let size = number(&block[124..136]).and_then(|size| u64::try_from(size).ok());
    Ok((block[156], size.ok_or(TarError::Damaged("a size that is no number"))?))
}

/// The header in `block` with what others said of it.
pub(super) fn header(block: &[u8; BLOCK], said: Said) -> Result<Header, TarError> {
    let (byte, size) = outline(block)?;
    let whole = |field: &[u8], what| {
        number(field).and_then(|value| u32::try_from(value).ok()).ok_or(TarError::Damaged(what))
    };
    let ustar = &block[257..263] == b"ustar\0";
    let mut name = text(&block[..100]).to_vec();
    if ustar && block[345] != 0 {
        name = [text(&block[345..500]), &name].join(&b'/');
    }
    let mut header = Header {
        name,
        kind: Type::File,
        mode: whole(&block[100..108], "a mode that is no number")? & 0o7777,
        uid: whole(&block[108..116], "an owner that is no number")?,
        gid: whole(&block[116..124], "a group that is no number")?,
        modified: number(&block[136..148]).ok_or(TarError::Damaged("a time that is no number"))?,
        size,
        target: text(&block[157..257]).to_vec(),
        ..Header::default()
    };
    if matches!(byte, b'3' | b'4') {
        let part = |field: &[u8]| whole(field, "a device without numbers");
        header.device = (part(&block[329..337])?, part(&block[337..345])?);
    }
    header.sparse = byte == SPARSE;
    apply(&mut header, said)?;
    header.kind = match byte {
        0 | b'0' | b'7' | SPARSE if header.name.ends_with(b"/") => Type::Directory,
        0 | b'0' | b'7' | SPARSE => Type::File,
        b'1' => Type::Hardlink,
        b'2' => Type::Symlink,
        b'3' => Type::Character,
        b'4' => Type::Block,
        b'5' => Type::Directory,
        b'6' => Type::Pipe,
        _ => Type::Other,
    };
    // Some say a size where no content follows.
    if !matches!(header.kind, Type::File | Type::Other) && !matches!(byte, 0 | b'0' | b'7') {
        header.size = 0;
    }
    if header.name.len() > MOST_NAME || header.target.len() > MOST_NAME {
        return Err(TarError::TooMuch("a name that is too long"));
    }
    if header.name.contains(&0) || header.target.contains(&0) {
        return Err(TarError::Damaged("a name with a zero byte"));
    }
    Ok(header)
}

fn apply(header: &mut Header, said: Said) -> Result<(), TarError> {
    header.name = said.name.unwrap_or(std::mem::take(&mut header.name));
    header.target = said.target.unwrap_or(std::mem::take(&mut header.target));
    for (key, value) in said.records {
        let digits = || {
            let whole = value.split(|byte| *byte == b'.').next().unwrap_or_default();
            std::str::from_utf8(whole).ok().and_then(|text| text.parse::<i64>().ok())
        };
        let wrong = TarError::Damaged("a PAX record that is no number");
        match &key[..] {
            // An empty value takes back what is said of it.
            _ if value.is_empty() => {}
            b"path" => header.name = value,
            b"linkpath" => header.target = value,
            b"size" => {
                header.size = digits().and_then(|n| u64::try_from(n).ok()).ok_or(wrong)?;
            }
            b"uid" => header.uid = digits().and_then(|n| u32::try_from(n).ok()).ok_or(wrong)?,
            b"gid" => header.gid = digits().and_then(|n| u32::try_from(n).ok()).ok_or(wrong)?,
            b"mtime" => header.modified = digits().ok_or(wrong)?,
            b"GNU.sparse.name" => {
                header.name = value;
                header.sparse = true;
            }
            key if key.starts_with(b"GNU.sparse.") => header.sparse = true,
            key => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    header.attributes.insert(name.into(), value.into());
                }
            }
        }
    }
    Ok(())
}

/// The records of a PAX header: `LENGTH KEY=VALUE\n` each.
pub(super) fn records(mut bytes: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, TarError> {
    let wrong = || TarError::Damaged("a PAX record without its length");
    let mut records = BTreeMap::new();
    while !bytes.is_empty() {
        let blank = bytes.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
        let length = std::str::from_utf8(&bytes[..blank]).ok().and_then(|text| text.parse().ok());
        let length: usize = length.ok_or_else(wrong)?;
        let record = bytes.get(blank + 1..length).and_then(|record| record.strip_suffix(b"\n"));
        let record = record.ok_or_else(wrong)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
        records.insert(record[..equals].to_vec(), record[equals + 1..].to_vec());
        bytes = &bytes[length..];
    }
    Ok(records)
}

/// A field up to its first zero byte.
pub(super) fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    &field[..end]
}

/// A number, octal or of GNU's binary form; an empty field is 0.
fn number(field: &[u8]) -> Option<i64> {
    let first = *field.first()?;
    if first & 0x80 != 0 {
        // Two's complement, big endian, without the highest bit.
        let mut value: i128 = if first & 0x40 == 0 {
            i128::from(first & 0x3f)
        } else {
            i128::from(first & 0x7f) - 0x80
        };
        for byte in &field[1..] {
            value = (value << 8) | i128::from(*byte);
            if value > i128::from(i64::MAX) || value < i128::from(i64::MIN) {
                return None;
            }
        }
        return i64::try_from(value).ok();
    }
    let digits = text(field).trim_ascii();
    if digits.is_empty() {
        return Some(0);
    }
    i64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b" 755 \0"), Some(0o755));
        assert_eq!(number(b"\0\0\0\0"), Some(0));
        assert_eq!(number(b"12x\0"), None);
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(8_589_934_592));
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff"), Some(-1));
        assert_eq!(number(b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    }

    #[test]
    fn records_count_their_own_length() {
        let read = records(b"6 a=b\n11 path=\xc3\xa4\n").unwrap();
        assert_eq!(read[&b"a"[..]], b"b");
        assert_eq!(read[&b"path"[..]], "ä".as_bytes());

        for damaged in [&b"6 a=b"[..], b"x", b"9 a=b\n", b"0 a=b\n", b"6 abb\n", b"-1 a\n"] {
            assert!(records(damaged).is_err(), "{damaged:?}");
        }
    }
}
