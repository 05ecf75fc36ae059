//! Registered domains: the public suffix list says where a name ends and its registry begins (C58).

use std::sync::OnceLock;

use jiff::civil::Date;
use publicsuffix::{IcannList, Psl};

use super::Hostname;

/// The ICANN part only: a certificate authority asks who registered a domain, and the owners of
/// `azurewebsites.net` or `github.io` registered one like every other owner (CA/Browser Forum Baseline
/// Requirements, 3.2.2.6).
const SUFFIXES: &str = include_str!("../../../assets/public_suffix_list.dat");

fn suffixes() -> &'static IcannList {
    static LIST: OnceLock<IcannList> = OnceLock::new();
    // Without a list every top level domain counts as a registry; a test checks that the list can be read.
    LIST.get_or_init(|| SUFFIXES.parse().unwrap_or_default())
}

/// The date of the list, from its header.
pub fn suffixes_of() -> Date {
    let head = SUFFIXES.lines().find_map(|line| line.strip_prefix("// VERSION: "));
    head.and_then(|day| day.get(..10)?.parse().ok()).unwrap_or(Date::ZERO)
}

/// The domain that was registered for `name` to exist; `None` for the name of a registry, such as `co.uk`.
fn registrable(name: &str) -> Option<&str> {
    let domain = suffixes().domain(name.as_bytes())?;
    str::from_utf8(domain.as_bytes()).ok()
}

/// What an order is bought for: a hostname that is judged together with the product (A73–A77).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainName(pub Hostname);

impl DomainName {
    /// Whether this is a registered domain, for which a standard certificate also secures `www` (A75).
    pub fn is_naked(&self) -> bool {
        registrable(self.0.base()) == Some(self.0.base())
    }

    /// The names of a certificate bought for this domain (A75, A76).
    pub fn secured_names(&self) -> Vec<String> {
        let base = self.0.base();
        if self.0.is_wildcard() {
            vec![format!("*.{base}"), base.to_owned()]
        } else if self.is_naked() {
            vec![base.to_owned(), format!("www.{base}")]
        } else {
            vec![base.to_owned()]
        }
    }

    /// The registered domain, at which a verification record is placed even for a subdomain (C23). A name
    /// that cannot be registered is returned unchanged.
    pub fn root(&self) -> &str {
        registrable(self.0.base()).unwrap_or(self.0.base())
    }

    /// Every name at which a record may be: from the root down to the name itself.
    pub fn ancestors(&self) -> Vec<&str> {
        let (base, root) = (self.0.base(), self.root());
        let above = &base[..base.len() - root.len()];
        let starts = above.rmatch_indices('.').map(|(at, _)| at).skip(1).map(|dot| &base[dot + 1..]);
        let mut names: Vec<&str> = std::iter::once(root).chain(starts).collect();
        if base != root {
            names.push(base);
        }
        names
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn domain(text: &str) -> DomainName {
        DomainName(Hostname::parse(text).unwrap())
    }

    #[test]
    fn the_preview_names_what_each_product_secures() {
        let names = |text: &str| domain(text).secured_names();
        assert_eq!(names("contoso.com"), ["contoso.com", "www.contoso.com"]);
        assert_eq!(names("pay.contoso.com"), ["pay.contoso.com"]);
        assert_eq!(names("*.contoso.com"), ["*.contoso.com", "contoso.com"]);
        assert_eq!(names("contoso.co.uk"), ["contoso.co.uk", "www.contoso.co.uk"]);
        assert_eq!(names("contoso.or.jp"), ["contoso.or.jp", "www.contoso.or.jp"]);
    }

    #[test]
    fn the_verification_record_belongs_at_the_registered_domain_c23_c58() {
        for (name, root) in [
            ("a.b.contoso.com", "contoso.com"),
            ("*.contoso.com", "contoso.com"),
            ("shop.contoso.co.uk", "contoso.co.uk"),
            ("www.example.or.jp", "example.or.jp"),
            ("*.salud.gob.mx", "salud.gob.mx"),
            ("www.qld.gov.au", "www.qld.gov.au"),
            ("a.b.health.qld.gov.au", "health.qld.gov.au"),
            // Every label below kawasaki.jp is a registry, except the city's own; likewise in the Cook
            // Islands.
            ("www.example.foo.kawasaki.jp", "example.foo.kawasaki.jp"),
            ("www.city.kawasaki.jp", "city.kawasaki.jp"),
            ("shop.www.ck", "www.ck"),
            // Registries with names of their own script.
            ("www.example.xn--55qx5d.cn", "example.xn--55qx5d.cn"),
            ("www.example.xn--p1ai", "example.xn--p1ai"),
            // An owner who gives others names below their own domain is no registry to a certificate
            // authority.
            ("shop.azurewebsites.net", "azurewebsites.net"),
            ("contoso.github.io", "github.io"),
            ("contoso.blogspot.com", "blogspot.com"),
            // An unknown top level domain, and the name of a registry itself.
            ("www.example.corp", "example.corp"),
            ("co.uk", "co.uk"),
        ] {
            assert_eq!(domain(name).root(), root, "{name}");
        }
        assert!(
            domain("example.or.jp").is_naked()
                && !domain("or.jp").is_naked()
                && !domain("www.example.or.jp").is_naked()
        );
    }

    #[test]
    fn every_name_from_the_root_down_may_have_the_record() {
        assert_eq!(domain("contoso.com").ancestors(), ["contoso.com"]);
        assert_eq!(domain("*.contoso.com").ancestors(), ["contoso.com"]);
        assert_eq!(domain("www.contoso.com").ancestors(), ["contoso.com", "www.contoso.com"]);
        assert_eq!(
            domain("a.b.contoso.or.jp").ancestors(),
            ["contoso.or.jp", "b.contoso.or.jp", "a.b.contoso.or.jp"]
        );
    }
}
