//! Instructions as texts of one line each, with the way back to where they stand in the file.
//!
//! Source: `BuildKit`'s frontend/dockerfile/parser/parser.go and directives.go.

use super::{DockerfileError, directives::Directives, told};

/// What is wrong, and where in an instruction's line, in bytes.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) at: usize,
    pub(super) message: String,
}

impl Mistake {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// An instruction on one line: continuations joined, comments and empty lines left out.
#[derive(Debug)]
pub(super) struct Line<'t> {
    pub(super) text: String,
    /// What escapes characters in it.
    pub(super) escape: char,
    pieces: Vec<Piece<'t>>,
}

/// What a line of the file gave to an instruction.
#[derive(Debug)]
struct Piece<'t> {
    /// Where it begins in the joined text.
    at: usize,
    /// The number of the file's line, from 1.
    number: usize,
    /// The file's line, and where in it the piece begins.
    whole: &'t str,
    start: usize,
}

impl Line<'_> {
    /// The line and the column, in characters, of a place in the text; both from 1.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let index = self.pieces.partition_point(|piece| piece.at <= at).saturating_sub(1);
        let piece = &self.pieces[index];
        let within = (piece.start + at.saturating_sub(piece.at)).min(piece.whole.len());
        // A place within a character is that character's.
        let before = piece.whole.char_indices().take_while(|(start, _)| *start < within);
        (piece.number, before.count() + 1)
    }

    pub(super) fn error(&self, mistake: Mistake) -> DockerfileError {
        let (line, column) = self.place(mistake.at);
        DockerfileError { line, column, message: told(mistake.message) }
    }
}

/// The lines of a file, taken one instruction after the other.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    number: usize,
    directives: Directives,
}

impl<'t> Lines<'t> {
    /// `text` is without byte order mark.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, number: 0, directives: Directives::default() }
    }

    /// What continues lines and escapes characters.
    pub(super) fn escape(&self) -> char {
        self.directives.escape
    }

    /// What is to read the file, where it says so.
    pub(super) fn frontend(self) -> Option<String> {
        self.directives.frontend
    }

    /// The next instruction; none at the end.
    pub(super) fn instruction(&mut self) -> Result<Option<Line<'t>>, DockerfileError> {
        while let Some(raw) = self.physical() {
            let whole = without_end(raw);
            let content = whole.trim_start();
            let start = whole.len() - content.len();
            self.directives.read(content).map_err(|message| DockerfileError {
                line: self.number,
                column: whole[..start].chars().count() + 1,
                message,
            })?;
            if is_comment(content) {
                continue;
            }
            let (content, mut continued) = continuation(content, self.escape());
            if content.is_empty() && !continued {
                continue;
            }
            let mut line = Line {
                text: content.to_owned(),
                escape: self.escape(),
                pieces: vec![Piece { at: 0, number: self.number, whole, start }],
            };
            while continued && let Some(raw) = self.physical() {
                let whole = without_end(raw);
                if is_comment(whole) || whole.trim_start().is_empty() {
                    continue;
                }
                let content;
                (content, continued) = continuation(whole, self.escape());
                let at = line.text.len();
                line.pieces.push(Piece { at, number: self.number, whole, start: 0 });
                line.text.push_str(content);
            }
            return Ok(Some(line));
        }
        Ok(None)
    }

    /// The lines, with their ends, up to one that is `end`, which is taken; none where it is not
    /// there.
    pub(super) fn document(&mut self, end: &str, tabs_count: bool) -> Option<&'t str> {
        let start = self.at;
        loop {
            let stop = self.at;
            let line = without_end(self.physical()?);
            if end == if tabs_count { line } else { line.trim_start_matches('\t') } {
                return Some(&self.text[start..stop]);
            }
        }
    }

    /// The next line of the file, with its end.
    fn physical(&mut self) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.at += length;
        self.number += 1;
        Some(&rest[..length])
    }
}

fn without_end(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The line without what continues it, and whether it is continued: an escape character at its
/// end does, two of them are none.
fn continuation(line: &str, escape: char) -> (&str, bool) {
    let content = line.trim_end_matches([' ', '\t']).strip_suffix(escape);
    match content.filter(|content| !content.ends_with(escape)) {
        Some(content) => (content, true),
        None => (line, false),
    }
}
