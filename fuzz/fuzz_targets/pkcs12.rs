//! PKCS#12 of any sort, with no password, with an empty one, and with one that has more forms than one.
#![no_main]

use certdeck::pki;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    for password in [None, Some(""), Some("é🔑")] {
        match pki::read(octets, password.map(|password| password.to_owned().into()).as_ref()) {
            Ok(contents) => {
                assert!(contents.certificates.len() <= pki::limits::CERTIFICATES && contents.keys.len() <= pki::limits::KEYS);
                assert!(contents.container.is_some() == (contents.kind == pki::Kind::Pkcs12));
                for key in &contents.keys {
                    let _ = contents.certificates.iter().map(|certificate| key.fits(certificate)).collect::<Vec<_>>();
                }
            }
            Err(refused) => assert!(!refused.to_string().is_empty() && !refused.error.code().is_empty()),
        }
    }
});
