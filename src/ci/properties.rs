//! Java's `.properties` files, as `TeamCity` leaves them beside a build.

use std::collections::BTreeMap;

/// The pairs of a file: `key=value` a line, with `\` before what would mean something else.
///
/// Only what is written is read: `=`, `:` or blanks between the two, `\uXXXX`, comments and lines
/// that go on. Source: the Java platform's documentation of `java.util.Properties.load`.
pub(super) fn parse(text: &str) -> BTreeMap<String, String> {
    logical_lines(text).iter().filter_map(|line| pair(line)).collect()
}

/// Lines without comments; one that ends in an odd number of `\` goes on in the next.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut begun: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if begun.is_none() && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let mut whole = begun.take().unwrap_or_default();
        let slashes = line.len() - line.trim_end_matches('\\').len();
        if slashes % 2 == 1 {
            whole.push_str(&line[..line.len() - 1]);
            begun = Some(whole);
        } else {
            whole.push_str(line);
            lines.push(whole);
        }
    }
    lines.extend(begun);
    lines
}

fn pair(line: &str) -> Option<(String, String)> {
    let mut key = String::new();
    let mut rest = line.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => key.extend(escaped(&mut rest)),
            '=' | ':' | ' ' | '\t' => {
                let value = rest.as_str().trim_start_matches([' ', '\t']);
                let value = match letter {
                    ' ' | '\t' => value.strip_prefix(['=', ':']).unwrap_or(value),
                    _ => value,
                };
                return Some((key, unescaped(value.trim_start_matches([' ', '\t']))));
            }
            other => key.push(other),
        }
    }
    (!key.is_empty()).then(|| (key, String::new()))
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => plain.extend(escaped(&mut rest)),
            other => plain.push(other),
        }
    }
    plain
}

/// What stands after a `\`.
fn escaped(rest: &mut std::str::Chars<'_>) -> Option<char> {
    match rest.next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'f' => Some('\u{c}'),
        'u' => {
            let digits: String = rest.by_ref().take(4).collect();
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn keys_and_values_are_read_without_their_escapes() {
        let read = parse(
            "#Mon Nov 23\n\
             vcsroot.url=https\\://git.example.com/shop/api.git\n\
             teamcity.build.branch = feature/x\n\
             with\\ blank:gr\\u00f6\\u00dfe\n\
             long=one\\\n   two\n\
             empty=\n",
        );
        let pairs: Vec<_> =
            read.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();

        assert_eq!(
            pairs,
            [
                ("empty", ""),
                ("long", "onetwo"),
                ("teamcity.build.branch", "feature/x"),
                ("vcsroot.url", "https://git.example.com/shop/api.git"),
                ("with blank", "größe"),
            ]
        );
    }
}
