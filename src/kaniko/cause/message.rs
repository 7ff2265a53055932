//! Parts of Go's messages.

/// What stands between the first `start` and the next `end`.
pub(super) fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(part, _)| part)
}

/// The text that Go has quoted at the start, and what follows it without `: `.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let rest = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let after = &rest[end + 1..];
    Some((unescaped(&rest[..end]), after.strip_prefix(": ").unwrap_or(after)))
}

/// `text` without the escapes that Go's quoting puts in: `\"`, `\\`, `\n`, `\t`.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_or_not() {
        assert_eq!(between("a for x: y", "for ", ": "), Some("x"));
        assert_eq!(between("a for x", "for ", ": "), None);
        assert_eq!(quoted(r#""a\"b": rest"#), Some(("a\"b".to_owned(), "rest")));
        assert_eq!(quoted("none"), None);
        assert_eq!(unescaped(r#"a\n\"b\"\\"#), "a\n\"b\"\\");
    }
}
