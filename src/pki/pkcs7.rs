//! PKCS#7 bundles (`.p7b`): the certificates of a SignedData that signs nothing (RFC 2315).

use super::der::{DerError, Element, Result, tag};

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// The certificates inside, as DER, in the order of the file.
pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<&[u8]>> {
    let mut outer = Element::parse(bytes)?.0.expect(tag::SEQUENCE)?;
    if outer.element()?.oid()? != SIGNED_DATA {
        return Err(DerError("it is a PKCS#7 structure of another kind than certificates come in"));
    }
    let mut signed = outer.element()?.expect(tag::context(0))?.element()?.expect(tag::SEQUENCE)?;
    for _version_digests_content in 0..3 {
        signed.element()?;
    }
    let Some(certificates) = signed.optional(tag::context(0))? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for certificate in certificates.children()? {
        let certificate = certificate?;
        // Attribute certificates and other choices have context tags.
        if certificate.tag == tag::SEQUENCE {
            found.push(certificate.raw);
        }
    }
    Ok(found)
}
