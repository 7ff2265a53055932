//! Where a part of a string stands as it was written, behind quotes, escapes and line ends.
//!
//! The parser keeps the place of a whole string. What is wrong within one is rare, and its place
//! is found then, by reading the string once more.
//!
//! Source: TOML 1.1, "String".

use std::{iter::Peekable, ops::Range, str::CharIndices};

/// The bytes of `written`, a string of TOML with its quotes, that became the `range` of `text`;
/// none where `text` is not what is written there.
///
/// An empty range is where its text would go on.
#[must_use]
pub fn within(written: &str, text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let (inner, is_basic) = inner(written)?;
    let (mut at, mut start, mut end) = (0, None, None);
    let mut letters = written[..inner.end].char_indices().peekable();
    while letters.next_if(|(index, _)| *index < inner.start).is_some() {}
    while let Some((index, letter)) = letters.next() {
        let meant = match letter {
            '\\' if is_basic && letters.next_if(is_space).is_some() => {
                // The end of a line that is escaped is no text, nor what the next begins with.
                while letters.next_if(is_space).is_some() {}
                continue;
            }
            '\\' if is_basic => escaped(&mut letters)?,
            letter => letter,
        };
        if !text.get(at..)?.starts_with(meant) {
            return None;
        }
        if at <= range.start {
            start = Some(index);
        }
        at += meant.len_utf8();
        if end.is_none() && at >= range.end {
            end = Some(letters.peek().map_or(inner.end, |(next, _)| *next));
        }
    }
    if at != text.len() || range.end > at {
        return None;
    }
    if range.is_empty() {
        let place = if range.start == at { inner.end } else { start? };
        return Some(place..place);
    }
    Some(start?..end?)
}

/// What stands between the quotes, and whether escapes mean something there.
fn inner(written: &str) -> Option<(Range<usize>, bool)> {
    let quote = written.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let three = [quote; 3].iter().collect::<String>();
    let quotes = if written.starts_with(&three) && written.len() >= 6 { 3 } else { 1 };
    let mut start = quotes;
    if quotes == 3 {
        let rest = &written[start..];
        start += rest.len()
            - rest.strip_prefix('\n').or(rest.strip_prefix("\r\n")).unwrap_or(rest).len();
    }
    let end = written.len().checked_sub(quotes).filter(|end| start <= *end)?;
    Some((start..end, quote == '"'))
}

fn is_space((_, letter): &(usize, char)) -> bool {
    " \t\r\n".contains(*letter)
}

/// The letter that what follows a `\` stands for.
fn escaped(letters: &mut Peekable<CharIndices<'_>>) -> Option<char> {
    let (_, letter) = letters.next()?;
    Some(match letter {
        'b' => '\u{8}',
        'e' => '\u{1b}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'x' => hexadecimal(letters, 2)?,
        'u' => hexadecimal(letters, 4)?,
        'U' => hexadecimal(letters, 8)?,
        '"' | '\\' => letter,
        _ => return None,
    })
}

fn hexadecimal(letters: &mut Peekable<CharIndices<'_>>, digits: usize) -> Option<char> {
    let digits: String = letters.by_ref().take(digits).map(|(_, digit)| digit).collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::within;

    /// What of `written` became the first `part` of what it stands for.
    fn found<'w>(written: &'w str, part: &str) -> Option<&'w str> {
        let document = format!("a = {written}");
        let table: toml::Table = document.parse().unwrap();
        let text = table["a"].as_str().unwrap();
        let start = text.find(part).unwrap();
        within(written, text, &(start..start + part.len())).map(|range| &written[range])
    }

    #[test]
    fn a_part_is_found_in_each_form_of_a_string() {
        assert_eq!(found("'a {{ x }}'", "x"), Some("x"));
        assert_eq!(found("\"a {{ x }}\"", "x"), Some("x"));
        assert_eq!(found("'''\na\n{{ x }}\n'''", "x"), Some("x"));
        assert_eq!(found("\"\"\"\r\na\r\n{{ x }}\r\n\"\"\"", "x"), Some("x"));
        assert_eq!(found("\"\"\"{{ x }}\"\"\"\"\"", "x }}\"\""), Some("x }}\"\""));
    }

    #[test]
    fn a_part_is_found_behind_escapes_and_letters_of_several_bytes() {
        assert_eq!(found(r#""\t\\\"\x41\u00e9\U0001F600 é {{ x }}""#, "x"), Some("x"));
        assert_eq!(found(r#""{{ \"\u00e9\" }}""#, "\"é\""), Some(r#"\"\u00e9\""#));
    }

    #[test]
    fn the_end_of_a_line_that_is_escaped_is_stepped_over() {
        assert_eq!(found("\"\"\"\\\n  a \\  \r\n\n  {{ x }}\"\"\"", "x"), Some("x"));
        assert_eq!(found("\"\"\"{{ ci.\\\n  tga }}\"\"\"", "ci.tga"), Some("ci.\\\n  tga"));
    }

    #[test]
    fn a_backslash_is_one_in_a_literal_string() {
        assert_eq!(found(r"'\d {{ x }}'", "x"), Some("x"));
        assert_eq!(found("'''\\\n{{ x }}'''", "x"), Some("x"));
    }

    #[test]
    fn nothing_has_its_place_where_the_text_would_go_on() {
        assert_eq!(within("\"a\\tb\"", "a\tb", &(2..2)), Some(4..4));
        assert_eq!(within("\"a\\tb\"", "a\tb", &(3..3)), Some(5..5));
        assert_eq!(within("\"\"", "", &(0..0)), Some(1..1));
    }

    #[test]
    fn another_text_has_no_place() {
        assert_eq!(within("\"ab\"", "ac", &(0..1)), None);
        assert_eq!(within("\"ab\"", "abc", &(0..1)), None);
        assert_eq!(within("\"ab\"", "a", &(0..1)), None);
        assert_eq!(within("ab", "ab", &(0..1)), None);
        assert_eq!(within("\"ab\"", "ab", &(1..9)), None);
        assert_eq!(within("", "", &(0..0)), None);
        assert_eq!(within("\"", "", &(0..0)), None);
    }
}
