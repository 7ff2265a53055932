//! The forms in which a secret turns up in output, though nobody printed it as it is.
//!
//! Each form is bytes to look for. Programs escape in their own dialects, so a form has
//! several spellings; those that come out alike are one.

use std::{collections::BTreeSet, fmt::Write};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

/// The fewest bytes that can be looked for; shorter ones turn up in anything.
pub(super) const SHORTEST: usize = 4;

/// More bytes than this are large: more than any key or token has.
const LARGE: usize = 4096;

/// Columns after which `base64` and PEM break a line.
const WRAPS: [usize; 2] = [76, 64];

/// How many bytes there are to look for: line ends at the end do not count.
pub(super) fn length(value: &[u8]) -> usize {
    let ends = value.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    value.len() - ends
}

/// All spellings of `value` and of each of its lines that has [`SHORTEST`] bytes.
///
/// Lines count without the white space at their ends, so that what is printed without its
/// last newline or without its indentation is found too. Of a large value of many lines, a
/// bundle of certificates say, escapes are known of the lines and base64 of the whole: all of
/// both would take memory by the hundreds of MiB.
pub(super) fn of(value: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    let mut add = |form: Vec<u8>| {
        if form.len() >= SHORTEST {
            forms.insert(form);
        }
    };
    let large = value.len() > LARGE && value.contains(&b'\n');
    add(value.to_vec());
    base64(value, &mut add);
    if !large {
        escapes(value, &mut add);
    }
    for line in value.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let line = line.trim_ascii();
        if line.len() >= SHORTEST && line != value {
            add(line.to_vec());
            escapes(line, &mut add);
            if !large {
                base64(line, &mut add);
            }
        }
    }
    forms
}

fn escapes(value: &[u8], add: &mut impl FnMut(Vec<u8>)) {
    url(value, add);
    if let Ok(text) = std::str::from_utf8(value) {
        json(text, add);
        shell(text, add);
    }
}

/// Base64 of `value` alone, and the part of `x:value` that is the same for every `x`.
///
/// Three bytes make four letters, so what comes before shifts `value` by 0, 1 or 2 bytes; a
/// letter that also holds bits of a neighbour is not known, but the last one is where nothing
/// follows.
fn base64(value: &[u8], add: &mut impl FnMut(Vec<u8>)) {
    for engine in [STANDARD, URL_SAFE] {
        let alone = engine.encode(value);
        for width in WRAPS {
            for row in alone.as_bytes().chunks(width).filter(|row| row.len() < alone.len()) {
                add(row.to_vec());
            }
        }
    }
    for (padded, bare) in [(STANDARD, STANDARD_NO_PAD), (URL_SAFE, URL_SAFE_NO_PAD)] {
        for before in 0..3 {
            let mut shifted = Zeroizing::new(vec![0; before]);
            shifted.extend_from_slice(value);
            // The first letter that holds no bit of what comes before, and the first that
            // holds one of what follows.
            let start = (before * 8).div_ceil(6);
            let end = shifted.len() * 8 / 6;
            let last = bare.encode(&*shifted);
            add(last.as_bytes()[start..end].to_vec());
            add(last.as_bytes()[start..].to_vec());
            add(padded.encode(&*shifted).as_bytes()[start..].to_vec());
        }
    }
}

/// Percent-encoding: strict, as a form's field, and as browsers do, in both letter cases.
fn url(value: &[u8], add: &mut impl FnMut(Vec<u8>)) {
    for (kept, plus) in
        [("-_.~", false), ("-_.~", true), ("-_.*", true), ("-_.!~*'()", false), ("-_.~/", false)]
    {
        let mut upper = String::new();
        let mut lower = String::new();
        for &byte in value {
            if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
                upper.push(char::from(byte));
                lower.push(char::from(byte));
            } else if byte == b' ' && plus {
                upper.push('+');
                lower.push('+');
            } else {
                let _ = write!(upper, "%{byte:02X}");
                let _ = write!(lower, "%{byte:02x}");
            }
        }
        add(upper.into_bytes());
        add(lower.into_bytes());
    }
}

/// The inside of a JSON string: as most write it, as Go does for HTML, as PHP and in ASCII.
fn json(text: &str, add: &mut impl FnMut(Vec<u8>)) {
    for (escaped, ascii) in [("", false), ("<>&\u{7f}", false), ("/", false), ("", true)] {
        let mut out = String::new();
        for letter in text.chars() {
            match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                '/' if escaped.contains('/') => out.push_str("\\/"),
                _ if letter.is_control() && letter.is_ascii()
                    || escaped.contains(letter)
                    || ascii && !letter.is_ascii() =>
                {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
                _ => out.push(letter),
            }
        }
        add(out.into_bytes());
    }
}

/// The inside of a shell word: in single quotes two ways, in double quotes, bare, and `$'…'`.
fn shell(text: &str, add: &mut impl FnMut(Vec<u8>)) {
    add(text.replace('\'', r"'\''").into_bytes());
    add(text.replace('\'', r#"'"'"'"#).into_bytes());
    let escape = |special: &dyn Fn(char) -> bool| {
        let mut out = String::new();
        for letter in text.chars() {
            if special(letter) {
                out.push('\\');
            }
            out.push(letter);
        }
        out.into_bytes()
    };
    add(escape(&|letter| "\"\\$`".contains(letter)));
    add(escape(&|letter| {
        letter.is_ascii() && !letter.is_alphanumeric() && !"_-./:=@%+,".contains(letter)
    }));
    add(escape(&|letter| {
        letter.is_ascii() && !letter.is_alphanumeric() && !"_-./:=@%+".contains(letter)
    }));
    let ansi = text.replace('\\', r"\\").replace('\'', r"\'");
    add(ansi.replace('\n', r"\n").replace('\r', r"\r").replace('\t', r"\t").into_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: &str) -> bool {
        of(value.as_bytes()).iter().any(|found| found.as_slice() == form.as_bytes())
    }

    #[test]
    fn base64_is_known_at_all_three_offsets() {
        // base64 of "hunter2-pass" behind "u:", "us:" and "use:", without the shared letters.
        assert!(has("hunter2-pass", "aHVudGVyMi1wYXNz"));
        assert!(has("hunter2-pass", "odW50ZXIyLXBhc3"));
        assert!(has("hunter2-pass", "h1bnRlcjItcGFzc"));
        assert!(has("hunter2-pass", "odW50ZXIyLXBhc3M="));
    }

    #[test]
    fn base64_for_urls_is_known() {
        assert!(has("??>>??>>", "Pz8+Pj8/Pj4="));
        assert!(has("??>>??>>", "Pz8-Pj8_Pj4"));
    }

    #[test]
    fn base64_broken_into_rows_is_known() {
        let value = "x".repeat(60);
        assert!(has(&value, &"eHh4".repeat(19)));
        assert!(has(&value, &"eHh4".repeat(16)));
    }

    #[test]
    fn urls_have_both_letter_cases_and_both_spaces() {
        assert!(has("p@ss w/rd", "p%40ss%20w%2Frd"));
        assert!(has("p@ss w/rd", "p%40ss%20w%2frd"));
        assert!(has("p@ss w/rd", "p%40ss+w%2Frd"));
    }

    #[test]
    fn json_has_the_escapes_of_several_writers() {
        assert!(has("a\"b\\c\nd", "a\\\"b\\\\c\\nd"));
        assert!(has("a<b>&c", "a\\u003cb\\u003e\\u0026c"));
        assert!(has("pä/ss", "p\\u00e4/ss"));
        assert!(has("p/a/s/s", "p\\/a\\/s\\/s"));
        assert!(has("k\u{1f511}ey", "k\\ud83d\\udd11ey"));
    }

    #[test]
    fn shell_words_are_known_however_they_are_quoted() {
        assert!(has("it's $5", r"it'\''s $5"));
        assert!(has("it's $5", r#"it'"'"'s $5"#));
        assert!(has("it's $5", r"it's \$5"));
        assert!(has("it's $5", r"it\'s\ \$5"));
        assert!(has("it's $5", r"it\'s $5"));
    }

    #[test]
    fn a_large_value_is_known_by_its_lines_and_its_base64() {
        let value = "<0123456789 line>\n".repeat(300);
        assert!(has(&value, "%3C0123456789%20line%3E"));
        assert!(has(&value, &STANDARD.encode(&value)));
        assert!(!has(&value, &value.replace('\n', "\\n")));
    }

    #[test]
    fn lines_are_known_alone_but_for_those_under_4_bytes() {
        assert!(has("{\n  \"key\": 1\n}\n", "\"key\": 1"));
        assert!(!has("abcd\nxyz\n", "xyz"));
        assert!(has("token\n", "dG9rZW4="));
    }
}
