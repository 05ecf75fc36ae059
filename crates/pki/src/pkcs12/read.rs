//! Reads PKCS#12: the MAC first, then every section, bag by bag. Parts that cannot be read are noted, and
//! reading continues.

use std::borrow::Cow;

use secrecy::SecretString;

use super::encryption::Scheme;
use super::kdf::Work;
use super::mac::StoredMac;
use super::password::PasswordCandidates;
use crate::der::{DerError, DerReader, Element, Result, tag};
use crate::{Contents, Encryption, Kind, MacKind, Pkcs12, ReadError, Refused, key, limits, name};
use certdeck_model::printable;

const DATA: &str = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
/// The maximum length of a friendly name in bytes; the rest is cut off.
const FRIENDLY_NAME: usize = 1024;
/// The maximum nesting of safe contents.
const DEPTH: usize = 8;

/// Reads a PKCS#12 file. The whole file is refused if it is not one, or if its MAC does not verify: its
/// contents cannot be trusted then.
pub(crate) fn read(
    bytes: &[u8],
    given: Option<&SecretString>,
) -> std::result::Result<Contents, Box<Refused>> {
    let malformed = |DerError(what)| {
        Refused::new(Kind::Pkcs12, ReadError::malformed(format!("not a readable PKCS#12 file: {what}")))
    };
    let (whole, rest) = Element::parse(bytes).map_err(malformed)?;
    let outer = Outer::read(whole).map_err(malformed)?;
    let sections = Element::parse(&outer.content)
        .and_then(|(sections, _)| sections.expect(tag::SEQUENCE))
        .map_err(malformed)?;

    let mut password = PasswordCandidates::new(given);
    let mut work = Work::default();
    let mut container = Pkcs12 { version: outer.version, ber: outer.ber, ..Pkcs12::default() };
    let mut verified = None;
    if let Some(mac) = outer.mac {
        let seal = StoredMac::read(mac).map_err(malformed)?;
        verified = Some(seal.verify(&outer.content, &password, &mut work));
        container.mac = Some(seal.facts);
    }
    let needed = |error| match error {
        ReadError::WrongPassword { .. } if given.is_none() => ReadError::PasswordNeeded { part: "the file" },
        error => error,
    };
    match &verified {
        None => {}
        Some(Ok(form)) => {
            password.prefer(*form);
            container.mac.iter_mut().for_each(|mac| mac.verified = Some(*form));
        }
        // The digest is unknown, so the MAC cannot be checked; the contents may still be readable.
        Some(Err(ReadError::UnsupportedAlgorithm { .. }))
            if container.mac.as_ref().is_some_and(|mac| mac.kind == MacKind::Unknown) => {}
        Some(Err(error)) => {
            let mut walk = Walk::new(container, None, &mut work);
            walk.sections(sections);
            let (error, container) = (needed(error.clone()), walk.contents.container);
            return Err(Box::new(Refused {
                kind: Kind::Pkcs12,
                error,
                container,
                trailing_bytes: rest.len(),
            }));
        }
    }
    let mut walk = Walk::new(container, Some(&password), &mut work);
    walk.sections(sections);
    let mut contents = walk.contents;
    contents.trailing_bytes = rest.len();
    let proven = matches!(verified, Some(Ok(_)));
    for error in &mut contents.unread {
        *error = match std::mem::replace(error, ReadError::malformed("")) {
            ReadError::WrongPassword { .. } if proven => ReadError::Damaged {
                part: "an encrypted part",
                what: "it does not decrypt with the password that the MAC proves right".into(),
            },
            error => needed(error),
        };
    }
    Ok(contents)
}

/// The outermost structure.
struct Outer<'a> {
    version: i64,
    ber: bool,
    /// The authenticated safe, which the MAC covers.
    content: Cow<'a, [u8]>,
    mac: Option<Element<'a>>,
}

impl<'a> Outer<'a> {
    fn read(whole: Element<'a>) -> Result<Self> {
        let mut fields = whole.expect(tag::SEQUENCE)?;
        let version = fields.element()?;
        let version =
            if version.is_negative() { -1 } else { i64::try_from(version.unsigned()?).unwrap_or(i64::MAX) };
        let mut safe = fields.element()?.expect(tag::SEQUENCE)?;
        if safe.element()?.oid()? != DATA {
            return Err(DerError("its contents are signed rather than sealed with a password"));
        }
        let content = safe.element()?.children()?.element()?;
        let ber = whole.indefinite || content.is_constructed() || content.indefinite;
        Ok(Self { version, ber, content: content.octets()?, mac: fields.next().transpose()? })
    }
}

/// Walks over sections and bags; without a password it only notes what is there.
struct Walk<'a> {
    contents: Contents,
    password: Option<&'a PasswordCandidates>,
    work: &'a mut Work,
}

impl<'a> Walk<'a> {
    fn new(container: Pkcs12, password: Option<&'a PasswordCandidates>, work: &'a mut Work) -> Self {
        Self {
            contents: Contents { container: Some(container), ..Contents::new(Kind::Pkcs12) },
            password,
            work,
        }
    }

    fn sections(&mut self, sections: DerReader<'_>) {
        for section in sections {
            let read = section
                .map_err(|error| damaged("a section", error))
                .and_then(|section| self.section(section));
            if read.is_err_and(|error| self.contents.note(error).is_err()) {
                break;
            }
        }
    }

    fn section(&mut self, section: Element<'_>) -> std::result::Result<(), ReadError> {
        const PART: &str = "a section";
        let wrong = |error| damaged(PART, error);
        let mut fields = section.expect(tag::SEQUENCE).map_err(wrong)?;
        let kind = fields.element().and_then(Element::oid).map_err(wrong)?;
        let inside = fields
            .element()
            .and_then(Element::children)
            .and_then(|mut inside| inside.element())
            .map_err(wrong)?;
        match kind.as_str() {
            DATA => {
                self.note(|container| container.section_encryption.push(Encryption::none()));
                let bags = inside.octets().map_err(wrong)?;
                self.bags(&bags, 0)
            }
            ENCRYPTED_DATA => {
                let (scheme, data) = encrypted_section(inside).map_err(wrong)?;
                self.note(|container| container.section_encryption.push(scheme.encryption.clone()));
                let Some(password) = self.password else { return Ok(()) };
                let (bags, form) = scheme.decrypt("the encrypted section", &data, password, self.work)?;
                self.note(|container| container.opened_with.push(form));
                self.bags(&bags, 0)
            }
            _ => Err(ReadError::unsupported(&kind, PART)),
        }
    }

    fn bags(&mut self, bags: &[u8], depth: usize) -> std::result::Result<(), ReadError> {
        let wrong = |error| damaged("a section", error);
        for bag in Element::parse(bags).and_then(|(bags, _)| bags.children()).map_err(wrong)? {
            let bag = bag.and_then(Bag::read).map_err(wrong)?;
            match bag.kind.as_str() {
                "key" => self.key(&bag, None)?,
                "shrouded key" => {
                    let mut fields = bag.value.expect(tag::SEQUENCE).map_err(wrong)?;
                    let scheme = fields.element().and_then(Scheme::read).map_err(wrong)?;
                    let data = fields.element().and_then(Element::octets).map_err(wrong)?;
                    self.key(&bag, Some((scheme, data)))?;
                }
                "certificate" => self.certificate(&bag)?,
                "safe contents" if depth < DEPTH => self.bags(bag.value.raw, depth + 1)?,
                "safe contents" => {
                    return Err(wrong(DerError("bags are nested too deep (more than 8 levels)")));
                }
                other => self.note(|container| container.other_bags.push(printable(other).into_owned())),
            }
        }
        Ok(())
    }

    fn key(
        &mut self,
        bag: &Bag<'_>,
        shrouded: Option<(Scheme, Cow<'_, [u8]>)>,
    ) -> std::result::Result<(), ReadError> {
        const PART: &str = "the private key";
        let encryption =
            shrouded.as_ref().map_or_else(Encryption::none, |(scheme, _)| scheme.encryption.clone());
        if self
            .contents
            .container
            .as_ref()
            .is_some_and(|container| container.key_encryption.len() >= limits::KEYS)
        {
            return Err(ReadError::TooMany { what: "private keys", limit: limits::KEYS });
        }
        self.note(|container| container.key_encryption.push(encryption));
        let Some(password) = self.password else { return Ok(()) };
        let read = match shrouded {
            None => key::private_key(bag.value.raw, false).map_err(|error| damaged(PART, error)),
            Some((scheme, data)) => {
                scheme.decrypt(PART, &data, password, self.work).and_then(|(pkcs8, form)| {
                    self.note(|container| container.opened_with.push(form));
                    key::private_key(&pkcs8, true).map_err(|error| damaged(PART, error))
                })
            }
        };
        if let Some(key) = self.contents.add_key(read)? {
            key.friendly_name.clone_from(&bag.friendly_name);
            key.local_key_id.clone_from(&bag.local_key_id);
        }
        Ok(())
    }

    fn certificate(&mut self, bag: &Bag<'_>) -> std::result::Result<(), ReadError> {
        const PART: &str = "a certificate";
        let wrong = |error| damaged(PART, error);
        let mut fields = bag.value.expect(tag::SEQUENCE).map_err(wrong)?;
        if fields.element().and_then(Element::oid).map_err(wrong)? != "1.2.840.113549.1.9.22.1" {
            self.note(|container| container.other_bags.push("a certificate that is not X.509".into()));
            return Ok(());
        }
        let der =
            fields.element().and_then(|inside| inside.children()?.element()?.octets()).map_err(wrong)?;
        if let Some(certificate) = self.contents.add_certificate(&der)? {
            certificate.friendly_name.clone_from(&bag.friendly_name);
            certificate.local_key_id.clone_from(&bag.local_key_id);
        }
        Ok(())
    }

    fn note(&mut self, note: impl FnOnce(&mut Pkcs12)) {
        self.contents.container.as_mut().map(note);
    }
}

/// The scheme and the encrypted bytes of an EncryptedData.
fn encrypted_section(data: Element<'_>) -> Result<(Scheme, Cow<'_, [u8]>)> {
    let mut fields = data.expect(tag::SEQUENCE)?;
    fields.element()?.integer()?;
    let mut info = fields.element()?.expect(tag::SEQUENCE)?;
    info.element()?.oid()?;
    Ok((Scheme::read(info.element()?)?, info.element()?.octets()?))
}

fn damaged(part: &'static str, DerError(what): DerError) -> ReadError {
    ReadError::Damaged { part, what: what.to_owned() }
}

/// One bag: its kind, its value, and the attributes that matter.
struct Bag<'a> {
    /// A word, or the object identifier of an unknown kind.
    kind: String,
    value: Element<'a>,
    friendly_name: Option<String>,
    local_key_id: Option<Vec<u8>>,
}

impl<'a> Bag<'a> {
    fn read(element: Element<'a>) -> Result<Self> {
        let mut fields = element.expect(tag::SEQUENCE)?;
        let oid = fields.element()?.oid()?;
        let value = fields.element()?.children()?.element()?;
        let kind = match oid.strip_prefix("1.2.840.113549.1.12.10.1.") {
            Some("1") => "key",
            Some("2") => "shrouded key",
            Some("3") => "certificate",
            Some("4") => "CRL",
            Some("5") => "secret",
            Some("6") => "safe contents",
            _ => &oid,
        };
        let mut bag = Self { kind: kind.to_owned(), value, friendly_name: None, local_key_id: None };
        // Attributes that cannot be read are ignored.
        for attribute in
            fields.next().transpose()?.and_then(|attributes| attributes.children().ok()).into_iter().flatten()
        {
            let _ = attribute.and_then(|attribute| bag.attribute(attribute));
        }
        Ok(bag)
    }

    fn attribute(&mut self, attribute: Element<'_>) -> Result<()> {
        let mut fields = attribute.expect(tag::SEQUENCE)?;
        let oid = fields.element()?.oid()?;
        let value = fields.element()?.children()?.element()?;
        match oid.as_str() {
            // Windows ends it with a zero.
            "1.2.840.113549.1.9.20" => {
                let octets = value.octets()?;
                self.friendly_name = name::utf16(&octets[..octets.len().min(FRIENDLY_NAME)])
                    .map(|name| printable(name.trim_end_matches('\0')).into_owned());
            }
            "1.2.840.113549.1.9.21" => self.local_key_id = Some(value.octets()?.into_owned()),
            _ => {}
        }
        Ok(())
    }
}
