//! The trusted certificate authorities (A23), and whether a certificate's chain leads to one of them.
//!
//! It does not check dates: `check` has its own findings for them.

use std::collections::HashMap;

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::constraints;
use super::contents::Certificate;
use super::effort::Effort;
use super::refused::Refused;
use super::signature::{SignatureCheck, signed_by};

/// The maximum number of certificates between the leaf and a root.
const DEEPEST: usize = 12;

/// Trusted roots, by name.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    by_subject: HashMap<Vec<u8>, Vec<Certificate>>,
}

impl Roots {
    /// The roots that this machine trusts, or those of `SSL_CERT_FILE`; none if the platform has no store.
    pub fn of_this_machine() -> Self {
        let found = rustls_native_certs::load_native_certs().certs;
        found
            .iter()
            .filter_map(|der| super::read(der, None).ok())
            .flat_map(|contents| contents.certificates)
            .collect()
    }

    /// The certificates of a file: PEM, DER or PKCS#7. One that cannot be read is an error: it may be the one
    /// that is needed.
    pub fn read(bytes: &[u8]) -> Result<Self, Box<Refused>> {
        Ok(super::certificates(bytes)?.into_iter().collect())
    }

    /// Whether no certificate is trusted; then trust cannot be judged.
    pub fn is_empty(&self) -> bool {
        self.by_subject.is_empty()
    }

    /// Whether a path leads from `leaf` through `others` to one of these roots.
    pub fn trust(&self, leaf: &Certificate, others: &[Certificate]) -> bool {
        if self.holds(leaf) {
            return true;
        }
        let mut search = RootSearch { roots: self, others, effort: Effort::new() };
        TrustLink::of(leaf)
            .is_some_and(|link| !link.has_unknown_critical && search.reaches_root(&mut vec![link]))
    }

    /// The root that signed `certificate`, if it is the direct issuer.
    pub fn issuer_of(&self, certificate: &Certificate) -> Option<&Certificate> {
        self.named(&certificate.issuer_der).find(|root| signed_by(certificate, root) == SignatureCheck::Yes)
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

struct RootSearch<'a> {
    roots: &'a Roots,
    others: &'a [Certificate],
    effort: Effort,
}

impl<'a> RootSearch<'a> {
    /// Continues from the last of `way`, which begins with the leaf; roots are tried before certificates of
    /// the file.
    fn reaches_root(&mut self, way: &mut Vec<TrustLink<'a>>) -> bool {
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
                && let Some(link) = TrustLink::of(other)
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
    fn may_issue(&mut self, issuer: &Certificate, way: &[TrustLink<'_>], is_root: bool) -> bool {
        if !self.effort.look_at(way.last().map(|link| link.certificate).into_iter().chain([issuer])) {
            return false;
        }
        let (Some(link), Some(top)) = (TrustLink::of(issuer), way.last()) else { return false };
        // A root of version 1 has no extension that marks it as a CA; being in the store is enough.
        let is_ca = issuer.is_ca || (is_root && issuer.version == 1);
        let below = way.iter().skip(1).filter(|link| !link.certificate.is_self_issued()).count();
        let deep_enough = link.longest_path.is_none_or(|longest| below <= longest);
        if !is_ca || !link.may_sign || link.has_unknown_critical || !deep_enough {
            return false;
        }
        // Self-issued certificates on the path are exempt from name constraints, the leaf never is (RFC 5280,
        // 6.1.4).
        let mut bound = way
            .iter()
            .enumerate()
            .filter(|(place, below)| *place == 0 || !below.certificate.is_self_issued());
        bound.all(|(_, below)| link.permits(below, &mut self.effort))
            && signed_by(top.certificate, issuer) == SignatureCheck::Yes
    }
}

/// A certificate with its constraints on issuing.
struct TrustLink<'a> {
    certificate: &'a Certificate,
    parsed: X509Certificate<'a>,
    longest_path: Option<usize>,
    may_sign: bool,
    has_unknown_critical: bool,
}

impl<'a> TrustLink<'a> {
    fn of(certificate: &'a Certificate) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(&certificate.der).ok()?;
        let (mut longest_path, mut may_sign, mut has_unknown_critical) = (None, true, false);
        for extension in parsed.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => {
                    longest_path =
                        constraints.path_len_constraint.and_then(|longest| usize::try_from(longest).ok());
                }
                ParsedExtension::KeyUsage(usage) => may_sign = usage.key_cert_sign(),
                ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::ParseError { .. }
                    if extension.critical =>
                {
                    has_unknown_critical = true;
                }
                _ => {}
            }
        }
        Some(Self { certificate, parsed, longest_path, may_sign, has_unknown_critical })
    }

    /// Whether the name constraints of this issuer permit `below`.
    fn permits(&self, below: &TrustLink<'_>, effort: &mut Effort) -> bool {
        let constraints =
            self.parsed.extensions().iter().find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::NameConstraints(constraints) => Some(constraints),
                _ => None,
            });
        constraints.is_none_or(|constraints| constraints::permit(constraints, &below.parsed, effort))
    }
}
