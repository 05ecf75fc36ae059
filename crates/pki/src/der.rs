//! A reader for BER and DER that borrows its input: tags and lengths only.
//!
//! BER, because Windows, Java and NSS write indefinite lengths and segmented strings; with a limit on
//! nesting, because a hostile file may consist of 20,000 open sequences. Only segmented strings are copied.

use std::borrow::Cow;

/// The maximum nesting of elements of indefinite length.
const DEPTH: usize = 64;
/// The maximum nesting of the segments of a string.
const PIECES: usize = 16;
/// The maximum number of elements skipped in search of one such end; real files have hundreds.
const ELEMENTS: usize = 1_000_000;
/// The maximum length of an object identifier in bytes; real ones have a dozen.
const OID: usize = 128;

/// The error in an encoding, as half a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DerError(pub &'static str);

pub(super) type Result<T> = std::result::Result<T, DerError>;

/// The tag and class of an identifier octet, as this crate writes them: `0x30` is a SEQUENCE, `0xA0` a
/// constructed `[0]`. Tag numbers above 30 do not occur in the formats read here; they are all `HIGH`.
pub(super) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTF8: u8 = 0x0C;
    pub(crate) const T61: u8 = 0x14;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const UNIVERSAL: u8 = 0x1C;
    pub(crate) const BMP: u8 = 0x1E;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    pub(crate) const CONSTRUCTED: u8 = 0x20;
    pub(crate) const HIGH: u8 = 0x1F;

    /// The constructed context tag `[number]`.
    pub(crate) const fn context(number: u8) -> u8 {
        0xA0 | number
    }
}

/// One element: identifier, contents, and the bytes of both together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    pub raw: &'a [u8],
    pub indefinite: bool,
}

impl<'a> Element<'a> {
    /// Parses the element at the start of `input` and returns the rest after it.
    pub(crate) fn parse(input: &'a [u8]) -> Result<(Self, &'a [u8])> {
        let mut left = ELEMENTS;
        parse(input, 0, &mut left)
    }

    /// The elements inside.
    pub(crate) fn children(self) -> Result<DerReader<'a>> {
        if self.is_constructed() {
            Ok(DerReader { rest: self.content })
        } else {
            Err(DerError("a primitive element where others should be inside"))
        }
    }

    /// The elements inside, if this has the tag `wanted`.
    pub(crate) fn expect(self, wanted: u8) -> Result<DerReader<'a>> {
        if self.tag == wanted {
            self.children()
        } else {
            Err(DerError("another element than the format has here"))
        }
    }

    pub(crate) fn is_constructed(self) -> bool {
        self.tag & tag::CONSTRUCTED != 0
    }

    /// The bytes of a string; segments are joined.
    pub(crate) fn octets(self) -> Result<Cow<'a, [u8]>> {
        if !self.is_constructed() {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut joined = Vec::new();
        join(self, &mut joined, 0)?;
        Ok(Cow::Owned(joined))
    }

    /// An object identifier in dotted form.
    pub(crate) fn oid(self) -> Result<String> {
        if self.tag != tag::OID {
            return Err(DerError("something else where an object identifier should be"));
        }
        dotted(self.content).ok_or(DerError("an object identifier that is cut off or too large"))
    }

    /// An INTEGER's bytes without those that only carry its sign; those of a negative number unchanged.
    pub(crate) fn integer(self) -> Result<&'a [u8]> {
        if self.tag != tag::INTEGER || self.content.is_empty() {
            return Err(DerError("something else where a number should be"));
        }
        let zeros = self.content.iter().take_while(|octet| **octet == 0).count();
        Ok(&self.content[zeros.min(self.content.len() - 1)..])
    }

    pub(crate) fn is_negative(self) -> bool {
        self.content.first().is_some_and(|octet| octet & 0x80 != 0)
    }

    /// A non-negative number; one that is too large becomes the maximum, which every limit refuses.
    pub(crate) fn unsigned(self) -> Result<u64> {
        let octets = self.integer()?;
        if self.is_negative() {
            return Err(DerError("a negative number where none makes sense"));
        }
        Ok(if octets.len() > 8 {
            u64::MAX
        } else {
            octets.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet))
        })
    }

    /// The bytes of a BIT STRING without unused bits.
    pub(crate) fn bits(self) -> Result<&'a [u8]> {
        match (self.tag, self.content) {
            (tag::BIT_STRING, [unused, bits @ ..]) if *unused < 8 => Ok(bits),
            _ => Err(DerError("something else where a bit string should be")),
        }
    }
}

/// Reads elements one after another.
#[derive(Debug)]
pub(super) struct DerReader<'a> {
    rest: &'a [u8],
}

impl<'a> DerReader<'a> {
    /// The next element, which must exist.
    pub(crate) fn element(&mut self) -> Result<Element<'a>> {
        self.next().unwrap_or(Err(DerError("the structure ends too early")))
    }

    /// The next element, if it has this tag.
    pub(crate) fn optional(&mut self, wanted: u8) -> Result<Option<Element<'a>>> {
        if self.rest.first() == Some(&wanted) { self.element().map(Some) } else { Ok(None) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> Iterator for DerReader<'a> {
    type Item = Result<Element<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let read = Element::parse(self.rest);
        // After an error there is no position to continue from.
        self.rest = read.as_ref().map_or(&[], |(_, rest)| rest);
        Some(read.map(|(element, _)| element))
    }
}

/// The only element of `input`, parsed as a SEQUENCE; the rest after it is ignored.
pub(super) fn sequence(input: &[u8]) -> Result<DerReader<'_>> {
    Element::parse(input)?.0.expect(tag::SEQUENCE)
}

fn parse<'a>(input: &'a [u8], depth: usize, left: &mut usize) -> Result<(Element<'a>, &'a [u8])> {
    const CUT: DerError = DerError("it is cut off");
    if depth > DEPTH {
        return Err(DerError("it is nested too deep (more than 64 levels)"));
    }
    let mut at = 1;
    let mut tag = *input.first().ok_or(CUT)?;
    if tag & 0x1F == 0x1F {
        tag = tag::HIGH | tag & tag::CONSTRUCTED;
        while *input.get(at).ok_or(CUT)? & 0x80 != 0 {
            at += 1;
        }
        at += 1;
    }
    let first = *input.get(at).ok_or(CUT)?;
    at += 1;
    let length = match first {
        0x80 => return indefinite(input, at, tag, depth, left),
        short if short < 0x80 => usize::from(short),
        long => {
            let octets = input.get(at..at + usize::from(long & 0x7F)).ok_or(CUT)?;
            at += octets.len();
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            if octets.len() - zeros > 7 {
                return Err(CUT);
            }
            octets.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet))
        }
    };
    let end = at.checked_add(length).filter(|end| *end <= input.len()).ok_or(CUT)?;
    Ok((Element { tag, content: &input[at..end], raw: &input[..end], indefinite: false }, &input[end..]))
}

fn indefinite<'a>(
    input: &'a [u8],
    start: usize,
    tag: u8,
    depth: usize,
    left: &mut usize,
) -> Result<(Element<'a>, &'a [u8])> {
    if tag & tag::CONSTRUCTED == 0 {
        return Err(DerError("a primitive element has no length"));
    }
    let mut rest = &input[start..];
    while !rest.starts_with(&[0, 0]) {
        *left = left.checked_sub(1).ok_or(DerError("it has too many elements (more than a million)"))?;
        rest = parse(rest, depth + 1, left)?.1;
    }
    let end = input.len() - rest.len();
    Ok((Element { tag, content: &input[start..end], raw: &input[..end + 2], indefinite: true }, &rest[2..]))
}

fn join(string: Element<'_>, joined: &mut Vec<u8>, depth: usize) -> Result<()> {
    if depth > PIECES {
        return Err(DerError("a string in pieces is nested too deep (more than 16 levels)"));
    }
    if !string.is_constructed() {
        joined.extend_from_slice(string.content);
        return Ok(());
    }
    string.children()?.try_for_each(|piece| join(piece?, joined, depth + 1))
}

fn dotted(content: &[u8]) -> Option<String> {
    if content.len() > OID {
        return None;
    }
    let mut arcs = Vec::new();
    let mut arc: u128 = 0;
    for octet in content {
        arc = arc.checked_mul(128)? | u128::from(octet & 0x7F);
        if octet & 0x80 == 0 {
            arcs.push(arc);
            arc = 0;
        }
    }
    if content.last()? & 0x80 != 0 {
        return None;
    }
    let root = (arcs[0] / 40).min(2);
    let second = arcs[0] - 40 * root;
    let rest = arcs[1..].iter().map(|arc| format!(".{arc}"));
    Some(format!("{root}.{second}{}", rest.collect::<String>()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_string_in_pieces_of_unknown_length_is_joined() {
        let ber = [0x24, 0x80, 0x04, 0x01, 0xAA, 0x24, 0x03, 0x04, 0x01, 0xBB, 0x00, 0x00, 0x05];
        let (string, rest) = Element::parse(&ber).unwrap();
        assert_eq!(
            (&*string.octets().unwrap(), rest, string.indefinite),
            (&[0xAA, 0xBB][..], &[0x05][..], true)
        );
    }

    #[test]
    fn lengths_beyond_the_input_and_endless_nesting_are_errors() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x30, 0x8F],
            &[0x1F, 0xFF],
            &[0x04, 0x80, 0, 0],
        ] {
            assert!(Element::parse(bytes).is_err(), "{bytes:?}");
        }
        assert!(Element::parse(&[0x30, 0x80].repeat(20_000)).is_err());
        let many = [&[0x30, 0x80][..], &[0x05, 0x00].repeat(ELEMENTS + 1), &[0, 0]].concat();
        assert!(Element::parse(&many).is_err());
    }

    #[test]
    fn object_identifiers_are_dotted() {
        assert_eq!(dotted(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D]).unwrap(), "1.2.840.113549");
        assert_eq!(dotted(&[0x88, 0x37]).unwrap(), "2.999");
        assert_eq!(dotted(&[]), None);
        assert_eq!(dotted(&[0x2A, 0x86]), None);
        assert_eq!(dotted(&[0xFF; 40]), None);
        assert_eq!(dotted(&[0x01; 129]), None);
    }

    #[test]
    fn numbers_that_do_not_fit_are_the_largest() {
        let number = |content: &'static [u8]| {
            Element { tag: tag::INTEGER, content, raw: &[], indefinite: false }.unsigned()
        };
        assert_eq!(number(&[0x00, 0x80]), Ok(128));
        assert_eq!(number(&[0x01; 9]), Ok(u64::MAX));
        assert!(number(&[0x80]).is_err() && number(&[]).is_err());
    }
}
