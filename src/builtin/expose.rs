//! Ports of `EXPOSE`.
//!
//! Source: `BuildKit`'s `dockerfile2llb/convert_expose.go`.

/// The ports that a word means, as a config has them: `80/tcp`, or several of a range.
pub(super) fn ports(word: &str) -> Option<Vec<String>> {
    // A host's address and port before it are taken and mean nothing.
    let container = word.rsplit(':').next().unwrap_or(word);
    let (range, protocol) = container.split_once('/').unwrap_or((container, "tcp"));
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_lowercase() };
    if !["tcp", "udp", "sctp"].contains(&&*protocol) {
        return None;
    }
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then(|| (first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

#[cfg(test)]
mod tests {
    use super::ports;

    #[test]
    fn a_port_has_a_protocol() {
        assert_eq!(ports("80"), Some(vec!["80/tcp".to_owned()]));
        assert_eq!(ports("53/UDP"), Some(vec!["53/udp".to_owned()]));
        assert_eq!(ports("127.0.0.1:8080:80/"), Some(vec!["80/tcp".to_owned()]));
        assert_eq!(ports("80-82"), Some(["80/tcp", "81/tcp", "82/tcp"].map(str::to_owned).into()));
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for word in ["", "http", "65536", "82-80", "80/icmp", "-80", "80-"] {
            assert_eq!(ports(word), None, "{word}");
        }
    }
}
