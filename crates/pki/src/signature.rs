//! Whether one certificate's key signed another. It does not consider trust, which is the task of `trust`.

use aws_lc_rs::signature::{self as algorithm, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::AlgorithmIdentifier;

use super::algorithm::KeyKind;
use super::contents::Certificate;

const PSS: &str = "1.2.840.113549.1.1.10";

/// The result of checking a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureCheck {
    Yes,
    No,
    /// The algorithm (DSA, Ed448, MD5 …) is not supported here.
    Unknown,
}

/// Whether the key of `above` made the signature of `below`.
pub(super) fn signed_by(below: &Certificate, above: &Certificate) -> SignatureCheck {
    if !is_of_key(&below.signature_algorithm.oid, &above.public_key.kind) {
        return SignatureCheck::No;
    }
    let Some(algorithm) = algorithm_of(below, above) else { return SignatureCheck::Unknown };
    let (Ok((_, subject)), Ok((_, issuer))) =
        (X509Certificate::from_der(&below.der), X509Certificate::from_der(&above.der))
    else {
        return SignatureCheck::Unknown;
    };
    if below.signature_algorithm.oid == PSS
        && !has_usual_salt(&subject.signature_algorithm, below.signature_algorithm.digest)
    {
        return SignatureCheck::Unknown;
    }
    let key = UnparsedPublicKey::new(algorithm, &issuer.public_key().subject_public_key.data);
    match key.verify(subject.tbs_certificate.as_ref(), &subject.signature_value.data) {
        Ok(()) => SignatureCheck::Yes,
        Err(_) => SignatureCheck::No,
    }
}

/// Whether a key of this kind can have made such a signature. It may if one of the two is unknown.
fn is_of_key(signature: &str, key: &KeyKind) -> bool {
    let sorts = ["1.2.840.113549.1.1.", "1.2.840.10045.4.", "1.2.840.10040.4.", "1.3.101.112", "1.3.101.113"];
    let sort = match key {
        KeyKind::Rsa(_) | KeyKind::RsaPss(_) => sorts[0],
        KeyKind::Ec(_) => sorts[1],
        KeyKind::Dsa(_) => sorts[2],
        KeyKind::Ed25519 => sorts[3],
        KeyKind::Ed448 => sorts[4],
        KeyKind::Other(_) => return true,
    };
    signature.starts_with(sort) || !sorts.iter().any(|other| signature.starts_with(other))
}

/// RSASSA-PSS with a salt as long as the digest, the only form supported here.
fn has_usual_salt(identifier: &AlgorithmIdentifier<'_>, digest: Option<&str>) -> bool {
    let salt =
        identifier.parameters.as_ref().and_then(|parameters| RsaSsaPssParams::try_from(parameters).ok());
    let usual = match digest {
        Some("sha256") => 32,
        Some("sha384") => 48,
        Some("sha512") => 64,
        _ => return false,
    };
    salt.is_some_and(|parameters| parameters.salt_length() == usual)
}

/// The algorithm for verifying, by the name of the signature and the kind of key.
fn algorithm_of(subject: &Certificate, issuer: &Certificate) -> Option<&'static dyn VerificationAlgorithm> {
    let digest = subject.signature_algorithm.digest;
    Some(match &issuer.public_key.kind {
        KeyKind::Rsa(2048..=8192) | KeyKind::RsaPss(2048..=8192)
            if subject.signature_algorithm.oid == PSS =>
        {
            match digest? {
                "sha256" => &algorithm::RSA_PSS_2048_8192_SHA256,
                "sha384" => &algorithm::RSA_PSS_2048_8192_SHA384,
                "sha512" => &algorithm::RSA_PSS_2048_8192_SHA512,
                _ => return None,
            }
        }
        KeyKind::Rsa(_) if subject.signature_algorithm.oid == PSS => return None,
        KeyKind::Rsa(bits @ 1024..=8192) => match (digest?, *bits >= 2048) {
            ("sha1", _) => &algorithm::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            ("sha256", _) => &algorithm::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            ("sha384", true) => &algorithm::RSA_PKCS1_2048_8192_SHA384,
            ("sha512", _) => &algorithm::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            _ => return None,
        },
        KeyKind::Ec(curve) => match (curve.name.as_str(), digest?) {
            ("P-256", "sha1") => &algorithm::ECDSA_P256_SHA1_ASN1,
            ("P-256", "sha256") => &algorithm::ECDSA_P256_SHA256_ASN1,
            ("P-256", "sha384") => &algorithm::ECDSA_P256_SHA384_ASN1,
            ("P-256", "sha512") => &algorithm::ECDSA_P256_SHA512_ASN1,
            ("P-384", "sha256") => &algorithm::ECDSA_P384_SHA256_ASN1,
            ("P-384", "sha384") => &algorithm::ECDSA_P384_SHA384_ASN1,
            ("P-384", "sha512") => &algorithm::ECDSA_P384_SHA512_ASN1,
            ("P-521", "sha1") => &algorithm::ECDSA_P521_SHA1_ASN1,
            ("P-521", "sha256") => &algorithm::ECDSA_P521_SHA256_ASN1,
            ("P-521", "sha384") => &algorithm::ECDSA_P521_SHA384_ASN1,
            ("P-521", "sha512") => &algorithm::ECDSA_P521_SHA512_ASN1,
            _ => return None,
        },
        KeyKind::Ed25519 => &algorithm::ED25519,
        _ => return None,
    })
}
