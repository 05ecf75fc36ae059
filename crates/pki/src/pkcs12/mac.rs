//! The MAC of a PKCS#12 file: in the form of RFC 7292, and PBMAC1 (RFC 9579).

use super::encryption::pbkdf2;
use super::kdf::{Purpose, Stretch, Work, hmac};
use super::password::PasswordCandidates;
use crate::algorithm::Digest;
use crate::der::{DerError, Element, Result, tag};
use crate::key::identifier;
use crate::{Mac, MacKind, PasswordForm, ReadError};

const PART: &str = "the MAC";
/// RFC 9579, section 5: shorter keys must be refused, otherwise a file could choose one that is easy to
/// guess.
const KEY_LENGTHS: std::ops::RangeInclusive<u64> = 20..=4096;

/// A MAC as the file contains it.
pub(super) struct StoredMac {
    pub facts: Mac,
    method: MacMethod,
    expected: Vec<u8>,
}

enum MacMethod {
    Pkcs12(Stretch),
    Pbmac1 { stretch: Stretch, key: usize, digest: Digest },
    Unknown { oid: String },
    Bad(String),
}

impl StoredMac {
    /// Reads a MacData.
    pub(super) fn read(element: Element<'_>) -> Result<Self> {
        let mut fields = element.expect(tag::SEQUENCE)?;
        let mut info = fields.element()?.expect(tag::SEQUENCE)?;
        let (oid, parameters) = identifier(info.element()?)?;
        let expected = info.element()?.octets()?.into_owned();
        let salt = fields.element()?.octets()?.into_owned();
        let iterations = fields.next().transpose()?;
        let facts = |kind, digest: &str, iterations| Mac {
            kind,
            digest: digest.to_owned(),
            iterations,
            verified: None,
        };
        if oid == "1.2.840.113549.1.5.14" {
            let (method, digest, iterations) = match pbmac1(parameters) {
                Ok(read) => read,
                Err(DerError(what)) => (MacMethod::Bad(what.to_owned()), String::new(), 0),
            };
            return Ok(Self { facts: facts(MacKind::Pbmac1, &digest, iterations), method, expected });
        }
        let rounds = match iterations.map_or(Ok(1), Element::unsigned) {
            Ok(0) | Err(_) => None,
            Ok(rounds) => Some(rounds),
        };
        let digest = Digest::from_oid(&oid);
        let (kind, name) =
            digest.map_or((MacKind::Unknown, oid.as_str()), |digest| (MacKind::Pkcs12Kdf, digest.name()));
        let facts = facts(kind, name, rounds.unwrap_or_default());
        let method = match (digest, rounds) {
            (None, _) => MacMethod::Unknown { oid },
            (_, None) => MacMethod::Bad("its number of rounds is not above zero".into()),
            (Some(digest), Some(rounds)) => MacMethod::Pkcs12(Stretch { digest, salt, rounds }),
        };
        Ok(Self { facts, method, expected })
    }

    /// The form of the password with which `content` is verified.
    pub(super) fn verify(
        &self,
        content: &[u8],
        password: &PasswordCandidates,
        work: &mut Work,
    ) -> std::result::Result<PasswordForm, ReadError> {
        let wrong = ReadError::WrongPassword { by_mac: true };
        match &self.method {
            MacMethod::Unknown { oid } => Err(ReadError::unsupported(oid, PART)),
            MacMethod::Bad(what) => Err(ReadError::BadMac { what: what.clone() }),
            MacMethod::Pbmac1 { stretch, key, digest } => {
                for (form, octets) in password.plain() {
                    let key = stretch.pbkdf2(PART, octets, *key, work)?;
                    if hmac(*digest, &key, content) == self.expected {
                        return Ok(form);
                    }
                }
                Err(wrong)
            }
            MacMethod::Pkcs12(stretch) => {
                for (form, octets) in password.forms() {
                    let key = stretch.pkcs12(PART, octets, Purpose::Mac, stretch.digest.size(), work)?;
                    if hmac(stretch.digest, &key, content) == self.expected {
                        return Ok(form);
                    }
                }
                Err(wrong)
            }
        }
    }
}

/// The method, the name of its digest, and its rounds.
fn pbmac1(parameters: Option<Element<'_>>) -> Result<(MacMethod, String, u64)> {
    let mut fields = parameters.ok_or(DerError("PBMAC1 without parameters"))?.expect(tag::SEQUENCE)?;
    let (kdf, kdf_parameters) = identifier(fields.element()?)?;
    let (scheme, _) = identifier(fields.element()?)?;
    let Some(digest) = Digest::from_hmac_oid(&scheme) else {
        return Ok((MacMethod::Unknown { oid: scheme.clone() }, scheme, 0));
    };
    if kdf != "1.2.840.113549.1.5.12" {
        return Ok((MacMethod::Unknown { oid: kdf }, digest.name().to_owned(), 0));
    }
    let pbkdf2 = pbkdf2(kdf_parameters.ok_or(DerError("PBKDF2 without parameters"))?)?;
    let method = match (pbkdf2.stretch, pbkdf2.key_length) {
        (None, _) => MacMethod::Unknown { oid: pbkdf2.hmac },
        (_, None) => MacMethod::Bad("PBMAC1 must say the length of its key (RFC 9579)".into()),
        (_, Some(length)) if !KEY_LENGTHS.contains(&length) => {
            MacMethod::Bad(format!("PBMAC1 with a key of {length} octets; RFC 9579 wants 20 or more"))
        }
        (Some(stretch), Some(length)) => {
            MacMethod::Pbmac1 { stretch, key: usize::try_from(length).unwrap_or(20), digest }
        }
    };
    Ok((method, digest.name().to_owned(), pbkdf2.rounds))
}
