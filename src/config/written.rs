//! Where a part of a string stands as it was written, behind quotes, escapes and line ends.
//!
//! The parser keeps the place of a whole string. What is wrong within one is rare, and its place
//! is found then, by reading the string once more.
//!
//! Source: TOML 1.1, "String".

use std::{iter::Peekable, ops::Range, str::CharIndices};

/// How a string is written: which bytes of it have become which of its text.
#[derive(Debug)]
pub struct Written {
    /// In their order, without gaps in the text.
    runs: Vec<Run>,
    /// Where the text would go on.
    end: usize,
    has_lines: bool,
}

/// Letters that are written as they are, or one that is written by an escape.
#[derive(Debug)]
struct Run {
    text: Range<usize>,
    written: Range<usize>,
}

impl Written {
    /// How `written`, a string of TOML with its quotes, has become `text`; none where that is not
    /// what is written there.
    #[must_use]
    pub fn of(written: &str, text: &str) -> Option<Self> {
        let (inner, is_basic) = inner(written)?;
        let (mut runs, mut at) = (Vec::<Run>::new(), 0);
        let mut letters = written[..inner.end].char_indices().peekable();
        while letters.next_if(|(index, _)| *index < inner.start).is_some() {}
        while let Some((index, letter)) = letters.next() {
            let is_escape = letter == '\\' && is_basic;
            let meant = match letter {
                _ if is_escape && letters.next_if(is_space).is_some() => {
                    // The end of a line that is escaped is no text, nor what the next begins with.
                    while letters.next_if(is_space).is_some() {}
                    continue;
                }
                _ if is_escape => escaped(&mut letters)?,
                letter => letter,
            };
            if !text.get(at..)?.starts_with(meant) {
                return None;
            }
            let next = letters.peek().map_or(inner.end, |(next, _)| *next);
            let length = meant.len_utf8();
            match runs.last_mut().filter(|run| !is_escape && run.goes_on_at(index)) {
                Some(run) => {
                    run.text.end += length;
                    run.written.end = next;
                }
                None => runs.push(Run { text: at..at + length, written: index..next }),
            }
            at += length;
        }
        (at == text.len()).then_some(Self {
            runs,
            end: inner.end,
            has_lines: written.contains('\n'),
        })
    }

    /// The bytes that became the `range` of the text; of an empty one, where its text would go on.
    #[must_use]
    pub fn find(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let length = self.runs.last().map_or(0, |run| run.text.end);
        if range.end > length || range.start > range.end {
            return None;
        }
        let start = match self.at(range.start) {
            Some(run) if run.is_plain() => run.written.start + (range.start - run.text.start),
            Some(run) => run.written.start,
            None => self.end,
        };
        if range.is_empty() {
            return Some(start..start);
        }
        let run = self.at(range.end - 1)?;
        let end = if run.is_plain() {
            run.written.start + (range.end - run.text.start)
        } else {
            run.written.end
        };
        Some(start..end)
    }

    /// Whether it is written on several lines.
    #[must_use]
    pub fn has_lines(&self) -> bool {
        self.has_lines
    }

    fn at(&self, offset: usize) -> Option<&Run> {
        self.runs.get(self.runs.partition_point(|run| run.text.end <= offset))
    }
}

impl Run {
    fn is_plain(&self) -> bool {
        self.text.len() == self.written.len()
    }

    /// Whether a letter that is written at `index` as it is belongs to it.
    fn goes_on_at(&self, index: usize) -> bool {
        self.is_plain() && self.written.end == index
    }
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
    use std::ops::Range;

    use super::Written;

    fn within(written: &str, text: &str, range: &Range<usize>) -> Option<Range<usize>> {
        Written::of(written, text)?.find(range)
    }

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
