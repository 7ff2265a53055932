//! Files that are read whole: of a bounded size, and where one is no text.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::FileTypeExt as _,
    path::Path,
};

/// More than any file of a configuration has that a person or a program has written.
const MOST: u64 = 16 << 20;

/// What the file holds, which has `most` bytes at most.
///
/// # Errors
///
/// As [`fs::read`]; [`io::ErrorKind::FileTooLarge`]; and [`io::ErrorKind::InvalidInput`] for what
/// is no file: a device has no end, and whoever writes to a pipe need not come.
pub fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    if !kind.is_file() {
        let what = match kind {
            kind if kind.is_fifo() => "a pipe",
            kind if kind.is_socket() => "a socket",
            _ => "a device",
        };
        let message = format!("it is {what}, and no file");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    // Files of the kernel tell no length, and others may grow.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(0));
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it has more than {} MiB", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The text of a file of the configuration.
///
/// # Errors
///
/// As [`bytes`]; and [`io::ErrorKind::InvalidData`] with the place of the first byte that is no
/// UTF-8.
pub(super) fn text(path: &Path) -> io::Result<String> {
    String::from_utf8(bytes(path, MOST)?).map_err(|error| {
        let bytes = error.as_bytes();
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return io::Error::new(io::ErrorKind::InvalidData, "it is UTF-16");
        }
        let before = String::from_utf8_lossy(&bytes[..error.utf8_error().valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let message = format!("line {line} is no UTF-8 at its column {column}");
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        text(file.path()).unwrap_err().to_string()
    }

    #[test]
    fn the_place_of_what_is_no_utf_8_is_told() {
        assert_eq!(told(b"a\n# \xc3\xa9 caf\xe9\n"), "line 2 is no UTF-8 at its column 8");
        assert_eq!(told(b"\xff\xfea\0"), "it is UTF-16");
    }
    #[test]
    fn what_is_larger_than_anybody_writes_is_not_read_to_its_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len((1 << 20) + 1).unwrap();

        let error = bytes(file.path(), 1 << 20).unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(error.to_string(), "it has more than 1 MiB");
        file.as_file().set_len(1 << 20).unwrap();
        assert_eq!(bytes(file.path(), 1 << 20).unwrap().len(), 1 << 20);
    }

    #[test]
    fn what_has_no_end_is_not_read_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, expected) in [
            (Path::new("/dev/zero"), "it is a device, and no file"),
            (&socket, "it is a socket, and no file"),
        ] {
            assert_eq!(bytes(path, MOST).unwrap_err().to_string(), expected);
        }
        let kind = bytes(directory.path(), MOST).unwrap_err().kind();
        assert_eq!(kind, io::ErrorKind::IsADirectory);
    }
}
