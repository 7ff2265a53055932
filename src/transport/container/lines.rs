//! From bytes of an output to lines that are worth showing.

/// What a longer line has beyond this is dropped: in pieces, a secret in it could be torn and
/// shown.
const LONGEST: usize = 64 * 1024;

/// Cuts a stream into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// The lines that `bytes` complete, without their ends; what is no UTF-8 is replaced.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (text, ended) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            let room = LONGEST - self.rest.len();
            self.rest.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                lines.push(decode(&std::mem::take(&mut self.rest)));
            }
        }
        lines
    }

    /// The last line, where it had no end.
    pub(super) fn finish(self) -> Option<String> {
        (!self.rest.is_empty()).then(|| decode(&self.rest))
    }
}

fn decode(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_the_bytes_are_cut() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"one\r\ntw"), ["one"]);
        assert_eq!(lines.push(b"o\n\nthr"), ["two", ""]);
        assert_eq!(lines.push(b"ee"), Vec::<String>::new());
        assert_eq!(lines.finish(), Some("three".to_owned()));
    }

    #[test]
    fn a_line_that_is_endless_is_cut() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(&vec![b'x'; 100_000]), Vec::<String>::new());
        assert_eq!(lines.push(b"y\nz").iter().map(String::len).collect::<Vec<_>>(), [65_536]);
        assert_eq!(lines.finish(), Some("z".to_owned()));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(Lines::default().push(b"a\xffb\n"), ["a\u{fffd}b"]);
    }
}
