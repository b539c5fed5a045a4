//! The form of an endpoint: `http://host:port`, `https://host:port` or `host:port`.
//!
//! It is checked by hand and not by a parser of URLs: those of the languages of the clients differ in what they accept,
//! and the clients refuse the same endpoints in the same words. `stubs/testdata/endpoints.json` has them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The port in advice, where a server listens by default.
const PORT: &str = "50051";
/// The same for a server with TLS.
const TLS_PORT: &str = "443";

/// How long a part of a host may be: DNS has no longer ones.
const LABEL: usize = 63;
/// The same for all of it, without a dot at the end.
const HOST: usize = 253;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `host:port`; an IPv6 address has brackets.
    pub authority: String,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }
}

impl Address {
    /// The host, as a certificate names it.
    pub fn host(&self) -> &str {
        let host = self.authority.rsplit_once(':').map_or(self.authority.as_str(), |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }
}

/// Reads an endpoint. The error says what is wrong with it, and the remedy.
pub fn parse(endpoint: &str) -> Result<Address, String> {
    // It is printed in messages, and no server would read the password.
    if endpoint.contains('@') {
        return Err("the endpoint has a user or a password: remove the part up to `@`".to_owned());
    }
    let shown = |text: &str| text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>();
    let wrong = |told: String| Err(format!("endpoint `{}` {told}", shown(endpoint)));
    if endpoint.chars().any(|c| c <= ' ') {
        return wrong("has white space in it: remove it".to_owned());
    }
    let (scheme, rest) = match endpoint.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, endpoint),
    };
    let tls = match scheme.map(str::to_ascii_lowercase).as_deref() {
        None | Some("http") => false,
        Some("https") => true,
        Some(_) => {
            let scheme = shown(scheme.unwrap_or_default());
            return wrong(format!("has the scheme `{scheme}`: use `http://` or `https://`"));
        }
    };
    let front = if scheme.is_some() { format!("{}://", if tls { "https" } else { "http" }) } else { String::new() };
    let usual = if tls { TLS_PORT } else { PORT };
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = match split(authority) {
        Ok(parts) => parts,
        Err(told) => return wrong(told.to_owned()),
    };
    if host.is_empty() {
        return wrong(format!("has no host: write `{front}host:{usual}`"));
    }
    if !tail.is_empty() && tail != "/" {
        return wrong(format!("has more than a host and a port: remove `{}`", shown(tail)));
    }
    if !host.starts_with('[') {
        if !host.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
            return wrong(format!("has the host `{}`: use letters, digits, `-`, `_` and `.`", shown(host)));
        }
        if let Some(told) = unnamable(host) {
            return wrong(format!("has the host `{host}`, {told}: correct it"));
        }
        if host.chars().all(|c| c.is_ascii_digit() || c == '.') && host.parse::<Ipv4Addr>().is_err() {
            return wrong(format!("has the host `{host}`, which is not an IPv4 address: correct it"));
        }
    }
    if port.is_empty() {
        return wrong(format!("has no port: write `{front}{host}:{usual}`"));
    }
    // `parse` alone would take a sign.
    let number = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse::<u16>().ok()).flatten();
    match number.filter(|number| *number > 0) {
        Some(number) => Ok(Address { authority: format!("{host}:{number}"), tls }),
        None => wrong(format!("has the port `{}`: use a number from 1 to 65535", shown(port))),
    }
}

/// Why DNS has no such host. A dot at the end is for a name that is complete.
fn unnamable(host: &str) -> Option<String> {
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.split('.').any(str::is_empty) {
        return Some("which has nothing before or after a dot".to_owned());
    }
    if name.split('.').any(|label| label.len() > LABEL) {
        return Some(format!("a part of which is longer than {LABEL} characters"));
    }
    (name.len() > HOST).then(|| format!("which is longer than {HOST} characters"))
}

/// Host and port, each as it is; the port is empty when there is none.
fn split(authority: &str) -> Result<(&str, &str), &'static str> {
    if authority.starts_with('[') {
        let (address, rest) = authority.split_at(authority.find(']').map_or(0, |end| end + 1));
        let inner = address.strip_prefix('[').and_then(|address| address.strip_suffix(']')).unwrap_or_default();
        let port = if rest.is_empty() { Some("") } else { rest.strip_prefix(':') };
        return match (inner.parse::<Ipv6Addr>(), port) {
            (Ok(_), Some(port)) => Ok((address, port)),
            _ => Err("has an invalid IPv6 address: write it in brackets, such as `[::1]:50051`"),
        };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            Err("has more than one `:`: write an IPv6 address in brackets, such as `[::1]:50051`")
        }
        Some(parts) => Ok(parts),
        None => Ok((authority, "")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_vectors_of_all_clients_hold() {
        let vectors: Vec<Value> =
            serde_json::from_str(include_str!("../../stubs/testdata/endpoints.json")).expect("JSON");
        assert!(vectors.len() > 50);
        for vector in vectors {
            let endpoint = vector["endpoint"].as_str().expect("a text");
            match parse(endpoint) {
                Ok(address) => {
                    assert_eq!(Some(address.authority.as_str()), vector["address"].as_str(), "{endpoint:?}");
                    assert_eq!(Some(address.tls), vector["tls"].as_bool(), "{endpoint:?}");
                }
                Err(told) => assert_eq!(Some(told.as_str()), vector["error"].as_str(), "{endpoint:?}"),
            }
        }
    }

    #[test]
    fn the_host_is_what_a_certificate_names() {
        for (endpoint, host) in [("https://a.b:1", "a.b"), ("https://[::1]:2", "::1"), ("1.2.3.4:5", "1.2.3.4")] {
            assert_eq!(parse(endpoint).expect("an endpoint").host(), host);
        }
    }
}
