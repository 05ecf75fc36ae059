//! The names of an order: what may be bought, and which names the certificate will contain.

use serde::{Deserialize, Serialize};

use super::registry::root_of;

/// The two products (A73).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Product {
    #[serde(rename = "StandardDomainValidatedSsl")]
    Standard,
    #[serde(rename = "StandardDomainValidatedWildCardSsl")]
    Wildcard,
}

impl Product {
    /// The product's name in the API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Standard => "StandardDomainValidatedSsl",
            Self::Wildcard => "StandardDomainValidatedWildCardSsl",
        }
    }

    /// From the name in the API, in any casing.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Standard, Self::Wildcard].into_iter().find(|product| product.word().eq_ignore_ascii_case(word))
    }
}

/// How ownership of a domain was proven (A97–A100).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum VerificationMethod {
    AppService,
    Domain,
    Mail,
    Txt,
    Html,
}

impl VerificationMethod {
    /// Whether the CA includes `www` (A105, A106); both page methods lost it in December 2021.
    pub(crate) fn keeps_www(self) -> bool {
        matches!(self, Self::Domain | Self::Mail | Self::Txt)
    }
}

/// The names that a certificate will carry, its common name first (A75, A76, A105).
pub(crate) fn secured(product: Product, common_name: &str, method: VerificationMethod) -> Vec<String> {
    let mut names = vec![common_name.to_owned()];
    match product {
        Product::Wildcard => names.extend(common_name.strip_prefix("*.").map(str::to_owned)),
        Product::Standard if root_of(common_name) == common_name && method.keeps_www() => {
            names.push(format!("www.{common_name}"));
        }
        Product::Standard => {}
    }
    names
}

/// Checks the common name of an order against its product; returns the service's reason for a refusal.
pub(crate) fn refusal(product: Product, common_name: &str) -> Option<String> {
    let host = common_name.strip_prefix("*.").unwrap_or(common_name);
    if !is_host(host) {
        return Some(format!(
            "Parameter DistinguishedName is invalid: '{common_name}' is not a valid domain name."
        ));
    }
    match (product, common_name.starts_with("*.")) {
        (Product::Standard, true) => Some(format!(
            "Parameter DistinguishedName is invalid: the wildcard name '{common_name}' needs the product type \
             StandardDomainValidatedWildCardSsl."
        )),
        (Product::Wildcard, false) => Some(format!(
            "Parameter DistinguishedName is invalid: the product type StandardDomainValidatedWildCardSsl needs a \
             wildcard name such as '*.{common_name}'."
        )),
        _ => None,
    }
}

fn is_host(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    // A common name has 64 characters at most.
    name.len() <= 64
        && labels.len() >= 2
        && labels.iter().all(|one| label(one))
        && labels.last().is_some_and(|top| top.bytes().any(|b| b.is_ascii_alphabetic()))
}

/// Whether orders, their stored certificates and their secrets may have this name.
pub(crate) fn is_order_name(name: &str) -> bool {
    (3..=50).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_decides_about_www_and_only_at_the_root() {
        let names = |name, method| secured(Product::Standard, name, method);
        assert_eq!(names("contoso.com", VerificationMethod::Txt), ["contoso.com", "www.contoso.com"]);
        assert_eq!(names("contoso.com", VerificationMethod::AppService), ["contoso.com"]);
        assert_eq!(names("contoso.com", VerificationMethod::Html), ["contoso.com"]);
        assert_eq!(names("contoso.co.uk", VerificationMethod::Mail).len(), 2);
        assert_eq!(names("shop.contoso.com", VerificationMethod::Mail), ["shop.contoso.com"]);
        assert_eq!(
            secured(Product::Wildcard, "*.contoso.com", VerificationMethod::Txt),
            ["*.contoso.com", "contoso.com"]
        );
    }

    #[test]
    fn a_name_must_be_a_host_that_suits_the_product() {
        for (product, name, fine) in [
            (Product::Standard, "contoso.com", true),
            (Product::Wildcard, "*.contoso.com", true),
            (Product::Standard, "*.contoso.com", false),
            (Product::Wildcard, "contoso.com", false),
            (Product::Standard, "contoso", false),
            (Product::Standard, "con toso.com", false),
            (Product::Standard, "-x.com", false),
            (Product::Standard, "203.0.113.7", false),
            (Product::Wildcard, "*.*.com", false),
        ] {
            assert_eq!(refusal(product, name).is_none(), fine, "{name}");
        }
    }
}
