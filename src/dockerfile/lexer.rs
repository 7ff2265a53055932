//! The shell-like language of a Dockerfile's values: quotes, escapes, variables.
//!
//! Source: `BuildKit`'s frontend/dockerfile/shell/lex.go; where it does something unexpected,
//! this does the same, and says so.

use std::{iter::Peekable, str::Chars};

use super::{ExpandError, pattern};

/// Deeper than anyone nests defaults; a bound for what is read by recursion.
const DEEPEST: usize = 32;

/// By how many bytes variables may make a text longer: a hundred lines of `ENV a=$a$a` would
/// outgrow any memory.
const GROWTH: usize = 1 << 20;

/// How a text is read.
#[expect(clippy::struct_excessive_bools, reason = "the modes of BuildKit's lexer, each by itself")]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mode {
    /// Quotes stay.
    pub(super) raw_quotes: bool,
    /// Escape characters stay, and escape.
    pub(super) raw_escapes: bool,
    /// Quotes are characters like any other.
    pub(super) no_quotes: bool,
    /// Variables without a value stay.
    pub(super) keep_unset: bool,
}

/// A text that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) text: String,
    /// The text parted at blanks that are not quoted.
    pub(super) words: Vec<String>,
    /// Variables without a value that had an influence on the text, in order.
    pub(super) missed: Vec<Missed>,
}

/// A variable without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missed {
    pub(super) name: String,
    /// The text says what stands instead.
    pub(super) foreseen: bool,
}

/// Reads `text`.
pub(super) fn read<'v>(
    text: &str,
    escape: char,
    mode: Mode,
    value_of: &dyn Fn(&str) -> Option<&'v str>,
) -> Result<Done, ExpandError> {
    // The scanner below BuildKit's reader passes over a byte order mark.
    let characters = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    let raw_escapes = mode.raw_escapes;
    let words = Words::default();
    let mut lexer = Lexer {
        characters,
        escape,
        mode,
        raw_escapes,
        value_of,
        words,
        missed: Vec::new(),
        room: text.len() + GROWTH,
    };
    let text = lexer.until(None, raw_escapes, 0)?;
    Ok(Done { text, words: lexer.words.done, missed: lexer.missed })
}

struct Lexer<'t, 'f, 'v> {
    characters: Peekable<Chars<'t>>,
    escape: char,
    mode: Mode,
    /// As `mode` says, but within braces.
    raw_escapes: bool,
    value_of: &'f dyn Fn(&str) -> Option<&'v str>,
    words: Words,
    missed: Vec<Missed>,
    /// How many bytes values of variables may still have.
    room: usize,
}

impl Lexer<'_, '_, '_> {
    /// Reads up to `end`, which it takes, or to the end of the text.
    fn until(
        &mut self,
        end: Option<char>,
        raw_escapes: bool,
        depth: usize,
    ) -> Result<String, ExpandError> {
        if depth > DEEPEST {
            return Err(error("variables are nested too deeply"));
        }
        let outer = (self.raw_escapes, self.words.in_word);
        self.raw_escapes = raw_escapes;
        // BuildKit has one buffer for a word and the words within its braces: what stood before
        // `${x:-y}` in a word is gone from the words, not from the text.
        self.words.buffer.clear();
        self.words.in_word = false;
        let first = self.words.done.len();

        let mut text = String::new();
        while let Some(&character) = self.characters.peek() {
            if Some(character) == end {
                self.characters.next();
                self.words.end();
                if depth > 0 {
                    self.words.done.truncate(first);
                }
                (self.raw_escapes, self.words.in_word) = outer;
                return Ok(text);
            }
            match character {
                '$' => {
                    let value = self.variable(depth)?;
                    value.chars().for_each(|c| self.words.character(c));
                    text.push_str(&value);
                }
                '<' => self.operator(&mut text),
                '\'' if !self.mode.no_quotes => {
                    let from = text.len();
                    self.single_quoted(&mut text)?;
                    self.words.raw(&text[from..]);
                }
                '"' if !self.mode.no_quotes => {
                    let quoted = self.double_quoted(depth)?;
                    self.words.raw(&quoted);
                    text.push_str(&quoted);
                }
                _ => self.character(&mut text),
            }
        }
        if let Some(end) = end {
            return Err(error(format!("`{end}` is missing")));
        }
        self.words.end();
        Ok(text)
    }

    /// A character that is not special, or an escaped one.
    fn character(&mut self, text: &mut String) {
        let Some(mut character) = self.characters.next() else { return };
        if character == self.escape {
            if self.raw_escapes {
                self.words.raw_character(character);
                text.push(character);
            }
            let Some(escaped) = self.characters.next() else { return };
            character = escaped;
            self.words.raw_character(character);
        } else {
            self.words.character(character);
        }
        text.push(character);
    }

    /// `<`, or `<<` with the blanks behind it, which do not end its word.
    fn operator(&mut self, text: &mut String) {
        let from = text.len();
        self.characters.next();
        text.push('<');
        if self.characters.next_if_eq(&'<').is_some() {
            text.push('<');
            while let Some(blank) = self.characters.next_if(|c| matches!(c, '\t' | '\r' | ' ')) {
                text.push(blank);
            }
        }
        self.words.raw(&text[from..]);
    }

    fn single_quoted(&mut self, text: &mut String) -> Result<(), ExpandError> {
        let quote = self.characters.next();
        text.extend(quote.filter(|_| self.mode.raw_quotes));
        loop {
            match self.characters.next() {
                None => return Err(error("a single quote is left open")),
                Some('\'') => {
                    text.extend(quote.filter(|_| self.mode.raw_quotes));
                    return Ok(());
                }
                Some(character) => text.push(character),
            }
        }
    }

    fn double_quoted(&mut self, depth: usize) -> Result<String, ExpandError> {
        let mut text = String::new();
        let quote = self.characters.next();
        text.extend(quote.filter(|_| self.mode.raw_quotes));
        loop {
            match self.characters.peek() {
                None => return Err(error("a double quote is left open")),
                Some('"') => {
                    self.characters.next();
                    text.extend(quote.filter(|_| self.mode.raw_quotes));
                    return Ok(text);
                }
                Some('$') => text.push_str(&self.variable(depth)?),
                Some(&character) => {
                    self.characters.next();
                    if character != self.escape {
                        text.push(character);
                        continue;
                    }
                    if self.raw_escapes {
                        text.push(character);
                    }
                    // Only these can be escaped; an escape character before others stays.
                    match self.characters.peek() {
                        None => {}
                        Some(&next) if matches!(next, '"' | '$') || next == self.escape => {
                            self.characters.next();
                            text.push(next);
                        }
                        Some(_) => text.push(character),
                    }
                }
            }
        }
    }

    /// Reads a `$` with what belongs to it.
    fn variable(&mut self, depth: usize) -> Result<String, ExpandError> {
        let value = self.unbounded(depth)?;
        self.room = self
            .room
            .checked_sub(value.len())
            .ok_or_else(|| error(format!("a value becomes longer than {} MiB", GROWTH >> 20)))?;
        Ok(value)
    }

    fn unbounded(&mut self, depth: usize) -> Result<String, ExpandError> {
        self.characters.next();
        if self.characters.next_if_eq(&'{').is_none() {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(self.value(&name, || format!("${name}")));
        }
        if matches!(self.characters.peek(), Some('{' | '}' | ':')) {
            return Err(error("a name is missing behind `${`"));
        }
        let name = self.name();
        let Some(mut operator) = self.characters.next() else {
            return Err(error("`}` is missing"));
        };
        let colon = operator == ':';
        match operator {
            '}' => return Ok(self.value(&name, || format!("${{{name}}}"))),
            '/' => return self.replaced(&name, depth),
            ':' => operator = self.characters.next().ok_or_else(|| error("`}` is missing"))?,
            _ => {}
        }
        let raw = matches!(operator, '#' | '%');
        if !matches!(operator, '+' | '-' | '?' | '#' | '%') || (colon && raw) {
            let colon = if colon { ":" } else { "" };
            let shown = format!("${{{name}{colon}{operator}…}}");
            return Err(error(format!("`{shown}` is no form of a variable")));
        }
        let missed = self.missed.len();
        let word = self.until(Some('}'), raw, depth + 1)?;
        let value = (self.value_of)(&name);
        if value.is_none() {
            let foreseen = matches!(operator, '-' | '+');
            self.missed.push(Missed { name: name.clone(), foreseen });
            if self.mode.keep_unset {
                let colon = if colon { ":" } else { "" };
                return Ok(format!("${{{name}{colon}{operator}{word}}}"));
            }
        }
        let set = value.filter(|value| !colon || !value.is_empty());
        // What the word missed is of no account where the word is not used.
        let used = match operator {
            '-' | '?' => set.is_none(),
            '+' => set.is_some(),
            _ => true,
        };
        if !used {
            let own = self.missed.pop().filter(|_| value.is_none());
            self.missed.truncate(missed);
            self.missed.extend(own);
        }
        match (operator, set) {
            ('-' | '?', Some(set)) => Ok(set.to_owned()),
            ('-', None) | ('+', Some(_)) => Ok(word),
            ('+', None) => Ok(String::new()),
            ('?', None) => {
                let what = if value.is_some() { "is empty" } else { "has no value" };
                let error = error(if word.is_empty() {
                    format!("`{name}` {what}")
                } else {
                    format!("`{name}` {what}: {word}")
                });
                Err(ExpandError { unset: true, ..error })
            }
            ('#', _) => pattern::without_prefix(value.unwrap_or_default(), &word),
            _ => pattern::without_suffix(value.unwrap_or_default(), &word),
        }
    }

    /// `${name/pattern/replacement}`, read up to the first slash.
    fn replaced(&mut self, name: &str, depth: usize) -> Result<String, ExpandError> {
        let all = self.characters.next_if_eq(&'/').is_some();
        let pattern = self.until(Some('/'), true, depth + 1)?;
        let replacement = self.until(Some('}'), true, depth + 1)?;
        let value = (self.value_of)(name);
        if value.is_none() {
            self.missed.push(Missed { name: name.to_owned(), foreseen: false });
            if self.mode.keep_unset {
                // With one slash, whatever was written.
                return Ok(format!("${{{name}/{pattern}/{replacement}}}"));
            }
        }
        pattern::replaced(value.unwrap_or_default(), &pattern, &replacement, all)
    }

    fn value(&mut self, name: &str, written: impl Fn() -> String) -> String {
        if let Some(value) = (self.value_of)(name) {
            return value.to_owned();
        }
        self.missed.push(Missed { name: name.to_owned(), foreseen: false });
        if self.mode.keep_unset { written() } else { String::new() }
    }

    /// A name; digits alone are one, and so is each special parameter of a shell.
    fn name(&mut self) -> String {
        let special = |c: &char| matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!');
        if let Some(character) = self.characters.next_if(special) {
            return character.to_string();
        }
        let digits = self.characters.peek().is_some_and(char::is_ascii_digit);
        let belongs =
            |c: &char| c.is_ascii_digit() || (!digits && (c.is_alphabetic() || *c == '_'));
        let mut name = String::new();
        while let Some(character) = self.characters.next_if(belongs) {
            name.push(character);
        }
        name
    }
}

/// Words as they come together.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    buffer: String,
    in_word: bool,
}

impl Words {
    fn character(&mut self, character: char) {
        if !character.is_whitespace() {
            self.raw_character(character);
        } else if self.in_word && !self.buffer.is_empty() {
            self.done.push(std::mem::take(&mut self.buffer));
            self.in_word = false;
        }
    }

    fn raw_character(&mut self, character: char) {
        self.buffer.push(character);
        self.in_word = true;
    }

    fn raw(&mut self, text: &str) {
        self.buffer.push_str(text);
        self.in_word = true;
    }

    fn end(&mut self) {
        if !self.buffer.is_empty() {
            self.done.push(std::mem::take(&mut self.buffer));
        }
    }
}

fn error(message: impl Into<String>) -> ExpandError {
    ExpandError { message: super::told(message.into()), unset: false }
}
