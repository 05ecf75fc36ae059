//! One X.509 certificate as facts (RFC 5280), as real authorities and test suites write them.
//!
//! Lenient if a wrong detail does not change the meaning of the certificate, strict if a name could be taken
//! for another.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha1::{Digest, Sha1};

use super::algorithm::{self, SignatureAlgorithm};
use super::contents::{Certificate, San};
use super::der::{DerError, DerReader, Element, Result, sequence, tag};
use super::name;
use super::{key, limits};
use certdeck_model::{Thumbprint, printable};

/// The maximum number of extended key usages that are read; real certificates have a handful.
const PURPOSES: usize = 1_000;

/// Parses one certificate. Bytes after it in `der` are ignored.
pub(super) fn certificate(der: &[u8]) -> Result<Certificate> {
    let (whole, _) = Element::parse(der)?;
    if whole.raw.len() > limits::CERTIFICATE {
        return Err(DerError("it is larger than 1 MiB, the limit for one certificate"));
    }
    let mut parts = whole.expect(tag::SEQUENCE)?;
    let mut body = parts.element()?.expect(tag::SEQUENCE)?;
    let signature_algorithm = signature_algorithm(parts.element()?)?;
    parts.element()?.bits()?;
    if !parts.is_empty() {
        return Err(DerError("there is more in it than body, algorithm and signature"));
    }

    let version = match body.optional(tag::context(0))? {
        Some(version) => version.children()?.element()?.unsigned()?.saturating_add(1),
        None => 1,
    };
    let serial = body.element()?;
    serial.integer()?;
    body.element()?.expect(tag::SEQUENCE)?;
    let issuer = body.element()?;
    let mut validity = body.element()?.expect(tag::SEQUENCE)?;
    let (not_before, not_after) = (time(validity.element()?)?, time(validity.element()?)?);
    let subject = body.element()?;
    let public_key = key::public_key(body.element()?)?;
    let extensions = extensions(&mut body)?;

    let (serial, serial_octets) = serial_number(serial);
    let (subject_names, issuer_names) = (name::name(subject)?, name::name(issuer)?);
    Ok(Certificate {
        der: whole.raw.to_vec(),
        subject: subject_names.text,
        issuer: issuer_names.text,
        common_name: subject_names.common_name,
        subject_der: subject.raw.to_vec(),
        issuer_der: issuer.raw.to_vec(),
        sans: extensions.sans,
        thumbprint: Thumbprint::from_sha1(&Sha1::digest(whole.raw).into()),
        serial,
        serial_octets,
        not_before,
        not_after,
        eku: extensions.eku,
        is_ca: extensions.is_ca,
        version: u32::try_from(version).unwrap_or(u32::MAX),
        public_key,
        signature_algorithm,
        ski: extensions.ski,
        aki: extensions.aki,
        friendly_name: None,
        local_key_id: None,
    })
}

fn signature_algorithm(identifier: Element<'_>) -> Result<SignatureAlgorithm> {
    let mut parts = identifier.expect(tag::SEQUENCE)?;
    let oid = parts.element()?.oid()?;
    // RSASSA-PSS states its digest in the parameters; SHA-1 is the default.
    let pss = parts.next().transpose()?.filter(|_| oid == algorithm::RSASSA_PSS);
    let digest = pss.map(|parameters| -> Result<_> {
        let mut fields = parameters.expect(tag::SEQUENCE)?;
        let Some(named) = fields.optional(tag::context(0))? else { return Ok(Some("sha1")) };
        let oid = named.children()?.element()?.expect(tag::SEQUENCE)?.element()?.oid()?;
        Ok(algorithm::Digest::from_oid(&oid).map(algorithm::Digest::name))
    });
    Ok(SignatureAlgorithm::new(oid, digest.transpose()?.flatten()))
}

/// Hexadecimal digits of the magnitude in whole octets, and their number. Negative serials are forbidden but
/// exist.
fn serial_number(serial: Element<'_>) -> (String, usize) {
    let mut octets = serial.content.to_vec();
    if serial.is_negative() {
        // Two's complement.
        let mut carry = true;
        for octet in octets.iter_mut().rev() {
            let (sum, over) = (!*octet).overflowing_add(u8::from(carry));
            (*octet, carry) = (sum, over);
        }
    }
    let zeros = octets.iter().take_while(|octet| **octet == 0).count().min(octets.len().saturating_sub(1));
    let magnitude = &octets[zeros..];
    let sign = if serial.is_negative() { "-" } else { "" };
    (format!("{sign}{}", name::hex(magnitude)), magnitude.len())
}

/// UTCTime and GeneralizedTime, also without seconds or with an offset, as old authorities wrote them.
fn time(element: Element<'_>) -> Result<Timestamp> {
    const WRONG: DerError = DerError("a date in it is none");
    let text = std::str::from_utf8(element.content).map_err(|_| WRONG)?;
    let zone = text.find(['Z', '+', '-']).ok_or(WRONG)?;
    let (digits, zone) = text.split_at(zone);
    let (date, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !date.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(WRONG);
    }
    let (year, rest) = match element.tag {
        tag::UTC_TIME => {
            let (year, rest) = date.split_at_checked(2).ok_or(WRONG)?;
            let year: i16 = year.parse().map_err(|_| WRONG)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        tag::GENERALIZED_TIME => {
            let (year, rest) = date.split_at_checked(4).ok_or(WRONG)?;
            (year.parse().map_err(|_| WRONG)?, rest)
        }
        _ => return Err(WRONG),
    };
    let fields = rest.as_bytes().chunks(2).map(|pair| match pair {
        [tens, ones] => Ok(((tens - b'0') * 10 + ones - b'0').cast_signed()),
        _ => Err(WRONG),
    });
    let fields = fields.collect::<Result<Vec<i8>>>()?;
    let ([month, day, hour, minute] | [month, day, hour, minute, _]) = fields[..] else { return Err(WRONG) };
    let second = fields.get(4).copied().unwrap_or(0);
    let local = DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| WRONG)?;
    let offset = offset(zone).ok_or(WRONG)?;
    // The last hours of the year 9999, which mean "no end", are out of a timestamp's range.
    let utc = local.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |time| time.timestamp());
    Ok(utc.checked_sub(offset).unwrap_or(utc))
}

/// `Z`, `+hhmm` or `-hhmm`.
fn offset(zone: &str) -> Option<jiff::SignedDuration> {
    if zone == "Z" {
        return Some(jiff::SignedDuration::ZERO);
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let minutes = number / 100 * 60 + number % 100;
    Some(jiff::SignedDuration::from_mins(if sign == "-" { -minutes } else { minutes }))
}

#[derive(Default)]
struct Extensions {
    sans: Vec<San>,
    eku: Option<Vec<String>>,
    is_ca: bool,
    ski: Option<Vec<u8>>,
    aki: Option<Vec<u8>>,
}

fn extensions(body: &mut DerReader<'_>) -> Result<Extensions> {
    let mut found = Extensions::default();
    // Unique identifiers [1] and [2] may come first. Data that cannot be parsed must not be treated as an
    // absence of extensions.
    let Some(extensions) =
        body.find(|element| element.as_ref().map_or(true, |element| element.tag == tag::context(3)))
    else {
        return Ok(found);
    };
    for extension in extensions?.children()?.element()?.expect(tag::SEQUENCE)? {
        let mut fields = extension?.expect(tag::SEQUENCE)?;
        let oid = fields.element()?.oid()?;
        fields.optional(tag::BOOLEAN)?;
        let value = fields.element()?;
        // An extension that cannot be parsed is ignored; the rest of the certificate is still valid.
        let _ = found.read(&oid, value.content);
    }
    Ok(found)
}

impl Extensions {
    fn read(&mut self, oid: &str, value: &[u8]) -> Result<()> {
        match oid {
            "2.5.29.14" => self.ski = Some(Element::parse(value)?.0.octets()?.into_owned()),
            "2.5.29.17" => {
                // One more than the limit, so that the caller's count shows that there are too many.
                for name in sequence(value)?.take(limits::NAMES + 1) {
                    self.sans.push(general_name(name?));
                }
            }
            "2.5.29.19" => {
                let is_ca = sequence(value)?.optional(tag::BOOLEAN)?;
                self.is_ca = is_ca.is_some_and(|is_ca| is_ca.content.iter().any(|octet| *octet != 0));
            }
            "2.5.29.35" => {
                let key = sequence(value)?.optional(0x80)?;
                self.aki = key.map(|key| key.content.to_vec());
            }
            "2.5.29.37" => {
                let oids = sequence(value)?.take(PURPOSES).map(|oid| oid?.oid());
                self.eku = Some(oids.collect::<Result<_>>()?);
            }
            _ => {}
        }
        Ok(())
    }
}

fn general_name(name: Element<'_>) -> San {
    let text = || printable(&String::from_utf8_lossy(name.content)).into_owned();
    match name.tag & 0x1F {
        1 => San::Email(text()),
        2 => San::Dns(text()),
        4 => {
            let directory = name.children().and_then(|mut inside| name::name(inside.element()?));
            San::Other(directory.map_or_else(|_| "an unreadable directory name".into(), |name| name.text))
        }
        6 => San::Uri(text()),
        7 => match *name.content {
            [a, b, c, d] => San::Ip(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
            _ => match <[u8; 16]>::try_from(name.content) {
                Ok(octets) => San::Ip(std::net::Ipv6Addr::from(octets).to_string()),
                Err(_) => San::Other(format!("an IP address of {} octets", name.content.len())),
            },
        },
        8 => San::Other(
            Element { tag: tag::OID, ..name }
                .oid()
                .unwrap_or_else(|_| "an unreadable registered identifier".into()),
        ),
        _ => San::Other("a name of another form".into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Element<'_> {
        Element { tag, content, raw: &[], indefinite: false }
    }

    #[test]
    fn dates_are_read_in_every_form_that_was_ever_issued() {
        let read = |tag, text: &str| time(element(tag, text.as_bytes())).map(|time| time.to_string());
        for (tag, text, wanted) in [
            (tag::UTC_TIME, "260901000000Z", "2026-09-01T00:00:00Z"),
            (tag::UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"),
            (tag::UTC_TIME, "2609010000Z", "2026-09-01T00:00:00Z"),
            (tag::UTC_TIME, "260901000000+0130", "2026-08-31T22:30:00Z"),
            (tag::GENERALIZED_TIME, "20500101000000Z", "2050-01-01T00:00:00Z"),
            (tag::GENERALIZED_TIME, "20500101000000.5Z", "2050-01-01T00:00:00Z"),
        ] {
            assert_eq!(read(tag, text).as_deref(), Ok(wanted));
        }
        assert_eq!(time(element(tag::GENERALIZED_TIME, b"99991231235959Z")), Ok(Timestamp::MAX));
        for text in [
            "",
            "Z",
            "261301000000Z",
            "26090100000aZ",
            "260901000000",
            "260901000000+01",
            "2609010000000Z",
            "\u{7f}60901000000Z",
        ] {
            assert!(read(tag::UTC_TIME, text).is_err(), "{text}");
        }
    }

    #[test]
    fn extensions_that_are_cut_off_are_not_taken_for_none() {
        let made = rcgen::CertificateParams::new(vec!["www.contoso.com".into()]).unwrap();
        let made = made.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let mut der = made.der().to_vec();
        let at = der
            .windows(4)
            .position(|octets| {
                octets[0] == 0xA3 && octets[2] == 0x30 && octets[3].checked_add(2) == Some(octets[1])
            })
            .unwrap();
        der[at + 1] += 1;
        assert!(certificate(&der).is_err());
    }

    #[test]
    fn serial_numbers_count_the_octets_of_their_magnitude() {
        let number = |content: &[u8]| serial_number(element(tag::INTEGER, content));
        assert_eq!(number(&[0x00, 0x80]), ("80".into(), 1));
        assert_eq!(number(&[0x01, 0x02]), ("0102".into(), 2));
        assert_eq!(number(&[0x00]), ("00".into(), 1));
        assert_eq!(number(&[0xFF, 0x7F]), ("-81".into(), 1));
    }

    #[test]
    fn names_of_every_form_are_shown_and_none_moves_the_cursor() {
        let name = |tag, content| general_name(element(tag, content)).to_string();
        assert_eq!(name(0x82, b"www.contoso.com\0.evil"), "www.contoso.com\\x00.evil");
        assert_eq!(name(0x87, &[127, 0, 0, 1]), "127.0.0.1");
        assert_eq!(name(0x87, &[0; 16]), "::");
        assert_eq!(name(0x87, &[1, 2, 3]), "an IP address of 3 octets");
        assert_eq!(name(0x86, b"http://x/\x1b[2J"), "http://x/\\x1B[2J");
        assert_eq!(name(0x88, &[0x2A, 0x03]), "1.2.3");
        assert_eq!(name(0xA4, &[0x31]), "an unreadable directory name");
    }

    #[test]
    fn a_certificate_tells_what_it_was_made_with() {
        let mut parameters =
            rcgen::CertificateParams::new(vec!["www.contoso.com".into(), "*.contoso.com".into()]).unwrap();
        parameters.distinguished_name.push(rcgen::DnType::OrganizationName, "Contoso, Ltd.");
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "www.contoso.com");
        parameters.serial_number = Some(rcgen::SerialNumber::from_slice(&[7; 20]));
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let made = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let read = certificate(made.der()).unwrap();
        assert_eq!(read.subject, "O=Contoso\\, Ltd.,CN=www.contoso.com");
        assert_eq!(read.sans, [San::Dns("www.contoso.com".into()), San::Dns("*.contoso.com".into())]);
        assert_eq!(
            (read.serial_octets, read.version, read.is_ca, read.is_self_issued()),
            (20, 3, true, true)
        );
        assert_eq!(read.eku.as_deref(), Some(&["1.3.6.1.5.5.7.3.1".to_owned()][..]));
        assert_eq!(read.public_key.kind.to_string(), "EC P-256");
        assert_eq!(read.signature_algorithm.digest, Some("sha256"));
        assert!(read.ski.is_some() && read.common_name.as_deref() == Some("www.contoso.com"));
    }
}
