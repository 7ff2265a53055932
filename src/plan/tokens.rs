//! Tokens that are known by their form, where all who have the image could read them.
//!
//! What the job knows as a secret is found by its value, in [`super::leaks`]; this is for what is
//! written down.
//!
//! Source: GitLab's documentation, "Token prefixes"; GitHub's, "About authentication", of token
//! formats; AWS's, "Unique identifiers", of keys; Slack's, "Token types"; npm's and Docker's
//! announcements of theirs.

use crate::{
    config::Mistake,
    template::{Part, Rendered},
};

use super::reader::Reader;

/// A prefix, what begins with it, how many letters are behind it at least, and which can be among
/// them beside letters and digits.
const FORMS: [(&str, &str, usize, &str); 18] = [
    ("AKIA", "a key of AWS", 16, ""),
    ("dckr_pat_", "a token of Docker Hub", 20, "-_"),
    ("ghp_", "a token of GitHub", 36, ""),
    ("gho_", "a token of GitHub", 36, ""),
    ("ghr_", "a token of GitHub", 36, ""),
    ("ghs_", "a token of GitHub", 36, ""),
    ("ghu_", "a token of GitHub", 36, ""),
    ("github_pat_", "a token of GitHub", 40, "_"),
    ("glcbt-", "a token of GitLab", 20, "-_."),
    ("gldt-", "a token of GitLab", 20, "-_"),
    ("gloas-", "a token of GitLab", 20, "-_"),
    ("glpat-", "a token of GitLab", 20, "-_"),
    ("glptt-", "a token of GitLab", 20, "-_"),
    ("glrt-", "a token of GitLab", 20, "-_."),
    ("npm_", "a token of npm", 36, ""),
    ("pypi-", "a token of PyPI", 80, "-_"),
    ("xoxb-", "a token of Slack", 20, "-"),
    ("xoxp-", "a token of Slack", 20, "-"),
];

/// How many bytes the shortest of them has.
const SHORTEST: usize = 20;

/// How the first line of a private key ends, whatever its kind.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Tells each of the `entries` of `key` that has the form of a token.
pub(super) fn check(key: &str, entries: &[(String, Rendered)], keys: &mut Reader<'_>) {
    let is_args = key == "build-args";
    for (name, text) in entries {
        let mut literals = text.parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text),
            Part::Late(_) => None,
        });
        let Some(what) = literals.find_map(|text| token(text)) else { continue };
        if is_args && keys.texts("allow-secret-args").contains(name) {
            continue;
        }
        let message = format!("`{key}.{name}` holds what looks like {what}");
        let mistake = match keys.table.at(&[key, name]) {
            Some(node) => Mistake::at(&node.place, message, "a secret").concealed(),
            None => Mistake::nowhere(message),
        };
        let hint = if is_args {
            "it would stay in the image's history: use `secrets` and `RUN --mount=type=secret`, or \
             name it in `allow-secret-args`"
        } else {
            "it would stay in the image for all to read: leave it out"
        };
        keys.mistakes.push(mistake.hint(hint));
    }
}

/// What the text holds.
fn token(text: &str) -> Option<&'static str> {
    // Most texts are short, and plans have many builds.
    if text.len() < SHORTEST {
        return None;
    }
    if text.contains(PRIVATE_KEY) {
        return Some("a private key");
    }
    // Where a word begins: plans have many texts, and most of them few words.
    let mut before = ' ';
    let starts = text.char_indices().filter(|(_, letter)| {
        let begins = !before.is_ascii_alphanumeric() && letter.is_ascii_alphanumeric();
        before = *letter;
        begins
    });
    starts.map(|(start, _)| &text[start..]).find_map(|word| {
        let of_this_form = |(prefix, _, least, others): &&(&str, &str, usize, &str)| {
            let Some(rest) = word.strip_prefix(prefix) else { return false };
            let is_beyond =
                |letter: char| !letter.is_ascii_alphanumeric() && !others.contains(letter);
            let letters = &rest[..rest.find(is_beyond).unwrap_or(rest.len())];
            // Letters alone are words: in so many that are drawn there is a digit.
            let is_drawn = letters.contains(|letter: char| letter.is_ascii_digit());
            is_drawn && letters.len() >= *least && !letters.ends_with("EXAMPLE")
        };
        FORMS.iter().find(of_this_form).map(|(_, what, ..)| *what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_prefix_and_length_wherever_it_stands() {
        let letters = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6lM9o";

        assert_eq!(token(&format!("https://x:glpat-{letters}@h/")), Some("a token of GitLab"));
        assert_eq!(token("u=glcbt-64_YcHKzDyyb8XYKjr-fHXg"), Some("a token of GitLab"));
        assert_eq!(token(&format!("ghp_{letters}")), Some("a token of GitHub"));
        assert_eq!(token("AKIAABCDEFGHIJKLMN2P"), Some("a key of AWS"));
        assert_eq!(token("-----BEGIN PRIVATE KEY-----\nMII"), Some("a private key"));
    }

    #[test]
    fn none_is_shorter_than_the_shortest() {
        let lengths = FORMS.iter().map(|(prefix, _, least, _)| prefix.len() + least);

        assert_eq!(lengths.min(), Some(SHORTEST));
        assert!(PRIVATE_KEY.len() < SHORTEST, "its first line has dashes before as well");
    }

    #[test]
    fn what_only_begins_so_is_none() {
        for text in [
            "",
            "glpat-",
            "npm_config_registry=https://registry.example.com",
            "AKIAIOSFODNN7EXAMPLE",
            "xoxb-short",
            "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "PLAKIAABCDEFGHIJKLMN2P",
            "glpat-style-tokens-are-refused-here",
        ] {
            assert_eq!(token(text), None, "{text}");
        }
    }
}
