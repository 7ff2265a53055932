//! Variables of a Dockerfile's word, replaced.

use std::{iter::Peekable, str::Chars};

/// A word with its variables replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Substituted {
    /// The word without quotes and escapes. A variable without a value is empty in it, as in
    /// Docker and Kaniko; what could not be read stands in it as it was.
    pub text: String,
    /// Variables that had neither a value nor a default, in order.
    pub unset: Vec<String>,
    /// Something in it is beyond us, such as `${x#pattern}` or a brace that does not close.
    pub unread: bool,
}

/// Replaces `$x`, `${x}`, `${x:-d}`, `${x-d}`, `${x:+d}` and `${x+d}` in `word`.
///
/// Nothing is replaced within single quotes or behind `escape`. Defaults may hold variables.
///
/// Source: Dockerfile reference, "Environment replacement"; `BuildKit`'s
/// frontend/dockerfile/shell/lex.go.
pub fn substitute<'v>(
    word: &str,
    escape: char,
    value_of: &dyn Fn(&str) -> Option<&'v str>,
) -> Substituted {
    let mut reader = Reader {
        characters: word.chars().peekable(),
        escape,
        value_of,
        done: Substituted::default(),
    };
    let text = reader.until(None, 0);
    Substituted { text, ..reader.done }
}

/// Deeper than anyone nests defaults; a bound for what is read by recursion.
const DEEPEST: usize = 16;

struct Reader<'w, 'f, 'v> {
    characters: Peekable<Chars<'w>>,
    escape: char,
    value_of: &'f dyn Fn(&str) -> Option<&'v str>,
    done: Substituted,
}

impl Reader<'_, '_, '_> {
    /// Reads up to `end`, which it takes, or to the end of the word.
    fn until(&mut self, end: Option<char>, depth: usize) -> String {
        let mut text = String::new();
        let mut quote = None;
        while let Some(character) = self.characters.next() {
            if quote.is_none() && Some(character) == end {
                return text;
            }
            if character == self.escape && quote != Some('\'') {
                text.extend(self.characters.next());
            } else if quote == Some(character) {
                quote = None;
            } else if quote.is_none() && matches!(character, '\'' | '"') {
                quote = Some(character);
            } else if character == '$' && quote != Some('\'') {
                self.variable(&mut text, depth);
            } else {
                text.push(character);
            }
        }
        self.done.unread |= end.is_some() || quote.is_some();
        text
    }

    /// Reads what follows a `$`.
    fn variable(&mut self, text: &mut String, depth: usize) {
        if self.characters.next_if_eq(&'{').is_none() {
            let name = self.name();
            if name.is_empty() {
                text.push('$');
            } else {
                text.push_str(&self.value(&name));
            }
            return;
        }
        let name = self.name();
        if name.is_empty() || depth == DEEPEST {
            self.done.unread = true;
            text.push_str("${");
            text.push_str(&name);
            return;
        }
        let colon = self.characters.next_if_eq(&':').is_some();
        let set = (self.value_of)(&name).filter(|value| !colon || !value.is_empty());
        match self.characters.next() {
            Some('}') if !colon => text.push_str(&self.value(&name)),
            Some('-') => match set {
                Some(value) => {
                    text.push_str(value);
                    self.passed_over(depth);
                }
                None => text.push_str(&self.until(Some('}'), depth + 1)),
            },
            Some('+') if set.is_some() => text.push_str(&self.until(Some('}'), depth + 1)),
            Some('+') => self.passed_over(depth),
            _ => {
                self.done.unread = true;
                self.until(Some('}'), depth + 1);
                text.push_str("${");
                text.push_str(&name);
                text.push('}');
            }
        }
    }

    /// Reads a default that does not count, nor do the variables in it.
    fn passed_over(&mut self, depth: usize) {
        let unset = self.done.unset.len();
        self.until(Some('}'), depth + 1);
        self.done.unset.truncate(unset);
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(character) =
            self.characters.next_if(|c| *c == '_' || c.is_ascii_alphanumeric())
        {
            // `$1` is a name of its own, however it goes on.
            let digit_first = name.is_empty() && character.is_ascii_digit();
            name.push(character);
            if digit_first {
                break;
            }
        }
        name
    }

    fn value(&mut self, name: &str) -> String {
        if let Some(value) = (self.value_of)(name) {
            return value.to_owned();
        }
        self.done.unset.push(name.to_owned());
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(name: &str) -> Option<&'static str> {
        match name {
            "x" => Some("X"),
            "empty" => Some(""),
            _ => None,
        }
    }

    fn text(word: &str) -> String {
        let done = substitute(word, '\\', &value_of);
        assert_eq!((done.unset, done.unread), (vec![], false), "{word}");
        done.text
    }

    #[test]
    fn each_form_is_replaced() {
        assert_eq!(text("a:$x"), "a:X");
        assert_eq!(text("${x}y"), "Xy");
        assert_eq!(text("$x.y-$x"), "X.y-X");
        assert_eq!(text("${x:-d}"), "X");
        assert_eq!(text("${nope:-d}"), "d");
        assert_eq!(text("${nope-d}"), "d");
        assert_eq!(text("${empty:-d}"), "d");
        assert_eq!(text("${empty-d}"), "");
        assert_eq!(text("${x:+d}"), "d");
        assert_eq!(text("a${nope:+d}"), "a");
        assert_eq!(text("${empty:+d}${empty+e}"), "e");
    }

    #[test]
    fn a_default_may_hold_variables_and_braces_in_quotes() {
        assert_eq!(text("${nope:-a${x}b}c"), "aXbc");
        assert_eq!(text("${nope:-'}'}c"), "}c");
        assert_eq!(text("${x:-${nope}}"), "X");
    }

    #[test]
    fn quotes_and_escapes_keep_a_variable_and_vanish() {
        assert_eq!(text("'$x'"), "$x");
        assert_eq!(text("\"$x\""), "X");
        assert_eq!(text("\\$x"), "$x");
        assert_eq!(substitute("`$x\\", '`', &value_of).text, "$x\\");
        assert_eq!(text("a$"), "a$");
    }

    #[test]
    fn a_variable_without_a_value_is_empty_and_named() {
        let done = substitute("a:$nope-${no}", '\\', &value_of);

        assert_eq!(done.text, "a:-");
        assert_eq!(done.unset, ["nope", "no"]);
    }

    #[test]
    fn what_is_beyond_us_is_told() {
        for word in ["${x#a}", "${x:?b}", "${x", "${", "'a", "${x/a/b}"] {
            assert!(substitute(word, '\\', &value_of).unread, "{word}");
        }
    }

    #[test]
    fn endless_nesting_ends() {
        assert!(substitute(&"${a:-".repeat(100_000), '\\', &value_of).unread);
    }
}
