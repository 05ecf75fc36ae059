//! Text from outside: made safe to show once, where data enters, and shared where it repeats.
//!
//! [`printable`] is for parsed values (names, subjects, ids): they are shown completely. [`quoted`] is for
//! unparsed ones: a piece of a file, a setting, a variable. [`said`] is for the sentences of a service,
//! [`shown`] for paths, [`typed`] for names.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use hashbrown::HashSet;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::table;

/// Immutable text. Its copies share memory: ids, regions and issuers occur in thousands of places.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Arc<str>);

impl Text {
    /// The text as a plain string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Shares the memory of the first equal text that went through `known`.
    pub(super) fn share(&mut self, known: &mut HashSet<Self>) {
        match known.get(self) {
            Some(first) => *self = first.clone(),
            None => drop(known.insert(self.clone())),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self("".into())
    }
}
impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}
impl From<&Text> for String {
    fn from(text: &Text) -> Self {
        text.as_str().to_owned()
    }
}
impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match table::entry(self) {
            Some(entry) => entry.serialize(to),
            None => to.serialize_str(self),
        }
    }
}
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(text.into())
            }
        }
        if table::is_reading() {
            return table::text(&table::TableEntry::deserialize(from)?)
                .ok_or_else(|| de::Error::custom("no such text"));
        }
        from.deserialize_str(Reader)
    }
}

/// The text with every control, bidirectional and invisible character replaced by a visible mark such as
/// `\x1B`.
///
/// ratatui drops C0 and C1 silently but lets direction marks, zero-width and tag characters through, and text
/// printed outside of the screen bypasses it; so names, subjects, tags and messages pass here when they are
/// decoded.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(' '),
            c if !is_hidden(c) => shown.push(c),
            c if (c as u32) < 0x100 => drop(write!(shown, "\\x{:02X}", c as u32)),
            c => drop(write!(shown, "\\u{{{:X}}}", c as u32)),
        }
    }
    Cow::Owned(shown)
}

/// The text of a system error without the number at its end: `Permission denied`.
pub fn reason(error: &impl fmt::Display) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((words, number))
            if number.strip_suffix(')').is_some_and(|number| number.parse::<u32>().is_ok()) =>
        {
            words.to_owned()
        }
        _ => text,
    }
}

/// What a terminal obeys, what turns the direction of text, what has no width or no meaning: by the general
/// category of Unicode, with the fillers and variation selectors, which count as letters and marks.
pub(super) fn is_hidden(c: char) -> bool {
    use icu_properties::props::GeneralCategory as Category;
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = icu_properties::CodePointMapData::<Category>::new().get(c);
    matches!(
        category,
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::PrivateUse
            | Category::Unassigned
            | Category::LineSeparator
            | Category::ParagraphSeparator
    ) || matches!(c as u32,
        0x034F | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x2800 | 0x3164 | 0xFE00..=0xFE0F | 0xFFA0
        | 0xE0100..=0xE01EF)
}

/// The maximum length of a quoted text in characters.
const QUOTED: usize = 120;
/// The maximum length of a name or an id in bytes: more than Azure allows.
const LONGEST_NAME: usize = 1024;
/// The maximum length of a service's sentence in characters; the rest does not help a reader.
const SAID: usize = 600;
/// This many characters in a row may be a piece of a key. A line of PEM has 64, a key in hexadecimal digits
/// thousands.
const RUN: usize = 16;
/// The same for the sentence of a service, which contains ids of resources.
const RUN_SAID: usize = 100;

/// A piece of an unparsed text in a form that may be shown: one printable line of at most 120 characters, in
/// which `…` replaces every run of more than 16 characters that may be a key in Base64 or in hexadecimal
/// digits.
pub fn quoted(text: &str) -> String {
    quoted_to(text, QUOTED)
}

/// The same with another length, for lines in which this program quotes something.
pub fn quoted_to(text: &str, longest: usize) -> String {
    excerpt(text, longest, |run| run.len() > RUN && !is_words(run) && !is_uuid(run))
}

/// The sentence of a service in a form that may be shown: one printable line of at most 600 characters. Ids,
/// thumbprints and names stay.
pub fn said(text: &str) -> String {
    excerpt(text, SAID, |run| {
        run.len() > RUN_SAID && run.split(['-', '_', ':']).any(|part| part.len() > RUN_SAID)
    })
}

/// A path in a form that may be shown: complete, unless it cannot be a path and may be anything (a key pasted
/// instead of its file).
pub fn shown(path: &Path) -> String {
    const WHOLE: usize = 1024;
    const NAME: usize = 255;
    let text = path.to_string_lossy();
    let is_path = text.len() <= WHOLE && !may_be_key(&text) && text.split('/').all(|name| name.len() <= NAME);
    if is_path { printable(&text).into_owned() } else { quoted(&text) }
}

/// A typed name, address or id in a form that may be shown: complete, unless it may be a key that was pasted
/// instead.
pub fn typed(text: &str) -> String {
    if may_be_key(text) { quoted(text) } else { printable(text.trim()).into_owned() }
}

/// Whether a text that was given as a name contains what no name has but a private key does: the armour of
/// PEM, or a word that only encoded data has: long, with letters of both cases and digits in several places.
pub fn may_be_key(text: &str) -> bool {
    /// A thumbprint has 40 characters. A key in PKCS#8 begins with more characters that are the same in every
    /// key.
    const MIXED: usize = 40;
    /// SHA-256 in hexadecimal digits.
    const HEXADECIMAL: usize = 64;
    let is_coded = |word: &str| {
        let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
        let numbers = word.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).count();
        let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && numbers > 1;
        word.len() > MIXED && is_mixed
            || word.len() > HEXADECIMAL && word.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '=';
    text.contains("-----") || text.len() > LONGEST_NAME || text.split(|c: char| !is_of_word(c)).any(is_coded)
}

/// The error in a TOML text and its line number: without the line itself, which may be of any file, and
/// without the values that the message quotes, one of which may be a proxy with its password. Keys and
/// allowed words stay.
pub fn toml_refusal(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    let message = match error.message().split('"').collect::<Vec<_>>().as_slice() {
        [before, .., after] => format!("{before}…{after}"),
        _ => error.message().to_owned(),
    };
    let is_value = |nth: usize, part: &str| {
        nth % 2 == 1
            && (nth == 1 && message.starts_with("unknown variant") || part.contains(['@', ':', '/', '\\']))
    };
    let parts = message
        .split('`')
        .enumerate()
        .map(|(nth, part)| if is_value(nth, part) { "…".to_owned() } else { quoted_part(part) });
    format!("line {line}: {}", printable(&parts.collect::<Vec<_>>().join("`")))
}

/// A part of a message that the TOML library wrote: blanks at its ends stay.
fn quoted_part(part: &str) -> String {
    let (start, end) = (part.len() - part.trim_start().len(), part.trim_end().len());
    if start > end { part.to_owned() } else { format!("{}{}{}", &part[..start], quoted(part), &part[end..]) }
}

/// Replaces runs of Base64 or hexadecimal characters that `hides` selects, and cuts the rest to `longest`
/// characters.
fn excerpt(text: &str, longest: usize, hides: impl Fn(&str) -> bool) -> String {
    let is_code = |c: char| c.is_ascii_alphanumeric() || "+/=_-:".contains(c);
    let text = text.trim();
    let mut fit = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_code(c) != is_code(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if is_code(first) && hides(run) {
            // The lines of one block become one gap.
            if !fit.trim_end().ends_with('…') {
                fit.push('…');
            }
        } else {
            fit.push_str(&printable(run));
        }
        rest = after;
        if fit.len() > 4 * longest {
            break;
        }
    }
    match fit.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &fit[..end]),
        None => fit.trim_end().to_owned(),
    }
}

/// An id of a subscription, a tenant, an application.
fn is_uuid(run: &str) -> bool {
    run.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && run.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Words and numbers with separators between them, as in names of settings, tools and resources; no piece of
/// a key has this form.
fn is_words(run: &str) -> bool {
    let is_word = |part: &str| {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let tail = letters.get(1..).unwrap_or_default();
        let one_case =
            tail.bytes().all(|b| b.is_ascii_lowercase()) || letters.bytes().all(|b| b.is_ascii_uppercase());
        part.len() <= RUN
            && part.len() - letters.len() <= 4
            && letters.bytes().all(|b| b.is_ascii_alphabetic())
            && one_case
    };
    run.split(['-', '_', '/', ':']).all(is_word)
}

/// `1 app`, `2 apps`.
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{may_be_key, printable, quoted, reason, said, shown, typed};

    #[test]
    fn what_the_system_says_is_shown_without_its_number() {
        assert_eq!(reason(&std::io::Error::from_raw_os_error(13)), "Permission denied");
        assert_eq!(reason(&"a (os error x)"), "a (os error x)");
    }

    #[test]
    fn escape_and_direction_marks_become_visible() {
        assert_eq!(printable("\u{1b}[31mred"), "\\x1B[31mred");
        assert_eq!(printable("abc\u{202e}def"), "abc\\u{202E}def");
        assert_eq!(printable("two\nlines"), "two lines");
        assert_eq!(printable("Grüße"), "Grüße");
    }
    /// A line of PEM, which is a piece of a key.
    const LINE: &str = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDAbCdEfGhIjKlM";

    #[test]
    fn what_was_not_parsed_is_quoted_without_anything_that_may_be_a_key() {
        let hexadecimal = "30820122300d06092a864886f70d01010105";
        for secret in
            [LINE, hexadecimal, &hexadecimal.replace("0d", ":"), &LINE.replace('g', "_").replace('M', "-")]
        {
            for text in
                [secret.to_owned(), format!("pfx = \"{secret}\"\n{secret}"), format!("a {secret}{secret} b")]
            {
                let shown = quoted(&text);
                assert!(
                    secret
                        .as_bytes()
                        .windows(17)
                        .all(|part| !shown.contains(&String::from_utf8_lossy(part)[..])),
                    "{shown}"
                );
                assert!(shown.contains('…'), "{shown}");
            }
        }
        assert_eq!(quoted(&format!("-----BEGIN X-----\n{LINE}\n{LINE}\n")), "-----BEGIN X----- …");
    }

    #[test]
    fn words_and_names_stay_readable_when_they_are_quoted_and_long_texts_are_cut() {
        for text in [
            "client_secret_fil",
            "azure-developer-cli",
            "AZURE_CLIENT_SECRET_FILE",
            "http://management.azure.com/x",
            "Grüße",
            "f8daea97-62e7-4026-becf-13c2ea98e8b4",
        ] {
            assert_eq!(quoted(text), text);
        }
        assert_eq!(quoted(&"a b ".repeat(100)).chars().count(), super::QUOTED + 1);
        assert_eq!(quoted("\u{1b}[2J"), "\\x1B[2J");
    }

    #[test]
    fn the_sentence_of_a_service_keeps_its_ids_and_loses_a_file_that_it_repeats() {
        let id = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.Web/certificates/ABCDEF0123456789ABCDEF0123456789ABCDEF01";
        assert_eq!(said(id), id);
        assert_eq!(
            said(&format!("The value '{}' is not valid.", LINE.repeat(9))),
            "The value '…' is not valid."
        );
    }

    #[test]
    fn names_are_shown_whole_and_a_key_in_their_place_is_not() {
        for name in [
            "rg-shop/contoso-shop/slots/staging",
            "ABCDEF0123456789ABCDEF0123456789ABCDEF01##West Europe#https://kv.vault.azure.net/secrets/x",
            "ContosoCertificatesOfTheProductionInWestEurope2026",
            "a+b=c",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/RG.Shop_(Prod)",
            "bücher.contoso.com",
            "*.contoso.com",
        ] {
            assert_eq!((may_be_key(name), typed(name).as_str()), (false, name));
        }
        let elliptic = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
        for key in [
            LINE,
            elliptic,
            &format!("{elliptic}/a/b"),
            &format!("x\\n{elliptic}\\ny"),
            "-----BEGIN",
            &"0a".repeat(33),
        ] {
            assert!(may_be_key(key), "{key}");
        }
        assert!(!typed(&format!("shop/{LINE}")).contains(&LINE[..17]));
    }

    #[test]
    fn a_path_is_shown_whole_and_a_key_in_its_place_is_not() {
        let path = "/home/admin/certificates-of-2026/0123456789ABCDEF0123456789ABCDEF01234567.pfx";
        assert_eq!(shown(Path::new(path)), path);
        for wrong in [format!("-----BEGIN PRIVATE KEY-----\n{LINE}"), LINE.repeat(20), format!("{LINE}/a/b")]
        {
            assert!(!shown(Path::new(&wrong)).contains(&LINE[..17]), "{}", shown(Path::new(&wrong)));
        }
    }
}
