//! Hostnames, with or without a wildcard label, and which of them a certificate's name secures.

use std::fmt;
use std::str::FromStr;

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::{IdError, Text};

/// A DNS name in lower case, possibly with `*` as its first label.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hostname(Text);

impl Hostname {
    /// Parses a name that a person typed or a service returned. Blanks around it and a dot at its end are
    /// removed.
    ///
    /// It returns an error if the text is no DNS name of at least two labels. For an international name the
    /// error contains the form to use instead (`xn--…`).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let refuse = |why| Err(IdError::Hostname(text.trim().to_owned(), why));
        if name.is_empty() {
            return Err(IdError::EmptyHostname);
        }
        if name.contains("://") || name.contains('/') {
            return refuse("leave out the scheme and the path");
        }
        if !name.is_ascii() {
            return Err(in_ascii(&name).map_or_else(
                || {
                    IdError::Hostname(
                        text.trim().to_owned(),
                        "it is no international name that can be registered",
                    )
                },
                |ascii| IdError::Unicode(text.trim().to_owned(), ascii),
            ));
        }
        if name.len() > 253 {
            return refuse("it is longer than 253 characters");
        }
        let labels: Vec<&str> = name.split('.').collect();
        if labels.len() < 2 {
            return refuse("it needs at least two labels, such as contoso.com");
        }
        for (place, label) in labels.iter().enumerate() {
            if place == 0 && *label == "*" {
                continue;
            }
            if label.is_empty() {
                return refuse("it has an empty label (two dots in a row, or a dot at the start)");
            }
            if label.len() > 63 {
                return refuse("a label is longer than 63 characters");
            }
            if label.contains('*') {
                return refuse("a wildcard may stand only as the whole first label: *.contoso.com");
            }
            if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                return refuse("only letters, digits, dashes and dots are allowed");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return refuse("a label may not start or end with a dash");
            }
        }
        if labels.last().is_some_and(|tld| tld.bytes().all(|b| b.is_ascii_digit())) {
            return refuse("it looks like an IP address");
        }
        Ok(Self(name.into()))
    }

    /// The name in lower case, without a dot at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Shares the memory of the first equal text.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        self.0.share(known);
    }

    /// Whether the first label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }

    /// The name without its wildcard label.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.strip_prefix("*.").unwrap_or(&self.0)
    }

    /// Whether a certificate that names `self` secures `host`: a wildcard matches exactly one label (RFC
    /// 6125), and no client accepts one for all names of a top level domain.
    pub fn covers(&self, host: &Hostname) -> bool {
        if self == host {
            return true;
        }
        let is_broad = !self.base().contains('.');
        self.is_wildcard()
            && !is_broad
            && !host.is_wildcard()
            && host.0.split_once('.').is_some_and(|(_, rest)| rest == self.base())
    }
}

/// The name in DNS form by the rules of IDNA: `xn--bcher-kva.de` for `bücher.de`. A wildcard stays one.
fn in_ascii(name: &str) -> Option<String> {
    let (star, base) = name.strip_prefix("*.").map_or(("", name), |base| ("*.", base));
    let url::Host::Domain(ascii) = url::Host::parse(base).ok()? else { return None };
    Hostname::parse(&format!("{star}{ascii}")).ok().map(|host| host.to_string())
}

impl FromStr for Hostname {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}
impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn host(text: &str) -> Hostname {
        Hostname::parse(text).unwrap()
    }

    #[test]
    fn a_wildcard_stands_for_exactly_one_label() {
        assert!(host("*.contoso.com").covers(&host("www.contoso.com")));
        assert!(!host("*.contoso.com").covers(&host("contoso.com")));
        assert!(!host("*.contoso.com").covers(&host("a.b.contoso.com")));
        assert!(!host("*.com").covers(&host("contoso.com")));
        assert!(host("CONTOSO.com.").covers(&host("contoso.com")));
    }

    #[test]
    fn an_international_name_is_offered_in_the_form_that_dns_has() {
        for (typed, ascii) in [
            ("bücher.de", "xn--bcher-kva.de"),
            ("BÜCHER.de.", "xn--bcher-kva.de"),
            ("*.bücher.de", "*.xn--bcher-kva.de"),
            ("shop.例え.jp", "shop.xn--r8jz45g.jp"),
        ] {
            let words = Hostname::parse(typed).unwrap_err().to_string();
            assert!(words.contains(typed.trim_end_matches('.')) && words.contains(ascii), "{words}");
            assert!(Hostname::parse(ascii).is_ok());
        }
    }

    #[test]
    fn what_is_no_hostname_is_refused_with_the_reason() {
        for text in [
            "",
            "contoso",
            "https://contoso.com",
            "a..b",
            "-a.com",
            "a.*.com",
            "bücher.de",
            "10.0.0.1",
            "a b.com",
        ] {
            assert!(Hostname::parse(text).is_err(), "{text}");
        }
    }
}
