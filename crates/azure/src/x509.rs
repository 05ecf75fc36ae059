//! The few facts of a certificate that Azure returns only as bytes: subject, names, expiry, whether it is
//! self-signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use certdeck_model::printable;

/// A certificate has some kilobytes; anything far larger is not one.
const LARGEST: usize = 256 * 1024;

/// The facts of one certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct X509Facts {
    /// The distinguished name, printable.
    pub subject: String,
    /// The DNS names of the subject alternative name extension.
    pub names: Vec<String>,
    /// The end of the validity; `None` if it is no valid time.
    pub expires: Option<Timestamp>,
    /// Whether it names itself as its issuer.
    pub is_self_signed: bool,
}

/// Reads a certificate from PEM text or from Base64 of its DER.
pub fn facts(text: &str) -> Option<X509Facts> {
    if text.len() > LARGEST {
        return None;
    }
    let armoured = text.trim().strip_prefix("-----BEGIN CERTIFICATE-----");
    let base64 = armoured.map_or(text, |rest| rest.split("-----END").next().unwrap_or(rest));
    let compact: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
    facts_of(&STANDARD.decode(compact).ok()?)
}

/// Reads a certificate from its DER.
pub fn facts_of(der: &[u8]) -> Option<X509Facts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = certificate.subject_alternative_name().ok().flatten();
    Some(X509Facts {
        subject: printable(&certificate.subject().to_string()).into_owned(),
        names: names.map_or_else(Vec::new, |extension| {
            let names = extension.value.general_names.iter();
            names
                .filter_map(|name| {
                    if let GeneralName::DNSName(dns) = name {
                        Some(printable(dns).into_owned())
                    } else {
                        None
                    }
                })
                .collect()
        }),
        expires: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok(),
        is_self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pem_and_base64_tell_the_same() {
        let names = vec!["contoso.com".to_owned(), "www.contoso.com".to_owned()];
        let made = rcgen::generate_simple_self_signed(names.clone()).unwrap().cert;
        let pem = made.pem();
        let read = facts(&pem).unwrap();
        assert_eq!(read.names, names);
        assert!(read.expires.is_some() && !read.subject.is_empty());
        assert_eq!(facts(&pem.replace('\n', "\r\n")).as_ref(), Some(&read));
        assert_eq!(facts(&STANDARD.encode(made.der())).as_ref(), Some(&read));
    }

    #[test]
    fn what_is_no_certificate_tells_nothing() {
        for text in ["", "-----BEGIN CERTIFICATE-----", "AAAA", "not base64 at all", &"A".repeat(LARGEST + 1)]
        {
            assert_eq!(facts(text), None);
        }
    }
}
