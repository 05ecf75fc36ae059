//! PEM: blocks of Base64 between BEGIN and END, with any text around them (RFC 7468, RFC 1421).
//!
//! It also reads what `cat`, environment variables, JSON, YAML and editors make of PEM, if the meaning is
//! unambiguous: END and BEGIN on one line, a block on one line, `
//! ` as two characters, quotes, typographic dashes, UTF-16. A block that cannot be read is reported with its
//! line, never with its text.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::armour::{self, Edge};

/// Writers pad the last group differently, and a reader of pasted text should accept both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// This many Base64 characters in a row outside of a block are no coincidence.
const STRAY: usize = 40;

/// One block. Its bytes may be a private key, so they are wiped.
pub(super) struct Block {
    pub place: TextPlace,
    /// `AES-256-CBC,…` of the header DEK-Info: the encryption of an old OpenSSL key.
    pub encryption: Option<String>,
    pub data: Zeroizing<Vec<u8>>,
}

/// The position and label of a part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPlace {
    /// The line of its BEGIN, counted from 1.
    pub line: usize,
    /// Such as `CERTIFICATE` or `RSA PRIVATE KEY`, as the file spells it; empty for text outside of blocks.
    pub label: String,
}

impl TextPlace {
    pub(super) fn is_private_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }
}

/// A part that cannot be read, with the reason as half a sentence.
pub(super) struct PemFault {
    pub place: TextPlace,
    pub why: String,
}

/// What a label promises about the contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    Certificate,
    /// A certificate followed by the settings of OpenSSL's trust store.
    TrustedCertificate,
    Bundle,
    PrivateKey,
    /// Something known that contains no certificate.
    Other,
    Unknown,
}

impl Promise {
    pub(crate) fn of(label: &str) -> Self {
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" => Self::Certificate,
            "TRUSTED CERTIFICATE" => Self::TrustedCertificate,
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => Self::Bundle,
            "CERTIFICATE REQUEST"
            | "NEW CERTIFICATE REQUEST"
            | "X509 CRL"
            | "PUBLIC KEY"
            | "RSA PUBLIC KEY"
            | "EC PARAMETERS"
            | "DSA PARAMETERS"
            | "DH PARAMETERS"
            | "X9.42 DH PARAMETERS"
            | "ATTRIBUTE CERTIFICATE"
            | "PKCS12"
            | "SSH2 PUBLIC KEY"
            | "PGP PUBLIC KEY BLOCK"
            | "PGP MESSAGE"
            | "PGP SIGNATURE"
            | "SSL SESSION PARAMETERS" => Self::Other,
            key if key.ends_with("PRIVATE KEY") => Self::PrivateKey,
            _ => Self::Unknown,
        }
    }
}

/// The text of a file, with UTF-16 converted to UTF-8.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, [u8]> {
    armour::from_utf16(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned)
}

/// Whether there is a block; text may precede it.
pub(super) fn is_pem(text: &[u8]) -> bool {
    armour::edges(text).next().is_some()
}

/// The blocks of a text in their order, and the parts that cannot be read. Comments outside of blocks are
/// omitted.
pub(super) fn parts(text: &[u8]) -> Vec<Result<Block, PemFault>> {
    let mut found = Vec::new();
    let mut open: Option<Edge> = None;
    // Where the text outside of blocks continues.
    let mut outside = 0;
    for edge in armour::edges(text) {
        if let Some(fault) = open.is_none().then(|| stray(text, outside..edge.span.start)).flatten() {
            found.push(Err(fault));
        }
        outside = edge.span.end;
        match (open.take(), edge.begins) {
            (None, true) => open = Some(edge),
            (None, false) if Promise::of(&edge.label) == Promise::Unknown && edge.is_whole => {}
            (None, false) => {
                found.push(Err(edge.fault("there is an END without its BEGIN: the first lines are missing")));
            }
            (Some(begun), true) => {
                found.push(Err(begun.fault("its END line is missing")));
                open = Some(edge);
            }
            (Some(begun), false) if begun.is_whole && edge.is_whole && begun.label == edge.label => {
                found.push(block(&begun, &text[begun.span.end..edge.span.start]));
            }
            (Some(begun), false) if edge.is_whole => {
                found.push(Err(begun
                    .fault("its END line, which is line {}, says another word")
                    .at(edge.line)));
            }
            (Some(begun), false) => found.push(Err(begun.fault("its BEGIN or END line is damaged"))),
        }
    }
    match open {
        Some(begun) => found.push(Err(begun.fault("its END line is missing"))),
        None => found.extend(stray(text, outside..text.len()).map(Err)),
    }
    found
}

impl Edge {
    fn fault(&self, why: &str) -> PemFault {
        PemFault { place: TextPlace { line: self.line, label: self.label.clone() }, why: why.to_owned() }
    }
}

impl PemFault {
    fn at(self, line: usize) -> Self {
        Self { why: self.why.replace("{}", &line.to_string()), ..self }
    }
}

/// The block between two edges; without its bytes if its label promises nothing that is read here.
fn block(begun: &Edge, body: &[u8]) -> Result<Block, PemFault> {
    let promise = Promise::of(&begun.label);
    let place = TextPlace { line: begun.line, label: begun.label.clone() };
    if promise == Promise::Other {
        return Ok(Block { place, encryption: None, data: Zeroizing::default() });
    }
    if promise == Promise::Unknown {
        return Err(begun.fault("a block of this name is not known"));
    }
    let body = armour::unwrap(body).map_err(|why| begun.fault(why))?;
    match BASE64.decode(&*body.base64).map(Zeroizing::new) {
        Ok(data) if !data.is_empty() => Ok(Block { place, encryption: body.encryption, data }),
        Ok(_) => Err(begun.fault("it is empty")),
        Err(_) => Err(begun.fault("its text is not Base64")),
    }
}

/// Text outside of blocks that is no comment: a block that lost its edges, or another file that was appended.
fn stray(text: &[u8], span: Range<usize>) -> Option<PemFault> {
    let first = armour::line_of(text, span.start);
    for (line, one) in (first..).zip(armour::lines(&text[span])) {
        let words = one.trim_ascii();
        let is_base64 = |octet: &u8| octet.is_ascii_alphanumeric() || b"+/=".contains(octet);
        // Text never contains the lowest bytes, and DER always does.
        let why = if words.iter().any(|octet| *octet < 8) {
            Some("bytes that are not text: another file was appended here")
        } else if words.len() >= STRAY && words.iter().all(is_base64) {
            Some("Base64 text outside of a block: its BEGIN line is missing")
        } else if armour::is_cut_edge(words) {
            Some("a BEGIN or END line that is cut off")
        } else {
            None
        };
        if let Some(why) = why {
            return Some(PemFault { place: TextPlace { line, label: String::new() }, why: why.to_owned() });
        }
    }
    None
}

/// What the Base64 text of a binary file is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    /// Nothing.
    Plain,
    /// Base64 once more.
    Twice,
    /// Quotes, JSON, YAML, the address of a `data:` page.
    Quoted,
}

/// The bytes of Base64 text without BEGIN and END, and how it is wrapped; `fits` decides whether they are the
/// wanted ones.
pub(super) fn bare_base64(text: &[u8], fits: impl Fn(&[u8]) -> bool) -> Option<(Bare, Zeroizing<Vec<u8>>)> {
    let decode = |text: &[u8]| {
        let text: Zeroizing<Vec<u8>> =
            Zeroizing::new(text.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect());
        BASE64.decode(&*text).ok().map(Zeroizing::new)
    };
    if let Some(once) = decode(text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)) {
        if fits(&once) {
            return Some((Bare::Plain, once));
        }
        return decode(&once).filter(|twice| fits(twice)).map(|twice| (Bare::Twice, twice));
    }
    let is_base64 = |octet: &u8| octet.is_ascii_alphanumeric() || b"+/=".contains(octet);
    let longest = text.split(|octet| !is_base64(octet)).max_by_key(|run| run.len())?;
    let once = (longest.len() > STRAY).then(|| decode(longest)).flatten()?;
    fits(&once).then_some((Bare::Quoted, once))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The parts of a text: the bytes of a block, or line, label and reason.
    fn told(text: &[u8]) -> Vec<Result<Vec<u8>, String>> {
        let one = |part: Result<Block, PemFault>| match part {
            Ok(block) => Ok(block.data.to_vec()),
            Err(PemFault { place, why }) => Err(format!("{} {}: {why}", place.line, place.label)),
        };
        parts(&super::text(text)).into_iter().map(one).collect()
    }

    /// The lines of the block, each changed.
    fn each_line(change: impl Fn(&str) -> String) -> String {
        PLAIN.lines().map(change).collect()
    }

    const PLAIN: &str = "-----BEGIN CERTIFICATE-----\nAQID\nBAUG\n-----END CERTIFICATE-----\n";

    #[test]
    fn text_around_line_ends_and_missing_padding_do_not_matter() {
        let text = b"Bag Attributes\r\n-----BEGIN CERTIFICATE-----\r\nAQI\r\n-----END CERTIFICATE-----\r\nsubject=x\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,00\n\nAw==\n-----END RSA PRIVATE KEY-----";
        let found: Vec<_> = parts(text).into_iter().map(|part| part.ok().unwrap()).collect();
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.place.line, &*one.place.label, one.encryption.as_deref(), one.data.to_vec()))
            .collect();
        assert_eq!(
            found,
            [(2, "CERTIFICATE", None, vec![1, 2]), (6, "RSA PRIVATE KEY", Some("X,00"), vec![3])]
        );
    }

    #[test]
    fn a_block_is_read_in_every_form_that_says_what_is_meant() {
        let whole = || Ok(vec![1, 2, 3, 4, 5, 6]);
        let utf16 = |text: &str, mark: &[u8], octets: fn(u16) -> [u8; 2]| {
            [mark, &text.encode_utf16().flat_map(octets).collect::<Vec<u8>>()].concat()
        };
        for form in [
            PLAIN.as_bytes().to_vec(),
            PLAIN.replace('\n', "").into_bytes(),
            PLAIN.replace('\n', " ").into_bytes(),
            PLAIN.replace('\n', "\r").into_bytes(),
            PLAIN.replace('\n', "\\n").into_bytes(),
            PLAIN.replace('\n', "\\r\\n").into_bytes(),
            PLAIN.replace('\n', "\\\\n").into_bytes(),
            PLAIN.replace('\n', "`n").into_bytes(),
            PLAIN.replace("-----", "—–").into_bytes(),
            PLAIN
                .replace("-----", "– – –")
                .replace(' ', "")
                .replace("BEGIN", "BEGIN ")
                .replace("END", "END ")
                .into_bytes(),
            PLAIN.replace("-----BEGIN", "\u{feff}-----BEGIN").into_bytes(),
            PLAIN.to_ascii_uppercase().replace("BEGIN CERTIFICATE", "begin certificate").into_bytes(),
            format!("{{\"crt\":\"{}\"}}", PLAIN.replace('\n', "\\n").replace('/', "\\/")).into_bytes(),
            format!("tls.crt: |\n{}", each_line(|line| format!("    {line}\n"))).into_bytes(),
            format!("[{}]", each_line(|line| format!("  \"{line}\",\n"))).into_bytes(),
            each_line(|line| format!("> {line}\n")).into_bytes(),
            each_line(|line| format!("{line}\\\n")).into_bytes(),
            utf16(PLAIN, b"\xFF\xFE", u16::to_le_bytes),
            utf16(PLAIN, b"\xFE\xFF", u16::to_be_bytes),
            utf16(PLAIN, b"", u16::to_le_bytes),
        ] {
            assert_eq!(told(&form), [whole()], "{}", String::from_utf8_lossy(&form));
            let twice = [form.clone(), form.clone()].concat();
            if !form.starts_with(b"\xFF\xFE") && !form.starts_with(b"\xFE\xFF") {
                assert_eq!(told(&twice), [whole(), whole()], "{}", String::from_utf8_lossy(&form));
            }
        }
        let json = "-----BEGIN CERTIFICATE-----\\n\\u002B\\/8\\u003d\\n-----END CERTIFICATE-----";
        assert_eq!(told(json.as_bytes()), [Ok(vec![0xFB, 0xFF])]);
    }

    #[test]
    fn a_block_that_cannot_be_read_is_named_by_line_and_hides_none_of_its_neighbours() {
        let whole = Ok(vec![1, 2, 3, 4, 5, 6]);
        let no_end = "2 CERTIFICATE: its END line is missing";
        for (broken, fault) in [
            ("\n-----BEGIN CERTIFICATE-----\nAQID\n", no_end),
            ("\n-----BEGIN CERTIFICATE-----\nAQID\n-----EN", no_end),
            (
                "\n-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFI",
                "2 CERTIFICATE: its BEGIN or END line is damaged",
            ),
            (
                "\nAQID\n-----END CERTIFICATE-----\n",
                "3 CERTIFICATE: there is an END without its BEGIN: the first lines are missing",
            ),
            (
                "\n-----BEGIN CERTIFICATE-----\nA?ID\n-----END CERTIFICATE-----\n",
                "2 CERTIFICATE: its text is not Base64",
            ),
            ("\n-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "2 CERTIFICATE: it is empty"),
            (
                "\n-----BEGIN CERTIFICATE-----\nAQID\n\nAQID\n-----END CERTIFICATE-----\n",
                "2 CERTIFICATE: it has an empty line inside",
            ),
            (
                "\n-----BEGIN CERTIFICATE-----\nAQID\n-----END PRIVATE KEY-----\n",
                "2 CERTIFICATE: its END line, which is line 4, says another word",
            ),
            (
                "\n-----BEGIN CERTIFCATE-----\nAQID\n-----END CERTIFCATE-----\n",
                "2 CERTIFCATE: a block of this name is not known",
            ),
            ("\n0\u{1}\u{0}\n", "2 : bytes that are not text: another file was appended here"),
            ("\n-----BEG\n", "2 : a BEGIN or END line that is cut off"),
        ] {
            assert_eq!(
                told(format!("{broken}{PLAIN}").as_bytes()).as_slice(),
                [Err(fault.to_owned()), whole.clone()],
                "{broken:?}"
            );
            let after = told(format!("{PLAIN}{broken}").as_bytes());
            assert!(after.len() == 2 && after[0] == whole && after[1].is_err(), "{broken:?} {after:?}");
        }
        let stray = format!("{}\n{PLAIN}", "AQID".repeat(16));
        assert_eq!(
            told(stray.as_bytes())[0],
            Err("1 : Base64 text outside of a block: its BEGIN line is missing".to_owned())
        );
    }

    #[test]
    fn comments_and_blocks_that_are_commented_out_are_left_out() {
        let commented: String = each_line(|line| format!("# {line}\n"));
        let text = format!(
            "# from the CA ---- see END of page\n{commented}; -----END X-----\n 0 s:CN = x\n{PLAIN}--- END ---\n"
        );
        assert_eq!(told(text.as_bytes()), [Ok(vec![1, 2, 3, 4, 5, 6])]);
    }
}
