//! Headers of a layer's tar: ustar, with PAX before it for what does not fit.
//!
//! Source: POSIX, `pax` interchange format; the OCI image specification, "Change Types": hard
//! links and extended attributes are kept, a directory's name ends with `/`.

use tar::{EntryType, Header};

use crate::builtin::tree::{
    Device, Meta,
    changes::{Entry, EntryKind},
};

/// Sizes of header and padding.
pub(super) const BLOCK: usize = 512;

/// What the octal size and time fields of a header can hold.
const LARGEST: u64 = 0o777_7777_7777;

/// What the octal fields of owners and device numbers can hold.
const LARGEST_SHORT: u32 = 0o777_7777;

pub(super) fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

/// The header of an entry, with a PAX header before it where it does not fit in one.
pub(super) fn blocks(entry: &Entry) -> Vec<u8> {
    let path = match entry.kind {
        EntryKind::Directory => [&entry.path[..], b"/"].concat(),
        _ => entry.path.clone(),
    };
    let (kind, size, target): (_, _, &[u8]) = match &entry.kind {
        EntryKind::Directory => (EntryType::Directory, 0, b""),
        EntryKind::File(file) => (EntryType::Regular, file.size, b""),
        EntryKind::Opaque => (EntryType::Regular, 0, b""),
        EntryKind::Hardlink(target) => (EntryType::Link, 0, target),
        EntryKind::Symlink(target) => (EntryType::Symlink, 0, target),
        EntryKind::Device(Device::Character(..)) => (EntryType::Char, 0, b""),
        EntryKind::Device(Device::Block(..)) => (EntryType::Block, 0, b""),
        EntryKind::Device(Device::Pipe) => (EntryType::Fifo, 0, b""),
    };
    let records = records(&path, target, size, &entry.meta);
    let mut blocks = Vec::with_capacity(BLOCK);
    if !records.is_empty() {
        let meta = Meta { mode: 0o644, ..Meta::default() };
        let length = records.len() as u64;
        let front = header(b"././@PaxHeader", EntryType::XHeader, length, b"", &meta, (0, 0));
        blocks.extend_from_slice(front.as_bytes());
        blocks.extend_from_slice(&records);
        blocks.resize(blocks.len() + padding(length), 0);
    }
    let device = match entry.kind {
        EntryKind::Device(Device::Character(major, minor) | Device::Block(major, minor)) => {
            (major, minor)
        }
        _ => (0, 0),
    };
    let header = header(&path, kind, size, target, &entry.meta, device);
    blocks.extend_from_slice(header.as_bytes());
    blocks
}

/// A header; what it can't hold is cut, and said by the PAX header before it.
fn header(
    path: &[u8],
    kind: EntryType,
    size: u64,
    target: &[u8],
    meta: &Meta,
    (major, minor): (u32, u32),
) -> Header {
    let short = |number: u32| if number > LARGEST_SHORT { 0 } else { number };
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(meta.mode);
    header.set_uid(short(meta.uid).into());
    header.set_gid(short(meta.gid).into());
    header.set_mtime(timestamp(meta.modified).unwrap_or(0));
    header.set_size(if size > LARGEST { 0 } else { size });
    if let Some(ustar) = header.as_ustar_mut() {
        copy(path, &mut ustar.name);
        copy(target, &mut ustar.linkname);
        if matches!(kind, EntryType::Char | EntryType::Block) {
            ustar.set_device_major(major);
            ustar.set_device_minor(minor);
        }
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

/// Records in the order of their keys, as Go's writer has them.
fn records(path: &[u8], target: &[u8], size: u64, meta: &Meta) -> Vec<u8> {
    let plain = |name: &[u8]| name.is_ascii() && name.len() <= 100;
    let mut records = Vec::new();
    for (name, value) in meta.attributes.iter().flat_map(|attributes| attributes.iter()) {
        record(&[b"SCHILY.xattr.", &name[..]].concat(), value, &mut records);
    }
    if meta.gid > LARGEST_SHORT {
        record(b"gid", meta.gid.to_string().as_bytes(), &mut records);
    }
    if !plain(target) {
        record(b"linkpath", target, &mut records);
    }
    if timestamp(meta.modified).is_none() {
        record(b"mtime", meta.modified.to_string().as_bytes(), &mut records);
    }
    if !plain(path) {
        record(b"path", path, &mut records);
    }
    if size > LARGEST {
        record(b"size", size.to_string().as_bytes(), &mut records);
    }
    if meta.uid > LARGEST_SHORT {
        record(b"uid", meta.uid.to_string().as_bytes(), &mut records);
    }
    records
}

/// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
fn record(key: &[u8], value: &[u8], records: &mut Vec<u8>) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::builtin::{
        archive::{Reader, Type},
        content::Content,
        tree::File,
    };

    fn meta() -> Meta {
        Meta { mode: 0o4755, uid: 1, gid: 2, modified: 3, attributes: None }
    }

    fn read(entry: &Entry) -> crate::builtin::archive::Header {
        let blocks = blocks(entry);
        assert_eq!(blocks.len() % 512, 0);
        Reader::new(&blocks[..], 1 << 40).next().unwrap().unwrap()
    }

    #[test]
    fn what_fits_has_one_header() {
        let entry =
            |path: &[u8]| Entry { path: path.to_vec(), meta: meta(), kind: EntryKind::Directory };

        assert_eq!(blocks(&entry(&[b'a'; 99])).len(), 512);
        assert_eq!(blocks(&entry(&[b'a'; 100])).len(), 1536);
        assert_eq!(read(&entry(b"a")).name, b"a/");
        assert_eq!(read(&entry(&[b'a'; 300])).name.len(), 301);
        assert_eq!(read(&entry(b"\xff")).name, b"\xff/");
    }

    #[test]
    fn owners_times_and_attributes_come_back() {
        let attributes = [(b"security.capability"[..].into(), b"\x01\n="[..].into())];
        let meta = Meta {
            mode: 0o1777,
            uid: 3_000_000,
            gid: 4_000_000,
            modified: -5,
            attributes: Some(Arc::new(attributes.into())),
        };
        let file =
            File { inode: 0, size: 9_000_000_000, content: Content::Nowhere("not asked for") };
        let read =
            read(&Entry { path: b"f".to_vec(), meta: meta.clone(), kind: EntryKind::File(file) });

        assert_eq!((read.uid, read.gid, read.modified), (3_000_000, 4_000_000, -5));
        assert_eq!((read.mode, read.size), (0o1777, 9_000_000_000));
        assert_eq!(Some(Arc::new(read.attributes)), meta.attributes);
    }

    #[test]
    fn links_and_devices_come_back() {
        let read = |kind| read(&Entry { path: b"x".to_vec(), meta: meta(), kind });

        let link = read(EntryKind::Hardlink(vec![b't'; 200]));
        assert_eq!((link.kind, link.target.len()), (Type::Hardlink, 200));
        let device = read(EntryKind::Device(Device::Character(1, 3)));
        assert_eq!((device.kind, device.device), (Type::Character, (1, 3)));
    }
}
