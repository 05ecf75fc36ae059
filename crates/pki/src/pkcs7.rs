//! PKCS#7 bundles (`.p7b`): the certificates of a SignedData without a signature (RFC 2315).

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::certificates;
    use yasna::Tag;
    use yasna::models::ObjectIdentifier;

    fn bundle(kind: &[u64], certificates: &[&[u8]]) -> Vec<u8> {
        yasna::construct_der(|writer| {
            writer.write_sequence(|writer| {
                writer.next().write_oid(&ObjectIdentifier::from_slice(kind));
                writer.next().write_tagged(Tag::context(0), |writer| {
                    writer.write_sequence(|writer| {
                        writer.next().write_u8(1);
                        writer.next().write_set(|_| {});
                        writer.next().write_sequence(|writer| {
                            writer
                                .next()
                                .write_oid(&ObjectIdentifier::from_slice(&[1, 2, 840, 113_549, 1, 7, 1]));
                        });
                        writer.next().write_tagged_implicit(Tag::context(0), |writer| {
                            writer.write_sequence(|writer| {
                                for der in certificates {
                                    writer.next().write_der(der);
                                }
                            });
                        });
                        writer.next().write_set(|_| {});
                    });
                });
            });
        })
    }

    #[test]
    fn the_certificates_of_a_bundle_come_out_in_its_order() {
        let (one, two): (&[u8], &[u8]) = (&[0x30, 1, 1], &[0x30, 1, 2]);
        let attribute_certificate: &[u8] = &[0xA1, 0];
        let made = bundle(&[1, 2, 840, 113_549, 1, 7, 2], &[two, attribute_certificate, one]);
        assert_eq!(certificates(&made).unwrap(), [two, one]);
    }

    #[test]
    fn another_kind_of_structure_is_refused() {
        assert!(certificates(&bundle(&[1, 2, 840, 113_549, 1, 7, 3], &[])).is_err());
        assert!(certificates(&[0x30, 0]).is_err());
    }
}
