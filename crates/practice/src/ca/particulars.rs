//! What a vault's policy may set in a certificate besides its names: a full subject, mail addresses and user
//! names, the key usages. Words and numbers are those of the policy (`x509_props`).

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, OtherNameValue,
    SanType, string::Ia5String,
};

/// Microsoft's user principal name as an alternative name.
const USER_PRINCIPAL_NAME: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];

/// What replaces the default contents of a leaf; empty members leave the default.
#[derive(Debug, Clone, Default)]
pub(crate) struct Particulars {
    pub subject: SubjectName,
    pub emails: Vec<String>,
    pub user_names: Vec<String>,
    /// Dotted OIDs: `1.3.6.1.5.5.7.3.1`.
    pub extended_usages: Vec<String>,
    /// `digitalSignature`, `keyEncipherment` …
    pub usages: Vec<String>,
}

/// A subject in the order in which people write it, the common name first: `CN=shop, O="Contoso, Ltd", C=US`.
#[derive(Debug, Clone, Default)]
pub(crate) struct SubjectName(Vec<(DnType, String)>);

impl SubjectName {
    /// Returns `None` when the text is no distinguished name. An empty text is an empty subject.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts = split(text)?;
        let part = |part: &String| {
            let (kind, value) = part.split_once('=')?;
            let value = value.trim();
            let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
            (!value.is_empty()).then(|| Some((kind_of(kind.trim())?, value.to_owned())))?
        };
        parts.iter().map(part).collect::<Option<_>>().map(Self)
    }

    pub(crate) fn common_name(&self) -> Option<&str> {
        self.0.iter().find(|(kind, _)| *kind == DnType::CommonName).map(|(_, value)| value.as_str())
    }
}

/// Splits at commas outside of quotes; `None` when a quote stays open.
fn split(text: &str) -> Option<Vec<String>> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            ',' if !quoted => parts.push(std::mem::take(&mut part)),
            _ => {
                quoted ^= letter == '"';
                part.push(letter);
            }
        }
    }
    parts.push(part);
    let empty = parts.len() == 1 && parts[0].trim().is_empty();
    (!quoted).then(|| if empty { Vec::new() } else { parts })
}

fn kind_of(word: &str) -> Option<DnType> {
    Some(match word.to_uppercase().as_str() {
        "CN" => DnType::CommonName,
        "O" => DnType::OrganizationName,
        "OU" => DnType::OrganizationalUnitName,
        "L" => DnType::LocalityName,
        "S" | "ST" => DnType::StateOrProvinceName,
        "C" => DnType::CountryName,
        "E" => DnType::from_oid(&[1, 2, 840, 113_549, 1, 9, 1]),
        "SERIALNUMBER" => DnType::from_oid(&[2, 5, 4, 5]),
        "STREET" => DnType::from_oid(&[2, 5, 4, 9]),
        "DC" => DnType::from_oid(&[0, 9, 2342, 19_200_300, 100, 1, 25]),
        _ => return None,
    })
}

fn usage(word: &str) -> Option<KeyUsagePurpose> {
    Some(match word {
        "digitalSignature" => KeyUsagePurpose::DigitalSignature,
        "nonRepudiation" => KeyUsagePurpose::ContentCommitment,
        "keyEncipherment" => KeyUsagePurpose::KeyEncipherment,
        "dataEncipherment" => KeyUsagePurpose::DataEncipherment,
        "keyAgreement" => KeyUsagePurpose::KeyAgreement,
        "keyCertSign" => KeyUsagePurpose::KeyCertSign,
        "cRLSign" => KeyUsagePurpose::CrlSign,
        "encipherOnly" => KeyUsagePurpose::EncipherOnly,
        "decipherOnly" => KeyUsagePurpose::DecipherOnly,
        _ => return None,
    })
}

fn extended_usage(dotted: &str) -> Option<ExtendedKeyUsagePurpose> {
    let arcs: Option<Vec<u64>> = dotted.split('.').map(|arc| arc.parse().ok()).collect();
    arcs.filter(|arcs| arcs.len() > 2 && arcs[0] < 3 && arcs[1] < 40).map(ExtendedKeyUsagePurpose::Other)
}

impl Particulars {
    /// The first value that a certificate cannot contain.
    pub(crate) fn fault(&self) -> Option<&str> {
        let usages = self.usages.iter().find(|word| usage(word).is_none());
        let extended = self.extended_usages.iter().find(|word| extended_usage(word).is_none());
        let mails = self.emails.iter().find(|mail| Ia5String::try_from(mail.as_str()).is_err());
        usages.or(extended).or(mails).map(String::as_str)
    }

    /// Sets what a signing request contains too.
    pub(super) fn name(&self, params: &mut CertificateParams) {
        let mut subject = DistinguishedName::new();
        // Encoded from the general to the particular, because readers reverse the order.
        for (kind, value) in self.subject.0.iter().rev() {
            subject.push(kind.clone(), value.as_str());
        }
        params.distinguished_name = subject;
        let mails = self.emails.iter().filter_map(|mail| Ia5String::try_from(mail.as_str()).ok());
        params.subject_alt_names.extend(mails.map(SanType::Rfc822Name));
        let users = self.user_names.iter().map(|name| {
            SanType::OtherName((USER_PRINCIPAL_NAME.to_vec(), OtherNameValue::Utf8String(name.clone())))
        });
        params.subject_alt_names.extend(users);
    }

    pub(super) fn apply(&self, params: &mut CertificateParams) {
        self.name(params);
        if !self.usages.is_empty() {
            params.key_usages = self.usages.iter().filter_map(|word| usage(word)).collect();
        }
        if !self.extended_usages.is_empty() {
            params.extended_key_usages =
                self.extended_usages.iter().filter_map(|word| extended_usage(word)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_subject_is_read_as_people_write_it() {
        let subject = SubjectName::parse("CN=shop.example, O=\"Contoso, Ltd\", C=US").unwrap();
        assert_eq!(subject.common_name(), Some("shop.example"));
        assert_eq!(subject.0[1], (DnType::OrganizationName, "Contoso, Ltd".to_owned()));
        assert!(SubjectName::parse("").unwrap().0.is_empty());
        for text in ["nonsense", "CN=", "CN=a,,O=b", "CN=\"open", "XY=z"] {
            assert!(SubjectName::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_word_that_no_certificate_can_say_is_named() {
        let wanted = Particulars {
            usages: vec!["digitalSignature".into(), "flying".into()],
            ..Particulars::default()
        };
        assert_eq!(wanted.fault(), Some("flying"));
        let wanted = Particulars {
            extended_usages: vec!["1.3.6.1.5.5.7.3.1".into(), "9.9".into()],
            ..Particulars::default()
        };
        assert_eq!(wanted.fault(), Some("9.9"));
    }
}
