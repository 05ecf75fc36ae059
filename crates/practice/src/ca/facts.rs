//! What Azure reports about a certificate, read from its DER: serial numbers, thumbprints and names as .NET
//! writes them.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use x509_parser::{extensions::GeneralName, oid_registry, prelude::*};

use super::{CaError, pem};

/// The facts of one certificate in the form that the APIs report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateFacts {
    /// The serial number's octets in upper-case hex, leading zeros kept.
    pub serial_hex: String,
    /// The same number in decimal, as an order reports it.
    pub serial_decimal: String,
    /// SHA-1, 40 upper-case hex digits.
    pub thumbprint: String,
    /// .NET order and spelling: `CN=…, OU=…, S=Arizona, C=US`.
    pub subject: String,
    pub issuer: String,
    pub subject_common_name: String,
    pub issuer_common_name: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// .NET's friendly name, for example `sha256RSA`.
    pub signature_algorithm: String,
    /// Common name first, then every DNS name of the SAN once.
    pub names: Vec<String>,
    pub self_signed: bool,
    /// `RSA`, `EC` or the key algorithm's OID.
    pub key_type: String,
    pub key_bits: usize,
}

impl CertificateFacts {
    /// Reads one DER certificate.
    pub(crate) fn read(der: &[u8]) -> Result<Self, CaError> {
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|error| CaError::Certificate(error.to_string()))?;
        let subject_common_name = common_name(certificate.subject());
        let mut names: Vec<String> = Vec::new();
        let sans = certificate.subject_alternative_name().ok().flatten();
        let dns =
            sans.iter().flat_map(|extension| &extension.value.general_names).filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                _ => None,
            });
        for name in std::iter::once(subject_common_name.clone()).chain(dns) {
            if !name.is_empty() && !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
        let (key_type, key_bits) = match certificate.public_key().parsed() {
            Ok(x509_parser::public_key::PublicKey::RSA(key)) => ("RSA".into(), key.key_size()),
            // The library counts whole bytes; P-521 is the only curve whose size is no multiple of eight
            // bits.
            Ok(x509_parser::public_key::PublicKey::EC(key)) => {
                ("EC".into(), if key.key_size() == 528 { 521 } else { key.key_size() })
            }
            _ => (certificate.public_key().algorithm.algorithm.to_id_string(), 0),
        };
        Ok(Self {
            serial_hex: hex_upper(certificate.raw_serial()),
            serial_decimal: certificate.serial.to_string(),
            thumbprint: thumbprint(der),
            subject: dotnet_name(certificate.subject()),
            issuer: dotnet_name(certificate.issuer()),
            issuer_common_name: common_name(certificate.issuer()),
            subject_common_name,
            not_before: instant(certificate.validity().not_before)?,
            not_after: instant(certificate.validity().not_after)?,
            signature_algorithm: signature_name(&certificate),
            self_signed: certificate.subject() == certificate.issuer(),
            names,
            key_type,
            key_bits,
        })
    }
}

/// Whether one name of a certificate matches `host`; a wildcard matches exactly one label.
pub(crate) fn name_covers(name: &str, host: &str) -> bool {
    if let Some(parent) = name.strip_prefix("*.") {
        host.split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent))
    } else {
        name.eq_ignore_ascii_case(host)
    }
}

/// A `signedCertificate`, `intermediate` or `root` block of an order.
pub(crate) fn order_block(der: &[u8]) -> Result<Value, CaError> {
    let facts = CertificateFacts::read(der)?;
    Ok(json!({
        "version": 3,
        "serialNumber": facts.serial_hex,
        "thumbprint": facts.thumbprint,
        "subject": facts.subject,
        "notBefore": with_offset(facts.not_before),
        "notAfter": with_offset(facts.not_after),
        "signatureAlgorithm": facts.signature_algorithm,
        "issuer": facts.issuer,
        "rawData": pem("CERTIFICATE", der, "\r\n"),
    }))
}

/// The common name in a PEM signing request.
pub(crate) fn request_common_name(text: &str) -> Result<String, CaError> {
    let wrong = |error: String| CaError::Certificate(error);
    let (_, block) =
        x509_parser::pem::parse_x509_pem(text.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    let (_, request) =
        X509CertificationRequest::from_der(&block.contents).map_err(|error| wrong(error.to_string()))?;
    Ok(common_name(&request.certification_request_info.subject))
}

/// SHA-1 in 40 upper-case hex digits.
pub fn thumbprint(der: &[u8]) -> String {
    hex_upper(&Sha1::digest(der))
}

/// `2016-12-02T09:16:00+00:00`, as .NET writes a date with its offset.
pub(crate) fn with_offset(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// `2016-12-02T09:17:44.8807765`, as .NET writes a date without a zone; whole seconds have no fraction.
pub(crate) fn without_zone(time: Timestamp) -> String {
    let ticks = time.subsec_nanosecond() / 100;
    let seconds = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    if ticks == 0 {
        return seconds;
    }
    let fraction = format!("{ticks:07}");
    format!("{seconds}.{}", fraction.trim_end_matches('0'))
}

/// Upper-case hex without separators.
pub(crate) fn hex_upper(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn instant(time: ASN1Time) -> Result<Timestamp, CaError> {
    Timestamp::from_second(time.timestamp()).map_err(|error| CaError::Certificate(error.to_string()))
}

fn common_name(name: &X509Name<'_>) -> String {
    name.iter_common_name()
        .last()
        .and_then(|attribute| attribute.as_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn signature_name(certificate: &X509Certificate<'_>) -> String {
    let oid = &certificate.signature_algorithm.algorithm;
    let known = [
        (oid_registry::OID_PKCS1_SHA256WITHRSA, "sha256RSA"),
        (oid_registry::OID_PKCS1_SHA384WITHRSA, "sha384RSA"),
        (oid_registry::OID_PKCS1_SHA512WITHRSA, "sha512RSA"),
        (oid_registry::OID_PKCS1_SHA1WITHRSA, "sha1RSA"),
        (oid_registry::OID_SIG_ECDSA_WITH_SHA256, "sha256ECDSA"),
        (oid_registry::OID_SIG_ECDSA_WITH_SHA384, "sha384ECDSA"),
    ];
    known
        .iter()
        .find(|(candidate, _)| candidate == oid)
        .map_or_else(|| oid.to_id_string(), |(_, name)| (*name).to_owned())
}

/// The last encoded part comes first, states are written `S`, and values with special characters are quoted.
fn dotnet_name(name: &X509Name<'_>) -> String {
    let parts: Vec<String> = name
        .iter_attributes()
        .map(|attribute| {
            let kind = match attribute.attr_type().to_id_string().as_str() {
                "2.5.4.3" => "CN".to_owned(),
                "2.5.4.6" => "C".to_owned(),
                "2.5.4.7" => "L".to_owned(),
                "2.5.4.8" => "S".to_owned(),
                "2.5.4.10" => "O".to_owned(),
                "2.5.4.11" => "OU".to_owned(),
                "1.2.840.113549.1.9.1" => "E".to_owned(),
                other => format!("OID.{other}"),
            };
            format!("{kind}={}", quoted(attribute.as_str().unwrap_or_default()))
        })
        .collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(", ")
}

fn quoted(value: &str) -> String {
    let special = value.contains([',', '+', '=', '"', '\n', '<', '>', '#', ';'])
        || value.starts_with(' ')
        || value.ends_with(' ');
    if special { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}
