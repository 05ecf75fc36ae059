//! Keys of every kind, judged for upload, binding and import apart.

use std::fs;

use certdeck::pki::{self, Question};
use certdeck::rules::{Profile, Rules, Use};

use crate::as_brought::bench::{Bench, PASSWORD};

#[test]
fn keys_are_named_as_what_they_are_and_judged_for_each_use() {
    let bench = Bench::new();
    let explicit = ["-pkeyopt", "ec_param_enc:explicit"];
    let curve = |name: &'static str| ["-algorithm", "EC", "-pkeyopt", name];
    let (p256, p384) = (curve("ec_paramgen_curve:P-256"), curve("ec_paramgen_curve:P-384"));
    let (k1, p224) = (curve("ec_paramgen_curve:secp256k1"), curve("ec_paramgen_curve:secp224r1"));
    let rsa = |bits: &'static str| ["-algorithm", "RSA", "-pkeyopt", bits];
    let (small, usual, large) =
        (rsa("rsa_keygen_bits:1024"), rsa("rsa_keygen_bits:3072"), rsa("rsa_keygen_bits:4608"));
    let pss = ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"];
    let spelled = [&p256[..], &explicit].concat();
    // Name, type, rule, and whether it can be uploaded, bound, imported.
    let dsa = ["-paramfile", "dsa.params"];
    // Where openssl has DSA no more there is no such key to test with.
    let has_dsa =
        bench.openssl(&["genpkey", "-genparam", "-algorithm", "DSA", "-out", "dsa.params"]) == Some(true);
    let cases: [(&[&str], &str, &str, [bool; 3]); 10] = [
        (&usual, "RSA", "", [true, true, true]),
        (&small, "RSA", "KEY_TOO_SMALL", [false, false, false]),
        (&large, "RSA", "KEY_TOO_LARGE", [true, true, false]),
        (&pss, "RSASSA-PSS", "KEY_RSASSA_PSS", [true, false, false]),
        (&p256, "EC", "ECC", [true, true, false]),
        (&p384, "EC", "ECC", [true, true, false]),
        (&k1, "EC", "EC_CURVE", [true, false, false]),
        (&p224, "EC", "EC_CURVE", [true, false, false]),
        (&spelled, "EC", "EC_EXPLICIT", [true, false, false]),
        (&dsa, "DSA", "KEY_TYPE", [false, false, false]),
    ];
    let rules_of_today = Rules::load(Profile::Current).unwrap();
    let judge = |pfx: &str| {
        let read = pki::read(&fs::read(bench.path(pfx)).unwrap(), Some(&PASSWORD.into())).unwrap();
        let roots = read.certificates.iter().cloned().collect();
        let now = "2027-01-01T00:00:00Z".parse().unwrap();
        let question =
            Question { rules: &rules_of_today, now, roots: Some(&roots), host: None, empty_password: false };
        let report = pki::check(&read, &question);
        (read, report)
    };
    for (arguments, kind, rule, uses) in cases.into_iter().filter(|(_, kind, ..)| has_dsa || *kind != "DSA") {
        if bench.openssl(&[&["genpkey", "-out", "k.pem"], arguments].concat()) != Some(true) {
            return;
        }
        let subject = [
            "req",
            "-x509",
            "-key",
            "k.pem",
            "-subj",
            "/CN=k.contoso.com",
            "-days",
            "3000",
            "-out",
            "k.crt",
            "-addext",
            "extendedKeyUsage=serverAuth",
            "-addext",
            "subjectAltName=DNS:k.contoso.com",
        ];
        assert_eq!(bench.openssl(&subject), Some(true), "{arguments:?}");
        let out = [
            "pkcs12",
            "-export",
            "-inkey",
            "k.pem",
            "-in",
            "k.crt",
            "-out",
            "k.pfx",
            "-passout",
            "file:password",
        ];
        assert_eq!(bench.openssl(&out), Some(true), "{arguments:?}");
        if rule.is_empty() {
            fs::copy(bench.path("k.pem"), bench.path("ca.pem")).unwrap();
            fs::copy(bench.path("k.crt"), bench.path("ca.crt")).unwrap();
        }
        let (read, report) = judge("k.pfx");
        assert_eq!(
            (read.keys[0].kind.type_name(), read.certificates[0].public_key.kind.type_name()),
            (kind, kind)
        );
        // No rule needs to know it of a kind that is refused.
        let fits = (kind != "DSA").then_some(true);
        assert_eq!(read.keys[0].fits(&read.certificates[0]), fits, "{arguments:?}");
        let found: Vec<String> = report.findings.iter().map(|finding| finding.rule.to_string()).collect();
        assert!(rule.is_empty() || found.iter().any(|one| one == rule), "{arguments:?}: {found:?}");
        assert!(
            !rule.is_empty() || !found.iter().any(|one| one.contains("KEY_") && !one.contains("3DES")),
            "{found:?}"
        );
        // The only difference between these is the key.
        let allowed = [Use::Upload, Use::Bind, Use::Import].map(|wanted| {
            let about_key = |finding: &&pki::FileFinding| {
                finding.rule.to_string().starts_with("KEY_T")
                    || finding.rule.to_string().starts_with("KEY_R")
                    || finding.rule.to_string().starts_with("EC")
            };
            let blocks = |wanted: Use| {
                report.findings.iter().filter(about_key).any(|finding| finding.blocks.contains(&wanted))
            };
            !blocks(wanted) && (wanted != Use::Bind || !blocks(Use::Upload))
        });
        assert_eq!(allowed, uses, "{arguments:?}: {found:?}");
        // openssl refuses what no TLS client takes (verification error 94).
        if rule == "EC_EXPLICIT" {
            let issued = [
                "req",
                "-x509",
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.pem",
                "-key",
                "k.pem",
                "-subj",
                "/CN=k.contoso.com",
                "-out",
                "k2.crt",
            ];
            assert_eq!(bench.openssl(&issued), Some(true));
            assert_eq!(bench.openssl(&["verify", "-CAfile", "ca.crt", "k2.crt"]), Some(false));
        }
    }
}
