//! Rules of RFC 5280 that lenient readers ignore. Windows, which App Service runs on, enforces them.

use super::der::{Element, Result, tag};

/// Whether both dates of a certificate have the form of RFC 5280, 4.1.2.5: to the second, in UTC. Also
/// `false` if they cannot be found.
pub(super) fn has_proper_dates(der: &[u8]) -> bool {
    dates(der).is_ok_and(|dates| dates.into_iter().all(|(kind, text)| is_proper(kind, text)))
}

fn dates(der: &[u8]) -> Result<[(u8, &[u8]); 2]> {
    let (whole, _) = Element::parse(der)?;
    let mut body = whole.expect(tag::SEQUENCE)?.element()?.expect(tag::SEQUENCE)?;
    body.optional(tag::context(0))?;
    let (_serial, _signature, _issuer) = (body.element()?, body.element()?, body.element()?);
    let mut validity = body.element()?.expect(tag::SEQUENCE)?;
    let (from, to) = (validity.element()?, validity.element()?);
    Ok([(from.tag, from.content), (to.tag, to.content)])
}

fn is_proper(kind: u8, text: &[u8]) -> bool {
    let digits = if kind == tag::UTC_TIME { 12 } else { 14 };
    text.split_last().is_some_and(|(zone, date)| {
        *zone == b'Z' && date.len() == digits && date.iter().all(u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_and_missing_seconds_are_improper() {
        assert!(
            is_proper(tag::UTC_TIME, b"960712142015Z")
                && is_proper(tag::GENERALIZED_TIME, b"99991231235959Z")
        );
        for text in [&b"960528134905+0800"[..], b"9605281349Z", b"", b"Z"] {
            assert!(!is_proper(tag::UTC_TIME, text), "{text:?}");
        }
    }
}
