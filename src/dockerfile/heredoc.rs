//! Here-documents, found and hidden before the parser sees the text.
//!
//! The parser knows them only as the first word of a `RUN`: in `RUN cat <<EOF > file` it takes
//! the document for instructions. So they are overwritten, byte by byte: places in the text stay
//! what they were. Likewise an escaped escape character at a line's end, which it takes for one
//! that continues the line.

use super::{DockerfileError, words};

/// A text whose here-documents are blank, and what they were.
pub(super) struct Hidden {
    /// As long as the text it comes from, with the same line ends.
    pub(super) text: String,
    /// In order.
    pub(super) heredocs: Vec<Found>,
}

/// One here-document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where its instruction begins, in bytes.
    pub(super) instruction: usize,
    /// What it ends with.
    pub(super) name: String,
}

/// Overwrites the here-documents of `RUN`, `COPY` and `ADD` in `text`.
///
/// # Errors
///
/// A here-document that does not end.
///
/// Source: `BuildKit`'s frontend/dockerfile/parser/parser.go.
pub(super) fn hide(text: &str, escape: char) -> Result<Hidden, DockerfileError> {
    let mut bytes = text.as_bytes().to_vec();
    let mut heredocs = Vec::new();
    let mut lines = Lines { text, at: 0, number: 0 };
    let mut whole = String::new();

    while let Some((start, line)) = lines.next() {
        if is_nothing(line) {
            continue;
        }
        let number = lines.number;
        let instruction = start + (line.len() - line.trim_start().len());
        whole.clear();
        let mut next = Some((start, line));
        while let Some((at, line)) = next.take() {
            let (content, end) = ending(line, escape);
            whole.push_str(content);
            match end {
                Ending::Plain => {}
                Ending::Escaped(offset) => bytes[at + offset] = b'_',
                Ending::Continued => {
                    next = lines.by_ref().find(|(_, line)| !is_nothing(line));
                }
            }
        }
        let named = named(&whole);
        if !named.is_empty() {
            hide_operators(&mut bytes[instruction..lines.at]);
        }
        for (name, dedented) in named {
            loop {
                let Some((at, line)) = lines.next() else {
                    return Err(DockerfileError {
                        line: number,
                        column: 1,
                        message: format!("the here-document `{name}` does not end"),
                    });
                };
                bytes[at..at + line.len()].fill(b' ');
                if name == if dedented { line.trim_start_matches('\t') } else { line } {
                    break;
                }
            }
            heredocs.push(Found { instruction, name });
        }
    }
    let text = String::from_utf8(bytes).expect("only ASCII and whole lines are overwritten");
    Ok(Hidden { text, heredocs })
}

fn hide_operators(instruction: &mut [u8]) {
    for at in 1..instruction.len() {
        if &instruction[at - 1..=at] == b"<<" {
            instruction[at - 1..=at].fill(b'_');
        }
    }
}

/// What follows a line's last character.
enum Ending {
    /// The next instruction.
    Plain,
    /// The next instruction, though the byte at this offset looks like a continuation.
    Escaped(usize),
    /// The same instruction.
    Continued,
}

/// The line without what continues it, and how it ends.
fn ending(line: &str, escape: char) -> (&str, Ending) {
    let trimmed = line.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix(escape) {
        None => (line, Ending::Plain),
        Some(content) if content.ends_with(escape) => (line, Ending::Escaped(content.len())),
        Some(content) => (content, Ending::Continued),
    }
}

fn is_nothing(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// The here-documents that an instruction opens, each with whether leading tabs do not count.
fn named(instruction: &str) -> Vec<(String, bool)> {
    let Some((keyword, rest)) = keyword(instruction) else { return Vec::new() };
    let rest = match keyword.to_ascii_lowercase().as_str() {
        "onbuild" => keyword_of_onbuild(rest),
        "run" | "copy" | "add" => Some(rest),
        _ => None,
    };
    let Some(rest) = rest.filter(|rest| rest.contains("<<") && !is_json(rest)) else {
        return Vec::new();
    };
    // BuildKit splits here by `\` whatever the escape directive says.
    words::split(rest, '\\').unwrap_or_default().into_iter().filter_map(opened).collect()
}

fn keyword(instruction: &str) -> Option<(&str, &str)> {
    instruction.trim_start().split_once(|c: char| c.is_ascii_whitespace())
}

fn keyword_of_onbuild(rest: &str) -> Option<&str> {
    let (inner, rest) = keyword(rest)?;
    ["run", "copy", "add"].iter().any(|word| inner.eq_ignore_ascii_case(word)).then_some(rest)
}

fn is_json(arguments: &str) -> bool {
    let arguments = arguments.trim();
    arguments.starts_with('[') && arguments.ends_with(']')
}

/// `<<EOF`, `<<-EOF`, `3<<"EOF"`: the name and whether leading tabs do not count.
fn opened(word: &str) -> Option<(String, bool)> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, dedented) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    Some((words::unquoted(rest, '\\'), dedented))
}

/// Lines with the place where they begin, without `\n` or `\r\n`.
struct Lines<'a> {
    text: &'a str,
    /// Where the next line begins.
    at: usize,
    /// The number of the line that was given last.
    number: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').unwrap_or(rest.len());
        self.at = start + (length + 1).min(rest.len());
        self.number += 1;
        let line = &rest[..length];
        Some((start, line.strip_suffix('\r').unwrap_or(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> (String, Vec<String>) {
        let hidden = hide(text, '\\').unwrap();
        assert_eq!(hidden.text.len(), text.len());
        (hidden.text, hidden.heredocs.into_iter().map(|found| found.name).collect())
    }

    #[test]
    fn a_document_is_blank_wherever_its_operator_stands() {
        let (text, names) = hidden("RUN cat <<EOF > /x\nFROM ü\nEOF\nUSER a\n");

        assert_eq!(text, "RUN cat __EOF > /x\n       \n   \nUSER a\n");
        assert_eq!(names, ["EOF"]);
    }

    #[test]
    fn several_documents_follow_each_other() {
        let (text, names) = hidden("COPY <<A <<'B' /d/\na\nA\nb\nB\nRUN x\n");

        assert_eq!(text, "COPY __A __'B' /d/\n \n \n \n \nRUN x\n");
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn tabs_before_the_end_count_unless_the_operator_has_a_dash() {
        assert_eq!(hidden("RUN <<-E\n\tE\nUSER a\n").0, "RUN __-E\n  \nUSER a\n");
        assert_eq!(hide("RUN <<E\n\tE\n", '\\').err().unwrap().line, 1);
    }

    #[test]
    fn a_document_can_open_on_a_continued_line_and_in_windows_line_ends() {
        let (text, names) =
            hidden("RUN a \\\r\n# no\r\n\r\n  && sh <<E\r\nexit\r\nE\r\nUSER a\r\n");

        assert!(text.ends_with("__E\r\n    \r\n \r\nUSER a\r\n"), "{text:?}");
        assert_eq!(names, ["E"]);
    }

    #[test]
    fn onbuild_can_hold_a_document() {
        assert_eq!(hidden("ONBUILD RUN <<E\nx\nE\n").1, ["E"]);
    }

    #[test]
    fn what_only_looks_like_a_document_is_left_alone() {
        for text in [
            "RUN cat <<<word\n",
            "RUN echo $((1<<4))\n",
            "RUN echo \"<<EOF\"\n",
            "RUN [\"cat\", \"<<EOF\"]\n",
            "RUN echo it's <<EOF\n",
            "ENV A=<<EOF\n",
            "# RUN <<EOF\nRUN a\n",
        ] {
            assert_eq!(hidden(text), (text.to_owned(), vec![]));
        }
    }

    #[test]
    fn an_escaped_escape_at_a_lines_end_continues_nothing() {
        assert_eq!(hidden("RUN echo a\\\\\nUSER a\n").0, "RUN echo a\\_\nUSER a\n");
    }

    #[test]
    fn a_document_that_does_not_end_is_told_with_its_line() {
        let error = hide("FROM a\n\nRUN cat <<EOF\nx\n", '\\').err().unwrap();

        assert_eq!((error.line, error.column), (3, 1));
        assert_eq!(error.to_string(), "the here-document `EOF` does not end");
    }
}
