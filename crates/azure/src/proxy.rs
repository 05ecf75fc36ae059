//! The address of a proxy, parsed as curl does. It can be shown: its login is stored separately and never
//! shown, and an address that cannot be parsed is refused without quoting it, because the position of the
//! password in it is unknown.

use std::fmt;
use std::net::Ipv6Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::Url;
use zeroize::Zeroizing;

/// The environment variables for https, in curl's order.
pub const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// The variables that name the hosts to be reached without a proxy.
pub const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Why a text is not the address of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProxyError {
    /// White space or a control character, also one that is percent-encoded in the login.
    #[error("it has a space, a line end or another control character in it")]
    Spaces,
    /// A scheme other than `http` and `https`.
    #[error("it begins with neither http:// nor https://")]
    Scheme,
    /// A SOCKS proxy.
    #[error("it is a SOCKS proxy, and certdeck reaches proxies by http:// and https:// only")]
    Socks,
    /// An unescaped `/`, `?` or `#` before the `@` that ends the login.
    #[error("it has a /, ? or # in the user or the password: write %2F, %3F or %23")]
    Reserved,
    /// A port that is no number from 1 to 65535.
    #[error("its port is not a number from 1 to 65535")]
    Port,
    /// A host that is neither a name nor an IP address.
    #[error("its host is neither a name nor an IP address")]
    Host,
}

/// Only scheme, host and port are shown.
#[derive(Clone)]
pub struct Proxy {
    address: Url,
    /// The value of the `Proxy-Authorization` header.
    login: Option<SecretString>,
    from: String,
    /// Hosts that are reached without it, as in `NO_PROXY`.
    not_for: String,
}

impl Proxy {
    /// Parses `http://USER:PASSWORD@HOST:PORT`; scheme, login and port are optional. The last `@` ends the
    /// login, and the first colon in the login separates user and password. `from` is where the address is
    /// configured: `HTTPS_PROXY`.
    pub fn parse(text: &str, from: impl Into<String>) -> Result<Self, ProxyError> {
        let text = text.trim();
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(ProxyError::Spaces);
        }
        let (scheme, rest) = scheme(text)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        // Without this check half of a password would be taken for the host, and shown.
        if tail.contains('@') {
            return Err(ProxyError::Reserved);
        }
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(header(login)?), place),
            None => (None, authority),
        };
        let address =
            Url::parse(&format!("{scheme}://{}", place_of(place)?)).map_err(|_| ProxyError::Host)?;
        Ok(Self { address, login, from: from.into(), not_for: String::new() })
    }

    /// Sets the hosts that are reached without the proxy, in the format of `NO_PROXY`.
    #[must_use]
    pub fn except(self, hosts: Option<String>) -> Self {
        Self { not_for: hosts.unwrap_or_default(), ..self }
    }

    /// Where the address is configured.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Whether the address contains a user or a password.
    pub fn signs_in(&self) -> bool {
        self.login.is_some()
    }

    /// The hosts that are reached without the proxy, in the format of `NO_PROXY`; empty if there are none.
    pub fn not_for(&self) -> &str {
        &self.not_for
    }

    /// The address without the login.
    pub(super) fn address(&self) -> &Url {
        &self.address
    }

    /// `Basic …`, for the header that only the proxy sees.
    pub(super) fn login(&self) -> Option<&str> {
        self.login.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Decides which addresses are reached through it.
    pub(super) fn matcher(&self) -> Matcher {
        Matcher::builder().all(self.address.as_str().to_owned()).no(self.not_for.clone()).build()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Proxy({self}, {}, from {})",
            if self.signs_in() { "with a login" } else { "without a login" },
            self.from
        )
    }
}

/// `http` or `https`, and the rest after it and its slashes, of which curl accepts one to three.
fn scheme(text: &str) -> Result<(&'static str, &str), ProxyError> {
    let head = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let rest = text.get(head.len() + 1..).unwrap_or_default();
    let known = ["http", "https"].into_iter().find(|known| *known == head);
    match known {
        Some(known) if rest.starts_with('/') => {
            let slashes = rest.bytes().take(3).take_while(|byte| *byte == b'/').count();
            Ok((known, &rest[slashes..]))
        }
        Some(_) if text.len() > head.len() => Err(ProxyError::Scheme),
        _ if head.starts_with("socks") && rest.starts_with("//") => Err(ProxyError::Socks),
        _ if rest.starts_with("//") => Err(ProxyError::Scheme),
        _ => Ok(("http", text)),
    }
}

/// User and password, percent-decoded, as a header. Invalid escapes stay as they are.
fn header(login: &str) -> Result<SecretString, ProxyError> {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let mut plain = Zeroizing::new(Vec::with_capacity(login.len() + 1));
    plain.extend(percent_decode_str(user));
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    if plain.iter().any(u8::is_ascii_control) {
        return Err(ProxyError::Spaces);
    }
    Ok(Zeroizing::new(format!("Basic {}", STANDARD.encode(&*plain))).as_str().into())
}

/// Checks `HOST` or `HOST:PORT`; nothing else is allowed.
fn place_of(place: &str) -> Result<&str, ProxyError> {
    let bracketed = place.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let named = || {
        let (host, port) = place.split_at(place.find(':').unwrap_or(place.len()));
        (!host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || "-._".contains(c)), port)
    };
    let (is_host, port) =
        bracketed.map_or_else(named, |(host, rest)| (host.parse::<Ipv6Addr>().is_ok(), rest));
    let is_port = |text: &str| {
        text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    match (is_host, port) {
        (_, port) if !port.is_empty() && !is_port(port) => Err(ProxyError::Port),
        (true, _) => Ok(place),
        (false, _) => Err(ProxyError::Host),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sent(text: &str) -> Result<(String, Option<String>), ProxyError> {
        let proxy = Proxy::parse(text, "HTTPS_PROXY")?;
        let login =
            proxy.login().map(|header| STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap());
        Ok((proxy.to_string(), login.map(|plain| plain.iter().map(|byte| char::from(*byte)).collect())))
    }

    /// What curl 8 sends to a proxy with such an address; older versions refuse two `@`.
    #[test]
    fn a_login_is_sent_as_curl_sends_it_and_no_part_of_it_is_shown() {
        for (text, shown, login) in [
            ("http://proxy:8080", "http://proxy:8080", None),
            ("proxy:8080", "http://proxy:8080", None),
            ("proxy", "http://proxy", None),
            ("HTTPS://Proxy.contoso.com:3128/", "https://proxy.contoso.com:3128", None),
            ("http://proxy:8080/path?x#y", "http://proxy:8080", None),
            ("http://[::1]:8080", "http://[::1]:8080", None),
            ("user:secret9@proxy:8080", "http://proxy:8080", Some("user:secret9")),
            ("http://user:p@ss@proxy:8080", "http://proxy:8080", Some("user:p@ss")),
            ("http://user:p@ss:w@rd@[::1]:8080", "http://[::1]:8080", Some("user:p@ss:w@rd")),
            ("http://dom\\user:secret9@proxy:8080", "http://proxy:8080", Some("dom\\user:secret9")),
            ("http://dom%5Cuser:p%40ss%2Fw@proxy:8080", "http://proxy:8080", Some("dom\\user:p@ss/w")),
            ("http:/user:secret9@proxy:8080", "http://proxy:8080", Some("user:secret9")),
            ("http:///user:secret9@proxy:8080", "http://proxy:8080", Some("user:secret9")),
            ("http://user:p%zzw@proxy:8080", "http://proxy:8080", Some("user:p%zzw")),
            ("http://user:p%E9w@proxy:8080", "http://proxy:8080", Some("user:p\u{e9}w")),
            ("http://user:p[;+\"'w@proxy:8080", "http://proxy:8080", Some("user:p[;+\"'w")),
            ("http://user@proxy:8080", "http://proxy:8080", Some("user:")),
            ("http://:secret9@proxy:8080", "http://proxy:8080", Some(":secret9")),
            (" http://user:secret9@proxy:8080\r\n", "http://proxy:8080", Some("user:secret9")),
        ] {
            assert_eq!(sent(text), Ok((shown.to_owned(), login.map(str::to_owned))), "{text}");
            let debug = format!("{:?}", Proxy::parse(text, "HTTPS_PROXY").unwrap());
            assert!(!["user", "p@", "secret9", "Basic"].iter().any(|part| debug.contains(part)), "{debug}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_proxy_is_refused_with_the_reason_and_without_a_word_of_it() {
        for (text, why) in [
            ("http://user:sec/ret9@proxy:8080", ProxyError::Reserved),
            ("http://user:12/secret9@proxy:8080", ProxyError::Reserved),
            ("http://user:sec#ret9@proxy:8080", ProxyError::Reserved),
            ("user:12?secret9@proxy:8080", ProxyError::Reserved),
            ("http//user:secret9@proxy:8080", ProxyError::Reserved),
            ("htp://user:secret9@proxy:8080", ProxyError::Scheme),
            ("http:\\\\user:secret9@proxy:8080", ProxyError::Scheme),
            ("http:user:secret9@proxy:8080", ProxyError::Scheme),
            ("://user:secret9@proxy:8080", ProxyError::Scheme),
            ("//user:secret9@proxy:8080", ProxyError::Reserved),
            ("socks5://user:secret9@proxy:1080", ProxyError::Socks),
            ("SOCKS5h://proxy:1080", ProxyError::Socks),
            ("user:secret9", ProxyError::Port),
            ("http://user:secret9@proxy:99999", ProxyError::Port),
            ("http://user:secret9@proxy:", ProxyError::Port),
            ("http://user:secret9@", ProxyError::Host),
            ("http://user:secret9@dom\\proxy:8080", ProxyError::Host),
            ("http://user:sec ret9@proxy:8080", ProxyError::Spaces),
            ("http://user:sec%0Aret9@proxy:8080", ProxyError::Spaces),
            ("", ProxyError::Host),
        ] {
            let error = Proxy::parse(text, "HTTPS_PROXY").unwrap_err();
            assert_eq!(error, why, "{text}");
            let words = format!("{error} {error:?}");
            assert!(!words.contains("secret9") && !words.contains("ret9"), "{words}");
        }
    }
}
