//! What Go's `path/filepath` does to a pattern before it is one.

/// The shortest path that is lexically equal to `path`; `.` for nothing.
///
/// Source: Go's `filepath.Clean`.
pub(super) fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            _ => parts.push(part),
        }
    }

    let mut cleaned = parts.join(&b'/');
    if rooted {
        cleaned.insert(0, b'/');
    } else if cleaned.is_empty() {
        cleaned.push(b'.');
    }
    cleaned
}

/// Whether Docker takes `pattern` at all: whether Go's `filepath.Match` does, asked about `.`.
///
/// That reads a pattern from star to star and no further than it has to: it refuses `[-x]`, as
/// `-` and `]` stand for themselves in brackets only after a backslash, and takes `a*[-x]`,
/// because `.` does not start with an `a`.
///
/// Source: Go's `path/filepath`, `Match`.
pub(super) fn well_formed(pattern: &[u8]) -> bool {
    let mut pattern = pattern;
    let mut name = &b"."[..];
    while !pattern.is_empty() {
        let (star, chunk, rest) = next_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return true;
        }
        let fits = |left: &[u8]| left.is_empty() || !rest.is_empty();
        let left = match after_chunk(chunk, name) {
            Err(Malformed) => return false,
            Ok(Some(left)) if fits(left) => Some(left),
            // The star may take the only character there is.
            Ok(_) if star && !name.is_empty() => match after_chunk(chunk, b"") {
                Err(Malformed) => return false,
                Ok(left) => left,
            },
            Ok(_) => None,
        };
        match left {
            Some(left) => name = left,
            None => return true,
        }
    }
    true
}

/// A chunk that is no pattern.
struct Malformed;

/// Whether stars come first, what stands before the next ones, and what comes from there.
fn next_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    let pattern = &pattern[stars..];
    let mut within = false;
    let mut end = 0;
    while let Some(byte) = pattern.get(end) {
        match byte {
            b'\\' => end += 1,
            b'[' => within = true,
            b']' => within = false,
            b'*' if !within => break,
            _ => {}
        }
        end += 1;
    }
    let (chunk, rest) = pattern.split_at(end.min(pattern.len()));
    (stars > 0, chunk, rest)
}

/// What is left of `name` behind `chunk`; none where it does not fit.
fn after_chunk<'a>(chunk: &[u8], name: &'a [u8]) -> Result<Option<&'a [u8]>, Malformed> {
    let mut chunk = chunk;
    let mut left = Some(name);
    while let Some((first, rest)) = chunk.split_first() {
        let next = left.and_then(<[u8]>::split_first);
        let fits = match first {
            b'[' => {
                let (holds, rest) = class(rest, next.map(|(next, _)| *next))?;
                chunk = rest;
                holds
            }
            b'?' => {
                chunk = rest;
                next.is_some_and(|(next, _)| *next != b'/')
            }
            b'\\' => {
                let (escaped, rest) = rest.split_first().ok_or(Malformed)?;
                chunk = rest;
                next.is_some_and(|(next, _)| next == escaped)
            }
            literal => {
                chunk = rest;
                next.is_some_and(|(next, _)| next == literal)
            }
        };
        left = next.filter(|_| fits).map(|(_, left)| left);
    }
    Ok(left)
}

/// Whether a class, from behind its `[`, holds `byte`, and what follows it.
fn class(rest: &[u8], byte: Option<u8>) -> Result<(bool, &[u8]), Malformed> {
    let negated = rest.starts_with(b"^");
    let mut rest = rest.strip_prefix(b"^").unwrap_or(rest);
    let (mut holds, mut members) = (false, 0);
    while members == 0 || !rest.starts_with(b"]") {
        let (low, after) = member(rest)?;
        let (high, after) = after.strip_prefix(b"-").map_or(Ok((low, after)), member)?;
        holds |= byte.is_some_and(|byte| (low..=high).contains(&char::from(byte)));
        rest = after;
        members += 1;
    }
    Ok((holds != negated, &rest[1..]))
}

/// One character of a class, and what follows; something has to.
fn member(rest: &[u8]) -> Result<(char, &[u8]), Malformed> {
    if matches!(rest.first(), None | Some(b'-' | b']')) {
        return Err(Malformed);
    }
    let rest = rest.strip_prefix(b"\\").unwrap_or(rest);
    let first = rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let first = first.ok_or(Malformed)?;
    let after = &rest[first.len_utf8()..];
    if after.is_empty() { Err(Malformed) } else { Ok((first, after)) }
}

#[cfg(test)]
mod tests {
    use super::{clean, well_formed};

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, expected) in [
            ("", "."),
            (".", "."),
            ("./a", "a"),
            ("a/", "a"),
            ("a//b", "a/b"),
            ("a/../b", "b"),
            ("a/..", "."),
            ("../a", "../a"),
            ("../../a", "../../a"),
            ("/", "/"),
            ("/..", "/"),
            ("/../a/", "/a"),
            ("**/", "**"),
            ("!a/..", "."),
        ] {
            assert_eq!(clean(path.as_bytes()), expected.as_bytes(), "{path:?}");
        }
    }

    #[test]
    fn only_what_go_takes_is_well_formed() {
        for pattern in [
            "a", "[a]", "[^a]", "[a-z]", r"[\]a]", r"[\-x]", r"\*", "a]", "[*]", "[☺]", "a*[-x]",
            r"a*\",
        ] {
            assert!(well_formed(pattern.as_bytes()), "{pattern:?}");
        }
        for pattern in [
            "[", "[]", "[]a]", "[-]", "[x-]", "[-x]", "[^", "[^bc", "a[", r"\", "[a-b-c]", "*[-x]",
            r".*\",
        ] {
            assert!(!well_formed(pattern.as_bytes()), "{pattern:?}");
        }
        assert!(!well_formed(b"[\xff]"));
    }
}
