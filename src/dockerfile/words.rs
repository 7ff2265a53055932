//! Words of a Dockerfile's line: split at blanks, but not within quotes.

/// The words of `line`, quotes and escapes left in them; none where a quote is left open.
///
/// Source: `BuildKit`'s frontend/dockerfile/shell/lex.go with raw quotes and escapes.
pub(super) fn split(line: &str, escape: char) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        if quote.is_none() && character.is_whitespace() {
            if let Some(start) = start.take() {
                words.push(&line[start..at]);
            }
            continue;
        }
        start.get_or_insert(at);
        if character == escape && quote != Some('\'') {
            characters.next();
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '\'' | '"') {
            quote = Some(character);
        }
    }
    if let Some(start) = start {
        words.push(&line[start..]);
    }
    quote.is_none().then_some(words)
}

/// `word` without its quotes and escapes.
pub(super) fn unquoted(word: &str, escape: char) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut quote = None;
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        if character == escape && quote != Some('\'') {
            plain.extend(characters.next());
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '\'' | '"') {
            quote = Some(character);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_within_quotes_and_behind_an_escape_split_nothing() {
        assert_eq!(
            split("a 'b c'  \"d e\"\tf\\ g", '\\').unwrap(),
            ["a", "'b c'", "\"d e\"", "f\\ g"]
        );
        assert_eq!(split("C:\\a b", '`').unwrap(), ["C:\\a", "b"]);
    }

    #[test]
    fn an_open_quote_gives_no_words() {
        assert_eq!(split("echo it's", '\\'), None);
        assert_eq!(split("echo it\\'s", '\\').unwrap(), ["echo", "it\\'s"]);
    }

    #[test]
    fn quotes_and_escapes_are_removed_once() {
        assert_eq!(unquoted("'EOF'", '\\'), "EOF");
        assert_eq!(unquoted("\"a b\"c", '\\'), "a bc");
        assert_eq!(unquoted("\\EOF", '\\'), "EOF");
        assert_eq!(unquoted("'a\"b'", '\\'), "a\"b");
    }
}
