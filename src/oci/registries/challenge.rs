//! How a registry wants to know who we are.
//!
//! Source: RFC 7235, "WWW-Authenticate"; distribution's token authentication.

use crate::oci::http::{Address, Url};

/// What the answer 401 asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token, which is had elsewhere.
    Bearer {
        /// Where.
        realm: Url,
        /// What it is for.
        service: Option<String>,
        /// What it would have to allow.
        scope: Option<String>,
    },
}

/// The best of the challenges in `values`, relative to where they come from: a token rather
/// than a password; none if there is none that we know.
pub(super) fn read<'a>(values: impl Iterator<Item = &'a str>, from: &Address) -> Option<Challenge> {
    let mut best = None;
    for value in values {
        for (scheme, parameters) in challenges(value) {
            let parameter = |name: &str| {
                let named = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
                parameters.iter().find(named).map(|(_, value)| value.clone())
            };
            if scheme.eq_ignore_ascii_case("bearer") {
                let realm = parameter("realm").and_then(|realm| from.path("/").join(&realm));
                if let Some(realm) = realm {
                    let (service, scope) = (parameter("service"), parameter("scope"));
                    return Some(Challenge::Bearer { realm, service, scope });
                }
            } else if scheme.eq_ignore_ascii_case("basic") {
                best = Some(Challenge::Basic);
            }
        }
    }
    best
}

/// The challenges of one header, each with its parameters.
fn challenges(value: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut all: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        if end == 0 {
            // A stray `=`, or the end.
            match rest.strip_prefix('=') {
                Some(after) => rest = after,
                None => return all,
            }
            continue;
        }
        let (word, after) = rest.split_at(end);
        rest = after;
        match after.strip_prefix('=') {
            Some(after) => {
                let (value, after) = parameter(after);
                rest = after;
                if let Some((_, parameters)) = all.last_mut() {
                    parameters.push((word.to_owned(), value));
                }
            }
            None => all.push((word.to_owned(), Vec::new())),
        }
    }
}

/// A value, quoted or not, and what stands behind it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(value: &str) -> Option<Challenge> {
        read([value].into_iter(), &Address::at(true, "a.io").unwrap())
    }

    #[test]
    fn a_token_is_had_where_the_realm_says() {
        let challenge = read_one(
            r#"Bearer realm="https://auth.a.io/token",service="a.io",scope="repository:x:pull,push""#,
        );
        assert_eq!(
            challenge,
            Some(Challenge::Bearer {
                realm: Url::parse("https://auth.a.io/token").unwrap(),
                service: Some("a.io".to_owned()),
                scope: Some("repository:x:pull,push".to_owned()),
            })
        );
    }

    #[test]
    fn schemes_have_no_letter_case_and_a_token_is_better() {
        assert_eq!(read_one(r#"BASIC realm="Sonatype, \"Nexus\"""#), Some(Challenge::Basic));
        let both = read_one(r#"Basic realm="x", bearer realm="/jwt""#);
        assert_eq!(
            both,
            Some(Challenge::Bearer {
                realm: Url::parse("https://a.io/jwt").unwrap(),
                service: None,
                scope: None
            })
        );
    }

    #[test]
    fn what_is_not_known_asks_for_nothing() {
        assert_eq!(read_one("Negotiate"), None);
        assert_eq!(read_one("Bearer service=x"), None);
        assert_eq!(read_one("= ,=\"x"), None);
    }
}
