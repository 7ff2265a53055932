//! One part of a source, between two slashes, and the names that it takes.

/// A name, or a pattern of names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// This name alone.
    Name(Vec<u8>),
    /// Names that match, and the one that is written as the pattern is.
    Pattern(Vec<u8>, Vec<Token>),
}

/// What a piece of a pattern stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    /// Any characters, or none.
    Star,
    /// One character of these ranges, or one of no range.
    Class { ranges: Vec<(char, char)>, negated: bool },
}

impl Part {
    pub(super) fn name(name: &[u8]) -> Self {
        Self::Name(name.to_vec())
    }

    /// Reads a part with wildcards; none for what Go refuses.
    ///
    /// Source: Go's `path/filepath`, `Match`.
    pub(super) fn pattern(text: &str) -> Option<Self> {
        if !text.contains(['*', '?', '[', '\\']) {
            return Some(Self::name(text.as_bytes()));
        }
        let mut tokens = Vec::new();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            tokens.push(match character {
                '*' => Token::Star,
                '?' => Token::Class { ranges: Vec::new(), negated: true },
                '[' => class(&mut rest)?,
                '\\' => only(rest.next()?),
                other => only(other),
            });
        }
        Some(Self::Pattern(text.as_bytes().to_vec(), tokens))
    }

    pub(super) fn takes(&self, name: &[u8]) -> bool {
        match self {
            Self::Name(only) => only == name,
            // Kaniko takes both, so that a file may be named `a[1]`.
            Self::Pattern(text, tokens) => text == name || matches(tokens, name),
        }
    }
}

fn only(character: char) -> Token {
    Token::Class { ranges: vec![(character, character)], negated: false }
}

/// A class from behind its `[`.
fn class(rest: &mut std::str::Chars<'_>) -> Option<Token> {
    let member = |rest: &mut std::str::Chars<'_>| match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        other => Some(other),
    };
    let negated = rest.as_str().starts_with('^');
    if negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    while ranges.is_empty() || !rest.as_str().starts_with(']') {
        let low = member(rest)?;
        let high = if rest.as_str().starts_with('-') {
            rest.next();
            member(rest)?
        } else {
            low
        };
        ranges.push((low, high));
    }
    rest.next();
    Some(Token::Class { ranges, negated })
}

/// Whether all of `name` matches; a byte that is no UTF-8 is one U+FFFD, as for Go.
fn matches(tokens: &[Token], name: &[u8]) -> bool {
    let name: Vec<char> = name
        .utf8_chunks()
        .flat_map(|chunk| {
            let invalid = chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER);
            chunk.valid().chars().chain(invalid)
        })
        .collect();
    let (mut token, mut at) = (0, 0);
    // Where to go on when what follows the last star does not fit: one character further.
    let mut again = None;
    while at < name.len() || token < tokens.len() {
        match tokens.get(token) {
            Some(Token::Star) => {
                again = Some((token, at + 1));
                token += 1;
                continue;
            }
            Some(Token::Class { ranges, negated }) if at < name.len() => {
                let within = ranges.iter().any(|(low, high)| (low..=high).contains(&&name[at]));
                if within != *negated {
                    (token, at) = (token + 1, at + 1);
                    continue;
                }
            }
            _ => {}
        }
        match again {
            Some((star, next)) if next <= name.len() => (token, at) = (star, next),
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::Part;

    fn takes(pattern: &str, name: &str) -> bool {
        Part::pattern(pattern).unwrap().takes(name.as_bytes())
    }

    #[test]
    fn patterns_match_as_gos_do() {
        for (pattern, name, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("*", "abc", true),
            ("*", ".hidden", true),
            ("*c", "abc", true),
            ("*b", "abc", false),
            ("a*", "a", true),
            ("a*b*c*d*e*", "axbxcxdxexxx", true),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^c]", "abc", false),
            ("ab[^e-g]", "abc", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "acb", false),
            ("a?b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("[a-ζ]*", "α", true),
            (r"[\]a]", "]", true),
            (r"[x\-]", "-", true),
            (r"[x\-]", "z", false),
            ("*x", "xxx", true),
            ("package*.json", "package-lock.json", true),
        ] {
            assert_eq!(takes(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_name_that_is_written_as_the_pattern_is_taken_too() {
        assert!(takes("a[1].txt", "a[1].txt"));
        assert!(takes("a[1].txt", "a1.txt"));
    }

    #[test]
    fn what_go_refuses_is_none() {
        for pattern in ["[", "[]", "[]a]", "[-]", "[x-]", "[-x]", "a[", r"a\", "[a-b-c]", "[^bc"] {
            assert_eq!(Part::pattern(pattern), None, "{pattern}");
        }
    }
}
