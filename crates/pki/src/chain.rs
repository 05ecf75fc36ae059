//! Finds the path from a certificate up to its root among the certificates of a file, regardless of their
//! order.
//!
//! It compares names and signatures, never positions. A hostile file can contain an exponential number of
//! paths, so the search is bounded.

use std::collections::{HashMap, HashSet};

use super::contents::{Certificate, Contents};
use super::effort::Effort;
use super::signature::{SignatureCheck, signed_by};

/// The maximum length of a chain.
const LONGEST: usize = 12;
/// The maximum number of paths that the search begins.
const WAYS: usize = 20_000;

/// The order of the chain's certificates in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ChainOrder {
    /// The leaf comes first, as App Service and TLS servers expect it.
    LeafToRoot,
    /// The root comes first, and the rest is in the reverse order.
    RootToLeaf,
    /// In neither order.
    Mixed,
}

impl ChainOrder {
    /// The name in JSON output: `leaf-to-root`, `root-to-leaf` or `mixed`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The chain of one certificate. Numbers are positions in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateChain {
    /// From the leaf upwards; at least the leaf.
    pub path: Vec<usize>,
    /// It ends in a self-signed certificate.
    pub complete: bool,
    /// The order in which the file has the certificates of [`Self::path`].
    pub order: ChainOrder,
    /// The subject of the next certificate, which is not in the file; as the issuer field of the last one
    /// writes it.
    pub missing: Option<String>,
    /// Certificates that are not part of the chain.
    pub strays: Vec<usize>,
    /// Certificates that occur earlier in the file.
    pub duplicates: Vec<usize>,
}

/// The certificate that a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// The position of the certificate in the file.
    pub place: usize,
    /// Whether a private key of the file belongs to it; `None` if the file has no key or no key that can be
    /// compared.
    pub has_key: Option<bool>,
}

/// Finds the certificate that a file is for: the one that a key belongs to, or otherwise the most likely one.
pub fn leaf(contents: &Contents) -> Option<Leaf> {
    let certificates = &contents.certificates;
    let fits =
        contents.keys.iter().find_map(|key| certificates.iter().position(|one| key.fits(one) == Some(true)));
    if let Some(place) = fits {
        return Some(Leaf { place, has_key: Some(true) });
    }
    let comparable = contents.keys.iter().any(|key| key.public.is_some());
    let labels: HashSet<&[u8]> = contents.keys.iter().filter_map(|key| key.local_key_id.as_deref()).collect();
    let mut issued = Issuance::new(certificates);
    let place = certificates
        .iter()
        .position(|one| one.local_key_id.as_deref().is_some_and(|label| labels.contains(label)))
        .or_else(|| {
            (0..certificates.len()).find(|&place| !certificates[place].is_ca && !issued.is_root(place))
        })
        .or(if certificates.is_empty() { None } else { Some(0) })?;
    Some(Leaf { place, has_key: comparable.then_some(false) })
}

/// Finds the chain of the certificate at `leaf`: the shortest complete one, or otherwise the longest.
pub fn chain(certificates: &[Certificate], leaf: usize) -> CertificateChain {
    let mut issued = Issuance::new(certificates);
    let path = issued.way_up(leaf);
    let top = path.last().copied().unwrap_or(leaf);
    let complete = issued.is_root(top);
    let order = if path.is_sorted() {
        ChainOrder::LeafToRoot
    } else if path.iter().rev().is_sorted() {
        ChainOrder::RootToLeaf
    } else {
        ChainOrder::Mixed
    };
    let on_path: HashSet<&[u8]> = path.iter().map(|&place| certificates[place].der.as_slice()).collect();
    let mut seen = HashSet::new();
    CertificateChain {
        complete,
        order,
        missing: (!complete).then(|| certificates[top].issuer.clone()),
        strays: (0..certificates.len())
            .filter(|&place| !on_path.contains(certificates[place].der.as_slice()))
            .collect(),
        duplicates: (0..certificates.len())
            .filter(|&place| !seen.insert(certificates[place].der.as_slice()))
            .collect(),
        path,
    }
}

/// Which certificate issued which, computed only when it is needed.
struct Issuance<'a> {
    certificates: &'a [Certificate],
    by_subject: HashMap<&'a [u8], Vec<usize>>,
    known: HashMap<(usize, usize), SignatureCheck>,
    effort: Effort,
}

impl<'a> Issuance<'a> {
    fn new(certificates: &'a [Certificate]) -> Self {
        let mut by_subject: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (place, one) in certificates.iter().enumerate() {
            by_subject.entry(&one.subject_der).or_default().push(place);
        }
        Self { certificates, by_subject, known: HashMap::new(), effort: Effort::new() }
    }

    fn way_up(&mut self, leaf: usize) -> Vec<usize> {
        let (mut best, mut best_is_complete) = (vec![leaf], false);
        let mut begun = vec![vec![leaf]];
        let mut left = WAYS;
        while let Some(way) = begun.pop() {
            left = left.saturating_sub(1);
            let Some(&top) = way.last() else { continue };
            if self.is_root(top) {
                if !best_is_complete || way.len() < best.len() {
                    (best, best_is_complete) = (way, true);
                }
                continue;
            }
            let next = if left == 0 { Vec::new() } else { self.issuers(top, &way) };
            if next.is_empty() && !best_is_complete && way.len() > best.len() {
                best.clone_from(&way);
            }
            if way.len() < LONGEST {
                begun.extend(next.into_iter().map(|place| [way.as_slice(), &[place]].concat()));
            }
        }
        best
    }

    /// The certificates that issued the one at `place`, without those already in `way`.
    fn issuers(&mut self, place: usize, way: &[usize]) -> Vec<usize> {
        let certificates = self.certificates;
        let same = |one: usize, other: usize| certificates[one].der == certificates[other].der;
        let named =
            self.by_subject.get(certificates[place].issuer_der.as_slice()).cloned().unwrap_or_default();
        let new = named.into_iter().filter(|&candidate| !way.iter().any(|&passed| same(passed, candidate)));
        let (sure, possible): (Vec<_>, Vec<_>) = new
            .map(|candidate| (candidate, self.signed(candidate, place)))
            .filter(|(_, signed)| *signed != SignatureCheck::No)
            .partition(|(_, signed)| *signed == SignatureCheck::Yes);
        let found = if sure.is_empty() { possible } else { sure };
        found.into_iter().map(|(candidate, _)| candidate).collect()
    }

    fn is_root(&mut self, place: usize) -> bool {
        self.certificates[place].is_self_issued() && self.signed(place, place) != SignatureCheck::No
    }

    /// Whether the certificate at `issuer`, whose name is the issuer's, signed the one at `subject`.
    fn signed(&mut self, issuer: usize, subject: usize) -> SignatureCheck {
        if let Some(&known) = self.known.get(&(issuer, subject)) {
            return known;
        }
        let (above, below) = (&self.certificates[issuer], &self.certificates[subject]);
        let answer = match self.effort.look_at([above, below]).then(|| signed_by(below, above)) {
            // A signature that cannot be computed is accepted if the key identifiers agree, as the names do.
            Some(SignatureCheck::Unknown)
                if below.aki.is_some() && above.ski.is_some() && below.aki != above.ski =>
            {
                SignatureCheck::No
            }
            Some(answer) => answer,
            None => SignatureCheck::No,
        };
        self.known.insert((issuer, subject), answer);
        answer
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::OnceLock;

    use proptest::prelude::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, Issuer, KeyPair};

    use super::*;
    use crate::{Roots, read};

    fn params(name: &str, is_ca: bool) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = if is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::NoCa };
        params
    }

    fn facts(der: &[u8]) -> Certificate {
        read(der, None).unwrap().certificates.remove(0)
    }

    /// Leaf, two intermediates, root.
    fn four() -> Vec<Certificate> {
        let key = || KeyPair::generate().unwrap();
        let root = CertifiedIssuer::self_signed(params("Root", true), key()).unwrap();
        let upper = CertifiedIssuer::signed_by(params("Upper", true), key(), &root).unwrap();
        let lower = CertifiedIssuer::signed_by(params("Lower", true), key(), &upper).unwrap();
        let leaf = params("leaf", false).signed_by(&key(), &lower).unwrap();
        vec![facts(leaf.der()), facts(lower.der()), facts(upper.der()), facts(root.der())]
    }

    fn names(certificates: &[Certificate], places: &[usize]) -> Vec<String> {
        places.iter().map(|&place| certificates[place].subject.clone()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_the_order_the_chain_is_the_same_a134(order in Just(vec![0_usize, 1, 2, 3, 3, 1]).prop_shuffle()) {
            static FOUR: OnceLock<Vec<Certificate>> = OnceLock::new();
            let four = FOUR.get_or_init(four);
            let shuffled: Vec<Certificate> = order.iter().map(|&place| four[place].clone()).collect();
            let leaf = order.iter().position(|&place| place == 0).unwrap();
            let found = chain(&shuffled, leaf);
            prop_assert_eq!(names(&shuffled, &found.path), ["CN=leaf", "CN=Lower", "CN=Upper", "CN=Root"]);
            prop_assert!(found.complete && found.strays.is_empty() && found.duplicates.len() == 2);
        }
    }

    #[test]
    fn a_gap_is_named_and_what_lies_beyond_it_is_stray() {
        let mut certificates = four();
        certificates.remove(1);
        let found = chain(&certificates, 0);
        assert_eq!((found.missing.as_deref(), found.complete), (Some("CN=Lower"), false));
        assert_eq!(names(&certificates, &found.strays), ["CN=Upper", "CN=Root"]);
    }

    #[test]
    fn an_issuer_of_the_same_name_with_another_key_is_no_issuer() {
        let mut certificates = four();
        let impostor =
            CertifiedIssuer::self_signed(params("Lower", true), KeyPair::generate().unwrap()).unwrap();
        certificates[1] = facts(impostor.der());
        assert_eq!(chain(&certificates, 0).missing.as_deref(), Some("CN=Lower"));
    }

    #[test]
    fn a_maze_of_cross_certificates_has_an_end() {
        let [a, b] = ["A", "B"].map(|name| Issuer::new(params(name, true), KeyPair::generate().unwrap()));
        // Twenty certificates of each of two authorities, each issued by the other: 20^11 paths, and none
        // leads to a root.
        let maze = (0..20).flat_map(|_| {
            [(&a, "A", &b), (&b, "B", &a)]
                .map(|(subject, name, issuer)| params(name, true).signed_by(subject.key(), issuer).unwrap())
        });
        let certificates: Vec<Certificate> = maze.map(|one| facts(one.der())).collect();
        let found = chain(&certificates, 0);
        assert_eq!((found.path.len(), found.complete), (LONGEST, false));
        assert!(!Roots::default().trust(&certificates[0], &certificates));
    }
}
