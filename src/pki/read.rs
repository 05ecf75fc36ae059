//! Tells what sort of file it is by its octets, never by its name, and reads it.

use secrecy::SecretString;

use super::contents::{Contents, Kind, PrivateKey};
use super::der::{self, DerError, Element, tag};
use super::pkcs12::{self, Password, Scheme, Work};
use super::refused::{ReadError, Refused};
use super::{key, limits, pem, pkcs7, x509};

/// Reads the certificates and keys of a file of any kind.
///
/// Without a password, PKCS#12 is tried with the empty one; a password is ignored by what is not encrypted.
/// A PEM or DER file without a certificate is refused; its key can be had from [`read_key`].
pub fn read(bytes: &[u8], password: Option<&SecretString>) -> Result<Contents, Box<Refused>> {
    if bytes.len() > limits::FILE {
        return Err(Refused::new(Kind::Unknown, ReadError::TooLarge { limit: limits::FILE }));
    }
    match Sort::of(bytes) {
        Sort::Pkcs12 => pkcs12::read(bytes, password),
        Sort::Pem => read_pem(bytes, password),
        Sort::Pkcs7 => read_pkcs7(bytes),
        Sort::Certificate => read_certificate(bytes),
        Sort::Other(what) => Err(Refused::new(Kind::Unknown, ReadError::NoCertificate { what: format!("it is {what}") })),
        Sort::Unknown(why) => Err(Refused::new(Kind::Unknown, ReadError::malformed(why))),
    }
}

/// Reads one private key from PEM or DER: PKCS#8, PKCS#1 or SEC1, encrypted or not.
pub fn read_key(bytes: &[u8], password: Option<&SecretString>) -> Result<PrivateKey, ReadError> {
    if bytes.len() > limits::FILE {
        return Err(ReadError::TooLarge { limit: limits::FILE });
    }
    let mut work = Work::default();
    if !pem::is_pem(bytes) {
        return encrypted_or_open_key(bytes, password, &mut work);
    }
    let mut keys = pem::blocks(bytes).filter_map(|block| match block {
        Ok(block) => pem_key(&block, password, &mut work),
        Err(what) => Some(Err(ReadError::malformed(what))),
    });
    let key = keys.next().unwrap_or_else(|| Err(ReadError::malformed("no private key in the file")))?;
    if keys.next().is_some() {
        return Err(ReadError::malformed("more than one private key in the file: it is not clear which one is meant"));
    }
    Ok(key)
}

/// What a file is.
enum Sort {
    Pkcs12,
    Pem,
    Pkcs7,
    Certificate,
    /// Something known that holds no certificate.
    Other(&'static str),
    /// Why nothing can be made of it.
    Unknown(String),
}

impl Sort {
    fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Unknown("the file is empty".into());
        }
        // Old Java keystores, which also hold certificates but in no standard form.
        if bytes.starts_with(&[0xFE, 0xED, 0xFE, 0xED]) || bytes.starts_with(&[0xCE, 0xCE, 0xCE, 0xCE]) {
            return Self::Unknown(
                "a Java keystore: export it as PKCS#12 with keytool -importkeystore -deststoretype pkcs12".into(),
            );
        }
        if bytes[0] != tag::SEQUENCE {
            return Self::of_text(bytes);
        }
        match Element::parse(bytes).and_then(|(whole, _)| Self::of_der(whole)) {
            Ok(sort) => sort,
            Err(DerError(what)) => {
                // PKCS#12 starts with its version, 3, before anything that may be broken.
                let start = bytes.get(2..).unwrap_or_default().windows(4).take(10).any(|at| at == [0x02, 0x01, 0x03, 0x30]);
                Self::Unknown(format!("{}: {what}", if start { "not a readable PKCS#12 file" } else { "not a certificate file" }))
            }
        }
    }

    fn of_text(bytes: &[u8]) -> Self {
        if pem::is_pem(bytes) {
            return Self::Pem;
        }
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Self::Unknown("text in UTF-16, as PowerShell writes it: save it again as ASCII or UTF-8".into());
        }
        let unarmoured = pem::bare_base64(bytes).filter(|octets| octets.first() == Some(&tag::SEQUENCE));
        if unarmoured.is_some_and(|octets| Element::parse(&octets).is_ok()) {
            return Self::Unknown("the Base64 text of a certificate file, not the file itself: decode it first (base64 -d)".into());
        }
        if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF")
            && rest.first() == Some(&tag::SEQUENCE)
        {
            return Self::Unknown(
                "a program has put a byte order mark (EF BB BF) before the binary file and probably changed more".into(),
            );
        }
        Self::Unknown("neither DER, PEM nor PKCS#12".into())
    }

    fn of_der(whole: Element<'_>) -> der::Result<Self> {
        let children = whole.children()?.take(4).collect::<der::Result<Vec<_>>>()?;
        let tags: Vec<u8> = children.iter().map(|child| child.tag).collect();
        Ok(match tags[..] {
            [tag::OID, ..] => Self::Pkcs7,
            [tag::INTEGER, tag::SEQUENCE, ..] => {
                let first = children[1].children()?.element()?.oid()?;
                if first.starts_with("1.2.840.113549.1.7.") { Self::Pkcs12 } else { Self::Other("a private key") }
            }
            [tag::INTEGER, tag::INTEGER, tag::INTEGER, ..] | [tag::INTEGER, tag::OCTET_STRING, ..] => Self::Other("a private key"),
            [tag::INTEGER, tag::INTEGER] => Self::Other("an RSA public key"),
            [tag::SEQUENCE, tag::OCTET_STRING] => Self::Other("an encrypted private key"),
            [tag::SEQUENCE, tag::BIT_STRING] => Self::Other("a public key"),
            [tag::SEQUENCE, tag::SEQUENCE, tag::BIT_STRING] => Self::of_signed(children[0])?,
            _ => Self::Unknown("DER of something that is not a certificate".into()),
        })
    }

    /// Certificates, requests and revocation lists are all signed in the same way.
    fn of_signed(body: Element<'_>) -> der::Result<Self> {
        let tags = body.children()?.take(8).map(|child| child.map(|child| child.tag)).collect::<der::Result<Vec<_>>>()?;
        let is_time = |tag: &u8| matches!(*tag, tag::UTC_TIME | tag::GENERALIZED_TIME);
        Ok(if tags.iter().any(is_time) {
            Self::Other("a certificate revocation list")
        } else if tags.starts_with(&[tag::INTEGER, tag::SEQUENCE, tag::SEQUENCE, 0xA0])
            || tags == [tag::INTEGER, tag::SEQUENCE, tag::SEQUENCE]
        {
            Self::Other("a certificate request")
        } else {
            Self::Certificate
        })
    }
}

fn read_certificate(bytes: &[u8]) -> Result<Contents, Box<Refused>> {
    let malformed =
        |DerError(what)| Refused::new(Kind::X509, ReadError::malformed(format!("the certificate cannot be read: {what}")));
    let certificate = x509::certificate(bytes).map_err(malformed)?;
    let trailing_bytes = bytes.len() - certificate.der.len();
    Ok(Contents { certificates: vec![certificate], trailing_bytes, ..Contents::new(Kind::X509) })
}

fn read_pkcs7(bytes: &[u8]) -> Result<Contents, Box<Refused>> {
    let mut contents = Contents::new(Kind::Pkcs7);
    add_pkcs7(&mut contents, bytes).map_err(|error| Refused::new(Kind::Pkcs7, error))?;
    contents.trailing_bytes = Element::parse(bytes).map_or(0, |(_, rest)| rest.len());
    finished(contents, "no certificate at all")
}

fn add_pkcs7(contents: &mut Contents, bytes: &[u8]) -> Result<(), ReadError> {
    let malformed = |DerError(what)| ReadError::malformed(format!("the PKCS#7 bundle cannot be read: {what}"));
    pkcs7::certificates(bytes).map_err(malformed)?.into_iter().try_for_each(|der| contents.add_certificate(der).map(drop))
}

fn read_pem(bytes: &[u8], password: Option<&SecretString>) -> Result<Contents, Box<Refused>> {
    let mut contents = Contents::new(Kind::Pem);
    let mut work = Work::default();
    let mut others: Vec<&str> = Vec::new();
    for block in pem::blocks(bytes) {
        let added = match block {
            Err(what) => contents.note(ReadError::malformed(what)),
            Ok(block) => match block.label {
                "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => contents.add_certificate(&block.data).map(drop),
                "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => {
                    contents.kind = Kind::Pkcs7;
                    add_pkcs7(&mut contents, &block.data)
                }
                label => {
                    let key = pem_key(&block, password, &mut work);
                    if key.is_none() {
                        others.push(label);
                    }
                    key.map_or(Ok(()), |key| contents.add_key(key).map(drop))
                }
            },
        };
        if let Err(error) = added {
            return Err(Refused::new(contents.kind, error));
        }
    }
    others.dedup();
    others.truncate(5);
    finished(contents, &others.join(", "))
}

/// The key of a block, if it is meant to be one.
fn pem_key(block: &pem::Block<'_>, password: Option<&SecretString>, work: &mut Work) -> Option<Result<PrivateKey, ReadError>> {
    if !block.label.ends_with("PRIVATE KEY") {
        return None;
    }
    let Some(info) = block.encryption else { return Some(encrypted_or_open_key(&block.data, password, work)) };
    let opened = pkcs12::undo_dek_info(info, &block.data, &Password::new(password));
    Some(opened.map_err(|error| needed(error, password)).and_then(|der| open_key(&der, true)))
}

fn encrypted_or_open_key(der: &[u8], password: Option<&SecretString>, work: &mut Work) -> Result<PrivateKey, ReadError> {
    let malformed = |DerError(what)| ReadError::malformed(format!("not a private key: {what}"));
    let mut parts = der::sequence(der).map_err(malformed)?;
    let first = parts.element().map_err(malformed)?;
    if first.tag != tag::SEQUENCE {
        return open_key(der, false);
    }
    let scheme = Scheme::read(first).map_err(malformed)?;
    let data = parts.element().and_then(Element::octets).map_err(malformed)?;
    let opened = scheme.decrypt("the private key", &data, &Password::new(password), work);
    opened.map_err(|error| needed(error, password)).and_then(|(pkcs8, _)| open_key(&pkcs8, true))
}

fn open_key(der: &[u8], encrypted: bool) -> Result<PrivateKey, ReadError> {
    let malformed = |DerError(what)| ReadError::malformed(format!("not a readable private key: {what}"));
    key::as_pkcs8(der).and_then(|pkcs8| key::private_key(&pkcs8, encrypted)).map_err(malformed)
}

fn needed(error: ReadError, password: Option<&SecretString>) -> ReadError {
    match error {
        ReadError::WrongPassword { .. } if password.is_none() => ReadError::PasswordNeeded { part: "the private key" },
        error => error,
    }
}

/// A file with at least one certificate; otherwise says what is there instead.
fn finished(contents: Contents, others: &str) -> Result<Contents, Box<Refused>> {
    if !contents.certificates.is_empty() {
        return Ok(contents);
    }
    let error = match contents.unread.first() {
        Some(error) => error.clone(),
        None if !contents.keys.is_empty() => ReadError::NoCertificate { what: "it holds a private key only".into() },
        None => ReadError::NoCertificate { what: format!("it holds {others}") },
    };
    Err(Refused::new(contents.kind, error))
}
