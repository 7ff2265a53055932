//! The tags of a template and the words in them, each with its place.
//!
//! minijinja says whether a template is well-formed; what stands where in it, it keeps to
//! itself. This reads no more of the language than is needed to tell names from text, and
//! stops without complaint where the template is not well-formed.

use std::ops::Range;

/// A tag: what stands between `{{` and `}}` or `{%` and `%}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag<'s> {
    pub(super) kind: TagKind,
    /// With its delimiters.
    pub(super) range: Range<usize>,
    /// Without them.
    pub(super) inner: Range<usize>,
    pub(super) tokens: Vec<Token<'s>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    Print,
    Statement,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'s> {
    pub(super) kind: TokenKind<'s>,
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind<'s> {
    /// A name or a keyword.
    Name(&'s str),
    /// Text in quotes, without them, escapes as written.
    Text(&'s str),
    Number(&'s str),
    /// An operator or a bracket.
    Sign(&'s str),
}

/// The signs of two characters; all others have one.
const TWO: [&str; 6] = ["==", "!=", ">=", "<=", "//", "**"];

/// The tags of `source`, without comments and raw blocks.
pub(super) fn scan(source: &str) -> Vec<Tag<'_>> {
    read(source).0
}

/// The word of `source` with this index, those of a tag without an end counted too.
pub(super) fn word(source: &str, index: usize) -> Option<Range<usize>> {
    let (tags, broken) = read(source);
    let mut words = tags.into_iter().flat_map(|tag| tag.tokens).chain(broken);
    words.nth(index).map(|token| token.range)
}

/// The tags of `source`, and the words of one that does not end, where it stops.
fn read(source: &str) -> (Vec<Tag<'_>>, Vec<Token<'_>>) {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = source.get(at..).and_then(|rest| rest.find('{')) {
        let start = at + found;
        at = match source.as_bytes().get(start + 1) {
            Some(b'#') => match source[start + 2..].find("#}") {
                Some(end) => start + 2 + end + 2,
                None => return (tags, Vec::new()),
            },
            Some(b'{') => match tag(source, start, TagKind::Print) {
                Ok(tag) => push(&mut tags, tag),
                Err(words) => return (tags, words),
            },
            Some(b'%') => match tag(source, start, TagKind::Statement) {
                Ok(tag) if tag.is("raw") => match end_of_raw(source, tag.range.end) {
                    Some(end) => end,
                    None => return (tags, Vec::new()),
                },
                Ok(tag) => push(&mut tags, tag),
                Err(words) => return (tags, words),
            },
            _ => start + 1,
        };
    }
    (tags, Vec::new())
}

fn push<'s>(tags: &mut Vec<Tag<'s>>, tag: Tag<'s>) -> usize {
    let end = tag.range.end;
    tags.push(tag);
    end
}

impl Tag<'_> {
    /// Whether it is the statement of that name.
    pub(super) fn is(&self, statement: &str) -> bool {
        self.kind == TagKind::Statement
            && matches!(self.tokens.first(), Some(Token { kind: TokenKind::Name(name), .. }) if *name == statement)
    }
}

/// Source: minijinja's compiler/lexer.rs, `skip_basic_tag`.
fn end_of_raw(source: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += source.get(at..)?.find("{%")? + 2;
        let rest = source.get(at..)?;
        let word = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start();
        let Some(behind) = word.strip_prefix("endraw").map(str::trim_start) else { continue };
        let behind = behind.strip_prefix(['-', '+']).unwrap_or(behind);
        if let Some(rest) = behind.strip_prefix("%}") {
            return Some(source.len() - rest.len());
        }
    }
}

/// The tag that begins at `start`, or the words in what has no end. It ends outside of text and
/// brackets only.
fn tag(source: &str, start: usize, kind: TagKind) -> Result<Tag<'_>, Vec<Token<'_>>> {
    let end_sign = match kind {
        TagKind::Print => "}}",
        TagKind::Statement => "%}",
    };
    let bytes = source.as_bytes();
    let inner_start = match bytes.get(start + 2) {
        Some(b'-' | b'+') => start + 3,
        _ => start + 2,
    };
    let (mut at, mut depth, mut tokens) = (inner_start, 0_i32, Vec::new());
    loop {
        let rest = source.get(at..).unwrap_or_default();
        let Some(next) = rest.chars().next() else { return Err(tokens) };
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        if depth == 0 {
            let trimmed = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            if trimmed.starts_with(end_sign) {
                let end = at + (rest.len() - trimmed.len()) + 2;
                return Ok(Tag { kind, range: start..end, inner: inner_start..at, tokens });
            }
        }
        let Some((kind, length)) = token(rest, next) else { return Err(tokens) };
        match kind {
            TokenKind::Sign("(" | "[" | "{") => depth += 1,
            TokenKind::Sign(")" | "]" | "}") => depth -= 1,
            _ => {}
        }
        tokens.push(Token { kind, range: at..at + length });
        at += length;
    }
}

/// The token that `rest` begins with, and its length in bytes.
fn token(rest: &str, next: char) -> Option<(TokenKind<'_>, usize)> {
    if let '"' | '\'' = next {
        let length = text_length(rest, next)?;
        return Some((TokenKind::Text(rest.get(1..length - 1)?), length));
    }
    let run = |fits: fn(char) -> bool| rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
    if next.is_ascii_digit() {
        let length = run(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        return Some((TokenKind::Number(&rest[..length]), length));
    }
    if next.is_alphabetic() || next == '_' {
        let length = run(|letter| letter.is_alphanumeric() || letter == '_');
        return Some((TokenKind::Name(&rest[..length]), length));
    }
    let length = match TWO.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => sign.len(),
        None => next.len_utf8(),
    };
    Some((TokenKind::Sign(&rest[..length]), length))
}

/// The length of the text in quotes that `rest` begins with, quotes included.
fn text_length(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<Vec<&str>> {
        let of = |tag: Tag<'_>| tag.tokens.into_iter().map(|token| &source[token.range]).collect();
        scan(source).into_iter().map(of).collect()
    }

    #[test]
    fn a_tag_ends_outside_of_text_and_brackets() {
        assert_eq!(
            words(r#"a{{ f("}}", {"k": {}}) }}b{{-x-}}"#),
            [vec!["f", "(", "\"}}\"", ",", "{", "\"k\"", ":", "{", "}", "}", ")"], vec!["x"]]
        );
    }

    #[test]
    fn comments_and_raw_blocks_hold_no_tags() {
        assert_eq!(words("{# {{ a }} #}{% raw %}{{ b }}{% endraw %}{{ c }}"), [["c"]]);
    }

    #[test]
    fn a_quote_that_is_escaped_does_not_end_the_text() {
        assert_eq!(words(r#"{{ "a\"b" == 'c' }}"#), [[r#""a\"b""#, "==", "'c'"]]);
    }

    #[test]
    fn a_tag_knows_its_place() {
        let tags = scan("v{{ ci.tag }}");
        assert_eq!(tags[0].range, 1..13);
        assert_eq!(tags[0].tokens[2].range, 7..10);
    }

    #[test]
    fn what_is_not_well_formed_ends_the_scan() {
        assert_eq!(words("{{ a }}{{ \"b }}{{ c }}"), [["a"]]);
    }
}
