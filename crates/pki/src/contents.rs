//! The contents of a certificate file, as facts. `check` makes the verdict on them.
//!
//! Texts are printable; bytes are as they are in the file.

use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};

use super::algorithm::{Cipher, Curve, Encryption, KeyKind, SignatureAlgorithm};
use super::der::DerError;
use super::refused::{ReadError, UnreadParts};
use super::{limits, x509};
use certdeck_model::Thumbprint;

/// The format of the file, regardless of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// PKCS#12 (`.pfx`, `.p12`): certificates and keys, mostly encrypted.
    Pkcs12,
    /// Certificates in DER, one or several in a row.
    X509,
    /// Text with blocks between BEGIN and END.
    Pem,
    /// A PKCS#7 bundle (`.p7b`), in DER or PEM: certificates without keys.
    Pkcs7,
    /// No format that is known here.
    Unknown,
}

impl Kind {
    /// The name in JSON output, such as `pkcs12`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Everything that could be read. Parts that could not be are listed in `unread`, so that one odd part does
/// not hide the rest.
#[derive(Debug, Clone)]
pub struct Contents {
    /// The format that was detected by the bytes of the file.
    pub kind: Kind,
    /// In the order of the file.
    pub certificates: Vec<Certificate>,
    /// In the order of the file.
    pub keys: Vec<PrivateKey>,
    /// The facts of the container; only for PKCS#12.
    pub container: Option<Pkcs12>,
    /// Parts that could not be read, each with its position in a text: an unknown cipher, an encrypted key
    /// without a password, a truncated block. Only a program that shows a file may ignore them.
    pub unread: Vec<ReadError>,
    /// Bytes after the end of the structure. Azure and OpenSSL ignore them.
    pub trailing_bytes: usize,
}

impl Contents {
    pub(super) fn new(kind: Kind) -> Self {
        let (certificates, keys, unread) = (Vec::new(), Vec::new(), Vec::new());
        Self { kind, certificates, keys, container: None, unread, trailing_bytes: 0 }
    }

    /// The parts of the file that could not be read; `None` if all could.
    pub fn gap(&self) -> Option<UnreadParts> {
        UnreadParts::of(&self.unread)
    }

    /// The certificates, if every part that may be one could be read: a private key besides them may stay
    /// encrypted.
    pub fn whole_certificates(self) -> Result<Vec<Certificate>, UnreadParts> {
        UnreadParts::of(self.unread.iter().filter(|part| !part.is_about_key()))
            .map_or(Ok(self.certificates), Err)
    }

    /// Parses and adds a certificate; one that cannot be parsed is noted, and too many are an error.
    pub(super) fn add_certificate(&mut self, der: &[u8]) -> Result<Option<&mut Certificate>, ReadError> {
        if self.certificates.len() >= limits::CERTIFICATES {
            return Err(ReadError::TooMany { what: "certificates", limit: limits::CERTIFICATES });
        }
        let certificate = match x509::certificate(der) {
            Ok(certificate) => certificate,
            Err(DerError(what)) => {
                self.note(ReadError::Damaged { part: "a certificate", what: what.to_owned() })?;
                return Ok(None);
            }
        };
        let names: usize = self.certificates.iter().map(|certificate| certificate.sans.len()).sum();
        if names + certificate.sans.len() > limits::NAMES {
            return Err(ReadError::TooMany { what: "subject alternative names", limit: limits::NAMES });
        }
        self.certificates.push(certificate);
        Ok(self.certificates.last_mut())
    }

    /// Adds a key, or notes why it cannot be read.
    pub(super) fn add_key(
        &mut self,
        key: Result<PrivateKey, ReadError>,
    ) -> Result<Option<&mut PrivateKey>, ReadError> {
        if self.keys.len() >= limits::KEYS {
            return Err(ReadError::TooMany { what: "private keys", limit: limits::KEYS });
        }
        match key {
            Ok(key) => self.keys.push(key),
            Err(error) => return self.note(error).map(|()| None),
        }
        Ok(self.keys.last_mut())
    }

    /// Notes a part that cannot be read; too many of them are an error.
    pub(super) fn note(&mut self, error: ReadError) -> Result<(), ReadError> {
        if self.unread.len() >= limits::CERTIFICATES {
            return Err(ReadError::TooMany {
                what: "parts that cannot be read",
                limit: limits::CERTIFICATES,
            });
        }
        self.unread.push(error);
        Ok(())
    }
}

/// The facts of a PKCS#12 container. All except those inside encrypted parts are known without the password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pkcs12 {
    /// RFC 7292 requires 3.
    pub version: i64,
    /// Indefinite lengths or segmented strings: BER, as Windows, Java and NSS write it.
    pub ber: bool,
    /// The integrity code; `None` if the file has none.
    pub mac: Option<Mac>,
    /// One for each private key; `Cipher::None` for an unencrypted one.
    pub key_encryption: Vec<Encryption>,
    /// One for each section (authenticated safe); `Cipher::None` for an unencrypted one.
    pub section_encryption: Vec<Encryption>,
    /// Bags other than certificates and keys, by name: a CRL, a secret.
    pub other_bags: Vec<String>,
    /// The forms of the password that opened encrypted parts.
    pub opened_with: Vec<PasswordForm>,
}

impl Pkcs12 {
    /// An encoding of the password that the standards do not define, so that other programs cannot open the
    /// file with it.
    pub fn odd_spelling(&self) -> Option<&'static str> {
        let by_mac = self.mac.as_ref().and_then(|mac| mac.verified);
        self.opened_with.iter().copied().chain(by_mac).find_map(PasswordForm::oddity)
    }

    /// The encrypted sections: certificates are public and need not be encrypted.
    pub fn encrypted_sections(&self) -> impl Iterator<Item = &Encryption> {
        self.section_encryption.iter().filter(|encryption| encryption.cipher != Cipher::None)
    }
}

/// How the key of the MAC is derived from the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum MacKind {
    /// HMAC with a key from the key derivation of PKCS#12 itself.
    Pkcs12Kdf,
    /// RFC 9579.
    Pbmac1,
    /// An unknown digest; `Mac::digest` is its object identifier.
    Unknown,
}

impl MacKind {
    /// The name in JSON output: `pkcs12-kdf`, `pbmac1` or `unknown`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The MAC of the contents, which also proves the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mac {
    /// How its key is derived from the password.
    pub kind: MacKind,
    /// `sha1`, `sha256` …, or an object identifier if it is not known.
    pub digest: String,
    /// The rounds of the key derivation.
    pub iterations: u64,
    /// The form of the password with which the MAC was verified; `None` if it was not, or could not be
    /// computed.
    pub verified: Option<PasswordForm>,
}

/// One password has several encodings as bytes, and writers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordForm {
    /// UTF-16 with two zero octets at its end, as in RFC 7292; for an empty password just the two zero
    /// octets.
    Utf16,
    /// Each byte of the UTF-8 text widened to two, as OpenSSL before 1.1 did.
    WidenedUtf8,
    /// No bytes at all, for an empty password: what Key Vault writes for App Service certificates (A201).
    Null,
    /// UTF-8, as PBKDF2 takes it.
    Utf8,
    /// One byte for each letter, as OpenSSL reads them from a Windows console.
    Windows1252,
}

impl PasswordForm {
    /// Which programs use an encoding that the standards do not define; `None` for the encodings of the
    /// standards.
    pub fn oddity(self) -> Option<&'static str> {
        match self {
            Self::Utf16 | Self::Null | Self::Utf8 => None,
            Self::WidenedUtf8 => Some("as OpenSSL before 1.1 did"),
            Self::Windows1252 => Some("in Windows-1252, as OpenSSL does on Windows"),
        }
    }
}

/// A name that a certificate is valid for, printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum San {
    /// A hostname, possibly with a wildcard label.
    Dns(String),
    /// An IPv4 or IPv6 address in its usual form.
    Ip(String),
    /// An e-mail address.
    Email(String),
    /// A URI.
    Uri(String),
    /// A name of any other form, described.
    Other(String),
}

impl fmt::Display for San {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) | Self::Ip(name) | Self::Email(name) | Self::Uri(name) | Self::Other(name) => {
                f.write_str(name)
            }
        }
    }
}

/// A public key in a form that can be compared, regardless of its encoding in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The type and the size of the key.
    pub kind: KeyKind,
    /// RSA: modulus and exponent as two DER INTEGERs; EC and Edwards curves: the point; others: the unchanged
    /// bits.
    pub value: Vec<u8>,
}

/// One X.509 certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The whole certificate in DER, without any bytes that follow it.
    pub der: Vec<u8>,
    /// RFC 4514: the last RDN first.
    pub subject: String,
    /// RFC 4514: the last RDN first.
    pub issuer: String,
    /// The encoded name, for comparison with the issuer of another certificate.
    pub subject_der: Vec<u8>,
    /// The encoded name, for comparison with the subject of another certificate.
    pub issuer_der: Vec<u8>,
    /// The first common name.
    pub common_name: Option<String>,
    /// The names of the subject alternative name extension, in its order.
    pub sans: Vec<San>,
    /// SHA-1 of the DER, as App Service names certificates.
    pub thumbprint: Thumbprint,
    /// Upper-case hexadecimal digits of the magnitude, in whole octets; a negative number (which X.509
    /// forbids) has a `-`.
    pub serial: String,
    /// Octets of the magnitude: two hexadecimal digits each (A138).
    pub serial_octets: usize,
    /// The time from which it is valid.
    pub not_before: Timestamp,
    /// A time beyond the range of a timestamp is replaced by the last one in range (9999-12-30); see
    /// [`Certificate::has_no_end`].
    pub not_after: Timestamp,
    /// Object identifiers of the extended key usage extension; `None` if it is absent.
    pub eku: Option<Vec<String>>,
    /// Basic constraints contain CA.
    pub is_ca: bool,
    /// 1, 2 or 3; odd certificates have others.
    pub version: u32,
    /// The key whose owner the certificate names.
    pub public_key: PublicKey,
    /// The algorithm by which the issuer signed it.
    pub signature_algorithm: SignatureAlgorithm,
    /// Subject key identifier.
    pub ski: Option<Vec<u8>>,
    /// Authority key identifier.
    pub aki: Option<Vec<u8>>,
    /// From the attributes of a PKCS#12 bag.
    pub friendly_name: Option<String>,
    /// From the attributes of a PKCS#12 bag: pairs a certificate with its key.
    pub local_key_id: Option<Vec<u8>>,
}

impl Certificate {
    /// Subject and issuer are the same name; only the signature proves that it also signed itself.
    pub fn is_self_issued(&self) -> bool {
        self.subject_der == self.issuer_der
    }

    /// RFC 5280, 4.1.2.5: `99991231235959Z` means that there is no end.
    pub fn has_no_end(&self) -> bool {
        self.not_after == Timestamp::MAX
    }

    /// The end of its validity, in RFC 3339.
    pub fn not_after_text(&self) -> String {
        if self.has_no_end() { "9999-12-31T23:59:59Z".to_owned() } else { self.not_after.to_string() }
    }
}

/// One private key. Its bytes are only accessible through [`PrivateKey::pkcs8`], and no output contains them.
#[derive(Clone)]
pub struct PrivateKey {
    /// The type and the size of the key.
    pub kind: KeyKind,
    /// For finding the certificate that belongs to it; `None` if it cannot be computed from the private part.
    pub public: Option<PublicKey>,
    /// It was encrypted in the file.
    pub encrypted: bool,
    /// From the attributes of a PKCS#12 bag.
    pub friendly_name: Option<String>,
    /// From the attributes of a PKCS#12 bag: pairs a certificate with its key.
    pub local_key_id: Option<Vec<u8>>,
    pub(super) pkcs8: SecretSlice<u8>,
}

impl PrivateKey {
    /// The key as unencrypted PKCS#8 DER.
    pub fn pkcs8(&self) -> &[u8] {
        self.pkcs8.expose_secret()
    }

    /// Whether this is the key of `certificate`; `None` if that cannot be determined.
    pub fn fits(&self, certificate: &Certificate) -> Option<bool> {
        // The two names of RSA keys, and named or explicit curves, make no difference to the numbers.
        let sort = |kind: &KeyKind| match kind {
            KeyKind::RsaPss(bits) => KeyKind::Rsa(*bits),
            KeyKind::Ec(curve) => KeyKind::Ec(Curve { name: String::new(), ..curve.clone() }),
            other => other.clone(),
        };
        let other = &certificate.public_key;
        self.public
            .as_ref()
            .map(|public| sort(&public.kind) == sort(&other.kind) && public.value == other.value)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("kind", &self.kind)
            .field("encrypted", &self.encrypted)
            .finish_non_exhaustive()
    }
}
