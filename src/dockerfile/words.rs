//! The arguments of an instruction, parted.
//!
//! Source: `BuildKit`'s `line_parsers.go` in frontend/dockerfile/parser.

use super::lines::Mistake;

/// A part of an instruction's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'l> {
    /// Where it begins in the line, in bytes.
    pub(super) at: usize,
    pub(super) text: &'l str,
}

impl Word<'_> {
    /// The same without blanks at its ends.
    pub(super) fn trimmed(self) -> Self {
        let start = self.text.trim_start();
        Self { at: self.at + self.text.len() - start.len(), text: start.trim_end() }
    }

    /// Up to the first blanks, and what follows them.
    pub(super) fn parted(self) -> (Self, Option<Self>) {
        let Some(end) = self.text.find(is_blank) else { return (self, None) };
        let (first, rest) = self.text.split_at(end);
        let after = rest.trim_start_matches(is_blank);
        let at = self.at + end + rest.len() - after.len();
        (Self { at: self.at, text: first }, Some(Self { at, text: after }))
    }

    /// Parts at blanks; nothing is quoted.
    pub(super) fn at_blanks(self) -> Vec<Self> {
        let mut words = Vec::new();
        let mut rest = Some(self).filter(|word| !word.text.is_empty());
        while let Some(word) = rest {
            let first;
            (first, rest) = word.parted();
            words.push(first);
        }
        words
    }

    /// Parts at white space that is neither quoted nor escaped; quotes and escapes stay. An escape
    /// character at the very end is dropped, a quote that is left open ends there.
    pub(super) fn quoted(self, escape: char) -> Vec<Self> {
        let mut words = Vec::new();
        let mut start = None;
        let mut quote = None;
        let mut end = self.text.len();
        let mut characters = self.text.char_indices();
        let word =
            |start: usize, end: usize| Self { at: self.at + start, text: &self.text[start..end] };
        while let Some((at, character)) = characters.next() {
            if quote.is_none() && character.is_whitespace() {
                words.extend(start.take().map(|start| word(start, at)));
                continue;
            }
            start.get_or_insert(at);
            if character == escape && quote != Some('\'') {
                if characters.next().is_none() {
                    end = at;
                }
            } else if quote == Some(character) {
                quote = None;
            } else if quote.is_none() && matches!(character, '\'' | '"') {
                quote = Some(character);
            }
        }
        words.extend(start.filter(|start| *start < end).map(|start| word(start, end)));
        words
    }

    /// The strings of a JSON list; none where it is no list or not JSON.
    ///
    /// # Errors
    ///
    /// A JSON list that holds something else than strings.
    pub(super) fn json(self) -> Result<Option<Vec<String>>, Mistake> {
        let text = self.text.trim_start();
        if !text.starts_with('[') {
            return Ok(None);
        }
        if let Ok(strings) = serde_json::from_str(text) {
            return Ok(Some(strings));
        }
        match serde_json::from_str::<Vec<serde::de::IgnoredAny>>(text) {
            Ok(_) => Err(Mistake::new(self.at, "a JSON list here holds strings only")),
            Err(_) => Ok(None),
        }
    }
}

/// What parts an instruction, its arguments and little else.
fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str, escape: char) -> Vec<&str> {
        Word { at: 0, text }.quoted(escape).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn blanks_within_quotes_and_behind_an_escape_split_nothing() {
        assert_eq!(quoted("a 'b c'  \"d e\"\tf\\ g", '\\'), ["a", "'b c'", "\"d e\"", "f\\ g"]);
        assert_eq!(quoted("C:\\a b", '`'), ["C:\\a", "b"]);
        assert_eq!(quoted("'a\\' b", '\\'), ["'a\\'", "b"]);
    }

    #[test]
    fn an_open_quote_ends_with_the_text_and_an_escape_there_is_dropped() {
        assert_eq!(quoted("a=it's b", '\\'), ["a=it's b"]);
        assert_eq!(quoted("a=1 b=2\\", '\\'), ["a=1", "b=2"]);
        assert_eq!(quoted("a=1 \\", '\\'), ["a=1"]);
    }

    #[test]
    fn words_know_where_they_begin() {
        let words = Word { at: 10, text: "é  b\tc" }.at_blanks();

        let seen: Vec<_> = words.iter().map(|word| (word.at, word.text)).collect();
        assert_eq!(seen, [(10, "é"), (14, "b"), (16, "c")]);
    }

    #[test]
    fn only_a_valid_json_list_of_strings_is_one() {
        let json = |text| Word { at: 3, text }.json();

        assert_eq!(json("[\"a\", \"\\u0062\"]").unwrap().unwrap(), ["a", "b"]);
        assert_eq!(json("[]").unwrap().unwrap(), [""; 0]);
        for text in ["['a']", "[\"a\"", "[\"a\",]", "[\"a\"] b", "{}", "a"] {
            assert_eq!(json(text).unwrap(), None, "{text}");
        }
        assert_eq!(json("[\"a\", 1]").unwrap_err().at, 3);
        assert!(json("[[\"a\"]]").is_err());
    }
}
