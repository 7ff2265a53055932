//! Proxies: which requests go through one, and how they are let through.
//!
//! Source: Go's golang.org/x/net/http/httpproxy, whose rules Kaniko and docker go by.

use std::net::IpAddr;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::header::HeaderValue;

use super::{Address, Url};
use crate::{
    oci::{OciError, Proxies},
    secret::Secret,
};

/// One proxy.
#[derive(Debug)]
pub(super) struct Proxy {
    /// Where it is.
    pub(super) address: Address,
    /// The value of `Proxy-Authorization`.
    pub(super) login: Option<HeaderValue>,
}

/// The proxies of a run, read.
#[derive(Debug)]
pub(super) struct Rules {
    http: Option<Result<Proxy, String>>,
    https: Option<Result<Proxy, String>>,
    without: Vec<Without>,
}

/// Whom no proxy stands before.
#[derive(Debug, PartialEq, Eq)]
enum Without {
    All,
    /// A number, or a network: its bits and how many of them count.
    Network(IpAddr, u8),
    /// A name and all below it, or, with a dot before it, those alone; and a port.
    Name(String, Option<u16>),
}

impl Rules {
    pub(super) fn new(proxies: &Proxies) -> Self {
        let Proxies { http, https, no } = proxies;
        Self {
            http: http.as_ref().map(read),
            https: https.as_ref().map(read),
            without: no.split(',').filter_map(Without::read).collect(),
        }
    }

    /// The proxy before `address`.
    ///
    /// # Errors
    ///
    /// [`OciError::Setting`] where there is one, and of a kind that we don't know.
    pub(super) fn before(&self, address: &Address) -> Result<Option<&Proxy>, OciError> {
        if address.is_loopback() || self.without.iter().any(|rule| rule.covers(address)) {
            return Ok(None);
        }
        match if address.https { &self.https } else { &self.http } {
            None => Ok(None),
            Some(Ok(proxy)) => Ok(Some(proxy)),
            Some(Err(why)) => Err(OciError::Setting {
                host: address.to_string(),
                what: "the proxy",
                why: why.clone(),
            }),
        }
    }
}

/// Reads `http://[user[:password]@]host[:port]`; a bare `host:port` counts too.
fn read(text: &Secret) -> Result<Proxy, String> {
    let text = std::str::from_utf8(text.expose()).unwrap_or_default();
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some((scheme, _)) => return Err(format!("`{scheme}://` is not spoken, only `http://`")),
        None => text,
    };
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (login, host) =
        rest.rsplit_once('@').map_or((None, rest), |(login, host)| (Some(login), host));
    let address = Address::at(false, host).ok_or("it is no address")?;
    let login = login.map(|login| {
        let login = BASE64_STANDARD.encode(decoded(login));
        let mut value = HeaderValue::try_from(format!("Basic {login}"))
            .map_err(|_| "its login can't be sent")?;
        value.set_sensitive(true);
        Ok::<_, &str>(value)
    });
    Ok(Proxy { address, login: login.transpose()? })
}

/// `user:password` with each `%40` made a `@`.
fn decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match after {
            [high, low, ..] if *first == b'%' => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                digit(high)
                    .zip(digit(low))
                    .and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
            }
            _ => None,
        };
        decoded.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    decoded
}

impl Without {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::All);
        }
        if let Some((network, bits)) = text.split_once('/') {
            return Some(Self::Network(network.parse().ok()?, bits.parse().ok()?));
        }
        if let Ok(number) = text.trim_matches(['[', ']']).parse() {
            return Some(Self::Network(number, 128));
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (&*text, None),
        };
        let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
        (!name.is_empty()).then(|| Self::Name(name.to_owned(), port))
    }

    fn covers(&self, address: &Address) -> bool {
        match self {
            Self::All => true,
            Self::Network(network, bits) => {
                address.name.parse().is_ok_and(|number| is_within(number, *network, *bits))
            }
            Self::Name(name, port) => {
                let below = |parent: &str| address.name.ends_with(parent);
                port.is_none_or(|port| port == address.port)
                    && match name.strip_prefix('.') {
                        Some(_) => below(name),
                        None => address.name == *name || below(&format!(".{name}")),
                    }
            }
        }
    }
}

fn is_within(number: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (number, network) {
        (IpAddr::V4(number), IpAddr::V4(network)) => {
            let shift = 32 - u32::from(bits.min(32));
            (number.to_bits() ^ network.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(number), IpAddr::V6(network)) => {
            let shift = 128 - u32::from(bits.min(128));
            (number.to_bits() ^ network.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// The first line of a tunnel through `proxy`, and the lines below it.
pub(super) fn tunnel(proxy: &Proxy, to: &Address) -> Vec<u8> {
    let there = format!("{}:{}", to.bracketed(), to.port);
    let mut head = format!("CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n").into_bytes();
    if let Some(login) = &proxy.login {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(login.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// A plain request through a proxy names the whole address.
pub(super) fn absolute(url: &Url) -> String {
    format!("http://{}{}", url.address, url.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes_through(no: &str, host: &str) -> bool {
        let proxies =
            Proxies { https: Some("http://proxy:3128".into()), no: no.to_owned(), http: None };
        let address = Address::at(true, host).unwrap();
        Rules::new(&proxies).before(&address).unwrap().is_some()
    }

    #[test]
    fn a_name_covers_what_is_below_it() {
        assert!(!goes_through("corp.io", "corp.io"));
        assert!(!goes_through("a.io, Corp.io", "x.corp.io"));
        assert!(goes_through("corp.io", "xcorp.io"));
        assert!(goes_through(".corp.io", "corp.io"));
        assert!(!goes_through("*.corp.io", "x.corp.io"));
        assert!(!goes_through("*", "a.io"));
        assert!(goes_through("", "a.io"));
    }

    #[test]
    fn a_rule_may_have_a_port_or_be_a_network() {
        assert!(!goes_through("corp.io:5000", "corp.io:5000"));
        assert!(goes_through("corp.io:5000", "corp.io"));
        assert!(!goes_through("10.0.0.0/8", "10.1.2.3:5000"));
        assert!(goes_through("10.0.0.0/8", "11.1.2.3"));
        assert!(!goes_through("0.0.0.0/0", "11.1.2.3"));
        assert!(!goes_through("10.1.2.3", "10.1.2.3:5000"));
        assert!(!goes_through("fd00::/8", "[fd12::1]:5000"));
    }

    #[test]
    fn this_machine_is_never_behind_a_proxy() {
        assert!(!goes_through("", "localhost:5000"));
        assert!(!goes_through("", "127.0.0.1:5000"));
    }

    #[test]
    fn a_proxy_may_want_a_login_which_is_not_shown() {
        let proxy = read(&"http://me:p%40ss@proxy:3128/".into()).unwrap();
        assert_eq!(proxy.address.to_string(), "proxy:3128");
        assert_eq!(proxy.login.as_ref().unwrap(), "Basic bWU6cEBzcw==");
        assert!(!format!("{proxy:?}").contains("bWU6"));
        let head = tunnel(&proxy, &Address::at(true, "a.io").unwrap());
        assert_eq!(
            String::from_utf8(head).unwrap(),
            "CONNECT a.io:443 HTTP/1.1\r\nHost: a.io:443\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n\r\n"
        );
    }

    #[test]
    fn a_proxy_of_another_kind_is_named_when_it_is_needed() {
        let proxies = Proxies { https: Some("socks5://p:1".into()), ..Proxies::default() };
        let rules = Rules::new(&proxies);
        let error = rules.before(&Address::at(true, "a.io").unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the proxy of `a.io` can't be used: `socks5://` is not spoken, only `http://`"
        );
    }
}
