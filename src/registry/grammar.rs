//! Which characters may stand in the parts of an image reference.
//!
//! Each rule answers with what it allows, as the end of a sentence that names the part.
//!
//! Source: distribution's reference grammar, narrowed where go-containerregistry's pkg/name
//! takes less.

use std::net::Ipv6Addr;

/// A DNS name, an IPv4 address or an IPv6 one in brackets, and a port.
pub(super) fn host(host: &str) -> Result<(), &'static str> {
    const RULE: &str =
        "must be letters, digits and `-` between dots, with a port up to 65535 after a `:`";
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let port_is_right = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    let name_is_right = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => name.as_bytes().split(|byte| *byte == b'.').all(|label| {
            !label.is_empty()
                && !label.starts_with(b"-")
                && !label.ends_with(b"-")
                && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        }),
    };
    if port_is_right && name_is_right { Ok(()) } else { Err(RULE) }
}

/// Lower-case parts between slashes, 2 to 255 characters in all.
pub(super) fn repository(repository: &str) -> Result<(), &'static str> {
    let fits = (2..=255).contains(&repository.len());
    // Most are right, and need no reason.
    if fits && repository.split('/').all(part) {
        return Ok(());
    }
    if repository.is_empty() {
        return Err("is missing after the host");
    }
    if repository.chars().any(char::is_uppercase) {
        return Err("must be lower case");
    }
    if repository.split('/').any(str::is_empty) {
        return Err("has an empty part between its slashes");
    }
    if !repository.split('/').all(part) {
        return Err(
            "must be lower-case letters and digits, joined by `/`, `.`, `_`, `__` or any number of `-`",
        );
    }
    Err("must have 2 to 255 characters (Kaniko takes no shorter one)")
}

/// A word of 1 to 128 characters.
pub(super) fn tag(tag: &str) -> Result<(), &'static str> {
    let right = (1..=128).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if right {
        Ok(())
    } else {
        Err(
            "must have 1 to 128 characters: letters, digits, `_`, `.` and `-`, the first no `.` or `-`",
        )
    }
}

/// Runs of letters and digits with one separator between each two.
pub(super) fn part(part: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    let edges = bytes.first().is_some_and(is_word) && bytes.last().is_some_and(is_word);
    edges
        && bytes
            .split(is_word)
            .all(|run| matches!(run, b"" | b"." | b"_" | b"__") || run.iter().all(|b| *b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_of_a_repository_stand_alone_but_for_dashes() {
        assert!(repository("a--b/c__d/e.f_g").is_ok());
        assert!(repository("a._b").is_err());
        assert!(repository("ab/").is_err());
        assert!(repository("ab-").is_err());
        assert!(repository("äb").is_err());
    }

    #[test]
    fn a_repository_of_255_characters_is_the_longest() {
        assert!(repository(&"a".repeat(255)).is_ok());
        assert!(repository(&"a".repeat(256)).is_err());
    }

    #[test]
    fn hosts_are_names_or_addresses_with_or_without_a_port() {
        assert!(host("127.0.0.1:5000").is_ok());
        assert!(host("[fe80::1]").is_ok());
        assert!(host("a.example.com:65535").is_ok());
        assert!(host("a.example.com:+80").is_err());
        assert!(host("-a.example.com").is_err());
        assert!(host("a..example.com").is_err());
    }
}
