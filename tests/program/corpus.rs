//! Certificate files of the real world, with what is known of each: opened, refused or named as its row says,
//! and judged as the referee judges it. The files lie outside of the repository; without them the test says
//! that it was skipped.
//!
//! Where a fact cannot be compared, the referee's libraries are the reason. `cryptography` (48 to 50) refuses
//! empty relative names, wrong defaults, times without seconds and extensions that it does not like as a
//! whole: it shows no leaf, no names or no purposes where certdeck does. It has other names for ML-DSA,
//! ML-KEM and SM2 keys, verifies no ML-DSA chain before version 50, and writes names of rare forms as objects
//! of Python. OpenSSL 3.0 has no PBMAC1. Neither tells a key for RSASSA-PSS alone from another RSA key, nor
//! tries a password in Windows-1252.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use certdeck::model::{Hostname, printable};
use certdeck::pki::{
    self, Contents, Encryption, FileFinding, KeyKind, Kind, Pkcs12, Question, Refused, Report, Roots,
};
use certdeck::rules::{Profile, Requirement, Rules, Severity};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("CERTDECK_SHARED").map_or_else(beside, PathBuf::from).join("certificates");
    if !folder.is_dir() {
        eprintln!("skipped: no certificates (set CERTDECK_SHARED to the folder that holds certificates/)");
    }
    folder.is_dir().then_some(folder)
}

type Row = HashMap<String, String>;

fn rows(path: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    lines
        .map(|line| {
            columns.iter().zip(line.split('\t')).map(|(&column, cell)| (column.into(), cell.into())).collect()
        })
        .collect()
}

struct Judged {
    read: Result<Contents, Box<Refused>>,
    report: Report,
}

impl Judged {
    fn new(path: &Path, password: &str, roots: &Roots, now: &str) -> Self {
        let octets = std::fs::read(path).unwrap();
        let password = if matches!(password, "-" | "(empty)" | "(none)") { "" } else { password };
        let rules = Rules::load(Profile::Seed).unwrap();
        let now: Timestamp = now.parse().unwrap();
        let question = Question {
            rules: &rules,
            now,
            roots: Some(roots),
            host: None,
            empty_password: password.is_empty(),
        };
        let read = pki::read(&octets, Some(&SecretString::from(password)));
        let report = match &read {
            Ok(contents) if contents.kind != Kind::Pkcs12 => {
                pki::check_no_pfx("this is no PKCS#12 file", &question)
            }
            Ok(contents) => pki::check(contents, &question),
            Err(refused) => pki::check_refused(refused, &question),
        };
        Self { read, report }
    }

    fn opened(&self) -> Option<&Contents> {
        self.read.as_ref().ok().filter(|contents| contents.kind == Kind::Pkcs12)
    }

    fn container(&self) -> Option<&Pkcs12> {
        match &self.read {
            Ok(contents) => contents.container.as_ref(),
            Err(refused) => refused.container.as_ref(),
        }
    }

    /// The rules that the referee has too.
    fn codes(&self) -> String {
        let known = |finding: &&FileFinding| finding.rule != Requirement::KeyRsassaPss;
        let codes: BTreeSet<String> =
            self.report.findings.iter().filter(known).map(|finding| finding.rule.to_string()).collect();
        if codes.is_empty() { "-".into() } else { codes.into_iter().collect::<Vec<_>>().join(",") }
    }

    fn is_unsupported(&self) -> bool {
        self.read.as_ref().is_err_and(|refused| refused.error.code() == "unsupported-algorithm")
    }
}

/// Collects what differs.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, expected: &str, found: &str) {
        if expected != found {
            self.0.push(format!("{what}: expected {expected}, found {found}"));
        }
    }
}

/// Prints how many agree and fails unless all do.
fn conclude(what: &str, outcomes: &[(String, Vec<String>)]) {
    let differing: Vec<_> = outcomes.iter().filter(|(_, differences)| !differences.is_empty()).collect();
    println!("{what}: {} of {} agree", outcomes.len() - differing.len(), outcomes.len());
    for (file, differences) in &differing {
        println!("  {file}\n    {}", differences.join("\n    "));
    }
    assert!(differing.is_empty(), "{} of {} {what} differ", differing.len(), outcomes.len());
}

/// What the referee calls a key: to it RSASSA-PSS is RSA.
fn key_name(kind: &KeyKind) -> String {
    let name = if let KeyKind::RsaPss(_) = kind { "RSA" } else { kind.type_name() };
    kind.bits().map_or_else(|| name.to_owned(), |bits| format!("{name} {bits}"))
}

/// Opened here alone: the password of its certificates is spelled in Windows-1252.
const OPENED_HERE_ALONE: &str = "bouncycastle-pkcs12/with-key-entry.p12";

fn names(encryption: &[Encryption]) -> String {
    let names: BTreeSet<&str> = encryption.iter().map(|one| one.name.as_str()).collect();
    if names.is_empty() { "-".into() } else { names.into_iter().collect::<Vec<_>>().join(";") }
}

fn pfx(row: &Row, judged: &Judged) -> Vec<String> {
    let mut differences = Differences::default();
    let opened = judged.opened();
    let outcome = match (opened, judged.is_unsupported()) {
        (Some(_), _) => "opened",
        (None, true) => "named",
        (None, false) => "refused",
    };
    let fits = match row["expect"].as_str() {
        "OPEN" => outcome == "opened",
        "REFUSE" => outcome == "refused",
        _ => outcome != "refused",
    };
    if !fits {
        let why = judged.read.as_ref().err().map(ToString::to_string).unwrap_or_default();
        differences.0.push(format!("expected {}, was {outcome} {why}", row["expect"]));
    }
    differences.compare("verdict", &row["verdict"], judged.report.verdict().as_str());
    if row["file"] == OPENED_HERE_ALONE {
        differences.compare(
            "certificates",
            "1",
            &opened.map_or(0, |contents| contents.certificates.len()).to_string(),
        );
        return differences.0;
    }
    if outcome != "named" {
        differences.compare("rules", &row["codes"], &judged.codes());
    }
    if let Some(container) = judged.container() {
        let mac = container.mac.as_ref();
        let mac = mac
            .map_or("none".into(), |mac| format!("{}/{}/{}", mac.kind.as_str(), mac.digest, mac.iterations));
        differences.compare("MAC", &row["mac"], &mac);
        differences.compare("key encryption", &row["key_enc"], &names(&container.key_encryption));
        // Inside of what was not opened nothing is known, and the referee goes on where a MAC is not known.
        differences.compare("sections", &row["cert_enc"], &names(&container.section_encryption));
    }
    if let (Some(contents), true) = (opened, outcome == "opened") {
        let keys: Vec<String> = contents.keys.iter().map(|key| key_name(&key.kind)).collect();
        // The referee has words of its own for keys that it cannot decode.
        if !["None", "unsupported", "MLKEM1024PublicKey"].contains(&row["keys"].as_str()) {
            differences.compare(
                "keys",
                &row["keys"],
                &if keys.is_empty() { "-".into() } else { keys.join(";") },
            );
        }
        differences.compare("certificates", &row["n_certs"], &contents.certificates.len().to_string());
        leaf(row, contents, &judged.report, &mut differences);
        let chain = judged.report.chain.as_ref().map_or("-".into(), |chain| {
            format!("{}/{}", if chain.complete { "complete" } else { "incomplete" }, chain.order.as_str())
        });
        differences.compare("chain", &row["chain"], &chain);
    }
    differences.0
}

fn leaf(row: &Row, contents: &Contents, report: &Report, differences: &mut Differences) {
    let is_unparsable = |finding: &FileFinding| finding.rule == Requirement::LeafUnparsable;
    let Some(leaf) = report.leaf.and_then(|leaf| contents.certificates.get(leaf.place)) else {
        return differences.compare("leaf", &row["leaf"], "-");
    };
    // The referee shows nothing of a certificate that it does not take.
    if report.findings.iter().any(is_unparsable) {
        return differences.compare("leaf", &row["leaf"], "-");
    }
    // The index cuts subjects off, and an empty one is a dash.
    let expected = if row["leaf"] == "-" { "" } else { &row["leaf"] };
    let subject: String = leaf.subject.chars().take(expected.chars().count().max(1)).collect();
    differences.compare("leaf", expected, &subject);
    differences.compare("serial octets", &row["serial_octets"], &leaf.serial_octets.to_string());
    differences.compare("not after", &row["not_after"], &leaf.not_after_text()[..10]);
}

#[test]
fn real_pkcs12_files_are_opened_and_judged_as_the_referee_does() {
    let Some(folder) = corpus() else { return };
    let roots = Roots::of_this_machine();
    let rows = rows(&folder.join("INDEX.tsv"));
    let files = rows.iter().filter(|row| row["kind"] == "pfx");
    let judge = |row: &Row| {
        pfx(row, &Judged::new(&folder.join(&row["file"]), &row["password"], &roots, "2026-09-01T00:00:00Z"))
    };
    let outcomes: Vec<_> = files.map(|row| (row["file"].clone(), judge(row))).collect();
    conclude("real PKCS#12 files", &outcomes);
}

#[test]
fn made_pkcs12_files_get_the_verdict_they_were_made_for() {
    let Some(folder) = corpus() else { return };
    let folder = folder.join("generated");
    let roots = Roots::read(&std::fs::read(folder.join("trust-roots.pem")).unwrap()).unwrap();
    let judge = |row: &Row| {
        let judged =
            Judged::new(&folder.join(&row["file"]), &row["password"], &roots, "2026-11-22T00:00:00Z");
        let mut differences = Differences::default();
        differences.compare(
            "readable",
            &row["readable"],
            if judged.opened().is_some() { "yes" } else { "no" },
        );
        differences.compare("verdict", &row["verdict"], judged.report.verdict().as_str());
        differences.compare("rules", &row["codes"], &judged.codes());
        differences.0
    };
    let outcomes: Vec<_> =
        rows(&folder.join("EXPECT.tsv")).iter().map(|row| (row["file"].clone(), judge(row))).collect();
    conclude("made PKCS#12 files", &outcomes);
}

#[test]
fn pem_and_der_files_are_read_or_refused_as_their_rows_say() {
    let Some(folder) = corpus() else { return };
    let judge = |row: &Row| {
        let mut differences = Differences::default();
        let read = pki::read(&std::fs::read(folder.join(&row["file"])).unwrap(), None);
        match (&read, row["expect"].as_str()) {
            (Ok(contents), "PARSE") => {
                differences.compare(
                    "certificates",
                    &row["n_certs"],
                    &contents.certificates.len().to_string(),
                );
                let first = &contents.certificates[0];
                // The index has words of its own for keys that the referee's library does not know.
                if !row["keys"].starts_with("unsupported") && !row["keys"].starts_with("MLDSA") {
                    differences.compare("key", &row["keys"], &key_name(&first.public_key.kind));
                }
                let report =
                    Report { leaf: Some(pki::Leaf { place: 0, has_key: None }), ..Report::default() };
                leaf(row, contents, &report, &mut differences);
            }
            (Err(refused), "PARSE") => differences.0.push(format!("refused: {refused}")),
            (Ok(contents), "REFUSE") => {
                differences.0.push(format!(
                    "read {} certificates of what is to be refused",
                    contents.certificates.len()
                ));
            }
            _ => {}
        }
        differences.0
    };
    let rows = rows(&folder.join("INDEX.tsv"));
    let files = rows.iter().filter(|row| ["pem", "der"].contains(&row["kind"].as_str()));
    let outcomes: Vec<_> = files.map(|row| (row["file"].clone(), judge(row))).collect();
    conclude("PEM and DER files", &outcomes);
}

#[test]
fn hostile_files_put_nothing_unprintable_into_the_facts() {
    let Some(folder) = corpus() else { return };
    let files = std::fs::read_dir(folder.join("hostile"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file());
    let judge = |path: &Path| {
        let judged = Judged::new(path, "", &Roots::default(), "2026-09-01T00:00:00Z");
        let mut texts: Vec<String> =
            judged.report.findings.iter().map(|finding| finding.message.clone()).collect();
        match &judged.read {
            Ok(contents) => {
                for one in &contents.certificates {
                    texts.extend([one.subject.clone(), one.issuer.clone()]);
                    texts.extend(one.friendly_name.clone());
                    texts.extend(one.sans.iter().map(ToString::to_string));
                }
            }
            Err(refused) => texts.push(refused.to_string()),
        }
        texts
            .into_iter()
            .filter(|text| *printable(text) != **text)
            .map(|text| format!("unprintable: {text:?}"))
            .collect()
    };
    let outcomes: Vec<_> = files.map(|path| (path.display().to_string(), judge(&path))).collect();
    conclude("hostile files", &outcomes);
}

/// What x509-limbo wants refused, and what is let pass here on purpose: each group with its reason. certdeck
/// asks whether App Service takes a certificate and whether TLS clients (OpenSSL, Windows, browsers) accept
/// it; it is no linter of CAs.
const LET_PASS: &[(&str, &[&str])] = &[
    (
        "a revocation list, which neither a certificate file holds nor App Service looks at",
        &["crl::crlnumber-critical", "crl::crlnumber-missing"],
    ),
    (
        "a depth that the caller of a validator sets; TLS clients set none",
        &["pathlen::max-chain-depth-1-exhausted"],
    ),
    (
        "how a root writes its own extensions: a root is trusted for being in the store, and its content is not relied on \
         (RFC 5280, 6.1.1 d)",
        &[
            "rfc5280::aki::critical-aki",
            "rfc5280::root-non-critical-basic-constraints",
            "rfc5280::ski::root-missing-ski",
            "webpki::aki::root-with-aki-all-fields",
            "webpki::aki::root-with-aki-ski-mismatch",
            "webpki::eku::root-has-eku",
            "webpki::forbidden-rsa-not-divisible-by-8-in-root",
            "webpki::forbidden-weak-rsa-key-in-root",
        ],
    ),
    (
        "a duty of the CA that issues (\"conforming CAs MUST\"), which path validation (RFC 5280, 6.1) does not ask for; \
         OpenSSL refuses it only with -x509_strict, Windows never",
        &[
            "rfc5280::aki::intermediate-missing-aki",
            "rfc5280::leaf-ku-keycertsign",
            "rfc5280::nc::not-allowed-in-ee-critical",
            "rfc5280::nc::not-allowed-in-ee-noncritical",
            "rfc5280::serial::too-long",
            "rfc5280::serial::zero",
            "webpki::eku::ee-anyeku",
            "webpki::eku::ee-critical-eku",
            "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf",
        ],
    ),
    (
        "the form of name constraints that still bind and are met: a leading dot is read as OpenSSL reads it, one that is \
         not critical is obeyed all the same, and empty lists constrain nothing",
        &[
            "rfc5280::nc::invalid-dnsname-leading-period",
            "rfc5280::nc::permitted-dns-match-noncritical",
            "webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences",
        ],
    ),
    (
        "a common name, which no client reads where there are alternative names",
        &[
            "webpki::cn::ipv4-leading-zeros-mismatch",
            "webpki::cn::ipv6-uppercase-mismatch",
            "webpki::cn::not-in-san",
            "webpki::cn::punycode-not-in-san",
        ],
    ),
    (
        "known only from the list of public suffixes, which changes weekly",
        &["webpki::san::public-suffix-multi-label-wildcard-san"],
    ),
    (
        "said, but as the warnings CHAIN_EXPIRED and LEAF_IS_CA: App Service takes and binds it, and clients that know \
         another path accept it",
        &["rfc5280::validity::expired-intermediate", "webpki::ca-as-leaf", "webpki::ee-basicconstraints-ca"],
    ),
];

#[test]
fn paths_are_built_and_refused_as_x509_limbo_says() {
    let Some(folder) = corpus() else { return };
    let limbo: Value =
        serde_json::from_slice(&std::fs::read(folder.join("x509-limbo/limbo.json")).unwrap()).unwrap();
    let mut let_pass: BTreeSet<&str> = LET_PASS.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let count = let_pass.len();
    let servers =
        limbo["testcases"].as_array().unwrap().iter().filter(|case| case["validation_kind"] == "SERVER");
    let outcomes = servers.map(|case| {
        let id = case["id"].as_str().unwrap().to_owned();
        let expected = case["expected_result"] == "SUCCESS";
        let differs = usable(case) != expected && !let_pass.remove(id.as_str());
        (id, if differs { vec![format!("expected usable: {expected}")] } else { Vec::new() })
    });
    let outcomes: Vec<_> = outcomes.collect();
    conclude(&format!("paths of x509-limbo ({count} let pass on purpose)"), &outcomes);
    assert!(let_pass.is_empty(), "judged as x509-limbo wants after all: {let_pass:?}");
}

/// Whether the certificate of a case can secure a binding, but for what is not in the case: a PFX, a key, the
/// root.
fn usable(case: &Value) -> bool {
    const ABSENT: [Requirement; 6] = [
        Requirement::EkuAbsent,
        Requirement::NotPfx,
        Requirement::NoKey,
        Requirement::ChainMissingIntermediate,
        Requirement::ChainMissingRoot,
        Requirement::ChainIncomplete,
    ];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().unwrap().iter().map(text).collect::<Vec<_>>().join("\n");
    let file = format!("{}\n{}", text(&case["peer_certificate"]), list(&case["untrusted_intermediates"]));
    let roots = Roots::read(list(&case["trusted_certs"]).as_bytes());
    let (Ok(roots), Ok(contents)) = (roots, pki::read(file.as_bytes(), None)) else { return false };
    let rules = Rules::load(Profile::Seed).unwrap();
    let now = case["validation_time"].as_str().unwrap_or("2026-09-01T00:00:00Z").parse().unwrap();
    let name = &case["expected_peer_name"];
    // A binding is never for an address, so of such a case only the path is judged; and none is for a top
    // level domain.
    let asked = name["value"].as_str().filter(|_| name["kind"] == "DNS").map(Hostname::parse);
    let Ok(host) = asked.transpose() else { return false };
    let question =
        Question { rules: &rules, now, roots: Some(&roots), host: host.as_ref(), empty_password: false };
    let report = pki::check(&contents, &question);
    report
        .findings
        .iter()
        .all(|finding| finding.severity != Severity::Error || ABSENT.contains(&finding.rule))
}
