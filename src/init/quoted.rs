//! Strings of TOML that are templates as well.

use std::fmt::Write as _;

/// Whether minijinja would take a part of `text` for its own.
pub(super) fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|start| text.contains(start))
}

/// `text` as a string of TOML, on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// `name` as a key of TOML.
pub(super) fn key(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.bytes().all(plain) { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_valid_whatever_is_in_them() {
        assert_eq!(quoted(r#"a "b" \c"#), r#""a \"b\" \\c""#);
        assert_eq!(quoted("a\nü\u{7f}"), "\"a\\u000Aü\\u007F\"");
        assert_eq!(key("api-1_x"), "api-1_x");
        assert_eq!(key("py3.12"), "\"py3.12\"");
    }

    #[test]
    fn templates_are_told_by_how_they_begin() {
        assert_eq!(
            ["a{{b", "{%", "{#x", "{ {", "a{b}"].map(is_template),
            [true, true, true, false, false]
        );
    }
}
