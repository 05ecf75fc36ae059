//! Certificate files for uploads, made anew for each test.
#![allow(dead_code)]

use std::path::Path;

use certdeck::pki::{self, Bundle, Wrapping};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

pub(crate) const PASSWORD: &str = "hunter2 for uploads";

/// PFX files with their password beside them, a private certificate without any, and a public one.
pub(crate) fn make() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    put(&dir.path().join("contoso.pfx"), &pfx("contoso.com"));
    put(&dir.path().join("shop.pfx"), &pfx("shop.contoso.com"));
    put(&dir.path().join("password"), PASSWORD.as_bytes());
    put(&dir.path().join("open.pem"), chain("contoso.com").0.as_bytes());
    put(&dir.path().join("partner.cer"), &chain("partner.example").1);
    dir
}

fn put(path: &Path, octets: &[u8]) {
    std::fs::write(path, octets).unwrap();
}

fn pfx(host: &str) -> Vec<u8> {
    let bundle = Bundle::rewrap(&pki::read(chain(host).0.as_bytes(), None).unwrap()).unwrap();
    bundle.write(&PASSWORD.into(), Wrapping::TripleDes, None).unwrap().to_vec()
}

/// Leaf, root and key as PEM, and the root alone.
fn chain(host: &str) -> (String, Vec<u8>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    (format!("{}{}{}", leaf.pem(), root.pem(), key.serialize_pem()), root.der().to_vec())
}
