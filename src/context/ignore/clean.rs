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

/// Whether Go's `filepath.Match` takes `pattern`: what it refuses, Docker refuses.
///
/// Within brackets `-` and `]` stand for themselves only after a backslash, so `[-x]` and
/// `[]a]` are no classes.
pub(super) fn well_formed(pattern: &[u8]) -> bool {
    let mut rest = pattern;
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'[' => match after_class(after) {
                Some(after) => after,
                None => return false,
            },
            b'\\' if after.is_empty() => return false,
            b'\\' => &after[1..],
            _ => after,
        };
    }
    true
}

/// What follows a class whose inside starts at `rest`.
fn after_class(rest: &[u8]) -> Option<&[u8]> {
    let mut rest = rest.strip_prefix(b"^").unwrap_or(rest);
    let mut members = 0;
    loop {
        if members > 0
            && let Some(after) = rest.strip_prefix(b"]")
        {
            return Some(after);
        }
        rest = after_member(rest)?;
        if let Some(upper) = rest.strip_prefix(b"-") {
            rest = after_member(upper)?;
        }
        members += 1;
    }
}

/// What follows one character of a class; something has to.
fn after_member(rest: &[u8]) -> Option<&[u8]> {
    if matches!(rest.first(), None | Some(b'-' | b']')) {
        return None;
    }
    let rest = rest.strip_prefix(b"\\").unwrap_or(rest);
    let first = rest.utf8_chunks().next()?.valid().chars().next()?;
    Some(&rest[first.len_utf8()..]).filter(|after| !after.is_empty())
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
        for pattern in ["a", "[a]", "[^a]", "[a-z]", r"[\]a]", r"[\-x]", r"\*", "a]", "[*]", "[☺]"]
        {
            assert!(well_formed(pattern.as_bytes()), "{pattern:?}");
        }
        for pattern in
            ["[", "[]", "[]a]", "[-]", "[x-]", "[-x]", "[^", "[^bc", "a[", r"\", "[a-b-c]"]
        {
            assert!(!well_formed(pattern.as_bytes()), "{pattern:?}");
        }
        assert!(!well_formed(b"[\xff]"));
    }
}
