//! Certificates and keys in DER, PEM and PKCS#7. Nothing that could move a cursor may come out of their
//! names.
#![no_main]

use certdeck::pki;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    if let Ok(contents) = pki::read(octets, None) {
        for certificate in &contents.certificates {
            let names = certificate.sans.iter().map(ToString::to_string);
            let texts = [certificate.subject.clone(), certificate.issuer.clone(), certificate.not_after_text()];
            assert!(names.chain(texts).all(|text| !text.chars().any(char::is_control)));
            assert_eq!(certificate.serial.trim_start_matches('-').len(), 2 * certificate.serial_octets);
            // Without its armour it may be taken for something else, but never for another certificate.
            if let Ok(again) = pki::read(&certificate.der, None) {
                assert_eq!(again.certificates[0], *certificate);
            }
        }
    }
    if let Ok(key) = pki::read_key(octets, Some(&"x".to_owned().into())) {
        let again = pki::read_key(key.pkcs8(), None).expect("a key that was read once reads again");
        assert_eq!(again.kind, key.kind);
    }
});
