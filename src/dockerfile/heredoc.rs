//! Here-documents: where they open. Their content is [`super::lines`]' affair.
//!
//! Source: `BuildKit`'s frontend/dockerfile/parser/parser.go.

use super::{
    Inline,
    lexer::{self, Mode},
    lines::{Line, Mistake},
};

/// `<<EOF`, `<<-"EOF"`, `3<<EOF`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened {
    /// What it ends with.
    pub(super) name: String,
    /// Nothing of its name is quoted.
    expand: bool,
    /// `<<-`: tabs before a line, and before its end, do not count.
    pub(super) dedented: bool,
}

impl Opened {
    /// It, with its content as it stands in the file.
    pub(super) fn inline(self, content: &str) -> Inline {
        let content = if self.dedented {
            content.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
        } else {
            content.to_owned()
        };
        Inline { name: self.name, expand: self.expand, content }
    }
}

/// Every here-document that a line opens, in order; none where the line's quotes or variables are
/// wrong. `\` escapes here, whatever the escape directive says.
pub(super) fn all(line: &Line<'_>) -> Result<Vec<Opened>, Mistake> {
    if !line.text.contains("<<") {
        return Ok(Vec::new());
    }
    let mode = Mode { raw_quotes: true, raw_escapes: true, keep_unset: true, ..Mode::default() };
    let Ok(done) = lexer::read(&line.text, '\\', mode, &|_| None) else { return Ok(Vec::new()) };
    let opened = done.words.iter().map(|word| opened(word));
    opened.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(|message: String| {
        let at = line.text.find("<<").unwrap_or_default();
        Mistake::new(at, message)
    })
}

/// The here-document that a word opens, if it opens one.
pub(super) fn opened(word: &str) -> Result<Option<Opened>, String> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let Some(rest) = rest.strip_prefix("<<") else { return Ok(None) };
    let (rest, dedented) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let rest = rest.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return Ok(None);
    }
    let read = |raw_quotes| {
        let mode = Mode { raw_quotes, keep_unset: true, ..Mode::default() };
        lexer::read(rest, '\\', mode, &|_| None).map(|done| done.words)
    };
    let message = |_| format!("`{rest}` is no name of a here-document");
    let (words, raw) = (read(false).map_err(message)?, read(true).map_err(message)?);
    let ([name], [raw]) = (&words[..], &raw[..]) else { return Ok(None) };
    let quotes = |text: &str| text.matches(['\'', '"']).count();
    Ok(Some(Opened { name: name.clone(), expand: quotes(name) == quotes(raw), dedented }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(word: &str) -> Option<(String, bool, bool)> {
        let opened = opened(word).unwrap();
        opened.map(|opened| (opened.name, opened.expand, opened.dedented))
    }

    #[test]
    fn a_word_can_open_one() {
        assert_eq!(word("<<EOF"), Some(("EOF".into(), true, false)));
        assert_eq!(word("3<<-EOF"), Some(("EOF".into(), true, true)));
        assert_eq!(word("<<'E O'F"), Some(("E OF".into(), false, false)));
        assert_eq!(word("<< EOF"), Some(("EOF".into(), true, false)));
        assert_eq!(word("<<\\'E"), Some(("'E".into(), true, false)));
    }

    #[test]
    fn what_only_looks_like_one_opens_none() {
        for text in ["<<", "<<-", "<<<word", "<EOF", "a<<EOF", "<<E<F"] {
            assert_eq!(word(text), None, "{text}");
        }
    }
}
