//! The certificate authorities that are trusted (A23), and whether a certificate's chain leads to one of them.
//!
//! Dates are not looked at here: `check` has findings of its own for them.

use std::collections::HashMap;

use x509_parser::extensions::{GeneralName, GeneralSubtree, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::contents::{Certificate, San};
use super::refused::Refused;
use super::signature::{Signed, signed_by};

/// Certificates between the leaf and a root.
const DEEPEST: usize = 12;
/// Signatures that are computed before looking ends.
const SIGNATURES: usize = 1_000;

/// Trusted roots, by name.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    by_subject: HashMap<Vec<u8>, Vec<Certificate>>,
}

impl Roots {
    /// The roots that this machine trusts, or those of `SSL_CERT_FILE`; none if the platform has no store.
    pub fn of_this_machine() -> Self {
        let found = rustls_native_certs::load_native_certs().certs;
        found.iter().filter_map(|der| super::read(der, None).ok()).flat_map(|contents| contents.certificates).collect()
    }

    /// The certificates of a file: PEM, DER or PKCS#7.
    pub fn read(bytes: &[u8]) -> Result<Self, Box<Refused>> {
        Ok(super::read(bytes, None)?.certificates.into_iter().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.by_subject.is_empty()
    }

    /// Whether a way leads from `leaf` through `others` to one of these roots.
    pub fn trust(&self, leaf: &Certificate, others: &[Certificate]) -> bool {
        if self.holds(leaf) {
            return true;
        }
        let mut search = Search { roots: self, others, signatures_left: SIGNATURES };
        Link::of(leaf).is_some_and(|link| !link.has_unknown_critical && search.reaches_root(&mut vec![link]))
    }

    fn holds(&self, certificate: &Certificate) -> bool {
        self.named(&certificate.subject_der).any(|root| root.der == certificate.der)
    }

    fn named(&self, subject: &[u8]) -> impl Iterator<Item = &Certificate> {
        self.by_subject.get(subject).into_iter().flatten()
    }
}

impl FromIterator<Certificate> for Roots {
    fn from_iter<I: IntoIterator<Item = Certificate>>(certificates: I) -> Self {
        let mut by_subject: HashMap<Vec<u8>, Vec<Certificate>> = HashMap::new();
        for one in certificates {
            by_subject.entry(one.subject_der.clone()).or_default().push(one);
        }
        Self { by_subject }
    }
}

struct Search<'a> {
    roots: &'a Roots,
    others: &'a [Certificate],
    signatures_left: usize,
}

impl<'a> Search<'a> {
    /// Goes on from the last of `way`, the leaf first; roots are tried before certificates of the file.
    fn reaches_root(&mut self, way: &mut Vec<Link<'a>>) -> bool {
        let Some(top) = way.last().map(|link| link.certificate) else { return false };
        let (roots, others) = (self.roots, self.others);
        if roots.named(&top.issuer_der).any(|root| self.may_issue(root, way, true)) {
            return true;
        }
        if way.len() > DEEPEST {
            return false;
        }
        for other in others.iter().filter(|other| other.subject_der == top.issuer_der) {
            let passed = way.iter().any(|link| link.certificate.der == other.der);
            if !passed
                && self.may_issue(other, way, false)
                && let Some(link) = Link::of(other)
            {
                way.push(link);
                if self.reaches_root(way) {
                    return true;
                }
                way.pop();
            }
        }
        false
    }

    /// Whether `issuer` signed the last of `way` and was allowed to issue all of it (RFC 5280, 6.1.4).
    fn may_issue(&mut self, issuer: &Certificate, way: &[Link<'_>], is_root: bool) -> bool {
        let (Some(link), Some(top)) = (Link::of(issuer), way.last()) else { return false };
        // A root of version 1 has no extensions to say that it is a CA; being in the store says so.
        let is_ca = issuer.is_ca || (is_root && issuer.version == 1);
        let below = way.iter().skip(1).filter(|link| !link.certificate.is_self_issued()).count();
        let deep_enough = link.longest_path.is_none_or(|longest| below <= longest);
        if !is_ca || !link.may_sign || link.has_unknown_critical || !deep_enough || self.signatures_left == 0 {
            return false;
        }
        self.signatures_left -= 1;
        way.iter().all(|link_below| link.permits(link_below)) && signed_by(top.certificate, issuer) == Signed::Yes
    }
}

/// A certificate with what it may issue.
struct Link<'a> {
    certificate: &'a Certificate,
    longest_path: Option<usize>,
    may_sign: bool,
    has_unknown_critical: bool,
    permitted: Vec<String>,
    excluded: Vec<String>,
}

impl<'a> Link<'a> {
    fn of(certificate: &'a Certificate) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(&certificate.der).ok()?;
        let mut link = Self {
            certificate,
            longest_path: None,
            may_sign: true,
            has_unknown_critical: false,
            permitted: Vec::new(),
            excluded: Vec::new(),
        };
        for extension in parsed.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => {
                    link.longest_path = constraints.path_len_constraint.and_then(|longest| usize::try_from(longest).ok());
                }
                ParsedExtension::KeyUsage(usage) => link.may_sign = usage.key_cert_sign(),
                ParsedExtension::NameConstraints(constraints) => {
                    link.permitted = dns_names(constraints.permitted_subtrees.as_deref());
                    link.excluded = dns_names(constraints.excluded_subtrees.as_deref());
                }
                ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::ParseError { .. } if extension.critical => {
                    link.has_unknown_critical = true;
                }
                _ => {}
            }
        }
        Some(link)
    }

    /// Whether the DNS names of `below` lie within the name constraints of this issuer.
    fn permits(&self, below: &Link<'_>) -> bool {
        let names = || {
            below.certificate.sans.iter().filter_map(|san| if let San::Dns(name) = san { Some(name.to_lowercase()) } else { None })
        };
        let within = |name: &str, tree: &String| name == tree || tree.is_empty() || name.ends_with(&format!(".{tree}"));
        let mut allowed = names().map(|name| self.permitted.is_empty() || self.permitted.iter().any(|tree| within(&name, tree)));
        allowed.all(|yes| yes) && !names().any(|name| self.excluded.iter().any(|tree| within(&name, tree)))
    }
}

fn dns_names(subtrees: Option<&[GeneralSubtree<'_>]>) -> Vec<String> {
    let bases = subtrees.unwrap_or_default().iter().map(|subtree| &subtree.base);
    bases
        .filter_map(
            |base| {
                if let GeneralName::DNSName(name) = base { Some(name.trim_start_matches('.').to_lowercase()) } else { None }
            },
        )
        .collect()
}
