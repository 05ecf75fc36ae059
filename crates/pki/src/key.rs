//! Keys: the public one of a certificate, and private ones in all their encodings (PKCS#8, PKCS#1, SEC1).

use aws_lc_rs::{agreement, signature};
use secrecy::SecretSlice;
use zeroize::Zeroizing;

use super::algorithm::{self, Curve, KeyKind};
use super::contents::{PrivateKey, PublicKey};
use super::der::{DerError, Element, Result, sequence, tag};

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const DSA: &str = "1.2.840.10040.4.1";
const ED25519: &str = "1.3.101.112";
const ED448: &str = "1.3.101.113";

/// Parses a SubjectPublicKeyInfo. A key whose contents cannot be parsed has an unknown kind.
pub(super) fn public_key(info: Element<'_>) -> Result<PublicKey> {
    let mut parts = info.expect(tag::SEQUENCE)?;
    let algorithm = parts.element()?;
    let bits = parts.element()?.bits()?;
    let (oid, parameters) = identifier(algorithm)?;
    let rsa = if matches!(oid.as_str(), RSA | algorithm::RSASSA_PSS) { rsa(bits, 0).ok() } else { None };
    let rsa = rsa.map(|key| named(key, &oid));
    Ok(rsa.unwrap_or_else(|| PublicKey { kind: kind(&oid, parameters), value: bits.to_vec() }))
}

/// Reads a PrivateKeyInfo (PKCS#8, not encrypted).
pub(super) fn private_key(pkcs8: &[u8], encrypted: bool) -> Result<PrivateKey> {
    let (whole, _) = Element::parse(pkcs8)?;
    let mut parts = whole.expect(tag::SEQUENCE)?;
    parts.element()?.integer()?;
    let (oid, parameters) = identifier(parts.element()?)?;
    let inside = Zeroizing::new(parts.element()?.octets()?.into_owned());
    let public = match oid.as_str() {
        RSA | algorithm::RSASSA_PSS => Some(named(rsa(&inside, 1)?, &oid)),
        EC => ec(&inside, kind(&oid, parameters))?,
        ED25519 => edwards(&inside),
        _ => None,
    };
    let kind = public.as_ref().map_or_else(|| kind(&oid, parameters), |public| public.kind.clone());
    let pkcs8 = SecretSlice::from(whole.raw.to_vec());
    Ok(PrivateKey { kind, public, encrypted, friendly_name: None, local_key_id: None, pkcs8 })
}

/// Wraps an RSAPrivateKey (PKCS#1) or ECPrivateKey (SEC1) as PKCS#8; PKCS#8 stays as it is.
pub(super) fn as_pkcs8(der: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let (whole, _) = Element::parse(der)?;
    let mut parts = whole.expect(tag::SEQUENCE)?;
    parts.element()?.integer()?;
    let second = parts.element()?;
    let object = |oid: &[u64]| yasna::models::ObjectIdentifier::from_slice(oid);
    let wrapped = match second.tag {
        tag::SEQUENCE => whole.raw.to_vec(),
        tag::INTEGER => wrap(whole.raw, |writer| {
            writer.next().write_oid(&object(&[1, 2, 840, 113_549, 1, 1, 1]));
            writer.next().write_null();
        }),
        tag::OCTET_STRING => {
            let curve = parts
                .optional(tag::context(0))?
                .ok_or(DerError("the key does not say which curve it is for"))?;
            let curve = Element::parse(curve.content)?.0.raw;
            wrap(whole.raw, |writer| {
                writer.next().write_oid(&object(&[1, 2, 840, 10045, 2, 1]));
                writer.next().write_der(curve);
            })
        }
        _ => return Err(DerError("it is not a private key")),
    };
    Ok(Zeroizing::new(wrapped))
}

fn wrap(key: &[u8], algorithm: impl FnOnce(&mut yasna::DERWriterSeq<'_>)) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u8(0);
            writer.next().write_sequence(algorithm);
            writer.next().write_bytes(key);
        });
    })
}

/// An AlgorithmIdentifier: object identifier and parameters.
pub(super) fn identifier(element: Element<'_>) -> Result<(String, Option<Element<'_>>)> {
    let mut parts = element.expect(tag::SEQUENCE)?;
    Ok((parts.element()?.oid()?, parts.next().transpose()?))
}

/// An RSA key whose identifier says so is restricted to RSASSA-PSS.
fn named(key: PublicKey, oid: &str) -> PublicKey {
    match key.kind {
        KeyKind::Rsa(bits) if oid == algorithm::RSASSA_PSS => {
            PublicKey { kind: KeyKind::RsaPss(bits), ..key }
        }
        _ => key,
    }
}

/// Modulus and exponent, which follow `skipped` other numbers.
fn rsa(der: &[u8], skipped: usize) -> Result<PublicKey> {
    let mut numbers = sequence(der)?.skip(skipped);
    let mut number = || numbers.next().unwrap_or(Err(DerError("an RSA key is cut off")))?.integer();
    let (modulus, exponent) = (number()?, number()?);
    let length = u32::try_from(modulus.len()).unwrap_or(u32::MAX).to_be_bytes();
    Ok(PublicKey { kind: KeyKind::Rsa(bit_length(modulus)), value: [&length, modulus, exponent].concat() })
}

/// The public half of an ECPrivateKey: from the structure, or computed for the curves that the library has.
fn ec(der: &[u8], kind: KeyKind) -> Result<Option<PublicKey>> {
    let mut parts = sequence(der)?;
    parts.element()?.integer()?;
    let scalar = parts.element()?.octets()?;
    parts.optional(tag::context(0))?;
    if let Some(public) = parts.optional(tag::context(1))? {
        let value = Element::parse(public.content)?.0.bits()?.to_vec();
        return Ok(Some(PublicKey { kind, value }));
    }
    let KeyKind::Ec(curve) = &kind else { return Ok(None) };
    let curve = match curve.name.as_str() {
        "P-256" => &agreement::ECDH_P256,
        "P-384" => &agreement::ECDH_P384,
        "P-521" => &agreement::ECDH_P521,
        _ => return Ok(None),
    };
    let public =
        agreement::PrivateKey::from_private_key(curve, &scalar).and_then(|key| Ok(key.compute_public_key()?));
    Ok(public.ok().map(|public| PublicKey { kind, value: public.as_ref().to_vec() }))
}

fn edwards(der: &[u8]) -> Option<PublicKey> {
    use signature::KeyPair as _;
    let seed = Element::parse(der).ok()?.0.octets().ok()?;
    let pair = signature::Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
    Some(PublicKey { kind: KeyKind::Ed25519, value: pair.public_key().as_ref().to_vec() })
}

fn kind(oid: &str, parameters: Option<Element<'_>>) -> KeyKind {
    match oid {
        EC => KeyKind::Ec(match parameters {
            Some(curve) if curve.tag == tag::OID => Curve::from_oid(&curve.oid().unwrap_or_default()),
            explicit => Curve {
                name: Curve::EXPLICIT.into(),
                bits: explicit.and_then(|curve| field_size(curve).ok()),
            },
        }),
        DSA => {
            let prime = parameters
                .and_then(|parameters| parameters.expect(tag::SEQUENCE).ok()?.element().ok()?.integer().ok());
            KeyKind::Dsa(prime.map_or(0, bit_length))
        }
        ED25519 => KeyKind::Ed25519,
        ED448 => KeyKind::Ed448,
        RSA => KeyKind::Other("RSA (unreadable)".into()),
        other => KeyKind::Other(algorithm::other_name(other).unwrap_or(other).to_owned()),
    }
}

/// The field size of a curve with explicit parameters (ECParameters of a prime field).
fn field_size(parameters: Element<'_>) -> Result<u32> {
    let mut parts = parameters.expect(tag::SEQUENCE)?;
    parts.element()?.integer()?;
    let mut field = parts.element()?.expect(tag::SEQUENCE)?;
    field.element()?.oid()?;
    Ok(bit_length(field.element()?.integer()?))
}

/// Bits of a number without its leading zeros.
fn bit_length(number: &[u8]) -> u32 {
    let unused = number.first().map_or(0, |octet| octet.leading_zeros());
    u32::try_from(number.len() * 8).unwrap_or(u32::MAX).saturating_sub(unused)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::x509;

    #[test]
    fn keys_of_every_kind_find_their_certificate_and_no_other() {
        let kinds = [
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ED25519,
            &rcgen::PKCS_RSA_SHA256,
        ];
        let made = kinds.map(|kind| {
            let pair = rcgen::KeyPair::generate_for(kind).unwrap();
            let certificate = rcgen::CertificateParams::default().self_signed(&pair).unwrap();
            (
                private_key(pair.serialized_der(), false).unwrap(),
                x509::certificate(certificate.der()).unwrap(),
            )
        });
        assert_eq!(
            made.each_ref().map(|(key, _)| key.kind.to_string()),
            ["EC P-256", "EC P-384", "Ed25519", "RSA 2048"]
        );
        for (at, (key, _)) in made.iter().enumerate() {
            for (other, (_, certificate)) in made.iter().enumerate() {
                assert_eq!(key.fits(certificate), Some(at == other));
            }
        }
    }

    #[test]
    fn bits_are_counted_without_leading_zeros() {
        assert_eq!(
            (bit_length(&[0x7F, 0xFF]), bit_length(&[0x80]), bit_length(&[]), bit_length(&[0])),
            (15, 8, 0, 0)
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for der in [
            &[][..],
            &[0x30, 0],
            &[0x30, 3, 2, 1, 0],
            &[0x30, 6, 2, 1, 1, 4, 1, 1],
            &[0x30, 5, 2, 1, 0, 5, 0],
        ] {
            assert!(as_pkcs8(der).is_err(), "{der:?}");
        }
    }
}
