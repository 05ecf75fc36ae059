//! PEM: blocks of Base64 between BEGIN and END, with whatever text around them (RFC 7468, RFC 1421).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Writers differ in how they end the last group; a reader of text that people paste should not care.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// One block. Its octets may be a private key, so they are wiped.
pub(super) struct Block<'a> {
    /// Such as `CERTIFICATE` or `RSA PRIVATE KEY`.
    pub label: &'a str,
    /// `DEK-Info: AES-256-CBC,…`: how an OpenSSL key of old is encrypted.
    pub encryption: Option<&'a str>,
    pub data: Zeroizing<Vec<u8>>,
}

/// Whether there is a block at all; text may come before it.
pub(super) fn is_pem(bytes: &[u8]) -> bool {
    bytes.split(|octet| *octet == b'\n').any(|line| label(trim(line), "BEGIN").is_some())
}

/// The blocks in their order; an error says which one cannot be read. Text outside of blocks is left out.
pub(super) fn blocks(bytes: &[u8]) -> impl Iterator<Item = Result<Block<'_>, String>> {
    let mut lines = bytes.split(|octet| *octet == b'\n').map(trim);
    std::iter::from_fn(move || {
        let begun = lines.find_map(|line| label(line, "BEGIN"))?;
        let mut encryption = None;
        // Room for the largest usual key, so that growing leaves no copies of it behind.
        let mut text = Zeroizing::new(Vec::with_capacity(8 * 1024));
        let mut gap = false;
        for line in lines.by_ref() {
            if label(line, "END") == Some(begun) {
                // OpenSSL takes what stands before an empty line for headers, so it finds nothing here.
                if gap {
                    return Some(Err(format!("the block {begun} has an empty line inside")));
                }
                let data = BASE64.decode(&*text).map(Zeroizing::new);
                return Some(data.map_or_else(
                    |_| Err(format!("the block {begun} is not Base64")),
                    |data| Ok(Block { label: begun, encryption, data }),
                ));
            }
            if line.starts_with(b"-----") {
                break;
            }
            gap |= line.is_empty() && !text.is_empty();
            match std::str::from_utf8(line).ok().and_then(|line| line.split_once(": ")) {
                Some(("DEK-Info", value)) => encryption = Some(value),
                Some(_) => {}
                None => text.extend(line.iter().filter(|octet| !octet.is_ascii_whitespace())),
            }
        }
        Some(Err(format!("the block {begun} has no end")))
    })
}

/// Decodes Base64 text without armour; `None` if it is none.
pub(super) fn bare_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = bytes.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    BASE64.decode(text).ok()
}

fn trim(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii()
}

fn label<'a>(line: &'a [u8], edge: &str) -> Option<&'a str> {
    let label = line.strip_prefix(b"-----")?.strip_prefix(edge.as_bytes())?.strip_prefix(b" ")?.strip_suffix(b"-----")?;
    std::str::from_utf8(label).ok().filter(|label| label.bytes().all(|octet| (b' '..=b'~').contains(&octet)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_around_line_ends_and_missing_padding_do_not_matter() {
        let text = b"Bag Attributes\r\n-----BEGIN A-----\r\nAQI\r\n-----END A-----\r\nsubject=x\n-----BEGIN B-----\nDEK-Info: X,00\n\nAw==\n-----END B-----";
        let found: Vec<_> =
            blocks(text).map(Result::unwrap).map(|block| (block.label, block.encryption, block.data.to_vec())).collect();
        assert_eq!(found, [("A", None, vec![1, 2]), ("B", Some("X,00"), vec![3])]);
    }

    #[test]
    fn a_block_without_end_or_with_another_text_is_named() {
        assert_eq!(blocks(b"-----BEGIN A-----\nAQ==\n").map(|b| b.err().unwrap()).collect::<Vec<_>>(), ["the block A has no end"]);
        assert_eq!(blocks(b"-----BEGIN A-----\n!\n-----END A-----").next().unwrap().err().unwrap(), "the block A is not Base64");
    }
}
