//! From bytes of an output to lines that are worth showing.

/// A longer line is shown in pieces.
const LONGEST: usize = 16 * 1024;

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
            self.rest.extend_from_slice(part);
            while self.rest.len() > LONGEST {
                let tail = self.rest.split_off(LONGEST);
                lines.push(decode(&std::mem::replace(&mut self.rest, tail)));
            }
            if self.rest.last() == Some(&b'\n') {
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
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).into_owned()
}

/// Leaves out the page of usage that the executor adds to an error before a build.
///
/// Source: cobra's usage template; it goes from `Usage:` to `Use "executor …`.
#[derive(Debug, Default)]
pub(super) struct WithoutUsage {
    state: Usage,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Usage {
    #[default]
    Outside,
    /// `Usage:` was seen, which a RUN can say as well.
    Perhaps,
    Inside,
}

impl WithoutUsage {
    /// The lines to show now that `line` has come.
    pub(super) fn push(&mut self, line: String) -> Vec<String> {
        match self.state {
            Usage::Outside if line == "Usage:" => {
                self.state = Usage::Perhaps;
                Vec::new()
            }
            Usage::Outside => vec![line],
            Usage::Perhaps if line.starts_with("  executor ") => {
                self.state = Usage::Inside;
                Vec::new()
            }
            Usage::Perhaps => {
                self.state = Usage::Outside;
                let mut lines = vec!["Usage:".to_owned()];
                lines.extend(self.push(line));
                lines
            }
            Usage::Inside => {
                if line.starts_with("Use \"executor") {
                    self.state = Usage::Outside;
                }
                Vec::new()
            }
        }
    }

    /// The line that was held back when the output ended.
    pub(super) fn finish(self) -> Option<String> {
        (self.state == Usage::Perhaps).then(|| "Usage:".to_owned())
    }
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
    fn a_line_without_end_is_shown_in_pieces() {
        let mut lines = Lines::default();
        let shown = lines.push(&vec![b'x'; 40_000]);
        assert_eq!(shown.iter().map(String::len).collect::<Vec<_>>(), [16_384, 16_384]);
        assert_eq!(lines.finish().map(|line| line.len()), Some(7_232));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(Lines::default().push(b"a\xffb\n"), ["a\u{fffd}b"]);
    }

    fn shown(lines: &[&str]) -> Vec<String> {
        let mut filter = WithoutUsage::default();
        let mut shown: Vec<_> =
            lines.iter().flat_map(|line| filter.push((*line).to_owned())).collect();
        shown.extend(filter.finish());
        shown
    }

    #[test]
    fn the_executors_usage_is_left_out() {
        assert_eq!(
            shown(&[
                "Error: unknown flag: --x",
                "Usage:",
                "  executor [flags]",
                "  executor [command]",
                "",
                "Flags:",
                "      --annotation key=value   Set",
                "",
                "Use \"executor [command] --help\" for more information about a command.",
                "",
                "unknown flag: --x",
            ]),
            ["Error: unknown flag: --x", "", "unknown flag: --x"]
        );
    }

    #[test]
    fn the_usage_of_another_program_is_shown() {
        assert_eq!(
            shown(&["Usage:", "Usage:", "  mytool [flags]", "end", "Usage:"]),
            ["Usage:", "Usage:", "  mytool [flags]", "end", "Usage:"]
        );
    }
}
