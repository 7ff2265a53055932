//! Addresses on the web: what is spoken where, and what is asked for there.

use std::fmt::{self, Write as _};

/// A server: HTTP or HTTPS, its name and its port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::oci) struct Address {
    /// HTTPS, not plain HTTP.
    pub(in crate::oci) https: bool,
    /// Its name, or its number; one of version 6 without brackets.
    pub(in crate::oci) name: String,
    /// Its port.
    pub(in crate::oci) port: u16,
}

/// What is asked for, and where.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::oci) struct Url {
    /// Where.
    pub(in crate::oci) address: Address,
    /// From its `/` on, with its query, which may be a pass: it is not shown.
    pub(in crate::oci) path: String,
}

impl Address {
    /// The server at `host[:port]`; none if that is no host.
    pub(in crate::oci) fn at(https: bool, host: &str) -> Option<Self> {
        let (name, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let (name, rest) = rest.split_once(']')?;
                (name, rest.strip_prefix(':'))
            }
            None => match host.split_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (host, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().ok()?,
            None if https => 443,
            None => 80,
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%~".contains(&byte);
        (!name.is_empty() && name.bytes().all(plain)).then(|| Self {
            https,
            name: name.to_ascii_lowercase(),
            port,
        })
    }

    /// `path` there.
    pub(in crate::oci) fn path(&self, path: impl Into<String>) -> Url {
        Url { address: self.clone(), path: path.into() }
    }

    /// Whether it is this very machine.
    pub(in crate::oci) fn is_loopback(&self) -> bool {
        self.name == "localhost"
            || self.name.parse().is_ok_and(|number: std::net::IpAddr| number.is_loopback())
    }

    /// The name as it stands before a port.
    pub(in crate::oci) fn bracketed(&self) -> String {
        if self.name.contains(':') { format!("[{}]", self.name) } else { self.name.clone() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = if self.https { 443 } else { 80 };
        formatter.write_str(&self.bracketed())?;
        if self.port == usual { Ok(()) } else { write!(formatter, ":{}", self.port) }
    }
}

impl Url {
    /// Reads an absolute address.
    pub(in crate::oci) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let https = match &*scheme.to_ascii_lowercase() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let printable = |byte: u8| byte.is_ascii_graphic();
        let address = Address::at(https, authority)?;
        path.bytes().all(printable).then_some(Self { address, path })
    }

    /// Reads `location` as an answer to this address gives it.
    ///
    /// A server that is reached over HTTPS and names itself with `http://` stands behind
    /// something that ends TLS for it, and is reached over HTTPS again.
    pub(in crate::oci) fn join(&self, location: &str) -> Option<Self> {
        let printable = |byte: u8| byte.is_ascii_graphic();
        if let Some(rest) = location.strip_prefix("//") {
            let scheme = if self.address.https { "https" } else { "http" };
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        if location.starts_with('/') {
            return location
                .bytes()
                .all(printable)
                .then(|| self.address.path(location.split('#').next().unwrap_or_default()));
        }
        if location.contains("://") {
            let mut url = Self::parse(location)?;
            let (here, there) = (&self.address, &mut url.address);
            if here.https
                && !there.https
                && here.name == there.name
                && matches!(there.port, 80 | 443)
            {
                there.https = true;
                there.port = here.port;
            }
            return Some(url);
        }
        let directory = self.path.split('?').next()?.rsplit_once('/')?.0;
        location
            .bytes()
            .all(printable)
            .then(|| self.address.path(format!("{directory}/{location}")))
    }

    /// The same with a parameter behind its query.
    pub(in crate::oci) fn with(&self, name: &str, value: &str) -> Self {
        let mark = if self.path.contains('?') { '&' } else { '?' };
        let path = format!("{}{mark}{name}={}", self.path, encoded(value));
        Self { address: self.address.clone(), path }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(formatter, "{}{path}", self.address)
    }
}

/// `text` as the value of a parameter.
pub(in crate::oci) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes everything");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, location: &str) -> String {
        let url = Url::parse(base).unwrap().join(location).unwrap();
        format!("{} {} {}", url.address.https, url.address, url.path)
    }

    #[test]
    fn the_port_need_not_be_written() {
        assert_eq!(Address::at(true, "A.io").unwrap().to_string(), "a.io");
        assert_eq!(Address::at(false, "a.io:443").unwrap().to_string(), "a.io:443");
        assert_eq!(Address::at(true, "[::1]:5000").unwrap().to_string(), "[::1]:5000");
        assert_eq!(Address::at(true, "[::1]:5000").unwrap().name, "::1");
        assert_eq!(Address::at(true, "user@a.io"), None);
        assert_eq!(Address::at(true, "a.io:x"), None);
    }

    #[test]
    fn this_machine_is_known_by_name_and_number() {
        for host in ["localhost:5000", "127.0.0.1", "127.1.2.3:1", "[::1]"] {
            assert!(Address::at(true, host).unwrap().is_loopback(), "{host}");
        }
        assert!(!Address::at(true, "10.0.0.1").unwrap().is_loopback());
    }

    #[test]
    fn locations_may_be_relative() {
        assert_eq!(joined("https://a.io/v2/x", "/y?z=1"), "true a.io /y?z=1");
        assert_eq!(joined("https://a.io/v2/x?q", "y"), "true a.io /v2/y");
        assert_eq!(joined("https://a.io/v2/", "https://b.io/c"), "true b.io /c");
        assert_eq!(joined("http://a.io:1/v2/", "//b.io"), "false b.io /");
    }

    #[test]
    fn a_registry_behind_what_ends_its_tls_is_reached_over_tls_again() {
        assert_eq!(joined("https://a.io/v2/", "http://a.io/u"), "true a.io /u");
        assert_eq!(joined("https://a.io:8443/v2/", "http://a.io/u"), "true a.io:8443 /u");
        assert_eq!(joined("https://a.io/v2/", "http://b.io/u"), "false b.io /u");
    }

    #[test]
    fn a_query_is_a_pass_that_is_not_shown() {
        let url = Url::parse("https://a.io/v2/?sig=hunter2").unwrap().with("digest", "sha256:1");
        assert_eq!(url.path, "/v2/?sig=hunter2&digest=sha256%3A1");
        assert_eq!(format!("{url:?}"), "a.io/v2/");
        assert_eq!(Url::parse("ftp://a.io/"), None);
        assert_eq!(Url::parse("https://a.io/ x"), None);
    }
}
