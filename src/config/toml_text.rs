//! TOML text to nodes: parsed once, in order, with the place of every key and value.

use std::{collections::BTreeSet, ops::Range};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    mistake::Mistake,
    node::{Data, Entry, Node, Table},
    source::{Place, Sources},
};

/// So many syntax errors are looked at: more of them are one, the first.
const MOST: usize = 200;

/// The table of a whole document, with all syntax errors of it.
pub(super) fn document(source: usize, sources: &Sources) -> (Table, Vec<Mistake>) {
    let root = Place { source, span: 0..0 };
    let text = &sources.of(&root).text;
    if let Some(place) = unmerged(source, text) {
        let mistake = Mistake::at(&place, "a merge conflict is left in the file", "here");
        return (Table::default(), vec![mistake.hint("choose a side, and take the marks out")]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut wrong = BTreeSet::new();
    for error in errors.iter().take(MOST) {
        // What follows on a line that is no TOML follows from its first mistake.
        let mistake = syntax(source, error, text, 0);
        let line = mistake.place.as_ref().map(|place| sources.line(place));
        if wrong.insert(line) {
            mistakes.push(mistake);
        }
    }
    (convert_table(table.get_ref(), source, 0), mistakes)
}

/// The first mark of a merge that has not been resolved.
fn unmerged(source: usize, text: &str) -> Option<Place> {
    let start = if text.starts_with("<<<<<<< ") { 0 } else { text.find("\n<<<<<<< ")? + 1 };
    let line = text[start..].lines().next()?;
    text[start..].contains("\n>>>>>>> ").then(|| Place { source, span: start..start + line.len() })
}

/// The value that stands at `span` of a source, for values of variables and of the command line.
pub(super) fn value(place: &Place, sources: &Sources) -> Result<Node, Mistake> {
    let text = &sources.of(place).text[place.span.clone()];
    match DeValue::parse(text) {
        Ok(value) => Ok(convert(&value, place.source, place.span.start)),
        Err(error) => Err(syntax(place.source, &error, text, place.span.start)),
    }
}

/// A value that stands alone, as one of ours in the table of keys.
pub(crate) fn literal(text: &str) -> Option<Data> {
    Some(convert(&DeValue::parse(text).ok()?, 0, 0).data)
}

/// A mistake of the parser, in the words of this program; `text` is what was parsed.
fn syntax(source: usize, error: &toml::de::Error, text: &str, offset: usize) -> Mistake {
    let span = error.span().unwrap_or(0..0);
    let place = Place { source, span: shifted(&span, offset) };
    let message = error.message().replace('\n', ", ");
    let written = text.get(span.clone()).unwrap_or_default();
    let (label, hint) = match message.as_str() {
        _ if quoting(written).is_some() => ("no value of TOML", quoting(written)),
        "key with no value, expected `=`"
        | "invalid unquoted key, expected letters, numbers, `-`, `_`"
        | "missing assignment between key-value pairs, expected `=`"
            if yaml(text, span.start).is_some() =>
        {
            ("no TOML", yaml(text, span.start))
        }
        "missing assignment between key-value pairs, expected `=`" => {
            ("no `=` after the key", None)
        }
        "string values must be quoted, expected literal string" if written.is_empty() => {
            ("no value", None)
        }
        "string values must be quoted, expected literal string" => {
            ("a string stands in quotes", None)
        }
        "key with no value, expected `=`" => ("no `=` after the key", None),
        "invalid unquoted key, expected letters, numbers, `-`, `_`" => {
            ("no key", Some("a key is letters, digits, `-` and `_`, or stands in quotes"))
        }
        "invalid key-value pair, expected key" if text.trim_start().starts_with('{') => {
            ("no TOML", Some("this looks like JSON: write `key = value`, without the braces"))
        }
        "invalid key-value pair, expected key" => ("no key", None),
        "extra `=`, expected nothing" => ("one `=` too many", None),
        "cannot recurse further; max recursion depth met" => ("nested too deeply", None),
        // The parser says no place of it.
        "recursion limit" => ("some key is nested too deeply", None),
        "duplicate key" => ("written a second time", None),
        "unexpected leading zero, expected nothing" => ("a number does not begin with 0", None),
        "invalid basic string, expected `\"`" => ("the string has no end", None),
        "unclosed array, expected `]`" => ("the list has no end: `]`", None),
        "unclosed inline table, expected `}`" => ("the table has no end: `}`", None),
        "unclosed table, expected `]`" => ("the name of the section has no end: `]`", None),
        message if message.starts_with("missing escaped value") => (
            "there is no such escape",
            Some("a `\\` is written `\\\\`, or the string stands in single quotes: `'…'`"),
        ),
        message if message.starts_with("cannot extend value of type") => {
            ("no table above: it has a value already", None)
        }
        message => (message, None),
    };
    let mistake = Mistake::at(&place, "invalid TOML", label);
    match hint {
        Some(hint) => mistake.hint(hint),
        None => mistake,
    }
}

/// What is to be said of a line that reads as one of YAML.
fn yaml(text: &str, at: usize) -> Option<&'static str> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let mut lines = text[start..].lines().map(str::trim);
    let line = lines.next().unwrap_or_default();
    let begins_a_list = line.ends_with(':') && lines.next().is_some_and(|it| it.starts_with("- "));
    if line.starts_with("- ") || begins_a_list {
        return Some("this looks like YAML: a list is written `key = [\"…\", \"…\"]`");
    }
    let (key, value) = line.split_once(':')?;
    let is_key = |key: &str| {
        let known = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
        !key.is_empty() && key.chars().all(known)
    };
    // In a table on one line what stands before the mistake is right.
    let last = key.rsplit(['{', ',']).next().unwrap_or(key).trim().trim_matches('"');
    if !is_key(last) {
        return None;
    }
    Some(if !value.trim().is_empty() {
        "this looks like YAML: write `key = value`, and text in quotes"
    } else if matches!(key, "builds" | "executors" | "registries" | "presets" | "profiles") {
        "this looks like YAML: write `[builds.NAME]`, and `key = value` below"
    } else {
        "this looks like YAML: a table is written `key = { name = \"…\" }`"
    })
}

/// What is to be said of a value that stands without quotes.
fn quoting(written: &str) -> Option<&'static str> {
    match written {
        "yes" | "on" | "True" | "TRUE" | "Yes" => Some("write `true`"),
        "no" | "off" | "False" | "FALSE" | "No" => Some("write `false`"),
        "null" | "None" | "nil" => Some("leave the key out: what is not written has no value"),
        _ if written.starts_with(['“', '”', '„', '‘', '’']) => {
            Some("these are the quotes of a word processor: write `\"`")
        }
        _ => None,
    }
}

fn shifted(span: &Range<usize>, offset: usize) -> Range<usize> {
    span.start + offset..span.end + offset
}

fn convert_table(table: &DeTable<'_>, source: usize, offset: usize) -> Table {
    let entry = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| Entry {
        name: key.get_ref().to_string(),
        key: Place { source, span: shifted(&key.span(), offset) },
        node: convert(value, source, offset),
    };
    Table(table.iter().map(entry).collect())
}

fn convert(value: &Spanned<DeValue<'_>>, source: usize, offset: usize) -> Node {
    let data = match value.get_ref() {
        DeValue::String(text) => Data::Text(text.to_string()),
        DeValue::Boolean(value) => Data::Bool(*value),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Data::Other("a number that is too large"), Data::Integer),
        DeValue::Float(_) => Data::Other("a decimal number"),
        DeValue::Datetime(_) => Data::Other("a date"),
        DeValue::Array(items) => {
            Data::List(items.iter().map(|item| convert(item, source, offset)).collect())
        }
        DeValue::Table(table) => Data::Table(convert_table(table, source, offset)),
    };
    Node { place: Place { source, span: shifted(&value.span(), offset) }, data }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Origin, Source};

    fn parse(text: &str) -> (Table, Vec<Mistake>) {
        let mut sources = Sources::default();
        let origin = Origin::File("/kaniko.toml".into());
        let source = sources.add(Source { label: "kaniko.toml".into(), text: text.into(), origin });
        document(source, &sources)
    }

    #[test]
    fn entries_keep_their_order_and_their_places() {
        let (table, mistakes) = parse("z = 1\na = { k = \"v\" }\n");

        assert_eq!(mistakes, []);
        let names: Vec<_> = table.0.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["z", "a"]);
        assert_eq!(table.0[1].key.span, 6..7);
        assert_eq!(table.0[1].node.place.span, 10..21);
    }

    #[test]
    fn every_syntax_error_is_told_with_its_place() {
        let (_, mistakes) = parse("a = \nb = 1\nc = [1\n");

        assert!(mistakes.len() >= 2, "{mistakes:?}");
        assert!(mistakes.iter().all(|mistake| mistake.place.is_some()));
    }
}
