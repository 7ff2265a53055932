//! Wildcards in the sources of `COPY` and `ADD`.
//!
//! Source: Go's `path/filepath`, `Match`; fsutil's copy/copy.go, `ResolveWildcards`.

/// Whether a component of a source holds wildcards.
pub(super) fn is_pattern(part: &[u8]) -> bool {
    let mut bytes = part.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => return true,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    false
}

/// Whether `pattern` matches the whole of `name`; a damaged pattern matches nothing.
///
/// `*` is any text, `?` any character, `[a-c]` one of a class, `[^a]` none of it, `\` takes the
/// meaning of what follows. Both are one component of a path.
pub(super) fn matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    // Where the last `*` stands, and how much it matches: all else is decided without going back.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match pattern.first() {
            Some(b'*') => {
                pattern = &pattern[1..];
                star = Some((pattern, name));
                continue;
            }
            None if name.is_empty() => return true,
            None => {}
            Some(_) => match one(pattern, name) {
                One::Matches(rest, after) => {
                    (pattern, name) = (rest, after);
                    continue;
                }
                One::Differs => {}
                One::Damaged => return false,
            },
        }
        // Let the last `*` take one character more.
        let Some((after_star, from)) = star else { return false };
        if from.is_empty() {
            return false;
        }
        let from = &from[character(from)..];
        star = Some((after_star, from));
        (pattern, name) = (after_star, from);
    }
}

enum One<'p, 'n> {
    Matches(&'p [u8], &'n [u8]),
    Differs,
    Damaged,
}

/// Compares the first element of a pattern, which is no `*`.
fn one<'p, 'n>(pattern: &'p [u8], name: &'n [u8]) -> One<'p, 'n> {
    let length = character(name);
    let after = name.get(length..).unwrap_or_default();
    match pattern {
        [b'?', rest @ ..] if !name.is_empty() => One::Matches(rest, after),
        [b'?', ..] | [] => One::Differs,
        [b'[', rest @ ..] => match class(rest, scalar(name)) {
            Some((true, rest)) if !name.is_empty() => One::Matches(rest, after),
            Some(_) => One::Differs,
            None => One::Damaged,
        },
        [b'\\'] => One::Damaged,
        [b'\\', byte, rest @ ..] | [byte, rest @ ..] => match name.first() {
            Some(first) if first == byte => One::Matches(rest, &name[1..]),
            _ => One::Differs,
        },
    }
}

/// Whether a class holds `wanted`, and what is behind the class.
fn class(mut pattern: &[u8], wanted: u32) -> Option<(bool, &[u8])> {
    let negated = pattern.first() == Some(&b'^');
    if negated {
        pattern = &pattern[1..];
    }
    let mut found = false;
    let mut ranges = 0;
    loop {
        if pattern.first() == Some(&b']') && ranges > 0 {
            return Some((found != negated, &pattern[1..]));
        }
        let (low, rest) = bound(pattern)?;
        pattern = rest;
        let mut high = low;
        if pattern.first() == Some(&b'-') {
            (high, pattern) = bound(&pattern[1..])?;
        }
        found |= (low..=high).contains(&wanted);
        ranges += 1;
    }
}

/// One end of a range, and what is behind it.
fn bound(pattern: &[u8]) -> Option<(u32, &[u8])> {
    let pattern = match pattern {
        [] | [b'-' | b']', ..] => return None,
        [b'\\', rest @ ..] => rest,
        pattern => pattern,
    };
    if pattern.is_empty() {
        return None;
    }
    Some((scalar(pattern), &pattern[character(pattern)..]))
}

/// Bytes of the first character; a byte that is no UTF-8 is one.
fn character(text: &[u8]) -> usize {
    first(text).map_or(usize::from(!text.is_empty()), char::len_utf8)
}

fn scalar(text: &[u8]) -> u32 {
    first(text).map_or(0xfffd, u32::from)
}

fn first(text: &[u8]) -> Option<char> {
    let start = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(start) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
    };
    valid.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Go's own table, `path/filepath/match_test.go`.
    #[test]
    fn patterns_match_as_with_go() {
        for (pattern, name, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*b*c*d*e*", "axbxcxdxe", true),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^c]", "abc", false),
            ("ab[^b-d]", "abc", false),
            ("ab[^e-g]", "abc", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false),
            ("a?b", "a☺b", true),
            ("a[^a]b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("a[^a][^a][^a]b", "a☺b", false),
            ("[a-ζ]*", "α", true),
            ("*[a-ζ]", "A", false),
            ("[\\]a]", "]", true),
            ("[\\-]", "-", true),
            ("[x\\-]", "x", true),
            ("[x\\-]", "z", false),
            ("[\\-x]", "a", false),
            ("[]a]", "]", false),
            ("[-]", "-", false),
            ("[x-]", "x", false),
            ("[-x]", "x", false),
            ("\\", "a", false),
            ("[a-b-c]", "a", false),
            ("[", "a", false),
            ("[^", "a", false),
            ("[^bc", "a", false),
            ("a[", "a", false),
            ("a[", "ab", false),
            ("*x", "xxx", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_escaped_is_no_pattern() {
        assert!(is_pattern(b"a*") && is_pattern(b"[a]") && is_pattern(b"a\\\\?"));
        assert!(!is_pattern(b"a\\*") && !is_pattern(b"a]"));
    }
}
