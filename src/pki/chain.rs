//! Finds the way from a certificate up to its root among the certificates of a file, whatever their order.
//!
//! By name and signature, never by position. A hostile file can make the number of ways explode, so looking is bounded.

use std::collections::{HashMap, HashSet};

use super::contents::{Certificate, Contents};
use super::signature::{Signed, signed_by};

/// Certificates in one chain.
const LONGEST: usize = 12;
/// Ways that are begun before looking ends.
const WAYS: usize = 20_000;
/// Signatures that are computed before looking ends.
const SIGNATURES: usize = 1_000;

/// How the certificates of the chain lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    LeafToRoot,
    RootToLeaf,
    Mixed,
}

impl Order {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeafToRoot => "leaf-to-root",
            Self::RootToLeaf => "root-to-leaf",
            Self::Mixed => "mixed",
        }
    }
}

/// The chain of one certificate. Numbers are places in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// From the leaf upwards; the leaf at least.
    pub path: Vec<usize>,
    /// It ends in a certificate that signed itself.
    pub complete: bool,
    pub order: Order,
    /// Whose certificate comes next but is not in the file; its name as the last one of the chain writes it.
    pub missing: Option<String>,
    /// Certificates that are not part of the chain.
    pub strays: Vec<usize>,
    /// Certificates that lie in the file before.
    pub duplicates: Vec<usize>,
}

/// The certificate that a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    pub place: usize,
    /// Whether a private key of the file belongs to it; `None` where the file has no key or no key that can be compared.
    pub has_key: Option<bool>,
}

/// Finds the certificate that a file is about: the one that a key belongs to, or the one that looks most like it.
pub fn leaf(contents: &Contents) -> Option<Leaf> {
    let certificates = &contents.certificates;
    let fits = contents.keys.iter().find_map(|key| certificates.iter().position(|one| key.fits(one) == Some(true)));
    if let Some(place) = fits {
        return Some(Leaf { place, has_key: Some(true) });
    }
    let comparable = contents.keys.iter().any(|key| key.public.is_some());
    let labels: HashSet<&[u8]> = contents.keys.iter().filter_map(|key| key.local_key_id.as_deref()).collect();
    let mut issued = Issuance::new(certificates);
    let place = certificates
        .iter()
        .position(|one| one.local_key_id.as_deref().is_some_and(|label| labels.contains(label)))
        .or_else(|| (0..certificates.len()).find(|&place| !certificates[place].is_ca && !issued.is_root(place)))
        .or(if certificates.is_empty() { None } else { Some(0) })?;
    Some(Leaf { place, has_key: comparable.then_some(false) })
}

/// Finds the chain of the certificate at `leaf`: the shortest complete one, or else the longest.
pub fn chain(certificates: &[Certificate], leaf: usize) -> Chain {
    let mut issued = Issuance::new(certificates);
    let path = issued.way_up(leaf);
    let top = path.last().copied().unwrap_or(leaf);
    let complete = issued.is_root(top);
    let order = if path.is_sorted() {
        Order::LeafToRoot
    } else if path.iter().rev().is_sorted() {
        Order::RootToLeaf
    } else {
        Order::Mixed
    };
    let on_path: HashSet<&[u8]> = path.iter().map(|&place| certificates[place].der.as_slice()).collect();
    let mut seen = HashSet::new();
    Chain {
        complete,
        order,
        missing: (!complete).then(|| certificates[top].issuer.clone()),
        strays: (0..certificates.len()).filter(|&place| !on_path.contains(certificates[place].der.as_slice())).collect(),
        duplicates: (0..certificates.len()).filter(|&place| !seen.insert(certificates[place].der.as_slice())).collect(),
        path,
    }
}

/// Who issued whom, looked at only where somebody asks.
struct Issuance<'a> {
    certificates: &'a [Certificate],
    by_subject: HashMap<&'a [u8], Vec<usize>>,
    known: HashMap<(usize, usize), bool>,
    signatures_left: usize,
}

impl<'a> Issuance<'a> {
    fn new(certificates: &'a [Certificate]) -> Self {
        let mut by_subject: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (place, one) in certificates.iter().enumerate() {
            by_subject.entry(&one.subject_der).or_default().push(place);
        }
        Self { certificates, by_subject, known: HashMap::new(), signatures_left: SIGNATURES }
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

    /// The certificates that issued the one at `place`, without those of `way`.
    fn issuers(&mut self, place: usize, way: &[usize]) -> Vec<usize> {
        let certificates = self.certificates;
        let same = |one: usize, other: usize| certificates[one].der == certificates[other].der;
        let named = self.by_subject.get(certificates[place].issuer_der.as_slice()).cloned().unwrap_or_default();
        named
            .into_iter()
            .filter(|&candidate| !way.iter().any(|&passed| same(passed, candidate)))
            .filter(|&candidate| self.issued(candidate, place))
            .collect()
    }

    fn is_root(&mut self, place: usize) -> bool {
        self.certificates[place].is_self_issued() && self.issued(place, place)
    }

    /// Whether the certificate at `issuer`, which is named as the issuer, signed the one at `subject`.
    fn issued(&mut self, issuer: usize, subject: usize) -> bool {
        if let Some(&known) = self.known.get(&(issuer, subject)) {
            return known;
        }
        let (above, below) = (&self.certificates[issuer], &self.certificates[subject]);
        let answer = self.signatures_left > 0
            && match signed_by(below, above) {
                Signed::Yes => true,
                Signed::No => false,
                // Not computable here: the names agree, and so must the key identifiers.
                Signed::Unknown => below.aki.is_none() || above.ski.is_none() || below.aki == above.ski,
            };
        self.signatures_left = self.signatures_left.saturating_sub(1);
        self.known.insert((issuer, subject), answer);
        answer
    }
}
