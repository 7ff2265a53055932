//! Text of a file, and where it is none.

use std::{fs, io, path::Path};

/// What the file holds.
///
/// # Errors
///
/// As [`fs::read`]; and [`io::ErrorKind::InvalidData`] with the place of the first byte that is no
/// UTF-8.
pub(super) fn read(path: &Path) -> io::Result<String> {
    String::from_utf8(fs::read(path)?).map_err(|error| {
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
        read(file.path()).unwrap_err().to_string()
    }

    #[test]
    fn the_place_of_what_is_no_utf_8_is_told() {
        assert_eq!(told(b"a\n# \xc3\xa9 caf\xe9\n"), "line 2 is no UTF-8 at its column 8");
        assert_eq!(told(b"\xff\xfea\0"), "it is UTF-16");
    }
}
