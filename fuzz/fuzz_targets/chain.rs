//! The chain sorter, over certificates whose names say anything about each other: loops, twins, gaps, strays.
#![no_main]

use std::collections::HashSet;
use std::sync::LazyLock;

use certdeck::pki::{self, Certificate};
use libfuzzer_sys::fuzz_target;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// A root, two intermediates in a row, a leaf, and a second root that signed the first.
static POOL: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    let parameters = |name: &str, is_ca: IsCa| {
        let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = is_ca;
        parameters
    };
    let authority = |name: &str| parameters(name, IsCa::Ca(BasicConstraints::Unconstrained));
    let pair = || KeyPair::generate().expect("a key");
    let other = CertifiedIssuer::self_signed(authority("Root 2"), pair()).expect("a root");
    let (root_key, mut pem) = (pair(), other.pem());
    pem += &authority("Root 1").signed_by(&root_key, &other).expect("a cross certificate").pem();
    let root = CertifiedIssuer::self_signed(authority("Root 1"), root_key).expect("a root");
    let upper = CertifiedIssuer::signed_by(authority("Upper"), pair(), &root).expect("an intermediate");
    let lower = CertifiedIssuer::signed_by(authority("Lower"), pair(), &upper).expect("an intermediate");
    let leaf = parameters("leaf", IsCa::NoCa).signed_by(&pair(), &lower).expect("a leaf");
    pem += &[root.pem(), upper.pem(), lower.pem(), leaf.pem()].concat();
    pki::read(pem.as_bytes(), None).expect("certificates").certificates
});

fuzz_target!(|octets: &[u8]| {
    let some = |octet: u8| &POOL[usize::from(octet) % POOL.len()];
    // Four octets a certificate: which one, and with whose names and identifiers; the high bit leaves its
    // own.
    let certificates = octets.chunks_exact(4).take(40).map(|choice| {
        let mut certificate = some(choice[0]).clone();
        if choice[1] < 0x80 {
            certificate.subject_der = some(choice[1]).subject_der.clone();
        }
        if choice[2] < 0x80 {
            certificate.issuer_der = some(choice[2]).subject_der.clone();
        }
        if choice[3] < 0x80 {
            certificate.aki = some(choice[3]).ski.clone();
        }
        certificate
    });
    let certificates: Vec<_> = certificates.collect();
    for leaf in 0..certificates.len().min(4) {
        let chain = pki::chain(&certificates, leaf);
        let on_path: HashSet<_> = chain.path.iter().collect();
        assert!(chain.path[0] == leaf && on_path.len() == chain.path.len());
        assert!(chain.path.iter().chain(&chain.strays).chain(&chain.duplicates).all(|place| *place < certificates.len()));
        assert!(chain.strays.iter().all(|stray| !on_path.contains(stray)));
        assert_eq!(chain.missing.is_none(), chain.complete);
    }
});
