//! What is written as in another language, and what it is called here.

use std::ops::Range;

/// Names that others have for what templates start from.
const ROOTS: [(&str, &str); 9] = [
    ("environ", "env"),
    ("environment", "env"),
    ("git", "ci"),
    ("pipeline", "ci"),
    ("registry", "registries"),
    ("secrets", "env"),
    ("var", "vars"),
    ("variable", "vars"),
    ("variables", "vars"),
];

/// The name that is probably meant by a root that is none.
pub(super) fn root(name: &str) -> Option<&'static str> {
    ROOTS.iter().find(|(other, _)| *other == name).map(|(_, ours)| *ours)
}

/// What to write where the parser has stopped at `range`.
pub(super) fn hint(source: &str, range: &Range<usize>) -> Option<&'static str> {
    let before = source.get(..range.start)?;
    let rest = source.get(range.start..)?;
    let found = source.get(range.clone()).unwrap_or_default();
    let word = before.trim_end();
    Some(match rest.chars().next()? {
        '$' => "a variable is `env.NAME` here, without a `$`",
        '&' => "write `and`",
        '|' if before.ends_with('|') => "write `or`",
        '!' if !rest.starts_with("!=") => "write `not`",
        '?' | ':' if word.contains('?') || rest.starts_with('?') => "write `'a' if TEST else 'b'`",
        '=' if word.ends_with("==") => "write `==`",
        '=' => "write `==` to compare",
        _ if matches!(found, "elseif" | "elsif") || found == "if" && word.ends_with("else") => {
            "write `elif`"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(source: &str, found: &str) -> Option<&'static str> {
        let start = source.rfind(found).unwrap();
        hint(source, &(start..start + found.len()))
    }

    #[test]
    fn signs_of_other_languages_are_words_here() {
        assert_eq!(advised("{{ a || b }}", "|"), Some("write `or`"));
        assert_eq!(advised("{{ a && b }}", "& b").map(|_| ()), Some(()));
        assert_eq!(advised("{{ !a }}", "!"), Some("write `not`"));
        assert_eq!(advised("{{ a === b }}", "="), Some("write `==`"));
        assert_eq!(advised("{{ 'x' if a = b }}", "="), Some("write `==` to compare"));
        assert_eq!(advised("{{ a ? b : c }}", "?"), Some("write `'a' if TEST else 'b'`"));
    }

    #[test]
    fn what_is_out_of_place_for_another_reason_is_not_guessed() {
        assert_eq!(advised("{{ a | }}", "}}"), None);
        assert_eq!(advised("{{ 'x' if }}", "}}"), None);
    }

    #[test]
    fn a_second_condition_begins_with_elif() {
        assert_eq!(advised("{% elseif a %}", "elseif"), Some("write `elif`"));
        assert_eq!(advised("{% else if a %}", "if"), Some("write `elif`"));
    }
}
