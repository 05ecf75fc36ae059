//! Distinguished names as text (RFC 4514), from the string types that certificates use.

use std::fmt::Write as _;

use super::der::{DerError, Element, Result, tag};
use certdeck_model::printable;

/// A distinguished name: `CN=www.contoso.com,O=Contoso,C=US`.
pub(super) struct Name {
    /// RFC 4514: the last RDN first; attribute types without a short name are dotted. Printable.
    pub text: String,
    /// The first common name, printable.
    pub common_name: Option<String>,
}

pub(super) fn name(element: Element<'_>) -> Result<Name> {
    let mut common_name = None;
    let mut rdns = Vec::new();
    for rdn in element.expect(tag::SEQUENCE)? {
        let mut text = String::new();
        for attribute in rdn?.expect(tag::SET)? {
            let mut fields = attribute?.expect(tag::SEQUENCE)?;
            let (oid, value) = (fields.element()?.oid()?, fields.element()?);
            let joint = if text.is_empty() { "" } else { "+" };
            let shown = string(value)?;
            if oid == "2.5.4.3" && common_name.is_none() {
                common_name = shown.as_deref().map(|name| printable(name).into_owned());
            }
            let shown = shown.map_or_else(
                || format!("#{}", hex(value.content).to_ascii_lowercase()),
                |text| escaped(&text),
            );
            let _ = write!(text, "{joint}{}={shown}", short_name(&oid));
        }
        rdns.push(text);
    }
    rdns.reverse();
    Ok(Name { text: printable(&rdns.join(",")).into_owned(), common_name })
}

/// The text of a string, or `None` if it is no text (a bit string). A string that does not match its type is
/// an error, because two readers would show different names.
pub(super) fn string(value: Element<'_>) -> Result<Option<String>> {
    const WRONG: DerError = DerError("a name in it is not valid text");
    let octets = value.octets()?;
    let text = match value.tag & !tag::CONSTRUCTED {
        // Printable, numeric, IA5, visible and UTF-8 strings; IA5 strings that contain UTF-8 exist.
        tag::UTF8 | 0x12 | 0x13 | 0x16 | 0x1A => String::from_utf8(octets.into_owned()).map_err(|_| WRONG)?,
        tag::T61 => octets.iter().map(|octet| char::from(*octet)).collect(),
        tag::BMP => utf16(&octets).ok_or(WRONG)?,
        tag::UNIVERSAL if octets.len().is_multiple_of(4) => {
            let units =
                octets.chunks_exact(4).map(|unit| u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]]));
            units.map(|unit| char::from_u32(unit).ok_or(WRONG)).collect::<Result<_>>()?
        }
        tag::BIT_STRING => return Ok(None),
        _ => return Err(WRONG),
    };
    Ok(Some(text))
}

/// Big-endian UTF-16; invalid characters are shown as U+FFFD.
pub(super) fn utf16(octets: &[u8]) -> Option<String> {
    let units = octets.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
    octets
        .len()
        .is_multiple_of(2)
        .then(|| char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// Upper-case hexadecimal digits.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        let _ = write!(text, "{octet:02X}");
        text
    })
}

fn short_name(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        other => other,
    }
}

/// RFC 4514, section 2.4.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        match c {
            '\0' => text.push_str("\\00"),
            '\\' | '"' | '+' | ',' | ';' | '<' | '>' => text.extend(['\\', c]),
            ' ' if at == 0 || at == last => text.push_str("\\ "),
            '#' if at == 0 => text.push_str("\\#"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(tag: u8, content: &[u8]) -> Result<Option<String>> {
        string(Element { tag, content, raw: &[], indefinite: false })
    }

    #[test]
    fn strings_of_every_type_become_text_or_are_refused() {
        assert_eq!(text(tag::BMP, &[0x00, 0x41, 0xD8, 0x3D, 0xDD, 0x11]).unwrap().unwrap(), "A🔑");
        assert_eq!(text(tag::BMP, &[0xD8, 0x3D]).unwrap().unwrap(), "\u{FFFD}");
        assert_eq!(text(tag::T61, &[0xE9]).unwrap().unwrap(), "é");
        assert_eq!(text(tag::UNIVERSAL, &[0, 1, 0xF5, 0x11]).unwrap().unwrap(), "🔑");
        assert_eq!(text(tag::BIT_STRING, &[0, 1]), Ok(None));
        for (tag, content) in [
            (tag::UTF8, &[0xFF][..]),
            (tag::BMP, &[0]),
            (tag::UNIVERSAL, &[0, 0x11, 0, 0]),
            (tag::OCTET_STRING, &[]),
        ] {
            assert!(text(tag, content).is_err());
        }
    }

    #[test]
    fn what_has_a_meaning_in_names_is_escaped() {
        assert_eq!(escaped(" #a+b,c\\ "), "\\ #a\\+b\\,c\\\\\\ ");
        assert_eq!(escaped("#\0"), "\\#\\00");
        assert_eq!(escaped(" "), "\\ ");
    }
}
