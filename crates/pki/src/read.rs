//! Detects the format of a file by its bytes, never by its name, and reads it.

use secrecy::SecretString;

use super::contents::{Certificate, Contents, Kind, PrivateKey};
use super::der::{self, DerError, Element, tag};
use super::pem::{Bare, Block, PemFault, Promise};
use super::pkcs12::{self, PasswordCandidates, Scheme, Work};
use super::refused::{ReadError, Refused};
use super::{key, limits, pem, pkcs7};
use certdeck_model::quoted;

/// Reads the certificates and keys of a file of any format.
///
/// Without a password, PKCS#12 is tried with the empty one; unencrypted files ignore a password. A PEM or DER
/// file without a certificate is refused; [`read_key`] reads its key.
pub fn read(bytes: &[u8], password: Option<&SecretString>) -> Result<Contents, Box<Refused>> {
    if bytes.len() > limits::FILE {
        return Err(Refused::new(Kind::Unknown, ReadError::TooLarge { limit: limits::FILE }));
    }
    match FileFormat::of(bytes) {
        FileFormat::Pkcs12 => {
            pkcs12::read(bytes, password).and_then(|contents| followed(contents, bytes, password))
        }
        FileFormat::Pem => read_pem(Contents::new(Kind::Pem), &pem::text(bytes), password),
        FileFormat::Pkcs7 => read_pkcs7(bytes).and_then(|contents| followed(contents, bytes, password)),
        FileFormat::Certificate => read_certificates(bytes, password),
        FileFormat::Other(what) => {
            Err(Refused::new(Kind::Unknown, ReadError::NoCertificate { what: format!("it is {what}") }))
        }
        FileFormat::Unknown(why) => Err(Refused::new(Kind::Unknown, ReadError::malformed(why))),
    }
}

/// Reads all certificates of a file: a part that cannot be read is an error, unless it is a private key,
/// which is not needed.
pub fn certificates(bytes: &[u8]) -> Result<Vec<Certificate>, Box<Refused>> {
    let contents = read(bytes, None)?;
    let kind = contents.kind;
    contents.whole_certificates().map_err(|unread| Refused::new(kind, unread.first))
}

/// Reads one private key from PEM or DER: PKCS#8, PKCS#1 or SEC1, encrypted or not. Certificates besides it
/// are ignored.
pub fn read_key(bytes: &[u8], password: Option<&SecretString>) -> Result<PrivateKey, ReadError> {
    if bytes.len() > limits::FILE {
        return Err(ReadError::TooLarge { limit: limits::FILE });
    }
    let mut work = Work::default();
    let text = pem::text(bytes);
    if !pem::is_pem(&text) {
        return match FileFormat::of(bytes) {
            FileFormat::Unknown(why) => Err(ReadError::malformed(why)),
            FileFormat::Pkcs12 => Err(ReadError::malformed(
                "a PKCS#12 file, which holds certificates too; its key alone: openssl pkcs12 -in FILE -nocerts -out KEY",
            )),
            FileFormat::Certificate | FileFormat::Pkcs7 => {
                Err(ReadError::malformed("it holds certificates and no private key"))
            }
            FileFormat::Pem | FileFormat::Other(_) => encrypted_or_open_key(bytes, password, &mut work),
        };
    }
    let mut keys = pem::parts(&text).into_iter().filter_map(|part| match part {
        Ok(block) => pem_key(block, password, &mut work),
        // A part that is certainly no key is not needed.
        Err(fault) => match Promise::of(&fault.place.label) {
            Promise::PrivateKey | Promise::Unknown => Some(Err(fault.into())),
            Promise::Certificate | Promise::TrustedCertificate | Promise::Bundle | Promise::Other => None,
        },
    });
    let key = keys.next().unwrap_or_else(|| Err(ReadError::malformed("no private key in the file")))?;
    if keys.next().is_some() {
        return Err(ReadError::malformed(
            "more than one private key in the file: it is not clear which one is meant",
        ));
    }
    Ok(key)
}

impl From<PemFault> for ReadError {
    fn from(PemFault { place, why }: PemFault) -> Self {
        Self::malformed(why).in_block(place)
    }
}

/// The format of a file.
enum FileFormat {
    Pkcs12,
    Pem,
    Pkcs7,
    Certificate,
    /// A known format that contains no certificate.
    Other(&'static str),
    /// An unknown format, with a description.
    Unknown(String),
}

impl FileFormat {
    fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Unknown("the file is empty".into());
        }
        // Old Java keystores, which also contain certificates, but in no standard form.
        if bytes.starts_with(&[0xFE, 0xED, 0xFE, 0xED]) || bytes.starts_with(&[0xCE, 0xCE, 0xCE, 0xCE]) {
            return Self::Unknown(
                "a Java keystore: export it as PKCS#12 with keytool -importkeystore -deststoretype pkcs12"
                    .into(),
            );
        }
        if bytes[0] != tag::SEQUENCE {
            return Self::of_text(bytes);
        }
        match Element::parse(bytes).and_then(|(whole, _)| Self::of_der(whole)) {
            Ok(sort) => sort,
            // A text can begin with the digit 0, which is the tag of a SEQUENCE.
            Err(_) if bytes.iter().take(64).all(u8::is_ascii) && pem::is_pem(bytes) => Self::Pem,
            Err(DerError(what)) => {
                // PKCS#12 begins with its version, 3, before any part that may be damaged.
                let start = bytes
                    .get(2..)
                    .unwrap_or_default()
                    .windows(4)
                    .take(10)
                    .any(|at| at == [0x02, 0x01, 0x03, 0x30]);
                Self::Unknown(format!(
                    "{}: {what}",
                    if start { "not a readable PKCS#12 file" } else { "not a certificate file" }
                ))
            }
        }
    }

    fn of_text(bytes: &[u8]) -> Self {
        let text = pem::text(bytes);
        if pem::is_pem(&text) {
            return Self::Pem;
        }
        let is_file = |octets: &[u8]| {
            pem::is_pem(octets) || (octets.first() == Some(&tag::SEQUENCE) && Element::parse(octets).is_ok())
        };
        if let Some((bare, octets)) = pem::bare_base64(&text, is_file) {
            return Self::Unknown(bare_words(bare, &octets));
        }
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Self::Unknown("text in UTF-16, as PowerShell writes it, and no PEM in it".into());
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
                if first.starts_with("1.2.840.113549.1.7.") {
                    Self::Pkcs12
                } else {
                    Self::Other("a private key")
                }
            }
            [tag::INTEGER, tag::INTEGER, tag::INTEGER, ..] | [tag::INTEGER, tag::OCTET_STRING, ..] => {
                Self::Other("a private key")
            }
            [tag::INTEGER, tag::INTEGER] => Self::Other("an RSA public key"),
            [tag::SEQUENCE, tag::OCTET_STRING] => Self::Other("an encrypted private key"),
            [tag::SEQUENCE, tag::BIT_STRING] => Self::Other("a public key"),
            [tag::SEQUENCE, tag::SEQUENCE, tag::BIT_STRING] => Self::of_signed(children[0])?,
            _ => Self::Unknown("DER of something that is not a certificate".into()),
        })
    }

    /// Certificates, requests and revocation lists have the same outer structure of signed data.
    fn of_signed(body: Element<'_>) -> der::Result<Self> {
        let tags = body
            .children()?
            .take(8)
            .map(|child| child.map(|child| child.tag))
            .collect::<der::Result<Vec<_>>>()?;
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

/// Describes Base64 text without BEGIN and END, with the command that decodes it.
fn bare_words(bare: Bare, octets: &[u8]) -> String {
    let what = if pem::is_pem(octets) {
        "a PEM file"
    } else {
        match Element::parse(octets).and_then(|(whole, _)| FileFormat::of_der(whole)) {
            Ok(FileFormat::Pkcs12) => "a PKCS#12 file",
            Ok(FileFormat::Pkcs7) => "a PKCS#7 bundle",
            Ok(FileFormat::Other(what)) => what,
            _ => "a certificate file",
        }
    };
    let (how, command) = match bare {
        // Windows line ends stop base64.
        Bare::Plain => ("", "tr -d '\\r' < FILE | base64 -d > NEW"),
        Bare::Twice => (", encoded twice", "tr -d '\\r' < FILE | base64 -d | base64 -d > NEW"),
        Bare::Quoted => (" within other text", "grep -oE '[A-Za-z0-9+/=]{40,}' FILE | base64 -d > NEW"),
    };
    format!("the Base64 text of {what}{how}, not the file itself: decode it first ({command})")
}

/// DER certificates one after another, as `cat` joins them.
fn read_certificates(bytes: &[u8], password: Option<&SecretString>) -> Result<Contents, Box<Refused>> {
    let mut contents = Contents::new(Kind::X509);
    let mut rest = bytes;
    while matches!(
        Element::parse(rest).and_then(|(whole, _)| FileFormat::of_der(whole)),
        Ok(FileFormat::Certificate)
    ) {
        let whole = Element::parse(rest).map_or(rest, |(whole, _)| whole.raw);
        contents.add_certificate(whole).map_err(|error| Refused::new(Kind::X509, error))?;
        rest = &rest[whole.len()..];
    }
    contents.trailing_bytes = rest.len();
    let contents = followed(contents, bytes, password)?;
    finished(contents, "no certificate at all")
}

/// Handles the bytes after the parsed structure: PEM text is read too, another structure is reported, and
/// padding is ignored.
fn followed(
    mut contents: Contents,
    bytes: &[u8],
    password: Option<&SecretString>,
) -> Result<Contents, Box<Refused>> {
    let rest = &bytes[bytes.len() - contents.trailing_bytes.min(bytes.len())..];
    if pem::is_pem(rest) {
        if contents.kind == Kind::X509 {
            return read_pem(contents, rest, password);
        }
    } else if Element::parse(rest).is_err() || rest.first() != Some(&tag::SEQUENCE) {
        return Ok(contents);
    }
    let error = ReadError::malformed(format!(
        "another file follows its end, after {} octets",
        bytes.len() - rest.len()
    ));
    let kind = contents.kind;
    contents.note(error).map(|()| contents).map_err(|error| Refused::new(kind, error))
}

fn read_pkcs7(bytes: &[u8]) -> Result<Contents, Box<Refused>> {
    let mut contents = Contents::new(Kind::Pkcs7);
    add_pkcs7(&mut contents, bytes).map_err(|error| Refused::new(Kind::Pkcs7, error))?;
    contents.trailing_bytes = Element::parse(bytes).map_or(0, |(_, rest)| rest.len());
    finished(contents, "no certificate at all")
}

fn add_pkcs7(contents: &mut Contents, bytes: &[u8]) -> Result<(), ReadError> {
    let malformed =
        |DerError(what)| ReadError::malformed(format!("the PKCS#7 bundle cannot be read: {what}"));
    pkcs7::certificates(bytes)
        .map_err(malformed)?
        .into_iter()
        .try_for_each(|der| contents.add_certificate(der).map(drop))
}

/// Adds the contents of a text to what was read before it.
fn read_pem(
    mut contents: Contents,
    text: &[u8],
    password: Option<&SecretString>,
) -> Result<Contents, Box<Refused>> {
    let mut work = Work::default();
    let mut others: Vec<String> = Vec::new();
    for part in pem::parts(text) {
        let added = match part {
            Err(fault) => contents.note(fault.into()),
            Ok(block) => match Promise::of(&block.place.label) {
                Promise::Certificate | Promise::TrustedCertificate => add_block(&mut contents, &block),
                Promise::Bundle => add_bundle(&mut contents, &block),
                Promise::PrivateKey => {
                    pem_key(block, password, &mut work).map_or(Ok(()), |key| contents.add_key(key).map(drop))
                }
                Promise::Other | Promise::Unknown => {
                    others.push(quoted(&block.place.label));
                    Ok(())
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

/// A block labelled as a certificate: authorities on Windows also use that label for PKCS#7 bundles.
fn add_block(contents: &mut Contents, block: &Block) -> Result<(), ReadError> {
    let sort = Element::parse(&block.data).and_then(|(whole, rest)| Ok((FileFormat::of_der(whole)?, rest)));
    let why = match sort {
        Ok((FileFormat::Pkcs7, _)) => return add_bundle(contents, block),
        Ok((FileFormat::Other(what), _)) => format!("it is called a certificate, and it is {what}"),
        Ok((FileFormat::Pkcs12, _)) => "it is called a certificate, and it is a PKCS#12 file".to_owned(),
        Ok((_, rest)) if !rest.is_empty() && Promise::of(&block.place.label) == Promise::Certificate => {
            format!("{} octets follow the certificate in it", rest.len())
        }
        _ => {
            let (known, unread) = (contents.certificates.len(), contents.unread.len());
            contents.add_certificate(&block.data)?;
            if contents.certificates.len() == known
                && contents.unread.len() > unread
                && let Some(error) = contents.unread.pop()
            {
                contents.unread.push(error.in_block(block.place.clone()));
            }
            return Ok(());
        }
    };
    contents.note(ReadError::malformed(why).in_block(block.place.clone()))
}

fn add_bundle(contents: &mut Contents, block: &Block) -> Result<(), ReadError> {
    contents.kind = Kind::Pkcs7;
    match add_pkcs7(contents, &block.data) {
        Err(error @ ReadError::Malformed { .. }) => contents.note(error.in_block(block.place.clone())),
        added => added,
    }
}

/// The key of a block, if the label promises one.
fn pem_key(
    block: Block,
    password: Option<&SecretString>,
    work: &mut Work,
) -> Option<Result<PrivateKey, ReadError>> {
    if Promise::of(&block.place.label) != Promise::PrivateKey {
        return None;
    }
    let key = match &block.encryption {
        None => encrypted_or_open_key(&block.data, password, work),
        Some(info) => pkcs12::undo_dek_info(info, &block.data, &PasswordCandidates::new(password))
            .map_err(|error| needed(error, password))
            .and_then(|der| open_key(&der, true)),
    };
    Some(key.map_err(|error| error.in_block(block.place)))
}

fn encrypted_or_open_key(
    der: &[u8],
    password: Option<&SecretString>,
    work: &mut Work,
) -> Result<PrivateKey, ReadError> {
    let malformed = |DerError(what)| ReadError::malformed(format!("not a private key: {what}"));
    let mut parts = der::sequence(der).map_err(malformed)?;
    let first = parts.element().map_err(malformed)?;
    if first.tag != tag::SEQUENCE {
        return open_key(der, false);
    }
    let scheme = Scheme::read(first).map_err(malformed)?;
    let data = parts.element().and_then(Element::octets).map_err(malformed)?;
    let opened = scheme.decrypt("the private key", &data, &PasswordCandidates::new(password), work);
    opened.map_err(|error| needed(error, password)).and_then(|(pkcs8, _)| open_key(&pkcs8, true))
}

fn open_key(der: &[u8], encrypted: bool) -> Result<PrivateKey, ReadError> {
    let malformed = |DerError(what)| ReadError::malformed(format!("not a readable private key: {what}"));
    key::as_pkcs8(der).and_then(|pkcs8| key::private_key(&pkcs8, encrypted)).map_err(malformed)
}

fn needed(error: ReadError, password: Option<&SecretString>) -> ReadError {
    match error {
        ReadError::WrongPassword { .. } if password.is_none() => {
            ReadError::PasswordNeeded { part: "the private key" }
        }
        error => error,
    }
}

/// A file with at least one certificate; otherwise an error that says what is there instead.
fn finished(contents: Contents, others: &str) -> Result<Contents, Box<Refused>> {
    if !contents.certificates.is_empty() {
        return Ok(contents);
    }
    let error = match contents.unread.first() {
        Some(error) => error.clone(),
        None if !contents.keys.is_empty() => {
            ReadError::NoCertificate { what: "it holds a private key only".into() }
        }
        None => ReadError::NoCertificate { what: format!("it holds {others}") },
    };
    Err(Refused::new(contents.kind, error))
}
