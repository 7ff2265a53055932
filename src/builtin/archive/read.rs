//! A tar, entry by entry.

use std::io::{self, BufRead, Read};

use super::{
    BLOCK, Header, MOST_EXTENSION, TarError,
    header::{GLOBAL, LONG_NAME, LONG_TARGET, PAX, SPARSE, Said, header, outline, records, text},
};

/// A tar that is read.
pub(in crate::builtin) struct Reader<R> {
    input: R,
    /// Bytes read.
    position: u64,
    /// Bytes that may be read.
    most: u64,
    /// What is left of the content of the entry that was given last.
    left: u64,
    /// Zeros behind it.
    padding: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads up to `most` bytes of `input`: what has more is a bomb.
    pub(in crate::builtin) fn new(input: R, most: u64) -> Self {
        Self { input, position: 0, most, left: 0, padding: 0 }
    }

    /// The next entry; its content is read from this reader.
    pub(in crate::builtin) fn next(&mut self) -> Result<Option<Header>, TarError> {
        let mut said = Said::default();
        loop {
            self.skip(self.left + self.padding)?;
            (self.left, self.padding) = (0, 0);
            let mut block = [0; BLOCK];
            // Also a tar without the zeros at its end is taken, as Go does.
            if !self.block(&mut block)? || block == [0; BLOCK] {
                return Ok(None);
            }
            let (byte, size) = outline(&block)?;
            match byte {
                PAX => said.records = records(&self.extension(size)?)?,
                GLOBAL => drop(self.extension(size)?),
                LONG_NAME => said.name = Some(text(&self.extension(size)?).to_vec()),
                LONG_TARGET => said.target = Some(text(&self.extension(size)?).to_vec()),
                _ => {
                    let mut header = header(&block, said)?;
                    if byte == SPARSE {
                        self.skip_holes(&block)?;
                    }
                    header.start = self.position;
                    if self.position.saturating_add(header.size) > self.most {
                        return Err(TarError::Bomb(self.most));
                    }
                    self.left = header.size;
                    self.padding = padding(header.size);
                    return Ok(Some(header));
                }
            }
        }
    }

    /// The content of a header that says something of the next one.
    fn extension(&mut self, size: u64) -> Result<Vec<u8>, TarError> {
        if size > MOST_EXTENSION {
            return Err(TarError::TooMuch("a header that is too long"));
        }
        let mut bytes = vec![0; usize::try_from(size + padding(size)).unwrap_or(0)];
        let length = bytes.len() as u64;
        self.input.read_exact(&mut bytes).map_err(cut)?;
        self.count(length)?;
        bytes.truncate(usize::try_from(size).unwrap_or(0));
        Ok(bytes)
    }

    /// Blocks that list a sparse file's parts, where those in the header are not all.
    fn skip_holes(&mut self, block: &[u8; BLOCK]) -> Result<(), TarError> {
        let mut more = block[482] != 0;
        while more {
            let mut block = [0; BLOCK];
            if !self.block(&mut block)? {
                return Err(cut(io::ErrorKind::UnexpectedEof.into()));
            }
            more = block[504] != 0;
        }
        Ok(())
    }

    /// Fills `block`; false at the end.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, TarError> {
        let mut filled = 0;
        while filled < BLOCK {
            match self.input.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(cut(io::ErrorKind::UnexpectedEof.into())),
                Ok(got) => filled += got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.count(BLOCK as u64)?;
        Ok(true)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), TarError> {
        self.count(bytes)?;
        let mut left = bytes;
        while left > 0 {
            let there = self.input.fill_buf()?.len();
            if there == 0 {
                return Err(cut(io::ErrorKind::UnexpectedEof.into()));
            }
            let passed = there.min(usize::try_from(left).unwrap_or(usize::MAX));
            self.input.consume(passed);
            left -= passed as u64;
        }
        Ok(())
    }

    fn count(&mut self, bytes: u64) -> Result<(), TarError> {
        self.position = self.position.saturating_add(bytes);
        if self.position > self.most { Err(TarError::Bomb(self.most)) } else { Ok(()) }
    }
}

impl<R: BufRead> Read for Reader<R> {
    /// The content of the entry that was given last.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let got = self.input.read(&mut buffer[..most])?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= got as u64;
        self.count(got as u64).map_err(io::Error::other)?;
        Ok(got)
    }
}

/// What could not be read, or is not there.
pub(in crate::builtin) fn cut(error: io::Error) -> TarError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return TarError::Damaged("it ends in the middle");
    }
    error.downcast::<TarError>().unwrap_or_else(TarError::Read)
}

fn padding(size: u64) -> u64 {
    (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64
}

#[cfg(test)]
mod tests {
    use tar::{Builder, EntryType, Header as Built};

    use super::super::Type;
    use super::*;

    const MOST: u64 = 1 << 30;

    fn built(kind: EntryType, path: &str, size: u64) -> Built {
        let mut header = Built::new_gnu();
        header.set_entry_type(kind);
        header.set_path(path).unwrap();
        header.set_mode(0o4755);
        header.set_uid(7);
        header.set_gid(8);
        header.set_mtime(9);
        header.set_size(size);
        header.set_cksum();
        header
    }

    fn all(bytes: &[u8]) -> Result<Vec<(String, Type, String)>, TarError> {
        let mut reader = Reader::new(bytes, MOST);
        let mut all = Vec::new();
        while let Some(header) = reader.next()? {
            let mut content = String::new();
            reader.read_to_string(&mut content)?;
            all.push((String::from_utf8(header.name).unwrap(), header.kind, content));
        }
        Ok(all)
    }

    #[test]
    fn entries_come_with_their_contents() {
        let mut tar = Builder::new(Vec::new());
        tar.append(&built(EntryType::Directory, "d/", 0), &b""[..]).unwrap();
        tar.append(&built(EntryType::Regular, "d/f", 5), &b"hello"[..]).unwrap();
        tar.append(&built(EntryType::Regular, "empty", 0), &b""[..]).unwrap();
        let long = "n".repeat(300);
        tar.append_data(&mut built(EntryType::Regular, "x", 1), &long, &b"y"[..]).unwrap();
        let bytes = tar.into_inner().unwrap();

        assert_eq!(
            all(&bytes).unwrap(),
            [
                ("d/".to_owned(), Type::Directory, String::new()),
                ("d/f".to_owned(), Type::File, "hello".to_owned()),
                ("empty".to_owned(), Type::File, String::new()),
                (long, Type::File, "y".to_owned()),
            ]
        );
    }

    #[test]
    fn a_header_has_all_that_an_image_keeps() {
        let mut tar = Builder::new(Vec::new());
        let attribute = ("SCHILY.xattr.security.capability", &b"\x01\0"[..]);
        tar.append_pax_extensions([attribute, ("uid", &b"3000000"[..])]).unwrap();
        tar.append(&built(EntryType::Regular, "f", 2), &b"ab"[..]).unwrap();
        let bytes = tar.into_inner().unwrap();

        let header = Reader::new(&bytes[..], MOST).next().unwrap().unwrap();

        assert_eq!((header.mode, header.uid, header.gid), (0o4755, 3_000_000, 8));
        assert_eq!((header.modified, header.size, header.start), (9, 2, 1536));
        assert_eq!(&*header.attributes[&b"security.capability"[..]], b"\x01\0");
    }

    #[test]
    fn what_is_cut_off_or_damaged_is_an_error() {
        let mut tar = Builder::new(Vec::new());
        tar.append(&built(EntryType::Regular, "f", 700), &[b'x'; 700][..]).unwrap();
        let mut bytes = tar.into_inner().unwrap();

        assert!(all(&bytes[..1536]).is_ok());
        assert!(all(&bytes[..1535]).is_err());
        assert!(all(&bytes[..600]).is_err());
        assert!(all(&bytes[..511]).is_err());
        bytes[0] = b'g';
        assert_eq!(
            all(&bytes).unwrap_err().to_string(),
            "it is damaged: no header where one should be"
        );
        assert!(all(&[b'x'; 512]).is_err());
    }

    #[test]
    fn what_says_too_much_is_refused_before_it_is_held() {
        let huge = built(EntryType::XHeader, "p", 1 << 40);
        assert!(matches!(
            all(huge.as_bytes()),
            Err(TarError::TooMuch("a header that is too long"))
        ));

        let endless = built(EntryType::Regular, "f", MOST + 1);
        let bytes = [endless.as_bytes().to_vec(), vec![0; 512]].concat();
        assert!(matches!(Reader::new(&bytes[..], MOST).next(), Err(TarError::Bomb(MOST))));

        let mut tar = Builder::new(Vec::new());
        let name = vec![b'n'; 1_000_000];
        tar.append_pax_extensions([("path", &name[..])]).unwrap();
        tar.append(&built(EntryType::Regular, "f", 0), &b""[..]).unwrap();
        let bytes = tar.into_inner().unwrap();
        assert!(matches!(all(&bytes), Err(TarError::TooMuch("a name that is too long"))));
    }

    #[test]
    fn a_sparse_file_is_told_and_passed_over() {
        let mut sparse = built(EntryType::GNUSparse, "s", 512);
        sparse.as_gnu_mut().unwrap().isextended = [1];
        sparse.set_cksum();
        let after = built(EntryType::Regular, "f", 0);
        let bytes =
            [sparse.as_bytes().to_vec(), vec![0; 512], vec![1; 512], after.as_bytes().to_vec()]
                .concat();

        let mut reader = Reader::new(&bytes[..], MOST);
        assert!(reader.next().unwrap().unwrap().sparse);
        assert_eq!(reader.next().unwrap().unwrap().name, b"f");
    }
}
