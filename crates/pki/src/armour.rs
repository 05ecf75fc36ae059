//! The armour of PEM as it occurs in practice: finds BEGIN and END in a text, and the Base64 between them.

use std::ops::Range;

use zeroize::Zeroizing;

/// The maximum length of a label; the longest in use has about thirty characters.
const LABEL: usize = 64;
/// The dashes of an edge; of a longer row only these count.
const DASHES: usize = 5;
/// The minimum number of dashes, unless an editor has joined them to typographic ones.
const FEWEST: usize = 4;

/// A BEGIN or an END line.
#[derive(Debug)]
pub(super) struct Edge {
    pub begins: bool,
    /// Upper-case; empty if the edge is damaged.
    pub label: String,
    /// Counted from 1.
    pub line: usize,
    /// Its range in the text, dashes included.
    pub span: Range<usize>,
    /// The label ends in dashes on the same line.
    pub is_whole: bool,
}

/// Converts UTF-16 to UTF-8: with a byte order mark or, if every other byte is zero, without one; `None` if
/// the text is not UTF-16.
pub(super) fn from_utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).take(64).all(|octet| *octet == 0);
    let (little, body) = match bytes {
        [0xFF, 0xFE, body @ ..] => (true, body),
        [0xFE, 0xFF, body @ ..] => (false, body),
        [first, 0, ..] if *first != 0 && bytes.len() > 64 && zeros(1) => (true, bytes),
        [0, second, ..] if *second != 0 && bytes.len() > 64 && zeros(0) => (false, bytes),
        _ => return None,
    };
    let unit = |pair: &[u8]| {
        if little { u16::from_le_bytes([pair[0], pair[1]]) } else { u16::from_be_bytes([pair[0], pair[1]]) }
    };
    let mut text = Vec::with_capacity(bytes.len());
    for c in char::decode_utf16(body.chunks_exact(2).map(unit)) {
        text.extend_from_slice(c.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]).as_bytes());
    }
    // A part that is not UTF-16 is another file that was appended: a control character replaces it.
    if !body.len().is_multiple_of(2) || body.windows(10).any(|part| part.eq_ignore_ascii_case(b"-----BEGIN"))
    {
        text.extend_from_slice(b"\n\x01\n");
    }
    Some(text)
}

/// The edges of a text in their order. Those commented out with `#` or `;` do not count.
pub(super) fn edges(text: &[u8]) -> impl Iterator<Item = Edge> {
    let (mut at, mut line, mut counted, mut last) = (0, 1, 0, 0);
    std::iter::from_fn(move || {
        loop {
            let (word, begins) = next_word(text, at)?;
            let after = word + if begins { 5 } else { 3 };
            at = after;
            let Some(start) = edge_start(text, word, last) else { continue };
            if is_commented(text, start, last) {
                let line = text[after..].iter().position(|octet| matches!(octet, b'\n' | b'\r'));
                at = line.map_or(text.len(), |end| after + end);
                continue;
            }
            let (label, end) = label(text, after);
            line += ends(&text[counted..start]);
            counted = start;
            (at, last) = (end, end);
            let is_whole = label.is_some();
            return Some(Edge { begins, label: label.unwrap_or_default(), line, span: start..end, is_whole });
        }
    })
}

/// The number of the line that contains `at`, counted from 1.
pub(super) fn line_of(text: &[u8], at: usize) -> usize {
    1 + ends(&text[..at])
}

/// The number of line ends as editors count them: LF, CR LF, or CR alone.
fn ends(text: &[u8]) -> usize {
    let is_end = |at: &usize| text[*at] == b'\n' || (text[*at] == b'\r' && text.get(at + 1) != Some(&b'\n'));
    (0..text.len()).filter(is_end).count()
}

/// The lines of a text without their ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.iter().position(|octet| matches!(octet, b'\n' | b'\r')) else {
            rest = None;
            return Some(text);
        };
        let width = if text[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = Some(&text[end + width..]);
        Some(&text[..end])
    })
}

/// Whether a line begins like an edge but ends before it is complete: `-----BEG`.
pub(super) fn is_cut_edge(line: &[u8]) -> bool {
    let dashes = line.iter().take_while(|octet| **octet == b'-').count();
    let word: Vec<u8> = line[dashes..]
        .iter()
        .take_while(|octet| octet.is_ascii_alphabetic())
        .map(u8::to_ascii_uppercase)
        .collect();
    let is_part =
        [b"BEGIN".as_slice(), b"END"].iter().any(|edge| edge.starts_with(&word) || word.starts_with(edge));
    dashes >= DASHES && !word.is_empty() && is_part
}

/// The next BEGIN or END, in any casing.
fn next_word(text: &[u8], from: usize) -> Option<(usize, bool)> {
    (from..text.len()).find_map(|at| word_at(text, at).map(|begins| (at, begins)))
}

/// Whether the word at `at` is BEGIN (true) or END (false); `None` for any other.
fn word_at(text: &[u8], at: usize) -> Option<bool> {
    let is = |word: &[u8]| text[at..].get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word));
    if is(b"BEGIN") { Some(true) } else { is(b"END").then_some(false) }
}

/// Where the dashes before a word begin: at most five of them, and none of the previous edge; `None` if there
/// are too few.
fn edge_start(text: &[u8], word: usize, floor: usize) -> Option<usize> {
    let end = if text[floor..word].ends_with(b" ") { word - 1 } else { word };
    let (mut start, mut dashes, mut typographic) = (end, 0, false);
    while dashes < DASHES
        && let Some(width) = dash_before(&text[floor..start])
    {
        start -= width;
        dashes += 1;
        typographic |= text[start] != b'-';
    }
    (dashes >= FEWEST || (typographic && dashes > 0)).then_some(start)
}

/// The bytes of the dash that ends `text`: `-`, the typographic ones, and those of Windows-1252.
fn dash_before(text: &[u8]) -> Option<usize> {
    match text {
        [.., 0xE2, 0x80, 0x90..=0x95]
        | [.., 0xE2, 0x88, 0x92]
        | [.., 0xEF, 0xB9, 0xA3]
        | [.., 0xEF, 0xBC, 0x8D] => Some(3),
        [.., b'-' | 0x96 | 0x97] => Some(1),
        _ => None,
    }
}

fn dash_after(text: &[u8]) -> Option<usize> {
    match text {
        [0xE2, 0x80, 0x90..=0x95, ..]
        | [0xE2, 0x88, 0x92, ..]
        | [0xEF, 0xB9, 0xA3, ..]
        | [0xEF, 0xBC, 0x8D, ..] => Some(3),
        [b'-' | 0x96 | 0x97, ..] => Some(1),
        _ => None,
    }
}

fn is_commented(text: &[u8], start: usize, floor: usize) -> bool {
    let before = &text[floor..start];
    let line = before
        .iter()
        .rposition(|octet| matches!(octet, b'\n' | b'\r'))
        .map_or(before, |end| &before[end + 1..]);
    matches!(line.trim_ascii_start(), [b'#' | b';', ..])
}

/// The label from `from` on and the end of the edge; no label if no dashes end it.
fn label(text: &[u8], from: usize) -> (Option<String>, usize) {
    let rest = &text[from..];
    let mut end = 0;
    while end < rest.len().min(LABEL)
        && dash_after(&rest[end..]).is_none()
        && (b' '..=b'~').contains(&rest[end])
        && rest[end] != b'\\'
    {
        end += 1;
    }
    let words = std::str::from_utf8(&rest[..end]).unwrap_or_default();
    let mut dashes = Vec::new();
    let mut past = end;
    while dashes.len() < 2 * DASHES
        && let Some(width) = dash_after(&rest[past..])
    {
        past += width;
        dashes.push(width);
    }
    // If the next edge follows immediately, half of the dashes belong to it; all of them do if this edge was
    // cut off.
    let is_shared = word_at(rest, past).is_some();
    let is_typographic = dashes.iter().any(|width| *width > 1);
    let own = match dashes.len() {
        all if !is_shared => all.min(DASHES),
        all if all >= 2 * FEWEST || is_typographic => all / 2,
        _ => 0,
    };
    let past = end + dashes[..own].iter().sum::<usize>();
    let is_label = words.starts_with(' ') && !words.trim().is_empty() && own > 0;
    if is_label { (Some(words.trim().to_ascii_uppercase()), from + past) } else { (None, from + end) }
}

/// The text between BEGIN and END.
pub(super) struct ArmourBody {
    /// Base64 without blanks.
    pub base64: Zeroizing<Vec<u8>>,
    /// The header DEK-Info.
    pub encryption: Option<String>,
}

/// Extracts the Base64 from lines, quotes, escapes and headers; the error says why that is impossible.
pub(super) fn unwrap(body: &[u8]) -> Result<ArmourBody, &'static str> {
    let text = unescaped(body)?;
    // Allocated at once, because growing would leave copies of a key in memory.
    let mut base64 = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut encryption = None;
    let mut gap = false;
    let mut lines = lines(&text).peekable();
    while let Some(line) = lines.next() {
        let mut line = line.trim_ascii();
        if line.is_empty() {
            // The last line is the text before END.
            gap |= !base64.is_empty() && lines.peek().is_some();
            continue;
        }
        while base64.is_empty()
            && let Some((name, rest)) = header(line)
        {
            let value_end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            let (value, after) = rest.split_at(value_end);
            match name {
                b"DEK-Info" => encryption = std::str::from_utf8(value).ok().map(str::to_owned),
                b"Proc-Type" => {}
                // The value of any other header is the rest of its line.
                _ => {
                    line = b"";
                    break;
                }
            }
            line = after.trim_ascii_start();
        }
        // OpenSSL takes the text before an empty line for headers, so it finds nothing here.
        if gap && !line.is_empty() {
            return Err("it has an empty line inside");
        }
        base64.extend(line.iter().filter(|octet| !octet.is_ascii_whitespace() && !b"\"',>".contains(octet)));
    }
    if gap { Err("it has an empty line inside") } else { Ok(ArmourBody { base64, encryption }) }
}

/// Name and value of a header line; Base64 has no colon.
fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|octet| *octet == b':')?;
    let (name, rest) = line.split_at(colon);
    let is_name =
        !name.is_empty() && name.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-');
    is_name.then(|| (name, rest[1..].trim_ascii_start()))
}

/// Undoes the escapes of JSON, YAML and shells: `
/// `, `\/`, `\u002B`, a backslash at the end of a line.
fn unescaped(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    const UNKNOWN: &str = "its text is not Base64";
    let mut text = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut rest = body;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' && first != b'`' {
            text.push(first);
            continue;
        }
        // The escape was escaped again.
        while let [b'\\', more @ ..] = rest {
            rest = more;
        }
        let (octet, width) = match rest {
            [b'r', b'\\', b'n', ..] => (b'\n', 3),
            [b'n' | b'r', ..] => (b'\n', 1),
            [b't', ..] => (b' ', 1),
            [b'/', ..] => (b'/', 1),
            [b'u', a, b, c, d, ..] => {
                let digits = std::str::from_utf8(&[*a, *b, *c, *d])
                    .ok()
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                (digits.ok_or(UNKNOWN)?, 5)
            }
            [b'\n' | b'\r' | b' ' | b'"' | b'\'', ..] | [] => (b' ', 0),
            _ => return Err(UNKNOWN),
        };
        text.push(octet);
        rest = &rest[width..];
    }
    Ok(text)
}
