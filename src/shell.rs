//! The one place that quotes for a POSIX shell.
//!
//! Works for every shell that can stand at the far side (dash, bash, busybox ash): single
//! quotes, in which nothing is special but the single quote itself.
//! Source: POSIX.1-2024, Shell Command Language, 2.2.2 "Single-Quotes".

/// `text` as one word of a POSIX shell command.
///
/// Words that need no quotes stay as they are, so that printed commands are readable. A NUL,
/// which no argument can hold, is left in place: the caller refuses it before.
#[must_use]
pub fn quote(text: &str) -> String {
    if is_plain(text.as_bytes()) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// [`quote`] for bytes that need not be UTF-8, appended to `out`.
///
/// Always quoted, whatever the bytes: the result is read by a shell, not by people.
pub fn quote_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'\'');
    for &byte in bytes {
        if byte == b'\'' {
            out.extend_from_slice(br"'\''");
        } else {
            out.push(byte);
        }
    }
    out.push(b'\'');
}

/// `words` as one line of a POSIX shell, each quoted where it must be.
#[must_use]
pub fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// A shell function `assign NAME VALUE` that prints a line which sets and exports the variable
/// where it is read.
pub const ASSIGN: &str = r#"assign() {
  printf "%s='" "$1"
  printf %s "$2" | sed "s/'/'\\\\''/g"
  printf "'; export %s\n" "$1"
}"#;

/// Whether a POSIX shell can set a variable of this name.
#[must_use]
pub fn is_variable(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

fn is_plain(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        assert_eq!(quote("--destination=reg/a:1"), "--destination=reg/a:1");
    }

    #[test]
    fn an_empty_word_is_quoted() {
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn what_a_shell_would_read_is_quoted() {
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("$HOME`id`\\"), "'$HOME`id`\\'");
        assert_eq!(quote("~root"), "'~root'");
        assert_eq!(quote("two\nlines"), "'two\nlines'");
    }

    #[test]
    fn a_single_quote_ends_the_quotes_and_starts_them_again() {
        assert_eq!(quote("it's"), r"'it'\''s'");
    }

    #[test]
    fn bytes_are_kept_as_they_are() {
        let mut out = Vec::new();
        quote_bytes(b"\xff'\n", &mut out);
        assert_eq!(out, b"'\xff'\\''\n'");
    }

    #[test]
    fn names_of_variables_are_known() {
        assert!(is_variable("_A1"));
        assert!(!is_variable("1A"));
        assert!(!is_variable("a-b"));
        assert!(!is_variable(""));
    }

    #[test]
    fn words_are_joined_by_spaces() {
        assert_eq!(join(["sh", "-c", "echo hi"]), "sh -c 'echo hi'");
    }
}
